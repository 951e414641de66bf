"""The model card, computed: how it was made, from what, on which terms, and what was measured.

Nothing is asked of a person. Everything printed is in the store, and names and notes that
others wrote can break neither the YAML above nor the Markdown below.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Sequence

import yaml

from practicum.core.artifact import Artifact
from practicum.core.errors import PracticumError
from practicum.core.report import Metric
from practicum.core.store import NAME_PATTERN, Run, Store
from practicum.lineage.licence import Summary, summary
from practicum.lineage.members import GONE, Family, Node, ancestors, plain, readable_size
from practicum.lineage.tree import family

# Hugging Face knows four relations; whatever else is done to weights counts as tuning them.
CARD_RELATIONS = {"merge": "merge", "quantize": "quantized", "adapter": "adapter"}
ARROWS = {"higher": " ↑", "lower": " ↓", "neither": ""}


def card(store: Store, digest: str) -> str:
    """The card of a model or adapter: YAML front matter, then Markdown.

    Raises  UnknownReference when the artifact is not in the store; PracticumError for kinds
            that have no card.
    """
    artifact = store.get(digest)
    if artifact.kind not in ("model", "adapter"):
        raise PracticumError(
            f"{artifact.short} is {artifact.kind}; a card is for a model or an adapter",
            hint=f"practicum tree {artifact.short}",
        )
    kin = family(store, [digest])
    runs = {run.id: run for run in store.runs()}
    node, licence = kin.node(digest), summary(kin, digest)
    sections = (
        _head(artifact, node),
        _notes(store, kin, digest),
        _making(kin, node, runs),
        _data(kin, digest),
        _evaluations(digest, runs.values()),
        _licence(licence),
        _use(node),
        _files(artifact),
        _versions(runs.get(node.run or "")),
    )
    return _front_matter(kin, node, licence) + "\n".join(s for s in sections if s.strip())


def _front_matter(kin: Family, node: Node, licence: Summary) -> str:
    """What a model hub reads. `license` is the computed one, so that it cannot promise too much."""
    parents = [e for e in kin.parents[node.digest] if not kin.by_digest[e.parent].is_data]
    front: dict[str, object] = {"license": licence.licence}
    if licence.licence == "other":
        names = dict.fromkeys(c.licence or "" for c in licence.claims if c.word == licence.word)
        front["license_name"] = " and ".join(plain(name).lower() for name in names)
    if parents:
        front["base_model"] = [plain(kin.by_digest[e.parent].label) for e in parents]
        relation = "adapter" if node.kind == "adapter" else parents[0].relation
        front["base_model_relation"] = CARD_RELATIONS.get(relation, "finetune")
    front |= {
        "library_name": "practicum",
        "tags": ["practicum"],
        "pipeline_tag": "text-generation",
    }
    # One line a value: a folded string could put "---" where readers look for the end.
    text = yaml.safe_dump(front, sort_keys=False, allow_unicode=True, width=10**6)
    return f"---\n{text}---\n\n"


def _head(artifact: Artifact, node: Node) -> str:
    n_parameters = artifact.meta.get("n_parameters")
    facts = [
        node.kind,
        _text(node.format),
        _text(str(artifact.meta.get("architecture") or "")),
        f"{n_parameters:,} parameters" if isinstance(n_parameters, int) else "",
        readable_size(artifact.size_bytes),
    ]
    lines = [f"# {_text(node.label)}", "", " · ".join(fact for fact in facts if fact), ""]
    if node.other_runs:
        lines += [f"Made {len(node.other_runs) + 1} times with the same content.", ""]
    return "\n".join(lines)


def _notes(store: Store, kin: Family, digest: str) -> str:
    """What it and its ancestors say of their origin: a child of a restored model is one too."""
    found: dict[str, str] = {}
    for node in (kin.node(digest), *ancestors(kin, digest)):
        if node.kind != GONE and (note := store.get(node.digest).meta.get("origin_note")):
            found.setdefault(str(note), "" if node.digest == digest else f"{_code(node.label)}: ")
    return "\n>\n".join(f"> {where}{_text(note)}" for note, where in found.items()) + "\n"


def _making(kin: Family, node: Node, runs: dict[str, Run]) -> str:
    """Every run that led here, oldest first, with all that is needed to repeat it."""
    chain = {n.run: n for n in (*ancestors(kin, node.digest), node) if n.run in runs}
    ordered = sorted((runs[run_id] for run_id in chain if run_id), key=_age)
    lines = ["## How it was made", ""]
    if not ordered:
        lines += ["It was brought in as it is; no run of this store made it.", ""]
    for number, run in enumerate(ordered, 1):
        made, given = chain[run.id], [kin.by_digest.get(d) for d in run.inputs]
        inputs = " + ".join(_code(n.label) for n in given if n) or "nothing before it"
        lines.append(f"{number}. **{_text(run.stage)}** {inputs} → {_code(made.label)}")
        params = {k: v for k, v in run.params.items() if v is not None}
        detail = [_code(json.dumps(params, ensure_ascii=False, default=str))] if params else []
        detail += [f"seed {run.seed}", f"{run.seconds:,.1f} s"]
        if run.peak_memory_bytes:
            detail.append(f"peak {readable_size(run.peak_memory_bytes)}")
        lines.append("   " + ", ".join(detail))
        if run.why:
            lines.append(f"   — {_text(run.why)}")
    total = sum(run.seconds for run in ordered)
    return "\n".join([*lines, *(["", f"In all {total:,.1f} s."] if len(ordered) > 1 else []), ""])


def _age(run: Run) -> tuple[float, str]:
    return run.started_unix_s, run.id


def _data(kin: Family, digest: str) -> str:
    """The data on the way here; data without a licence says so, whatever the summary says."""
    rows = [
        (_code(n.label), n.kind, readable_size(n.size_bytes),
         ", ".join(_text(d) for d in n.declared) or "not declared")
        for n in ancestors(kin, digest)
        if n.is_data
    ]  # fmt: skip
    return _table("## Data", ("data", "kind", "size", "licences"), rows)


def _evaluations(digest: str, runs: Iterable[Run]) -> str:
    """Every measurement of this very artifact, newest first."""
    found = [r for r in runs if r.stage == "evaluate" and r.inputs[:1] == (digest,)]
    lines = ["## Evaluation", ""]
    if not found:
        return "\n".join([*lines, "Not measured yet.", ""])
    for run in sorted(found, key=_age, reverse=True):
        params = {k: v for k, v in run.params.items() if v is not None}
        title = _text(run.report.title or "evaluate")
        lines += [f"### {title}", "", f"{_code(json.dumps(params, default=str))}, seed {run.seed}"]
        rows = [_metric_row(metric) for metric in run.report.metrics]
        lines += ["", _table("", ("metric", "value", "95 % interval", "n", "unit"), rows)]
        lines += [f"- {_text(note)}" for note in run.report.notes]
    return "\n".join(lines)


def _metric_row(metric: Metric) -> tuple[str, ...]:
    interval = f"{metric.ci95[0]:.4g} – {metric.ci95[1]:.4g}" if metric.ci95 else "not given"
    n = f"{metric.n:,}" if metric.n is not None else "not given"
    name = _text(metric.name) + ARROWS[metric.better]
    return name, f"{metric.value:.4g}", interval, n, _text(metric.unit)


def _licence(licence: Summary) -> str:
    reasons = [f"- {_text(reason)}" for reason in licence.reasons]
    words = f"**{licence.word}**, computed from what it was made of; this is not legal advice."
    return "\n".join(["## Licence", "", words, "", *reasons, ""])


def _use(node: Node) -> str:
    """The command to try it; a name that a shell could misread is replaced by the digest."""
    name = next((n for n in node.names if NAME_PATTERN.fullmatch(n)), node.digest[:12])
    return "\n".join(["## Use", "", "```", f"practicum chat {name}", "```", ""])


def _files(artifact: Artifact) -> str:
    rows = [
        (_code(name), readable_size(entry.size_bytes), f"`{entry.sha256}`")
        for name, entry in sorted(artifact.files.items())
    ]
    digest = f"Digest of the whole: `{artifact.digest}`\n"
    return _table("## Files", ("file", "size", "sha256"), rows) + "\n" + digest


def _versions(run: Run | None) -> str:
    if run is None or not (run.versions or run.host):
        return ""
    found = [f"{_text(name)} {_text(version)}" for name, version in run.versions.items()]
    host = [f"{_text(str(k))} {_text(str(v))}" for k, v in run.host.items()]
    return "\n".join(["## Versions", "", ", ".join(found + host), ""])


def _table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table under its title; nothing at all when there are no rows."""
    if not rows:
        return ""
    lines = [title, ""] if title else []
    lines += [f"| {' | '.join(head)} |", "|" + " --- |" * len(head)]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([*lines, ""])


def _text(text: str) -> str:
    """A stranger's text as Markdown that shows it: no HTML, links, emphasis or table cells."""
    return re.sub(r"([\\`*_\[\]|#~!])", r"\\\1", html.escape(plain(text), quote=False))


def _code(text: str) -> str:
    """A stranger's text as inline code; inside a table even code must not hold a bare pipe."""
    text = plain(text).replace("|", "\\|")
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}"
