"""Toy stages: they obey the same protocol as the real ones and cost milliseconds.

A plain module, so that the children which the kill tests start can import it by its folder.
Set TOY_LOG to a file and every make appends its step there: the truth about what was made.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Literal

from pydantic import Field

from practicum.core import stage as stage_module
from practicum.core.artifact import Artifact, Kind
from practicum.core.report import Metric, Report
from practicum.core.stage import Params, Plan, Slot, Stage, Work


class CountParams(Params):
    """What to write, and how slowly."""

    n: int = Field(3, gt=0, description="Files to write.")
    word: str = Field("tick", description="What every file says.")
    pause_s: float = Field(0.0, ge=0, description="Rest between two files.")
    kind: Literal["text", "chat"] = Field("text", description="What the files pretend to be.")
    tags: tuple[int, ...] = Field((), description="Numbers that change nothing.")
    claims_bytes: int = Field(0, ge=0, description="Disk that the plan asks for.")


class Count:
    """nothing or a text → text or chat. Files finished before a kill are kept, not redone."""

    name: ClassVar[str] = "count"
    takes: ClassVar[tuple[Slot, ...]] = (Slot("texts", ("text",), optional=True),)
    Params = CountParams

    def __init__(self, version: int = 1) -> None:
        self.version = version
        self.made: list[str] = []  # the step of every make, in order
        self.before: Callable[[Work], None] = lambda work: None

    def gives(self, params: CountParams) -> Kind:
        return params.kind

    def plan(self, inputs: Sequence[Artifact | None], params: CountParams) -> Plan:
        return Plan(f"{params.n} files", params.n * params.pause_s, params.claims_bytes)

    def make(self, work: Work, inputs: Sequence[Artifact | None], params: CountParams) -> Report:
        log(self, work)
        self.before(work)
        n_kept = 0
        for i in range(params.n):
            kept = work.keep / f"{i:03}.txt"
            if kept.exists():
                n_kept += 1
            else:
                time.sleep(params.pause_s)
                scratch = kept.with_suffix(".part")
                scratch.write_text(f"{params.word} {i} {work.seed}\n", encoding="utf-8")
                scratch.rename(kept)
            (work.out / kept.name).write_text(kept.read_text("utf-8"), encoding="utf-8")
            work.progress(i + 1, params.n, "files")
        if inputs and inputs[0]:
            work.meta["after"] = inputs[0].digest
        return Report(title=work.step, metrics=(Metric(name="kept", value=n_kept),))


class Join:
    """two texts → text"""

    name: ClassVar[str] = "join"
    takes: ClassVar[tuple[Slot, ...]] = (Slot("first", ("text",)), Slot("second", ("text",)))
    Params = Params

    def __init__(self, version: int = 1) -> None:
        self.version = version
        self.made: list[str] = []

    def gives(self, params: Params) -> Kind:
        return "text"

    def plan(self, inputs: Sequence[Artifact | None], params: Params) -> Plan:
        return Plan("one text of two")

    def make(self, work: Work, inputs: Sequence[Artifact | None], params: Params) -> Report:
        log(self, work)
        parts = [a.path(name).read_text("utf-8") for a in inputs if a for name in sorted(a.files)]
        (work.out / "all.txt").write_text("".join(parts), encoding="utf-8")
        return Report(title=work.step)


class Pile(Join):
    """any number of texts → text"""

    name: ClassVar[str] = "pile"
    takes: ClassVar[tuple[Slot, ...]] = (Slot("texts", ("text",), many=True),)


def log(stage: Any, work: Work) -> None:
    """Write down, in memory and in the file that TOY_LOG names, that a step is being made."""
    stage.made.append(work.step)
    if path := os.environ.get("TOY_LOG"):
        with open(path, "a", encoding="utf-8") as stream:
            stream.write(work.step + "\n")


class Door:
    """What an entry point is to `find_stage`: something to load."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    def load(self) -> Stage:
        return self.stage


def doors(*stages: Stage) -> dict[str, Any]:
    """These stages as `practicum.core.stage.stages()` would list them."""
    return {stage.name: Door(stage) for stage in stages}


def register(*stages: Stage) -> None:
    """In a process of its own: let only these stages be installed."""
    known = doors(*stages)
    stage_module.stages = lambda: known  # type: ignore[assignment]
