"""The torch engine: batched generation behind a shared prefix, and exact scores."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import torch

from practicum.core.messages import Message, Reply, Sampling
from practicum.infer.score.budget import MEMORY_BYTES, shape_of
from practicum.infer.score.scorer import Scorer
from practicum.text.tokenizer import ChatTokenizer

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import PreTrainedModel

BATCH = 64  # prompts decoded together; beyond this the steps stop getting cheaper per token
# Indexing copies the last states; a slice would be a strided view, for which torch 2.13 expands
# and copies a frozen output matrix once per prompt: 3.5 s instead of 0.4 s for 64 prompts.
LAST = torch.tensor([-1])


@dataclass
class _Lane:
    """One prompt while it is being answered."""

    place: int  # its index among all prompts
    n_prompt: int
    ids: list[int] = field(default_factory=list)


class TorchEngine:
    """Answers and scores with a torch model.

    All prompts of a call share the computation of what they have in common (the system
    prompt, the instruction); finished answers leave the batch, so the last ones run fast.
    """

    def __init__(
        self, model: PreTrainedModel, tokenizer: ChatTokenizer, memory_bytes: int = MEMORY_BYTES,
        max_length: int | None = None,
    ) -> None:  # fmt: skip
        self.model, self.tokenizer, self.memory_bytes = model, tokenizer, memory_bytes
        self.max_length = max_length

    # -- generation --------------------------------------------------------------------------

    def reply(
        self,
        prompts: Sequence[Sequence[Message]],
        sampling: Sampling,
        heard: Callable[[int], None] | None = None,
    ) -> list[Reply]:
        """An answer to each prompt, in order; `heard(n)` is called as n more are finished."""
        return self.write([self.tokenizer.encode_prompt(p) for p in prompts], sampling, (), heard)

    def write(
        self,
        prompts: Sequence[Sequence[int]],
        sampling: Sampling,
        stops: Sequence[str] = (),
        heard: Callable[[int], None] | None = None,
    ) -> list[Reply]:
        """What follows each prompt of ids, up to a stop token or before the first of `stops`."""
        replies: dict[int, Reply] = {}
        for lane in self._lanes(prompts, sampling, stops):
            replies[lane.place] = self._reply(lane, stops)
            if heard:
                heard(1)
        return [replies[i] for i in range(len(prompts))]

    def continue_ids(
        self, prompts: Sequence[Sequence[int]], sampling: Sampling
    ) -> list[tuple[int, ...]]:
        """The ids that follow each prompt of ids, the stop token included where one was reached."""
        found = {lane.place: tuple(lane.ids) for lane in self._lanes(prompts, sampling, ())}
        return [found[i] for i in range(len(prompts))]

    def _lanes(
        self, prompts: Sequence[Sequence[int]], sampling: Sampling, stops: Sequence[str]
    ) -> Iterator[_Lane]:
        """Every prompt once it is answered, in no order; those of like length together."""
        order = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))
        for batch in self._batches([(i, len(prompts[i])) for i in order], sampling.max_tokens):
            yield from self._decode({i: list(prompts[i]) for i in batch}, sampling, stops)

    def _reply(self, lane: _Lane, stops: Sequence[str]) -> Reply:
        stopped = bool(lane.ids) and lane.ids[-1] in self.tokenizer.stop_ids
        text = self.tokenizer.decode(lane.ids[:-1] if stopped else lane.ids)
        whole = len(text)
        for stop in stops:
            text = text.split(stop, 1)[0]
        return Reply(
            text=text, n_prompt_tokens=lane.n_prompt, n_tokens=len(lane.ids),
            stopped=stopped or len(text) < whole,
        )  # fmt: skip

    def _batches(self, lengths: Sequence[tuple[int, int]], n_new: int) -> Iterator[list[int]]:
        """Places of prompts, given with their lengths in order, that are decoded together: as
        many as their keys and values leave room for."""
        shape = shape_of(self.model.config, next(self.model.parameters()).dtype.itemsize)
        batch: list[int] = []
        for place, length in lengths:
            kept = (len(batch) + 1) * (length + n_new) * shape.kv_values * shape.item_bytes
            # Twice: a step of transformers' cache copies a layer while the old one is still there,
            # and the memory of a layer let go is seldom of the size asked for next.
            if batch and (len(batch) == BATCH or 2 * kept > self.memory_bytes):
                yield batch
                batch = []
            batch.append(place)
        if batch:
            yield batch

    def _stops(self, lane: _Lane, stops: Sequence[str]) -> bool:
        """Whether a lane has come to its end: by a token, or by a text that stops it."""
        if lane.ids[-1] in self.tokenizer.stop_ids:
            return True
        longest = max((len(s.encode()) for s in stops), default=0)  # a token is a byte or more
        tail = self.tokenizer.decode(lane.ids[-longest - 1 :]) if stops else ""
        return any(s in tail for s in stops)

    def stream(self, prompt: Sequence[Message], sampling: Sampling) -> Iterator[str]:
        """The answer as it grows, piece by piece."""
        ids: list[int] = []
        told = ""
        for token in self._tokens(self.tokenizer.encode_prompt(prompt), sampling):
            ids.append(token)
            text = self.tokenizer.decode(ids)
            if not text.endswith("\ufffd"):  # half of a multi-byte character: wait for the rest
                yield text[len(told) :]
                told = text

    @torch.inference_mode()
    def _tokens(self, ids: list[int], sampling: Sampling) -> Iterator[int]:
        generator = torch.Generator().manual_seed(sampling.seed)
        out = self.model(input_ids=torch.tensor([ids]), use_cache=True, logits_to_keep=LAST)
        for _ in range(sampling.max_tokens):
            token = choose(out.logits[:, -1], sampling, generator)
            if int(token) in self.tokenizer.stop_ids:
                return
            yield int(token)
            out = self.model(
                input_ids=token[:, None], past_key_values=out.past_key_values, use_cache=True
            )

    @torch.inference_mode()
    def _decode(
        self, prompts: dict[int, list[int]], sampling: Sampling, stops: Sequence[str]
    ) -> Iterator[_Lane]:
        """Answer a batch together: shared prefix once, suffixes left-padded behind it."""
        generator = torch.Generator().manual_seed(sampling.seed)
        ids = list(prompts.values())
        n_prefix = _common_prefix(ids)
        n_suffix = max(len(p) for p in ids) - n_prefix  # at least 1: every prompt keeps a token
        n = len(ids)
        cache = self._prefill(ids[0][:n_prefix], n)
        suffix = torch.zeros((n, n_suffix), dtype=torch.long)
        mask = torch.zeros((n, n_prefix + n_suffix), dtype=torch.long)
        mask[:, :n_prefix] = 1
        for row, prompt in enumerate(ids):
            tail = torch.tensor(prompt[n_prefix:])
            suffix[row, n_suffix - len(tail) :] = tail
            mask[row, n_prefix + n_suffix - len(tail) :] = 1
        positions = (mask.cumsum(1) - 1).clamp(min=0)[:, n_prefix:]
        out = self.model(
            input_ids=suffix, attention_mask=mask, position_ids=positions, past_key_values=cache,
            use_cache=True, logits_to_keep=LAST,
        )  # fmt: skip
        lanes = [_Lane(place, len(prompt)) for place, prompt in prompts.items()]
        position = positions[:, -1:]
        for step in range(sampling.max_tokens):
            token = choose(out.logits[:, -1], sampling, generator)
            stays = []
            for row, lane in enumerate(lanes):
                lane.ids.append(int(token[row]))
                if step + 1 == sampling.max_tokens or self._stops(lane, stops):
                    yield lane
                else:
                    stays.append(row)
            if not stays:
                return
            if len(stays) < len(lanes):
                rows = torch.tensor(stays)
                lanes = [lanes[r] for r in stays]
                token, mask, position = token[rows], mask[rows], position[rows]
                out.past_key_values.batch_select_indices(rows)
            position = position + 1
            mask = torch.cat([mask, mask.new_ones((len(lanes), 1))], dim=1)
            out = self.model(
                input_ids=token[:, None], attention_mask=mask, position_ids=position,
                past_key_values=out.past_key_values, use_cache=True,
            )  # fmt: skip

    def _prefill(self, prefix: list[int], n: int) -> Any:
        """A key-value cache of the prefix, repeated for n prompts; None without a prefix."""
        if not prefix:
            return None
        cache = self.model(input_ids=torch.tensor([prefix]), use_cache=True, logits_to_keep=LAST)
        cache.past_key_values.batch_repeat_interleave(n)
        return cache.past_key_values

    # -- scores ------------------------------------------------------------------------------

    @cached_property
    def scorer(self) -> Scorer:
        """The scorer of this model: see `infer/score`."""
        return Scorer(self.model, max_length=self.max_length, memory_bytes=self.memory_bytes)

    def log_likelihoods(
        self, requests: Sequence[tuple[Sequence[int], Sequence[int]]]
    ) -> list[float]:
        return self.scorer.log_likelihoods(requests)

    @torch.inference_mode()
    def decode_speed(self, ids: Sequence[int], n_tokens: int) -> float:
        """Tokens per second of one stream, end of text ignored, the prompt not counted."""
        out = self.model(input_ids=torch.tensor([list(ids)]), use_cache=True, logits_to_keep=LAST)
        clock = time.perf_counter()
        for _ in range(n_tokens):
            token = out.logits[:, -1].argmax(-1)
            out = self.model(
                input_ids=token[:, None], past_key_values=out.past_key_values, use_cache=True
            )
        return n_tokens / (time.perf_counter() - clock)


def choose(logits: Tensor, sampling: Sampling, generator: torch.Generator) -> Tensor:
    """The next token of each row.  Shapes: logits (B, V) → (B,).

    Source  Nucleus sampling: Holtzman et al. 2019; the token that crosses top_p is kept.
    """
    if sampling.temperature <= 0:
        return logits.argmax(-1)
    probs = (logits.float() / sampling.temperature).softmax(-1)
    if sampling.top_p < 1:
        ordered, places = probs.sort(-1, descending=True)
        outside = ordered.cumsum(-1) - ordered >= sampling.top_p
        ordered = ordered.masked_fill(outside, 0.0)
        drawn = torch.multinomial(ordered, 1, generator=generator)
        return places.gather(-1, drawn)[:, 0]
    return torch.multinomial(probs, 1, generator=generator)[:, 0]


def _common_prefix(prompts: Sequence[Sequence[int]]) -> int:
    """How many leading ids all prompts share, leaving every prompt at least one of its own."""
    limit = min(len(p) for p in prompts) - 1
    for i in range(limit):
        if len({p[i] for p in prompts}) > 1:
            return i
    return limit
