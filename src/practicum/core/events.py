"""What long work tells whoever listens: the CLI draws bars, the web streams, tests collect."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Event:
    """Base of all events. `step` is the name of the step or stage that speaks."""

    step: str


@dataclass(frozen=True)
class Started(Event):
    """A stage begins. `about_s` is the plan's estimate in seconds, None when unknown."""

    what: str
    about_s: float | None = None


@dataclass(frozen=True)
class Progress(Event):
    """`done` of `total` units are finished; `total` is None when it cannot be known."""

    done: float
    total: float | None
    unit: str
    note: str = ""


@dataclass(frozen=True)
class Measured(Event):
    """A value at a point of the way, such as the loss at an update: one dot of a live curve."""

    name: str
    at: float
    value: float


@dataclass(frozen=True)
class Note(Event):
    """A sentence worth reading while waiting."""

    text: str


@dataclass(frozen=True)
class Finished(Event):
    """A stage ended. `cached` says that nothing had to be computed."""

    digest: str
    seconds: float
    cached: bool = False
    metrics: tuple[str, ...] = field(default=())


Listener = Callable[[Event], None]


def silence(event: Event) -> None:
    """The listener that hears nothing."""
