"""Forward passes: a row of a tree behind a cache, or one whole sequence, and the logits asked for."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from practicum.infer.score.cache import PathCache
from practicum.infer.score.plan import Row
from practicum.infer.score.trie import Ints

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import PreTrainedModel

VOCABULARY_BLOCK = 8192  # output weights widened at a time: they stay in the cache
MOST_WRONG = {torch.float32: 0.01, torch.float64: 0.01}  # of what another context changes
MOST_WRONG_HALF = 0.1  # bfloat16 rounds to three digits, layer by layer
NOTHING = np.zeros(0, dtype=np.int64)


@contextmanager
def wide_output(model: PreTrainedModel) -> Iterator[None]:
    """Project to the vocabulary in float32 within the block, whatever type the weights have.

    Logits rounded to bfloat16 tie and swap: near 20 their steps are an eighth of a nat.
    """
    head = model.get_output_embeddings()
    if head is None or head.weight.dtype not in (torch.bfloat16, torch.float16):
        yield
        return

    def forward(states: Tensor) -> Tensor:
        wide = states.float()
        parts = [wide @ w.float().T for w in head.weight.split(VOCABULARY_BLOCK)]
        logits = torch.cat(parts, dim=-1)
        return logits if head.bias is None else logits + head.bias.float()

    head.forward = forward  # an attribute of this object; the class keeps its own
    try:
        yield
    finally:
        del head.forward


class Passes:
    """The forward passes of one model.

    A model that places tokens by their position numbers and attends as a mask says can compute
    branches side by side. Whether it does is tried, not looked up: see `is_tree`.
    """

    def __init__(self, model: PreTrainedModel) -> None:
        self.model = model
        self.dtype = next(model.parameters()).dtype
        self._keeps = "logits_to_keep" in inspect.signature(model.forward).parameters

    def new_cache(self, room: int) -> PathCache:
        """An empty cache for paths of at most `room` tokens."""
        return PathCache(self.model.config.get_text_config().num_hidden_layers, room)

    def row(self, row: Row, cache: PathCache, asked: Ints) -> Tensor:
        """Float32 logits at the asked places of a row, whose keys and values are then cached.

        Shapes  asked: (S,) → (S, V)
        """
        cache.rewind(row.kept)
        mask = None
        if row.kept or not row.is_chain:  # a first chain is plainly causal: the fastest kernel
            sees = torch.from_numpy(row.sees())[None, None]  # (1, 1, T, kept + T)
            mask = torch.zeros(sees.shape, dtype=self.dtype)
            mask.masked_fill_(~sees, torch.finfo(self.dtype).min)
        logits = self._logits(
            row.ids(), asked, attention_mask=mask, past_key_values=cache, use_cache=True,
            position_ids=torch.from_numpy(row.depths())[None],
        )  # fmt: skip
        if not row.is_chain:
            cache.rewind(row.kept)
        return logits

    def alone(self, ids: Ints, asked: Ints) -> Tensor:
        """Float32 logits at the asked places of one sequence.  Shapes asked: (S,) → (S, V)"""
        return self._logits(ids, asked, use_cache=False)

    def _logits(self, ids: Ints, asked: Ints, **options: Any) -> Tensor:
        keep = torch.from_numpy(asked)
        kept = {"logits_to_keep": keep} if self._keeps else {}
        with wide_output(self.model):
            out = self.model(input_ids=torch.from_numpy(ids)[None], **kept, **options)
        logits: Tensor = out.logits[0]
        return (logits if self._keeps else logits[keep]).float()

    @torch.inference_mode()
    def is_tree(self) -> bool:
        """Whether branches side by side get the logits they get alone.

        Sequences of a small tree are computed both ways. What may differ is a small part of
        what another context changes; a model that ignores masks or positions changes all.
        """
        rows, ends, alone, other = _trial(self.model.config.get_text_config().vocab_size)
        try:
            cache = self.new_cache(sum(r.n_tokens for r in rows))
            self.row(rows[0], cache, NOTHING)
            ours = self.row(rows[1], cache, ends)
        except Exception:  # whatever a model's code raises when it is called so, it cannot do it
            return False
        last = np.array([len(alone[0]) - 1])
        theirs = torch.cat([self.alone(ids, last) for ids in alone])
        effect = (self.alone(other, last) - theirs[:1]).abs().max()
        most = MOST_WRONG.get(self.dtype, MOST_WRONG_HALF) * float(effect)
        return bool((ours - theirs).abs().max() <= most)


def _trial(n_vocab: int) -> tuple[list[Row], Ints, Sequence[Ints], Ints]:
    """Two rows of a small tree, the places of its ends, its sequences, and one whose end is
    that of the first behind another context."""
    from practicum.infer.score.budget import Rows
    from practicum.infer.score.plan import rows
    from practicum.infer.score.trie import questions, tree

    ids = (np.random.default_rng(0).permutation(max(n_vocab, 32))[:32] % n_vocab).tolist()
    start = ids[:8]
    tails = [ids[8 + 6 * i : 14 + 6 * i] for i in range(3)]
    planned = list(rows(tree(questions([(start, [*t, ids[0]]) for t in tails])), Rows(18, 8, 18)))
    ends = np.flatnonzero(planned[1].depths() == len(start) + 5)
    paths = [np.array([*start, *tail]) for tail in sorted(tails)]
    other = np.array([*tails[0], *tails[1], tails[2][0], paths[0][-1]])  # as long as the others
    return planned, ends, paths, other


def tree_limit(config: Any) -> int | None:
    """The longest sequence for which every token attends to all before it and position numbers
    mean the same whatever stands beside: None when there is no limit."""
    config = config.get_text_config()
    limits: list[int | None] = [getattr(config, "attention_chunk_size", None)]
    if getattr(config, "use_sliding_window", True):
        limits.append(getattr(config, "sliding_window", None))
    rope = getattr(config, "rope_parameters", None) or {}
    for scaling in [rope, *(v for v in rope.values() if isinstance(v, dict))]:
        if scaling.get("rope_type") in ("dynamic", "longrope"):  # rescaled by the longest seen
            limits.append(
                scaling.get("original_max_position_embeddings") or config.max_position_embeddings
            )
    return min((n for n in limits if n), default=None)
