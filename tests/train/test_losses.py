"""Losses against examples worked by hand and against slow loops."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from practicum.train.losses import (
    clipped_policy_loss,
    clipped_value_loss,
    divergence,
    generalised_advantages,
    group_advantages,
    identity_loss,
    log_odds,
    odds_ratio_loss,
    preference_loss,
    prospect_loss,
    reward_loss,
    simple_preference_loss,
)


def t(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


@pytest.mark.feature("S5c")
def test_smoothing_mixes_both_readings_of_a_pair() -> None:
    a, b, zero = t(-2.0), t(-5.0), t(0.0)
    plain = preference_loss(a, b, zero, zero, 0.5)
    turned = preference_loss(b, a, zero, zero, 0.5)
    mixed = preference_loss(a, b, zero, zero, 0.5, smoothing=0.1)
    assert mixed.item() == pytest.approx(0.9 * plain.item() + 0.1 * turned.item(), abs=1e-12)
    assert plain.item() == pytest.approx(-math.log(sigmoid(1.5)), abs=1e-12)


@pytest.mark.feature("S5c")
def test_ipo_is_lowest_at_its_target_and_punishes_going_further() -> None:
    zero = t(0.0)
    at = [identity_loss(t(m), zero, zero, zero, beta=0.25).item() for m in (0.0, 2.0, 5.0)]
    assert at == pytest.approx([4.0, 0.0, 9.0], abs=1e-12)  # the target is 1 / (2·0.25) = 2


@pytest.mark.feature("S5c")
def test_kto_judges_each_answer_alone_against_how_far_the_policy_went() -> None:
    loss = prospect_loss(t(1.0, 1.0), torch.tensor([True, False]), t(0.4).squeeze(), beta=2.0)
    assert loss.tolist() == pytest.approx([1 - sigmoid(1.2), 1 - sigmoid(-1.2)], abs=1e-12)
    heavier = prospect_loss(t(1.0), torch.tensor([False]), t(0.0).squeeze(), 1.0, 1.0, 3.0)
    assert heavier.item() == pytest.approx(3 * (1 - sigmoid(-1.0)), abs=1e-12)


def test_simpo_compares_means_and_wants_a_gap() -> None:
    loss = simple_preference_loss(t(-0.5), t(-1.5), beta=2.0, gap=0.5)
    assert loss.item() == pytest.approx(-math.log(sigmoid(1.5)), abs=1e-12)


@pytest.mark.feature("N5")
def test_orpo_equals_four_tokens_worked_by_hand() -> None:
    """Chosen: tokens of probability 0.5 and 0.8; rejected: 0.4 and 0.1."""
    chosen = t((math.log(0.5) + math.log(0.8)) / 2)  # ln 0.632456
    rejected = t((math.log(0.4) + math.log(0.1)) / 2)  # ln 0.2
    odds = 0.6324555320336759 / 0.3675444679663241, 0.2 / 0.8
    assert log_odds(chosen).exp().item() == pytest.approx(odds[0], abs=1e-9)
    assert log_odds(rejected).exp().item() == pytest.approx(odds[1], abs=1e-9)
    penalty = math.log(1 + odds[1] / odds[0])
    assert odds_ratio_loss(chosen, rejected).item() == pytest.approx(penalty, abs=1e-9)
    whole = -chosen + 0.1 * odds_ratio_loss(chosen, rejected)
    assert whole.item() == pytest.approx(0.458145 + 0.1 * 0.135653, abs=1e-6)


def test_log_odds_are_exact_where_a_probability_is_nearly_one() -> None:
    assert log_odds(t(-1e-12)).item() == pytest.approx(math.log(1e12), rel=1e-6)


def test_a_reward_model_sees_differences_and_is_kept_near_zero() -> None:
    assert reward_loss(t(3.0), t(1.0)).item() == pytest.approx(-math.log(sigmoid(2.0)))
    moved = reward_loss(t(13.0), t(11.0))
    assert moved.item() == pytest.approx(reward_loss(t(3.0), t(1.0)).item())
    assert reward_loss(t(13.0), t(11.0), centre=0.01).item() > moved.item() + 5


@pytest.mark.feature("S5b")
def test_advantages_equal_three_tokens_worked_by_hand() -> None:
    """Discount 0.9, smoothing 0.5; only the last token is rewarded."""
    advantages, targets = generalised_advantages(t(0, 0, 1), t(0.5, 0.2, 0.4), 0.9, 0.5)
    # surprises: 0 + .9·.2 − .5 = −.32;  0 + .9·.4 − .2 = .16;  1 − .4 = .6
    # advantages: .6;  .16 + .45·.6 = .43;  −.32 + .45·.43 = −.1265
    assert advantages.tolist() == pytest.approx([-0.1265, 0.43, 0.6], abs=1e-12)
    assert targets.tolist() == pytest.approx([0.3735, 0.63, 1.0], abs=1e-12)


@given(
    st.lists(st.floats(-3, 3), min_size=1, max_size=9), st.floats(0, 1), st.floats(0, 1),
    st.randoms(use_true_random=False),
)  # fmt: skip
@settings(deadline=None, max_examples=60)
def test_advantages_are_the_sum_that_the_paper_writes(
    rewards: list[float], discount: float, smoothing: float, rng: object
) -> None:
    values = [rng.uniform(-1, 1) for _ in rewards]  # type: ignore[attr-defined]
    found, _ = generalised_advantages(t(*rewards), t(*values), discount, smoothing)
    behind = [*values, 0.0]
    surprises = [rewards[i] + discount * behind[i + 1] - values[i] for i in range(len(rewards))]
    slow = [sum((discount * smoothing) ** (k - i) * surprises[k] for k in range(i, len(rewards)))
            for i in range(len(rewards))]  # fmt: skip
    assert found.tolist() == pytest.approx(slow, abs=1e-9)


@pytest.mark.feature("S5b")
def test_the_clip_pays_for_no_step_beyond_it_and_always_for_going_back() -> None:
    old = t(0.0, 0.0, 0.0, 0.0)
    new = t(math.log(1.5), math.log(0.5), math.log(1.5), math.log(0.5)).requires_grad_()
    loss = clipped_policy_loss(new, old, t(1.0, -1.0, -1.0, 1.0), clip=0.2)
    assert loss.tolist() == pytest.approx([-1.2, 0.8, 1.5, -0.5])
    loss.sum().backward()
    assert new.grad is not None
    assert new.grad.tolist() == pytest.approx([0.0, 0.0, 1.5, -0.5])


def test_a_value_far_from_its_old_one_is_punished_as_if_it_had_not_moved() -> None:
    loss = clipped_value_loss(t(2.0, 0.1), t(0.0, 0.0), t(2.0, 1.0), clip=0.5)
    assert loss.tolist() == pytest.approx([0.5 * 1.5**2, 0.5 * 0.9**2])


def test_the_divergence_is_never_negative_and_right_on_average() -> None:
    torch.manual_seed(0)
    p, q = (torch.softmax(torch.randn(6, dtype=torch.float64), 0) for _ in range(2))
    each = divergence(p.log(), q.log())
    assert (each >= 0).all()
    exact = (p * (p / q).log()).sum().item()
    assert (p * each).sum().item() == pytest.approx(exact, abs=1e-12)


def test_answers_are_compared_within_their_group() -> None:
    found = group_advantages(t(1, 0, 0, 1, 5, 5, 5, 5).view(2, 4))
    spread = 0.5773503 + 1e-4  # the standard deviation of 1, 0, 0, 1
    assert found[0].tolist() == pytest.approx(
        [x / spread for x in (0.5, -0.5, -0.5, 0.5)], abs=1e-6
    )
    assert found[1].tolist() == [0, 0, 0, 0]
    plain = group_advantages(t(3, 0, 0).view(1, 3), scale=False)
    assert plain.tolist() == [[2, -1, -1]]
