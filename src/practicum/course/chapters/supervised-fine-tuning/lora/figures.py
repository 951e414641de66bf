"""An adapter drawn to scale, how thin the change by full tuning is, and what each rank reaches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import claims as measured
import numpy as np

from practicum.learn.lessons.figures import approximate
from practicum.measure.canvas import INK, MUTED, PALETTE
from practicum.measure.plots import Picture, drawing, lines

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def to_scale() -> Picture:
    """A matrix of 4,096 by 4,096 and its adapter of rank sixteen."""

    def draw(axes: Axes) -> None:
        from matplotlib.patches import Rectangle

        axes.add_patch(
            Rectangle((0, 0), 4096, 4096, facecolor=PALETTE[5], edgecolor="none", alpha=0.35)
        )
        axes.text(2048, 2048, "W, frozen\n4,096 × 4,096", ha="center", va="center", color=INK)
        axes.add_patch(
            Rectangle(
                (5200, 0), 16, 4096, facecolor=PALETTE[1], edgecolor=PALETTE[1], linewidth=0.6
            )
        )
        axes.text(5100, 4250, "B: 4,096 × 16", color=PALETTE[1], va="bottom")
        axes.add_patch(
            Rectangle(
                (5600, 4080), 4096, 16, facecolor=PALETTE[0], edgecolor=PALETTE[0], linewidth=0.6
            )
        )
        axes.text(7650, 3900, "A: 16 × 4,096", color=PALETTE[0], ha="center", va="top")
        axes.text(
            7650, 2048, "B and A together are\nthe two lines", color=MUTED, ha="center", va="center"
        )
        axes.text(4650, 2048, "+", color=INK, ha="center", va="center", fontsize=16)
        axes.set_xlim(-100, 9800)
        axes.set_ylim(-100, 4700)
        axes.set_aspect("equal")
        axes.set_xticks([])
        axes.set_yticks([])
        axes.grid(False)
        for spine in axes.spines.values():
            spine.set_visible(False)

    return drawing(
        "Drawn to scale, what is trained is as wide as a pen stroke",
        draw,
        x="",
        y="areas are counts of numbers",
        alt="A large square, the frozen matrix W; beside it a thin upright line, B, and a thin level line, A, whose "
        "product has the square's shape.",
        rows=[("part", "numbers"), ("W", measured.one_matrix()), ("A and B", measured.one_adapter())],
        height_in=2.9,
    )  # fmt: skip


@approximate(0.05)
def thin() -> Picture:
    """Share of squared size in the largest directions: of the change, and of the weights."""
    ks = (0, 1, 2, 4, 8, 12, 16, 20, 24)
    return lines(
        "What full tuning changed is thinner than what it changed",
        {
            "the change": [(k, measured._shares(k, True) if k else 0.0) for k in ks],
            "the weights": [(k, measured._shares(k, False) if k else 0.0) for k in ks],
        },
        x="largest directions kept (of 48)",
        y="share of the squared size (mean over eight matrices)",
    )


@approximate(0.3)
def sweep() -> Picture:
    """Loss of held-out chats after tuning, by rank, beside the full tune's."""
    ranks = measured.RANKS
    each = np.array([measured._over_seeds("held", r) for r in ranks])
    full = float(np.mean([measured.tiny._seen(3e-4, s).held for s in measured.SEEDS]))

    def draw(axes: Axes) -> None:
        axes.axhline(full, color=MUTED, linewidth=1, dashes=(4, 2))
        axes.text(16, full - 0.012, "all weights", color=MUTED, ha="right", va="top")
        axes.fill_between(
            ranks, each.min(1), each.max(1), color=PALETTE[0], alpha=0.15, linewidth=0
        )
        axes.plot(ranks, each.mean(1), color=PALETTE[0], marker="o", markersize=5, linewidth=1.8)
        axes.set_xscale("log", base=2)
        axes.set_xticks(ranks, [str(r) for r in ranks])
        axes.minorticks_off()
        axes.set_ylim(0, 0.45)

    return drawing(
        "From rank four on, more rank buys nothing here",
        draw,
        x="rank of every adapter",
        y="loss of held-out chats (nats a word; band: three seeds)",
        alt=f"The loss falls from {each[0].mean():.2f} at rank 1 to {each[2].mean():.2f} at rank 4 and stays about "
        f"there up to rank 16; tuning all weights reaches {full:.2f}.",
        rows=[
            ("rank", "mean", "least", "most"),
            *zip(ranks, each.mean(1), each.min(1), each.max(1), strict=True),
        ],
    )
