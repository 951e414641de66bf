# %% [markdown]
# # Lines, and a probe that finds names
# Linear and logistic regression from nothing but NumPy, held against scikit-learn. At the end your
# logistic regression becomes a *probe*: it reads from vectors of words, made by counting, whether a word is a name.

# %%
import re
from collections import Counter
from importlib.resources import files

import numpy as np
from sklearn.datasets import load_breast_cancer, load_diabetes

# %% [markdown]
# ## The best line
# Ten measurements of 442 patients, and how far their diabetes had gone a year later. Find the
# weights and the bias whose predictions `X @ weights + bias` have the least squared error.


# %%
def fit_line(X, y):
    """Weights and bias of least squares.  Shapes: (N, C), (N,) → (C,) and a number."""
    # TODO fit_line: least squares with a column of ones
    raise NotImplementedError("fit_line")


# %%
diabetes = load_diabetes()
weights, bias = fit_line(diabetes.data[:300], diabetes.target[:300])
print(
    f"bias {bias:.1f}, which is nearly the mean of the targets, {diabetes.target[:300].mean():.1f}"
)
for i in np.argsort(-abs(weights))[:4]:
    print(f"  {diabetes.feature_names[i]:4s} {weights[i]:+7.0f}")

# %% [markdown]
# ## How good is it?
# One minus the squared errors, divided by the squared errors of a model that always says the mean.


# %%
def r_squared(y, predictions):
    """The share of the targets' squared spread that the predictions explain."""
    # TODO r_squared: one minus what is left, over what there was
    raise NotImplementedError("r_squared")


# %%
weights, bias = fit_line(diabetes.data[:300], diabetes.target[:300])
for name, part in (("seen", slice(None, 300)), ("unseen", slice(300, None))):
    guess = diabetes.data[part] @ weights + bias
    print(f"{name:6s} patients: R² = {r_squared(diabetes.target[part], guess):.3f}")

# %% [markdown]
# ## From a score to a chance
# The sigmoid, $1 / (1 + e^{-z})$, for any array of scores. It must survive scores of plus and minus a thousand.


# %%
def sigmoid(z):
    """Chances of scores, elementwise, without overflow."""
    # TODO sigmoid: exp of nothing positive
    raise NotImplementedError("sigmoid")


# %%
for z in (-1000, -2, 0, 2, 1000):
    print(f"score {z:5d}: chance {sigmoid(z):.4f}")

# %% [markdown]
# ## Which way is uphill?
# The loss of logistic regression, as scikit-learn defines it: the *sum* of $-\log$ of the chance given to
# each true label, plus `penalty / 2` times the sum of squared weights. Labels are 0 and 1.


# %%
def gradient(weights, bias, X, y, penalty):
    """Slope of the penalised log loss.  Shapes: (C,), (), (N, C), (N,) → (C,) and a number."""
    # TODO gradient: the slopes of the sum of the losses, and of the penalty
    raise NotImplementedError("gradient")


# %%
rng = np.random.default_rng(0)
X, y = rng.normal(size=(6, 2)), np.array([0, 1, 0, 1, 1, 0])
print("at zero:", gradient(np.zeros(2), 0.0, X, y, 1.0))

# %% [markdown]
# ## Downhill
# Start at zero and take `n_steps` steps against the gradient, each of the length that `safe_rate` allows.


# %%
def safe_rate(X, penalty):
    """A step length at which the loss can only fall: one over its largest curvature."""
    widened = np.hstack([X, np.ones((len(X), 1))])
    return 1.0 / (np.linalg.norm(widened, 2) ** 2 / 4 + penalty)


def fit_logistic(X, y, penalty=1.0, n_steps=4000):
    """Weights and bias of logistic regression, by gradient descent from zero."""
    # TODO fit_logistic: n_steps steps downhill from zero
    raise NotImplementedError("fit_logistic")


# %%
cancer = load_breast_cancer()
seen = cancer.data[:400]
X = (cancer.data - seen.mean(axis=0)) / seen.std(axis=0)
weights, bias = fit_logistic(X[:400], cancer.target[:400])
right = (X[400:] @ weights + bias > 0) == cancer.target[400:]
print(f"{right.mean():.1%} of {len(right)} unseen tumours told right")

# %% [markdown]
# ## A probe
# Every word of the plays becomes a vector: how often each of 400 common words stands right before it, and right
# after. Letters are lower case throughout, so nothing in the vector says that a word is written with a capital.
# Can a line read off which words are names?


# %%
def word_vectors(n_words=2000, n_common=400):
    """Words, their vectors of neighbours, and whether they are names."""
    text = files("practicum.pretrain").joinpath("corpus/shakespeare.txt").read_text("utf-8")
    said = "\n".join(speech.partition(":\n")[2] for speech in text.split("\n\n"))
    tokens = re.findall(r"[A-Za-z']+", said)
    lower = [token.lower() for token in tokens]
    counts = Counter(lower)
    capital = Counter(token.lower() for token in tokens if token[0].isupper())
    words = [word for word, _ in counts.most_common(n_words)]
    is_name = np.array([capital[w] > 0.9 * counts[w] and len(w) > 2 for w in words])
    number = {word: i for i, word in enumerate(words)}
    ids = np.array([number.get(word, -1) for word in lower])
    vectors = np.zeros((n_words, 2 * n_common))
    for one, other, first in ((ids[1:], ids[:-1], 0), (ids[:-1], ids[1:], n_common)):
        known = (one >= 0) & (other >= 0) & (other < n_common)
        np.add.at(vectors, (one[known], other[known] + first), 1)
    return words, np.sqrt(vectors / vectors.sum(axis=1, keepdims=True).clip(1)), is_name


# %%
words, vectors, is_name = word_vectors()
rng = np.random.default_rng(0)
names = np.flatnonzero(is_name)
others = rng.choice(np.flatnonzero(~is_name[100:]) + 100, len(names), replace=False)
chosen = rng.permutation(np.concatenate([names, others]))
cut = len(chosen) * 2 // 3
train, test = chosen[:cut], chosen[cut:]
print(
    f"{len(names)} names and as many other words, {vectors.shape[1]} numbers each; {len(test)} kept for the test"
)

# %% [markdown]
# A probe with more numbers than examples can learn anything by heart. So judge it beside a twin that was
# trained on shuffled labels. Selectivity is how much more of the test words the true probe gets right.


# %%
def selectivity(X, y, X_test, y_test, rng, penalty=0.1):
    """Share of test labels right for a probe of y, minus that of a probe of y in random order."""

    # TODO selectivity: test share of a probe of y, minus that of a probe of shuffled y
    raise NotImplementedError("selectivity")


# %%
y, y_test = is_name[train].astype(int), is_name[test].astype(int)
weights, bias = fit_logistic(vectors[train], y, penalty=0.1)
scores = vectors[test] @ weights + bias
print(f"the probe tells {((scores > 0) == y_test).mean():.0%} of the test words right")
order = np.argsort(scores)
print("surest of a name:   ", ", ".join(words[test[i]] for i in order[::-1][:8]))
print("surest of the other:", ", ".join(words[test[i]] for i in order[:8]))
shuffled = rng.permutation(y)
by_heart, bias = fit_logistic(vectors[train], shuffled, penalty=0.1)
print(
    f"random labels learnt by heart: {((vectors[train] @ by_heart + bias > 0) == shuffled).mean():.0%}"
)
print(f"selectivity: {selectivity(vectors[train], y, vectors[test], y_test, rng):+.2f}")
