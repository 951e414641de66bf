# %% [markdown]
# # Overlap for summaries and translations, execution for code
# Three kinds of task, three ways to grade. In each, something that knows nothing competes with the model. All texts
# are small and were written for this lab.

# %%
import json
import re
from collections import Counter
from copy import deepcopy
from pathlib import Path

ARTICLES = json.loads(Path("articles.json").read_text(encoding="utf-8"))
print(len(ARTICLES), "articles; the first is a", ARTICLES[0]["kind"], "item:")
print(" ", ARTICLES[0]["text"][:78], "…")
print("  reference:", ARTICLES[0]["reference"])

# %% [markdown]
# ## ROUGE-n
# Runs of n words that summary and reference share, with multiplicity, as an F1 (the given `words` cuts both texts).


# %%
def words(text):
    """Small letters and digits, cut into words."""
    return re.findall(r"[a-z0-9]+", text.lower())


def runs(items, n):
    """How often each run of n neighbouring items comes."""
    return Counter(tuple(items[i : i + n]) for i in range(len(items) - n + 1))


def rouge(summary, reference, n):
    """F1 of the runs of n words that both have; 0 when either has none."""
    mine, wanted = runs(words(summary), n), runs(words(reference), n)
    if not mine or not wanted:
        return 0.0
    shared = sum((mine & wanted).values())
    return 2 * shared / (sum(mine.values()) + sum(wanted.values()))


# %%
flipped = ARTICLES[2]
print("reference:", flipped["reference"])
print("model:    ", flipped["model"])
for n in (1, 2):
    print(
        f"ROUGE-{n} {rouge(flipped['model'], flipped['reference'], n):.2f}, and two of its facts are false"
    )

# %% [markdown]
# ## The rival that reads three sentences
# Lead-3: the first three sentences of the article, unchanged. Newspapers put the news first. Do stories?


# %%
def lead(text, n=3):
    """The first n sentences, with their full stops."""
    sentences = re.split(r"(?<=[.?!])\s+", text.strip())
    return " ".join(sentences[:n])


# %%
print("         ROUGE-1         ROUGE-2")
print("         lead-3  model   lead-3  model")
for kind in ("news", "story"):
    some = [a for a in ARTICLES if a["kind"] == kind]
    cells = []
    for n in (1, 2):
        for text in (lambda a: lead(a["text"]), lambda a: a["model"]):
            cells.append(sum(rouge(text(a), a["reference"], n) for a in some) / len(some))
    print(f"{kind:6s}  " + "  ".join(f"{c:6.2f}" for c in cells))

# %% [markdown]
# ## Translation: chrF
# Runs of *characters*, so that *walks* still shares most of *walked*. Spaces are removed. For each length from 1 to
# 6: precision and recall of the runs; average the precisions, average the recalls, and join both averages with a recall
# that counts twice as much (β = 2):  F = (1 + β²)·P·R / (β²·P + R).  Lengths for which either text is too short are
# left out.


# %%
def chrf(given, reference, longest=6, beta=2):
    """The character F-score of a translation, between 0 and 1."""
    mine, wanted = "".join(given.split()), "".join(reference.split())
    precisions, recalls = [], []
    for n in range(1, longest + 1):
        a, b = runs(mine, n), runs(wanted, n)
        if not a or not b:
            continue
        shared = sum((a & b).values())
        precisions.append(shared / sum(a.values()))
        recalls.append(shared / sum(b.values()))
    if not precisions or sum(precisions) + sum(recalls) == 0:
        return 0.0
    p, r = sum(precisions) / len(precisions), sum(recalls) / len(recalls)
    return (1 + beta**2) * p * r / (beta**2 * p + r)


