"""The stage `evaluate`: model → scorecard, the same for every model on the way."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Any, ClassVar

from pydantic import Field

from practicum.core.artifact import Artifact, Kind
from practicum.core.errors import Complaint, PlanError, PracticumError
from practicum.core.messages import Conversation, read_rows
from practicum.core.report import Metric, Report
from practicum.core.stage import Params, Plan, Slot, Work
from practicum.evaluate.scorecard import (
    accuracy_metrics,
    answer_metrics,
    answer_tasks,
    gain_metrics,
    score_texts,
    text_metrics,
)

REPORT_FILE = "report.json"
SPEED_TOKENS = 64  # long enough to be stable within 3 %, short enough to be cheap
SPEED_PROMPT = "Count from one to one hundred in words, one number on each line."


class EvaluateParams(Params):
    """What to measure."""

    limit: int | None = Field(None, gt=0, description="At most so many questions. None: all.")
    max_tokens: int = Field(48, gt=0, description="Longest answer, in tokens.")
    n_texts: int = Field(40, gt=0, description="Documents for perplexity and KL.")
    text_tokens: int = Field(96, gt=8, description="Tokens scored of each document.")
    speed: bool = Field(True, description="Measure single-stream decoding speed.")


class Evaluate:
    """model + chats (+ texts, parent, the parent's report) → report"""

    name: ClassVar[str] = "evaluate"
    version: ClassVar[int] = 1
    takes: ClassVar[tuple[Slot, ...]] = (
        Slot("model", ("model",)),
        Slot("chats", ("chat",)),
        Slot("texts", ("text",), optional=True),
        Slot("parent", ("model",), optional=True),
        Slot("baseline", ("report",), optional=True),
    )
    Params = EvaluateParams

    def gives(self, params: EvaluateParams) -> Kind:
        return "report"

    def plan(self, inputs: Sequence[Artifact | None], params: EvaluateParams) -> Plan:
        model, chats, texts, parent, baseline = _five(inputs)
        wrong: list[Complaint] = []
        try:
            questions, plain = held_out(chats, params.limit)
        except PracticumError as error:
            questions, plain = [], []
            wrong += error.complaints
        if parent and texts is None:
            wrong.append(Complaint("a parent is compared on texts, and none are given"))
        if parent and parent.meta.get("n_vocab") != model.meta.get("n_vocab"):
            wrong.append(Complaint("model and parent have different vocabularies: KL is undefined"))
        if baseline and REPORT_FILE not in baseline.files:
            wrong.append(Complaint(f"{baseline.short} is not an evaluation report"))
        if wrong:
            raise PlanError(*wrong)
        scale = float(model.meta.get("n_parameters", 1e8)) / 134.5e6
        seconds = scale * (
            6 + len(questions) * 0.06 + len(plain) * 0.1 + (params.n_texts * 0.25 if texts else 0)
        )
        n = len(questions) + len(plain)
        return Plan(f"scorecard of {model.meta.get('name')}: {n} held-out chats", seconds,
                    1_000_000, int(1.1e9 * scale))  # fmt: skip

    def make(self, work: Work, inputs: Sequence[Artifact | None], params: EvaluateParams) -> Report:
        from practicum.infer.engine import exact_model, open_engine

        model, chats, texts, parent, baseline = _five(inputs)
        questions, plain = held_out(chats, params.limit)
        metrics: list[Metric] = []
        notes: list[str] = []
        with open_engine(model, work.threads) as engine:
            samples = answer_tasks(work, engine, questions, params.max_tokens)
            if params.speed:
                prompt = engine.tokenizer.encode(SPEED_PROMPT)
                speed = median(engine.decode_speed(prompt, SPEED_TOKENS) for _ in range(3))
                metrics.append(Metric(name="speed", value=speed, unit="tokens/s", better="higher"))
                notes.append(
                    f"Speed: median of three, one stream, {type(engine).__name__}, {work.threads} threads."
                )
            tokenizer = engine.tokenizer
        if samples:
            metrics = accuracy_metrics(samples) + metrics
        if baseline:
            metrics += gain_metrics(samples, baseline.read_json(REPORT_FILE)["samples"])
        exact = exact_model(model) if texts or plain else None
        if plain and exact is not None:
            metrics += answer_metrics(work, exact, tokenizer, plain, work.seed)
        if texts and exact is not None:
            scores = score_texts(work, exact, tokenizer, test_texts(texts, params.n_texts),
                                 params.text_tokens, exact_model(parent) if parent else None)  # fmt: skip
            metrics += text_metrics(scores, work.seed)
        metrics.append(Metric(name="size", value=model.size_bytes, unit="bytes", better="lower"))
        if model.meta.get("origin_note"):
            notes.append(str(model.meta["origin_note"]))
        report = Report(
            title=f"Scorecard of {model.meta.get('name')}",
            metrics=tuple(metrics), samples=tuple(samples), notes=tuple(notes),
        )  # fmt: skip
        write_report(work, report, of=model)
        return report


def _five(inputs: Sequence[Artifact | None]) -> tuple[Any, ...]:
    return tuple(inputs) + (None,) * (5 - len(inputs))


def held_out(chats: Artifact, limit: int | None) -> tuple[list[Conversation], list[Conversation]]:
    """The test rows, the first `limit` of each sort: those with an answer to verify, and those
    whose answers can only be scored by their likelihood.

    Raises  PracticumError when the artifact has no test rows.
    """
    name = "test.jsonl" if "test.jsonl" in chats.files else None
    if name is None and len(chats.files) == 1:
        name = next(iter(chats.files))
    rows = read_rows(chats.path(name), Conversation) if name else []
    if not rows:
        raise PracticumError(
            f"{chats.short} has no test rows", hint="practicum data FILE makes splits"
        )
    verifiable = [r for r in rows if r.answer is not None]
    return verifiable[:limit], [r for r in rows if r.answer is None][:limit]


def test_texts(texts: Artifact, n: int) -> list[str]:
    """The first n documents held out for test; of a single file, its documents."""
    name = "test.jsonl" if "test.jsonl" in texts.files else sorted(texts.files)[0]
    if name.endswith((".jsonl", ".json")):
        return [str(row["text"]) for row in texts.rows(name)][:n]
    parts = texts.path(name).read_text(encoding="utf-8").split("\n\n")
    return [p.strip() for p in parts if p.strip()][:n]


def write_report(work: Work, report: Report, *, of: Artifact) -> None:
    """Write a report as the artifact's content."""
    text = report.model_dump_json(indent=1) + "\n"
    (work.out / REPORT_FILE).write_text(text, encoding="utf-8")
    work.meta.update(name=work.step, of=of.digest)


STAGE = Evaluate()
