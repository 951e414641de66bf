# %% [markdown]
# # Backpropagation by hand: a network that learns letters
# A language model of the smallest kind: it sees three letters and guesses the fourth. You write
# both losses, the slopes of all weights, and the loop. No library differentiates for you.
#
# Scores have the shape (B, V): a row for each example, a column for each token. Targets are the
# numbers of the right tokens, of shape (B,).

# %%
import math
from pathlib import Path

import numpy as np

LETTERS = " abcdefghijklmnopqrstuvwxyz"
SEEN = 3  # letters that the model sees

# %% [markdown]
# ## Squared error
# The usual loss when numbers are predicted.


# %%
def mse(prediction, target):
    """The mean of the squared differences."""
    # TODO mse: square the differences, then the mean
    raise NotImplementedError("mse")


# %%
print(
    "off by 1 everywhere:",
    mse(np.zeros(4), np.ones(4)),
    "  off by 10 once in four:",
    mse(np.zeros(4), np.array([0.0, 0, 0, 10])),
)

# %% [markdown]
# ## Cross-entropy
# The loss of every language model: how surprised it is by the token that really came, in nats,
# on average. A model that knows nothing is surprised by ln V.


# %%
def cross_entropy(scores, target):
    """Mean of minus the log-probability of the targets.  Shapes: (B, V), (B,) → a number."""
    # TODO cross_entropy: a stable log of the sum, minus the score of the target
    raise NotImplementedError("cross_entropy")


# %%
know_nothing = np.zeros((2, len(LETTERS)))
print(
    f"knowing nothing: {cross_entropy(know_nothing, np.array([0, 5])):.4f} nats; ln 27 = {math.log(27):.4f}"
)

# %% [markdown]
# ## Its slope
# How the loss answers to each score. Work it out on paper once; the result is surprisingly short.


# %%
def cross_entropy_slope(scores, target):
    """Slope of cross_entropy in every score.  Shapes: (B, V), (B,) → (B, V)."""
    # TODO cross_entropy_slope: what is predicted minus what is true, shared over the batch
    raise NotImplementedError("cross_entropy_slope")


# %%
print(
    "scores 2, 1, -1 and the second is right:",
    cross_entropy_slope(np.array([[2.0, 1.0, -1.0]]), np.array([1])).round(3),
)

# %% [markdown]
# ## Forward, and back
# The network: x (B, I) → h = tanh(x w1 + b1) (B, H) → scores = h w2 + b2 (B, V). Here a column
# of weights belongs to a neuron, so no transpose is needed on the way forward.


# %%
def new_weights(n_in, n_hidden, n_out, seed=0):
    """Small random weights, zero biases."""
    rng = np.random.default_rng(seed)
    return {
        "w1": rng.normal(size=(n_in, n_hidden)) / math.sqrt(n_in),
        "b1": np.zeros(n_hidden),
        "w2": rng.normal(size=(n_hidden, n_out)) / math.sqrt(n_hidden),
        "b2": np.zeros(n_out),
    }


def forward(weights, x):
    """Hidden values and scores.  Shapes: (B, I) → (B, H), (B, V)."""
    h = np.tanh(x @ weights["w1"] + weights["b1"])
    return h, h @ weights["w2"] + weights["b2"]


# %%
def backward(weights, x, target):
    """Slope of the cross-entropy in every weight: a dict with the names and shapes of `weights`."""
    # TODO backward: from the scores back to w1
    raise NotImplementedError("backward")


# %%
rng = np.random.default_rng(1)
small, x, target = new_weights(4, 5, 3), rng.normal(size=(6, 4)), rng.integers(0, 3, size=6)
slopes = backward(small, x, target)
for name, values in small.items():
    place = tuple(0 for _ in values.shape)
    losses = []
    for nudge in (1e-5, -1e-5):
        nudged = {k: v.copy() for k, v in small.items()}
        nudged[name][place] += nudge
        losses.append(cross_entropy(forward(nudged, x)[1], target))
    print(
        f"{name}{place}: yours {slopes[name][place]:+.8f}   by nudging {(losses[0] - losses[1]) / 2e-5:+.8f}"
    )

# %% [markdown]
# ## A sample is enough
# One epoch: every example once, in random order, a few at a time.


# %%
def batches(n_examples, size, rng):
    """The numbers 0 … n-1 in an order drawn from rng, cut into arrays of `size` (the last may be shorter)."""
    # TODO batches: shuffle, then cut
    raise NotImplementedError("batches")


# %%
print([batch.tolist() for batch in batches(10, 4, np.random.default_rng(0))])

# %% [markdown]
# ## One step


# %%
def descend(weights, slopes, rate):
    """New weights, one step of this rate downhill."""
    # TODO descend: against the slope
    raise NotImplementedError("descend")


# %% [markdown]
# ## It learns
# Two sonnets, as letters and spaces. Watch the loss start where knowing nothing stands, and fall.

# %%
kept = [c if c in LETTERS else " " for c in Path("verse.txt").read_text().lower().replace("'", "")]
text = " ".join("".join(kept).split())
numbers = np.array([LETTERS.index(c) for c in text])
windows = np.stack([numbers[i : len(numbers) - SEEN + i] for i in range(SEEN)], axis=1)
inputs = np.eye(len(LETTERS))[windows].reshape(len(windows), -1)  # (N, 3·27): one-hot letters
targets = numbers[SEEN:]
print(f"{len(inputs):,} examples, the first: {text[:SEEN]!r} → {text[SEEN]!r}")

# %%
model, history = new_weights(inputs.shape[1], 48, len(LETTERS)), []
rng = np.random.default_rng(0)
for epoch in range(101):
    if epoch % 20 == 0:
        history.append(cross_entropy(forward(model, inputs)[1], targets))
        print(f"epoch {epoch:3d}   loss {history[-1]:.3f} nats a letter")
    for batch in batches(len(inputs), 32, rng):
        model = descend(model, backward(model, inputs[batch], targets[batch]), rate=0.15)


# %%
def write(model, begin, n_letters, seed=0):
    """Letters drawn from the model, one after another."""
    draw = np.random.default_rng(seed)
    said = begin
    for _ in range(n_letters):
        x = np.eye(len(LETTERS))[[LETTERS.index(c) for c in said[-SEEN:]]].reshape(1, -1)
        scores = forward(model, x)[1][0] / 0.7  # a little bolder than the model is
        p = np.exp(scores - scores.max())
        said += LETTERS[draw.choice(len(LETTERS), p=p / p.sum())]
    return said


print("before:", write(new_weights(inputs.shape[1], 48, len(LETTERS)), "sha", 60))
print("after: ", write(model, "sha", 60))
