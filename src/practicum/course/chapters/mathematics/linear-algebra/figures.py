"""The figures of the lesson on linear algebra."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from practicum.learn.lessons.figures import Frames
from practicum.measure.canvas import DASHES, INK, MUTED, PALETTE, SMALL_PT, TEXT_PT
from practicum.measure.plots import Picture, drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# The outline of a letter: a shape that shows when it has been turned over.
LETTER = ((0, 0), (1.5, 0), (1.5, 0.5), (0.5, 0.5), (0.5, 2), (0, 2))
AXES = {"right": (1, 0), "up": (0, 1)}
KEPT = {"eigenvector a": (1, 1), "eigenvector b": (1, -1)}


def flip() -> Frames:
    """A letter that a matrix stretches, flattens and turns over, step by step."""
    pictures = {}
    for eighths in range(9):
        t = eighths / 8
        matrix = np.array([[1, 2 * t], [2 * t, 1]])
        pictures[f"{t:.3f}"] = _moved(matrix)
    return Frames(
        "The letter is stretched, flattened and turned over; two arrows never leave their lines",
        "the off-diagonal step t: the matrix is [1, 2t; 2t, 1]",
        pictures,
    )


def _moved(matrix: np.ndarray) -> Picture:
    rows: list[list[object]] = [["point", "a", "b", "c", "d", "x", "y", "x_moved", "y_moved"]]
    named = {**{f"letter {i}": p for i, p in enumerate(LETTER, 1)}, **AXES, **KEPT}
    for name, point in named.items():
        moved = matrix @ np.array(point, dtype=float)
        entries = [float(v) for v in matrix.flatten()]
        rows.append([name, *entries, *map(float, point), *map(float, moved)])
    area = float(matrix[0, 0] * matrix[1, 1] - matrix[0, 1] * matrix[1, 0])
    off = float(matrix[0, 1])
    claim = f"[1, {off:g}; {off:g}, 1] multiplies every area by {_signed(area)}"
    alt = (
        f"A letter L moved by the matrix. The arrow along (1, 1) is stretched by {_signed(1 + off)}, "
        f"the arrow along (1, −1) by {_signed(1 - off)}; both stay on their dashed lines."
    )
    return drawing(
        claim, _draw_moved(matrix), x="first component", y="second component", alt=alt, rows=rows,
        height_in=4.6,
    )  # fmt: skip


def _draw_moved(matrix: np.ndarray) -> Callable[[Axes], None]:
    # The signs stand at fixed places, at the ends of the lines, so that only the arrows move.
    signs = {"eigenvector a": (4.5, 4.2), "eigenvector b": (1.75, -1.45)}

    def draw(axes: Axes) -> None:
        for sign in (1, -1):
            axes.plot([-9, 9], [-9 * sign, 9 * sign], "--", color=MUTED, linewidth=0.7)
        before, after = np.array(LETTER, dtype=float), np.array(LETTER, dtype=float) @ matrix.T
        axes.fill(*before.T, facecolor="none", edgecolor=MUTED, linewidth=1.0, linestyle=":")
        axes.fill(*after.T, facecolor=PALETTE[5], alpha=0.45, linewidth=0)
        axes.fill(*after.T, facecolor="none", edgecolor=PALETTE[0], linewidth=1.8)
        for (name, point), colour in zip(KEPT.items(), (PALETTE[1], PALETTE[2]), strict=True):
            tip = matrix @ np.array(point, dtype=float)
            arrow = {"arrowstyle": "-|>", "color": colour, "linewidth": 2.2,
                     "shrinkA": 0, "shrinkB": 0}  # fmt: skip
            if np.abs(tip).max() > 0.05:
                axes.annotate("", tip, (0, 0), arrowprops=arrow)
            else:
                axes.plot(*tip, "o", color=colour, markersize=5)
            stretch = _signed(float(tip[0] / point[0]))
            axes.annotate(
                f"{name[-1]}: × {stretch}", signs[name], color=INK, fontsize=TEXT_PT, va="center"
            )
        axes.set_xlim(-2.2, 6.2)
        axes.set_ylim(-1.8, 4.6)
        axes.set_xticks(range(-2, 7))
        axes.set_yticks(range(-1, 5))
        axes.set_aspect("equal")

    return draw


def _signed(value: float) -> str:
    return f"{value:g}".replace("-", "−")


def crowding() -> Picture:
    """How likely each angle between two random arrows is, in few and in many dimensions."""
    widths = (2, 16, 576)
    angles = {n: _angles(n) for n in widths}
    rows: list[list[object]] = [["dimensions", "angle_degrees", "density_percent_per_degree"]]
    rows += [[n, a, d] for n in widths for a, d in angles[n]]

    def draw(axes: Axes) -> None:
        for i, n in enumerate(widths):
            xs, ys = zip(*angles[n], strict=True)
            axes.plot(xs, ys, linestyle=DASHES[i], color=PALETTE[i], linewidth=1.8)
        for text, place in (("576 dimensions", (94, 13.5)), ("16", (103, 2.6)), ("2", (150, 1.2))):
            axes.annotate(text, place, color=INK, fontsize=TEXT_PT)
        axes.annotate(
            "two thirds within 2.4° of a right angle", (94, 11.9), color=MUTED, fontsize=SMALL_PT
        )
        axes.set_xlim(0, 180)
        axes.set_ylim(0, 18)
        axes.set_xticks(range(0, 181, 30))

    return drawing(
        "In many dimensions, two random arrows are almost always nearly perpendicular",
        draw, x="angle between two random arrows (degrees)", y="share of pairs (% per degree)",
        alt="Three curves. In 2 dimensions every angle is equally likely; in 16 most lie between 60 "
        "and 120 degrees; in 576 nearly all lie within 7 degrees of 90.",
        rows=rows,
    )  # fmt: skip


def _angles(n: int) -> list[tuple[float, float]]:
    """Angle in degrees and its density in per cent per degree: sin to the power n − 2."""
    peak = math.exp(math.lgamma(n / 2) - math.lgamma((n - 1) / 2)) / math.sqrt(math.pi)
    fine = [*range(0, 76, 5), *(x / 2 for x in range(152, 209)), *range(105, 181, 5)]
    return [
        (float(a), 100 * peak * math.sin(math.radians(a)) ** (n - 2) * math.pi / 180) for a in fine
    ]
