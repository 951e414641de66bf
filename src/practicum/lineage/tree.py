"""The family tree: which artifact was made from which, folded from the runs of a store.

Nothing here is typed by hand. An edge exists because a run took the parent and gave the
child, or because an adapter records the digest of its base.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import Any

from practicum.core.artifact import Artifact
from practicum.core.errors import UnknownReference
from practicum.core.store import Run, Store
from practicum.lineage.licence import summary
from practicum.lineage.members import (
    DATA_KINDS,
    GONE,
    Edge,
    Family,
    Node,
    ancestors,
    descendants,
    describe_node,
    plain,
    shown,
    to_json,
)

# Every other stage names its relation.
RELATIONS = {"evaluate": "measure", "benchmark": "measure", "talk": "measure"}
ARC_METHODS = ("slerp", "nuslerp", "multislerp")  # the merges that a fraction t steers


def family(
    store: Store, digests: Iterable[str] | None = None, *, with_reports: bool = False
) -> Family:
    """The family of a store, or of these artifacts with all their ancestors.

    Deleted artifacts stay, as kind "gone", while something that exists descends from them.

    Raises  UnknownReference when neither the store nor any run knows a given digest.
    """
    runs = sorted(store.runs(), key=lambda r: (r.started_unix_s, r.id))
    present = {a.digest: a for a in store.artifacts()}
    reports = set() if with_reports else _reports(runs, present)
    makers: dict[str, list[Run]] = {}
    for run in runs:
        makers.setdefault(run.output, []).append(run)
    edges = [
        edge
        for edge in _mark_loops([*_run_edges(makers), *_base_edges(present, makers)])
        if edge.parent not in reports and edge.child not in reports
    ]
    wanted = set(present) - reports if digests is None else _known(digests, present, makers, edges)
    kept = _with_ancestors(wanted, edges)
    edges = [e for e in edges if e.parent in kept and e.child in kept]
    return Family(tuple(_nodes(store, kept, present, makers, edges)), tuple(edges))


def _reports(runs: list[Run], present: Mapping[str, Artifact]) -> set[str]:
    """Reports in the store, and what measuring runs gave that is there no more."""
    gone = {r.output for r in runs if r.stage in RELATIONS and r.output not in present}
    return gone | {a.digest for a in present.values() if a.kind == "report"}


def _run_edges(makers: Mapping[str, list[Run]]) -> Iterator[Edge]:
    """One edge for every present input of the earliest run of each output, oldest run first."""
    for output, runs in makers.items():
        run = runs[0]
        for parent in dict.fromkeys(d for d in run.inputs if d):
            relation = RELATIONS.get(run.stage, run.stage)
            yield Edge(parent, output, relation, _detail(run), run.stage, run.id)


def _detail(run: Run) -> str:
    """What distinguishes this run from others of its stage, e.g. `slerp t=0.5` or `q4_1`."""
    params = run.params
    method, t, weights = params.get("method"), params.get("t"), params.get("weights")
    words = [str(method)] if method else []
    if t is not None and method in ARC_METHODS:  # elsewhere it is a default nobody looked at
        words.append(f"t={t}")
    elif isinstance(weights, (list, tuple)) and weights:
        words.append("weights " + "/".join(str(w) for w in weights))
    if run.stage == "quantize" and params.get("type"):
        words.append(str(params["type"]).lower())
    return plain(" ".join(words))


def _base_edges(present: Mapping[str, Artifact], makers: Mapping[str, list[Run]]) -> Iterator[Edge]:
    """The base of each adapter whose making no run tells, such as an imported one."""
    for artifact in present.values():
        base = artifact.meta.get("base")
        if artifact.kind == "adapter" and isinstance(base, str) and base:
            runs = makers.get(artifact.digest, [])
            if not runs or base not in runs[0].inputs:
                yield Edge(base, artifact.digest, "adapter", "", "", None)


def _mark_loops(edges: list[Edge]) -> list[Edge]:
    """The edges, the youngest of every loop marked as a back edge.

    Content addressing makes loops possible: a merge that changes nothing gives its input again.
    """
    back = {i for i, e in enumerate(edges) if e.parent == e.child}
    while True:
        sorter: TopologicalSorter[str] = TopologicalSorter()
        for i, e in enumerate(edges):
            if i not in back:
                sorter.add(e.child, e.parent)
        try:
            sorter.prepare()
        except CycleError as error:
            loop = error.args[1]  # each is the parent of the next
            steps = set(pairwise(loop))
            back.add(max(i for i, e in enumerate(edges)
                         if i not in back and (e.parent, e.child) in steps))  # fmt: skip
        else:
            return [replace(e, is_back=i in back) for i, e in enumerate(edges)]


def _known(
    digests: Iterable[str], present: Mapping[str, Artifact], makers: Mapping[str, list[Run]],
    edges: list[Edge],
) -> set[str]:  # fmt: skip
    wanted = set(digests)
    strangers = wanted - present.keys() - makers.keys() - {e.parent for e in edges}
    if strangers:
        raise UnknownReference(
            *(f"neither the store nor any run knows {d[:8]}" for d in sorted(strangers)),
            hint="practicum models",
        )
    return wanted


def _with_ancestors(digests: Iterable[str], edges: list[Edge]) -> set[str]:
    above: dict[str, list[str]] = {}
    for edge in edges:
        if not edge.is_back:
            above.setdefault(edge.child, []).append(edge.parent)
    kept, waiting = set(digests), list(digests)
    while waiting:
        for parent in above.get(waiting.pop(), []):
            if parent not in kept:
                kept.add(parent)
                waiting.append(parent)
    return kept


def _nodes(
    store: Store, kept: set[str], present: Mapping[str, Artifact],
    makers: Mapping[str, list[Run]], edges: list[Edge],
) -> list[Node]:  # fmt: skip
    now, once = _names(store)
    gone_data = {d for d, r in makers.items() if d not in present and r[0].stage == "data"}
    data = gone_data | {a.digest for a in present.values() if a.kind in DATA_KINDS}
    generations = _generations(kept, data, edges)
    found = []
    for digest in kept:
        artifact, runs = present.get(digest), makers.get(digest, [])
        meta = artifact.meta if artifact else {}
        kind = artifact.kind if artifact else GONE
        names = tuple(now.get(digest, ()))
        name = next(iter((*names, *once.get(digest, ()), *_strings(meta.get("name")), kind)))
        declared, listed = _strings(meta.get("license")), _strings(meta.get("licenses"))
        if kind in DATA_KINDS:  # rows have licences; weights have one and remember their data's
            declared, listed = (*declared, *listed), ()
        found.append(
            Node(
                digest=digest, kind=kind, names=names, label=f"{name}@{digest[:8]}",
                stage=runs[0].stage if runs else "",
                licence=declared[0] if declared else None,
                size_bytes=artifact.size_bytes if artifact else 0,
                run=runs[0].id if runs else artifact.run if artifact else None,
                generation=generations[digest], format=_format(meta),
                declared=tuple(dict.fromkeys(declared)), carried=tuple(dict.fromkeys(listed)),
                other_runs=tuple(run.id for run in runs[1:]),
            )
        )  # fmt: skip
    age = {output: i for i, output in enumerate(makers)}
    # What no run made was there first. The digest settles ties, so that a tree never flickers.
    found.sort(key=lambda n: (n.generation, n.is_data, age.get(n.digest, -1), n.label, n.digest))
    return found


def _names(store: Store) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Names by the digest they point at now, and by those they once pointed at."""
    now: dict[str, list[str]] = {}
    once: dict[str, list[str]] = {}
    for name, digest in store.names().items():
        now.setdefault(digest, []).append(name)
        for entry in store.history(name):
            once.setdefault(str(entry.get("digest")), []).append(name)
    return now, once


