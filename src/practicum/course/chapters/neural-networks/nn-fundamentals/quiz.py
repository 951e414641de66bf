"""Numbers of the parametric questions, and their answers."""

from __future__ import annotations

import math
import random
from typing import Any


def neuron_output(rng: random.Random) -> dict[str, Any]:
    """A ReLU neuron on two inputs; one draw in three is silent."""
    while True:
        w1, w2, b = (rng.choice([-3, -2, -1, 2, 3]) for _ in range(3))
        x1, x2 = rng.randint(1, 4), rng.randint(-3, 4)
        z = w1 * x1 + w2 * x2 + b
        if z and x2 and (z > 0 or rng.random() < 0.3):
            break
    answer = max(0, z)
    slips = {
        z: "This is the sum before the bend: ReLU turns what is negative into zero.",
        max(0, z - b): "The bias is missing.",
        z - b: "Neither bias nor bend was applied.",
        max(0, w1 * x1 + w2 * x2) + b: "The bias goes into the sum before the bend, not after it.",
        abs(z): "ReLU does not turn signs; it silences what is negative.",
    }
    return {"w1": w1, "w2": w2, "b": b, "x1": x1, "x2": x2, "z": z, "answer": answer, "within": 1e-6,
            "slips": {wrong: why for wrong, why in slips.items() if wrong != answer}}  # fmt: skip


def count_parameters(rng: random.Random) -> dict[str, Any]:
    """A network with one hidden layer."""
    i, h, o = rng.randint(3, 12), rng.randint(10, 60), rng.randint(2, 9)
    answer = i * h + h + h * o + o
    slips = {
        i * h
        + h
        * o: "These are the weights; every neuron of the hidden layer and of the output has a bias too.",
        i * h + h * o + i + h + o: "Inputs are no neurons and have no bias.",
        i * h + h: "This is the hidden layer; the outputs have weights and biases of their own.",
        i + h + o: "This counts neurons and inputs, not what connects them.",
    }
    return {"i": i, "h": h, "o": o, "answer": answer, "within": 0.5,
            "slips": {wrong: why for wrong, why in slips.items() if wrong != answer}}  # fmt: skip


def signal_left(rng: random.Random) -> dict[str, Any]:
    """The power of ten by which sigmoid layers weaken a signal at best."""
    n = rng.choice([5, 8, 12, 16, 20, 24, 36, 48])
    return {"n": n, "answer": n * math.log10(4), "within": 0.06,
            "slips": {round(n * math.log10(2), 3): "The steepest slope is a quarter, not a half: half is the sigmoid's value there.",
                      0.25 * n: "Slopes of layers multiply; they do not add."}}  # fmt: skip


def softmax_shift(rng: random.Random) -> dict[str, Any]:
    """What is added to every score."""
    return {"shift": rng.choice([3, 7, 12, 20, 100])}
