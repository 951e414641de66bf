"""Answers of the parametric questions on calculus."""

from __future__ import annotations

import math
import random
from typing import Any


def error_after(rng: random.Random) -> dict[str, Any]:
    """The error of a method of known order after shrinking the step."""
    p, times, error = rng.choice([2, 3, 4]), rng.choice([2, 10]), rng.choice([0.8, 0.32, 0.16])
    answer = error / times**p
    slips = {
        error / times: "That is order one: the error would shrink like the step itself.",
        error / (times * p): "The order is a power: divide by the factor that many times over.",
    }
    return {"p": p, "times": times, "error": error, "answer": answer,
            "slips": {k: v for k, v in slips.items() if not math.isclose(k, answer, rel_tol=0.02)}}  # fmt: skip


def slope_of_product(rng: random.Random) -> dict[str, Any]:
    """The slope of x²·y + x against x."""
    x, y = rng.choice([2, 3, 4, 5]), rng.choice([-3, -2, 2, 3, 6])
    answer = 2 * x * y + 1
    slips = {
        2 * x * y: "x is used once more, on its own: slopes from all uses add up.",
        x * x: "That is the slope against y.",
        x * x * y + x: "That is the value of the function, not its slope.",
    }
    return {"x": x, "y": y, "answer": answer, "within": 0.0,
            "slips": {k: v for k, v in slips.items() if k != answer}}  # fmt: skip


def rate_limit(rng: random.Random) -> dict[str, Any]:
    """The largest stable rate in a valley of two curvatures."""
    flat, steep = rng.choice([1, 2, 3]), rng.choice([8, 16, 20, 40, 50])
    return {"flat": flat, "steep": steep, "answer": 2 / steep,
            "slips": {2 / flat: "Along the flat direction that would do; the steep one explodes first.",
                      1 / steep: "That rate lands on the floor of the steep direction in one step; "
                      "twice as much is still stable."}}  # fmt: skip


def cross_entropy_slope(rng: random.Random) -> dict[str, Any]:
    """The slope of the loss against the right token's score."""
    percent = rng.choice([5, 10, 20, 35, 60, 80])
    answer = percent / 100 - 1
    slips = {
        percent / 100: "That is the slope of a wrong token; at the right one, one is taken away.",
        1 - percent / 100: "The sign: raising the right token's score makes the loss smaller.",
        round(
            -100 / percent, 4
        ): "That is the slope against the chance itself; the score comes before softmax.",
    }
    return {"percent": percent, "answer": answer, "within": 0.005,
            "slips": {k: v for k, v in slips.items() if abs(k - answer) > 0.01}}  # fmt: skip


def memory_of(rng: random.Random) -> dict[str, Any]:
    """The sum of a geometric series."""
    q = rng.choice([0.6, 0.75, 0.8, 0.95, 0.98])
    answer = 1 / (1 - q)
    return {"q": q, "square": round(q * q, 6), "answer": answer,
            "slips": {1 / q: "Divide one by what is missing to one, 1 − q, not by q."}}  # fmt: skip
