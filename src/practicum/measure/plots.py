"""Plots: one claim each, with intervals, direct labels, a data table and alt text."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from practicum.measure.canvas import (
    DASHES,
    INK,
    MARKS,
    MUTED,
    PALETTE,
    canvas,
    inline_svg,
    label_axes,
    settings,
)
from practicum.measure.strokes import (
    label_rows,
    name_ends,
    name_points,
    places_of,
    reference_line,
    rows_height_in,
    values_at_ends,
    values_beside,
    whisker,
)
from practicum.measure.told import (
    Picture,
    Point,
    check_finite,
    csv_of,
    exact,
    footer_of,
    mark_of,
    point_rows,
    reading,
    short,
    told,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Picture", "Point", "bars", "dots", "drawing", "lines", "scatter"]


def bars(
    claim: str,
    points: Sequence[Point],
    *,
    x: str,
    key: str = "",
    n: int | None = None,
    reference: tuple[str, float] | None = None,
) -> Picture:
    """Horizontal bars from zero with interval whiskers; `reference` names a vertical line.

    Raises  PracticumError without points, or when a value is not a finite number.
    """
    check_finite([(p.label, p.value) for p in points] + ([reference] if reference else []))
    ends = [0.0, *(end for p in points for end in p.ends), *(reference or ("", 0.0))[1:]]
    alt = f"Bar chart of {x}. " + told([f"{p.label}: {reading(p)}" for p in points])
    if reference:
        alt += f" The line for {reference[0]} is at {short(reference[1])}."
    mark = mark_of("bars", claim, points, x, key, n, reference)
    with settings(mark):
        figure, axes = canvas(rows_height_in(points) + (0.2 if reference else 0.0), grid="x")
        for place, point in places_of(points):
            axes.barh(place, point.value, height=0.6, color=PALETTE[0])
            whisker(axes, point, place)
        low, high = min(ends), max(ends)
        room = 0.15 * (high - low) or 1.0  # for the numbers at the ends; all zeros need an axis too
        axes.set_xlim(low - room if low < 0 else 0, high + room if high > 0 or not low else 0)
        axes.axvline(0, color=MUTED, linewidth=1)
        if reference:
            reference_line(axes, *reference)
        values_at_ends(axes, points)
        label_rows(axes, points, x)
        footer = footer_of(points, key, n)
        svg = inline_svg(figure, title=claim, alt=_whole(claim, alt), mark=mark, footer=footer)
    return Picture(claim, svg, csv_of(point_rows(points, x)), alt, key)


def dots(claim: str, points: Sequence[Point], *, x: str, key: str = "") -> Picture:
    """Values with intervals beside a line at zero: for gains.

    Raises  PracticumError without points, or when a value is not a finite number.
    """
    check_finite([(p.label, p.value) for p in points])
    readings = [f"{p.label}: {reading(p, '+.3g')}" for p in points]
    alt = f"Interval plot of {x}, with a line at zero. {told(readings)}"
    mark = mark_of("dots", claim, points, x, key)
    with settings(mark):
        figure, axes = canvas(rows_height_in(points), grid="x")
        axes.axvline(0, color=INK, linewidth=1, dashes=(4, 2))
        for place, point in places_of(points):
            whisker(axes, point, place, PALETTE[0])
            axes.plot([point.value], [place], "o", color=PALETTE[0], markersize=7)
        values_beside(axes, points)
        axes.margins(x=0.06)
        axes.set_ylim(-0.55, len(points) - 0.45)
        label_rows(axes, points, x)
        footer = footer_of(points, key)
        svg = inline_svg(figure, title=claim, alt=_whole(claim, alt), mark=mark, footer=footer)
    return Picture(claim, svg, csv_of(point_rows(points, x)), alt, key)


def lines(
    claim: str,
    series: Mapping[str, Sequence[tuple[float, float]]],
    *,
    x: str,
    y: str,
    key: str = "",
) -> Picture:
    """Curves, each labelled at its end, told apart by dashes as well as colours.

    Raises  PracticumError when there is no curve or a value is not a finite number.
    """
    curves = [(name, list(curve)) for name, curve in series.items() if curve]
    check_finite([(name, v) for name, curve in curves for pair in curve for v in pair])
    journeys = [
        f"{name} goes from {short(c[0][1])} at {short(c[0][0])} "
        f"to {short(c[-1][1])} at {short(c[-1][0])}"
        for name, c in curves
    ]
    alt = f"Line chart of {y} against {x}. {told(journeys)}"
    mark = mark_of("lines", claim, curves, x, y, key)
    with settings(mark):
        figure, axes = canvas(3.1, grid="y")
        axes.margins(x=0.01)
        label_axes(axes, x, y)
        for i, (_, curve) in enumerate(curves):
            xs, ys = zip(*curve, strict=True)
            colour, dash = PALETTE[i % len(PALETTE)], DASHES[i % len(DASHES)]
            axes.plot(xs, ys, linestyle=dash, linewidth=1.8, color=colour)
            axes.plot(xs[-1:], ys[-1:], "o", color=colour, markersize=4, clip_on=False)
        name_ends(figure, axes, [(name, *curve[-1]) for name, curve in curves])
        footer = footer_of((), key)
        svg = inline_svg(figure, title=claim, alt=_whole(claim, alt), mark=mark, footer=footer)
    rows = [(name, exact(a), exact(b)) for name, curve in curves for a, b in curve]
    return Picture(claim, svg, csv_of([("series", x, y), *rows]), alt, key)


def scatter(claim: str, points: Sequence[Point], *, x: str, y: str, key: str = "") -> Picture:
    """Labelled points with vertical intervals: one thing traded for another.

    Raises  PracticumError without points, or when a value is not a finite number.
    """
    check_finite([(p.label, v) for p in points for v in (p.x, p.value)])
    readings = [f"{p.label}: {reading(p)} at {short(p.x)}" for p in points]
    alt = f"Scatter plot of {y} against {x}. {told(readings)}"
    mark = mark_of("scatter", claim, points, x, y, key)
    with settings(mark):
        figure, axes = canvas(3.5, grid="y")
        axes.margins(x=0.08, y=0.1)
        label_axes(axes, x, y)
        for i, point in enumerate(points):
            colour = PALETTE[i % len(PALETTE)]
            if point.interval:
                axes.plot([point.x, point.x], point.interval, color=colour, linewidth=1.8)
            axes.plot([point.x], [point.value], MARKS[i % len(MARKS)], color=colour, markersize=7)
        if min(p.x for p in points) >= 0:
            axes.set_xlim(left=0)
        name_points(figure, axes, points)
        footer = footer_of(points, key)
        svg = inline_svg(figure, title=claim, alt=_whole(claim, alt), mark=mark, footer=footer)
    return Picture(claim, svg, csv_of(point_rows(points, x, y)), alt, key)


def drawing(
    claim: str,
    draw: Callable[[Axes], None],
    *,
    x: str,
    y: str,
    alt: str,
    rows: Sequence[Sequence[object]],
    height_in: float = 3.4,
    key: str = "",
) -> Picture:
    """Anything that the other plots cannot say: `draw` gets labelled axes in the house's hand.

    `rows` is the data table, its header first; `alt` says what is seen, for those who cannot.
    Colours come from `practicum.measure.canvas`: PALETTE for data, INK, MUTED and LINE for the
    rest, so that the drawing is right in dark and in light.
    Raises  PracticumError when the table has no row or a number in it is not finite.
    """
    header, *body = [[_cell(value) for value in row] for row in rows] or [[]]
    check_finite([(claim, v) for row in rows[1:] for v in row if isinstance(v, (int, float))]
                 or [(claim, 0.0 if body else math.nan)])  # fmt: skip
    mark = mark_of("drawing", claim, header, body, x, y, key)
    with settings(mark):
        figure, axes = canvas(height_in, grid="y")
        label_axes(axes, x, y)
        draw(axes)
        svg = inline_svg(figure, title=claim, alt=_whole(claim, alt), mark=mark,
                         footer=footer_of((), key))  # fmt: skip
    return Picture(claim, svg, csv_of([header, *body]), alt, key)


def _cell(value: object) -> str:
    return exact(float(value)) if isinstance(value, (int, float)) else str(value)


def _whole(claim: str, alt: str) -> str:
    return f"{claim.rstrip('. ')}. {alt}"
