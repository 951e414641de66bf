# %% [markdown]
# # Chance by hand: from surprise to belief
# Everything a language model says is a distribution, and everything you measure about it is a draw from one. Six
# small functions,
# no library but `math`: after this lab the words expectation, variance, correlation, likelihood and posterior are
# things you have computed.

# %%
import math
import random

# What a small model believes comes after "the sky is".
NEXT = {"blue": 1 / 2, "clear": 1 / 4, "grey": 1 / 8, "falling": 1 / 8}
SURPRISE = [-math.log2(p) for p in NEXT.values()]  # bits
CHANCES = list(NEXT.values())

# %% [markdown]
# ## The expected surprise
# The expectation of a random variable: each value, weighed by its chance. Of the surprise it has a name of its
# own, entropy.


# %%
def expectation(values, chances):
    """The mean of a random variable that takes these values with these chances."""
    return sum(value * chance for value, chance in zip(values, chances, strict=True))


# %%
print("word      chance  surprise (bits)")
for (word, chance), bits in zip(NEXT.items(), SURPRISE, strict=True):
    print(f"{word:9s} {chance:6.3f} {bits:9.1f}")
entropy = expectation(SURPRISE, CHANCES)
print(f"expected surprise {entropy:.2f} bits: as unsure as among {2**entropy:.2f} equal words")

# %% [markdown]
# ## How far outcomes stray


# %%
def variance(values, chances):
    """The expected squared distance from the expectation."""
    mean = expectation(values, chances)
    return expectation([(value - mean) ** 2 for value in values], chances)


# %%
print(f"variance {variance(SURPRISE, CHANCES):.4f} square bits")
print(f"standard deviation {math.sqrt(variance(SURPRISE, CHANCES)):.2f} bits")

# %% [markdown]
# ## An exam is a draw
# A model with skill `p` (the share of all conceivable questions that it gets right) answers `n` of them. With
# which chance are exactly `k` right?


# %%
def binomial(k, n, p):
    """The chance of exactly k right answers of n, each right with chance p."""
    return math.comb(n, k) * p**k * (1 - p) ** (n - k)


# %%
print("a model of skill 0.62 in an exam of 20 questions")
for k in range(5, 20):
    print(f"{k:3d} right  {'#' * round(200 * binomial(k, 20, 0.62))}")
scores, chances = range(21), [binomial(k, 20, 0.62) for k in range(21)]
print(f"expectation {expectation(scores, chances):.2f} = n·p = {20 * 0.62:.2f}")
print(f"variance {variance(scores, chances):.2f} = n·p·(1 − p) = {20 * 0.62 * 0.38:.2f}")

# %% [markdown]
# ## Two models, one exam
# Now the data are a *sample*: lists of answers, not chances. The covariance of a sample divides by one less than
# its size.


# %%
def covariance(first, second):
    """The sample covariance of two lists of equal length."""
    n = len(first)
    mean_first, mean_second = sum(first) / n, sum(second) / n
    products = [(a - mean_first) * (b - mean_second) for a, b in zip(first, second, strict=True)]
    return sum(products) / (n - 1)


def correlation(first, second):
    """The covariance in units of both standard deviations, between −1 and 1."""
    return covariance(first, second) / math.sqrt(
        covariance(first, first) * covariance(second, second)
    )


# %%
# The recorded counts of two models on 300 questions: both right, only the second right,
# only the first right, neither.
TUNED = [1] * 172 + [0] * 17 + [1] * 15 + [0] * 96
ALIGNED = [1] * 172 + [1] * 17 + [0] * 15 + [0] * 96
shuffled = random.Random(0).sample(ALIGNED, len(ALIGNED))
gain = [b - a for a, b in zip(TUNED, ALIGNED, strict=True)]
blind = [b - a for a, b in zip(TUNED, shuffled, strict=True)]
print(f"correlation on the same questions {correlation(TUNED, ALIGNED):+.2f}")
print(f"correlation when the pairing is lost {correlation(TUNED, shuffled):+.2f}")
print(f"variance of the gain {covariance(gain, gain):.3f}, unpaired {covariance(blind, blind):.3f}")

# %% [markdown]
# ## The likeliest skill
# `log_likelihood` is given: the log of the probability that skill `p` gave to what was seen. Find the `p` at its
# summit, without using the formula that you may know.


# %%
def log_likelihood(p, k, n):
    """The log of p^k (1 − p)^(n − k), where nought times log 0 is nought."""
    right = k * math.log(p) if k else 0.0
    wrong = (n - k) * math.log(1 - p) if n - k else 0.0
    return right + wrong


def likeliest(k, n):
    """The p strictly between 0 and 1 that makes k right of n most probable, to 1e-6."""
    low, high = 0.0, 1.0
    for _ in range(100):
        left, right = low + (high - low) / 3, high - (high - low) / 3
        if log_likelihood(left, k, n) < log_likelihood(right, k, n):
            low = left
        else:
            high = right
    return (low + high) / 2


# %%
print("right of     search   share seen")
for k, n in [(7, 10), (187, 300), (0, 300)]:
    print(f"{k:5d} {n:4d} {likeliest(k, n):9.5f} {k / n:9.5f}")

# %% [markdown]
# ## A whole belief
# `skills` is a grid of possible skills and `prior` how much you believe in each. After `k` right of `n`, how much
# should you?


# %%
def posterior(prior, skills, k, n):
    """The belief in every skill after k right of n; sums to one."""
    logs = [log_likelihood(p, k, n) for p in skills]
    top = max(logs)
    weights = [before * math.exp(log - top) for before, log in zip(prior, logs, strict=True)]
    total = sum(weights)
    return [weight / total for weight in weights]


# %%
SKILLS = [(i + 0.5) / 1000 for i in range(1000)]
FLAT = [1 / 1000] * 1000
for k, n in [(0, 0), (2, 3), (14, 20), (187, 300), (0, 300)]:
    belief = posterior(FLAT, SKILLS, k, n)
    mean = expectation(SKILLS, belief)
    spread = math.sqrt(variance(SKILLS, belief))
    print(
        f"{k:4d} of {n:3d}: skill {mean:.4f} ± {spread:.4f}   (k + 1)/(n + 2) = {(k + 1) / (n + 2):.4f}"
    )
