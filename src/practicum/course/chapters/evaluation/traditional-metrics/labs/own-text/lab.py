# %% [markdown]
# # Graded on its own essay
# A model of characters is rounded to fewer and fewer bits. A well-read tutorial measured such damage by letting every
# version write a text and score its own. You repeat that, see what comes out, and repair it.

# %%
from importlib import resources

import numpy as np

TEXT = resources.files("practicum.pretrain").joinpath("corpus/shakespeare.txt").read_text("utf-8")
CHARACTERS = sorted(set(TEXT))
IDS = np.array([CHARACTERS.index(c) for c in TEXT[:400_000]])
COUNTED, HELD_OUT = IDS[:370_000], IDS[370_000:]
N = len(CHARACTERS)

# %% [markdown]
# ## The model, and its rounded versions
# Given. The weights are a table: `model[a, b, c]` is the chance of character c after a and b. Rounding is *absmax*: in
# every row the largest weight becomes the largest whole number that the bits allow, and all others whole steps below
# it. A thousandth of the belief is spread evenly, so that nothing is impossible.


# %%
def count(ids):
    """The chances of a character after two others."""
    two, three = np.zeros((N, N)), np.zeros((N, N, N))
    np.add.at(two, (ids[:-1], ids[1:]), 1)
    np.add.at(three, (ids[:-2], ids[1:-1], ids[2:]), 1)
    shorter = (two + 0.1) / (two + 0.1).sum(-1, keepdims=True)
    return (three + 5 * shorter) / (three.sum(-1, keepdims=True) + 5)


def rounded(chances, bits):
    """The chances rounded row by row to a signed whole number of so many bits; None: not rounded."""
    if bits:
        step = chances.max(-1, keepdims=True) / (2 ** (bits - 1) - 1)
        chances = np.round(chances / step) * step
    chances = chances / chances.sum(-1, keepdims=True)
    return 0.999 * chances + 0.001 / N


WEIGHTS = count(COUNTED)
MODELS = {"full": rounded(WEIGHTS, None)}
MODELS |= {f"{bits} bits": rounded(WEIGHTS, bits) for bits in (8, 6, 4, 3, 2)}


def write(model, length, seed):
    """Characters (as numbers) that a model writes after an empty line."""
    rng, sums = np.random.default_rng(seed), model.cumsum(-1)
    out = [0, 0]
    for u in rng.random(length):
        row = sums[out[-2], out[-1]]
        out.append(min(int(np.searchsorted(row, u * row[-1])), N - 1))
    return np.array(out)


for name in ("full", "4 bits", "2 bits"):
    words = "".join(CHARACTERS[i] for i in write(MODELS[name], 150, 1))
    print(f"{name:>7}:", " ".join(words.split())[:95])

# %% [markdown]
# ## Perplexity of a table


# %%
def perplexity(model, ids):
    """The perplexity of a model over every character of a text after the second.

    Shapes  model: (N, N, N); ids: (T,).
    """
    # TODO perplexity: the chance of every character that came, then the geometric mean's inverse
    raise NotImplementedError("perplexity")


# %%
print(f"counted text {perplexity(MODELS['full'], COUNTED):.2f},",
      f"held-out text {perplexity(MODELS['full'], HELD_OUT):.2f}")  # fmt: skip

# %% [markdown]
# ## The mistake
# Before you run it: which version will look best?


# %%
def on_own_text(models, length, seed):
    """{name: perplexity of the model on what it writes itself}, by `write` with this length and seed."""
    # TODO on_own_text: every model writes, and scores what it wrote
    raise NotImplementedError("on_own_text")


# %% [markdown]
# ## The repair


# %%
def on_one_text(models, ids):
    """{name: perplexity of the model on this text}: the same for all."""
    # TODO on_one_text: every model scores the text that is given
    raise NotImplementedError("on_one_text")


# %%
own, same = on_own_text(MODELS, 3000, 0), on_one_text(MODELS, HELD_OUT)
print("            own text   held-out text")
for name in MODELS:
    print(f"{name:>8} {own[name]:11.2f} {same[name]:15.2f}")

# %% [markdown]
# ## A finer instrument
# Perplexity looks only at the chance of what came. The Kullback–Leibler divergence compares the whole belief with that
# of the parent, at every place. This is what `practicum evaluate` prints beside a parent.


# %%
def divergence(parent, model, ids):
    """Mean KL(parent ‖ model) in nats, over the places of a text that `perplexity` scores."""
    # TODO divergence: the parent's row and the model's row at every place
    raise NotImplementedError("divergence")


# %%
for name, model in MODELS.items():
    kl = divergence(MODELS["full"], model, HELD_OUT[:5000])
    print(f"{name:>8}  KL to the parent {kl:7.4f}  perplexity {perplexity(model, HELD_OUT):7.2f}")
