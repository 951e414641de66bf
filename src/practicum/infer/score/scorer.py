"""The scorer: log-probabilities of continuations, what they share computed once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import torch

from practicum.infer.score import trie
from practicum.infer.score.budget import MEMORY_BYTES, Rows, rows_within, shape_of
from practicum.infer.score.passes import Passes, tree_limit
from practicum.infer.score.plan import Piece, rows
from practicum.infer.score.requests import Heard, Ids, Pair, Scored, fit, join, windows

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import PreTrainedModel

LONGEST = 2048  # where a configuration names no length
LENGTH_NAMES = ("n_positions", "max_position_embeddings", "n_ctx")
SOFTMAX_ROWS = 64  # normalised at a time: their exponentials stay small


@dataclass
class _Answer:
    """A question while its tokens are being scored."""

    question: trie.Question
    values: list[float] = field(default_factory=list)
    is_greedy: bool = True

    def take(self, values: Tensor, greedy: Tensor) -> bool:
        """Add the next tokens' log-probabilities; whether it is complete."""
        self.values += values.tolist()
        self.is_greedy = self.is_greedy and bool(greedy.all())
        return len(self.values) == self.question.n_scored

    def scored(self) -> Scored:
        return Scored(sum(self.values), self.is_greedy, tuple(self.values))


class Scorer:
    """Scores of a causal language model of transformers.

    Requests become a tree of tokens. Shared beginnings are read once, branches are computed side
    by side, and the vocabulary is projected to where something is asked, in float32. Besides the
    weights at most about `memory_bytes` are used. A model that cannot compute branches side by
    side (`Passes.is_tree`), and sequences beyond its sliding window, are read one by one.
    """

    def __init__(
        self, model: PreTrainedModel, *, max_length: int | None = None,
        memory_bytes: int = MEMORY_BYTES,
    ) -> None:  # fmt: skip
        self.model, self.memory_bytes = model, memory_bytes
        self.max_length = max_length or longest(model)
        self._passes = Passes(model)
        self._shape = shape_of(model.config, self._passes.dtype.itemsize)

    @cached_property
    def tree_tokens(self) -> int:
        """The longest sequence that may share its beginning with others; 0: none may."""
        if not self._passes.is_tree():
            return 0
        limit = tree_limit(self.model.config)
        return self.max_length if limit is None else min(limit, self.max_length)

    # -- what is asked -----------------------------------------------------------------------

    def score(self, pairs: Sequence[Pair], heard: Heard | None = None) -> list[Scored]:
        """The score of each continuation behind its context, in order."""
        found: dict[int, Scored] = {}
        for place, scored in self.stream(pairs):
            found[place] = scored
            if heard:
                heard(1)
        return [found[i] for i in range(len(pairs))]

    def stream(self, pairs: Sequence[Pair]) -> Iterator[tuple[int, Scored]]:
        """(place in `pairs`, score) of each, as they are finished, so that they can be kept.

        Contexts that are too long lose their beginning, as in lm-evaluation-harness.

        Raises  PracticumError before anything is computed: a request without a context, a
                continuation longer than the model's context, a budget that is too small.
        """
        asked = trie.questions(fit(pairs, self.max_length))
        near = [q for q in asked if self._length(q) <= self.tree_tokens]
        far = [q for q in asked if self._length(q) > self.tree_tokens]
        depth = max((self._length(q) for q in asked), default=0)
        most = rows_within(self._shape, self.memory_bytes, depth)
        return self._answers(near, far, most)

    def rolling(
        self, texts: Sequence[Ids], prefix_id: int, heard: Heard | None = None
    ) -> list[Scored]:
        """The score of each whole text, in windows of the model's context."""
        cut = [list(windows(ids, prefix_id, self.max_length)) for ids in texts]
        owners = [i for i, parts in enumerate(cut) for _ in parts]
        parts: list[list[Scored]] = [[] for _ in texts]
        for i, scored in zip(owners, self.score([w for c in cut for w in c]), strict=True):
            parts[i].append(scored)
        if heard:
            heard(len(texts))
        return [join(p) for p in parts]

    def log_likelihoods(self, requests: Sequence[Pair]) -> list[float]:
        """Sum of log-probabilities of each continuation, in nats."""
        return [s.log_prob for s in self.score(requests)]

    @torch.inference_mode()
    def distributions(self, ids: Ids) -> Tensor:
        """Log-probabilities of every token at every place behind the first, to compare two models.

        Shapes  → (T - 1, V), all of them at once: for short texts.
        """
        read = np.asarray(ids[:-1], dtype=np.int64)
        return self._passes.alone(read, np.arange(len(read))).log_softmax(-1)

    def n_computed(self, pairs: Sequence[Pair]) -> tuple[int, int]:
        """How many different tokens must be read to answer the requests, and how many of them be
        projected to the vocabulary: the least that any scorer computes."""
        root = trie.tree(trie.questions(fit(pairs, self.max_length)))
        return root.n_tokens, root.n_asked

    # -- how it is computed ------------------------------------------------------------------

    @staticmethod
    def _length(question: trie.Question) -> int:
        return len(question.ids) // trie.PACKED.itemsize - 1

    @torch.inference_mode()
    def _answers(
        self, near: Sequence[trie.Question], far: Sequence[trie.Question], most: Rows
    ) -> Iterator[tuple[int, Scored]]:
        yield from self._in_rows(near, most)
        yield from self._one_by_one(far, most)

    def _in_rows(self, asked: Sequence[trie.Question], most: Rows) -> Iterator[tuple[int, Scored]]:
        answers = [_Answer(q) for q in asked]
        yield from _nothing_asked(answers)
        planned = list(rows(trie.tree(asked), most))
        room = max((r.kept + r.n_tokens for r in planned), default=0)
        cache = self._passes.new_cache(room)
        for row in planned:
            reader = _Reader(row.pieces, answers)
            yield from reader.read(self._passes.row(row, cache, reader.places))

    def _one_by_one(
        self, asked: Sequence[trie.Question], most: Rows
    ) -> Iterator[tuple[int, Scored]]:
        answers = [_Answer(q) for q in asked]
        yield from _nothing_asked(answers)
        for node in trie.walk(trie.tree(asked)):
            if not node.asked:
                continue
            ids, depths = trie.path(node), node.asked_depths()
            for first in range(0, len(depths), most.asked):
                here = depths[first : first + most.asked]
                piece = Piece(node, int(here[0]), int(here[-1]) + 1)
                reader = _Reader((piece,), answers)
                yield from reader.read(self._passes.alone(ids, here))


