"""Lessons as passages: pieces of prose that can be found, quoted, and checked on the disk.

Only lesson.md and the lines of the map are ever read here. Labs, checks, hints, solutions, quiz
items and the evaluation set are not, so that no index can hold an answer that a learner owes.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from practicum.core.artifact import sha256_text
from practicum.learn.lessons.claims import without_claims
from practicum.learn.lessons.lesson import DIRECTIVE, FENCE, HEADING, anchor_of, read_lesson
from practicum.learn.lessons.terminal import plain, symbols
from practicum.learn.roadmap import Concept, Roadmap
from practicum.rag.index import Passage

READER = 1  # how lessons become passages; raised by hand when that changes, so that old indexes go
LEAST, MOST = 40, 120  # words of a passage: enough to be understood alone, few enough to be a quote
BOX_LINE = re.compile(r":::.*|---")
LIST_ITEM = re.compile(r"\s*(?:[-*+]|\d+[.)])\s+")
TABLE_RULE = re.compile(r"\s*\|?[\s:|-]+\|?\s*")


@dataclass(frozen=True)
class _Piece:
    """Lines of a lesson that belong together: a paragraph, a formula, a block of code, a box."""

    start: int
    end: int
    line: int
    n_words: int
    goes_on: bool  # a formula, or the rest of a sentence: never the beginning of a quote


def lesson_passages(concept: Concept) -> list[Passage]:
    """The passages of an open concept's lesson, in order."""
    assert concept.folder is not None
    lesson = read_lesson(concept.folder)
    digest = sha256_text(lesson.source)
    keys = asked_as(concept)
    found = []
    for anchor, heading, pieces in _sections(lesson.source):
        under = ", ".join(x for x in (concept.title, plain(heading or lesson.title)) if x)
        for group in _grouped(pieces):
            start, end = group[0].start, group[-1].end
            text = readable(lesson.source[start:end])
            if text:
                place = f"{concept.slug}#{anchor}"
                found.append(Passage(f"{place}:{group[0].line}", digest, start, end, text, under,
                                     place, group[0].line, keys.get(anchor, ())))  # fmt: skip
    return found


def asked_as(concept: Concept) -> dict[str, tuple[str, ...]]:
    """Section → the ways in which people ask for it, as asked.toml lists them; {} without one."""
    path = concept.folder / "asked.toml" if concept.folder else None
    if path is None or not path.is_file():
        return {}
    told = tomllib.loads(path.read_text(encoding="utf-8"))["keys"]
    return {anchor: tuple(keys) for anchor, keys in told.items()}


def signposts(roadmap: Roadmap) -> list[Passage]:
    """A line for every concept on the map: its title, its chapter's, and what it teaches.

    They find a concept by its name, also one that is not open yet; they are never quoted.
    """
    found = []
    for concept in roadmap.concepts.values():
        text = f"{concept.title}. {concept.teaches}"
        under = roadmap.chapters[concept.chapter].title
        found.append(Passage(f"map:{concept.slug}", sha256_text(text), 0, len(text), text, under,
                             f"map:{concept.slug}", 0))  # fmt: skip
    return found


def course_passages(roadmap: Roadmap) -> list[Passage]:
    """Everything that the tutor can find: the lessons that are open, and the map."""
    lessons = [p for c in roadmap.concepts.values() if c.is_open for p in lesson_passages(c)]
    return [*lessons, *signposts(roadmap)]


def readable(source: str) -> str:
    """A piece of a lesson's source as it is read: claims filled in, maths as symbols, no directives.

    A pure function of the source: a quote is true if it is this of the span that it names.
    """
    blocks: list[str] = []
    prose: list[str] = []

    def flush() -> None:
        if prose:
            blocks.append(plain(" ".join(prose)))
            prose.clear()

    lines = source.splitlines()
    i = 0
    while i < len(lines):
        line, bare = lines[i], lines[i].strip()
        end = _end_of_block(lines, i)
        if end > i or bare.startswith("$$"):
            flush()
            inside = lines[i : end + 1]
            blocks.append(_code(inside) if FENCE.match(line) else _formula(inside))
        elif not bare or _is_furniture(line):
            flush()
        elif LIST_ITEM.match(line) or bare.startswith("|"):
            flush()
            prose.append(bare)
            if bare.startswith("|"):
                prose[-1:] = [] if TABLE_RULE.fullmatch(line) else [_row(bare)]
                flush()
        else:
            prose.append(bare)
        i = end + 1
    flush()
    return "\n".join(b for b in blocks if b.strip())


