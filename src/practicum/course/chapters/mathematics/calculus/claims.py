"""The numbers of the lesson on calculus, recomputed."""

from __future__ import annotations

import math

import numpy as np

BETA = 0.1  # of the preference loss, as `practicum align` sets it
MARGIN = 2.0  # how far the integral goes, in units of beta times margin
CURVATURES = (1.0, 10.0)  # of the valley


def _quotient(step: float) -> float:
    """The forward quotient of x³ at 1, with products only: equal on every machine."""
    x = 1.0 + step
    return (x * x * x - 1.0) / step


def quotient_tenth() -> float:
    """With a step of 0.1."""
    return _quotient(1e-1)


def quotient_small() -> float:
    """With a step of 1e-4."""
    return _quotient(1e-4)


def error_best() -> float:
    """How far the quotient is from three at 1e-8."""
    return abs(_quotient(1e-8) - 3)


def quotient_late() -> float:
    """With a step of 1e-14."""
    return _quotient(1e-14)


def quotient_last() -> float:
    """With a step of 1e-16."""
    return _quotient(1e-16)


def spacing() -> float:
    """The distance from one to the next double."""
    return float(np.spacing(1.0))


def central_error() -> float:
    """The error of the quotient from both sides, with a step of 1e-4."""
    h = 1e-4
    a, b = 1 + h, 1 - h
    return abs((a * a * a - b * b * b) / (2 * h) - 3)


def _loss(z: float) -> float:
    """The preference loss as a function of beta times margin: −ln σ(z)."""
    return math.log1p(math.exp(-z))


def _slope(z: float) -> float:
    """Its derivative, −σ(−z)."""
    return -1 / (1 + math.exp(z))


def loss_at_start() -> float:
    """The loss of a pair on which policy and reference agree."""
    return _loss(0)


def slope_at_start() -> float:
    """Its slope against the margin, with beta 0.1."""
    return BETA * _slope(0)


def slope_later() -> float:
    """The same at a margin of 50."""
    return BETA * _slope(BETA * 50)


def _taylor(z: float) -> float:
    """The Taylor polynomial of degree two of the loss around zero."""
    return math.log(2) - z / 2 + z * z / 8


def taylor_at_one() -> float:
    """The parabola at one."""
    return _taylor(1)


def loss_at_one() -> float:
    """The loss there."""
    return _loss(1)


def taylor_ratio() -> float:
    """How many times smaller the error is at a half than at one."""
    return (_taylor(1) - _loss(1)) / (_taylor(0.5) - _loss(0.5))


def geometric_sum() -> float:
    """1 + 0.9 + 0.81 + … without end."""
    return 1 / (1 - 0.9)


def geometric_slow() -> float:
    """The same for 0.99."""
    return 1 / (1 - 0.99)


def drop_exact() -> float:
    """How far the loss falls from zero to two."""
    return _loss(0) - _loss(MARGIN)


def _trapezoid(strips: int) -> float:
    """The area over the slope by straight tops."""
    h = MARGIN / strips
    inner = math.fsum(-_slope(i * h) for i in range(1, strips))
    return h * (inner - (_slope(0) + _slope(MARGIN)) / 2)


def _simpson(strips: int) -> float:
    """The same by parabolas, which is the trapezoids' error taken out."""
    return (4 * _trapezoid(strips) - _trapezoid(strips // 2)) / 3


def trapezoid_four() -> float:
    """With four strips."""
    return _trapezoid(4)


def trapezoid_eight() -> float:
    """With eight."""
    return _trapezoid(8)


def trapezoid_ratio() -> float:
    """How many times smaller the error is with twice as many strips."""
    return (_trapezoid(64) - drop_exact()) / (_trapezoid(128) - drop_exact())


def simpson_ratio() -> float:
    """The same for parabolas."""
    return (_simpson(16) - drop_exact()) / (_simpson(32) - drop_exact())


def budget() -> float:
    """The mean learning rate as a share of its peak: a tenth of warm-up, then a cosine to a tenth."""
    n = 10_000
    done = (np.arange(n) + 0.5) / n
    cosine = 0.1 + 0.9 * 0.5 * (1 + np.cos(np.pi * (done - 0.1) / 0.9))
    return float(np.where(done < 0.1, done / 0.1, cosine).mean())


def _softmax() -> np.ndarray:
    """The chances of three tokens with the scores 2, 1 and 0."""
    powers = np.exp([2.0, 1.0, 0.0])
    return powers / powers.sum()


def chance_first() -> float:
    """Of the first token."""
    return _softmax()[0]


def chance_second() -> float:
    """Of the second."""
    return _softmax()[1]


def chance_third() -> float:
    """Of the third."""
    return _softmax()[2]


def gradient_first() -> float:
    """The loss's slope against the first score, when the first token is the right one."""
    return _softmax()[0] - 1


def n_parameters() -> int:
    """Of smollm2-135m-instruct: embeddings, thirty blocks, the last norm."""
    width, hidden, keys, vocabulary = 576, 1536, 192, 49_152
    block = 2 * width * width + 2 * width * keys + 3 * width * hidden + 2 * width
    return vocabulary * width + 30 * block + width


def days_of_one_gradient() -> float:
    """Two passes for every parameter, a tenth of a second each."""
    return n_parameters() * 2 * 0.1 / 86_400


def step_limit() -> float:
    """The largest stable learning rate in the valley."""
    return 2 / max(CURVATURES)


def factor_beyond() -> float:
    """What a step of 0.21 multiplies the steep direction by."""
    return 1 - 0.21 * max(CURVATURES)


def height_beyond() -> float:
    """What forty such steps multiply it by."""
    return abs(factor_beyond()) ** 40


def rate_ratio() -> float:
    """8e-6 over 1e-6."""
    return 8e-6 / 1e-6


def bfloat_spacing() -> float:
    """The distance from one to the next bfloat16, which keeps seven binary digits."""
    return 2.0**-7


def bfloat_sum() -> float:
    """1 + 0.003 in bfloat16: rounded to the nearest multiple of its spacing."""
    return round(1.003 / bfloat_spacing()) * bfloat_spacing()


def kink_slope() -> float:
    """The quotient from both sides of max(x, 0) at zero."""
    h = 1e-4
    return (max(h, 0) - max(-h, 0)) / (2 * h)
