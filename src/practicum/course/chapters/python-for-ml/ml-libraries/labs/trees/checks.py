"""What each task must satisfy; scikit-learn is the outsider."""

import numpy as np
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.tree import DecisionTreeClassifier

from practicum.learn.labs.checking import close, equal, fail, holds


def gini(lab):
    close(lab.gini(["a"] * 5), 0.0, "gini of five equal labels", "two draws never differ")
    got = lab.gini(["a", "a", "b", "c"])
    if np.isclose(got, 1 - 0.5):
        fail(
            "gini(a, a, b, c) gave 0.5: that is the share of mistakes of the most frequent label, another measure"
        )
    if np.isclose(got, 1.5) or np.isclose(got, 1.5 * np.log(2)):
        fail("gini(a, a, b, c) gave the entropy, another measure of mixture")
    if np.isclose(got, 0.375):
        fail(
            "gini(a, a, b, c) gave the sum of the squared shares: the chance that both draws agree"
        )
    close(got, 0.625, "gini(a, a, b, c)")
    close(lab.gini(np.arange(10)), 0.9, "gini of ten different labels")
    close(lab.gini(np.array([3, 7, 7, 3])), 0.5, "gini of two labels in halves",
          "labels are names: their size means nothing")  # fmt: skip


def best_split(lab):
    X = np.array([[5.0, 1.0], [5.0, 2.0], [5.0, 4.0], [5.0, 8.0]])
    y = np.array([0, 0, 1, 1])
    got = lab.best_split(X, y)
    holds(
        isinstance(got, tuple) and len(got) == 3,
        "best_split should return (gain, feature, threshold)",
    )
    gain, feature, threshold = got
    holds(feature == 1, f"best_split asked about feature {feature}; feature 0 is the same for all")
    holds(
        2 < threshold < 4,
        f"best_split cuts at {threshold}: everything up to 2 is one label, from 4 on the other",
    )
    close(threshold, 3.0, "the threshold between 2 and 4", "halfway leaves room on both sides")
    close(gain, 0.5, "the gain of a question that leaves both sides pure")
    uneven = lab.best_split(np.array([[1.0], [2.0], [3.0], [4.0]]), np.array([1, 0, 0, 0]))
    if np.isclose(uneven[0], 0.375):
        close(uneven[2], 1.5, "the best threshold of one against three")
    else:
        fail(f"the gain of cutting one label off three others is {uneven[0]:.3f}: "
             "each side counts by its share of the examples")  # fmt: skip
    nothing = lab.best_split(np.array([[2.0], [2.0], [2.0]]), np.array([0, 1, 0]))
    holds(
        nothing[0] == 0 and nothing[1] == -1,
        f"three equal values gave {nothing}: there is nothing to ask, so gain 0 and feature -1",
    )
    pure = lab.best_split(np.array([[1.0], [2.0]]), np.array([1, 1]))
    holds(pure[0] == 0 and pure[1] == -1, "a pure group gave a question; nothing is left to ask")
    only = lab.best_split(X[:, ::-1], y, features=[1])
    holds(only[1] == -1, "best_split asked about a feature that was not among `features`")
    rng = np.random.default_rng(1)
    noise = rng.normal(size=(80, 6)).round(1)
    label = rng.integers(0, 3, 80)
    theirs = DecisionTreeClassifier(max_depth=1, random_state=0).fit(noise, label).tree_
    sides = theirs.weighted_n_node_samples[1:] / 80
    wanted = theirs.impurity[0] - (sides * theirs.impurity[1:]).sum()
    close(lab.best_split(noise, label)[0], wanted, "the best gain on 80 random rows",
          "scikit-learn finds another")  # fmt: skip


def _depth(tree, lab):
    if isinstance(tree, lab.Leaf):
        return 0
    holds(isinstance(tree, lab.Question), f"grow gave a {type(tree).__name__} inside of a tree")
    return 1 + max(_depth(tree.yes, lab), _depth(tree.no, lab))


def _walk(tree, row, lab):
    while isinstance(tree, lab.Question):
        tree = tree.yes if row[tree.feature] <= tree.threshold else tree.no
    return tree.label


