"""F4b: counts and TF-IDF equal scikit-learn; smoothing takes an n-gram model's perplexity down."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from practicum.data.clean import NGRAM_WORDS, ngrams


@pytest.fixture
def weights(solved: Any) -> Any:
    """What the solution of the lab about documents defined."""
    return solved("feature-extraction", "weighing-words")


@pytest.fixture
def model(solved: Any) -> Any:
    """What the solution of the lab about n-grams defined."""
    return solved("feature-extraction", "counting-model")


@pytest.mark.feature("F4b")
def test_bag_of_words_equals_scikit_learn(weights: Any) -> None:
    from sklearn.feature_extraction.text import CountVectorizer

    theirs = CountVectorizer(analyzer=list)
    counts = theirs.fit_transform(weights.DOCUMENTS).toarray()
    assert list(theirs.get_feature_names_out()) == list(weights.COLUMNS)
    assert np.array_equal(weights.COUNTS, counts)


@pytest.mark.feature("F4b")
def test_tfidf_equals_scikit_learn(weights: Any) -> None:
    from sklearn.feature_extraction.text import TfidfTransformer, TfidfVectorizer

    ours = weights.tfidf(weights.COUNTS, weights.idf(weights.COUNTS))
    theirs = TfidfVectorizer(analyzer=list).fit_transform(weights.DOCUMENTS).toarray()
    assert np.abs(ours - theirs).max() < 1e-6  # the row of the feature table
    # Without smoothing scikit-learn still adds one to the textbook's idf.
    plain = TfidfTransformer(smooth_idf=False).fit(weights.COUNTS).idf_ - 1
    assert weights.idf(weights.COUNTS, smooth=False) == pytest.approx(plain, abs=1e-12)  # float64


def test_search_equals_cosine_similarity(weights: Any) -> None:
    from sklearn.metrics.pairwise import cosine_similarity

    idf = weights.idf(weights.COUNTS)
    for query in weights.QUERIES:
        row = weights.bag([weights.words(query)], weights.COLUMNS)
        theirs = cosine_similarity(weights.COUNTS * idf, row * idf)[:, 0]
        ours = weights.search(weights.words(query), weights.COUNTS, weights.COLUMNS, idf)
        assert ours == pytest.approx(theirs, abs=1e-12)  # float64


def test_bm25_of_a_document_of_mean_length_is_worked_by_hand(weights: Any) -> None:
    counts = np.array([[10.0, 0.0], [0.0, 10.0]])
    got = weights.bm25(["horse"], counts, {"horse": 0, "war": 1})
    # df 1 of 2: ln(1 + 1.5 / 1.5) = ln 2; ten occurrences at mean length: 25 / 11.5
    assert got == pytest.approx([math.log(2) * 25 / 11.5, 0.0], abs=1e-12)


def test_weights_find_a_speaker_whom_counts_do_not(weights: Any) -> None:
    query, flat = weights.words(weights.QUERIES[0]), np.ones(len(weights.COLUMNS))
    counts, columns = weights.COUNTS, weights.COLUMNS
    assert weights.best(weights.search(query, counts, columns, flat)) != "KING RICHARD III"
    by_tfidf = weights.search(query, counts, columns, weights.idf(counts))
    assert weights.best(by_tfidf) == "KING RICHARD III"
    assert weights.best(weights.bm25(query, counts, columns)) == "KING RICHARD III"


@pytest.mark.feature("F4b")
def test_smoothing_takes_held_out_perplexity_down(model: Any) -> None:
    """From infinite to finite with any k, down again with a smaller k, and far with Kneser-Ney."""
    held = model.HELD_OUT[:200]
    for n in (2, 3):
        none, one, little = (model.add_k_perplexity(held, n, k) for k in (0, 1, 0.01))
        assert none == math.inf
        assert little < one < math.inf
        assert little < 0.5 * one  # 0.42 and 0.41 of it when this was written
    grams = [g for line in held for g in model.ngrams(line, 3)]
    smooth = model.perplexity([model.kneser_ney(model.KN, g[:-1], g[-1]) for g in grams])
    assert smooth < 0.25 * little  # 0.17 when this was written
    assert smooth < model.add_k_perplexity(held, 1, 0.01)


@pytest.mark.feature("F4b")
def test_add_k_and_perplexity_equal_nltks_lidstone(model: Any) -> None:
    from nltk.lm import Lidstone, Vocabulary

    lines, held = model.TRAIN[:500], model.HELD_OUT[:30]
    table = model.count(lines, 2)
    words = {w for line in [*lines, *held] for w in line} | {model.END}
    theirs = Lidstone(0.1, 2, vocabulary=Vocabulary(words, unk_cutoff=1))
    theirs.fit([model.ngrams(line, n) for n in (1, 2) for line in lines])
    grams = [g for line in held for g in model.ngrams(line, 2)]
    # NLTK's vocabulary has its own unknown word in it; here BEGIN, never predicted, becomes it.
    n_words = len(words | {"<UNK>"})
    ours = [model.add_k(table, g[:-1], g[-1], 0.1, n_words) for g in grams]
    assert ours == pytest.approx([theirs.score(g[-1], g[:-1]) for g in grams], abs=1e-12)  # float64
    assert model.perplexity(ours) == pytest.approx(
        theirs.perplexity(grams), rel=1e-9
    )  # sums of logs


@pytest.mark.feature("F4b")
def test_kneser_ney_equals_nltks(model: Any) -> None:
    from nltk.lm import KneserNeyInterpolated, Vocabulary

    lines = model.TRAIN[:60]  # theirs walks through all contexts for every word
    words = {w for line in lines for w in line} | {model.END}
    known = Vocabulary(words | {model.BEGIN}, unk_cutoff=1)  # else BEGIN is an unknown word
    theirs = KneserNeyInterpolated(3, discount=0.75, vocabulary=known)
    theirs.fit([model.ngrams(line, n) for n in (1, 2, 3) for line in lines])
    tables = {
        1: model.continuations(lines, 1),
        2: model.continuations(lines, 2),
        3: model.count(lines, 3),
    }
    grams = [g for line in model.TRAIN[40:80] for g in model.ngrams(line, 3) if g[-1] in words]
    assert any(g[:-1] not in tables[3] for g in grams)  # unseen contexts are among them
    ours = [model.kneser_ney(tables, g[:-1], g[-1]) for g in grams]
    assert ours == pytest.approx([theirs.score(g[-1], g[:-1]) for g in grams], abs=1e-12)  # float64


def test_kneser_ney_sums_to_one_after_any_context(model: Any) -> None:
    words = model.KN[1][()]
    for context in [("my", "lord"), ("<s>", "<s>"), ("never", "seen"), ("the",)]:
        total = sum(model.kneser_ney(model.KN, context, word) for word in words)
        assert total == pytest.approx(1, abs=1e-9)  # thousands of additions


def test_shared_runs_equal_the_packages_decontamination(model: Any) -> None:
    words = [w for line in model.TRAIN[:300] for w in line if w.isalpha()]
    honest, leaked = words[:150], words[100:250]
    train = words[200:]
    for test in (honest, leaked):
        mine, theirs = ngrams(" ".join(test)), ngrams(" ".join(train))
        want = len(mine & theirs) / len(mine)
        assert model.shared(test, train, NGRAM_WORDS) == pytest.approx(want, abs=1e-12)  # same sets
    assert model.shared(honest, train, NGRAM_WORDS) == 0
    assert model.shared(leaked, train, NGRAM_WORDS) > 0.2
