"""The map's geometry: a pure function of the roadmap.

Each part is a line from left to right. A long line forks after its first chapter into two
branches; chapters are districts along them. Lines are drawn in the order of the roadmap, and what
one line needs of another comes as a transfer through the channels between the rows.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import pairwise

from practicum.learn.roadmap import Concept, Part, Roadmap
from practicum.web.transit import labels
from practicum.web.transit.blocks import (
    MARGIN,
    PAD,
    PLATE,
    STREET,
    TITLE_SIZE,
    Block,
    blocks_of,
    placed,
)
from practicum.web.transit.letters import text_width, wrapped
from practicum.web.transit.network import (
    Box,
    District,
    Label,
    LineName,
    Network,
    Point,
    Segment,
    Station,
    Transfer,
)
from practicum.web.transit.paths import octilinear
from practicum.web.transit.routes import (
    LANE,
    Edge,
    Run,
    Stop,
    Streets,
    Tracks,
    find_tracks,
    find_ways,
)

FORK, CURVE = 84.0, 24.0  # where a line forks: at least so wide, and so much wider than it is high
HEAD, FOOT = 25.0, 9.0  # inside a district: above (its name) and below the labels
PLATE_HEIGHT, PLATE_SIZE = 50.0, 13.0
BANK = 11.0  # on either side of a channel's tracks


@functools.cache
def layout(roadmap: Roadmap) -> Network:
    """The network of a roadmap: the same for the same roadmap, whoever looks at it."""
    edges = [(need, c.slug) for c in roadmap.concepts.values() for need in c.needs
             if roadmap.concepts[need].part != c.part]  # fmt: skip
    tight, fork = list(blocks_of(roadmap, edges)), FORK
    for _ in range(
        3
    ):  # a fork is as wide as high, and how high it is shows when the ways are found
        blocks = placed(tight, fork)
        stops = {c.slug: Stop(x, b.first, b.last) for b in blocks for c, x in _stops(b)}
        ways = find_ways(edges, stops, _streets(blocks))
        tracks = find_tracks(ways, stops)
        rows = _Rows(blocks, tracks)
        if rows.steepest + CURVE <= fork:
            break
        fork = rows.steepest + CURVE
    stations = dict(_stations(blocks, rows, {slug for edge in edges for slug in edge}))
    names = {part.slug: _name(part, blocks, rows) for part in roadmap.parts}
    return Network(
        max(b.x0 + b.width for b in blocks) + MARGIN,
        rows.height,
        stations,
        tuple(_district(b, rows) for b in blocks),
        tuple(s for slug, name in names.items() for s in _line(slug, name, blocks, stations)),
        tuple(_transfer(edge, way, tracks, rows, stations) for edge, way in ways.items()),
        tuple(names.values()),
    )


def _stops(block: Block) -> Iterator[tuple[Concept, float]]:
    return zip(block.chapter.concepts, block.xs, strict=True)


def _stations(
    blocks: Sequence[Block], rows: _Rows, joined: Collection[str]
) -> Iterator[tuple[str, Station]]:
    for block in blocks:
        y = rows.y_of(block)
        for (concept, x), label in zip(_stops(block), block.labels, strict=True):
            here = label.moved(block.x0 + block.left, y)
            yield concept.slug, Station(concept.slug, round(x, 2), y, here, concept.slug in joined)


def _streets(blocks: Sequence[Block]) -> Streets:
    n_rows = max(b.last for b in blocks) + 1
    middles = []
    for row in range(n_rows):
        found = sorted((b for b in blocks if b.first <= row <= b.last), key=lambda b: b.x0)
        gaps = [found[0].x0 - STREET / 2]
        gaps += [(a.x0 + a.width + b.x0) / 2 for a, b in pairwise(found)]
        middles.append([*gaps, found[-1].x0 + found[-1].width + STREET / 2])
    blocked = {b.last: (b.x0 - STREET, b.x0 + b.width) for b in blocks if b.first != b.last}
    return Streets(middles, blocked)


class _Rows:
    """How high each row and each channel lies."""

    def __init__(self, blocks: Sequence[Block], tracks: Tracks) -> None:
        n_rows = max(b.last for b in blocks) + 1
        self.height = MARGIN
        self.channels: list[float] = []
        self.rows: list[tuple[float, float, float]] = []  # top, line, bottom
        for row in range(n_rows + 1):
            n_tracks = len(tracks.get(row, ()))
            self.channels.append(self.height + BANK)
            if 0 < row < n_rows or n_tracks:
                self.height += 2 * BANK + LANE * max(0, n_tracks - 1)
            if row < n_rows:
                found = [b for b in blocks if b.first == b.last == row]
                line = self.height + HEAD + _reach(found, up=True)
                bottom = line + _reach(found, up=False) + FOOT
                self.rows.append((self.height, round(line, 1), bottom))
                self.height = bottom
        self.height += MARGIN
        forks = [b for b in blocks if b.first != b.last]
        self.steepest = (
            max((self.rows[b.last][1] - self.rows[b.first][1] for b in forks), default=0) / 2
        )

    def y_of(self, block: Block) -> float:
        """The y of a block's stations: between the rows if it spans two."""
        return round((self.rows[block.first][1] + self.rows[block.last][1]) / 2, 1)

    def span_of(self, block: Block) -> tuple[float, float]:
        """Top and bottom of its district."""
        if block.first == block.last:
            return self.rows[block.first][0], self.rows[block.first][2]
        y = self.y_of(block)
        return y - _reach([block], True) - HEAD, y + _reach([block], False) + FOOT