def _generations(kept: set[str], data: set[str], edges: list[Edge]) -> dict[str, int]:
    above: dict[str, list[str]] = {digest: [] for digest in kept}
    for edge in edges:
        if not edge.is_back:
            above[edge.child].append(edge.parent)
    depth: dict[str, int] = {}
    for digest in TopologicalSorter(above).static_order():
        depth[digest] = max((depth[p] + (p not in data) for p in above[digest]), default=0)
    return depth


def _format(meta: Mapping[str, Any]) -> str:
    """The file format and, when it is quantized, the type most of its tensors have."""
    types = meta.get("types")
    counts = (
        {t: n for t, n in types.items() if isinstance(n, int)} if isinstance(types, dict) else {}
    )
    common = max(counts, key=lambda t: counts[t]) if counts else None
    words = (meta.get("format"), meta.get("type") or common)
    return plain(" ".join(w for w in words if isinstance(w, str))).lower()


def _strings(value: Any) -> tuple[str, ...]:
    """A string or a list of strings as a tuple; whatever else meta may hold is dropped."""
    items = value if isinstance(value, (list, tuple)) else (value,)
    return tuple(item for item in items if isinstance(item, str) and item.strip())


def text_tree(family: Family, *, with_data: bool = True) -> str:
    """The tree for a terminal, one line a node, with the licence all its ancestors add up to.

    A node with several parents is printed below its first one (a model before data) and
    stands as "↗ name" below the others; "↺ name" is a loop back to content already there.
    """
    licences = {node.digest: summary(family, node.digest).licence for node in family.nodes}
    family = shown(family, with_data=with_data)
    homes = _homes(family)
    below: dict[str, list[Edge]] = {node.digest: [] for node in family.nodes}
    for edge in family.edges:
        below[edge.parent].append(edge)
    roots = sorted((n for n in family.nodes if n.digest not in homes), key=lambda n: n.is_data)
    lines: list[str] = []
    # A stack, not recursion: a chain of a thousand fine-tunes is a legal family.
    waiting: list[tuple[Node | Edge, str, str]] = [(root, "", "") for root in reversed(roots)]
    while waiting:
        item, stem, indent = waiting.pop()
        node = item if isinstance(item, Node) else family.by_digest[item.child]
        words = "" if isinstance(item, Node) else f"{item.words} → "
        if isinstance(item, Edge) and homes.get(item.child) is not item:
            lines.append(f"{stem}{words}{'↺' if item.is_back else '↗'} {plain(node.label)}")
            continue
        lines.append(
            f"{stem}{words}{plain(node.label)}  {describe_node(node, licences[node.digest])}"
        )
        for i, edge in enumerate(reversed(below[node.digest])):
            branch, deeper = ("├─ ", "│  ") if i else ("└─ ", "   ")
            waiting.append((edge, indent + branch, indent + deeper))
    return "".join(line + "\n" for line in lines)


