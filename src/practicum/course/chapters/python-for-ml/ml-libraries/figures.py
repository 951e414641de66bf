"""Figures of the lesson on classic machine learning."""

from __future__ import annotations

from typing import Any

import numpy as np
from claims import LETTERS, _gaps, _plane, _scores, _tsne, n_test

from practicum.learn.lessons.figures import Frames
from practicum.measure.canvas import INK, MUTED, PALETTE
from practicum.measure.intervals import wilson
from practicum.measure.plots import Picture, Point, bars, drawing

VOWELS = "aeiou"
SIDES = {
    "f": (-6, -10),
    "t": (4, -9),
    "l": (5, -5),
    "g": (-10, 0),
    "w": (-10, 0),
    "s": (-10, -3),
    "p": (-3, 6),
}


def letters() -> Picture:
    """The letters along the first two components of their neighbours."""
    points, shares = _plane()

    def draw(axes: Any) -> None:
        axes.axhline(0, color=MUTED, linewidth=0.6)
        for letter, (across, up) in zip(LETTERS, points, strict=True):
            vowel = letter in VOWELS
            axes.plot([across], [up], "o" if vowel else "s", color=PALETTE[1] if vowel else PALETTE[0],
                      markersize=4)  # fmt: skip
            axes.annotate(
                letter,
                (across, up),
                SIDES.get(letter, (5, 1)),
                textcoords="offset points",
                color=INK,
            )
        axes.margins(0.07)

    return drawing(
        "The vowels stand apart, and nobody told it what a vowel is",
        draw,
        x=f"first component ({shares[0]:.0%} of the variance)",
        y=f"second component ({shares[1]:.0%})",
        alt="The 26 letters on a plane. Far right, apart from all others: a, e, i, o and u. "
        "Nearest to them y; the consonants lie to the left.",
        rows=[
            ("letter", "first component", "second component"),
            *((letter, float(a), float(b)) for letter, (a, b) in zip(LETTERS, points, strict=True)),
        ],
        height_in=3.8,
    )


def digits() -> Picture:
    """Four classifiers on the same unseen digits."""
    names = {
        "tree": "one decision tree",
        "forest": "forest of a hundred trees",
        "logistic": "logistic regression",
        "neighbours": "three nearest neighbours",
    }
    points = []
    for name, label in names.items():
        right = round(_scores()[name] * n_test())
        low, high = wilson(right, n_test())
        points.append(Point(label, 100 * right / n_test(), 100 * low, 100 * high))
    return bars(
        "Asking three neighbours, with no training at all, beats the tree by far",
        points,
        x="unseen digits told right (%)",
        n=n_test(),
    )


def _round(points: np.ndarray, centres: np.ndarray, labels: np.ndarray, said: str) -> Picture:
    def draw(axes: Any) -> None:
        for i, mark in enumerate(("o", "s")):
            mine = labels == i
            axes.plot(*points[mine].T, mark, color=PALETTE[i], markersize=4)
            axes.plot(*centres[i], "X", color=PALETTE[i], markersize=13, markeredgecolor=INK)
        for letter, (across, up) in zip(LETTERS, points, strict=True):
            axes.annotate(
                letter,
                (across, up),
                SIDES.get(letter, (5, 1)),
                textcoords="offset points",
                color=INK,
            )
        axes.set_xlim(points[:, 0].min() - 0.1, points[:, 0].max() + 0.15)
        axes.set_ylim(points[:, 1].min() - 0.1, points[:, 1].max() + 0.15)

    groups = [
        "".join(c for c, label in zip(LETTERS, labels, strict=True) if label == i) for i in (0, 1)
    ]
    return drawing(
        said,
        draw,
        x="first component",
        y="second component",
        alt=f"Two crosses among the letters. The first is nearest to {groups[0]}, the second to {groups[1]}.",
        rows=[("centre", "first component", "second component", "its letters"),
              *((f"centre {i + 1}", *map(float, centres[i]), groups[i]) for i in (0, 1))],
        height_in=3.5,
    )  # fmt: skip


