"""Figures of the lesson on probability and statistics."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from practicum.learn.lessons.figures import Frames
from practicum.measure.canvas import DASHES, INK, MUTED, PALETTE
from practicum.measure.intervals import Z_95, tango, wilson
from practicum.measure.plots import Picture, Point, dots, drawing

TRUTH = 0.62


def _binomial(n: int, p: float) -> np.ndarray:
    k = np.arange(n + 1)
    logs = np.array([math.lgamma(n + 1) - math.lgamma(i + 1) - math.lgamma(n - i + 1) for i in k])
    return np.exp(logs + k * math.log(p) + (n - k) * math.log(1 - p))


def _middle(chances: np.ndarray) -> tuple[int, int]:
    """The scores that leave at most 2.5 % on either side."""
    total = np.cumsum(chances)
    return int(np.searchsorted(total, 0.025)), int(np.searchsorted(total, 0.975))


def _exam(n: int) -> Picture:
    chances = _binomial(n, TRUTH)
    low, high = _middle(chances)
    step = max(1, round(n / 150))  # at most some 150 stems
    shown = [k for k in range(0, n + 1, step) if chances[k] > chances.max() / 500]
    heights = chances / chances.max()

    def draw(axes: Any) -> None:
        for k in shown:
            inside = low <= k <= high
            axes.plot([k / n, k / n], [0, heights[k]], color=PALETTE[0] if inside else PALETTE[1],
                      linewidth=2.2 if n < 200 else 1.2, linestyle="-" if inside else ":")  # fmt: skip
        axes.axvline(TRUTH, color=INK, linewidth=1, dashes=(4, 2))
        axes.annotate(f"true skill {TRUTH}", (TRUTH, 1.09), (-5, 0), textcoords="offset points",
                      ha="right", va="center", color=INK)  # fmt: skip
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1.15)

    return drawing(
        f"With {n:,} questions, at least 95 of 100 exams score {100 * low / n:.0f} to {100 * high / n:.0f} %",
        draw,
        x="score in the exam (fraction right)",
        y="chance, relative to the likeliest score",
        alt=f"Chances of every score of a model with true skill {TRUTH} on {n:,} questions. "
        f"The middle 95 % reach from {low / n:.3f} to {high / n:.3f}.",
        rows=[("score", "chance"), *((k / n, float(chances[k])) for k in shown)],
        height_in=2.9,
    )


def score_narrows() -> Frames:
    """The same model in exams of growing length."""
    pictures = {f"{n:,} questions": _exam(n) for n in (10, 30, 100, 300, 1000, 3000)}
    return Frames("A hundred times the questions, a tenth of the spread", "questions", pictures)


def sixty_intervals() -> Picture:
    """Sixty exams of one model, with Wilson's interval of each."""
    rng = np.random.default_rng(1)  # misses three, which is what sixty intervals miss on average
    scores = rng.binomial(300, TRUTH, 60)
    ends = [wilson(int(k), 300) for k in scores]
    missed = [i for i, (low, high) in enumerate(ends) if not low <= TRUTH <= high]

    def draw(axes: Any) -> None:
        for i, (low, high) in enumerate(ends):
            miss = i in missed
            axes.plot([i + 1, i + 1], [low, high], color=PALETTE[1] if miss else PALETTE[0],
                      linewidth=3 if miss else 1.6, linestyle="-")  # fmt: skip
            if miss:
                axes.annotate("missed", (i + 1, high if low > TRUTH else low),
                              (0, 8 if low > TRUTH else -8), textcoords="offset points",
                              ha="center", va="center", color=INK)  # fmt: skip
        axes.axhline(TRUTH, color=INK, linewidth=1, dashes=(4, 2))
        axes.annotate("truth", (62.5, TRUTH), va="center", color=INK, annotation_clip=False)
        axes.set_xlim(0, 62)
        axes.set_ylim(0.47, 0.73)

    words = {1: "one", 2: "two", 3: "three", 4: "four", 5: "five"}
    return drawing(
        f"Of sixty honest intervals {words[len(missed)]} miss the truth, and nothing marks them",
        draw,
        x="exam (300 questions each)",
        y="95 % interval of the score (fraction right)",
        alt=f"Sixty vertical intervals; a line at the true skill of {TRUTH} crosses all but "
        f"{len(missed)} of them.",
        rows=[("exam", "low", "high"), *((i + 1, low, high) for i, (low, high) in enumerate(ends))],
    )


def pairing() -> Picture:
    """The same two models, compared blindly and question by question."""
    p, q, n = 187 / 300, 189 / 300, 300
    half = Z_95 * math.sqrt((p * (1 - p) + q * (1 - q)) / n)
    low, high = tango(17, 15, n)
    points = [
        Point("as if on different questions", 100 * (q - p), 100 * (q - p - half), 100 * (q - p + half)),
        Point("paired, question by question", 100 * (q - p), 100 * low, 100 * high),
    ]  # fmt: skip
    return dots(
        "Pairing the questions halves the doubt, and the gain is still nothing to report",
        points,
        x="gain of aligned over tuned (percentage points)",
    )


def _beta(a: float, b: float) -> Callable[[np.ndarray], np.ndarray]:
    scale = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    return lambda p: np.exp(scale + (a - 1) * np.log(p) + (b - 1) * np.log(1 - p))


def belief() -> Picture:
    """A flat prior meets more and more answers."""
    grid = np.linspace(0.004, 0.996, 125)
    seen = [(0, 0), (2, 3), (14, 20), (91, 130)]
    curves = [(k, n, _beta(1 + k, 1 + n - k)(grid)) for k, n in seen]

    def draw(axes: Any) -> None:
        beside = [(0.12, 8, "center"), (0.42, 10, "right"), (0.6, 12, "right"), (0.735, 0, "left")]
        for i, (k, n, density) in enumerate(curves):
            axes.plot(grid, density, color=PALETTE[i], linestyle=DASHES[i], linewidth=1.8)
            at, up, side = beside[i]
            height = float(np.interp(at, grid, density))
            axes.annotate(f"{k} of {n} right" if n else "nothing seen yet", (at, height), (8 if side == "left" else 0, up),
                          textcoords="offset points", ha=side, va="center", color=INK)  # fmt: skip
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 11)
        axes.tick_params(axis="y", labelcolor=MUTED)

    return drawing(
        "Every answer moves the belief and narrows it",
        draw,
        x="skill of the model (fraction right)",
        y="belief (density)",
        alt="Four curves of belief about a skill between 0 and 1: flat before any answer, a low hump "
        "after 2 of 3, a higher one after 14 of 20, a narrow peak at 0.7 after 91 of 130.",
        rows=[
            ("answers", "skill", "density"),
            *((f"{k} of {n}", float(p), float(d)) for k, n, density in curves
              for p, d in list(zip(grid, density, strict=True))[::8]),
        ],
    )  # fmt: skip
