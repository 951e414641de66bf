"""What an evaluation found: items, tasks, suites, as values that can be stored and compared.

One schema for the terminal, Markdown, the page, the leaderboard and scripts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict

from practicum.core.errors import PracticumError
from practicum.evaluate.checks.formats import Sensitivity
from practicum.evaluate.tasks.suites import OWN
from practicum.measure.intervals import mean_interval, wilson

SCHEMA = 1
EVALUATION_FILE = "evaluation.json"
MINI = "mini: not comparable to published numbers"


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Item(_Value):
    """One question with what the model made of it.

    id      sha256 of the row; the same question has the same id in every evaluation
    said    the answer: the text of the choice, or the generation after the task's filter
    values  every per-item metric of the task, e.g. {"acc": 1.0, "acc_norm": 0.0}
    """

    id: str
    asked: str
    expected: str
    said: str
    values: dict[str, float]


class TaskResult(_Value):
    """A task's score on the items that were chosen.

    Units   score in the metric's own unit; fractions are 0–1
    source  where the rows came from: "mini", "files", "hub" or "package"
    failed  why there is no score; then items are those that were finished
    forms   how the accuracy depends on the form of the prompt, where that was asked for
    """

    task: str
    version: str
    metric: str
    score: float | None
    ci95: tuple[float, float] | None
    n: int
    n_all: int
    n_shots: int
    chance: float | None = None
    source: Literal["mini", "files", "hub", "package"] = "mini"
    others: dict[str, float] = {}
    items: tuple[Item, ...] = ()
    seconds: float = 0.0
    failed: str = ""
    notes: tuple[str, ...] = ()
    forms: Sensitivity | None = None

    @property
    def is_mini(self) -> bool:
        """Whether the rows are a bundled pack of the task's shape."""
        return self.source == "mini"


class SuiteResult(_Value):
    """A suite's average: the plain mean of its parts, each the mean of its tasks.

    parts  name of a part → its tasks; suites without parts have one, named as the suite
    """

    suite: str
    parts: dict[str, tuple[TaskResult, ...]]

    @property
    def tasks(self) -> tuple[TaskResult, ...]:
        """Every task, in order."""
        return tuple(t for tasks in self.parts.values() for t in tasks)

    @property
    def n_missing(self) -> int:
        """How many tasks have no score."""
        return sum(t.score is None for t in self.tasks)

    @property
    def is_partial(self) -> bool:
        """Whether the average leaves tasks out; it must be labelled then."""
        return self.n_missing > 0

    @property
    def is_mini(self) -> bool:
        """Whether any part of it is not comparable to published numbers."""
        return any(t.is_mini for t in self.tasks)

    def part_score(self, name: str) -> float | None:
        """The mean of a part's scored tasks."""
        scores = [t.score for t in self.parts[name] if t.score is not None]
        return sum(scores) / len(scores) if scores else None

    @property
    def score(self) -> float | None:
        """The mean of the parts that have a score; None when none has."""
        found = [s for s in (self.part_score(p) for p in self.parts) if s is not None]
        return sum(found) / len(found) if found else None

    @property
    def ci95(self) -> tuple[float, float] | None:
        """95 % interval of the average, tasks being independent samples.

        Source  Zou and Donner 2008 (MOVER): the distances from score to end add in squares, each
                side for itself, so that it keeps the tasks' own ends and leaves no 0–1 range.
        """
        parts = [p for p in self.parts if self.part_score(p) is not None]
        below = above = 0.0
        for part in parts:
            scored = [t for t in self.parts[part] if t.score is not None]
            weight = 1 / (len(parts) * len(scored))
            for task in scored:
                if task.ci95 is None or task.score is None:
                    return None
                below += (weight * (task.score - task.ci95[0])) ** 2
                above += (weight * (task.ci95[1] - task.score)) ** 2
        score = self.score
        if score is None:
            return None
        return score - below**0.5, score + above**0.5


class Evaluation(_Value):
    """Everything that was measured of one model in one run."""

    schema_version: int = SCHEMA
    model: str
    digest: str
    suites: tuple[SuiteResult, ...]
    seed: int = 0
    budget: str = ""
    seconds: float = 0.0
    versions: dict[str, str] = {}
    notes: tuple[str, ...] = ()

    @property
    def average(self) -> float | None:
        """The mean of the suites that have a score; tasks asked for one by one are no suite."""
        found = [s.score for s in self.suites if s.score is not None and s.suite != OWN]
        return sum(found) / len(found) if found else None

    @property
    def is_partial(self) -> bool:
        """Whether a suite lacks tasks."""
        return any(s.is_partial for s in self.suites)

    @property
    def is_mini(self) -> bool:
        """Whether any score comes from a bundled pack."""
        return any(s.is_mini for s in self.suites)


def score_interval(values: Sequence[float]) -> tuple[float, tuple[float, float] | None]:
    """Mean and 95 % interval of one metric over items: Wilson's for yes or no, else Student's.

    Raises  PracticumError without values.
    """
    if not values:
        raise PracticumError("no item was scored", hint="give the task more budget")
    if all(v in (0.0, 1.0) for v in values):
        return sum(values) / len(values), wilson(int(sum(values)), len(values))
    mean, low, high = mean_interval(values)
    return mean, (low, high) if len(values) > 1 else None
