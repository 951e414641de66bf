"""Checks of the gated perceptron and of the census."""

import warnings

import numpy as np

from practicum.learn.labs.checking import close, equal, fail, holds


def silu(lab):
    x = np.array([-4.0, -1.0, -0.5, 0.0, 0.5, 1.0, 4.0])
    got = lab.silu(x)
    if got is None:
        fail("silu(x) returned None: is a `return` missing?")
    sigmoid = 1 / (1 + np.exp(-x))
    if np.shape(got) == x.shape and np.allclose(got, sigmoid):
        fail("silu(x) gave the sigmoid alone: it is multiplied by x")
    if np.shape(got) == x.shape and np.allclose(got, np.maximum(x, 0)):
        fail("silu(x) gave ReLU: negative numbers are not cut off, they are turned down")
    close(got, x * sigmoid, "silu(x) between -4 and 4", within=1e-9)
    close(got - lab.silu(-x), x, "silu(x) - silu(-x)", "that is x for every x", within=1e-9)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        far = lab.silu(np.array([-1000.0, 1000.0]))
    holds(np.isfinite(far).all(), f"silu(±1000) gave {far}: an exponential overflowed")
    holds(not seen, "silu(-1000) overflows in between: exp of a large number")
    close(far, [0.0, 1000.0], "silu(±1000)", within=1e-9)


def swiglu(lab):
    rng = np.random.default_rng(3)
    x = rng.normal(size=(4, 6))
    gate, up, down = (rng.normal(size=s) for s in ((9, 6), (9, 6), (6, 9)))
    got = lab.swiglu(x, gate, up, down)
    if got is None:
        fail("swiglu(...) returned None: is a `return` missing?")
    equal(np.shape(got), (4, 6), "the shape of swiglu(x, gate, up, down)", "it is that of x")

    def bend(v):
        return v / (1 + np.exp(-v))

    a, b = x @ gate.T, x @ up.T
    if np.allclose(got, (a * bend(b)) @ down.T):
        fail("swiglu bent the wrong way up: `gate` goes through SiLU, `up` stays straight")
    if np.allclose(got, bend(a * b) @ down.T):
        fail("swiglu bent the product; SiLU is applied to the gate before the two are multiplied")
    if np.allclose(got, (bend(a) + b) @ down.T):
        fail("swiglu added the two ways; a gate multiplies")
    close(got, (bend(a) * b) @ down.T, "swiglu(x, gate, up, down)", within=1e-9)
    close(
        lab.swiglu(x[::-1], gate, up, down), np.asarray(got)[::-1], "swiglu with positions reversed",
        "each position is computed by itself, so the outputs come in reverse", within=1e-9,
    )  # fmt: skip
    zeros = lab.swiglu(x, gate, 0 * up, down)
    close(zeros, np.zeros((4, 6)), "swiglu with `up` all zero", "nothing passes then", within=1e-12)


def mlp_parameters(lab):
    for width, hidden in ((2, 3), (576, 1536), (10, 7)):
        got = lab.mlp_parameters(width, hidden)
        if got == 2 * width * hidden:
            fail(f"mlp_parameters({width}, {hidden}) counts two matrices: the gate is a third one")
        if got == 3 * width * hidden + 2 * hidden + width:
            fail(f"mlp_parameters({width}, {hidden}) counts biases; this block has none")
        shapes = [(hidden, width), (hidden, width), (width, hidden)]
        equal(
            got, sum(a * b for a, b in shapes), f"mlp_parameters({width}, {hidden})",
            "add up what gate, up and down hold",
        )  # fmt: skip


def census(lab):
    small = {
        "hidden_size": 8, "intermediate_size": 20, "num_hidden_layers": 3,
        "num_attention_heads": 4, "num_key_value_heads": 2, "vocab_size": 100,
        "tie_word_embeddings": False,
    }  # fmt: skip
    got = lab.census(small)
    if got is None:
        fail("census(config) returned None: is a `return` missing?")
    equal(sorted(got), ["attention", "embedding", "mlp", "norms"], "the drawers of census(config)")
    equal(got["mlp"], 3 * 3 * 8 * 20, "census(small)['mlp']", "three matrices in each of 3 layers")
    if got["attention"] == 3 * 4 * 8 * 8:
        fail("census: keys and values are as wide as queries; here two heads of queries share one")
    shapes = [(8, 8), (4, 8), (4, 8), (8, 8)]  # a head has 2 numbers, and 2 heads hold keys
    equal(
        got["attention"], 3 * sum(a * b for a, b in shapes), "census(small)['attention']",
        "queries and output are square, keys and values have a row for each number of each key head",
    )  # fmt: skip
    equal(got["norms"], 7 * 8, "census(small)['norms']", "two in every layer, and one at the end")
    equal(
        got["embedding"], 2 * 100 * 8, "census(small)['embedding']",
        "an untied model stores a second matrix for its output",
    )  # fmt: skip
    tied = lab.census({**small, "tie_word_embeddings": True})
    equal(
        tied["embedding"], 100 * 8, "census of the same model, tied",
        "a tied model stores one matrix and uses it twice",
    )  # fmt: skip
    # The total that is published with the model: its files hold exactly this many numbers.
    equal(sum(lab.census(lab.SMOL).values()), 134_515_008, "the total of SmolLM2-135M")
