"""Passages of documents and what finds them: the words they hold and the direction of their meaning.

An index lies in a cache as JSON and safetensors. It says what it was made from and by which
encoder; asked for with another of either it is refused, and then it is built again.
"""

from __future__ import annotations

import functools
import json
import math
import os
import re
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from practicum.core.artifact import canonical_json, sha256_text

if TYPE_CHECKING:
    from practicum.rag.encoders import Embedder, Vectors

VERSION = 2  # of the files; another version is built again
WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
# Words that every question has and no passage is about.
COMMON = (
    "a about am an and any are as at be been but by can could did do does for from give had has have "
    "how i if in into is it its kind know may me mean means might my of on one or our please should so "
    "some tell than that the their them then there these they this to us was we were what what's when "
    "where which who why will with work works would you your"
)
STOP_WORDS = frozenset(COMMON.split())


@dataclass(frozen=True)
class Passage:
    """A piece of a document that can be found and quoted.

    id          unique in its index
    source      sha256 of the document's text
    start, end  its span in that text, in characters
    text        the span as it is read
    title       what it stands under; found by it, never quoted
    place       where a reader finds it, in the words of whoever made the passage
    line        where it begins in the document, counted from 1
    keys        other ways in which people ask for it; found by them, never quoted
    """

    id: str
    source: str
    start: int
    end: int
    text: str
    title: str
    place: str
    line: int
    keys: tuple[str, ...] = ()

    @property
    def searched(self) -> str:
        """What an encoder reads of it."""
        return f"{self.title}: {self.text}" if self.title else self.text


@dataclass(frozen=True)
class Index:
    """Passages with their vectors; without vectors it is found by words alone."""

    passages: tuple[Passage, ...]
    made_from: str
    encoder: str = ""
    vectors: Vectors | None = None
    key_vectors: Vectors | None = None

    @functools.cached_property
    def keys(self) -> dict[str, list[int]]:
        """Every key, and the passages that it leads to."""
        found: dict[str, list[int]] = {}
        for i, passage in enumerate(self.passages):
            for key in passage.keys:
                found.setdefault(key, []).append(i)
        return found

    def key_cosines(self, question: Vectors) -> list[float]:
        """For each passage the highest cosine of a question with one of its keys; 0 without keys."""
        best = [0.0] * len(self.passages)
        if self.key_vectors is None or not len(self.key_vectors):
            return best
        for cosine, owners in zip(self.key_vectors @ question, self.keys.values(), strict=True):
            for i in owners:
                best[i] = max(best[i], float(cosine))
        return best

    @property
    def key(self) -> str:
        """The identity of everything that can change what is found."""
        rows = [asdict(p) for p in self.passages]
        return sha256_text(canonical_json([VERSION, self.made_from, self.encoder, rows]))

    @functools.cached_property
    def lexicon(self) -> Lexicon:
        """Its words, counted when they are first needed."""
        return Lexicon([words(" ".join((p.searched, *p.keys))) for p in self.passages])


class Lexicon:
    """Which words the passages hold, and how telling each of them is (BM25)."""

    def __init__(self, texts: Sequence[Sequence[str]]) -> None:
        import bm25s

        self._n = len(texts)
        self._counts = Counter(word for text in texts for word in set(text))
        self._bm25 = bm25s.BM25()
        self._bm25.index([list(t) for t in texts], show_progress=False)

    def scores(self, asked: Sequence[str]) -> list[float]:
        """How well each passage fits the words of a question."""
        known = [w for w in asked if w in self._counts]
        if not known:
            return [0.0] * self._n
        return [float(s) for s in self._bm25.get_scores(known)]

    def unknown(self, asked: Sequence[str]) -> float:
        """The share of a question's words that no passage holds, weighted by how telling they are."""
        telling = {w: self._telling(w) for w in asked}
        whole = sum(telling.values())
        return sum(t for w, t in telling.items() if w not in self._counts) / whole if whole else 0.0

    def _telling(self, word: str) -> float:
        """How telling a word is, in nats: the rarer the more."""
        return math.log((1 + self._n) / (1 + self._counts.get(word, 0)))


def words(text: str) -> list[str]:
    """The telling words of a text, in lower case, plurals as singulars."""
    found = [w.casefold().replace("’", "'").removesuffix("'s") for w in WORD.findall(text)]
    return [_singular(w) for w in found if w not in STOP_WORDS]


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def build_index(
    passages: Sequence[Passage], made_from: str, embedder: Embedder | None = None,
    heard: Callable[[int], None] | None = None,
) -> Index:  # fmt: skip
    """An index of these passages; `heard(n)` is called as n more of them are read."""
    if embedder is None:
        return Index(tuple(passages), made_from)
    vectors = embedder.embed([p.searched for p in passages], heard)
    keys = dict.fromkeys(key for passage in passages for key in passage.keys)
    return Index(tuple(passages), made_from, embedder.digest, vectors, embedder.embed(list(keys)))


def save_index(index: Index, folder: Path) -> None:
    """Write an index that has vectors; what was in the folder is replaced as a whole."""
    from safetensors.numpy import save_file

    assert index.vectors is not None and index.key_vectors is not None, (
        "an index of words is quicker to make than to read"
    )
    half = folder.with_name(f"{folder.name}-{os.getpid()}")
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir(parents=True)
    told = {"version": VERSION, "key": index.key, "made_from": index.made_from,
            "encoder": index.encoder, "passages": [asdict(p) for p in index.passages]}  # fmt: skip
    (half / "index.json").write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
    save_file({"vectors": index.vectors, "keys": index.key_vectors}, half / "vectors.safetensors")
    shutil.rmtree(folder, ignore_errors=True)
    os.replace(half, folder)


def load_index(folder: Path, made_from: str, encoder: str) -> Index | None:
    """The index in a folder; None when there is none, or when it is refused.

    It is refused when it was made from another text or by another encoder, or is damaged.
    """
    import numpy as np
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        told: dict[str, Any] = json.loads((folder / "index.json").read_text(encoding="utf-8"))
        if (told["version"], told["made_from"], told["encoder"]) != (VERSION, made_from, encoder):
            return None
        passages = tuple(Passage(**{**row, "keys": tuple(row["keys"])}) for row in told["passages"])
        read = load_file(folder / "vectors.safetensors")
        vectors, of_keys = read["vectors"], read["keys"]
    except (OSError, ValueError, KeyError, TypeError, SafetensorError):
        return None
    index = Index(passages, made_from, encoder, vectors, of_keys)
    is_whole = (len(vectors), len(of_keys)) == (len(passages), len(index.keys))
    is_whole = is_whole and bool(np.isfinite(vectors).all() and np.isfinite(of_keys).all())
    return index if is_whole and told["key"] == index.key else None
