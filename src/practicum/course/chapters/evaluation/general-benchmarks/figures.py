"""The figures of the lesson on general benchmarks."""

from typing import TYPE_CHECKING

import numpy as np
from claims import marks, picked, surprises

from practicum.learn.lessons.figures import Frames, approximate
from practicum.measure.canvas import DASHES, INK, MARKS, MUTED, PALETTE
from practicum.measure.intervals import wilson
from practicum.measure.plots import Picture, Point, bars, drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@approximate(0.02)
def length() -> Picture:
    """What models of random weights pick."""
    return bars(
        "Raw likelihood asks for the shortest answer, and calls it the best one",
        [
            Point("raw likelihood", picked("raw")[0]),
            Point("per character", picked("characters")[0]),
        ],
        x="picks that are the shortest choice (fraction, sixty models of random weights)",
        reference=("evenly spread", 0.25),
    )


def seen() -> Picture:
    """Three students under two wordings."""
    names = {
        "literate": "Shakespeare only",
        "crammer": "and the exam itself",
        "reader": "and a textbook",
    }
    rows, columns = [], [("as published", "question"), ("reworded", "reworded")]
    for i, (who, told) in enumerate(names.items()):
        for j, (label, wording) in enumerate(columns):
            hits = sum(marks(who, wording))
            rows.append(
                (told, label, hits / 32, *wilson(hits, 32), 2 - i + (0.15 if j == 0 else -0.15), j)
            )

    def draw(axes: "Axes") -> None:
        axes.axvline(0.25, color=MUTED, linewidth=1, dashes=(3, 2))
        axes.annotate("chance", (0.26, 2.6), color=MUTED, fontsize=8)
        for told, label, value, low, high, place, j in rows:
            axes.plot([low, high], [place, place], color=PALETTE[j], linewidth=2)
            axes.plot([value], [place], MARKS[j], color=PALETTE[j], markersize=8)
            if told == "and the exam itself":
                axes.annotate(label, (value, place), (0, 9) if j == 0 else (8, -15), ha="center" if j == 0 else "left", color=INK,
                              textcoords="offset points", fontsize=8)  # fmt: skip
        axes.set_yticks([2, 1, 0], list(names.values()))
        axes.set_ylim(-0.5, 2.8)
        axes.set_xlim(0, 1.04)

    return drawing(
        "Rewording costs the crammer everything, and the reader nothing",
        draw,
        x="right of 32 questions (fraction, 95 % interval)",
        y="",
        alt="Three models, each with two marks and intervals. "
        + " ".join(f"{told}, {label}: {v:.2f} ({lo:.2f} to {hi:.2f})." for told, label, v, lo, hi, _, _ in rows),
        rows=[("trained on Shakespeare", "wording", "score", "low", "high"), *(r[:5] for r in rows)],
        height_in=2.7,
    )  # fmt: skip


def luck() -> Frames:
    """Twenty models of equal skill, sorted by score, on exams of growing length."""
    pictures = {}
    for n in (24, 100, 300, 1000, 3000, 14_042):
        hits = sorted(np.random.default_rng(2).binomial(n, 0.6, 20).tolist(), reverse=True)
        told = [(place, k / n, *wilson(k, n)) for place, k in enumerate(hits, 1)]

        def draw(axes: "Axes", told: list[tuple[int, float, float, float]] = told) -> None:
            axes.axhline(0.6, color=INK, linewidth=1, dashes=(4, 2))
            axes.annotate(
                "dashes: the skill of each", (20.4, 0.95), ha="right", color=INK, fontsize=8
            )
            for place, value, low, high in told:
                axes.plot([place, place], [low, high], color=PALETTE[0], linewidth=1.8)
                axes.plot([place], [value], "o", color=PALETTE[0], markersize=5)
            axes.set_xlim(0.3, 20.7)
            axes.set_ylim(0.2, 1)

        pictures[f"{n:,} questions"] = drawing(
            f"Twenty equals, {n:,} questions: the first has {100 * hits[0] / n:.0f} %, the last "
            f"{100 * hits[-1] / n:.0f} %",
            draw,
            x="place on the board",
            y="score (fraction right, 95 % interval)",
            alt=f"Twenty points with intervals, sorted, from {hits[0] / n:.3f} down to "
            f"{hits[-1] / n:.3f}; a line at the true skill of 0.6.",
            rows=[("place", "score", "low", "high"), *told],
            height_in=2.9,
        )
    return Frames("A board of equals always has a winner", "questions", pictures)


def inside() -> Picture:
    """Evaluation rows that were trained on, and the same rows held out."""
    told = {n: surprises(n) for n in (1, 2, 3, 4, 5)}
    curves = {
        "held out": [v[1] for v in told.values()],
        "trained on": [v[0] for v in told.values()],
    }

    def draw(axes: "Axes") -> None:
        for i, (name, ys) in enumerate(curves.items()):
            axes.plot(
                list(told),
                ys,
                color=PALETTE[i],
                linestyle=DASHES[i],
                marker=MARKS[i],
                linewidth=1.8,
            )
            axes.annotate(name, (4, ys[3]), (0, -14 if i == 0 else 10), ha="center", color=INK,
                          textcoords="offset points")  # fmt: skip
        axes.set_xticks(list(told))
        axes.set_ylim(0, 7)

    return drawing(
        "Inside the training set every model improves for ever",
        draw,
        x="longest run that the model counts (words)",
        y="surprise at the same twenty rows (nats per word)",
        alt=f"Two curves. Held out, the rows surprise the model by {curves['held out'][0]:.2f} nats per "
        f"word with single words and {curves['held out'][-1]:.2f} with runs of five; trained on, it "
        f"falls from {curves['trained on'][0]:.2f} to {curves['trained on'][-1]:.2f}.",
        rows=[
            ("longest run", "held out", "trained on"),
            *((n, b, a) for n, (a, b) in told.items()),
        ],
        height_in=2.9,
    )
