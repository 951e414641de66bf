"""Which pieces each rank keeps at each stage, and what that comes to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import claims as measured

from practicum.learn.lessons.figures import Frames
from practicum.measure.canvas import INK, LINE, MUTED, PALETTE
from practicum.measure.plots import Picture, drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PARTS = (("weights", 2, PALETTE[0]), ("gradients", 2, PALETTE[2]), ("optimizer", 12, PALETTE[1]))


def keeps() -> Picture:
    """Four ranks at each of four stages: the three parts as strips, what is kept filled in."""

    def draw(axes: Axes) -> None:
        from matplotlib.patches import Rectangle

        for stage in range(4):
            for rank in range(4):
                x, y = stage * 18, -rank * 1.25
                for i, (_, wide, colour) in enumerate(PARTS):
                    shared = stage >= 3 - i
                    axes.add_patch(
                        Rectangle(
                            (x, y), wide, 0.9, facecolor="none", edgecolor=LINE, linewidth=0.8
                        )
                    )
                    start, part = (x + rank * wide / 4, wide / 4) if shared else (x, wide)
                    axes.add_patch(
                        Rectangle((start, y), part, 0.9, facecolor=colour, edgecolor="none")
                    )
                    x += wide
                if not stage:
                    axes.text(-1, y + 0.45, f"rank {rank}", ha="right", va="center", color=MUTED)
            axes.text(stage * 18 + 8, 1.35, f"stage {stage}", ha="center", color=INK)
        for place, (name, _, colour) in zip((0, 15, 32), PARTS, strict=True):
            axes.add_patch(Rectangle((place, -5.35), 1.6, 0.7, facecolor=colour, edgecolor="none"))
            axes.text(place + 2.4, -5.0, name, va="center", color=INK)
        axes.set_xlim(-12, 71)
        axes.set_ylim(-5.7, 2.2)
        axes.set_xticks([])
        axes.set_yticks([])
        axes.grid(False)
        for spine in axes.spines.values():
            spine.set_visible(False)

    return drawing(
        "Each stage stops keeping one more thing four times over",
        draw,
        x="",
        y="what each of four ranks keeps (widths are bytes)",
        alt="At stage 0 every rank keeps weights, gradients and optimizer state whole. Stage 1 leaves each a quarter of the "
        "state, stage 2 of the gradients too, stage 3 of the weights too.",
        rows=[("stage", "weights kept", "gradients kept", "state kept"),
              (0, 1, 1, 1), (1, 1, 1, 0.25), (2, 1, 0.25, 0.25), (3, 0.25, 0.25, 0.25)],
        height_in=2.7,
    )  # fmt: skip


def _stages(ranks: int) -> Picture:
    rows = []
    for stage in range(4):
        kept = [
            measured.SEVEN * wide / (ranks if stage >= 3 - i else 1) / 1e9
            for i, (_, wide, _) in enumerate(PARTS)
        ]
        rows.append((stage, *kept))

    def draw(axes: Axes) -> None:
        for stage, *kept in rows:
            left = 0.0
            for value, (_, _, colour) in zip(kept, PARTS, strict=True):
                axes.barh(3 - stage, value, 0.6, left=left, color=colour)
                left += value
            axes.text(left + 1.5, 3 - stage, f"{left:.1f} GB", va="center", color=INK)
        axes.axvline(80, color=MUTED, linewidth=1, dashes=(4, 2))
        axes.text(81, 3.55, "a card of 80 GB", color=MUTED, va="center")
        axes.set_yticks(range(4), [f"stage {s}" for s in (3, 2, 1, 0)])
        axes.set_xlim(0, 132)
        axes.set_ylim(-0.5, 3.8)

    best = sum(rows[3][1:])
    return drawing(
        f"{ranks} rank{'s' if ranks > 1 else ''}: stage 3 leaves {best:.1f} GB to each",
        draw,
        x="weights, gradients, optimizer state on each rank (GB; 7 billion weights)",
        y="",
        alt=f"With {ranks} ranks, stages 0 to 3 keep "
        + ", ".join(f"{sum(r[1:]):.1f}" for r in rows)
        + " GB on each.",
        rows=[("stage", "weights", "gradients", "optimizer"), *rows],
        height_in=2.7,
    )


def stages() -> Frames:
    """Memory of the four stages as ranks are added."""
    return Frames(
        "Stage 0 never shrinks; stage 3 shrinks with every rank",
        "number of ranks",
        {f"{n}": _stages(n) for n in (1, 2, 4, 8, 16, 64)},
    )
