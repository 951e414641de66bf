"""Recomputing a concept's numbers and figures, and saying which no longer agree."""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from practicum.core.errors import PracticumError
from practicum.learn.lessons.claims import Near, agrees, claims_of
from practicum.learn.lessons.figures import EXACT, draw, keep, kept, same


@dataclass(frozen=True)
class Verified:
    """One claim or figure, recomputed."""

    concept: str
    what: str
    shown: str
    recomputed: str
    line: int
    ok: bool


def verify_concept(folder: Path, only: str | None = None) -> Iterator[Verified]:
    """Every claim and every figure of a concept, as it is recomputed; `only`: one claim's places."""
    claims = claims_of((folder / "lesson.md").read_text(encoding="utf-8"))
    named = [c for c in claims if c.name and only in (None, c.name)]
    functions = functions_of(folder / "claims.py") if named else {}
    values: dict[str, Any] = {}
    for claim in named:
        assert claim.name
        if claim.name not in functions:
            yield Verified(
                folder.name, claim.name, claim.shown, "no such function", claim.line, False
            )
            continue
        try:
            if claim.name not in values:
                values[claim.name] = functions[claim.name]()
            value = values[claim.name]
            ok, told = agrees(claim.shown, value), _told(value)
        except Exception as error:  # whatever a claim runs into, the others are still told
            ok, told = False, f"{type(error).__name__}: {error}"
        yield Verified(folder.name, claim.name, claim.shown, told, claim.line, ok)
    if only is None:
        yield from _figures(folder, write=False)


def draw_figures(folder: Path) -> Iterator[Verified]:
    """Draw the concept's figures and keep those that changed."""
    yield from _figures(folder, write=True)


def _figures(folder: Path, write: bool) -> Iterator[Verified]:
    if not (folder / "figures.py").is_file():
        return
    for name, function in functions_of(folder / "figures.py").items():
        path = folder / "figures" / f"{name}.json"
        try:
            drawn = draw(function)
            if write:
                told, ok = ("drawn again" if keep(drawn, path) else "as kept"), True
            else:
                within = getattr(function, "within", EXACT)
                ok = path.is_file() and same(drawn, kept(folder, name), within)
                told = "as kept" if ok else "not as kept"
            yield Verified(folder.name, f"figure {name}", drawn.claim, told, 0, ok)
        except Exception as error:
            told = f"{type(error).__name__}: {error}"
            yield Verified(folder.name, f"figure {name}", "", told, 0, False)


def functions_of(path: Path) -> dict[str, Callable[[], Any]]:
    """The public functions that a file of the course defines itself, by name, in order."""
    if not path.is_file():
        raise PracticumError(f"{path.parent.name} has no {path.name}")
    module = load_file(path)
    return {name: value for name, value in vars(module).items()
            if not name.startswith("_") and callable(value) and not isinstance(value, type)
            and getattr(value, "__module__", None) == module.__name__}  # fmt: skip


def load_file(path: Path) -> ModuleType:
    """A Python file of the course as a module of its own; it sees the files beside it.

    A figure often draws what a claim computes: `from claims import …` finds the claims.py beside
    it, the very module when it was loaded already, so that nothing is trained twice.
    """
    import sys

    written = tuple(sorted((p.name, p.stat().st_mtime_ns) for p in path.parent.glob("*.py")))
    known = _loaded.get(path)
    if known and known[0] == written:
        return known[1]
    name = f"practicum_course.{path.parent.name.replace('-', '_')}.{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    siblings = {p.stem: sys.modules.pop(p.stem, None) for p in path.parent.glob("*.py")}
    for stem in siblings:
        beside = _loaded.get(path.with_name(f"{stem}.py"))
        if beside and beside[0] == written:
            sys.modules[stem] = beside[1]
    sys.path.insert(0, str(path.parent))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(path.parent))
        for stem, before in siblings.items():
            sys.modules.pop(stem, None)
            if before is not None:
                sys.modules[stem] = before
    _loaded[path] = (written, module)
    return module


# path → when it and the files beside it were written, and what it is
_loaded: dict[Path, tuple[tuple[tuple[str, int], ...], ModuleType]] = {}


def _told(value: Any) -> str:
    if isinstance(value, Near):
        return f"{value.value:.6g} (within {value.within:g})"
    if isinstance(value, str):
        return value
    number = float(value)
    return str(int(number)) if number.is_integer() and math.fabs(number) < 1e15 else f"{number:.6g}"
