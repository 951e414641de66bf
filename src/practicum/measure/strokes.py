"""What is drawn on a canvas: whiskers, values at the ends of bars, names beside points."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from practicum.measure.canvas import INK, MUTED, PAPER, SMALL_PT, TEXT_PT, spread
from practicum.measure.told import Point, aligned, short

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LABEL_WIDTH = 26  # letters of a row's label before it wraps: a third of the figure
LETTER_EM = 0.6  # mean advance of a letter in DejaVu Sans, the widest of the fonts
HALO = {"facecolor": PAPER, "edgecolor": "none", "pad": 0.8}  # no line runs through a number
Box = tuple[float, float, float, float]  # left, bottom, right, top in points


def places_of(points: Sequence[Point]) -> list[tuple[int, Point]]:
    """Each point with its row, the first one on top."""
    return list(zip(range(len(points))[::-1], points, strict=True))


def rows_height_in(points: Sequence[Point]) -> float:
    """Inches that a plot of one row a point needs, its axis included."""
    n_lines = max(len(_wrapped(p.label).splitlines()) for p in points)
    return len(points) * max(0.38, 0.17 * n_lines + 0.1) + 0.9


def label_rows(axes: Axes, points: Sequence[Point], x: str) -> None:
    """Name every row, and the axis below."""
    places = [place for place, _ in places_of(points)]
    axes.set_yticks(places, [_wrapped(p.label) for p in points])
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(x, loc="right")


def _wrapped(label: str) -> str:
    return textwrap.fill(label, LABEL_WIDTH) or " "


def whisker(axes: Axes, point: Point, place: float, colour: str = INK) -> None:
    """The interval of a row, with a tick at both ends."""
    if point.interval:
        axes.plot(point.interval, [place, place], color=colour, linewidth=1.4)
        axes.plot(point.interval, [place, place], "|", color=colour, markersize=7)


def values_at_ends(axes: Axes, points: Sequence[Point]) -> None:
    """Every value in figures, past the end of its bar and whisker."""
    texts = aligned([p.value for p in points])
    for (place, point), text in zip(places_of(points), texts, strict=True):
        right = point.value >= 0
        axes.annotate(
            text,
            (max(point.ends) if right else min(point.ends), place),
            (5 if right else -5, 0),
            textcoords="offset points",
            va="center",
            ha="left" if right else "right",
            color=INK,
            bbox=HALO,
        )


def values_beside(axes: Axes, points: Sequence[Point]) -> None:
    """Every value with its sign, in a column right of the plot."""
    texts = aligned([p.value for p in points], "+")
    for (place, _), text in zip(places_of(points), texts, strict=True):
        axes.annotate(
            text,
            (1, place),
            (8, 0),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            va="center",
            color=INK,
            annotation_clip=False,
        )


def reference_line(axes: Axes, label: str, value: float) -> None:
    """A named vertical line, such as the level of chance."""
    axes.axvline(value, color=INK, linewidth=1, dashes=(4, 2))
    axes.annotate(
        f"{label} {short(value)}",
        (value, 1),
        (0, 3),
        xycoords=("data", "axes fraction"),
        textcoords="offset points",
        ha="center",
        color=INK,
        fontsize=SMALL_PT,
    )


def name_ends(figure: Figure, axes: Axes, ends: Sequence[tuple[str, float, float]]) -> None:
    """The names of curves at their ends, moved up or down where they would collide."""
    figure.draw_without_rendering()  # before this the height in points is not known
    heights = [float(axes.transData.transform((x, y))[1]) for _, x, y in ends]
    places = spread(heights, TEXT_PT * 1.25)
    right = max(x for _, x, _ in ends)
    for (name, x, y), height, place in zip(ends, heights, places, strict=True):
        moved = abs(place - height) > TEXT_PT / 2 or x < right
        axes.annotate(
            name,
            (x, y),
            (10, place - height),
            textcoords="offset points",
            va="center",
            color=INK,
            annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": MUTED, "linewidth": 0.6, "shrinkB": 2}
            if moved
            else None,
        )


def name_points(figure: Figure, axes: Axes, points: Sequence[Point]) -> None:
    """The names of points where each covers least of the others, one after the other."""
    figure.draw_without_rendering()
    taken = [_box_of(axes, p) for p in points]
    for i, point in enumerate(points):
        others = taken[:i] + taken[i + 1 :]
        place = min(_around(taken[i], len(point.label)), key=lambda box: _cost(axes, box, others))
        taken.append(place)
        x, y = (float(v) for v in axes.transData.transform((point.x, point.value)))
        axes.annotate(
            point.label,
            (point.x, point.value),
            ((place[0] + place[2]) / 2 - x, (place[1] + place[3]) / 2 - y),
            textcoords="offset points",
            ha="center",
            va="center",
            color=INK,
            bbox=HALO,
        )


def _box_of(axes: Axes, point: Point) -> Box:
    """Where a marker and its whisker are."""
    x, low = (float(v) for v in axes.transData.transform((point.x, min(point.ends))))
    _, high = (float(v) for v in axes.transData.transform((point.x, max(point.ends))))
    return x - 4, low - 4, x + 4, high + 4


def _around(mark: Box, n_letters: int) -> list[Box]:
    """Where a name may stand, best first: right, left, above, below, and in between."""
    width, height = n_letters * LETTER_EM * TEXT_PT, TEXT_PT * 1.2
    left, bottom, right, top = mark
    middle, across = (bottom + top - height) / 2, (left + right - width) / 2
    corners = [
        (right + 3, middle), (left - 3 - width, middle), (across, top + 1),
        (across, bottom - 1 - height), (right + 1, top - height), (right + 1, bottom),
        (left - 1 - width, top - height), (left - 1 - width, bottom),
    ]  # fmt: skip
    return [(x, y, x + width, y + height) for x, y in corners]


def _cost(axes: Axes, box: Box, others: Sequence[Box]) -> float:
    """The area that is covered twice, or outside of the axes."""
    frame = axes.get_window_extent()
    inside = _shared(box, (frame.x0, frame.y0, frame.x1, frame.y1))
    outside = (box[2] - box[0]) * (box[3] - box[1]) - inside
    return outside + sum(_shared(box, other) for other in others)


def _shared(a: Box, b: Box) -> float:
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    return max(width, 0.0) * max(height, 0.0)
