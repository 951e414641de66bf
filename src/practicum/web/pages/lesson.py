"""A lesson: prose, figures, numbers that are recomputed when asked, its labs, and what comes next."""

from __future__ import annotations

import functools
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from markupsafe import Markup

from practicum.core.errors import BusyError, nearest
from practicum.learn.learner import Learner, folder_of
from practicum.learn.lessons import page as renderer
from practicum.learn.lessons.lesson import read_lesson, reading_minutes
from practicum.learn.mastery import Record
from practicum.learn.roadmap import Concept, Roadmap
from practicum.web.labs.standing import lab_standings
from practicum.web.render import address, page, part, reply
from practicum.web.studio import Studio

router = APIRouter()
LAB_MARK = "\0lab:{}\0"  # where a lab's card goes: its state is not the lesson's
_computing = threading.Lock()  # one number at a time: some of them train networks


@dataclass(frozen=True)
class Reading:
    """A lesson as it is drawn, the same for everybody."""

    title: str
    body: str
    contents: tuple[tuple[str, str], ...]
    minutes: int
    references: str


@router.get("/learn/{word}", response_class=HTMLResponse)
def lesson(request: Request, word: str) -> Response:
    """The lesson of a concept; of one that is not open yet, what it will teach."""
    studio: Studio = request.app.state.studio
    roadmap = studio.learner.roadmap
    concept = roadmap.concepts.get(word) or roadmap.by_id.get(word)
    if concept is None:
        return _unknown(request, roadmap, word)
    if concept.slug != word:
        return RedirectResponse(f"/learn/{concept.slug}")
    record, now = studio.learner.record(), datetime.now(UTC)
    told: dict[str, Any] = {
        "concept": concept, "chapter": roadmap.chapters[concept.chapter],
        "line": next(p for p in roadmap.parts if p.slug == concept.part),
        "needs": _stops(roadmap, record, now, concept.needs),
        "unlocks": _stops(roadmap, record, now, roadmap.unlocks[concept.slug]),
    }  # fmt: skip
    if concept.folder is None:
        return page(request, "coming.html", title=concept.title, **told)
    reading = _reading(concept, studio.learner.roadmap)
    standing = record.standings[concept.id]
    labs = lab_standings(studio.learner, concept, record)
    body = reading.body
    for one in labs:
        card = str(part("_lab_card.html", concept=concept, standing=one))
        body = body.replace(LAB_MARK.format(one.lab.slug), card)
    return page(
        request, "lesson.html", title=concept.title, reading=reading, labs=labs, **told,
        body=Markup(body), style=Markup(renderer.STYLE),  # noqa: S704 - the renderer escapes
        state=standing.state(now), has_read=standing.has_read,
        n_questions=sum(key.startswith(f"{concept.id}.") for key in studio.learner.catalogue.kinds),
        next=_next(studio.learner, concept),
    )  # fmt: skip


def _unknown(request: Request, roadmap: Roadmap, word: str) -> HTMLResponse:
    chapter = roadmap.chapters.get(word)
    close = nearest(word, roadmap.concepts)
    offers = chapter.concepts if chapter else (roadmap.concepts[close],) if close else ()
    return page(request, "no_lesson.html", title="No such lesson", word=word, chapter=chapter,
                offers=offers, status=404)  # fmt: skip


def _stops(
    roadmap: Roadmap, record: Record, now: datetime, slugs: tuple[str, ...]
) -> list[tuple[Concept, str]]:
    concepts = [roadmap.concepts[slug] for slug in slugs]
    return [(c, record.standings[c.id].state(now)) for c in concepts]


def _next(learner: Learner, concept: Concept) -> Concept | None:
    """The next open station: on this line after this one, else the first of the map after it."""
    order = list(learner.roadmap.concepts.values())
    later = [c for c in order[order.index(concept) + 1 :] if c.is_open]
    return next((c for c in later if c.part == concept.part), later[0] if later else None)


def _reading(concept: Concept, roadmap: Roadmap) -> Reading:
    written = (folder_of(concept) / "lesson.md").stat().st_mtime_ns
    return _drawn(concept, roadmap.chapters[concept.chapter].title, written)


@functools.lru_cache(maxsize=32)
def _drawn(concept: Concept, chapter: str, written: int) -> Reading:
    """The lesson drawn once per version of its file: formulas and figures take a tenth of a second."""
    from practicum.learn.lessons.terminal import plain

    lesson = read_lesson(folder_of(concept))
    return Reading(
        title=plain(lesson.title),
        body=renderer.body(concept, lesson, {}, address, LAB_MARK.format),
        contents=tuple((anchor, plain(text)) for anchor, text in lesson.anchors.items()),
        minutes=reading_minutes(lesson.source),
        references=renderer.references(concept.links, "The sources of this concept"),
    )


@router.post("/learn/{word}/read")
def read(request: Request, word: str) -> JSONResponse:
    """Remember that the lesson was read; once is enough."""
    studio: Studio = request.app.state.studio
    concept = studio.learner.roadmap.find(word)
    folder_of(concept)
    if not studio.learner.record().standings[concept.id].has_read:
        studio.learner.has_read(concept)
    state = studio.learner.record().standings[concept.id].state(datetime.now(UTC))
    return reply(html={
        "#read": part("_read.html", concept=concept, has_read=True),
        "#state": part("_state.html", concept=concept, state=state),
    })  # fmt: skip


@router.get("/learn/{word}/claim/{name}", response_class=HTMLResponse)
def claim(request: Request, word: str, name: str) -> str:
    """Where a number of the lesson comes from."""
    from practicum.learn.lessons.recompute import origin_of

    studio: Studio = request.app.state.studio
    concept = studio.learner.roadmap.find(word)
    origin = origin_of(folder_of(concept), name)
    return str(part("_claim.html", concept=concept, origin=origin))


@router.post("/learn/{word}/claim/{name}")
def compute(request: Request, word: str, name: str) -> JSONResponse:
    """Compute a number of the lesson now, and tell whether the lesson is right."""
    from practicum.learn.lessons.recompute import origin_of, recompute

    studio: Studio = request.app.state.studio
    folder = folder_of(studio.learner.roadmap.find(word))
    origin = origin_of(folder, name)
    if not _computing.acquire(blocking=False):
        raise BusyError("another number is being computed", hint="again when it is done")
    try:
        told = recompute(folder, name)
    finally:
        _computing.release()
    return reply(html={"#claim-told": part("_claim_told.html", told=told, origin=origin)})
