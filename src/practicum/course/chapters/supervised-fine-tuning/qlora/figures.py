"""Where sixteen values lie, what an outlier does to its block, what memory holds, and how small the gap is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import claims as measured
import numpy as np

from practicum.learn.lessons.figures import Frames, approximate
from practicum.measure.canvas import INK, LINE, MUTED, PALETTE
from practicum.measure.plots import Picture, drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def levels() -> Picture:
    """NF4's values and equal steps under a normal density."""
    nf4, even = measured._nf4(), measured._int4()
    x = np.linspace(-1.08, 1.08, 160)
    density = np.exp(-0.5 * (x * 2.4) ** 2)  # a block's largest of 64 lies near 2.4 spreads

    def draw(axes: Axes) -> None:
        axes.fill_between(x, density, color=LINE, alpha=0.5, linewidth=0)
        for values, low, colour, name in (
            (nf4, -0.3, PALETTE[0], "NF4"),
            (even, -0.62, PALETTE[1], "equal steps"),
        ):
            axes.vlines(values, low, low + 0.2, color=colour, linewidth=2)
            axes.text(-1.12, low + 0.1, name, color=colour, ha="right", va="center")
        axes.text(0, 0.45, "weights of a block", color=MUTED, ha="center", va="center")
        axes.set_xlim(-1.55, 1.1)
        axes.set_ylim(-0.7, 1.05)
        axes.set_yticks([])
        axes.set_xticks([-1, -0.5, 0, 0.5, 1])
        axes.grid(False)

    return drawing(
        "NF4 spends its values where the weights are",
        draw,
        x="weight, as a share of its block's largest",
        y="how common a weight is, and the values it may be rounded to",
        alt="A bell-shaped density of weights. Below it NF4's sixteen values, dense in the middle and sparse at the ends, "
        "and fifteen values at equal steps.",
        rows=[("NF4", "equal steps"), *((float(a), float(b)) for a, b in zip(nf4, [*even, np.nan], strict=True) if b == b)],
        height_in=2.7,
    )  # fmt: skip


def _block(times: int) -> Picture:
    before, after, error = measured._spoiled(times)
    told = f"{error:.0%}"

    def draw(axes: Axes) -> None:
        axes.plot([-2.7, 2.7], [-2.7, 2.7], color=MUTED, linewidth=1, dashes=(4, 2))
        axes.plot(before, after, "o", color=PALETTE[0], markersize=4.5, alpha=0.8)
        axes.set_xlim(-2.8, 2.8)
        axes.set_ylim(-3.4, 3.4)

    return drawing(
        f"An outlier of {times} spreads: the block's other weights are {told} off",
        draw,
        x="the other 63 weights (in spreads)",
        y="after rounding (dashed: unchanged)",
        alt=f"Rounded against original weights of a block with an outlier of {times} spreads: error {told}.",
        rows=[("before", "after"), *zip(before, after, strict=True)],
        height_in=3.2,
    )


def outlier() -> Frames:
    """One weight of a block of 64 grows; the others are rounded ever more coarsely."""
    return Frames(
        "One large weight makes its whole block coarse",
        "size of the largest weight, in spreads of the others",
        {f"{t}": _block(t) for t in (2, 4, 8, 16, 32, 50)},
    )


def memory() -> Picture:
    """Gigabytes for tuning Llama 3.1 8B in three ways, activations aside."""
    n, adapters = measured.lora.LLAMA / 1e9, measured.lora.llama_trained() / 1e9
    ways = (
        ("all weights", 2 * n, 14 * n),
        ("LoRA, rank 16", 2 * n, 16 * adapters),
        ("QLoRA, rank 16", measured.llama_weights(), 16 * adapters),
    )

    def draw(axes: Axes) -> None:
        for i, (_, weights, rest) in enumerate(ways):
            place = len(ways) - 1 - i
            axes.barh(place, weights, 0.55, color=PALETTE[0])
            axes.barh(
                place,
                rest,
                0.55,
                left=weights,
                color=PALETTE[1],
                hatch="//",
                edgecolor="white",
                linewidth=0,
            )
            axes.text(weights + rest + 2, place, f"{weights + rest:.1f} GB", color=INK, va="center")
        axes.text(30, 0.55, "weights", color=PALETTE[0])
        axes.text(52, 0.55, "/ adapters, gradients, optimizer", color=PALETTE[1])
        axes.set_yticks(range(len(ways)), [name for name, _, _ in reversed(ways)])
        axes.set_xlim(0, 152)

    return drawing(
        "Adapters remove the moving part, four bits most of the rest",
        draw,
        x="memory for tuning 8 billion weights, activations aside (GB)",
        y="",
        alt=" ".join(f"{name}: {a + b:.1f} GB." for name, a, b in ways),
        rows=[("way", "weights, GB", "adapters, gradients, optimizer, GB"), *ways],
        height_in=2.5,
    )


@approximate(0.3)
def gap() -> Picture:
    """Trained and held-out loss of adapters above 32, 4 and 2 bits."""
    kinds = (
        ("32 bits", measured._plain("asked"), measured._plain("held")),
        ("4 bits (NF4)", *(float(np.mean(measured._over_seeds(f))) for f in ("asked", "held"))),
        ("2 bits", *(float(np.mean(measured._over_seeds(f, "two"))) for f in ("asked", "held"))),
    )

    def draw(axes: Axes) -> None:
        for i, (_, asked, held) in enumerate(kinds):
            place = len(kinds) - 1 - i
            for value, shift, colour, hatch in (
                (asked, 0.17, PALETTE[1], "//"),
                (held, -0.17, PALETTE[0], ""),
            ):
                axes.barh(
                    place + shift,
                    value,
                    0.3,
                    color=colour,
                    hatch=hatch,
                    edgecolor="white",
                    linewidth=0,
                )
                axes.text(
                    value + 0.005, place + shift, f"{value:.2f}", va="center", color=INK, fontsize=9
                )
        axes.text(0.165, 2.13, "/ chats trained on", color=PALETTE[1], fontsize=9)
        axes.text(0.265, 1.78, "chats held out", color=PALETTE[0], fontsize=9)
        axes.set_yticks(range(len(kinds)), [name for name, _, _ in reversed(kinds)])
        axes.set_xlim(0, 0.46)

    return drawing(
        "Trained chats hide what rounding cost; held-out chats show it",
        draw,
        x="loss after training adapters of rank four (nats a word, three seeds)",
        y="how the frozen weights are stored",
        alt=" ".join(
            f"{n}: {a:.2f} on trained chats, {h:.2f} on held-out chats." for n, a, h in kinds
        ),
        rows=[("stored in", "trained", "held out"), *kinds],
        height_in=2.7,
    )
