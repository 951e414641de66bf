"""Numbers and answers of the questions on Axolotl's configuration."""

from __future__ import annotations

import math
import random


def batch(rng: random.Random) -> dict:
    m, a, g = rng.choice([1, 2, 4]), rng.choice([2, 4, 8]), rng.choice([2, 4, 8])
    return {
        "m": m,
        "a": a,
        "g": g,
        "answer": m * a * g,
        "within": 0.4,
        "slips": {
            v: why
            for v, why in {
                m * a: "Each GPU takes its own rows.",
                m * g: "Gradients are added up over several bites.",
            }.items()
            if v != m * a * g
        },
    }


def updates(rng: random.Random) -> dict:
    n, b, e = rng.choice([(1000, 16, 3), (500, 12, 2), (900, 64, 4), (2000, 24, 3)])
    one = math.ceil(n / b)
    return {
        "n": f"{n:,}",
        "b": b,
        "e": e,
        "one": one,
        "answer": one * e,
        "within": 0.4,
        "slips": {one: "That is one epoch.", n * e: "That counts rows, not updates."},
    }


def packed_rows(rng: random.Random) -> dict:
    n, tokens, row = rng.choice(
        [(1000, 256, 2048), (2000, 300, 4096), (5000, 128, 1024), (800, 512, 2048)]
    )
    return {
        "n": f"{n:,}",
        "tokens": tokens,
        "row": f"{row:,}",
        "answer": math.ceil(n * tokens / row),
        "within": 1,
        "slips": {
            n: "That is without packing.",
            row // tokens: "That is how many examples fit into a row.",
        },
    }


def rank(rng: random.Random) -> dict:
    meant, default, alpha = rng.choice([(64, 8, 16), (32, 8, 32), (16, 8, 32)])
    return {
        "meant": meant,
        "default": default,
        "alpha": alpha,
        "answer": alpha / default,
        "slips": {alpha / meant: "That is what was meant; the key was ignored."},
    }
