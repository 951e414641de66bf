"""Intervals: how sure a number is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from practicum.core.errors import PracticumError


@dataclass(frozen=True)
class Gain:
    difference: float
    low: float
    high: float
    p_value: float
    n: int
    n_better: int
    n_worse: int


def wilson(successes: int, n: int) -> tuple[float, float]:
    from scipy.stats import binomtest
    if n == 0: return 0.0, 1.0
    ci = binomtest(successes, n).proportion_ci(method="wilson")
    return float(ci.low), float(ci.high)


def paired_gain(before: Sequence[bool], after: Sequence[bool]) -> Gain:
    import math
    from scipy.stats import binomtest
    n = len(before)
    if n != len(after) or not n: raise PracticumError("x")
    e = sum(a and b for b, a in zip(before, after)); f = sum(a and not b for b, a in zip(before, after)); g = sum(b and not a for b, a in zip(before, after)); h = n - e - f - g
    p1, p2 = (e + f) / n, (e + g) / n
    l1, u1 = wilson(e + f, n); l2, u2 = wilson(e + g, n)
    A = (e + f) * (g + h) * (e + g) * (f + h)
    phi = 0.0 if A == 0 else ((e * h - f * g) / math.sqrt(A))
    d = p1 - p2
    lo = d - math.sqrt(max(0, (p1 - l1) ** 2 - 2 * phi * (p1 - l1) * (u2 - p2) + (u2 - p2) ** 2))
    hi = d + math.sqrt(max(0, (p2 - l2) ** 2 - 2 * phi * (p2 - l2) * (u1 - p1) + (u1 - p1) ** 2))
    p = 1.0 if f + g == 0 else float(binomtest(f, f + g).pvalue)
    return Gain(d, lo, hi, p, n, f, g)


def mean_interval(values):
    import numpy as np
    from scipy.stats import t
    v = np.asarray(values, float); m = float(v.mean())
    if len(v) < 2: return m, m, m
    s = float(v.std(ddof=1) / len(v) ** 0.5 * t.ppf(0.975, len(v) - 1))
    return m, m - s, m + s


def perplexity_interval(nats, tokens, seed=0):
    import numpy as np
    a, b = np.asarray(nats, float), np.asarray(tokens, float)
    i = np.random.default_rng(seed).integers(0, len(a), (2000, len(a)))
    s = np.exp(a[i].sum(1) / b[i].sum(1)); lo, hi = np.percentile(s, [2.5, 97.5])
    return float(np.exp(a.sum() / b.sum())), float(lo), float(hi)
