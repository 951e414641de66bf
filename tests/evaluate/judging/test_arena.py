"""The arena's log: what is in it stays, and the ranking it gives is the planted one."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from practicum.core.errors import PracticumError, UnknownReference
from practicum.evaluate.judging.arena import Arena, Fighter, drawn, too_few
from practicum.evaluate.judging.ledger import Ledger

MODELS = [Fighter(f"{i}" * 64, name) for i, name in enumerate(("alder", "birch", "cedar"))]
STRENGTH = {"alder": 3, "birch": 2, "cedar": 1}


def fight(arena: Arena, vote: str, seed: int, prompt: str = "Why?") -> None:
    duel = arena.begin(MODELS, prompt, seed=seed)
    arena.answered(duel.id, f"{duel.left.name} speaks", f"{duel.right.name} speaks")
    arena.vote(duel.id, vote)


@pytest.mark.feature("S6d")
def test_votes_of_a_reader_recover_the_planted_order(tmp_path: Path) -> None:
    arena, rng = Arena(tmp_path), random.Random(1)
    for seed in range(150):
        duel = arena.begin(MODELS, "Why?", seed=seed)
        arena.answered(duel.id, "x", "y")
        left, right = (3.0 ** STRENGTH[f.name] for f in (duel.left, duel.right))
        arena.vote(duel.id, "left" if rng.random() < left / (left + right) else "right")
    ranking = Arena(tmp_path).ranking()
    assert [s.name for s in ranking.standings] == ["alder", "birch", "cedar"]
    assert [s.best for s in ranking.standings] == [1, 2, 3]
    assert sum(s.n for s in ranking.standings) == 300
    assert ranking.left_share is not None
    assert ranking.left_share[1] < 0.5 < ranking.left_share[2]
    assert too_few(ranking) == ""


def test_the_seed_alone_draws_the_pair_and_its_order_without_favour() -> None:
    assert drawn(MODELS, 7) == drawn(MODELS[::-1], 7)
    pairs = [tuple(f.name for f in drawn(MODELS, seed)) for seed in range(600)]
    for pair in {(a.name, b.name) for a in MODELS for b in MODELS if a != b}:
        assert 60 <= pairs.count(pair) <= 140


def test_everything_that_was_said_is_in_the_log(tmp_path: Path) -> None:
    arena = Arena(tmp_path)
    duel = arena.begin(MODELS[:2], "  Why?  ", seed=3)
    assert arena.open_duel() == duel
    assert duel.sampling.seed == 3
    arena.answered(duel.id, "yes\n=====", "no")
    arena.vote(duel.id, "both-bad", note=" neither helps ")
    found = Arena(tmp_path).duel(duel.id)
    assert (found.prompt, found.texts, found.vote, found.note) == (
        "Why?", ("yes\n=====", "no"), "both-bad", "neither helps"
    )  # fmt: skip
    assert arena.open_duel() is None
    assert [b.score for b in arena.battles()] == [0.5]
    assert len(arena.path.read_text().splitlines()) == 3


def test_a_vote_is_given_once_and_after_both_answers(tmp_path: Path) -> None:
    arena = Arena(tmp_path)
    duel = arena.begin(MODELS, "Why?")
    with pytest.raises(PracticumError, match="both answers must be there"):
        arena.vote(duel.id, "left")
    arena.answered(duel.id, "x", "y")
    with pytest.raises(PracticumError, match="is no vote"):
        arena.vote(duel.id, "up")
    arena.vote(duel.id, "left")
    with pytest.raises(PracticumError, match="has its vote already: left"):
        arena.vote(duel.id, "right")
    arena.answered(duel.id, "forged", "later")
    assert arena.duel(duel.id).texts == ("x", "y")
    with pytest.raises(UnknownReference):
        arena.vote("nothing", "left")


def test_what_is_skipped_does_not_count_but_may_be_skipped_unanswered(tmp_path: Path) -> None:
    arena = Arena(tmp_path)
    arena.vote(arena.begin(MODELS, "Why?").id, "skipped")
    assert arena.battles() == []
    with pytest.raises(PracticumError, match="no battle"):
        arena.ranking()


@pytest.mark.parametrize(("models", "prompt"), [(MODELS[:1], "Why?"), (MODELS[:1] * 2, "Why?"),
                                                (MODELS, "  "), (MODELS, "x" * 5000)])  # fmt: skip
def test_what_is_no_battle_is_refused(tmp_path: Path, models: list[Fighter], prompt: str) -> None:
    with pytest.raises(PracticumError):
        Arena(tmp_path).begin(models, prompt)
    assert Arena(tmp_path).duels() == []


def test_two_models_of_one_name_are_told_apart(tmp_path: Path) -> None:
    arena = Arena(tmp_path)
    twins = [Fighter("a" * 64, "tuned"), Fighter("b" * 64, "tuned")]
    arena.begin(twins, "Why?")
    assert set(arena.names().values()) == {"tuned@aaaaaaaa", "tuned@bbbbbbbb"}


def test_votes_for_a_side_are_pairs_to_align_with(tmp_path: Path) -> None:
    arena = Arena(tmp_path)
    for seed, vote in enumerate(("left", "right", "tie")):
        fight(arena, vote, seed)
    first, second = arena.pairs()
    duels = arena.duels()
    assert (first.chosen, first.rejected) == duels[0].texts
    assert (second.rejected, second.chosen) == duels[1].texts


# -- a log that only grows -----------------------------------------------------------------------


@pytest.mark.parametrize(("n_lost", "vote"), [(1, "left"), (5, None), (40, None)])
def test_a_torn_last_line_is_no_row_and_the_next_begins_behind_it(
    tmp_path: Path, n_lost: int, vote: str | None
) -> None:
    arena = Arena(tmp_path)
    fight(arena, "left", 0)
    arena.path.write_bytes(arena.path.read_bytes()[:-n_lost])
    assert [d.vote for d in arena.duels()] == [vote]  # of the first, only the newline is lost
    fight(arena, "tie", 1)
    assert [d.vote for d in Arena(tmp_path).duels()] == [vote, "tie"]
    if vote is None:
        arena.vote(arena.duels()[0].id, "right")
        assert [d.vote for d in Arena(tmp_path).duels()] == ["right", "tie"]


WRITING = """
import sys
from pathlib import Path
from practicum.evaluate.judging.ledger import Ledger
ledger, n = Ledger(Path(sys.argv[1])), 0
while True:
    ledger.add({"n": n, "text": "x" * 200})
    print(n, flush=True)
    n += 1
