"""Numbers and answers of the questions on data preprocessing."""

from __future__ import annotations

import math
import random
import statistics


def standardised(rng: random.Random) -> dict:
    start, step = rng.randint(1, 9), rng.randint(2, 6)
    train = [start, start + step, start + 2 * step]
    x = start + step * rng.randint(4, 6) + 1
    mean, spread = statistics.mean(train), statistics.pstdev(train)
    everything = [*train, x]
    peeking = (x - statistics.mean(everything)) / statistics.pstdev(everything)
    return {
        "a": train[0],
        "b": train[1],
        "c": train[2],
        "x": x,
        "mean": mean,
        "spread": f"{spread:.3f}",
        "answer": (x - mean) / spread,
        "slips": {
            round(peeking, 6): "That scaler was fitted on the test value too: a leak.",
            round((x - mean) / statistics.stdev(train), 6): "That spread divides by n − 1.",
            round((x - train[0]) / (2 * step), 6): "That is min-max scaling.",
        },
    }


def median(rng: random.Random) -> dict:
    known = rng.sample(range(2, 30), 4) + [rng.randint(200, 400)]
    values = [*known, -1, -1]
    rng.shuffle(values)
    return {
        "values": ", ".join(str(v).replace("-", "−") for v in values),
        "known": ", ".join(str(v) for v in sorted(known)),
        "answer": statistics.median(known),
        "within": 1e-9,
        "slips": {
            statistics.median(values): "The marks were counted as times.",
            round(statistics.mean(known), 3): "That is the mean; one long time drags it upwards.",
        },
    }


def masked(rng: random.Random) -> dict:
    n = rng.choice([4, 5, 8, 9, 16, 25])
    return {
        "n": n,
        "m": n - 1,
        "answer": (n - 1) / math.sqrt(n),
        "slips": {
            1e12: "It is also far out by its own account: it inflates the yardstick.",
            round(math.sqrt(n - 1), 6): "That is with a spread that divides by n.",
        },
    }


def fence(rng: random.Random) -> dict:
    q1, width = rng.randrange(10, 100, 5), rng.randrange(10, 60, 4)
    return {
        "q1": q1,
        "q3": q1 + width,
        "range": width,
        "answer": q1 + 2.5 * width,
        "within": 1e-9,
        "slips": {
            1.5 * width: "That is the reach alone; it starts at the upper quartile.",
            q1 + 1.5 * width: "The reach starts at the upper quartile, not at the lower one.",
            1.5 * (q1 + width): "The reach is 1.5 times the distance of the quartiles.",
        },
    }


def level(rng: random.Random) -> dict:
    big, small = rng.choice([(3.2, 0.1), (2.0, 0.5), (60, 0.1), (60, 3.2), (8, 0.5), (4, 1.0)])
    answer = round(small / big * 127)
    slips = {
        round(small / big * 255): "There are 127 levels on each side of nought.",
        math.floor(small / big * 127): "Round to the nearest level, not downwards.",
    }
    slips.pop(answer, None)
    return {"big": big, "small": small, "answer": answer, "within": 1e-9, "slips": slips}
