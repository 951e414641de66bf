"""Plots: one claim each, with intervals, direct labels, a data table and alt text.

Colours are written as sentinels and replaced by CSS custom properties, so that one SVG is
right in dark and in light.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's palette: distinguishable without red-green vision, on white and on black.
PALETTE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
DASHES = ("-", "--", "-.", ":")
INK, MUTED, LINE = "#010203", "#040506", "#070809"  # sentinels, replaced after drawing
VARIABLES = {
    INK: "var(--ink, #1d1d1b)",
    MUTED: "var(--muted, #66645e)",
    LINE: "var(--line, #d9d5cb)",
}


@dataclass(frozen=True)
class Point:
    """A labelled value with its 95 % interval; `x` is used by scatter only."""

    label: str
    value: float
    low: float | None = None
    high: float | None = None
    x: float = 0.0


@dataclass(frozen=True)
class Picture:
    """A plot: its claim, SVG, data as CSV, text alternative, and the key of its recipe."""

    claim: str
    svg: str
    csv: str
    alt: str
    key: str = ""


def bars(claim: str, points: Sequence[Point], *, x: str, key: str = "") -> Picture:
    """Horizontal bars from zero with interval whiskers."""
    figure, axes = _canvas(0.42 * len(points) + 1.0)
    places = range(len(points))[::-1]
    axes.barh(list(places), [p.value for p in points], height=0.62, color=PALETTE[0], alpha=0.85)
    top = max([p.high if p.high is not None else p.value for p in points] + [0.0]) or 1.0
    for place, point in zip(places, points, strict=True):
        _whisker(axes, point, place)
        end = point.high if point.high is not None else point.value
        axes.text(end + top * 0.015, place, _short(point.value), va="center", color=INK)
    axes.set_xlim(0, top * 1.14)
    _label_rows(axes, points, x)
    return _finish(figure, claim, _point_rows(points, x), key)


def dots(claim: str, points: Sequence[Point], *, x: str, key: str = "") -> Picture:
    """Values with intervals beside a line at zero: for gains."""
    figure, axes = _canvas(0.42 * len(points) + 1.0)
    axes.axvline(0, color=MUTED, linewidth=1)
    for place, point in zip(range(len(points))[::-1], points, strict=True):
        _whisker(axes, point, place)
        axes.plot([point.value], [place], "o", color=PALETTE[1], markersize=6)
        axes.text(
            point.value, place + 0.26, f"{point.value:+.3g}", ha="center", color=INK, fontsize=8
        )
    axes.margins(x=0.12)
    axes.set_ylim(-0.6, len(points) - 0.2)
    _label_rows(axes, points, x)
    return _finish(figure, claim, _point_rows(points, x), key)


def lines(
    claim: str,
    series: Mapping[str, Sequence[tuple[float, float]]],
    *,
    x: str,
    y: str,
    key: str = "",
) -> Picture:
    """Curves, each labelled at its end, told apart by dashes as well as colours."""
    figure, axes = _canvas(3.0)
    for i, (name, values) in enumerate(series.items()):
        xs, ys = [v[0] for v in values], [v[1] for v in values]
        colour = PALETTE[i % len(PALETTE)]
        axes.plot(xs, ys, DASHES[i % len(DASHES)], color=colour, linewidth=1.6)
        axes.annotate(
            f" {name}", (xs[-1], ys[-1]), color=colour, va="center", annotation_clip=False
        )
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.margins(x=0.02)
    rows = [["series", x, y]]
    rows += [[n, _short(a), _short(b)] for n, values in series.items() for a, b in values]
    return _finish(figure, claim, rows, key)


def scatter(claim: str, points: Sequence[Point], *, x: str, y: str, key: str = "") -> Picture:
    """Labelled points with vertical intervals: one thing traded for another."""
    figure, axes = _canvas(3.4)
    for i, point in enumerate(points):
        colour = PALETTE[i % len(PALETTE)]
        if point.low is not None and point.high is not None:
            axes.plot([point.x, point.x], [point.low, point.high], color=colour, linewidth=1.4)
        axes.plot([point.x], [point.value], "o", color=colour, markersize=6)
        axes.annotate(
            f"  {point.label}", (point.x, point.value), color=INK, va="center", fontsize=8.5
        )
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.margins(x=0.14, y=0.12)
    axes.set_xlim(left=0)
    rows = [["label", x, y, "low", "high"]]
    rows += [[p.label, _short(p.x), _short(p.value), _short(p.low), _short(p.high)] for p in points]
    return _finish(figure, claim, rows, key)


def _canvas(height_in: float) -> tuple[Figure, Axes]:
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context({"font.family": "sans-serif", "font.size": 9.5}):
        figure = Figure(figsize=(7.0, height_in), layout="constrained")
        axes = figure.add_subplot()
    figure.patch.set_alpha(0)
    axes.patch.set_alpha(0)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(LINE)
    axes.tick_params(colors=MUTED, labelcolor=INK)
    axes.xaxis.label.set_color(MUTED)
    axes.yaxis.label.set_color(MUTED)
    axes.grid(axis="x", color=LINE, linewidth=0.6)
    axes.set_axisbelow(True)
    return figure, axes


def _whisker(axes: Axes, point: Point, place: float) -> None:
    if point.low is not None and point.high is not None:
        axes.plot([point.low, point.high], [place, place], color=INK, linewidth=1.3)
        for end in (point.low, point.high):
            axes.plot([end, end], [place - 0.13, place + 0.13], color=INK, linewidth=1.3)


def _label_rows(axes: Axes, points: Sequence[Point], x: str) -> None:
    axes.set_yticks(list(range(len(points))[::-1]), [p.label for p in points])
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set_xlabel(x)


def _point_rows(points: Sequence[Point], x: str) -> list[list[str]]:
    rows = [["label", x, "low", "high"]]
    return rows + [[p.label, _short(p.value), _short(p.low), _short(p.high)] for p in points]


def _short(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def _finish(figure: Figure, claim: str, rows: list[list[str]], key: str) -> Picture:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(rows)
    shown = "; ".join(", ".join(c for c in row if c) for row in rows[1:9])
    more = f"; and {len(rows) - 9} more rows" if len(rows) > 9 else ""
    alt = f"{claim}. {', '.join(rows[0])}: {shown}{more}."
    return Picture(claim, _svg(figure, claim, alt), stream.getvalue(), alt, key)


def _svg(figure: Any, claim: str, alt: str) -> str:
    """The figure as inline SVG: real text, no prolog, ids unique on the page, deterministic."""
    from matplotlib import rc_context

    mark = hashlib.sha256(claim.encode()).hexdigest()[:8]
    stream = io.StringIO()
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": mark}):
        figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    text = stream.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    for sentinel, variable in VARIABLES.items():
        text = text.replace(sentinel, variable)
    text = re.sub(r'\bid="', f'id="p{mark}-', text)
    text = re.sub(r"url\(#", f"url(#p{mark}-", text)
    text = re.sub(r'href="#', f'href="#p{mark}-', text)
    text = re.sub(r"font: ([^;]*?)'[^;\"]*", r"font: \1 system-ui, sans-serif", text)
    return text.replace("<svg", f'<svg role="img" aria-label="{escape(alt, quote=True)}"', 1)
