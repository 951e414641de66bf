"""F4c: three tables of word vectors solve planted riddles; FastText answers for unread words."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from practicum.learn.labs.checking import CheckFailed, Script
from practicum.learn.lessons.verify import load_file
from practicum.learn.roadmap import load_roadmap

SEEDS = (0, 1, 2)


@pytest.fixture(scope="module")
def lab(solved: Any) -> Any:
    """What the lab's solution defined."""
    return solved("word-embeddings", "three-tables")


@pytest.fixture(scope="module")
def tables(lab: Any) -> list[SimpleNamespace]:
    """All three tables for the corpora of three seeds."""
    first = SimpleNamespace(
        words=lab.words, pieces=lab.pieces, piece_row=lab.piece_row,
        word2vec=lab.centres, glove=lab.glove_table, fasttext=lab.fasttext_table,
    )  # fmt: skip
    made = [first]  # the lab itself is the corpus of seed 0
    for seed in SEEDS[1:]:
        sentences = lab.corpus(seed=seed)
        words, counts = lab.vocabulary(sentences)
        row = {word: i for i, word in enumerate(words)}
        pairs = lab.all_pairs(sentences, row, window=4)
        ids = np.array([row[word] for sentence in sentences for word in sentence])
        pieces, piece_row = lab.fasttext(pairs, words, counts, seed=seed)
        made.append(SimpleNamespace(
            words=words, pieces=pieces, piece_row=piece_row,
            word2vec=lab.word2vec(pairs, counts, seed=seed)[0],
            glove=lab.glove(lab.counted(ids, len(words)), seed=seed)[0],
            fasttext=np.array([lab.vector_of(w, pieces, piece_row) for w in words]),
        ))  # fmt: skip
    return made


@pytest.fixture(scope="module")
def checks() -> Any:
    """The lab's checks.py."""
    folder = load_roadmap().concepts["word-embeddings"].folder
    assert folder is not None
    return load_file(folder / "labs" / "three-tables" / "checks.py")


@pytest.mark.feature("F4c")
@pytest.mark.parametrize("name", ["word2vec", "glove", "fasttext"])
def test_planted_analogies_are_solved_for_four_fifths_on_every_corpus(
    lab: Any, tables: list[SimpleNamespace], name: str
) -> None:
    for seed, made in zip(SEEDS, tables, strict=True):
        shares = lab.score(getattr(made, name), made.words)
        assert min(shares.values()) >= 0.8, (seed, shares)  # every kind of riddle, and all together


def test_a_table_that_was_not_trained_solves_next_to_nothing(
    lab: Any, tables: list[SimpleNamespace]
) -> None:
    noise = np.random.default_rng(0).normal(size=tables[0].word2vec.shape)
    assert lab.score(noise, tables[0].words)["all"] < 0.05  # by chance 1 in 163


@pytest.mark.feature("F4c")
def test_fasttext_answers_for_words_that_were_never_written(
    lab: Any, tables: list[SimpleNamespace]
) -> None:
    for made in tables:
        assert not set(lab.NEVER_WRITTEN) & set(made.words)
        assert lab.score_unseen(made.pieces, made.piece_row, made.words) >= 0.8


def test_skip_grams_equal_nltks_forward_and_backward(lab: Any) -> None:
    from nltk.util import skipgrams

    for n, window in ((2, 1), (7, 2), (9, 4), (3, 8)):
        forward = list(skipgrams(range(n), 2, window - 1))
        both = forward + [(b, a) for a, b in forward]
        assert sorted(lab.skip_grams(list(range(n)), window)) == sorted(both)


def test_quiz_gradients_equal_torchs(lab: Any) -> None:
    import torch
    from torch.nn.functional import logsigmoid

    dice = np.random.default_rng(1)
    u, w = dice.normal(size=(5, 8)), dice.normal(size=(5, 4, 8))
    tu, tw = torch.tensor(u, requires_grad=True), torch.tensor(w, requires_grad=True)
    sign = torch.tensor([1.0, -1.0, -1.0, -1.0], dtype=torch.float64)
    (-logsigmoid(sign * torch.einsum("bc,bkc->bk", tu, tw)).sum()).backward()
    by_u, by_w = lab.quiz_gradients(u, w)
    assert np.allclose(by_u, tu.grad.numpy(), atol=1e-12)  # both in float64
    assert np.allclose(by_w, tw.grad.numpy(), atol=1e-12)


