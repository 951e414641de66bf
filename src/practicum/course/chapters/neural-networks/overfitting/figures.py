"""Curves that part, a valley over width, what each remedy moves, and a polynomial that wiggles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import claims as measured
import numpy as np

from practicum.learn.lessons.figures import Frames, approximate
from practicum.measure.canvas import INK, MUTED, PALETTE
from practicum.measure.plots import Picture, Point, dots, drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTHS = (4, 8, 16, 32, 64, 128)


@approximate(0.05)
def gap() -> Picture:
    runs = np.array(measured._looks("plain"))  # (seeds, looks, fields)
    mean = runs.mean(0)
    steps, train, test = mean[:, 0], mean[:, 1], mean[:, 3]
    best = int(test.argmin())

    def draw(axes: Axes) -> None:
        for i, (values, field) in enumerate(((train, 1), (test, 3))):
            axes.fill_between(
                steps, runs[:, :, field].min(0), runs[:, :, field].max(0),
                color=PALETTE[i], alpha=0.15, linewidth=0,
            )  # fmt: skip
            axes.plot(steps, values, color=PALETTE[i], linestyle=("-", "--")[i], linewidth=1.8)
        axes.annotate("the gap", (steps[-1] - 2, 0.55), color=MUTED, ha="right", va="center")
        axes.annotate("", (steps[-1], test[-1] - 0.02), (steps[-1], train[-1] + 0.02),
                      arrowprops={"arrowstyle": "<->", "color": MUTED})  # fmt: skip
        axes.plot([steps[best]], [test[best]], "o", color=PALETTE[1], markersize=6)
        axes.annotate(
            "best on unseen rows", (steps[best] + 0.5, test[best] + 0.05), (40, 1.5),
            color=INK, va="center", ha="left",
            arrowprops={"arrowstyle": "-", "color": MUTED, "linewidth": 0.8},
        )  # fmt: skip
        axes.text(100, 0.96, "test", color=PALETTE[1], ha="right")
        axes.text(100, 0.2, "training", color=PALETTE[0], ha="left")
        axes.set_ylim(0, 2.4)
        axes.set_xlim(0, 152)

    rows = [["updates", "training loss", "test loss"], *zip(steps, train, test, strict=True)]
    return drawing(
        "Training loss only falls; test loss turns and climbs",
        draw,
        x="updates (bands: five seeds)",
        y="mean cross-entropy (nats a row)",
        alt="The training loss falls from 2.3 to nearly 0. The test loss falls with it to about "
        f"{test[best]:.2f} at update {steps[best]:.0f}, then rises to {test[-1]:.2f}.",
        rows=rows,
    )


@approximate(0.05)
def capacity() -> Picture:
    ends = np.array([[measured._run(s, width=w)[0][-1] for s in measured.SEEDS] for w in WIDTHS])
    train, test = ends[:, :, 1].mean(1), ends[:, :, 3].mean(1)

    def draw(axes: Axes) -> None:
        for i, (name, values, field) in enumerate((("training", train, 1), ("test", test, 3))):
            axes.fill_between(
                WIDTHS, ends[:, :, field].min(1), ends[:, :, field].max(1),
                color=PALETTE[i], alpha=0.15, linewidth=0,
            )  # fmt: skip
            axes.plot(WIDTHS, values, color=PALETTE[i], linestyle=("-", "--")[i],
                      marker="os"[i], markersize=4, linewidth=1.8)  # fmt: skip
            axes.text(140, values[-1], name, color=PALETTE[i], va="center")
        axes.set_xscale("log", base=2)
        axes.set_xticks(WIDTHS, [str(w) for w in WIDTHS])
        axes.minorticks_off()
        axes.set_xlim(3.6, 230)
        axes.set_ylim(0, 2.6)

    return drawing(
        "Wider networks fit better and, beyond sixteen units, predict worse",
        draw,
        x="units in the hidden layer (bands: five seeds)",
        y="mean cross-entropy after 150 updates (nats a row)",
        alt="Training loss falls with every doubling of the width. Test loss falls until 16 units "
        f"({test[2]:.2f}) and then rises to {test[-1]:.2f} at 128.",
        rows=[["units", "training loss", "test loss"], *zip(WIDTHS, train, test, strict=True)],
    )


@approximate(0.05)
def remedies() -> Picture:
    names = ("dropout", "early stopping", "augmentation", "L2", "L1")
    return dots(
        "Each remedy cuts the test loss of the network that was told forty lies",
        [Point(name, *measured._change(name)) for name in names],
        x="change of test loss against the plain network (nats a row, five seeds)",
    )


@approximate(0.05)
def wrong_medicine() -> Picture:
    names = ("dropout", "early stopping", "L1", "L2", "augmentation")
    return dots(
        "With clean labels there is little left to cure, and shifting does harm",
        [Point(name, *measured._change(name, 0)) for name in names],
        x="change of test loss against the plain network (nats a row, five seeds)",
    )


def wiggle() -> Frames:
    rng = np.random.default_rng(12)
    x = np.linspace(0.03, 0.97, 12) + rng.uniform(-0.03, 0.03, 12)
    y = np.sin(2 * np.pi * x) + rng.normal(0, 0.3, x.size)
    fresh = rng.uniform(x.min(), x.max(), 400)  # between the points: nobody extrapolates here
    truth = np.sin(2 * np.pi * fresh) + rng.normal(0, 0.3, fresh.size)
    line = np.linspace(x.min(), x.max(), 120)
    pictures = {}
    for degree in (1, 2, 3, 5, 7, 9, 10, 11):
        fit = np.polynomial.Polynomial.fit(x, y, degree)
        curve = fit(line)
        own = float(np.sqrt(np.mean((fit(x) - y) ** 2)))
        other = float(np.sqrt(np.mean((fit(fresh) - truth) ** 2)))

        def draw(axes: Axes, curve: np.ndarray = curve) -> None:
            axes.plot(line, np.sin(2 * np.pi * line), color=MUTED, linewidth=1, linestyle=":")
            axes.plot(line, curve, color=PALETTE[0], linewidth=1.8)
            axes.plot(x, y, "o", color=PALETTE[1], markersize=5)
            axes.set_ylim(-3, 3)
            axes.set_xlim(0, 1)

        pictures[f"degree {degree}"] = drawing(
            f"Degree {degree}: error {own:.2f} on its own points, {other:.2f} on fresh ones",
            draw,
            x="x",
            y="y (dots: twelve noisy points; dotted: the truth)",
            alt=f"A polynomial of degree {degree} through twelve noisy points of a sine wave.",
            rows=[["x", "y", "fit"], *zip(x, y, fit(x), strict=True)],
        )
    return Frames(
        "A curve with enough freedom touches every point and misses what lies between",
        "degree of the polynomial",
        pictures,
    )
