"""A local leaderboard: models that answered the same questions, and no others, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from practicum.core.artifact import canonical_json, sha256_text
from practicum.evaluate.running.results import MINI, Evaluation, SuiteResult
from practicum.evaluate.tasks.suites import OWN
from practicum.evaluate.told.drawings import part_points, radar
from practicum.evaluate.told.page import STYLE, add_table
from practicum.evaluate.told.table import (
    NONE,
    Interval,
    Table,
    as_text,
    average,
    partial_label,
    score_text,
    summary_table,
)
from practicum.measure.page import Page
from practicum.measure.plots import Point, bars

MOST_ON_RADAR = 4  # more lines than that hide each other
TIES = (
    "= marks models whose 95 % interval overlaps another's: the table does not tell the two "
    "apart. A paired comparison of them, question by question, can see more."
)


@dataclass(frozen=True)
class Entry:
    """A model's place on one board.

    rank   1 + how many models lie surely above it: their whole interval above its own
    is_tie whether another's interval overlaps with its own
    """

    evaluation: Evaluation
    suite: SuiteResult
    rank: int
    is_tie: bool

    @property
    def place(self) -> str:
        """The rank as it is shown: `=2` when shared."""
        return f"={self.rank}" if self.is_tie else str(self.rank)


@dataclass(frozen=True)
class Board:
    """One suite, one set of questions, every model that answered just these; best first."""

    suite: str
    questions: str
    entries: tuple[Entry, ...]

    @property
    def is_mini(self) -> bool:
        """Whether its numbers compare with nothing outside."""
        return any(e.suite.is_mini for e in self.entries)

    @property
    def n(self) -> int:
        """How many questions each model was asked."""
        return sum(t.n for t in self.entries[0].suite.tasks if t.score is not None)


def boards(evaluations: Sequence[Evaluation]) -> list[Board]:
    """A board for every suite and set of questions, suites in order of appearance, the one with
    most models first. Of one model's evaluations on the same questions the last counts."""
    found: dict[str, dict[str, dict[str, tuple[Evaluation, SuiteResult]]]] = {}
    for evaluation in evaluations:
        for suite in evaluation.suites:
            if suite.suite != OWN and suite.score is not None:
                sets = found.setdefault(suite.suite, {})
                sets.setdefault(questions_of(suite), {})[evaluation.digest] = (evaluation, suite)
    made = []
    for name, sets in found.items():
        ordered = sorted(sets.items(), key=lambda pair: -len(pair[1]))
        made += [Board(name, key, _ranked(list(models.values()))) for key, models in ordered]
    return made


def questions_of(suite: SuiteResult) -> str:
    """A digest of what was asked and how: equal only for tasks, versions, shots, metrics and
    items that are all the same. Which tasks failed is a part of it."""
    told = [
        [part, t.task, t.version, t.metric, t.n_shots, t.source, sorted(i.id for i in t.items)]
        for part, tasks in suite.parts.items()
        for t in tasks
        if t.score is not None
    ]
    return sha256_text(canonical_json(told))[:8]


def board_tables(found: Sequence[Board]) -> list[Table]:
    """The averages of those who stand on every suite's largest board, then a table a board."""
    largest = {b.suite: b for b in reversed(found)}
    tables = [_table(board, found) for board in found]
    if len(largest) < 2:
        return tables
    alike = [{e.evaluation.digest: e for e in b.entries} for b in largest.values()]
    joined = [_joined([b[digest] for b in reversed(alike)]) for digest in alike[-1]
              if all(digest in b for b in alike)]  # fmt: skip
    joined.sort(key=lambda e: (-(average(e)[0] or 0.0), e.model))
    title = "Averages of those who answered the same questions of every suite"
    return [summary_table(joined, title), *tables] if joined else tables


def _joined(entries: Sequence[Entry]) -> Evaluation:
    """The model with these suites alone."""
    suites = tuple(e.suite for e in entries)
    return entries[0].evaluation.model_copy(update={"suites": suites})


def leaderboard_text(evaluations: Sequence[Evaluation]) -> str:
    """The leaderboard for a terminal."""
    found = boards(evaluations)
    return as_text(board_tables(found)) if found else "No evaluation of a suite yet.\n"


