"""How sure a number is: intervals, and paired tests between two models."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from practicum.core.errors import PracticumError

Z_95 = 1.959963984540054  # 97.5 % point of the normal distribution
N_RESAMPLES = 2000  # a percentile at 2.5 % then rests on fifty resamples
N_BLOCKS = 20  # resamples are drawn in blocks, so that memory stays flat in their number


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
    Source  Tango 1998 (Statistics in Medicine 17:891), the score interval: unlike Wald's and
            Newcombe's it stays honest when few or no answers changed. McNemar 1947, exact.
    """
    from scipy.stats import binomtest

    n = len(before)
    if n != len(after) or n == 0:
        raise PracticumError(f"{n} answers before and {len(after)} after cannot be paired")
    better = sum(a and not b for b, a in zip(before, after, strict=True))
    worse = sum(b and not a for b, a in zip(before, after, strict=True))
    low, high = tango(better, worse, n)
    changed = better + worse
    p_value = float(binomtest(better, changed).pvalue) if changed else 1.0
    return Gain((better - worse) / n, low, high, p_value, n, better, worse)


def tango(better: int, worse: int, n: int) -> tuple[float, float]:
    """95 % score interval of (better − worse) / n from paired yes-no answers."""
    from scipy.optimize import brentq

    edge = 1 - 1e-9
    low = -1.0 if worse == n else brentq(lambda d: score(better, worse, n, d) - Z_95, -edge, edge)
    high = 1.0 if better == n else brentq(lambda d: score(better, worse, n, d) + Z_95, -edge, edge)
    return float(low), float(high)


def score(better: int, worse: int, n: int, difference: float) -> float:
    """How many standard errors the data lie above a supposed true difference.

    Source  Tango 1998, equation 6: the chance of a loss is its maximum-likelihood value under
            the supposed difference.
    """
    b = (2 * n - better + worse) * difference - better - worse
    c = -worse * difference * (1 - difference)
    p_worse = (math.sqrt(max(0.0, b * b - 8 * n * c)) - b) / (4 * n)
    variance = n * (2 * p_worse + difference * (1 - difference))
    return (better - worse - n * difference) / math.sqrt(max(variance, 1e-300))


def mean_interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Mean and its 95 % t-interval: (mean, low, high).

    Raises  PracticumError without values. One value has no known spread: (x, -inf, inf).
    """
    import numpy as np
    from scipy.stats import t

    data = np.asarray(values, dtype=np.float64)
    if not len(data):
        raise PracticumError("the mean of no values is not defined")
    mean = float(data.mean())
    if len(data) < 2:
        return mean, -math.inf, math.inf
    half = float(t.ppf(0.975, len(data) - 1) * data.std(ddof=1) / math.sqrt(len(data)))
    return mean, mean - half, mean + half


def perplexity_interval(
    nats_by_document: Sequence[float], tokens_by_document: Sequence[int], seed: int = 0
) -> tuple[float, float, float]:
    """exp(all nats / all tokens) with a 95 % bootstrap interval over documents.

    Tokens of one document depend on each other, so documents are what is resampled.

    Shapes  one entry a document in both.
    Raises  PracticumError without documents, or when one has no token to be surprised by.
    Source  Efron 1979, percentile interval of 2,000 resamples.
    """
    import numpy as np

    nats = np.asarray(nats_by_document, dtype=np.float64)
    tokens = np.asarray(tokens_by_document, dtype=np.float64)
    n = len(nats)
    if n == 0 or n != len(tokens) or tokens.min() < 1:
        raise PracticumError(
            f"{n} documents with nats and {len(tokens)} with token counts give no perplexity",
            hint="one entry a document in both, and at least one token in each",
        )
    rng, resampled = np.random.default_rng(seed), []
    for _ in range(N_BLOCKS):
        chosen = rng.integers(0, n, (N_RESAMPLES // N_BLOCKS, n))  # (resamples, documents)
        resampled.append(np.exp(nats[chosen].sum(1) / tokens[chosen].sum(1)))
    low, high = np.percentile(np.concatenate(resampled), [2.5, 97.5])
    return float(np.exp(nats.sum() / tokens.sum())), float(low), float(high)
