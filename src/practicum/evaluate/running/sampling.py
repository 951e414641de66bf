"""Which questions are asked: all, the first few, or as many as a time allows.

A sample is the beginning of one seeded order, so a longer one contains a shorter one, with the
same examples before every question.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from typing import TypeVar

from practicum.core.errors import PracticumError
from practicum.measure.intervals import Z_95

Place = tuple[int, int]  # which task of the unit, which of its questions
Name = TypeVar("Name")

SLICE = 2  # questions of each unit that are asked to learn what one costs
SPREAD = 0.5  # standard deviation of a right-or-wrong answer at its worst
RESERVE = 0.9  # of the time left; the rest is for reading, building and writing
UNITS = {"": 1, "s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600}
STEPS = 60  # halvings of the factor that makes the counts: exact to the last question


def seconds(budget: str) -> float:
    """A time such as 90, 90s, 3m or 1.5h in seconds.

    Raises  PracticumError for anything else.
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([a-z]*)", budget.strip().lower())
    if not found or found[2] not in UNITS or not float(found[1]):
        raise PracticumError(f"budget: '{budget}' is not a time", hint="90s, 3m or 1h")
    return float(found[1]) * UNITS[found[2]]


def places(sizes: Sequence[int], limit: int | None = None) -> list[Place]:
    """Every question of each task in order, or the first `limit` of each, as the harness has it."""
    return [(task, i) for task, n in enumerate(sizes) for i in range(min(n, limit or n))]


def shuffled(sizes: Sequence[int], seed: int, name: str) -> list[Place]:
    """Every question of a unit in the seeded order from which samples are taken."""
    found = places(sizes)
    random.Random(f"{seed} {name}").shuffle(found)
    return found


def allocate(
    costs: Mapping[Name, float], weights: Mapping[Name, float], sizes: Mapping[Name, int],
    least: int, time_s: float,
) -> dict[Name, int]:  # fmt: skip
    """How many questions of each unit make the averages most precise within a time.

    Units   costs in seconds a question; time_s includes the `least` of each that are asked anyway
    Source  Neyman 1934: n is proportional to weight × spread / √cost, with equal spreads.
    """

    def counts(factor: float) -> dict[Name, int]:
        return {
            name: min(sizes[name], max(least, int(factor * weights[name] / cost**0.5)))
            for name, cost in safe.items()
        }

    safe = {name: max(cost, 1e-6) for name, cost in costs.items()}
    low, high = 0.0, max((sizes[n] * safe[n] ** 0.5 / weights[n] for n in safe), default=0.0) + 1
    for _ in range(STEPS):
        middle = (low + high) / 2
        spent = sum(n * safe[name] for name, n in counts(middle).items())
        low, high = (middle, high) if spent <= time_s else (low, middle)
    return counts(low)


def half_width(weights: Mapping[Name, float], counts: Mapping[Name, int]) -> float:
    """Half of the 95 % interval that these counts buy for a weighted sum of scores, at worst."""
    variance = sum((w * SPREAD) ** 2 / counts[name] for name, w in weights.items()
                   if counts.get(name))  # fmt: skip
    return float(Z_95 * variance**0.5)
