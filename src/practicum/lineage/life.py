"""The report of a life: what a carried-out recipe made, told from its runs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from practicum.core.recipe import Recipe
from practicum.core.report import Metric, Report
from practicum.core.stage import Made
from practicum.core.store import Store
from practicum.lineage.drawing import draw
from practicum.lineage.tree import family
from practicum.measure.page import Page
from practicum.measure.plots import Picture, Point, bars, dots, lines, scatter

TRAINING = ("finetune", "align", "pretrain")


@dataclass(frozen=True)
class Scored:
    """One evaluated model: its name, digest, the name of its parent, and its report."""

    name: str
    digest: str
    parent: str | None
    step: str
    report: Report
    key: str

    def metric(self, name: str) -> Metric | None:
        """One of its metrics, or None."""
        return self.report.get(name)


def scored_models(made: Mapping[str, Made]) -> list[Scored]:
    """Every evaluation of a life, in the order the models were made."""
    names = {m.artifact.digest: name for name, m in made.items()}
    found = []
    for step, item in made.items():
        run = item.run
        if run.stage == "evaluate":
            parent = run.inputs[3] if len(run.inputs) > 3 else ""
            found.append(
                Scored(names.get(run.inputs[0], run.inputs[0][:8]), run.inputs[0],
                       names.get(parent), step, item.report, run.key)
            )  # fmt: skip
    order = list(made)
    return sorted(found, key=lambda s: order.index(s.name) if s.name in order else len(order))


HEADERS = ("model", "accuracy", "lenient", "gain over parent", "p", "perplexity", "KL to parent",
           "size", "speed")  # fmt: skip


def models_of(made: Mapping[str, Made]) -> list[str]:
    """Digests of the models and adapters a life made; its data are their ancestors."""
    return [m.artifact.digest for m in made.values() if m.artifact.kind in ("model", "adapter")]


def score_rows(scores: Sequence[Scored]) -> list[tuple[str, ...]]:
    """The scorecards as rows of text; intervals are 95 %."""
    return [
        (
            s.name,
            _with_interval(s.metric("accuracy"), 100, "%"),
            _with_interval(s.metric("accuracy.lenient"), 100, "%"),
            _gain(s),
            _p_value(s.metric("gain.p")),
            _with_interval(s.metric("perplexity")),
            _plain(s.metric("kl"), "{:.4f}"),
            _size(s.metric("size")),
            _plain(s.metric("speed"), "{:.0f} tok/s"),
        )
        for s in scores
    ]


def _with_interval(metric: Metric | None, scale: float = 1.0, unit: str = "") -> str:
    if metric is None:
        return "–"
    text = f"{metric.value * scale:.1f}{unit}"
    if metric.ci95:
        text += f" [{metric.ci95[0] * scale:.1f}, {metric.ci95[1] * scale:.1f}]"
    return text


def _gain(scored: Scored) -> str:
    gain = scored.metric("gain")
    if gain is None or gain.ci95 is None:
        return "–"
    low, high = (100 * c for c in gain.ci95)
    return f"{100 * gain.value:+.1f} [{low:+.1f}, {high:+.1f}] vs {scored.parent}"


def _p_value(metric: Metric | None) -> str:
    if metric is None:
        return "–"
    return "< 0.001" if metric.value < 0.001 else f"{metric.value:.3f}"


def _plain(metric: Metric | None, form: str) -> str:
    return "–" if metric is None else form.format(metric.value)


def _size(metric: Metric | None) -> str:
    return "–" if metric is None else f"{metric.value / 1e6:.0f} MB"


def headline(scores: Sequence[Scored]) -> str:
    """The one sentence of a life: what tuning gained, in the lenient reading too."""
    for s in scores:
        gain, lenient = s.metric("gain"), s.metric("gain.lenient")
        if gain and lenient and gain.ci95 and lenient.ci95 and gain.n:
            low, high = (100 * c for c in gain.ci95)
            soft_low, soft_high = (100 * c for c in lenient.ci95)
            real = low > 0 and soft_low > 0
            verdict = "the gain is real in both readings" if real else "that may be chance"
            return (
                f"{s.name} answers {100 * gain.value:.1f} percentage points more of {gain.n} unseen "
                f"questions right than {s.parent} (95 % interval {low:.1f} to {high:.1f}; read leniently "
                f"{100 * lenient.value:.1f}, {soft_low:.1f} to {soft_high:.1f}): {verdict}."
            )
    return "No model was compared with its parent."


def life_page(store: Store, recipe: Recipe, made: Mapping[str, Made]) -> str:
    """The whole report as one self-contained HTML file."""
    scores = scored_models(made)
    page = Page(recipe.title)
    page.add_lead(headline(scores))
    page.add_heading("The scorecards")
    _add_scorecards(page, scores)
    page.add_heading("What changed")
    for picture in pictures(scores, made):
        page.add_picture(picture)
    page.add_heading("The family")
    kin = family(store, models_of(made))
    page.add_svg(draw(kin, "Every model of this life and how it was made"),
                 "The label above a box says what was done; the licence is what all ancestors add up to.")  # fmt: skip
    page.add_heading("The same questions, before and after")
    _add_talk(page, made)
    page.add_heading("Answers to look at")
    _add_answers(page, scores)
    page.add_heading("What it cost")
    _add_costs(page, made)
    page.add_heading("How to read this, and how to make it again")
    _add_notes(page, recipe, made)
    return page.html()


def _add_scorecards(page: Page, scores: Sequence[Scored]) -> None:
    page.add_table(HEADERS, score_rows(scores),
                   "All intervals are 95 %. Accuracy: Wilson; gain: Tango, paired, with McNemar's exact p; "
                   "perplexity: bootstrap over documents.", range(1, len(HEADERS)))  # fmt: skip
    accuracy = scores[0].metric("accuracy") if scores else None
    n = accuracy.n if accuracy else 0
    page.add_paragraph(
        f"Strict wants the exact answer and nothing else; lenient accepts it anywhere in the reply, in any "
        f"format. {n} questions, none of which any training step has seen. Speed is one stream, the "
        "median of three, in the engine that runs the file: torch for safetensors, llama.cpp for GGUF. "
        "Perplexity and KL are those of the stored weights, computed in float32; llama.cpp rounds its "
        "activations as well, which accuracy and speed include and KL does not."
    )


def pictures(scores: Sequence[Scored], made: Mapping[str, Made]) -> list[Picture]:
    """The plots of a life; each title is a claim that its own numbers decide."""
    found = []
    accurate = [s for s in scores if s.metric("accuracy")]
    if len(accurate) > 1:
        best = max(accurate, key=lambda s: s.report.value("accuracy"))
        n = best.report.get("accuracy")
        found.append(bars(
            f"{best.name} answers {best.report.value('accuracy'):.0%} of the questions exactly right, "
            f"{accurate[0].name} {accurate[0].report.value('accuracy'):.0%}",
            [_point(s.name, s.metric("accuracy")) for s in accurate],
            x=f"accuracy (fraction of {n.n if n else 0} questions)", key=best.key[:16],
        ))  # fmt: skip
    compared = [s for s in scores if s.metric("gain.lenient")]
    if compared:
        sure = [s.name for s in compared if _excludes_zero(s.metric("gain.lenient"))]
        claim = (
            f"Read leniently, {_and(sure)} differ{'s' if len(sure) == 1 else ''} from the parent beyond chance"
            if sure else "Read leniently, no model differs from its parent beyond chance"
        )  # fmt: skip
        found.append(dots(
            claim, [_point(f"{s.name} − {s.parent}", s.metric("gain.lenient")) for s in compared],
            x="difference in lenient accuracy (fraction, paired)", key=compared[0].key[:16],
        ))  # fmt: skip
    if len(accurate) > 1:
        found.append(_trade(accurate))
    found += _text_pictures(scores)
    for name, item in made.items():
        if item.run.stage in TRAINING and "training loss" in item.report.curves:
            first, last = item.report.value("loss.first"), item.report.value("loss.last")
            unit = (item.report.get("loss.last") or Metric(name="", value=0)).unit
            found.append(lines(
                f"Training {name} took the loss from {first:.2f} to {last:.2f} {unit}",
                {"loss": item.report.curves["training loss"]}, x="update", y=f"loss ({unit})",
                key=item.run.key[:16],
            ))  # fmt: skip
    return found


def _trade(scores: Sequence[Scored]) -> Picture:
    smallest = min(scores, key=lambda s: s.report.value("size"))
    largest = max(scores, key=lambda s: s.report.value("size"))
    share = smallest.report.value("size") / largest.report.value("size")
    points = []
    for s in scores:
        point = _point(s.name, s.metric("accuracy"))
        points.append(
            Point(point.label, point.value, point.low, point.high, s.report.value("size") / 1e6)
        )
    return scatter(
        f"{smallest.name} needs {share:.0%} of the largest file and answers "
        f"{smallest.report.value('accuracy'):.0%} right",
        points, x="size on disk (MB)", y="accuracy (fraction)", key=smallest.key[:16],
    )  # fmt: skip


def _text_pictures(scores: Sequence[Scored]) -> list[Picture]:
    found = []
    read = [s for s in scores if s.metric("perplexity")]
    if len(read) > 1:
        low, high = (f([s.report.value("perplexity") for s in read]) for f in (min, max))
        found.append(bars(
            f"Perplexity on unseen encyclopedia text stays between {low:.1f} and {high:.1f}",
            [_point(s.name, s.metric("perplexity")) for s in read], x="perplexity (lower is better)",
            key=read[0].key[:16],
        ))  # fmt: skip
    moved = [s for s in scores if s.metric("kl")]
    if moved:
        most = max(moved, key=lambda s: s.report.value("kl"))
        found.append(bars(
            f"{most.name} moved farthest from its parent: {most.report.value('kl'):.3f} nats a token",
            [_point(f"{s.name} from {s.parent}", s.metric("kl")) for s in moved],
            x="KL to the parent (nats/token)", key=most.key[:16],
        ))  # fmt: skip
    return found


def _point(label: str, metric: Metric | None) -> Point:
    assert metric is not None
    low, high = metric.ci95 or (None, None)
    return Point(label, metric.value, low, high)


def _excludes_zero(metric: Metric | None) -> bool:
    return bool(metric and metric.ci95 and (metric.ci95[0] > 0 or metric.ci95[1] < 0))


def _and(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def talks(made: Mapping[str, Made]) -> list[dict[str, Any]]:
    """The prompts that first and last model both answered."""
    return [dict(s) for m in made.values() if m.run.stage == "talk" for s in m.report.samples]


def _add_talk(page: Page, made: Mapping[str, Made]) -> None:
    who = next((m.report.notes for m in made.values() if m.run.stage == "talk"), ("first", "last"))
    for sample in talks(made):
        page.add_paragraph(str(sample["prompt"]))
        page.add_columns([(who[0], str(sample["first"])), (who[1], str(sample["last"]))])


def _add_answers(page: Page, scores: Sequence[Scored]) -> None:
    page.add_paragraph("The first questions of the test as each model answered them.")
    if not scores:
        return
    n = min(8, *(len(s.report.samples) for s in scores))
    rows = []
    for i in range(n):
        sample = scores[0].report.samples[i]
        replies = [_mark(s.report.samples[i]) for s in scores]
        rows.append([str(sample["prompt"]), str(sample["answer"]), *replies])
    page.add_table(
        ["question", "answer", *(s.name for s in scores)],
        rows,
        "✓ exactly right, (✓) right leniently",
    )


def _mark(sample: Mapping[str, Any]) -> str:
    sign = "✓ " if sample["strict"] else "(✓) " if sample["lenient"] else ""
    reply = str(sample["reply"])
    return sign + (reply if len(reply) <= 60 else reply[:60] + "…")


def _add_costs(page: Page, made: Mapping[str, Made]) -> None:
    rows = []
    for name, item in made.items():
        memory = item.run.peak_memory_bytes
        rows.append([
            name, item.run.stage, f"{item.run.seconds:.1f}", f"{memory / 1e6:,.0f}" if memory else "–",
            item.artifact.short, item.run.key[:16],
        ])  # fmt: skip
    total = sum(m.run.seconds for m in made.values())
    page.add_table(["step", "stage", "seconds", "peak memory (MB)", "made", "key"], rows,
                   f"{total:.0f} seconds of work in all, when each step was first made", {2, 3})  # fmt: skip


def _add_notes(page: Page, recipe: Recipe, made: Mapping[str, Made]) -> None:
    seen: list[str] = []
    for item in made.values():
        for note in item.report.notes:
            if item.run.stage != "talk" and note not in seen:
                seen.append(note)
                page.add_paragraph(note)
    run = next(iter(made.values())).run
    page.add_paragraph("Made with " + ", ".join(f"{k} {v}" for k, v in run.versions.items()) + ".")
    page.add_paragraph(f"On {run.host.get('system')} {run.host.get('machine')} with "
                       f"{run.host.get('threads')} threads.")  # fmt: skip
    page.add_code(recipe.text, "The recipe")


def life_json(recipe: Recipe, made: Mapping[str, Made]) -> str:
    """The same report for scripts."""
    steps = {n: m.run.model_dump(mode="json", exclude_none=True) for n, m in made.items()}
    return json.dumps({"title": recipe.title, "steps": steps}, indent=1, ensure_ascii=False) + "\n"
