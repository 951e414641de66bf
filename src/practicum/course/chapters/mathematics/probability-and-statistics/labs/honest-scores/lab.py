# %% [markdown]
# # An honest score: intervals and tests that keep their promise
# The scorecard of this package prints an interval beside every number. You will now write its statistics
# yourself, slowly and plainly, and see each promise tested by simulation. Some numbers are from this package's
# own recorded first life, some from a published table.

# %%
import math

import numpy as np

Z = 1.959963984540054  # 95 % of a normal distribution lies within so many standard deviations

# %% [markdown]
# ## The interval of a proportion
# Wald's interval is the one everybody remembers. Wilson's asks which true skills would make the score unsurprising:
#
# centre = (p + z²/2n) / (1 + z²/n), half width = z · √(p(1 − p)/n + z²/4n²) / (1 + z²/n)


# %%
def wald(k, n):
    """The textbook interval: the share plus and minus 1.96 standard errors."""
    p = k / n
    half = Z * math.sqrt(p * (1 - p) / n)
    return p - half, p + half


def wilson(k, n):
    """Wilson's 95 % interval of a proportion; (0, 1) when nothing was asked."""
    # TODO wilson: centre minus and plus the half width given above
    raise NotImplementedError("wilson")


# %%
print("right of n        Wald            Wilson")
for k, n in [(0, 300), (2, 20), (187, 300), (189, 300), (20, 20)]:
    (a, b), (c, d) = wald(k, n), wilson(k, n)
    print(f"{k:4d} of {n:3d}   {a:6.1%} to {b:6.1%}   {c:6.1%} to {d:6.1%}")

# %% [markdown]
# ## Does it keep its promise?
# Give a model of known skill two thousand exams, and count.


# %%
def coverage(interval, skill, n, times, rng):
    """The share of simulated exams whose interval contains the true skill."""
    # TODO coverage: simulate `times` exams; which share of their intervals holds the skill?
    raise NotImplementedError("coverage")


# %%
print("true skill   questions   Wald   Wilson")
for skill, n in [(0.62, 300), (0.3, 50), (0.05, 20)]:
    shares = [coverage(f, skill, n, 2000, np.random.default_rng(0)) for f in (wald, wilson)]
    print(f"{skill:10.2f} {n:11d}  {shares[0]:6.1%}  {shares[1]:6.1%}")

# %% [markdown]
# ## The t distribution
# When the spread is estimated from the same few numbers, the bell gives way to Student's density. `area`
# integrates with Simpson's rule.


# %%
def student(t, df):
    """The density of Student's t distribution with df degrees of freedom."""
    scale = math.lgamma((df + 1) / 2) - math.lgamma(df / 2)
    return math.exp(scale) / math.sqrt(df * math.pi) * (1 + t * t / df) ** (-(df + 1) / 2)


def area(density, low, high, pieces=2000):
    """The integral of a density by Simpson's rule over an even number of pieces."""
    step = (high - low) / pieces
    inner = sum((4 if i % 2 else 2) * density(low + i * step) for i in range(1, pieces))
    return (density(low) + inner + density(high)) * step / 3


def two_sided(t, df):
    """The chance that luck alone gives a t at least as far from nought as this one."""
    # TODO two_sided: one minus the area between −|t| and |t|
    raise NotImplementedError("two_sided")


# %%
print("how surprising is t = 2.5?")
for df in (2, 5, 30, 1000):
    print(f"  with {df + 1:4d} values   p = {two_sided(2.5, df):.4f}")

# %% [markdown]
# ## The t-test
# Gains in percentage points on six benchmarks, from a published table. Their mean is +6.70. Is that more than
# luck would give six numbers that scatter so?


# %%
def t_test(values, supposed=0.0):
    """(t, p) of the hypothesis that the true mean of these values is the supposed one."""
    # TODO t_test: the distance of the mean in standard errors, and its chance
    raise NotImplementedError("t_test")


# %%
GAINS = {
    "GSM8K": 35.25,
    "ARC": 1.62,
    "HellaSwag": 0.72,
    "MMLU": -0.32,
    "TruthfulQA": 2.69,
    "Winogrande": 0.24,
}
for name, gain in GAINS.items():
    print(f"{name:10s} {gain:+6.2f}  {'#' * round(max(gain, 0))}")
t, p = t_test(list(GAINS.values()))
print(f"mean {sum(GAINS.values()) / 6:+.2f}   t = {t:.2f}   p = {p:.2f}")

# %% [markdown]
# ## The interval of a mean
# All supposed means that the test would not reject at 5 %.


# %%
def mean_interval(values):
    """(mean, low, high): the 95 % t-interval of a mean of at least two values."""
    # TODO mean_interval: search the t whose two_sided is 0.05, then go that far either way
    raise NotImplementedError("mean_interval")


# %%
print("mean {:+.2f}, 95 % from {:+.1f} to {:+.1f}".format(*mean_interval(list(GAINS.values()))))
others = [gain for name, gain in GAINS.items() if name != "GSM8K"]
print("without GSM8K {:+.2f}, 95 % from {:+.1f} to {:+.1f}".format(*mean_interval(others)))

# %% [markdown]
# ## The same questions, twice
# Preference tuning turned 17 of 300 answers right and 15 wrong. McNemar's test asks what fair coins would have
# done with these 32.


# %%
def mcnemar(better, worse):
    """The exact two-sided p-value of so many answers turned right and turned wrong."""
    # TODO mcnemar: how often would fair coins split the changed answers as unevenly?
    raise NotImplementedError("mcnemar")


# %%
for better, worse in [(17, 15), (20, 12), (24, 8)]:
    print(f"{better} better, {worse} worse of 300: p = {mcnemar(better, worse):.3f}")

# %% [markdown]
# ## The interval of a paired gain
# `score` is given, and worth reading: suppose a true gain, give the data the likeliest chance of a loss under it,
# and count how many standard errors away from it the data lie. The interval (Tango, 1998) is every gain that is
# less than 1.96 away.


# %%
def likeliest_loss(better, worse, n, gain):
    """The chance of a loss that explains the data best when gains minus losses is `gain`."""
    low, high = max(0.0, -gain), (1 - gain) / 2

    def log_likelihood(loss):
        parts = [(better, loss + gain), (worse, loss), (n - better - worse, 1 - 2 * loss - gain)]
        return sum(k * math.log(max(p, 1e-300)) for k, p in parts if k)

    for _ in range(100):
        left, right = low + (high - low) / 3, high - (high - low) / 3
        if log_likelihood(left) < log_likelihood(right):
            low = left
        else:
            high = right
    return (low + high) / 2


def score(better, worse, n, gain):
    """How many standard errors the data lie above a supposed true gain."""
    loss = likeliest_loss(better, worse, n, gain)
    variance = n * (2 * loss + gain * (1 - gain))
    return (better - worse - n * gain) / math.sqrt(max(variance, 1e-300))


def paired_interval(better, worse, n):
    """The 95 % interval of (better − worse) / n, both ends between −1 and 1."""
    # TODO paired_interval: search both gains whose score is 1.96 standard errors away
    raise NotImplementedError("paired_interval")


# %%
print("what changed of 300          gain        95 %               p")
for better, worse in [(0, 0), (17, 15), (9, 3), (187, 0)]:
    low, high = paired_interval(better, worse, 300)
    gain, p = (better - worse) / 300, mcnemar(better, worse)
    print(
        f"{better:4d} better, {worse:2d} worse   {gain:+9.1%}   {low:+6.1%} to {high:+6.1%}   {p:.3f}"
    )
