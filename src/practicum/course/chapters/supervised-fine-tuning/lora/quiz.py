"""Numbers and answers of the questions on LoRA."""

from __future__ import annotations

import random


def adapter_size(rng: random.Random) -> dict:
    a, b = rng.choice([(512, 512), (1024, 256), (2048, 512), (768, 3072)])
    r = rng.choice([2, 4, 8, 16])
    return {
        "a": f"{a:,}",
        "b": f"{b:,}",
        "r": r,
        "answer": r * (a + b),
        "within": 0.5,
        "slips": {
            r
            * a
            * b: "That multiplies the full matrix by the rank; an adapter is the sum of two thin ones.",
            a * b: "That is the frozen matrix itself.",
            r * a: "That is one of the two thin matrices.",
        },
    }


def merged_entry(rng: random.Random) -> dict:
    w, a, b = rng.choice([1, 2, 5]), rng.choice([2, 3, -1]), rng.choice([0.5, 1, 4])
    alpha, r = rng.choice([(8, 4), (32, 16), (16, 4)])
    s = alpha / r
    return {
        "w": w,
        "a": a,
        "b": b,
        "alpha": alpha,
        "r": r,
        "s": f"{s:g}",
        "answer": w + s * a * b,
        "within": 0.01,
        "slips": {
            value: why
            for value, why in {
                w + a * b: "The scale α/r is missing.",
                w + alpha * a * b: "α is divided by the rank.",
                s * a * b: "That is the update; the frozen weight is added.",
            }.items()
            if abs(value - (w + s * a * b)) > 0.02
        },
    }


def new_scale(rng: random.Random) -> dict:
    r = rng.choice([8, 16])
    times = rng.choice([2, 4, 8])
    alpha = 2 * r
    return {
        "r": r,
        "alpha": alpha,
        "larger": r * times,
        "times": times,
        "answer": alpha / (r * times),
        "slips": {
            2.0: "It was 2 before; α stayed and the rank grew.",
            float(times): "That is by how much it shrinks.",
        },
    }


def missed(rng: random.Random) -> dict:
    values = rng.choice([(4, 2, 1), (3, 2, 1), (5, 3, 1), (6, 3, 2)])
    squares = [v * v for v in values]
    return {
        "values": ", ".join(map(str, values)),
        "squares": ", ".join(map(str, squares)),
        "answer": sum(squares[1:]) / sum(squares),
        "within": 0.006,
        "slips": {
            sum(values[1:])
            / sum(values): "Squared distances add up squares of the singular values.",
            squares[0] / sum(squares): "That is what rank one keeps.",
        },
    }
