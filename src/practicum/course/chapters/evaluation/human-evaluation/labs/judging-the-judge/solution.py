# %% [markdown]
# # Judging the judge: sides, words and agreement
# A judge, human or model, sees two answers and picks one. Three simulated judges look at the same 300 pairs, each pair
# in both orders. One is fair, one leans to the left, one counts words. From their verdicts alone you will tell which
# is which.

# %%
import math

import numpy as np

RNG = np.random.default_rng(21)
N = 300
QUALITY = RNG.normal(0.3, 0.8, N)  # how much better A's answer is than B's: A is the better model
LENGTH = RNG.normal(0.6, 1.0, N)  # how many hundred words longer A's answer is: A also talks more


def judge(lean, wordy, rng):
    """The verdicts on every pair, A on the left and then A on the right: [(first, second), …]."""
    verdicts = []
    for quality, length in zip(QUALITY, LENGTH, strict=True):
        both = []
        for side in (1, -1):  # A is on the left, A is on the right
            z = side * (quality + wordy * length) + lean
            tie = rng.random() < 0.08
            both.append(
                "tie" if tie else "left" if rng.random() < 1 / (1 + math.exp(-z)) else "right"
            )
        verdicts.append(tuple(both))
    return verdicts


JUDGES = {
    "fair": judge(0.0, 0.0, np.random.default_rng(1)),
    "leaning": judge(1.5, 0.0, np.random.default_rng(2)),
    "wordy": judge(0.0, 0.9, np.random.default_rng(3)),
    "always left": [("left", "left")] * N,
}
print("the first three pairs:", {name: verdicts[:3] for name, verdicts in JUDGES.items()})

# %% [markdown]
# ## Two orders, one verdict
# `first` was given with A on the left, `second` with A on the right. A wins only if both say so; a judge that changes
# its mind when the chairs are swapped has not decided: a tie.


# %%
def both_orders(first, second):
    """ "A", "B" or "tie", from the verdict with A left and the one with A right."""
    one = {"left": "A", "right": "B", "tie": "tie"}[first]
    two = {"left": "B", "right": "A", "tie": "tie"}[second]
    return one if one == two else "tie"


# %%
print("             A once (left)   A once (right)   A / tie / B in both orders")
for name, verdicts in JUDGES.items():
    left = sum(first == "left" for first, _ in verdicts) / N
    right = sum(second == "right" for _, second in verdicts) / N
    ends = [both_orders(*v) for v in verdicts]
    print(f"{name:12s} {left:10.0%} {right:15.0%}        "
          f"{ends.count('A') / N:6.0%} {ends.count('tie') / N:5.0%} {ends.count('B') / N:5.0%}")  # fmt: skip

# %% [markdown]
# ## Does it have a favourite side?
# Every pair is seen from both sides, so a fair judge picks the left one in half of its decided verdicts, whoever is
# better. And how often does it stand by its word (the same winner, or a tie both times)?


# %%
def sides(verdicts):
    """(left, consistent): share of decided verdicts for the left, share of pairs judged alike twice."""
    decided = [v for both in verdicts for v in both if v != "tie"]
    left = decided.count("left") / len(decided)
    other = {"left": "right", "right": "left", "tie": "tie"}
    consistent = sum(second == other[first] for first, second in verdicts) / len(verdicts)
    return left, consistent


# %%
for name, verdicts in JUDGES.items():
    left, consistent = sides(verdicts)
    print(f"{name:12s} {left:6.1%} for the left   {consistent:6.1%} consistent")
print("even the fair judge is consistent only where the answers differ clearly")

# %% [markdown]
# ## Several habits at once
# The chance of "left" as a logistic function of features: what the left answer is better, a constant 1, how much
# longer it is. Newton's method for the weights w, from zeros, with p = 1 / (1 + e^−Xw):
#
# w ← w + (Xᵀ diag(p(1 − p)) X)⁻¹ Xᵀ (y − p)


