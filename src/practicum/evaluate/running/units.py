"""What a command asks for, with everything that is wrong with it found before anything is loaded.

A unit is what is run once: a task with a number of shots, or a group with its questions pooled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from practicum.core.errors import Complaint, PracticumError
from practicum.evaluate.tasks.rows import Location, digest, locate, n_shots
from practicum.evaluate.tasks.source import Catalogue
from practicum.evaluate.tasks.suites import Line, Suite, read

Missing = Literal["stop", "skip", "mini"]
Key = tuple[str, int | None]


@dataclass(frozen=True)
class Asked:
    """What to measure and with which rows, as a command says it."""

    suites: tuple[str, ...]
    tasks: tuple[str, ...]
    data: Path | None = None
    include: Path | None = None
    trust: bool = False
    hub: bool = False
    missing: Missing = "stop"
    shots: int | None = None


@dataclass(frozen=True)
class Unit:
    """The tasks of a line with their rows.

    missing  why there are none; then nothing is run
    """

    name: str
    shots: int | None
    tasks: tuple[tuple[str, Location], ...] = ()
    missing: str = ""

    @property
    def key(self) -> Key:
        """What tells it from other units."""
        return self.name, self.shots


@dataclass
class Agenda:
    """Suites, the units behind their lines, and what is wrong."""

    catalogue: Catalogue | None = None
    suites: list[Suite] = field(default_factory=list)
    units: dict[Key, Unit] = field(default_factory=dict)
    wrong: list[Complaint] = field(default_factory=list)

    def digest(self) -> str:
        """One hash of all rows that will be read."""
        return digest([where for unit in self.units.values() for _, where in unit.tasks])


def agenda(asked: Asked) -> Agenda:
    """What is to be run; `wrong` holds every unknown name and every missing dataset."""
    made = Agenda()
    if asked.data and not asked.data.is_dir():
        made.wrong.append(Complaint(f"data: {asked.data} is not a folder"))
    try:
        made.catalogue = Catalogue(asked.include, trust=asked.trust)
    except PracticumError as error:
        made.wrong += error.complaints
        return made
    made.suites, wrong = read(asked.suites, asked.tasks, made.catalogue, asked.shots)
    made.wrong += wrong
    for suite in made.suites:
        for line in suite.lines:
            if line.unit not in made.units:
                unit, lacking = _unit(line, made.catalogue, asked)
                made.units[line.unit] = unit
                made.wrong += lacking
    if made.units and not made.wrong and all(unit.missing for unit in made.units.values()):
        made.wrong += [Complaint(unit.missing) for unit in made.units.values()]
    return made


def _unit(line: Line, catalogue: Catalogue, asked: Asked) -> tuple[Unit, Sequence[Complaint]]:
    """The unit of a line; what is wrong with it, unless that was to be left out."""
    # Without files and hub the packs are what there is; with them they are wished for by name.
    mini = asked.missing == "mini" or not (asked.data or asked.hub)
    found: list[tuple[str, Location]] = []
    lacking: list[Complaint] = []
    for name in line.tasks:
        try:
            config = catalogue.config(name)
            found.append((name, locate(config, n_shots(config, line.shots), data=asked.data,
                                       hub=asked.hub, mini=mini)))  # fmt: skip
        except PracticumError as error:
            lacking += error.complaints
    if lacking and found and all(where.source == "mini" for _, where in found):
        lacking = []  # a pack of a group holds some of its tasks, and says so by being mini
    if not lacking:
        return Unit(line.name, line.shots, tuple(found)), ()
    if len(line.tasks) > 1:
        more = Complaint(f"{line.name}: {len(lacking)} of its {len(line.tasks)} tasks have no rows")
        lacking = [more, lacking[0]]
    if asked.missing == "skip":
        return Unit(line.name, line.shots, missing=lacking[-1].what), ()
    return Unit(line.name, line.shots, missing=lacking[-1].what), lacking
