"""The arena's page: two answers without names, a vote, then names and the ranking."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from practicum.core.stage import Made
from practicum.web.arena.desk import Desk
from practicum.web.door.doorkeeper import Doorkeeper
from practicum.web.studio import Studio

WAIT_S = 60.0
# A writer of the same protocol: each model says its digest's beginning in its own way.
SAYS = """
import json, sys
for line in sys.stdin:
    asked = json.loads(line)
    said = {d: {"text": SPEECH, "is_cut": True} for d in asked["models"]}
    print(json.dumps({"said": said}), flush=True)
"""
EVIL = "<script>alert(1)</script>\\x1b[2J & more"


@pytest.fixture
def studio(tmp_path: Path, tiny_store: Any, life: Mapping[str, Made]) -> Studio:
    """A studio with a life in it."""
    home = tmp_path / "home"
    shutil.copytree(tiny_store.home, home, copy_function=os.link)
    return Studio(home, Doorkeeper(8040))


def written_by(client: Any, tmp_path: Path, speech: str) -> None:
    """Let a script write the answers of this studio."""
    script = tmp_path / "writer.py"
    script.write_text(SAYS.replace("SPEECH", speech))
    desk = Desk(client.studio.store.home, (sys.executable, str(script)))
    client.studio.__dict__["arena"] = desk


def digests(life: Mapping[str, Made], *names: str) -> list[str]:
    return [life[name].artifact.digest for name in names]


def begun(client: Any, chosen: list[str], **values: Any) -> dict[str, Any]:
    asked = {f"m-{d}": True for d in chosen} | {"prompt": "Why is it so?", "length": "64", **values}
    return client.post("/models/arena/begin", asked).json()


def written(client: Any) -> str:
    """The battle's piece of the page once nobody writes."""
    duel = client.studio.arena.arena.open_duel()
    end = time.monotonic() + WAIT_S
    while client.studio.arena.is_writing(duel.id):
        assert time.monotonic() < end
        time.sleep(0.02)
    told = client.get(f"/models/arena/live/{duel.id}").text
    line = next(line for line in told.splitlines() if line.startswith("data:"))
    return json.loads(line[5:])["html"]["#battle"]


def battle_id(piece: str) -> str:
    return re.search(r'name="battle" value="(\w+)"', piece)[1]  # type: ignore[index]


@pytest.mark.feature("S6d")
def test_names_are_kept_back_until_the_vote_and_the_ranking_follows(
    client: Any, life: Mapping[str, Made], tmp_path: Path
) -> None:
    written_by(client, tmp_path, '"words of a model"')
    chosen = digests(life, "base", "tuned")
    told = begun(client, chosen)
    assert "Both are writing" in told["html"]["#battle"] or "words" in told["html"]["#battle"]
    piece = written(client)
    page = client.get("/models/arena").text
    assert piece.count("words of a model") == 2
    assert piece.count("It was cut off at 64 tokens.") == 2
    shown = page.split('id="battle"')[1].split("</section>")[0]
    for text in (piece, shown):
        assert not any(d in text or d[:8] in text for d in chosen)
        assert not re.search(r"\b(base|tuned)\b", text)
    waiting = client.get("/models/arena/votes.jsonl").text
    assert waiting == "", "a download before the vote would give the names away"

    answer = client.post("/models/arena/vote", {"battle": battle_id(piece), "vote": "left",
                                                "note": "clearer"}).json()["html"]  # fmt: skip
    duel = client.studio.arena.arena.duels()[-1]
    assert (duel.vote, duel.note) == ("left", "clearer")
    assert all(f'href="/models/{d}"' in answer["#battle"] for d in chosen)
    assert "Let them answer" in answer["#battle"], "the next battle can begin at once"
    assert "mostly chance" in answer["#ranking"]
    assert "has not lost yet" in answer["#ranking"]
    assert json.loads(client.get("/models/arena/votes.jsonl").text)["vote"] == "left"
    twice = client.post("/models/arena/vote", {"battle": duel.id, "vote": "right"})
    assert twice.status_code == 400
    assert "has its vote already" in twice.json()["error"]


def test_answers_are_shown_as_text_whatever_is_in_them(
    client: Any, life: Mapping[str, Made], tmp_path: Path
) -> None:
    written_by(client, tmp_path, f'"{EVIL}"')
    begun(client, digests(life, "base", "tuned"), prompt="<b>bold</b> claim")
    piece = written(client)
    assert "<script>" not in piece and "<b>" not in piece
    assert "\x1b" not in piece
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; more" in piece
    told = client.post("/models/arena/vote", {"battle": battle_id(piece), "vote": "tie",
                                              "note": "<i>x</i>"}).json()["html"]["#battle"]  # fmt: skip
    assert "<script>" not in told and "<i>" not in told


