"""What a plot says without its drawing: points, the data table, the text alternative."""

from __future__ import annotations

import csv
import hashlib
import io
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from practicum.core.errors import PracticumError

MINUS = "−"  # a hyphen is read out as a dash, or not at all
N_TOLD = 12  # rows an alt text reads out; the table under the figure has them all


@dataclass(frozen=True)
class Point:
    """A labelled value with its 95 % interval; `x` is used by scatter only."""

    label: str
    value: float
    low: float | None = None
    high: float | None = None
    x: float = 0.0

    @property
    def interval(self) -> tuple[float, float] | None:
        """Both ends, or None when either is absent or infinite (one value has no spread)."""
        if self.low is None or self.high is None:
            return None
        known = math.isfinite(self.low) and math.isfinite(self.high)
        return (self.low, self.high) if known else None

    @property
    def ends(self) -> tuple[float, ...]:
        """Everything that the drawing must have room for."""
        return (self.value, *(self.interval or ()))


@dataclass(frozen=True)
class Picture:
    """A plot: its claim, SVG, data as CSV, text alternative, and the key of its recipe."""

    claim: str
    svg: str
    csv: str
    alt: str
    key: str = ""


def check_finite(values: Iterable[tuple[str, float]]) -> None:
    """Raises PracticumError when there is nothing to plot, or a value that has no place."""
    named = list(values)
    if not named:
        raise PracticumError("a plot of nothing has no claim", hint="give it at least one value")
    wrong = [f"{label}: {value} cannot be plotted" for label, value in named
             if not math.isfinite(value)]  # fmt: skip
    if wrong:
        raise PracticumError(*wrong)


def mark_of(*parts: object) -> str:
    """A short name of this very plot; it starts with a letter, as ids must in CSS."""
    return "p" + hashlib.sha256(repr(parts).encode()).hexdigest()[:10]


def short(value: float, form: str = ".3g") -> str:
    """A number as it is read out: three digits, thousands in full."""
    sign = "+" if form.startswith("+") else ""
    return format(value, f"{sign},.0f" if abs(value) >= 1000 else form).replace("-", MINUS)


def aligned(values: Sequence[float], sign: str = "") -> list[str]:
    """Numbers to stand together: as many decimals as give the largest three digits."""
    largest = max((abs(v) for v in values), default=0.0)
    decimals = max(0, 2 - math.floor(math.log10(largest))) if largest else 0
    texts = [format(v, f"{sign},.{decimals}f") for v in values]
    # A small value beside a large one must not read as nothing.
    texts = [
        format(v, f"{sign}.1g") if v and not any(c in "123456789" for c in text) else text
        for v, text in zip(values, texts, strict=True)
    ]
    return [text.replace("-", MINUS) for text in texts]


def exact(value: float | None) -> str:
    """A number as the data table keeps it: six digits, whole numbers in full, empty when absent."""
    if value is None:
        return ""
    return f"{value:.0f}" if float(value).is_integer() else f"{value:.6g}"


def csv_of(rows: Iterable[Sequence[str]]) -> str:
    """Rows as CSV with a header."""
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(rows)
    return stream.getvalue()


def point_rows(points: Sequence[Point], *columns: str) -> list[tuple[str, ...]]:
    """Header and rows of a data table; with two columns named, the first is the point's x."""
    rows = [("label", *columns, "low", "high")]
    for p in points:
        numbers = (p.x, p.value) if len(columns) == 2 else (p.value,)
        rows.append((p.label, *map(exact, (*numbers, p.low, p.high))))
    return rows


def reading(point: Point, form: str = ".3g") -> str:
    """A value and its interval in words."""
    text = short(point.value, form)
    if point.interval:
        low, high = (short(end, form) for end in point.interval)
        text += f" (95 % interval {low} to {high})"
    return text


def told(parts: Sequence[str]) -> str:
    """The parts as one sentence, cut where nobody would listen on."""
    more = len(parts) - N_TOLD
    shown = [*parts[:N_TOLD], *([f"and {more} more"] if more > 0 else [])]
    return "; ".join(shown) + "."


def footer_of(points: Sequence[Point], key: str = "", n: int | None = None) -> str:
    """The small print: how many, what the whiskers are, which recipe."""
    parts = [
        f"n = {n:,}" if n is not None else "",
        "whiskers: 95 % intervals" if any(p.interval for p in points) else "",
        f"recipe key {key}" if key else "",
    ]
    return " · ".join(part for part in parts if part)
