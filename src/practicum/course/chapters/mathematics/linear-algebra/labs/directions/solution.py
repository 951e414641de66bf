# %% [markdown]
# # Directions
# With NumPy now: an arrow is an array, a list of arrows a matrix with one arrow a row.

# %%
import numpy as np

# %% [markdown]
# ## The angle between two arrows


# %%
def cosine(u, v):
    """The cosine of the angle between two arrows."""
    return float(u @ v / np.sqrt((u @ u) * (v @ v)))


# %% [markdown]
# Two hundred pairs of random arrows in every row. Predict the last one before you look.

# %%
rng = np.random.default_rng(7)
print("dimensions  mean angle  typical distance from 90 degrees")
for width in (2, 8, 64, 576):
    pairs = rng.standard_normal((200, 2, width))
    angles = np.degrees(np.arccos([cosine(u, v) for u, v in pairs]))
    off = np.sqrt(np.mean((angles - 90) ** 2))
    print(f"{width:10}  {angles.mean():10.1f}  {off:8.1f}  {'#' * round(off)}")

# %% [markdown]
# ## A basis of your own
# Any list of arrows spans a space. Find perpendicular arrows of length one that span the same, and
# none too many: their number is the dimension, which is the rank of the list.


# %%
def basis(arrows):
    """Perpendicular arrows of length one with the same span, one a row: (rank, width)."""
    kept = []
    for arrow in np.asarray(arrows, dtype=float):
        rest = arrow.copy()
        for direction in kept:
            rest -= (rest @ direction) * direction
        if np.linalg.norm(rest) > 1e-10 * np.linalg.norm(arrow):
            kept.append(rest / np.linalg.norm(rest))
    return np.array(kept).reshape(len(kept), -1)


# %%
thin = rng.standard_normal((12, 3)) @ rng.standard_normal((3, 20))  # 12 arrows from 3
print("\n12 arrows of 20 numbers span", len(basis(thin)), "dimensions")
print("12 random ones span", len(basis(rng.standard_normal((12, 20)))))

# %% [markdown]
# ## The nearest point
# Which point of the span is nearest to a given one? Its shadow: what is left is perpendicular to
# everything in the span. Mind that the given arrows may lean towards each other.


# %%
def project(point, arrows):
    """The point in the span of the arrows (one a row) that is nearest to the given one."""
    directions = basis(arrows)
    return directions.T @ (directions @ np.asarray(point, dtype=float))


# %%
leaning = np.array([[1.0, 0.0, 0.0], [1.0, 1.0, 0.0]])
print("\nthe shadow of (2, 3, 4) on the floor:", project(np.array([2.0, 3.0, 4.0]), leaning))

# %% [markdown]
# ## A layer that has lost a word
# A layer reads an arrow x and writes weights @ x; a word's score is the dot product of what is written
# with the word's own arrow. Change the weights so that nothing is ever written along one direction,
# whatever x is. The direction may have any length.
#
# Predict what happens to the word: will it become impossible, or will the layer merely stop voting?


# %%
def silence(weights, direction):
    """The weights (out, in) without the part that writes along the direction (out,)."""
    unit = direction / np.linalg.norm(direction)
    return weights - np.outer(unit, unit @ weights)


# %%
words = ["yes", "no", "maybe", "sorry"]
arrows_of_words = np.random.default_rng(3).standard_normal((4, 16))
weights = np.random.default_rng(4).standard_normal((16, 16))
weights += np.outer(arrows_of_words[3], np.ones(16))  # this layer likes to be sorry
state = np.abs(np.random.default_rng(5).standard_normal(16)) / 80


def shares(scores):
    """Softmax: scores to shares."""
    powers = np.exp(scores - scores.max())
    return powers / powers.sum()


# %%
quiet = silence(weights, arrows_of_words[3])
scores, silenced = arrows_of_words @ weights @ state, arrows_of_words @ quiet @ state
print("\nword   score before, after     share before, after")
for i, word in enumerate(words):
    print(
        f"{word:6} {scores[i]:+12.3f}  {silenced[i]:+6.3f} "
        f"{shares(scores)[i]:13.1%}  {shares(silenced)[i]:6.1%}"
    )
