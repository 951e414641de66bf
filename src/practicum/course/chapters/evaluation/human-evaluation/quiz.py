"""Numbers and answers of the questions on human evaluation."""

from __future__ import annotations

import math
import random


def strength(rng: random.Random) -> dict:
    w, n = rng.choice([(60, 80), (50, 60), (75, 100), (64, 80), (30, 45), (90, 100)])
    lost = n - w
    return {
        "w": w,
        "n": n,
        "l": lost,
        "answer": math.log(w / lost),
        "slips": {
            round(w / lost, 6): "Those are the odds; the strength is their logarithm.",
            round(math.log10(w / lost), 6): "That is the logarithm to base ten; strengths use the natural one.",
            round(w / n, 6): "That is the share of wins.",
        },
    }  # fmt: skip


def through_b(rng: random.Random) -> dict:
    p, q = rng.choice([(0.75, 0.75), (0.6, 0.75), (0.8, 0.6), (0.75, 0.8), (0.6, 0.6)])
    first, second = p / (1 - p), q / (1 - q)
    odds = first * second
    return {
        "p": p,
        "q": q,
        "op": f"{first:g}",
        "oq": f"{second:g}",
        "o": f"{odds:g}",
        "answer": odds / (1 + odds),
        "within": 0.006,
        "slips": {
            round(p * q, 6): "Chances of winning do not multiply here; odds do.",
            round(
                (p + q) / 2, 6
            ): "C is weaker than B, so A must beat it more often than either chance.",
        },
    }


def first_step(rng: random.Random) -> dict:
    n = rng.choice([4, 6, 8, 10, 20])
    w = rng.choice([k for k in range(1, 2 * n) if k != n])
    return {
        "n": n,
        "w": w,
        "games": 2 * n,
        "answer": w / n,
        "slips": {
            w / (2 * n): "That is the share of wins: each n is to be divided by the sum of both p, which is 2.",
            float(w): "Divide by the sum over the opponents.",
        },
    }  # fmt: skip


def elo_gain(rng: random.Random) -> dict:
    a, b = rng.choice([(1000, 1200), (1100, 1000), (1000, 1400), (1250, 1050), (1000, 1100)])
    k = rng.choice([16, 24, 32, 40])
    expected = 1 / (1 + 10 ** ((b - a) / 400))
    return {
        "a": a,
        "b": b,
        "k": k,
        "e": f"{expected:.3f}",
        "answer": k * (1 - expected),
        "within": 0.15,
        "slips": {
            round(k * expected, 6): "That is what the other one would have gained by winning.",
            k / 2: "That is the gain between equals.",
            k: "The whole of K moves only if the win was not expected at all.",
        },
    }


def kappa(rng: random.Random) -> dict:
    agree, a, b = rng.choice([(80, 60, 60), (70, 55, 60), (85, 70, 75), (90, 80, 80), (75, 60, 65)])
    chance = (a * b + (100 - a) * (100 - b)) / 10_000
    seen = agree / 100
    return {
        "agree": agree,
        "a": a,
        "b": b,
        "chance": f"{chance:g}",
        "answer": (seen - chance) / (1 - chance),
        "within": 0.006,
        "slips": {
            seen: "That is the plain agreement, some of which comes by chance.",
            round(seen - chance, 6): "Divide by what was left to be reached beyond chance.",
            round(
                (seen - 0.5) / 0.5, 6
            ): "Chance is one half only if both say yes half of the time.",
        },
    }


def left_share(rng: random.Random) -> dict:
    a, b = rng.choice([(30, 20), (40, 25), (45, 30), (35, 15)])
    left, right = rng.choice([(40, 5), (30, 10), (50, 10), (24, 6)])
    n = a + b + left + right
    answer = 100 * (a + b + 2 * left) / (2 * n)
    slips = {
        round(100 * left / n, 6): "Those are the pairs decided by the side; every other pair has one verdict for the left as well.",
        round(100 * (a + left) / n, 6): "That is the share for the left with A on the left; the other order counts too.",
    }  # fmt: skip
    return {
        "n": n,
        "a": a,
        "b": b,
        "l": left,
        "r": right,
        "answer": answer,
        "within": 0.6,
        "slips": {value: why for value, why in slips.items() if abs(value - answer) > 1.2},
    }


def votes(rng: random.Random) -> dict:
    p = rng.choice([52, 53, 54, 55, 56, 58, 60, 65])
    distance = (p - 50) / 100
    exact = (1.959963984540054 * 0.5 / distance) ** 2
    return {
        "p": p,
        "d": f"{distance:g}",
        "answer": math.ceil(exact),
        "within": exact * 0.01 + 1,
        "slips": {
            math.ceil(0.25 / distance**2): "That is one standard error, which luck passes in a third of all cases.",
            math.ceil(4 * exact): "The standard error of a share is 0.5/√n, not 1/√n.",
        },
    }  # fmt: skip
