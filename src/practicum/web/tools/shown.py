"""How runs, reports and artifacts are shown: numbers as people read them, curves as plots, the
next tools with what was made filled in."""

from __future__ import annotations

import functools
import json
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup

from practicum.core.artifact import Artifact
from practicum.core.report import Metric, Report
from practicum.core.stage import Stage
from practicum.core.store import Run, Store
from practicum.web.render import size
from practicum.web.tools.told import filled, reference, written

# What a run is known by, the first that it measured.
HEADLINES = ("accuracy", "preferred", "validation.after", "loss.held_out", "loss.last", "rows.train",
             "rows.test", "size", "parameters")  # fmt: skip
# Kind of artifact → the tools that take it, and the input it goes into.
NEXT = {
    "model": (("evaluate", "model"), ("finetune", "model"), ("align", "model"),
              ("reward", "model"), ("reinforce", "model"), ("quantize", "model"),
              ("merge", "models"), ("talk", "first")),
    "gguf": (("evaluate", "model"), ("talk", "first"), ("import", "file")),
    "adapter": (("reinforce", "judge"),),
    "chat": (("finetune", "chats"), ("reinforce", "chats"), ("evaluate", "chats")),
    "pairs": (("align", "pairs"), ("reward", "pairs")),
    "text": (("pretrain", "texts"), ("evaluate", "texts")),
    "report": (("evaluate", "baseline"),),
}  # fmt: skip
POINTS = 300  # of a curve; more are not seen at this width, and weigh on the page
KEPT_PLOTS = 64


def number(metric: Metric) -> str:
    """A metric's value as people read it: 62.0 %, 98 MB, 1,400, 2.31."""
    return _number(metric.value, metric.unit)


def _number(value: float, unit: str) -> str:
    if unit == "fraction":
        return f"{100 * value:.1f} %"
    if unit == "bytes":
        return size(value)
    if float(value).is_integer() and abs(value) < 1e15:
        return f"{value:,.0f}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def interval(metric: Metric) -> str:
    """Its 95 % interval, without the unit; "" when it has none."""
    if metric.ci95 is None:
        return ""
    low, high = (_number(end, metric.unit).removesuffix(" %") for end in metric.ci95)
    return f"{low} – {high}"


def unit(metric: Metric) -> str:
    """Its unit, where the number does not say it already."""
    return "" if metric.unit in ("fraction", "bytes") else metric.unit


def headline(report: Report) -> Metric | None:
    """The one number that a run is known by."""
    found = (report.get(name) for name in HEADLINES)
    return next((metric for metric in found if metric), None)


def ago(unix_s: float) -> str:
    """A moment in the past as people say it."""
    seconds = time.time() - unix_s
    if seconds < 60:
        return "just now"
    if seconds < 3600:
        return f"{seconds / 60:.0f} min ago"
    if seconds < 86400:
        return f"{seconds / 3600:.0f} h ago"
    return time.strftime("%-d %b %Y", time.localtime(unix_s))


def plots(report: Report, key: str) -> list[Markup]:
    """The report's curves, a figure each, whose claims their numbers decide."""
    curves = json.dumps(report.curves, sort_keys=True)
    loss_unit = next((m.unit for m in report.metrics if m.name.startswith("loss")), "")
    return _plots(curves, loss_unit, key)


@functools.lru_cache(KEPT_PLOTS)
def _plots(curves: str, loss_unit: str, key: str) -> list[Markup]:
    return [
        figure(_claim(name, curve), {name.removeprefix("training "): curve}, _axis(name, loss_unit),
               key)
        for name, curve in json.loads(curves).items() if len(curve) > 1
    ]  # fmt: skip


def figure(claim: str, curves: Mapping[str, Sequence[Sequence[float]]], y: str, key: str) -> Markup:
    """Curves under their claim, with their data table."""
    from practicum.measure.page import plot_figure
    from practicum.measure.plots import lines

    thinned = {name: _thinned(curve) for name, curve in curves.items()}
    return Markup(plot_figure(lines(claim, thinned, x="update", y=y, key=key[:16])))  # noqa: S704 - that renderer escapes


def _claim(name: str, curve: Sequence[Sequence[float]]) -> str:
    return f"{name[:1].upper()}{name[1:]} went from {curve[0][1]:.3g} to {curve[-1][1]:.3g}"


def _axis(name: str, loss_unit: str) -> str:
    return f"loss ({loss_unit})" if "loss" in name and loss_unit else name


def _thinned(curve: Sequence[Sequence[float]]) -> list[tuple[float, float]]:
    """At most POINTS of the curve, the last among them."""
    step = max(1, -(-len(curve) // POINTS))
    kept = list(curve[::step])
    if curve and kept[-1] != curve[-1]:
        kept.append(curve[-1])
    return [(x, y) for x, y in kept]


def sample_rows(
    samples: Iterable[Mapping[str, Any]], most: int = 24
) -> list[list[tuple[str, str]]]:
    """Samples as names and plain texts; what is in them came from models and files."""
    found = []
    for sample in list(samples)[:most]:
        found.append([(str(k), _plain(v)) for k, v in sample.items() if v is not None])
    return found


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list) and all(isinstance(v, dict) and "content" in v for v in value):
        return "\n".join(f"{v.get('role', '')}: {v['content']}" for v in value)
    if isinstance(value, str):
        return value.strip() or f"({len(value)} characters, all of them white space)"
    return json.dumps(value, ensure_ascii=False)


def names_of(store: Store) -> dict[str, str]:
    """A name by the digest that it points at."""
    return {digest: name for name, digest in store.names().items()}


def next_tools(artifact: Artifact, names: Mapping[str, str]) -> list[tuple[str, str]]:
    """Label and address of the tools that take this, with it filled in."""
    word = names.get(artifact.digest) or artifact.digest[:12]
    kind = "gguf" if artifact.meta.get("format") == "gguf" else artifact.kind
    from practicum.web.tools.tools import ABOUT  # it knows the pages, and they know this room

    return [
        (ABOUT[stage].title, f"/tools/{stage}?{urlencode({slot: word})}")
        for stage, slot in NEXT.get(kind, ())
    ]


def again_link(
    stage: Stage, inputs: Sequence[str | None], params: Mapping[str, Any], seed: int = 0
) -> str:
    """The address of the tool with all of that filled in."""
    given = [(slot.name, ref) for slot, ref in filled(stage.takes, inputs)]
    given += [(key, written(value)) for key, value in params.items()]
    given += [("seed", str(seed))] if seed else []
    return f"/tools/{stage.name}?{urlencode(given)}"


def inputs_of_run(run: Run, names: Mapping[str, str]) -> list[str | None]:
    """A run's inputs as references that mean the same tomorrow."""
    return [reference(digest, names) if digest else None for digest in run.inputs]
