"""Losses: pure functions of log-probabilities, rewards and values.

Sums are over the tokens of an answer, means over its tokens; both in nats. P is a number of
pairs or answers, T of tokens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

if TYPE_CHECKING:
    from torch import Tensor


def token_log_probs(logits: Tensor, target: Tensor) -> Tensor:
    """Log-probability of each target under its row of logits, computed in float32.

    Shapes  logits: (S, V); target: (S,) ids → (S,).
    Units   nats.
    """
    return -F.cross_entropy(logits.float(), target, reduction="none")


def sum_by_owner(values: Tensor, owner: Tensor, n_owners: int) -> Tensor:
    """Sums of per-token values for each sequence.  Shapes: (S,), (S,) → (n_owners,)."""
    return values.new_zeros(n_owners).index_add(0, owner, values)


# -- preferences ----------------------------------------------------------------------------------


def preference_loss(
    chosen: Tensor, rejected: Tensor, chosen_ref: Tensor, rejected_ref: Tensor, beta: float,
    smoothing: float = 0.0,
) -> Tensor:  # fmt: skip
    """DPO's loss of each pair; `smoothing` is the chance that a pair's answers are swapped.

    Shapes  all (P,): sums of whole answers.
    Source  Rafailov et al. 2023 (arXiv:2305.18290), equation 7; with smoothing the conservative
            form of Mitchell's note of 2023.
    """
    margin = beta * ((chosen - chosen_ref) - (rejected - rejected_ref))
    return -F.logsigmoid(margin) * (1 - smoothing) - F.logsigmoid(-margin) * smoothing


def identity_loss(
    chosen: Tensor, rejected: Tensor, chosen_ref: Tensor, rejected_ref: Tensor, beta: float
) -> Tensor:
    """IPO's loss of each pair: the margin is drawn to 1 / (2·beta), and no further.

    Shapes  all (P,): means over tokens. The paper has sums; its authors average since, because
            long answers otherwise pass any target at once, and so do other libraries.
    Source  Azar et al. 2023 (arXiv:2310.12036), equation 17.
    """
    margin = (chosen - chosen_ref) - (rejected - rejected_ref)
    return (margin - 1 / (2 * beta)) ** 2


def simple_preference_loss(chosen: Tensor, rejected: Tensor, beta: float, gap: float) -> Tensor:
    """SimPO's loss of each pair: no reference, and a target margin.

    Shapes  (P,): means over tokens; gap in units of beta times nats per token.
    Source  Meng et al. 2024 (arXiv:2405.14734), equation 6.
    """
    return -F.logsigmoid(beta * (chosen - rejected) - gap)


def odds_ratio_loss(chosen: Tensor, rejected: Tensor) -> Tensor:
    """ORPO's penalty of each pair; the method adds the chosen answer's negative log-likelihood.

    Shapes  (P,): means over tokens, below 0.
    Source  Hong et al. 2024 (arXiv:2403.07691), equations 4 and 7.
    """
    return -F.logsigmoid(log_odds(chosen) - log_odds(rejected))


def log_odds(log_prob: Tensor) -> Tensor:
    """ln(p / (1 - p)) from ln p; exact near p = 1, where the difference would cancel."""
    return log_prob - torch.log(-torch.expm1(log_prob))


def prospect_loss(ratio: Tensor, is_good: Tensor, kl: Tensor, beta: float,
                  good_weight: float = 1.0, bad_weight: float = 1.0) -> Tensor:  # fmt: skip
    """KTO's loss of each answer, judged alone.

    Shapes  ratio: (P,), the sum's gain over the reference; is_good: (P,) bool; kl: () ≥ 0, how
            far the policy has moved altogether, taken without a gradient.
    Source  Ethayarajh et al. 2024 (arXiv:2402.01306), equations 7 and 8.
    """
    good = good_weight * (1 - torch.sigmoid(beta * (ratio - kl)))
    bad = bad_weight * (1 - torch.sigmoid(beta * (kl - ratio)))
    return torch.where(is_good, good, bad)


def reward_loss(chosen: Tensor, rejected: Tensor, centre: float = 0.0) -> Tensor:
    """A reward model's loss of each pair; `centre` keeps their sum near 0.

    Shapes  (P,): rewards.
    Source  Bradley and Terry 1952; the centring of Eisenstein et al. 2023 (arXiv:2312.09244).
    """
    return -F.logsigmoid(chosen - rejected) + centre * (chosen + rejected) ** 2


# -- rewards --------------------------------------------------------------------------------------


def generalised_advantages(
    rewards: Tensor, values: Tensor, discount: float, smoothing: float
) -> tuple[Tensor, Tensor]:
    """Advantages of each token of one answer, and what its values should have been.

    Shapes  rewards, values: (T,); behind the last token there is nothing to come → (T,), (T,).
    Source  Schulman et al. 2015 (arXiv:1506.02438), equation 16; smoothing is its lambda.
    """
    advantages = torch.zeros_like(rewards)
    after = coming = torch.zeros((), dtype=rewards.dtype)
    for t in reversed(range(len(rewards))):
        surprise = rewards[t] + discount * coming - values[t]
        advantages[t] = after = surprise + discount * smoothing * after
        coming = values[t]
    return advantages, advantages + values


def clipped_policy_loss(
    log_probs: Tensor, old_log_probs: Tensor, advantages: Tensor, clip: float
) -> Tensor:
    """PPO's loss of each token: no reward for moving further than the clip in one go.

    Shapes  all (T,).
    Source  Schulman et al. 2017 (arXiv:1707.06347), equation 7.
    """
    ratio = torch.exp(log_probs - old_log_probs)
    return -torch.minimum(ratio * advantages, ratio.clamp(1 - clip, 1 + clip) * advantages)


def clipped_value_loss(values: Tensor, old_values: Tensor, targets: Tensor, clip: float) -> Tensor:
    """Half the squared error of each value, the worse of clipped and not.

    Shapes  all (T,).
    Source  the published PPO implementation's, detail 9 of "The 37 implementation details".
    """
    near = old_values + (values - old_values).clamp(-clip, clip)
    return 0.5 * torch.maximum((values - targets) ** 2, (near - targets) ** 2)


def divergence(log_probs: Tensor, reference: Tensor) -> Tensor:
    """An unbiased, never negative estimate of KL(policy ‖ reference) at each sampled token.

    Shapes  (T,), (T,) → (T,).
    Source  Schulman's note of 2020, estimator k3.
    """
    difference = reference - log_probs
    return torch.expm1(difference) - difference


def group_advantages(rewards: Tensor, *, scale: bool = True) -> Tensor:
    """How much better each answer is than its group, in the group's standard deviations.

    Shapes  (G, N): N answers to each of G prompts. A group of equal rewards teaches nothing: 0.
    Source  Shao et al. 2024 (arXiv:2402.03300), equation 3; without the scale, which favours
            questions that are nearly always or never solved, Liu et al. 2025 (arXiv:2503.20783).
    """
    centred = rewards - rewards.mean(1, keepdim=True)
    return centred / (rewards.std(1, keepdim=True) + 1e-4) if scale else centred