# %%
TRANSLATIONS = [  # source, reference, one system, another
    ("Der Zug ist heute pünktlich.", "The train is on time today.", "The train is punctual today.", "Today the train comes on time."),
    ("Sie hat das Buch nicht gelesen.", "She has not read the book.", "She did not read the book.", "She has read the book."),
    ("Im Garten blühen die Rosen.", "The roses are in bloom in the garden.", "Roses bloom in the garden.", "In garden bloom the rose."),
    ("Wir treffen uns am Freitag um acht.", "We meet on Friday at eight.", "We are meeting Friday at eight.", "We meet at Friday by eight."),
    ("Das Museum ist im Winter geschlossen.", "The museum is closed in winter.", "In winter the museum is closed.", "The museum is in the winter shut."),
]  # fmt: skip
print("copied source  system A  system B")
for source, reference, one, other in TRANSLATIONS:
    scores = [chrf(text, reference) for text in (source, one, other)]
    print("".join(f"{s:10.2f}" for s in scores), "  ", reference)

# %% [markdown]
# ## Code: run it
# Eight answers to "the median of a list of numbers", as a model might have sampled them. A candidate passes when every
# case gives what it should; whatever it raises, it has failed and your loop goes on. Some candidates change the list
# they are given: each call gets a fresh copy. (A real harness also stops endless loops and locks the code up, in a
# process of its own without network or files. These eight are harmless.)


# %%
def passes(candidate, cases):
    """Whether the candidate gives what is wanted in every case (arguments, wanted)."""
    for arguments, wanted in cases:
        try:
            if candidate(*deepcopy(arguments)) != wanted:
                return False
        except Exception:
            return False
    return True


# %%
def sampled_1(xs):
    xs = sorted(xs)
    half = len(xs) // 2
    return xs[half] if len(xs) % 2 else (xs[half - 1] + xs[half]) / 2


def sampled_2(xs):
    return sorted(xs)[len(xs) // 2]


def sampled_3(xs):
    return sum(xs) / len(xs)


def sampled_4(xs):
    xs.sort()
    a, b = xs[(len(xs) - 1) // 2], xs[len(xs) // 2]
    return (a + b) / 2


def sampled_5(xs):
    return xs[len(xs) // 2]


def sampled_6(xs):
    return xs.median()


def sampled_7(xs):
    while len(xs) > 2:
        xs.remove(max(xs))
        xs.remove(min(xs))
    return sum(xs) / len(xs)


def sampled_8(xs):
    return sorted(xs)[len(xs) / 2]


SAMPLES = [sampled_1, sampled_2, sampled_3, sampled_4, sampled_5, sampled_6, sampled_7, sampled_8]
SHARED = [9, 1, 4, 7]
CASES = [
    (([3],), 3),
    (([5, 1, 3],), 3),
    ((SHARED,), 5.5),
    (([2, 2, 8, 9, 100],), 8),
    ((SHARED,), 5.5),
]
EASY = [(([3],), 3), (([1, 3, 5],), 3)]
for name, cases in (("two easy cases", EASY), ("all five cases", CASES)):
    verdicts = [passes(sample, cases) for sample in SAMPLES]
    print(
        f"{name}: {sum(verdicts)} of {len(SAMPLES)} pass  {''.join('x' if v else '.' for v in verdicts)}"
    )

# %% [markdown]
# ## pass@k
# Of n samples c pass. If k of the n are drawn without putting back, the chance that none passes is
# C(n − c, k) / C(n, k); pass@k is one minus that. As a product it never meets a huge number:
# the product of 1 − k/i for i from n − c + 1 to n. When fewer than k samples failed, it is 1.


# %%
def pass_at_k(n, c, k):
    """The unbiased estimate that one of k samples passes, from c passing of n; k is at most n."""
    if n - c < k:
        return 1.0
    none = 1.0
    for i in range(n - c + 1, n + 1):
        none *= 1 - k / i
    return 1 - none


# %%
n, c = len(SAMPLES), sum(passes(sample, CASES) for sample in SAMPLES)
print("k      pass@k    1 − (1 − c/n)^k")
for k in (1, 2, 4, 8):
    print(f"{k}    {pass_at_k(n, c, k):8.3f} {1 - (1 - c / n) ** k:12.3f}")
print(f"200 samples, 3 pass, k = 100: {pass_at_k(200, 3, 100):.4f}")
