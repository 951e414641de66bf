# %% [markdown]
# # Shadows
# Vectors of hundreds of numbers have to become two before anyone can look at them. A projection is a
# shadow; t-SNE draws a map. You build the first, use it to find a direction to steer by, and then
# catch the second telling stories.

# %%
import numpy as np
from sklearn.datasets import load_digits
from sklearn.manifold import TSNE

digits = load_digits()
X, y = digits.data / 16, digits.target

# %% [markdown]
# ## The directions of largest spread
# Principal components are orthogonal directions of length one: the first along which the data spread
# most, the second along which they spread most of what is left, and so on.


# %%
def pca(X, k):
    """Mean and the first k components, as rows.  Shapes: (N, C) → (C,), (k, C)."""
    mean = X.mean(axis=0)
    _, _, directions = np.linalg.svd(X - mean, full_matrices=False)
    return mean, directions[:k]


# %%
mean, components = pca(X, 2)
print("the first component of the digits, dark where it adds ink (#) or takes it (-):")
for row in components[0].reshape(8, 8):
    print("   ", "".join("##" if v > 0.12 else "--" if v < -0.12 else " ." for v in row))

# %% [markdown]
# ## How much is in the shadow?
# The share of all variance along each component, in order, for all components.


# %%
def explained(X):
    """Shares of the variance along all components; they add up to one."""
    variances = np.linalg.svd(X - X.mean(axis=0), compute_uv=False) ** 2
    return variances / variances.sum()


# %%
together = np.cumsum(explained(X))
print(f"two components hold {together[1]:.0%} of the digits' variance")
print(f"90 % of it takes {np.searchsorted(together, 0.9) + 1} of {X.shape[1]}")

# %% [markdown]
# ## There and back
# Project every row onto the components, then build it again from those few numbers. What is lost is the
# part that stood at right angles to all of them.


# %%
def rebuild(X, mean, components):
    """Rows made again from their coordinates along the components.  Shapes: (N, C) → (N, C)."""
    coordinates = (X - mean) @ components.T  # (N, k)
    return coordinates @ components + mean


# %%
shown = [(f"{k} numbers", rebuild(X[3:4], *pca(X, k))[0]) for k in (2, 10, 30)] + [("all 64", X[3])]
print("   ".join(f"{name:16s}" for name, _ in shown))
for i in range(8):
    rows = (image.reshape(8, 8)[i].clip(0, 0.999) for _, image in shown)
    print("   ".join("".join(" .:oO@"[int(v * 6)] * 2 for v in row) for row in rows))

# %% [markdown]
# ## A direction to steer by
# Take pairs of prompts that differ in one thing, say polite and rude, and read a model's hidden state for
# both. The differences share a direction; adding it to the hidden states steers the model. Here the states are
# made by a rule with a planted direction, so that you can see whether you find it. `steering` returns it
# with length one, pointing from `absent` to `present`.


# %%
def steering(present, absent):
    """The unit direction that the pairs' differences share.  Shapes: (N, C), (N, C) → (C,)."""
    differences = present - absent
    _, _, directions = np.linalg.svd(differences, full_matrices=False)  # not centred: see below
    return directions[0] * np.sign(differences.mean(axis=0) @ directions[0])


# %%
def hidden_states(n_pairs, width, rng):
    """Pairs of made-up hidden states, and the direction planted between them."""
    planted, nuisance = np.linalg.qr(rng.normal(size=(width, 2)))[0].T
    prompts = 10 * rng.normal(size=(1, width)) + 3 * rng.normal(size=(n_pairs, width))
    strength = 4 + 0.3 * rng.normal(size=(n_pairs, 1))
    noise = 0.2 * rng.normal(size=(n_pairs, width)) + 2 * rng.normal(size=(n_pairs, 1)) * nuisance
    return prompts + strength * planted + noise, prompts, planted


# %%
present, absent, planted = hidden_states(80, 256, np.random.default_rng(5))
print(f"found: cosine with the planted direction {steering(present, absent) @ planted:+.3f}")
_, centred = pca(present - absent, 1)
print(f"had the differences been centred: {abs(centred[0] @ planted):.3f}")
_, pooled = pca(np.vstack([present, absent]), 1)
print(f"had all states been pooled, first component: {abs(pooled[0] @ planted):.3f}")

# %% [markdown]
# ## What does a map keep?
# A map of vectors is good for one thing: who is near whom. Measure it. Of the `k` nearest neighbours
# in the data, which share is among the `k` nearest on the map?


# %%
def distances(a):
    """Squared distances of all rows.  Shapes: (N, C) → (N, N)."""
    lengths = (a**2).sum(axis=1)
    return lengths[:, None] + lengths - 2 * a @ a.T


def kept_neighbours(X, Y, k):
    """The mean share of each row's k nearest in X that are also among its k nearest in Y."""
    near = []
    for table in (distances(X), distances(Y)):
        np.fill_diagonal(table, np.inf)
        near.append(np.argsort(table, axis=1)[:, :k])
    return float(np.mean([len(set(a) & set(b)) / k for a, b in zip(*near, strict=True)]))


# %%
some = X[:300]
mean, components = pca(some, 2)
shadow = (some - mean) @ components.T
print(f"two components keep {kept_neighbours(some, shadow, 10):.0%} of ten neighbours")
print(
    f"scattered by chance: {kept_neighbours(some, np.random.default_rng(0).normal(size=(300, 2)), 10):.0%}"
)

# %% [markdown]
# ## The map
# t-SNE moves points on the plane until near ones are near, and cares about little else. Return
# scikit-learn's map, at the perplexity asked for, but never more than a third of the other points.


# %%
def tsne_map(X, perplexity=30.0, seed=0):
    """A t-SNE map.  Shapes: (N, C) → (N, 2)."""
    most = (len(X) - 1) / 3
    return TSNE(perplexity=min(perplexity, most), random_state=seed).fit_transform(X)


# %%
drawn = tsne_map(some)
print(f"t-SNE keeps {kept_neighbours(some, drawn, 10):.0%} of ten neighbours; the shadow kept "
      f"{kept_neighbours(some, shadow, 10):.0%}")  # fmt: skip
grid = np.full((22, 66), " ")
low, high = drawn.min(axis=0), drawn.max(axis=0)
for (across, up), label in zip((drawn - low) / (high - low), y[:300], strict=True):
    grid[int((1 - up) * 21), int(across * 65)] = str(label)
print("\n".join("".join(row).rstrip() for row in grid))

# %% [markdown]
# ## The map's stories
# Three groups stand on a line, at 0, 5 and 50. The last gap is nine times the first. And two groups of a hundred, one ten times
# as wide as the other. How will the map draw them?

# %%
rng = np.random.default_rng(0)
line = np.concatenate([rng.normal(0, 0.3, (60, 10)) + at * np.eye(10)[0] for at in (0, 5, 50)])
drawn = tsne_map(line)
a, b, c = (drawn[i : i + 60].mean(axis=0) for i in (0, 60, 120))
print(f"gaps of 5 and 45: drawn {np.linalg.norm(a - b):.0f} and {np.linalg.norm(b - c):.0f}")
sizes = np.concatenate([rng.normal(0, 1.0, (100, 10)), rng.normal(30, 0.1, (100, 10))])
drawn = tsne_map(sizes)
wide, narrow = (part.std(axis=0).mean() for part in (drawn[:100], drawn[100:]))
print(f"one group ten times as wide as the other: drawn {wide / narrow:.2f} times as wide")
