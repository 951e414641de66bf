"""Draws and answers of the parametric items."""

from __future__ import annotations

import math
import random
from typing import Any


def gradient_sign(rng: random.Random) -> dict[str, Any]:
    z, y = rng.choice([-2, -1, 1, 2]), rng.choice([0, 1])
    chance = 1 / (1 + math.exp(-z))
    wrong = chance if y else chance - 1
    return {
        "z": z,
        "y": y,
        "answer": round(chance - y, 6),
        "within": 0.006,
        "slips": {
            round(
                y - chance, 6
            ): "The sign is turned: the loss falls when a chance that is too low rises.",
            round(wrong, 6): "That is the slope for the other label.",
        },
    }


def slope_of_three(rng: random.Random) -> dict[str, Any]:
    a, c = rng.randint(0, 4), rng.randint(5, 9)
    b = rng.choice([value for value in range(10) if 2 * value not in (a + c, a + c + 1, a + c - 1)])
    slips = {
        c - a: "That is the rise from first to last; they lie two apart.",
        b - a: "That is the line through the first two points only; the third pulls as well.",
        c - b: "That is the line through the last two points only; the first pulls as well.",
    }
    answer = (c - a) / 2
    return {
        "a": a,
        "b": b,
        "c": c,
        "answer": answer,
        "slips": {wrong: why for wrong, why in slips.items() if abs(wrong - answer) > 0.1},
    }


def gini_of_node(rng: random.Random) -> dict[str, Any]:
    a, b = rng.choice([(9, 1), (8, 2), (7, 3), (6, 2), (1, 4), (10, 30)])
    share = a / (a + b)
    return {
        "a": a,
        "b": b,
        "answer": round(2 * share * (1 - share), 6),
        "within": 0.004,
        "slips": {
            round(1 - 2 * share * (1 - share), 6): "That is the chance that two draws agree.",
            round(
                min(share, 1 - share), 6
            ): "That is the share of mistakes of the most frequent label, another measure.",
            round(share * (1 - share), 6): "Two draws can differ in two orders: count both.",
        },
    }


def kmeans_round(rng: random.Random) -> dict[str, Any]:
    a = rng.randint(0, 3)
    b = a + rng.randint(1, 3)
    c = b + rng.randint(5, 8)
    d = c + rng.randint(1, 4)
    return {
        "a": a,
        "b": b,
        "c": c,
        "d": d,
        "answer": round((b + c + d) / 3, 6),
        "within": 0.04,
        "slips": {
            round(
                (c + d) / 2, 6
            ): "That is where it ends; in the first round the lower of its values is still its own.",
            round(
                (a + b + c + d) / 4, 6
            ): "That is the mean of all; the lowest value stays with the other centre.",
        },
    }


def variance_share(rng: random.Random) -> dict[str, Any]:
    a, b, c = rng.choice([(6, 3, 2), (4, 2, 1), (5, 4, 2), (10, 5, 5), (3, 2, 1)])
    return {
        "a": a,
        "b": b,
        "c": c,
        "answer": round(a**2 / (a**2 + b**2 + c**2), 6),
        "within": 0.006,
        "slips": {
            round(
                a / (a + b + c), 6
            ): "That is the share of the singular values; variances are their squares.",
            round(
                a**2 / (b**2 + c**2), 6
            ): "That is the first beside the others; the share is of all three.",
        },
    }
