"""Progress: the evidence for what is known, what falls due, the certificate, and a way out."""

from __future__ import annotations

import getpass
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from markupsafe import Markup

from practicum.core.errors import Complaint, DataError
from practicum.learn.learner import Learner
from practicum.learn.mastery import MASTERED, Record, Standing
from practicum.learn.progress import exported
from practicum.learn.roadmap import Chapter, Concept
from practicum.web.pages.today import href_of
from practicum.web.render import page, part, reply
from practicum.web.studio import Studio
from practicum.web.study.history import history

router = APIRouter()
LONGEST_NAME = 80
MOST_DEEDS = 24
MOST_COMPLAINTS = 3
IMPORT_NAME = "the file"
# What can be shown of the evidence, and its label.
SHOWN: dict[str, tuple[str, Callable[[str], bool]]] = {
    "open": ("All that is open", lambda state: True),
    "fading": ("Review due", lambda state: state == "fading"),
    "learning": ("Under way", lambda state: state == "learning"),
    "mastered": ("Mastered", lambda state: state in ("mastered", "fading")),
    "new": ("Not begun", lambda state: state == "new"),
}


@dataclass(frozen=True)
class Evidence:
    """A concept and what speaks for knowing it."""

    concept: Concept
    state: str
    standing: Standing
    n_labs: int
    n_solutions: int
    missing: str


