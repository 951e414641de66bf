"""Why a ranking cannot be trusted."""

import math

import numpy as np

from practicum.learn.labs.checking import close, equal, fail, holds


def luckiest(lab):
    got = lab.luckiest(1, 50, 0.6, np.random.default_rng(1), 4000)
    if got > 1:
        fail(f"luckiest(1, 50, 0.6, …) gave {got:.4g}: a number of hits; the score is a fraction")
    if got > 0.7:
        fail(f"luckiest of a single model with skill 0.6 gave {got:.3f}: that looks like the best of all "
             "boards together. Take the best of each board, then the mean")  # fmt: skip
    close(got, 0.6, "luckiest of a single model", "its score is its skill on average", within=0.004)
    # E of the larger of two: skill + sd / √π for nearly normal scores
    two = 0.5 + math.sqrt(0.25 / 100) / math.sqrt(math.pi)
    got = lab.luckiest(2, 100, 0.5, np.random.default_rng(2), 8000)
    close(got, two, "luckiest(2, 100, 0.5, …)", "the better of two, averaged over many boards",
          within=0.003)  # fmt: skip
    got = lab.luckiest(20, 100, 0.6, np.random.default_rng(3), 3000)
    if got < 0.62:
        fail(
            f"luckiest(20, 100, 0.6, …) gave {got:.3f}: that is the mean of the models; who is on top?"
        )
    close(got, 0.690, "luckiest(20, 100, 0.6, …)", within=0.004)


def as_strangers(lab):
    low, high = lab.as_strangers(50, 60, 100)
    half = 1.96 * math.sqrt((0.25 + 0.24) / 100)
    holds(low < high, "as_strangers has its ends the wrong way round")
    if math.isclose((low + high) / 2, -0.1):
        fail("as_strangers(50, 60, 100) is around −0.1: it is b's score less a's")
    if math.isclose(high - low, 2 * 1.96 * (0.05 + math.sqrt(0.0024)), rel_tol=1e-3):
        fail(
            "as_strangers added the two standard errors: variances add up, and the root comes last"
        )
    close((low, high), (0.1 - half, 0.1 + half), "as_strangers(50, 60, 100)", within=1e-3)
    low, high = lab.as_strangers(200, 240, 400)
    close(high - low, half, "the width of as_strangers(200, 240, 400)",
          "four times the questions, half the width", within=1e-3)  # fmt: skip


def holm(lab):
    given = [0.04, 0.01, 0.03]
    got = lab.holm(given)
    equal(given, [0.04, 0.01, 0.03], "the list after holm(…)", "it must not be changed")
    if math.isclose(got[0], 0.12):
        fail("holm([0.04, 0.01, 0.03]) multiplied all by three: that is Bonferroni's; Holm's factor "
             "falls with every step")  # fmt: skip
    if math.isclose(got[0], 0.04):
        fail("holm([0.04, 0.01, 0.03]) let 0.04 stay below the 0.06 of a smaller p-value: an adjusted "
             "value is never below the one before it")  # fmt: skip
    if [round(x, 6) for x in got] == [0.03, 0.06, 0.06]:
        fail("holm returned the values sorted; give them back in the order of the question")
    close(got, [0.06, 0.03, 0.06], "holm([0.04, 0.01, 0.03])")
    close(lab.holm([0.6, 0.5]), [1.0, 1.0], "holm([0.6, 0.5])", "no chance exceeds one")
    close(lab.holm([0.02]), [0.02], "holm([0.02])", "a single question costs nothing")


def first_place(lab):
    rng = np.random.default_rng(5)
    same = rng.random(60) < 0.5
    answers = np.array([same, same, ~same if (~same).sum() < same.sum() else same])
    got = [int(m) for m in lab.first_place(answers)]
    holds(0 in got and 1 in got, "two models with equal answers must share their place")
    strong, weak, middle = rng.random(300) < 0.9, rng.random(300) < 0.3, None
    middle = strong.copy()
    middle[:4] = ~middle[:4]
    got = [int(m) for m in lab.first_place(np.array([weak, middle, strong]))]
    holds(0 not in got, "a model with 30 % shares the first place with one of 90 %")
    equal(
        got,
        [1, 2],
        "first_place of weak, nearly strong and strong",
        "four questions are no evidence",
    )
    # Nineteen followers, each with p = 0.039 beside the leader: none survives the correction.
    leader = np.ones(40, bool)
    follower = leader.copy()
    follower[:8] = False
    leader[39] = False
    got = lab.first_place(np.array([leader] + [follower] * 19))
    if len(got) == 1:
        fail("nineteen comparisons at p = 0.04 each: adjust all of them together before you judge")
    equal(len(got), 20, "how many share the first place, at p = 0.04 each")
