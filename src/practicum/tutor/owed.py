"""Requests for what a learner owes: they are told where help is, never the answer.

This is courtesy, not the lock. The lock is that no solution, check, hint or quiz answer is ever
indexed or shown to a model (passages.py): nobody can talk out of the tutor what it does not have.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from practicum.learn.labs.lab import Lab, read_labs
from practicum.learn.learner import Learner
from practicum.learn.roadmap import Concept
from practicum.tutor.answer import Offer

LAB = re.compile(
    r"\b(labs?|exercises?|holes?|assignments?|homework|todos?|lab\.py|solution\.py|checks\.py)\b",
    re.IGNORECASE,
)
QUIZ = re.compile(
    r"\b(quiz(?:zes)?|quiz\.toml|test-?out|question bank|items? bank)\b", re.IGNORECASE
)
SOLUTION = re.compile(
    r"\b(solutions?|solve[ds]?|solution\.py|checks\.py|answer key|answers? (?:to|for|of|from)|"
    r"model answer|(?:finished|filled|complete[d]?|full|missing|final|working) (?:code|script|function|line)s?|"
    r"fill (?:in|out)|complete|finish|do (?:my|the|this)|write (?:my|the|this|out)|hints?)\b",
    re.IGNORECASE,
)
CODE = re.compile(
    r"\b(give|show|tell|print|reveal|paste|output|write|need|want)\b.*\bcode\b", re.IGNORECASE
)
ANSWER = re.compile(
    r"\b(answers?|answer key|solutions?|correct|right (?:choice|letter|option|one)|cheat)\b|quiz\.toml",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Owed:
    """A lab's solution or a quiz's answer that somebody asked for; of which, if they said so."""

    kind: Literal["lab", "quiz"]
    concept: Concept | None = None
    lab: Lab | None = None


def owed(question: str, learner: Learner) -> Owed | None:
    """What this question asks for though it is the learner's to find; None when it does not."""
    if SOLUTION.search(question) or CODE.search(question):
        named = _named_lab(question, learner)
        if named or LAB.search(question):
            concept, lab = named or learner.current_lab() or (None, None)
            return Owed("lab", concept, lab)
    item = _named_item(question, learner)
    if (item or QUIZ.search(question)) and ANSWER.search(question):
        return Owed("quiz", item or _named_concept(question, learner))
    return None


def where_help_is(asked: Owed, learner: Learner) -> tuple[str, Offer | None]:
    """A sentence that refuses kindly, and the command that helps instead."""
    if asked.kind == "quiz":
        slug = asked.concept.slug if asked.concept else ""
        command = f"practicum quiz {slug}".strip()
        title = f"Questions on {asked.concept.title}" if asked.concept else "Questions"
        offer = Offer("quiz", slug, None, title, command) if slug else None
        return (f"The tutor gives no answers to the quiz. Answer as well as you can: it then says why each "
                f"choice is right or wrong ({command})."), offer  # fmt: skip
    if asked.concept is None or asked.lab is None:
        return ("The tutor gives no solutions. In a lab, practicum hint gives a nudge, from weak to strong, "
                "and practicum solution shows the model solution after you passed."), None  # fmt: skip
    name = f"{asked.concept.slug}/{asked.lab.slug}"
    if learner.has_passed(asked.lab):
        command = f"practicum solution {name}"
        told = f"You passed this lab, so its model solution is yours to read: {command}."
    else:
        command = f"practicum hint {name}"
        told = (f"The tutor gives no solutions. A nudge, from weak to strong: {command}. "
                "The model solution is shown after you passed.")  # fmt: skip
    return told, Offer("lab", asked.concept.slug, asked.lab.slug, asked.lab.title, command)


def _named_lab(question: str, learner: Learner) -> tuple[Concept, Lab] | None:
    """The lab called by `concept/lab`, or by its name beside the word "lab"."""
    text = question.casefold()
    for concept in learner.roadmap.concepts.values():
        if concept.folder is None:
            continue
        for lab in read_labs(concept.folder):
            slug = re.escape(lab.slug).replace("\\-", "[- ]")
            beside = (
                rf"\b(?:labs?|exercise)\W+(?:called\W+)?{slug}\b|\b{slug}\W+(?:labs?|exercise)\b"
            )
            if f"{concept.slug}/{lab.slug}" in text or re.search(beside, text):
                return concept, lab
    return None


def _named_concept(question: str, learner: Learner) -> Concept | None:
    text = question.casefold()
    return next((c for c in learner.roadmap.concepts.values()
                 if c.is_open and (c.slug in text or c.title.casefold() in text)), None)  # fmt: skip


def _named_item(question: str, learner: Learner) -> Concept | None:
    """The concept whose item is named by its key."""
    found = re.search(r"\b([A-Z]\d+[a-z])\.[a-z][a-z0-9-]+", question)
    return learner.roadmap.by_id.get(found[1]) if found else None
