"""Digits and their scrambled twins, an opinion that forms, the surest mistakes, and a census."""

from __future__ import annotations

from typing import TYPE_CHECKING

import claims as measured
import numpy as np
import torch

from practicum.learn.lessons.figures import Frames, approximate
from practicum.measure.canvas import INK, LINE, MUTED, PALETTE
from practicum.measure.plots import Picture, Point, bars, drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHADES = ((0.2, 0.25), (0.5, 0.55), (0.75, 1.0))  # ink above this is drawn with that opacity


def _draw_digit(axes: Axes, image: np.ndarray, left: float, bottom: float) -> None:
    """One 8 × 8 picture as squares, its lower left corner at a place."""
    axes.plot(np.array([0, 8, 8, 0, 0]) + left, np.array([0, 0, 8, 8, 0]) + bottom,
              color=LINE, linewidth=0.8)  # fmt: skip
    rows, columns = np.mgrid[0:8, 0:8]
    tops = [low for low, _ in SHADES[1:]] + [1.1]
    for (low, opacity), top in zip(SHADES, tops, strict=True):
        here = (image >= low) & (image < top)
        axes.scatter(columns[here] + 0.5 + left, 7.5 - rows[here] + bottom, s=62, marker="s",
                     color=PALETTE[0], alpha=opacity, linewidth=0)  # fmt: skip


def _blank(axes: Axes, width: float, height: float) -> None:
    axes.set_xlim(-0.5, width)
    axes.set_ylim(-0.5, height)
    axes.set_aspect("equal")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.grid(False)
    for spine in axes.spines.values():
        spine.set_visible(False)


@approximate(0.05)
def scrambled() -> Picture:
    x, y = measured._digits()
    rows = [int(np.flatnonzero(y.numpy() == digit)[2]) for digit in (3, 4, 8)]
    images = x.numpy()[rows]  # (3, 64)

    def draw(axes: Axes) -> None:
        for i, image in enumerate(images):
            _draw_digit(axes, image.reshape(8, 8), 11 * i, 10)
            _draw_digit(axes, image[measured._shuffle()].reshape(8, 8), 11 * i, 0)
        axes.text(31, 14, "as written", color=INK, va="center")
        axes.text(31, 4, "scrambled,\nalways alike", color=INK, va="center")
        _blank(axes, 42, 18.5)

    return drawing(
        "To the network, the upper and the lower row are the same task",
        draw,
        x="",
        y="",
        alt="Three handwritten digits, 3, 4 and 8, of 8 by 8 pixels; below each the same pixels in "
        "a shuffled order, in which no digit can be seen.",
        rows=[["digit", "inked pixels"],
              *((int(y[r]), int((x[r] > 0.2).sum())) for r in rows)],
        height_in=3.0,
    )  # fmt: skip


@approximate(0.05)
def opinion() -> Frames:
    x, y = measured._digits()
    moments = measured._trained()
    row = 1665  # of the test rows the one over which the network changes its mind most often
    image, label = x[row].numpy().reshape(8, 8), int(y[row])
    rows, columns = np.nonzero(image > SHADES[1][0])
    pictures = {}
    for epoch in (0, 1, 2, 3, 6, 8, 10, 15, 20, 25):
        with torch.no_grad():
            chances = moments[epoch](x[row][None]).softmax(1)[0].numpy()
        said = int(chances.argmax())

        def draw(axes: Axes, chances: np.ndarray = chances) -> None:
            colours = [PALETTE[1] if digit == label else PALETTE[0] for digit in range(10)]
            axes.bar(range(10), chances, color=colours, width=0.7)
            axes.scatter(columns * 0.16 - 0.3, 0.95 - rows * 0.055, s=32, marker="s", color=MUTED,
                         linewidth=0)  # fmt: skip
            axes.set_xticks(range(10))
            axes.set_ylim(0, 1)
            axes.set_xlim(-0.6, 9.6)

        pictures[f"after epoch {epoch}"] = drawing(
            f"After epoch {epoch} it says {said}, with {chances[said]:.0%}".replace("%", " %"),
            draw,
            x="digit (orange: the label; grey: the picture)",
            y="probability",
            alt=f"Bars of ten probabilities after epoch {epoch}; the highest is at {said}.",
            rows=[
                ["digit", "probability"],
                *((d, round(float(c), 4)) for d, c in enumerate(chances)),
            ],
            height_in=2.8,
        )
    return Frames(
        "An opinion about an unseen 9 forms while others are trained on", "epoch", pictures
    )


def mistakes() -> Picture:
    x, y = measured._digits()
    test = measured._parts()[2]
    model = measured._trained()[-1]
    with torch.no_grad():
        chances = model(x[test]).softmax(1)
    sure, said = chances.max(1)
    order = sure.argsort(descending=True).tolist()
    wrong = [i for i in order if said[i] != y[test[i]]][:6]

    def draw(axes: Axes) -> None:
        for place, i in enumerate(wrong):
            left, bottom = 14 * (place % 3), 14 * (1 - place // 3)
            _draw_digit(axes, x[test[i]].numpy().reshape(8, 8), left, bottom)
            axes.text(left, bottom + 8.6, f"says {said[i]}, {100 * sure[i]:.0f} % sure", color=INK)
            axes.text(left + 8.4, bottom + 0.3, f"label {y[test[i]]}", color=MUTED, rotation=90)
        _blank(axes, 38.5, 24.5)

    return drawing(
        "Its surest mistakes are digits that a person reads twice",
        draw,
        x="",
        y="",
        alt="Six handwritten digits with what the network says, how sure it is, and the label.",
        rows=[["says", "sure", "label"],
              *((int(said[i]), round(float(sure[i]), 4), int(y[test[i]])) for i in wrong)],
        height_in=4.0,
    )  # fmt: skip


def census() -> Picture:
    total = measured.model_total()
    shares = {name: 100 * n / total for name, n in measured._matrices().items()}
    return bars(
        "Most weights of a small language model sit in its perceptrons",
        [Point(name, share) for name, share in shares.items() if name != "norms"],
        x="share of the 134.5 million weights of SmolLM2-135M (%)",
    )
