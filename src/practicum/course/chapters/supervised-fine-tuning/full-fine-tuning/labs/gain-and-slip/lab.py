# %% [markdown]
# # What it gains, what slips away
# A tiny model has read about twenty-four animals: where they live, what they eat, whom they met. It has never seen a
# question. You tune *all* of its weights on questions about some of the animals, and measure two things each time:
# how it answers about animals that it was never asked about, and how well it still reads plain text.
#
# The next cell is long and has no holes: a world, a model, and helpers. Read `chat`, `rows` and `nats`; skim the rest.

# %%
import copy
import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

torch.set_num_threads(1)
ANIMALS = ["fox", "heron", "otter", "badger", "lynx", "robin", "hare", "newt", "adder", "swan", "boar", "owl", "mole", "stoat", "raven", "toad", "deer", "wren", "crane", "bat", "seal", "crab", "gull", "eel"]  # fmt: skip
PLACES = ["forest", "marsh", "river", "meadow", "cave", "field"]
FOODS = ["berries", "fish", "seeds", "roots", "mice", "beetles"]
COLOURS = ["red", "grey", "brown", "white", "black", "green"]
WORDS = [
    "<pad>",
    "<user>",
    "<bot>",
    "<end>",
    "the",
    "lives",
    "in",
    "eats",
    "is",
    ".",
    "where",
    "does",
    "live",
    "?",
    "what",
    "eat",
    "colour",
    "and",
    "met",
    "slept",
    "by",
    "saw",
]
WORDS += ANIMALS + PLACES + FOODS + COLOURS
ID = {word: i for i, word in enumerate(WORDS)}
IGNORED, LENGTH = -100, 24
rng = np.random.default_rng(7)
FACTS = {a: tuple(kind[rng.integers(6)] for kind in (PLACES, FOODS, COLOURS)) for a in ANIMALS}


def ids_of(text):
    return [ID[word] for word in text.split()]


def plain_text(rng):
    """Five sentences about one animal: true facts among chatter."""
    a = ANIMALS[rng.integers(24)]
    place, food, colour = FACTS[a]
    said = []
    for _ in range(5):
        b, c = (ANIMALS[i] for i in rng.integers(24, size=2))
        said.append([
            f"the {a} lives in the {place} .", f"the {a} eats {food} .", f"the {a} is {colour} .",
            f"the {colour} {a} met the {b} .", f"the {a} slept by the {PLACES[rng.integers(6)]} .",
            f"the {a} saw the {b} and the {c} .",
        ][rng.integers(6)])  # fmt: skip
    return " ".join(said)


def texts(n, seed):
    """Rows of plain text, all words graded: (ids, labels), each (n, LENGTH + 1)."""
    rng = np.random.default_rng(seed)
    ids = torch.tensor([ids_of(plain_text(rng))[: LENGTH + 1] for _ in range(n)])
    return ids, ids


def chat(animal, kind):
    """(question, answer) about where it lives (kind 0) or what it eats (kind 1)."""
    place, food, _ = FACTS[animal]
    if kind == 0:
        return f"where does the {animal} live ?", f"the {animal} lives in the {place} ."
    return f"what does the {animal} eat ?", f"the {animal} eats {food} ."


def rows(chats):
    """Padded (ids, labels) of (animal, kind) chats; only the answer and its end are graded."""
    encoded = []
    for animal, kind in chats:
        question, answer = chat(animal, kind)
        encoded.append((ids_of(f"<user> {question} <bot>"), ids_of(f"{answer} <end>")))
    width = max(len(head) + len(tail) for head, tail in encoded)
    ids = torch.zeros(len(encoded), width, dtype=torch.long)
    labels = torch.full_like(ids, IGNORED)
    for i, (head, tail) in enumerate(encoded):
        ids[i, : len(head) + len(tail)] = torch.tensor(head + tail)
        labels[i, len(head) : len(head) + len(tail)] = torch.tensor(tail)
    return ids, labels


