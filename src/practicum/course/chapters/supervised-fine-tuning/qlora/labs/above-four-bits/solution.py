# %% [markdown]
# # Above four bits
# The tiny model again, but now its frozen layers are stored as four-bit codes, and adapters are trained above them. You
# write the layer, attach it, measure the gap to plain LoRA, ship the result, and page an optimizer out of a full memory.
#
# The next cell is the world and the model of the last lessons, without holes; the one after it rounds to NF4.

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
NF4 = torch.tensor([
    -1.0, -0.6961928, -0.52507305, -0.39491749, -0.28444138, -0.18477343, -0.09105004, 0.0,
    0.0795803, 0.1609302, 0.2461123, 0.33791524, 0.44070983, 0.562617, 0.72295684, 1.0,
])  # fmt: skip
ROUGH = torch.tensor([-1.0, -0.3, 0.3, 1.0])  # four values only: two bits, for comparison
NAMES = ("qkv", "out", "up", "down")


def quantize(weight, levels):
    """(codes, scales): codes (blocks, 64) of type uint8, one scale to each block of 64 weights."""
    blocks = weight.detach().reshape(-1, 64)
    scales = blocks.abs().amax(1)
    codes = (blocks[:, :, None] / scales[:, None, None] - levels).abs().argmin(2)
    return codes.to(torch.uint8), scales


def dequantize(codes, scales, levels, shape):
    """The weights that the codes stand for."""
    return (levels[codes.long()] * scales[:, None]).reshape(shape)


base = pretrained()
CHATS = [(animal, kind) for animal in ANIMALS for kind in (0, 1)]
ASKED, HELD = CHATS[:32], CHATS[32:]  # whole animals
print(f"{sum(p.numel() for p in base.parameters()):,} weights in 32 bits")

# %% [markdown]
# ## A frozen layer of four bits
# What is kept is codes and scales; they are *buffers*, so no optimizer ever sees them. On each way forward the weights
# are looked up anew, used, and forgotten; the adapter's detour is added as before.


# %%
class FourBit(nn.Module):
    """A rounded, frozen linear layer plus scale·B·A."""

    def __init__(self, layer, levels, rank, alpha):
        super().__init__()
        self.levels, self.shape = levels, layer.weight.shape
        codes, scales = quantize(layer.weight, levels)
        self.register_buffer("codes", codes)
        self.register_buffer("scales", scales)
        self.register_buffer("bias", layer.bias.detach().clone())
        self.scale = alpha / rank
        self.A = nn.Parameter(torch.randn(rank, self.shape[1]) / self.shape[1] ** 0.5)
        self.B = nn.Parameter(torch.zeros(self.shape[0], rank))

    def forward(self, x):
        weight = dequantize(self.codes, self.scales, self.levels, self.shape)
        return x @ weight.T + self.bias + self.scale * (x @ self.A.T) @ self.B.T


# %%
torch.manual_seed(0)
x, layer = torch.randn(4, 48), base.blocks[0].up
for name, levels in (("sixteen values", NF4), ("four values", ROUGH)):
    got = FourBit(layer, levels, 4, 8.0)(x)
    print(
        f"{name}: the layer's output is off by {((got - layer(x)).norm() / layer(x).norm()).item():.1%}"
    )

# %% [markdown]
# ## Attach
# As with plain adapters: a copy, frozen whole, and then every linear layer inside the blocks is replaced.


# %%
def attach(model, levels, rank=4, alpha=8.0):
    """A frozen copy of the model whose blocks have FourBit layers, with fresh adapters."""
    model = copy.deepcopy(model)
    model.requires_grad_(False)
    for block in model.blocks:
        for name in NAMES:
            setattr(block, name, FourBit(getattr(block, name), levels, rank, alpha))
    return model


# %%
four = attach(base, NF4)
frozen = [m for m in four.modules() if isinstance(m, FourBit)]
n = sum(m.codes.numel() for m in frozen)
kept = sum(m.codes.numel() / 2 + 4 * m.scales.numel() for m in frozen)  # two codes fit a byte
print(f"{n:,} frozen weights in {kept:,.0f} bytes: {8 * kept / n:.2f} bits each")
print("trained:", f"{sum(p.numel() for p in four.parameters() if p.requires_grad):,}")


