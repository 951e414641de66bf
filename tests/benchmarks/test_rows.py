"""The benchmarks' own promises: rows that serialise, programs that answer, ceilings above zero."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"
PROGRAMS = ("machine", "finetune", "decode", "evaluate")


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Imports a module of the benchmarks by name, as their own programs do."""
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module


def test_rows_survive_json_and_losing_rows_are_printed(bench: Any, capsys: Any) -> None:
    table = bench("table")
    rows = [table.Row("a", "x/s", 1.0, 2.0, "p 1", 0.5, 1.0, True, 0.25, "we lose")]
    told = table.header(1, table.Load(), notes=["n"])
    assert table.print_rows(rows, True, told) == 0
    printed = json.loads(capsys.readouterr().out)
    assert table.Row(**printed["rows"][0]) == rows[0]
    assert printed["header"]["threads"] == 1
    assert {"load", "ceilings", "versions", "features"} <= set(printed["header"])
    assert table.print_rows(rows, False, told) == 0
    text = capsys.readouterr().out
    assert "0.50" in text
    assert "we lose" in text
    assert "25%" in text


def test_columns_are_those_of_the_house(bench: Any) -> None:
    names = [
        "name",
        "unit",
        "ours",
        "peer",
        "peer_version",
        "ratio",
        "goal",
        "equal",
        "bound",
        "note",
    ]
    table = bench("table")
    assert [f.name for f in table.fields(table.Row)] == names
    assert table.text_table([]).split() == names[:-1]  # the note stands beneath its row


def test_a_failed_check_is_a_failed_run(bench: Any, capsys: Any) -> None:
    table = bench("table")
    row = table.Row("a", "x/s", 9.0, 1.0, ratio=9.0, equal=False)
    assert table.print_rows([row], False, table.header(1, table.Load())) == 1
    assert "NO" in capsys.readouterr().out


def test_the_ratio_is_the_median_of_neighbours_not_the_ratio_of_medians(bench: Any) -> None:
    found = bench("rounds").medians([(4.0, 2.0), (9.0, 3.0), (5.0, 5.0)])
    assert (found.ours, found.peer) == (5.0, 3.0)
    assert (found.ratio, found.lowest, found.highest, found.n) == (2.0, 1.0, 3.0, 3)


def test_contenders_take_turns(bench: Any) -> None:
    heard: list[str] = []
    bench("rounds").alternate(lambda: heard.append("a"), lambda: heard.append("b"), 2)
    assert heard == ["a", "b", "a", "b"]


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_benchmark_answers_help(program: str) -> None:
    done = subprocess.run(
        [sys.executable, str(FOLDER / f"{program}.py"), "--help"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    for option in ("--quick", "--json", "--threads"):
        assert option in done.stdout


def test_ceilings_are_positive_at_toy_sizes(bench: Any, tmp_path: Path) -> None:
    machine = bench("machine")
    found = machine.ceilings(1, gemm_sizes=(64,), memory_bytes=1 << 20, seconds=0.01)
    assert found.threads == 1
    assert found.gemm_fp32_flop_s > 0
    assert found.gemm_bf16_flop_s > 0
    assert found.memory_bytes_s >= found.read_bytes_s > 0
    disk = machine.disk_speed(tmp_path / "new", size_bytes=1)
    assert disk.write_bytes_s > 0
    assert disk.read_bytes_s > 0
    assert all(row.ours > 0 for row in machine.rows_of(found) + machine.disk_rows(disk, 1))


def test_padding_labels_only_the_answer_and_sorting_loses_no_chat(bench: Any) -> None:
    padded = bench("padded")
    from practicum.text.pack import Example

    long = Example((5, 6, 7), (False, False, True))
    short = Example((5, 8), (False, True))
    made = padded.collate([long, short], pad_id=0)
    assert made["input_ids"].tolist() == [[5, 6, 7], [5, 8, 0]]
    assert made["attention_mask"].tolist() == [[1, 1, 1], [1, 1, 0]]
    assert made["labels"].tolist() == [[-100, -100, 7], [-100, 8, -100]]
    given = padded.inputs([long, short], 0, padded.VARIANTS[2])
    assert given["shift_labels"].tolist() == [7, 8]  # predicted at positions 1 and 0
    assert given["logits_to_keep"].tolist() == [[False, True, False], [True, False, False]]
    for variant in padded.VARIANTS:
        dealt = padded.split(padded.batches([long, short] * 5, 3, variant, 0), 3)
        assert len(dealt) == 3
        assert sorted(len(e.ids) for u in dealt for b in u for e in b) == [2] * 5 + [3] * 5
