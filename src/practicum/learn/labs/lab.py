"""A lab: its tasks, hints and limits, and the learner's own copy of its script."""

from __future__ import annotations

import itertools
import re
import shutil
import tomllib
from dataclasses import dataclass
from pathlib import Path

from practicum.core.errors import Complaint, PracticumError, UnknownReference, nearest

TODO = re.compile(r"^(?P<indent>\s*)# TODO (?P<task>[a-z][a-z0-9_]*):")
CELL = re.compile(r"^# %%(?P<markdown> \[markdown\])?")
OWN = ("lab.py", "solution.py", "checks.py", "lab.toml")


@dataclass(frozen=True)
class Task:
    """One hole of the script: what it is for, and nudges from weak to strong."""

    name: str
    says: str
    hints: tuple[str, ...]


@dataclass(frozen=True)
class Cell:
    """A `# %%` piece of a script; `line` is where its text begins, counted from 1."""

    text: str
    line: int
    is_markdown: bool


@dataclass(frozen=True)
class Lab:
    """A lab as it is shipped."""

    concept: str
    slug: str
    title: str
    minutes: int
    seconds: float
    memory_mb: int
    tasks: tuple[Task, ...]
    order: int
    folder: Path

    @property
    def script(self) -> Path:
        """The script with holes, as shipped."""
        return self.folder / "lab.py"

    @property
    def solution(self) -> Path:
        """The script with its holes filled."""
        return self.folder / "solution.py"

    def task(self, name: str) -> Task:
        """The task of this name.  Raises UnknownReference with the nearest one."""
        for task in self.tasks:
            if task.name == name:
                return task
        names = [t.name for t in self.tasks]
        raise UnknownReference(f"lab '{self.slug}' has no task '{name}'",
                               hint=nearest(name, names) or ", ".join(names))  # fmt: skip


def read_labs(folder: Path) -> list[Lab]:
    """The labs of a concept's folder, in order.

    Raises  PracticumError with the file when a lab.toml cannot be read or lacks a key.
    """
    labs = [_read(path.parent, folder.name) for path in (folder / "labs").glob("*/lab.toml")]
    return sorted(labs, key=lambda lab: (lab.order, lab.slug))


def _read(folder: Path, concept: str) -> Lab:
    path = folder / "lab.toml"
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
        tasks = tuple(Task(t["name"], t["says"], tuple(t["hints"])) for t in told["tasks"])
        return Lab(concept, folder.name, told["title"], told["minutes"], told["seconds"],
                   told["memory_mb"], tasks, told.get("order", 0), folder)  # fmt: skip
    except (tomllib.TOMLDecodeError, KeyError) as error:
        raise PracticumError(Complaint(f"cannot be read: {error}", where=str(path))) from error


def cells_of(script: str) -> list[Cell]:
    """The cells of a `# %%` script; what stands before the first mark is a cell too."""
    cells: list[Cell] = []
    lines = script.splitlines()
    starts = [i for i, line in enumerate(lines) if CELL.match(line)]
    if not starts or any(line.strip() for line in lines[: starts[0]]):
        starts.insert(0, -1)
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        mark = CELL.match(lines[start]) if start >= 0 else None
        text = "\n".join(lines[start + 1 : end])
        if text.strip():
            cells.append(Cell(text, start + 2, bool(mark and mark["markdown"])))
    return cells


def holes_of(script: str) -> dict[str, tuple[int, int]]:
    """Task → first and last line of its hole, counted from 1.

    A hole goes from `# TODO task:` to the `raise NotImplementedError("task")` that follows it.
    """
    lines = script.splitlines()
    found: dict[str, tuple[int, int]] = {}
    for i, line in enumerate(lines):
        todo = TODO.match(line)
        if todo:
            last = next(
                (j for j in range(i, len(lines)) if "raise NotImplementedError" in lines[j]), i
            )
            found[todo["task"]] = (i + 1, last + 1)
    return found


def open_holes(script: str) -> set[str]:
    """The tasks whose NotImplementedError still stands in a learner's script."""
    return set(re.findall(r"raise NotImplementedError\([\"'](\w+)[\"']\)", script))


def filled(lab: Lab) -> dict[str, str]:
    """Task → the lines of the solution that fill its hole."""
    shipped, solved = lab.script.read_text("utf-8"), lab.solution.read_text("utf-8")
    ours, theirs = shipped.splitlines(), solved.splitlines()
    answers: dict[str, str] = {}
    at, place = 0, 0  # how far both files were read
    for task, (first, last) in sorted(holes_of(shipped).items(), key=lambda item: item[1]):
        between = ours[at : first - 1]
        if theirs[place : place + len(between)] != between:
            raise PracticumError(Complaint(
                f"differs from lab.py before the hole '{task}'", where=_first_difference(
                    lab.solution, theirs, place, between)))  # fmt: skip
        place += len(between)
        after = ours[last:]
        stop = _resume(theirs, place, after)
        answers[task] = "\n".join(theirs[place:stop])
        at, place = last, stop
    if theirs[place:] != ours[at:]:
        raise PracticumError(Complaint(
            "differs from lab.py after its last hole",
            where=_first_difference(lab.solution, theirs, place, ours[at:])))  # fmt: skip
    return answers


def _resume(lines: list[str], start: int, after: list[str]) -> int:
    """Where the solution goes on as the script does: at the next lines that both share."""
    anchor = after[:6]
    while anchor and not anchor[-1].strip():
        anchor.pop()
    for i in range(start, len(lines) - len(anchor) + 1):
        if anchor and lines[i : i + len(anchor)] == anchor:
            return i
    if not any(line.strip() for line in after):
        return len(lines) - (len(after) if after else 0)
    # Two holes follow closely: the shared run between them may be as short as one line.
    first = next(line for line in after if line.strip())
    lead = after.index(first)
    for i in range(start, len(lines)):
        if lines[i] == first:
            return i - lead
    return len(lines)


def _first_difference(path: Path, lines: list[str], start: int, wanted: list[str]) -> str:
    for i, line in enumerate(wanted):
        if start + i >= len(lines) or lines[start + i] != line:
            return f"{path}:{start + i + 1}"
    return f"{path}:{start + len(wanted) + 1}"


def own_copy(lab: Lab, labs: Path) -> Path:
    """The learner's copy of a lab's script, made when it is not there; data files come along."""
    folder = labs / lab.concept / lab.slug
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted(lab.folder.iterdir()):
        if path.is_file() and path.name not in OWN and not (folder / path.name).exists():
            shutil.copyfile(path, folder / path.name)
    mine = folder / "lab.py"
    if not mine.exists():
        shutil.copyfile(lab.script, mine)
    return mine


def reset(lab: Lab, labs: Path) -> Path | None:
    """Start over; what was written is kept beside it.  Gives the kept copy, if there was one."""
    mine = labs / lab.concept / lab.slug / "lab.py"
    kept = None
    if mine.is_file() and mine.read_bytes() != lab.script.read_bytes():
        kept = mine.replace(free_place(mine.parent))
    own_copy(lab, labs)
    return kept


def free_place(folder: Path) -> Path:
    """Where a version that is put aside is kept: lab.kept-1.py, or the first number that is free."""
    return next(path for path in (folder / f"lab.kept-{n}.py" for n in itertools.count(1))
                if not path.exists())  # fmt: skip