def _reach(blocks: Sequence[Block], up: bool) -> float:
    """How far the labels reach from the line, and at least as far as two lines of text."""
    boxes = [label.box for b in blocks for label in b.labels]
    return max(labels.OFF + 2 * labels.LEADING, *(-box.y0 if up else box.y1 for box in boxes))


def _district(block: Block, rows: _Rows) -> District:
    """Its area, and its name at the upper corner where fewer transfers cross it."""
    top, bottom = rows.span_of(block)
    width = text_width(block.chapter.title, TITLE_SIZE, bold=True)
    ways = [x for x, sides in zip(block.xs, block.exits, strict=True) if "up" in sides]
    left = block.x0 + PAD
    right = block.x0 + block.width - PAD - width
    n_left, n_right = (sum(a - 3 < x < a + width + 3 for x in ways) for a in (left, right))
    start = right if n_right < n_left else left
    box = Box(start, top + 7, start + width, top + 7 + TITLE_SIZE * 1.2)
    label = Label((block.chapter.title,), box, "end" if start == right else "start", TITLE_SIZE)
    return District(
        block.chapter.slug, block.part, Box(block.x0, top, block.x0 + block.width, bottom), label
    )


def _name(part: Part, blocks: Sequence[Block], rows: _Rows) -> LineName:
    y = rows.y_of(next(b for b in blocks if b.part == part.slug))
    lines = wrapped(part.title, PLATE_SIZE, PLATE / 1.3, most=2)
    height = 16.0 * len(lines)
    middle = MARGIN + PLATE / 2
    half = max(text_width(line, PLATE_SIZE, bold=True) for line in lines) / 2
    label = Label(
        lines,
        Box(middle - half, y - height / 2, middle + half, y + height / 2),
        "middle",
        PLATE_SIZE,
    )
    box = Box(MARGIN, y - PLATE_HEIGHT / 2, MARGIN + PLATE, y + PLATE_HEIGHT / 2)
    return LineName(part.slug, box, label)


def _line(
    part: str, name: LineName, blocks: Sequence[Block], stations: Mapping[str, Station]
) -> Iterator[Segment]:
    """The pieces of a line in its order; the second branch begins where the line forks."""
    own = [b for b in blocks if b.part == part]
    hub = own[0]
    before: Station | None = None
    for last_block, block in zip([hub, *own], own, strict=False):
        if block.first != last_block.first and hub.first != hub.last:
            before = stations[hub.chapter.concepts[-1].slug]
        middle = (hub.x0 + hub.width + block.x0) / 2
        for concept in block.chapter.concepts:
            station = stations[concept.slug]
            start = (before.x, before.y) if before else (name.box.x1, station.y)
            points = _rail(start, (station.x, station.y), middle)
            yield Segment(part, before.slug if before else None, concept.slug, points)
            before = station


def _rail(a: Point, b: Point, middle: float) -> tuple[Point, ...]:
    """Level, at 45 degrees about the middle, level."""
    half = abs(b[1] - a[1]) / 2
    return (a, (middle - half, a[1]), (middle + half, b[1]), b) if half > 0.01 else (a, b)


def _transfer(
    edge: Edge, way: Sequence[Run], tracks: Tracks, rows: _Rows, stations: Mapping[str, Station]
) -> Transfer:
    start, end = stations[edge[0]], stations[edge[1]]
    points: list[Point] = [(start.x, start.y)]
    for run in way:
        if run.x_in != run.x_out:
            y = rows.channels[run.channel] + LANE * tracks[run.channel].index(edge[0])
            points += [(run.x_in, y), (run.x_out, y)]
    points.append((end.x, end.y))
    return Transfer(*edge, octilinear(points))
