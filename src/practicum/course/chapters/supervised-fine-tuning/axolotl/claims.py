"""Numbers of the lesson on Axolotl's configuration: what follows from a file, and what misspelt keys become."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path

import yaml

from practicum.core.errors import nearest

FILES = Path(__file__).parent / "labs" / "before-the-night"
# Code Llama on a thousand Python instructions, as in 02-code-llama-qlora.yml.
EXAMPLES, HELD, BATCH, EPOCHS, WARMUP, ROW = 1000, 0.02, 10, 3, 100, 2048
TOKENS = 400  # of an average example: an assumption, named in the lesson

# What the same thing is called in other tools, and in other people's habits.
FOREIGN = {
    "lora_rank": "lora_r", "r": "lora_r", "lr": "learning_rate", "batch_size": "micro_batch_size",
    "per_device_train_batch_size": "micro_batch_size", "epochs": "num_epochs", "num_train_epochs": "num_epochs",
    "max_seq_length": "sequence_len", "cutoff_len": "sequence_len", "packing": "sample_packing",
    "gradient_accumulation": "gradient_accumulation_steps", "warmup": "warmup_steps", "val_size": "val_set_size",
    "model_name": "base_model", "dataset": "datasets", "lr_scheduler_type": "lr_scheduler",
}  # fmt: skip


@cache
def _configs() -> dict[str, dict]:
    return {p.name: yaml.safe_load(p.read_text("utf-8")) for p in sorted(FILES.glob("[0-9]*.yml"))}


@cache
def _known() -> tuple[str, ...]:
    """Every key that occurs in the ten files, in alphabetical order."""
    return tuple(sorted({key for config in _configs().values() for key in config}))


def _slips(key: str) -> dict[str, list[str]]:
    """Ways to misspell a key, by kind."""
    places = range(len(key))
    made = {
        "a letter lost": [key[:i] + key[i + 1 :] for i in places],
        "a letter doubled": [key[: i + 1] + key[i:] for i in places],
        "neighbours swapped": [key[:i] + key[i + 1] + key[i] + key[i + 2 :] for i in places[:-1]],
        "hyphens for underscores": [key.replace("_", "-")],
    }
    return {kind: sorted({w for w in words if w not in _known()}) for kind, words in made.items()}


@cache
def _caught() -> dict[str, tuple[int, int]]:
    """Of all slips of a kind, how many lead back to the key that was meant."""
    counts: dict[str, list[int]] = {}
    for key in _known():
        for kind, words in _slips(key).items():
            for word in words:
                cell = counts.setdefault(kind, [0, 0])
                cell[0] += nearest(word, _known()) == key
                cell[1] += 1
    return {kind: (a, b) for kind, (a, b) in counts.items()}


def _foreign() -> tuple[int, int]:
    """Of words from other tools, how many lead to the right key, and how many to a wrong one."""
    found = {word: nearest(word, _known()) for word in FOREIGN}
    return (sum(found[w] == key for w, key in FOREIGN.items()),
            sum(found[w] not in (None, key) for w, key in FOREIGN.items()))  # fmt: skip


def n_foreign() -> int:
    return len(FOREIGN)


def foreign_right() -> int:
    return _foreign()[0]


def foreign_none() -> int:
    return n_foreign() - sum(_foreign())


def n_keys() -> int:
    return len(_known())


def n_slips() -> int:
    return sum(b for _, b in _caught().values())


def caught() -> float:
    return sum(a for a, _ in _caught().values()) / n_slips()


def swallowed() -> float:
    """Share of the slips that YAML itself reads without a word."""
    read = [
        yaml.safe_load(f"{w}: 1") == {w: 1}
        for k in _known()
        for words in _slips(k).values()
        for w in words
    ]
    return sum(read) / len(read)


def rows_alone() -> int:
    return EXAMPLES - round(HELD * EXAMPLES)


def epoch_alone() -> int:
    return math.ceil(rows_alone() / BATCH)


def updates_alone() -> int:
    return epoch_alone() * EPOCHS


def warm_alone() -> float:
    return WARMUP / updates_alone()


def _packed(per_row: float) -> int:
    """Updates when so many examples share a row."""
    return math.ceil(math.ceil(rows_alone() / per_row) / BATCH) * EPOCHS


def rows_packed() -> int:
    return math.ceil(rows_alone() * TOKENS / ROW)


def updates_packed() -> int:
    return math.ceil(rows_packed() / BATCH) * EPOCHS


def peak_reached() -> float:
    """The highest rate of the packed run, as a share of the peak."""
    return updates_packed() / WARMUP


def padding() -> float:
    """Share of a padded batch that is padding, without packing."""
    return 1 - TOKENS / ROW


def _rate(step: int, updates: int) -> float:
    """Linear warm-up, then a cosine to nought, as a share of the peak."""
    if step < WARMUP:
        return (step + 1) / WARMUP
    return 0.5 * (1 + math.cos(math.pi * (step - WARMUP) / max(1, updates - WARMUP)))


def tiny_llama() -> int:
    """Adapters of rank 32 on TinyLlama's seven linear layers, 22 blocks."""
    C, KV, FFN = 2048, 256, 5632
    shapes = [(C, C), (KV, C), (KV, C), (C, C), (FFN, C), (FFN, C), (C, FFN)]
    return 22 * sum(32 * (a + b) for a, b in shapes)


def tiny_llama_share() -> float:
    return tiny_llama() / (1_100_048_384 + tiny_llama())


def wanted_scale() -> float:
    """Rank 64 with alpha 16, as the author meant."""
    return 16 / 64


def default_scale() -> float:
    """Rank 8, a common default, with alpha 16."""
    return 16 / 8


def batch_of_four() -> int:
    """Rows an update: two at a time, eight times, on four GPUs."""
    return 2 * 8 * 4


def typed_as_text() -> str:
    return type(yaml.safe_load("learning_rate: 2e-4")["learning_rate"]).__name__
