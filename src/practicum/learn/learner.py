"""One learner at work: what is asked, answered, run and read, and what comes next.

The command line and the pages call the same methods; each that changes something appends one
event and returns when it is on the disk.
"""

from __future__ import annotations

import functools
import hashlib
import os
import threading
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from practicum.core.errors import PracticumError
from practicum.learn.labs.lab import Lab, own_copy, read_labs, reset
from practicum.learn.labs.run import Outcome, run_lab
from practicum.learn.mastery import MASTERED, Catalogue, Record, fold, next_item
from practicum.learn.progress import Event, Progress
from practicum.learn.quiz import Grade, Item, Question, draw, grade, read_quiz
from practicum.learn.roadmap import Concept, Roadmap, load_roadmap

PASS_TESTOUT = 0.9  # mastery of every concept that ends a test-out
TESTOUT_PER_CONCEPT = 3  # questions on average, at most


@dataclass(frozen=True)
class Step:
    """The next useful minutes: what to do, on what, why, and the command that does it."""

    verb: str
    concept: Concept | None
    why: str
    command: str


@dataclass(frozen=True)
class TestOut:
    """A test-out so far: which concepts are known, and whether it is over."""

    concepts: tuple[Concept, ...]
    known: frozenset[str]
    asked: int
    most: int

    @property
    def passed(self) -> bool:
        """Whether every concept is known."""
        return len(self.known) == len(self.concepts)

    @property
    def is_over(self) -> bool:
        """Whether another question would change nothing."""
        return self.passed or self.asked >= self.most


