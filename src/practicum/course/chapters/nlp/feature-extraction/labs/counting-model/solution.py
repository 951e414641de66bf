# %% [markdown]
# # A language model made of counts
# No weights, no gradients: you count which word follows which, meet the unseen, and mend it
# twice, once badly and once well. In the end it writes.

# %%
import math
import random
import re
from collections import Counter, defaultdict
from importlib import resources

BEGIN, END, UNKNOWN = "<s>", "</s>", "<unk>"


def corpus_lines():
    """The spoken lines of Shakespeare as lists of lower-case words and punctuation."""
    text = (
        resources.files("practicum.pretrain").joinpath("corpus/shakespeare.txt").read_text("utf-8")
    )
    spoken = [line for line in text.split("\n") if line.strip() and not line.endswith(":")]
    return [re.findall(r"\w+(?:['-]\w+)*|[^\w\s]", line.casefold()) for line in spoken]


LINES = corpus_lines()[:10_000]
OFTEN = {w for w, n in Counter(w for line in LINES[:9_000] for w in line).items() if n > 1}
LINES = [[w if w in OFTEN else UNKNOWN for w in line] for line in LINES]
TRAIN, HELD_OUT = LINES[:9_000], LINES[9_000:]
N_WORDS = len(OFTEN) + 2  # and <unk>, and the end of a line, which is predicted too
print(f"{len(TRAIN):,} lines to count, {len(HELD_OUT):,} held out, {N_WORDS:,} different words")

# %% [markdown]
# ## N-grams


# %%
def ngrams(line, n):
    """All runs of n words of a line, as tuples: one for every word and one for END.

    The line gets n − 1 times BEGIN before it and one END behind it.
    """
    padded = [BEGIN] * (n - 1) + line + [END]
    return [tuple(padded[i : i + n]) for i in range(len(padded) - n + 1)]


# %%
for n in (1, 2, 3):
    print(n, ngrams(["speak", ",", "speak"], n))

# %% [markdown]
# ## Counting


# %%
def count(lines, n):
    """A table: for every context (the first n − 1 words) a Counter of the words after it."""
    table = defaultdict(Counter)
    for line in lines:
        for *context, word in ngrams(line, n):
            table[tuple(context)][word] += 1
    return dict(table)


# %%
TABLES = {n: count(TRAIN, n) for n in (1, 2, 3)}
print("after 'my lord':", TABLES[3][("my", "lord")].most_common(5))
GRAMS = [g for line in HELD_OUT for g in ngrams(line, 3)]
unseen = sum(g[-1] not in TABLES[3].get(g[:-1], {}) for g in GRAMS)
print(f"{unseen / len(GRAMS):.0%} of the held-out trigrams never came before")

# %% [markdown]
# ## Add-k smoothing


# %%
def add_k(table, context, word, k, n_words):
    """The probability of the word after the context, when every one of n_words words
    is counted k times more than it came. With k = 0 and an unseen context it is 0.
    """
    followers = table.get(context, Counter())
    total = followers.total() + k * n_words
    return (followers[word] + k) / total if total else 0.0


# %%
for k in (0, 0.01, 1):
    print(f"k = {k:<5} P(lord | my) = {add_k(TABLES[2], ('my',), 'lord', k, N_WORDS):.4f}")

# %% [markdown]
# ## Perplexity


# %%
def perplexity(probabilities):
    """The inverse of the geometric mean; infinite if any probability is 0."""
    if min(probabilities) == 0:
        return math.inf
    return math.exp(-sum(math.log(p) for p in probabilities) / len(probabilities))


# %%
def add_k_perplexity(lines, n, k):
    """Perplexity of an add-k model on lines."""
    grams = [g for line in lines for g in ngrams(line, n)]
    return perplexity([add_k(TABLES[n], g[:-1], g[-1], k, N_WORDS) for g in grams])


print("        n     " + "".join(f"k={k:<8}" for k in (0, 0.01, 1)))
for n in (1, 2, 3):
    for name, lines in [("train", TRAIN[:150]), ("held out", HELD_OUT[:150])]:
        row = "".join(f"{add_k_perplexity(lines, n, k):<10.1f}" for k in (0, 0.01, 1))
        print(f"{name:>8}  {n}   {row}")

# %% [markdown]
# ## Kneser and Ney's question
# When the long context is unknown, ask a shorter one. But do not ask how *often* a word came:
# ask after how many *different* words it came.


# %%
def continuations(lines, n):
    """As `count(lines, n)`, but every n-gram counts once for each different word before it.

    The distinct runs of n + 1 words, each without its first word, are what is counted.
    """
    distinct = {gram for line in lines for gram in ngrams(line, n + 1)}
    table = defaultdict(Counter)
    for _, *context, word in distinct:
        table[tuple(context)][word] += 1
    return dict(table)


# %%
once, times = continuations(TRAIN, 1)[()], TABLES[1][()]
for word in ["lord", "hour", "thee", "sweet"]:
    print(f"{word:>6} comes {times[word]:>4} times, after {once[word]:>3} different words")

# %% [markdown]
# ## Interpolated Kneser-Ney


# %%
def kneser_ney(tables, context, word, discount=0.75):
    """The probability of the word after the context.

    `tables[n]` is the table for contexts of n − 1 words. Without a context: the word's share of
    tables[1]. With one that its table has not: what a context without its first word says. Else,
    with c the word's count there, t the total and f the number of different followers:
    max(c − discount, 0) / t  +  discount · f / t · (what the shorter context says).
    """
    if not context:
        followers = tables[1][()]
        return followers[word] / followers.total()
    shorter = kneser_ney(tables, context[1:], word, discount)
    followers = tables[len(context) + 1].get(context)
    if followers is None:
        return shorter
    total = followers.total()
    kept = max(followers[word] - discount, 0) / total
    return kept + discount * len(followers) / total * shorter


# %%
KN = {1: continuations(TRAIN, 1), 2: continuations(TRAIN, 2), 3: TABLES[3]}
GRAMS = [g for line in HELD_OUT[:150] for g in ngrams(line, 3)]
smooth = perplexity([kneser_ney(KN, g[:-1], g[-1]) for g in GRAMS])
print(f"the same held-out lines, n = 3, by Kneser and Ney: {smooth:.1f}")

chance = random.Random(7)
for _ in range(4):
    said = [BEGIN, BEGIN]
    while said[-1] != END and len(said) < 20:
        nexts = TABLES[3][tuple(said[-2:])]
        said.append(chance.choices(list(nexts), list(nexts.values()))[0])
    print("  ", *said[2:-1])

# %% [markdown]
# ## The same counts catch a cheat
# Long runs of words hardly ever come twice by chance. So if a test question shares one with the
# training data, it was copied.


# %%
def shared(test, train, n):
    """The share of the test text's distinct runs of n words that the training text has too.

    test and train are lists of words, unpadded. A test of fewer than n words shares nothing: 0.
    """
    mine = {tuple(test[i : i + n]) for i in range(len(test) - n + 1)}
    theirs = {tuple(train[i : i + n]) for i in range(len(train) - n + 1)}
    return len(mine & theirs) / len(mine) if mine else 0.0


# %%
flat = [w for line in TRAIN for w in line]
honest = [w for line in HELD_OUT for w in line]
leaked = honest[:2000] + flat[5000:5200] + honest[2000:]
for n in (1, 2, 4, 8, 13):
    print(
        f"n = {n:>2}: honest {shared(honest, flat, n):7.2%}   with a leak {shared(leaked, flat, n):7.2%}"
    )
