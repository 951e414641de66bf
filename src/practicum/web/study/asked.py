"""Questions that are open on a page, and the answers to them: each counts once.

A page asks; only what was asked is graded. The events of the learner are the truth: a question
that was answered in another window, or in a terminal, is open no more.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from practicum.core.errors import PracticumError
from practicum.learn.learner import Learner, TestOut
from practicum.learn.mastery import Record, Standing
from practicum.learn.quiz import Grade, Question, draw
from practicum.learn.roadmap import Concept

KEPT = 200  # rounds, and answers, that are remembered; more tabs than anyone has
LONGEST_S = 1800.0  # an answer that took longer was not thought about all the time
TESTOUT_LASTS = timedelta(days=1)
SITTING_GAP = timedelta(minutes=30)  # a pause that ends a sitting


@dataclass(frozen=True)
class Round:
    """Which questions are asked: on a topic, what is due, or of a test-out that was begun then.

    where     quiz, review or testout: as the event of an answer says it
    topic     concept, chapter or part; "" the whole course
    began_ms  when a test-out was begun, in milliseconds since 1970
    """

    where: str
    topic: str = ""
    began_ms: int = 0

    @property
    def began(self) -> datetime:
        """When the test-out was begun."""
        return datetime.fromtimestamp(self.began_ms / 1000, UTC)

    @property
    def address(self) -> str:
        """The page of this round."""
        if self.where == "review":
            return "/quiz?review=1"
        if self.where == "testout":
            return "/quiz?" + urlencode({"testout": self.topic, "began": self.began_ms})
        return "/quiz?" + urlencode({"topic": self.topic or "all"})


@dataclass(frozen=True)
class Open:
    """A question on a page. `n_asked` is how far its test-out was when it was drawn."""

    question: Question
    shown_at: float
    n_asked: int = 0


@dataclass(frozen=True)
class Answered:
    """An answer that was graded, and what it changed; `is_again` when it had come before."""

    question: Question
    given: str
    grade: Grade
    before: Standing
    after: Standing
    due: datetime
    is_again: bool = False


class Questions:
    """The questions of one server."""

    def __init__(self, learner: Learner) -> None:
        self.learner = learner
        self._turn = threading.Lock()
        self._open: OrderedDict[Round, Open] = OrderedDict()
        self._answered: OrderedDict[tuple[str, int, int], Answered] = OrderedDict()

    def current(self, asked: Round) -> Question | None:
        """The open question of this round, drawn if there is none; None when it is over.

        Raises  PracticumError for a topic that is not open, or a test-out of another day.
        """
        with self._turn:
            kept = self._current(asked)
            return kept.question if kept else None

    def answer(
        self, asked: Round, key: str, seed: int, given: str, seconds: float | None
    ) -> Answered:
        """Grade the answer to an open question and remember it; the same answer twice counts once.

        Raises  PracticumError when it is not an answer, or the question is not open.
        """
        place = (key, seed, asked.began_ms)
        with self._turn:
            if place in self._answered:
                return replace(self._answered[place], is_again=True)
            kept = self._current(asked)
            if kept is None or (kept.question.item.key, kept.question.seed) != (key, seed):
                raise PracticumError(
                    "this question is not open any more: it was answered in another window, or the "
                    "studio was started again. Nothing was counted",
                    hint="reload the page for the question that is open now",
                )
            before = self.learner.record()
            if seconds is None or not math.isfinite(seconds) or seconds < 0:
                seconds = time.monotonic() - kept.shown_at
            told = self.learner.answer(
                kept.question, given, seconds=min(seconds, LONGEST_S), where=asked.where
            )
            after, concept = self.learner.record(), kept.question.item.concept
            answered = Answered(kept.question, given, told, before.standings[concept],
                                after.standings[concept], after.cards[key].due)  # fmt: skip
            _keep(self._answered, place, answered)
            if asked.where == "testout":
                self._end_testout(asked)
            return answered

    def _current(self, asked: Round) -> Open | None:
        record = self.learner.record()
        kept = self._open.get(asked)
        if asked.where == "testout":
            standing = standing_of_testout(self.learner, asked)
            if standing.is_over:
                return None
            if kept is None or kept.n_asked != standing.asked:
                question = self.learner.ask_testout(asked.topic, asked.began)
                kept = Open(question, time.monotonic(), standing.asked)
        elif kept is None or not _is_unanswered(kept.question, record):
            question_now = (self.learner.review() if asked.where == "review"
                            else self.learner.ask(asked.topic or None))  # fmt: skip
            if question_now is None:
                return None
            kept = Open(question_now, time.monotonic())
        _keep(self._open, asked, kept)
        return kept

    def _end_testout(self, asked: Round) -> None:
        standing = standing_of_testout(self.learner, asked)
        if standing.is_over:
            self.learner.end_testout(standing)


def standing_of_testout(learner: Learner, asked: Round) -> TestOut:
    """How a test-out stands.

    Raises  PracticumError when its topic is not open, or it was not begun within a day.
    """
    concepts = learner.start_testout(asked.topic)
    since = datetime.now(UTC) - asked.began
    if not timedelta(0) <= since < TESTOUT_LASTS:
        raise PracticumError("this test-out is not of today", hint="begin it again")
    return learner.testout_standing(concepts, asked.began)


def answers_of_testout(learner: Learner, asked: Round) -> list[tuple[Question, str, bool]]:
    """What a test-out asked so far, what was given, and whether it was right."""
    concepts = {c.id for c in learner.start_testout(asked.topic)}
    known = {item.key: item for item in learner.bank(asked.topic)}
    found = []
    for event in learner.progress.events():
        told = event.told
        is_own = event.kind == "answer" and told.get("in") == "testout" and event.at >= asked.began
        if is_own and event.concept in concepts and told["item"] in known:
            question = draw(known[told["item"]], told["seed"])
            found.append((question, str(told["given"]), bool(told["right"])))
    return found


def sitting(learner: Learner, where: str) -> tuple[int, int]:
    """Answers and right answers of this sitting: those since the last pause of half an hour."""
    n = n_right = 0
    last = datetime.now(UTC)
    for event in reversed(learner.progress.events()):
        if last - event.at > SITTING_GAP:
            break
        last = event.at
        if event.kind == "answer" and event.told.get("in") == where:
            n, n_right = n + 1, n_right + bool(event.told["right"])
    return n, n_right


def topic_title(learner: Learner, topic: str) -> str:
    """What a topic is called; the whole course without one.  Raises UnknownReference."""
    if not topic:
        return "The whole course"
    roadmap = learner.roadmap
    part = next((p for p in roadmap.parts if p.slug == topic), None)
    if part:
        return part.title
    return roadmap.chapters[topic].title if topic in roadmap.chapters else roadmap.find(topic).title


def section_of(concept: Concept, question: Question) -> str:
    """The heading of the section that a question is about."""
    from practicum.learn.lessons.lesson import read_lesson

    assert concept.folder is not None
    return read_lesson(concept.folder).anchors.get(question.item.passage, concept.title)


def _is_unanswered(question: Question, record: Record) -> bool:
    """Whether nobody answered it since it was drawn: its seed counts the times it was asked."""
    return record.asked.get(question.item.key, 0) == question.seed


def _keep(kept: OrderedDict[Any, Any], key: Any, value: Any) -> None:
    kept[key] = value
    kept.move_to_end(key)
    while len(kept) > KEPT:
        kept.popitem(last=False)
