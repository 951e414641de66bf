"""Suites: names that stand for tasks with their shots and metrics, and lighteval's task strings."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from practicum.core.errors import Complaint, PracticumError, nearest
from practicum.evaluate.tasks.source import Catalogue, closest

OWN = "tasks"  # the suite that tasks named one by one make
# Where lighteval's name of a task is not the harness's with other punctuation.
LIGHTEVAL = {
    "arc": "arc_challenge", "arc:challenge": "arc_challenge", "arc:c:letters": "arc_challenge",
    "arc:easy": "arc_easy", "truthfulqa:mc": "truthfulqa_mc2", "truthfulqa": "truthfulqa_mc2",
    "truthfulqa:gen": "truthfulqa_gen", "mmlu": "mmlu", "super_glue:boolq": "boolq",
    "winogrande:xl": "winogrande",
}  # fmt: skip
PREFIXES = {"bigbench:": "bigbench_{}_multiple_choice", "bbh:": "leaderboard_bbh_{}",
            "agieval:": "agieval_{}", "mmlu:": "mmlu_{}"}  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One line of a table: a task, or the tasks of a group with their questions pooled.

    shots, metric  None: the task's own
    """

    name: str
    tasks: tuple[str, ...]
    shots: int | None = None
    metric: str | None = None

    @property
    def unit(self) -> tuple[str, int | None]:
        """What is run once, whatever metrics are then read from it."""
        return self.name, self.shots


@dataclass(frozen=True)
class Suite:
    """Parts, each with its lines, in order."""

    name: str
    parts: dict[str, tuple[Line, ...]]
    notes: tuple[str, ...] = ()

    @property
    def lines(self) -> tuple[Line, ...]:
        """Every line, in order."""
        return tuple(line for lines in self.parts.values() for line in lines)

    def weights(self) -> dict[tuple[str, int | None], float]:
        """How much each unit's score moves the suite's average."""
        found: dict[tuple[str, int | None], float] = {}
        for lines in self.parts.values():
            for line in lines:
                share = 1 / (len(self.parts) * len(lines))
                found[line.unit] = found.get(line.unit, 0.0) + share
        return found


@cache
def _table() -> dict[str, dict[str, object]]:
    text = files("practicum.evaluate.tasks").joinpath("suites.toml").read_text("utf-8")
    return tomllib.loads(text)


def suite_names() -> list[str]:
    """The suites that can be named."""
    return list(_table())


def suite(name: str, catalogue: Catalogue, shots: int | None = None) -> Suite:
    """The suite of that name; `shots` replaces those of all its tasks.

    Raises  PracticumError with the nearest name.
    """
    known = _table()
    folded = name.strip().lower().replace("_", "-")
    if folded not in known:
        close = nearest(name, known) or ", ".join(known)
        if name in catalogue.defined:
            close = f"--task {name}"
        raise PracticumError(Complaint(f"suite: unknown '{name}'", hint=close))
    found = known[folded]
    parts: dict[str, tuple[Line, ...]] = {}
    for part, spec in found["parts"].items():  # type: ignore[attr-defined]  # the file's shape
        parts[part] = tuple(
            Line(task, tuple(catalogue.tasks(task)), spec["shots"] if shots is None else shots,
                 spec.get("metric"))
            for task in spec["tasks"]
        )  # fmt: skip
    return Suite(folded, parts, tuple(found.get("notes", ())))  # type: ignore[arg-type]


def own_tasks(
    wanted: Sequence[str], catalogue: Catalogue, shots: int | None = None
) -> tuple[Suite, list[Complaint]]:
    """The tasks that were named one by one, as a suite in which each is a part; and what of
    them is unknown.

    A name is the harness's (task, group or tag), or lighteval's `suite|task|shots|truncate`.
    """
    parts: dict[str, tuple[Line, ...]] = {}
    wrong: list[Complaint] = []
    for name in wanted:
        try:
            for line in _lines(name, catalogue, shots):
                parts[line.name] = (line,)
        except PracticumError as error:
            wrong += error.complaints
    return Suite(OWN, parts), wrong


def _lines(name: str, catalogue: Catalogue, shots: int | None) -> list[Line]:
    if "|" in name:
        task, said = lighteval(name)
        if task not in catalogue.defined:
            close = closest(task, catalogue)
            raise PracticumError(Complaint(f"task: no task of lm-eval is '{name}'", hint=close))
        return [Line(task, tuple(catalogue.tasks(task)), said if shots is None else shots)]
    source = catalogue.find(name)
    if source.kind == "tag":
        return [Line(task, (task,), shots) for task in catalogue.tasks(name)]
    return [Line(name, tuple(catalogue.tasks(name)), shots)]


def lighteval(text: str) -> tuple[str, int]:
    """The harness's name of a lighteval task string, and its shots.

    Raises  PracticumError when the string is not of that shape.
    """
    fields = text.split("|")
    if len(fields) not in (3, 4) or not fields[2].isdigit() or not fields[1]:
        raise PracticumError(
            f"task: '{text}' is not a lighteval task", hint="leaderboard|gsm8k|5|0"
        )
    name = fields[1]
    task = LIGHTEVAL.get(name)
    if task is None:
        prefix = next((p for p in PREFIXES if name.startswith(p)), None)
        rest = name[len(prefix) :] if prefix else name
        plain = rest.replace(":", "_").replace("-", "_")
        task = PREFIXES[prefix].format(plain) if prefix else plain
    return task, int(fields[2])


def read(
    suites: Iterable[str], tasks: Sequence[str], catalogue: Catalogue, shots: int | None = None
) -> tuple[list[Suite], list[Complaint]]:
    """The suites of a command, tasks named one by one last; and every name that is unknown."""
    found: list[Suite] = []
    wrong: list[Complaint] = []
    for name in suites:
        try:
            found.append(suite(name, catalogue, shots))
        except PracticumError as error:
            wrong += error.complaints
    if tasks:
        made, unknown = own_tasks(tasks, catalogue, shots)
        found.append(made)
        wrong += unknown
    if not found and not wrong:
        wrong.append(Complaint("nothing to measure", hint=f"--suite {','.join(suite_names())}"))
    return found, wrong
