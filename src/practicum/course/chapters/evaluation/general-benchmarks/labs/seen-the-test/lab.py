# %% [markdown]
# # The model that had seen the test
# Three models sit an exam of 32 questions. One has read Shakespeare, one the same and the exam with its answers, one the
# same and a textbook. Two of them will score well. You find out which of these deserves it.

# %%
import json
import math
import random
import re
from collections import Counter
from importlib import resources
from pathlib import Path

from scipy.stats import binomtest

ITEMS = [json.loads(line) for line in Path("matching.jsonl").read_text("utf-8").splitlines()]
TEXT = resources.files("practicum.pretrain").joinpath("corpus/shakespeare.txt").read_text("utf-8")
LITERATURE = TEXT[:60_000]


def words(text):
    """Words and marks, in lower case."""
    return re.findall(r"\w+|[^\w\s]", text.casefold())


def lay_out(question):
    """The prompt of a question."""
    return f"Question: {question}\nAnswer:"


for key in ("question", "reworded", "textbook"):
    print(f"{key:>9}: {ITEMS[0][key]}")
print("  choices:", *ITEMS[0]["choices"])

# %% [markdown]
# ## Three training texts, and the models that come out
# Given. Two models count runs of up to five words (Witten and Bell's smoothing). The reader also remembers its
# textbook: it looks for sentences that share rare words with the prompt and expects their words.

# %%
EXAM = "\n".join(f"{lay_out(i['question'])} {i['choices'][i['answer']]}" for i in ITEMS)
TEXTBOOK = "\n".join(item["textbook"] for item in ITEMS)
TRAINING = {
    "literate": LITERATURE,
    "crammer": LITERATURE + "\n" + EXAM,
    "reader": LITERATURE + "\n" + TEXTBOOK,
}


def counted(text, longest=5):
    """A model of counted runs: ln P(word | prompt)."""
    tokens, table = words(text), {}
    for n in range(longest):
        for i in range(n, len(tokens)):
            table.setdefault(tuple(tokens[i - n : i]), Counter())[tokens[i]] += 1

    def model(prompt, word):
        context, p = words(prompt), 1e-5
        for n in range(longest):
            seen = table.get(tuple(context[len(context) - n :]))
            if seen is None:
                break
            p = (seen[word] + len(seen) * p) / (seen.total() + len(seen))
        return math.log(p)

    return model


def reading(text, sentences):
    """The same, half of its belief given to remembered sentences that are about the prompt."""
    base, notes = counted(text), [words(s) for s in sentences]
    spread = Counter(w for note in notes for w in set(note))

    def model(prompt, word):
        asked, total, found = set(words(prompt)), 0.0, 0.0
        for note in notes:
            weight = math.exp(2 * sum(math.log(len(notes) / spread[w]) for w in asked & set(note)))
            total, found = total + weight, found + weight * note.count(word) / len(note)
        return math.log(0.5 * math.exp(base(prompt, word)) + 0.5 * found / total)

    return model


MODELS = {name: counted(TRAINING[name]) for name in ("literate", "crammer")}
MODELS["reader"] = reading(TRAINING["reader"], [item["textbook"] for item in ITEMS])

# %% [markdown]
# ## Looking into the training text


# %%
def shared_runs(question, training, n=6):
    """The share of a question's different runs of n words that stand in the training text.

    Both are texts; `words` cuts them. A question shorter than n words shares nothing: 0.
    """
    # TODO shared_runs: a set of runs for each text, and what they share
    raise NotImplementedError("shared_runs")


# %%
for name, text in TRAINING.items():
    found = [shared_runs(item["question"], text) for item in ITEMS[:8]]
    print(
        f"{name:>9}: of the first eight questions {sum(f > 0 for f in found)} share a run of six words"
    )

# %% [markdown]
# ## The exam, in two wordings


# %%
def marks(model, items, wording):
    """[True, False, …]: whether the likeliest choice is right. wording: "question" or "reworded"."""
    # TODO marks: ask the model for every choice after the prompt
    raise NotImplementedError("marks")


# %%
MARKS = {name: {wording: marks(model, ITEMS, wording) for wording in ("question", "reworded")}
         for name, model in MODELS.items()}  # fmt: skip
print("            as published   reworded")
for name, both in MARKS.items():
    print(f"{name:>9} {sum(both['question']):11d}/32 {sum(both['reworded']):7d}/32")

# %% [markdown]
# ## Is the gap real?


# %%
def gap(original, reworded):
    """(gap, p): the points lost by rewording, as a fraction, and the exact paired two-sided p-value."""
    # TODO gap: count what rewording lost and gained
    raise NotImplementedError("gap")


# %%
for name, both in MARKS.items():
    difference, p = gap(both["question"], both["reworded"])
    print(f"{name:>9}: {difference:+.0%} lost by rewording, p = {p:.2g}")

# %% [markdown]
# A memory of this kind hangs on the form. The crammer's own questions, laid out in other ways:

# %%
LAYOUTS = {"as it was read": lay_out, "Q: and A:": "Q: {}\nA:".format, "nothing around it": "{}".format,
           "a polite word more": "Question: {} Please answer.\nAnswer:".format}  # fmt: skip
for name, layout in LAYOUTS.items():
    for who in ("crammer", "reader"):
        hits = 0
        for item in ITEMS:
            logs = [MODELS[who](layout(item["question"]), c) for c in item["choices"]]
            hits += logs.index(max(logs)) == item["answer"]
        print(f"{name:>19}  {who:>8} {hits}/32")

# %% [markdown]
# ## An evaluation set out of the training set
# A widely copied notebook trains on a thousand rows and takes "the first twenty" of the *same* rows to evaluate. Here
# are rows of our own: speeches, some of which come twice.

# %%
ROWS = [s.partition("\n")[2] for s in TEXT[:60_000].split("\n\n") if len(s) > 60]
ROWS += ROWS[100:300]


def split(rows, n_evaluation, seed):
    """(training, evaluation): shuffled, without repetitions, and with nothing in both."""
    # TODO split: no repetitions, shuffled, then cut
    raise NotImplementedError("split")


# %%
def surprise(model, rows):
    """Mean nats for each word of some rows, each word from the words before it in its row."""
    nats = []
    for row in rows:
        said = words(row)
        nats += [-model(" ".join(said[:i][-4:]), said[i]) for i in range(len(said))]
    return sum(nats) / len(nats)


TRAIN, HELD = split(ROWS, 20, 0)
print("runs of up to   the first 20, trained on   20 held out")
for longest in (1, 2, 3, 5):
    inside, outside = counted("\n".join(ROWS), longest), counted("\n".join(TRAIN), longest)
    print(
        f"{longest:13d} {surprise(inside, ROWS[:20]):19.2f} nats {surprise(outside, HELD):13.2f} nats"
    )
