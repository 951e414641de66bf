"""Draws and answers of the parametric items."""

from __future__ import annotations

import random
from typing import Any


def stretched_shape(rng: random.Random) -> dict[str, Any]:
    return {"n": rng.choice([4, 8, 32, 100])}


def careless_loss(rng: random.Random) -> dict[str, Any]:
    a, step, further = rng.randint(0, 5), rng.randint(1, 3), rng.randint(1, 3)
    values = [a, a + step, a + step + further]
    total = sum((x - y) ** 2 for x in values for y in values)
    return {
        "a": values[0],
        "b": values[1],
        "c": values[2],
        "answer": total / 9,
        "slips": {
            0: "That is the loss that was wanted. The column stretches into a table first.",
            total: "That is the sum of the nine squares; the mean divides it by nine.",
            total
            / 3: "You divided by three; the table has nine entries, and the mean is over all of them.",
            total / 6: "You divided by six: the zeros of the diagonal count as entries too.",
        },
    }


def wrapped(rng: random.Random) -> dict[str, Any]:
    token = rng.choice([100_257, 128_009, 151_643, 70_000, 66_000]) + rng.randint(0, 5)
    return {
        "id": f"{token:,}",
        "answer": token % 65_536,
        "within": 0,
        "slips": {
            token: "That needs seventeen bits or more, and uint16 has sixteen.",
            65_535: "NumPy does not stop at the largest value: it keeps the lowest sixteen bits.",
            token % 65_536
            + 1: "Nearly: there are 65,536 values, one more than the largest of them.",
        },
    }


def corpus_loss(rng: random.Random) -> dict[str, Any]:
    n1, n2 = rng.choice([10, 20, 50]), rng.choice([200, 300, 450])
    l1, l2 = rng.choice([4.0, 4.5, 5.0]), rng.choice([2.0, 2.5, 3.0])
    return {
        "n1": n1,
        "n2": n2,
        "l1": l1,
        "l2": l2,
        "answer": (n1 * l1 + n2 * l2) / (n1 + n2),
        "slips": {
            (l1 + l2)
            / 2: "That is the mean of the means: it gives the short document as much say as the long one.",
            (n2 * l1 + n1 * l2)
            / (n1 + n2): "The weights are swapped: each loss belongs to its own document.",
        },
    }


def drawn_ratio(rng: random.Random) -> dict[str, Any]:
    start = rng.choice([50, 60, 70])
    a = start + rng.randint(2, 5)
    b = a + rng.randint(3, 8)
    return {
        "a": a,
        "b": b,
        "start": start,
        "answer": (b - start) / (a - start),
        "slips": {
            b / a: "That is the true ratio, which bars from zero would show.",
            b - a: "That is the difference in points; the question is about a ratio of lengths.",
        },
    }