class Learner:
    """A learner, whose progress and labs are in the folder `home`.

    None means $PRACTICUM_HOME, else ~/.practicum, where the store of models is too.
    """

    def __init__(self, home: Path | str | None = None, roadmap: Roadmap | None = None) -> None:
        home = home or os.environ.get("PRACTICUM_HOME") or "~/.practicum"
        self.home = Path(home).expanduser()
        self.roadmap = roadmap or load_roadmap()
        self.progress = Progress(self.home / "progress.db")
        self.labs_folder = self.home / "labs"

    def record(self) -> Record:
        """Where the learner stands now."""
        return self.record_of(self.progress.events())

    def record_of(self, events: Sequence[Event]) -> Record:
        """Where the learner stood after these events."""
        return fold(events, self.roadmap, self.catalogue)

    @functools.cached_property
    def catalogue(self) -> Catalogue:
        """Items and labs of the course, read without running what makes parametric items."""
        kinds: dict[str, str] = {}
        n_labs: dict[str, int] = {}
        for concept in self.roadmap.concepts.values():
            if concept.folder:
                told = tomllib.loads((concept.folder / "quiz.toml").read_text(encoding="utf-8"))
                kinds |= {f"{concept.id}.{i['id']}": i["kind"] for i in told["items"]}
                n_labs[concept.id] = len(list(concept.folder.glob("labs/*/lab.toml")))
        return Catalogue(kinds, n_labs)

    @functools.cache  # noqa: B019 - a learner lives as long as its process
    def bank(self, topic: str | None = None) -> tuple[Item, ...]:
        """The items of a concept, chapter or part; of the whole course without a topic.

        Raises  PracticumError when none of it is open yet.
        """
        if topic is None:
            concepts = [c for c in self.roadmap.concepts.values() if c.is_open]
        else:
            concepts = self.roadmap.topic(topic)
        items = [i for c in concepts if c.folder for i in read_quiz(c.folder, c.id)]
        if not items:
            raise PracticumError(
                f"'{topic}' is on the map, but it is not open yet", hint="practicum map"
            )
        return tuple(items)

    def item(self, key: str) -> Item:
        """The item of this key.  Raises KeyError when it is gone from the bank."""
        return {item.key: item for item in self.bank()}[key]

    def ask(self, topic: str | None = None) -> Question:
        """The question that would help most now."""
        record = self.record()
        item = next_item(self.bank(topic), record, self.roadmap)
        return draw(item, record.asked.get(item.key, 0))

    def review(self, now: datetime | None = None) -> Question | None:
        """The most overdue question, None when nothing is due."""
        record = self.record()
        known = {item.key: item for item in self.bank()}
        due = [key for key in record.due(now or datetime.now(UTC)) if key in known]
        return draw(known[due[0]], record.asked.get(due[0], 0)) if due else None

    def answer(
        self, question: Question, given: str, *, seconds: float = 0.0, where: str = "quiz",
        at: datetime | None = None,
    ) -> Grade:  # fmt: skip
        """Grade an answer and remember it.  Raises PracticumError when it is not an answer."""
        result = grade(question, given)
        self.progress.add("answer", question.item.concept, at=at, item=question.item.key,
                          seed=question.seed, given=given, right=result.right,
                          seconds=round(seconds, 1), **{"in": where})  # fmt: skip
        return result

    def start_testout(self, topic: str) -> tuple[Concept, ...]:
        """The concepts that a test-out of this topic asks about.

        Raises  PracticumError when none of it is open yet.
        """
        concepts = tuple(self.roadmap.topic(topic))
        if not concepts:
            raise PracticumError(
                f"'{topic}' is on the map, but it is not open yet", hint="practicum map"
            )
        return concepts

    def testout_standing(self, concepts: Sequence[Concept], began: datetime) -> TestOut:
        """How a test-out that was begun then stands.

        Only its own answers count: what was known before must be shown again.
        """
        record = self._testout_record(began)
        known = frozenset(c.id for c in concepts if _is_shown(record, c.id))
        return TestOut(
            tuple(concepts), known, len(record.order), TESTOUT_PER_CONCEPT * len(concepts)
        )

    def ask_testout(self, topic: str, began: datetime) -> Question:
        """The next question of a test-out."""
        record = self._testout_record(began)
        items = [item for item in self.bank(topic) if not _is_shown(record, item.concept)]
        item = next_item(items, record, self.roadmap, placement=True)
        return draw(item, len(self.progress.events()))

    def _testout_record(self, began: datetime) -> Record:
        return self.record_of([e for e in self.progress.events() if e.kind == "answer"
                               and e.told.get("in") == "testout" and e.at >= began])  # fmt: skip

    def end_testout(self, standing: TestOut) -> None:
        """Remember what a test-out showed to be known."""
        self.progress.add("testout", passed=standing.passed, concepts=sorted(standing.known))

    def labs(self, concept: Concept) -> list[Lab]:
        """The labs of an open concept.  Raises PracticumError when it is not open yet."""
        return read_labs(folder_of(concept))

    def find_lab(self, word: str) -> tuple[Concept, Lab]:
        """The lab called `concept` or `concept/lab`; of several, the first not passed yet.

        Raises  UnknownReference, or PracticumError when the concept has no such lab.
        """
        name, _, slug = word.partition("/")
        concept = self.roadmap.find(name)
        labs = self.labs(concept)
        if slug:
            found = [lab for lab in labs if lab.slug == slug]
            if not found:
                raise PracticumError(
                    f"{name} has no lab '{slug}'", hint=", ".join(x.slug for x in labs)
                )
            return concept, found[0]
        passed = self.record().standings[concept.id].labs_passed
        return concept, next((lab for lab in labs if lab.slug not in passed), labs[0])

    def current_lab(self) -> tuple[Concept, Lab] | None:
        """The lab that was worked on last, None before the first."""
        for event in reversed(self.progress.events()):
            concept = self.roadmap.by_id.get(event.concept)
            if event.kind in ("lab", "hint", "solution") and concept and concept.is_open:
                found = [lab for lab in self.labs(concept) if lab.slug == event.told["lab"]]
                if found:
                    return concept, found[0]
        return None

    def script(self, lab: Lab) -> Path:
        """The learner's own copy of a lab's script."""
        return own_copy(lab, self.labs_folder)

    def check(
        self, lab: Lab, hear: Callable[[str], None] | None = None,
        stop: threading.Event | None = None,
    ) -> Outcome:  # fmt: skip
        """Run the learner's script and its checks, and remember what passed.

        A run that `stop` ended judged nothing and is not remembered.
        """
        script = self.script(lab)
        outcome = run_lab(lab, script, hear=hear, stop=stop)
        if outcome.stopped:
            return outcome
        self.progress.add(
            "lab", self.roadmap.concepts[lab.concept].id, lab=lab.slug, all=outcome.passed,
            passed=[v.task for v in outcome.verdicts if v.passed], n=len(outcome.verdicts),
            script=hashlib.sha256(script.read_bytes()).hexdigest()[:16], seconds=round(outcome.seconds, 1),
        )  # fmt: skip
        return outcome

    def hint(self, lab: Lab, task: str) -> tuple[str, int, int]:
        """The next hint of a task: its text, its number, and how many there are."""
        hints = lab.task(task).hints
        id = self.roadmap.concepts[lab.concept].id
        seen = self.record().hints.get((f"{id}/{lab.slug}", task), 0)
        number = min(seen + 1, len(hints))
        self.progress.add("hint", id, lab=lab.slug, task=task, number=number)
        return hints[number - 1], number, len(hints)

    def has_passed(self, lab: Lab) -> bool:
        """Whether this lab was passed at any time."""
        id = self.roadmap.concepts[lab.concept].id
        return lab.slug in self.record().standings[id].labs_passed

    def solution(self, lab: Lab, surrender: bool = False) -> str:
        """The model solution; before a pass only with `surrender`, which is remembered.

        Raises  PracticumError before a pass without it.
        """
        passed = self.has_passed(lab)
        if not passed and not surrender:
            raise PracticumError("the solution is shown after a pass",
                                 hint=f"practicum hint {lab.concept}/{lab.slug}, or --surrender")  # fmt: skip
        self.progress.add("solution", self.roadmap.concepts[lab.concept].id, lab=lab.slug,
                          surrendered=not passed)  # fmt: skip
        return lab.solution.read_text(encoding="utf-8")

    def reset(self, lab: Lab) -> Path | None:
        """Start a lab over; the copy that was kept of what was written, if there was any."""
        return reset(lab, self.labs_folder)

    def has_read(self, concept: Concept) -> None:
        """Remember that a lesson was read."""
        self.progress.add("read", concept.id)

    def suggest(self, now: datetime | None = None) -> Step:
        """The next useful minutes: due reviews, what was begun, then the next lesson."""
        record = self.record()
        n_due = len(record.due(now or datetime.now(UTC)))
        if n_due:
            return Step("review", None, f"{n_due} answers are about to fade", "practicum review")
        open_ones = [c for c in self.roadmap.concepts.values() if c.is_open]
        for concept in open_ones:
            standing = record.standings[concept.id]
            if not standing.touched or standing.tested_out:
                continue
            labs = [lab.slug for lab in self.labs(concept)]
            missing = [slug for slug in labs if slug not in standing.labs_passed]
            if missing:
                return Step("lab", concept, f"{len(labs) - len(missing)} of {len(labs)} labs passed",
                            f"practicum watch {concept.slug}")  # fmt: skip
            if standing.mastery < MASTERED:
                return Step("quiz", concept, f"mastery {standing.mastery:.0%}",
                            f"practicum quiz {concept.slug}")  # fmt: skip
        fresh = self.next_new(record)
        if fresh is None:
            return Step("quiz", None, "everything that is open was learned", "practicum quiz")
        return Step("learn", fresh, fresh.teaches, f"practicum learn {fresh.slug}")

    def next_new(self, record: Record) -> Concept | None:
        """The first open concept not begun yet, one whose needs were begun if there is any."""
        fresh = [c for c in self.roadmap.concepts.values()
                 if c.is_open and not record.standings[c.id].touched]  # fmt: skip
        ready = [c for c in fresh if all(record.standings[self.roadmap.concepts[n].id].touched
                                         for n in c.needs)]  # fmt: skip
        return next(iter(ready or fresh), None)


def _is_shown(record: Record, concept_id: str) -> bool:
    """Whether the answers of a test-out show this concept to be known: one of them at least its own."""
    standing = record.standings[concept_id]
    return standing.mastery >= PASS_TESTOUT and standing.n > 0


def folder_of(concept: Concept) -> Path:
    """The folder of an open concept.  Raises PracticumError when it is not open yet."""
    if concept.folder is None:
        raise PracticumError(f"'{concept.slug}' is on the map, but not open yet: it will teach you to "
                             f"{concept.teaches[0].lower()}{concept.teaches[1:]}", hint="practicum map")  # fmt: skip
    return concept.folder
