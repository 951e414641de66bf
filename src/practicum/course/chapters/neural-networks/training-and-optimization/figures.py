"""What the lesson draws."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from descents import CURVES, RUNS, path, warm_half  # beside this file

from practicum.learn.lessons.figures import Frames
from practicum.measure.canvas import DASHES, INK, LINE, MARKS, PALETTE
from practicum.measure.plots import Picture, drawing, lines
from practicum.measure.strokes import HALO

if TYPE_CHECKING:
    from matplotlib.axes import Axes

AFTER = (1, 2, 4, 7, 11, 16, 23, 32, 45)


def _short(loss: float) -> str:
    return f"{loss:.0f}" if loss >= 10 else f"{loss:.2g}"


def _told(losses: dict[str, float], n_steps: int) -> str:
    best = min(losses, key=lambda name: losses[name])
    if n_steps <= 2:
        return "The first steps of descent jump from wall to wall, those of Adam ignore how steep it is"
    return f"After {n_steps} steps {best} is lowest, at {_short(losses[best])}; plain descent is at {_short(losses['descent'])}"


def _ravine(n_steps: int) -> Picture:
    places = {name: path(name, rate, keep, n_steps) for name, (rate, keep) in RUNS.items()}
    losses = {name: float(0.5 * (CURVES * walk[-1] ** 2).sum()) for name, walk in places.items()}

    def draw(axes: Axes) -> None:
        axes.grid(False)
        axes.set_xlim(-11.5, 7)
        axes.set_ylim(-1.6, 1.4)
        turn = np.linspace(0, 2 * math.pi, 61)
        for level in (1, 5, 15, 40, 80, 140):
            rim = np.sqrt(2 * level / CURVES)
            axes.plot(rim[0] * np.cos(turn), rim[1] * np.sin(turn), color=LINE, linewidth=1)
        axes.plot(0, 0, "+", color=INK, markersize=10)
        for i, (name, walk) in enumerate(places.items()):
            axes.plot(*walk.T, color=PALETTE[i], linestyle=DASHES[i], linewidth=1.3)
            axes.plot(*walk[-1], MARKS[i], color=PALETTE[i], markersize=7)
            axes.plot(1.9, -0.72 - 0.22 * i, MARKS[i], color=PALETTE[i], markersize=6)
            axes.annotate(
                f"{name} {_short(losses[name])}",
                (2.3, -0.72 - 0.22 * i),
                color=INK,
                va="center",
                bbox=HALO,
            )

    told = ", ".join(f"{name} at {_short(loss)}" for name, loss in losses.items())
    return drawing(
        _told(losses, n_steps), draw, x="one weight", y="another weight, a hundred times as steep",
        alt=f"A long ravine seen from above, its lowest place at 0, 0. Losses after {n_steps} steps: {told}.",
        rows=[("optimizer", "one weight", "another weight", "loss"),
              *((name, float(w[-1][0]), float(w[-1][1]), losses[name]) for name, w in places.items())],
        height_in=3.6,
    )  # fmt: skip


def ravine() -> Frames:
    """Four optimizers on their way down, from the same start."""
    return Frames(
        "In a ravine, the slope points at the wall: what an optimizer remembers decides how fast it arrives",
        "steps taken",
        {str(n): _ravine(n) for n in AFTER},
    )


def blame() -> Picture:
    """Slopes of both losses against the score of the truth."""
    scores = np.linspace(-8, 8, 33)
    p = 1 / (1 + np.exp(-scores))
    return lines(
        "Where the model is sure and wrong, cross-entropy pulls hardest and squared error hardly at all",
        {
            "cross-entropy": list(zip(scores.tolist(), (1 - p).tolist(), strict=True)),
            "squared error": list(
                zip(scores.tolist(), (2 * (1 - p) * p * (1 - p)).tolist(), strict=True)
            ),
        },
        x="score of what is true (below zero: the model believes the opposite)",
        y="how hard the loss pulls the score up (its slope, turned)",
    )


def schedule() -> Picture:
    """The package's schedule beside one whose first half is warm-up."""
    from practicum.train.loop import Settings, learning_rate

    settings = Settings(lr_peak=1.0)
    steps = [*range(0, 200, 4), 199]
    return lines(
        "With a hundred of two hundred steps of warm-up, the run is half over when it reaches its peak",
        {
            "this package": [(float(s + 1), learning_rate(s, 200, settings)) for s in steps],
            "warm-up 100": [(float(s + 1), warm_half(s)) for s in steps],
        },
        x="step of 200",
        y="learning rate, as a share of its peak",
    )
