# %% [markdown]
# # Four reviews that no line can sort
# A film is "good", "not good", "bad" or "not bad". Two questions describe each review: is there a
# "not", and is the adjective "bad" (1) or "good" (0)? Which of the four are praise?

# %%
import itertools

import numpy as np

REVIEWS = ("good", "not good", "bad", "not bad")
X = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])  # (is there "not", is it "bad")
PRAISE = np.array([True, False, False, True])


def relu(x):
    """x where it is positive, else 0."""
    return np.maximum(x, 0.0)


def straight(x):
    """No bend at all."""
    return x


# %% [markdown]
# ## A layer
# A layer of N neurons over I inputs is a matrix of shape (N, I), one row for each neuron, and N
# biases, as PyTorch keeps them. The batch has shape (B, I).


# %%
def layer(x, weights, bias, activation):
    """What every neuron says about every example.  Shapes: (B, I), (N, I), (N,) → (B, N)."""
    return activation(x @ weights.T + bias)


# %%
by_word = layer(X, np.array([[-1.0, -1.0]]), np.array([0.5]), straight)
for review, score in zip(REVIEWS, by_word[:, 0], strict=True):
    print(f"{review:9s} {score:+.1f}  {'praise' if score > 0 else 'blame'}")

# %% [markdown]
# ## The best that a line can do
# Blaming both words gets one review wrong. Are there better weights? Try them all: every pair of
# weights and every bias of the grid. (The lesson proves that a finer grid would not help.)


# %%
def best_line(labels, grid):
    """The largest share of the four labels that w·x + b > 0 gets right, weights and bias from the grid."""
    best = 0.0
    for w_not, w_bad, b in itertools.product(grid, repeat=3):
        predicted = X @ np.array([w_not, w_bad]) + b > 0
        best = max(best, float((predicted == labels).mean()))
    return best


# %%
GRID = (-2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0)
print("the four reviews: at best", best_line(PRAISE, GRID))
every = [np.array(labels) for labels in itertools.product((False, True), repeat=4)]
beyond = [labels for labels in every if best_line(labels, GRID) < 1]
print(
    f"of {len(every)} ways to label four points, {len(every) - len(beyond)} can be cut by a line; these cannot:"
)
for labels in beyond:
    print(
        "   praise for",
        " and ".join(r for r, is_praise in zip(REVIEWS, labels, strict=True) if is_praise),
    )

# %% [markdown]
# ## More layers do not help by themselves
# A layer without a bend, then another: is that more than one layer? Melt the two into one.


# %%
def collapse(w1, b1, w2, b2):
    """The weights and bias of the one layer that does what the two linear layers do."""
    return w2 @ w1, w2 @ b1 + b2


# %%
rng = np.random.default_rng(0)
w1, b1, w2, b2 = (
    rng.normal(size=(1000, 2)),
    rng.normal(size=1000),
    rng.normal(size=(1, 1000)),
    rng.normal(size=1),
)
w, b = collapse(w1, b1, w2, b2)
deep = layer(layer(X, w1, b1, straight), w2, b2, straight)
print(f"1,000 hidden neurons, {w1.size + b1.size + w2.size + b2.size:,} numbers; melted: {w.size + b.size} numbers,",
      f"largest difference {np.abs(deep - layer(X, w, b, straight)).max():.1e}")  # fmt: skip

# %% [markdown]
# ## Bend it
# Two hidden ReLU neurons are enough. Choose their weights by hand, so that praise scores above
# zero and blame below.


# %%
def hidden_layer():
    """Weights of a network that sorts all four: w1 (2, 2), b1 (2,), w2 (1, 2), b2 (1,)."""
    w1 = np.array([[1.0, -1.0], [-1.0, 1.0]])
    b1 = np.array([0.0, 0.0])
    w2 = np.array([[-1.0, -1.0]])
    b2 = np.array([0.5])
    return w1, b1, w2, b2


# %%
w1, b1, w2, b2 = hidden_layer()
hidden = layer(X, w1, b1, relu)
for review, h, score in zip(REVIEWS, hidden, layer(hidden, w2, b2, straight)[:, 0], strict=True):
    print(f"{review:9s} hidden {h}  score {score:+.2f}  {'praise' if score > 0 else 'blame'}")

# %% [markdown]
# ## Luck instead of design
# Now choose the hidden weights at random and fit the readout only, by least squares. How many random
# neurons until this works nearly always? Guess before you run it.


# %%
def fit_readout(hidden, target):
    """Weights and bias of the best linear readout.  Shapes: (B, N), (B,) → (N,) and a number."""
    columns = np.hstack([hidden, np.ones((len(hidden), 1))])
    found = np.linalg.lstsq(columns, target, rcond=None)[0]
    return found[:-1], float(found[-1])


# %%
def lucky(n_hidden, activation, n_tries=300):
    """The share of random hidden layers whose fitted readout sorts all four reviews."""
    draw = np.random.default_rng(n_hidden)
    target = np.where(PRAISE, 1.0, -1.0)
    n_right = 0
    for _ in range(n_tries):
        h = layer(X, draw.normal(size=(n_hidden, 2)), draw.normal(size=n_hidden), activation)
        w, b = fit_readout(h, target)
        n_right += bool(((h @ w + b > 1e-9) == PRAISE).all())
    return n_right / n_tries


# %%
print("hidden neurons   solved with ReLU   solved without a bend")
for n in (1, 2, 3, 4, 6, 8, 16):
    print(f"{n:14d}   {lucky(n, relu):16.0%}   {lucky(n, straight):21.0%}")

# %% [markdown]
# ## Counting
# The size of a model is the number of its weights and biases. Count those of a stack of layers from
# the widths alone: `[2, 2, 1]` is the network you built.


# %%
def n_parameters(widths, with_bias=True):
    """Weights and biases of fully connected layers of these widths, inputs first."""
    pairs = list(itertools.pairwise(widths))
    return sum(a * b for a, b in pairs) + (sum(b for _, b in pairs) if with_bias else 0)


# %%
print("your network:", n_parameters([2, 2, 1]))
gate_up_down = n_parameters([576, 1536], False) * 2 + n_parameters([1536, 576], False)
print(
    f"SmolLM2-135M, 30 blocks of gate, up and down without biases: {30 * gate_up_down:,} of 134,515,008"
)
