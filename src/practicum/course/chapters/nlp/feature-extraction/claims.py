"""The numbers of this lesson, recomputed."""

import functools
import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable
from importlib import resources

import numpy as np

Gram = tuple[str, ...]
_HELD_OUT = 0.1
_DISCOUNT = 0.75


@functools.cache
def _corpus() -> str:
    corpus = resources.files("practicum.pretrain").joinpath("corpus/shakespeare.txt")
    return corpus.read_text(encoding="utf-8")


# Documents: the speakers.


@functools.cache
def _counts() -> tuple[list[str], list[str], np.ndarray]:
    """Speakers with most to say, the words, and how often each said each."""
    said: dict[str, list[str]] = defaultdict(list)
    for block in _corpus().split("\n\n"):
        speaker, _, speech = block.partition("\n")
        if speaker.endswith(":"):
            said[speaker[:-1]] += re.findall(r"\w+(?:['-]\w+)*", speech.casefold())
    speakers = sorted(said, key=lambda name: -len(said[name]))[:24]
    words = sorted({w for name in speakers for w in said[name]})
    columns = {w: i for i, w in enumerate(words)}
    counts = np.zeros((len(speakers), len(words)))
    for row, name in enumerate(speakers):
        for word, n in Counter(said[name]).items():
            counts[row, columns[word]] = n
    return speakers, words, counts


def _juliet(weights: np.ndarray, n_words: int) -> str:
    speakers, words, counts = _counts()
    row = counts[speakers.index("JULIET")] * weights
    return ", ".join(words[i] for i in np.argsort(-row, kind="stable")[:n_words])


def _df() -> np.ndarray:
    return (_counts()[2] > 0).sum(axis=0)


def speakers() -> int:
    """Documents: speakers."""
    return len(_counts()[0])


def columns() -> int:
    """Different words."""
    return len(_counts()[1])


def zeros() -> float:
    """Share of the cells that are zero."""
    return float(np.mean(_counts()[2] == 0))


def by_count() -> str:
    """What Juliet says most."""
    return _juliet(np.ones(columns()), 4)


def by_textbook() -> str:
    """What ln(N / df) makes of it."""
    return _juliet(np.log(speakers() / _df()), 4)


def by_sklearn() -> str:
    """What scikit-learn's default makes of it."""
    return _juliet(np.log((1 + speakers()) / (1 + _df())) + 1, 4)


def said_by_all() -> int:
    """Words that every speaker uses."""
    return int((_df() == speakers()).sum())


def _df_of(word: str) -> int:
    return int(_df()[_counts()[1].index(word)])


def df_night() -> int:
    """How many speakers say night."""
    return _df_of("night")


def df_romeo() -> int:
    """How many speakers say Romeo."""
    return _df_of("romeo")


def _said(word: str) -> int:
    names, words, counts = _counts()
    return int(counts[names.index("JULIET"), words.index(word)])


def said_night() -> int:
    """How often Juliet says night."""
    return _said("night")


def said_romeo() -> int:
    """How often Juliet says Romeo."""
    return _said("romeo")


def idf_night() -> float:
    """ln(N / df) of night."""
    return math.log(speakers() / df_night())


def idf_romeo() -> float:
    """ln(N / df) of Romeo."""
    return math.log(speakers() / df_romeo())


def weight_night() -> float:
    """Count times idf."""
    return said_night() * idf_night()


def weight_romeo() -> float:
    """Count times idf."""
    return said_romeo() * idf_romeo()


def bm25_once() -> float:
    """What one occurrence gives, k1 = 1.5, in a document of mean length."""
    return 1 * 2.5 / (1 + 1.5)


def bm25_ten() -> float:
    """What ten give."""
    return 10 * 2.5 / (10 + 1.5)


def bm25_forty() -> float:
    """What forty give."""
    return 40 * 2.5 / (40 + 1.5)


# The counting model: lines of verse and prose, the last tenth held out.


@functools.cache
def _lines(often: int = 2) -> tuple[list[list[str]], list[list[str]], int]:
    """Lines to count, lines held out, different words; rarer words than `often` are unknown."""
    spoken = [x for x in _corpus().split("\n") if x.strip() and not x.endswith(":")]
    lines = [re.findall(r"\w+(?:['-]\w+)*|[^\w\s]", x.casefold()) for x in spoken]
    cut = int(len(lines) * (1 - _HELD_OUT))
    known = {w for w, n in Counter(w for x in lines[:cut] for w in x).items() if n >= often}
    lines = [[w if w in known else "<unk>" for w in x] for x in lines]
    return lines[:cut], lines[cut:], len(known) + 2


def _grams(lines: list[list[str]], n: int) -> list[Gram]:
    flat = [w for x in lines for w in ["<s>"] * (n - 1) + x + ["</s>"]]
    runs = zip(*(flat[i:] for i in range(n)), strict=False)
    return [gram for gram in runs if gram[-1] != "<s>"]


@functools.cache
def _table(n: int, often: int = 2) -> tuple[Counter[Gram], Counter[Gram]]:
    """How often every n-gram of the counted lines came, and every context."""
    counts = Counter(_grams(_lines(often)[0], n))
    contexts: Counter[Gram] = Counter()
    for gram, times in counts.items():
        contexts[gram[:-1]] += times
    return counts, contexts


