"""What the lesson draws."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from claims import W1  # beside this file

from practicum.learn.lessons.figures import Frames
from practicum.measure.canvas import INK, LINE, MUTED, PALETTE
from practicum.measure.plots import Picture, drawing, lines
from practicum.measure.strokes import HALO

if TYPE_CHECKING:
    from matplotlib.axes import Axes

REVIEWS = {"good": (0, 0), "not good": (1, 0), "bad": (0, 1), "not bad": (1, 1)}
PRAISE = ("good", "not bad")
LABELS = {"good": ((-9, -4), "right"), "not good": ((9, 0), "left"), "bad": ((0, 12), "center"),
          "not bad": ((0, -12), "center")}  # fmt: skip
SLOPES_BELOW = (1.0, 0.8, 0.6, 0.5, 0.3, 0.15, 0.0)


def _bent(points: np.ndarray, below: float) -> np.ndarray:
    z = points @ W1.T
    return np.where(z > 0, z, below * z)


def _fold(below: float) -> Picture:
    places = {name: _bent(np.array([x], float), below)[0] for name, x in REVIEWS.items()}
    praise = max(places[name].sum() for name in PRAISE)
    blame = min(places[name].sum() for name in REVIEWS if name not in PRAISE)
    cut = (praise + blame) / 2 if blame > praise else None

    def draw(axes: Axes) -> None:
        axes.set_aspect("equal")
        axes.set_xlim(-0.85, 1.45)
        axes.set_ylim(-0.85, 1.25)
        axes.grid(False)
        along = np.linspace(0, 1, 21)
        for fixed in np.linspace(0, 1, 9):
            for row in (
                np.column_stack([along, 0 * along + fixed]),
                np.column_stack([0 * along + fixed, along]),
            ):
                axes.plot(*_bent(row, below).T, color=LINE, linewidth=1)
        if cut is not None:
            axes.plot(
                [cut + 0.8, -0.8], [-0.8, cut + 0.8], linestyle="--", color=MUTED, linewidth=1.2
            )
        for name, place in places.items():
            good = name in PRAISE
            axes.plot(*place, "o" if good else "s", color=PALETTE[0 if good else 1], markersize=8)
            (dx, dy), side = LABELS[name]
            axes.annotate(name, place, (dx, dy), color=INK, va="center", ha=side, bbox=HALO,
                          textcoords="offset points")  # fmt: skip

    if below == 1:
        claim = "Without a bend the square is only sheared, and no line parts praise from blame"
    elif cut is None:
        claim = "A slight bend is not enough yet: no line parts praise from blame"
    else:
        claim = "Folded, the square has room for a line between praise and blame"
    where = "; ".join(f"{name} at {p[0]:.2f}, {p[1]:.2f}" for name, p in places.items())
    return drawing(
        claim, draw, x="first hidden neuron: “not”, unless “bad”", y="second hidden neuron: “bad”, unless “not”",
        alt=f"The unit square of inputs after the hidden layer, with slope {below:g} below zero. {where}. "
        + ("A dashed line parts circles from squares." if cut is not None else "No line parts circles from squares."),
        rows=[("review", "praise", "first neuron", "second neuron"),
              *((name, "yes" if name in PRAISE else "no", float(p[0]), float(p[1])) for name, p in places.items())],
        height_in=4.4,
    )  # fmt: skip


def fold() -> Frames:
    """The hidden layer bending the plane, as the slope below zero falls from 1 to 0."""
    return Frames(
        "A bend moves the four reviews until one straight line is enough",
        "slope below zero",
        {f"{below:g}": _fold(below) for below in SLOPES_BELOW},
    )


def _sigmoid(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-z))


def _slopes() -> dict[str, Callable[[np.ndarray], np.ndarray]]:
    left = np.vectorize(lambda z: 0.5 * math.erfc(-z / math.sqrt(2)))
    return {
        "ReLU": lambda z: (z > 0) * 1.0,
        "GELU": lambda z: left(z) + z * np.exp(-z * z / 2) / math.sqrt(2 * math.pi),
        "SiLU": lambda z: _sigmoid(z) * (1 + z * (1 - _sigmoid(z))),
        "tanh": lambda z: 1 - np.tanh(z) ** 2,
        "sigmoid": lambda z: _sigmoid(z) * (1 - _sigmoid(z)),
    }


def slopes() -> Picture:
    """The slopes of five activation functions."""
    grid = np.linspace(-4, 4, 41).round(1)
    curves = {
        name: list(zip(grid.tolist(), slope(grid).tolist(), strict=True))
        for name, slope in _slopes().items()
    }
    curves["ReLU"] = [(-4.0, 0.0), (0.0, 0.0), (0.0, 1.0), (4.0, 1.0)]  # a jump, not a ramp
    return lines(
        "A sigmoid passes on a quarter of a signal at best; ReLU and its soft kin, where open, all of it",
        curves,
        x="what the neuron adds up to, z",
        y="slope of the activation at z",
    )


def _left_over(name: str, gain: float, seed: int, depth: int = 30, width: int = 64) -> list[float]:
    """The length of a signal sent back through random layers, as a share of what was sent."""
    rng = np.random.default_rng(seed)
    bends = {"sigmoid": _sigmoid, "tanh": np.tanh, "ReLU": lambda z: np.maximum(z, 0)}
    x, passed = rng.standard_normal(width), []
    for _ in range(depth):
        weights = rng.standard_normal((width, width)) * math.sqrt(gain / width)
        z = weights @ x
        passed.append((weights, _slopes()[name](z)))
        x = bends[name](z)
    signal = rng.standard_normal(width)
    sent, left = np.linalg.norm(signal), [1.0]
    for weights, slope in reversed(passed):
        signal = weights.T @ (signal * slope)
        left.append(float(np.linalg.norm(signal) / sent))
    return left


def depth() -> Picture:
    """What is left of a signal that goes back through thirty random layers."""
    series = {}
    for name, gain in (("ReLU", 2.0), ("tanh", 1.0), ("sigmoid", 1.0)):  # He's and Xavier's scale
        runs = np.log10([_left_over(name, gain, seed) for seed in range(10)]).mean(axis=0)
        series[name] = [(float(i), float(v)) for i, v in enumerate(runs)]
    return lines(
        "Thirty layers of sigmoids leave nothing of a signal; tanh and ReLU leave enough to learn from",
        series,
        x="layers that the signal has passed on its way back (64 neurons each)",
        y="what is left of it, as a power of ten (mean of 10 random networks)",
    )
