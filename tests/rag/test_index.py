"""An index says what it was made from, and is refused for anything else."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from practicum.rag.encoders import Encoders
from practicum.rag.index import (
    Index,
    Lexicon,
    Passage,
    build_index,
    load_index,
    save_index,
    words,
)


@pytest.fixture
def saved(passages: list[Passage], letters: Encoders, tmp_path: Path) -> Path:
    save_index(build_index(passages, "fruit.txt", letters.embedder), tmp_path / "fruit")
    return tmp_path / "fruit"


def test_words_are_telling_ones_in_the_singular() -> None:
    assert words("What are the eigenvalues of Adam's matrices?") == [
        "eigenvalue",
        "adam",
        "matrice",
    ]
    assert words("axis, loss and classes; L2!") == ["axis", "loss", "classe", "l2"]
    assert words("how does it work?") == []


def test_the_share_of_unknown_words_is_weighed_by_how_telling_they_are() -> None:
    lexicon = Lexicon([["apple", "red"], ["pear", "red"], ["plum", "blue"]])
    # In nats: red ln(4/3), kiwi ln 4. The share of kiwi is ln 4 / (ln 4/3 + ln 4).
    expected = math.log(4) / (math.log(4 / 3) + math.log(4))
    assert lexicon.unknown(["red", "kiwi"]) == pytest.approx(expected)
    assert lexicon.unknown(["red"]) == 0
    assert lexicon.unknown([]) == 0


def test_a_rare_word_counts_for_more_than_a_common_one() -> None:
    lexicon = Lexicon([["apple", "red"], ["pear", "red"], ["plum", "red"], ["fig", "blue"]])
    scores = lexicon.scores(["red", "fig"])
    assert scores[3] == max(scores)
    assert lexicon.scores(["kiwi"]) == [0.0] * 4


def test_what_was_saved_is_what_is_loaded(
    saved: Path, passages: list[Passage], letters: Encoders
) -> None:
    index = load_index(saved, "fruit.txt", "letters")
    assert index is not None
    assert list(index.passages) == passages
    assert index.vectors is not None
    assert np.array_equal(index.vectors, letters.embedder.embed([p.searched for p in passages]))
    assert {p.suffix for p in saved.iterdir()} == {".json", ".safetensors"}


def test_an_index_of_another_text_or_by_another_encoder_is_refused(saved: Path) -> None:
    assert load_index(saved, "vegetables.txt", "letters") is None
    assert load_index(saved, "fruit.txt", "numbers") is None
    assert load_index(saved.parent / "nothing", "fruit.txt", "letters") is None


def test_an_index_whose_text_was_changed_is_refused(saved: Path) -> None:
    told = json.loads((saved / "index.json").read_text("utf-8"))
    told["passages"][0]["text"] = "Apples are blue."
    (saved / "index.json").write_text(json.dumps(told), encoding="utf-8")
    assert load_index(saved, "fruit.txt", "letters") is None


@pytest.mark.parametrize("damage", ["cut", "short", "nan", "unnamed", "no json"])
def test_a_damaged_index_is_refused(saved: Path, damage: str) -> None:
    path = saved / "vectors.safetensors"
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:-100])
    elif damage == "short":
        save_file({"vectors": np.zeros((2, 384), np.float32)}, path)
    elif damage == "nan":
        save_file({"vectors": np.full((4, 384), np.nan, np.float32)}, path)
    elif damage == "unnamed":
        save_file({"other": np.zeros((4, 384), np.float32)}, path)
    else:
        (saved / "index.json").write_text("{", encoding="utf-8")
    assert load_index(saved, "fruit.txt", "letters") is None


def test_the_key_changes_with_every_thing_that_is_found(passages: list[Passage]) -> None:
    index = Index(tuple(passages), "fruit.txt", "letters")
    others = [
        Index(tuple(passages[:-1]), "fruit.txt", "letters"),
        Index(tuple(passages), "fruit.md", "letters"),
        Index(tuple(passages), "fruit.txt", "numbers"),
        Index((dataclasses.replace(passages[0], start=1), *passages[1:]), "fruit.txt", "letters"),
    ]
    assert len({index.key, *(o.key for o in others)}) == 5


def test_saving_again_replaces_the_whole_folder(
    saved: Path, passages: list[Passage], letters: Encoders
) -> None:
    (saved / "stray.txt").write_text("left from before", encoding="utf-8")
    save_index(build_index(passages[:2], "fruit.txt", letters.embedder), saved)
    assert {p.name for p in saved.iterdir()} == {"index.json", "vectors.safetensors"}
    again = load_index(saved, "fruit.txt", "letters")
    assert again is not None
    assert len(again.passages) == 2