def _nothing_asked(answers: Sequence[_Answer]) -> Iterator[tuple[int, Scored]]:
    """An empty continuation is certain."""
    for answer in answers:
        if not answer.question.n_scored:
            yield from ((owner, answer.scored()) for owner in answer.question.owners)


class _Reader:
    """Takes from the logits of a row what its questions ask for.

    places  where in the row something is asked, in order.  Shapes (S,)
    """

    def __init__(self, pieces: Sequence[Piece], answers: Sequence[_Answer]) -> None:
        self.answers = answers
        self.spans: list[tuple[int, int, int]] = []  # question, depth from, depth to
        self._first: list[int] = []  # the place in the row of each span's first token
        spots: set[int] = set()
        start = 0
        for piece in pieces:
            for question, first, after in piece.node.asked:
                first, after = max(first, piece.start), min(after, piece.end)
                if first < after:
                    place = start + first - piece.start
                    self.spans.append((question, first, after))
                    self._first.append(place)
                    spots.update(range(place, place + after - first))
            start += piece.end - piece.start
        self.places = np.array(sorted(spots), dtype=np.int64)

    def read(self, logits: Tensor) -> Iterator[tuple[int, Scored]]:
        """The requests that are finished with these logits.  Shapes: logits (S, V)"""
        if not self.spans:
            return
        likeliest = logits.argmax(-1)
        norms = torch.cat([part.logsumexp(-1) for part in torch.split(logits, SOFTMAX_ROWS)])
        for (number, first, after), place in zip(self.spans, self._first, strict=True):
            answer = self.answers[number]
            start = int(np.searchsorted(self.places, place))
            rows_of = slice(start, start + after - first)
            target = torch.from_numpy(answer.question.tokens()[first + 1 : after + 1])
            values = logits[rows_of].gather(1, target[:, None])[:, 0] - norms[rows_of]
            if answer.take(values, likeliest[rows_of] == target):
                scored = answer.scored()
                yield from ((owner, scored) for owner in answer.question.owners)


def longest(model: PreTrainedModel) -> int:
    """How many tokens a model can read at once, as its configuration says."""
    config = model.config.get_text_config()
    found = (getattr(config, name, None) for name in LENGTH_NAMES)
    return next((int(n) for n in found if n is not None), LONGEST)
