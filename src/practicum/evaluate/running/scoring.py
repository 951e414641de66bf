"""From answers to scores: the task's filters, metrics and aggregation, and our intervals."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from practicum.core.artifact import canonical_json, sha256_text
from practicum.core.errors import Complaint, PracticumError, nearest
from practicum.evaluate.running.answers import Question, Sitting
from practicum.evaluate.running.results import Item, TaskResult, score_interval
from practicum.evaluate.tasks.suites import Line
from practicum.evaluate.tasks.task import quietly

PREFERRED = ("acc_norm", "acc")  # the headline of a task that names none, as AutoEval's tables
PERCENT = {"eqbench": 0.01, "percent_parseable": 0.01}  # given by the task as 0–100
N_RESAMPLES = 400  # of scores that are no mean: a percentile at 2.5 % rests on ten of them
Values = dict[str, list[Any]]


@dataclass(frozen=True)
class Marked:
    """A sitting's answers after the tasks' filters and metrics.

    values  of every metric, an entry a question; texts: the reply of each under every filter
    """

    questions: tuple[Question, ...]
    values: Values
    filters: dict[str, str]
    texts: dict[str, list[Any]]


def mark(sitting: Sitting) -> Marked:
    """The metrics of every answered question."""
    n = len(sitting.answers)
    questions = tuple(sitting.questions[:n])
    for question, answers in zip(questions, sitting.answers, strict=True):
        for request, replies in zip(question.requests, answers, strict=True):
            request.resps = [tuple(r) if isinstance(r, list) else r for r in replies]
    marked = Marked(questions, {}, {}, {})
    with quietly():
        for task in sitting.tasks:
            mine = [q for q in questions if q.task is task]
            task._instances = [r for q in mine for r in q.requests]
            if mine:
                task.apply_filters()
        for question in questions:
            _mark(question, marked)
    return marked


def _mark(question: Question, marked: Marked) -> None:
    requests = question.requests
    names = list(requests[0].filtered_resps)
    for name in names:
        replies = [r.filtered_resps[name] for r in requests]
        marked.texts.setdefault(name, []).append(replies)
        for metric, value in question.task.process_results(question.doc, replies).items():
            called = metric if len(names) == 1 else f"{metric},{name}"
            marked.filters[called] = name
            marked.values.setdefault(called, []).append(_plain(metric, value))


def _plain(metric: str, value: Any) -> Any:
    """A metric's value without NumPy, in fractions where the task counts percents."""
    if isinstance(value, (list, tuple)):
        return tuple(_plain("", v) for v in value)
    plain = value.item() if hasattr(value, "item") and getattr(value, "ndim", 0) == 0 else value
    return plain * PERCENT[metric] if metric in PERCENT else plain


def result(line: Line, sitting: Sitting, marked: Marked | None, seed: int = 0) -> TaskResult:
    """The line's result: a score with its interval, or why there is none."""
    first = sitting.tasks[0] if sitting.tasks else None
    told: dict[str, Any] = {
        "task": line.name, "version": str(first.VERSION) if first else "",
        "n_all": sitting.n_all, "n_shots": int(first.config.num_fewshot) if first else 0,
        "source": sitting.unit.tasks[0][1].source if sitting.unit.tasks else "files",
        "seconds": round(sitting.seconds, 3),
    }  # fmt: skip
    if first and line.shots and told["n_shots"] < line.shots and first.config.num_fewshot:
        told["notes"] = (f"{told['n_shots']} shots instead of {line.shots}",)
    failed = sitting.failed or sitting.unit.missing
    metric = ""
    try:
        if marked and marked.values:
            metric = headline(line, marked)
            told["items"] = _items(marked, metric)
        if not failed and marked:
            return TaskResult(metric=metric, n=len(marked.questions), **told,
                              **_scores(marked, metric, seed))  # fmt: skip
    except PracticumError as error:
        failed = failed or error.complaints[0].what
    return TaskResult(metric=metric or line.metric or "", score=None, ci95=None,
                      n=len(told.get("items", ())), failed=failed or "nothing was answered",
                      **told)  # fmt: skip


def headline(line: Line, marked: Marked) -> str:
    """The metric a line is known by.

    Raises  PracticumError when the task has no such metric.
    """
    if line.metric is None:
        return next((m for m in PREFERRED if m in marked.values), next(iter(marked.values)))
    wanted = line.metric
    found = next((m for m in marked.values if m == wanted or m.split(",")[0] == wanted), None)
    if found is None:
        raise PracticumError(Complaint(f"{line.name}: no metric '{wanted}'",
                                       hint=nearest(wanted, marked.values)))  # fmt: skip
    return found


