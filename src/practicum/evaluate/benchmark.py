"""The stage `benchmark`: a model → its scores on suites of public tasks, as an evaluation."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from practicum.core.artifact import Artifact, Kind, write_atomically
from practicum.core.errors import Complaint, PlanError, PracticumError
from practicum.core.report import Metric, Report
from practicum.core.stage import Job, Params, Plan, Slot, Work
from practicum.evaluate.running.results import (
    EVALUATION_FILE,
    MINI,
    Evaluation,
    SuiteResult,
    TaskResult,
)
from practicum.evaluate.running.sampling import seconds
from practicum.evaluate.running.units import Agenda, Asked, Key, agenda
from practicum.evaluate.tasks.suites import OWN

if TYPE_CHECKING:
    from practicum.core.store import Store
    from practicum.evaluate.checks.formats import Sensitivity
    from practicum.evaluate.running.answers import Sitting
    from practicum.text.tokenizer import ChatTokenizer

LOWER = ("perplexity", "bits_per_byte", "ter", "brier_score")  # metrics of which less is better
RUNTIME = "lm_eval"


def _names(value: Any) -> Any:
    """Names as one string with commas, or as a list."""
    return tuple(n.strip() for n in value.split(",") if n.strip()) if isinstance(value, str) else value  # fmt: skip


Names = Annotated[tuple[str, ...], BeforeValidator(_names)]


class BenchmarkParams(Params):
    """Which tasks, with which rows, and how many of their questions."""

    suite: Names = Field((), description="Suites: nous, openllm, eq-bench; several with commas.")
    task: Names = Field(
        (), description="Tasks of lm-eval, or lighteval strings; several with commas."
    )
    data: str | None = Field(None, description="A folder with the tasks' public files.")
    include: str | None = Field(None, description="A folder with task YAML of your own.")
    trust_tasks: bool = Field(False, description="Let that YAML run the Python beside it.")
    hub: bool = Field(False, description="Download rows that no file holds.")
    missing: Literal["stop", "skip", "mini"] = Field(
        "stop", description="Where rows are missing: stop, leave the task out, or take a bundled "
        "mini pack. Without --data and --hub every task has its mini pack.",
    )  # fmt: skip
    budget: Annotated[str | None, BeforeValidator(lambda v: v if v is None else str(v))] = Field(
        None, description="A time such as 3m: as many questions as it allows, sampled."
    )
    limit: int | None = Field(None, gt=0, description="The first so many questions of each task.")
    shots: int | None = Field(None, ge=0, description="Examples in front of each question.")
    chat: bool = Field(False, description="Ask within the model's chat template.")
    forms: int | None = Field(
        None, gt=1, description="Print so many questions of each choice task in seven forms too."
    )
    rows: str | None = Field(
        None, description="What the rows are and what reads them. Filled in by itself."
    )

    def asked(self) -> Asked:
        """What the command asks for."""
        folder = {n: Path(v).expanduser() if v else None
                  for n, v in (("data", self.data), ("include", self.include))}  # fmt: skip
        return Asked(self.suite, self.task, folder["data"], folder["include"], self.trust_tasks,
                     self.hub, self.missing, self.shots)  # fmt: skip


class PartialEvaluation(PracticumError):
    """Some tasks have no score; what there is lies in a file, and the next run adds to it."""

    def __init__(self, evaluation: Evaluation, path: Path) -> None:
        self.evaluation, self.path = evaluation, path
        failed = {t.task: t.failed for s in evaluation.suites for t in s.tasks if t.failed}
        lines = [Complaint(f"{name}: {why}") for name, why in failed.items()]
        hint = "the same command: it tries only these again"
        super().__init__(
            *lines, Complaint(f"the averages are partial; what there is: {path}", hint=hint)
        )


class Benchmark:
    """model (+ adapter) → report with an evaluation"""

    name: ClassVar[str] = "benchmark"
    version: ClassVar[int] = 1
    takes: ClassVar[tuple[Slot, ...]] = (
        Slot("model", ("model",)),
        Slot("adapter", ("adapter",), optional=True),
    )
    Params = BenchmarkParams

    def gives(self, params: BenchmarkParams) -> Kind:
        return "report"

    def settle(self, store: Store, job: Job) -> Job:
        """The job with what its rows are, and the version of the harness that reads them."""
        params = job.params
        assert isinstance(params, BenchmarkParams)
        found = agenda(params.asked())
        rows = (
            f"{RUNTIME} {metadata.version(RUNTIME)} {found.digest()}" if not found.wrong else None
        )
        return replace(job, params=params.model_copy(update={"rows": rows}))

    def plan(self, inputs: Sequence[Artifact | None], params: BenchmarkParams) -> Plan:
        model = inputs[0]
        assert model
        found = agenda(params.asked())
        wrong = list(found.wrong)
        time_s: float | None = None
        try:
            time_s = seconds(params.budget) if params.budget else None
        except PracticumError as error:
            wrong += error.complaints
        if params.budget and params.limit:
            wrong.append(Complaint("a budget chooses how many questions, and so does a limit"))
        if params.chat and params.forms:
            wrong.append(
                Complaint("forms are printed without the chat template", hint="without --chat")
            )
        if params.chat and (trouble := _tokenizer(model).template_trouble()):
            name = model.meta.get("name") or model.short
            wrong.append(Complaint(f"chat: {name} {trouble}", hint="without --chat"))
        if wrong:
            raise PlanError(*dict.fromkeys(wrong))
        scale = float(model.meta.get("n_parameters", 1e8)) / 134.5e6
        what = ", ".join(s.name for s in found.suites)
        sources = sorted({w.source for u in found.units.values() for _, w in u.tasks})
        notes = (MINI,) if "mini" in sources else ()
        return Plan(f"evaluation of {model.meta.get('name')} on {what}: "
                    f"{len(found.units)} tasks, rows: {', '.join(sources)}",
                    time_s, 5_000_000, int(1.4e9 * scale), notes)  # fmt: skip

    def make(
        self, work: Work, inputs: Sequence[Artifact | None], params: BenchmarkParams
    ) -> Report:
        from practicum.evaluate.running.session import Extent, answer_all

        clock = time.monotonic()
        model, adapter = (*inputs, None)[:2]
        assert model
        found = agenda(params.asked())
        if found.wrong:
            raise PlanError(*found.wrong)
        with _opened(work, model, adapter) as engine:
            extent = Extent(params.budget, params.limit, params.chat, clock)
            sittings, notes = answer_all(work, found, engine, extent)
            forms = _forms(work, sittings, engine, params.forms)
            suites = _results(found, sittings, forms, work.seed)
        if not params.chat and _tokenizer(model).template is not None:
            notes.append("The model has a chat template and was asked without it; see --chat.")
        evaluation = Evaluation(
            model=str(model.meta.get("name") or model.short), digest=model.digest, suites=suites,
            seed=work.seed, budget=params.budget or "", seconds=round(time.monotonic() - clock, 1),
            versions={name: metadata.version(name) for name in ("practicum", RUNTIME)},
            notes=tuple(notes),
        )  # fmt: skip
        text = evaluation.model_dump_json(indent=1) + "\n"
        if any(s.failed for s in sittings.values()):
            write_atomically(work.keep / EVALUATION_FILE, text)
            raise PartialEvaluation(evaluation, work.keep / EVALUATION_FILE)
        (work.out / EVALUATION_FILE).write_text(text, encoding="utf-8")
        work.meta.update(name=work.step, of=model.digest)
        return report_of(evaluation)


def _tokenizer(model: Artifact) -> ChatTokenizer:
    from practicum.infer.engine import tokenizer_of

    return tokenizer_of(model)


@contextlib.contextmanager
def _opened(work: Work, model: Artifact, adapter: Artifact | None) -> Iterator[Any]:
    """The model as the harness asks it, with our scorer behind it."""
    from practicum.infer.lm_eval_model import PracticumLM

    engine = PracticumLM(
        model.digest, adapter=adapter.digest if adapter else None, home=str(work.store().home),
        threads=work.threads,
    )  # fmt: skip
    try:
        yield engine
    finally:
        engine.close()


def _forms(
    work: Work, sittings: Mapping[Key, Sitting], engine: Any, n: int | None
) -> dict[Key, Sensitivity | None]:  # fmt: skip
    """Of every unit that was answered, how its choice questions fare in other forms."""
    from practicum.evaluate.checks.reprinted import reprint

    found: dict[Key, Sensitivity | None] = {}
    if n is None:
        return found
    for place, (key, sitting) in enumerate(sittings.items()):
        work.progress(place, len(sittings), "forms", key[0])
        if not sitting.failed:
            rows = [(q.task, q.doc) for q in sitting.questions[: len(sitting.answers)]]
            found[key] = reprint(f"{key[0]} {key[1]}", rows, engine, n, work.keep, work.seed)
    return found


def _results(
    found: Agenda, sittings: Mapping[Key, Sitting], forms: Mapping[Key, Sensitivity | None],
    seed: int,
) -> tuple[SuiteResult, ...]:  # fmt: skip
    """Every line's result, suite by suite; a unit is marked once."""
    from practicum.evaluate.running.answers import Sitting
    from practicum.evaluate.running.scoring import Marked, mark, result

    marks: dict[Key, Marked | None] = {}
    for key, sitting in sittings.items():
        try:
            marks[key] = mark(sitting) if sitting.answers else None
        except Exception as error:
            marks[key] = None
            sitting.failed = sitting.failed or f"{type(error).__name__}: {error}"
    made = []
    for suite in found.suites:
        parts: dict[str, tuple[TaskResult, ...]] = {}
        for part, lines in suite.parts.items():
            results = []
            for line in lines:
                empty = Sitting(found.units[line.unit], Path())
                sitting = sittings.get(line.unit, empty)
                one = result(line, sitting, marks.get(line.unit), seed)
                if one.failed and line.unit in sittings:
                    sitting.failed = sitting.failed or one.failed
                results.append(one.model_copy(update={"forms": forms.get(line.unit)}))
            parts[part] = tuple(results)
        made.append(SuiteResult(suite=suite.name, parts=parts))
    return tuple(made)


