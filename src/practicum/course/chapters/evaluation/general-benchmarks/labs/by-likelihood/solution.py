# %% [markdown]
# # An exam by likelihood, and what a coin would score
# Three small packs of questions, shaped like MMLU, ARC and HellaSwag, and three models that know nothing about any of
# them. You write the examiner. Then look closely at what ignorance scores.

# %%
import functools
import json
import math
from collections import Counter
from importlib import resources
from pathlib import Path

import numpy as np

from practicum.measure.intervals import wilson

PACKS = {name: [json.loads(line) for line in Path(f"{name}.jsonl").read_text("utf-8").splitlines()]
         for name in ("mmlu", "arc", "hellaswag")}  # fmt: skip
LETTERS = "ABCDE"
for name, pack in PACKS.items():
    print(f"{name:>9}: {pack[0]['question']}\n{'':11}{' | '.join(pack[0]['choices'])}")

# %% [markdown]
# ## Laying the question out
# This is how the evaluation harness asks MMLU. A model in two examples' company reads, up to the last colon:
#
#     The following are multiple choice questions (with answers) about logic.
#
#     (a question)
#     A. (a choice)
#     B. (a choice)
#     C. (a choice)
#     D. (a choice)
#     Answer: B
#
#     (the next question, laid out alike)
#     …
#     Answer:


# %%
def prompt(item, examples=()):
    """The text before the answer: a line about the item's subject, solved examples, the question.

    The examples, with a space and their right letter after "Answer:", and the question itself are
    blocks separated by an empty line, as the first line is from them. It ends with "Answer:".
    """

    def block(one):
        choices = [f"{letter}. {c}" for letter, c in zip(LETTERS, one["choices"], strict=False)]
        return "\n".join([one["question"], *choices, "Answer:"])

    first = f"The following are multiple choice questions (with answers) about {item['subject']}."
    solved = [f"{block(one)} {LETTERS[one['answer']]}" for one in examples]
    return "\n\n".join([first, *solved, block(item)])


# %%
print(prompt(PACKS["mmlu"][21], PACKS["mmlu"][20:21]))

# %% [markdown]
# ## Three ignorant models
# Given. Each is a function of a text and a continuation that gives ln P(continuation | text). One gives every character
# the same chance. One has random weights: a table of chances, drawn from a seed. One has counted Shakespeare's
# characters, and also counts in the text before it, as a transformer can: so it picks up a layout.


# %%
def even(context, continuation):
    """Every character alike."""
    return -len(continuation) * math.log(100)


def random_weights(seed):
    """A model whose table of byte after byte was drawn, not learned."""
    weights = np.random.default_rng(seed).normal(0, 1.5, (256, 256))
    logs = weights - np.log(np.exp(weights).sum(1, keepdims=True))

    def model(context, continuation):
        data, n = (context + continuation).encode(), len(continuation.encode())
        return float(sum(logs[data[i - 1], data[i]] for i in range(len(data) - n, len(data))))

    return model


def runs(text, longest):
    """What follows every run of up to so many characters: {run: Counter}."""
    table = {}
    for n in range(longest + 1):
        for i in range(n, len(text)):
            table.setdefault(text[i - n : i], Counter())[text[i]] += 1
    return table


CORPUS = resources.files("practicum.pretrain").joinpath("corpus/shakespeare.txt").read_text("utf-8")
KNOWN = runs(CORPUS[:60_000], 4)
read = functools.cache(lambda context: runs(context, 5))


def counting(context, continuation):
    """Counts of the corpus, then counts of the text itself, the longer run over the shorter."""
    text, log = context + continuation, 0.0
    for i in range(len(context), len(text)):
        p = 1 / 200
        for table, first, last, trust in ((KNOWN, 0, 4, None), (read(context), 1, 5, 1)):
            for n in range(first, min(last, i) + 1):
                seen = table.get(text[i - n : i])
                if seen is None:
                    break
                share = trust or len(seen)
                p = (seen[text[i]] + share * p) / (seen.total() + share)
        log += math.log(p)
    return log


