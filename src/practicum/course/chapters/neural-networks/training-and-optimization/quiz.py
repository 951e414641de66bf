"""Numbers of the parametric questions, and their answers."""

from __future__ import annotations

import math
import random
from typing import Any


def _others(slips: dict[float, str], answer: float, within: float) -> dict[float, str]:
    """The slips that are not right by accident."""
    return {wrong: why for wrong, why in slips.items() if abs(wrong - answer) > 2 * within}


def know_nothing(rng: random.Random) -> dict[str, Any]:
    """The first loss of a model on a vocabulary."""
    v = rng.choice([256, 500, 2_000, 8_000, 32_000, 50_257, 128_256])
    answer, within = math.log(v), 0.0051
    slips = {
        round(math.log2(v), 3): "This is in bits: nats use the natural logarithm.",
        round(math.log10(v), 3): "This is the logarithm to base ten: nats use the natural one.",
        round(1 / v, 8): "This is the probability of each token; the loss is minus its logarithm.",
    }
    return {"v": v, "answer": answer, "within": within, "slips": _others(slips, answer, within)}


def blame_of_weight(rng: random.Random) -> dict[str, Any]:
    """One weight, one input, a sigmoid."""
    w, x = rng.choice(
        [(0.5, 2), (-0.5, 2), (0.5, 3), (-0.5, -3), (1.0, -2), (1.5, 2), (-1.0, 3), (-1.5, -2)]
    )
    y = rng.randint(0, 1)
    z = w * x
    p = 1 / (1 + math.exp(-z))
    answer, within = (p - y) * x, 0.0151
    slips = {
        round(p - y, 3): "This is the slope in the score; the weight met x on the way.",
        round((y - p) * x, 3): "The sign is turned: it is predicted minus true.",
        round(2 * (p - y) * p * (1 - p) * x, 3): "This is the slope of squared error.",
        round((p - y) * w, 3): "This is the slope in x: the weight itself met x, not w.",
    }
    return {"w": w, "x": x, "y": y, "z": f"{z:g}", "p": f"{p:.3f}", "answer": answer, "within": within,
            "slips": _others(slips, answer, within)}  # fmt: skip


def rate_limit(rng: random.Random) -> dict[str, Any]:
    """Two curvatures, in either order."""
    a, b = rng.sample([1, 2, 4, 5, 10, 20, 40, 50, 80], 2)
    steep, flat = max(a, b), min(a, b)
    answer, within = 2 / steep, 0.01 * 2 / steep
    slips = {
        2 / flat: "This is the limit of the flatter weight: the steeper one diverges long before.",
        1
        / steep: "At this rate the steeper weight lands exactly at its minimum; it still converges up to twice that.",
        round(2 / (a + b), 6): "This is the best rate, not the limit.",
    }
    return {"a": a, "b": b, "steep": steep, "answer": answer, "within": within,
            "slips": _others(slips, answer, within)}  # fmt: skip


def adam_first_step(rng: random.Random) -> dict[str, Any]:
    """A rate and two slopes far apart."""
    return {"rate": rng.choice(["0.1", "0.01", "0.003", "0.0005"]), "large": rng.choice([40, 300, 2000]),
            "small": rng.choice(["0.02", "0.004", "0.0001"])}  # fmt: skip


def mean_of_means(rng: random.Random) -> dict[str, Any]:
    """Two parts of unequal length."""
    n1, n2 = rng.choice([10, 20, 30]), rng.choice([70, 90, 120, 170])
    l1 = rng.choice([0.5, 1.0, 1.5])
    l2 = l1 + rng.choice([1.0, 1.5, 2.0])
    answer, within = (n1 * l1 + n2 * l2) / (n1 + n2), 0.0051
    slips = {
        (l1 + l2)
        / 2: "This is the mean of both means: tokens of the short part would count for more.",
        l1 + l2: "The losses are added; a mean divides by all tokens.",
        round((n2 * l1 + n1 * l2) / (n1 + n2), 3): "The counts are swapped.",
    }
    return {"n1": n1, "n2": n2, "l1": l1, "l2": l2, "answer": answer, "within": within,
            "slips": _others(slips, answer, within)}  # fmt: skip
