"""The certificate: what was shown to be known, by which evidence, recomputed from the events."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from practicum.learn.learner import Learner
from practicum.learn.mastery import Record
from practicum.learn.roadmap import Chapter
from practicum.measure.intervals import wilson
from practicum.measure.page import Page

STATES = {
    "new": "–",
    "learning": "under way",
    "mastered": "mastered",
    "fading": "mastered, review due",
}


def certificate(learner: Learner, name: str, now: datetime) -> dict[str, Any]:
    """The evidence per open chapter, as a value that a page or a script can show."""
    events = learner.progress.events()
    record = learner.record_of(events)
    chapters = [c for c in learner.roadmap.chapters.values() if c.is_open]
    told = json.dumps([[e.uid, e.at.isoformat(), e.kind, e.concept, dict(e.told)] for e in events],
                      sort_keys=True)  # fmt: skip
    return {
        "name": name,
        "at": now.isoformat(timespec="seconds"),
        "n_events": len(events),
        "digest": hashlib.sha256(told.encode()).hexdigest(),
        "chapters": [_chapter(learner, chapter, record, now) for chapter in chapters],
    }


def certificate_page(told: dict[str, Any]) -> str:
    """The certificate as a page to print or to send."""
    done = [c for c in told["chapters"] if c["mastered"] == c["of"]]
    page = Page(f"Practicum: what {told['name']} can do")
    page.add_lead(
        f"On {told['at'][:10]}, {_count(len(done), 'chapter')} of {len(told['chapters'])} complete: "
        + (", ".join(c["title"] for c in done) or "none yet; this page shows what is under way")
        + "."
    )
    for chapter in told["chapters"]:
        page.add_heading(chapter["title"])
        page.add_paragraph(f"{chapter['mastered']} of {chapter['of']} concepts mastered.")
        page.add_table(
            ["concept", "mastery", "answers right", "95 % interval", "labs", "lesson", "standing"],
            [_row(c) for c in chapter["concepts"]],
            "Mastery is computed from answers and labs; the interval is Wilson's over all answers.",
            numeric=(1, 2),
        )
    page.add_heading("How to check this page")
    page.add_paragraph(
        f"It was computed from {told['n_events']:,} events, whose digest is {told['digest']}. "
        "`practicum progress --export FILE` writes them; `practicum certificate --from FILE` computes "
        "this page again. Labs whose solution was shown before a pass are marked; they count little."
    )
    return page.html()


def _chapter(learner: Learner, chapter: Chapter, record: Record, now: datetime) -> dict[str, Any]:
    concepts = []
    for concept in chapter.concepts:
        standing = record.standings[concept.id]
        shown = sorted(
            s.partition("/")[2] for s in record.solutions if s.startswith(f"{concept.id}/")
        )
        low, high = wilson(standing.n_right, standing.n) if standing.n else (0.0, 1.0)
        concepts.append({
            "id": concept.id, "title": concept.title, "mastery": standing.mastery,
            "state": standing.state(now), "n": standing.n, "n_right": standing.n_right,
            "interval": [low, high] if standing.n else None,
            "labs": sorted(standing.labs_passed), "n_labs": len(learner.labs(concept)),
            "solutions_shown_first": shown, "has_read": standing.has_read,
            "tested_out": standing.tested_out,
        })  # fmt: skip
    mastered = sum(c["state"] in ("mastered", "fading") for c in concepts)
    return {"slug": chapter.slug, "title": chapter.title, "mastered": mastered, "of": len(concepts),
            "concepts": concepts}  # fmt: skip


def _row(concept: dict[str, Any]) -> Sequence[str]:
    ends = concept["interval"]
    shown = (
        f" ({len(concept['solutions_shown_first'])} shown first)"
        if concept["solutions_shown_first"]
        else ""
    )
    return [
        concept["title"],
        f"{concept['mastery']:.0%}" if concept["state"] != "new" else "–",
        f"{concept['n_right']} of {concept['n']}",
        f"{ends[0]:.0%} to {ends[1]:.0%}" if ends else "–",
        f"{len(concept['labs'])} of {concept['n_labs']}{shown}",
        "read" if concept["has_read"] else "–",
        "tested out" if concept["tested_out"] else STATES[concept["state"]],
    ]


def _count(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"
