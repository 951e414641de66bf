# %% [markdown]
# # What is graded?
# A conversation goes into training as one row of words. Which of them may the loss look at? You build the row, its
# labels, a padded batch and the loss, and then the same loss in small bites. Every mistake here is silent: training
# runs, the loss falls, and the model is worse. NumPy is all you need.

# %%
import numpy as np

IGNORED = -100  # the label that PyTorch's cross-entropy passes over

CHATS = [
    [("user", "where does the deer live ?"), ("assistant", "in the forest .")],
    [("user", "hello"), ("assistant", "good morning ."), ("user", "any news ?"), ("assistant", "none .")],
    [("system", "be brief ."), ("user", "count to six"), ("assistant", "one two three four five six")],
]  # fmt: skip
SPECIAL = ["<end>", "<system>", "<user>", "<assistant>"]
WORDS = SPECIAL + sorted({w for chat in CHATS for _, text in chat for w in text.split()})
ID = {word: i for i, word in enumerate(WORDS)}
PAD = ID["<end>"]  # as in many real models: there is no pad word of its own

# %% [markdown]
# ## A row and its mask
# Each message becomes its header, its words and `<end>`: `<user> hello <end> <assistant> good morning . <end>`.
# The mask says which words the model must be able to write *itself* when it serves: what the assistant says, and the
# `<end>` with which it stops. The header is not among them: the program that calls the model puts it there.


# %%
def encode(messages):
    """(ids, mask) of a conversation, given as (role, text) pairs; mask is True where the assistant wrote."""
    ids, mask = [], []
    for role, text in messages:
        words = [*text.split(), "<end>"]
        ids += [ID[f"<{role}>"], *(ID[word] for word in words)]
        mask += [False] + [role == "assistant"] * len(words)
    return ids, mask


# %%
for chat in CHATS:
    ids, mask = encode(chat)
    print(
        " ".join(
            f"[{WORDS[i]}]" if graded else WORDS[i] for i, graded in zip(ids, mask, strict=True)
        )
    )
    print(f"    {sum(mask)} of {len(mask)} words are graded, in brackets")

# %% [markdown]
# ## Labels
# Training code wants no mask but labels: the id where it is graded, and -100 elsewhere.


# %%
def labels_of(ids, mask):
    """The ids, with IGNORED wherever the mask is False (a list)."""
    return [word if graded else IGNORED for word, graded in zip(ids, mask, strict=True)]


# %%
print(labels_of(*encode(CHATS[0])))

# %% [markdown]
# ## A batch
# Rows of different lengths become one rectangle: fill up on the right, ids with PAD and labels with IGNORED. Beware:
# our PAD *is* `<end>`. Whoever ignores "every label that equals PAD" also ignores the real ends.


# %%
def batch(rows):
    """(ids, labels): two integer arrays (B, T) from a list of (ids, mask) pairs."""
    width = max(len(ids) for ids, _ in rows)
    all_ids = np.full((len(rows), width), PAD)
    all_labels = np.full((len(rows), width), IGNORED)
    for i, (ids, mask) in enumerate(rows):
        all_ids[i, : len(ids)] = ids
        all_labels[i, : len(ids)] = labels_of(ids, mask)
    return all_ids, all_labels


# %%
all_ids, all_labels = batch([encode(chat) for chat in CHATS])
print("ids", all_ids.shape, "of which graded:", (all_labels != IGNORED).sum())
print("ends that are graded:", (all_labels == ID["<end>"]).sum(), "(four answers)")

# %% [markdown]
# ## The loss
# `logits[b, t]` is what the model thinks after having read words 0 to t: a guess about word t + 1. So compare the
# logits at t with the label at t + 1. Give the mean of −ln(probability) over all graded words.


# %%
def loss(logits, labels):
    """(mean in nats, how many words are graded).  Shapes  logits (B, T, V), labels (B, T)."""
    guess, wanted = logits[:, :-1], labels[:, 1:]
    highest = guess.max(-1, keepdims=True)
    log_probs = guess - highest - np.log(np.exp(guess - highest).sum(-1, keepdims=True))
    total, count = 0.0, 0
    for b, t in np.argwhere(wanted != IGNORED):
        total -= log_probs[b, t, wanted[b, t]]
        count += 1
    return total / count, count


# %%
# A "model" that looks at the last word only: it knows which word followed which in our three chats.
follows = np.full((len(WORDS), len(WORDS)), -3.0)
for chat in CHATS:
    ids, _ = encode(chat)
    for a, b in zip(ids, ids[1:], strict=False):
        follows[a, b] = 1.0
logits = follows[all_ids]  # (B, T, V)
graded, n = loss(logits, all_labels)
print(f"over the {n} graded words {graded:.3f} nats")
_, everything = batch([(ids, [True] * len(ids)) for ids, _ in map(encode, CHATS)])
mean, n = loss(logits, everything)
print(f"over all {n} words {mean:.3f} nats: another number, and no better or worse for it")
mean, n = loss(logits, all_ids)
print(f"padding graded too   {mean:.3f} nats over {n} words: it learns to fill rows")

# %% [markdown]
# ## The same in small bites
# A batch that does not fit is cut into micro-batches whose gradients are added up. What must each bite's loss be
# weighed by, so that the result is the loss of the whole batch? Not all alike: a bite with two graded words must not
# weigh as much as one with two hundred.


# %%
def accumulated(bites):
    """The mean over all graded words of all bites, each a (logits, labels) pair."""
    total, count = 0.0, 0
    for logits, labels in bites:
        mean, n = loss(logits, labels)
        total += mean * n
        count += n
    return total / count


# %%
bites = [(logits[i : i + 1], all_labels[i : i + 1]) for i in range(len(CHATS))]
means = [loss(*bite)[0] for bite in bites]
print(
    "bites:",
    " ".join(f"{mean:.3f}" for mean in means),
    "  their plain mean",
    f"{np.mean(means):.3f}",
)
print(f"accumulated {accumulated(bites):.3f}, the whole batch at once {graded:.3f}")
