"""Figures of the lesson on data preprocessing."""

from __future__ import annotations

from typing import Any

from claims import N_TABLES, _coin_scores, _forest, _levels, always_liked

from practicum.learn.lessons.figures import Frames
from practicum.measure.canvas import DASHES, INK, PALETTE
from practicum.measure.plots import Picture, Point, bars, drawing


def coin_tosses() -> Picture:
    """Accuracy on noise against the number of columns that were searched."""
    columns = (20, 50, 100, 200, 500, 1000, 2000, 5000)
    curves = {
        "chosen on all rows": [_coin_scores(n, True) for n in columns],
        "chosen on training rows": [_coin_scores(n, False) for n in columns],
    }

    def draw(axes: Any) -> None:
        for i, (name, points) in enumerate(curves.items()):
            means, lows, highs = zip(*points, strict=True)
            axes.fill_between(columns, lows, highs, color=PALETTE[i], alpha=0.15, linewidth=0)
            axes.plot(columns, means, color=PALETTE[i], linestyle=DASHES[i], linewidth=1.8)
            below = -34 if i else 13
            axes.annotate(name, (columns[4], means[4]), (0, below), textcoords="offset points",
                          ha="left" if i else "right", va="center", color=INK)  # fmt: skip
        axes.axhline(0.5, color=INK, linewidth=1, dashes=(4, 2))
        axes.annotate("chance", (5300, 0.5), va="center", color=INK, annotation_clip=False)
        axes.set_xscale("log")
        axes.set_xticks(
            columns[::2] + columns[-1:], [f"{n:,}" for n in columns[::2] + columns[-1:]]
        )
        axes.minorticks_off()
        axes.set_xlim(18, 5000)
        axes.set_ylim(0.3, 1)

    return drawing(
        "The more noise you search before the split, the better you seem to predict coin tosses",
        draw,
        x="columns of pure noise to choose twenty from",
        y=f"cross-validated accuracy (fraction; band: 95 % interval of {N_TABLES} tables)",
        alt="Two curves. Chosen on all rows, accuracy climbs from one half to almost one as columns grow "
        "from 20 to 5,000. Chosen on training rows only, it stays at one half.",
        rows=[
            ("columns", "all rows", "low", "high", "training rows", "low", "high"),
            *((n, *a, *b) for n, a, b in zip(columns, *curves.values(), strict=True)),
        ],
    )  # fmt: skip


def _squeezed(outlier: float) -> Picture:
    levels = _levels(outlier)
    top = max(n for _, n in levels)

    def draw(axes: Any) -> None:
        for level, n in levels:
            axes.plot([level, level], [0, n], color=PALETTE[0], linewidth=1.6)
        axes.plot([127], [1], "D", color=PALETTE[1], markersize=6, clip_on=False)
        axes.annotate(
            "outlier", (127, 1), (0, 14), textcoords="offset points", ha="right", color=INK
        )
        axes.set_xlim(-128, 128)
        axes.set_ylim(0, top * 1.1)

    return drawing(
        f"An outlier at {outlier:g} leaves a thousand ordinary values {len(levels)} of 255 levels",
        draw,
        x="level in eight bits",
        y="values on the level (count of 1,000)",
        alt=f"Stems of a thousand ordinary values on {len(levels)} levels between {levels[0][0]} and "
        f"{levels[-1][0]}; the outlier sits at level 127.",
        rows=[("level", "values"), *levels],
        height_in=2.8,
    )


def one_outlier() -> Frames:
    """Ordinary values in eight bits beside a growing outlier."""
    pictures = {f"{v} standard deviations": _squeezed(float(v)) for v in (4, 8, 15, 30, 60, 120)}
    return Frames(
        "One value too far out takes the scale away from all others", "outlier at", pictures
    )


def three_scores() -> Picture:
    """One forest, three questions asked of it."""
    points = [
        Point("rows it was trained on", *_forest("seen")),
        Point("new rows, prompts it has met", *_forest("rows")),
        Point("rows of new prompts", *_forest("prompts")),
    ]
    return bars(
        "The same forest is all but perfect, good or useless: it depends on the test set",
        points,
        x="accuracy (fraction of replies)",
        reference=("always “liked”", always_liked()),
    )
