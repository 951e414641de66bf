"""Numbers and answers of the questions on general benchmarks."""

from __future__ import annotations

import random


def pick_norm(rng: random.Random) -> dict:
    na, la, nb, lb = rng.choice(
        [(8, -6, 20, -11), (5, -4, 16, -15), (10, -6, 30, -15), (4, -2, 12, -9), (6, -6, 9, -7)]
    )
    ea, eb = la / na, lb / nb
    right = 1 if ea > eb else 2
    raw = 1 if la > lb else 2
    slips = {
        3 - right: "That one is likelier as a whole."
        if raw != right
        else "It has less for each character."
    }
    return {
        "na": na,
        "nb": nb,
        "la": la,
        "lb": lb,
        "ea": f"{ea:.3f}",
        "eb": f"{eb:.3f}",
        "answer": right,
        "within": 0.1,
        "slips": slips,
    }  # fmt: skip


def chance_of_pack(rng: random.Random) -> dict:
    n3, n4, n5 = rng.choice([(30, 50, 20), (60, 20, 20), (20, 60, 40), (30, 40, 30), (12, 80, 8)])
    n = n3 + n4 + n5
    mean_choices = (3 * n3 + 4 * n4 + 5 * n5) / n
    answer = 100 * (n3 / 3 + n4 / 4 + n5 / 5) / n
    slips = {}
    if abs(100 / mean_choices - answer) > 0.2:
        slips[round(100 / mean_choices, 4)] = (
            "One over the mean number of choices is not the mean of one over it."
        )
    if abs(answer - 25) > 0.2:
        slips[25] = "That would hold if all had four choices."
    return {"n3": n3, "n4": n4, "n5": n5, "n": n, "answer": answer, "within": 0.08, "slips": slips}  # fmt: skip


def changed(rng: random.Random) -> dict:
    n, a, b, gained = rng.choice(
        [(40, 30, 18, 2), (50, 36, 24, 4), (32, 30, 8, 1), (100, 70, 61, 6), (60, 44, 41, 5)]
    )
    kept = b - gained
    lost = a - kept
    return {
        "n": n,
        "a": a,
        "b": b,
        "gained": gained,
        "kept": kept,
        "lost": lost,
        "answer": lost + gained,
        "within": 0.1,
        "slips": {
            a - b: "That is the net loss; gains and losses cancel in it, and both changed.",
            lost: "These were lost; the gained ones changed as well.",
        },
    }


def false_alarms(rng: random.Random) -> dict:
    m = rng.choice([4, 9, 14, 24, 29])
    slips = {5: "That is the chance in a single comparison."}
    if m < 20:
        slips[5 * m] = "Chances of events that may happen together do not add up."
    return {"m": m, "answer": 100 * (1 - 0.95**m), "within": 0.6, "slips": slips}


def holm_step(rng: random.Random) -> dict:
    p1, p2, p3 = rng.choice(
        [(0.01, 0.02, 0.2), (0.004, 0.03, 0.1), (0.02, 0.024, 0.3), (0.015, 0.04, 0.5)]
    )
    first, second = round(3 * p1, 6), round(2 * p2, 6)
    answer = max(first, second)
    slips = {
        p2: "Unadjusted: it was one of three.",
        round(3 * p2, 6): "Times three is Bonferroni's; Holm's factor has fallen to two.",
    }
    if second < answer:
        slips[second] = "It is below the adjusted value before it, and may not be."
    return {
        "p1": p1,
        "p2": p2,
        "p3": p3,
        "first": first,
        "second": second,
        "answer": answer,
        "within": 0.0005,
        "slips": slips,
    }  # fmt: skip
