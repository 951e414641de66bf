"""Where the boxes of a family tree go: layers from top to bottom, few crossings, no overlaps.

Source  Sugiyama, Tagawa and Toda 1981 (layers, dummies, barycentres). We differ in the last
        step: x positions are the least-squares ones that keep order and distance, found
        by pooling adjacent violators, which is exact and short.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from itertools import pairwise

from practicum.lineage.members import Family

BOX_H, DATA_H = 66.0, 46.0  # three and two lines of 11 to 13 px, with padding
GAP_X, LANE_GAP = 26.0, 13.0  # between boxes; beside a long edge that passes them
PILL_H, STEM = 19.0, 13.0  # the label of an edge stands above its child, STEM is the arrow
CURVE_H = 50.0  # between a box and the next label: room to bend in
LAYER_H = BOX_H + CURVE_H + PILL_H + STEM
ROW_W = 1150.0  # families side by side until this width, then a new row
MOST = 5  # boxes side by side; childless ones beyond that move down, or twelve would be a strip
SWEEPS, RELAXATIONS = 8, 40  # pictures of 100 nodes change no more well before this
STRAIGHT = 8.0  # how much more a long edge wants to be straight than a short one: dot's figure

# Widths in ems of Helvetica and its like, rounded up: a guess too wide costs a few letters,
# one too narrow lets text run over the edge of its box.
NARROW, BROAD = set("iIjlftr.,:;'|!()[]/ ·"), set("mwMW@%—…→")
NARROW_EM, USUAL_EM, CAPITAL_EM, BROAD_EM, WIDE_EM = 0.36, 0.6, 0.73, 1.0, 1.1

Point = tuple[float, float]


@dataclass(frozen=True)
class Box:
    """A place in pixels: `x` is the centre, `top` the upper edge."""

    x: float
    top: float
    width: float
    height: float

    @property
    def left(self) -> float:
        """Its left edge."""
        return self.x - self.width / 2

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.top + self.height


@dataclass(frozen=True)
class Layout:
    """Boxes by digest; routes by the edge's index, the points it passes from top to bottom."""

    boxes: dict[str, Box]
    routes: dict[int, list[Point]]
    width: float
    height: float


@dataclass
class _Graph:
    """One connected family in layers; slots are digests, or "index/rank" for passing edges."""

    layers: list[list[str]]
    up: dict[str, list[str]]
    down: dict[str, list[str]]
    chains: dict[int, list[str]]


def arrange(family: Family, widths: Mapping[str, float]) -> Layout:
    """Places for every node, of these widths, and edge; unrelated families stand side by side."""
    boxes: dict[str, Box] = {}
    routes: dict[int, list[Point]] = {}
    x = y = row_h = width = 0.0
    for members in _components(family):
        graph = _graph(family, members)
        _order(graph)
        xs, w = _columns(graph, widths)
        h = (len(graph.layers) - 1) * LAYER_H + BOX_H
        if x and x + w > max(ROW_W, width):
            x, y, row_h = 0.0, y + row_h + CURVE_H, 0.0
        for rank, layer in enumerate(graph.layers):
            for slot in layer:
                if slot in family.by_digest:
                    height = DATA_H if family.by_digest[slot].is_data else BOX_H
                    boxes[slot] = Box(x + xs[slot], y + rank * LAYER_H, widths[slot], height)
        for index, chain in graph.chains.items():
            first = next(r for r, layer in enumerate(graph.layers) if chain[0] in layer)
            routes[index] = [(x + xs[s], y + (first + i) * LAYER_H) for i, s in enumerate(chain)]
        x, row_h, width = x + w + 2 * GAP_X, max(row_h, h), max(width, x + w)
    return Layout(boxes, routes, width, y + row_h)


def upper_lower(family: Family, index: int) -> tuple[str, str]:
    """The ends of an edge as drawn; a back edge is drawn against its direction."""
    edge = family.edges[index]
    return (edge.child, edge.parent) if edge.is_back else (edge.parent, edge.child)


def _components(family: Family) -> list[list[str]]:
    """Digests that hang together, in the order of the family, larger families first."""
    joined: dict[str, list[str]] = {node.digest: [] for node in family.nodes}
    for edge in family.edges:
        joined[edge.parent].append(edge.child)
        joined[edge.child].append(edge.parent)
    found: list[list[str]] = []
    seen: set[str] = set()
    for start in joined:
        if start in seen:
            continue
        seen.add(start)
        group = [start]
        for digest in group:  # grows while it is walked
            for other in joined[digest]:
                if other not in seen:
                    seen.add(other)
                    group.append(other)
        found.append(group)
    return sorted(found, key=len, reverse=True)


def _ranks(family: Family, members: Sequence[str]) -> dict[str, int]:
    """The layer of each: below all its parents; roots stand right above their first child."""
    above = {d: [e.parent for e in family.parents[d]] for d in members}
    ranks: dict[str, int] = {}
    for digest in TopologicalSorter(above).static_order():
        ranks[digest] = max((ranks[p] + 1 for p in above[digest]), default=0)
    for digest in members:
        children = [ranks[e.child] for e in family.children[digest]]
        if not above[digest] and children:
            ranks[digest] = min(children) - 1
    for rank in range(len(members)):
        layer = [d for d in members if ranks[d] == rank]
        childless = [d for d in layer if not family.children[d] and above[d]]
        for digest in childless[max(0, MOST - len(layer) + len(childless)) :]:
            ranks[digest] += 1
    return ranks


