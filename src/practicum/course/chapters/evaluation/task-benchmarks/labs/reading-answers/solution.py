# %% [markdown]
# # Who reads the answer? Extraction, baselines and F1
# Twenty-four small studies, invented for this lab, each with a question that its context answers with *yes*, *no*
# or *maybe*: the shape of PubMedQA. A model has replied to all of them, once. The replies will not change any more;
# only your way of reading them will. `meant` is what a person took the reply to mean (None: nothing).

# %%
import json
import re
import string
from collections import Counter
from pathlib import Path

LABELS = ("yes", "no", "maybe")
STUDIES = json.loads(Path("studies.json").read_text(encoding="utf-8"))
ANSWERS = [study["answer"] for study in STUDIES]
REPLIES = [study["reply"] for study in STUDIES]
MEANT = [study["meant"] for study in STUDIES]

print(STUDIES[19]["question"])
print(" ", STUDIES[19]["context"])
print("  right:", ANSWERS[19], "  the model said:", REPLIES[19])

# %% [markdown]
# ## The strict reader
# It accepts a label and nothing else; spaces around it are forgiven, as `practicum evaluate` forgives them.


# %%
def strict(reply):
    """The label that the reply consists of, or None."""
    bare = reply.strip()
    return bare if bare in LABELS else None


# %% [markdown]
# ## A lenient reader
# In whatever case, with whatever around it: the *last* of the three labels that stands as a word of its own, because
# models tend to conclude at the end. Mind the *no* in *know*.


# %%
def lenient(reply):
    """The last label that stands in the reply as a whole word, in small letters, or None."""
    found = re.findall(r"\b(?:yes|no|maybe)\b", reply.casefold())
    return found[-1] if found else None


# %% [markdown]
# ## What costs nothing
# The score of a "model" that was never asked: it always says the most frequent answer.


# %%
def majority(answers):
    """(label, share): the most frequent answer, and the accuracy of always giving it."""
    label, times = Counter(answers).most_common(1)[0]
    return label, times / len(answers)


# %%
def accuracy(answers, given):
    """The share of replies that were read as the right answer."""
    return sum(a == g for a, g in zip(answers, given, strict=True)) / len(answers)


print(f"always {majority(ANSWERS)[0]!r}: {majority(ANSWERS)[1]:.1%}\n")
readers = {"strict": strict, "lenient": lenient}
for name, read in readers.items():
    given = [read(reply) for reply in REPLIES]
    print(
        f"{name:8s} {accuracy(ANSWERS, given):6.1%}   nothing read in {given.count(None)} replies"
    )
print(
    f"{'a person':8s} {accuracy(ANSWERS, MEANT):6.1%}   nothing read in {MEANT.count(None)} replies"
)

print("\nwhere the lenient reader and a person part:")
for reply, meant in zip(REPLIES, MEANT, strict=True):
    if lenient(reply) != meant:
        print(f"  {reply[:52]!r:56s} person {meant}, reader {lenient(reply)}")

# %% [markdown]
# ## Every class counts the same
# Macro-F1: for each label, F1 = 2·hits / (2·hits + false alarms + misses); then the plain mean over labels. A reply
# that nobody could read (None) is a miss of the right label and a false alarm of none.


# %%
def macro_f1(answers, given, labels=LABELS):
    """The mean over labels of F1; a label that is neither right nor given anywhere has 0."""
    scores = []
    for label in labels:
        pairs = list(zip(answers, given, strict=True))
        hits = sum(a == label and g == label for a, g in pairs)
        alarms = sum(a != label and g == label for a, g in pairs)
        misses = sum(a == label and g != label for a, g in pairs)
        whole = 2 * hits + alarms + misses
        scores.append(2 * hits / whole if whole else 0.0)
    return sum(scores) / len(labels)


# %%
print("reader     accuracy  macro-F1")
rows = {name: [read(reply) for reply in REPLIES] for name, read in readers.items()}
rows["person"] = MEANT
rows["majority"] = [majority(ANSWERS)[0]] * len(ANSWERS)
for name, given in rows.items():
    print(f"{name:10s} {accuracy(ANSWERS, given):7.1%}  {macro_f1(ANSWERS, given):8.3f}")

# %% [markdown]
# ## Short answers in free words
# SQuAD's way: small letters, no punctuation (deleted, not replaced), no *a*, *an*, *the*, single spaces. In this
# order: "The U.S.A.!" becomes "usa".


# %%
def normalise(text):
    """The text in small letters, without punctuation and articles, its words one space apart."""
    bare = "".join(c for c in text.lower() if c not in string.punctuation)
    words = re.sub(r"\b(a|an|the)\b", " ", bare)
    return " ".join(words.split())


# %% [markdown]
# ## Partly right
# Token F1 of two bags of words: shared words (with multiplicity) over the words given is precision, over the words
# wanted is recall. With several references the best one counts. Two empty texts agree fully.


# %%
def token_f1(given, references):
    """The best F1 of the given answer's words against any reference, after normalising."""
    best = 0.0
    mine = normalise(given).split()
    for reference in references:
        wanted = normalise(reference).split()
        if not mine or not wanted:
            best = max(best, float(mine == wanted))
            continue
        shared = sum((Counter(mine) & Counter(wanted)).values())
        best = max(best, 2 * shared / (len(mine) + len(wanted)))
    return best


# %%
QUESTIONS = [
    ("Which river flows through Vienna?", ["the Danube", "Danube river"], "The Danube."),
    ("How long is a marathon?", ["42.195 km", "42.195 kilometres"], "about 42 kilometres"),
    ("Who wrote Frankenstein?", ["Mary Shelley"], "It was written by Mary Shelley in 1818"),
    ("What is water made of?", ["hydrogen and oxygen"], "oxygen and hydrogen"),
    ("Is Pluto a planet?", ["no", "no longer"], "no, not a planet any longer"),
    ("Which metal is liquid at room temperature?", ["mercury"], "Hg"),
]
print("exact  F1     reply")
for question, references, reply in QUESTIONS:
    exact = any(normalise(reply) == normalise(r) for r in references)
    print(f"{exact!s:5}  {token_f1(reply, references):.2f}   {reply}   ({question})")
