"""What each task must satisfy."""

import math
import warnings

import numpy as np

from practicum.learn.labs.checking import close, fail, holds

X = np.array([-7.5, -2.0, -0.6, -1e-3, 0.0, 1e-3, 0.3, 1.7, 5.0])
LEFT = np.vectorize(lambda x: 0.5 * math.erfc(-x / math.sqrt(2)), otypes=[float])


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


def _without_warning(call, what, why):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            return call()
        except RuntimeWarning as warning:
            fail(f"{what} warned: {warning}. {why}")


def sigmoid(lab):
    far = np.array([-1000.0, 1000.0])
    close(lab.sigmoid(np.array([0.0])), [0.5], "sigmoid(0)", "zero is half way")
    close(
        lab.sigmoid(X),
        1 / (1 + np.exp(-X)),
        f"sigmoid({X.tolist()})",
        "large x must approach 1 and very negative x 0: is a sign lost?",
        within=1e-12,
    )
    got = _without_warning(
        lambda: lab.sigmoid(far),
        "sigmoid([-1000, 1000])",
        "some exponential became infinite: use the form whose exponent is never positive",
    )
    close(got, [0.0, 1.0], "sigmoid([-1000, 1000])", "far out it is 0 or 1, not nan", within=1e-12)
    close(lab.sigmoid(X) + lab.sigmoid(-X), np.ones(len(X)), "sigmoid(x) + sigmoid(-x)",
          "the curve turns onto itself around zero, so both add to one")  # fmt: skip
    tiny = lab.sigmoid(np.array([-40.0]))
    holds(
        0 < tiny[0] < 1e-16,
        "sigmoid(-40) should still be a tiny positive number: 1 minus something loses it",
    )


def tanh(lab):
    got = _array(lab.tanh(X), X.shape, "tanh of nine numbers")
    if np.allclose(got, 2 * lab.sigmoid(X) - 1):
        fail("tanh(x) is as high as it should be, but too slow: at x = 1 tanh is already 0.76, "
             "and 2·sigmoid(1) - 1 is only 0.46")  # fmt: skip
    close(got, np.tanh(X), "tanh", "it runs from -1 to 1 and is 0 at 0", within=1e-12)
    close(lab.tanh(np.array([[1000.0], [-1000.0]])), [[1.0], [-1.0]], "tanh([[1000], [-1000]])",
          "far out it rests at 1 and -1")  # fmt: skip


def silu(lab):
    got = _array(lab.silu(X), X.shape, "silu of nine numbers")
    if np.allclose(got, 1 / (1 + np.exp(-X))):
        fail("silu returned the gate alone; what passes through the gate is x")
    close(got, X / (1 + np.exp(-X)), "silu", "x times its own sigmoid", within=1e-12)
    close(
        lab.silu(X) - lab.silu(-X),
        X,
        "silu(x) - silu(-x)",
        "the two gates add to one, so this is x itself",
    )


def gelu(lab):
    got = _array(lab.gelu(X), X.shape, "gelu of nine numbers")
    wanted = X * LEFT(X)
    rough = 0.5 * X * (1 + np.tanh(math.sqrt(2 / math.pi) * (X + 0.044715 * X**3)))
    if np.allclose(got, rough, atol=1e-9) and not np.allclose(got, wanted, atol=1e-9):
        fail(
            "this is the tanh approximation (GPT-2's). It is off by up to 0.0005; the exact one uses erf"
        )
    if np.allclose(got, X * 0.5 * (1 + np.vectorize(math.erf)(X))):
        fail(
            "erf belongs to a bell of another width: the normal distribution needs its argument over √2"
        )
    close(got, wanted, "gelu", "x times the chance of a normal draw below x", within=1e-12)


def slopes(lab):
    got = lab.slopes(X)
    names = ("sigmoid", "tanh", "relu", "silu", "gelu")
    holds(
        isinstance(got, dict) and set(got) == set(names),
        f"slopes(x) should be a dict with the keys {names}",
    )
    s, t = 1 / (1 + np.exp(-X)), np.tanh(X)
    phi = np.exp(-(X**2) / 2) / math.sqrt(2 * math.pi)
    whys = {
        "sigmoid": "it is steepest at zero, a quarter, and can be written as s times one minus s",
        "tanh": "at zero its slope is 1, and it can be written with tanh's square",
        "relu": "1 to the right, 0 to the left, and 0 at exactly zero as torch has it",
        "silu": "the product rule gives two terms: the gate, and x times the gate's slope",
        "gelu": "the product rule gives two terms: the gate, and x times the bell",
    }
    wanted = {
        "sigmoid": s * (1 - s),
        "tanh": 1 - t * t,
        "relu": (X > 0) * 1.0,
        "silu": s * (1 + X * (1 - s)),
        "gelu": LEFT(X) + X * phi,
    }
    for name in names:
        close(got[name], wanted[name], f'slopes(x)["{name}"]', whys[name], within=1e-12)


def softmax(lab):
    scores = np.array([[2.0, 1.0, -1.0, 0.5], [0.0, 0.0, 0.0, 0.0], [-3.0, 4.0, 4.0, 1.0]])
    got = _array(lab.softmax(scores), scores.shape, "softmax of three rows")
    if np.allclose(got.sum(), 1.0):
        fail(
            "the whole table sums to 1: every row is a distribution of its own and has its own sum"
        )
    if np.allclose(got.sum(axis=0), 1.0):
        fail("the columns sum to 1: the rows should")
    close(got.sum(axis=1), np.ones(3), "the row sums of softmax", "probabilities of a row add to 1")
    close(
        got,
        np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True),
        "softmax(scores)",
        within=1e-12,
    )
    high = _without_warning(
        lambda: lab.softmax(np.array([[1002.0, 1001.0], [-1000.0, 0.0]])),
        "softmax([[1002, 1001], [-1000, 0]])",
        "only differences matter: take the row's largest score off first",
    )
    near = 1 / (1 + math.exp(-1))
    close(high, [[near, 1 - near], [0.0, 1.0]], "softmax([[1002, 1001], [-1000, 0]])",
          "adding the same to every score of a row changes nothing", within=1e-12)  # fmt: skip


def softmax_slopes(lab):
    scores = np.array([2.0, 1.0, -1.0, 0.25])
    p = np.exp(scores) / np.exp(scores).sum()
    got = np.asarray(lab.softmax_slopes(scores))
    holds(
        got.shape == (4, 4),
        f"softmax_slopes of four scores has shape {got.shape}: it should be 4 by 4",
    )
    if np.allclose(got, np.diag(p * (1 - p))):
        fail(
            "only the diagonal is filled: a score that rises takes probability from all the others"
        )
    if np.allclose(got, -(np.diag(p) - np.outer(p, p))):
        fail("the sign is turned: raising a score raises its own probability")
    close(got, np.diag(p) - np.outer(p, p), "softmax_slopes([2, 1, -1, 0.25])", within=1e-12)
    close(np.asarray(lab.softmax_slopes(np.zeros(5))).sum(axis=0), np.zeros(5),
          "the column sums of softmax_slopes(zeros(5))", "what one gains the others lose")  # fmt: skip
