"""The numbers of the lesson on classic machine learning."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from importlib.resources import files

import numpy as np

from practicum.learn.lessons.claims import Near

LETTERS = "abcdefghijklmnopqrstuvwxyz"


@cache
def _text():
    return files("practicum.pretrain").joinpath("corpus/shakespeare.txt").read_text("utf-8")


@cache
def _letters():
    """Each letter's neighbours: root shares of what follows and of what comes before.  (26, 54)"""
    alphabet = " " + LETTERS
    plain = re.sub("[^a-z]+", " ", _text().lower())
    ids = np.array([alphabet.index(c) for c in plain])
    pairs = np.bincount(ids[:-1] * 27 + ids[1:], minlength=27 * 27).reshape(27, 27)
    after, before = pairs / pairs.sum(axis=1, keepdims=True), (pairs / pairs.sum(axis=0)).T
    return np.sqrt(np.hstack([after, before]))[1:]


@cache
def _plane():
    """The letters along their first two components, turned so that e is right and t is high, and the shares."""
    table = _letters() - _letters().mean(axis=0)
    u, s, _ = np.linalg.svd(table, full_matrices=False)
    points = u[:, :2] * s[:2]
    points *= np.sign([points[LETTERS.index("e"), 0], points[LETTERS.index("t"), 1]])
    return points, s**2 / (s**2).sum()


def first_five():
    """The five letters that lie farthest along the first component, in the alphabet's order."""
    return ", ".join(LETTERS[i] for i in sorted(np.argsort(-_plane()[0][:, 0])[:5]))


def sixth():
    return LETTERS[np.argsort(-_plane()[0][:, 0])[5]]


def n_characters():
    return len(_text())


def hand_slope():
    return np.polyfit([1, 2, 3], [2, 3, 5], 1)[0]


def hand_intercept():
    return np.polyfit([1, 2, 3], [2, 3, 5], 1)[1]


def chance_of_two():
    return 1 / (1 + np.exp(-2))


@cache
def _words():
    """Vectors of neighbours for names and as many other words, and which are names, shuffled."""
    said = "\n".join(speech.partition(":\n")[2] for speech in _text().split("\n\n"))
    tokens = re.findall(r"[A-Za-z']+", said)
    lower = [t.lower() for t in tokens]
    counts, capital = Counter(lower), Counter(t.lower() for t in tokens if t[0].isupper())
    words = [w for w, _ in counts.most_common(2000)]
    is_name = np.array([capital[w] > 0.9 * counts[w] and len(w) > 2 for w in words])
    number = {w: i for i, w in enumerate(words)}
    ids = np.array([number.get(w, -1) for w in lower])
    vectors = np.zeros((2000, 800))
    for one, other, first in ((ids[1:], ids[:-1], 0), (ids[:-1], ids[1:], 400)):
        known = (one >= 0) & (other >= 0) & (other < 400)
        np.add.at(vectors, (one[known], other[known] + first), 1)
    vectors = np.sqrt(vectors / vectors.sum(axis=1, keepdims=True).clip(1))
    rng = np.random.default_rng(0)
    names = np.flatnonzero(is_name)
    others = rng.choice(np.flatnonzero(~is_name[100:]) + 100, len(names), replace=False)
    chosen = rng.permutation(np.concatenate([names, others]))
    return vectors[chosen], is_name[chosen].astype(int)


def n_names():
    return _words()[1].sum()


def n_probe_words():
    return len(_words()[1]) * 2 // 3


@cache
def _probes():
    """Test share of a probe; training and mean test share of twenty probes of shuffled labels."""
    from sklearn.linear_model import LogisticRegression

    X, y = _words()
    cut = len(y) * 2 // 3
    probe = LogisticRegression(C=10, max_iter=2000)
    true = probe.fit(X[:cut], y[:cut]).score(X[cut:], y[cut:])
    rng, heart = np.random.default_rng(0), []
    for _ in range(20):
        shuffled = rng.permutation(y[:cut])
        probe.fit(X[:cut], shuffled)
        heart.append((probe.score(X[:cut], shuffled), probe.score(X[cut:], y[cut:])))
    return true, *np.mean(heart, axis=0)


def probe_share():
    return Near(_probes()[0], 0.013)  # one word of the test


def heart_train():
    return Near(_probes()[1], 0.01)


def heart_test():
    return Near(_probes()[2], 0.02)


def hand_gini():
    return 1 - (3 / 4) ** 2 - (1 / 4) ** 2


def never_drawn():
    return (1 - 1 / 1257) ** 1257


@cache
def _scores():
    """Share of 540 unseen digits that each classifier gets right."""
    from sklearn.datasets import load_digits
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import train_test_split
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.tree import DecisionTreeClassifier

    X, y = load_digits(return_X_y=True)
    train, test, labels, wanted = train_test_split(
        X / 16, y, test_size=0.3, random_state=0, stratify=y
    )
    models = {
        "tree": DecisionTreeClassifier(random_state=0),
        "forest": RandomForestClassifier(100, random_state=0),
        "logistic": LogisticRegression(max_iter=1000),
        "neighbours": KNeighborsClassifier(3),
    }
    return {name: model.fit(train, labels).score(test, wanted) for name, model in models.items()}


def n_train():
    return 1797 - n_test()


