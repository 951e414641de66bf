"""Every number of the lesson on probability and statistics, recomputed."""

from __future__ import annotations

import math
from itertools import pairwise

from practicum.measure.intervals import Z_95, mean_interval, paired_gain, wilson

NEXT_TOKEN = {"blue": 1 / 2, "clear": 1 / 4, "grey": 1 / 8, "falling": 1 / 8}
N = 300  # questions of the first life, docs/runs/first-life.txt
TUNED, ALIGNED = 187, 189
BETTER, WORSE = 17, 15  # the only counts that give the recorded interval and p-value
# Gains of NeuralHermes over OpenHermes by task: GSM8K, ARC, HellaSwag, MMLU, TruthfulQA, Winogrande.
BEFORE = (26.08, 64.93, 84.18, 63.64, 52.24, 78.06)
AFTER = (61.33, 66.55, 84.90, 63.32, 54.93, 78.30)
GAINS = [b - a for a, b in zip(BEFORE, AFTER, strict=True)]


def _binomial(n: int, p: float) -> list[float]:
    return [math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1)]


def _gain():
    both = TUNED - WORSE
    before = [True] * (both + WORSE) + [False] * (N - TUNED)
    after = [True] * both + [False] * WORSE + [True] * BETTER
    return paired_gain(before, after + [False] * (N - len(after)))


def _coverage(interval, n: int, p: float) -> float:
    """The exact chance that the interval holds p."""
    chances = _binomial(n, p)
    return sum(c for k, c in enumerate(chances) if interval(k, n)[0] <= p <= interval(k, n)[1])


def _wald(k: int, n: int) -> tuple[float, float]:
    p = k / n
    half = Z_95 * math.sqrt(p * (1 - p) / n)
    return p - half, p + half


def equally_good_differ() -> float:
    """The chance that two equally good models score two or more of 300 questions apart."""
    chances = _binomial(N, (TUNED + ALIGNED) / (2 * N))
    same = sum(c * c for c in chances)
    neighbours = 2 * sum(a * b for a, b in pairwise(chances))
    return 1 - same - neighbours


def sky_is_blue() -> float:
    """The chance of "is" after "sky", then "blue": a product of conditional chances."""
    return 0.2 * NEXT_TOKEN["blue"]


def expected_surprise() -> float:
    """Bits."""
    return sum(-p * math.log2(p) for p in NEXT_TOKEN.values())


def surprise_variance() -> float:
    mean = expected_surprise()
    return sum(p * (-math.log2(p) - mean) ** 2 for p in NEXT_TOKEN.values())


def surprise_perplexity() -> float:
    return 2 ** expected_surprise()


def tuned_share() -> float:
    return TUNED / N


def standard_error() -> float:
    p = TUNED / N
    return math.sqrt(p * (1 - p) / N)


def questions_for_one_point() -> int:
    """Questions until 1.96 standard errors are one percentage point, rounded up."""
    p = TUNED / N
    return math.ceil(Z_95**2 * p * (1 - p) / 0.01**2)


def tuned_low() -> float:
    return wilson(TUNED, N)[0]


def tuned_high() -> float:
    return wilson(TUNED, N)[1]


def zero_high() -> float:
    """The upper end for the base model, which got none of 300 right."""
    return wilson(0, N)[1]


def wald_keeps() -> float:
    return _coverage(_wald, 20, 0.05)


def wilson_keeps() -> float:
    return _coverage(wilson, 20, 0.05)


def answers_correlation() -> float:
    """Between right (1) and wrong (0) of two models on the same questions."""
    both = (TUNED - WORSE) / N
    p, q = TUNED / N, ALIGNED / N
    return (both - p * q) / math.sqrt(p * (1 - p) * q * (1 - q))


def unpaired_half() -> float:
    """Percentage points: the half width when the two scores are treated as unrelated."""
    p, q = TUNED / N, ALIGNED / N
    return 100 * Z_95 * math.sqrt((p * (1 - p) + q * (1 - q)) / N)


def paired_half() -> float:
    """Percentage points."""
    return 50 * (_gain().high - _gain().low)


def gain_low() -> float:
    return 100 * _gain().low


def gain_high() -> float:
    return 100 * _gain().high


def gain_p() -> float:
    return _gain().p_value


def lucky_of_twenty() -> float:
    return 1 - 0.95**20


def gsm8k_share() -> float:
    return GAINS[0] / sum(GAINS)


def mean_gain() -> float:
    return mean_interval(GAINS)[0]


def mean_gain_low() -> float:
    return mean_interval(GAINS)[1]


def mean_gain_high() -> float:
    return mean_interval(GAINS)[2]


def other_gain() -> float:
    return sum(GAINS[1:]) / 5


def likelihood_ratio() -> float:
    """How many times better 0.7 explains seven of ten than 0.5 does."""
    return (0.7**7 * 0.3**3) / 0.5**10


def posterior_mean() -> float:
    """Of Beta(1 + 0, 1 + 300)."""
    return 1 / (N + 2)


def posterior_high() -> float:
    """97.5 % point of Beta(1, 301), whose distribution function is 1 − (1 − p)^301."""
    return 1 - 0.025 ** (1 / (N + 1))


def _of_ten_thousand() -> tuple[float, float]:
    """Machine-written texts flagged, and human ones flagged."""
    return 10_000 * 0.01 * 0.99, 10_000 * 0.99 * 0.05


def flagged_machine() -> float:
    return _of_ten_thousand()[0]


def flagged_human() -> float:
    return _of_ten_thousand()[1]


def flagged_and_machine() -> float:
    machine, human = _of_ten_thousand()
    return machine / (machine + human)
