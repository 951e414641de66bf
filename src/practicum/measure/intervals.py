"""How sure a number is: intervals, and paired tests between two models."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from practicum.core.errors import PracticumError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Z_95 = 1.959963984540054  # 97.5 % point of the normal distribution
N_RESAMPLES = 2000  # a percentile at 2.5 % then rests on fifty resamples
N_FLIPS = 9999  # and the data themselves: p is then a whole number of ten-thousandths
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


def bootstrap_interval(
    n: int, statistic: Callable[[NDArray[np.int64]], NDArray[np.float64]], seed: int = 0
) -> tuple[float, float]:
    """95 % bootstrap interval of whatever `statistic` computes of n resampled items.

    Shapes  statistic: how often each item was drawn, (resamples, n) → (resamples,).
    Raises  PracticumError without items.
    Source  Efron 1979, percentile interval of 2,000 resamples.
    """
    import numpy as np

    if n == 0:
        raise PracticumError("nothing can be resampled from no items")
    rng, found = np.random.default_rng(seed), []
    even = np.full(n, 1 / n)
    for _ in range(N_BLOCKS):
        found.append(statistic(rng.multinomial(n, even, size=N_RESAMPLES // N_BLOCKS)))
    low, high = np.percentile(np.concatenate(found), [2.5, 97.5])
    return float(low), float(high)


def mean_bootstrap(
    strata: Sequence[Sequence[float]], weights: Sequence[float], seed: int = 0
) -> tuple[float, float]:
    """95 % bootstrap interval of Σ weight · mean of stratum, items drawn within each stratum.

    Shapes  one weight a stratum.
    Raises  PracticumError without items in one. A stratum of one item has no known spread:
            (-inf, inf).
    Source  Efron 1979, stratified; percentile interval of 2,000 resamples.
    """
    import numpy as np

    if not strata or not all(map(len, strata)):
        raise PracticumError("nothing can be resampled from no items")
    if min(map(len, strata)) < 2:
        return -math.inf, math.inf
    rng, found = np.random.default_rng(seed), []
    for _ in range(N_BLOCKS):
        total = np.zeros(N_RESAMPLES // N_BLOCKS)
        for values, weight in zip(strata, weights, strict=True):
            n = len(values)
            drawn = rng.multinomial(n, np.full(n, 1 / n), size=len(total))  # (resamples, n)
            total += weight / n * (drawn @ np.asarray(values, dtype=np.float64))
        found.append(total)
    low, high = np.percentile(np.concatenate(found), [2.5, 97.5])
    return float(low), float(high)


def sign_flip(differences: Sequence[float], weights: Sequence[float], seed: int = 0) -> float:
    """Two-sided p-value of Σ weight·difference, were each difference as likely of the other sign.

    Never 0: the smallest it can say is 1 in 10,000.

    Shapes  one weight a difference.
    Source  Fisher 1935; 9,999 drawn sign flips and the data themselves.
    """
    import numpy as np

    parts = np.asarray(differences, dtype=np.float64) * np.asarray(weights, dtype=np.float64)
    parts = parts[parts != 0]
    if not len(parts):
        return 1.0
    seen, rng, n_as_far = abs(float(parts.sum())), np.random.default_rng(seed), 1
    edge = seen * (1 - 1e-9)  # equal sums differ in their last digits by the order of adding
    for n_drawn in np.diff(np.linspace(0, N_FLIPS, N_BLOCKS + 1).astype(int)):
        signs = rng.integers(0, 2, (n_drawn, len(parts)), dtype=np.int8) * 2.0 - 1.0
        n_as_far += int((np.abs(signs @ parts) >= edge).sum())
    return n_as_far / (N_FLIPS + 1)


def holm(p_values: Sequence[float]) -> list[float]:
    """The p-values corrected for being several, in the given order.

    Whoever calls those below 0.05 significant is wrong about any of them in at most 5 % of
    such families, however the tests depend on each other.

    Source  Holm 1979 (Scandinavian Journal of Statistics 6:65), step-down.
    """
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    corrected, highest = [0.0] * len(p_values), 0.0
    for rank, i in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[i]))
        corrected[i] = highest
    return corrected
