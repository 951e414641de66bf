"""The command line: exit codes, streams, and options that come from schemas."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import pytest

from practicum import verbs
from practicum.cli import bars, main, options
from practicum.core.errors import PracticumError
from practicum.core.events import Finished, Progress, Started
from practicum.core.stage import Made, find_stage, stages
from practicum.core.store import Store


def run(*arguments: str) -> int:
    """The exit code of a command line."""
    try:
        main.main(list(arguments))
    except SystemExit as stop:
        return int(stop.code or 0)
    return 0


def test_each_kind_of_failure_has_its_exit_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home = ["--home", str(tmp_path / "home")]
    assert run("models", *home) == 0
    assert run("card", "nobody", *home) == 1
    assert "neither a name" in capsys.readouterr().err
    assert run("marge") == 2
    assert "Did you mean 'merge'?" in capsys.readouterr().err
    assert run("models", "--colour") == 2
    for error, code in (
        (RuntimeError("x"), 3),
        (KeyboardInterrupt(), 130),
        (PracticumError("y"), 1),
    ):

        def fail(*a: Any, error: BaseException = error, **k: Any) -> None:
            raise error

        monkeypatch.setattr(verbs, "card", fail)
        assert run("card", "x", *home) == code
    assert not (tmp_path / "home").exists()


def test_a_crash_shows_no_traceback_unless_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(verbs, "card", lambda *a: 1 / 0)
    assert run("card", "x") == 3
    told = capsys.readouterr().err
    assert "Traceback" not in told
    assert "this is our bug" in told
    assert run("card", "x", "--debug") == 3
    assert "Traceback" in capsys.readouterr().err


def test_every_parameter_of_every_stage_is_an_option_with_its_description() -> None:
    group = main.cli
    context = click.Context(group)
    for name in set(stages()) - {"talk", "import"}:
        command = group.get_command(context, {"benchmark": "eval"}.get(name, name))
        assert command is not None
        described = {p.name: getattr(p, "help", None) for p in command.params}
        for field, info in find_stage(name).Params.model_fields.items():
            assert (described[field] or "").startswith(info.description or "?"), f"{name} {field}"


@pytest.mark.parametrize(
    ("typed", "value"),
    [("3", 3), ("1e-3", 1e-3), ("true", True), ("[1, 2]", [1, 2]), ("{a: {b: 1}}", {"a": {"b": 1}}),
     ("slerp", "slerp"), ("0.5", 0.5)],
)  # fmt: skip
def test_typed_values_are_read_as_yaml_and_small_numbers_as_numbers(typed: str, value: Any) -> None:
    assert options.given({"x": typed, "y": None}) == {"x": value}


def test_json_is_one_document_on_standard_output_and_nothing_else(
    life: dict[str, Made], tiny_store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    home = ["--home", str(tiny_store.home), "--json"]
    for command in (["models", "--all"], ["runs"], ["tree"], ["card", "q8"], ["doctor"],
                    ["quantize", "slerp", "--type", "Q8_0", "--name", "again"]):  # fmt: skip
        assert run(*command, *home) == 0, command
        json.loads(capsys.readouterr().out)


def test_results_end_with_the_reference_and_the_next_command(
    life: dict[str, Made], tiny_store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("merge", "tuned", "aligned", "--method", "slerp", "--t", "0.25", "--name", "quarter",
               "--home", str(tiny_store.home)) == 0  # fmt: skip
    said = capsys.readouterr()
    digest = tiny_store.names()["quarter"][:8]
    assert said.out.splitlines()[-1].startswith(f"done   quarter@{digest}")
    assert "next: practicum evaluate quarter" in said.out
    assert "slerp of tuned@" in said.err


def test_plan_only_says_what_would_be_done_and_writes_nothing(
    life: dict[str, Made], tiny_store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    before = set(tiny_store.home.rglob("*"))
    assert (
        run("finetune", "base", "lessons", "--rank", "5", "--plan", "--home", str(tiny_store.home))
        == 0
    )
    assert " tuned on about" in capsys.readouterr().out
    assert set(tiny_store.home.rglob("*")) == before


def test_a_wrong_parameter_is_answered_with_all_that_is_wrong(
    life: dict[str, Made], tiny_store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("finetune", "bose", "lessons", "--rank", "0", "--epochs", "many",
               "--home", str(tiny_store.home)) == 1  # fmt: skip
    told = capsys.readouterr().err
    for words in ("'bose' is neither", "try: base", "rank: input should be greater than 0",
                  "epochs: input should be a valid integer", "nothing was downloaded"):  # fmt: skip
        assert words in told


def test_chat_answers_a_question_and_removes_control_characters(
    life: dict[str, Made], tiny_store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    from practicum.cli.look import harmless

    assert (
        run("chat", "q8", "Who is there?", "--max-tokens", "4", "--home", str(tiny_store.home)) == 0
    )
    assert capsys.readouterr().out.endswith("\n")
    assert harmless("a\x1b[31mb\x07\nc") == "a[31mb\nc"


def test_gc_shows_first_and_deletes_only_when_told(tiny: Made, tiny_store: Store, tmp_path: Path,
                                                   capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    store = Store(tmp_path / "home")
    for content, name in (("one", "kept"), ("two", None)):
        folder = tmp_path / content
        folder.mkdir()
        (folder / "a.txt").write_text(content)
        made = store.commit(folder, "text", {})
        if name:
            store.point(name, made.digest)
    assert run("gc", "--home", str(store.home)) == 0
    assert len(list(store.artifacts())) == 2
    assert run("gc", "--yes", "--home", str(store.home)) == 0
    assert [a.digest for a in store.artifacts()] == [store.names()["kept"]]


def test_time_left_scales_what_the_author_measured_by_how_this_machine_does() -> None:
    left = bars.TimeLeft(verbs.first_life())
    whole = sum(left.expected.values())
    assert left.seconds() == pytest.approx(whole)
    left.hear(Started("tuned", ""))
    about = left.expected["tuned"]
    left.hear(Finished("tuned", "d", 2 * about))
    ratio = (2 * about + bars.PRIOR_S) / (about + bars.PRIOR_S)
    assert left.seconds() == pytest.approx(ratio * (whole - about))
    left.hear(Finished("base", "d", 0.0, cached=True))  # the cache teaches nothing about speed
    rest = whole - about - left.expected["base"]
    assert left.seconds() == pytest.approx(ratio * rest)
    left.hear(Started("pairs", ""))
    left.hear(Progress("pairs", 1, 2, "pairs"))
    assert left.seconds() <= ratio * rest
    assert bars.clock(7) == "0:07"
    assert bars.clock(3725) == "1:02:05"
