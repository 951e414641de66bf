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
    names = sorted(scores, key=scores.get)
    _, axes = plt.subplots(figsize=(6, 2.5))
    axes.barh(names, [scores[name] for name in names])
    axes.set_xlim(left=0)
    axes.set_xlabel(unit)
    axes.set_title(claim)
    return axes


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
    low, value, high = np.array(list(scores.values())).T
    _, axes = plt.subplots(figsize=(6, 3))
    axes.errorbar(list(scores), value, yerr=[value - low, high - value], fmt="o", capsize=4)
    axes.set_ylabel(unit)
    axes.set_title(claim)
    return axes


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
    _, axes = plt.subplots(figsize=(6, 3.2))
    for name, curve in curves.items():
        read, loss = zip(*curve, strict=True)
        axes.plot(read, loss, marker=".", label=name)
    axes.set_xscale("log")
    axes.set_xlabel("text read (characters)")
    axes.set_ylabel("loss (nats per character)")
    axes.set_title(claim)
    axes.legend()
    return axes


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
    ordered = np.sort(np.asarray(counts))[::-1]
    _, axes = plt.subplots(figsize=(6, 3.2))
    axes.plot(np.arange(1, len(ordered) + 1), ordered)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("rank of the word")
    axes.set_ylabel("occurrences")
    axes.set_title(claim)
    return axes


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
    figure, axes = plt.subplots(figsize=(5, 4))
    image = axes.imshow(chances)
    axes.set_xticks(range(len(names)), names)
    axes.set_yticks(range(len(names)), names)
    axes.set_xlabel("next character")
    axes.set_ylabel("character")
    axes.set_title(claim)
    figure.colorbar(image, label="chance (fraction)")
    return axes


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
    edges = np.histogram_bin_edges(np.concatenate(list(groups.values())), bins=20)
    figure, row = plt.subplots(
        1, len(groups), sharex=True, sharey=True, figsize=(8, 2.6), squeeze=False
    )
    for axes, (name, values) in zip(row[0], groups.items(), strict=True):
        axes.hist(values, bins=edges)
        axes.set_title(name)
        axes.set_xlabel(unit)
    row[0][0].set_ylabel("speeches")
    figure.suptitle(claim)
    return figure


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