"""


def test_a_kill_loses_nothing_that_was_reported_as_kept(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    total = 0
    for _ in range(3):
        worker = subprocess.Popen(
            [sys.executable, "-c", WRITING, str(path)], stdout=subprocess.PIPE, text=True
        )
        assert worker.stdout is not None
        said = [worker.stdout.readline() for _ in range(20)]
        os.kill(worker.pid, signal.SIGKILL)
        said += worker.stdout.readlines()
        worker.wait()
        total += sum(line.endswith("\n") for line in said)
        rows = Ledger(path).rows()
        assert len(rows) >= total
        total = len(rows)
    assert all(set(row) == {"n", "text"} for row in rows)


def test_many_writers_add_whole_lines(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"

    def write(writer: int) -> None:
        for n in range(25):
            Ledger(path).add({"writer": writer, "n": n})

    threads = [threading.Thread(target=write, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({(r["writer"], r["n"]) for r in Ledger(path).rows()}) == 100


def test_rows_of_another_hand_are_passed_over(tmp_path: Path) -> None:
    arena = Arena(tmp_path)
    fight(arena, "left", 0)
    with arena.path.open("a") as stream:
        for row in ([], {"kind": "battle"}, {"kind": "vote", "id": "?"}, {"no": 1}):
            stream.write(json.dumps(row) + "\n")
    fight(arena, "right", 1)
    assert [d.vote for d in arena.duels()] == ["left", "right"]