def _is_furniture(line: str) -> bool:
    return bool(DIRECTIVE.fullmatch(line) or BOX_LINE.fullmatch(line.strip())
                or HEADING.fullmatch(line))  # fmt: skip


def _end_of_block(lines: Sequence[str], i: int) -> int:
    """The last line of the code or formula that begins here; the line itself when none does."""
    bare = lines[i].strip()
    fence = FENCE.match(lines[i])
    if fence:
        ends = (j for j in range(i + 1, len(lines)) if lines[j].strip() == fence[1])
        return next(ends, len(lines) - 1)
    if bare.startswith("$$") and not (len(bare) > 4 and bare.rstrip(".,").endswith("$$")):
        ends = (j for j in range(i + 1, len(lines)) if lines[j].strip().endswith("$$"))
        return next(ends, len(lines) - 1)
    return i


def _code(lines: Sequence[str]) -> str:
    inside = lines[1:-1] if len(lines) > 1 and FENCE.match(lines[-1]) else lines[1:]
    return without_claims("\n".join(inside))


def _formula(lines: Sequence[str]) -> str:
    return symbols("\n".join(line.strip() for line in lines).strip("$ \n"))


def _row(line: str) -> str:
    return " · ".join(cell.strip() for cell in line.strip().strip("|").split("|"))


def _sections(source: str) -> Iterator[tuple[str, str, list[_Piece]]]:
    """Anchor, heading and pieces of every section; what stands before the first has neither."""
    anchor = heading = ""
    pieces: list[_Piece] = []
    lines = source.splitlines(keepends=True)
    texts = [line.rstrip("\n") for line in lines]
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    i = 0
    while i < len(lines):
        title = HEADING.fullmatch(texts[i])
        end = _piece_end(texts, i)
        if title and len(title[1]) < 3:
            if pieces:
                yield anchor, heading, pieces
            pieces = []
            if len(title[1]) == 2:
                anchor, heading = anchor_of(title[2]), title[2]
        elif texts[i].strip() and not title and not DIRECTIVE.fullmatch(texts[i]):
            start, stop = starts[i], starts[end] + len(texts[end])
            n_words = len(readable(source[start:stop]).split())
            goes_on = texts[i].startswith("$$") or texts[i][0].islower()
            pieces.append(_Piece(start, stop, i + 1, n_words, goes_on))
        i = end + 1
    if pieces:
        yield anchor, heading, pieces


def _piece_end(texts: Sequence[str], i: int) -> int:
    """The last line of the piece that begins here: to the blank line, or to the end of a box."""
    if texts[i].startswith(":::"):
        ends = (j for j in range(i + 1, len(texts)) if texts[j].strip() == ":::")
        return next(ends, len(texts) - 1)
    if not texts[i].strip() or HEADING.fullmatch(texts[i]) or DIRECTIVE.fullmatch(texts[i]):
        return i
    end = _end_of_block(texts, i)
    while end + 1 < len(texts) and not _ends_before(texts[end + 1]):
        end = _end_of_block(texts, end + 1)
    return end


def _ends_before(line: str) -> bool:
    return not line.strip() or line.startswith(":::") or bool(
        HEADING.fullmatch(line) or DIRECTIVE.fullmatch(line))  # fmt: skip


def _grouped(pieces: Sequence[_Piece]) -> Iterator[list[_Piece]]:
    """Neighbouring pieces together until they are long enough to be understood alone."""
    group: list[_Piece] = []
    n_words = 0
    for piece in pieces:
        long_enough = n_words >= LEAST or n_words + piece.n_words > MOST
        if group and long_enough and not (piece.goes_on and n_words + piece.n_words <= MOST * 1.5):
            yield group
            group, n_words = [], 0
        group.append(piece)
        n_words += piece.n_words
    if group:
        yield group
