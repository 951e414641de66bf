"""Numbers and answers of the questions on full fine-tuning."""

from __future__ import annotations

import math
import random


def masked_mean(rng: random.Random) -> dict:
    halves = rng.choice([(1, 2, 3), (1, 1, 4), (2, 2, 5), (1, 3, 5)])
    n_question = rng.choice([4, 5, 7])
    answer = sum(halves) * math.log(2) / 3
    return {
        "n": n_question,
        "a": f"1/{2 ** halves[0]}",
        "b": f"1/{2 ** halves[1]}",
        "c": f"1/{2 ** halves[2]}",
        "halves": sum(halves),
        "answer": answer,
        "within": 0.006,
        "slips": {
            round(sum(halves) * math.log(2), 6): "That is the total; the loss is a mean over graded words.",
            round(sum(halves) * math.log(2) / (3 + n_question), 6): "The question's words are not graded and do not count.",
            round(sum(halves) / 3, 6): "That is in bits; a nat is the natural logarithm.",
        },
    }  # fmt: skip


def bites(rng: random.Random) -> dict:
    n, m = rng.choice([(2, 8), (5, 20), (10, 90), (4, 12)])
    a, b = rng.choice([(2.0, 0.5), (1.8, 0.6), (3.0, 1.0)])
    return {
        "n": n,
        "m": m,
        "a": a,
        "b": b,
        "answer": (n * a + m * b) / (n + m),
        "within": 0.006,
        "slips": {
            (a + b)
            / 2: "That is the mean of means: words of the short bite would weigh more than others."
        },
    }


def memory(rng: random.Random) -> dict:
    billions = rng.choice([1, 3, 8, 13])
    return {
        "billions": billions,
        "answer": 16 * billions,
        "within": 0.1 * billions,
        "slips": {
            2 * billions: "That holds the weights alone, as for serving.",
            4
            * billions: "Weights and gradients; the optimizer's three numbers of 32 bits are missing.",
            12 * billions: "That is the optimizer's part; weights and gradients add four bytes.",
        },
    }


def slip_factor(rng: random.Random) -> dict:
    before = rng.choice([1.8, 2.1, 2.4])
    rise = rng.choice([0.2, 0.35, 0.5, 0.7])
    return {
        "before": before,
        "after": f"{before + rise:.2f}",
        "rise": rise,
        "answer": math.exp(rise),
        "within": 0.015,
        "slips": {round((before + rise) / before, 6): "A ratio of losses is no ratio of perplexities: exponentiate the difference."},
    }  # fmt: skip