# %% [markdown]
# ## Choosing


# %%
def pick(likelihoods, choices, by="raw"):
    """The place of the choice with the largest likelihood; of equals, the first.

    by: "raw" (the harness's acc), "characters" (acc_norm) or "bytes" (acc_bytes, in UTF-8): the
    likelihood as it is, or divided by the length of the choice's text.
    """
    if by == "characters":
        likelihoods = [ll / len(c) for ll, c in zip(likelihoods, choices, strict=True)]
    elif by == "bytes":
        likelihoods = [ll / len(c.encode()) for ll, c in zip(likelihoods, choices, strict=True)]
    return max(range(len(choices)), key=lambda i: likelihoods[i])


# %%
CHOICES, LOGS = ["at night", "in the early morning", "τη νύχτα"], [-6.0, -11.0, -6.5]
for by in ("raw", "characters", "bytes"):
    print(f"{by:>10}: {CHOICES[pick(LOGS, CHOICES, by)]}")

# %% [markdown]
# ## What a coin would score


# %%
def chance(pack):
    """The expected score of blind guessing on a pack, as a fraction."""
    return sum(1 / len(item["choices"]) for item in pack) / len(pack)


# %% [markdown]
# ## The score


# %%
def score(likelihoods, pack, by="raw"):
    """(hits, low, high): right answers by `pick`, and the 95 % interval of the share.

    Shapes  likelihoods: for each item of the pack one number for each of its choices.
    """
    pairs = zip(likelihoods, pack, strict=True)
    hits = sum(pick(lls, item["choices"], by) == item["answer"] for lls, item in pairs)
    return hits, *wilson(hits, len(pack))


# %%
def examine(model, name, examples=()):
    """The likelihood of every choice of a pack; MMLU's choices are letters, the others' are texts."""
    told = []
    for item in PACKS[name]:
        if name == "mmlu":
            context, texts = prompt(item, examples), LETTERS[: len(item["choices"])]
        else:
            layout = "Question: {}\nAnswer:" if name == "arc" else "{}"
            context, texts = layout.format(item["question"]), item["choices"]
        told.append([model(context, " " + text) for text in texts])
    return told


def asked(name):
    """A pack as it is scored: of MMLU's items the letters are the choices, not what they stand for."""
    if name != "mmlu":
        return PACKS[name]
    return [{**item, "choices": LETTERS[: len(item["choices"])]} for item in PACKS[name]]


print("                         raw               characters      chance")
for who, model in [("even", even), ("random", random_weights(0)), ("counting", counting)]:
    for name in PACKS:
        told = examine(model, name)
        shown = [f"{hits:2d}/24 [{low:3.0%},{high:4.0%}]" for hits, low, high in
                 (score(told, asked(name), by) for by in ("raw", "characters"))]  # fmt: skip
        print(f"{who:>9} {name:>9}   {shown[0]:>15}   {shown[1]:>15}   {chance(PACKS[name]):.1%}")

# %% [markdown]
# To the even model all letters are equal, and the first wins. Of texts it takes the shortest when likelihoods are raw.
# By characters it takes the longest: the space before a choice is paid for and not counted, which weighs most on short
# ones. So a pack in which right answers tend to be long gives points to ignorance. These packs were balanced.
#
# ## Examples that show only the layout
# Five solved examples whose right letter happens to be the same. (They come from the pack itself here, to keep it
# small; an honest exam takes its examples from elsewhere.) What does a model of counts learn from them?

# %%
for letter in (1, 3):
    examples = [item for item in PACKS["mmlu"] if item["answer"] == letter][:5]
    told = examine(counting, "mmlu", examples)
    said = Counter(LETTERS[pick(lls, "ABCD")] for lls in told)
    print(f"five examples answered {LETTERS[letter]}: it says {dict(said)}",
          f"and scores {score(told, asked('mmlu'))[0]}/24")  # fmt: skip
