"""The figures of this lesson."""

import math
from typing import TYPE_CHECKING

import torch
from claims import _lab

from practicum.learn.lessons.figures import Frames, approximate
from practicum.measure.canvas import DASHES, INK, MUTED, PALETTE, SMALL_PT, spread
from practicum.measure.plots import Picture, drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_BACK = range(0, 41, 2)
_LOWEST = -14  # powers of ten; what falls below is not drawn


@approximate(0.05)
def felt() -> Picture:
    """How strongly each earlier step is felt at the end, by untrained candidates."""
    lab = _lab()
    curves = {
        name: [(back, math.log10(float(values[lab.LAG - back]))) for back in _BACK]
        for name, values in lab.felt.items()
    }
    return _curves(
        "Forty steps back the plain RNN feels next to nothing; an LSTM feels what its biases let it",
        curves,
    )


def fading() -> Frames:
    """A plain RNN whose state weights grow, and the power law that it follows."""
    lab = _lab()
    x, _ = lab.examination(32, lab.LAG, torch.Generator().manual_seed(2))
    w = lab.started("RNN", x.shape[2], lab.WIDTH, "none")
    w = w._replace(x=1e-4 * w.x)  # whispered inputs: tanh is nearly straight while states are small
    radius = float(torch.linalg.eigvals(w.h).abs().max())
    other = lab.felt["LSTM, spread"]
    reference = [
        (back, math.log10(float(other[lab.LAG - back] / other[lab.LAG]))) for back in _BACK
    ]
    pictures = {}
    for wanted in (0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3):
        values = lab.reach("RNN", x, w._replace(h=w.h * wanted / radius))
        measured = [
            (back, math.log10(max(float(values[lab.LAG - back] / values[lab.LAG]), 1e-30)))
            for back in _BACK
        ]
        left = 10 ** measured[-1][1]
        law = [(back, back * math.log10(wanted) + 0.0) for back in _BACK]
        said = (
            f"multiply the gradient by {left:,.0f}"
            if left > 2
            else f"leave {left:.1g} of the gradient"
        )
        pictures[f"{wanted:g}"] = _curves(
            f"With a largest eigenvalue of {wanted:g}, forty steps {said}",
            {
                "plain RNN": measured,
                f"{wanted:g} to the power of the steps": law,
                "LSTM, spread": reference,
            },
            low=-14,
            high=8,
        )
    return Frames(
        claim="A plain RNN's gradient follows a power of its weights: it fades or it bursts",
        moves="largest eigenvalue of the state's weights",
        pictures=pictures,
    )


def _curves(
    claim: str,
    curves: dict[str, list[tuple[int, float]]],
    low: float = _LOWEST,
    high: float = 2.5,
) -> Picture:
    def draw(axes: "Axes") -> None:
        ends = spread(
            [min(max(c[-1][1], low + 1), high - 1) for c in curves.values()], (high - low) / 13
        )
        for i, (name, curve) in enumerate(curves.items()):
            inside = [(b, v) for b, v in curve if low <= v <= high]
            axes.plot(
                *zip(*inside, strict=True), color=PALETTE[i], linestyle=DASHES[i], linewidth=1.8
            )
            axes.annotate(
                name,
                (41, ends[i]),
                va="center",
                color=INK,
                annotation_clip=False,
                fontsize=SMALL_PT,
            )
        axes.axhline(0, color=MUTED, linewidth=0.8)
        axes.set_xticks(range(0, 41, 10))
        axes.set_xlim(0, 40)
        axes.set_yticks(range(-12, int(high) + 1, 4))
        axes.set_ylim(low, high)

    alt = "Curves of the gradient by steps back, in powers of ten. " + "; ".join(
        f"{name}: from {curve[0][1]:.1f} to {curve[-1][1]:.1f}" for name, curve in curves.items()
    )
    rows = [("steps back", *curves)]
    rows += [(b, *(float(c[i][1]) for c in curves.values())) for i, b in enumerate(_BACK)]
    return drawing(
        claim, draw, x="steps back", y="gradient felt at the end (powers of ten)", alt=alt + ".", rows=rows
    )  # fmt: skip