def _graph(family: Family, members: Sequence[str]) -> _Graph:
    ranks = _ranks(family, members)
    layers: list[list[str]] = [[] for _ in range(max(ranks.values()) + 1)]
    for digest in members:
        layers[ranks[digest]].append(digest)
    chains: dict[int, list[str]] = {}
    for index in range(len(family.edges)):
        upper, lower = upper_lower(family, index)
        if upper not in ranks or upper == lower:
            continue
        passing = [f"{index}/{rank}" for rank in range(ranks[upper] + 1, ranks[lower])]
        for rank, slot in enumerate(passing, ranks[upper] + 1):
            layers[rank].append(slot)
        chains[index] = [upper, *passing, lower]
    up: dict[str, list[str]] = {slot: [] for layer in layers for slot in layer}
    down: dict[str, list[str]] = {slot: [] for slot in up}
    for chain in chains.values():
        for a, b in pairwise(chain):
            down[a].append(b)
            up[b].append(a)
    return _Graph(layers, up, down, chains)


def _order(graph: _Graph) -> None:
    """Sorts layers by the mean place of neighbours and keeps the order that crosses least."""
    best, fewest = [list(layer) for layer in graph.layers], _crossings(graph)
    for sweep in range(SWEEPS):
        towards, step = (graph.down, -1) if sweep % 2 else (graph.up, 1)
        for layer in graph.layers[::step]:
            place = {s: i for other in graph.layers for i, s in enumerate(other)}
            layer.sort(key=lambda s: _mean([place[n] for n in towards[s]], place[s]))
        if (now := _crossings(graph)) < fewest:
            best, fewest = [list(layer) for layer in graph.layers], now
    graph.layers = best


def _crossings(graph: _Graph) -> int:
    total = 0
    for upper, lower in pairwise(graph.layers):
        place = {s: i for i, s in enumerate(lower)}
        ends = [e for s in upper for e in sorted(place[n] for n in graph.down[s])]
        total += sum(a > b for i, a in enumerate(ends) for b in ends[i + 1 :])
    return total


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _columns(graph: _Graph, widths: Mapping[str, float]) -> tuple[dict[str, float], float]:
    """The x of every slot's centre, starting so that the leftmost edge is 0, and the width."""
    xs: dict[str, float] = {}
    for layer in graph.layers:
        xs |= _spread(layer, dict.fromkeys(layer, 0.0), widths)
    for turn in range(RELAXATIONS):
        for layer in graph.layers[:: -1 if turn % 2 else 1]:
            wish = {}
            for slot in layer:
                near = [*graph.up[slot], *graph.down[slot]]
                pulls = [STRAIGHT if {slot, n}.isdisjoint(widths) else 1.0 for n in near]
                total = sum(p * xs[n] for p, n in zip(pulls, near, strict=True))
                wish[slot] = total / sum(pulls) if near else xs[slot]
            xs |= _spread(layer, wish, widths)
    left = min(xs[s] - widths.get(s, 0.0) / 2 for s in xs)
    right = max(xs[s] + widths.get(s, 0.0) / 2 for s in xs)
    return {s: x - left for s, x in xs.items()}, right - left


def _spread(
    layer: Sequence[str], wish: Mapping[str, float], widths: Mapping[str, float]
) -> dict[str, float]:
    """The places nearest to those wished for, in the squares, that keep order and distance."""
    offsets = [0.0]
    for a, b in pairwise(layer):
        gap = GAP_X if a in widths and b in widths else LANE_GAP
        offsets.append(offsets[-1] + (widths.get(a, 0.0) + widths.get(b, 0.0)) / 2 + gap)
    pools: list[tuple[float, int]] = []  # (sum of wishes, how many): these move as one block
    for slot, offset in zip(layer, offsets, strict=True):
        pools.append((wish[slot] - offset, 1))
        while len(pools) > 1 and _level(pools[-2]) > _level(pools[-1]):
            total, n = pools.pop()
            pools[-1] = (pools[-1][0] + total, pools[-1][1] + n)
    levels = [_level(pool) for pool in pools for _ in range(pool[1])]
    return {s: v + o for s, v, o in zip(layer, levels, offsets, strict=True)}


def _level(pool: tuple[float, int]) -> float:
    return pool[0] / pool[1]


def text_width(text: str, font_px: float) -> float:
    """About how wide the text is in a sans-serif font, rather too wide.  Units  pixels."""
    return sum(_em(c) for c in text) * font_px


def _em(c: str) -> float:
    if unicodedata.east_asian_width(c) in "WF":
        return WIDE_EM
    if c in BROAD:
        return BROAD_EM
    if c in NARROW:
        return NARROW_EM
    return CAPITAL_EM if c.isupper() else USUAL_EM


def fit(text: str, font_px: float, width_px: float) -> str:
    """The text, cut with an ellipsis where it would be wider than that."""
    if text_width(text, font_px) <= width_px:
        return text
    kept, room = "", width_px - text_width("…", font_px)
    for c in text:
        if text_width(kept + c, font_px) > room:
            break
        kept += c
    return kept.rstrip() + "…"


def wrap(text: str, font_px: float, width_px: float) -> list[str]:
    """The text in lines no wider than that; a single longer word is cut."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, font_px) <= width_px:
            lines[-1] = longer
        else:
            lines.append(fit(word, font_px, width_px))
    return lines
