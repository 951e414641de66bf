"""The ways of transfers: out of a district, along the channels between rows, through its streets.

Rows of districts lie above each other; channel r runs above row r, and one more below the last.
A way never crosses a district other than its own two: it passes a row through a street, the gap
between two districts. Ways of one station share their track, as trains share rails.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

LANE = 7.0  # between ways side by side, in a street or a channel
BEND = 30.0  # the way around that a bend is worth


@dataclass(frozen=True)
class Stop:
    """Where a station is: its x, and the rows that its district spans."""

    x: float
    first: int
    last: int


@dataclass(frozen=True)
class Streets:
    """The gaps of every row, as their middles, and what blocks a channel: it begins right of it."""

    middles: Sequence[Sequence[float]]
    blocked: Mapping[int, tuple[float, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Run:
    """A level piece of a way: in which channel, from where to where."""

    channel: int
    x_in: float
    x_out: float


Edge = tuple[str, str]
Ways = dict[Edge, tuple[Run, ...]]
Tracks = dict[int, tuple[str, ...]]  # channel → the stations whose ways run in it, from above


def find_ways(edges: Iterable[Edge], stops: Mapping[str, Stop], streets: Streets) -> Ways:
    """The runs of every transfer, with lanes of their own where several share a street."""
    chosen: dict[Edge, list[tuple[int, float]]] = {}
    for start, end in edges:
        chosen[start, end] = _streets_of(stops[start], stops[end], streets)
    lanes = _lanes(chosen, stops)
    ways: Ways = {}
    for (start, end), passed in chosen.items():
        xs = [stops[start].x, *(lanes[x, start] for _, x in passed), stops[end].x]
        channels = _channels(stops[start], stops[end])
        ways[start, end] = tuple(
            Run(c, a, b) for c, (a, b) in zip(channels, pairwise(xs), strict=True)
        )
    return ways


def find_tracks(ways: Ways, stops: Mapping[str, Stop]) -> Tracks:
    """Which way runs above which in every channel, so that few of them cross."""
    by_channel: dict[int, dict[str, list[tuple[Run, bool, bool]]]] = defaultdict(dict)
    for (start, end), runs in ways.items():
        goes_down = stops[end].first > stops[start].last
        for run in runs:
            if run.x_in != run.x_out:
                by_channel[run.channel].setdefault(start, []).append(
                    (run, goes_down, not goes_down)
                )
    return {c: _ordered(users) for c, users in sorted(by_channel.items())}


def _channels(start: Stop, end: Stop) -> list[int]:
    if end.first > start.last:
        return list(range(start.last + 1, end.first + 1))
    return list(range(start.first, end.last, -1))


def _streets_of(start: Stop, end: Stop, streets: Streets) -> list[tuple[int, float]]:
    """The street taken through each row between two stops, as (row, middle): the shortest way."""
    channels = _channels(start, end)
    best: list[tuple[float, list[tuple[int, float]]]] = [(0.0, [])]
    for channel, following in pairwise(channels):
        row = min(channel, following)
        best = [
            min((cost + _cost(channel, passed[-1][1] if passed else start.x, x, streets),
                 [*passed, (row, x)]) for cost, passed in best)
            for x in streets.middles[row]
        ]  # fmt: skip
    return min(
        (cost + _cost(channels[-1], passed[-1][1] if passed else start.x, end.x, streets), passed)
        for cost, passed in best
    )[1]


def _cost(channel: int, a: float, b: float, streets: Streets) -> float:
    block = streets.blocked.get(channel)
    is_shut = block is not None and min(a, b) < block[1] and max(a, b) > block[0]
    return abs(a - b) + (BEND if a != b else 0) + (1e6 if is_shut else 0)


def _lanes(
    chosen: Mapping[Edge, list[tuple[int, float]]], stops: Mapping[str, Stop]
) -> dict[tuple[float, str], float]:
    """(street, station) → the x of its lane; those that lead further left keep left.

    Streets of several rows that lie under each other share their lanes: who goes straight on
    has no bend.
    """
    users: dict[float, dict[str, tuple[float, float]]] = defaultdict(dict)
    for (start, end), passed in chosen.items():
        for _, x in passed:
            users[x].setdefault(start, (stops[end].x, stops[start].x))
    found = {}
    for x, stations in users.items():
        names = sorted(stations, key=lambda name: (stations[name], name))
        for n, name in enumerate(names):
            found[x, name] = x + (n - (len(names) - 1) / 2) * LANE
    return found


def _ordered(users: Mapping[str, list[tuple[Run, bool, bool]]]) -> tuple[str, ...]:
    """The stations' tracks from above, after swapping neighbours as long as crossings fall."""
    order = list(users)
    improved = True
    while improved:
        improved = False
        for n in range(len(order) - 1):
            upper, lower = users[order[n]], users[order[n + 1]]
            if _crossings(lower, upper) < _crossings(upper, lower):
                order[n], order[n + 1] = order[n + 1], order[n]
                improved = True
    return tuple(order)


def _crossings(
    upper: Sequence[tuple[Run, bool, bool]], lower: Sequence[tuple[Run, bool, bool]]
) -> int:
    """How often two ways cross in a channel when one runs above the other."""
    down_from_upper = {x for run, down, up in upper for x in (run.x_out,) * down + (run.x_in,) * up}
    up_from_lower = {x for run, down, up in lower for x in (run.x_in,) * down + (run.x_out,) * up}
    return _within(down_from_upper, lower) + _within(up_from_lower, upper)


def _within(xs: set[float], runs: Sequence[tuple[Run, bool, bool]]) -> int:
    ends = [x for run, _, _ in runs for x in (run.x_in, run.x_out)]
    return sum(min(ends) < x < max(ends) for x in xs)
