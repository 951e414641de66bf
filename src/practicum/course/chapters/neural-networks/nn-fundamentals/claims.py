"""Every number that the lesson computes."""

from __future__ import annotations

import itertools
import math
from functools import cache

import numpy as np

from practicum.learn.lessons.claims import Near

REVIEWS = np.array(
    [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]
)  # (is there "not", is it "bad")
PRAISE = np.array([True, False, False, True])
W1 = np.array([[1.0, -0.7], [-0.7, 1.0]])
SCORES = np.array([2.0, 1.0, -1.0])
SMOL = {"vocabulary": 49_152, "width": 576, "hidden": 1536, "blocks": 30, "keys": 192}


def best_line() -> float:
    """The largest share of the four reviews that a weighted sum gets right, on a fine grid."""
    grid = np.linspace(-2, 2, 17)
    return max(
        float(((REVIEWS @ np.array([a, b]) + c > 0) == PRAISE).mean())
        for a, b, c in itertools.product(grid, repeat=3)
    )


@cache
def _n_cut(n_questions: int, largest: int) -> int:
    """Labellings of all corners of a cube that whole-number weights up to `largest` can make."""
    corners = np.array(list(itertools.product((0, 1), repeat=n_questions)))
    bits = 2 ** np.arange(len(corners))
    found = {0}
    for weights in itertools.product(range(-largest, largest + 1), repeat=n_questions):
        sums = corners @ np.array(weights)
        found.update(int((sums >= level) @ bits) for level in np.unique(sums))
    return len(found)


def cut_two() -> int:
    """Labellings of four points that a line can make."""
    return _n_cut(2, 2)


def all_two() -> int:
    """Labellings of four points."""
    return 2**4


def cut_three() -> int:
    """Labellings of eight points that a plane can make."""
    return _n_cut(3, 3)


def all_three() -> int:
    """Labellings of eight points."""
    return 2**8


def cut_four() -> int:
    """Labellings of sixteen points that a weighted sum can make."""
    return _n_cut(4, 3)


def all_four() -> int:
    """Labellings of sixteen points."""
    return 2**16


def share_four() -> float:
    """Their share."""
    return cut_four() / all_four()


def _block_weights() -> int:
    return 3 * SMOL["width"] * SMOL["hidden"]


def smol_parameters() -> int:
    """Parameters of SmolLM2-135M, counted from its configuration."""
    c = SMOL["width"]
    block = _block_weights() + 2 * c * c + 2 * c * SMOL["keys"] + 2 * c
    return SMOL["vocabulary"] * c + SMOL["blocks"] * block + c


def feed_forward_share() -> float:
    """The share of them in the feed-forward layers."""
    return SMOL["blocks"] * _block_weights() / smol_parameters()


def melted_from() -> int:
    """Numbers in a hidden layer of a thousand over two inputs, and its readout."""
    return 1000 * 2 + 1000 + 1000 + 1


def _hidden(review: int, below: float = 0.0) -> np.ndarray:
    z = W1 @ REVIEWS[review]
    return np.where(z > 0, z, below * z)


def h_not_bad() -> float:
    """What either hidden neuron says to "not bad"."""
    return float(_hidden(3)[0])


def score_not_bad() -> float:
    """The readout for "not bad"."""
    return float(0.8 - _hidden(3).sum())


def score_not_good() -> float:
    """The readout for "not good"."""
    return float(0.8 - _hidden(1).sum())


def score_good() -> float:
    """The readout for "good"."""
    return float(0.8 - _hidden(0).sum())


def parts_at() -> float:
    """The slope below zero under which a line h1 + h2 = c parts praise from blame."""
    # Praise lies at 0 and 0.6 along h1 + h2, blame at 1 - 0.7·slope.
    return (1 - _hidden(3).sum()) / 0.7


@cache
def _lucky(n_hidden: int) -> float:
    rng = np.random.default_rng(n_hidden)
    target = np.where(PRAISE, 1.0, -1.0)
    n_right = 0
    for _ in range(2000):
        h = np.maximum(REVIEWS @ rng.normal(size=(n_hidden, 2)).T + rng.normal(size=n_hidden), 0)
        h = np.hstack([h, np.ones((4, 1))])
        n_right += bool(((h @ np.linalg.lstsq(h, target, rcond=None)[0] > 1e-9) == PRAISE).all())
    return n_right / 2000


def lucky_two() -> Near:
    """The share of random pairs of neurons that a fitted readout can use."""
    return Near(_lucky(2), 0.02)


def lucky_eight() -> Near:
    """The same for eight random neurons."""
    return Near(_lucky(8), 0.01)


def _sigmoid(z: float) -> float:
    return 1 / (1 + math.exp(-z))


def sigmoid_steepest() -> float:
    """The largest slope of the sigmoid."""
    return _sigmoid(0) * (1 - _sigmoid(0))


def sigmoid_thirty() -> float:
    """What is left of a signal after thirty of them, at best."""
    return sigmoid_steepest() ** 30


def _left(z: float) -> float:
    return 0.5 * math.erfc(-z / math.sqrt(2))


def gelu_gap() -> float:
    """The largest difference between GELU and its tanh approximation."""
    grid = np.linspace(-6, 6, 24_001)
    exact = grid * np.vectorize(_left)(grid)
    rough = 0.5 * grid * (1 + np.tanh(math.sqrt(2 / math.pi) * (grid + 0.044715 * grid**3)))
    return float(np.abs(exact - rough).max())


def _softmax() -> np.ndarray:
    powers = np.exp(SCORES - SCORES.max())
    return powers / powers.sum()


def p_mat() -> float:
    """Softmax of the score 2 among 2, 1, -1."""
    return float(_softmax()[0])


def p_sofa() -> float:
    """Softmax of the score 1."""
    return float(_softmax()[1])


def p_moon() -> float:
    """Softmax of the score -1."""
    return float(_softmax()[2])


def slope_mat() -> float:
    """How the first probability answers to its own score."""
    return p_mat() * (1 - p_mat())


def slope_sofa() -> float:
    """How the second probability answers to the first score."""
    return -p_mat() * p_sofa()


def gate_open() -> float:
    """SiLU of 1."""
    return _sigmoid(1)


def gate_shut() -> float:
    """Minus SiLU of -1."""
    return _sigmoid(-1)


def tiny_parameters() -> int:
    """Parameters of the model that `practicum pretrain` makes, as the package counts them."""
    from practicum.pretrain.stage import PretrainParams

    return PretrainParams().n_parameters
