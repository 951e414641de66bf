"""Questions, one at a time: on a topic, what is due for review, or to test out of a topic."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse
from markupsafe import Markup

from practicum.core.errors import PracticumError
from practicum.learn.learner import TESTOUT_PER_CONCEPT, Learner
from practicum.learn.mastery import MASTERED, Record
from practicum.learn.quiz import LETTERS, Question
from practicum.learn.roadmap import Chapter
from practicum.web.pages.today import href_of
from practicum.web.render import page, part, reply
from practicum.web.studio import Studio
from practicum.web.study.asked import (
    Answered,
    Round,
    answers_of_testout,
    section_of,
    sitting,
    standing_of_testout,
    topic_title,
)

router = APIRouter()
WHOLE = "all"  # the topic of questions from everything that is open
LONGEST = 400  # characters of an answer


@dataclass(frozen=True)
class Line:
    """A concept in the list of topics."""

    slug: str
    title: str
    part: str
    state: str
    mastery: float
    n: int
    n_right: int
    n_items: int


@router.get("/quiz", response_class=HTMLResponse)
def quiz(request: Request, topic: str = "", review: str = "", testout: str = "", began: int = 0,
         end: str = "") -> HTMLResponse:  # fmt: skip
    """The list of topics, or the question that is open."""
    studio: Studio = request.app.state.studio
    if testout and not began:
        return _before_testout(request, studio.learner, testout)
    if not (topic or review or testout):
        return _topics(request, studio.learner)
    asked = _round_of({"topic": topic, "testout": testout, "review": review, "began": began})
    shown = _question(studio, asked, ended=bool(end))
    title, kind = _names(studio.learner, asked)
    return page(request, "quiz_round.html", title=f"{kind}: {title}" if title else kind,
                kind=kind, name=title, shown=shown)  # fmt: skip


@router.post("/quiz/answer")
def answer(request: Request, given: dict[str, Any]) -> JSONResponse:
    """Grade an answer: what was right, why, and when it comes back."""
    studio: Studio = request.app.state.studio
    asked = _round_of(given)
    said = str(given.get("given", ""))[:LONGEST].strip()
    if not said:
        raise PracticumError("there is no answer yet", hint="choose or write one, then press Enter")
    answered = studio.questions.answer(
        asked, str(given.get("key", "")), _whole(given.get("seed")), said, _seconds(given)
    )
    return reply(html={"#round": _graded(studio, asked, answered)})


@router.post("/quiz/next")
def go_on(request: Request, given: dict[str, Any]) -> JSONResponse:
    """The next question of a round."""
    studio: Studio = request.app.state.studio
    return reply(html={"#round": _question(studio, _round_of(given))})


@router.post("/quiz/testout")
def begin_testout(request: Request, given: dict[str, Any]) -> JSONResponse:
    """Begin a test-out: its address holds when, so that only its own answers count."""
    studio: Studio = request.app.state.studio
    topic = str(given.get("topic", ""))
    studio.learner.start_testout(topic)
    return reply(go=Round("testout", topic, time.time_ns() // 1_000_000).address)


def _round_of(told: dict[str, Any]) -> Round:
    """The round that an address or a form names."""
    if told.get("testout"):
        return Round("testout", str(told["testout"]), _whole(told.get("began")))
    if told.get("review"):
        return Round("review")
    topic = str(told.get("topic", ""))
    return Round("quiz", "" if topic == WHOLE else topic)


def _fields(asked: Round) -> dict[str, str]:
    """What a page sends back, so that the server knows which round it speaks of."""
    if asked.where == "review":
        return {"review": "1"}
    if asked.where == "testout":
        return {"testout": asked.topic, "began": str(asked.began_ms)}
    return {"topic": asked.topic or WHOLE}


def _whole(value: Any) -> int:
    text = str(value)
    if not (text.isdecimal() and len(text) < 16):
        raise PracticumError("this question is not one that was asked here", hint="reload the page")
    return int(text)


def _seconds(told: dict[str, Any]) -> float | None:
    """How long the page was looked at, as it says; None when it does not."""
    try:
        return float(told["seconds"])
    except (KeyError, TypeError, ValueError):
        return None


def _names(learner: Learner, asked: Round) -> tuple[str, str]:
    if asked.where == "review":
        return "", "Review"
    return topic_title(learner, asked.topic), "Test-out" if asked.where == "testout" else "Quiz"


def _question(studio: Studio, asked: Round, ended: bool = False) -> Markup:
    """The open question of a round, or how it ended."""
    question = None if ended else studio.questions.current(asked)
    if question is None:
        return _after_testout(studio, asked) if asked.where == "testout" else _nothing_due(studio)
    return part("_question.html", question=question, letters=LETTERS, fields=_fields(asked),
                **_around(studio, asked, question))  # fmt: skip


def _graded(studio: Studio, asked: Round, answered: Answered) -> Markup:
    """The answered question: right or not, why, and what it changed."""
    question, now = answered.question, datetime.now(UTC)
    concept = studio.learner.roadmap.by_id[question.item.concept]
    states = answered.before.state(now), answered.after.state(now)
    chosen = _chosen(question, answered.given)
    return part(
        "_answered.html", question=question, letters=LETTERS, fields=_fields(asked), answered=answered,
        chosen=chosen, section=section_of(concept, question),
        is_new="mastered" in states and states[0] not in ("mastered", "fading"),
        is_lost=states[0] in ("mastered", "fading") and answered.after.mastery < MASTERED,
        **_around(studio, asked, question),
    )  # fmt: skip


def _chosen(question: Question, given: str) -> int | None:
    """The place of the choice that was given, by letter or by its text."""
    said = given.strip().casefold().rstrip(").")
    for i, choice in enumerate(question.choices):
        if said in (LETTERS[i], choice.text.casefold().rstrip(").")):
            return i
    return None


def _around(studio: Studio, asked: Round, question: Question) -> dict[str, Any]:
    """What stands above a question: its concept, and how far the round is."""
    learner, now = studio.learner, datetime.now(UTC)
    record = learner.record()
    concept = learner.roadmap.by_id[question.item.concept]
    n, n_right = sitting(learner, asked.where)
    told: dict[str, Any] = {
        "asked": asked, "concept": concept, "state": record.standings[concept.id].state(now),
        "n_due": len(record.due(now)), "n": n, "n_right": n_right,
        "standing": None,
    }  # fmt: skip
    if asked.where == "testout":
        told["standing"] = standing_of_testout(learner, asked)
    return told


def _nothing_due(studio: Studio) -> Markup:
    """The honest end of a review: nothing is due, and when something will be."""
    learner = studio.learner
    dues = sorted(card.due for card in learner.record().cards.values())
    n_with_next = sum(d.date() == dues[0].date() for d in dues) if dues else 0
    n, n_right = sitting(learner, "review")
    step = learner.suggest()
    return part("_nothing_due.html", next_due=dues[0] if dues else None, n_next=n_with_next, n=n,
                n_right=n_right, step=step, href=href_of(step))  # fmt: skip


def _before_testout(request: Request, learner: Learner, topic: str) -> HTMLResponse:
    """What a test-out asks, before it begins."""
    concepts = learner.start_testout(topic)
    record, now = learner.record(), datetime.now(UTC)
    title = topic_title(learner, topic)
    lines = [(c, record.standings[c.id].state(now)) for c in concepts]
    return page(request, "quiz_testout.html", title=f"Test-out: {title}", name=title, topic=topic,
                lines=lines, most=TESTOUT_PER_CONCEPT * len(concepts))  # fmt: skip


def _after_testout(studio: Studio, asked: Round) -> Markup:
    """What a test-out showed."""
    learner = studio.learner
    standing = standing_of_testout(learner, asked)
    step = learner.suggest()
    return part("_testout_end.html", asked=asked, standing=standing, letters=LETTERS, step=step,
                href=href_of(step), name=topic_title(learner, asked.topic),
                given=[(q, _said(q, given), right) for q, given, right in
                       answers_of_testout(learner, asked)])  # fmt: skip


def _said(question: Question, given: str) -> str:
    """An answer as one would read it: of a choice its text."""
    chosen = _chosen(question, given) if question.choices else None
    return given if chosen is None else f"{LETTERS[chosen]}) {question.choices[chosen].text}"


def _topics(request: Request, learner: Learner) -> HTMLResponse:
    """Everything that can be asked about, and what is due."""
    record, now = learner.record(), datetime.now(UTC)
    counts: dict[str, int] = {}
    for key in learner.catalogue.kinds:
        counts[key.split(".")[0]] = counts.get(key.split(".")[0], 0) + 1
    parts = []
    for line in learner.roadmap.parts:
        chapters = [(ch, _lines(ch, record, counts, now)) for ch in line.chapters]
        parts.append((line, [(ch, lines) for ch, lines in chapters if lines]))
    dues = sorted(card.due for card in record.cards.values())
    n_closed = sum(
        not any(c.is_open for c in ch.concepts) for ch in learner.roadmap.chapters.values()
    )
    return page(
        request, "quiz.html", title="Quiz", parts=[(line, chapters) for line, chapters in parts if chapters],
        due_now=record.due(now), next_due=dues[0] if dues else None, n_items=sum(counts.values()),
        n_closed=n_closed, sat=sitting(learner, "quiz"),
    )  # fmt: skip


def _lines(chapter: Chapter, record: Record, counts: dict[str, int], now: datetime) -> list[Line]:
    found = []
    for concept in chapter.concepts:
        standing = record.standings[concept.id]
        if concept.is_open:
            found.append(Line(concept.slug, concept.title, concept.part, standing.state(now), standing.mastery,
                              standing.n, standing.n_right, counts.get(concept.id, 0)))  # fmt: skip
    return found
