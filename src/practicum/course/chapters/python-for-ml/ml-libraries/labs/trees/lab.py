# %% [markdown]
# # A tree of questions, and a forest of trees
# A decision tree asks one yes-or-no question after another: "is this pixel darker than 3.5?" You grow
# one, watch it learn its training examples by heart, and then let a crowd of worse trees beat it.

# %%
from dataclasses import dataclass

import numpy as np
from sklearn.datasets import load_breast_cancer, load_digits

cancer = load_breast_cancer()
order = np.random.default_rng(0).permutation(len(cancer.target))
X, y = cancer.data[order], cancer.target[order]
X_train, y_train, X_test, y_test = X[:380], y[:380], X[380:], y[380:]

# %% [markdown]
# ## How mixed is a group?
# Gini impurity is the chance that two examples, drawn with replacement, carry different labels.


# %%
def gini(labels):
    """One minus the sum of the squared shares of the labels: 0 is pure."""
    # TODO gini: one minus the chance that two draws agree
    raise NotImplementedError("gini")


# %%
for labels in (["yes"] * 4, ["yes", "yes", "yes", "no"], ["yes", "no"], list("abcd")):
    print(f"{gini(labels):.3f}  {labels}")

# %% [markdown]
# ## The best question
# A question is "is feature f at most t?". Halfway between two neighbouring values of a feature is
# where thresholds are tried. Its gain is the impurity before, minus the impurities of both sides weighted by
# their shares. A helper scores all thresholds of one feature at once.


# %%
def gains(values, labels):
    """Thresholds of one feature, and what each gains.  Shapes: (N,), (N,) → (K,), (K,)."""
    order = np.argsort(values, kind="stable")
    values, labels = values[order], labels[order]
    one_hot = labels[:, None] == np.unique(labels)  # (N, labels)
    counts = np.cumsum(one_hot, axis=0).astype(float)
    left, right = counts[:-1], counts[-1] - counts[:-1]  # when cut after each example
    n_left, n_right = left.sum(axis=1), right.sum(axis=1)
    inside = n_left - (left**2).sum(axis=1) / n_left + n_right - (right**2).sum(axis=1) / n_right
    real = values[1:] > values[:-1]  # equal values cannot be cut apart
    return (values[:-1] + values[1:])[real] / 2, gini(labels) - inside[real] / len(labels)


def best_split(X, y, features=None):
    """(gain, feature, threshold) of the best question; gain 0 and feature -1 when none helps.

    `features` are the columns that may be asked about; None: all. The first of equal gains wins.
    """
    # TODO best_split: the feature and threshold with the largest gain
    raise NotImplementedError("best_split")


# %%
gain, feature, threshold = best_split(X_train, y_train)
print(
    f"first question: is '{cancer.feature_names[feature]}' at most {threshold:.4g}?  (gain {gain:.3f})"
)
yes = X_train[:, feature] <= threshold
for answer, part in (("yes", yes), ("no", ~yes)):
    print(f"  {answer:3s}: {part.sum():3d} tumours, {y_train[part].mean():.0%} of them benign")

# %% [markdown]
# ## Grow
# A tree is either a leaf, which answers, or a question with two trees. The recursion writes itself.


# %%
@dataclass
class Leaf:
    """An end of the tree: the label it answers."""

    label: int


@dataclass
class Question:
    """Is the feature at most the threshold?"""

    feature: int
    threshold: float
    yes: object
    no: object


def most_frequent(labels):
    """The most frequent label; the smallest of those that tie."""
    found, counts = np.unique(labels, return_counts=True)
    return int(found[counts.argmax()])


def some_features(n_columns, n_features, rng):
    """n_features different columns by chance; all of them when n_features is None."""
    if n_features is None:
        return None
    return rng.choice(n_columns, n_features, replace=False)


def grow(X, y, depth, n_features=None, rng=None):
    """A tree of at most `depth` questions in a row; each may ask about n_features random columns."""
    # TODO grow: a leaf when nothing helps or depth is used up, else a question with two trees
    raise NotImplementedError("grow")


# %%
def draw(tree, names, indent=""):
    """Print a tree as an outline."""
    if isinstance(tree, Leaf):
        print(f"{indent}→ {cancer.target_names[tree.label]}")
        return
    print(f"{indent}{names[tree.feature]} ≤ {tree.threshold:.4g}?")
    draw(tree.yes, names, indent + "    ")
    draw(tree.no, names, indent + "    ")


# %%
draw(grow(X_train, y_train, depth=2), cancer.feature_names)

# %% [markdown]
# ## Ask it
# Send every row down the tree.


# %%
def predict(tree, X):
    """The tree's label for every row.  Shapes: (N, C) → (N,)."""
    # TODO predict: walk every row down to a leaf
    raise NotImplementedError("predict")


# %%
print("depth   seen   unseen")
for depth in (1, 2, 3, 5, 20):
    tree = grow(X_train, y_train, depth)
    seen, unseen = (predict(tree, A) == b for A, b in ((X_train, y_train), (X_test, y_test)))
    print(f"{depth:5d}  {seen.mean():5.1%}  {unseen.mean():6.1%}")

# %% [markdown]
# ## The same data, by chance another
# Draw as many rows as there are, with replacement. Before you run the cell: which share of the rows will be
# missing from such a sample?


# %%
def bootstrap(X, y, rng):
    """A sample of N rows with replacement, and their labels."""
    # TODO bootstrap: draw N row numbers with replacement, use them for both
    raise NotImplementedError("bootstrap")


# %%
rows = np.arange(100_000)
sample, _ = bootstrap(rows[:, None], rows, np.random.default_rng(0))
print(
    f"missing from the sample: {1 - len(np.unique(sample)) / len(rows):.2%}; 1/e is {np.exp(-1):.2%}"
)

# %% [markdown]
# ## A forest
# Trees grown from bootstrap samples, each question limited to a few random features, make different
# mistakes. A majority vote averages the mistakes away and keeps what they agree on. The data are digits now: 64
# pixels, ten labels.


# %%
def forest(X, y, n_trees, depth, n_features, rng):
    """A list of trees, each grown from a bootstrap sample with n_features a question."""
    # TODO forest: n_trees trees, each from a sample of its own
    raise NotImplementedError("forest")


def vote(trees, X):
    """The label that most trees give each row.  Shapes: (N, C) → (N,)."""
    answers = np.stack([predict(tree, X) for tree in trees])  # (trees, N)
    return np.array([most_frequent(column) for column in answers.T])


# %%
digits = load_digits()
order = np.random.default_rng(1).permutation(len(digits.target))
D, d = digits.data[order], digits.target[order]
D_train, d_train, D_test, d_test = D[:600], d[:600], D[1400:], d[1400:]
lone = grow(D_train, d_train, depth=12)
print(f"one tree of all features: {(predict(lone, D_test) == d_test).mean():.1%} of unseen digits")
trees = forest(D_train, d_train, n_trees=20, depth=12, n_features=8, rng=np.random.default_rng(2))
alone = [(predict(tree, D_test) == d_test).mean() for tree in trees]
print(f"the forest's trees, one by one: {np.mean(alone):.1%} on average")
for n in (1, 3, 8, 20):
    print(f"  {n:2d} of them voting: {(vote(trees[:n], D_test) == d_test).mean():.1%}")
