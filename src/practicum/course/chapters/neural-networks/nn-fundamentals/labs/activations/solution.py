# %% [markdown]
# # Six bends and their slopes
# A network without bends is a single matrix, however many layers it has. The bends are called
# activation functions. Here you write the ones that language models were and are built with:
# sigmoid and tanh (1990s), ReLU (2010s), GELU (GPT-2), SiLU (Llama, SmolLM2), and softmax, which
# ends them all. Learning needs their slopes too, so you write those as well.
#
# Every function takes a NumPy array of any shape and gives an array of the same shape.

# %%
import math

import numpy as np

erf = np.vectorize(math.erf, otypes=[float])  # the error function, for arrays


def relu(x):
    """x where it is positive, else 0 (given, as an example)."""
    return np.maximum(x, 0.0)


def bell(x):
    """Density of the standard normal distribution at x (given)."""
    return np.exp(-0.5 * x**2) / math.sqrt(2 * math.pi)


# %% [markdown]
# ## The sigmoid, without overflow
# $\sigma(x) = 1/(1+e^{-x})$. Typed in as it stands, it overflows at -1000, and a warning in the
# middle of a training run is how people learn about it. Write it so that no exponential is large.


# %%
def sigmoid(x):
    """1 / (1 + exp(-x)) for every x, without overflow on either side."""
    x = np.asarray(x, dtype=float)
    small = np.exp(-np.abs(x))  # between 0 and 1
    return np.where(x >= 0, 1.0, small) / (1.0 + small)


# %%
for x in (-1000.0, -2.0, 0.0, 2.0, 1000.0):
    print(f"sigmoid({x:7.1f}) = {float(sigmoid(x)):.6f}")

# %% [markdown]
# ## tanh from the sigmoid
# They look alike because they are alike. Write tanh with your sigmoid, not with `np.tanh`.


# %%
def tanh(x):
    """The hyperbolic tangent, by stretching the sigmoid."""
    return 2.0 * sigmoid(2.0 * np.asarray(x, dtype=float)) - 1.0


# %%
print(
    "largest difference to NumPy's:",
    np.abs(tanh(np.linspace(-5, 5, 11)) - np.tanh(np.linspace(-5, 5, 11))).max(),
)

# %% [markdown]
# ## Two soft gates
# ReLU multiplies x by a gate that is either shut or open. SiLU and GELU multiply it by a gate that
# opens gradually.


# %%
def silu(x):
    """x times its sigmoid (also called swish)."""
    x = np.asarray(x, dtype=float)
    return x * sigmoid(x)


# %%
def gelu(x):
    """x times the probability that a standard normal draw is below x."""
    x = np.asarray(x, dtype=float)
    return x * 0.5 * (1.0 + erf(x / math.sqrt(2.0)))


# %%
grid = np.linspace(-3, 0, 3001)
for name, f in (("silu", silu), ("gelu", gelu)):
    y = f(grid)
    print(
        f"{name}: lowest point {y.min():.4f} at x = {grid[y.argmin()]:.3f}; a dip that ReLU does not have"
    )

# %% [markdown]
# ## Their slopes
# What learning sends back through a neuron is multiplied by the slope of its activation, where the
# neuron stands. Before you run the cell below: how much of a signal is left after thirty sigmoid
# layers, at best?


# %%
def slopes(x):
    """Derivatives at x: a dict with "sigmoid", "tanh", "relu", "silu" and "gelu"."""
    x = np.asarray(x, dtype=float)
    s, gate = sigmoid(x), 0.5 * (1.0 + erf(x / math.sqrt(2.0)))
    return {
        "sigmoid": s * (1.0 - s),
        "tanh": 1.0 - tanh(x) ** 2,
        "relu": np.where(x > 0, 1.0, 0.0),
        "silu": s + x * s * (1.0 - s),
        "gelu": gate + x * bell(x),
    }


# %%
wide = slopes(np.linspace(-6, 6, 12001))
for name, slope in wide.items():
    print(f"{name:8s} steepest {slope.max():.4f}   after 30 layers at best {slope.max() ** 30:.3g}")

# %% [markdown]
# ## Softmax
# The last bend of every language model: a score for each token of the vocabulary becomes a
# probability. Rows are independent. Scores of 1000 must not overflow.


# %%
def softmax(scores):
    """Probabilities of every row.  Shapes: (B, V) → (B, V); each row sums to 1."""
    scores = np.asarray(scores, dtype=float)
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


# %%
words = ("mat", "sofa", "moon")
for label, row in (("scores", [2.0, 1.0, -1.0]), ("plus 1000", [1002.0, 1001.0, 999.0])):
    shares = softmax(np.array([row]))[0]
    print(
        f"the cat sat on the …  {label:9s} ",
        "  ".join(f"{w} {p:.3f}" for w, p in zip(words, shares, strict=True)),
    )

# %% [markdown]
# ## The slopes of softmax
# Every probability depends on every score: the slopes form a matrix. Row i, column j: how
# probability i answers when score j rises.


# %%
def softmax_slopes(scores):
    """The Jacobian of softmax for one row of scores.  Shapes: (V,) → (V, V)."""
    p = softmax(np.asarray(scores, dtype=float)[None, :])[0]
    return np.diag(p) - np.outer(p, p)


# %%
print("raise the score of 'mat' a little:")
for word, change in zip(words, softmax_slopes(np.array([2.0, 1.0, -1.0]))[:, 0], strict=True):
    print(f"  {word:5s} {change:+.4f}")
print(
    "  all together they change by",
    f"{abs(softmax_slopes(np.array([2.0, 1.0, -1.0]))[:, 0].sum()):.4f}",
)