def grow(lab):
    X, y = np.array([[1.0], [2.0], [3.0], [4.0]]), np.array([0, 1, 1, 0])
    stump = lab.grow(X, y, 0)
    holds(isinstance(stump, lab.Leaf), "grow with depth 0 should be a leaf: no question is allowed")
    holds(
        lab.grow(X[:3], y[:3], 0).label == 1,
        "a leaf should answer the most frequent label of its examples",
    )
    holds(
        isinstance(lab.grow(X, np.ones(4, dtype=int), 3), lab.Leaf),
        "a pure group should become a leaf at once",
    )
    tree = lab.grow(X, y, 1)
    holds(_depth(tree, lab) == 1, f"grow with depth 1 asks {_depth(tree, lab)} questions in a row")
    full = lab.grow(X, y, 5)
    answers = [_walk(full, row, lab) for row in X]
    if answers != y.tolist():
        fail(f"a deep enough tree answers {answers} for examples labelled {y.tolist()}: are yes and no sides "
             "swapped, or the same examples passed to both?")  # fmt: skip
    data = load_breast_cancer()
    for depth in (2, 3):
        ours = lab.grow(data.data[:400], data.target[:400], depth)
        holds(_depth(ours, lab) <= depth, f"grow with depth {depth} is {_depth(ours, lab)} deep")
        right = np.mean(
            [
                _walk(ours, row, lab) == label
                for row, label in zip(data.data[:400], data.target[:400], strict=True)
            ]
        )
        theirs = DecisionTreeClassifier(max_depth=depth, random_state=0)
        wanted = theirs.fit(data.data[:400], data.target[:400]).score(
            data.data[:400], data.target[:400]
        )
        holds(
            abs(right - wanted) < 0.02,
            f"at depth {depth} the tree fits {right:.1%} of its examples, scikit-learn's {wanted:.1%}",
        )
    rng = np.random.default_rng(0)
    firsts = {lab.grow(data.data[:200], data.target[:200], 1, 3, rng).feature for _ in range(12)}
    holds(
        len(firsts) > 1,
        "with three random features a question, twelve trees all begin with the same: are n_features and rng used?",
    )


def predict(lab):
    tree = lab.Question(1, 2.0, lab.Leaf(7), lab.Question(0, 0.0, lab.Leaf(8), lab.Leaf(9)))
    X = np.array([[5.0, 1.0], [-1.0, 3.0], [1.0, 3.0], [1.0, 2.0]])
    got = lab.predict(tree, X)
    holds(np.shape(got) == (4,), f"predict of four rows has shape {np.shape(got)}")
    if list(got)[:3] == [7, 8, 9] and got[3] != 7:
        fail("a value equal to the threshold went to 'no': the question is 'at most'")
    equal(got, [7, 8, 9, 7], "predict of four rows")
    equal(lab.predict(lab.Leaf(3), X), [3, 3, 3, 3], "predict of a single leaf")


def bootstrap(lab):
    X = np.arange(60.0).reshape(30, 2)
    y = np.arange(30)
    some, labels = lab.bootstrap(X, y, np.random.default_rng(0))
    holds(np.shape(some) == (30, 2), f"a bootstrap sample of 30 rows has shape {np.shape(some)}")
    if not np.array_equal(np.asarray(some)[:, 0], 2 * np.asarray(labels)):
        fail(
            "rows and labels do not belong together any more: draw once, and use the numbers twice"
        )
    distinct = len(np.unique(labels))
    if distinct == 30:
        fail("every row came exactly once: that is a shuffle. Draw with replacement")
    missing = []
    for seed in range(40):
        _, drawn = lab.bootstrap(y[:, None], y, np.random.default_rng(seed))
        missing.append(1 - len(np.unique(drawn)) / 30)
    close(np.mean(missing), (29 / 30) ** 30, "the share of rows that a sample misses, on average",
          "each row should be as likely as any other, at every draw", within=0.03)  # fmt: skip
    one = lab.bootstrap(X, y, np.random.default_rng(1))[1]
    two = lab.bootstrap(X, y, np.random.default_rng(1))[1]
    equal(one, two, "two samples with generators of the same seed", "draw with the rng that is passed in")  # fmt: skip


def forest(lab):
    data = load_digits(n_class=6)
    order = np.random.default_rng(3).permutation(len(data.target))
    X, y = data.data[order], data.target[order]
    trees = lab.forest(X[:300], y[:300], 10, 8, 8, np.random.default_rng(0))
    holds(isinstance(trees, list) and len(trees) == 10, "forest should return a list of ten trees")
    answers = np.array([[_walk(tree, row, lab) for row in X[300:700]] for tree in trees])
    if (answers == answers[0]).all():
        fail("all trees are the same: each needs a sample and random features of its own")
    alone = (answers == y[300:700]).mean(axis=1)
    whole = lab.grow(X[:300], y[:300], 8)
    if any(np.array_equal(lab.predict(whole, X[300:700]), row) for row in answers):
        fail(
            "a tree of the forest equals the tree of all data and all features: bootstrap and n_features are missing"
        )
    together = np.mean(
        [
            np.bincount(column).argmax() == label
            for column, label in zip(answers.T, y[300:700], strict=True)
        ]
    )
    theirs = np.mean([
        RandomForestClassifier(10, max_depth=8, max_features=8, random_state=seed)
        .fit(X[:300], y[:300])
        .score(X[300:700], y[300:700])
        for seed in range(3)
    ])  # fmt: skip
    holds(
        together > alone.mean() + 0.03,
        f"the vote ({together:.1%}) is hardly better than its trees ({alone.mean():.1%}): do they differ enough?",
    )
    holds(
        together > theirs - 0.02,
        f"the forest tells {together:.1%} of unseen digits right, scikit-learn's {theirs:.1%}",
    )
