"""The journey on standard error: bars on a terminal, a line a step elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from practicum.core.events import Event, Finished, Listener, Note, Progress, Started, silence

if TYPE_CHECKING:
    from practicum.core.recipe import Recipe

PRIOR_S = 60.0  # a minute of steps as measured by the author: a few short steps prove little
LINE_EVERY_S = 20.0  # without a terminal, how often a long step says where it is


@contextmanager
def listener(quiet: bool, recipe: Recipe | None = None) -> Iterator[Listener]:
    """A listener for the block: silent, bars, or plain lines."""
    if quiet:
        yield silence
    elif sys.stderr.isatty():
        with _bars(recipe) as hear:
            yield hear
    else:
        yield _Lines(recipe)


class TimeLeft:
    """Honest time left of a recipe: what its author measured for the steps to come, scaled by
    how this machine has done so far. Steps found in the cache teach nothing about speed."""

    def __init__(self, recipe: Recipe | None) -> None:
        steps = recipe.steps if recipe else ()
        self.expected = {s.name: float(s.expect_s or 10.0) for s in steps}
        self.n_steps = len(self.expected)
        self.done: dict[str, tuple[float, float]] = {}  # step → (expected, measured) seconds
        self.finished: set[str] = set()
        self.current: tuple[str, float] | None = None  # step, when it started

    def hear(self, event: Event) -> None:
        if isinstance(event, Started):
            self.current = (event.step, time.monotonic())
        elif isinstance(event, Finished):
            self.finished.add(event.step)
            if not event.cached and event.step in self.expected:
                self.done[event.step] = (self.expected[event.step], event.seconds)
            self.current = None

    def seconds(self) -> float:
        """Seconds until the recipe is done, as far as can be known now."""
        expected = sum(e for e, _ in self.done.values()) + PRIOR_S
        ratio = (sum(m for _, m in self.done.values()) + PRIOR_S) / expected
        left = 0.0
        for step, about in self.expected.items():
            if step in self.finished:
                continue
            scaled = about * ratio
            if self.current and self.current[0] == step:
                spent = time.monotonic() - self.current[1]
                # by the clock: a step has several bars, so no one of them knows its end
                scaled = max(scaled - spent, scaled * 0.05)
            left += scaled
        return left


def clock(seconds: float) -> str:
    """0:07, 3:20, 1:02:03"""
    whole = round(seconds)
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


@contextmanager
def _bars(recipe: Recipe | None) -> Iterator[Listener]:
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bars

    console = Console(stderr=True)
    left = TimeLeft(recipe)
    with Bars(
        TextColumn("{task.description}"), BarColumn(28), TextColumn("{task.fields[note]}"),
        console=console, transient=True,
    ) as bars:  # fmt: skip
        whole = bars.add_task("all steps", total=left.n_steps or 1, note="", visible=bool(recipe))
        step_bar = bars.add_task("", total=1, note="", visible=False)

        def hear(event: Event) -> None:
            left.hear(event)
            if isinstance(event, Started):
                bars.update(step_bar, description=event.step, completed=0, total=1, visible=True,
                            note=event.what[: max(20, console.width - 60)])  # fmt: skip
                if not recipe:
                    about = f", about {clock(event.about_s)}" if event.about_s else ""
                    console.print(f"[bold]{event.step}[/]  {event.what}{about}", highlight=False)
            elif isinstance(event, Progress):
                note = f"{event.done:,.0f}/{event.total:,.0f} {event.unit}" if event.total else ""
                bars.update(step_bar, completed=event.done, total=event.total or 1,
                            note=f"{note}  {event.note}"[: max(20, console.width - 50)])  # fmt: skip
            elif isinstance(event, Note):
                console.print(f"[dim]{event.step}  {event.text}[/]", highlight=False)
            elif isinstance(event, Finished):
                bars.update(step_bar, visible=False)
                if recipe:
                    how = "already made" if event.cached else clock(event.seconds)
                    console.print(f"[green]✓[/] {event.step:<14} {event.digest[:8]}  {how}",
                                  highlight=False)  # fmt: skip
            if recipe:
                note = f"about {clock(left.seconds())} left"
                bars.update(whole, completed=len(left.finished), note=note)

        yield hear


class _Lines:
    """One line when a step starts and ends, one now and then in between."""

    def __init__(self, recipe: Recipe | None) -> None:
        self.left = TimeLeft(recipe)
        self.recipe = recipe
        self.last = time.monotonic()

    def __call__(self, event: Event) -> None:
        self.left.hear(event)
        if isinstance(event, Started):
            self.last = time.monotonic()
            about = f", about {clock(event.about_s)}" if event.about_s else ""
            self._say(f"{event.step}  {event.what}{about}")
        elif isinstance(event, Note):
            self._say(f"{event.step}  {event.text}")
        elif isinstance(event, Progress):
            if time.monotonic() - self.last > LINE_EVERY_S:
                self.last = time.monotonic()
                of = f"/{event.total:,.0f}" if event.total else ""
                self._say(f"{event.step}  {event.done:,.0f}{of} {event.unit}  {event.note}")
        elif isinstance(event, Finished) and self.recipe:
            how = "already made" if event.cached else clock(event.seconds)
            n, total = len(self.left.finished), self.left.n_steps
            self._say(f"{event.step}  done, {how}   {n}/{total}, about "
                      f"{clock(self.left.seconds())} left")  # fmt: skip

    @staticmethod
    def _say(text: str) -> None:
        print(text, file=sys.stderr, flush=True)
