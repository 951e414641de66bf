"""`practicum progress` and `practicum certificate`: what was done, and the proof of it."""

from __future__ import annotations

import getpass
import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import click

from practicum.cli.course.map import COLOURS, GLYPHS, map_value
from practicum.cli.options import common
from practicum.learn.learner import Learner


@click.command()
@click.option(
    "--export",
    "out",
    type=click.Path(path_type=Path, dir_okay=False),
    default=None,
    help="Write every event to a file.",
)
@click.option(
    "--import",
    "source",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    default=None,
    help="Add the events of an exported file; none is added twice.",
)
@common
def progress(out: Path | None, source: Path | None, home: str | None, as_json: bool, quiet: bool,
             debug: bool) -> None:  # fmt: skip
    """What you have learned so far, and what is due."""
    learner = Learner(home)
    if source is not None:
        click.echo(f"{learner.progress.include(source)} events added from {source}")
        return
    if out is not None:
        click.echo(f"{learner.progress.export(out)} events written to {out}")
        return
    record, now = learner.record(), datetime.now(UTC)
    if as_json:
        click.echo(json.dumps(map_value(learner, record, now), ensure_ascii=False))
        return
    answers = [s for s in record.standings.values() if s.n]
    n, n_right = sum(s.n for s in answers), sum(s.n_right for s in answers)
    for part in learner.roadmap.parts:
        concepts = [c for chapter in part.chapters for c in chapter.concepts if c.is_open]
        if not concepts:
            continue
        states = [record.standings[c.id].state(now) for c in concepts]
        marks = "".join(GLYPHS[s] for s in states)
        done = sum(s in ("mastered", "fading") for s in states)
        click.echo(f"{click.style(part.title, fg=COLOURS[part.colour]):<28}  {marks}  "
                   f"{done} of {len(concepts)} mastered")  # fmt: skip
    labs = sum(len(s.labs_passed) for s in record.standings.values())
    click.echo(
        f"{labs} labs passed, {n_right} of {n} answers right, {len(record.due(now))} due now"
    )
    click.echo(f"kept in {learner.progress.path}      next: {learner.suggest().command}")


@click.command()
@click.option("--name", default=None, help="Whose certificate. Default: this account's name.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("certificate.html"),
    show_default=True,
    help="The page to write.",
)
@click.option(
    "--from",
    "source",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    default=None,
    help="Compute it from an exported file instead.",
)
@common
def certificate(name: str | None, out: Path, source: Path | None, home: str | None, as_json: bool,
                quiet: bool, debug: bool) -> None:  # fmt: skip
    """Write a page that shows what you know, with its evidence. With --json: the evidence only."""
    from practicum.learn.certificate import certificate as evidence
    from practicum.learn.certificate import certificate_page

    with tempfile.TemporaryDirectory() as scratch:
        learner = Learner(scratch if source else home)
        if source:
            learner.progress.include(source)
        told = evidence(learner, name or getpass.getuser(), datetime.now(UTC))
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    out.write_text(certificate_page(told), encoding="utf-8")
    done = sum(c["mastered"] for c in told["chapters"])
    click.echo(f"written: {out}  {done} concepts mastered, from {told['n_events']} events")
