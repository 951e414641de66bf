"""Numbers of the lesson: a tiny model that knows twenty-four animals is tuned to answer questions about sixteen."""

from __future__ import annotations

import copy
import math
from functools import cache
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from practicum.learn.lessons.claims import Near

ANIMALS = [
    "fox",
    "heron",
    "otter",
    "badger",
    "lynx",
    "robin",
    "hare",
    "newt",
    "adder",
    "swan",
    "boar",
    "owl",
    "mole",
    "stoat",
    "raven",
    "toad",
    "deer",
    "wren",
    "crane",
    "bat",
    "seal",
    "crab",
    "gull",
    "eel",
]
PLACES = ["forest", "marsh", "river", "meadow", "cave", "field"]
FOODS = ["berries", "fish", "seeds", "roots", "mice", "beetles"]
COLOURS = ["red", "grey", "brown", "white", "black", "green"]
WORDS = [
    *["<pad>", "<user>", "<bot>", "<end>", "the", "lives", "in", "eats", "is", ".", "where", "does", "live", "?", "what", "eat", "colour", "and", "met", "slept", "by", "saw"],
    *ANIMALS, *PLACES, *FOODS, *COLOURS,
]  # fmt: skip
ID = {word: i for i, word in enumerate(WORDS)}
IGNORED = -100
LENGTH = 24  # words in a row of plain text, the model's whole context
ASKED, HELD = ANIMALS[:16], ANIMALS[16:]  # chats are about these; about those, never
PLACE, FOOD, COLOUR = range(3)
SEEDS = range(3)
UPDATES, ROWS = 150, 8


def _facts() -> dict[str, tuple[str, str, str]]:
    rng = np.random.default_rng(7)
    return {a: tuple(kind[rng.integers(6)] for kind in (PLACES, FOODS, COLOURS)) for a in ANIMALS}


FACTS = _facts()


def _text(rng: np.random.Generator) -> str:
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


def _ids(text: str) -> list[int]:
    return [ID[word] for word in text.split()]


def _texts(n: int, seed: int) -> Tensor:
    """Rows of plain text.  Shapes → (n, LENGTH + 1)."""
    rng = np.random.default_rng(seed)
    return torch.tensor([_ids(_text(rng))[: LENGTH + 1] for _ in range(n)])


def _chat(animal: str, kind: int) -> tuple[str, str]:
    place, food, colour = FACTS[animal]
    return (
        (f"where does the {animal} live ?", f"the {animal} lives in the {place} ."),
        (f"what does the {animal} eat ?", f"the {animal} eats {food} ."),
        (f"what colour is the {animal} ?", f"the {animal} is {colour} ."),
    )[kind]


def _rows(
    animals: list[str], kinds: tuple[int, ...], scored: str = "answer"
) -> tuple[Tensor, Tensor]:
    """Padded ids and labels; `scored` is answer, open (without the end of turn) or all."""
    rows = []
    for animal in animals:
        for kind in kinds:
            question, answer = _chat(animal, kind)
            head, tail = _ids(f"<user> {question} <bot>"), _ids(f"{answer} <end>")
            mask = [scored == "all"] * len(head) + [True] * len(tail)
            mask[-1] = scored != "open"
            rows.append((head + tail, mask))
    width = max(len(ids) for ids, _ in rows)
    ids, labels = (
        torch.zeros(len(rows), width, dtype=torch.long),
        torch.full((len(rows), width), IGNORED),
    )
    for i, (row, mask) in enumerate(rows):
        ids[i, : len(row)] = torch.tensor(row)
        labels[i, : len(row)] = torch.where(torch.tensor(mask), torch.tensor(row), IGNORED)
    return ids, labels


