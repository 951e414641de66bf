# %% [markdown]
# # Adapters on a model
# The tiny model that you tuned whole now gets adapters: all of its own weights are frozen, and each linear layer inside
# the blocks gets a thin detour. You attach them, sweep their rank, fold them in, and find out what they cannot reach.
#
# The next cell is the world and the model of the previous lesson, without holes.

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
CHATS = [(animal, kind) for animal in ANIMALS for kind in (0, 1)]
ASKED, HELD = CHATS[:32], CHATS[32:]  # whole animals
HELD_TEXT = texts(100, 99)
NAMES = ("qkv", "out", "up", "down")  # the linear layers of a block
print(
    f"{sum(p.numel() for p in base.parameters()):,} weights, questions answered: {right(base, HELD):.0%}"
)

# %% [markdown]
# ## A layer with a detour
# A is random and B is zero, both trained; the layer that came before is kept inside as `layer`. Only the way forward is
# missing: the layer's own output plus `scale` times the detour.


# %%
class Adapter(nn.Module):
    """A linear layer plus scale·B·A.  Shapes  A (rank, in), B (out, rank)."""

    def __init__(self, layer, rank, alpha):
        super().__init__()
        self.layer, self.scale = layer, alpha / rank
        self.A = nn.Parameter(torch.randn(rank, layer.in_features) / layer.in_features**0.5)
        self.B = nn.Parameter(torch.zeros(layer.out_features, rank))

    def forward(self, x):
        # TODO adapter: the frozen layer, and the scaled way through the thin middle
        raise NotImplementedError("adapter")


# %%
torch.manual_seed(0)
layer = base.blocks[0].up
x = torch.randn(3, 48)
print(
    "a fresh adapter changes the output by",
    (Adapter(layer, 4, 8.0)(x) - layer(x)).abs().max().item(),
)

# %% [markdown]
# ## Attach
# Freeze *everything* first, then replace the layers: what is new then asks for gradients, and nothing else. Leave the
# model that you were given alone.


# %%
def attach(model, rank, alpha, names=NAMES):
    """A frozen copy of the model with fresh adapters in every block's layers of these names."""
    # TODO attach: copy, freeze, then setattr in each block
    raise NotImplementedError("attach")


def trained(model):
    """How many numbers ask for gradients."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


# %%
for rank in (1, 4, 16):
    print(f"rank {rank:2d}: {trained(attach(base, rank, 2.0 * rank)):6,d} trained")


# %%
def tune(model, lr=3e-3, updates=140, seed=0):
    """Tune in place whatever asks for gradients; only that gets an optimizer's two moments."""
    ids, labels = rows(ASKED)
    rng = np.random.default_rng(seed)
    optimizer = torch.optim.AdamW(
        [p for p in model.parameters() if p.requires_grad], lr=lr, weight_decay=0.0
    )
    for _ in range(updates):
        pick = rng.integers(len(ids), size=8)
        loss = nats(model, (ids[pick], labels[pick]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model


SWEEP = {}
print("rank   trained   asked (nats)   held out (nats)   held-out right   plain text (nats)")
for rank in (1, 4, 16):
    torch.manual_seed(0)
    SWEEP[rank] = model = tune(attach(base, rank, 2.0 * rank))
    print(f"{rank:4d} {trained(model):9,d} {measured(model, rows(ASKED)):14.3f} {measured(model, rows(HELD)):17.3f} "
          f"{right(model, HELD):16.0%} {measured(model, HELD_TEXT):19.3f}")  # fmt: skip
tuned = SWEEP[4]

# %% [markdown]
# ## Off and on
# An adapter can be switched off: its base is still there, to the last bit. Run the function with all scales at zero and
# put them back afterwards, whatever happens inside.


# %%
def without(model, function):
    """What function(model) gives while all adapters are switched off."""
    # TODO off: remember each adapter's scale, set it to zero, and restore it even after an error
    raise NotImplementedError("off")


# %%
print(f"plain text: {measured(tuned, HELD_TEXT):.4f} on, {without(tuned, lambda m: measured(m, HELD_TEXT)):.4f} off, "
      f"{measured(base, HELD_TEXT):.4f} the base")  # fmt: skip

# %% [markdown]
# ## Fold
# For serving, add each update into its layer and put a plain linear layer back, bias and all.


# %%
def fold(model):
    """A copy in which every adapter has become a plain linear layer that gives the same."""
    # TODO fold: the update is (out, in), as the weight is
    raise NotImplementedError("fold")


# %%
plain = fold(tuned)
ids, _ = rows(HELD)
print("largest difference of a logit after folding:", (plain(ids) - tuned(ids)).abs().max().item())
print("modules left that are adapters:", sum(isinstance(m, Adapter) for m in plain.modules()))

# %% [markdown]
# ## What they cannot reach
# The loss on the chats that were trained on stops well above nought, at every rank. One word is to blame. The
# base has never seen `<end>`, so its row of the output head was trained to say "never", and that row is frozen. Give the
# mean loss of `<end>` alone, and of the other graded words.


# %%
def by_word(model, batch):
    """(mean loss where the label is <end>, mean loss of all other graded words), in nats."""
    # TODO by_word: one loss for each place, then two means over different places
    raise NotImplementedError("by_word")


# %%
reached = attach(base, 4, 8.0)
reached.head.weight.requires_grad_(True)  # the head moves whole, beside the adapters
tune(reached)
for name, model in (("adapters only", tuned), ("adapters, and the head", reached)):
    end, other = by_word(model, rows(ASKED))
    print(
        f"{name:24s} {trained(model):6,d} trained   <end> {end:.3f} nats   other words {other:.3f} nats"
    )