def report_of(evaluation: Evaluation) -> Report:
    """The evaluation's numbers as metrics: each suite, its parts, its tasks, with n and interval."""
    metrics: list[Metric] = []
    for suite in evaluation.suites:
        if suite.score is not None and suite.suite != OWN:
            metrics.append(Metric(name=suite.suite, value=suite.score, unit="fraction",
                                  n=sum(t.n for t in suite.tasks), ci95=suite.ci95,
                                  better="higher"))  # fmt: skip
        for task in suite.tasks:
            if task.score is not None:
                better: Literal["higher", "lower"] = (
                    "lower" if any(word in task.metric for word in LOWER) else "higher"
                )
                metrics.append(Metric(name=f"{suite.suite}.{task.task}.{task.metric}",
                                      value=task.score, n=task.n, ci95=task.ci95,
                                      better=better))  # fmt: skip
    notes = list(evaluation.notes)
    for suite in evaluation.suites:
        if suite.is_mini:
            names = ", ".join(t.task for t in suite.tasks if t.is_mini)
            notes.append(f"{suite.suite} is {MINI} ({names}).")
        if suite.is_partial:
            names = ", ".join(t.task for t in suite.tasks if t.score is None)
            notes.append(f"{suite.suite} is partial: its average leaves out {names}.")
    return Report(title=f"Evaluation of {evaluation.model}", metrics=tuple(metrics),
                  notes=tuple(notes))  # fmt: skip


STAGE = Benchmark()
