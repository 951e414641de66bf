"""Numbers of the parametric questions."""

from __future__ import annotations

import math
import random


def parameters_of_an_mlp(rng: random.Random) -> dict:
    n_in = rng.choice([4, 8, 10, 20, 64])
    width = rng.choice([5, 16, 32, 50])
    n_out = rng.choice([2, 3, 10])
    weights = n_in * width + width * n_out
    slips = {
        weights: "That leaves out the biases, one for each hidden unit and each output.",
        weights + width: "That has the hidden biases, but not those of the outputs.",
        weights + n_in + width + n_out: "The inputs have no biases: they are given, not computed.",
    }
    answer = weights + width + n_out
    return {"n_in": n_in, "width": width, "n_out": n_out, "answer": answer, "within": 0.1,
            "slips": slips}  # fmt: skip


def first_loss(rng: random.Random) -> dict:
    n = rng.choice([3, 20, 100, 256, 1000, 32000])
    slips = {
        round(1 / n, 6): "That is the probability of each class; the loss is minus its logarithm.",
        round(math.log2(n), 3): "That is in bits; nats use the natural logarithm.",
    }
    return {"n": n, "answer": math.log(n), "within": 0.02, "slips": slips}


def swiglu_parameters(rng: random.Random) -> dict:
    width, hidden = rng.choice([(512, 1376), (576, 1536), (960, 2560), (2048, 8192), (64, 170)])
    slips = {
        2 * width * hidden: "That is a plain perceptron; the gate is a third matrix.",
        3 * width * hidden + 2 * hidden + width: "That counts biases, and the block has none.",
        3 * width * width: "Those would be square matrices; each has the hidden size on one side.",
    }
    return {"width": width, "hidden": hidden, "answer": 3 * width * hidden, "within": 0.5,
            "slips": slips}  # fmt: skip
