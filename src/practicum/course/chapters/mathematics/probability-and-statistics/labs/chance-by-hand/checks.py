"""Why an answer about chance cannot be right."""

from __future__ import annotations

import math

from practicum.learn.labs.checking import close, fail, holds

DIE = [1, 2, 3, 4, 5, 6]
SIXTHS = [1 / 6] * 6


def expectation(lab):
    got = lab.expectation([0, 10], [0.9, 0.1])
    call = "expectation([0, 10], [0.9, 0.1])"
    if got == 5:
        fail(f"{call} gave 5: that is the plain mean, as if both values were equally likely")
    if got == 0.5:
        fail(f"{call} gave 0.5: the chances sum to one already, so nothing is left to divide by")
    close(got, 1.0, call, "ten comes up in one case of ten, nought in all others")
    close(lab.expectation(DIE, SIXTHS), 3.5, "expectation of a fair die",
          "an expectation need not be a value that can occur")  # fmt: skip
    close(lab.expectation([-math.log2(p) for p in (0.7, 0.2, 0.1)], [0.7, 0.2, 0.1]),
          1.1567796494470395, "the expected surprise of chances 0.7, 0.2, 0.1")  # fmt: skip


def variance(lab):
    got = lab.variance([0, 10], [0.9, 0.1])
    call = "variance([0, 10], [0.9, 0.1])"
    if got == 10:
        fail(
            f"{call} gave 10: that is the expectation of the square; the distance is from the mean"
        )
    if math.isclose(got, 3.0):
        fail(f"{call} gave 3: that is its root, the standard deviation")
    if math.isclose(got, 41.0) or math.isclose(got, 82.0):
        fail(f"{call} gave {got:g}: squared distances need their chances as weights too")
    close(got, 9.0, call)
    close(lab.variance(DIE, SIXTHS), 35 / 12, "variance of a fair die",
          "these are chances, not a sample: nothing is divided by n − 1")  # fmt: skip
    shifted = lab.variance([v + 1000 for v in DIE], SIXTHS)
    close(shifted, 35 / 12, "variance of a die numbered 1001 to 1006",
          "moving all values moves the mean along; distances stay")  # fmt: skip


def binomial(lab):
    got = lab.binomial(1, 3, 0.5)
    if math.isclose(got, 0.125):
        fail("binomial(1, 3, 0.5) gave 0.125: the chance of one order; the right answer may come first, "
             "second or third")  # fmt: skip
    close(got, 0.375, "binomial(1, 3, 0.5)")
    close(lab.binomial(0, 4, 0.25), 0.75**4, "binomial(0, 4, 0.25)", "all four must be wrong")
    close(lab.binomial(2, 4, 0.25), 6 * 0.25**2 * 0.75**2, "binomial(2, 4, 0.25)",
          "wrong answers have a chance of 1 − p each, and there are n − k of them")  # fmt: skip
    chances = [lab.binomial(k, 30, 0.62) for k in range(31)]
    close(sum(chances), 1.0, "the sum of binomial(k, 30, 0.62) over all k",
          "one of these scores must come out")  # fmt: skip
    close(
        sum(k * c for k, c in enumerate(chances)),
        18.6,
        "the mean score in 30 questions at p = 0.62",
    )


def covariance(lab):
    got = lab.covariance([1, 2, 3, 4], [1, 3, 2, 6])
    call = "covariance([1, 2, 3, 4], [1, 3, 2, 6])"
    if math.isclose(got, 1.75):
        fail(f"{call} gave 1.75: divided by n. Deviations from a mean taken from the same data come out "
             "too small, so a sample divides by n − 1")  # fmt: skip
    if math.isclose(got, 7.0):
        fail(f"{call} gave 7: that is the sum of the products, not yet divided")
    close(got, 7 / 3, call, "multiply the deviations from each list's own mean")
    close(lab.covariance([1, 2, 3], [6, 4, 2]), -2.0, "covariance([1, 2, 3], [6, 4, 2])",
          "when one rises as the other falls, it is negative")  # fmt: skip
    close(lab.covariance([5, 5, 5], [1, 2, 6]), 0.0, "covariance with a list that never changes")
    first, second = [3, 1, 4, 1, 5, 9], [2, 6, 5, 3, 5, 8]
    difference = [a - b for a, b in zip(first, second, strict=True)]
    wanted = (lab.covariance(first, first) + lab.covariance(second, second)
              - 2 * lab.covariance(first, second))  # fmt: skip
    close(
        lab.covariance(difference, difference),
        wanted,
        "Var(A − B) beside Var(A) + Var(B) − 2 Cov(A, B)",
    )


def correlation(lab):
    first, second = [1, 2, 3, 4], [1, 3, 2, 6]
    got = lab.correlation(first, second)
    if abs(got) > 1:
        fail(f"correlation gave {got:.4g}, and it can never leave −1 to 1: are both standard deviations "
             "(roots of variances) in the divisor?")  # fmt: skip
    close(got, 7 / math.sqrt(5 * 14), f"correlation({first}, {second})",
          "divide by two standard deviations, which are roots of variances")  # fmt: skip
    close(lab.correlation(first, [10 * v + 7 for v in first]), 1.0, "correlation with 10·x + 7",
          "a change of units must not change it")  # fmt: skip
    close(lab.correlation(first, [-v for v in first]), -1.0, "correlation with −x")


def likeliest(lab):
    for k, n in [(7, 10), (187, 300), (1, 3)]:
        close(lab.likeliest(k, n), k / n, f"likeliest({k}, {n})",
              "another skill gives these answers a higher probability", within=1e-5)  # fmt: skip
    for k, n in [(0, 300), (12, 12)]:
        got = lab.likeliest(k, n)
        holds(
            0 < got < 1,
            f"likeliest({k}, {n}) gave {got!r}: the logarithm has no value at the very end",
        )
        close(got, k / n, f"likeliest({k}, {n})",
              "the summit is at the end of the range: does the search stop early?", within=1e-5)  # fmt: skip


def posterior(lab):
    skills = [(i + 0.5) / 400 for i in range(400)]
    flat = [1 / 400] * 400
    belief = lab.posterior(flat, skills, 7, 10)
    close(sum(belief), 1.0, "the sum of the belief after 7 of 10",
          "weights become a belief when they are divided by their sum")  # fmt: skip
    mean = sum(p * b for p, b in zip(skills, belief, strict=True))
    close(mean, 8 / 12, "the mean skill after 7 of 10 from a flat prior",
          "prior times likelihood, for every skill on the grid", within=1e-4)  # fmt: skip
    hopeful = [p / sum(skills) for p in skills]
    belief = lab.posterior(hopeful, skills, 1, 4)
    mean = sum(p * b for p, b in zip(skills, belief, strict=True))
    if abs(mean - 2 / 6) < 1e-3:
        fail(
            "a prior that leans towards high skills leaves the belief as a flat one does: is it used?"
        )
    close(mean, 3 / 7, "the mean skill after 1 of 4 from a hopeful prior", within=1e-4)
    try:
        belief = lab.posterior(flat, skills, 1900, 3000)
    except ZeroDivisionError:
        belief = [0.0]
    if not math.isclose(sum(belief), 1.0):
        fail("after 1,900 of 3,000 the belief does not sum to one: 0.63 to the power of 1,900 is smaller than "
             "any float, so all weights became zero. Work with logs, and subtract the largest first")  # fmt: skip
    mean = sum(p * b for p, b in zip(skills, belief, strict=True))
    close(mean, 1901 / 3002, "the mean skill after 1,900 of 3,000", within=1e-4)
