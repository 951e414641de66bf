"""`practicum judge` and `practicum arena` in a terminal and for scripts."""

from __future__ import annotations

import http.server
import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from practicum.cli.main import cli
from practicum.core.errors import PracticumError
from practicum.core.messages import Pair, read_rows
from practicum.evaluate.judging.arena import Arena, Fighter


class Server(http.server.BaseHTTPRequestHandler):
    """Models by name: `good` and `bad` answer, `judge` prefers the good one wherever it stands."""

    asked: list[str] = []

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        prompt, model = body["messages"][-1]["content"], body["model"]
        Server.asked.append(model)
        text = f"a {model} answer"
        if model == "judge":
            is_a = "a good answer" in prompt.split("ANSWER OF B")[0]
            code = re.search(r"(?:VERDICT|GRADE) (\S+): \w+$", prompt)[1]  # type: ignore[index]
            verdict = f"VERDICT {code}: {'A' if is_a else 'B'}"
            text = verdict if "ANSWER OF B" in prompt else f"GRADE {code}: 7"
        told = {"choices": [{"message": {"content": text}, "finish_reason": "stop"}]}
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(told).encode())

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def base() -> Iterator[str]:
    """The address of that server."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    Server.asked = []
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    server.server_close()


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    """Eight questions of two turns, four of them of mathematics."""
    file = tmp_path / "questions.jsonl"
    rows = [{"question_id": i, "category": "math" if i % 2 else "writing",
             "turns": [f"What is {i}?", "And twice that?"]} for i in range(8)]  # fmt: skip
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


def run(*words: Any, home: Path) -> Result:
    return CliRunner().invoke(cli, [str(w) for w in (*words, "--home", home)])


def test_a_judge_compares_two_models_and_what_was_said_is_kept(
    base: str, questions: Path, tmp_path: Path
) -> None:
    words = ("judge", f"{base}#good", f"{base}#bad", "--by", f"{base}#judge", "--questions",
             questions, "-q")  # fmt: skip
    done = run(*words, home=tmp_path / "home")
    assert done.exit_code == 0, done.output
    assert re.search(r"win_share +1 \[.*\] \(n=8\)", done.stdout)
    assert re.search(r"position_bias +0 \[", done.stdout)
    assert "good preferred on 8, bad on 0" in done.stdout
    assert Server.asked.count("good") == 16
    assert Server.asked.count("judge") == 16
    told = json.loads(run(*words, "--json", home=tmp_path / "home").stdout)
    assert [s["preferred"] for s in told["samples"]] == ["first"] * 8
    assert len(Server.asked) == 48, "nothing was asked twice"


def test_one_model_alone_is_graded(base: str, questions: Path, tmp_path: Path) -> None:
    done = run("judge", f"{base}#good", "--by", f"{base}#judge", "--questions", questions,
               "--category", "math", "--limit", 3, "-q", home=tmp_path / "home")  # fmt: skip
    assert done.exit_code == 0, done.output
    assert re.search(r"grade +7 \[7, 7\] of 10 \(n=3\)", done.stdout)
    assert "on 3 questions, 6 turns" in done.stdout


def test_what_cannot_be_judged_says_why(base: str, questions: Path, tmp_path: Path) -> None:
    def refused(*words: Any) -> str:
        done = run("judge", *words, "-q", home=tmp_path / "home")
        assert isinstance(done.exception, PracticumError), done.output
        return str(done.exception)

    end = ("--by", f"{base}#judge", "--questions", questions)
    assert "are the same model" in refused(f"{base}#good", f"{base}#good", *end)
    assert "math, writing" in refused(f"{base}#good", *end, "--category", "cooking")
    assert "no such file" in refused(f"{base}#good", *end[:2], "--questions", tmp_path / "none")
    assert Server.asked == []


def test_the_arena_s_votes_are_ranked_and_become_pairs(tmp_path: Path) -> None:
    arena = Arena(tmp_path / "home")
    models = [Fighter(letter * 64, name) for letter, name in (("a", "alder"), ("b", "birch"))]
    for seed in range(40):
        duel = arena.begin(models, f"Why {seed}?", seed=seed)
        arena.answered(duel.id, "x", "y")
        likes_alder = seed % 4 != 0
        arena.vote(duel.id, "left" if (duel.left.name == "alder") == likes_alder else "right")
    done = run("arena", "--pairs", tmp_path / "pairs.jsonl", home=tmp_path / "home")
    assert done.exit_code == 0, done.output
    first, second = (line.split() for line in done.stdout.splitlines()[2:4])
    assert first[0] == "alder"
    assert first[-4:] == ["40", "30", "0", "10"]
    assert second[0] == "birch"
    assert "of two equals, left is preferred in" in done.stdout
    assert len(read_rows(tmp_path / "pairs.jsonl", Pair)) == 40
    told = json.loads(run("arena", "--json", home=tmp_path / "home").stdout)
    assert told["standings"][0]["ci95"][0] > 1000
    assert (told["n"], told["warning"]) == (40, "")


def test_an_arena_without_votes_says_what_to_do(tmp_path: Path) -> None:
    done = run("arena", home=tmp_path / "home")
    assert isinstance(done.exception, PracticumError)
    assert "no battle" in str(done.exception)
    assert not (tmp_path / "home").exists()
