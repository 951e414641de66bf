# %% [markdown]
# # A metric pack that admits what it does not know
# Calibration, intervals that respect documents, and the price of precision. The model of this lab is a simulation
# with fixed seeds, so that its true skill is known, and your intervals can be caught lying.

# %%
import math

import numpy as np

Z = 1.959963984540054  # 95 % of a normal distribution lies within so many standard deviations

# %% [markdown]
# ## Does 90 % sure mean right nine times in ten?
# Expected calibration error: sort answers by stated confidence into equal bins of the range from 0 to 1 (a bin
# contains its upper end, and the first one 0 as well). In each bin, how far is the mean confidence from the share
# that was right? Average these gaps, each bin weighed by its number of answers.


# %%
def ece(confidences, right, bins=10):
    """The expected calibration error of stated confidences, between 0 and 1."""
    confidences, right = np.asarray(confidences, float), np.asarray(right, float)
    place = np.clip(np.ceil(confidences * bins).astype(int) - 1, 0, bins - 1)
    total = 0.0
    for b in range(bins):
        inside = place == b
        if inside.any():
            gap = abs(confidences[inside].mean() - right[inside].mean())
            total += inside.sum() / len(confidences) * gap
    return total


# %%
rng = np.random.default_rng(0)
skill = rng.beta(4, 2, 2000)  # the true chance to be right, question by question
right = rng.random(2000) < skill
honest = skill
boastful = skill**2 / (skill**2 + (1 - skill) ** 2)  # logits twice as large
print(f"accuracy {right.mean():.3f}, whoever speaks")
for name, confidences in (
    ("honest", honest),
    ("boastful", boastful),
    ("always 0.67", np.full(2000, 2 / 3)),
):
    print(
        f"{name:12s} mean confidence {confidences.mean():.3f}   ECE {ece(confidences, right):.3f}"
    )

# %% [markdown]
# ## Resample documents
# Forty documents with ten questions each. Documents differ: one is easy throughout, another hard. `groups` is a list
# of lists of marks; the score is the mean over all questions. Draw as many *documents* as there are, with replacement,
# each with all its marks, and compute the score again; 2.5 % and 97.5 % of many such scores are the interval.


# %%
def bootstrap(groups, times, rng):
    """(score, low, high): the mean of all marks and its 95 % interval from resampled documents."""
    sums = np.array([sum(marks) for marks in groups], float)
    sizes = np.array([len(marks) for marks in groups], float)
    chosen = rng.integers(0, len(groups), (times, len(groups)))
    scores = sums[chosen].sum(1) / sizes[chosen].sum(1)
    low, high = np.percentile(scores, [2.5, 97.5])
    return sums.sum() / sizes.sum(), low, high


# %%
def exam(n_documents, n_questions, rng):
    """Marks of a model whose skill is 0.6 on average and differs from document to document."""
    return [(rng.random(n_questions) < p).tolist() for p in rng.beta(1.8, 1.2, n_documents)]


groups = exam(40, 10, np.random.default_rng(4))
singles = [[mark] for marks in groups for mark in marks]  # every question its own "document"
for name, lists in (("questions", singles), ("documents", groups)):
    score, low, high = bootstrap(lists, 2000, np.random.default_rng(0))
    print(f"resampling {name}: {score:.3f}, 95 % from {low:.3f} to {high:.3f}")

held = {"questions": 0, "documents": 0}
rng = np.random.default_rng(1)
for _ in range(200):
    groups = exam(40, 10, rng)
    singles = [[mark] for marks in groups for mark in marks]
    for name, lists in (("questions", singles), ("documents", groups)):
        _, low, high = bootstrap(lists, 300, rng)
        held[name] += int(low <= 0.6 <= high)
print("of 200 exams, the interval held the truth:", held)

# %% [markdown]
# ## What precision costs
# How many independent questions until 1.96 standard errors, at this share, are no more than the margin? With m
# questions to a document that resemble each other (correlation r), each buys less: multiply by 1 + (m − 1)·r.


# %%
def questions_needed(margin, share=0.5, m=1, r=0.0):
    """How many questions give the share to within ± margin, at 95 %, rounded up."""
    n = (Z / margin) ** 2 * share * (1 - share)
    return math.ceil(n * (1 + (m - 1) * r))


# %%
print("margin     independent   ten to a document, r = 0.25")
for points in (10, 5, 3, 1):
    print(
        f"± {points:2d} points {questions_needed(points / 100):9,d} {questions_needed(points / 100, m=10, r=0.25):14,d}"
    )

# %% [markdown]
# ## The pack
# One row for each metric: its name, value, interval, number of documents and of questions, and the score of whatever
# knows nothing. A metric *beats* its baseline when the whole interval lies above it.


# %%
def pack(metrics, times, seed):
    """Rows (dictionaries) for metrics given as {name: (groups, baseline)}.

    Each row has name, value, low, high, documents, questions, baseline and beats.
    """
    rows = []
    for name, (groups, baseline) in metrics.items():
        value, low, high = bootstrap(groups, times, np.random.default_rng(seed))
        rows.append(
            {
                "name": name,
                "value": value,
                "low": low,
                "high": high,
                "documents": len(groups),
                "questions": sum(len(marks) for marks in groups),
                "baseline": baseline,
                "beats": bool(low > baseline),
            }
        )
    return rows


# %%
rng = np.random.default_rng(9)
METRICS = {
    "answers: accuracy": (exam(60, 5, rng), 0.552),
    "summaries: ROUGE-1": ([[v] for v in rng.normal(0.41, 0.09, 50).clip(0, 1)], 0.40),
    "translations: chrF": (
        [rng.normal(m, 0.05, 8).clip(0, 1) for m in rng.normal(0.55, 0.1, 30)],
        0.20,
    ),
    "code: pass@1": ([[v] for v in rng.random(40) < 0.3], 0.0),
}
print("metric                value   95 %             n        baseline")
for row in pack(METRICS, 2000, 0):
    print(f"{row['name']:20s} {row['value']:6.3f}   {row['low']:.3f} to {row['high']:.3f}   "
          f"{row['documents']:3d}/{row['questions']:<4d} {row['baseline']:8.3f}  {'beats it' if row['beats'] else 'not shown'}")  # fmt: skip
