"""Requests as a radix tree of token ids: what they share is one node.

    the cat ─┬─ sat     the model reads 'the cat' once, and behind it both ends;
             └─ ran     a node knows which of its tokens predict something that is asked

The last token of a request is predicted, never read: answers of one token share every node.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from practicum.infer.score.requests import Pair

Ints = NDArray[np.int64]
PACKED = np.dtype(">u4")  # big-endian: sorted as bytes, rows are sorted by their ids


@dataclass(frozen=True)
class Question:
    """One different request: its ids, where its continuation begins, and who asked."""

    ids: bytes
    start: int
    owners: list[int]

    def tokens(self) -> Ints:
        """All its ids, context and continuation."""
        return np.frombuffer(self.ids, dtype=PACKED).astype(np.int64)

    @property
    def n_scored(self) -> int:
        """How many tokens the continuation has."""
        return len(self.ids) // PACKED.itemsize - self.start


@dataclass(eq=False)
class Node:
    """Tokens that follow each other without a branch, from depth `start` to `end`.

    asked       (question, from depth, to depth): these tokens predict its next ones
    n_tokens    in the whole subtree; n_asked: those that predict something
    longest     the deepest depth reached below
    """

    start: int
    end: int
    ids: Ints
    parent: Node | None = None
    children: list[Node] = field(default_factory=list)
    asked: list[tuple[int, int, int]] = field(default_factory=list)
    n_tokens: int = 0
    n_asked: int = 0
    longest: int = 0

    def asked_depths(self) -> Ints:
        """The depths in this node that predict something, in order."""
        spans = [np.arange(a, b) for _, a, b in self.asked]
        return np.unique(np.concatenate(spans)) if spans else np.zeros(0, dtype=np.int64)


def questions(pairs: Sequence[Pair]) -> list[Question]:
    """The different requests among the pairs, sorted by their ids."""
    found: dict[tuple[bytes, int], list[int]] = {}
    for owner, (context, rest) in enumerate(pairs):
        key = np.array([*context, *rest], dtype=PACKED).tobytes(), len(context)
        found.setdefault(key, []).append(owner)
    return [Question(ids, start, found[ids, start]) for ids, start in sorted(found)]


def _shared(a: bytes, b: bytes) -> int:
    """How many ids two sequences have in common at their beginnings."""
    n = min(len(a), len(b)) // PACKED.itemsize
    other = np.frombuffer(a, PACKED, n) != np.frombuffer(b, PACKED, n)
    return int(other.argmax()) if other.any() else n


def tree(asked: Sequence[Question]) -> Node:
    """The root of the tree of what must be read to answer sorted questions.

    Sorted neighbours share the most, so only the rightmost path of the tree ever grows.
    """
    root = Node(0, 0, np.zeros(0, dtype=np.int64))
    top, before = root, b""
    for number, question in enumerate(asked):
        read = question.ids[: -PACKED.itemsize]
        n_read, shared = len(read) // PACKED.itemsize, _shared(before, read)
        while top.start >= shared and top.parent:
            top = top.parent
        if top.end > shared:
            top = _split(top, shared)
        if n_read > shared:
            ids = np.frombuffer(read, PACKED)[shared:].astype(np.int64)
            top.children.append(Node(shared, n_read, ids, top))
            top = top.children[-1]
        _ask(top, number, question.start - 1, n_read)
        before = read
    _count(root)
    return root


def _split(node: Node, depth: int) -> Node:
    """The new upper part of a node that is the last child of its parent."""
    assert node.parent
    n = depth - node.start
    upper = Node(node.start, depth, node.ids[:n], node.parent, [node])
    upper.asked = [(q, a, min(b, depth)) for q, a, b in node.asked if a < depth]
    node.asked = [(q, max(a, depth), b) for q, a, b in node.asked if b > depth]
    node.parent.children[-1] = upper
    node.parent, node.start, node.ids = upper, depth, node.ids[n:]
    return upper


def _ask(leaf: Node, question: int, start: int, end: int) -> None:
    """Note on the path to a leaf which tokens predict the question's continuation."""
    node: Node | None = leaf
    while node and node.end > start:
        node.asked.append((question, max(start, node.start), min(end, node.end)))
        node = node.parent


def walk(root: Node) -> Iterator[Node]:
    """Every node, parents before children, depth first."""
    todo = [root]
    while todo:
        node = todo.pop()
        yield node
        todo += reversed(node.children)


def _count(root: Node) -> None:
    for node in reversed(list(walk(root))):
        node.n_tokens = len(node.ids) + sum(c.n_tokens for c in node.children)
        node.n_asked = len(node.asked_depths()) + sum(c.n_asked for c in node.children)
        node.longest = max([node.end, *(c.longest for c in node.children)])


def path(node: Node) -> Ints:
    """All ids from the beginning to the end of a node."""
    parts: list[Ints] = []
    here: Node | None = node
    while here:
        parts.append(here.ids)
        here = here.parent
    return np.concatenate(parts[::-1])


def n_alone(asked: Iterable[Question]) -> int:
    """How many tokens would be read if nothing were shared, every asker alone."""
    return sum((len(q.ids) // PACKED.itemsize - 1) * len(q.owners) for q in asked)