def test_a_ranking_of_many_votes_has_intervals_a_picture_and_the_place(
    client: Any, life: Mapping[str, Made], tmp_path: Path
) -> None:
    from practicum.evaluate.judging.arena import Fighter

    arena = client.studio.arena.arena
    models = [Fighter(life[n].artifact.digest, n) for n in ("base", "tuned", "q4")]
    for seed in range(100):
        duel = arena.begin(models, "Why?", seed=seed)
        arena.answered(duel.id, "x", "y")
        wins = "tuned" in (duel.left.name, duel.right.name) and seed % 5
        left_wins = duel.left.name == "tuned" if wins else seed % 2
        arena.vote(duel.id, "left" if left_wins else "right")
    page = client.get("/models/arena").text
    table = page.split('id="ranking"')[1]
    assert re.findall(r'<th scope="row">(\w+)</th>', table)[0] == "tuned"
    assert "mostly chance" not in table
    assert "Of two equals, the left answer is preferred in" in table
    picture = client.get("/models/arena/plot").text
    assert "tuned is preferred to all others, beyond chance, after 100 votes" in picture
    assert "whiskers: 95 % intervals" in picture


def test_a_battle_that_waits_is_shown_again_and_no_second_begins(
    client: Any, life: Mapping[str, Made], tmp_path: Path
) -> None:
    written_by(client, tmp_path, '"said"')
    chosen = digests(life, "base", "tuned", "q4")
    begun(client, chosen)
    piece = written(client)
    again = begun(client, chosen)
    assert battle_id(again["html"]["#battle"]) == battle_id(piece)
    assert len(client.studio.arena.arena.duels()) == 1
    told = client.post("/models/arena/vote", {"battle": battle_id(piece), "vote": "skipped"}).json()
    form = told["html"]["#battle"]
    assert sum(f'name="m-{d}" checked' in form for d in chosen) == 3, "the choice is remembered"
    assert form.count(" checked") == 3
    assert "No vote yet" in client.get("/models/arena").text


def test_what_cannot_begin_says_why(client: Any, life: Mapping[str, Made]) -> None:
    base, tuned = digests(life, "base", "tuned")
    assert "two different models" in begun(client, [base])["error"]
    assert "no question" in begun(client, [base, tuned], prompt=" ")["error"]
    assert "tokens at most" in begun(client, [base, tuned], length="1e9")["error"]
    assert client.studio.arena.arena.duels() == []


def test_a_writer_that_dies_costs_nothing_but_the_wait(
    client: Any, life: Mapping[str, Made], tmp_path: Path
) -> None:
    written_by(client, tmp_path, "sys.exit(7)")
    begun(client, digests(life, "base", "tuned"))
    piece = written(client)
    assert "could not be written" in piece
    assert "code 7" in piece
    first = client.studio.arena.arena.open_duel()
    written_by(client, tmp_path, '"said"')
    assert "The studio ended while" in client.get("/models/arena").text
    client.post("/models/arena/again", {"battle": first.id})
    assert "said" in written(client)
    now = client.studio.arena.arena.open_duel()
    assert (now.id, now.left, now.right) == (first.id, first.left, first.right)


def test_writing_can_be_stopped(client: Any, life: Mapping[str, Made], tmp_path: Path) -> None:
    written_by(client, tmp_path, "__import__('time').sleep(600)")
    chosen = digests(life, "base", "tuned")
    assert "Both are writing" in begun(client, chosen)["html"]["#battle"]
    client.post("/models/arena/stop")
    assert "You stopped it." in html.unescape(written(client))


def test_the_real_writer_lets_two_models_of_the_store_speak(
    client: Any, life: Mapping[str, Made]
) -> None:
    begun(client, digests(life, "tuned", "q8"))  # torch and llama.cpp
    piece = written(client)
    assert "Left is better" in piece, piece
    duel = client.studio.arena.arena.open_duel()
    assert duel.texts is not None
    assert any(duel.texts), "something was said"


def test_the_arena_is_found_from_models_and_tools(client: Any) -> None:
    assert 'href="/models/arena"' in client.get("/models").text
    assert 'href="/models/arena"' in client.get("/tools").text


def test_without_models_the_page_says_how_to_get_them(stranger: Any, tmp_path: Path) -> None:
    empty = Studio(tmp_path / "other", Doorkeeper(8040))
    other = type(stranger)(empty)
    with other.http:
        other.enter()
        page = other.get("/models/arena").text
    assert "No model to ask yet" in page
    assert "/tools/import?source=smollm2-135m-instruct" in page