class _Block(nn.Module):
    def __init__(self, C: int, H: int) -> None:
        super().__init__()
        self.H = H
        self.norm_a, self.norm_b = nn.LayerNorm(C), nn.LayerNorm(C)
        self.qkv, self.out = nn.Linear(C, 3 * C), nn.Linear(C, C)
        self.up, self.down = nn.Linear(C, 4 * C), nn.Linear(4 * C, C)

    def forward(self, x: Tensor) -> Tensor:
        B, T, C = x.shape
        q, k, v = self.qkv(self.norm_a(x)).view(B, T, 3, self.H, C // self.H).permute(2, 0, 3, 1, 4)
        seen = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(seen.transpose(1, 2).reshape(B, T, C))
        return x + self.down(F.relu(self.up(self.norm_b(x))))


class Tiny(nn.Module):
    """A decoder of two blocks over the words above.  Shapes  (B, T) ids → (B, T, V) logits."""

    def __init__(self, C: int = 48, H: int = 4) -> None:
        super().__init__()
        self.words, self.places = nn.Embedding(len(WORDS), C), nn.Embedding(LENGTH, C)
        self.blocks = nn.ModuleList(_Block(C, H) for _ in range(2))
        self.norm, self.head = nn.LayerNorm(C), nn.Linear(C, len(WORDS), bias=False)
        for table in (self.words, self.places):
            nn.init.normal_(table.weight, std=0.1)

    def forward(self, ids: Tensor) -> Tensor:
        x = self.words(ids) + self.places(torch.arange(ids.shape[1]))
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))


def _nats(model: nn.Module, ids: Tensor, labels: Tensor) -> Tensor:
    """Mean loss of the labels that are not ignored, each predicted from what stands before it."""
    logits = model(ids[:, :-1])
    return F.cross_entropy(logits.flatten(0, 1), labels[:, 1:].flatten(), ignore_index=IGNORED)


