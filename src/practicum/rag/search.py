"""A question → the passages that answer it: by words, by meaning, then judged one by one."""

from __future__ import annotations

from dataclasses import dataclass

from practicum.rag.encoders import Encoders
from practicum.rag.index import Index, Passage, words

RANK_OFFSET = 60  # of reciprocal rank fusion: Cormack, Clarke and Büttcher 2009
WIDE = 50  # ranks of each list that are fused
DEPTH = 8  # passages that are judged, 25 ms each; 24 found no more right ones (decision 006)


@dataclass(frozen=True)
class Hit:
    """A passage that was found, and the evidence that it answers.

    words    how well its words fit (BM25)
    cosine   of the question's and the passage's vectors; None when only words were compared
    score    the reranker's logit; None when only words were compared
    key      cosine of the question and the nearest of the passage's keys; 0 without keys
    """

    passage: Passage
    words: float
    cosine: float | None = None
    score: float | None = None
    key: float = 0.0


@dataclass(frozen=True)
class Found:
    """What a search found, in the order in which words and meaning rank it.

    unknown  the share of the question's words, by how telling they are, that no passage holds
    """

    hits: tuple[Hit, ...]
    unknown: float


def search(
    index: Index, question: str, encoders: Encoders | None = None, depth: int = DEPTH
) -> Found:
    """The passages that may answer; judged by the reranker when there are encoders."""
    asked = words(question)
    unknown = index.lexicon.unknown(asked)
    by_words = index.lexicon.scores(asked)
    ranked = _ranked(by_words, above=0.0)
    if encoders is None or index.vectors is None:
        return Found(tuple(Hit(index.passages[i], by_words[i]) for i in ranked), unknown)
    cosines = [float(c) for c in index.vectors @ encoders.embedder.embed_question(question)]
    bare = encoders.embedder.embed([question])[
        0
    ]  # keys are questions too: like is compared with like
    keys = index.key_cosines(bare)
    best = _fused([ranked, _ranked(cosines), _ranked(keys, above=0.0)])[:depth]
    scores = encoders.reranker.scores(question, [index.passages[i].searched for i in best])
    hits = [Hit(index.passages[i], by_words[i], cosines[i], score, keys[i])
            for i, score in zip(best, scores, strict=True)]  # fmt: skip
    return Found(tuple(hits), unknown)


def _ranked(scores: list[float], above: float | None = None) -> list[int]:
    """Where the best of these are, best first; ties in their own order."""
    kept = [i for i, s in enumerate(scores) if above is None or s > above]
    return sorted(kept, key=lambda i: (-scores[i], i))[:WIDE]


def _fused(lists: list[list[int]]) -> list[int]:
    """One list of several, by the sum of 1 / (60 + rank)."""
    votes: dict[int, float] = {}
    for ranked in lists:
        for rank, i in enumerate(ranked, start=1):
            votes[i] = votes.get(i, 0.0) + 1 / (RANK_OFFSET + rank)
    return sorted(votes, key=lambda i: (-votes[i], i))
