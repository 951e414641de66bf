"""Stages: the one door through which work enters, built-in or third-party.

A stage plans from headers only, complaining of everything at once, and then makes one
artifact and one report. Keys decide what is already done; scratch folders make resume.
"""

from __future__ import annotations

import errno
import os
import platform
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any, ClassVar, Protocol, runtime_checkable

from pydantic import BaseModel, ConfigDict

from practicum.core.artifact import Artifact, Kind, canonical_json, sha256_text
from practicum.core.errors import Complaint, FullDiskError, PlanError, nearest
from practicum.core.events import (
    Event,
    Finished,
    Listener,
    Measured,
    Note,
    Progress,
    Started,
    silence,
)
from practicum.core.report import Report
from practicum.core.store import Run, Store

ENTRY_POINTS = "practicum.stages"
SPARE_BYTES = 256 << 20  # left free on the disk besides what the plan asks for
VERSIONED = ("practicum", "torch", "transformers", "peft", "tokenizers", "gguf", "xllamacpp",
             "reasoning-gym", "lm-eval")  # fmt: skip


class Params(BaseModel):
    """Base of every stage's parameters: frozen, and unknown names are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True)
class Slot:
    """One place for an input. `many` takes all that remain; `optional` may stay empty."""

    name: str
    kinds: tuple[Kind, ...]
    optional: bool = False
    many: bool = False


@dataclass(frozen=True)
class Plan:
    """What a stage will do, as far as headers can tell. None means not known."""

    makes: str
    seconds: float | None = None
    size_bytes: int = 0
    memory_bytes: int | None = None
    notes: tuple[str, ...] = ()


@dataclass
class Work:
    """The surroundings of one make: where to write, what to tell, how many threads.

    `out` is empty at the start and becomes the artifact; `keep` survives a kill and is
    where a stage leaves what it needs to resume.
    """

    folder: Path
    seed: int = 0
    threads: int = 1
    step: str = ""
    listen: Listener = silence
    meta: dict[str, Any] = field(default_factory=dict)

    def store(self) -> Store:
        """The store this work belongs to, for its cache."""
        return Store(self.folder.parent.parent)

    @property
    def out(self) -> Path:
        """Where the artifact is written; empty when make begins."""
        return self.folder / "out"

    @property
    def keep(self) -> Path:
        """Where a stage leaves what it needs to resume."""
        return self.folder / "keep"

    def progress(self, done: float, total: float | None, unit: str, note: str = "") -> None:
        """Tell the listener how far it is."""
        self.listen(Progress(self.step, done, total, unit, note))

    def measured(self, name: str, at: float, value: float) -> None:
        """Tell the listener one dot of a curve."""
        self.listen(Measured(self.step, name, at, value))

    def note(self, text: str) -> None:
        """Tell the listener a sentence."""
        self.listen(Note(self.step, text))


@runtime_checkable
class Stage(Protocol):
    """name · version · takes · gives · Params · plan · make."""

    name: ClassVar[str]
    version: ClassVar[int]
    takes: ClassVar[tuple[Slot, ...]]
    Params: type[Params]

    def gives(self, params: Any) -> Kind: ...

    def plan(self, inputs: Sequence[Artifact | None], params: Any) -> Plan: ...

    def make(self, work: Work, inputs: Sequence[Artifact | None], params: Any) -> Report: ...


@dataclass(frozen=True)
class Job:
    """A stage with its ordered inputs, parameters and seed; `why` is intent, not identity."""

    stage: Stage
    inputs: tuple[Artifact | None, ...]
    params: Params
    seed: int = 0
    why: str = ""

    @property
    def key(self) -> str:
        """sha256(stage, version, ordered input digests, params, seed).

        Optional inputs left out at the end are the same as None: recipes do the one, the
        command line does the other.
        """
        digests = [a.digest if a else None for a in self.inputs]
        while digests and digests[-1] is None:
            digests.pop()
        return sha256_text(
            canonical_json(
                {
                    "stage": self.stage.name,
                    "version": self.stage.version,
                    "inputs": digests,
                    "params": self.params.model_dump(mode="json"),
                    "seed": self.seed,
                }
            )
        )


def replace_params(job: Job, **changes: Any) -> Job:
    """The job with some parameters changed and validated again."""
    params = job.stage.Params.model_validate({**job.params.model_dump(), **changes})
    return replace(job, params=params)


def settle(store: Store, job: Job) -> Job:
    """The job with every choice made that depends on the surroundings (hub or registry?), so
    that its key holds what will really be used. Most stages have none."""
    choose: Callable[[Store, Job], Job] | None = getattr(job.stage, "settle", None)
    return choose(store, job) if choose else job


@dataclass(frozen=True)
class Made:
    """A finished job: its artifact, its run, and whether it came from the cache."""

    artifact: Artifact
    run: Run
    cached: bool

    @property
    def report(self) -> Report:
        """What its run measured."""
        return self.run.report


@cache
def stages() -> dict[str, metadata.EntryPoint]:
    """Every installed stage by name; nothing is imported yet."""
    return {point.name: point for point in metadata.entry_points(group=ENTRY_POINTS)}


def find_stage(name: str) -> Stage:
    """The stage of that name.  Raises PlanError with the nearest name."""
    known = stages()
    if name not in known:
        raise PlanError(
            Complaint(f"stage: unknown '{name}'", hint=nearest(name, known) or ", ".join(known))
        )
    stage: Stage = known[name].load()
    return stage


def fit_slots(stage: Stage, kinds: Sequence[str | None]) -> list[str]:
    """What is wrong with inputs of these kinds, in the stage's own words; empty when they fit."""
    wrong = []
    many = bool(stage.takes) and stage.takes[-1].many
    if len(kinds) > len(stage.takes) and not many:
        takes = ", ".join(s.name for s in stage.takes) or "no inputs"
        wrong.append(f"{stage.name} takes {takes}; {len(kinds)} inputs are given")
    for i, slot in enumerate(stage.takes):
        given = kinds[i:] if slot.many else kinds[i : i + 1]
        if not any(given) and not slot.optional:
            wrong.append(f"input '{slot.name}' is missing: {stage.name} needs {_or(slot.kinds)}")
        for kind in given:
            if kind and kind not in slot.kinds:
                wrong.append(f"input '{slot.name}' is {kind}, expected {_or(slot.kinds)}")
    return wrong