@cache
def _base() -> Tiny:
    """The pre-trained model: it has read plain text only."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    model, texts, steps = Tiny(), _texts(3000, 0), 500
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.01, fused=True)
    for step in range(steps):
        done = step / steps
        for group in optimizer.param_groups:
            group["lr"] = 3e-3 * min(1, (step + 1) / 50) * (0.55 + 0.45 * math.cos(math.pi * done))
        batch = texts[torch.arange(32 * step, 32 * step + 32) % len(texts)]
        loss = _nats(model, batch, batch)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model


class Look(NamedTuple):
    """Losses in nats a word; shares of questions answered word for word."""

    asked: float
    held: float
    text: float
    asked_right: float
    held_right: float
    colour_right: float
    stopped: float


def _answer(model: nn.Module, question: str) -> str:
    """The likeliest continuation, until the end of turn or nine words."""
    ids = _ids(f"<user> {question} <bot>")
    said = []
    with torch.no_grad():
        for _ in range(9):
            ids.append(int(model(torch.tensor([ids]))[0, -1].argmax()))
            said.append(WORDS[ids[-1]])
            if said[-1] == "<end>":
                break
    return " ".join(said)


def _right(model: nn.Module, animals: list[str], kinds: tuple[int, ...]) -> float:
    chats = [_chat(a, k) for a in animals for k in kinds]
    return sum(_answer(model, q).removesuffix(" <end>") == a for q, a in chats) / len(chats)


@cache
def _held_text() -> Tensor:
    return _texts(150, 99)


def _loss(model: nn.Module, rows: tuple[Tensor, Tensor]) -> float:
    with torch.no_grad():
        return _nats(model, *rows).item()


def _look(model: nn.Module) -> Look:
    both, text = (PLACE, FOOD), _held_text()
    questions = [_chat(a, k)[0] for a in HELD for k in both]
    return Look(
        _loss(model, _rows(ASKED, both)), _loss(model, _rows(HELD, both)), _loss(model, (text, text)),
        _right(model, ASKED, both), _right(model, HELD, both), _right(model, HELD, (COLOUR,)),
        sum("<end>" in _answer(model, q) for q in questions) / len(questions),
    )  # fmt: skip


def _tune(
    model: nn.Module, lr: float, seed: int, replay: float = 0.0, scored: str = "answer",
    updates: int = UPDATES, every: int = 0,
) -> list[tuple[int, float, float]]:  # fmt: skip
    """Update what asks for gradients; (updates, loss of held-out chats, of held-out text) every so often."""
    ids, labels = _rows(ASKED, (PLACE, FOOD), scored)
    texts, held, text = _texts(400, 5), _rows(HELD, (PLACE, FOOD)), _held_text()
    rng = np.random.default_rng(seed)
    weights = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=lr, weight_decay=0.0, fused=True)
    looks = []
    for step in range(updates + 1):
        if every and step % every == 0:
            looks.append((step, _loss(model, held), _loss(model, (text, text))))
        if step == updates:
            break
        pick = rng.integers(len(ids), size=ROWS)
        loss = _nats(model, ids[pick], labels[pick])
        if replay:
            old = texts[rng.integers(len(texts), size=4)]
            loss = (1 - replay) * loss + replay * _nats(model, old, old)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return looks


@cache
def _tuned(
    lr: float = 1e-3, seed: int = 0, replay: float = 0.0, scored: str = "answer"
) -> nn.Module:
    model = copy.deepcopy(_base())
    _tune(model, lr, seed, replay, scored)
    return model


@cache
def _seen(lr: float = 1e-3, seed: int = 0, replay: float = 0.0, scored: str = "answer") -> Look:
    return _look(_tuned(lr, seed, replay, scored))


def _mean(values: list[float], within: float) -> Near:
    return Near(float(np.mean(values)), within)


def _over_seeds(
    field: str, lr: float = 1e-3, replay: float = 0.0, scored: str = "answer"
) -> list[float]:
    return [getattr(_seen(lr, seed, replay, scored), field) for seed in SEEDS]


def _slip(lr: float = 1e-3, replay: float = 0.0) -> float:
    """How many times more unsure of held-out text."""
    before = _loss(_base(), (_held_text(), _held_text()))
    return math.exp(float(np.mean(_over_seeds("text", lr, replay))) - before)


def n_weights() -> int:
    return sum(p.numel() for p in _base().parameters())


def held_chats() -> Near:
    return _mean(_over_seeds("held"), 0.06)


def held_right() -> Near:
    return _mean(_over_seeds("held_right"), 0.15)


def asked_right() -> Near:
    return _mean(_over_seeds("asked_right"), 0.03)


def base_right() -> float:
    return _right(_base(), HELD, (PLACE, FOOD))


def colour_right() -> float:
    return float(np.mean(_over_seeds("colour_right")))


def base_text() -> Near:
    return Near(_loss(_base(), (_held_text(), _held_text())), 0.03)


def tuned_text() -> Near:
    return _mean(_over_seeds("text"), 0.2)


def slip() -> Near:
    return Near(_slip(), 0.4)


def slip_high() -> Near:
    return Near(_slip(3e-3), 3)


def slip_low() -> Near:
    return Near(_slip(3e-4), 0.15)


def slip_replay() -> Near:
    return Near(_slip(replay=0.25), 0.04)


def held_right_replay() -> Near:
    return _mean(_over_seeds("held_right", replay=0.25), 0.15)


def held_right_high() -> Near:
    return _mean(_over_seeds("held_right", 3e-3), 0.2)


def asked_loss() -> Near:
    return _mean(_over_seeds("asked"), 0.006)


def asked_loss_high() -> Near:
    return _mean(_over_seeds("asked", 3e-3), 0.003)


def held_loss() -> Near:
    return held_chats()


def held_loss_high() -> Near:
    return _mean(_over_seeds("held", 3e-3), 0.15)


def stopped_open() -> float:
    """Share of answers that end, when the end of turn was not graded."""
    return float(np.mean(_over_seeds("stopped", scored="open")))


def stopped() -> Near:
    return _mean(_over_seeds("stopped"), 0.05)


def held_right_all() -> Near:
    return _mean(_over_seeds("held_right", scored="all"), 0.2)


def four_words() -> float:
    """Mean loss of words that had the probabilities 1/2, 1/4, 1/8 and 1/2."""
    return -sum(math.log(p) for p in (1 / 2, 1 / 4, 1 / 8, 1 / 2)) / 4


def mean_of_means() -> float:
    """Two graded words at 2 nats, eight at 0.5: each row alike."""
    return (2.0 + 0.5) / 2


def mean_of_words() -> float:
    """The same, each word alike."""
    return (2 * 2.0 + 8 * 0.5) / 10


def bytes_a_weight() -> int:
    """Weight and gradient in 16 bits; a 32-bit copy and AdamW's two moments."""
    return 2 + 2 + 4 + 4 + 4


def seven_billion() -> float:
    """Gigabytes."""
    return bytes_a_weight() * 7


def smollm() -> float:
    """Gigabytes of SmolLM2-135M, which has 134.5 million weights."""
    return bytes_a_weight() * 134.5e6 / 1e9


def rows_seen() -> float:
    """Ten updates of ten rows, of a thousand."""
    return 10 * 10 / 1000