class Pictures:
    """The pictures of one state of things, drawn once: folding back through time takes a while."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._of: tuple[object, ...] = ()
        self._drawn: list[Markup] = []

    def of(self, learner: Learner, now: datetime) -> list[Markup]:
        """What falls due, and what came to be known, as figures."""
        from practicum.measure.page import plot_figure
        from practicum.web.study.pictures import known_over_time, reviews_ahead

        events = learner.progress.events()
        place = (len(events), events[-1].uid if events else "", f"{now.astimezone():%Y-%m-%d %H}")
        with self._turn:
            if place != self._of:
                drawn = [reviews_ahead(learner.record_of(events), now),
                         known_over_time(learner, events, now)]  # fmt: skip
                self._drawn = [Markup(plot_figure(p)) for p in drawn if p]  # noqa: S704 - it escapes
                self._of = place
            return self._drawn


PICTURES = Pictures()


@router.get("/progress", response_class=HTMLResponse)
def progress(request: Request, show: str = "open") -> HTMLResponse:
    """Everything that speaks for what is known."""
    studio: Studio = request.app.state.studio
    learner, now = studio.learner, datetime.now(UTC)
    events, record = learner.progress.events(), learner.record()
    show = show if show in SHOWN else "open"
    everything = {
        ch.slug: _evidence(learner, ch, record, now) for ch in learner.roadmap.chapters.values()
    }
    every_state = [e.state for rows in everything.values() for e in rows]
    fits = SHOWN[show][1]
    parts = [(line, [(ch, [e for e in everything[ch.slug] if fits(e.state)]) for ch in line.chapters])
             for line in learner.roadmap.parts]  # fmt: skip
    standings = list(record.standings.values())
    step = learner.suggest(now)
    return page(
        request, "progress.html", title="Progress", is_new=not events, step=step, href=href_of(step),
        parts=[(line, [(ch, rows) for ch, rows in chapters if rows]) for line, chapters in parts],
        filters=[(name, label, sum(map(test, every_state))) for name, (label, test) in SHOWN.items()],
        show=show, n_closed=len(learner.roadmap.concepts) - len(every_state),
        n_known=sum(map(SHOWN["mastered"][1], every_state)), n_open=len(every_state),
        n=sum(s.n for s in standings), n_right=sum(s.n_right for s in standings),
        n_labs=sum(len(s.labs_passed) for s in standings), n_lessons=sum(s.has_read for s in standings),
        days=history(events, learner, MOST_DEEDS), n_events=len(events),
        chapters=[(ch, _evidence(learner, ch, record, now)) for ch in learner.roadmap.chapters.values()
                  if ch.is_open], mastered=MASTERED, name=_account(), file=learner.progress.path,
    )  # fmt: skip


@router.get("/progress/pictures", response_class=HTMLResponse)
def pictures(request: Request) -> str:
    """The pictures, drawn when the page is already there."""
    studio: Studio = request.app.state.studio
    return str(part("_pictures.html", figures=PICTURES.of(studio.learner, datetime.now(UTC))))


@router.get("/progress/certificate", response_class=HTMLResponse)
def certificate(request: Request, name: str = "", save: str = "") -> HTMLResponse:
    """The certificate as a page of its own, which runs nothing and reaches nowhere."""
    from practicum.learn.certificate import certificate as evidence
    from practicum.learn.certificate import certificate_page
    from practicum.measure.page import POLICY

    studio: Studio = request.app.state.studio
    told = evidence(studio.learner, name.strip()[:LONGEST_NAME] or _account(), datetime.now(UTC))
    headers = {"content-security-policy": f"{POLICY}; frame-ancestors 'none'"}
    if save:
        headers["content-disposition"] = 'attachment; filename="practicum-certificate.html"'
    return HTMLResponse(certificate_page(told), headers=headers)


@router.get("/progress/export")
def export(request: Request) -> Response:
    """Every event, as a file to keep or to take to another machine."""
    studio: Studio = request.app.state.studio
    name = f"practicum-progress-{datetime.now():%Y-%m-%d}.jsonl"
    return Response(exported(studio.learner.progress.events()), media_type="application/x-ndjson",
                    headers={"content-disposition": f'attachment; filename="{name}"'})  # fmt: skip


@router.post("/progress/import")
def include(request: Request, given: dict[str, Any]) -> JSONResponse:
    """Add the events of an export that are not here yet; none is added twice."""
    studio: Studio = request.app.state.studio
    text = given.get("text")
    if not isinstance(text, str) or not text.strip():
        raise DataError(Complaint("the file is empty: nothing was added", hint="choose an export"))
    try:
        n = studio.learner.progress.include_text(text, IMPORT_NAME)
    except DataError as error:
        raise DataError(*_told(error)) from None
    new = "1 event is new" if n == 1 else f"{n} events are new"
    said = f"{new} and was added." if n == 1 else f"{new} and were added." if n else (
        "Every event of this file was here already: nothing changed.")  # fmt: skip
    return reply(html={"#imported": part("_imported.html", said=said, n=n)}, say=said)


def _told(error: DataError) -> list[Complaint]:
    """The first complaints about an export, in words for someone who chose a wrong file."""
    first = [Complaint(f"{c.where}: {c.what}" if c.where else c.what)
             for c in error.complaints[:MOST_COMPLAINTS]]  # fmt: skip
    more = len(error.complaints) - len(first)
    if more:
        first.append(Complaint(f"and {more} lines more like these"))
    return [*first, Complaint("Nothing was added", hint="a file that Export wrote, unchanged")]


def _account() -> str:
    """The name of this account, for the certificate's first draft."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return "a learner"


def _evidence(learner: Learner, chapter: Chapter, record: Record, now: datetime) -> list[Evidence]:
    """What is known of a chapter's open concepts."""
    found = []
    for concept in chapter.concepts:
        if concept.is_open:
            standing = record.standings[concept.id]
            n_labs = learner.catalogue.n_labs.get(concept.id, 0)
            shown = sum(s.startswith(f"{concept.id}/") for s in record.solutions)
            found.append(Evidence(concept, standing.state(now), standing, n_labs, shown,
                                  _missing(standing, n_labs)))  # fmt: skip
    return found


def _missing(standing: Standing, n_labs: int) -> str:
    """What would make a concept mastered, in a few words; "" when it is."""
    if standing.mastery >= MASTERED and standing.touched:
        return ""
    n_left = n_labs - len(standing.labs_passed)
    return (
        f"right answers, {n_left} {'lab' if n_left == 1 else 'labs'} left"
        if n_left > 0
        else "right answers"
    )
