"""Intervals against hand-worked numbers, published tables and repeated sampling."""

import math
import subprocess
import sys

import numpy as np
import pytest

from practicum.core.errors import PracticumError
from practicum.measure.intervals import (
    bootstrap_interval,
    holm,
    mean_bootstrap,
    mean_interval,
    paired_gain,
    perplexity_interval,
    score,
    sign_flip,
    wilson,
)

approx = pytest.approx


def answers(both: int, better: int, worse: int, neither: int) -> tuple[list[bool], list[bool]]:
    """Before and after with these cell counts."""
    before = [True] * both + [False] * better + [True] * worse + [False] * neither
    after = [True] * both + [True] * better + [False] * worse + [False] * neither
    return before, after


def test_wilson_of_eight_in_ten_is_the_interval_worked_by_hand():
    # centre (8 + z²/2)/(10 + z²) = 0.7167, half width 0.2265 with z = 1.96
    assert wilson(8, 10) == approx((0.4902, 0.9433), abs=5e-5)  # printed to four places


def test_wilson_follows_its_closed_form_for_every_count_of_twenty():
    z = 1.959963984540054
    for k in range(21):
        p, n = k / 20, 20
        centre = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
        assert wilson(k, n) == approx((centre - half, centre + half), abs=1e-9)  # float64


def test_wilson_knows_nothing_from_nothing_and_stays_in_the_unit_interval():
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(0, 5)[0] == 0.0
    assert wilson(5, 5)[1] == 1.0


def test_the_score_equals_a_search_for_the_likeliest_loss_under_the_supposed_difference():
    better, worse, n = 12, 5, 60
    for supposed in (-0.1, 0.0, 0.05, 0.3):
        p_worse = np.arange(1, 100_000) / 100_000
        p_better = p_worse + supposed
        rest = 1 - p_better - p_worse
        with np.errstate(invalid="ignore", divide="ignore"):
            likelihood = better * np.log(p_better) + worse * np.log(p_worse)
            likelihood += (n - better - worse) * np.log(rest)
        best = p_worse[np.nanargmax(np.where(p_better > 0, likelihood, -np.inf))]
        error = math.sqrt(n * (2 * best + supposed * (1 - supposed)))
        slow = (better - worse - n * supposed) / error
        assert score(better, worse, n, supposed) == approx(slow, abs=1e-2)  # a grid of 1e-5


def test_the_paired_interval_ends_where_the_score_is_two_standard_errors_away():
    gain = paired_gain(*answers(36, 12, 5, 7))
    assert gain.difference == approx(7 / 60)
    assert score(12, 5, 60, gain.low) == approx(1.959964, abs=1e-5)
    assert score(12, 5, 60, gain.high) == approx(-1.959964, abs=1e-5)


def test_without_any_change_the_interval_has_its_closed_form():
    # no answer changed: n·d² / (d·(1 − d)) = z², so d = z² / (n + z²)
    gain = paired_gain(*answers(20, 0, 0, 20))
    assert gain.high == approx(1.959964**2 / (40 + 1.959964**2), abs=1e-6)
    assert gain.low == approx(-gain.high)


def test_when_every_answer_improves_the_interval_reaches_one():
    assert paired_gain(*answers(0, 30, 0, 0)).high == 1.0


def test_swapping_before_and_after_mirrors_the_gain():
    before, after = answers(31, 14, 5, 22)
    gain, mirrored = paired_gain(before, after), paired_gain(after, before)
    assert (mirrored.difference, mirrored.low, mirrored.high) == approx(
        (-gain.difference, -gain.high, -gain.low), abs=1e-9
    )
    assert mirrored.p_value == approx(gain.p_value)
    assert (mirrored.n_better, mirrored.n_worse) == (gain.n_worse, gain.n_better) == (5, 14)


def test_mcnemar_is_the_exact_binomial_tail_counted_by_hand():
    gain = paired_gain(*answers(40, 9, 2, 10))
    tail = sum(math.comb(11, k) for k in range(3)) / 2**11  # (1 + 11 + 55) / 2048
    assert gain.p_value == approx(2 * tail, abs=1e-12)
    assert gain.p_value == approx(134 / 2048, abs=1e-12)


def test_models_that_agree_everywhere_show_no_gain_and_no_evidence():
    gain = paired_gain(*answers(7, 0, 0, 3))
    assert (gain.difference, gain.p_value, gain.n) == (0.0, 1.0, 10)
    assert gain.low < 0 < gain.high


@pytest.mark.parametrize("share_before", [0.2, 0.6])
def test_ninety_five_of_a_hundred_paired_intervals_hold_the_true_gain(share_before):
    rng, n, trials = np.random.default_rng(7), 80, 300
    p_fix, p_break = 0.3, 0.1
    truth = (1 - share_before) * p_fix - share_before * p_break
    held = 0
    for _ in range(trials):
        before = rng.random(n) < share_before
        after = np.where(before, rng.random(n) >= p_break, rng.random(n) < p_fix)
        gain = paired_gain(before.tolist(), after.tolist())
        held += gain.low <= truth <= gain.high
    # 0.95 ± 3 binomial standard errors of 0.0126 is 0.912 to 0.988
    assert 0.912 <= held / trials <= 0.988


@pytest.mark.parametrize(("before", "after"), [([True], [True, False]), ([], [])])
def test_answers_that_do_not_pair_up_are_refused_with_their_counts(before, after):
    with pytest.raises(PracticumError, match=f"{len(before)} answers before and {len(after)}"):
        paired_gain(before, after)