@functools.cache
def _held(n: int, often: int = 2) -> list[Gram]:
    return _grams(_lines(often)[1], n)


def _perplexity(grams: list[Gram], probability: Callable[[Gram], float]) -> float:
    probabilities = [probability(g) for g in grams]
    if min(probabilities) == 0:
        return math.inf
    return math.exp(-sum(map(math.log, probabilities)) / len(grams))


def _add_k(grams: list[Gram], n: int, k: float, often: int = 2) -> float:
    counts, contexts = _table(n, often)
    more = k * _lines(often)[2]
    # Without k, a context that never came makes its words impossible, as unseen words are.
    return _perplexity(grams, lambda g: (counts[g] + k) / (contexts[g[:-1]] + more or 1))


def _kneser_ney(n: int) -> float:
    """Held-out perplexity of interpolated Kneser-Ney."""
    tables = [Counter(g[1:] for g in _table(m + 1)[0]) for m in range(1, n)] + [_table(n)[0]]
    totals, followers = [], []
    for table in tables:
        total, different = Counter(), Counter()
        for gram, times in table.items():
            total[gram[:-1]] += times
            different[gram[:-1]] += 1
        totals.append(total)
        followers.append(different)

    def probability(gram: Gram) -> float:
        p = tables[0][gram[-1:]] / totals[0][()]
        for m in range(2, n + 1):
            part = gram[-m:]
            if t := totals[m - 1][part[:-1]]:
                kept = max(tables[m - 1][part] - _DISCOUNT, 0)
                p = (kept + _DISCOUNT * followers[m - 1][part[:-1]] * p) / t
        return p

    return _perplexity(_held(n), probability)


def n_words() -> int:
    """Different words that the model predicts among."""
    return _lines()[2]


def by_hand() -> float:
    """Perplexity of a half, a quarter and an eighth."""
    return (1 / 2 * 1 / 4 * 1 / 8) ** (-1 / 3)


def the_king() -> int:
    """How often "the king" comes in the counted lines."""
    return _table(2)[0][("the", "king")]


def after_the() -> int:
    """How often anything comes after the."""
    return _table(2)[1][("the",)]


def king_counted() -> float:
    """P(king | the) by counting."""
    return the_king() / after_the()


def king_add_one() -> float:
    """P(king | the) with one added to every word."""
    return (the_king() + 1) / (after_the() + n_words())


def train_trigram() -> float:
    """Perplexity of unsmoothed trigrams on the very lines that were counted."""
    return _add_k(_grams(_lines()[0], 3), 3, 0.0)


def held_trigram() -> str:
    """… and on held-out lines."""
    return "infinite" if _add_k(_held(3), 3, 0.0) == math.inf else "finite"


def unseen_trigrams() -> float:
    """Share of the held-out trigrams that were never counted."""
    counts = _table(3)[0]
    return sum(g not in counts for g in _held(3)) / len(_held(3))


def add_one_trigram() -> float:
    """Held-out perplexity of add-one trigrams."""
    return _add_k(_held(3), 3, 1.0)


def unigram() -> float:
    """Held-out perplexity of single words."""
    return _add_k(_held(1), 1, 0.0)


def best_trigram() -> float:
    """The best that add-k does for trigrams."""
    return min(_add_k(_held(3), 3, k) for k in (0.001, 0.003, 0.01, 0.03))


def best_bigram() -> float:
    """… and for bigrams."""
    return min(_add_k(_held(2), 2, k) for k in (0.003, 0.01, 0.03))


def kn_trigram() -> float:
    """Held-out perplexity of interpolated Kneser-Ney trigrams."""
    return _kneser_ney(3)


def lord_times() -> int:
    """How often lord comes."""
    return _table(1)[0][("lord",)]


def thee_times() -> int:
    """How often thee comes."""
    return _table(1)[0][("thee",)]


def lord_after() -> int:
    """After how many different words lord comes."""
    return sum(g[1] == "lord" for g in _table(2)[0])


def thee_after() -> int:
    """After how many different words thee comes."""
    return sum(g[1] == "thee" for g in _table(2)[0])


def unigram_fewer() -> float:
    """The unigrams' perplexity when words that came twice are unknown, too."""
    return _add_k(_held(1, 3), 1, 0.0, 3)


@functools.cache
def _runs_seen(n: int) -> float:
    """Share of the last tenth's runs of n words that the first nine tenths have too."""
    words = re.findall(r"[^\W\d_]+", _corpus().casefold())
    cut = int(len(words) * (1 - _HELD_OUT))
    known = set(zip(*(words[i:cut] for i in range(n)), strict=False))
    runs = list(zip(*(words[cut + i :] for i in range(n)), strict=False))
    return sum(run in known for run in runs) / len(runs)


def pairs_seen() -> float:
    """Runs of two."""
    return _runs_seen(2)


def fives_seen() -> float:
    """Runs of five."""
    return _runs_seen(5)


def thirteens_seen() -> int:
    """How many runs of thirteen."""
    return round(_runs_seen(13) * 20_000)
