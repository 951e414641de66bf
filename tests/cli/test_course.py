"""The course on the command line: everything a learner needs without a browser."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from practicum.cli.main import cli
from practicum.learn.learner import Learner

LAB = "python-basics/strings"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PRACTICUM_HOME", str(tmp_path))
    return tmp_path


def run(*words: str, given: str | None = None) -> Result:
    return CliRunner().invoke(cli, list(words), input=given)


def solve(name: str = LAB) -> None:
    learner = Learner()
    _, lab = learner.find_lab(name)
    learner.script(lab).write_text(lab.solution.read_text("utf-8"), encoding="utf-8")


def test_the_map_shows_parts_stations_and_what_is_next(home: Path) -> None:
    out = run("map").output
    for part in ("LLM Fundamentals", "The LLM Scientist", "The LLM Engineer"):
        assert part in out
    assert "linear-algebra" in out
    assert "not open yet" in out
    assert "Speculative decoding" in out
    assert out.strip().splitlines()[-1].startswith("next: practicum learn")


def test_a_chapter_to_come_shows_what_it_will_teach(home: Path) -> None:
    out = run("map", "quantization").output
    assert "(not open yet)" in out
    assert "needs " in out
    learner = Learner()
    for concept in learner.roadmap.chapters["quantization"].concepts:
        if not concept.is_open:
            assert " ".join(concept.teaches.split()[:4]) in " ".join(out.split())


def test_a_lesson_that_is_not_open_says_what_it_will_teach(home: Path) -> None:
    learner = Learner()
    shut = next(c for c in learner.roadmap.concepts.values() if not c.is_open)
    result = CliRunner().invoke(cli, ["learn", shut.slug])
    assert result.exit_code == 1
    assert "not open yet: it will teach you to" in str(result.exception)


@pytest.mark.feature("M1")
def test_a_first_evening(home: Path) -> None:
    assert "learn" in run("next").output
    assert "What you can do now" in run("learn", "python-basics").output
    assert json.loads(run("next", "--json").output)["command"] == "practicum watch python-basics"
    red = run("check", LAB)
    assert red.exit_code == 1
    assert "this TODO is still open" in red.output
    assert run("hint").output.startswith("hint 1 of ")
    assert run("hint").output.startswith("hint 2 of ")
    refused = run("solution")
    assert refused.exit_code == 1
    assert "after a pass" in str(refused.exception)
    solve()
    green = run("check")
    assert green.exit_code == 0, green.output
    assert "passed  python-basics/strings" in green.output
    assert (
        run("solution", LAB).output.strip()
        == Learner().find_lab(LAB)[1].solution.read_text("utf-8").strip()
    )
    assert "1 labs passed" in run("progress").output
    assert "◐  python-basics" in run("map").output


def test_surrender_shows_the_solution_and_is_remembered(home: Path) -> None:
    shown = run("solution", LAB, "--surrender")
    assert shown.exit_code == 0
    assert "def " in shown.output
    assert Learner().record().solutions == {"F2a/strings"}


def test_reset_keeps_what_was_written(home: Path) -> None:
    solve()
    out = run("reset", LAB).output
    kept = Path(out.split("your work: ")[1].strip())
    learner = Learner()
    _, lab = learner.find_lab(LAB)
    assert kept.read_text("utf-8") == lab.solution.read_text("utf-8")
    assert learner.script(lab).read_text("utf-8") == lab.script.read_text("utf-8")


def test_check_as_json_tells_every_task(home: Path) -> None:
    told = json.loads(run("check", LAB, "--json").output)
    assert told["passed"] is False
    assert all(t["is_open"] for t in told["tasks"])
    assert told["seconds"] > 0


def test_a_quiz_session_grades_explains_and_says_when_again(home: Path) -> None:
    learner = Learner()
    question = learner.ask("python-basics")
    right = question.right.split(")")[0]
    out = run("quiz", "python-basics", "-n", "1", given=f"{right}\n").output
    assert "right" in out
    assert re.search(r"again in \d+ days|again tomorrow", out)
    assert "1 of 1 right" in out


def test_a_wrong_answer_gets_its_reason_and_the_passage(home: Path) -> None:
    learner = Learner()
    question = learner.ask("python-basics")
    if question.choices:
        wrong = next("abcdefgh"[i] for i, c in enumerate(question.choices) if not c.right)
    else:
        wrong = "-987654" if question.item.kind == "numeric" else "zzz"
    out = run("quiz", "python-basics", "-n", "1", given=f"{wrong}\n").output
    assert "not right" in out
    assert "The answer: " in out
    command = re.search(r"see: practicum (learn .*)", out)
    assert command is not None
    shown = run(*command[1].split()).output
    learner = Learner()
    from practicum.learn.lessons.lesson import read_lesson

    concept = learner.roadmap.concepts["python-basics"]
    assert concept.folder is not None
    wanted = read_lesson(concept.folder).anchors[question.item.passage]
    assert wanted in shown
    assert "What you can do now" not in shown


def test_what_is_no_answer_is_asked_again_and_an_empty_line_ends(home: Path) -> None:
    out = run("quiz", "python-basics", "-n", "3", given="\n").output
    assert " of " not in out.splitlines()[-1]
    assert len(Learner().progress.events()) == 0


def test_a_script_can_ask_and_answer(home: Path) -> None:
    asked = json.loads(run("quiz", "nlp", "--json").output)
    assert "answer" not in asked
    learner = Learner()
    from practicum.learn.quiz import draw

    right = draw(learner.item(asked["key"]), asked["seed"]).right.split(")")[0]
    told = json.loads(
        run("quiz", "--json", "--answer", f"{asked['key']}:{asked['seed']}={right}").output
    )
    assert told["right"] is True
    assert told["due"]
    assert run("quiz", "--answer", "nonsense").exception.exit_code == 2  # type: ignore[union-attr]
    assert run("quiz", "--answer", "F2a.nothing:0=a").exception.exit_code == 2  # type: ignore[union-attr]


def test_review_says_when_the_next_is_due(home: Path) -> None:
    assert "nothing is due" in run("review").output
    learner = Learner()
    question = learner.ask("python-basics")
    learner.answer(question, question.right.split(")")[0])
    assert re.search(r"the next is due (in \d+ days|tomorrow)", run("review").output)
    assert json.loads(run("review", "--json").output) == []


def test_a_testout_ends_by_an_empty_answer_without_passing(home: Path) -> None:
    out = run("testout", "python-basics", given="\n").output
    assert "not yet" in out
    assert Learner().progress.events()[-1].told["passed"] is False


def test_progress_goes_to_another_machine_and_certificate_shows_the_evidence(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    solve()
    run("check", LAB)
    out = home / "progress.jsonl"
    assert "events written" in run("progress", "--export", str(out)).output
    there = home / "elsewhere"
    monkeypatch.setenv("PRACTICUM_HOME", str(there))
    assert "1 events added" in run("progress", "--import", str(out)).output
    page = home / "certificate.html"
    told = run("certificate", "--name", "Ada <b>", "--out", str(page))
    assert "written" in told.output
    html = page.read_text("utf-8")
    assert "Ada &lt;b&gt;" in html
    assert "1 of 18" in html
    evidence = json.loads(run("certificate", "--from", str(out), "--json").output)
    again = json.loads(run("certificate", "--json").output)
    assert evidence["digest"] == again["digest"], "the same events give the same proof"


def test_lessons_become_pages_to_carry_along(home: Path) -> None:
    folder = home / "pages"
    told = run("learn", "--html", str(folder))
    n_open = sum(c.is_open for c in Learner().roadmap.concepts.values())
    assert f"{n_open} lessons" in told.output
    pages = list(folder.glob("*.html"))
    assert len(pages) == n_open
    heaviest = max(pages, key=lambda p: p.stat().st_size)
    assert heaviest.stat().st_size < 1_000_000, heaviest.name
    for page in pages:
        text = page.read_text("utf-8")
        assert "<script" not in text, page.name
        assert "{{" not in re.sub(r"<pre.*?</pre>", "", text, flags=re.DOTALL), page.name


def test_the_source_of_a_lesson_can_be_had(home: Path) -> None:
    assert run("learn", "python-basics", "--plain").output.startswith("# ")


def test_verify_names_what_it_recomputed(home: Path) -> None:
    done = run("verify", "python-basics")
    assert done.exit_code == 0, done.output
    assert re.search(r"(\d+) of \1 claims and figures agree", done.output)


def test_a_lab_as_a_notebook_has_the_cells_and_its_checks(home: Path) -> None:
    import nbformat

    path = Path(json.loads(run("notebook", LAB, "--json").output)["notebook"])
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    text = "\n".join(cell.source for cell in notebook.cells)
    assert "# TODO" in text
    assert "pip install" in notebook.cells[0].source
    assert "check('python-basics/strings', globals())" in notebook.cells[-1].source
    kinds = [cell.cell_type for cell in notebook.cells]
    assert "markdown" in kinds


def test_the_notebooks_last_cell_checks_and_remembers(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from practicum.learn.labs.lab import cells_of
    from practicum.learn.notebook import check

    _, lab = Learner().find_lab(LAB)
    names: dict[str, object] = {}
    for cell in cells_of(lab.solution.read_text("utf-8")):
        if not cell.is_markdown:
            exec(cell.text, names)
    check(LAB, names)
    assert "✓" in capsys.readouterr().out
    assert Learner().has_passed(lab)
    check(LAB, {})
    assert "is not defined" in capsys.readouterr().out


class Terminal:
    """`practicum` in a terminal of its own: what is shown, and keys to press."""

    def __init__(self, *words: str) -> None:
        self.master, slave = pty.openpty()
        code = "from practicum.cli.main import main; main()"
        self.process = subprocess.Popen([sys.executable, "-c", code, *words], stdin=slave, stdout=slave,
                                        stderr=slave, env={**os.environ, "TERM": "xterm"})  # fmt: skip
        os.close(slave)
        self.shown = ""

    def wait_for(self, text: str, seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        while text not in self.shown:
            left = end - time.monotonic()
            assert left > 0, f"{text!r} was not shown in:\n{self.shown}"
            if select.select([self.master], [], [], left)[0]:
                try:
                    self.shown += os.read(self.master, 65536).decode("utf-8", "replace")
                except OSError:
                    assert text in self.shown, self.shown
        self.shown = self.shown[self.shown.index(text) + len(text) :]

    def press(self, keys: str) -> None:
        os.write(self.master, keys.encode())


def test_watch_goes_from_red_to_green_on_save_and_keys_do_what_they_say(home: Path) -> None:
    learner = Learner()
    _, lab = learner.find_lab(LAB)
    script = learner.script(lab)
    terminal = Terminal("watch", LAB)
    try:
        terminal.wait_for("this TODO is still open")
        terminal.wait_for("q quit")
        terminal.press("h")
        terminal.wait_for("hint 1 of ")
        terminal.press("s")
        terminal.wait_for("shown after a pass")
        script.write_text(lab.solution.read_text("utf-8"), encoding="utf-8")
        terminal.wait_for("passed  python-basics/strings")
        terminal.wait_for("q quit")
        terminal.press("n")
        second = learner.labs(learner.roadmap.concepts["python-basics"])[1]
        terminal.wait_for(f"python-basics/{second.slug}")
        terminal.wait_for("q quit")
        terminal.press("q")
        assert terminal.process.wait(30) == 0
    finally:
        terminal.process.kill()
    assert learner.has_passed(lab)
