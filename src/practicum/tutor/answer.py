"""What the tutor answers: quotes with their places, and what to do next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from practicum.core.artifact import sha256_text
from practicum.learn.roadmap import Concept
from practicum.tutor.passages import readable


@dataclass(frozen=True)
class Citation:
    """A quote, and where it stands: characters `start` to `end` of the lesson with this sha256."""

    number: int
    concept: Concept
    title: str
    heading: str
    anchor: str
    line: int
    quote: str
    sha256: str
    start: int
    end: int

    def holds(self) -> bool:
        """Whether the lesson on the disk is the one that was cited, and says what was quoted."""
        if self.concept.folder is None:
            return False
        try:
            source = (self.concept.folder / "lesson.md").read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return False
        return (
            sha256_text(source) == self.sha256
            and 0 <= self.start < self.end <= len(source)
            and readable(source[self.start : self.end]) == self.quote
        )

    @property
    def place(self) -> str:
        """Where the quote stands, for a reader."""
        return f"{self.title}, {self.heading}" if self.heading else self.title

    @property
    def command(self) -> str:
        """The command that opens the passage."""
        section = f" --section {self.anchor}" if self.anchor else ""
        return f"practicum learn {self.concept.slug}{section}"


@dataclass(frozen=True)
class Offer:
    """What a learner could do next; `concept` and `lab` are slugs."""

    kind: Literal["lesson", "lab", "quiz"]
    concept: str
    lab: str | None
    title: str
    command: str


@dataclass(frozen=True)
class Answer:
    """What the course says about a question, or that it says nothing.

    found       whether the lessons answer; there are one to three citations then, else none
    concept     the lesson that answers best
    near        the station of the map that is nearest, when the lessons do not answer
    says        one sentence for a reader who is not shown quotes
    words_only  whether only words were compared, because the encoders are not here
    """

    question: str
    found: bool
    citations: tuple[Citation, ...]
    concept: Concept | None
    near: Concept | None
    offers: tuple[Offer, ...]
    seconds: float
    words_only: bool
    says: str = ""
