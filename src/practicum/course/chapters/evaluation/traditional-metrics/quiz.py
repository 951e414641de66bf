"""Numbers and answers of the questions on traditional metrics."""

from __future__ import annotations

import math
import random


def perplexity_by_hand(rng: random.Random) -> dict:
    a, b, c = rng.choice([(2, 4, 8), (2, 2, 16), (3, 9, 1), (4, 2, 64), (5, 25, 1), (2, 32, 8)])
    chances = [1 / a, 1 / b, 1 / c]
    return {
        "a": a,
        "b": b,
        "c": c,
        "product": a * b * c,
        "answer": round((a * b * c) ** (1 / 3), 9),
        "slips": {
            round((a + b + c) / 3, 6): "That is the plain mean of the three; perplexity is a geometric mean.",
            round(3 / sum(chances), 6): "That is one over the mean probability; the mean is taken of logarithms.",
            a * b * c: "That is for all three tokens together; take the cube root.",
        },
    }  # fmt: skip


def merged(rng: random.Random) -> dict:
    p, k = rng.choice([(4, 2), (5, 2), (7, 2), (3, 3), (4, 3), (2, 4), (6, 2), (8, 2)])
    return {
        "p": p,
        "k": k,
        "answer": p**k,
        "slips": {
            p * k: "The mean surprise is multiplied, so its exponential is raised to a power.",
            p: "That holds for bits per byte; perplexity is per token.",
        },
    }


def bits_per_byte(rng: random.Random) -> dict:
    n_tokens, n_bytes = rng.choice([(100, 400), (250, 1000), (200, 900), (300, 1200), (500, 1800)])
    loss = rng.choice([2.1, 2.5, 2.8, 3.2, 3.6])
    return {
        "n_tokens": n_tokens,
        "n_bytes": f"{n_bytes:,}",
        "loss": loss,
        "answer": n_tokens * loss / math.log(2) / n_bytes,
        "slips": {
            round(n_tokens * loss / n_bytes, 6): "That is in nats; one bit is ln 2 nats.",
            round(loss / math.log(2), 6): "That is bits per token; the text has more bytes than tokens.",
            round(n_tokens * loss * math.log(2) / n_bytes, 6): "Divide nats by ln 2 to get bits.",
        },
    }  # fmt: skip


def floor(rng: random.Random) -> dict:
    context = rng.choice([32, 64, 128, 512, 1024])
    stride = context // rng.choice([2, 4, 8])
    slips = {0: "That would need windows that do not overlap at all."}
    if stride * 2 != context:
        slips[stride] = "That is how far the window moves; what stays is the rest of it."
    return {
        "context": context,
        "stride": stride,
        "answer_shown": context - stride,
        "answer": context - stride,
        "within": 0.1,
        "slips": slips,
    }


def clip(rng: random.Random) -> dict:
    k, m, n = rng.choice([(5, 2, 9), (4, 3, 10), (7, 2, 8), (6, 1, 12), (8, 3, 14)])
    return {
        "k": k,
        "m": m,
        "n": n,
        "answer": m / k,
        "slips": {
            1: "Every copy is in the reference, and yet at most as many may match as the reference has.",
            round(m / n, 6): "That divides by the reference's words: recall, not precision.",
        },
    }


def penalty(rng: random.Random) -> dict:
    c, r = rng.choice([(8, 10), (6, 10), (10, 12), (9, 12), (12, 20), (5, 8)])
    return {
        "c": c,
        "r": r,
        "answer": math.exp(1 - r / c),
        "slips": {
            1: "It says less than the reference, and pays for that.",
            round(c / r, 6): "The penalty is an exponential, not the ratio of lengths.",
            round(math.exp(1 - c / r), 6): "The ratio is upside down: a penalty never exceeds one.",
        },
    }
