"""The stage `data`: licensed sources and generated tasks → chats, preference pairs or texts."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, Field, model_validator

from practicum.core.artifact import Artifact, Kind
from practicum.core.errors import Complaint, PlanError
from practicum.core.messages import Conversation, Pair, Sampling, read_rows, write_rows
from practicum.core.report import Metric, Report
from practicum.core.rows.lines import SUFFIXES
from practicum.core.stage import Params, Plan, Slot, Work
from practicum.data import articles, tasks
from practicum.data.clean import decontaminate, deduplicate
from practicum.data.own import own_splits, read_own, told
from practicum.models.sources import assets, fetch_asset

SPLITS = ("train", "validation", "test")
SPARE = 1.5  # questions generated for one kept: small tasks repeat themselves
ROUNDS = 4  # how often the model is asked for wrong answers before we stop with fewer pairs


class Counts(Params):
    """How many rows each split gets."""

    train: int = Field(default=0, ge=0, description="Rows to learn from.")
    validation: int = Field(default=0, ge=0, description="Rows to watch while training.")
    test: int = Field(default=0, ge=0, description="Rows that only evaluation sees.")


class TaskCounts(Counts):
    """One reasoning-gym task."""

    settings: dict[str, Any] = Field(
        default_factory=dict, description="The task's own settings, as reasoning-gym names them."
    )


class DataParams(Params):
    """What rows to make and from what."""

    form: Literal["chat", "pairs", "text"] = Field("chat", description="The kind of rows.")
    tasks: dict[str, TaskCounts] = Field(
        default_factory=dict, description="reasoning-gym tasks by name, with rows per split."
    )
    articles: Counts = Field(
        default_factory=Counts, description="Rows from Wikipedia's vital articles."
    )
    validation_share: float = Field(
        0.1, ge=0, lt=1, description="Fraction of your own rows kept for validation."
    )
    test_share: float = Field(
        0.1, ge=0, lt=1, description="Fraction of your own rows kept for test."
    )

    @model_validator(mode="after")
    def _texts_have_no_tasks(self) -> DataParams:
        if self.form == "text" and self.tasks:
            raise ValueError("tasks make chats or pairs, not texts")
        if self.form == "pairs" and self.articles != Counts():
            raise ValueError("articles make chats or texts, not pairs")
        return self


class Data:
    """sources → chat | pairs | text"""

    name: ClassVar[str] = "data"
    version: ClassVar[int] = 1
    takes: ClassVar[tuple[Slot, ...]] = (
        Slot("rows", ("chat", "pairs", "text"), optional=True),
        Slot("against", ("chat",), optional=True),
        Slot("model", ("model",), optional=True),
    )
    Params = DataParams

    def gives(self, params: DataParams) -> Kind:
        return params.form

    def plan(self, inputs: Sequence[Artifact | None], params: DataParams) -> Plan:
        rows, _, model = _three(inputs)
        wrong = tasks.check_tasks({n: t.settings for n, t in params.tasks.items()})
        if rows and rows.kind != params.form:
            wrong.append(Complaint(f"form: your rows are {rows.kind}, not {params.form}",
                                   hint=f"--form {rows.kind}"))  # fmt: skip
        if model and params.form != "pairs":
            wrong.append(Complaint("a model is only asked for the rejected answers of pairs"))
        if not rows and not params.tasks and params.articles == Counts():
            wrong.append(Complaint("nothing to make rows from", hint="tasks, articles or a file"))
        if wrong:
            raise PlanError(*wrong)
        n = sum(t.train + t.validation + t.test for t in params.tasks.values())
        return Plan(
            f"{params.form} rows", 3 + n * (0.05 if model else 0.002), 2000 * n + 10_000_000,
            notes=told(rows),
        )  # fmt: skip

    def make(self, work: Work, inputs: Sequence[Artifact | None], params: DataParams) -> Report:
        rows, against, model = _three(inputs)
        tests = _test_questions(against) if against else []
        for note in told(rows):
            work.note(note)
        maker = {"chat": _chats, "pairs": _pairs, "text": _texts}[params.form]
        made = maker(work, rows, model, params, tests)
        made.notes = [*told(rows), *made.notes]
        counts = {s: len(made.splits[s]) for s in SPLITS if made.splits.get(s)}
        for split, kept in made.splits.items():
            if kept:
                write_rows(work.out / f"{split}.jsonl", kept)
        licences = sorted(
            {str(getattr(r, "license", "") or "") for s in made.splits.values() for r in s}
        )
        work.meta.update(
            name=work.step, rows=counts, licenses=[name for name in licences if name],
        )  # fmt: skip
        return Report(
            title=f"{params.form} rows: " + ", ".join(f"{n} {s}" for s, n in counts.items()),
            metrics=(
                *(Metric(name=f"rows.{s}", value=n) for s, n in counts.items()),
                Metric(name="dropped.duplicates", value=made.n_duplicates),
                Metric(name="dropped.contaminated", value=made.n_contaminated),
            ),
            samples=tuple(r.model_dump(exclude_none=True) for r in made.splits["train"][:3]),
            notes=tuple(made.notes),
        )


class TextRow(BaseModel):
    """One document."""

    text: str
    source: str | None = None
    license: str | None = None


class _Made:
    """Splits under construction, with what was dropped and why."""

    def __init__(self) -> None:
        self.splits: dict[str, list[Any]] = {s: [] for s in SPLITS}
        self.n_duplicates = 0
        self.n_contaminated = 0
        self.notes: list[str] = []


def _three(inputs: Sequence[Artifact | None]) -> tuple[Artifact | None, ...]:
    return tuple(inputs) + (None,) * (3 - len(inputs))


def _question(row: Conversation | Pair) -> str:
    return row.prompt[-1].content


def _test_questions(chats: Artifact) -> list[str]:
    if "test.jsonl" not in chats.files:
        return []
    return [_question(r) for r in read_rows(chats.path("test.jsonl"), Conversation)]


def _said(row: Conversation | Pair) -> str:
    """What makes a row the same as another: its question; of answers that are wanted or not
    (KTO), one question has several."""
    label = getattr(row, "label", None)
    if label is None or isinstance(row, Pair):
        return _question(row)
    return f"{_question(row)}\n{row.messages[-1].content}"


def _clean(made: _Made, pools: dict[str, list[Any]], tests: list[str],
           limits: dict[str, int] | None) -> None:  # fmt: skip
    """Add pools to the splits: test first; then nothing may repeat what a later split tests."""
    seen = list(tests)
    for split in reversed(SPLITS):  # test, validation, train
        rows, n_same = deduplicate(pools.get(split, []), _said)
        rows, n_leaked = decontaminate(rows, _question, seen)
        rows = rows[: limits[split]] if limits else rows
        made.splits[split] += rows
        made.n_duplicates += n_same
        made.n_contaminated += n_leaked
        seen += [_question(r) for r in rows]


def _task_pools(
    name: str, counts: TaskCounts, seed: int, form: str
) -> dict[str, list[Conversation]]:
    """More questions than needed for every split, each split from a seed of its own."""
    return {
        split: list(
            tasks.questions(
                name, counts.settings, tasks.stream_seed(seed, form, name, split),
                round(SPARE * getattr(counts, split)) + 8,
            )
        ) if getattr(counts, split) else []
        for split in SPLITS
    }  # fmt: skip


def _shares(params: DataParams) -> tuple[float, float]:
    return params.validation_share, params.test_share


def _limits(counts: Counts) -> dict[str, int]:
    return {s: getattr(counts, s) for s in SPLITS}


def _chats(work: Work, rows: Artifact | None, model: Artifact | None, params: DataParams,
           tests: list[str]) -> _Made:  # fmt: skip
    made = _Made()
    if rows:
        own = read_own(rows, Conversation)
        _clean(made, own_splits(own, _shares(params), work.seed), tests, None)
    for done, (name, counts) in enumerate(params.tasks.items()):
        work.progress(done, len(params.tasks) + 1, "sources", name)
        _clean(made, _task_pools(name, counts, work.seed, "chat"), tests, _limits(counts))
    if params.articles != Counts():
        table = articles.read_articles(fetch_asset(assets()[articles.ASSET], work.store()))
        pools = {
            s: articles.chats(table, s, getattr(params.articles, s), work.seed) for s in SPLITS
        }
        _clean(made, pools, tests, _limits(params.articles))
        made.notes.append(f"Articles: {assets()[articles.ASSET].title}, {articles.LICENCE}.")
    for split in made.splits.values():
        random.Random(work.seed).shuffle(split)
    work.progress(len(params.tasks) + 1, len(params.tasks) + 1, "sources")
    return made


def _texts(work: Work, rows: Artifact | None, model: Artifact | None, params: DataParams,
           tests: list[str]) -> _Made:  # fmt: skip
    made = _Made()
    if rows:
        own = [TextRow(text=t) for name in rows.files for t in read_texts(rows, name)]
        own, made.n_duplicates = deduplicate(own, lambda r: r.text)
        made.splits = own_splits(own, _shares(params), work.seed)
    if params.articles != Counts():
        table = articles.read_articles(fetch_asset(assets()[articles.ASSET], work.store()))
        for split in SPLITS:
            found = articles.texts(table, split, getattr(params.articles, split), work.seed)
            made.splits[split] += [TextRow(**row) for row in found]
        made.notes.append(f"Articles: {assets()[articles.ASSET].title}, {articles.LICENCE}.")
    return made


def read_texts(artifact: Artifact, name: str) -> list[str]:
    """The documents of a text file: rows with text, or paragraphs parted by blank lines."""
    if name.endswith(SUFFIXES):
        return [str(row["text"]) for row in artifact.rows(name)]
    text = artifact.path(name).read_text(encoding="utf-8")
    return [part.strip() for part in text.split("\n\n") if part.strip()]


def _pairs(work: Work, rows: Artifact | None, model: Artifact | None, params: DataParams,
           tests: list[str]) -> _Made:  # fmt: skip
    made = _Made()
    if rows:
        own = read_own(rows, Pair)
        _clean(made, own_splits(own, _shares(params), work.seed), tests, None)
    pools: dict[str, list[Any]] = {s: [] for s in SPLITS}
    wanted = {s: sum(getattr(t, s) for t in params.tasks.values()) for s in SPLITS}
    for name, counts in params.tasks.items():
        part = _Made()
        spare = counts.model_copy(
            update={s: getattr(counts, s) * (ROUNDS if model else 1) for s in SPLITS}
        )
        _clean(part, _task_pools(name, spare, work.seed, "pairs"), tests, _limits(spare))
        for split in SPLITS:
            pools[split] += part.splits[split]
        made.n_duplicates += part.n_duplicates
        made.n_contaminated += part.n_contaminated
    for split in SPLITS:
        random.Random(work.seed).shuffle(pools[split])
        if model and wanted[split]:
            found = _rejected_by_model(work, model, pools[split], wanted[split], split)
        else:
            rng = random.Random(f"{work.seed}:{split}")
            found = [(c, tasks.near_miss(c.answer or "", rng)) for c in pools[split]]
        made.splits[split] += [
            Pair(prompt=c.prompt, chosen=c.answer or "", rejected=wrong, task=c.task,
                 source=c.source, license=c.license)
            for c, wrong in found[: wanted[split]]
        ]  # fmt: skip
    made.notes.append(
        f"Rejected answers are wrong answers sampled from {model.meta.get('name')} itself."
        if model
        else "Rejected answers are near misses, made from the right answer."
    )
    return made


def _rejected_by_model(
    work: Work, model: Artifact, pool: list[Conversation], wanted: int, split: str
) -> list[tuple[Conversation, str]]:
    """Questions that the model itself answers wrongly, with what it said.

    Replies that are right in any reading are passed over: preferring a right answer to
    another right answer would teach wording, not truth.
    """
    from practicum.infer.engine import open_engine
    from practicum.text.answers import is_right_leniently

    found: list[tuple[Conversation, str]] = []
    with open_engine(model, work.threads) as engine:
        for start in range(0, len(pool), 64):
            if len(found) >= wanted:
                break
            batch = pool[start : start + 64]
            sampling = Sampling(max_tokens=32, temperature=0.7, seed=work.seed + start)
            replies = engine.reply([c.prompt for c in batch], sampling)
            for chat, reply in zip(batch, replies, strict=True):
                text = reply.text.strip()
                if reply.stopped and text and not is_right_leniently(text, chat.answer or ""):
                    found.append((chat, text))
            work.progress(min(len(found), wanted), wanted, "pairs", split)
    return found


STAGE = Data()
