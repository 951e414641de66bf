"""Numbers and answers of the questions on task-specific benchmarks."""

from __future__ import annotations

import math
import random

Z = 1.959963984540054


def majority_macro(rng: random.Random) -> dict:
    n = rng.choice([100, 200, 500])
    p = rng.choice([0.4, 0.5, 0.6, 0.7, 0.8])
    f1 = 2 * p / (1 + p)
    return {
        "n": n,
        "k": round(n * p),
        "p": p,
        "answer": f1 / 3,
        "slips": {
            round(f1, 6): "That is the F1 of yes alone; the two labels never said count as nought.",
            p: "That is the accuracy.",
            round(
                p / 3, 6
            ): "That averages the precision; the F1 of yes is higher, its recall is 1.",
        },
    }


def token_f1(rng: random.Random) -> dict:
    a, b, s = rng.choice([(4, 2, 1), (6, 3, 3), (5, 2, 2), (8, 3, 2), (7, 4, 3), (3, 5, 2)])
    return {
        "a": a,
        "b": b,
        "s": s,
        "answer": 2 * s / (a + b),
        "slips": {
            round(s / a, 6): "That is the precision alone.",
            round(s / b, 6): "That is the recall alone.",
            round((s / a + s / b) / 2, 6): "F1 is the harmonic mean, which leans to the lower one.",
        },
    }


def pass_at_k(rng: random.Random) -> dict:
    n, c, k = rng.choice([(10, 3, 2), (10, 2, 5), (8, 2, 3), (6, 1, 3), (12, 4, 3), (20, 3, 5)])
    none, every = math.comb(n - c, k), math.comb(n, k)
    slips = {
        round(1 - (1 - c / n) ** k, 6): "That draws with putting back, and comes out too low.",
        round(none / every, 6): "That is the chance that none of them passes.",
        round(c / n, 6): "That is pass@1.",
    }
    answer = 1 - none / every
    return {
        "n": n,
        "c": c,
        "k": k,
        "none": f"{none:,}",
        "all": f"{every:,}",
        "answer": answer,
        "slips": {value: why for value, why in slips.items() if abs(value - answer) > 0.01},
    }


def ece(rng: random.Random) -> dict:
    a, ra, p = rng.choice([(80, 60, 0.95), (60, 48, 0.9), (50, 30, 0.85)])
    b, rb, q = rng.choice([(20, 12, 0.55), (40, 18, 0.65), (50, 35, 0.65)])
    first, second = abs(p - ra / a), abs(q - rb / b)
    slips = {
        round((first + second) / 2, 6): "The plain mean of the gaps; a bin with more answers must weigh more.",
        round(abs(a * (p - ra / a) + b * (q - rb / b)) / (a + b), 6): "Gaps of opposite sign must not cancel: "
        "take their sizes first.",
    }  # fmt: skip
    answer = (a * first + b * second) / (a + b)
    return {
        "a": a,
        "ra": ra,
        "p": p,
        "sa": f"{ra / a:g}",
        "b": b,
        "rb": rb,
        "q": q,
        "sb": f"{rb / b:g}",
        "answer": answer,
        "within": 0.002,
        "slips": {value: why for value, why in slips.items() if abs(value - answer) > 0.004},
    }


def questions(rng: random.Random) -> dict:
    p, points = rng.choice([0.5, 0.6, 0.7, 0.8]), rng.choice([2, 3, 4, 5])
    margin = points / 100
    exact = Z**2 * p * (1 - p) / margin**2
    return {
        "p": p,
        "points": points,
        "margin": margin,
        "answer": math.ceil(exact),
        "within": exact * 0.01 + 1,
        "slips": {
            math.ceil(exact / 4): "That makes the whole interval so wide; ± is to either side.",
            math.ceil(exact / Z**2): "That allows one standard error only, which holds 68 %.",
        },
    }


def worth(rng: random.Random) -> dict:
    documents, m = rng.choice([(40, 10), (50, 8), (100, 5), (30, 20)])
    r = rng.choice([0.1, 0.2, 0.25, 0.5])
    effect = 1 + (m - 1) * r
    return {
        "total": documents * m,
        "documents": documents,
        "m": m,
        "r": r,
        "effect": f"{effect:g}",
        "answer": documents * m / effect,
        "within": 1.0,
        "slips": {
            documents: "That would be right if all marks of a document were the same (r = 1).",
            documents * m: "That would be right if they did not resemble each other at all.",
        },
    }
