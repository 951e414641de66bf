"""The map of the course: the drawing, what one station is about, and the same as a list."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from practicum.learn.learner import Learner
from practicum.learn.mastery import Record, Standing
from practicum.learn.roadmap import Concept, Roadmap
from practicum.web.render import STATES, page, part, when
from practicum.web.studio import Studio
from practicum.web.transit.drawing import View, draw

router = APIRouter()
MOST_FOUND = 10  # hits of a search that are listed
LONGEST = 200  # characters of a search


@dataclass(frozen=True)
class Stop:
    """A concept and the learner's state in it."""

    concept: Concept
    state: str

    @property
    def told(self) -> str:
        """The state in words."""
        if not self.concept.is_open:
            return "not open yet"
        return "fading: due for review" if self.state == "fading" else self.state


@dataclass(frozen=True)
class Filter:
    """What of the map is asked for: lines, states and words; nothing chosen means all."""

    parts: frozenset[str]
    states: frozenset[str]
    words: str

    def admits(self, stop: Stop, roadmap: Roadmap) -> bool:
        """Whether a station is shown."""
        return ((not self.parts or stop.concept.part in self.parts)
                and (not self.states or stop.state in self.states)
                and (not self.words or _rank(stop.concept, self.words, roadmap) is not None))  # fmt: skip


@router.get("/map", response_class=HTMLResponse)
def whole(
    request: Request,
    lines: Annotated[list[str] | None, Query(alias="part")] = None,
    chosen_states: Annotated[list[str] | None, Query(alias="state")] = None,
    q: str = "",
    at: str = "",
) -> HTMLResponse:
    """The page: `part` and `state` filter, `q` searches, `at` is the station that is looked at."""
    studio: Studio = request.app.state.studio
    learner, now = studio.learner, datetime.now(UTC)
    roadmap, record = learner.roadmap, learner.record()
    stops = _stops(learner, record, now)
    here = here_of(learner, now)
    chosen = roadmap.find(at) if at else here
    asked = Filter(
        frozenset(lines or ()) & {p.slug for p in roadmap.parts},
        frozenset(chosen_states or ()) & set(STATES), q.strip()[:LONGEST],
    )  # fmt: skip
    left_out = {slug for slug, stop in stops.items() if not asked.admits(stop, roadmap)}
    view = View(
        {slug: stop.state for slug, stop in stops.items()}, here.slug, chosen.slug, left_out
    )
    return page(
        request, "map.html", title="Map", roadmap=roadmap, stops=stops, asked=asked, states=STATES,
        left_out=left_out, here=here, chosen=chosen, n_in_state=_counts(stops.values()),
        n_open=sum(c.is_open for c in roadmap.concepts.values()),
        drawing=Markup(draw(roadmap, view)),  # noqa: S704 - the drawing escapes every text
        station_piece=_piece(learner, chosen, here, record, now), found=_found(learner, asked.words, stops),
    )  # fmt: skip


@router.get("/map/station/{slug}", response_class=HTMLResponse)
def one(request: Request, slug: str) -> str:
    """What one station is about, as a piece of the page."""
    learner: Learner = request.app.state.studio.learner
    now = datetime.now(UTC)
    return _piece(learner, learner.roadmap.find(slug), here_of(learner, now), learner.record(), now)


@router.get("/map/find", response_class=HTMLResponse)
def find(request: Request, q: str = "") -> str:
    """The stations that a search finds, as a piece of the page."""
    learner: Learner = request.app.state.studio.learner
    stops = _stops(learner, learner.record(), datetime.now(UTC))
    return _found(learner, q.strip()[:LONGEST], stops)


def here_of(learner: Learner, now: datetime) -> Concept:
    """Where the learner is: at what comes next, else at what was done last, else at the start."""
    step = learner.suggest(now)
    if step.concept:
        return step.concept
    by_id = learner.roadmap.by_id
    touched = [by_id[e.concept] for e in learner.progress.events() if e.concept in by_id]
    return touched[-1] if touched else next(iter(learner.roadmap.concepts.values()))


def evidence_of(standing: Standing, n_labs: int) -> list[str]:
    """What the learner has shown of a concept, line by line; empty before the first step."""
    said = []
    if standing.has_read:
        said.append("Lesson read")
    if standing.labs_passed:
        said.append(f"{len(standing.labs_passed)} of {n_labs} labs passed")
    if standing.n:
        said.append(f"{standing.n_right} of {standing.n} answers right")
    if standing.tested_out:
        said.append("Tested out")
    if standing.due:
        said.append(f"Next review {when(standing.due)}")
    return said


def _stops(learner: Learner, record: Record, now: datetime) -> dict[str, Stop]:
    return {
        c.slug: Stop(c, record.standings[c.id].state(now))
        for c in learner.roadmap.concepts.values()
    }


def _counts(stops: Iterable[Stop]) -> dict[str, int]:
    states = [stop.state for stop in stops]
    return {state: states.count(state) for state in STATES}


def _piece(
    learner: Learner, concept: Concept, here: Concept, record: Record, now: datetime
) -> Markup:
    roadmap, standing = learner.roadmap, record.standings[concept.id]
    stops = _stops(learner, record, now)
    return part(
        "_station.html", stop=stops[concept.slug], concept=concept, is_here=concept == here,
        chapter=roadmap.chapters[concept.chapter],
        line=next(p for p in roadmap.parts if p.slug == concept.part), standing=standing,
        needs=[stops[slug] for slug in concept.needs],
        unlocks=[stops[slug] for slug in roadmap.unlocks[concept.slug]],
        n_before=len(roadmap.ancestors(concept.slug)),
        n_after=sum(concept.slug in roadmap.ancestors(slug) for slug in roadmap.concepts),
        evidence=evidence_of(standing, learner.catalogue.n_labs.get(concept.id, 0)),
        n_labs=learner.catalogue.n_labs.get(concept.id, 0),
    )  # fmt: skip


def _found(learner: Learner, words: str, stops: dict[str, Stop]) -> Markup:
    roadmap = learner.roadmap
    ranks = (
        {slug: _rank(stop.concept, words, roadmap) for slug, stop in stops.items()} if words else {}
    )
    hits = sorted(
        (rank, n, slug) for n, (slug, rank) in enumerate(ranks.items()) if rank is not None
    )
    return part(
        "_found.html", words=words, n=len(hits), chapters=roadmap.chapters,
        hits=[stops[slug] for _, _, slug in hits[:MOST_FOUND]], all=" ".join(h[2] for h in hits),
    )  # fmt: skip


def _rank(concept: Concept, words: str, roadmap: Roadmap) -> int | None:
    """How near a concept is to what is searched: 0 by its title's beginning; None when it is not."""
    chapter = roadmap.chapters[concept.chapter].title
    wanted, title = words.casefold(), concept.title.casefold()
    places = (title, f"{title} {concept.slug}", f"{title} {concept.slug} {chapter.casefold()}",
              f"{title} {concept.slug} {chapter} {concept.teaches}".casefold())  # fmt: skip
    if title.startswith(wanted):
        return 0
    each = wanted.split()
    return next((n + 1 for n, text in enumerate(places) if all(w in text for w in each)), None)
