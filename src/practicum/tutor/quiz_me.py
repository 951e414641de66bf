""" "Quiz me on X": the questions of the bank that ask about X.

They are drawn and graded by the course's own quiz; parametric ones carry an answer that code
computed from the numbers drawn. Nothing here writes a question, and no model does.
"""

from __future__ import annotations

import re

from practicum.core.errors import PracticumError
from practicum.learn.mastery import next_item
from practicum.learn.quiz import Question, draw
from practicum.learn.roadmap import Concept
from practicum.tutor.tutor import Tutor

WANTED = re.compile(
    r"^\s*(?:please\s+|can you\s+|could you\s+|now\s+)*"
    r"(?:quiz|test|examine|drill)\s+(?:me|my knowledge)\s*(?:please\s*)?(?:on|about|of|in|with|over)\s+(?P<topic>.+)$"
    r"|^\s*(?:please\s+|can you\s+|could you\s+)*(?:ask|give)\s+me\s+(?:a|an|some|one|another|\w+)?\s*"
    r"(?:quiz\s+)?(?:questions?|quiz(?:zes)?)\s+(?:on|about|of|in|from)\s+(?P<other>.+)$",
    re.IGNORECASE,
)


def wanted_topic(question: str, tutor: Tutor) -> Concept | None:
    """The concept that somebody wants to be asked about; None when the question is no such wish.

    Raises  PracticumError when they do, but about nothing that is open.
    """
    topic = topic_of(question)
    return concept_of(topic, tutor) if topic else None


def topic_of(question: str) -> str | None:
    """What comes after "quiz me on"; None when that is not what was asked."""
    match = WANTED.match(question)
    if match is None:
        return None
    topic = (match["topic"] or match["other"]).strip(" \t.?!\"'")
    return re.sub(r"\s+please$", "", topic, flags=re.IGNORECASE) or None


def quiz_me(topic: str, tutor: Tutor) -> Question:
    """The question on this topic that would help most now.

    Of the concept's items those are taken that belong to a passage found for the topic; when
    there are none, or the topic is the concept itself, all.
    Raises  PracticumError when nothing that is open is about it.
    """
    learner = tutor.learner
    named = _named(topic, tutor)
    concept = concept_of(topic, tutor)
    bank = learner.bank(concept.slug)
    anchors = set()
    if named is None:
        anchors = {c.anchor for c in tutor.ask(topic).citations if c.concept == concept}
    record = learner.record()
    about = [item for item in bank if item.passage in anchors]
    item = next_item(about or bank, record, learner.roadmap)
    return draw(item, record.asked.get(item.key, 0))


def concept_of(topic: str, tutor: Tutor) -> Concept:
    """The open concept that a topic is about, by its name or by what the lessons say.

    Raises  PracticumError when there is none.
    """
    near = _named(topic, tutor)
    if near is None:
        answer = tutor.ask(topic)
        near = answer.concept or answer.near
    if near is None:
        raise PracticumError(f"no lesson is about '{topic}'", hint="practicum map")
    if not near.is_open:
        raise PracticumError(
            f"'{near.title}' is on the map, but it is not open yet", hint="practicum map"
        )
    return near


def _named(topic: str, tutor: Tutor) -> Concept | None:
    """The concept of this slug, id or title."""
    said = _letters(topic)
    for concept in tutor.learner.roadmap.concepts.values():
        if said in (_letters(concept.slug), _letters(concept.title), _letters(concept.id)):
            return concept
    return None


def _letters(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.casefold())
