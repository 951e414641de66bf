"""Right angles to the angles of a transit map: corners cut at 45 degrees, then rounded."""

from __future__ import annotations

import math
from collections.abc import Sequence

from practicum.web.transit.network import Point

CUT = 11.0  # how much of each arm a 45 degree corner takes
ROUND = 6.0  # how far from a bend its curve begins, unless told


def octilinear(corners: Sequence[Point]) -> tuple[Point, ...]:
    """A path of upright and level pieces whose right angles are cut at 45 degrees."""
    points = _without_idle(corners)
    made = [points[0]]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        cut = min(CUT, _ahead(before, corner, points[0]), _ahead(corner, after, points[-1]))
        made += [_towards(corner, before, cut), _towards(corner, after, cut)]
    made.append(points[-1])
    return tuple((round(x, 2), round(y, 2)) for x, y in _without_idle(made))


def _ahead(a: Point, b: Point, end: Point) -> float:
    """How much of an arm one corner may take: half of it, all of it where the path ends."""
    length = math.dist(a, b)
    return length if end in (a, b) else length / 2


def rounded(points: Sequence[Point], reach: float = ROUND) -> str:
    """The path as SVG's `d`, with a small curve in each bend."""
    told = [f"M{_pair(points[0])}"]
    for before, bend, after in zip(points, points[1:], points[2:], strict=False):
        near = min(reach, math.dist(before, bend) / 2, math.dist(bend, after) / 2)
        told.append(f"L{_pair(_towards(bend, before, near))}")
        told.append(f"Q{_pair(bend)} {_pair(_towards(bend, after, near))}")
    told.append(f"L{_pair(points[-1])}")
    return "".join(told)


def _towards(a: Point, b: Point, distance: float) -> Point:
    share = distance / (math.dist(a, b) or 1)
    return a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share


def _without_idle(points: Sequence[Point]) -> list[Point]:
    """Without points that repeat the one before or lie on a straight way."""
    made: list[Point] = []
    for point in points:
        if made and math.dist(point, made[-1]) < 0.01:
            continue
        if len(made) > 1 and _is_straight(made[-2], made[-1], point):
            made.pop()
        made.append(point)
    return made


def _is_straight(a: Point, b: Point, c: Point) -> bool:
    cross = (b[0] - a[0]) * (c[1] - b[1]) - (b[1] - a[1]) * (c[0] - b[0])
    return abs(cross) < 0.01


def _pair(point: Point) -> str:
    return (
        f"{point[0]:.4g} {point[1]:.4g}"
        if max(map(abs, point)) < 1000
        else f"{point[0]:.1f} {point[1]:.1f}"
    )
