"""A ranking from comparisons: the planted order, an outside reference, honest intervals."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import pytest

from practicum.core.errors import PracticumError
from practicum.evaluate.judging.ranking import POINTS, Battle, rank, strengths


def fought(
    true: dict[str, float], n: int, advantage: float = 0.0, ties: float = 0.0, seed: int = 0
) -> list[Battle]:
    """Battles between models of these strengths in nats, in a drawn order."""
    rng = random.Random(seed)
    found = []
    for _ in range(n):
        left, right = rng.sample(sorted(true), 2)
        chance = 1 / (1 + np.exp(-(true[left] - true[right] + advantage)))
        score = 0.5 if rng.random() < ties else float(rng.random() < chance)
        found.append(Battle(left, right, score))
    return found


PLANTED = {"alder": 1.0, "birch": 0.4, "cedar": -0.2, "elm": -1.2}


@pytest.mark.feature("S6d")
def test_the_planted_order_is_recovered_with_intervals_that_hold_the_truth() -> None:
    found = rank(fought(PLANTED, 1200))
    assert [s.name for s in found.standings] == ["alder", "birch", "cedar", "elm"]
    for s in found.standings:
        assert s.ci95 is not None
        assert s.ci95[0] < 1000 + POINTS * PLANTED[s.name] < s.ci95[1]
        assert s.ci95[0] < s.rating < s.ci95[1]
    assert [s.best for s in found.standings] == [1, 2, 3, 4]
    assert np.mean([s.rating for s in found.standings]) == pytest.approx(1000)


def by_logistic_regression(battles: Sequence[Battle]) -> tuple[dict[str, float], float]:
    """The same model as scikit-learn fits it: a tie is half a win and half a loss."""
    from sklearn.linear_model import LogisticRegression

    names = sorted({n for b in battles for n in (b.left, b.right)})
    rows, wins, weights = [], [], []
    for b in battles:
        row = [(b.left == n) - (b.right == n) for n in names[1:]]  # the first is the zero
        for won, weight in ((1, b.score), (0, 1 - b.score)):
            if weight:
                rows.append(row)
                wins.append(won)
                weights.append(weight)
    fitted = LogisticRegression(C=np.inf, tol=1e-10, max_iter=10_000).fit(rows, wins, weights)
    values = np.array([0.0, *fitted.coef_[0]])
    return dict(zip(names, values - values.mean(), strict=True)), float(fitted.intercept_[0])


@pytest.mark.parametrize("seed", range(4))
def test_strengths_are_those_of_scikit_learn_s_logistic_regression(seed: int) -> None:
    battles = fought(PLANTED, 150, advantage=0.5, ties=0.3, seed=seed)
    values, advantage = by_logistic_regression(battles)
    ours = strengths(battles)
    assert dict(zip(ours.names, ours.values, strict=True)) == pytest.approx(values, abs=1e-4)
    assert ours.advantage == pytest.approx(advantage, abs=1e-4)


def test_the_advantage_of_the_left_place_is_found_and_kept_out_of_the_ratings() -> None:
    found = rank(fought({"a": 0.0, "b": 0.0, "c": 0.0}, 600, advantage=0.8))
    assert found.left_share is not None
    share, low, high = found.left_share
    assert low < 1 / (1 + np.exp(-0.8)) < high
    assert low > 0.5, "the place matters, and that is seen"
    assert low < share < high
    assert all(s.best == 1 for s in found.standings), "none is surely better"
    assert rank(fought(PLANTED, 600)).left_share[1] < 0.5  # type: ignore[index]


def test_place_and_strength_are_not_told_apart_when_the_order_was_never_turned() -> None:
    battles = [Battle("a", "b", s) for s in (1.0, 1.0, 0.0, 0.5)]
    assert rank(battles).left_share is None
    assert strengths(battles).advantage is None


def test_a_voter_who_always_takes_the_left_one_ranks_nobody() -> None:
    battles = [Battle(*pair, 1.0) for pair in (("a", "b"), ("b", "a")) for _ in range(10)]
    found = rank(battles)
    assert [s.rating for s in found.standings] == pytest.approx([1000, 1000])
    assert found.left_share is None


def test_ties_are_half_wins() -> None:
    mixed = [Battle("a", "b", 1.0), Battle("a", "b", 0.0)] * 3 + [Battle("a", "b", 1.0)] * 2
    tied = [Battle("a", "b", 0.5)] * 6 + [Battle("a", "b", 1.0)] * 2
    assert strengths(mixed).values == pytest.approx(strengths(tied).values)
    only = rank([Battle("a", "b", 0.5), Battle("b", "a", 0.5)])
    assert [s.rating for s in only.standings] == pytest.approx([1000, 1000])
    assert [(s.won, s.tied, s.lost) for s in only.standings] == [(0, 2, 0)] * 2


def test_groups_that_never_met_are_named() -> None:
    with pytest.raises(PracticumError, match=r"2 groups never met.*a, b \| c, d"):
        rank([Battle("a", "b", 1.0), Battle("c", "d", 0.0)])


def test_nobody_is_too_good_while_undefeated_and_that_is_said() -> None:
    battles = [Battle("a", "b", 1.0), Battle("b", "c", 1.0), Battle("c", "b", 1.0)]
    with pytest.raises(PracticumError, match="a has not lost yet"):
        strengths(battles)
    found = rank(battles)
    assert found.standings[0].name == "a"
    assert "a has not lost yet" in found.complaint
    assert all(s.ci95 is None for s in found.standings)
    assert np.isfinite([s.rating for s in found.standings]).all()


@pytest.mark.parametrize("battles", [[], [Battle("a", "a", 1.0)], [Battle("a", "b", 0.7)]])
def test_what_is_no_battle_is_refused(battles: list[Battle]) -> None:
    with pytest.raises(PracticumError):
        rank(battles)


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    true = {"a": 0.6, "b": 0.0, "c": -0.6}
    held = []
    for seed in range(60):
        for s in rank(fought(true, 60, advantage=0.2, seed=seed), seed).standings:
            assert s.ci95 is not None
            held.append(s.ci95[0] <= 1000 + POINTS * true[s.name] <= s.ci95[1])
    assert 0.90 <= np.mean(held) <= 0.99, np.mean(held)