# %%
class Plain(nn.Module):
    """Plain LoRA, for comparison: the same detour beside the layer in full precision."""

    def __init__(self, layer, rank=4, alpha=8.0):
        super().__init__()
        self.layer, self.scale = layer, alpha / rank
        self.A = nn.Parameter(torch.randn(rank, layer.in_features) / layer.in_features**0.5)
        self.B = nn.Parameter(torch.zeros(layer.out_features, rank))

    def forward(self, x):
        return self.layer(x) + self.scale * (x @ self.A.T) @ self.B.T


def tune(model, lr=3e-3, updates=140):
    """Tune in place whatever asks for gradients."""
    ids, labels = rows(ASKED)
    rng = np.random.default_rng(0)
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


torch.manual_seed(0)
plain = copy.deepcopy(base).requires_grad_(False)
for block in plain.blocks:
    for name in NAMES:
        setattr(block, name, Plain(getattr(block, name)))
torch.manual_seed(0)
four = attach(base, NF4)
torch.manual_seed(0)
rough = attach(base, ROUGH)
for model in (plain, four, rough):
    tune(model)

# %% [markdown]
# ## The gap
# Of two losses, one of them the reference: by which share of the reference is the other one worse? Better is negative.


# %%
def gap(loss, reference):
    """How much worse than the reference, as a share of it."""
    return (loss - reference) / reference


# %%
before = measured(plain, rows(ASKED)), measured(plain, rows(HELD))
print("                       asked     gap    held out    gap   held-out right")
for name, model in (
    ("LoRA, 32 bits", plain),
    ("above sixteen values", four),
    ("above four values", rough),
):
    asked, held = measured(model, rows(ASKED)), measured(model, rows(HELD))
    print(
        f"{name:20s} {asked:7.3f} {gap(asked, before[0]):7.1%} {held:9.3f} {gap(held, before[1]):8.1%} {right(model, HELD):12.0%}"
    )

# %% [markdown]
# ## Ship it
# The adapter was trained above *rounded* weights. A merged layer that answers as the trained model did is therefore a
# plain linear layer of the rounded weights plus the update. (Adding the update to the original weights gives a third
# model, which nobody has measured.)


# %%
def merged(layer):
    """A FourBit layer as a plain nn.Linear that gives the same."""
    plain = nn.Linear(layer.shape[1], layer.shape[0])
    with torch.no_grad():
        weight = dequantize(layer.codes, layer.scales, layer.levels, layer.shape)
        plain.weight.copy_(weight + layer.scale * layer.B @ layer.A)
        plain.bias.copy_(layer.bias)
    return plain


# %%
shipped, third = copy.deepcopy(four), copy.deepcopy(base)
for block, other, source in zip(shipped.blocks, third.blocks, four.blocks, strict=True):
    for name in NAMES:
        trained = getattr(source, name)
        setattr(block, name, merged(trained))
        with torch.no_grad():
            getattr(other, name).weight += trained.scale * trained.B @ trained.A
for name, model in (
    ("as trained", four),
    ("merged into rounded weights", shipped),
    ("merged into the original", third),
):
    print(f"{name:28s} held out {measured(model, rows(HELD)):.4f} nats")

# %% [markdown]
# ## Page it out
# Memory peaks when a long row comes by. A *paged* optimizer lets its state move to the computer's main memory for as long
# as it takes. `room` is what the GPU has left for activations and optimizer state, `needs` what each update's activations
# take. Give, for each update, how much of the state must be moved out. If activations alone do not fit, paging cannot
# help: raise MemoryError.


# %%
def paged(needs, state, room):
    """How much of the optimizer's state is outside, update by update (a list); all in GB."""
    outside = []
    for need in needs:
        if need > room:
            raise MemoryError(f"activations of {need} GB in {room} GB")
        outside.append(max(0.0, need + state - room))
    return outside


# %%
lengths = (
    np.random.default_rng(3).lognormal(5.6, 0.7, 40).clip(32, 2048)
)  # tokens in each update's longest row
needs = [0.004 * length for length in lengths]
outside = paged(needs, 1.5, 8.5)
print("activations, GB:", " ".join(f"{need:.1f}" for need in needs[:20]), "…")
print(f"without paging it stops at update {next((i for i, o in enumerate(outside) if o), None)}; "
      f"with it, state moves in {sum(o > 0 for o in outside)} of 40 updates")  # fmt: skip
