"""The numbers of this lesson, recomputed: all are measured on the lab's own tables."""

import contextlib
import functools
import io
import math
import runpy
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from practicum.learn.lessons.claims import Near
from practicum.pretrain.stage import PretrainParams

_SEEDS = (0, 1, 2)
_SMOL = {"n_vocab": 49_152, "width": 576, "hidden": 1536, "layers": 30, "heads": 9, "kv_heads": 3}


@functools.cache
def _lab() -> SimpleNamespace:
    """What the lab's solution defines, its tables included."""
    path = Path(__file__).parent / "labs" / "three-tables" / "solution.py"
    with contextlib.redirect_stdout(io.StringIO()):
        return SimpleNamespace(**runpy.run_path(str(path)))


@functools.cache
def _tables(seed: int) -> SimpleNamespace:
    """All three tables for the corpus of one seed."""
    lab = _lab()
    if seed == 0:
        return lab
    sentences = lab.corpus(seed=seed)
    words, counts = lab.vocabulary(sentences)
    row = {word: i for i, word in enumerate(words)}
    pairs = lab.all_pairs(sentences, row, window=4)
    centres, neighbours = lab.word2vec(pairs, counts, seed=seed)
    ids = np.array([row[word] for sentence in sentences for word in sentence])
    together = lab.counted(ids, len(words))
    pieces, piece_row = lab.fasttext(pairs, words, counts, seed=seed)
    return SimpleNamespace(
        words=words,
        row=row,
        centres=centres,
        neighbours=neighbours,
        glove_table=lab.glove(together, seed=seed)[0],
        fasttext_table=np.array([lab.vector_of(w, pieces, piece_row) for w in words]),
        pieces=pieces,
        piece_row=piece_row,
    )


@functools.cache
def _all(name: str, seed: int) -> float:
    tables = _tables(seed)
    return _lab().score(getattr(tables, name), tables.words)["all"]


def _worst(name: str) -> float:
    return min(_all(name, seed) for seed in _SEEDS)


def _cosine(name: str, a: str, b: str, seed: int = 0) -> float:
    tables = _tables(seed)
    table = getattr(tables, name)
    return _lab().cosine(table[tables.row[a]], table[tables.row[b]])


def n_sentences() -> int:
    """Sentences that the three models read."""
    return len(_lab().sentences)


def n_words() -> int:
    """Words in all of them."""
    return int(_lab().counts.sum())


def n_different() -> int:
    """Different words."""
    return len(_lab().words)


def king_row() -> int:
    """The row of king, counted from zero."""
    return _lab().row["king"]


def queen_row() -> int:
    """The row of queen, counted from zero."""
    return _lab().row["queen"]


def n_riddles() -> int:
    """Riddles that are asked."""
    return sum(len(asked) for asked in _lab().riddles().values())


def by_chance() -> float:
    """The share that a guess among the words not in the question gets right."""
    return 1 / (len(_lab().words) - 3)


def first_scored() -> Near:
    """Riddles that Word2Vec solves on the lab's corpus."""
    return Near(_all("centres", 0), 0.02)


def word2vec_worst() -> Near:
    """The worst of three corpora."""
    return Near(_worst("centres"), 0.02)


def glove_scored() -> Near:
    """Riddles that GloVe solves on the lab's corpus."""
    return Near(_all("glove_table", 0), 0.02)


def fasttext_worst() -> Near:
    """The worst of three corpora."""
    return Near(_worst("fasttext_table"), 0.02)


def unseen_worst() -> Near:
    """Riddles with a word never written, the worst of three corpora."""
    lab = _lab()
    scored = [lab.score_unseen(t.pieces, t.piece_row, t.words) for t in map(_tables, _SEEDS)]
    return Near(min(scored), 0.05)


def n_unseen() -> int:
    """Riddles with a word never written."""
    return len(_lab().unseen_riddles())


def untaught_loss() -> float:
    """The quiz's loss before any learning: six answers of one half each."""
    return -6 * math.log(0.5)


def smol_rows() -> int:
    """Rows of SmolLM2-135M's table."""
    return _SMOL["n_vocab"]


def smol_width() -> int:
    """Numbers in each row."""
    return _SMOL["width"]


def smol_table() -> float:
    """Weights of that table, in millions."""
    return _SMOL["n_vocab"] * _SMOL["width"] / 1e6


def _smol_weights() -> int:
    c, kv = _SMOL["width"], _SMOL["width"] // _SMOL["heads"] * _SMOL["kv_heads"]
    block = 2 * c * c + 2 * c * kv + 3 * c * _SMOL["hidden"] + 2 * c
    return _SMOL["n_vocab"] * c + _SMOL["layers"] * block + c


def smol_weights() -> float:
    """All its weights, in millions."""
    return _smol_weights() / 1e6


def smol_share() -> float:
    """The table's share of all weights."""
    return _SMOL["n_vocab"] * _SMOL["width"] / _smol_weights()


def smol_untied() -> float:
    """Weights with a second table for the output, in millions."""
    return (_smol_weights() + _SMOL["n_vocab"] * _SMOL["width"]) / 1e6


def tiny_rows() -> int:
    """Rows of the table of `practicum pretrain`'s default model."""
    return PretrainParams().n_vocab


def tiny_width() -> int:
    """Numbers in each of its rows."""
    return PretrainParams().width


def tiny_share() -> float:
    """The table's share of that model's weights."""
    tiny = PretrainParams()
    return tiny.n_vocab * tiny.width / tiny.n_parameters


def cheaper() -> float:
    """How many times fewer products a quiz of six takes than all rows of SmolLM2's table."""
    return _SMOL["n_vocab"] / 6


