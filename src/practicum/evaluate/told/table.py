"""An evaluation as tables, for terminals and as Markdown; what is mini or partial says so."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from practicum.evaluate.running.results import MINI, Evaluation, SuiteResult, TaskResult
from practicum.evaluate.tasks.suites import OWN
from practicum.measure.told import MINUS

HEADERS = ("task", "version", "metric", "score [95 % interval]", "n", "shots", "chance", "source")
NUMERIC = (3, 4, 5, 6)
NONE = "–"
Interval = tuple[float, float] | None


@dataclass(frozen=True)
class Table:
    """Rows of text under headers; `numeric` columns stand to the right; notes go below.

    strong  rows that sum up others
    """

    title: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    strong: Collection[int] = ()

    def text(self) -> str:
        """For a terminal: columns in line, and nothing that could drive it."""
        rows = [tuple(map(plain, row)) for row in (self.headers, *self.rows)]
        widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
        lines = [plain(self.title), "", *(self._line(row, widths) for row in rows)]
        return "\n".join([*lines, *(["", *map(plain, self.notes)] if self.notes else [])])

    def markdown(self) -> str:
        """As GitHub reads it; every text is escaped."""
        dashes = ["---:" if i in self.numeric else "---" for i in range(len(self.headers))]
        rows = [
            [f"**{escaped(c)}**" if n in self.strong and c else escaped(c) for c in row]
            for n, row in enumerate(self.rows)
        ]
        table = [list(map(escaped, self.headers)), dashes, *rows]
        lines = [f"### {escaped(self.title)}", "", *(f"| {' | '.join(row)} |" for row in table)]
        for note in self.notes:
            lines += ["", escaped(note)]
        return "\n".join(lines)

    def _line(self, row: Sequence[str], widths: Sequence[int]) -> str:
        cells = []
        for i, (cell, width) in enumerate(zip(row, widths, strict=True)):
            room = " " * (width - _width(cell))
            cells.append(room + cell if i in self.numeric else cell + room)
        return "  ".join(cells).rstrip()


def plain(text: str) -> str:
    """One line without control characters: it can neither drive a terminal nor break a table."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def escaped(text: str) -> str:
    """One line that Markdown shows as it is: no link, no HTML, no column of its own."""
    # A bracket makes a link only before one of these; others, as of intervals, stay readable.
    return re.sub(r"([\\`*|~]|\](?=[(\[:]))", r"\\\1", _entities(plain(text)))


def number(value: float, like: float | None = None) -> str:
    """Three decimals up to 1, one beyond; `like` another number, to stand beside it."""
    if not math.isfinite(value):
        return "unknown"
    text = f"{value:.3f}" if abs(value if like is None else like) <= 1 else f"{value:,.1f}"
    return text.replace("-", MINUS)


def score_text(score: float | None, interval: Interval) -> str:
    """A score with its interval; a dash without one."""
    if score is None:
        return NONE
    if interval is None or not all(map(math.isfinite, interval)):
        return number(score)
    low, high = (number(end, score) for end in interval)
    return f"{number(score)} [{low}, {high}]"


def suite_table(suite: SuiteResult) -> Table:
    """Every task of a suite, the mean of each part of several tasks, and the suite's average."""
    rows: list[tuple[str, ...]] = []
    strong: list[int] = []
    for name, tasks in suite.parts.items():
        rows += [_task_row(task) for task in tasks]
        if len(tasks) > 1 and len(suite.parts) > 1:
            strong.append(len(rows))
            rows.append(_mean_row(name, SuiteResult(suite=name, parts={name: tasks})))
    if suite.suite != OWN and len(suite.tasks) > 1:
        strong.append(len(rows))
        rows.append(_mean_row(suite.suite, suite))
    notes = [f"{t.task} has no score: {t.failed}" for t in suite.tasks if t.score is None]
    notes += [f"{t.task}: {note}" for t in suite.tasks for note in t.notes]
    if suite.is_mini:
        notes.append(f"{suite.suite} is {MINI}")
    return Table(suite.suite, HEADERS, tuple(rows), NUMERIC, tuple(dict.fromkeys(notes)), strong)


def summary_table(evaluations: Sequence[Evaluation], title: str = "Summary") -> Table:
    """A row a model: its suites, their average; one suite short is told in its place."""
    names = list(dict.fromkeys(s.suite for e in evaluations for s in _named(e)))
    rows = []
    for evaluation in evaluations:
        suites = {s.suite: s for s in _named(evaluation)}
        cells = [_partial(suites.get(name)) for name in names]
        rows.append((evaluation.model, *cells, average_text(evaluation), mark(evaluation)))
    numeric = tuple(range(1, len(names) + 2))
    return Table(title, ("model", *names, "average", "note"), tuple(rows), numeric)


