"""A job: what was asked for, never changed, and where it stands, in a folder of its own.

home/jobs/<id>/
  job.json      the intent, written once
  state.json    where it stands; replaced whole
  events.jsonl  what its workers told, attempt after attempt
  log.txt       what its workers printed
  stop          a mark: the worker is to stop
"""

from __future__ import annotations

import json
import re
import secrets
import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from practicum.core.artifact import write_atomically
from practicum.core.errors import Complaint, UnknownReference

State = Literal["queued", "running", "done", "failed", "stopped"]
ID_PATTERN = re.compile(r"job-[0-9]{8}T[0-9]{6}-[0-9a-f]{6}")
RECIPE_FILE = "recipe.yaml"


@dataclass(frozen=True)
class Intent:
    """What was asked for: one stage with its inputs in order, or a whole recipe as text."""

    stage: str = ""
    inputs: tuple[str | None, ...] = ()
    params: dict[str, Any] = field(default_factory=dict)
    seed: int = 0
    name: str | None = None
    threads: int | None = None
    recipe: str | None = None
    title: str = ""

    @property
    def kind(self) -> Literal["stage", "recipe"]:
        """A stage, or a recipe of many."""
        return "stage" if self.recipe is None else "recipe"


@dataclass(frozen=True)
class Standing:
    """Where a job stands. `place` orders the queue; `made` are run ids by step."""

    state: State = "queued"
    place: float = 0.0
    since_unix_s: float = 0.0
    attempt: int = 0
    made: dict[str, str] = field(default_factory=dict)
    complaints: tuple[Complaint, ...] = ()


@dataclass(frozen=True)
class Job:
    """One job as it is now."""

    id: str
    folder: Path
    intent: Intent
    standing: Standing
    asked_unix_s: float

    @property
    def state(self) -> State:
        """queued, running, done, failed or stopped."""
        return self.standing.state

    @property
    def title(self) -> str:
        """What people call it."""
        return self.intent.title or self.intent.name or self.intent.stage

    @property
    def run(self) -> str | None:
        """The run that a stage's job ended with."""
        is_one = self.intent.kind == "stage" and self.standing.made
        return next(iter(self.standing.made.values())) if is_one else None

    @property
    def is_stopping(self) -> bool:
        """Whether its worker was asked to stop and has not ended yet."""
        return self.state == "running" and (self.folder / "stop").exists()


def create(jobs: Path, intent: Intent) -> Job:
    """A new job at the end of the queue, complete on the disk."""
    now = time.time()
    day = time.strftime("%Y%m%dT%H%M%S", time.gmtime(now))
    job = Job(f"job-{day}-{secrets.token_hex(3)}", Path(), intent,
              Standing(place=now, since_unix_s=now), now)  # fmt: skip
    job = replace(job, folder=jobs / job.id)
    if intent.recipe is not None:
        write_atomically(job.folder / RECIPE_FILE, intent.recipe)
    write_standing(job, job.standing)
    told = {"asked_unix_s": now, **asdict(intent)}
    # Last: a folder without it is no job, so that a kill leaves either nothing or all of it.
    write_atomically(job.folder / "job.json", json.dumps(told, ensure_ascii=False) + "\n")
    return job


def read(folder: Path) -> Job:
    """The job in a folder.  Raises UnknownReference when there is none."""
    try:
        told = json.loads((folder / "job.json").read_text("utf-8"))
        now = json.loads((folder / "state.json").read_text("utf-8"))
    except (OSError, json.JSONDecodeError):
        raise UnknownReference(f"there is no job '{folder.name}'") from None
    asked = told.pop("asked_unix_s")
    told["inputs"] = tuple(told["inputs"])
    now["complaints"] = tuple(Complaint(**c) for c in now["complaints"])
    return Job(folder.name, folder, Intent(**told), Standing(**now), asked)


def write_standing(job: Job, standing: Standing) -> Job:
    """The job where it now stands, on the disk too."""
    told = json.dumps(asdict(standing), ensure_ascii=False)
    write_atomically(job.folder / "state.json", told + "\n")
    return replace(job, standing=standing)
