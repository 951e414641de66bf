"""How each lab stands: what the learner's events say of it."""

from __future__ import annotations

from dataclasses import dataclass

from practicum.learn.labs.lab import Lab
from practicum.learn.learner import Learner
from practicum.learn.mastery import Record
from practicum.learn.roadmap import Concept


@dataclass(frozen=True)
class LabStanding:
    """A lab and what was reached in it.

    tasks    those that passed when it last ran
    passed   whether all of them ever passed at once
    is_begun whether it was run or a hint was taken
    """

    lab: Lab
    tasks: frozenset[str]
    passed: bool
    is_begun: bool

    @property
    def state(self) -> str:
        """new · learning · mastered: the glyph."""
        return "mastered" if self.passed else "learning" if self.is_begun else "new"

    @property
    def says(self) -> str:
        """The state in words."""
        if self.passed:
            return "passed"
        n = len(self.lab.tasks)
        return f"{len(self.tasks)} of {n} checks pass" if self.is_begun else f"{n} checks"


def lab_standings(learner: Learner, concept: Concept, record: Record) -> list[LabStanding]:
    """The labs of an open concept in order, each as it stands."""
    last: dict[str, frozenset[str]] = {}
    begun: set[str] = set()
    for event in learner.progress.events():
        if event.concept == concept.id and event.kind in ("lab", "hint", "solution"):
            slug = str(event.told.get("lab"))
            begun.add(slug)
            if event.kind == "lab":
                last[slug] = frozenset(event.told.get("passed", ()))
    passed = record.standings[concept.id].labs_passed
    return [LabStanding(lab, last.get(lab.slug, frozenset()), lab.slug in passed, lab.slug in begun)
            for lab in learner.labs(concept)]  # fmt: skip
