"""Which side of its station each label goes to: alternately above and below, clear of transfers.

A label meets only those of the two stations before it, so the best choice for a whole row is
found by dynamic programming over pairs of neighbours (Viterbi), not by trial.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import product

from practicum.web.transit.letters import BOLD, text_width, wrapped
from practicum.web.transit.network import Anchor, Box, Label

SIZE, LEADING = 12.5, 15.0
WIDEST = 118.0  # a longer title is broken into lines
OFF = 13.0  # from a station's centre to its label
ASIDE = 6.0  # from a transfer's centre line to a label beside it
BREATH = 9.0  # between labels side by side
CLASH, CROSSED, ASKEW, SAME_SIDE, TALL = 1000.0, 100.0, 12.0, 5.0, 2.0
TIGHTEST, LOOSEST, STEP = 50, 240, 2  # distances between stations that are tried

Exits = frozenset[str]  # "up" and "down": the sides on which transfers reach a station


def fit(
    titles: Sequence[str], exits: Sequence[Exits], pitch: float
) -> tuple[tuple[Label, ...], float]:
    """The labels of stations `pitch` apart on the x axis, and what is wrong with them."""
    choices = [
        _candidates(title, e, n * pitch)
        for n, (title, e) in enumerate(zip(titles, exits, strict=True))
    ]
    own = [[_own_cost(c, n * pitch, exits[n]) + _exit_cost(c, n, exits, pitch) for c in cs]
           for n, cs in enumerate(choices)]  # fmt: skip
    if len(choices) == 1:
        cost, only = min(zip(own[0], range(len(own[0])), strict=True))
        return (choices[0][only],), cost
    best: dict[tuple[int, int], tuple[float, tuple[int, ...]]] = {
        (a, b): (own[0][a] + own[1][b] + _pair_cost(choices[0][a], choices[1][b], True), (a, b))
            for a, b in product(range(len(choices[0])), range(len(choices[1])))
    }  # fmt: skip
    for n in range(2, len(choices)):
        following: dict[tuple[int, int], tuple[float, tuple[int, ...]]] = {}
        for (a, b), (cost, chosen) in best.items():
            for c, label in enumerate(choices[n]):
                total = (cost + own[n][c] + _pair_cost(choices[n - 1][b], label, True)
                         + _pair_cost(choices[n - 2][a], label, False))  # fmt: skip
                if (b, c) not in following or total < following[b, c][0]:
                    following[b, c] = (total, (*chosen, c))
        best = following
    cost, chosen = min(best.values())
    return tuple(cs[n] for cs, n in zip(choices, chosen, strict=True)), cost


@cache
def natural_pitch(titles: tuple[str, ...], exits: tuple[Exits, ...]) -> float:
    """The distance between stations that makes a row shortest, its labels clear of everything."""
    scores = []
    for pitch in range(TIGHTEST, LOOSEST, STEP):
        found, cost = fit(titles, exits, pitch)
        left, right = min(label.box.x0 for label in found), max(label.box.x1 for label in found)
        scores.append((cost >= CROSSED, right - left + cost, float(pitch)))
    return min(scores)[2]


def _candidates(title: str, exits: Exits, x: float) -> list[Label]:
    lines = wrapped(title, SIZE, WIDEST)
    width, height = max(text_width(line, SIZE) for line in lines), LEADING * len(lines)
    anchors: tuple[Anchor, ...] = ("middle", "start", "end") if exits else ("middle",)
    found = []
    for top, anchor in product((-OFF - height, OFF), anchors):
        left = {"middle": x - width / 2, "start": x + ASIDE, "end": x - ASIDE - width}[anchor]
        found.append(Label(lines, Box(left, top, left + width, top + height), anchor, SIZE))
    return found


def _own_cost(label: Label, x: float, exits: Exits) -> float:
    cost = 0.0 if label.anchor == "middle" else ASKEW
    if _side(label) in exits and label.anchor == "middle":
        cost += CROSSED
    if _side(label) not in exits and label.anchor != "middle":
        cost += ASKEW  # beside a transfer only where there is one
    return cost + (TALL if len(label.lines) > 2 and _side(label) == "up" else 0)


def _exit_cost(label: Label, n: int, exits: Sequence[Exits], pitch: float) -> float:
    """What it costs that the label lies on the transfers of its neighbours."""
    box = label.box
    return sum(CROSSED for m, sides in enumerate(exits) if m != n and _side(label) in sides
               and box.x0 - 3 < m * pitch < box.x1 + 3)  # fmt: skip


def _pair_cost(a: Label, b: Label, are_neighbours: bool) -> float:
    if _side(a) != _side(b):
        return 0.0
    apart = max(BREATH, _growth(a), _growth(b))
    wide = Box(a.box.x0 - apart, a.box.y0, a.box.x1 + apart, a.box.y1)
    return (CLASH if wide.overlaps(b.box) else 0) + (SAME_SIDE if are_neighbours else 0)


def _growth(label: Label) -> float:
    """How far the label reaches out when its station is chosen, which makes it bold."""
    return (BOLD - 1) * (label.box.x1 - label.box.x0) * (0.5 if label.anchor == "middle" else 1)


def _side(label: Label) -> str:
    return "up" if label.box.y0 < 0 else "down"