def leaderboard_page(evaluations: Sequence[Evaluation]) -> str:
    """The leaderboard as one HTML page."""
    found = boards(evaluations)
    page = Page("Leaderboard", STYLE)
    models = {e.evaluation.digest for b in found for e in b.entries}
    page.add_lead(
        f"{_counted(len(models), 'model')} on {_counted(len(found), 'set')} of questions."
    )
    if not found:
        page.add_paragraph("No evaluation of a suite yet: practicum eval MODEL --suite nous")
    else:
        page.add_paragraph("Only models that answered the same questions share a table.")
    tables = board_tables(found)
    for table in tables[: len(tables) - len(found)]:
        page.add_heading("Averages")
        add_table(page, table, f"{table.title}.")
    for board, table in zip(found, tables[-len(found) :], strict=True):
        page.add_heading(_title(board, found))
        small = f" ({MINI})" if board.is_mini else ""
        if len(board.entries) > 1:
            points = [_point(e) for e in board.entries]
            page.add_picture(bars(_claim(board) + small, points, x="score", n=board.n))
            _add_radar(page, board, small)
        add_table(page, table)
    return page.html()


def _ranked(models: Sequence[tuple[Evaluation, SuiteResult]]) -> tuple[Entry, ...]:
    ordered = sorted(models, key=lambda m: (-(m[1].score or 0.0), m[0].model, m[0].digest))
    entries = []
    for evaluation, suite in ordered:
        others = [o for e, o in ordered if e is not evaluation]
        n_above = sum(_is_above(other, suite) for other in others)
        n_below = sum(_is_above(suite, other) for other in others)
        is_tie = n_above + n_below < len(others)
        entries.append(Entry(evaluation, suite, 1 + n_above, is_tie))
    return tuple(sorted(entries, key=lambda e: e.rank))


def _is_above(one: SuiteResult, other: SuiteResult) -> bool:
    """Whether the whole interval lies above the other's; without intervals nobody can say."""
    return bool(one.ci95 and other.ci95 and one.ci95[0] > other.ci95[1])


def _table(board: Board, found: Sequence[Board]) -> Table:
    parts = list(board.entries[0].suite.parts)
    shown = parts if len(parts) > 1 else []
    headers = ("rank", "model", "score [95 % interval]", *shown, "n", "note")
    rows = tuple(
        (e.place, f"{e.evaluation.model}@{e.evaluation.digest[:8]}",
         score_text(e.suite.score, e.suite.ci95), *(_part(e.suite, p) for p in shown),
         f"{board.n:,}", _note(e.suite))
        for e in board.entries
    )  # fmt: skip
    notes = [TIES] if any(e.is_tie for e in board.entries) else []
    lonely = len(board.entries) == 1 and sum(b.suite == board.suite for b in found) > 1
    notes += ["No other model answered these questions."] if lonely else []
    return Table(_title(board, found), headers, rows, (0, *range(2, len(shown) + 4)), tuple(notes))


def _title(board: Board, found: Sequence[Board]) -> str:
    several = sum(b.suite == board.suite for b in found) > 1
    return f"{board.suite}, questions {board.questions}" if several else board.suite


def _part(suite: SuiteResult, name: str) -> str:
    interval: Interval = None  # the columns would be too wide with every part's interval
    return score_text(suite.part_score(name), interval) if name in suite.parts else NONE


def _note(suite: SuiteResult) -> str:
    said = [partial_label(suite), MINI if suite.is_mini else ""]
    return "; ".join(text for text in said if text)


def _point(entry: Entry) -> Point:
    low, high = entry.suite.ci95 or (None, None)
    label = f"{entry.place}  {entry.evaluation.model}"
    return Point(label, entry.suite.score or 0.0, low, high)


def _claim(board: Board) -> str:
    """Who leads, as far as the intervals know."""
    first = [e.evaluation.model for e in board.entries if e.rank == 1]
    if len(first) == 1:
        return f"{first[0]} leads on {board.suite}: its interval lies above all others"
    if len(first) == len(board.entries):
        return f"On {board.suite} the intervals tell none of {len(first)} models apart"
    return f"{len(first)} of {len(board.entries)} models share the lead on {board.suite}"


def _add_radar(page: Page, board: Board, small: str) -> None:
    """The parts of the best models, where there are enough parts."""
    best = board.entries[:MOST_ON_RADAR]
    models = {}
    for entry in best:
        alone = entry.evaluation.model_copy(update={"suites": (entry.suite,)})
        name = entry.evaluation.model
        models[f"{name}@{entry.evaluation.digest[:4]}" if name in models else name] = part_points(
            alone
        )
    which = f"the best {len(best)}" if len(board.entries) > len(best) else "each model"
    drawn = radar(f"Part by part, with intervals: {which} on {board.suite}{small}", models)
    if drawn:
        page.add_picture(drawn)


def _counted(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
