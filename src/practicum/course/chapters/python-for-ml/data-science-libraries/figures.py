"""Figures of the lesson on NumPy, pandas and plots."""

from __future__ import annotations

from typing import Any

import numpy as np
from claims import SCORES, _by_rate

from practicum.learn.lessons.figures import Frames
from practicum.measure.canvas import INK, LINE, MUTED, PALETTE
from practicum.measure.plots import Picture, drawing


def stretched() -> Picture:
    """A column minus a row: the table of differences that nobody asked for."""
    y = np.array([1.0, 2.0, 3.0])
    table = (y[:, None] - y) ** 2

    def cell(axes: Any, x: float, y_: float, text: str, kind: str) -> None:
        colour = {"given": MUTED, "wanted": PALETTE[2], "extra": PALETTE[1]}[kind]
        axes.add_patch(
            _box(
                x,
                y_,
                colour,
                "-" if kind != "extra" else (0, (3, 2)),
                2 if kind == "wanted" else 1.2,
            )
        )
        axes.annotate(text, (x, y_), ha="center", va="center", color=INK)

    def draw(axes: Any) -> None:
        for i, value in enumerate(y):
            cell(axes, 0, 2 - i, f"{value:g}", "given")
            cell(axes, 2 + i, 3.6, f"{value:g}", "given")
            for j in range(3):
                cell(axes, 2 + j, 2 - i, f"{table[i, j]:g}", "wanted" if i == j else "extra")
        axes.annotate("predictions (3, 1)", (0, -0.8), ha="center", va="center", color=INK)
        axes.annotate("targets (3,)", (1.2, 3.6), ha="right", va="center", color=INK)
        axes.annotate("squared differences (3, 3)", (3, -0.8), ha="center", va="center", color=INK)
        axes.annotate("the three that\nwere wanted", (4.7, 0), (5.2, 0), va="center", color=INK)
        axes.annotate("six that\nwere not", (4.7, 2), (5.2, 2), va="center", color=INK)
        axes.set_xlim(-1.6, 7)
        axes.set_ylim(-1.2, 4.2)
        axes.axis("off")

    return drawing(
        "Three differences were wanted; broadcasting made nine",
        draw,
        x="",
        y="",
        alt="A column of three predictions and a row of three targets stretch into a table of nine "
        "squared differences. Its diagonal is zero: those were wanted. The other six add up to twelve.",
        rows=[
            ("prediction", "target", "squared difference"),
            *((a, b, (a - b) ** 2) for a in y for b in y),
        ],
        height_in=3.0,
    )


def _box(x: float, y: float, colour: str, dash: Any, width: float) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle(
        (x - 0.42, y - 0.42),
        0.84,
        0.84,
        fill=False,
        edgecolor=colour,
        linestyle=dash,
        linewidth=width,
    )


def _bars_from(start: float) -> Picture:
    a, b = SCORES.values()
    ratio = (b - start) / (a - start)

    def draw(axes: Any) -> None:
        for place, (name, value) in zip((1, 0), SCORES.items(), strict=True):
            axes.barh(place, value - start, left=start, height=0.55, color=PALETTE[0])
            axes.annotate(f"{value}", (value, place), (5, 0), textcoords="offset points",
                          va="center", color=INK)  # fmt: skip
            axes.annotate(name, (start, place), (-6, 0), textcoords="offset points",
                          va="center", ha="right", color=INK, annotation_clip=False)  # fmt: skip
        axes.axvline(start, color=INK, linewidth=1)
        axes.grid(axis="y", visible=False)
        axes.grid(axis="x", color=LINE, linewidth=0.6)
        axes.set_xlim(start, b + 0.12 * (b - start))
        axes.set_ylim(-0.6, 1.6)
        axes.set_yticks([])

    return drawing(
        f"Bars from {start:g}: the better score looks {ratio:.3g} times the other",
        draw,
        x="accuracy (%)",
        y="",
        alt=f"Two bars that begin at {start:g}: tuned ends at {a}, slerp at {b}; the second is drawn "
        f"{ratio:.3g} times as long.",
        rows=[
            ("model", "accuracy (%)", "bar begins at"),
            *((n, v, start) for n, v in SCORES.items()),
        ],
        height_in=1.7,
    )


def cut_axis() -> Frames:
    """The same two scores over axes that begin later and later."""
    pictures = {f"{start:g} %": _bars_from(start) for start in (0, 30, 50, 58, 61, 62)}
    return Frames(
        "Two scores, two points apart; the axis decides what you see",
        "the axis begins at",
        pictures,
    )


def sweep() -> Picture:
    """Final losses of fifteen runs over their learning rate."""
    groups = _by_rate()
    points = [(rate, float(v)) for rate, values in groups for v in values.dropna()]
    n_dead = int(groups.apply(lambda v: v.isna().sum()).sum())
    assert n_dead == 1  # its place in the drawing is written for one
    dead_rate = next(rate for rate, values in groups if values.isna().any())
    means = groups.mean()

    def draw(axes: Any) -> None:
        axes.set_xscale("log")
        axes.plot(means.index, means.to_numpy(), color=MUTED, linewidth=1, linestyle="--")
        axes.plot(*zip(*points, strict=True), "o", color=PALETTE[0], markersize=5, linestyle="none")
        axes.plot([dead_rate], [3.1], "x", color=PALETTE[1], markersize=9, markeredgewidth=2)
        axes.annotate("diverged at the first steps,\nabsent from the mean", (dead_rate, 3.1), (-10, 0),
                      textcoords="offset points", ha="right", va="center", color=INK)  # fmt: skip
        axes.annotate("mean of the survivors", (5.2, 2.52), ha="right", va="center", color=INK)
        axes.set_xticks(list(means.index), [f"{rate:g}" for rate in means.index])
        axes.minorticks_off()
        axes.set_xlim(0.07, 14)
        axes.set_ylim(2.1, 3.2)

    return drawing(
        "By means alone 10 would beat 0.3, because its dead run is in no mean",
        draw,
        x="learning rate (per step, logarithmic)",
        y="held-out loss after 400 steps (nats per character)",
        alt="Dots of fourteen runs at five learning rates; the loss falls from about 3.0 at 0.1 to 2.2 at 3 "
        "and rises to 2.55 at 10, where a cross marks the one run that diverged.",
        rows=[("learning rate", "final loss (nats per character)"), *points],
        height_in=3.2,
    )
