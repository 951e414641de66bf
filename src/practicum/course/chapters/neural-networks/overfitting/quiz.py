"""Numbers of the parametric questions."""

from __future__ import annotations

import math
import random


def price_of_being_sure(rng: random.Random) -> dict:
    n = rng.choice([8, 10, 20])
    k = n - rng.choice([1, 2, 3])
    p, q = rng.choice([0.8, 0.9, 0.95]), rng.choice([0.01, 0.02, 0.05, 0.1])
    answer = -(k * math.log(p) + (n - k) * math.log(q)) / n
    slips = {
        round(-math.log((k * p + (n - k) * q) / n), 4): "That is the logarithm of the mean "
        "probability. The loss is taken row by row, and then averaged.",
        round(answer * n, 4): "That is the sum over all rows; divide it by their number.",
        round(answer / math.log(2), 4): "That is in bits; nats use the natural logarithm.",
    }
    return {"n": n, "k": k, "p": p, "q": q, "answer": answer, "within": 0.01, "slips": slips}


def survivor(rng: random.Random) -> dict:
    p = rng.choice([0.1, 0.2, 0.25, 0.6, 0.75, 0.8])
    x = rng.choice([1.5, 2.0, 3.0, 4.5, 6.0])
    slips = {
        x: "Unchanged survivors would leave the next layer with too small a sum, and training "
        "would see another network than evaluation.",
        round(x * (1 - p), 4): "That is the mean without correction; survivors are divided by "
        "1 - p, not multiplied.",
        round(x / p, 4): "p is the share that is silenced; the survivors are the other share.",
    }
    return {"p": p, "x": x, "answer": x / (1 - p), "slips": slips}


def patience(rng: random.Random) -> dict:
    waits = rng.choice([2, 3])
    n_down = rng.randint(2, 4)
    losses = [2.3 - 0.4 * i - 0.01 * rng.randint(0, 9) for i in range(n_down)]
    best = losses[-1]
    losses += [best + 0.01 * rng.randint(3, 25) for _ in range(waits)]
    losses += [best - 0.2, best - 0.15]  # never seen
    slips = {
        len(losses) - 1: "That is the lowest of all, but patience ran out before it was seen.",
        n_down
        + waits: "That is where training stops; the weights kept are those of the best look.",
    }
    told = ", ".join(f"{loss:.2f}" for loss in losses)
    return {"losses": told, "patience": waits, "answer": n_down, "within": 0.1, "slips": slips}
