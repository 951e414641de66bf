# %% [markdown]
# # Shapes that lie, and a Shakespeare of counts
# Seven small functions that every language model's code contains in some form. Most of the ways to
# get them wrong raise no error, so look at what each cell prints.

# %%
from importlib.resources import files

import numpy as np

rng = np.random.default_rng(0)

# %% [markdown]
# ## A loss that cannot be fooled
# `y - p` works for shapes (100,) and (100, 1), and gives ten thousand differences. A loss should
# refuse instead.


# %%
def squared_error(predictions, targets):
    """Mean of the squared differences.  Raises ValueError when the shapes differ."""
    # TODO squared_error: refuse shapes that differ, then average the squares
    raise NotImplementedError("squared_error")


# %%
targets = rng.normal(size=100)
careless = ((targets.reshape(100, 1) - targets) ** 2).mean()
print(f"a perfect model, carelessly scored: {careless:.2f}")
print(f"the same model, scored by you: {squared_error(targets, targets):.2f}")
try:
    squared_error(targets.reshape(100, 1), targets)
except ValueError as error:
    print("refused:", error)

# %% [markdown]
# ## Scores to chances
# Softmax of every row: exponentials divided by their sum. It must work for a vector, for a matrix
# of attention scores, and for a batch of them, and must survive a score of 1,000.


# %%
def softmax(scores):
    """Chances along the last axis.  Shapes: any → the same."""
    # TODO softmax: exponentials divided by their sum, row by row, without overflow
    raise NotImplementedError("softmax")


# %%
scores = rng.normal(size=(3, 3))
wrong = np.exp(scores) / np.exp(scores).sum(axis=1)
print("rows of attention should add up to one")
print("  dividing by .sum(axis=1):", wrong.sum(axis=1).round(2))
print("  yours:                   ", softmax(scores).sum(axis=1).round(2))

# %% [markdown]
# ## Who may look at whom
# A decoder's token sees itself and what came before. As a table of True and False, row i is the
# token that looks.


# %%
def causal_mask(n_tokens):
    """Whether token i may look at token j.  Shapes: → (T, T)."""
    # TODO causal_mask: compare positions with positions
    raise NotImplementedError("causal_mask")


# %%
T = 5
attention = softmax(np.where(causal_mask(T), rng.normal(size=(T, T)), -np.inf))
for word, row in zip(("To", "be", "or", "not", "to"), attention, strict=True):
    print(f"{word:4s}", "  ".join(f"{chance:4.0%}" for chance in row))

# %% [markdown]
# ## The mean over tokens
# A batch is a rectangle, sentences are not: short ones are padded. `mask` says which places hold a
# token. The loss of a batch is the mean over tokens, not over places and not over sentences.


# %%
def token_mean(losses, mask):
    """The mean loss of the places where mask is true.  Shapes: (B, T), (B, T) → a number."""
    # TODO token_mean: sum over tokens, divided by how many there are
    raise NotImplementedError("token_mean")


# %%
losses = np.array([[4.0, 4.0, 0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0, 1.0, 1.0]])
mask = np.array([[1, 1, 0, 0, 0, 0], [1, 1, 1, 1, 1, 1]])
by_sentence = (losses * mask).sum(axis=1) / mask.sum(axis=1)
print("mean of all places:     ", losses.mean())
print("mean of sentence means: ", by_sentence.mean())
print("mean of the tokens:     ", token_mean(losses, mask))

# %% [markdown]
# ## Ids in as few bytes as they need
# Corpora are stored as arrays of token ids. Half the bytes is half the disk; one bit too few, and
# the ids wrap around without a word.


# %%
def narrowest(ids):
    """The ids as uint8, uint16 or uint32, whichever is the first to hold them all.

    Raises ValueError for a negative id.
    """
    # TODO narrowest: the first unsigned type whose end is not below the largest id
    raise NotImplementedError("narrowest")


# %%
text = files("practicum.pretrain").joinpath("corpus/shakespeare.txt").read_text("utf-8")
alphabet = sorted(set(text))
index = {character: i for i, character in enumerate(alphabet)}
ids = np.array([index[character] for character in text])
stored = narrowest(ids)
print(
    f"{len(ids):,} characters: {ids.nbytes:,} bytes as {ids.dtype}, {stored.nbytes:,} as {stored.dtype}"
)
llama = np.array([128_000, 9906, 1917])  # "<|begin_of_text|>Hello world" for Llama 3
print("Llama 3's ids forced into uint16:", llama.astype(np.uint16), " yours:", narrowest(llama))

# %% [markdown]
# ## A million windows that weigh nothing
# Training reads windows of T ids, and as targets the same ids moved by one. Copied out they would
# fill gigabytes. As views they share the corpus' own bytes.


# %%
def windows(ids, n_tokens):
    """Every window of T ids and its targets, as views.  Shapes: (N,) → (N - T, T) twice."""
    # TODO windows: views of T + 1 neighbours, cut twice
    raise NotImplementedError("windows")


# %%
inputs, shifted = windows(ids[:10_000], 256)  # a copy of all windows would not fit
own = 0 if np.shares_memory(inputs, ids) else inputs.nbytes
print(f"{len(inputs):,} windows of {inputs.shape[1]} ids, {own:,} bytes of their own")
print(f"all of the plays, copied: {(len(ids) - 256) * 256 * ids.itemsize / 1e9:.1f} GB")
print("input :", "".join(alphabet[i] for i in inputs[0, :30]).replace("\n", "/"))
print("target:", "".join(alphabet[i] for i in shifted[0, :30]).replace("\n", "/"))

# %% [markdown]
# ## A language model by counting
# Count which character follows which, all pairs at once. A row, divided by its sum, is what the
# simplest language model expects next.


# %%
def bigram_counts(ids, n_ids):
    """How often id b follows id a, at [a, b].  Shapes: (N,) → (V, V)."""
    # TODO bigram_counts: add one for every pair, repeated pairs each time
    raise NotImplementedError("bigram_counts")


# %%
counts = bigram_counts(ids, len(alphabet))
chances = counts / counts.sum(axis=1, keepdims=True).clip(1)
for character in "qthz":
    best = np.argsort(-counts[index[character]])[:4]
    told = ", ".join(f"{alphabet[i]!r} {chances[index[character], i]:.0%}" for i in best)
    print(f"after {character!r}: {told}")
nats = -np.log(chances[ids[:-1], ids[1:]]).mean()
print(f"mean surprise: {nats:.3f} nats a character; knowing nothing: {np.log(len(alphabet)):.3f}")
at, written = index["\n"], ""
for _ in range(160):
    at = rng.choice(len(alphabet), p=chances[at])
    written += alphabet[at]
print(written)