class Block(nn.Module):
    def __init__(self, C, H):
        super().__init__()
        self.H = H
        self.norm_a, self.norm_b = nn.LayerNorm(C), nn.LayerNorm(C)
        self.qkv, self.out = nn.Linear(C, 3 * C), nn.Linear(C, C)
        self.up, self.down = nn.Linear(C, 4 * C), nn.Linear(4 * C, C)

    def forward(self, x):
        B, T, C = x.shape
        q, k, v = self.qkv(self.norm_a(x)).view(B, T, 3, self.H, C // self.H).permute(2, 0, 3, 1, 4)
        seen = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(seen.transpose(1, 2).reshape(B, T, C))
        return x + self.down(F.relu(self.up(self.norm_b(x))))


class Tiny(nn.Module):
    """A decoder of two blocks: (B, T) ids → (B, T, V) logits."""

    def __init__(self, C=48, H=4):
        super().__init__()
        self.words, self.places = nn.Embedding(len(WORDS), C), nn.Embedding(LENGTH, C)
        self.blocks = nn.ModuleList(Block(C, H) for _ in range(2))
        self.norm, self.head = nn.LayerNorm(C), nn.Linear(C, len(WORDS), bias=False)
        for table in (self.words, self.places):
            nn.init.normal_(table.weight, std=0.1)

    def forward(self, ids):
        x = self.words(ids) + self.places(torch.arange(ids.shape[1]))
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))


def nats(model, batch):
    """Mean loss over the graded words of (ids, labels)."""
    ids, labels = batch
    logits = model(ids[:, :-1])
    return F.cross_entropy(logits.flatten(0, 1), labels[:, 1:].flatten(), ignore_index=IGNORED)


def measured(model, batch):
    """The loss as a plain number, with nothing recorded for gradients."""
    with torch.no_grad():
        return nats(model, batch).item()


def answer(model, question):
    """The likeliest continuation, until <end> or nine words."""
    ids = ids_of(f"<user> {question} <bot>")
    said = []
    while len(said) < 9 and "<end>" not in said:
        with torch.no_grad():
            ids.append(int(model(torch.tensor([ids]))[0, -1].argmax()))
        said.append(WORDS[ids[-1]])
    return " ".join(said)


def right(model, chats):
    """Share of questions that are answered word for word."""
    pairs = [chat(*c) for c in chats]
    return sum(answer(model, q) == f"{a} <end>" for q, a in pairs) / len(pairs)


def pretrained(steps=360):
    """A model that has read plain text, and has never seen a question."""
    torch.manual_seed(0)
    model, (ids, _) = Tiny(), texts(3000, 0)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.01, fused=True)
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = (
                3e-3 * min(1, (step + 1) / 50) * (0.55 + 0.45 * math.cos(math.pi * step / steps))
            )
        batch = ids[torch.arange(32 * step, 32 * step + 32) % len(ids)]
        loss = nats(model, (batch, batch))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model


# %%
base = pretrained()
OLD_TEXT, HELD_TEXT = texts(400, 5), texts(150, 99)  # for replay; only for measuring
ALL_CHATS = [(animal, kind) for animal in ANIMALS for kind in (0, 1)]
question = "where does the fox live ?"
print(
    f"{sum(p.numel() for p in base.parameters()):,} weights; held-out text {measured(base, HELD_TEXT):.3f} nats a word"
)
print(
    "it reads:  the fox lives in the ->",
    WORDS[int(base(torch.tensor([ids_of("the fox lives in the")]))[0, -1].argmax())],
)
print(f"you ask:   {question} ->", answer(base, question))

# %% [markdown]
# ## Hold animals out, not rows
# Both questions about one animal share its name. Put one in training and the other in the test, and the test is not
# unseen. So draw whole animals. (A published notebook went further: its evaluation set was the first twenty rows of its
# own training set.)


# %%
def split(chats, share, seed):
    """(training, held out): lists of (animal, kind); about `share` of the animals are held out, with all their chats."""
    # TODO split: shuffle the animals by the seed, hold some out, sort the chats by their animal
    raise NotImplementedError("split")


# %%
ASKED, HELD = split(ALL_CHATS, 1 / 3, 4)
print(len(ASKED), "chats to train on,", len(HELD), "held out, about", sorted({a for a, _ in HELD}))

# %% [markdown]
# ## Move every weight
# `tune` copies the model first: you want to compare with the base afterwards. Each update takes the loss of eight rows
# drawn at random and makes one step of AdamW, without weight decay; `step` is yours. `extra`, a function that may change
# the loss, is for later.


