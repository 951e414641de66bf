"""`practicum quiz · review · testout`: questions, one at a time."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import click

from practicum.cli.options import common
from practicum.core.errors import PracticumError, UsageError
from practicum.learn.learner import Learner
from practicum.learn.lessons.terminal import plain, wrapped
from practicum.learn.quiz import LETTERS, Grade, Question, draw


@click.command()
@click.argument("topic", required=False)
@click.option(
    "-n", "number", type=click.IntRange(min=1), default=5, show_default=True, help="Questions."
)
@click.option(
    "--answer", default=None, metavar="KEY:SEED=ANSWER", help="Grade one answer and stop."
)
@common
def quiz(topic: str | None, number: int, answer: str | None, home: str | None, as_json: bool,
         quiet: bool, debug: bool) -> None:  # fmt: skip
    """Questions on TOPIC (concept, chapter or part), chosen by what you know.

    Without a TOPIC they come from the whole course. An empty answer ends it.
    With --json: the next question, or with --answer its grade, for scripts.
    """
    learner = Learner(home)
    if answer is not None:
        _grade_one(learner, answer, as_json)
    elif as_json:
        click.echo(json.dumps(question_value(learner.ask(topic)), ensure_ascii=False))
    else:
        _session(learner, lambda: learner.ask(topic), number, "quiz")
        click.echo(f"next: {learner.suggest().command}")


@click.command()
@click.option(
    "-n", "number", type=click.IntRange(min=1), default=20, show_default=True, help="At most."
)
@common
def review(number: int, home: str | None, as_json: bool, quiet: bool, debug: bool) -> None:
    """Questions whose answers are about to fade. With --json: the list of what is due."""
    learner = Learner(home)
    if as_json:
        record = learner.record()
        due = [
            {"item": key, "due": record.cards[key].due.isoformat()}
            for key in record.due(datetime.now(UTC))
        ]
        click.echo(json.dumps(due))
        return
    if learner.review() is None:
        dues = [s.due for s in learner.record().standings.values() if s.due]
        later = f"; the next is due {_when(min(dues))}" if dues else ""
        click.echo(f"nothing is due{later}      next: {learner.suggest().command}")
        return
    _session(learner, learner.review, number, "review")
    click.echo(f"next: {learner.suggest().command}")


@click.command()
@click.argument("topic")
@common
def testout(topic: str, home: str | None, as_json: bool, quiet: bool, debug: bool) -> None:
    """Show that you know TOPIC (concept or chapter) already, in a few questions."""
    learner = Learner(home)
    concepts = learner.start_testout(topic)
    began = datetime.now(UTC)
    standing = learner.testout_standing(concepts, began)
    click.echo(f"{', '.join(c.title for c in concepts)}: at most {standing.most} questions. "
               "An empty answer ends it.", err=as_json)  # fmt: skip
    while not standing.is_over:
        question = learner.ask_testout(topic, began)
        if one_question(learner, question, "testout", explain=False) is None:
            break
        standing = learner.testout_standing(concepts, began)
    learner.end_testout(standing)
    if as_json:
        known = {c.slug: c.id in standing.known for c in concepts}
        click.echo(json.dumps({"passed": standing.passed, "known": known, "asked": standing.asked}))
        return
    for concept in concepts:
        click.echo(f"{'●' if concept.id in standing.known else '○'} {concept.title}")
    told = "tested out" if standing.passed else "not yet: the lessons are open as ever"
    click.echo(f"{told}      next: {learner.suggest().command}")


def _session(learner: Learner, ask: Callable[[], Question | None], number: int, where: str) -> None:
    n_right = n = 0
    for _ in range(number):
        question = ask()
        if question is None:
            break
        result = one_question(learner, question, where)
        if result is None:
            break
        n, n_right = n + 1, n_right + result.right
    if n:
        click.echo(f"{n_right} of {n} right")


def one_question(
    learner: Learner, question: Question, where: str, explain: bool = True
) -> Grade | None:
    """Ask one question until there is an answer; None when the learner ends."""
    concept = learner.roadmap.by_id[question.item.concept]
    click.echo(f"\n{click.style(concept.title, fg='cyan')}\n{wrapped(question.ask)}")
    for letter, choice in zip(LETTERS, question.choices, strict=False):
        click.echo(wrapped(f"{letter}) {choice.text}", "   "))
    begun = time.monotonic()
    while True:
        try:
            given = click.prompt("", prompt_suffix="> ", default="", show_default=False)
        except click.Abort:  # end of input, or Ctrl-C: what was answered is kept
            click.echo()
            return None
        if not given.strip():
            return None
        try:
            result = learner.answer(question, given, seconds=time.monotonic() - begun, where=where)
        except PracticumError as error:
            click.echo(str(error), err=True)
            continue
        _say(learner, question, result, explain)
        return result


def _say(learner: Learner, question: Question, result: Grade, explain: bool) -> None:
    mark = click.style("right", fg="green") if result.right else click.style("not right", fg="red")
    click.echo(mark if explain else f"{mark} ")
    if not explain:
        return
    click.echo(wrapped(result.why))
    if not result.right:
        click.echo(wrapped(f"The answer: {question.right}"))
        reason = next((choice.why for choice in question.choices if choice.right), "")
        if reason:
            click.echo(wrapped(reason))
        slug = learner.roadmap.by_id[question.item.concept].slug
        click.echo(f"see: practicum learn {slug} --section {question.item.passage}")
    due = learner.record().cards[question.item.key].due
    click.echo(f"again {_when(due)}")


def _when(due: datetime) -> str:
    days = (due - datetime.now(UTC)).total_seconds() / 86400
    if days < 0.75:
        return "now" if days <= 0 else f"in {days * 24:.0f} h"
    return "tomorrow" if days < 1.5 else f"in {days:.0f} days"


def question_value(question: Question) -> dict[str, Any]:
    """A question as a value, without its answer."""
    return {
        "key": question.item.key, "seed": question.seed, "kind": question.item.kind, "ask": question.ask,
        "choices": {LETTERS[i]: c.text for i, c in enumerate(question.choices)},
    }  # fmt: skip


def _grade_one(learner: Learner, told: str, as_json: bool) -> None:
    head, equals, given = told.partition("=")
    key, colon, seed = head.rpartition(":")
    if not (equals and colon and seed.isdigit()):
        raise UsageError(
            f"'{told}' is not KEY:SEED=ANSWER", hint="practicum quiz --json gives key and seed"
        )
    try:
        question = draw(learner.item(key), int(seed))
    except KeyError:
        raise UsageError(f"no item is called '{key}'", hint="practicum quiz --json") from None
    result = learner.answer(question, given)
    if as_json:
        value = {"right": result.right, "why": plain(result.why), "answer": question.right,
                 "due": learner.record().cards[key].due.isoformat()}  # fmt: skip
        click.echo(json.dumps(value, ensure_ascii=False))
    else:
        _say(learner, question, result, explain=True)
