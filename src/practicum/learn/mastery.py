"""What a learner knows, from what they did: log-odds per concept, spread over the graph.

Source  Bayesian knowledge tracing (Corbett and Anderson 1995) without its learning step, as a
        sum of log-likelihood ratios; review times are FSRS's (Ye 2022, by the `fsrs` library).
        We differ: a right answer also speaks for what the concept needs, and a wrong one
        against what needs it, each step along the graph at half the weight and never more
        than BORROWED in all: what was shown elsewhere does not outweigh one's own answers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from practicum.learn.progress import Event
from practicum.learn.quiz import Item
from practicum.learn.roadmap import Roadmap

PRIOR = math.log(0.3 / 0.7)  # before any evidence: probably not known
SLIP = 0.1  # wrong although known
GUESS = {"choice": 0.25, "numeric": 0.05, "short": 0.05}  # right although not known
LABS, LAB_SHOWN = (
    2.2,
    0.2,
)  # all labs of a concept passed; the share of one whose solution was shown
TESTED_OUT = math.log(0.9 / 0.1)  # what a test-out asks of every concept
STEP = 0.5  # weight of evidence one need further along the graph
BORROWED = 2.0  # log-odds at most that other concepts' answers lend: one's own decide
CAP = 5.0  # no amount of evidence is beyond being shaken by some wrong answers
MASTERED, KNOWN_WEAK = 0.85, 0.5
RETENTION = 0.9  # FSRS's desired probability of recall when a review falls due


@dataclass(frozen=True)
class Standing:
    """How a learner stands with one concept.

    mastery     probability that it is known
    n, n_right  answers given to its items
    due         when its next review falls due, None when nothing was answered yet
    """

    mastery: float
    n: int = 0
    n_right: int = 0
    has_read: bool = False
    labs_passed: frozenset[str] = frozenset()
    due: datetime | None = None
    tested_out: bool = False

    @property
    def touched(self) -> bool:
        """Whether the learner did anything here."""
        return bool(self.n or self.has_read or self.labs_passed or self.tested_out)

    def state(self, now: datetime) -> str:
        """new · learning · mastered · fading: the glyph on the map."""
        if self.mastery >= MASTERED and self.touched:
            return "fading" if self.due and self.due <= now else "mastered"
        return "learning" if self.touched else "new"


@dataclass(frozen=True)
class Catalogue:
    """What the fold must know of the course: every item's kind, and how many labs a concept has."""

    kinds: Mapping[str, str]
    n_labs: Mapping[str, int]


@dataclass
class Record:
    """Everything that the fold keeps of the events."""

    standings: dict[str, Standing]
    cards: dict[str, Any] = field(default_factory=dict)  # item key → fsrs.Card
    asked: dict[str, int] = field(default_factory=dict)  # item key → times
    order: list[str] = field(default_factory=list)  # item keys as they were asked
    wrong: dict[str, int] = field(default_factory=dict)  # concept id → wrong answers
    hints: dict[tuple[str, str], int] = field(default_factory=dict)  # (lab, task) → shown
    solutions: set[str] = field(
        default_factory=set
    )  # labs ("F1a/by-hand") whose solution was shown

    def due(self, now: datetime) -> list[str]:
        """Items whose review is due, the longest overdue first."""
        keys = [key for key, card in self.cards.items() if card.due <= now]
        return sorted(keys, key=lambda key: self.cards[key].due)


def scheduler(retention: float = RETENTION) -> Any:
    """The FSRS scheduler of the course: whole days from the first answer on, no random fuzz.

    There are no learning steps of minutes: an evening's session should end when it ends.
    """
    from fsrs import Scheduler

    return Scheduler(desired_retention=retention, learning_steps=(), relearning_steps=(),
                     enable_fuzzing=False)  # fmt: skip


def rating(right: bool) -> Any:
    """FSRS's rating of an answer. Quick is not called easy: reading speed is not memory."""
    from fsrs import Rating

    return Rating.Good if right else Rating.Again


