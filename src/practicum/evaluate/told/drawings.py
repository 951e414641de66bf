"""Plots of an evaluation: a radar over the parts of suites, and scores with their intervals."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from practicum.evaluate.running.results import Evaluation, SuiteResult
from practicum.evaluate.tasks.suites import OWN
from practicum.measure.canvas import DASHES, INK, LINE, MARKS, MUTED, PALETTE, TEXT_PT
from practicum.measure.plots import Picture, Point, drawing
from practicum.measure.told import reading, told

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FEWEST_SPOKES = 3  # two make a line, which a table says better
RINGS = (0.25, 0.5, 0.75, 1.0)
NAMED_RING = 0.5  # the one ring with a number would be lost among spokes further out
ROW_IN, TOP_IN = 0.27, 0.9


@dataclass(frozen=True)
class Row:
    """One score of an interval plot; `chance` is where guessing would be."""

    point: Point
    chance: float | None = None


def part_points(evaluation: Evaluation) -> list[Point]:
    """The score of every part of every suite that is a fraction, in order."""
    points = []
    suites = [s for s in evaluation.suites if s.suite != OWN]
    for suite in suites:
        for name, tasks in suite.parts.items():
            part = SuiteResult(suite=name, parts={name: tasks})
            if part.score is not None and 0 <= part.score <= 1:
                alone = len(suites) == 1 or name == suite.suite
                label = name if alone else f"{suite.suite}: {name}"
                low, high = part.ci95 or (None, None)
                points.append(Point(label, part.score, low, high))
    return points


def radar(claim: str, models: Mapping[str, Sequence[Point]]) -> Picture | None:
    """Fractions around a circle, a line a model; None where there are too few for an area.

    The area means nothing, and neither does the order of the spokes: the intervals are drawn
    along the spokes, so that nobody reads a difference into noise.

    Spokes that not every model has are left out.

    Raises  PracticumError when a value is not finite.
    """
    names = [p.label for p in next(iter(models.values()), ())]
    spokes = [n for n in names if all(any(p.label == n for p in m) for m in models.values())]
    if len(spokes) < FEWEST_SPOKES:
        return None
    models = {name: [p for p in points if p.label in spokes] for name, points in models.items()}
    angles = [math.pi / 2 - 2 * math.pi * i / len(spokes) for i in range(len(spokes))]

    def draw(axes: Axes) -> None:
        _web(axes, spokes, angles)
        for i, points in enumerate(models.values()):
            colour, places = PALETTE[i % len(PALETTE)], list(zip(points, angles, strict=True))
            ring = [_place(p.value, a) for p, a in (*places, places[0])]
            axes.plot(*zip(*ring, strict=True), linestyle=DASHES[i % len(DASHES)], color=colour,
                      linewidth=1.8)  # fmt: skip
            if len(models) == 1:
                axes.fill(*zip(*ring, strict=True), color=colour, alpha=0.12, linewidth=0)
            for point, angle in places:
                if point.interval:
                    ends = [_place(min(max(v, 0.0), 1.0), angle) for v in point.interval]
                    axes.plot(*zip(*ends, strict=True), color=colour, linewidth=1.2)
                axes.plot(*_place(point.value, angle), MARKS[i % len(MARKS)], color=colour,
                          markersize=5)  # fmt: skip
        if len(models) > 1:
            _key(axes, list(models))

    rows: list[tuple[object, ...]] = [("model", "part", "score (fraction)", "low", "high")]
    rows += [(name, p.label, p.value, *(p.interval or ("", ""))) for name, points in models.items()
             for p in points]  # fmt: skip
    said = "; ".join(f"{name}: " + told([f"{p.label} {reading(p)}" for p in points])
                     for name, points in models.items())  # fmt: skip
    alt = f"Radar chart of scores from 0 in the centre to 1 at the rim. {said}"
    return drawing(claim, draw, x="", y="", alt=alt, rows=rows, height_in=4.3)


def intervals(claim: str, rows: Sequence[Row], *, x: str = "score (fraction)") -> Picture:
    """A dot and its 95 % interval a row, beside a small tick where chance is.

    Raises  PracticumError without rows, or when a value is not a finite number.
    """
    has_chance = any(row.chance is not None for row in rows)
    note = "dot: score · bar: 95 % interval" + (" · dashed tick: chance" if has_chance else "")

    def draw(axes: Axes) -> None:
        places = range(len(rows))[::-1]
        for place, row in zip(places, rows, strict=True):
            if row.point.interval:
                axes.plot(row.point.interval, [place, place], color=PALETTE[0], linewidth=1.6)
            axes.plot([row.point.value], [place], "o", color=PALETTE[0], markersize=6)
            if row.chance is not None:
                axes.plot([row.chance] * 2, [place - 0.36, place + 0.36], color=INK, linewidth=1.2,
                          dashes=(2, 1.2))  # fmt: skip
        axes.set_yticks(list(places), [row.point.label for row in rows])
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="y", visible=False)
        axes.grid(axis="x", color=LINE, linewidth=0.6)
        for side in ("left", "bottom"):
            axes.spines[side].set_visible(side == "bottom")
        axes.set_ylim(-0.6, len(rows) - 0.4)
        # From the figure's left edge: names of tasks may leave the axes too narrow for it.
        axes.annotate(note, (0, 1), (4, 8), xycoords=("figure fraction", "axes fraction"),
                      textcoords="offset points", color=MUTED, fontsize=TEXT_PT)  # fmt: skip
        ends = [v for row in rows for v in (*row.point.ends, row.chance or 0.0)]
        if min(ends) >= 0:
            axes.set_xlim(0, 1 if max(ends) <= 1 else None)

    table: list[tuple[object, ...]] = [("task", x, "low", "high", "chance")]
    table += [(r.point.label, r.point.value, *(r.point.interval or ("", "")),
               "" if r.chance is None else r.chance) for r in rows]  # fmt: skip
    alt = f"Interval plot of {x}. " + told([f"{r.point.label}: {reading(r.point)}" for r in rows])
    return drawing(claim, draw, x=x, y="", alt=alt, rows=table,
                   height_in=TOP_IN + ROW_IN * len(rows))  # fmt: skip


def _place(value: float, angle: float) -> tuple[float, float]:
    return value * math.cos(angle), value * math.sin(angle)


def _web(axes: Axes, spokes: Sequence[str], angles: Sequence[float]) -> None:
    """Rings, spokes and their names, in axes of equal units."""
    axes.set_axis_off()
    axes.set_aspect("equal")
    circle = [2 * math.pi * i / 120 for i in range(121)]
    for ring in RINGS:
        axes.plot(*zip(*(_place(ring, a) for a in circle), strict=True), color=LINE, linewidth=0.8)
    axes.annotate(str(NAMED_RING), _place(NAMED_RING, math.pi / 2), (3, 2),
                  textcoords="offset points", color=MUTED, fontsize=8)  # fmt: skip
    for name, angle in zip(spokes, angles, strict=True):
        x, y = _place(1.0, angle)
        axes.plot([0, x], [0, y], color=LINE, linewidth=0.8)
        side = "center" if abs(x) < 0.1 else ("left" if x > 0 else "right")
        axes.annotate(name.replace(": ", ":\n"), (x, y), (8 * x, 9 * y),
                      textcoords="offset points", ha=side, va="bottom" if y > 0.5 else
                      ("top" if y < -0.5 else "center"), color=INK, annotation_clip=False)  # fmt: skip
    axes.set_xlim(-1.75, 1.75)  # room for names at both sides
    axes.set_ylim(-1.2, 1.2)


def _key(axes: Axes, names: Sequence[str]) -> None:
    """The models' names beside their lines and marks."""
    lines = [axes.plot([], [], MARKS[i % len(MARKS)], linestyle=DASHES[i % len(DASHES)],
                       color=PALETTE[i % len(PALETTE)], label=name)[0]
             for i, name in enumerate(names)]  # fmt: skip
    legend = axes.legend(handles=lines, loc="upper left", frameon=False, bbox_to_anchor=(0, 1.02))
    for text in legend.get_texts():
        text.set_color(INK)
