"""One forward pass over a packed row: the computation that all training shares."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

import torch

from practicum.text.pack import Row

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module


def row_logits(model: Module, row: Row) -> Tensor:
    """Logits that predict a row's scored tokens.

    Every token attends to its ancestors only and stands at its depth, so each example gets
    the logits it would get alone. The vocabulary projection runs where it is needed, once
    for a position that predicts the first token of several branches.

    Shapes  → (S, V), one row for each scored token.
    """
    first = next(model.parameters())
    device, dtype = first.device, first.dtype
    sees = torch.from_numpy(row.sees())[None, None].to(device)  # (1, 1, T, T)
    scored = torch.from_numpy(row.from_token).to(device)
    distinct, index = torch.unique(scored, return_inverse=True)
    mask = torch.zeros(sees.shape, dtype=dtype, device=device).masked_fill_(
        ~sees, torch.finfo(dtype).min
    )
    out = model(
        input_ids=torch.from_numpy(row.ids)[None].to(device),
        position_ids=torch.from_numpy(row.positions)[None].to(device),
        attention_mask=mask,
        logits_to_keep=distinct,
        use_cache=False,
    )
    logits: Tensor = out.logits[0]
    branches = len(distinct) < len(index) or not torch.equal(
        index, torch.arange(len(index), device=device)
    )
    return logits[index] if branches else logits  # the gather costs 2 % where nothing branches


def row_states(model: Module, row: Row) -> tuple[Tensor, Tensor]:
    """The logits of `row_logits`, and the last hidden states that they are made of.

    Shapes  → (S, V), (S, width).
    """
    kept: list[Tensor] = []
    head = model.get_output_embeddings()  # type: ignore[operator]
    hook = head.register_forward_pre_hook(lambda module, inputs: kept.append(inputs[0]))
    try:
        logits = row_logits(model, row)
    finally:
        hook.remove()
    _, index = torch.unique(torch.from_numpy(row.from_token), return_inverse=True)
    return logits, kept[0][0][index.to(logits.device)]


def half_precision(model: Module) -> AbstractContextManager[object]:
    """bfloat16 arithmetic for a model whose base is stored so; adapters stay float32 and are
    rounded on the fly, 1.3 times as fast as mixing types (LOG.md 2026-11-23)."""
    stored = {p.dtype for p in model.parameters()}
    device = next(model.parameters()).device.type
    return torch.autocast(device, torch.bfloat16, enabled=torch.bfloat16 in stored)
