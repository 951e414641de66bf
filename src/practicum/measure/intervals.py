"""How sure a number is: intervals, and paired tests between two models."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from practicum.core.errors import PracticumError

N_RESAMPLES = 2000  # a percentile at 2.5 % then rests on fifty resamples


def wilson(successes: int, n: int) -> tuple[float, float]:
    """95 % interval of a proportion; (0, 1) when nothing was tried.

    Source  Wilson 1927, by scipy. Unlike p ± 1.96·se it never leaves [0, 1] and is right at
            0 of n.
    """
    from scipy.stats import binomtest

    if n == 0:
        return 0.0, 1.0
    interval = binomtest(successes, n).proportion_ci(confidence_level=0.95, method="wilson")
    return float(interval.low), float(interval.high)


@dataclass(frozen=True)
class Gain:
    """A paired difference in proportions, after minus before.

    n_better and n_worse count the questions that changed; p_value is McNemar's, exact.
    """

    difference: float
    low: float
    high: float
    p_value: float
    n: int
    n_better: int
    n_worse: int


def paired_gain(before: Sequence[bool], after: Sequence[bool]) -> Gain:
    """The gain on the same questions, with a 95 % interval and an exact two-sided test.

    Raises  PracticumError when the answers do not pair up.
    Source  Newcombe 1998 (Statistics in Medicine 17:2635), method 10 without its continuity
            correction; McNemar 1947 by the binomial distribution.
    """
    from scipy.stats import binomtest

    n = len(before)
    if n != len(after) or n == 0:
        raise PracticumError(f"{n} answers before and {len(after)} after cannot be paired")
    pairs = list(zip(before, after, strict=True))
    both, better = pairs.count((True, True)), pairs.count((False, True))
    worse, neither = pairs.count((True, False)), pairs.count((False, False))
    p_after, p_before = (both + better) / n, (both + worse) / n
    after_low, after_high = wilson(both + better, n)
    before_low, before_high = wilson(both + worse, n)
    product = (both + better) * (worse + neither) * (both + worse) * (better + neither)
    phi = (both * neither - better * worse) / math.sqrt(product) if product else 0.0
    down, up = p_after - after_low, after_high - p_after
    other_down, other_up = p_before - before_low, before_high - p_before
    difference = p_after - p_before
    low = difference - _hypotenuse(down, other_up, phi)
    high = difference + _hypotenuse(up, other_down, phi)
    changed = better + worse
    p_value = float(binomtest(better, changed).pvalue) if changed else 1.0
    return Gain(difference, low, high, p_value, n, better, worse)


def _hypotenuse(a: float, b: float, phi: float) -> float:
    return math.sqrt(max(0.0, a * a - 2 * phi * a * b + b * b))


def mean_interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Mean and its 95 % t-interval: (mean, low, high).

    Raises  PracticumError without values. One value has no known spread: (x, -inf, inf).
    """
    import numpy as np
    from scipy.stats import t

    if not values:
        raise PracticumError("the mean of no values is not defined")
    data = np.asarray(values, dtype=np.float64)
    mean = float(data.mean())
    if len(data) < 2:
        return mean, -math.inf, math.inf
    half = float(t.ppf(0.975, len(data) - 1) * data.std(ddof=1) / math.sqrt(len(data)))
    return mean, mean - half, mean + half


def perplexity_interval(
    nats: Sequence[float], tokens: Sequence[int], seed: int = 0
) -> tuple[float, float, float]:
    """exp(all nats / all tokens) with a 95 % bootstrap interval over documents.

    Tokens of one document depend on each other, so documents are what is resampled.

    Shapes  nats, tokens: one entry a document.
    """
    import numpy as np

    total, count = np.asarray(nats, dtype=np.float64), np.asarray(tokens, dtype=np.float64)
    if not len(total):
        raise PracticumError("the perplexity of no documents is not defined")
    chosen = np.random.default_rng(seed).integers(0, len(total), (N_RESAMPLES, len(total)))
    resampled = np.exp(total[chosen].sum(1) / count[chosen].sum(1))
    low, high = np.percentile(resampled, [2.5, 97.5])
    return float(np.exp(total.sum() / count.sum())), float(low), float(high)
