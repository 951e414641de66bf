"""What a learner did, as sentences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from practicum.learn.learner import Learner
from practicum.learn.progress import Event
from practicum.learn.roadmap import Concept

ONE_GO = timedelta(minutes=30)  # answers, or runs of a lab, nearer than this are told together
GONE = "something that left the map"


@dataclass(frozen=True)
class Deed:
    """One line of the history: when, and a sentence with the name of what it was about."""

    at: datetime
    before: str
    name: str = ""
    href: str = ""
    after: str = ""


def history(events: Sequence[Event], learner: Learner, most: int) -> list[tuple[str, list[Deed]]]:
    """The last deeds by day, the latest first; days and times are this machine's."""
    days: dict[str, list[Deed]] = {}
    n = 0
    for group in _groups(reversed(events)):
        deed = _deed(group, learner)
        if deed is None:
            continue
        days.setdefault(f"{deed.at:%A}, {deed.at.day} {deed.at:%B %Y}", []).append(deed)
        n += 1
        if n == most:
            break
    return list(days.items())


def _groups(events: Iterable[Event]) -> Iterable[list[Event]]:
    """Answers of one go, or runs of one lab, that followed each other, the latest first."""
    group: list[Event] = []
    for event in events:
        if group and _goes_on(group[-1], event):
            group.append(event)
            continue
        if group:
            yield group
        group = [event]
    if group:
        yield group


def _goes_on(later: Event, event: Event) -> bool:
    if later.kind != event.kind or later.at - event.at >= ONE_GO:
        return False
    if event.kind == "answer":
        return bool(later.told.get("in") == event.told.get("in"))
    is_same_lab = (later.concept, later.told.get("lab")) == (event.concept, event.told.get("lab"))
    return event.kind == "lab" and is_same_lab


def _deed(group: list[Event], learner: Learner) -> Deed | None:
    event = group[0]
    concept = learner.roadmap.by_id.get(event.concept)
    at, told = event.at.astimezone(), event.told
    name, href = (concept.title, f"/learn/{concept.slug}") if concept else (GONE, "")
    if event.kind == "read":
        return Deed(at, "Read", name, href)
    if event.kind == "answer":
        return _answers(group, at, name, href)
    if event.kind == "testout":
        known = [
            learner.roadmap.by_id[i].title for i in told["concepts"] if i in learner.roadmap.by_id
        ]
        verb = "Tested out of" if told.get("passed") else "A test-out showed"
        return Deed(at, verb, ", ".join(known) or "nothing yet")
    if event.kind not in ("lab", "hint", "solution"):
        return None
    lab, href = _lab(concept, str(told["lab"]), learner)
    if event.kind == "lab":
        return Deed(at, "The lab", lab, href, _outcome(group))
    if event.kind == "hint":
        return Deed(at, f"Hint {told.get('number')} for the lab", lab, href)
    return Deed(at, "The solution of the lab", lab, href,
                ", before it was passed" if told.get("surrendered") else "")  # fmt: skip


def _answers(group: list[Event], at: datetime, name: str, href: str) -> Deed:
    """Answers of one go: how many, on what, and how many were right."""
    where = {"review": " in a review", "testout": " in a test-out"}.get(
        str(group[0].told.get("in")), ""
    )
    right = [bool(e.told.get("right")) for e in group]
    if len(group) == 1:
        return Deed(
            at, "A question on", name, href, f"{where}: {'right' if right[0] else 'not right'}"
        )
    others = len({e.concept for e in group}) - 1
    more = f" and {others} {'other concept' if others == 1 else 'other concepts'}" if others else ""
    return Deed(at, f"{len(group)} questions on", name, href, f"{more}{where}: {sum(right)} right")


def _lab(concept: Concept | None, slug: str, learner: Learner) -> tuple[str, str]:
    """The title of a lab and its address."""
    if concept is None or not concept.is_open:
        return GONE, ""
    titles = {lab.slug: lab.title for lab in learner.labs(concept)}
    return (titles[slug], f"/lab/{concept.slug}/{slug}") if slug in titles else (GONE, "")


def _outcome(runs: list[Event]) -> str:
    """How the last of some runs went."""
    told = runs[0].told
    times = f" at run {len(runs)}" if len(runs) > 1 else ""
    if told.get("all"):
        return f": passed{times}"
    passed, n = told.get("passed"), told.get("n")
    if isinstance(passed, list) and isinstance(n, int):
        return f": {len(passed)} of {n} tasks passed{times}"
    return f": not passed yet{times}"
