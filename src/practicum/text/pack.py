"""Packing without contamination: sequences laid out as a token tree.

Sequences that begin alike share their beginning. A row is the tree written depth first; a
token sees its ancestors and nothing else, and its position is its depth. The model then
computes for every sequence exactly what it would compute for it alone, while a system prompt
shared by forty chats, or the prompt shared by a chosen and a rejected answer, is computed once.

    hello ─┬─ world          ids        hello world there
           └─ there          positions    0     1     1
                             sees        'there' sees hello, not world
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Example:
    """Token ids and which of them are scored (trained or measured). The first never is."""

    ids: tuple[int, ...]
    scored: tuple[bool, ...]


@dataclass(frozen=True)
class Row:
    """A packed row.

    Shapes  ids, positions, first, last: (T,). `first`/`last` bound the subtree of each
            token's node, so i sees j exactly when first[j] <= first[i] < last[j] and
            positions[j] <= positions[i].
            from_token, target, owner: (S,), one entry per scored token: the position in
            the row whose output predicts it, its id, and the sequence it belongs to.
    """

    ids: Ints
    positions: Ints
    first: Ints
    last: Ints
    from_token: Ints
    target: Ints
    owner: Ints

    @property
    def n_tokens(self) -> int:
        """How many tokens are computed, shared ones once."""
        return len(self.ids)

    def sees(self) -> NDArray[np.bool_]:
        """Who attends to whom.  Shapes (T, T), row = the token that looks."""
        inside = (self.first[None, :] <= self.first[:, None]) & (
            self.first[:, None] < self.last[None, :]
        )
        return inside & (self.positions[None, :] <= self.positions[:, None])


@dataclass
class _Node:
    ids: list[int]
    depth: int
    children: list[_Node] = field(default_factory=list)
    start: int = -1  # where its tokens begin in the row


def _shared(a: Sequence[int], b: Sequence[int]) -> int:
    n = 0
    for x, y in zip(a, b, strict=False):
        if x != y:
            break
        n += 1
    return n


class _Tree:
    """A radix tree of token ids."""

    def __init__(self) -> None:
        self.root = _Node([], 0)
        self.n_tokens = 0
        self.members: list[tuple[int, Example]] = []

    def _walk(self, ids: Sequence[int]) -> tuple[_Node, int, int]:
        """The deepest node reached, how much of it matches, and the ids consumed."""
        node, matched, done = self.root, 0, 0
        while matched == len(node.ids):
            step = next(
                (c for c in node.children if done < len(ids) and c.ids[0] == ids[done]), None
            )
            if step is None:
                break
            node, matched = step, _shared(step.ids, ids[done:])
            done += matched
        return node, matched, done

    def cost(self, ids: Sequence[int]) -> int:
        """How many tokens the row would grow by."""
        return len(ids) - self._walk(ids)[2]

    def add(self, owner: int, example: Example) -> None:
        node, matched, done = self._walk(example.ids)
        if matched < len(node.ids):  # split the node where the two part
            tail = _Node(node.ids[matched:], node.depth + matched, node.children)
            node.ids, node.children = node.ids[:matched], [tail]
        rest = list(example.ids[done:])
        if rest:
            node.children.append(_Node(rest, done))
        self.n_tokens += len(rest)
        self.members.append((owner, example))

    def row(self) -> Row:
        ids: list[int] = []
        positions: list[int] = []
        bounds: list[list[int]] = []

        todo: list[_Node | list[int]] = [self.root]  # bounds among the nodes are to be closed
        while todo:
            node = todo.pop()
            if isinstance(node, list):
                node[1] = len(ids)
                continue
            node.start = len(ids)
            mine = [node.start, 0]
            ids.extend(node.ids)
            positions.extend(range(node.depth, node.depth + len(node.ids)))
            bounds.extend([mine] * len(node.ids))
            todo += [mine, *reversed(node.children)]
        scored = [
            (path[i - 1], example.ids[i], owner)
            for owner, example in self.members
            for path in [self._path(example.ids)]
            for i in range(1, len(example.ids))
            if example.scored[i]
        ]
        columns = np.array(scored, dtype=np.int64).reshape(-1, 3)
        edges = np.array(bounds, dtype=np.int64).reshape(-1, 2)
        return Row(
            np.array(ids, dtype=np.int64), np.array(positions, dtype=np.int64),
            edges[:, 0], edges[:, 1], columns[:, 0], columns[:, 1], columns[:, 2],
        )  # fmt: skip

    def _path(self, ids: Sequence[int]) -> list[int]:
        """Where each id of a member lies in the row."""
        places: list[int] = []
        node = self.root
        while len(places) < len(ids):
            node = next(c for c in node.children if c.ids[0] == ids[len(places)])
            places.extend(range(node.start, node.start + len(node.ids)))
        return places


def pack(groups: Iterable[Sequence[Example]], row_tokens: int) -> list[Row]:
    """Rows of at most `row_tokens` tokens; a group (a preference pair) is never torn apart.

    A group larger than a row gets a row of its own. Owners number the examples in order,
    over all groups.
    """
    return [tree.row() for tree in _trees(groups, row_tokens)]


def packed_sizes(groups: Iterable[Sequence[Example]], row_tokens: int) -> list[int]:
    """How many tokens each of the packed rows would have, without laying them out."""
    return [tree.n_tokens for tree in _trees(groups, row_tokens)]


def _trees(groups: Iterable[Sequence[Example]], row_tokens: int) -> Iterator[_Tree]:
    tree, owner = _Tree(), 0
    for group in groups:
        if tree.members and tree.n_tokens + _group_cost(tree, group) > row_tokens:
            yield tree
            tree = _Tree()
        for example in group:
            tree.add(owner, example)
            owner += 1
    if tree.members:
        yield tree


def _group_cost(tree: _Tree, group: Sequence[Example]) -> int:
    """Tokens the row would grow by. What members share with each other counts once."""
    common = len(group[0].ids)
    for example in group[1:]:
        common = min(common, _shared(group[0].ids, example.ids))
    known = len(group[0].ids) - tree.cost(group[0].ids)
    repeats = max(0, common - known) * (len(group) - 1)
    return sum(tree.cost(e.ids) for e in group) - repeats
