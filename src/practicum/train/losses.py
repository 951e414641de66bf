"""Losses: pure functions of log-probabilities."""

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
    return torch.zeros(n_owners, dtype=values.dtype).index_add(0, owner, values)


def preference_loss(
    chosen: Tensor, rejected: Tensor, chosen_ref: Tensor, rejected_ref: Tensor, beta: float
) -> Tensor:
    """DPO's loss of each pair.

    Shapes  all (P,): log-probabilities of whole answers, in nats.
    Source  Rafailov et al. 2023 (arXiv:2305.18290), equation 7.
    """
    margin = (chosen - chosen_ref) - (rejected - rejected_ref)
    return -F.logsigmoid(beta * margin)
