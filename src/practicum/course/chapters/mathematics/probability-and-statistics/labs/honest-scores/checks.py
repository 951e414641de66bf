"""Why an interval or a test cannot be honest."""

from __future__ import annotations

import math

import numpy as np

from practicum.learn.labs.checking import close, fail, holds

Z = 1.959963984540054
SAMPLE = [2.1, -0.4, 1.7, 0.9, 3.2, 0.3, 1.1]


def wilson(lab):
    got = lab.wilson(0, 20)
    if max(abs(v) for v in got) < 1e-12:
        fail("wilson(0, 20) has no width: twenty failures do not prove that success is impossible "
             "(that is Wald's interval)")  # fmt: skip
    close(got, (0.0, Z * Z / (20 + Z * Z)), "wilson(0, 20)",
          "the low end is nought and the high end is z²/(n + z²)")  # fmt: skip
    close(lab.wilson(8, 10), (0.4901624715, 0.9433178485), "wilson(8, 10)",
          "look at which terms are divided by 1 + z²/n, and at n beside n²", within=1e-8)  # fmt: skip
    low, high = lab.wilson(31, 50)
    close(lab.wilson(19, 50), (1 - high, 1 - low), "wilson(19, 50) beside wilson(31, 50)",
          "wrong answers instead of right ones must mirror the interval")  # fmt: skip
    try:
        nothing = lab.wilson(0, 0)
    except ZeroDivisionError:
        fail(
            "wilson(0, 0) divides by nought: without a question every skill is possible, so (0, 1)"
        )
    close(nothing, (0.0, 1.0), "wilson(0, 0)", "without a question every skill is possible")


def coverage(lab):
    rng = np.random.default_rng(1)
    always = lab.coverage(lambda k, n: (0.0, 1.0), 0.3, 10, 50, rng)
    if always == 50:
        fail("coverage of an interval from 0 to 1 gave 50: that is a count, the share is asked for")
    close(always, 1.0, "coverage of an interval that is always from 0 to 1")
    close(lab.coverage(lambda k, n: (0.4, 0.5), 0.3, 10, 50, rng), 0.0,
          "coverage of an interval that never holds the truth",
          "compare with the true skill, not with the score")  # fmt: skip
    edge = lab.coverage(lambda k, n: (0.5, 0.5), 0.5, 10, 20, rng)
    close(edge, 1.0, "coverage of the interval from 0.5 to 0.5 at a skill of 0.5",
          "both ends belong to an interval")  # fmt: skip
    asked = []

    def half_the_time(k, n):
        asked.append((int(k), n))
        return (0.0, 1.0) if k <= 6 else (2.0, 3.0)

    share = lab.coverage(half_the_time, 0.62, 10, 4000, np.random.default_rng(2))
    holds(len(asked) == 4000, f"the interval was asked {len(asked)} times for 4,000 exams")
    holds(all(n == 10 and 0 <= k <= 10 for k, n in asked),
          "an interval takes the number of right answers and the number of questions")  # fmt: skip
    mean = sum(k for k, _ in asked) / 40_000
    holds(
        abs(mean - 0.62) < 0.02, f"the simulated exams average {mean:.3f} right at a skill of 0.62"
    )
    truth = sum(math.comb(10, k) * 0.62**k * 0.38 ** (10 - k) for k in range(7))
    holds(abs(share - truth) < 0.04, f"an interval that holds the truth for up to 6 right of 10 was counted "
          f"{share:.3f} of the time: every exam needs a draw of its own")  # fmt: skip


def two_sided(lab):
    got = lab.two_sided(1.0, 1)
    if math.isclose(got, 0.25, abs_tol=1e-6):
        fail(
            "two_sided(1, 1) gave 0.25: one side only; t could have strayed to the other side as well"
        )
    if math.isclose(got, 0.75, abs_tol=1e-6):
        fail("two_sided(1, 1) gave 0.75: take twice the area from nought to |t| away")
    close(
        got,
        0.5,
        "two_sided(1, 1)",
        "with one degree of freedom half of all t lie within ±1",
        within=1e-8,
    )
    close(
        lab.two_sided(0.0, 7), 1.0, "two_sided(0, 7)", "every t is at least as far away as nought"
    )
    close(lab.two_sided(math.sqrt(2), 2), 1 - math.sqrt(2) / 2, "two_sided(√2, 2)", within=1e-8)
    close(lab.two_sided(-2.0, 9), lab.two_sided(2.0, 9), "two_sided(−2, 9) beside two_sided(2, 9)",
          "two-sided: the sign of t must not matter")  # fmt: skip