# %%
def fit_judge(features, is_left, rounds=30):
    """The likeliest weights of a logistic model, one a column; no penalty."""
    X, y = np.asarray(features, float), np.asarray(is_left, float)
    w = np.zeros(X.shape[1])
    for _ in range(rounds):
        p = 1 / (1 + np.exp(-X @ w))
        step = np.linalg.solve(X.T @ (X * (p * (1 - p))[:, None]), X.T @ (y - p))
        w = w + step
        if np.abs(step).max() < 1e-12:
            break
    return w


# %%
def table(verdicts):
    """Features and outcomes of the decided verdicts of a judge."""
    rows, left = [], []
    for quality, length, both in zip(QUALITY, LENGTH, verdicts, strict=True):
        for side, verdict in zip((1, -1), both, strict=True):
            if verdict != "tie":
                rows.append([side * quality, 1.0, side * length])
                left.append(verdict == "left")
    return rows, left


print("log-odds for   quality   being left   a hundred words more")
for name in ("fair", "leaning", "wordy"):
    w = fit_judge(*table(JUDGES[name]))
    print(f"{name:12s} {w[0]:9.2f} {w[1]:12.2f} {w[2]:14.2f}")
print(
    "(with real answers, replace the quality by one column for each model, as Bradley and Terry do)"
)

# %% [markdown]
# ## Agreement beyond chance
# Two annotators labelled PubMedQA's 1,000 abstracts, one with the conclusion at hand and one without. They agree on
# 701. But two people who throw loaded dice agree too. Cohen: κ = (agreement − agreement by chance) / (1 − agreement
# by chance), where chance multiplies each label's share with one by its share with the other.


# %%
def kappa(first, second):
    """Cohen's kappa of two lists of labels; 1 when both always use the same single label."""
    n = len(first)
    seen = sum(a == b for a, b in zip(first, second, strict=True)) / n
    labels = set(first) | set(second)
    chance = sum(first.count(label) / n * second.count(label) / n for label in labels)
    return 1.0 if chance == 1 else (seen - chance) / (1 - chance)


# %%
COUNTS = {  # (with the abstract only, with its conclusion too): how many of PubMedQA's questions
    ("yes", "yes"): 454, ("yes", "no"): 98, ("yes", "maybe"): 62, ("no", "yes"): 53, ("no", "no"): 224,
    ("no", "maybe"): 25, ("maybe", "yes"): 43, ("maybe", "no"): 18, ("maybe", "maybe"): 23,
}  # fmt: skip
without, with_it = (
    [pair[side] for pair, times in COUNTS.items() for _ in range(times)] for side in (0, 1)
)
print(f"PubMedQA's annotators: kappa {kappa(without, with_it):.3f}")
winners = {name: [both_orders(*v) for v in verdicts] for name, verdicts in JUDGES.items()}
for name in ("leaning", "wordy", "always left"):
    print(f"fair judge and {name}: kappa {kappa(winners['fair'], winners[name]):.3f}")

# %% [markdown]
# ## How many votes?
# One model truly wins a share of the votes. How many decided votes until a two-sided test at 5 % notices, with the
# chance `power`? With z = 1.96 and z' the normal quantile of the power (0.84 for 80 %):
#
# n = ( (z·½ + z'·√(p(1 − p))) / (p − ½) )²


# %%
Z, Z_POWER = 1.959963984540054, {0.5: 0.0, 0.8: 0.8416212335729143, 0.9: 1.2815515655446004}


def votes_needed(share, power=0.8):
    """How many decided votes tell this share of wins from a coin, rounded up."""
    root = (Z * 0.5 + Z_POWER[power] * math.sqrt(share * (1 - share))) / (share - 0.5)
    return math.ceil(root**2)


# %%
print("wins      power 50 %   80 %    90 %")
for share in (0.7, 0.6, 0.55, 0.52, 0.51):
    print(f"{share:.0%} " + "".join(f"{votes_needed(share, power):10,d}" for power in Z_POWER))
