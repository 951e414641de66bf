"""Figures of the lesson on human evaluation."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from claims import PLANTED, _bounds, _elo_orders, _fit, _judged, _votes_of

from practicum.learn.lessons.figures import Frames
from practicum.measure.canvas import INK, MUTED, PALETTE
from practicum.measure.plots import Picture, drawing

NAMES = list(PLANTED)


def _recovered(n: int) -> Picture:
    votes = _votes_of(n, 11)
    strengths, ends = _fit(votes), _bounds(votes, 200)
    order = [NAMES[i] for i in np.argsort(-strengths)]
    overlaps = sum(
        ends[NAMES.index(a)][0] <= ends[NAMES.index(b)][1]
        for a, b in zip(order, order[1:], strict=False)
    )
    words = ("no neighbours'", "one pair of neighbours'", "two pairs of neighbours'",
             "three pairs of neighbours'", "all neighbours'")  # fmt: skip
    right = "the planted order" if order == NAMES else "not the planted order"

    def draw(axes: Any) -> None:
        for i, name in enumerate(NAMES):
            y = len(NAMES) - 1 - i
            axes.plot(ends[i], [y, y], color=PALETTE[0], linewidth=2.4)
            axes.plot([strengths[i]], [y], "o", color=PALETTE[0], markersize=7)
            axes.plot(
                [PLANTED[name]], [y], "|", color=PALETTE[1], markersize=22, markeredgewidth=2.4
            )
        axes.set_yticks(range(len(NAMES)), NAMES[::-1])
        axes.set_ylim(-0.6, len(NAMES) - 0.4)
        axes.set_xlim(-3.4, 2.6)

    return drawing(
        f"{n:,} votes: {right}, and {words[overlaps]} intervals overlap",
        draw,
        x="strength (log-odds; dot and line: fitted, 95 %; upright stroke: planted)",
        y="model",
        alt=f"Five models with fitted strengths and intervals from {n:,} votes beside what was planted; "
        f"fitted order {', '.join(order)}.",
        rows=[
            ("model", "planted", "fitted", "low", "high"),
            *((name, PLANTED[name], float(strengths[i]), float(ends[i][0]), float(ends[i][1]))
              for i, name in enumerate(NAMES)),
        ],
        height_in=2.7,
    )  # fmt: skip


def recovery() -> Frames:
    """The same five models, from few and from many votes."""
    pictures = {f"{n:,} votes": _recovered(n) for n in (50, 150, 500, 1500, 5000)}
    return Frames(
        "Order comes early, certainty late: intervals shrink with the root of the votes",
        "votes",
        pictures,
    )


def elo_by_order() -> Picture:
    """Final Elo ratings of the same votes in many orders, beside the fit that knows no order."""
    ratings = _elo_orders()
    ends = np.percentile(ratings, [0, 2.5, 50, 97.5, 100], axis=0).T
    fitted = 1000 + 400 / math.log(10) * _fit(_votes_of(600, 7))

    def draw(axes: Any) -> None:
        for i in range(len(NAMES)):
            y = len(NAMES) - 1 - i
            axes.plot(ends[i][[0, 4]], [y, y], color=PALETTE[0], linewidth=1.2)
            axes.plot(ends[i][[1, 3]], [y, y], color=PALETTE[0], linewidth=4)
            axes.plot([fitted[i]], [y], "D", color=PALETTE[1], markersize=7)
        axes.set_yticks(range(len(NAMES)), NAMES[::-1])
        axes.set_ylim(-0.6, len(NAMES) - 0.4)
        axes.annotate("every order, same votes", (ends[4][4], 0), (10, 0), textcoords="offset points",
                      va="center", color=INK)  # fmt: skip
        axes.annotate(
            "fit", (fitted[4], 0), (0, 14), textcoords="offset points", ha="center", color=MUTED
        )

    return drawing(
        "The same 600 votes give Elo ratings far apart, depending on who played when",
        draw,
        x="rating after the last vote (Elo points; thin: all 500 orders, thick: 95 % of them)",
        y="model",
        alt="For each of five models a long line of final Elo ratings over 500 orders of the same votes, and one "
        "diamond for the Bradley–Terry fit, which does not depend on the order.",
        rows=[
            ("model", "lowest", "2.5 %", "median", "97.5 %", "highest", "fit"),
            *((name, *map(float, ends[i]), float(fitted[i])) for i, name in enumerate(NAMES)),
        ],
        height_in=2.7,
    )


def two_chairs() -> Picture:
    """A's share of wins from either side, for three judges of the same pairs."""
    judges = {"leaning to the left": _judged(1.5, 0.0, 2), "counting words": _judged(0.0, 0.9, 3),
              "fair": _judged(0.0, 0.0, 1)}  # fmt: skip
    shares = {name: (float(np.mean(a)), float(np.mean(b))) for name, (a, b) in judges.items()}

    def draw(axes: Any) -> None:
        axes.axhline(0.5, color=MUTED, linewidth=1, dashes=(4, 2))
        offset = {"leaning to the left": 0, "counting words": 0, "fair": 0}
        for i, (name, (left, right)) in enumerate(shares.items()):
            axes.plot(
                [0, 1], [left, right], "o-", color=PALETTE[(1, 2, 0)[i]], linewidth=2, markersize=7
            )
            axes.annotate(
                name,
                (1, right),
                (10, offset[name]),
                textcoords="offset points",
                va="center",
                color=INK,
            )
        axes.set_xticks([0, 1], ["A sits left", "A sits right"])
        axes.set_xlim(-0.15, 1.75)
        axes.set_ylim(0, 1)

    return drawing(
        "A steep line is a favourite side; a line that is high at both ends may be merit or length",
        draw,
        x="where A's answer is shown",
        y="pairs that A wins (fraction of the same 300)",
        alt="; ".join(
            f"{n}: A wins {a:.0%} from the left and {b:.0%} from the right"
            for n, (a, b) in shares.items()
        ),
        rows=[("judge", "A left", "A right"), *((n, a, b) for n, (a, b) in shares.items())],
        height_in=3.0,
    )
