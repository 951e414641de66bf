"""Merge methods: plain functions of tensors, computed in float32."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor

PARALLEL_RAD = 1e-4  # below this angle sin() loses more digits than a straight line does


def linear(tensors: Sequence[Tensor], weights: Sequence[float]) -> Tensor:
    """The weighted mean.

    Shapes  all equal → the same.
    Units   weights are divided by their sum.
    Source  "Model soups", Wortsman et al. 2022 (arXiv:2203.05482).
    """
    total = sum(weights)
    out = torch.zeros_like(tensors[0], dtype=torch.float32)
    for tensor, weight in zip(tensors, weights, strict=True):
        out.add_(tensor.float(), alpha=weight / total)
    return out


def slerp(a: Tensor, b: Tensor, t: float) -> Tensor:
    """The point a fraction t along the arc from a to b.

    Shapes  a, b: equal, any rank; each read as one flat vector.
    Units   t is a fraction: 0 returns a exactly, 1 returns b exactly.
    Source  Shoemake 1985. Vectors of nearly one direction are interpolated linearly; their
            lengths are kept by the formula, which scales a and b and not their directions.
    """
    a, b = a.float(), b.float()
    if t in (0.0, 1.0):
        return b if t else a
    # float64, because near-equal models differ in the digits where cos() is flat
    u, v = a.flatten().double(), b.flatten().double()
    cos = torch.dot(u, v) / (u.norm() * v.norm()).clamp_min(1e-30)
    angle = torch.arccos(cos.clamp(-1.0, 1.0))
    if angle < PARALLEL_RAD or torch.pi - angle < PARALLEL_RAD:
        return torch.lerp(a, b, t)
    scale = torch.sin(angle)
    left, right = torch.sin((1 - t) * angle) / scale, torch.sin(t * angle) / scale
    return a * left.float() + b * right.float()