def fold(events: Iterable[Event], roadmap: Roadmap, catalogue: Catalogue) -> Record:
    """Where a learner stands after these events.

    Events of concepts or items that are no longer on the map are kept in the file and have no
    effect here.
    """
    from fsrs import Card

    weights = _neighbours(roadmap)
    own = dict.fromkeys(roadmap.by_id, 0.0)
    borrowed = dict.fromkeys(roadmap.by_id, 0.0)
    facts: dict[str, dict[str, Any]] = {id: _blank() for id in roadmap.by_id}
    record = Record({})
    clock = scheduler()
    for event in events:
        if event.kind == "testout" and event.told.get("passed"):  # of several concepts at once
            for id in set(event.told["concepts"]) & set(facts):
                facts[id]["tested_out"] = True
                own[id] = max(own[id], TESTED_OUT - PRIOR)
        if event.concept not in facts:
            continue
        told, fact = event.told, facts[event.concept]
        if event.kind == "read":
            fact["has_read"] = True
        elif event.kind == "answer":
            key, right = told["item"], bool(told["right"])
            card = record.cards.get(key) or Card(card_id=len(record.cards) + 1, due=event.at)
            record.cards[key], _ = clock.review_card(card, rating(right), event.at)
            record.asked[key] = record.asked.get(key, 0) + 1
            record.order.append(key)
            fact["n"] += 1
            fact["n_right"] += right
            if not right:
                record.wrong[event.concept] = record.wrong.get(event.concept, 0) + 1
            _spread(
                own,
                borrowed,
                event.concept,
                evidence(catalogue.kinds.get(key, "choice"), right),
                weights,
            )
        elif event.kind == "lab" and told.get("all"):
            name = f"{event.concept}/{told['lab']}"
            if told["lab"] not in fact["labs_passed"]:
                fact["labs_passed"].add(told["lab"])
                change = LABS / max(1, catalogue.n_labs.get(event.concept, 1))
                change *= LAB_SHOWN if name in record.solutions else 1
                _spread(own, borrowed, event.concept, change, weights)
        elif event.kind == "hint":
            place = (f"{event.concept}/{told['lab']}", told["task"])
            record.hints[place] = max(record.hints.get(place, 0), told["number"])
        elif event.kind == "solution" and told.get("surrendered"):
            record.solutions.add(f"{event.concept}/{told['lab']}")
    for id, fact in facts.items():
        dues = [card.due for key, card in record.cards.items() if key.split(".")[0] == id]
        record.standings[id] = Standing(
            1 / (1 + math.exp(-PRIOR - own[id] - borrowed[id])), fact["n"], fact["n_right"], fact["has_read"],
            frozenset(fact["labs_passed"]), min(dues) if dues else None, fact["tested_out"],
        )  # fmt: skip
    return record


def evidence(kind: str, right: bool) -> float:
    """The log-likelihood ratio of an answer: known against not known."""
    guess = GUESS[kind]
    return math.log((1 - SLIP) / guess) if right else math.log(SLIP / (1 - guess))


def _blank() -> dict[str, Any]:
    return {"n": 0, "n_right": 0, "has_read": False, "labs_passed": set(), "tested_out": False}


def _neighbours(roadmap: Roadmap) -> dict[str, tuple[dict[str, float], dict[str, float]]]:
    """Concept id → weights of what it needs, and of what needs it, by distance."""
    needs = {c.id: [roadmap.concepts[n].id for n in c.needs] for c in roadmap.concepts.values()}
    unlocks: dict[str, list[str]] = {id: [] for id in needs}
    for id, needed in needs.items():
        for n in needed:
            unlocks[n].append(id)
    return {id: (_distances(id, needs), _distances(id, unlocks)) for id in needs}


