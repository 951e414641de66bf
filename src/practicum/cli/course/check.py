"""`practicum dev check-course` and `practicum verify`: whether the course is whole and true."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from practicum.cli.options import common
from practicum.core.errors import Complaint, PracticumError
from practicum.learn.labs.run import keep_to_one_thread
from practicum.learn.roadmap import Concept, load_roadmap


@click.command("check-course")
@click.argument("topics", nargs=-1)
@click.option("--write", is_flag=True, help="Draw the figures first and keep those that changed.")
@click.option("--no-run", "only_read", is_flag=True, help="Do not execute labs, claims and code.")
def check_course(topics: tuple[str, ...], write: bool, only_read: bool) -> None:
    """Prove that lessons, labs, quizzes and the map hold together.

    TOPICS are concepts, chapters or parts; none means the whole course.
    """
    from practicum.cli.main import VERBS
    from practicum.learn.course_check import check_concept, check_map
    from practicum.learn.lessons.links import doubled
    from practicum.learn.lessons.verify import draw_figures

    keep_to_one_thread()
    roadmap = load_roadmap()
    complaints: list[Complaint] = []
    if not topics:
        complaints += [*check_map(roadmap, _rooms()), *doubled(roadmap)]
    for concept in chosen(topics):
        assert concept.folder is not None
        if write:
            complaints += [Complaint(f"{v.what}: {v.recomputed}", str(concept.folder / "figures.py"))
                           for v in draw_figures(concept.folder) if not v.ok]  # fmt: skip
        found = list(check_concept(concept, roadmap, VERBS, run=not only_read))
        complaints += found
        click.echo(
            f"{concept.slug:<28} {'ok' if not found else f'{len(found)} complaints'}", err=True
        )
    if complaints:
        raise PracticumError(*complaints)
    click.echo("the course is whole")


@click.command()
@click.argument("topics", nargs=-1)
@click.option("--links", is_flag=True, help="Ask every link of the map instead; needs the network.")
@click.option("--via", default="", help="With --links: put this before every address (a mirror).")
@common
def verify(topics: tuple[str, ...], links: bool, via: str, home: str | None, as_json: bool,
           quiet: bool, debug: bool) -> None:  # fmt: skip
    """Recompute every number and figure of the lessons."""
    from practicum.learn.lessons.verify import Verified, verify_concept

    if links:
        _verify_links(via, as_json)
        return
    keep_to_one_thread()
    seen: list[Verified] = []
    for concept in chosen(topics):
        assert concept.folder is not None
        for one in verify_concept(concept.folder):
            seen.append(one)
            if not as_json and (not one.ok or sys.stdout.isatty() or topics):
                mark = "✓" if one.ok else "✗"
                click.echo(f"{mark} {one.concept}: {one.what} = {one.shown}   ({one.recomputed})")
    wrong = [one for one in seen if not one.ok]
    if as_json:
        click.echo(json.dumps([vars(one) for one in seen], indent=1, ensure_ascii=False))
    else:
        click.echo(f"{len(seen) - len(wrong)} of {len(seen)} claims and figures agree")
    if wrong:
        raise click.exceptions.Exit(1)


def _verify_links(via: str, as_json: bool) -> None:
    from practicum.learn.lessons.links import check_links, doubled, links_of

    roadmap = load_roadmap()
    seen = check_links(list(links_of(roadmap)), via)
    broken = [link for link in seen if link.is_broken]
    twice = list(doubled(roadmap))
    if as_json:
        click.echo(
            json.dumps([{**vars(link), "broken": link.is_broken} for link in seen], indent=1)
        )
    else:
        for link in broken:
            click.echo(f"✗ {link.chapter}: {link.url}   {link.status or ''} {link.said}")
        for complaint in twice:
            click.echo(f"✗ {complaint}")
        click.echo(f"{len(seen) - len(broken)} of {len(seen)} links answer")
    if broken or twice:
        raise click.exceptions.Exit(1)


def chosen(topics: tuple[str, ...]) -> Iterator[Concept]:
    """The open concepts of these topics, each once; all of them without a topic.

    Raises  PracticumError when a topic has no open concept yet.
    """
    roadmap = load_roadmap()
    words = topics or tuple(part.slug for part in roadmap.parts)
    seen: set[str] = set()
    for word in words:
        found = roadmap.topic(word)
        if topics and not found:
            raise PracticumError(f"'{word}' is on the map, but its lessons are not open yet",
                                 hint="practicum map")  # fmt: skip
        for concept in found:
            if concept.slug not in seen:
                seen.add(concept.slug)
                yield concept


def _rooms() -> list[str]:
    """The rooms of the house: folders with code, and `verbs` is not one."""
    import practicum

    house = Path(practicum.__path__[0])
    return sorted(p.parent.name for p in house.glob("*/__init__.py"))
