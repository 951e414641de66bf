"""Figures of the lesson on task-specific benchmarks."""

from __future__ import annotations

from typing import Any

import numpy as np
from claims import _coverage, _readers, our_majority, plugged_in, unbiased_average

from practicum.learn.lessons.figures import Frames
from practicum.measure.canvas import INK, MUTED, PALETTE
from practicum.measure.plots import Picture, Point, bars, drawing, lines


def five_readers() -> Picture:
    """The same replies under every way of reading them."""
    points = [Point(name, share) for name, share in _readers().items()]
    return bars(
        "One set of replies scores 33 to 83 %, depending on who reads it",
        points,
        x="counted as right (fraction of 24 replies)",
        reference=("always yes", our_majority()),
    )


def attempts() -> Picture:
    """Averages of both estimates of pass@k from ten samples, at a true chance of 0.2 a sample."""
    ks = range(1, 11)
    return lines(
        "The obvious estimate of pass@k promises too little; without putting back it is the truth",
        {
            "without putting back": [(k, unbiased_average(k=k)) for k in ks],
            "1 − (1 − c/n)ᵏ": [(k, plugged_in(k=k)) for k in ks],
        },
        x="k (attempts)",
        y="average of the estimate (fraction; 10 samples, each right with chance 0.2)",
    )


def _reliability(temperature: float) -> Picture:
    rng = np.random.default_rng(2)
    skill = rng.beta(3.0, 1.6, 3000)
    right = rng.random(3000) < skill
    logit = 2.2 * np.log(
        skill / (1 - skill)
    )  # the model exaggerates: its logits are 2.2 times too large
    said = 1 / (1 + np.exp(-logit / temperature))
    place = np.clip(np.ceil(said * 10).astype(int) - 1, 0, 9)
    cells = []
    for b in range(10):
        inside = place == b
        if inside.sum() >= 15:  # a share of fewer answers is noise
            cells.append(
                (float(said[inside].mean()), float(right[inside].mean()), int(inside.sum()))
            )
    gap = sum(
        (place == b).mean() * abs(said[place == b].mean() - right[place == b].mean())
        for b in range(10)
        if (place == b).any()
    )

    def draw(axes: Any) -> None:
        axes.plot([0, 1], [0, 1], color=INK, linewidth=1, dashes=(4, 2))
        axes.annotate("dashed: as sure as right", (0.98, 0.04), color=MUTED, ha="right")
        for a, b, _ in cells:
            axes.plot([a, a], [a, b], color=PALETTE[1], linewidth=1.6)
        for a, b, n in cells:
            axes.plot([a], [b], "o", color=PALETTE[0], markersize=3 + 9 * (n / 3000) ** 0.5)
        axes.annotate(f"ECE {gap:.3f}", (0.03, 0.92), color=INK, fontsize=11)
        axes.annotate(f"accuracy {right.mean():.3f}", (0.03, 0.83), color=INK, fontsize=11)
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1.02)

    told = f"{gap:.3f}"
    edge = float(np.mean(np.abs(said - 0.5)) - np.mean(np.abs(skill - 0.5)))
    manner = "too sure" if edge > 0.02 else "too timid" if edge < -0.02 else "as sure as right"
    return drawing(
        f"Temperature {temperature:g}: {manner}, a calibration error of {told}",
        draw,
        x="stated confidence (mean of the bin)",
        y="answers that were right (fraction; larger dot: more answers)",
        alt=f"Reliability diagram with {len(cells)} dots at temperature {temperature:g}; the vertical gaps to the "
        f"diagonal average {told}.",
        rows=[("confidence", "right", "answers"), *cells],
        height_in=3.3,
    )


def temperatures() -> Frames:
    """A boastful model's confidences, divided by growing temperatures."""
    pictures = {f"{t:g}": _reliability(t) for t in (0.7, 1.0, 1.5, 2.2, 3.0, 5.0)}
    return Frames(
        "Temperature repairs the confidence and changes not one answer", "temperature", pictures
    )


def promises() -> Picture:
    """How often 95 % intervals hold the truth when questions of one document resemble each other."""
    rows = _coverage()
    return lines(
        "Resampling questions breaks its promise as soon as questions share a document",
        {
            "documents drawn": [(r, d) for r, _, d in rows],
            "questions drawn": [(r, q) for r, q, _ in rows],
        },
        x="correlation of marks within a document",
        y="95 % intervals that hold the truth (fraction of 1,000 exams)",
    )