# %%
def step(optimizer, loss):
    """Move the weights once against this loss's gradients; gives the loss as a plain number."""
    # TODO step: old gradients away, new ones, one step
    raise NotImplementedError("step")


def tune(model, batch, lr, updates=100, seed=0, extra=None):
    """A tuned copy of the model, and the loss of every update (a list)."""
    model = copy.deepcopy(model)
    rng = np.random.default_rng(seed)
    ids, labels = batch
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr, weight_decay=0.0, fused=True)
    losses = []
    for _ in range(updates):
        pick = rng.integers(len(ids), size=8)
        loss = nats(model, (ids[pick], labels[pick]))
        if extra is not None:
            loss = extra(model, loss, rng)
        losses.append(step(optimizer, loss))
    return model, losses


# %%
tuned, losses = tune(base, rows(ASKED), 1e-3)
print("loss by update: " + " ".join(f"{x:.2f}" for x in losses[::15]), f"... {losses[-1]:.2f}")
print(f"{question} ->", answer(tuned, question))

# %% [markdown]
# ## Both sides of the account
# A loss difference of d nats multiplies the perplexity by e^d. Report what was gained on held-out chats and what
# slipped away on held-out text, each as such a factor: 1 is "nothing changed", 2 on the text "twice as unsure".


# %%
def account(before, after, chats, text):
    """{"gain": how many times less unsure of the chats, "slip": how many times more unsure of the text}."""
    # TODO account: two loss differences, two exponentials; mind which way round
    raise NotImplementedError("account")


# %%
RUNS = {}  # name: (training loss, held-out loss, slip)
print("rate     training loss   held-out loss   held-out right   slip of plain text")
for lr in (3e-4, 1e-3, 3e-3):
    model, _ = tune(base, rows(ASKED), lr)
    both = account(base, model, rows(HELD), HELD_TEXT)
    RUNS[f"rate {lr:.0e}"] = measured(model, rows(ASKED)), measured(model, rows(HELD)), both["slip"]
    print(f"{lr:.0e}    {measured(model, rows(ASKED)):8.3f} {measured(model, rows(HELD)):15.3f} "
          f"{right(model, HELD):14.0%} {both['slip']:16.2f} times")  # fmt: skip
print("which column would you have chosen by?")

# %% [markdown]
# ## Rehearse
# Replay mixes some of the old text into every update: (1 − share) of the chats' loss plus share of the loss of four
# rows of plain text, drawn with the generator that is passed in.


# %%
def replay(share, old):
    """A function (model, loss, rng) → mixed loss, which `tune` takes as `extra`; `old` is (ids, labels)."""

    def mixed(model, loss, rng):
        # TODO replay: draw four rows of the old text, and weigh both losses
        raise NotImplementedError("replay")

    return mixed


# %%
rehearsed, _ = tune(base, rows(ASKED), 1e-3, extra=replay(0.25, OLD_TEXT))
for name, model in (("chats only", tuned), ("a quarter old text", rehearsed)):
    both = account(base, model, rows(HELD), HELD_TEXT)
    print(
        f"{name:20s} held-out right {right(model, HELD):4.0%}   slip of plain text {both['slip']:.2f} times"
    )

# %% [markdown]
# ## Choose
# Of several runs, take the one with the least held-out loss among those whose text slipped by no more than you can
# bear. None may be bearable: then say so with None.


# %%
def choose(runs, bearable):
    """The name of the chosen run; `runs` is {name: (training loss, held-out loss, slip)}."""
    # TODO choose: first who may be chosen, then who is best, and not by the training loss
    raise NotImplementedError("choose")


# %%
for lr in (3e-4, 1e-3):
    model, _ = tune(base, rows(ASKED), lr, extra=replay(0.25, OLD_TEXT))
    slip = account(base, model, rows(HELD), HELD_TEXT)["slip"]
    RUNS[f"rate {lr:.0e}, a quarter replayed"] = (
        measured(model, rows(ASKED)),
        measured(model, rows(HELD)),
        slip,
    )
for bearable in (1.02, 1.1, 10.0):
    print(f"slip up to {bearable:5.2f} times:", choose(RUNS, bearable))
