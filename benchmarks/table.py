"""What every benchmark prints: rows of one shape under a header that says on what they ran."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from importlib import metadata
from pathlib import Path
from typing import Any

from practicum.core.stage import available_threads, versions

# What decides the speed of matrix products on a CPU; other flags are left out of the header.
FEATURES = ("avx2", "fma", "avx512f", "avx512_vnni", "avx512_bf16", "avx512_fp16", "amx_bf16",
            "amx_int8", "asimd", "asimddp", "bf16", "i8mm", "sve")  # fmt: skip
QUIET_CORES = 0.1  # others' use of the processor below which a measurement counts as quiet
SEPARATOR = "  "


@dataclass(frozen=True)
class Row:
    """One comparison.

    Units  `ours` and `peer` are rates in `unit`, so more is better and `ratio` > 1 is a win;
           `bound` is the fraction of the physical limit that ours reaches.
    `equal` tells whether both computed the same in this very run; None where there is no peer.
    """

    name: str
    unit: str
    ours: float
    peer: float | None = None
    peer_version: str = ""
    ratio: float | None = None
    goal: float | None = None
    equal: bool | None = None
    bound: float | None = None
    note: str = ""


class Load:
    """How much of the machine others used while we measured, and the load average."""

    def __init__(self) -> None:
        self._average = _load_average()
        self._busy_s, self._stolen_s = _machine_seconds()
        self._own_s, self._clock = _own_seconds(), time.monotonic()

    def read(self) -> dict[str, Any]:
        """Since the beginning: mean cores used by other processes, and taken by the host."""
        wall = max(1e-9, time.monotonic() - self._clock)
        busy_s, stolen_s = _machine_seconds()
        found: dict[str, Any] = {"average_before": self._average, "average_after": _load_average()}
        if busy_s:
            own_s = _own_seconds() - self._own_s
            others = max(0.0, busy_s - self._busy_s - own_s) / wall
            stolen = (stolen_s - self._stolen_s) / wall
            found |= {"cores_of_others": round(others, 2), "cores_stolen": round(stolen, 2),
                      "is_quiet": others + stolen < QUIET_CORES}  # fmt: skip
        return found


def _own_seconds() -> float:
    """Processor time of this process and of those it started and waited for: they are measured."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def _load_average() -> float | None:
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def _machine_seconds() -> tuple[float, float]:
    """CPU-seconds spent by all processes, and by other guests of the host; zeros if unknown."""
    try:
        line = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0]
    except OSError:
        return 0.0, 0.0
    ticks = os.sysconf("SC_CLK_TCK")
    user, nice, system, _, _, irq, softirq, stolen = (int(x) / ticks for x in line.split()[1:9])
    return user + nice + system + irq + softirq, stolen


def cpu_features() -> list[str]:
    """The processor's features that matter for matrix products; empty where unknown."""
    try:
        words = set(Path("/proc/cpuinfo").read_text(encoding="utf-8").split())
    except OSError:
        return []
    return [f for f in FEATURES if f in words]


def version(*packages: str) -> str:
    """`name version` of installed packages, for the column peer_version."""
    return ", ".join(f"{p} {metadata.version(p)}" for p in packages)


def header(
    threads: int, load: Load, ceilings: Iterable[Any] = (), notes: Sequence[str] = ()
) -> dict[str, Any]:
    """On what the rows were measured. `ceilings` are dataclasses; `notes` hold for all rows."""
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "cores": available_threads(),
        "threads": threads,
        "features": cpu_features(),
        "load": load.read(),
        "ceilings": [asdict(c) for c in ceilings],
        "versions": {**versions(), "numpy": metadata.version("numpy")},
        "notes": list(notes),
    }


def number(value: float | None) -> str:
    """Three digits that count."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _cells(row: Row) -> list[str]:
    equal = {True: "yes", False: "NO", None: "-"}[row.equal]
    bound = "-" if row.bound is None else f"{row.bound:.0%}"
    ratio = "-" if row.ratio is None else f"{row.ratio:.2f}"
    goal = "-" if row.goal is None else f"{row.goal:.2f}"
    return [row.name, row.unit, number(row.ours), number(row.peer), row.peer_version or "-",
            ratio, goal, equal, bound]  # fmt: skip


def text_table(rows: Sequence[Row]) -> str:
    """Rows as aligned text, each with its note beneath."""
    names = [f.name for f in fields(Row)][:-1]
    cells = [names, *(_cells(r) for r in rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(names))]
    lines = []
    for line, note in zip(cells, ["", *(r.note for r in rows)], strict=True):
        padded = [
            cell.ljust(w) if name in ("name", "unit", "peer_version") else cell.rjust(w)
            for name, cell, w in zip(names, line, widths, strict=True)
        ]
        lines.append(SEPARATOR.join(padded).rstrip())
        if note:
            lines.append(f"    {note}")
    return "\n".join(lines)


def text_header(told: dict[str, Any]) -> str:
    """The header as a few lines of text."""
    load = told["load"]
    quiet = {True: "quiet", False: "NOT QUIET: do not quote these numbers"}.get(
        load.get("is_quiet"), "others' use of the processor is unknown here"
    )
    lines = [
        f"machine   {told['system']}, {told['cores']} cores, {told['threads']} threads used, "
        + " ".join(told["features"]),
        f"load      {load['average_before']} before, {load['average_after']} after; others used "
        f"{load.get('cores_of_others', '?')} cores, the host took {load.get('cores_stolen', '?')}; "
        + quiet,
        *(f"ceilings  {_ceiling(c)}" for c in told["ceilings"]),
        "versions  " + ", ".join(f"{k} {v}" for k, v in told["versions"].items()),
        *(f"note      {note}" for note in told["notes"]),
    ]
    return "\n".join(lines)


def _ceiling(values: dict[str, Any]) -> str:
    """`gemm_bf16_flop_s: 1.9e11` → `gemm bf16 190 GFLOP/s`; other values as they are."""
    words = []
    for name, value in values.items():
        if name.endswith("_flop_s"):
            words.append(f"{name[:-7].replace('_', ' ')} {number(value / 1e9)} GFLOP/s")
        elif name.endswith("_bytes_s"):
            words.append(f"{name[:-8].replace('_', ' ')} {number(value / 1e9)} GB/s")
        else:
            words.append(f"{name.replace('_', ' ')} {value}")
    return ", ".join(words)


def print_rows(rows: Sequence[Row], as_json: bool, told: dict[str, Any]) -> int:
    """Print header and rows to standard output; the exit code: 1 when a check found two
    different results, because then the speeds compare two different things."""
    if as_json:
        print(json.dumps({"header": told, "rows": [asdict(r) for r in rows]}, indent=1))
    else:
        print(f"{text_header(told)}\n\n{text_table(rows)}")
    return int(any(r.equal is False for r in rows))


def arguments(description: str, *, with_home: bool = True) -> argparse.ArgumentParser:
    """The options that every benchmark has."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true", help="small sizes: a minute or two")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "--threads", type=int, default=available_threads(), help="for ours and for every peer"
    )
    if with_home:
        parser.add_argument("--home", default=None, help="the store (default: practicum's own)")
    return parser


def tell(text: str) -> None:
    """Say on standard error what is under way; silent when it is not a terminal."""
    if sys.stderr.isatty():
        print(text, file=sys.stderr, flush=True)
