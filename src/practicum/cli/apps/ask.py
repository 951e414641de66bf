"""`practicum ask`: the tutor in a terminal."""

from __future__ import annotations

import json
import sys
import textwrap
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from practicum.cli.options import common

if TYPE_CHECKING:
    from practicum.core.store import Store
    from practicum.tutor.tutor import Answer, Tutor

MEASURE = 78  # columns of a quote
fill = partial(textwrap.fill, width=MEASURE, break_on_hyphens=False, break_long_words=False)


@click.command()
@click.argument("question", required=False)
@click.option("--with", "backend", default="none", show_default=True, metavar="MODEL",
              help="Who phrases the answer: none, smol (embedded), a model of the store, or "
              "http://host:port/v1#model. The citations are the same.")  # fmt: skip
@click.option("--quiz", "wants_quiz", is_flag=True, help="Be asked about QUESTION instead.")
@click.option("--words", "words_only", is_flag=True, help="Compare words only; fetch nothing.")
@common
def ask(question: str | None, backend: str, wants_quiz: bool, words_only: bool, home: str | None,
        as_json: bool, quiet: bool, debug: bool) -> None:  # fmt: skip
    """Ask the tutor; it cites the course, or says that it cannot.

    The first question fetches two small models (73 MB, once). "quiz me on X" asks you instead.
    A question can also come from standard input.
    """
    from practicum import verbs
    from practicum.core.errors import UsageError
    from practicum.learn.learner import Learner
    from practicum.tutor.quiz_me import topic_of
    from practicum.tutor.tutor import Tutor

    if question is None and not sys.stdin.isatty():
        question = sys.stdin.read()
    if not question or not question.strip():
        raise UsageError("ask what?", hint='practicum ask "What is a gradient?"')
    store = verbs.open_store(home)
    tutor = Tutor(Learner(home), store)
    if not words_only:
        words_only = not _prepared(tutor, quiet)
    topic = question.strip() if wants_quiz else topic_of(question)
    if topic is not None:
        _quiz(tutor, topic, as_json)
        return
    answer = tutor.ask(question, words_only)
    told = _phrased(answer, backend, store, as_json)
    if as_json:
        click.echo(json.dumps(answer_value(answer, told), ensure_ascii=False))
    else:
        _show(answer)


def _prepared(tutor: Tutor, quiet: bool) -> bool:
    """Whether the encoders are here now; when they cannot be fetched, that is said."""
    from practicum.cli.bars import listener
    from practicum.core.errors import PracticumError

    if tutor.is_ready:
        return True
    try:
        with listener(quiet) as listen:
            tutor.prepare(listen)
    except PracticumError as error:
        click.echo(
            f"{error.complaints[0].what}\nwithout its models the tutor compares words only",
            err=True,
        )
        return False
    return True


def _phrased(answer: Answer, backend: str, store: Store, as_json: bool) -> str:
    """The answer in a model's words, shown as it grows; "" without a model or an answer."""
    if backend == "none" or not answer.found:
        return ""
    from practicum.cli.look import harmless
    from practicum.tutor.phrase import open_backend, phrased

    told = ""
    with open_backend(backend, store) as chat:
        for piece in phrased(answer, chat) if chat is not None else ():
            told += harmless(piece)
            if not as_json:
                click.echo(harmless(piece), nl=False)
    if not as_json:
        click.echo("\n")
    return told


def answer_value(answer: Answer, told: str = "") -> dict[str, Any]:
    """An answer for scripts: every citation with the span that proves it."""
    return {
        "question": answer.question,
        "found": answer.found,
        "says": answer.says,
        "phrased": told,
        "concept": answer.concept.slug if answer.concept else None,
        "near": answer.near.slug if answer.near else None,
        "citations": [
            {"number": c.number, "concept": c.concept.slug, "title": c.title, "heading": c.heading,
             "anchor": c.anchor, "line": c.line, "quote": c.quote, "sha256": c.sha256,
             "start": c.start, "end": c.end, "command": c.command} for c in answer.citations],
        "offers": [{"kind": o.kind, "concept": o.concept, "lab": o.lab, "title": o.title,
                    "command": o.command} for o in answer.offers],
        "words_only": answer.words_only,
        "seconds": round(answer.seconds, 4),
    }  # fmt: skip


def _show(answer: Answer) -> None:
    if not answer.found:
        click.echo(fill(answer.says))
    for citation in answer.citations:
        for line in citation.quote.splitlines():
            is_code = line.startswith(" ")  # its own line breaks mean something
            indented = fill(line, initial_indent="  ", subsequent_indent="  ")
            click.echo(f"  {line}" if is_code else indented)
        click.echo(
            f"[{citation.number}] {click.style(citation.place, fg='cyan')}  →  {citation.command}\n"
        )
    others = [o for o in answer.offers if o.kind != "lesson" or not answer.found]
    for offer in others:
        click.echo(f"{offer.kind:<6} {offer.title}  →  {offer.command}")
    if answer.words_only:
        click.echo("(by words only; practicum ask without --words also compares meaning)")
    click.echo(f"next: {_next(answer)}")


def _next(answer: Answer) -> str:
    if answer.citations:
        return answer.citations[0].command
    return answer.offers[0].command if answer.offers else "practicum map"


def _quiz(tutor: Tutor, topic: str, as_json: bool) -> None:
    """One question about the topic, asked here; or as JSON, to be answered by `practicum quiz`."""
    from practicum.cli.course.quiz import one_question, question_value
    from practicum.tutor.quiz_me import quiz_me

    question = quiz_me(topic, tutor)
    if as_json:
        click.echo(json.dumps(question_value(question), ensure_ascii=False))
        return
    one_question(tutor.learner, question, "quiz")
    concept = tutor.learner.roadmap.by_id[question.item.concept]
    click.echo(f"next: practicum quiz {concept.slug}")
