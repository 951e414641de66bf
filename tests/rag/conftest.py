"""Passages about fruit, and encoders that know nothing but letters."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from practicum.core.artifact import sha256_text
from practicum.rag.encoders import WIDTH, Encoders
from practicum.rag.index import Passage, words

TEXTS = [
    "Apples are red or green and keep for months in a cool cellar.",
    "Bananas are yellow; they bruise easily and ripen on the shelf.",
    "Cherries have stones. A cherry tree bears after four years.",
    "The cellar should be cool and dark, whatever is kept in it.",
]


class LetterEmbedder:
    """Counts of words, by a checksum of each: equal words, equal direction."""

    digest = "letters"

    def embed(self, texts: Sequence[str], heard: Callable[[int], None] | None = None) -> Any:
        vectors = np.full((len(texts), WIDTH), 1e-3, dtype=np.float32)
        for i, text in enumerate(texts):
            for word in words(text):
                vectors[i, zlib.crc32(word.encode()) % WIDTH] += 1
            if heard:
                heard(1)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def embed_question(self, question: str) -> Any:
        return self.embed([question])[0]


class LetterReranker:
    """Shared words, from −11 for none; remembers how many texts it has judged."""

    digest = "letters"

    def __init__(self) -> None:
        self.n_judged = 0

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        self.n_judged += len(texts)
        return [4.0 * len(set(words(question)) & set(words(t))) - 11 for t in texts]


@pytest.fixture
def passages() -> list[Passage]:
    return [
        Passage(f"fruit:{i}", sha256_text(text), 0, len(text), text, "Fruit", "fruit", i + 1)
        for i, text in enumerate(TEXTS)
    ]


@pytest.fixture
def letters() -> Encoders:
    return Encoders(LetterEmbedder(), LetterReranker())  # type: ignore[arg-type]