def n_test():
    return 540


def tree_share():
    return Near(_scores()["tree"], 0.01)


def forest_share():
    return Near(_scores()["forest"], 0.008)


def neighbours_share():
    return Near(_scores()["neighbours"], 0.004)


@cache
def _hand_kmeans():
    """The centres of every round, for four numbers and the starts 1 and 2."""
    values, centres, seen = np.array([1.0, 2.0, 9.0, 12.0]), np.array([1.0, 2.0]), []
    while not seen or (seen[-1] != centres).any():
        seen.append(centres)
        chosen = np.abs(values[:, None] - centres).argmin(axis=1)
        centres = np.array([values[chosen == i].mean() for i in (0, 1)])
    return seen


def first_move():
    return _hand_kmeans()[1][1]


def last_low():
    return _hand_kmeans()[-1][0]


def last_high():
    return _hand_kmeans()[-1][1]


@cache
def _picked():
    """Test share of a nearest-neighbour classifier from twenty labels: by chance, and one a cluster."""
    from sklearn.cluster import KMeans
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(y))
    X, y = X[order] / 16, y[order]
    rows = [np.flatnonzero(y[:1200] == d)[: 110 if d == 0 else 20] for d in range(10)]
    rng = np.random.default_rng(3)
    pool = rng.permutation(np.concatenate(rows))

    def squared(a, b):
        return ((a[:, None] - b) ** 2).sum(axis=2)

    shares = []
    for seed in range(10):
        centres = KMeans(20, n_init=1, random_state=seed).fit(X[pool]).cluster_centers_
        diverse = pool[squared(centres, X[pool]).argmin(axis=1)]
        random = rng.choice(pool, 20, replace=False)
        shares.append([(y[some][squared(X[1200:], X[some]).argmin(axis=1)] == y[1200:]).mean()
                       for some in (random, diverse)])  # fmt: skip
    return np.mean(shares, axis=0)


def random_picks():
    return Near(_picked()[0], 0.02)


def diverse_picks():
    return Near(_picked()[1], 0.02)


@cache
def _shares():
    from sklearn.datasets import load_digits

    X = load_digits().data
    variances = np.linalg.svd(X - X.mean(axis=0), compute_uv=False) ** 2
    return np.cumsum(variances / variances.sum())


def two_components():
    return _shares()[1]


def for_ninety():
    return int(np.searchsorted(_shares(), 0.9)) + 1


@cache
def _steering():
    """Cosines with a planted direction: of the uncentred differences, and of the centred ones."""
    rng = np.random.default_rng(5)
    planted, nuisance = np.linalg.qr(rng.normal(size=(256, 2)))[0].T
    noise = 0.2 * rng.normal(size=(80, 256)) + 2 * rng.normal(size=(80, 1)) * nuisance
    differences = (4 + 0.3 * rng.normal(size=(80, 1))) * planted + noise
    first = np.linalg.svd(differences, full_matrices=False)[2][0]
    centred = np.linalg.svd(differences - differences.mean(axis=0), full_matrices=False)[2][0]
    return abs(first @ planted), abs(centred @ planted)


def steering_found():
    return _steering()[0]


def steering_centred():
    return _steering()[1]


def _tsne(X, perplexity=30.0):
    from sklearn.manifold import TSNE

    return TSNE(perplexity=perplexity, random_state=0).fit_transform(X)


@cache
def _gaps():
    """Three groups at 0, 5 and 50 on a line, as t-SNE draws them."""
    rng = np.random.default_rng(0)
    centres = np.repeat([0.0, 5.0, 50.0], 60)
    X = 0.3 * rng.normal(size=(180, 10))
    X[:, 0] += centres
    return _tsne(X)


def gaps_drawn():
    """The drawn gap that stands for 45, over the drawn gap that stands for 5."""
    a, b, c = (_gaps()[i : i + 60].mean(axis=0) for i in (0, 60, 120))
    return Near(float(np.linalg.norm(b - c) / np.linalg.norm(a - b)), 0.15)


def sizes_drawn():
    """How much wider a group ten times as wide is drawn."""
    rng = np.random.default_rng(1)
    X = np.vstack([rng.normal(0, 1.0, (100, 10)), rng.normal(30, 0.1, (100, 10))])
    drawn = _tsne(X)
    return Near(float(drawn[:100].std(axis=0).mean() / drawn[100:].std(axis=0).mean()), 0.15)


@cache
def _kept():
    """Share of ten nearest neighbours of 300 digits kept by two components and by t-SNE."""
    from sklearn.datasets import load_digits

    X = load_digits().data[:300] / 16

    def near(a):
        table = ((a[:, None] - a) ** 2).sum(axis=2)
        np.fill_diagonal(table, np.inf)
        return np.argsort(table, axis=1)[:, :10]

    u, s, _ = np.linalg.svd(X - X.mean(axis=0), full_matrices=False)
    true = near(X)
    return [float(np.mean([len(set(a) & set(b)) / 10 for a, b in zip(true, near(Y), strict=True)]))
            for Y in (u[:, :2] * s[:2], _tsne(X))]  # fmt: skip


def kept_by_two():
    return Near(_kept()[0], 0.01)


def kept_by_map():
    return Near(_kept()[1], 0.04)
