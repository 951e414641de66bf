"""The map: parts, chapters, concepts and what each of them needs, read from roadmap.toml.

Events of a learner name a concept by its `id` ("F1a"), which never changes; its slug may.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

from practicum.core.errors import Complaint, PracticumError, UnknownReference, nearest


@dataclass(frozen=True)
class Reference:
    """A text or video worth reading, and why; `corrects` is the link that it replaces."""

    title: str
    url: str
    why: str
    by: str | None = None
    corrects: str | None = None


@dataclass(frozen=True)
class Concept:
    """A station of the map: one lesson, its labs and its questions."""

    id: str
    slug: str
    title: str
    chapter: str
    part: str
    needs: tuple[str, ...]
    minutes: int
    teaches: str
    links: tuple[Reference, ...] = ()
    folder: Path | None = field(default=None, compare=False)

    @property
    def is_open(self) -> bool:
        """Whether its lesson has been written."""
        return self.folder is not None


@dataclass(frozen=True)
class Chapter:
    """Concepts that belong together, the rooms of the package they explain, what to read on."""

    slug: str
    title: str
    summary: str
    rooms: tuple[str, ...]
    concepts: tuple[Concept, ...]
    references: tuple[Reference, ...]

    @property
    def is_open(self) -> bool:
        """Whether all of its lessons have been written."""
        return all(c.is_open for c in self.concepts)

    @property
    def minutes(self) -> int:
        """The time that its concepts take together."""
        return sum(c.minutes for c in self.concepts)


@dataclass(frozen=True)
class Part:
    """One line of the map."""

    slug: str
    title: str
    colour: str
    summary: str
    chapters: tuple[Chapter, ...]


@dataclass(frozen=True)
class Roadmap:
    """The whole course."""

    edition: str
    parts: tuple[Part, ...]

    @functools.cached_property
    def concepts(self) -> dict[str, Concept]:
        """Every concept by its slug, in the order of the map."""
        return {c.slug: c for chapter in self.chapters.values() for c in chapter.concepts}

    @functools.cached_property
    def chapters(self) -> dict[str, Chapter]:
        """Every chapter by its slug, in the order of the map."""
        return {chapter.slug: chapter for part in self.parts for chapter in part.chapters}

    @functools.cached_property
    def by_id(self) -> dict[str, Concept]:
        """Every concept by its id, which outlives its slug."""
        return {c.id: c for c in self.concepts.values()}

    @functools.cached_property
    def unlocks(self) -> dict[str, tuple[str, ...]]:
        """Slug → the concepts that need it directly."""
        return {slug: tuple(c.slug for c in self.concepts.values() if slug in c.needs)
                for slug in self.concepts}  # fmt: skip

    def ancestors(self, slug: str) -> set[str]:
        """Everything that must come before a concept, however far back."""
        found: set[str] = set()
        open_ends = list(self.concepts[slug].needs)
        while open_ends:
            name = open_ends.pop()
            if name not in found:
                found.add(name)
                open_ends += self.concepts[name].needs
        return found

    def find(self, word: str) -> Concept:
        """The concept of this slug or id.  Raises UnknownReference with the nearest one."""
        concept = self.concepts.get(word) or self.by_id.get(word)
        if concept:
            return concept
        chapter = self.chapters.get(word)
        if chapter:
            names = ", ".join(c.slug for c in chapter.concepts)
            raise UnknownReference(f"'{word}' is a chapter; its concepts: {names}",
                                   hint=f"practicum learn {chapter.concepts[0].slug}")  # fmt: skip
        close = nearest(word, [*self.concepts, *self.chapters, *self.by_id])
        raise UnknownReference(f"no concept is called '{word}'", hint=close or "practicum map")

    def topic(self, word: str) -> list[Concept]:
        """The open concepts of a concept, chapter or part.  Raises UnknownReference."""
        part = next((p for p in self.parts if p.slug == word), None)
        if part:
            return [c for chapter in part.chapters for c in chapter.concepts if c.is_open]
        if word in self.chapters:
            return [c for c in self.chapters[word].concepts if c.is_open]
        return [c for c in [self.find(word)] if c.is_open]


def course_folder() -> Path:
    """Where the shipped course is."""
    return Path(str(resources.files("practicum"))) / "course"


@functools.cache
def load_roadmap(course: Path | None = None) -> Roadmap:
    """The map of a course folder (None: the one shipped).

    Raises  PracticumError with every complaint: missing keys, double slugs, unknown needs,
            circles.
    """
    course = course or course_folder()
    path = course / "roadmap.toml"
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise PracticumError(Complaint(str(error), where=str(path))) from error
    roadmap = Roadmap(
        edition=str(told.get("edition", "")),
        parts=tuple(_part(part, course / "chapters") for part in told.get("parts", [])),
    )
    complaints = list(_complaints(told, roadmap, path.name))
    if complaints:
        raise PracticumError(*complaints)
    return roadmap


def _part(told: Mapping[str, Any], chapters: Path) -> Part:
    slug = told["slug"]
    return Part(
        slug, told["title"], told["colour"], told["summary"].strip(),
        tuple(_chapter(c, slug, chapters / c["slug"]) for c in told["chapters"]),
    )  # fmt: skip


def _chapter(told: Mapping[str, Any], part: str, folder: Path) -> Chapter:
    slug = told["slug"]
    return Chapter(
        slug, told["title"], told["summary"].strip(), tuple(told["rooms"]),
        tuple(_concept(c, slug, part, folder / c["slug"]) for c in told["concepts"]),
        tuple(Reference(**r) for r in told["references"]),
    )  # fmt: skip


def _concept(told: Mapping[str, Any], chapter: str, part: str, folder: Path) -> Concept:
    return Concept(
        told["id"], told["slug"], told["title"], chapter, part, tuple(told["needs"]),
        told["minutes"], told["teaches"], tuple(Reference(**r) for r in told.get("links", [])),
        folder if (folder / "lesson.md").is_file() else None,
    )  # fmt: skip


def _complaints(told: Mapping[str, Any], roadmap: Roadmap, where: str) -> Iterator[Complaint]:
    listed = [c for p in told["parts"] for ch in p["chapters"] for c in ch["concepts"]]
    for key in ("id", "slug"):
        values = [c[key] for c in listed]
        for value in sorted({v for v in values if values.count(v) > 1}):
            yield Complaint(f"{key} '{value}' is given twice", where=where)
    unknown = False
    for concept in roadmap.concepts.values():
        for need in concept.needs:
            if need not in roadmap.concepts:
                unknown = True
                yield Complaint(f"{concept.slug} needs '{need}', which is not on the map", where,
                                nearest(need, roadmap.concepts))  # fmt: skip
    if not unknown:
        circle = [slug for slug in roadmap.concepts if slug in roadmap.ancestors(slug)]
        if circle:
            yield Complaint(f"these need each other in a circle: {', '.join(circle)}", where)
