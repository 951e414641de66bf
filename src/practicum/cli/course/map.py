"""`practicum map` and `practicum next`: where one stands, and what comes now."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from practicum.cli.options import common
from practicum.learn.learner import Learner
from practicum.learn.roadmap import Chapter, Concept

if TYPE_CHECKING:
    from practicum.learn.mastery import Record

GLYPHS = {"new": "○", "learning": "◐", "mastered": "●", "fading": "◍"}
COLOURS = {"teal": "cyan", "violet": "magenta", "amber": "yellow"}


@click.command("map")
@click.argument("topic", required=False)
@common
def map_(topic: str | None, home: str | None, as_json: bool, quiet: bool, debug: bool) -> None:
    """The map of the course: three parts, their chapters, and where you stand.

    TOPIC (a part or chapter) shows what each of its concepts teaches and needs.
    """
    learner = Learner(home)
    record, now = learner.record(), datetime.now(UTC)
    if as_json:
        click.echo(json.dumps(map_value(learner, record, now), indent=1, ensure_ascii=False))
        return
    from rich.console import Console

    console = Console(highlight=False)
    chapters = _chapters(learner, topic)
    for part in learner.roadmap.parts:
        shown = [c for c in part.chapters if c.slug in chapters]
        if not shown:
            continue
        colour = COLOURS[part.colour]
        console.print(f"\n[bold {colour}]{part.title}[/]")
        for chapter in shown:
            if topic:
                _detailed(console, chapter, colour, learner, record, now)
            elif chapter.is_open or any(c.is_open for c in chapter.concepts):
                _open(console, chapter, colour, record, now)
            else:
                names = " · ".join(c.title for c in chapter.concepts)
                console.print(f"[{colour}]┊[/] {chapter.title} [dim]not open yet:[/]", style="dim")
                console.print(f"[{colour}]┊[/]   [dim]{names}[/]")
    n_open = sum(c.is_open for c in learner.roadmap.concepts.values())
    console.print(f"\n{' '.join(f'{g} {s}' for s, g in GLYPHS.items())}   "
                  f"{n_open} of {len(learner.roadmap.concepts)} stations are open")  # fmt: skip
    console.print(f"next: {learner.suggest(now).command}")


def _chapters(learner: Learner, topic: str | None) -> set[str]:
    roadmap = learner.roadmap
    if topic is None:
        return set(roadmap.chapters)
    part = next((p for p in roadmap.parts if p.slug == topic), None)
    if part:
        return {c.slug for c in part.chapters}
    return {topic} if topic in roadmap.chapters else {roadmap.find(topic).chapter}


def _open(console: Any, chapter: Chapter, colour: str, record: Record, now: datetime) -> None:
    hours = chapter.minutes / 60
    console.print(
        f"[{colour}]┃[/] [bold]{chapter.title}[/]  [dim]{chapter.slug} · {hours:.1f} h[/]"
    )
    for concept in chapter.concepts:
        standing = record.standings[concept.id]
        state = standing.state(now)
        told = f"{standing.mastery:.0%}" if standing.touched else ""
        console.print(f"[{colour}]{GLYPHS[state]}[/]  {concept.slug:<27}{concept.title:<32.32}"
                      f"[dim]{concept.minutes:>3} min[/] {told:>5}")  # fmt: skip


def _detailed(
    console: Any, chapter: Chapter, colour: str, learner: Learner, record: Record, now: datetime
) -> None:
    console.print(f"[{colour}]┃[/] [bold]{chapter.title}[/]  [dim]{chapter.slug}[/]")
    console.print(f"[{colour}]┃[/] {chapter.summary}")
    for concept in chapter.concepts:
        state = record.standings[concept.id].state(now)
        shut = "" if concept.is_open else " [dim](not open yet)[/]"
        console.print(f"[{colour}]{GLYPHS[state]}[/]  [bold]{concept.title}[/]  "
                      f"[dim]{concept.slug} · {concept.minutes} min[/]{shut}")  # fmt: skip
        console.print(f"   {concept.teaches}")
        if concept.needs:
            console.print(f"   [dim]needs {', '.join(concept.needs)}[/]")


def map_value(learner: Learner, record: Record, now: datetime) -> dict[str, Any]:
    """The map with the learner's standing, as a value: parts, chapters, concepts."""
    return {
        "edition": learner.roadmap.edition,
        "parts": [
            {"slug": part.slug, "title": part.title, "colour": part.colour, "summary": part.summary,
             "chapters": [_chapter_value(learner, c, record, now) for c in part.chapters]}
            for part in learner.roadmap.parts
        ],
        "not_open": [c.slug for c in learner.roadmap.concepts.values() if not c.is_open],
    }  # fmt: skip


def _chapter_value(
    learner: Learner, chapter: Chapter, record: Record, now: datetime
) -> dict[str, Any]:
    return {
        "slug": chapter.slug, "title": chapter.title, "summary": chapter.summary,
        "open": chapter.is_open, "rooms": list(chapter.rooms), "minutes": chapter.minutes,
        "references": [{"title": r.title, "url": r.url, "why": r.why} for r in chapter.references],
        "concepts": [_concept_value(learner, c, record, now) for c in chapter.concepts],
    }  # fmt: skip


def _concept_value(
    learner: Learner, concept: Concept, record: Record, now: datetime
) -> dict[str, Any]:
    standing = record.standings[concept.id]
    value: dict[str, Any] = {
        "id": concept.id, "slug": concept.slug, "title": concept.title, "needs": list(concept.needs),
        "minutes": concept.minutes, "teaches": concept.teaches, "open": concept.is_open,
        "state": standing.state(now), "mastery": round(standing.mastery, 4),
        "due": standing.due.isoformat() if standing.due else None,
    }  # fmt: skip
    if concept.folder:
        value["lesson"] = f"practicum learn {concept.slug}"
        value["labs"] = [lab.slug for lab in learner.labs(concept)]
        value["labs_passed"] = sorted(standing.labs_passed)
        value["n_items"] = sum(key.startswith(f"{concept.id}.") for key in learner.catalogue.kinds)
    return value


@click.command("next")
@common
def next_(home: str | None, as_json: bool, quiet: bool, debug: bool) -> None:
    """What to do now, and why."""
    step = Learner(home).suggest()
    name = step.concept.slug if step.concept else None
    if as_json:
        click.echo(
            json.dumps(
                {"verb": step.verb, "concept": name, "why": step.why, "command": step.command}
            )
        )
        return
    click.echo(f"{step.verb}  {step.concept.title if step.concept else ''}".rstrip())
    click.echo(f"      {step.why}")
    click.echo(f"next: {step.command}")
