"""Figures of lessons: drawn by code, kept as JSON beside it, so that reading needs no plotting."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from practicum.core.errors import PracticumError
from practicum.measure.told import Picture

Drawer = TypeVar("Drawer", bound=Callable[[], Any])
EXACT = 1e-6  # rounding of the last digits, where nothing else is said
MOST_FRAMES, MOST_BYTES = 12, 60_000
_NUMBER = re.compile(r"[-−+]?\d[\d.,]*(?:e[-+]?\d+)?")


@dataclass(frozen=True)
class Frames:
    """One thing moving: pictures in order, each under the value of what moves ("30 degrees")."""

    claim: str
    moves: str
    pictures: Mapping[str, Picture]


def approximate(within: float) -> Callable[[Drawer], Drawer]:
    """Marks a figure whose numbers differ by that much from machine to machine: it was trained."""

    def mark(function: Drawer) -> Drawer:
        function.within = within  # type: ignore[attr-defined]
        return function

    return mark


@dataclass(frozen=True)
class Still:
    """One drawing as it is kept: a picture, its sketch in Braille, and its frame's label."""

    label: str
    picture: Picture
    sketch: str


@dataclass(frozen=True)
class Figure:
    """A figure as it is kept: one still, or several of one thing moving."""

    claim: str
    moves: str
    stills: tuple[Still, ...]


def draw(function: Any) -> Figure:
    """What a function of figures.py draws.

    Raises  PracticumError when it gives anything but a Picture or Frames, or too much of it.
    """
    from practicum.measure.sketch import sketching

    with sketching() as sketches:
        drawn = function()
    if isinstance(drawn, Picture):
        figure = Figure(drawn.claim, "", (Still("", drawn, sketches[-1]),))
    elif isinstance(drawn, Frames):
        if len(drawn.pictures) > MOST_FRAMES:
            raise PracticumError(
                f"{len(drawn.pictures)} frames; at most {MOST_FRAMES} are looked at"
            )
        frames = zip(drawn.pictures.items(), sketches[-len(drawn.pictures) :], strict=True)
        stills = tuple(Still(label, picture, dots) for (label, picture), dots in frames)
        figure = Figure(drawn.claim, drawn.moves, stills)
    else:
        raise PracticumError(f"it gives {type(drawn).__name__}, not a Picture or Frames")
    heavy = max(len(s.picture.svg.encode()) for s in figure.stills)
    if heavy > MOST_BYTES:
        raise PracticumError(
            f"its SVG has {heavy:,} bytes; at most {MOST_BYTES:,}: draw fewer marks"
        )
    return figure


def keep(figure: Figure, path: Path) -> bool:
    """Write a figure as JSON, unless the very same is there; whether it was written."""
    told = {
        "claim": figure.claim,
        "moves": figure.moves,
        "stills": [
            {"label": s.label, "claim": s.picture.claim, "alt": s.picture.alt, "csv": s.picture.csv,
             "sketch": s.sketch, "svg": s.picture.svg}
            for s in figure.stills
        ],
    }  # fmt: skip
    text = json.dumps(told, ensure_ascii=False, indent=1) + "\n"
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return True


def kept(folder: Path, name: str) -> Figure:
    """The kept figure of a concept's folder.  Raises PracticumError when it was not drawn."""
    path = folder / "figures" / f"{name}.json"
    if not path.is_file():
        raise PracticumError(f"figure '{name}' is not drawn yet",
                             hint="practicum dev check-course --write")  # fmt: skip
    told = json.loads(path.read_text(encoding="utf-8"))
    stills = tuple(
        Still(s["label"], Picture(s["claim"], s["svg"], s["csv"], s["alt"]), s["sketch"])
        for s in told["stills"]
    )
    return Figure(told["claim"], told["moves"], stills)


def same(a: Figure, b: Figure, within: float = EXACT) -> bool:
    """Whether both figures say the same: equal words, and numbers that differ by rounding only.

    The drawing itself is not compared: another version of the plotting library draws otherwise.
    """
    words = [(f.claim, f.moves, [(s.label, s.picture.claim) for s in f.stills]) for f in (a, b)]
    return words[0] == words[1] and all(
        _same_csv(x.picture.csv, y.picture.csv, within)
        and _NUMBER.sub("", x.picture.alt) == _NUMBER.sub("", y.picture.alt)
        for x, y in zip(a.stills, b.stills, strict=True)
    )


def _same_csv(a: str, b: str, within: float) -> bool:
    rows, others = (list(csv.reader(io.StringIO(text))) for text in (a, b))
    if [len(r) for r in rows] != [len(r) for r in others]:
        return False
    cells = [(x, y) for r, o in zip(rows, others, strict=True) for x, y in zip(r, o, strict=True)]
    return all(x == y or _near(x, y, within) for x, y in cells)


def _near(x: str, y: str, within: float) -> bool:
    try:
        a, b = float(x), float(y)
    except ValueError:
        return False
    return math.isclose(a, b, rel_tol=within, abs_tol=within)
