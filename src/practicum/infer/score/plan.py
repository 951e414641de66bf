"""The order of work: a tree of requests as rows that a model computes one after the other.

A subtree that fits into a row is computed in one pass, with others beside it. Of a larger one
the beginning is computed first and its keys and values kept while everything behind it is
computed; then they are forgotten again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from practicum.infer.score.budget import Rows
from practicum.infer.score.trie import Ints, Node, walk


@dataclass(frozen=True)
class Piece:
    """Tokens of one node, from depth `start` to `end`."""

    node: Node
    start: int
    end: int


@dataclass(frozen=True)
class Row:
    """One forward pass.

    kept      tokens whose keys and values are reused; what was kept behind them is forgotten
    is_chain  the tokens follow each other without a branch, and are kept for later rows
    """

    kept: int
    pieces: tuple[Piece, ...]
    is_chain: bool

    @property
    def n_tokens(self) -> int:
        """How many tokens are computed."""
        return sum(p.end - p.start for p in self.pieces)

    def ids(self) -> Ints:
        """The tokens, depth first.  Shapes → (T,)"""
        return np.concatenate([p.node.ids[p.start - p.node.start : p.end - p.node.start]
                               for p in self.pieces])  # fmt: skip

    def depths(self) -> Ints:
        """Where in its sequence each token stands.  Shapes → (T,)"""
        return np.concatenate([np.arange(p.start, p.end) for p in self.pieces])

    def sees(self) -> NDArray[np.bool_]:
        """Who attends to whom: every token to all kept ones and to its ancestors in the row.

        Shapes  → (T, kept + T)
        """
        n = self.n_tokens
        seen = np.zeros((n, self.kept + n), dtype=bool)
        seen[:, : self.kept] = True
        inner, depths = seen[:, self.kept :], self.depths()
        below = depths[:, None] >= depths[None, :]
        for (first, after), last in zip(_places(self.pieces), _ends(self.pieces), strict=True):
            inner[first:last, first:after] = below[first:last, first:after]
        return seen


def _places(pieces: Sequence[Piece]) -> list[tuple[int, int]]:
    """Where the tokens of each piece lie in the row."""
    ends = np.cumsum([p.end - p.start for p in pieces]).tolist()
    return list(zip([0, *ends[:-1]], ends, strict=True))


def _ends(pieces: Sequence[Piece]) -> list[int]:
    """Where the tokens of each piece's subtree end in the row, its own included."""
    places = _places(pieces)
    ends = [after for _, after in places]
    number = {id(p.node): i for i, p in enumerate(pieces)}
    for i in range(len(pieces) - 1, -1, -1):  # children come after their parents
        parent = number.get(id(pieces[i].node.parent))
        if parent is not None:
            ends[parent] = max(ends[parent], ends[i])
    return ends


def rows(root: Node, most: Rows) -> Iterator[Row]:
    """Rows that compute every token of a tree once, parents before children."""
    todo = [root]
    while todo:
        node = todo.pop()
        yield from _chain(node, most)
        small = [c for c in node.children if _fits(c, most)]
        yield from _branches(small, node.end, most)
        todo += [c for c in reversed(node.children) if not _fits(c, most)]


def _fits(node: Node, most: Rows) -> bool:
    return node.n_tokens <= most.branched and node.n_asked <= most.asked


def _chain(node: Node, most: Rows) -> Iterator[Row]:
    """A node alone, in rows that are kept."""
    asked, start = node.asked_depths(), node.start
    while start < node.end:
        end = min(start + most.chained, node.end)
        here = asked[(asked >= start) & (asked < end)]
        if len(here) > most.asked:
            end = int(here[most.asked])
        yield Row(start, (Piece(node, start, end),), is_chain=True)
        start = end


def _branches(nodes: Sequence[Node], kept: int, most: Rows) -> Iterator[Row]:
    """Small subtrees side by side."""
    pieces: list[Piece] = []
    n_tokens = n_asked = 0
    for node in nodes:
        if pieces and (
            n_tokens + node.n_tokens > most.branched or n_asked + node.n_asked > most.asked
        ):
            yield Row(kept, tuple(pieces), is_chain=False)
            pieces, n_tokens, n_asked = [], 0, 0
        pieces += [Piece(n, n.start, n.end) for n in walk(node)]
        n_tokens, n_asked = n_tokens + node.n_tokens, n_asked + node.n_asked
    if pieces:
        yield Row(kept, tuple(pieces), is_chain=False)