def evaluation_tables(evaluation: Evaluation) -> list[Table]:
    """The summary in one row, where there are suites, and a table for every suite."""
    suites = [suite_table(s) for s in evaluation.suites]
    if not _named(evaluation):
        return suites
    summary = summary_table([evaluation])
    notes = tuple(dict.fromkeys(evaluation.notes))
    return [Table(summary.title, summary.headers, summary.rows, summary.numeric, notes), *suites]


def as_text(tables: Sequence[Table]) -> str:
    """Tables for a terminal, one below the other."""
    return "\n\n\n".join(t.text() for t in tables) + "\n"


def as_markdown(evaluation: Evaluation, tables: Sequence[Table]) -> str:
    """A Markdown file: what was measured, the tables, and what measured it."""
    tail = ", ".join(f"{k} {v}" for k, v in evaluation.versions.items())
    said = [f"model digest {evaluation.digest[:16]}", f"seed {evaluation.seed}"]
    said += [f"budget {evaluation.budget}"] if evaluation.budget else []
    said += [f"{evaluation.seconds:,.0f} s", *([tail] if tail else [])]
    head = f"# Evaluation of {escaped(evaluation.model)}"
    lead = f"\n\n**{MINI}**" if evaluation.is_mini else ""
    body = "\n\n".join(t.markdown() for t in tables)
    return f"{head}{lead}\n\n{body}\n\n{escaped(' · '.join(said))}\n"


def average(evaluation: Evaluation) -> tuple[float | None, Interval]:
    """The mean of the suites and its interval; tasks asked for one by one are no suite.

    Source  Zou and Donner 2008, as for a suite.
    """
    scored = [(s.score, s.ci95) for s in _named(evaluation) if s.score is not None]
    if not scored:
        return None, None
    mean = sum(score for score, _ in scored) / len(scored)
    known = [(score - ends[0], ends[1] - score) for score, ends in scored if ends is not None]
    if len(known) < len(scored):
        return mean, None
    below, above = (math.hypot(*side) / len(scored) for side in zip(*known, strict=True))
    return mean, (mean - below, mean + above)


def average_text(evaluation: Evaluation) -> str:
    """The average, and how much of it there is."""
    tasks = [t for s in _named(evaluation) for t in s.tasks]
    text = score_text(*average(evaluation))
    n_scored = sum(t.score is not None for t in tasks)
    return text if n_scored == len(tasks) else f"{text} ({_label(n_scored, len(tasks))})"


def mark(result: Evaluation | SuiteResult | TaskResult) -> str:
    """The warning that mini rows must carry, else nothing."""
    return MINI if result.is_mini else ""


def _named(evaluation: Evaluation) -> list[SuiteResult]:
    return [s for s in evaluation.suites if s.suite != OWN]


def _partial(suite: SuiteResult | None) -> str:
    if suite is None:
        return NONE
    text = score_text(suite.score, suite.ci95)
    return f"{text} ({partial_label(suite)})" if suite.is_partial else text


def partial_label(suite: SuiteResult) -> str:
    """`partial: 3 of 4 tasks`, or nothing."""
    n = len(suite.tasks)
    return _label(n - suite.n_missing, n) if suite.is_partial else ""


def _label(n_scored: int, n: int) -> str:
    return f"partial: {n_scored} of {n} tasks"


def _task_row(task: TaskResult) -> tuple[str, ...]:
    n = f"{task.n:,}" if task.n == task.n_all else f"{task.n:,} of {task.n_all:,}"
    chance = NONE if task.chance is None else number(task.chance)
    return (task.task, task.version, task.metric, score_text(task.score, task.ci95), n,
            str(task.n_shots), chance, mark(task) or task.source)  # fmt: skip


def _mean_row(name: str, suite: SuiteResult) -> tuple[str, ...]:
    label = partial_label(suite) or f"mean of {len(suite.tasks)} tasks"
    n = sum(t.n for t in suite.tasks if t.score is not None)
    return (f"{name} average", "", label, score_text(suite.score, suite.ci95), f"{n:,}", "", "",
            mark(suite))  # fmt: skip


def _entities(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _width(text: str) -> int:
    """Columns of a terminal: wide letters take two, combining ones none."""
    return sum(0 if unicodedata.combining(c) else 1 + (unicodedata.east_asian_width(c) in "WF")
               for c in text)  # fmt: skip
