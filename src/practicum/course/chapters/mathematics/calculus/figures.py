"""The figures of the lesson on calculus."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from practicum.learn.lessons.figures import Frames
from practicum.measure.canvas import DASHES, INK, MUTED, PALETTE, TEXT_PT
from practicum.measure.plots import Picture, drawing, lines

if TYPE_CHECKING:
    from matplotlib.axes import Axes

RATES = (0.02, 0.05, 0.1, 0.15, 0.18, 0.195, 0.2, 0.205, 0.21)
START = (9.0, 1.0)
N_STEPS = 20


def steps() -> Picture:
    """The error of two quotients of x³ at 1, against the step."""
    # Read from decimals, not raised to powers: rounding errors are then the same on every machine.
    sizes = [float(f"{digit}e-{e}") for e in range(1, 17) for digit in (3, 1)][1:]
    errors: dict[str, list[tuple[float, float]]] = {"one side": [], "both sides": []}
    for h in sizes:
        a, b = 1 + h, 1 - h
        errors["one side"].append((h, abs((a * a * a - 1) / h - 3)))
        errors["both sides"].append((h, abs((a * a * a - b * b * b) / (2 * h) - 3)))
    rows: list[list[object]] = [["quotient", "step", "error"]]
    rows += [[name, h, e] for name, curve in errors.items() for h, e in curve]

    def draw(axes: Axes) -> None:
        axes.set_xscale("log")
        axes.set_yscale("log")
        for i, (_, curve) in enumerate(errors.items()):
            shown = [(h, e) for h, e in curve if e > 0]  # zero has no place on this axis
            xs, ys = zip(*shown, strict=True)
            axes.plot(xs, ys, linestyle=DASHES[i], color=PALETTE[i], linewidth=1.6)
            axes.plot(xs, ys, "os"[i], color=PALETTE[i], markersize=3)
        for text, place in (
            ("from one side:\nerror ≈ 3h", (2e-8, 5e-3)),
            ("from both sides:\nerror = h²", (9e-5, 2e-11)),
            ("rounding takes over:\nerror ≈ 1e-16 / h", (7e-17, 1e-8)),
        ):
            axes.annotate(text, place, color=INK, fontsize=TEXT_PT, ha="left", va="center")
        axes.set_xlim(5e-17, 0.3)
        axes.set_ylim(1e-13, 30)
        for ticks, powers in (
            (axes.set_xticks, (-16, -12, -8, -4, -1)),
            (axes.set_yticks, (-12, -8, -4, 0)),
        ):
            ticks([10.0**p for p in powers], [f"1e{p}".replace("-", "−") for p in powers])
        axes.minorticks_off()

    return drawing(
        "Shrinking the step helps, until rounding takes over",
        draw, x="step h", y="error of the slope of x³ at 1",
        alt="Two curves on logarithmic axes. From the right, the error from one side falls with the "
        "step and is smallest near 1e-8; from both sides it falls twice as fast and is smallest "
        "near 1e-5. To the left of that both rise again, to 3 at a step of 1e-16.",
        rows=rows,
    )  # fmt: skip


def closer() -> Picture:
    """The preference loss and its Taylor polynomials around zero."""
    xs = [i / 5 for i in range(-20, 21)]
    return lines(
        "Every further term of the series holds on for longer, then lets go",
        {
            "the loss": [(z, math.log1p(math.exp(-z))) for z in xs],
            "degree 1": [(z, math.log(2) - z / 2) for z in xs],
            "degree 2": [(z, math.log(2) - z / 2 + z**2 / 8) for z in xs],
            "degree 4": [(z, math.log(2) - z / 2 + z**2 / 8 - z**4 / 192) for z in xs],
        },
        x="z = beta × margin", y="loss of a pair (nats)",
    )  # fmt: skip


def valley() -> Frames:
    """Twenty steps downhill in a long valley, at learning rates from timid to too large."""
    return Frames(
        "Beyond a learning rate of 0.2 the steps climb the walls of this valley",
        "learning rate",
        {f"{rate:g}": _descent(rate) for rate in RATES},
    )


def _descent(rate: float) -> Picture:
    path = [np.array(START)]
    for _ in range(N_STEPS):
        x, y = path[-1]
        path.append(np.array([x - rate * x, y - rate * 10 * y]))
    rows: list[list[object]] = [["step", "x", "y", "height"]]
    rows += [
        [i, float(x), float(y), float((x * x + 10 * y * y) / 2)] for i, (x, y) in enumerate(path)
    ]
    low = float(rows[-1][3])  # type: ignore[arg-type]
    claim = f"At a rate of {rate:g}, {N_STEPS} steps lead from a height of 45.5 to {low:.3g}"
    alt = (
        f"A path in a valley that is ten times steeper across than along. It starts at (9, 1); after "
        f"{N_STEPS} steps it is at ({path[-1][0]:.2f}, {path[-1][1]:.2f}), {low:.3g} high."
    )
    return drawing(
        claim, _draw_descent(path), x="along the valley", y="across the valley", alt=alt, rows=rows,
        height_in=3.6,
    )  # fmt: skip


def _draw_descent(path: list[np.ndarray]) -> Callable[[Axes], None]:
    def draw(axes: Axes) -> None:
        turn = np.linspace(0, 2 * np.pi, 49)
        for height in (1, 5, 15, 30, 50):
            axes.plot(
                np.sqrt(2 * height) * np.cos(turn), np.sqrt(height / 5) * np.sin(turn),
                color=MUTED, linewidth=0.6,
            )  # fmt: skip
        xs, ys = np.array(path).T
        axes.plot(xs, ys, color=PALETTE[1], linewidth=1.2)
        axes.plot(xs, ys, "o", color=PALETTE[1], markersize=3.5)
        axes.plot(0, 0, "P", color=PALETTE[0], markersize=8)
        leader = {"arrowstyle": "-", "color": MUTED, "linewidth": 0.6, "shrinkB": 5}
        axes.annotate(
            "lowest point", (0, 0), (-4.5, -4.8), ha="right", va="center", color=INK,
            fontsize=TEXT_PT, arrowprops=leader,
        )  # fmt: skip
        axes.annotate(
            "start", START, (6, 4), textcoords="offset points", color=INK, fontsize=TEXT_PT
        )
        axes.set_xlim(-10.5, 10.5)
        axes.set_ylim(-7.2, 7.2)

    return draw
