# %% [markdown]
# # Near is alike
# Two methods that know nothing but distances: one asks the neighbours, the other finds centres. With the
# second you will do what people do who choose training data for language models: pick a few examples
# that cover everything.

# %%
import numpy as np
from sklearn.datasets import load_digits

digits = load_digits()
order = np.random.default_rng(0).permutation(len(digits.target))
X, y = digits.data[order] / 16, digits.target[order]
X_train, y_train, X_test, y_test = X[:1200], y[:1200], X[1200:], y[1200:]

# %% [markdown]
# ## All distances at once
# The squared distance of every row of `a` to every row of `b`.


# %%
def squared_distances(a, b):
    """Shapes: (N, C), (M, C) → (N, M)."""
    lengths_a, lengths_b = (a**2).sum(axis=1), (b**2).sum(axis=1)
    return np.maximum(lengths_a[:, None] + lengths_b - 2 * a @ b.T, 0.0)


# %%
table = squared_distances(X_test[:1], X_train)[0]
nearest = table.argmin()
print(f"of {len(table):,} training digits, number {nearest} is nearest to the first test digit:")
for row, other in zip(X_test[0].reshape(8, 8), X_train[nearest].reshape(8, 8), strict=True):
    print("   ", "".join(" .:oO@"[int(v * 5)] * 2 for v in row), "    ",
          "".join(" .:oO@"[int(v * 5)] * 2 for v in other))  # fmt: skip
print(f"a {y_train[nearest]} beside a {y_test[0]}")

# %% [markdown]
# ## Ask the neighbours
# There is nothing to train. Predict what most of the `k` nearest training rows are. Guess how many of
# the unseen digits that gets right.


# %%
def knn(X_train, y_train, X, k):
    """The most frequent label of the k nearest training rows; of ties, the smallest label."""
    places = np.argsort(squared_distances(X, X_train), axis=1, kind="stable")[:, :k]
    return np.array([np.bincount(labels).argmax() for labels in y_train[places]])


# %%
for k in (1, 3, 10, 100, 600):
    print(f"{k:4d} neighbours: {(knn(X_train, y_train, X_test, k) == y_test).mean():.1%} right")

# %% [markdown]
# ## Into the middle
# k-means has two steps. Every row chooses the nearest centre; then every centre moves to the mean of the
# rows that chose it.


# %%
def move(X, labels, centres):
    """New centres: the mean of the rows of each label; a centre without rows stays.  → (K, C)"""
    moved = centres.copy()
    for i in range(len(centres)):
        if (labels == i).any():
            moved[i] = X[labels == i].mean(axis=0)
    return moved


# %%
points = np.array([[0.0, 0.0], [2.0, 0.0], [10.0, 4.0]])
print(move(points, np.array([0, 0, 1]), np.zeros((3, 2))))

# %% [markdown]
# ## Until nothing moves
# Start from the given centres; repeat both steps until no row changes its choice.


# %%
def kmeans(X, centres):
    """Centres and labels when no row changes its choice any more.  → (K, C), (N,)"""
    labels = None
    while True:
        chosen = squared_distances(X, centres).argmin(axis=1)
        if labels is not None and (chosen == labels).all():
            return centres, labels
        labels, centres = chosen, move(X, chosen, centres)


# %%
def inertia(X, centres, labels):
    """What k-means makes small: the sum of squared distances to the chosen centres."""
    return float(((X - centres[labels]) ** 2).sum())


def spread_starts(X, k, rng):
    """k rows to start from, each drawn in proportion to its squared distance to those before (k-means++)."""
    chosen = [int(rng.integers(len(X)))]
    while len(chosen) < k:
        far = squared_distances(X, X[chosen]).min(axis=1).clip(0)
        chosen.append(int(rng.choice(len(X), p=far / far.sum())))
    return X[chosen]


# %%
rng = np.random.default_rng(0)
ends = [kmeans(X, spread_starts(X, 10, rng)) for _ in range(6)]
print("six starts, six ends:", ", ".join(f"{inertia(X, *end):,.0f}" for end in ends))
centres, labels = min(ends, key=lambda end: inertia(X, *end))
print("which digits the ten clusters of the best one hold, though no label was used:")
for i in range(10):
    held = np.bincount(y[labels == i], minlength=10)
    print(
        f"  cluster {i}: {held.sum():3d} digits, {held.max() / held.sum():4.0%} of them {held.argmax()}s"
    )

# %% [markdown]
# ## Twenty examples worth labelling
# A pool like the web: most of it is more of the same. You may have twenty examples labelled, and train on them. Choose
# by chance, or one for each of twenty regions?


# %%
def pick_diverse(X, k, rng):
    """The places of k rows of X, each the nearest to one of k centres."""
    centres, _ = kmeans(X, spread_starts(X, k, rng))
    return squared_distances(centres, X).argmin(axis=1)


# %%
rng = np.random.default_rng(3)
rows = [np.flatnonzero(y_train == d)[: 110 if d == 0 else 20] for d in range(10)]
pool = rng.permutation(np.concatenate(rows))
print(f"{len(pool)} rows in the pool, {np.mean(y_train[pool] == 0):.0%} of them zeros")
results = {"by chance": [], "diverse": []}
for _ in range(5):
    for name, picked in (("by chance", rng.choice(len(pool), 20, replace=False)),
                         ("diverse", pick_diverse(X_train[pool], 20, rng))):  # fmt: skip
        some = pool[picked]
        right = (knn(X_train[some], y_train[some], X_test, 1) == y_test).mean()
        results[name].append((len(np.unique(y_train[some])), right))
for name, found in results.items():
    n_labels, right = np.mean(found, axis=0)
    print(
        f"{name:9s}: {n_labels:.1f} of ten digits among the twenty; {right:.0%} of the test right"
    )