def test_gloves_error_is_the_slope_of_its_loss(lab: Any) -> None:
    import torch

    dice = np.random.default_rng(2)
    u, w = dice.normal(size=(2, 6, 3))
    b, c = dice.normal(size=(2, 6))
    x = dice.integers(0, 40, (6, 6)).astype(float)
    assert (x == 0).any()
    tu = torch.tensor(u, requires_grad=True)
    seen = torch.tensor(x > 0)
    logs = torch.log(torch.where(seen, torch.tensor(x), 1.0))
    weight = (torch.tensor(x) / 20).clamp(max=1) ** 0.75 * seen
    miss = tu @ torch.tensor(w).T + torch.tensor(b)[:, None] + torch.tensor(c) - logs
    (0.5 * weight * miss**2).sum().backward()
    assert np.allclose(lab.glove_error(u, w, b, c, x) @ w, tu.grad.numpy(), atol=1e-10)


def test_the_quiz_rests_where_levy_and_goldberg_say(lab: Any) -> None:
    """At u·w = ln P(w|u) / (k N(w)) the expected gradient of every pair is zero."""
    p, noise, k = 0.06, 0.004, 5
    x = np.log(p / (k * noise))
    true, _ = lab.quiz_gradients(np.array([[x]]), np.ones((1, 1, 1)))
    false, _ = lab.quiz_gradients(np.array([[x]]), np.array([[[0.0], [1.0]]]))
    assert p * true[0, 0] + k * noise * false[0, 0] == pytest.approx(0, abs=1e-12)


def test_pieces_of_where_are_those_of_the_fasttext_paper(lab: Any) -> None:
    assert lab.n_grams("where") == ["<wh", "whe", "her", "ere", "re>", "<where>"]


def test_stretching_moves_cosines_and_no_prediction(lab: Any) -> None:
    u, w = lab.stretched(lab.centres, lab.neighbours, lab.g, 10)
    assert np.allclose(u @ w.T, lab.centres @ lab.neighbours.T, atol=1e-10)
    king, queen = lab.row["king"], lab.row["queen"]
    assert lab.cosine(u[king], u[queen]) < 0 < lab.cosine(lab.centres[king], lab.centres[queen])


MISTAKES = {
    "skip_grams": (
        lambda ids, n: [(a, b) for i, a in enumerate(ids) for b in ids[i + 1 : i + 1 + n]],
        "right only",
    ),
    "quiz_gradients": (
        lambda u, w: (
            np.einsum("bk,bkc->bc", 1 / (1 + np.exp(-np.einsum("bc,bkc->bk", u, w))), w),
            w * 0,
        ),
        "should have been one",
    ),
    "answer": (
        lambda t, words, a, b, c: words[
            int((t @ (t[words.index(b)] - t[words.index(a)] + t[words.index(c)])).argmax())
        ],
        "because it is long",
    ),
    "glove_error": (
        lambda u, w, b, c, x, enough=20: (
            (x / enough) ** 0.75 * (u @ w.T + b[:, None] + c - np.log(np.where(x > 0, x, 1)))
        ),
        "from `enough` on",
    ),
    "n_grams": (
        lambda word, n=3: [word[i : i + n] for i in range(len(word) - n + 1)],
        "not marked",
    ),
    "vector_of": (
        lambda word, pieces, row: np.mean(
            [pieces[row[f"<{word}>"[i : i + 3]]] for i in range(len(word))], axis=0
        ),
        "mean of the pieces",
    ),
    "stretched": (lambda u, w, g, f: (u * f, w / f), "only the part along g"),
}


@pytest.mark.parametrize("task", MISTAKES)
def test_a_typical_mistake_is_told_what_it_is(checks: Any, task: str) -> None:
    wrong, said = MISTAKES[task]
    with pytest.raises(CheckFailed, match=said):
        getattr(checks, task)(Script({task: wrong}))
