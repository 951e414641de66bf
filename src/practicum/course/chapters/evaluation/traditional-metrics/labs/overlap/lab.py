# %% [markdown]
# # BLEU and ROUGE by hand, and the sentence that fools them
# A translation or summary is compared with what a person wrote, by counting what both share. You write the metrics,
# then find out what they cannot see.

# %%
import math
from collections import Counter


def grams(tokens, n):
    """How often each run of n tokens comes, as a Counter of tuples."""
    return Counter(tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1))


def words(text):
    """The words of a sentence in lower case without punctuation."""
    return text.split()


REFERENCE = words("the river rose in the night and took the bridge")
CANDIDATE = words("the river rose at night and took the bridge")
print(
    "pairs that both have:",
    *(" ".join(g) for g in grams(CANDIDATE, 2) & grams(REFERENCE, 2)),
    sep="\n  ",
)

# %% [markdown]
# ## Clipped matches


# %%
def clipped(candidate, references, n):
    """(matches, total): runs of n words of the candidate that some reference has, and all its runs.

    A run counts at most as often as the one reference has it that has it most often.
    """
    # TODO clipped: a limit for each run, from the references; then count
    raise NotImplementedError("clipped")


# %%
for n in (1, 2, 3, 4):
    print(f"runs of {n}: {clipped(CANDIDATE, [REFERENCE], n)}")
print("a stutter:", clipped(["the"] * 5, [REFERENCE], 1))

# %% [markdown]
# ## The price of brevity


# %%
def brevity(n_candidate, n_reference):
    """1 for a candidate that is long enough, else e^(1 − r/c); 0 for an empty one."""
    # TODO brevity: long enough, too short, or empty
    raise NotImplementedError("brevity")


# %%
print("9 words for 10:", round(brevity(9, 10), 3), "  5 for 10:", round(brevity(5, 10), 3))

# %% [markdown]
# ## BLEU of a corpus


# %%
def closest(references, length):
    """The length of the reference that is closest to this length; of two, the shorter."""
    return min((len(r) for r in references), key=lambda r: (abs(r - length), r))


def bleu(candidates, references):
    """Corpus BLEU up to runs of four: all matches over all totals, their geometric mean, the penalty.

    Shapes  candidates: a list of token lists; references: for each, a list of token lists.
    """
    # TODO bleu: pool matches, totals and lengths over the corpus, then four shares and the penalty
    raise NotImplementedError("bleu")


# %%
PAIRS = [
    (
        "the river rose at night and took the bridge",
        "the river rose in the night and took the bridge",
    ),
    ("nobody was hurt", "nobody was hurt"),
    ("the school remains closed until monday", "the school stays closed until monday"),
]
SYSTEM, PEOPLE = [words(c) for c, _ in PAIRS], [[words(r)] for _, r in PAIRS]
for c, r in zip(SYSTEM, PEOPLE, strict=True):
    print(f"{bleu([c], [r]):.3f}  {' '.join(c)}")
alone = [bleu([c], [r]) for c, r in zip(SYSTEM, PEOPLE, strict=True)]
print(f"{bleu(SYSTEM, PEOPLE):.3f}  the corpus; the mean of its sentences is {sum(alone) / 3:.3f}")

# %% [markdown]
# *Nobody was hurt* is perfect, and scores nothing alone: three words hold no run of four. BLEU was made for corpora.
#
# ## ROUGE-1, ROUGE-2


# %%
def rouge_n(candidate, reference, n):
    """(precision, recall, F) of shared runs of n words, clipped; all 0 when nothing is shared."""
    # TODO rouge_n: the matches, seen from the candidate and from the reference
    raise NotImplementedError("rouge_n")


# %% [markdown]
# ## ROUGE-L


# %%
def common(a, b):
    """The length of the longest sequence of words that both have in this order, gaps allowed."""
    # TODO common: fill a table for all beginnings of a and of b
    raise NotImplementedError("common")


# %%
def rouge_l(candidate, reference):
    """(precision, recall, F) of the longest common subsequence. Given."""
    length = common(candidate, reference)
    if length == 0:
        return 0.0, 0.0, 0.0
    precision, recall = length / len(candidate), length / len(reference)
    return precision, recall, 2 * precision * recall / (precision + recall)


for name, score in [("ROUGE-1", rouge_n(CANDIDATE, REFERENCE, 1)),
                    ("ROUGE-2", rouge_n(CANDIDATE, REFERENCE, 2)),
                    ("ROUGE-L", rouge_l(CANDIDATE, REFERENCE))]:  # fmt: skip
    print(name, "precision {:.3f}, recall {:.3f}, F {:.3f}".format(*score))

# %% [markdown]
# ## What none of them sees
# chrF is given too: the mean, over runs of one to six characters, of an F in which recall counts twice. Write a
# sentence of your own into the list, true or false, and see what it earns.


# %%
def chrf(candidate, reference):
    """chrF of two strings, spaces left out."""
    a, b = candidate.replace(" ", ""), reference.replace(" ", "")
    scores = []
    for n in range(1, 7):
        shared = (grams(a, n) & grams(b, n)).total()
        p, r = shared / max(1, grams(a, n).total()), shared / max(1, grams(b, n).total())
        scores.append(5 * p * r / (4 * p + r) if shared else 0.0)
    return sum(scores) / 6


WARNING = "the treatment is not safe for children under two years of age"
ANSWERS = [
    "the treatment is safe for children under two years of age",
    "do not give this treatment to anyone younger than two",
    "age of years two under children for safe not is treatment the",
]
print(f"reference: {WARNING}\n BLEU  ROUGE-1  ROUGE-L  chrF")
for answer in ANSWERS:
    said, truth = words(answer), words(WARNING)
    print(f"{bleu([said], [[truth]]):5.2f} {rouge_n(said, truth, 1)[2]:8.2f} {rouge_l(said, truth)[2]:8.2f}",
          f"{chrf(answer, WARNING):5.2f}  {answer}")  # fmt: skip
