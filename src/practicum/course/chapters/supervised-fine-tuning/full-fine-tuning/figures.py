"""Which words are graded, what each choice leads to, and how gain and slip part with the learning rate."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import claims as measured
import numpy as np

from practicum.learn.lessons.figures import Frames, approximate
from practicum.measure.canvas import INK, LINE, MUTED, PALETTE
from practicum.measure.plots import Picture, drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

RATES = (1e-4, 3e-4, 1e-3, 3e-3)


def graded() -> Picture:
    """One row of training: two lines of words, what the model reads and what it is graded on."""
    words = [
        "<user>",
        "where",
        "does",
        "the",
        "deer",
        "live",
        "?",
        "<bot>",
        "the",
        "deer",
        "lives",
        "in",
        "the",
        "river",
        ".",
        "<end>",
    ]
    first = words.index("<bot>") + 1

    def draw(axes: Axes) -> None:
        for i, word in enumerate(words):
            line, place = (1, i) if i < 8 else (0, i - 8)
            mine = i >= first
            axes.text(
                place, line, word, ha="center", va="center",
                color=INK if mine else MUTED, fontsize=10,
                bbox={"boxstyle": "round,pad=0.35", "facecolor": "none", "linewidth": 1.8 if mine else 0.8,
                      "edgecolor": PALETTE[0] if mine else LINE, "linestyle": "-" if mine else "--"},
            )  # fmt: skip
            axes.text(place, line - 0.34, "graded" if mine else "−100", ha="center", va="center",
                      fontsize=8, color=PALETTE[0] if mine else MUTED)  # fmt: skip
        axes.set_xlim(-0.6, 7.6)
        axes.set_ylim(-0.6, 1.45)
        axes.set_xticks([])
        axes.set_yticks([])
        axes.grid(False)
        for spine in axes.spines.values():
            spine.set_visible(False)

    return drawing(
        "All sixteen words are read; only the eight that the assistant wrote are graded",
        draw,
        x="",
        y="one row of training, its second half below the first",
        alt="A question and its answer as a row of sixteen words. The user's turn and the header of the answer carry "
        "the label minus 100; the answer's seven words and its end of turn are graded.",
        rows=[("word", "graded"), *((w, int(i >= first)) for i, w in enumerate(words))],
        height_in=2.1,
    )


@approximate(0.3)
def choices() -> Picture:
    """Answers right and answers that end, by what was graded."""
    kinds = (
        ("answer", "the answer and its end"),
        ("all", "every word, the question too"),
        ("open", "the answer, not its end"),
    )
    found = [
        (name, *(float(np.mean(measured._over_seeds(f, scored=kind))) for f in ("held_right", "stopped")))
        for kind, name in kinds
    ]  # fmt: skip

    def draw(axes: Axes) -> None:
        for i, (_, right, stops) in enumerate(found):
            place = len(found) - 1 - i
            for value, shift, colour, hatch in (
                (right, 0.17, PALETTE[0], ""),
                (stops, -0.17, PALETTE[1], "//"),
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
                    value + 0.01, place + shift, f"{value:.0%}", va="center", color=INK, fontsize=9
                )
        axes.text(0.5, 2.48, "answered word for word", color=PALETTE[0], ha="right", fontsize=9)
        axes.text(0.54, 2.48, "/ came to an end", color=PALETTE[1], ha="left", fontsize=9)
        axes.set_yticks(range(len(found)), [name for name, _, _ in reversed(found)])
        axes.set_xlim(0, 1.12)
        axes.set_ylim(-0.5, 2.75)

    return drawing(
        "Leave the end of turn out of the loss, and no answer ever ends",
        draw,
        x="share of sixteen questions about animals never asked about (three seeds)",
        y="graded in training",
        alt=" ".join(f"Graded {n}: {r:.0%} right, {s:.0%} ended." for n, r, s in found),
        rows=[("graded", "right", "ended"), *found],
        height_in=2.7,
    )


@approximate(0.3)
def account() -> Frames:
    """Loss of held-out chats and of held-out text over updates, one frame for each learning rate."""
    pictures = {}
    for rate in RATES:
        curves = {}
        for share in (0.0, 0.25):
            model = copy.deepcopy(measured._base())
            curves[share] = measured._tune(model, rate, 0, share, every=15)

        def draw(axes: Axes, curves: dict = curves) -> None:
            steps = [s for s, _, _ in curves[0.0]]
            lines = (
                ("chats", [c for _, c, _ in curves[0.0]], PALETTE[0], "-"),
                ("plain text", [t for _, _, t in curves[0.0]], PALETTE[1], "--"),
                (
                    "plain text, a quarter replayed",
                    [t for _, _, t in curves[0.25]],
                    PALETTE[2],
                    "-.",
                ),
            )
            for name, values, colour, dash in lines:
                axes.plot(steps, values, color=colour, linestyle=dash, linewidth=1.9, label=name)
            axes.legend(loc="upper right", frameon=False, labelcolor=INK, fontsize=9)
            axes.set_ylim(0, 4.1)
            axes.set_xlim(0, measured.UPDATES)

        last, end = curves[0.0][-1], curves[0.25][-1]
        pictures[f"{rate:g}"] = drawing(
            f"Learning rate {rate:g}: chats end at {last[1]:.2f} nats, plain text at {last[2]:.2f}",
            draw,
            x="updates",
            y="loss on what was held out (nats a word)",
            alt=f"At the learning rate {rate:g} the loss of held-out chats falls from {curves[0.0][0][1]:.2f} to {last[1]:.2f}; that "
            f"of plain text goes from {curves[0.0][0][2]:.2f} to {last[2]:.2f}, or to {end[2]:.2f} with replay.",
            rows=[("updates", "chats", "text", "text with replay"),
                  *((s, c, t, u) for (s, c, t), (_, _, u) in zip(curves[0.0], curves[0.25], strict=True))],
        )  # fmt: skip
    return Frames(
        "The faster it learns to answer, the faster it forgets how to read",
        "learning rate",
        pictures,
    )
