"""practicum inspect: shown to people and to programs, with and without a terminal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from practicum.cli import main
from practicum.core.stage import Made

CHAT = {"messages": [{"role": "user", "content": "1 + 1?\n"},
                     {"role": "assistant", "content": "it is 2\nor \x1b[31m漢"}]}  # fmt: skip


def run(*arguments: str) -> int:
    """The exit code of a command line."""
    try:
        main.main(list(arguments))
    except SystemExit as stop:
        return int(stop.code or 0)
    return 0


@pytest.fixture
def line(tiny: Made, tmp_path: Path) -> Any:
    """`practicum inspect` of these rows by the tiny model."""

    def inspect(rows: list[Any], *options: str) -> int:
        path = tmp_path / "rows.jsonl"
        path.write_text("\n".join(json.dumps(r) for r in rows))
        home = ["--home", str(tmp_path / "home")]
        return run("inspect", str(tiny.artifact.folder), str(path), *home, *options)

    return inspect


def test_without_a_terminal_what_is_trained_stands_in_brackets(
    line: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert line([CHAT, CHAT], "--row", "2") == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out, "neither colours of ours nor the row's own control characters"
    shown = out.split("trained\n\n")[1].split("\n\n⟦trained⟧")[0]
    plain = shown.replace("│", "").replace("⏎\n", "\n").replace("⏎", "\n").replace("·", "")
    assert plain == (
        "<|im_start|>user\n1 + 1?\n<|im_end|>\n<|im_start|>assistant\n"
        "⟦it is 2\nor \\x1b[31m漢<|im_end|>⟧\n"
    )
    assert "0 of them in prompts" in out
    assert out.rstrip().splitlines()[-1].startswith("nothing is wrong   next: practicum finetune ")


def test_on_a_terminal_what_is_trained_is_coloured_bold_and_underlined(
    line: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("practicum.cli.apps.inspect._styled", lambda: True)
    monkeypatch.setattr("click.utils.should_strip_ansi", lambda *a: False)
    assert line([CHAT]) == 0
    out = capsys.readouterr().out
    green_bold_underlined = "\x1b[32m\x1b[1m\x1b[4m"
    assert f"{green_bold_underlined}<|im_end|>\x1b[0m" in out
    assert f"{green_bold_underlined}trained\x1b[0m" in out, "the legend"
    assert f"{green_bold_underlined}<|im_start|>" not in out
    assert "⟦" not in out


def test_ids_are_shown_one_token_a_line(line: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert line([CHAT], "--ids") == 0
    rows = [r for r in capsys.readouterr().out.splitlines() if r.endswith("│")]
    assert rows[0].split() == ["0", "1", "│<|im_start|>│"]
    assert [r.split()[2] for r in rows if "<|im_end|>" in r] == ["│<|im_end|>│", "trained"]
    assert [int(r.split()[0]) for r in rows] == list(range(len(rows)))


def test_json_is_one_document_with_every_token_and_finding(
    line: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = {"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": ""}]}
    assert line([CHAT, empty], "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert told["refused"] is True
    assert [(f["kind"], f["rows"], f["refuses"]) for f in told["findings"]] == [
        ("empty", [2], True)
    ]
    tokens = told["tokens"]["chat"]
    assert "".join(t["text"] for t in tokens if t["trained"]) == "it is 2\nor \x1b[31m漢<|im_end|>"
    assert told["counts"]["n_prompt_trained"] == 0


def test_what_would_be_refused_ends_with_exit_code_one_and_a_suggestion(
    line: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    pair = {"prompt": "q", "chosen": "a b", "rejected": "a  b"}
    assert line([pair]) == 1
    out = capsys.readouterr().out
    assert "row 1, chosen" in out
    assert "row 1, rejected" in out
    assert "refused   row 1: chosen and rejected differ in white space alone\n" in out
    assert "          try: leave the row out\ntraining would refuse these rows" in out
    assert line([{"messages": [{"role": "robot", "content": "x"}]}]) == 1
    assert "rows.jsonl:1  messages.0.role: 'robot' is no role" in capsys.readouterr().err


def test_data_reads_a_named_format_and_takes_the_kind_from_the_rows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "pairs.jsonl"
    path.write_text(json.dumps({"question": "q", "chosen": "a", "rejected": "b"}))
    home = ["--home", str(tmp_path / "home"), "--test-share", "0", "--validation-share", "0"]
    assert run("data", str(path), *home) == 0
    assert "pairs.jsonl read as preference pairs" in capsys.readouterr().out
    assert run("data", str(path), *home, "--format", "sharegpt") == 1
    assert "looks like preference pairs, the file is read as ShareGPT" in capsys.readouterr().err
    assert run("data", str(path), *home, "--format", "shargpt") == 2
