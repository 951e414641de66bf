"""One number of a lesson: where it is computed, and what comes out when it is computed now."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from practicum.core.errors import PracticumError, UnknownReference, nearest
from practicum.learn.lessons.claims import claims_of

LONGEST_S = 600.0  # the slowest claim trains small networks for a minute on one thread


@dataclass(frozen=True)
class Origin:
    """A claim as it is written: what the lesson shows, and the function that computes it.

    within  the tolerance as the function states it, "" when the shown digits must be right
    """

    name: str
    shown: tuple[str, ...]
    says: str
    source: str
    within: str
    line: int


@dataclass(frozen=True)
class Recomputed:
    """What a claim's function gave, whether the lesson agrees, and how long it took."""

    value: str
    agrees: bool
    seconds: float


def origin_of(folder: Path, name: str) -> Origin:
    """Where a claim comes from, read without running anything.

    Raises  UnknownReference with the nearest name when the lesson makes no such claim.
    """
    named = [c for c in claims_of((folder / "lesson.md").read_text("utf-8")) if c.name]
    shown = tuple(dict.fromkeys(c.shown for c in named if c.name == name))
    path = folder / "claims.py"
    text = path.read_text("utf-8") if path.is_file() else ""
    functions = {n.name: n for n in ast.parse(text).body if isinstance(n, ast.FunctionDef)}
    if not shown or name not in functions:
        raise UnknownReference(f"this lesson has no number called '{name}'",
                               hint=nearest(name, functions))  # fmt: skip
    function = functions[name]
    first = min([function.lineno, *(d.lineno for d in function.decorator_list)])
    source = "\n".join(text.splitlines()[first - 1 : function.end_lineno])
    says = (ast.get_docstring(function) or "").partition("\n")[0]
    return Origin(name, shown, says, source, _tolerance(function, text), first)


def _tolerance(function: ast.FunctionDef, text: str) -> str:
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Near":
            given = [*node.args[1:2], *(k.value for k in node.keywords if k.arg == "within")]
            return ast.get_source_segment(text, given[0]) or "" if given else ""
    return ""


def recompute(folder: Path, name: str) -> Recomputed:
    """The claim computed now, in a process of its own: nothing that was computed before is reused.

    Raises  PracticumError when it does not end in time or the process fails.
    """
    from practicum.learn.labs.run import THREAD_VARIABLES

    begun = time.monotonic()
    try:
        done = subprocess.run(
            [sys.executable, "-X", "utf8", "-c", _START, str(folder), name], check=False, text=True,
            env={**os.environ, **dict.fromkeys(THREAD_VARIABLES, "1")}, capture_output=True,
            encoding="utf-8", timeout=LONGEST_S, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise PracticumError(f"{name} was not computed within {LONGEST_S:g} s",
                             hint=f"practicum verify {folder.name}") from error  # fmt: skip
    lines = done.stdout.splitlines()
    if done.returncode or not lines:
        raise PracticumError(f"computing {name} failed", hint=f"practicum verify {folder.name}")
    places = json.loads(lines[-1])
    return Recomputed(places[0]["recomputed"], all(p["ok"] for p in places),
                      time.monotonic() - begun)  # fmt: skip


_START = """\
import json, sys
from pathlib import Path
from practicum.learn.lessons.verify import verify_concept
print(json.dumps([vars(v) for v in verify_concept(Path(sys.argv[1]), sys.argv[2])]))
"""
