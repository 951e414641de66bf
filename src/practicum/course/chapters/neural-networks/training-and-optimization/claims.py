"""Every number that the lesson computes."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from descents import BEST_RATE, CURVES, RUNS, START, path, warm_half  # beside this file

SMOL_PARAMETERS = 134_515_008
SECONDS_A_PASS = 0.1


def days_by_nudging() -> float:
    """Days that one gradient takes when every weight is nudged for itself."""
    return SMOL_PARAMETERS * SECONDS_A_PASS / 86_400


def seconds_by_backprop() -> float:
    """Seconds that it takes at the price of three forward passes."""
    return 3 * SECONDS_A_PASS


def surprise_smol() -> float:
    """Nats of a model that knows nothing about 49,152 tokens."""
    return math.log(49_152)


def surprise_tiny() -> float:
    """The same for the 1,024 tokens of `practicum pretrain`."""
    from practicum.pretrain.stage import PretrainParams

    return math.log(PretrainParams().n_vocab)


def mse_even() -> float:
    """Squared error when four predictions miss by one."""
    return float(np.mean(np.ones(4) ** 2))


def mse_once() -> float:
    """Squared error when one of four predictions misses by ten."""
    return float(np.mean(np.array([0.0, 0.0, 0.0, 10.0]) ** 2))


def _sigmoid(z: float) -> float:
    return 1 / (1 + math.exp(-z))


def sure_and_wrong() -> float:
    """Probability of the truth at a score of -6."""
    return _sigmoid(-6)


def slope_entropy() -> float:
    """Slope of cross-entropy there."""
    return _sigmoid(-6) - 1


def slope_squares() -> float:
    """Slope of the squared error there."""
    p = _sigmoid(-6)
    return 2 * (p - 1) * p * (1 - p)


def slope_ratio() -> float:
    """How many times steeper cross-entropy is."""
    return slope_entropy() / slope_squares()


@cache
def _by_hand(w: float = 0.5, v: float = -1.0) -> dict[str, float]:
    """x = 2 through h = relu(w x) and z = v h to p = sigmoid(z), when the truth is 1."""
    x = 2.0
    h = max(0.0, w * x)
    z = v * h
    p = _sigmoid(z)
    dz = p - 1
    dh = dz * v
    return {"p": p, "loss": -math.log(p), "dz": dz, "dv": dz * h, "dh": dh, "dw": dh * x * (h > 0)}


def hand_p() -> float:
    """The probability."""
    return _by_hand()["p"]


def hand_loss() -> float:
    """The loss."""
    return _by_hand()["loss"]


def hand_dz() -> float:
    """Blame of the score."""
    return _by_hand()["dz"]


def hand_dv() -> float:
    """Blame of v."""
    return _by_hand()["dv"]


def hand_dh() -> float:
    """Blame of the hidden value."""
    return _by_hand()["dh"]


def hand_dw() -> float:
    """Blame of w."""
    return _by_hand()["dw"]


def hand_v_new() -> float:
    """v after a step of rate 0.1."""
    return -1.0 - 0.1 * hand_dv()


def hand_w_new() -> float:
    """w after a step of rate 0.1."""
    return 0.5 - 0.1 * hand_dw()


def hand_loss_new() -> float:
    """The loss after it."""
    return _by_hand(hand_w_new(), hand_v_new())["loss"]


def _losses(name: str, rate: float, keep: float, n_steps: int) -> np.ndarray:
    return 0.5 * (CURVES * path(name, rate, keep, n_steps) ** 2).sum(axis=1)


def _steps(name: str) -> int:
    """Steps until the loss stays under a thousandth of its start."""
    rate, keep = RUNS[name]
    losses = _losses(name, rate, keep, 1000)
    return int(np.nonzero(losses >= losses[0] / 1000)[0][-1]) + 1


def steps_descent() -> int:
    """Steps of plain descent."""
    return _steps("descent")


def steps_momentum() -> int:
    """Steps with momentum."""
    return _steps("momentum")


def steps_adam() -> int:
    """Steps of Adam."""
    return _steps("Adam")


def left_rmsprop() -> float:
    """The largest loss of RMSprop between its steps 500 and 1000: it does not come to rest."""
    return float(_losses("RMSprop", *RUNS["RMSprop"], 1000)[500:].max())


def largest_rate() -> float:
    """The rate from which plain descent diverges in the ravine."""
    return 2 / float(CURVES.max())


def best_rate() -> float:
    """The rate at which both directions shrink alike."""
    return float(BEST_RATE)


def loss_start() -> float:
    """The loss at the start of the ravine."""
    return float(0.5 * (CURVES * START**2).sum())


def loss_good_rate() -> float:
    """The loss after a hundred steps at the best rate."""
    return float(_losses("descent", best_rate(), 0.0, 100)[-1])


def loss_bad_rate() -> float:
    """The loss after a hundred steps at 0.021."""
    return float(_losses("descent", 0.021, 0.0, 100)[-1])


def momentum_limit() -> float:
    """How many times faster momentum of 0.9 is down an even slope."""
    return 1 / (1 - 0.9)


def uncorrected() -> float:
    """Adam's first step without correction, in rates."""
    return (1 - 0.9) / math.sqrt(1 - 0.999)


def adam_gigabytes() -> float:
    """Weights, slopes and Adam's two means for SmolLM2 in float32."""
    return 4 * 4 * SMOL_PARAMETERS / 1e9


def noise_left() -> str:
    """The noise of a slope from 64 examples, in that of one."""
    return f"1/{math.sqrt(64):.0f}"


def share_warming() -> float:
    """The share of its steps that go up."""
    return 100 / 200


def budget_half() -> float:
    """The share of all movement that is spent by step 50 with half the steps going up."""
    rates = [warm_half(s) for s in range(200)]
    return sum(rates[:50]) / sum(rates)


def budget_tenth() -> float:
    """The same when a tenth of the steps go up."""
    rates = [warm_half(s, n_warm=20) for s in range(200)]
    return sum(rates[:50]) / sum(rates)


def mean_right() -> float:
    """The mean loss of 10 tokens at 1.0 and 90 at 3.0."""
    return (10 * 1.0 + 90 * 3.0) / 100


def mean_of_means() -> float:
    """What the mean of both means says."""
    return (1.0 + 3.0) / 2


def weight_of_short() -> float:
    """How many times a token of the short row counts, beside one of the long."""
    return (1 / 10) / (1 / 90)
