"""Models: the shelf of artifacts, where each is from and how good it is, and models compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from markdown_it import MarkdownIt
from markupsafe import Markup

from practicum import verbs
from practicum.core.artifact import Artifact
from practicum.core.errors import UnknownReference
from practicum.core.report import Metric
from practicum.core.stage import find_stage, stages
from practicum.core.store import Run, Store
from practicum.lineage.card import card as card_of
from practicum.lineage.drawing import draw
from practicum.lineage.licence import Summary, summary
from practicum.lineage.members import Family, descendants
from practicum.lineage.tree import family
from practicum.measure.told import Point
from practicum.web.render import page, reply
from practicum.web.scores.pages import summary_of
from practicum.web.studio import Studio
from practicum.web.tools import shown
from practicum.web.tools.told import of_run, whole_recipe

router = APIRouter()
KINDS = ("model", "adapter", "chat", "pairs", "text", "tokenizer", "index", "report")
DRAWN = 30  # members of a family; more are not read, and the page has the list of files too
ROWS_SHOWN = 5


@dataclass(frozen=True)
class Item:
    """One artifact on the shelf."""

    artifact: Artifact
    names: tuple[str, ...]
    licence: Summary | None
    run: Run | None

    @property
    def label(self) -> str:
        """What it is called: a name of the store, else its own."""
        return self.names[-1] if self.names else str(self.artifact.meta.get("name") or "unnamed")

    @property
    def form(self) -> str:
        """Its file format and type, when it has one."""
        meta = self.artifact.meta
        types = meta.get("types")
        most = max(types, key=lambda t: types[t]) if isinstance(types, dict) and types else ""
        return " ".join(str(w) for w in (meta.get("format"), meta.get("type") or most) if w).lower()


def shelf(store: Store) -> list[Item]:
    """Every artifact, models first, newest first among equals."""
    kin = family(store)
    runs = {run.output: run for run in reversed(store.runs())}  # the earliest run of each output
    names: dict[str, list[str]] = {}
    for name, digest in store.names().items():
        names.setdefault(digest, []).append(name)
    items = [
        Item(a, tuple(names.get(a.digest, ())), _licence(kin, a), runs.get(a.digest))
        for a in store.artifacts()
    ]
    return sorted(items, key=lambda i: (KINDS.index(i.artifact.kind), not i.names,
                                        -(i.run.started_unix_s if i.run else 0)))  # fmt: skip


def _licence(kin: Family, artifact: Artifact) -> Summary | None:
    return summary(kin, artifact.digest) if artifact.digest in kin.by_digest else None


@router.get("/models", response_class=HTMLResponse)
def models(request: Request) -> HTMLResponse:
    """The shelf, of one kind or all."""
    studio: Studio = request.app.state.studio
    items = shelf(studio.store)
    kind = request.query_params.get("kind", "model")
    counts = {k: sum(i.artifact.kind == k for i in items) for k in KINDS}
    if kind not in (*KINDS, "all"):
        raise UnknownReference(f"there is no kind '{kind}'", hint=", ".join((*KINDS, "all")))
    chosen = [i for i in items if kind in ("all", i.artifact.kind)]
    return page(request, "models.html", title="Models", items=chosen, kind=kind, counts=counts,
                n_all=len(items), evaluated=_evaluated(studio.store))  # fmt: skip


# -- compared --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Scored:
    """A model with its newest evaluation."""

    label: str
    digest: str
    run: Run


def _evaluated(store: Store) -> list[Scored]:
    """Every model that was measured, each with its newest evaluation, the newest last."""
    names = shown.names_of(store)
    called = {a.digest: str(a.meta.get("name") or a.kind) for a in store.artifacts()}
    newest: dict[str, Run] = {}
    for run in store.runs():
        if run.stage == "evaluate" and run.inputs:
            newest.pop(run.inputs[0], None)
            newest[run.inputs[0]] = run
    return [
        Scored(names.get(d) or f"{called.get(d, 'deleted')}@{d[:8]}", d, run)
        for d, run in newest.items()
    ]


def _on_one_test(scores: Sequence[Scored]) -> list[Scored]:
    """Those that answered the questions which most of them answered."""
    tests = Counter(s.run.inputs[1] for s in scores)
    return [s for s in scores if s.run.inputs[1] == tests.most_common(1)[0][0]]


@router.get("/models/compare", response_class=HTMLResponse)
def compare(request: Request) -> HTMLResponse:
    """Models side by side: metrics with intervals, size against score, and paired differences."""
    studio: Studio = request.app.state.studio
    everything = _evaluated(studio.store)
    wanted = [w for w in request.query_params.getlist("m") if w]
    wanted += [request.query_params[k] for k in ("a", "b") if request.query_params.get(k)]
    digests = [verbs.resolve(word, studio.store).digest for word in wanted]
    missing = [d[:8] for d in digests if d not in {s.digest for s in everything}]
    chosen = [s for s in everything if s.digest in digests] if wanted else _on_one_test(everything)
    plotted = chosen if len(_on_one_test(chosen)) == len(chosen) else []
    metrics = list(dict.fromkeys(m.name for s in chosen for m in s.run.report.metrics))
    kept = [m for m in metrics if not m.startswith("gain")]
    return page(
        request, "compare.html", title="Compare", everything=everything, chosen=chosen,
        wanted=digests, missing=missing, shown=shown,
        rows=[(m, [s.run.report.get(m) for s in chosen]) for m in kept],
        same_test=bool(plotted) or not chosen,
        pairs=_pairs(chosen) if len(chosen) == 2 else [],
        query=urlencode([("m", s.digest) for s in plotted]),
    )  # fmt: skip


@router.get("/models/compare/plots", response_class=HTMLResponse)
def compare_plots(request: Request) -> HTMLResponse:
    """Size against score; apart from the page, because drawing takes its time."""
    studio: Studio = request.app.state.studio
    wanted = set(request.query_params.getlist("m"))
    chosen = [s for s in _evaluated(studio.store) if s.digest in wanted]
    return HTMLResponse(str(_trade(chosen)))


def _trade(chosen: Sequence[Scored]) -> Markup:
    from practicum.measure.page import plot_figure
    from practicum.measure.plots import scatter

    points = []
    for s in chosen:
        score, size = s.run.report.get("accuracy"), s.run.report.get("size")
        if score and size:
            low, high = score.ci95 or (None, None)
            points.append(Point(s.label, score.value, low, high, size.value / 1e6))
    if len(points) < 2:
        return Markup("")
    claim = _trade_claim(points)
    figure = plot_figure(scatter(claim, points, x="size on disk (MB)", y="accuracy (fraction)"))
    return Markup(figure)  # noqa: S704 - that renderer escapes


def _trade_claim(points: Sequence[Point]) -> str:
    """What size buys here, no more than the intervals allow."""
    best = max(points, key=lambda p: (p.value, -p.x))
    rivals = [p for p in points if (p.high or p.value) >= (best.low or best.value)]
    if len(rivals) == len(points):
        least = min(points, key=lambda p: p.x)
        return f"No model is better beyond chance; {least.label} is the smallest, {least.x:.3g} MB"
    return f"{best.label} answers most: {best.value:.0%} right at {best.x:.3g} MB"


def _pairs(chosen: Sequence[Scored]) -> list[tuple[str, Any]]:
    """The second against the first on the questions that both answered, in both readings."""
    from practicum.measure.intervals import paired_gain

    first, second = ({str(s.get("prompt")): s for s in c.run.report.samples} for c in chosen)
    both = [(first[p], second[p]) for p in first if p in second]
    if not both:
        return []
    return [
        (reading, paired_gain([bool(a[reading]) for a, _ in both],
                              [bool(b[reading]) for _, b in both]))
        for reading in ("strict", "lenient")
    ]  # fmt: skip


# -- one artifact ----------------------------------------------------------------------------


@router.get("/models/{reference}", response_class=HTMLResponse)
def model(request: Request, reference: str) -> HTMLResponse:
    """Where it is from, what may be done with it, how good it is."""
    studio: Studio = request.app.state.studio
    store, names = studio.store, shown.names_of(studio.store)
    artifact = store.resolve(reference)
    item = next(i for i in shelf(store) if i.artifact.digest == artifact.digest)
    runs = store.runs()
    has_card = artifact.kind in ("model", "adapter")
    recipe, command = _making(item, store)
    measured = [r for r in reversed(runs) if r.stage in ("evaluate", "benchmark")
                and r.inputs[:1] == (artifact.digest,)]  # fmt: skip
    return page(
        request, "model.html", title=item.label, item=item, artifact=artifact, shown=shown,
        evaluations=measured, tables={r.id: summary_of(store, r.output) for r in measured},
        used=[(r, names.get(r.output) or r.output[:8]) for r in runs
              if artifact.digest in r.inputs and r.stage not in ("evaluate", "benchmark")],
        recipe=recipe, command=command, next_tools=shown.next_tools(artifact, names),
        drawing=_drawing(store, artifact), names=names,
        card=_card_html(card_of(store, artifact.digest)) if has_card else None,
        ways=_ways(item.licence), rows=_first_rows(artifact), facts=_facts(artifact), head=_headlines(runs, artifact),
    )  # fmt: skip


@router.post("/models/{digest}/name")
def point(request: Request, digest: str, given: dict[str, Any]) -> Response:
    """Let a name point at an artifact."""
    studio: Studio = request.app.state.studio
    artifact = studio.store.resolve(digest)
    studio.store.point(str(given.get("name", "")).strip(), artifact.digest)
    return reply(go=f"/models/{artifact.digest}")


def _ways(licence: Summary | None) -> dict[str, list[str]]:
    """Each licence with its terms, and the ways on which it came, strictest first."""
    found: dict[str, list[str]] = {}
    for claim in licence.claims if licence else ():
        found.setdefault(claim.what, []).append(claim.where)
    return found


def _headlines(runs: Sequence[Run], artifact: Artifact) -> list[Metric]:
    """The few numbers to know it by, from its newest evaluation."""
    found = [r for r in runs if r.stage == "evaluate" and r.inputs[:1] == (artifact.digest,)]
    if not found:
        return []
    report = found[-1].report
    wanted = (
        report.get(n) for n in ("accuracy", "accuracy.lenient", "perplexity", "gain", "speed")
    )
    return [metric for metric in wanted if metric]


def _facts(artifact: Artifact) -> list[tuple[str, str]]:
    """What its meta says of it that people ask for."""
    words = {"architecture": "architecture", "n_parameters": "parameters", "n_vocab": "vocabulary",
             "source": "source", "text": "text", "rows": "rows"}  # fmt: skip
    found = []
    for key, label in words.items():
        value = artifact.meta.get(key)
        if isinstance(value, Mapping):
            value = ", ".join(f"{n:,} {split}" for split, n in value.items())
        elif isinstance(value, int):
            value = f"{value:,}"
        if value:
            found.append((label, str(value)))
    return found


def _making(item: Item, store: Store) -> tuple[str, str]:
    """How to make it again: everything from its roots as one recipe, and its own command line."""
    if item.run is None or item.run.stage not in stages():
        return "", ""
    stage = find_stage(item.run.stage)
    _, command = of_run(item.run, stage, store)
    return whole_recipe(store, item.artifact.digest), command


def _drawing(store: Store, artifact: Artifact) -> Markup | None:
    """Its family as a picture: what it was made from and what was made from it."""
    from practicum.measure.page import svg_figure

    if artifact.kind == "report":
        return None
    whole = family(store)
    if artifact.digest not in whole.by_digest:
        return None
    below = [n.digest for n in descendants(whole, artifact.digest)]
    kin = family(store, [artifact.digest, *below])
    if len(kin.nodes) > DRAWN:
        kin = family(store, [artifact.digest])
    if len(kin.nodes) < 2:
        return None
    claim = f"{artifact.meta.get('name') or artifact.short}: its ancestors and its descendants"
    return Markup(svg_figure(draw(kin, claim), "The label above a box says what was done; the licence "  # noqa: S704 - checked there
                             "is what all ancestors add up to."))  # fmt: skip


def _card_html(text: str) -> tuple[str, str, Markup]:
    """The card's text, its front matter, and its Markdown as HTML in which no HTML of others lives."""
    _, front, body = text.split("---\n", 2)
    renderer = MarkdownIt("commonmark", {"html": False}).enable("table")
    return text, front, Markup(renderer.render(body))  # noqa: S704 - HTML in it is escaped


def _first_rows(artifact: Artifact) -> list[list[tuple[str, str]]]:
    """The first rows of a dataset, as plain text."""
    if artifact.kind not in ("chat", "pairs", "text"):
        return []
    found = []
    for name in sorted(artifact.files):
        if name.endswith((".jsonl", ".json")):
            for i, row in enumerate(artifact.rows(name)):
                if i >= ROWS_SHOWN or not isinstance(row, dict):
                    break
                found.append({"file": name, **row})
        elif name.endswith(".txt"):
            with artifact.path(name).open(encoding="utf-8", errors="replace") as stream:
                found.append({"file": name, "text": stream.read(600)})
    return shown.sample_rows(found, 3 * ROWS_SHOWN)