def _scores(marked: Marked, metric: str, seed: int) -> dict[str, Any]:
    """Score, interval, chance and the other metrics."""
    task = marked.questions[0].task
    found: dict[str, float] = {}
    ci95: tuple[float, float] | None = None
    with quietly():
        for name, values in marked.values.items():
            total, is_mean = _aggregation(task, name)
            found[name] = float(total(values))
            if name == metric:
                numbers = [float(v) for v in values] if is_mean else []
                ci95 = score_interval(numbers)[1] if is_mean else _resampled(total, values, seed)
    score = found.pop(metric)
    is_choice = task.OUTPUT_TYPE == "multiple_choice" and metric.startswith("acc")
    is_binary = all(v in (0, 1) for v in marked.values[metric])
    chance = _chance(marked.questions) if is_choice and is_binary else None
    return {"score": score, "ci95": ci95, "others": found, "chance": chance}


def _aggregation(task: Any, name: str) -> tuple[Callable[[Sequence[Any]], Any], bool]:
    from lm_eval.api.metrics import mean

    total = task.aggregation().get(name.split(",")[0], mean)
    return total, total is mean


def _resampled(
    total: Callable[[Sequence[Any]], Any], values: Sequence[Any], seed: int
) -> tuple[float, float] | None:
    """95 % bootstrap interval of a score that is no mean.  Source: Efron 1979, percentiles."""
    if len(values) < 2:
        return None
    rng = random.Random(seed)
    found = sorted(float(total(rng.choices(values, k=len(values)))) for _ in range(N_RESAMPLES))
    cut = N_RESAMPLES // 40
    return found[cut], found[-cut - 1]


def _chance(questions: Sequence[Question]) -> float:
    """What guessing would score: right options among all, averaged over questions."""
    shares = []
    for question in questions:
        gold = question.task.doc_to_target(question.doc)
        n_right = len(gold) if isinstance(gold, list) else 1
        shares.append(n_right / len(question.requests))
    return sum(shares) / len(shares)


# -- items ----------------------------------------------------------------------------------------


def _items(marked: Marked, metric: str) -> tuple[Item, ...]:
    numbers = {
        m: v for m, v in marked.values.items() if all(isinstance(x, (int, float)) for x in v)
    }
    texts = marked.texts[marked.filters[metric]]
    with quietly():
        return tuple(
            Item(
                id=row_id(question.doc), asked=_asked(question), expected=_expected(question),
                said=_said(question, texts[i], metric),
                values={m: float(v[i]) for m, v in numbers.items()},
            )
            for i, question in enumerate(marked.questions)
        )  # fmt: skip


def row_id(doc: dict[str, Any]) -> str:
    """The sha256 of a row as the task reads it."""
    return sha256_text(canonical_json({k: _jsonable(v) for k, v in doc.items()}))


def _jsonable(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(k): _jsonable(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_jsonable(v) for v in value]
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)


def _choices(question: Question) -> list[str] | None:
    task = question.task
    return task.doc_to_choice(question.doc) if task.config.doc_to_choice is not None else None


def _asked(question: Question) -> str:
    text = question.task.doc_to_text(question.doc)
    if isinstance(text, int):  # the options differ in front of the answer, as in Winogrande
        options = " / ".join(_choices(question) or [])
        return f"{options} … {question.task.doc_to_target(question.doc)}"
    return str(text)


def _expected(question: Question) -> str:
    choices, gold = _choices(question), question.task.doc_to_target(question.doc)
    text = question.task.doc_to_text(question.doc)
    gold = text if isinstance(text, int) else gold
    golds = gold if isinstance(gold, list) else [gold]
    return " | ".join(
        choices[g] if choices and isinstance(g, int) and g < len(choices) else str(g)
        for g in golds
    )  # fmt: skip


def _said(question: Question, replies: list[Any], metric: str) -> str:
    """The chosen option, or the text after the task's filter."""
    if question.task.OUTPUT_TYPE == "generate_until":
        reply = replies[0]
        return str(reply[0] if isinstance(reply, (list, tuple)) and reply else reply)
    if question.task.OUTPUT_TYPE != "multiple_choice":
        return ""
    choices = _choices(question) or []
    scores = [float(reply[0]) for reply in replies[: len(choices)]]
    if metric.startswith("acc_norm"):
        scores = [s / max(len(c), 1) for s, c in zip(scores, choices, strict=False)]
    return choices[scores.index(max(scores))] if scores else ""
