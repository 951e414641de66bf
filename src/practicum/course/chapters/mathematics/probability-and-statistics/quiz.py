"""Numbers and answers of the questions on probability and statistics."""

from __future__ import annotations

import math
import random


def standard_error(rng: random.Random) -> dict:
    n = rng.choice([50, 100, 200, 400, 500, 900])
    p = rng.choice([0.1, 0.2, 0.3, 0.4, 0.6, 0.7, 0.8, 0.9])
    spread = math.sqrt(p * (1 - p))
    return {
        "n": n,
        "k": round(n * p),
        "p": p,
        "answer": 100 * spread / math.sqrt(n),
        "slips": {
            100 * spread: "That is the standard deviation of a single answer, not of the score.",
            100 * spread**2 / n: "That is the variance; the standard error is its root.",
            196 * spread / math.sqrt(n): "That is half of a 95 % interval, 1.96 standard errors.",
        },
    }


def narrower(rng: random.Random) -> dict:
    n, times = rng.choice([100, 200, 300, 500]), rng.choice([2, 3, 4, 5])
    slips = {n * times: "The width falls with the root of the number of questions, not with it."}
    return {
        "n": n,
        "times": times,
        "wide": round(2 * 196 * 0.45 / math.sqrt(n)),
        "answer": n * times**2,
        "slips": slips,
    }


def entropy(rng: random.Random) -> dict:
    a, b, c = rng.choice([(0.5, 0.25, 0.125), (0.5, 0.3, 0.1), (0.6, 0.2, 0.1), (0.7, 0.1, 0.1)])
    chances = (a, b, c, c)
    bits = -sum(p * math.log2(p) for p in chances)
    return {
        "a": a,
        "b": b,
        "c": c,
        "answer": bits,
        "slips": {
            round(bits * math.log(2), 6): "That is in nats; bits need the logarithm to base two.",
            round(-sum(math.log2(p) for p in chances) / 4, 6): "That weighs all four alike; "
            "a likely word must count more.",
        },
    }


def difference_variance(rng: random.Random) -> dict:
    sa, sb = rng.choice([(0.5, 0.5), (0.4, 0.5), (0.4, 0.4), (0.3, 0.4)])
    r = rng.choice([0.2, 0.5, 0.6, 0.8])
    cov = round(r * sa * sb, 6)
    total = sa**2 + sb**2
    return {
        "va": round(sa**2, 4),
        "vb": round(sb**2, 4),
        "r": r,
        "cov": cov,
        "answer": total - 2 * cov,
        "slips": {
            round(
                total, 6
            ): "That is the case of unrelated answers; shared difficulty makes it smaller.",
            round(total - cov, 6): "The covariance counts twice, once from each side.",
            round(total + 2 * cov, 6): "The plus sign belongs to the variance of a sum.",
        },
    }


def mcnemar(rng: random.Random) -> dict:
    better, worse = rng.choice([(7, 1), (8, 2), (9, 2), (6, 0), (10, 3), (9, 3), (7, 2)])
    changed = better + worse
    tail = sum(math.comb(changed, k) for k in range(worse + 1)) / 2**changed
    return {
        "better": better,
        "worse": worse,
        "changed": changed,
        "answer": 2 * tail,
        "slips": {tail: "That is one side only; luck could have favoured the other model as well."},
    }


def lucky(rng: random.Random) -> dict:
    n = rng.choice([5, 8, 10, 12, 15, 25])
    return {
        "n": n,
        "answer": 100 * (1 - 0.95**n),
        "within": 0.6,
        "slips": {
            5 * n: "Chances of overlapping events do not simply add up; two may be lucky at once.",
            5: "That is the chance for a single comparison.",
        },
    }


def posterior_mean(rng: random.Random) -> dict:
    n = rng.choice([3, 4, 8, 10, 18])
    k = rng.choice([0, 1, n - 1, n])
    slips = {k / n: "That is the likeliest skill; the mean of the belief still feels the prior."}
    return {"n": n, "k": k, "answer": (k + 1) / (n + 2), "slips": slips}


def detector(rng: random.Random) -> dict:
    hit, alarm = rng.choice([90, 95, 99]), rng.choice([2, 4, 5, 10])
    base = rng.choice([1, 2, 5, 10])
    machine, human = base * hit, (100 - base) * alarm
    return {
        "hit": hit,
        "alarm": alarm,
        "base": base,
        "machine": f"{machine:,}",
        "human": f"{human:,}",
        "answer": 100 * machine / (machine + human),
        "within": 0.6,
        "slips": {
            hit: "That is the chance that a machine's essay is flagged, the other way round.",
            100 - alarm: "That is the chance that a human's essay is not flagged.",
        },
    }
