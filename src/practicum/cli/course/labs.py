"""`practicum check · watch · hint · solution · reset`: work on a lab."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import click

from practicum.cli.course.keys import keys_and_changes
from practicum.cli.options import common
from practicum.core.errors import PracticumError
from practicum.learn.labs.lab import Lab
from practicum.learn.labs.run import Outcome
from practicum.learn.learner import Learner
from practicum.learn.roadmap import Concept

KEYS = "h hint · n next lab · s solution · r run again · q quit"


def chosen_lab(learner: Learner, word: str | None) -> tuple[Concept, Lab]:
    """The lab that is meant; without a word the one worked on last, or the next one.

    Raises  PracticumError when there is none.
    """
    if word:
        return learner.find_lab(word)
    current = learner.current_lab()
    if current and not learner.has_passed(current[1]):
        return current
    step = learner.suggest()
    if step.concept is None:
        if current:
            return current
        raise PracticumError("no lab was begun", hint="practicum next")
    return learner.find_lab(step.concept.slug)


@click.command()
@click.argument("lab", required=False)
@common
def check(lab: str | None, home: str | None, as_json: bool, quiet: bool, debug: bool) -> None:
    """Run LAB (concept, or concept/lab) and its checks once. Default: the lab you were on."""
    learner = Learner(home)
    _, found = chosen_lab(learner, lab)
    outcome = learner.check(found, None if as_json or quiet else _print_line)
    if as_json:
        click.echo(json.dumps(outcome_value(found, outcome), ensure_ascii=False))
    else:
        report(learner, found, outcome)
    if not outcome.passed:
        raise click.exceptions.Exit(1)


@click.command()
@click.argument("lab", required=False)
@common
def watch(lab: str | None, home: str | None, as_json: bool, quiet: bool, debug: bool) -> None:
    """Run LAB again whenever you save it; keys give hints and move on.

    With --json every run is one line of JSON, for editors.
    """
    learner = Learner(home)
    _, found = chosen_lab(learner, lab)
    while True:
        key = _watch_one(learner, found, as_json)
        if key == "q":
            return
        following = _following(learner, found)
        if following is None:
            click.echo(f"that was the last lab here      next: {learner.suggest().command}")
            return
        found = following


def _watch_one(learner: Learner, lab: Lab, as_json: bool) -> str:
    """Watch a lab until its learner leaves it; the key that did: q or n."""
    script = learner.script(lab)
    interactive = sys.stdin.isatty()
    run_now = True
    with keys_and_changes(script) as happenings:
        for happening in happenings:
            if run_now or happening in ("changed", "r"):
                run_now = False
                if as_json:
                    click.echo(
                        json.dumps(outcome_value(lab, learner.check(lab)), ensure_ascii=False)
                    )
                    continue
                if sys.stdout.isatty():
                    click.clear()
                click.echo(f"{lab.concept}/{lab.slug}  {lab.title}\nedit: {script}\n")
                report(learner, lab, learner.check(lab, _print_line))
                if interactive:
                    click.echo(f"\n{KEYS}", err=True)
            elif happening == "h":
                open_task = _first_open(learner, lab)
                if open_task:
                    _print_hint(learner, lab, open_task)
                else:
                    click.echo("every task passes; n goes on")
            elif happening == "s":
                if learner.has_passed(lab):
                    click.echo(learner.solution(lab))
                else:
                    click.echo("the solution is shown after a pass; to give up: "
                               f"practicum solution {lab.concept}/{lab.slug} --surrender")  # fmt: skip
            elif happening in ("q", "n", "end"):
                return "q" if happening == "end" else happening
    return "q"


def _following(learner: Learner, lab: Lab) -> Lab | None:
    labs = learner.labs(learner.roadmap.concepts[lab.concept])
    place = [other.slug for other in labs].index(lab.slug)
    return labs[place + 1] if place + 1 < len(labs) else None


@click.command()
@click.argument("lab", required=False)
@click.argument("task", required=False)
@common
def hint(lab: str | None, task: str | None, home: str | None, as_json: bool, quiet: bool,
         debug: bool) -> None:  # fmt: skip
    """A nudge for TASK of LAB; each call gives the next one."""
    learner = Learner(home)
    _, found = chosen_lab(learner, lab)
    name = task or _first_open(learner, found)
    if name is None:
        click.echo("null" if as_json else "every task of this lab passes")
        return
    _print_hint(learner, found, name, as_json)


def _print_hint(learner: Learner, lab: Lab, task: str, as_json: bool = False) -> None:
    text, number, n = learner.hint(lab, task)
    if as_json:
        click.echo(
            json.dumps({"task": task, "number": number, "of": n, "hint": text}, ensure_ascii=False)
        )
    else:
        click.echo(f"hint {number} of {n} for {task}: {text}")


def _first_open(learner: Learner, lab: Lab) -> str | None:
    """The first task that does not pass, as the last check saw it; the first one before any."""
    id = learner.roadmap.concepts[lab.concept].id
    for event in reversed(learner.progress.events()):
        if event.kind == "lab" and event.concept == id and event.told["lab"] == lab.slug:
            passed = set(event.told["passed"])
            return next((t.name for t in lab.tasks if t.name not in passed), None)
    return lab.tasks[0].name


@click.command()
@click.argument("lab", required=False)
@click.option("--surrender", is_flag=True, help="Show it before you passed; this is remembered.")
@common
def solution(lab: str | None, surrender: bool, home: str | None, as_json: bool, quiet: bool,
             debug: bool) -> None:  # fmt: skip
    """The model solution of LAB, after you passed it."""
    learner = Learner(home)
    _, found = chosen_lab(learner, lab)
    text = learner.solution(found, surrender)
    click.echo(
        json.dumps({"lab": f"{found.concept}/{found.slug}", "solution": text}) if as_json else text
    )


@click.command()
@click.argument("lab", required=False)
@common
def reset(lab: str | None, home: str | None, as_json: bool, quiet: bool, debug: bool) -> None:
    """Start LAB over; what you wrote is kept beside it."""
    learner = Learner(home)
    _, found = chosen_lab(learner, lab)
    kept = learner.reset(found)
    if as_json:
        click.echo(
            json.dumps({"script": str(learner.script(found)), "kept": str(kept) if kept else None})
        )
        return
    click.echo(f"fresh: {learner.script(found)}" + (f"      your work: {kept}" if kept else ""))


def report(learner: Learner, lab: Lab, outcome: Outcome) -> None:
    """How every task went, and what comes next."""
    click.echo()
    for error in outcome.errors:
        click.secho(f"! {error}", fg="red")
    for task, verdict in zip(lab.tasks, outcome.verdicts, strict=True):
        if verdict.passed:
            click.echo(click.style("✓", fg="green") + f" {task.says}")
        else:
            mark = click.style("·", fg="yellow") if verdict.is_open else click.style("✗", fg="red")
            click.echo(f"{mark} {task.says}\n    {verdict.why}")
    n_passed = sum(v.passed for v in outcome.verdicts)
    used = (
        f"{outcome.seconds:.1f} of {lab.seconds:g} s, {outcome.peak_mb:.0f} of {lab.memory_mb} MB"
    )
    if outcome.trouble:
        click.secho(f"! {outcome.trouble}", fg="red")
    if outcome.passed:
        click.echo(
            f"passed  {lab.concept}/{lab.slug}  ({used})      next: {learner.suggest().command}"
        )
    else:
        click.echo(f"{n_passed} of {len(lab.tasks)} tasks  ({used})      "
                   f"next: practicum hint {lab.concept}/{lab.slug}")  # fmt: skip


def outcome_value(lab: Lab, outcome: Outcome) -> dict[str, Any]:
    """A run of a lab as a value."""
    return {
        "lab": f"{lab.concept}/{lab.slug}", "passed": outcome.passed, "seconds": round(outcome.seconds, 3),
        "peak_mb": round(outcome.peak_mb, 1), "trouble": outcome.trouble, "errors": list(outcome.errors),
        "tasks": [vars(v) for v in outcome.verdicts], "output": outcome.output,
    }  # fmt: skip


_print_line: Callable[[str], None] = lambda text: click.echo(text, nl=False)  # noqa: E731