def t_test(lab):
    t, p = lab.t_test(SAMPLE)
    mean = sum(SAMPLE) / 7
    squares = sum((v - mean) ** 2 for v in SAMPLE)
    if math.isclose(t, mean / math.sqrt(squares / 7 / 7), rel_tol=1e-9):
        fail(f"t_test({SAMPLE}) gave t = {t:.5g}: s was divided by n. The deviations are from the sample's own "
             "mean, which lies closer to the data than the true one, so s divides by n − 1")  # fmt: skip
    if math.isclose(t, mean / math.sqrt(squares / 6), rel_tol=1e-9):
        fail(f"t_test({SAMPLE}) gave t = {t:.5g}: that counts in s, the spread of single values; a mean of n "
             "values strays √n times less")  # fmt: skip
    close(t, mean / math.sqrt(squares / 6 / 7), f"t of t_test({SAMPLE})")
    close(p, 0.03006905537799476, f"p of t_test({SAMPLE})",
          "n values leave n − 1 degrees of freedom", within=1e-6)  # fmt: skip
    t, p = lab.t_test([v + 10 for v in SAMPLE], 10.0)
    close([t, p], list(lab.t_test(SAMPLE)), "t_test of values and supposed mean both moved by 10",
          "the supposed mean is what the mean is compared with", within=1e-7)  # fmt: skip
    close(lab.t_test([1.0, 3.0], 2.0)[1], 1.0, "p of t_test([1, 3], 2)", within=1e-6)


def mean_interval(lab):
    got = lab.mean_interval([1.0, 2.0, 3.0])
    if math.isclose(got[2] - got[0], Z / math.sqrt(3), rel_tol=1e-3):
        fail("mean_interval([1, 2, 3]) goes 1.96 standard errors either way: with a spread estimated from three "
             "values, t must go farther for the same promise")  # fmt: skip
    if math.isclose(got[2] - got[0], 2.919985580 / math.sqrt(3), rel_tol=1e-3):
        fail("mean_interval([1, 2, 3]) leaves 5 % on each side: both sides together may have 5 %")
    close(got, (2.0, -0.4841377118, 4.4841377118), "mean_interval([1, 2, 3])",
          "mean first, then mean minus and plus t·s/√n", within=1e-6)  # fmt: skip
    _, low, high = lab.mean_interval(SAMPLE)
    for end in (low, high):
        close(lab.t_test(SAMPLE, end)[1], 0.05, "the p-value of a supposed mean at the interval's end",
              "the interval ends where the test begins to reject", within=1e-5)  # fmt: skip


def mcnemar(lab):
    got = lab.mcnemar(9, 2)
    if math.isclose(got, 67 / 2048):
        fail("mcnemar(9, 2) gave half of it: luck could as well have favoured the other model")
    if math.isclose(got, 2 * 12 / 2048) or math.isclose(got, 110 / 2048):
        fail("mcnemar(9, 2): a split as lopsided as yours or more, so your own split belongs to the tail, "
             "and so do all splits beyond it")  # fmt: skip
    close(got, 134 / 2048, "mcnemar(9, 2)", "(1 + 11 + 55) of 2,048 sequences on either side")
    close(lab.mcnemar(2, 9), 134 / 2048, "mcnemar(2, 9)", "swapping the models must not change it")
    even = lab.mcnemar(4, 4)
    if even > 1:
        fail(
            f"mcnemar(4, 4) gave {even:.4g}: both tails share the middle, and a chance never exceeds one"
        )
    close(even, 1.0, "mcnemar(4, 4)")
    close(lab.mcnemar(0, 0), 1.0, "mcnemar(0, 0)", "no change is no evidence")


def paired_interval(lab):
    low, high = lab.paired_interval(12, 5, 60)
    what = f"paired_interval(12, 5, 60), ({low:.4f}, {high:.4f}),"
    holds(low < high, f"{what} has its ends the wrong way round")
    holds(low < 7 / 60 < high, f"{what} does not hold the gain that was seen, 7 of 60")
    wald = Z * math.sqrt(17 - 49 / 60) / 60
    if math.isclose(high, 7 / 60 + wald, abs_tol=1e-5):
        fail(
            f"{what} is Wald's: it would have no width if no answer changed. Search with score instead"
        )
    close(lab.score(12, 5, 60, low), Z, "the score at the low end",
          "there the data lie 1.96 standard errors above", within=1e-4)  # fmt: skip
    close(lab.score(12, 5, 60, high), -Z, "the score at the high end", within=1e-4)
    close(lab.paired_interval(0, 0, 40)[1], Z * Z / (40 + Z * Z), "the high end of paired_interval(0, 0, 40)",
          "that no answer of 40 changed does not prove that none ever would", within=1e-6)  # fmt: skip
    close(lab.paired_interval(5, 12, 60), (-high, -low), "paired_interval(5, 12, 60)",
          "swapping the models mirrors the interval", within=1e-6)  # fmt: skip
    close(lab.paired_interval(30, 0, 30)[1], 1.0, "the high end of paired_interval(30, 0, 30)",
          "all thirty improved, so a gain of one is not excluded", within=1e-6)  # fmt: skip
