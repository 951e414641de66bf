# %% [markdown]
# # From votes to a ranking: Bradley and Terry, and Elo
# Five models answer prompts in pairs, and blind voters say which answer is better, the left or the right one. The
# voters are simulated, so the true strengths are known; your fit sees the votes only.

# %%
import math

import numpy as np

PLANTED = {
    "amber": 0.9,
    "birch": 0.5,
    "cedar": 0.1,
    "dune": -0.4,
    "ember": -1.1,
}  # they add up to 0
MODELS = list(PLANTED)

# %% [markdown]
# ## What a strength means
# Bradley and Terry: the chance that one model beats another depends on the difference of their strengths only,
# 1 / (1 + e^−(a − b)).


# %%
def win_chance(a, b):
    """The chance that a model of strength a beats one of strength b."""
    # TODO win_chance: the logistic function of the difference
    raise NotImplementedError("win_chance")


# %%
def ask(n, rng, ties=0.0):
    """n votes, each on a random pair in random order; a share of them is a tie."""
    votes = []
    for _ in range(n):
        left, right = (MODELS[i] for i in rng.choice(len(MODELS), 2, replace=False))
        if rng.random() < ties:
            verdict = "tie"
        else:
            verdict = (
                "left" if rng.random() < win_chance(PLANTED[left], PLANTED[right]) else "right"
            )
        votes.append({"left": left, "right": right, "verdict": verdict})
    return votes


VOTES = ask(600, np.random.default_rng(7), ties=0.1)
print(VOTES[0])
print(
    f"amber should beat birch {win_chance(0.9, 0.5):.0%} of the time, and ember {win_chance(0.9, -1.1):.0%}"
)

# %% [markdown]
# ## The table of wins
# wins[i, j] is how often model i beat model j; a tie is half a win for both. Which side they were on is forgotten.


# %%
def tally(votes, models):
    """The matrix of wins, row over column, as floats."""
    # TODO tally: a win for the row of the winner, half a win for both in a tie
    raise NotImplementedError("tally")


# %%
WINS = tally(VOTES, MODELS)
print("wins of row over column")
for name, row in zip(MODELS, WINS, strict=True):
    print(f"{name:6s}" + "".join(f"{w:7.1f}" for w in row) + f"   in all {row.sum():5.1f}")

# %% [markdown]
# ## The fit
# With p = e^strength, the likeliest values obey: each model's wins = the wins expected of it. Zermelo found (1929)
# that repeating one step leads there, from all p = 1:
#
# p_i ← (wins of i) / Σ_j n_ij / (p_i + p_j), where n_ij counts the games of i and j.
#
# Only ratios matter, so report logarithms whose mean is 0. (Every model must have won and lost somewhere, or its
# likeliest strength is infinite.)


# %%
def fit(wins, rounds=2000):
    """The likeliest Bradley–Terry strengths for a table of wins, their mean at 0."""
    # TODO fit: repeat the step for all models at once, until it no longer moves anything
    raise NotImplementedError("fit")


# %%
STRENGTHS = fit(WINS)
print("model   planted  fitted   as Elo points")
for name, s in zip(MODELS, STRENGTHS, strict=True):
    print(f"{name:6s} {PLANTED[name]:+8.2f} {s:+7.2f} {1000 + 400 / math.log(10) * s:10.0f}")
print("a tie in ten votes draws all of them a little towards each other")

# %% [markdown]
# ## Elo, the online cousin
# After each game the winner takes points from the loser: K · (score − expected), with score 1, ½ or 0 and
# expected = 1 / (1 + 10^((other − own) / 400)). It needs no table. What does it need instead?


# %%
def elo(votes, models, k=32, start=1000):
    """Ratings after the votes, one after the other: a dictionary by model."""
    # TODO elo: both ratings move by the same amount, computed from the ratings before the game
    raise NotImplementedError("elo")


# %%
rng = np.random.default_rng(0)
orders = [rng.permutation(len(VOTES)) for _ in range(200)]
ratings = [elo([VOTES[i] for i in order], MODELS) for order in orders]
print("the same 600 votes in 200 orders: lowest, middle, highest final rating")
for name in MODELS:
    seen = sorted(r[name] for r in ratings)
    print(f"{name:6s} {seen[0]:6.0f} {seen[100]:6.0f} {seen[-1]:6.0f}")
first = [max(r, key=r.get) for r in ratings]
print("first place:", {name: first.count(name) for name in MODELS if name in first})

# %% [markdown]
# ## How sure is the ranking?
# Draw as many votes as there are, with replacement, fit again, and again. (If a few voters cast most votes, draw
# voters instead.)


# %%
def intervals(votes, models, times, rng):
    """A list of (low, high) by model: 95 % of the strengths fitted to resampled votes."""
    # TODO intervals: resample votes, tally and fit each time; percentiles down the columns
    raise NotImplementedError("intervals")


# %%
for n in (100, 600):
    print(f"{n} votes")
    ends = intervals(VOTES[:n], MODELS, 200, np.random.default_rng(1))
    for name, (low, high) in zip(MODELS, ends, strict=True):
        line = [" "] * 61
        for x in np.arange(low, high, 0.05):
            line[int(np.clip(round(30 + 15 * x), 0, 60))] = "-"
        line[round(30 + 15 * PLANTED[name])] = "o"
        print(f"{name:6s} {''.join(line)}")
print("o marks what was planted")
