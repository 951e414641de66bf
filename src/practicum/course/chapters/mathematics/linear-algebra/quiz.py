"""Answers of the parametric questions on linear algebra."""

from __future__ import annotations

import math
import random
from typing import Any


def det_of_two(rng: random.Random) -> dict[str, Any]:
    """The determinant of a matrix of small numbers; never zero."""
    while True:
        a, b, c, d = (rng.choice([-3, -2, -1, 1, 2, 3, 4, 5]) for _ in range(4))
        answer = a * d - b * c
        if answer and a * d + b * c != answer:
            break
    slips = {
        a * d + b * c: "That adds the two products; the second one is subtracted.",
        -answer: "The right size with the wrong sign: it is ad − bc, not bc − ad.",
    }
    return {"a": a, "b": b, "c": c, "d": d, "answer": answer, "within": 0.0,
            "slips": {k: v for k, v in slips.items() if k != answer}}  # fmt: skip


def other_eigenvalue(rng: random.Random) -> dict[str, Any]:
    """The second eigenvalue from the first and the trace."""
    first, second = rng.sample([-4, -3, -2, -1, 1, 2, 3, 4, 5, 6], 2)
    shift = rng.choice([1, 2, 3])
    a, d = first + shift, second - shift
    # b · c is what makes the determinant the product of both.
    product = a * d - first * second
    slips = {
        a + d + first: "The eigenvalues add up to the trace; take the known one away instead.",
        a + d: "That is the trace, the sum of both eigenvalues.",
    }
    return {"a": a, "d": d, "b": 1, "c": product, "first": first, "answer": second, "within": 0.0,
            "slips": {k: v for k, v in slips.items() if k != second}}  # fmt: skip


def cosine_of_two(rng: random.Random) -> dict[str, Any]:
    """A cosine between arrows whose lengths are whole numbers."""
    (a, b), (c, d) = rng.sample([(3, 4), (4, 3), (5, 12), (12, 5), (8, 6), (-3, 4), (15, 8)], 2)
    dot, m, n = a * c + b * d, math.hypot(a, b), math.hypot(c, d)
    slips = {
        dot: "That is the dot product: divide it by both lengths.",
        round(dot / (m * m * n * n), 6): "Divide by the lengths, not by their squares.",
    }
    return {"a": a, "b": b, "c": c, "d": d, "dot": dot, "m": round(m), "n": round(n),
            "answer": dot / (m * n), "within": 0.006,
            "slips": {k: v for k, v in slips.items() if abs(k - dot / (m * n)) > 0.02}}  # fmt: skip


def update_numbers(rng: random.Random) -> dict[str, Any]:
    """How many numbers a low-rank update of a layer holds."""
    rows, columns, rank = (
        rng.choice([576, 768, 1024]),
        rng.choice([192, 1536, 2048]),
        rng.choice([4, 8, 16]),
    )
    return {"rows": rows, "columns": columns, "rank": rank, "answer": rank * (rows + columns),
            "within": 0.0,
            "slips": {rows * columns: "That is the whole layer, without any saving.",
                      rank * rows * columns: "The two thin matrices are stored, so their sizes add up; "
                      "they do not multiply.",
                      rank * rank: "The update has that rank, but each of its directions is a whole "
                      "row and a whole column of numbers."}}  # fmt: skip