def _homes(family: Family) -> dict[str, Edge]:
    """For each node with parents, the edge it is printed below."""
    return {
        child: next((e for e in edges if not family.by_digest[e.parent].is_data), edges[0])
        for child, edges in family.parents.items()
        if edges
    }


def to_mermaid(family: Family, *, with_data: bool = True) -> str:
    """The tree as a Mermaid flowchart, which GitHub draws; data is rounded, loops are dotted."""
    family = shown(family, with_data=with_data)
    ids = {node.digest: f"n{i}" for i, node in enumerate(family.nodes)}
    lines = ["flowchart TD"]
    for node in family.nodes:
        text = f"{_mermaid(node.label)}<br/>{_mermaid(describe_node(node))}"
        shape = f'(["{text}"])' if node.is_data else f'["{text}"]'
        lines.append(f"  {ids[node.digest]}{shape}")
    for edge in family.edges:
        arrow = "-.->" if edge.is_back else "-->"
        lines.append(f'  {ids[edge.parent]} {arrow}|"{_mermaid(edge.words)}"| {ids[edge.child]}')
    return "\n".join(lines) + "\n"


def _mermaid(text: str) -> str:
    """Text that cannot leave its quotes: all but letters, digits and a few signs as codes."""
    return "".join(c if c.isalnum() or c in " @._-/·:=,→" else f"#{ord(c)};" for c in plain(text))


__all__ = [
    "Edge", "Family", "Node", "ancestors", "descendants", "describe_node", "family", "shown",
    "text_tree", "to_json", "to_mermaid",
]  # fmt: skip
