"""`practicum learn` and `practicum notebook`: a lesson to read, a lab to open elsewhere."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from practicum.cli.options import common
from practicum.core.errors import PracticumError
from practicum.learn.learner import Learner, folder_of
from practicum.learn.roadmap import Concept


@click.command()
@click.argument("concept", required=False)
@click.option(
    "--html",
    "page",
    type=click.Path(path_type=Path),
    default=None,
    help="Write the lesson as a page instead (a file, or a folder for all lessons).",
)
@click.option("--section", default=None, help="Only this section, by its anchor.")
@click.option("--plain", is_flag=True, help="The lesson's source, as Markdown.")
@click.option("--no-pause", is_flag=True, help="Do not wait where you should predict first.")
@common
def learn(concept: str | None, page: Path | None, section: str | None, plain: bool, no_pause: bool, home: str | None,
          as_json: bool, quiet: bool, debug: bool) -> None:  # fmt: skip
    """Read the lesson of CONCEPT (default: the next one)."""
    from practicum.learn.lessons.lesson import read_lesson

    learner = Learner(home)
    if page is not None and (page.is_dir() or (concept is None and not page.suffix)):
        _all_pages(learner, page)
        return
    found = learner.roadmap.find(concept) if concept else _next_concept(learner)
    folder = folder_of(found)
    if plain:
        click.echo((folder / "lesson.md").read_text(encoding="utf-8"))
        return
    lesson = read_lesson(folder)
    if as_json:
        click.echo(json.dumps({"concept": found.slug, "title": lesson.title, "sections": lesson.anchors,
                               "markdown": lesson.source}, ensure_ascii=False))  # fmt: skip
        return
    titles = {lab.slug: lab.title for lab in learner.labs(found)}
    if page is not None:
        _write_page(learner, found.slug, page)
        click.echo(f"written: {page}")
        return
    from rich.console import Console

    from practicum.learn.lessons.terminal import TerminalReader

    waits = sys.stdin.isatty() and sys.stdout.isatty() and not no_pause
    TerminalReader(Console(highlight=False), found, titles, _wait if waits else _go_on).read(
        lesson, section
    )
    if section is None:
        learner.has_read(found)
    click.echo(f"next: {learner.suggest().command}")


def _wait(prompt: str) -> None:
    click.echo(prompt, nl=False, err=True)
    sys.stdin.readline()


def _go_on(prompt: str) -> None:
    return None


def _next_concept(learner: Learner) -> Concept:
    record = learner.record()
    open_ones = [c for c in learner.roadmap.concepts.values() if c.is_open]
    if not open_ones:
        raise PracticumError("no lesson is open yet", hint="practicum map")
    unread = [c for c in open_ones if not record.standings[c.id].touched]
    step = learner.suggest()
    return step.concept if step.verb == "learn" and step.concept else (unread or open_ones)[0]


def _write_page(learner: Learner, slug: str, path: Path) -> None:
    from practicum.learn.lessons.lesson import read_lesson
    from practicum.learn.lessons.page import lesson_page

    concept = learner.roadmap.concepts[slug]
    titles = {lab.slug: lab.title for lab in learner.labs(concept)}
    chapter = learner.roadmap.chapters[concept.chapter]
    path.write_text(
        lesson_page(concept, chapter, read_lesson(folder_of(concept)), titles), encoding="utf-8"
    )


def _all_pages(learner: Learner, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    slugs = [c.slug for c in learner.roadmap.concepts.values() if c.is_open]
    for slug in slugs:
        _write_page(learner, slug, folder / f"{slug}.html")
    click.echo(f"written: {len(slugs)} lessons in {folder}")


@click.command()
@click.argument("lab")
@click.option(
    "--out", type=click.Path(path_type=Path), default=None, help="Default: beside your lab.py."
)
@common
def notebook(lab: str, out: Path | None, home: str | None, as_json: bool, quiet: bool,
             debug: bool) -> None:  # fmt: skip
    """Write LAB (concept, or concept/lab) as a notebook for Jupyter or Colab."""
    from practicum.learn.notebook import as_notebook

    learner = Learner(home)
    _, found = learner.find_lab(lab)
    script = learner.script(found)
    path = out or script.with_suffix(".ipynb")
    if path.is_dir():
        path /= f"{found.concept}-{found.slug}.ipynb"
    path.write_text(as_notebook(found, script), encoding="utf-8")
    click.echo(json.dumps({"notebook": str(path)}) if as_json else
               f"written: {path}      next: jupyter lab {path}, or upload it to Colab")  # fmt: skip
