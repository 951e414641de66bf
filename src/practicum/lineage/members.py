"""Members of a family: artifacts as nodes, what was done to them as edges, and who descends
from whom."""

from __future__ import annotations

import unicodedata
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from practicum.core.errors import UnknownReference

DATA_KINDS = ("text", "chat", "pairs", "tokenizer", "index")
GONE = "gone"  # the kind of an artifact that runs still speak of but the store lost


def plain(text: str) -> str:
    """The text on one line, without control or direction-changing characters.

    Names come from files others wrote; an escape sequence in one must not reach a terminal.
    """
    kept = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in text)
    return " ".join(kept.split())


def readable_size(size_bytes: int) -> str:
    """A size in decimal units, with one digit behind the point below ten."""
    size = float(size_bytes)
    for unit in ("B", "kB", "MB", "GB"):
        if size < 999.5:
            return f"{size:.0f} {unit}" if unit == "B" or size >= 9.95 else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:,.1f} TB"


@dataclass(frozen=True)
class Node:
    """One artifact of the family.

    Units   `generation` counts the models above it on the longest line; data adds none.
            `declared` is every licence its own meta states, `licence` the first of them;
            `carried` are those of the data a model was trained on, remembered in its meta.
            `stage` is that of `run`; `other_runs` gave the same content later than `run` did.
    """

    digest: str
    kind: str
    names: tuple[str, ...]
    label: str
    licence: str | None
    size_bytes: int
    run: str | None
    generation: int
    format: str = ""
    declared: tuple[str, ...] = ()
    carried: tuple[str, ...] = ()
    other_runs: tuple[str, ...] = ()
    stage: str = ""

    @property
    def is_data(self) -> bool:
        """Whether it is a dataset and not a model."""
        return self.kind in DATA_KINDS or (self.kind == GONE and self.stage == "data")


@dataclass(frozen=True)
class Edge:
    """One step from parent to child; `is_back` when it returns to content already there."""

    parent: str
    child: str
    relation: str
    detail: str
    stage: str
    run: str | None
    is_back: bool = False

    @property
    def words(self) -> str:
        """The relation with its detail, as one phrase."""
        return plain(f"{self.relation} {self.detail}")


@dataclass(frozen=True)
class Family:
    """Nodes by generation, edges by age. `parents` and `children` leave back edges out."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    @cached_property
    def by_digest(self) -> dict[str, Node]:
        """Nodes by digest."""
        return {node.digest: node for node in self.nodes}

    @cached_property
    def parents(self) -> dict[str, list[Edge]]:
        """For each digest, the edges that lead to it; loops left out."""
        return _grouped(self, "child")

    @cached_property
    def children(self) -> dict[str, list[Edge]]:
        """For each digest, the edges that leave it; loops left out."""
        return _grouped(self, "parent")

    def node(self, digest: str) -> Node:
        """The node of that digest.  Raises UnknownReference when it is not of this family."""
        try:
            return self.by_digest[digest]
        except KeyError:
            raise UnknownReference(
                f"{digest[:8]} is not in this family", hint="practicum tree"
            ) from None


def _grouped(family: Family, end: str) -> dict[str, list[Edge]]:
    groups: dict[str, list[Edge]] = {node.digest: [] for node in family.nodes}
    for edge in family.edges:
        if not edge.is_back:
            groups[getattr(edge, end)].append(edge)
    return groups


def ancestors(family: Family, digest: str) -> tuple[Node, ...]:
    """Everything an artifact was made from, nearest first."""
    return _walk(family, digest, family.parents, "parent")


def descendants(family: Family, digest: str) -> tuple[Node, ...]:
    """Everything made from an artifact, nearest first."""
    return _walk(family, digest, family.children, "child")


def _walk(
    family: Family, digest: str, edges: Mapping[str, list[Edge]], end: str
) -> tuple[Node, ...]:
    family.node(digest)
    found = {digest: None}
    waiting = deque(found)
    while waiting:
        for edge in edges[waiting.popleft()]:
            other = getattr(edge, end)
            if other not in found:
                found[other] = None
                waiting.append(other)
    return tuple(family.by_digest[d] for d in found if d != digest)


def describe_node(node: Node, licence: str | None = None) -> str:
    """What a node is, in words: kind, format, size and licence (its own when none is given)."""
    if node.kind == GONE:
        return "gone: deleted from the store"
    parts = [node.kind, node.format, readable_size(node.size_bytes)]
    parts += [licence] if licence else node.declared
    return " · ".join(plain(part) for part in parts if part)


def shown(family: Family, *, with_data: bool = True) -> Family:
    """The family as drawn: without its data, models stay joined through the data between them.

    A model that wrote the data another was trained on remains its ancestor: relation "data".
    """
    if with_data:
        return family
    nodes = tuple(n for n in family.nodes if not n.is_data)
    visible = {n.digest for n in nodes}
    edges = [e for e in family.edges if e.parent in visible and e.child in visible]
    joined = {(e.parent, e.child) for e in edges}
    for edge in family.edges:
        if edge.child not in visible or edge.parent in visible:
            continue
        label = family.by_digest[edge.parent].label
        for author in _authors(family, edge.parent, visible):
            if (author, edge.child) not in joined:
                joined.add((author, edge.child))
                edges.append(Edge(author, edge.child, "data", f"via {label}", edge.stage, edge.run))
    return Family(nodes, tuple(edges))


def _authors(family: Family, data: str, visible: set[str]) -> list[str]:
    """The nearest visible ancestors of a piece of data, through other data only."""
    found: list[str] = []
    seen, waiting = {data}, deque([data])
    while waiting:
        for edge in family.parents[waiting.popleft()]:
            if edge.parent in visible:
                found.append(edge.parent)
            elif edge.parent not in seen:
                seen.add(edge.parent)
                waiting.append(edge.parent)
    return found


def to_json(family: Family) -> dict[str, Any]:
    """The family as plain JSON values."""
    return {
        "nodes": [asdict(node) for node in family.nodes],
        "edges": [asdict(edge) for edge in family.edges],
    }