def centres() -> Frames:
    """k-means with two centres on the plane of letters, from a bad start."""
    points, _ = _plane()
    at = points[[LETTERS.index("z"), LETTERS.index("v")]].copy()
    pictures: dict[str, Picture] = {}
    labels = np.full(26, -1)
    while True:
        chosen = ((points[:, None] - at) ** 2).sum(axis=2).argmin(axis=1)
        if (chosen == labels).all():
            break
        labels, n = chosen, len(pictures)
        title = f"After {n} move{'s' * (n > 1)}: {(labels == 0).sum()} letters to one centre, {(labels == 1).sum()} to the other"
        pictures[f"{n}"] = _round(
            points, at, labels, title if n else "Both centres begin among rare consonants"
        )
        at = np.array([points[labels == i].mean(axis=0) for i in (0, 1)])
    return Frames(
        "Choose, move, choose again: two centres find vowels and consonants", "moves", pictures
    )


def _noise_map(perplexity: int) -> Picture:
    X = np.random.default_rng(0).normal(size=(150, 50))
    drawn = _tsne(X, perplexity)
    drawn = (drawn - drawn.mean(axis=0)) / np.abs(drawn - drawn.mean(axis=0)).max()

    def draw(axes: Any) -> None:
        axes.plot(*drawn.T, "o", color=PALETTE[0], markersize=4)
        axes.set_xlim(-1.1, 1.1)
        axes.set_ylim(-1.1, 1.1)
        axes.set_xticks([])
        axes.set_yticks([])
        axes.grid(visible=False)

    return drawing(
        f"Perplexity {perplexity}: "
        + ("clumps in pure noise" if perplexity < 10 else "one cloud, as it should be"),
        draw,
        x="map, across (no unit)",
        y="map, upwards (no unit)",
        alt=f"A t-SNE map, at perplexity {perplexity}, of 150 points drawn from one normal distribution in "
        "fifty dimensions. "
        + (
            "The points form small clumps."
            if perplexity < 10
            else "The points form one even cloud."
        ),
        rows=[("perplexity", "points", "groups in the data"), (perplexity, 150, 1)],
        height_in=3.4,
    )


def noise() -> Frames:
    """One cloud of noise, mapped at several perplexities."""
    pictures = {f"{p}": _noise_map(p) for p in (2, 4, 10, 40)}
    return Frames("Clumps that are not there: noise, as t-SNE draws it", "perplexity", pictures)


def _note(axes: Any, text: str, place: Any, offset: tuple[int, int], ha: str) -> None:
    axes.annotate(
        text, tuple(place), offset, textcoords="offset points", ha=ha, va="center", color=INK
    )


def gaps() -> Picture:
    """Three groups on a line, and the distances that the map gives them."""
    drawn = _gaps()
    middles = [drawn[i : i + 60].mean(axis=0) for i in (0, 60, 120)]
    axis = middles[2] - middles[0]
    turn = np.array([axis, [-axis[1], axis[0]]]) / np.linalg.norm(axis)
    drawn, middles = drawn @ turn.T, [turn @ m for m in middles]

    def draw(axes: Any) -> None:
        beside = (((-18, 0), "right"), ((18, 0), "left"), ((18, 0), "left"))
        for i, at in enumerate((0, 5, 50)):
            part = drawn[60 * i : 60 * i + 60 : 2]
            axes.plot(*part.T, ("o", "s", "^")[i], color=PALETTE[i], markersize=3.5)
            _note(axes, f"group at {at}", middles[i], *beside[i])
        edges = (
            (0, 1, 5, (-8, 0), "right"),
            (1, 2, 45, (8, 0), "left"),
            (0, 2, 50, (0, -10), "center"),
        )
        for a, b, gap, offset, ha in edges:
            axes.plot(*np.array([middles[a], middles[b]]).T, color=INK, linewidth=1, linestyle="--")
            _note(axes, f"{gap} apart", (middles[a] + middles[b]) / 2, offset, ha)
        axes.set_aspect("equal", adjustable="datalim")
        axes.margins(0.12)

    return drawing(
        "Groups 5, 45 and 50 apart, drawn as if they were equally far",
        draw,
        x="t-SNE map, across (no unit)",
        y="t-SNE map, upwards (no unit)",
        alt="Three round groups at the corners of a triangle with nearly equal sides, although in the data they "
        "stand on a line, five and forty-five apart.",
        rows=[("group", "place in the data"), ("first", 0), ("second", 5), ("third", 50)],
        height_in=3.2,
    )