def _distances(start: str, edges: Mapping[str, Sequence[str]]) -> dict[str, float]:
    found, edge, weight = {start: 1.0}, [start], 1.0
    while edge and weight > 0.1:
        weight *= STEP
        edge = [n for id in edge for n in edges[id] if n not in found]
        found.update(dict.fromkeys(edge, weight))
    del found[start]
    return found


def _spread(
    own: dict[str, float], borrowed: dict[str, float], concept: str, change: float,
    weights: Mapping[str, tuple[dict[str, float], dict[str, float]]],
) -> None:  # fmt: skip
    own[concept] = max(-CAP, min(CAP, own[concept] + change))
    below, above = weights[concept]
    for id, weight in (below if change > 0 else above).items():
        borrowed[id] = max(-BORROWED, min(BORROWED, borrowed[id] + weight * change))


def next_item(
    items: Sequence[Item], record: Record, roadmap: Roadmap, *, placement: bool = False
) -> Item:
    """The item to ask now.

    Known weaknesses first, three turns of four, the deepest of them first: a wrong answer may
    come from what the concept needs. Otherwise what is not known yet, in the order of the graph.
    With `placement` (testing out) the weakest concept gets its hardest item to guess.
    """
    by_concept: dict[str, list[Item]] = {}
    for item in items:
        by_concept.setdefault(item.concept, []).append(item)
    odds = {id: record.standings[id].mastery for id in by_concept}
    if placement:
        target = min(by_concept, key=lambda id: (record.standings[id].n > 0, odds[id]))
        return min(
            by_concept[target], key=lambda i: (record.asked.get(i.key, 0), GUESS[i.kind], -i.level)
        )
    weak = [id for id in by_concept if record.wrong.get(id) and odds[id] < KNOWN_WEAK]
    if weak and len(record.order) % 4 != 3:
        target = _deepest(weak, by_concept, record, roadmap)
    else:
        target = _nearest_unknown(by_concept, record, roadmap)
    return _fitting(by_concept[target], odds[target], record)


def _deepest(
    weak: Sequence[str], by_concept: Mapping[str, Any], record: Record, roadmap: Roadmap
) -> str:
    """A weak concept none of whose needs is weak, or a need of it that was never asked about."""
    slugs = {roadmap.by_id[id].slug: id for id in weak}
    roots = [id for slug, id in slugs.items() if not roadmap.ancestors(slug) & set(slugs)]
    target = min(roots, key=lambda id: record.standings[id].n)
    needs = [roadmap.concepts[s].id for s in roadmap.by_id[target].needs]
    unasked = [n for n in needs if n in by_concept and not record.standings[n].n
               and record.standings[n].mastery < MASTERED]  # fmt: skip
    return unasked[0] if unasked and record.standings[target].n >= 2 else target


def _nearest_unknown(by_concept: Mapping[str, Any], record: Record, roadmap: Roadmap) -> str:
    """What was begun and is not known, then what has the fewest unknown needs, in map order.

    Going up from the roots finds a weakness before it is blamed on what builds on it; asking
    the hardest first (which tells most if it goes well) found weak chapters far later: LOG.md.
    """
    places = {id: n for n, id in enumerate(roadmap.by_id)}

    def order(id: str) -> tuple[bool, bool, int, int, int]:
        standing = record.standings[id]
        unknown = sum(record.standings[roadmap.concepts[s].id].mastery < MASTERED
                      for s in roadmap.ancestors(roadmap.by_id[id].slug))  # fmt: skip
        begun = standing.has_read or bool(standing.labs_passed)
        return standing.mastery >= MASTERED, not begun, standing.n, unknown, places[id]

    return min(by_concept, key=order)


def _fitting(items: Sequence[Item], mastery: float, record: Record) -> Item:
    """Of a concept's items the least asked, nearest in level to where the learner is."""
    level = 1 if mastery < 0.35 else 2 if mastery < 0.75 else 3
    last = record.order[-1] if record.order else ""
    return min(
        items, key=lambda i: (i.key == last, record.asked.get(i.key, 0), abs(i.level - level))
    )
