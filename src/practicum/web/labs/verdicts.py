"""What a page says of a lab's checks: each with its mark, its reason and a line to look at."""

from __future__ import annotations

import re
from dataclasses import dataclass

from practicum.learn.labs.lab import Cell, Lab, Task, cells_of, holes_of
from practicum.learn.labs.run import Outcome, Verdict

LINE = re.compile(r"line (\d+): ")
# A mark's sign and what it is called aloud: colour never tells alone.
MARKS = {"passed": "✓", "failed": "✗", "open": "·", "unknown": "–"}
CALLED = {"passed": "passes", "failed": "fails", "open": "still open", "unknown": "not run yet"}


@dataclass(frozen=True)
class Row:
    """One check as it is shown. `line` is where to look, of the script that ran."""

    task: Task
    mark: str
    why: str = ""
    line: int | None = None

    @property
    def sign(self) -> str:
        """The mark as a letter."""
        return MARKS[self.mark]

    @property
    def urgency(self) -> int:
        """What is red comes first, with its reason; what passes comes last."""
        return ("failed", "open", "unknown", "passed").index(self.mark)

    @property
    def called(self) -> str:
        """The mark in words."""
        return CALLED[self.mark]


@dataclass(frozen=True)
class Error:
    """A cell that failed: its line, and what was said."""

    line: int | None
    text: str


@dataclass(frozen=True)
class Section:
    """A piece of a lab's prose and the tasks whose holes follow it."""

    text: str
    tasks: tuple[Task, ...]


def rows_of(lab: Lab, outcome: Outcome | None, before: frozenset[str], script: str) -> list[Row]:
    """The checks after a run; without one, what passed when the lab ran last."""
    if outcome is None or outcome.stopped:
        return [Row(task, "passed" if task.name in before else "unknown", "",
                    place_of(task.name, script)) for task in lab.tasks]  # fmt: skip
    verdicts = {v.task: v for v in outcome.verdicts}
    return [_row(task, verdicts[task.name], script) for task in lab.tasks]


def _row(task: Task, verdict: Verdict, script: str) -> Row:
    if verdict.passed:
        return Row(task, "passed", "", place_of(task.name, script))
    said = LINE.match(verdict.why)
    why = verdict.why[said.end() :] if said else verdict.why
    line = verdict.line or place_of(task.name, script)
    return Row(task, "open" if verdict.is_open else "failed", why, line)


def place_of(task: str, script: str) -> int | None:
    """The line of a task's hole, or of the function of its name; None when there is neither."""
    hole = holes_of(script).get(task)
    if hole:
        return hole[0]
    found = re.search(rf"^\s*(?:def|class)\s+{re.escape(task)}\b", script, re.MULTILINE)
    return script.count("\n", 0, found.end()) + 1 if found else None


def errors_of(outcome: Outcome | None) -> list[Error]:
    """The cells that failed."""
    told = [] if outcome is None else outcome.errors
    found = [(LINE.match(text), text) for text in told]
    return [Error(int(m[1]) if m else None, text[m.end() :] if m else text) for m, text in found]


def sections_of(lab: Lab) -> list[Section]:
    """The shipped script's prose in order, each piece with the tasks that come after it."""
    script = lab.script.read_text(encoding="utf-8")
    holes = holes_of(script)
    prose = [cell for cell in cells_of(script) if cell.is_markdown]
    ends = [cell.line for cell in prose[1:]] + [len(script)]
    found = [
        Section(
            _prose(cell, is_first=cell is prose[0]),
            tuple(t for t in lab.tasks if cell.line <= _at(holes, t.name) < end),
        )
        for cell, end in zip(prose, ends, strict=True)
    ]
    told = {task.name for section in found for task in section.tasks}
    rest = tuple(task for task in lab.tasks if task.name not in told)
    return [*found, Section("", rest)] if rest else found


def _at(holes: dict[str, tuple[int, int]], task: str) -> int:
    return holes.get(task, (0, 0))[0]


def _prose(cell: Cell, is_first: bool) -> str:
    """A markdown cell's text without its signs of a comment; its headings stand under the page's."""
    lines = [re.sub(r"^# ?", "", line) for line in cell.text.splitlines()]
    if is_first and lines[0].startswith("# "):  # the page has the lab's title already
        lines = lines[1:]
    return re.sub(r"^(#{1,3} )", r"#\1", "\n".join(lines), flags=re.MULTILINE)
