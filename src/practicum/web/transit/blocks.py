"""Chapters as blocks of a row: how far apart their stations stand, and where each block begins."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from practicum.learn.roadmap import Chapter, Roadmap
from practicum.web.transit import labels
from practicum.web.transit.letters import text_width
from practicum.web.transit.network import RADIUS, Label
from practicum.web.transit.routes import Edge

MARGIN = 14.0
IN_ONE_ROW = 4  # chapters; a line with more of them forks
PLATE = 112.0  # the width of the plate with a line's name
STREET = 26.0  # between districts, at least
PAD = 12.0  # inside a district, beside its labels
TITLE_SIZE = 11.5
ROOMY = 30.0  # at most so much wider than needed are stations set apart to fill a row


@dataclass(frozen=True)
class Block:
    """A chapter's stations in a row: as if the first were at 0, then from `x0` on."""

    chapter: Chapter
    part: str
    exits: tuple[labels.Exits, ...]
    pitch: float
    first: int
    last: int
    labels: tuple[Label, ...] = ()
    x0: float = 0.0
    left: float = 0.0  # from the district's edge to the first station
    width: float = 0.0

    @property
    def xs(self) -> list[float]:
        """Where its stations are."""
        return [self.x0 + self.left + n * self.pitch for n in range(len(self.exits))]


def blocks_of(roadmap: Roadmap, edges: Sequence[Edge]) -> Iterator[Block]:
    """The chapters with their rows, as tight as their labels allow."""
    order = {part.slug: n for n, part in enumerate(roadmap.parts)}
    exits: dict[str, set[str]] = defaultdict(set)
    for start, end in edges:
        goes_down = order[roadmap.concepts[end].part] > order[roadmap.concepts[start].part]
        exits[start].add("down" if goes_down else "up")
        exits[end].add("up" if goes_down else "down")
    row = 0
    for part in roadmap.parts:
        forks = len(part.chapters) > IN_ONE_ROW
        half = 1 + len(part.chapters) // 2
        for n, chapter in enumerate(part.chapters):
            first = row + (1 if forks and n >= half else 0)
            last = row + (1 if forks and (n == 0 or n >= half) else 0)
            sides = tuple(frozenset(exits[c.slug]) for c in chapter.concepts)
            pitch = labels.natural_pitch(tuple(c.title for c in chapter.concepts), sides)
            yield _fitted(Block(chapter, part.slug, sides, pitch, first, last))
        row += 2 if forks else 1


def _fitted(block: Block) -> Block:
    """The block with its labels and its width."""
    found, _ = labels.fit([c.title for c in block.chapter.concepts], block.exits, block.pitch)
    left = PAD - min(-RADIUS, *(label.box.x0 for label in found))
    end = max(RADIUS + (len(found) - 1) * block.pitch, *(label.box.x1 for label in found))
    width = left + end + PAD
    wanted = text_width(block.chapter.title, TITLE_SIZE, bold=True) + 2 * PAD
    spare = max(0.0, wanted - width)
    return replace(block, labels=found, left=left + spare / 2, width=width + spare)


def placed(blocks: Sequence[Block], fork: float) -> list[Block]:
    """Every block at its x, all rows filled to the same width."""
    start = MARGIN + PLATE + STREET
    hubs = {row: b for b in blocks if b.first != b.last for row in (b.first, b.last)}
    by_row: dict[int, list[Block]] = defaultdict(list)
    for block in blocks:
        if block.first == block.last:
            by_row[block.first].append(block)
    begins = {row: start + (hubs[row].width + fork if row in hubs else 0) for row in by_row}
    widest = max(begins[row] + _extent(found) for row, found in by_row.items())
    done = {hub.chapter.slug: replace(hub, x0=start) for hub in hubs.values()}
    for row, found in by_row.items():
        wide = _widened(found, widest - begins[row])
        spare = (widest - begins[row] - _extent(wide)) / max(1, len(wide) - 1)
        x = begins[row]
        for block in wide:
            done[block.chapter.slug] = replace(block, x0=x)
            x += block.width + STREET + spare
    return [done[block.chapter.slug] for block in blocks]


def _extent(blocks: Sequence[Block]) -> float:
    return sum(b.width for b in blocks) + STREET * (len(blocks) - 1)


def _widened(blocks: Sequence[Block], width: float) -> list[Block]:
    n_gaps = sum(len(b.exits) - 1 for b in blocks)
    extra = min(ROOMY, (width - _extent(blocks)) / max(1, n_gaps))
    return (
        [_fitted(replace(b, pitch=b.pitch + extra)) for b in blocks] if extra > 1 else list(blocks)
    )