def _or(words: Sequence[str]) -> str:
    return " or ".join(words)


def plan_job(store: Store, job: Job) -> Plan:
    """The stage's plan, with the disk checked.  Raises PlanError with every complaint."""
    wrong = fit_slots(job.stage, [a.kind if a else None for a in job.inputs])
    if wrong:
        raise PlanError(*wrong)
    plan = job.stage.plan(job.inputs, job.params)
    folder = next(p for p in (store.home, *store.home.parents) if p.exists())
    free = shutil.disk_usage(folder).free
    if plan.size_bytes + SPARE_BYTES > free:
        raise PlanError(
            Complaint(
                f"{plan.makes} needs {plan.size_bytes / 1e6:,.0f} MB, "
                f"{folder} has {free / 1e6:,.0f} MB free",
                hint="practicum gc, or --home on a larger disk",
            )
        )
    return plan


def perform(
    store: Store,
    job: Job,
    *,
    step: str = "",
    threads: int | None = None,
    listen: Listener = silence,
) -> Made:
    """Make the job's artifact, or find it made already.

    Raises  PlanError before any cost; FullDiskError with the store as it was.
    """
    step = step or job.stage.name
    job = settle(store, job)
    key = job.key
    if (run := store.cached(key)) is None:
        plan = plan_job(store, job)
        store.prepare()
        with store.lock(key):
            if (run := store.cached(key)) is None:  # another process may have made it meanwhile
                listen(Started(step, plan.makes, plan.seconds))
                work = Work(
                    store.home / "work" / key,
                    job.seed,
                    threads or available_threads(),
                    step,
                    listen,
                )
                run = _make(store, job, work)
                listen(Finished(step, run.output, run.seconds))
                return Made(store.get(run.output), run, cached=False)
    listen(Finished(step, run.output, run.seconds, cached=True))
    return Made(store.get(run.output), run, cached=True)


def _make(store: Store, job: Job, work: Work) -> Run:
    shutil.rmtree(work.out, ignore_errors=True)
    work.out.mkdir(parents=True)
    work.keep.mkdir(exist_ok=True)
    started, clock = time.time(), time.monotonic()
    run_id = f"{time.strftime('%Y%m%dT%H%M%S', time.gmtime(started))}-{job.key[:10]}"
    try:
        with _peak_memory() as peak:
            report = job.stage.make(work, job.inputs, job.params)
        kind = job.stage.gives(job.params)
        artifact = store.commit(work.out, kind, work.meta, run_id)
        run = Run(
            id=run_id,
            key=job.key,
            stage=job.stage.name,
            version=job.stage.version,
            inputs=tuple(a.digest if a else "" for a in job.inputs),
            params=job.params.model_dump(mode="json"),
            seed=job.seed,
            why=job.why,
            output=artifact.digest,
            report=report,
            started_unix_s=started,
            seconds=time.monotonic() - clock,
            peak_memory_bytes=peak[0] or None,
            host=host(work.threads),
            versions=versions(),
        )
        store.record(run)
    except Exception as error:
        if not _is_full_disk(error):
            raise
        raise FullDiskError(
            f"{store.home}: no space left while making {work.step}",
            hint="free some space and repeat the command: it resumes",
        ) from error
    shutil.rmtree(work.folder, ignore_errors=True)
    return run


def _is_full_disk(error: Exception) -> bool:
    """Whether the disk was full. safetensors raises its own error, with the system's words."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    return type(error).__name__ == "SafetensorError" and "No space left" in str(error)


@contextmanager
def _peak_memory() -> Iterator[list[int]]:
    """Peak resident bytes of the block. Linux resets its high-water mark; elsewhere the
    figure is the whole process's so far (macOS) or unknown, 0 (Windows)."""
    peak = [0]
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        pass  # not Linux, or not allowed: the process-wide peak is what can be known
    yield peak
    try:
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                peak[0] = int(line.split()[1]) * 1024
    except OSError:
        if platform.system() == "Darwin":
            import resource

            peak[0] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def available_threads() -> int:
    """Processors this process may use; never more, or every matrix product slows tenfold."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def host(threads: int) -> dict[str, Any]:
    """What the machine is, without naming it."""
    return {"system": platform.system(), "machine": platform.machine(), "threads": threads}


@cache
def versions() -> dict[str, str]:
    """Versions of the packages that can change an answer, read without importing them."""
    found = {"python": platform.python_version()}
    for name in VERSIONED:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


__all__ = [
    "Event", "Job", "Made", "Params", "Plan", "Slot", "Stage", "Work", "available_threads",
    "find_stage", "fit_slots", "perform", "plan_job", "replace_params", "settle", "stages",
]  # fmt: skip
