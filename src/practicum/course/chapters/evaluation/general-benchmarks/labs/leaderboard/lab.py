# %% [markdown]
# # Twenty models, one winner
# A leaderboard sorts, and something always comes out on top. You find out what luck alone puts there, compare models on
# the questions they share, and pay for looking twenty times.

# %%
import math

import numpy as np

from practicum.measure.intervals import paired_gain, wilson

# %% [markdown]
# ## The best of equals
# Before you run it: twenty models that would all get 60 % right in the long run sit an exam of 100 questions. What does
# the winner score, on average?


# %%
def luckiest(n_models, n_questions, skill, rng, times=4000):
    """The mean score (a fraction) of the best of so many equally skilled models, over `times` boards.

    rng: NumPy's random generator. Every model meets questions of its own.
    """
    # TODO luckiest: draw the hits of all boards, and keep the best of each
    raise NotImplementedError("luckiest")


# %%
print("questions    1 model   5 models   20 models   100 models")
for n in (24, 100, 300, 1000, 14_042):
    row = [luckiest(m, n, 0.6, np.random.default_rng(0)) for m in (1, 5, 20, 100)]
    print(f"{n:9,}" + "".join(f"{share:11.1%}" for share in row))

# %% [markdown]
# ## A board
# Given. Questions differ in difficulty, and models a little in skill. Row m, column q: whether model m got question q.


# %%
def board(n_models, n_questions, spread, seed):
    """(skills, answers): true skills around nought, and right or wrong on shared questions."""
    rng = np.random.default_rng(seed)
    skills = rng.normal(0.5, spread, n_models)
    difficulty = rng.normal(0, 2.5, n_questions)
    chances = 1 / (1 + np.exp(difficulty - skills[:, None]))
    return skills, rng.random((n_models, n_questions)) < chances


SKILLS, ANSWERS = board(20, 400, 0.3, 8)
ORDER = np.argsort(-ANSWERS.sum(1), kind="stable")
TRUE_RANK = {int(m): rank for rank, m in enumerate(np.argsort(-SKILLS), 1)}
print("place   score   95 % by itself    true place")
for place, m in enumerate(ORDER[:8], 1):
    low, high = wilson(int(ANSWERS[m].sum()), 400)
    print(
        f"{place:5d} {ANSWERS[m].mean():7.1%}   {low:5.1%} to {high:5.1%} {TRUE_RANK[int(m)]:10d}"
    )

# %% [markdown]
# ## Two scores as strangers
# What one can say from the printed scores alone.


# %%
def as_strangers(hits_a, hits_b, n):
    """(low, high): the 95 % interval of b's score less a's, if they had answered different questions."""
    # TODO as_strangers: two standard errors, joined as for unrelated scores
    raise NotImplementedError("as_strangers")


# %%
LEADER = int(ORDER[0])
print("leader against      as strangers         paired, on the same questions")
for place in (2, 5, 8, 12, 16):
    m = int(ORDER[place - 1])
    low, high = as_strangers(int(ANSWERS[m].sum()), int(ANSWERS[LEADER].sum()), 400)
    gain = paired_gain(ANSWERS[m].tolist(), ANSWERS[LEADER].tolist())
    print(f"place {place:2d}        {low:+6.1%} to {high:+6.1%}      {gain.low:+6.1%} to {gain.high:+6.1%}",
          f"  p = {gain.p_value:.3f}")  # fmt: skip

# %% [markdown]
# ## Paying for many comparisons
# Nineteen tests at 0.05 find something nearly two times in three where there is nothing. Holm's correction keeps the
# chance of a single false alarm among all of them below 0.05.


# %%
def holm(p_values):
    """Holm's adjusted p-values, in the order given: compare them with 0.05 as if each stood alone."""
    # TODO holm: from the smallest p-value on, with a falling factor
    raise NotImplementedError("holm")


# %%
print(
    "p as it is:",
    [0.01, 0.04, 0.03, 0.2],
    " adjusted:",
    [round(p, 3) for p in holm([0.01, 0.04, 0.03, 0.2])],
)

# %% [markdown]
# ## Who shares the first place


# %%
def first_place(answers):
    """Numbers of the models that cannot be told from the leader (the leader is one of them), ascending.

    The leader has most hits (of equals, the first). Every other is compared with it by
    paired_gain, and Holm adjusts all p-values together; at 0.05 or above one stays.
    Shapes  answers: (models, questions), of booleans.
    """
    # TODO first_place: the leader, everybody's p-value beside it, and Holm
    raise NotImplementedError("first_place")


# %%
for n in (50, 200, 400, 4000):
    skills, answers = board(20, n, 0.3, 8)
    tied = first_place(answers)
    print(f"{n:5d} questions: {len(tied):2d} of 20 share the first place, the truly best",
          "is among them" if int(np.argmax(skills)) in tied else "is not")  # fmt: skip
_, answers = board(20, 400, 0.0, 1)
print(f"twenty equals: first {answers.mean(1).max():.1%}, last {answers.mean(1).min():.1%},",
      f"{len(first_place(answers))} share the first place")  # fmt: skip
