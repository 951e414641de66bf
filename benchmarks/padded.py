"""The peer of `finetune`: transformers and peft on batches padded to their longest chat.

Written the way their documentation shows it, then tuned step by step, because a comparison
with an untuned peer says little.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from practicum.text.pack import Example

if TYPE_CHECKING:
    from peft import PeftModel
    from torch import Tensor

IGNORED = -100  # the label that transformers leaves out of its loss
Batch = Sequence[Example]


@dataclass(frozen=True)
class Variant:
    """How far the peer is tuned.

    is_sorted     chats of like length share a batch, so little is padded
    answers_only  logits are computed where a label is scored, not everywhere
    """

    name: str
    is_sorted: bool = False
    answers_only: bool = False


VARIANTS = (
    Variant("padded"),
    Variant("padded, sorted by length", is_sorted=True),
    Variant("padded, sorted, answers' logits only", is_sorted=True, answers_only=True),
)


def load_peer(folder: Path, dtype: str, *, rank: int, alpha: float, seed: int) -> PeftModel:
    """The model with fresh LoRA on every linear layer, by transformers and peft alone."""
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(str(folder), dtype=getattr(torch, dtype))
    torch.manual_seed(seed)
    return get_peft_model(
        model,
        LoraConfig(r=rank, lora_alpha=alpha, lora_dropout=0.0, target_modules="all-linear",
                   task_type="CAUSAL_LM"),
    )  # fmt: skip


def batches(examples: Batch, size: int, variant: Variant, seed: int) -> list[list[Example]]:
    """The chats in batches, in a seeded order."""
    rng = random.Random(seed)
    order = list(examples)
    rng.shuffle(order)
    if variant.is_sorted:
        order.sort(key=lambda e: len(e.ids))
    made = [order[i : i + size] for i in range(0, len(order), size)]
    rng.shuffle(made)
    return made


def collate(batch: Batch, pad_id: int) -> dict[str, Tensor]:
    """Chats padded on the right to the longest.  Shapes → each (B, T)."""
    T = max(len(e.ids) for e in batch)
    ids = torch.full((len(batch), T), pad_id)
    mask = torch.zeros((len(batch), T), dtype=torch.long)
    labels = torch.full((len(batch), T), IGNORED)
    for row, example in enumerate(batch):
        n = len(example.ids)
        ids[row, :n] = torch.tensor(example.ids)
        mask[row, :n] = 1
        scored = torch.tensor(example.scored)
        scored[0] = False  # nothing predicts the first token
        labels[row, :n][scored] = ids[row, :n][scored]
    return {"input_ids": ids, "attention_mask": mask, "labels": labels}


def inputs(batch: Batch, pad_id: int, variant: Variant) -> dict[str, Any]:
    """The arguments of the model's forward call for a batch."""
    made: dict[str, Any] = collate(batch, pad_id)
    if variant.answers_only:
        shifted = torch.nn.functional.pad(made["labels"], (0, 1), value=IGNORED)[:, 1:]  # (B, T)
        where = shifted != IGNORED
        made |= {"logits_to_keep": where, "shift_labels": shifted[where]}
    return made


def n_labels(batch: Batch) -> int:
    """How many tokens of the batch are trained."""
    return sum(sum(e.scored[1:]) for e in batch)


def loss(model: PeftModel, batch: Batch, pad_id: int, variant: Variant, n: int) -> Tensor:
    """The batch's negative log-likelihood, summed and divided by n.  Units nats."""
    given = inputs(batch, pad_id, variant)
    out = model(**given, use_cache=False, num_items_in_batch=torch.tensor(n))
    found: Tensor = out.loss
    return found


@dataclass(frozen=True)
class Counts:
    """What a pass over the data computed: tokens, and positions projected to the vocabulary."""

    n_tokens: int
    n_projected: int


class PaddedTrainer:
    """One pass of training over the chats, with as many updates as ours makes."""

    def __init__(self, model: PeftModel, pad_id: int, variant: Variant, batch: int) -> None:
        self.model, self.pad_id, self.variant, self.batch = model, pad_id, variant, batch

    def counts(self, examples: Batch, seed: int = 0) -> Counts:
        """What one pass will compute."""
        sizes = [
            (len(b) * max(len(e.ids) for e in b), n_labels(b))
            for b in batches(examples, self.batch, self.variant, seed)
        ]
        n_tokens = sum(s for s, _ in sizes)
        return Counts(n_tokens, sum(n for _, n in sizes) if self.variant.answers_only else n_tokens)

    def once(self, examples: Batch, n_updates: int, lr: float, seed: int = 0) -> None:
        """Train on every chat once."""
        made = batches(examples, self.batch, self.variant, seed)
        weights = [p for p in self.model.parameters() if p.requires_grad]
        optimizer = torch.optim.AdamW(weights, lr=lr, betas=(0.9, 0.99), weight_decay=0.0)
        self.model.train()
        for update in split(made, n_updates):
            n = sum(n_labels(b) for b in update)
            for batch in update:
                with torch.autocast("cpu", torch.bfloat16):
                    value = loss(self.model, batch, self.pad_id, self.variant, n)
                value.backward()
            torch.nn.utils.clip_grad_norm_(weights, 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)


def split(made: Sequence[Batch], n: int) -> list[Sequence[Batch]]:
    """The batches dealt out to n updates as evenly as they go; never more than there are."""
    n = min(n, len(made))
    edges = [round(i * len(made) / n) for i in range(n + 1)]
    return [made[a:b] for a, b in pairwise(edges)]
