"""What each task must satisfy; scikit-learn is the outsider."""

import numpy as np
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits
from sklearn.neighbors import KNeighborsClassifier

from practicum.learn.labs.checking import close, equal, fail, holds


def squared_distances(lab):
    a, b = np.array([[0.0, 0.0], [3.0, 4.0]]), np.array([[3.0, 4.0], [0.0, 1.0], [1.0, 0.0]])
    got = np.asarray(lab.squared_distances(a, b))
    if got.shape == (3, 2):
        fail("the table is turned: rows belong to a, columns to b")
    holds(
        got.shape == (2, 3),
        f"two rows and three rows gave a table of shape {got.shape}, not (2, 3)",
    )
    if np.isclose(got[0, 0], 5.0):
        fail("(0, 0) to (3, 4) gave 5: that is the distance; its square is wanted, and is cheaper")
    close(got, [[25, 1, 1], [0, 18, 20]], "squared_distances(a, b)")
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(7, 5)), rng.normal(size=(4, 5))
    slow = [[sum((x - z) ** 2 for x, z in zip(p, q, strict=True)) for q in b] for p in a]
    close(lab.squared_distances(a, b), slow, "squared_distances of random rows",
          "|a|² + |b|² − 2 a·b: is the middle term doubled, and each length added once?")  # fmt: skip
    same = rng.normal(size=(50, 64)) + 100
    low = np.asarray(lab.squared_distances(same, same)).min()
    holds(
        low >= 0,
        f"a squared distance is {low:.1e}: rounding made it negative; a root of it would be nan",
    )


def knn(lab):
    X, y = np.array([[0.0], [1.0], [2.0], [10.0], [11.0]]), np.array([3, 3, 1, 2, 2])
    got = np.asarray(lab.knn(X, y, np.array([[0.9], [10.4]]), 1))
    holds(got.shape == (2,), f"knn for two rows has shape {got.shape}, not (2,)")
    if np.array_equal(got, [1, 3]) or np.array_equal(got, [1, 4]):
        fail("knn answered with places of neighbours; their labels are asked for")
    equal(got, [3, 2], "knn with one neighbour", "the nearest row, not the farthest")
    equal(lab.knn(X, y, np.array([[1.9]]), 3), [3], "knn with three neighbours",
          "two of the three nearest are 3, though the very nearest is 1")  # fmt: skip
    equal(lab.knn(X, y, np.array([[6.0]]), 4), [2], "knn where 2 and 3 have two votes each",
          "of labels that tie, the smallest")  # fmt: skip
    data = load_digits()
    train, test = slice(None, 1000), slice(1000, None)
    for k in (1, 5):
        theirs = KNeighborsClassifier(k).fit(data.data[train], data.target[train])
        ours = lab.knn(data.data[train], data.target[train], data.data[test], k)
        agree = (ours == theirs.predict(data.data[test])).mean()
        holds(agree > 0.98, f"with {k} neighbours, {agree:.1%} of the answers are scikit-learn's")


def move(lab):
    X = np.array([[0.0, 0.0], [4.0, 2.0], [10.0, 10.0]])
    centres = np.array([[1.0, 1.0], [9.0, 9.0], [5.0, -5.0]])
    before = centres.copy()
    got = np.asarray(lab.move(X, np.array([0, 0, 1]), centres))
    holds(got.shape == (3, 2), f"three centres became an array of shape {got.shape}")
    holds(np.array_equal(centres, before), "move changed the centres it was given; make new ones")
    if np.isnan(got).any():
        fail(
            "the centre without rows became nan, and every distance to it will be nan too: leave it where it was"
        )
    if np.allclose(got[2], 0):
        fail("the centre without rows jumped to the origin; leave it where it was")
    if np.isclose(got[0, 0], got[0, 1]):
        fail(
            "centre 0 has the same number in both columns: the mean runs over everything, not over rows"
        )
    close(got, [[2, 1], [10, 10], [5, -5]], "move(three rows, labels 0 0 1)")


def kmeans(lab):
    data = load_digits()
    X = data.data[:600] / 16
    for seed in (0, 1):
        starts = np.random.default_rng(seed).choice(X, 6, replace=False)
        kept = starts.copy()
        got = lab.kmeans(X, starts)
        holds(isinstance(got, tuple) and len(got) == 2, "kmeans should return centres and labels")
        centres, labels = np.asarray(got[0]), np.asarray(got[1])
        holds(np.array_equal(starts, kept), "kmeans changed the starts that it was given")
        holds(labels.shape == (600,), f"600 rows have labels of shape {labels.shape}")
        distances = ((X[:, None] - centres) ** 2).sum(axis=2)
        holds(
            (distances[np.arange(600), labels] <= distances.min(axis=1) + 1e-9).all(),
            "some row has a centre nearer than its own: the labels belong to centres that have moved since",
        )
        for i in range(6):
            holds(
                not (labels == i).any()
                or np.allclose(centres[i], X[labels == i].mean(axis=0), atol=1e-6),
                f"centre {i} is not the middle of its rows: it stopped before nothing changed",
            )
        theirs = KMeans(6, init=starts, n_init=1, tol=0, max_iter=500, algorithm="lloyd").fit(X)
        ours = ((X - centres[labels]) ** 2).sum()
        holds(
            abs(ours / theirs.inertia_ - 1) < 0.02,
            f"from the same starts, the squared distances sum to {ours:.0f}; scikit-learn ends at {theirs.inertia_:.0f}",
        )


def pick_diverse(lab):
    rng = np.random.default_rng(4)
    places = np.array([[0, 0], [20, 0], [0, 20], [20, 20], [50, 50]], dtype=float)
    sizes = [200, 5, 5, 5, 5]
    X = np.concatenate([rng.normal(p, 0.5, (n, 2)) for p, n in zip(places, sizes, strict=True)])
    group = np.repeat(np.arange(5), sizes)
    covered = []
    for seed in range(8):
        got = np.asarray(lab.pick_diverse(X, 5, np.random.default_rng(seed)))
        holds(
            got.shape == (5,),
            f"pick_diverse(X, 5) has shape {got.shape}: five places are asked for",
        )
        holds(
            np.issubdtype(got.dtype, np.integer),
            f"pick_diverse gave {got.dtype}: the places of rows are asked for, not the rows or centres",
        )
        holds(got.min() >= 0 and got.max() < len(X), "a place lies outside of the data")
        covered.append(len(set(group[got])))
    holds(
        np.mean(covered) > 4.4,
        f"of five groups, one of them large, {np.mean(covered):.1f} were covered on average: "
        "one row for each centre, the nearest to it",
    )
    centres, _ = lab.kmeans(X, X[[0, 200, 205, 210, 215]])
    holds(len(set(group[lab.squared_distances(centres, X).argmin(axis=1)])) == 5,
          "with good starts kmeans should find the five groups")  # fmt: skip
