"""What each task must satisfy."""

import itertools

import numpy as np

from practicum.learn.labs.checking import close, equal, fail, holds

X = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
REVIEWS = ("good", "not good", "bad", "not bad")
PRAISE = np.array([True, False, False, True])


def _example(seed, *shapes):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=shape) for shape in shapes]


def _array(got, shape, what):
    """The answer as an array of this shape, or a kind failure."""
    if got is None:
        fail(f"{what} returned None: is a `return` missing?")
    found = np.asarray(got, dtype=float)
    holds(
        found.shape == shape,
        f"{what} came back with shape {found.shape}, where {shape} is expected",
    )
    return found


def layer(lab):
    x, w, b = _example(1, (5, 3), (2, 3), (2,))
    got = _array(lab.layer(x, w, b, np.tanh), (5, 2), "layer of five examples and two neurons")
    wanted = np.array(
        [
            [np.tanh(sum(w[n][i] * x[k][i] for i in range(3)) + b[n]) for n in range(2)]
            for k in range(5)
        ]
    )
    if np.allclose(got, np.tanh(x @ w.T)):
        fail("layer(x, w, b, tanh) is right without its bias: b is not added")
    if np.allclose(got, x @ w.T + b):
        fail("layer(x, w, b, tanh) came back without a bend: the activation is not applied")
    if np.allclose(got, np.tanh(x @ w.T) + b):
        fail("the bias is added after the bend: it should move the point where the neuron bends")
    close(
        got,
        wanted,
        "layer(x, w, b, tanh)",
        "every neuron: its weights times the inputs, plus its bias, then bent",
    )
    square, ws, bs = _example(2, (2, 2), (2, 2), (2,))
    close(lab.layer(square, ws, bs, lambda z: z), square @ ws.T + bs, "layer with as many neurons as inputs",
          "a square matrix hides a missing transpose: neuron n owns ROW n of the weights")  # fmt: skip


def best_line(lab):
    grid = (-1.0, -0.5, 0.0, 0.5, 1.0)
    close(lab.best_line(np.array([False, True, True, True]), grid), 1.0, "best_line(praise unless both are zero)",
          "a line can cut off one corner; does the search also try the biases?")  # fmt: skip
    close(
        lab.best_line(np.array([True] * 4), grid),
        1.0,
        "best_line(all praise)",
        "a positive bias alone does this",
    )
    got = lab.best_line(PRAISE, grid)
    holds(
        got != 1.0,
        "best_line says that a line sorts all four reviews: no line does. Is a loop changing the labels?",
    )
    close(got, 0.75, "best_line(the four reviews)", "three of the four can be had")
    close(lab.best_line(np.array([True, False, False, False]), (1.0,)), 0.25, "best_line with the grid (1.0,)",
          "only weights and biases of the given grid may be used, and scores above zero mean praise")  # fmt: skip
    full = [
        lab.best_line(np.array(labels), grid) == 1
        for labels in itertools.product((False, True), repeat=4)
    ]
    equal(sum(full), 14, "the number of labellings that best_line gets all right")


def collapse(lab):
    w1, b1, w2, b2, x = _example(3, (7, 3), (7,), (2, 7), (2,), (4, 3))
    got = lab.collapse(w1, b1, w2, b2)
    holds(
        isinstance(got, tuple) and len(got) == 2,
        "collapse should return two things: weights and bias",
    )
    w, b = np.asarray(got[0]), np.asarray(got[1])
    holds(
        w.shape == (2, 3),
        f"the melted weights have shape {w.shape}: from three inputs to two outputs it is (2, 3)",
    )
    if np.allclose(b, b2):
        fail("the first bias is lost: it goes through the second layer as every hidden value does")
    if b.shape == b1.shape or np.allclose(b, b2 + b1.sum()):
        fail(
            "the first bias must be multiplied by the second layer's weights before it can be added to b2"
        )
    close(
        x @ w.T + b,
        (x @ w1.T + b1) @ w2.T + b2,
        "the melted layer on four examples",
        "it should do what both did",
    )


def hidden_layer(lab):
    parts = lab.hidden_layer()
    holds(isinstance(parts, tuple) and len(parts) == 4, "hidden_layer should return w1, b1, w2, b2")
    w1, b1, w2, b2 = (np.asarray(part, dtype=float) for part in parts)
    shapes = (w1.shape, b1.shape, w2.shape, b2.shape)
    equal(shapes, ((2, 2), (2,), (1, 2), (1,)), "the shapes of w1, b1, w2, b2")
    hidden = np.maximum(X @ w1.T + b1, 0.0)
    scores = (hidden @ w2.T + b2)[:, 0]
    for review, values, score, is_praise in zip(REVIEWS, hidden, scores, PRAISE, strict=True):
        if score == 0:
            fail(f"'{review}' scores exactly 0, on the fence: move a bias a little")
        if (score > 0) != is_praise:
            taken = "praise" if score > 0 else "blame"
            fail(
                f"'{review}' scores {score:+.2f} and is taken for {taken}; its hidden values are {values}"
            )


def fit_readout(lab):
    hidden, w = _example(4, (9, 3), (3,))
    weights, bias = lab.fit_readout(hidden, hidden @ w + 2.5)
    if abs(float(np.asarray(bias).reshape(-1)[0])) < 1e-6:
        fail(
            "the bias came back as zero for targets that are shifted by 2.5: is there a column of ones?"
        )
    close(weights, w, "the weights of fit_readout, for targets made by known weights",
          "nothing is in the way here, so they should be found exactly: is the bias among them?")  # fmt: skip
    close(bias, 2.5, "the bias of fit_readout, for targets that are shifted by 2.5")
    hidden, target = _example(5, (30, 2), (30,))
    weights, bias = lab.fit_readout(hidden, target)
    left = target - hidden @ np.asarray(weights) - bias
    close(hidden.T @ left, np.zeros(2), "the errors of fit_readout, times the hidden values",
          "at the smallest squared error they stand at right angles")  # fmt: skip


def n_parameters(lab):
    got = lab.n_parameters([3, 5, 2])
    holds(
        got != 25, "n_parameters([3, 5, 2]) counted the weights only: every neuron has a bias too"
    )
    holds(got != 35, "n_parameters([3, 5, 2]) gave a bias to the inputs: they are no neurons")
    equal(
        got,
        32,
        "n_parameters([3, 5, 2])",
        "3·5 and 5·2 weights, and a bias for each neuron that computes",
    )
    equal(
        lab.n_parameters([3, 5, 2], False), 25, "n_parameters([3, 5, 2], False)", "without biases"
    )
    equal(lab.n_parameters([784, 128, 64, 10]), 109_386, "n_parameters([784, 128, 64, 10])")
