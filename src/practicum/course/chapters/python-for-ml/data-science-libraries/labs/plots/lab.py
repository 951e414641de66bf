# %% [markdown]
# # Six figures that say what they mean
# A figure is graded like any other result: is a bar as long as its number, does the whisker end where
# the interval ends, are the axes named? Every task returns what it drew, and the checks look at it. In a
# terminal the cells show a sketch; in a notebook use `plt.show()`.

# %%
from importlib.resources import files

import matplotlib.pyplot as plt
import numpy as np

from practicum.measure.sketch import sketch

text = files("practicum.pretrain").joinpath("corpus/shakespeare.txt").read_text("utf-8")
alphabet, ids = np.unique(np.frombuffer(text.encode("ascii"), np.uint8), return_inverse=True)


def look(figure):
    """Print the figure: its words, and a sketch of its marks."""
    for axes in figure.axes:
        axes.patch.set_visible(False)
        print(f"{axes.get_title()} | across: {axes.get_xlabel()} | up: {axes.get_ylabel()}")
    figure.patch.set_visible(False)
    print(sketch(figure))
    plt.close(figure)


# %% [markdown]
# ## Bars begin at zero
# A bar's length is read as its value. Draw horizontal bars, the best on top, and give the axes the claim
# as a title and `unit` as the name of the axis of numbers.


# %%
def score_bars(scores, claim, unit):
    """Axes with a horizontal bar for each name of `scores`, the largest on top."""
    # TODO score_bars: sorted names, horizontal bars from zero, the claim and the unit
    raise NotImplementedError("score_bars")


# %%
first_life = {
    "base": 0.0,
    "tuned": 62.3,
    "aligned": 63.0,
    "linear": 63.3,
    "slerp": 64.3,
    "q4": 47.0,
}
look(score_bars(first_life, "Tuning brings the gain, four bits cost", "accuracy (%)").figure)

# %% [markdown]
# ## How sure is each of them?
# Each model answered 300 questions. Draw a dot with its 95 % interval for each, given as (low, value, high).
# Names go across, in the order of the dictionary.


# %%
def intervals(scores, claim, unit):
    """Axes with a dot and a whisker for each name; `scores` gives (low, value, high)."""
    # TODO intervals: dots with whiskers; yerr wants distances
    raise NotImplementedError("intervals")


# %%
sure = {
    "tuned": (56.7, 62.3, 67.6),
    "aligned": (57.4, 63.0, 68.3),
    "slerp": (58.8, 64.3, 69.5),
    "q4": (41.4, 47.0, 52.6),
}
look(intervals(sure, "Only four bits stand apart", "accuracy (%), 95 % interval").figure)

# %% [markdown]
# ## Learning curves
# How much text does a model of counts need? Each curve is a list of (characters read, loss). Use a
# logarithmic x axis, and a legend that names the lines.


# %%
def learning_curves(curves, claim):
    """Axes with a line for each named curve: text read (characters) against loss (nats per character)."""
    # TODO learning_curves: a labelled line for each curve, a logarithmic x axis, names, claim and legend
    raise NotImplementedError("learning_curves")


# %%
def loss_of_counts(context, n_read, smooth=0.1):
    """Loss on the last fifth of the text, after counting what follows `context` characters."""
    V, cut = len(alphabet), len(ids) * 4 // 5
    state = sum(ids[i : len(ids) - context + i] * V ** (context - 1 - i) for i in range(context))
    state = state if context else np.zeros(len(ids), dtype=int)
    follows = ids[context:]
    counts = np.full((V**context, V), smooth)
    np.add.at(counts, (state[:n_read], follows[:n_read]), 1)
    chances = counts / counts.sum(axis=1, keepdims=True)
    return float(-np.log(chances[state[cut:], follows[cut:]]).mean())


# %%
sizes = (100, 1000, 10_000, 100_000, 800_000)
curves = {f"{n} before": [(size, loss_of_counts(n, size)) for size in sizes] for n in (0, 1, 2)}
look(learning_curves(curves, "A longer memory needs more text, then wins").figure)

# %% [markdown]
# ## Zipf's law
# Rank the words of the plays by how often they occur. If both axes are logarithmic, something simple
# appears. Guess what before you look.


# %%
def zipf(counts, claim):
    """Axes with counts against ranks (1 is the most frequent), both logarithmic, as one line."""
    # TODO zipf: counts in falling order against ranks from one, both axes logarithmic
    raise NotImplementedError("zipf")


# %%
words, counts = np.unique(text.lower().split(), return_counts=True)
look(zipf(counts, "Few words do most of the work").figure)
print("the five most frequent:", ", ".join(words[np.argsort(-counts)[:5]]))
print(
    f"{(counts == 1).sum():,} of {len(words):,} words occur once: why tokenizers cut words into pieces"
)

# %% [markdown]
# ## A table as a picture
# `chances[i, j]` is the chance that character j follows character i. Show it: what comes first goes
# down, what follows goes across.


# %%
def heatmap(chances, names, claim):
    """Axes with the table as an image, a tick for each name on both axes, and a colour bar."""
    # TODO heatmap: the image, ticks with names, labels, claim and colour bar
    raise NotImplementedError("heatmap")


# %%
letters = "aeiouthsn"
pairs = np.array([[text.count(a + b) for b in letters] for a in letters], dtype=float)
pairs /= pairs.sum(axis=1, keepdims=True)
seen = heatmap(pairs, list(letters), "Vowels are followed by consonants")
print(f"{seen.get_title()} | down: {seen.get_ylabel()} | across: {seen.get_xlabel()}")
plt.close(seen.figure)
print("     " + "    ".join(letters))
for letter, row in zip(letters, pairs, strict=True):
    print(letter, " ".join(f"{chance:4.0%}" for chance in row))

# %% [markdown]
# ## Small multiples
# One histogram for each speaker, side by side: twenty bins, the same for all, and the same scales,
# or the eye compares nothing.


# %%
def panels(groups, claim, unit):
    """Figure with a histogram for each name of `groups`, in a row, with equal bins and shared axes."""
    # TODO panels: one set of edges, tied axes, a histogram and a name for each group
    raise NotImplementedError("panels")


# %%
said = [speech.partition(":\n") for speech in text.split("\n\n")]
lengths = {
    name: np.log10([len(words) for speaker, _, words in said if speaker == name and words])
    for name in ("ROMEO", "JULIET", "Nurse")
}
look(panels(lengths, "Juliet's speeches are as long as Romeo's", "length (log10 of characters)"))
for name, values in lengths.items():
    print(
        f"{name:7s} {len(values):4d} speeches, half of them longer than {10 ** np.median(values):.0f}"
    )
