"""What packing does to a warm-up, and which misspelt keys find their way home."""

from __future__ import annotations

from typing import TYPE_CHECKING

import claims as measured

from practicum.learn.lessons.figures import Frames
from practicum.measure.canvas import INK, MUTED, PALETTE
from practicum.measure.plots import Picture, Point, bars, drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def _schedule(per_row: int) -> Picture:
    updates = measured._packed(per_row)
    steps = sorted({*range(0, updates, max(1, updates // 120)), updates - 1})
    rates = [measured._rate(step, updates) for step in steps]
    told = f"{max(rates):.0%}"

    def draw(axes: Axes) -> None:
        axes.axvline(measured.WARMUP, color=MUTED, linewidth=1, dashes=(4, 2))
        axes.text(measured.WARMUP + 3, 1.07, "warm-up ends", color=MUTED, va="center")
        axes.plot(steps, rates, color=PALETTE[0], linewidth=2)
        axes.plot([steps[-1]], [rates[-1]], "o", color=PALETTE[1], markersize=7)
        axes.text(steps[-1] + 4, rates[-1] + (0.03 if rates[-1] < 0.1 else -0.1), "end", color=INK)
        axes.set_xlim(0, 310)
        axes.set_ylim(0, 1.15)

    return drawing(
        f"{per_row} to a row: {updates} updates, at most {told} of the peak rate",
        draw,
        x="updates",
        y="learning rate (share of the peak)",
        alt=f"With {per_row} examples in a row there are {updates} updates; the rate rises for 100 of them and reaches {told}.",
        rows=[("update", "share of the peak"), *zip(steps, rates, strict=True)],
        height_in=2.9,
    )  # fmt: skip


def packing() -> Frames:
    """The same three epochs and hundred warm-up steps, with ever more examples in one row."""
    return Frames(
        "The more examples share a row, the fewer updates are left after the warm-up",
        "examples in one row",
        {f"{n}": _schedule(n) for n in (1, 2, 3, 4, 5, 8)},
    )


def home() -> Picture:
    """Misspelt keys that the suggestion leads back, by kind of slip."""
    points = [Point(kind, right / n) for kind, (right, n) in measured._caught().items()]
    points.append(
        Point("a word from another tool", measured.foreign_right() / measured.n_foreign())
    )
    return bars(
        "A slip of the finger finds its way home; a word from another tool not always",
        points,
        x=f"led to the key that was meant (fraction; {measured.n_slips():,} slips, {measured.n_foreign()} foreign words)",
    )
