"""Numbers and answers of the questions on ZeRO."""

from __future__ import annotations

import random


def per_rank(rng: random.Random) -> dict:
    billions, n, stage = rng.choice([3, 7, 13]), rng.choice([4, 8, 16]), rng.choice([1, 2, 3])
    sums = {0: 16.0, 1: 4 + 12 / n, 2: 2 + 14 / n, 3: 16 / n}
    answer = billions * sums[stage]
    slips = {billions * 16.0: "That is stage 0: nothing is shared out."}
    for other in (1, 2, 3):
        if other != stage:
            slips[round(billions * sums[other], 6)] = f"That is stage {other}."
    shared = ("optimizer state", "optimizer state and gradients", "everything")[stage - 1]
    return {
        "billions": billions,
        "n": n,
        "stage": stage,
        "shared": shared,
        "answer": answer,
        "within": 0.01 * answer,
        "slips": slips,
    }


def limit(rng: random.Random) -> dict:
    billions, stage = rng.choice([3, 7, 13, 30]), rng.choice([1, 2])
    left = {1: 4, 2: 2}[stage]
    return {
        "billions": billions,
        "stage": stage,
        "left": left,
        "answer": billions * left,
        "within": 0.05 * billions,
        "slips": {
            0.0: "Only stage 3 goes towards nought.",
            float(billions * 16): "That is what one rank alone needs.",
        },
    }


def batch(rng: random.Random) -> dict:
    m, a, n = rng.choice([1, 2, 4]), rng.choice([2, 4, 8]), rng.choice([4, 8, 16])
    return {
        "m": m,
        "a": a,
        "n": n,
        "answer": m * a * n,
        "within": 0.4,
        "slips": {v: why for v, why in {m * a: "That is one rank's share.", m * n: "Bites are accumulated before the update."}.items() if v != m * a * n},
    }  # fmt: skip


def seconds(rng: random.Random) -> dict:
    billions, speed, stage = rng.choice([3, 7, 13]), rng.choice([10, 25, 50]), rng.choice([2, 3])
    times = 3 if stage == 3 else 2
    return {
        "billions": billions,
        "speed": speed,
        "stage": stage,
        "times": times,
        "answer": times * 2 * billions / speed,
        "within": 0.011 * times * 2 * billions / speed,
        "slips": {
            times * billions / speed: "Each number has two bytes.",
            (5 - times)
            * 2
            * billions
            / speed: "Stages 0 to 2 send two numbers a weight, stage 3 three.",
        },
    }
