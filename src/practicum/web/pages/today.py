"""Today: continue where you left, what is due, and a plan of twenty minutes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from practicum.learn.learner import Learner, Step, folder_of
from practicum.learn.lessons.lesson import reading_minutes
from practicum.learn.mastery import Record
from practicum.learn.roadmap import Concept
from practicum.web.render import page
from practicum.web.studio import Studio

router = APIRouter()
EVENING_MIN = 20
SLACK_MIN = 5  # a lab that is a little too long is begun all the same
REVIEW_MIN = 0.5  # a due question, read and answered; measured in no study, a round guess
LABELS = {"review": "Review", "lab": "Go on with the lab", "quiz": "Answer a few questions",
          "learn": "Read the lesson"}  # fmt: skip


@dataclass(frozen=True)
class Stop:
    """One line of the plan."""

    label: str
    what: str
    href: str
    minutes: float


@router.get("/", response_class=HTMLResponse)
def today(request: Request) -> HTMLResponse:
    """The first page."""
    studio: Studio = request.app.state.studio
    learner, now = studio.learner, datetime.now(UTC)
    record = learner.record()
    step = learner.suggest(now)
    return page(
        request, "today.html", title="Today", step=step, label=LABELS[step.verb], href=href_of(step),
        plan=plan(learner, record, step, now), is_new=not learner.progress.events(),
        parts=[(part, standing_of(record, [c for ch in part.chapters for c in ch.concepts], now))
               for part in learner.roadmap.parts],
        working=studio.queue.jobs(("running", "queued")),
    )  # fmt: skip


def href_of(step: Step) -> str:
    """Where the studio does what a step says."""
    slug = step.concept.slug if step.concept else ""
    if step.verb == "learn":
        return f"/learn/{slug}"
    if step.verb == "lab":
        return f"/lab/{slug}"
    return "/quiz?review=1" if step.verb == "review" else f"/quiz?topic={slug}" if slug else "/quiz"


def plan(learner: Learner, record: Record, step: Step, now: datetime) -> list[Stop]:
    """What fits into an evening: due answers first, then what was begun or comes next."""
    stops: list[Stop] = []
    left = float(EVENING_MIN)
    n_due = len(record.due(now))
    if n_due:
        n = min(n_due, 10)
        stops.append(
            Stop("Review", f"{n} of {n_due} due answers", "/quiz?review=1", n * REVIEW_MIN)
        )
        left -= n * REVIEW_MIN
    concept = step.concept or learner.next_new(record)
    if concept is None:
        return stops
    standing = record.standings[concept.id]
    if not standing.has_read:
        minutes = reading_minutes((folder_of(concept) / "lesson.md").read_text("utf-8"))
        stops.append(Stop("Read", concept.title, f"/learn/{concept.slug}", minutes))
        left -= minutes
    missing = [lab for lab in learner.labs(concept) if lab.slug not in standing.labs_passed]
    for lab in [lab for lab in missing[:1] if lab.minutes <= left + SLACK_MIN or not stops]:
        where = f"/lab/{concept.slug}/{lab.slug}"
        stops.append(Stop("Lab", lab.title, where, lab.minutes))
        left -= lab.minutes
    if left > 0:
        stops.append(
            Stop("Quiz", f"4 questions on {concept.title}", f"/quiz?topic={concept.slug}", 4)
        )
    return stops


def standing_of(record: Record, concepts: list[Concept], now: datetime) -> dict[str, int]:
    """How many of these concepts are in each state, and how many are open."""
    states = [record.standings[c.id].state(now) for c in concepts]
    return {
        "all": len(concepts),
        "open": sum(c.is_open for c in concepts),
        "known": states.count("mastered") + states.count("fading"),
        "begun": len(states) - states.count("new"),
    }
