"""All units answered: how many questions of each, in what order, and what a time allowed."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from practicum.core.artifact import write_atomically
from practicum.core.stage import Work
from practicum.evaluate.running.answers import Room, Sitting
from practicum.evaluate.running.sampling import RESERVE, SLICE, allocate, half_width, seconds
from practicum.evaluate.running.units import Agenda, Key

CHOSEN_FILE = "chosen.json"
# Of a budget's counts: if time runs out all the same, every task has had its share.
ROUNDS = (0.25, 0.5, 0.75, 1.0)
Sittings = dict[Key, Sitting]


@dataclass(frozen=True)
class Extent:
    """How much is asked: a time, the first few of each task, or everything.

    begun  when the clock of the budget started
    """

    budget: str | None
    limit: int | None
    chat: bool
    begun: float


def answer_all(
    work: Work, found: Agenda, model: Any, extent: Extent
) -> tuple[Sittings, list[str]]:  # fmt: skip
    """Every unit answered as far as was asked and as far as it went; and what is to be said."""
    assert found.catalogue
    done, total = [0], [0]

    def hear(n: int, name: str) -> None:
        done[0] += n
        work.progress(done[0], total[0] or None, "questions", name)

    room = Room(model, found.catalogue, work.keep, seed=work.seed, chat=extent.chat, heard=hear)
    sittings = {
        key: room.open(unit, limit=extent.limit, sample=extent.budget is not None)
        for key, unit in found.units.items()
        if not unit.missing
    }
    notes = [note for suite in found.suites for note in suite.notes]
    if extent.budget is None:
        total[0] = sum(len(s.order) for s in sittings.values())
        for sitting in sittings.values():
            room.answer(sitting, len(sitting.order))
        return sittings, notes
    end = extent.begun + seconds(extent.budget)
    counts, told = _counts(work, found, room, sittings, extent.budget, end)
    total[0] = sum(counts.values())
    for share in ROUNDS:
        for key, sitting in sittings.items():
            room.answer(sitting, math.ceil(share * counts[key]), first=SLICE, end=end)
    well = {key: s for key, s in sittings.items() if not s.failed}
    answered = sum(len(s.answers) for s in well.values())
    if answered < sum(counts[key] for key in well):
        told += f" It ran out: {answered:,} were answered."
    return sittings, [*notes, told]


def _counts(
    work: Work, found: Agenda, room: Room, sittings: Sittings, budget: str, end: float
) -> tuple[dict[Key, int], str]:
    """How many questions of each unit, and a sentence about it; the same again after a kill."""
    path = work.keep / CHOSEN_FILE
    if not path.is_file():
        for sitting in sittings.values():
            room.answer(sitting, SLICE, first=SLICE, end=end)
        able = {k: s for k, s in sittings.items() if s.answers and not s.failed}
        costs = {k: s.seconds / len(s.answers) for k, s in able.items()}
        sizes = {k: len(s.order) for k, s in able.items()}
        spent = sum(s.seconds for s in able.values())
        left = max(0.0, (end - time.monotonic()) * RESERVE)
        chosen = allocate(costs, _all_weights(found), sizes, SLICE, spent + left)
        told = (
            f"Budget {budget}: {sum(chosen.values()):,} of {sum(sizes.values()):,} questions, "
            f"sampled with seed {work.seed}; 95 % half-widths at worst: {_widths(found, chosen)}."
        )
        kept = {"counts": [[*key, n] for key, n in chosen.items()], "told": told}
        write_atomically(path, json.dumps(kept) + "\n")
    read = json.loads(path.read_text("utf-8"))
    counts = {(name, shots): int(n) for name, shots, n in read["counts"]}
    work.note(str(read["told"]))
    # What failed while its price was learned gets the least.
    return {key: counts.get(key, SLICE) for key in sittings}, str(read["told"])


def _all_weights(found: Agenda) -> dict[Key, float]:
    """How much a unit's score moves the averages of the suites, added up."""
    weights: dict[Key, float] = {}
    for suite in found.suites:
        for key, weight in suite.weights().items():
            weights[key] = weights.get(key, 0.0) + weight
    return weights


def _widths(found: Agenda, counts: Mapping[Key, int]) -> str:
    widths = ((suite.name, half_width(suite.weights(), counts)) for suite in found.suites)
    return ", ".join(f"{name} ±{width:.3f}" for name, width in widths)