@functools.cache
def _counts_of_pairs() -> np.ndarray:
    lab = _lab()
    together = np.zeros((len(lab.words), len(lab.words)))
    np.add.at(together, (lab.pairs[:, 0], lab.pairs[:, 1]), 1)
    return together


def _throne() -> tuple[float, float, float]:
    """How often throne is the queen's neighbour, her neighbours in all, throne's share of the noise."""
    lab = _lab()
    queen, throne = lab.row["queen"], lab.row["throne"]
    noise = lab.counts**0.75 / np.sum(lab.counts**0.75)
    beside = _counts_of_pairs()[queen]
    return beside[throne], beside.sum(), noise[throne]


def queen_throne() -> int:
    """Pairs of queen and throne."""
    return int(_throne()[0])


def queen_pairs() -> int:
    """Pairs of queen and anything."""
    return int(_throne()[1])


def throne_noise() -> float:
    """The share of throne among the invented neighbours."""
    return _throne()[2]


def throne_wanted() -> float:
    """The product u·w at which the quiz rests, for queen and throne."""
    seen, pairs, noise = _throne()
    return math.log(seen / pairs / (5 * noise))


def resting_correlation() -> Near:
    """Products learnt against resting points, over all pairs seen ten times or more."""
    lab, together = _lab(), _counts_of_pairs()
    noise = lab.counts**0.75 / np.sum(lab.counts**0.75)
    often = together >= 10
    share = together / together.sum(axis=1, keepdims=True)
    wanted = np.log(share[often] / (5 * noise * np.ones_like(together))[often])
    learnt = (lab.centres @ lab.neighbours.T)[often]
    return Near(float(np.corrcoef(wanted, learnt)[0, 1]), 0.03)


def empty_in_text() -> float:
    """The share of empty cells when the whole text is one, as in the lab."""
    return float((_lab().together == 0).mean())


@functools.cache
def _in_sentences() -> np.ndarray:
    lab = _lab()
    table = np.zeros((len(lab.words), len(lab.words)))
    for sentence in lab.sentences:
        ids = np.array([lab.row[word] for word in sentence])
        for d in range(1, len(ids)):
            np.add.at(table, (ids[:-d], ids[d:]), 1 / d)
            np.add.at(table, (ids[d:], ids[:-d]), 1 / d)
    return table


def empty_in_sentences() -> float:
    """The share of empty cells when words of different sentences never meet."""
    return float((_in_sentences() == 0).mean())


def glove_in_sentences() -> Near:
    """Riddles that GloVe then solves."""
    lab = _lab()
    return Near(lab.score(lab.glove(_in_sentences())[0], lab.words)["all"], 0.05)


@functools.cache
def _open_riddles() -> tuple[float, float]:
    """The share GloVe solves when words of the question may answer, and how often they do."""
    lab = _lab()
    unit = lab.glove_table / np.linalg.norm(lab.glove_table, axis=1, keepdims=True)
    asked = [riddle for riddles in lab.riddles().values() for riddle in riddles]
    said = []
    for a, b, c, _ in asked:
        at = [lab.row[word] for word in (a, b, c)]
        said.append(lab.words[int((unit @ (unit[at[1]] - unit[at[0]] + unit[at[2]])).argmax())])
    right = sum(s == d for s, (_, _, _, d) in zip(said, asked, strict=True))
    own = sum(s in riddle[:3] for s, riddle in zip(said, asked, strict=True))
    return right / len(asked), own / len(asked)


def glove_open() -> Near:
    """Riddles that GloVe solves when the words of the question may answer too."""
    return Near(_open_riddles()[0], 0.03)


def own_words() -> Near:
    """How often a word of the question then is the answer."""
    return Near(_open_riddles()[1], 0.03)


def king_walking_word2vec() -> Near:
    """Cosine of king and walking, Word2Vec, mean of three corpora."""
    return Near(float(np.mean([_cosine("centres", "king", "walking", s) for s in _SEEDS])), 0.03)


def king_walking_fasttext() -> Near:
    """Cosine of king and walking, FastText, mean of three corpora."""
    values = [_cosine("fasttext_table", "king", "walking", s) for s in _SEEDS]
    return Near(float(np.mean(values)), 0.03)


def king_queen() -> Near:
    """Cosine of king and queen, Word2Vec."""
    return Near(_cosine("centres", "king", "queen"), 0.03)


def yesterday_tomorrow() -> Near:
    """Cosine of yesterday and tomorrow, Word2Vec."""
    return Near(_cosine("centres", "yesterday", "tomorrow"), 0.03)


def king_paris() -> Near:
    """Cosine of king and paris, Word2Vec."""
    return Near(_cosine("centres", "king", "paris"), 0.03)


@functools.cache
def _stretched(factor: float) -> tuple[float, float]:
    """Cosine of king and queen after stretching along their difference, and riddles solved."""
    lab = _lab()
    u, _ = lab.stretched(lab.centres, lab.neighbours, lab.g, factor)
    king, queen = u[lab.row["king"]], u[lab.row["queen"]]
    return lab.cosine(king, queen), lab.score(u, lab.words)["all"]


def king_queen_long() -> Near:
    """Cosine of king and queen, the direction between them stretched ten times."""
    return Near(_stretched(10)[0], 0.02)


def king_queen_flat() -> Near:
    """Cosine of king and queen, the direction between them pressed to a tenth."""
    return Near(_stretched(0.1)[0], 0.02)


def scored_long() -> Near:
    """Riddles solved after stretching ten times."""
    return Near(_stretched(10)[1], 0.03)