def test_the_mean_of_one_two_three_has_the_textbook_t_interval():
    # s = 1, t(0.975, 2) = 4.302653, half width 4.302653 / √3 = 2.484138
    assert mean_interval([1, 2, 3]) == approx((2, -0.484138, 4.484138), abs=1e-6)


def test_one_value_has_a_mean_but_no_known_spread():
    assert mean_interval([5.0]) == (5.0, -math.inf, math.inf)


def test_a_mean_of_nothing_is_refused():
    with pytest.raises(PracticumError, match="no values"):
        mean_interval([])


def test_perplexity_weighs_documents_by_their_tokens():
    # (2 + 12) nats over (1 + 9) tokens: exp(1.4), not the mean of exp(2) and exp(12/9)
    assert perplexity_interval([2, 12], [1, 9])[0] == approx(math.exp(1.4))


def test_a_perplexity_interval_holds_its_point_and_repeats_with_its_seed():
    rng = np.random.default_rng(3)
    tokens = rng.integers(50, 400, 60)
    nats = tokens * rng.normal(3.0, 0.2, 60)
    point, low, high = perplexity_interval(nats.tolist(), tokens.tolist(), seed=5)
    assert low < point < high
    assert (point, low, high) == perplexity_interval(nats.tolist(), tokens.tolist(), seed=5)
    assert (low, high) != perplexity_interval(nats.tolist(), tokens.tolist(), seed=6)[1:]


def test_the_bootstrap_agrees_with_the_normal_interval_on_equal_documents():
    # equal lengths: the log of the perplexity is a mean, its interval about ± 1.96 s/√n
    rng = np.random.default_rng(4)
    per_token = rng.normal(2.0, 0.3, 200)
    _, low, high = perplexity_interval((100 * per_token).tolist(), [100] * 200)
    half = 1.96 * per_token.std() / math.sqrt(200)
    assert math.log(high / low) / 2 == approx(half, rel=0.1)  # 2,000 resamples: about 3 % noise


@pytest.mark.parametrize(("nats", "tokens"), [([], []), ([1.0], [1, 2]), ([0.0], [0])])
def test_documents_without_tokens_give_no_perplexity(nats, tokens):
    with pytest.raises(PracticumError, match="no perplexity"):
        perplexity_interval(nats, tokens)


def test_importing_the_room_loads_neither_numpy_nor_scipy_nor_matplotlib():
    code = (
        "import sys, practicum.measure.intervals, practicum.measure.page\n"
        "print(*{'numpy', 'scipy', 'matplotlib', 'torch'} & {m.split('.')[0] for m in sys.modules})"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == ""


def test_holm_on_four_tests_is_the_table_worked_by_hand():
    # 4·0.005, then max(·, 3·0.01), then 2·0.03, and the last cannot be below the one before.
    assert holm([0.01, 0.04, 0.03, 0.005]) == approx([0.03, 0.06, 0.06, 0.02])


def test_holm_leaves_one_test_alone_and_never_passes_one():
    assert holm([0.04]) == [0.04]
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


def test_holm_calls_something_of_nothing_in_at_most_five_percent_of_families():
    rng = np.random.default_rng(5)
    wrong = sum(min(holm(list(rng.uniform(size=8)))) < 0.05 for _ in range(4000))
    assert 0.04 < wrong / 4000 < 0.06  # 0.0490 expected, standard error 0.0034


def test_a_bootstrap_of_the_mean_agrees_with_student_on_many_normal_values():
    values = np.random.default_rng(1).normal(3, 2, 400)
    _, low, high = mean_interval(values)
    assert mean_bootstrap([values], [1]) == approx((low, high), abs=0.02)  # edges: 0.1 · 0.1


def test_variances_of_strata_add_by_the_squares_of_their_weights():
    rng = np.random.default_rng(2)
    strata = [rng.normal(1, 1, 100), rng.normal(0, 3, 300)]
    low, high = mean_bootstrap(strata, [0.5, 0.5])
    error = 0.5 * math.sqrt(sum(s.var() / len(s) for s in strata))
    assert (high - low) / 2 == approx(1.96 * error, rel=0.1)  # 2,000 resamples: 5 %
    assert (low + high) / 2 == approx(0.5 * sum(s.mean() for s in strata), abs=0.02)


def test_one_item_has_no_known_spread():
    assert mean_bootstrap([[0.3], [0.1, 0.2]], [0.5, 0.5]) == (-math.inf, math.inf)


def test_a_bootstrap_needs_items():
    with pytest.raises(PracticumError, match="no items"):
        bootstrap_interval(0, lambda drawn: drawn[:, 0] * 1.0)
    with pytest.raises(PracticumError, match="no items"):
        mean_bootstrap([[1.0, 2.0], []], [1, 1])


def test_sign_flips_give_the_exact_p_where_all_flips_can_be_counted():
    # Sums of ±1 ±2 ±3 ±4 as far from 0 as 10 or 8: 2 of 16, and 4 of 16.
    assert sign_flip([1, 2, 3, 4], [1] * 4) == approx(2 / 16, abs=0.01)  # 3 standard errors
    assert sign_flip([-1, 2, 3, 4], [1] * 4) == approx(4 / 16, abs=0.013)


def test_sign_flips_of_no_difference_find_none_and_of_a_sure_one_say_no_less_than_they_can():
    assert sign_flip([0.0] * 5, [1.0] * 5) == 1.0
    assert sign_flip([1.0] * 60, [1.0] * 60) == 1 / 10_000


def test_sign_flips_call_a_difference_of_nothing_rarely():
    rng = np.random.default_rng(3)
    wrong = sum(sign_flip(rng.normal(size=12), np.ones(12)) < 0.05 for _ in range(200))
    assert wrong / 200 < 0.1  # 0.05 expected, standard error 0.015
