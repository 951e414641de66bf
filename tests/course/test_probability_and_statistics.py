"""F1c: the labs' statistics beside scipy, closed forms, simulation and the package's own intervals."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

from practicum.measure import intervals

approx = pytest.approx
CONCEPT = "probability-and-statistics"


@pytest.fixture
def chance(solved: Any) -> Any:
    """What the solution of the first lab defined."""
    return solved(CONCEPT, "chance-by-hand")


@pytest.fixture
def honest(solved: Any) -> Any:
    """What the solution of the second lab defined."""
    return solved(CONCEPT, "honest-scores")


@pytest.mark.feature("F1c")
@pytest.mark.parametrize(("skill", "n"), [(0.62, 300), (0.3, 50), (0.5, 100)])
def test_ninety_five_of_a_hundred_wilson_intervals_hold_the_true_skill(
    honest: Any, skill: float, n: int
) -> None:
    share = honest.coverage(honest.wilson, skill, n, 2000, np.random.default_rng(11))
    assert share == approx(0.95, abs=0.02)  # four binomial standard errors of 2,000 simulations


@pytest.mark.feature("F1c")
def test_ninety_five_of_a_hundred_paired_intervals_hold_the_true_gain() -> None:
    rng, n, p_better, p_worse = np.random.default_rng(5), 60, 0.15, 0.07
    known: dict[tuple[int, int], tuple[float, float]] = {}
    held = 0
    for better, worse, _ in rng.multinomial(n, [p_better, p_worse, 1 - p_better - p_worse], 2000):
        key = (int(better), int(worse))
        if key not in known:
            known[key] = intervals.tango(
                *key, n
            )  # equal to the lab's own, by the parity test below
        held += known[key][0] <= p_better - p_worse <= known[key][1]
    assert held / 2000 == approx(0.95, abs=0.02)


@pytest.mark.feature("F1c")
def test_ninety_five_of_a_hundred_t_intervals_hold_the_true_mean(honest: Any) -> None:
    rng, n = np.random.default_rng(3), 6
    _, low, high = honest.mean_interval([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    reach = (high - low) / 2 / (math.sqrt(3.5) / math.sqrt(n))  # standard errors; s² of 1…6 is 3.5
    data = rng.normal(6.7, 14.0, (2000, n))
    errors = data.std(1, ddof=1) / math.sqrt(n)
    held = np.abs(data.mean(1) - 6.7) <= reach * errors
    assert held.mean() == approx(0.95, abs=0.02)


@pytest.mark.feature("F1c")
def test_the_likeliest_skill_is_the_share_that_was_seen(chance: Any) -> None:
    for k, n in [(7, 10), (187, 300), (1, 3), (0, 300), (5, 5)]:
        assert chance.likeliest(k, n) == approx(k / n, abs=1e-6)  # root of float64 rounding


@pytest.mark.feature("F1c")
def test_the_belief_on_a_grid_is_the_beta_posterior(chance: Any) -> None:
    skills, prior = np.array(chance.SKILLS), stats.beta(2, 3)
    for k, n in [(0, 0), (2, 3), (14, 20), (187, 300), (0, 300)]:
        belief = chance.posterior(prior.pdf(skills).tolist(), chance.SKILLS, k, n)
        want = stats.beta(2 + k, 3 + n - k)
        # after 0 of 300 the density bends within a cell that holds a tenth of the belief
        assert np.cumsum(belief) == approx(want.cdf(skills + 0.0005), abs=5e-3)
        assert chance.expectation(skills, belief) == approx(want.mean(), abs=1e-4)
        assert chance.variance(skills, belief) == approx(want.var(), abs=1e-5)


@pytest.mark.feature("F1c")
def test_t_tests_have_the_p_values_of_scipy(honest: Any) -> None:
    rng = np.random.default_rng(8)
    for n in (2, 3, 6, 40):
        before, after = rng.normal(0, 2, n), rng.normal(1, 3, n)
        t, p = honest.t_test(after.tolist(), 0.5)
        want = stats.ttest_1samp(after, 0.5)
        assert (t, p) == approx((want.statistic, want.pvalue), abs=1e-9)  # Simpson's rule
        paired = stats.ttest_rel(after, before)
        assert honest.t_test((after - before).tolist()) == approx(
            (paired.statistic, paired.pvalue), abs=1e-9
        )


@pytest.mark.feature("F1c")
def test_chances_expectation_and_correlation_are_those_of_scipy_and_numpy(chance: Any) -> None:
    k = np.arange(21)
    ours = [chance.binomial(int(i), 20, 0.62) for i in k]
    assert ours == approx(stats.binom.pmf(k, 20, 0.62), abs=1e-12)
    assert chance.expectation(k, ours) == approx(20 * 0.62)
    assert chance.variance(k, ours) == approx(20 * 0.62 * 0.38)
    a, b = np.random.default_rng(1).normal(size=(2, 50))
    assert chance.covariance(a.tolist(), b.tolist()) == approx(np.cov(a, b)[0, 1])
    assert chance.correlation(a.tolist(), b.tolist()) == approx(np.corrcoef(a, b)[0, 1])


@pytest.mark.feature("F1c")
def test_the_labs_intervals_are_the_slow_twins_of_the_packages(honest: Any) -> None:
    for k, n in [(0, 0), (0, 300), (2, 20), (187, 300), (20, 20)]:
        assert honest.wilson(k, n) == approx(intervals.wilson(k, n), abs=1e-9)
    for values in ([1.0, 2.0], [1.0, 2.0, 3.0], [0.3, -1.2, 4.0, 2.2, 2.1, 0.0]):
        assert honest.mean_interval(values) == approx(intervals.mean_interval(values), abs=1e-6)
    for better, worse, n in [(17, 15, 300), (0, 0, 40), (12, 5, 60), (187, 0, 300), (30, 0, 30)]:
        before = [False] * better + [True] * worse + [True] * (n - better - worse)
        after = [True] * better + [False] * worse + [True] * (n - better - worse)
        gain = intervals.paired_gain(before, after)
        # the likeliest loss is searched, to the root of float64 rounding, and not solved for
        ours = honest.paired_interval(better, worse, n)
        assert ours == approx((gain.low, gain.high), abs=1e-6)
        assert honest.mcnemar(better, worse) == approx(gain.p_value, abs=1e-12)


def test_the_quoted_counts_are_the_only_ones_that_give_the_recorded_gain() -> None:
    # recorded: 187 → 189 right of 300, gain +0.7 [−3.2, +4.6], p = 0.860
    found = []
    for worse in range(0, 112):
        low, high = intervals.tango(worse + 2, worse, 300)
        p = stats.binomtest(worse + 2, 2 * worse + 2).pvalue
        if (round(100 * low, 1), round(100 * high, 1), round(p, 3)) == (-3.2, 4.6, 0.860):
            found.append((worse + 2, worse))
    assert found == [(17, 15)]


SLIPS = {
    "chance-by-hand": [
        ("sum(value * chance for value, chance in zip(values, chances, strict=True))",
         "sum(values) / len(values)", "expectation", "equally likely"),
        ("math.comb(n, k) * ", "", "binomial", "one order"),
        ("sum(products) / (n - 1)", "sum(products) / n", "covariance", "n − 1"),
        ("math.exp(log - top)", "math.exp(log)", "posterior", "largest"),
    ],
    "honest-scores": [
        ("if n == 0:", "if False:", "wilson", "every skill is possible"),
        ("1 - 2 * area(", "1 - area(", "two_sided", "twice the area"),
        ("min(1.0, 2 * tail)", "tail", "mcnemar", "other model"),
        ("for wanted in (Z, -Z):", "for wanted in (-Z, Z):", "paired_interval", "wrong way round"),
    ],
}  # fmt: skip


@pytest.mark.parametrize("lab", SLIPS)
def test_typical_slips_are_told_why(attempt: Any, lab: str) -> None:
    outcome = attempt(CONCEPT, lab, {right: wrong for right, wrong, _, _ in SLIPS[lab]})
    verdicts = {v.task: v for v in outcome.verdicts}
    for _, _, task, told in SLIPS[lab]:
        assert not verdicts[task].passed
        assert told in verdicts[task].why
