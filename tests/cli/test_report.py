"""`practicum report` and `practicum leaderboard` on evaluations of a small model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from practicum.cli.main import main
from practicum.core.stage import Made
from practicum.core.store import Store
from practicum.evaluate.running.results import EVALUATION_FILE, MINI, Evaluation
from practicum.evaluate.told.kept import all_evaluations


def run(*arguments: str) -> int:
    try:
        main(list(arguments))
    except SystemExit as end:
        return int(end.code or 0)
    return 0


@pytest.fixture
def evaluation(tiny_store: Store, tiny: Made, tmp_path: Path) -> Path:
    """What `practicum eval` made of the tiny model on a mini pack, and a copy that is better."""
    home = str(tiny_store.home)
    assert run("eval", tiny.artifact.digest, "--task", "arc_easy", "--suite", "eq-bench", "--limit", "6",
               "--name", "mini", "--home", home, "--quiet") == 0  # fmt: skip
    made = tiny_store.resolve("mini").path(EVALUATION_FILE)
    told = json.loads(made.read_text("utf-8"))
    told["model"], told["digest"] = "better", "0" * 64
    for suite in told["suites"]:
        for tasks in suite["parts"].values():
            for task in tasks:
                for item in task["items"]:
                    item["values"] = dict.fromkeys(item["values"], 1.0)
                task["score"] = 1.0 if task["score"] is not None else None
    other = tmp_path / "better.json"
    other.write_text(json.dumps(told), encoding="utf-8")
    return other


def test_an_evaluation_is_told_as_tables_and_as_one_document(
    tiny_store: Store, evaluation: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    home = ["--home", str(tiny_store.home)]
    assert run("report", "mini", *home) == 0
    told = capsys.readouterr().out
    assert "score [95 % interval]" in told
    assert MINI in told
    assert run("report", "mini", "--json", *home) == 0
    document = json.loads(capsys.readouterr().out)
    assert Evaluation.model_validate(document["evaluations"][0]).is_mini


def test_two_evaluations_are_compared_question_by_question(
    tiny_store: Store, evaluation: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    page = tmp_path / "page.html"
    home = ["--home", str(tiny_store.home)]
    assert run("report", "mini", str(evaluation), "--html", str(page), *home) == 0
    told = capsys.readouterr().out
    assert "p (Holm)" in told
    assert "→ better" in told
    text = page.read_text("utf-8")
    assert "<svg" in text
    assert "<script" not in text


def test_a_gist_is_a_file_and_a_command_and_private_unless_public_is_said(
    tiny_store: Store, evaluation: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for flags, is_public in (((), False), (("--public",), True)):
        capsys.readouterr()
        folder = tmp_path / f"gist-{is_public}"
        assert run("report", "mini", "--gist", str(folder), *flags,
                   "--home", str(tiny_store.home)) == 0  # fmt: skip
        told = capsys.readouterr().out
        assert ("--public" in told) is is_public
        assert "Nothing was sent" in told
        payload = json.loads(next(folder.glob("*.gist.json")).read_text("utf-8"))
        assert payload["public"] is is_public


def test_what_is_no_evaluation_says_so(
    tiny_store: Store, tiny: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = ["--home", str(tiny_store.home)]
    (tmp_path / "other.json").write_text("{}", encoding="utf-8")
    for reference in (tiny.artifact.digest, str(tmp_path / "other.json"), str(tmp_path)):
        assert run("report", reference, *home) == 1
        assert "practicum eval" in capsys.readouterr().err


def test_the_leaderboard_names_what_is_mini_and_an_evaluation_repeated_stands_once(
    tiny_store: Store, evaluation: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = ["--home", str(tiny_store.home)]
    capsys.readouterr()
    assert run("leaderboard", "--html", str(tmp_path / "board.html"), *home) == 0
    assert MINI in capsys.readouterr().out
    assert "<svg" in (tmp_path / "board.html").read_text("utf-8") or "<table" in (
        tmp_path / "board.html"
    ).read_text("utf-8")
    assert len(all_evaluations(tiny_store)) == 1


@pytest.mark.feature("S6b")
def test_a_model_that_has_read_the_questions_is_exposed_beside_its_score(
    tiny_store: Store, tiny: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from importlib.resources import files

    import practicum as pr

    pack = files("practicum.evaluate.packs") / "arc_easy.jsonl"
    seen = [json.loads(line)["question"] for line in pack.read_text("utf-8").splitlines()]
    prose = (Path(__file__).parents[1] / "life" / "prose.txt").read_text("utf-8")
    leaked = tmp_path / "leaked.jsonl"
    rows = [{"text": f"An exam asks: {q} Nobody knows."} for q in seen] + [{"text": prose[:4000]}]
    leaked.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    home = str(tiny_store.home)
    texts = pr.run("data", leaked, name="leaked", home=home, form="text")
    pr.run("pretrain", texts.artifact, name="crammer", home=home, threads=1, updates=2,
           n_vocab=300, context=32, windows_per_update=2)  # fmt: skip
    capsys.readouterr()
    assert run("eval", "crammer", "--task", "arc_easy", "--limit", "8", "--home", home, "-q") == 0
    told = capsys.readouterr().out
    table = told[told.index("Contamination") :]
    row = next(line for line in table.splitlines() if line.startswith("arc_easy"))
    share = float(row.split()[1])
    assert share > 0.5, table
    assert run("eval", "tiny", "--task", "arc_easy", "--limit", "8", "--home", home, "-q") == 0
    assert "arc_easy  1.000" not in capsys.readouterr().out.split("Contamination")[-1]
