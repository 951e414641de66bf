"""Questions that are drawn: each function returns the values for the braces and the answer."""

import math


def power(rng):
    weight, steps = rng.choice([0.8, 0.9, 0.95, 1.05, 1.1, 1.2]), rng.choice([10, 20, 30, 50])
    answer = weight**steps
    slips = {
        weight * steps: "Factors in a row multiply; you multiplied the weight by the steps.",
        weight ** (steps / 10): "That is a tenth of the steps.",
        1 - steps * (1 - weight): "Losses do not add up: each step takes a share of what is left.",
    }
    return {
        "weight": weight,
        "steps": steps,
        "answer": float(f"{answer:.5g}"),
        "within": 0.02 * answer,
        "slips": {
            float(f"{x:.4g}"): why for x, why in slips.items() if abs(x - answer) > 0.1 * answer
        },
    }


def bias_for_memory(rng):
    tau = rng.choice([5, 10, 25, 50, 100, 200, 500])
    return {
        "tau": tau,
        "answer": round(math.log(tau - 1), 4),
        "within": 0.01,
        "slips": {
            round(1 - 1 / tau, 4): "That is the gate; asked is the bias that makes it.",
            round(
                -math.log(tau - 1), 3
            ): "With that sign the gate is nearly shut and forgets at once.",
            round(1 / tau, 4): "One over tau is what the gate loses at each step.",
        },
    }


def kept(rng):
    f, steps = rng.choice([0.9, 0.95, 0.98, 0.99]), rng.choice([10, 20, 40, 60])
    answer = f**steps
    return {
        "f": f,
        "steps": steps,
        "answer": round(answer, 4),
        "within": 0.011,
        "slips": {
            x: why
            for x, why in {
                round(1 - answer, 4): "That is the share that is lost.",
                f: "That is what is left after a single step.",
            }.items()
            if abs(x - answer) > 0.03
        },
    }


def cell_update(rng):
    c, f, i, g = (
        rng.choice([-2, -1, 1, 2, 3]),
        rng.choice([0.5, 0.8, 0.9]),
        rng.choice([0.2, 0.4, 0.7]),
        rng.choice([-1, -0.5, 0.5]),
    )
    answer = f * c + i * g
    slips = {
        i * c + f * g: "Input and forget gate have changed places.",
        f * (c + i * g): "The forget gate multiplies the old cell only, not what is added.",
        math.tanh(
            answer
        ): "The tanh comes later, on the way to the state; the cell itself has none.",
    }
    return {
        "c": c,
        "f": f,
        "i": i,
        "g": g,
        "answer": round(answer, 4),
        "within": 0.005,
        "slips": {round(x, 4): why for x, why in slips.items() if abs(x - answer) > 0.02},
    }


def weights_of_a_cell(rng):
    kind, gates = rng.choice([("LSTM", 4), ("GRU", 3)])
    width, n_in = rng.choice([32, 64, 100]), rng.choice([16, 50])
    one = width * n_in + width * width + 2 * width
    return {
        "kind": kind,
        "width": width,
        "n_in": n_in,
        "sums": gates,
        "answer": gates * one,
        "within": 0.5,
        "slips": {
            one: "That is a plain cell; this one stacks several sums of the same size.",
            gates * (one - 2 * width): "The two biases of each sum are missing.",
            gates * (one - width): "Each sum has two biases here, as in PyTorch.",
        },
    }
