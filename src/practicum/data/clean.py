"""Deduplication and decontamination: what is dropped, and the rule that drops it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

Row = TypeVar("Row")

COMMON = 0.2  # a word in more than a fifth of a task's questions belongs to its wording
NGRAM_WORDS = 13  # the length at which GPT-3 (Brown et al. 2020, appendix C) calls it overlap


def words_of(text: str) -> list[str]:
    """Lower-case words and signed numbers."""
    return re.findall(r"\d+(?:\.\d+)?|[^\W\d_]+", text.casefold())


def normalised(text: str) -> str:
    """Case and white space folded away."""
    return " ".join(text.casefold().split())


def deduplicate(rows: Iterable[Row], text_of: Callable[[Row], str]) -> tuple[list[Row], int]:
    """The first of every group of equal texts, and how many were dropped."""
    seen: set[str] = set()
    kept: list[Row] = []
    n_dropped = 0
    for row in rows:
        text = normalised(text_of(row))
        if text in seen:
            n_dropped += 1
            continue
        seen.add(text)
        kept.append(row)
    return kept, n_dropped


def fingerprints(texts: Sequence[str], common: set[str]) -> list[str]:
    """What is particular to each text: its uncommon words, sorted. "35 + 86" and "86 + 35"
    share a fingerprint, so a test question cannot hide behind a changed order."""
    return [" ".join(sorted(w for w in words_of(t) if w not in common)) for t in texts]


def common_words(texts: Sequence[str]) -> set[str]:
    """Words in more than a fifth of the texts: the wording of a template."""
    counts = Counter(w for t in texts for w in set(words_of(t)))
    return {w for w, n in counts.items() if n > COMMON * len(texts)} if len(texts) >= 10 else set()


def ngrams(text: str) -> set[tuple[str, ...]]:
    """All runs of 13 words."""
    words = words_of(text)
    return {tuple(words[i : i + NGRAM_WORDS]) for i in range(len(words) - NGRAM_WORDS + 1)}


def decontaminate(
    rows: Sequence[Row], text_of: Callable[[Row], str], tests: Sequence[str]
) -> tuple[list[Row], int]:
    """Rows that share neither their text, nor a fingerprint, nor a particular run of 13 words
    with any test text, and how many were dropped.

    Runs that many test texts share are the wording of a task, not a leak, and do not count.
    """
    common = common_words(tests)
    exact = {normalised(t) for t in tests}
    # A text of common words only ("1 + 2") has no fingerprint; there equality must do.
    marks = set(fingerprints(tests, common)) - {""}
    runs = Counter(run for t in tests for run in ngrams(t))
    leaks = {run for run, n in runs.items() if n <= max(1, COMMON * len(tests))}
    mine = fingerprints([text_of(r) for r in rows], common)
    kept = [
        row for row, mark in zip(rows, mine, strict=True)
        if mark not in marks
        and normalised(text_of(row)) not in exact
        and not (ngrams(text_of(row)) & leaks)
    ]  # fmt: skip
    return kept, len(rows) - len(kept)
