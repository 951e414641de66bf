"""Numbers of the lesson: one recipe, several splits of the bundled digits, one model's shape."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import Tensor, nn

from practicum.learn.lessons.claims import Near
from practicum.measure.intervals import wilson

N_TRAIN, N_VALIDATION, N_TEST = 1097, 200, 500
WIDTH, EPOCHS, SIZE, RATE = 128, 25, 64, 4e-3
HIDDEN, INTERMEDIATE, LAYERS, HEADS, KV_HEADS, VOCABULARY = 576, 1536, 30, 9, 3, 49152


@cache
def _digits(scrambled: bool = False) -> tuple[Tensor, Tensor]:
    pixels, labels = load_digits(return_X_y=True)
    if scrambled:
        pixels = pixels[:, _shuffle()]
    return torch.tensor(pixels / 16), torch.tensor(labels)  # (1797, 64) float64, (1797,)


def _shuffle() -> np.ndarray:
    return np.random.default_rng(1).permutation(64)


@cache
def _order() -> np.ndarray:
    return np.random.default_rng(0).permutation(1797)


def _parts() -> list[np.ndarray]:
    return np.split(_order(), [N_TRAIN, N_TRAIN + N_VALIDATION])


def _fit(rows: np.ndarray, scrambled: bool = False) -> list[nn.Module]:
    """The network before training and after every epoch."""
    torch.set_num_threads(1)
    x, y = _digits(scrambled)
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(64, WIDTH), nn.ReLU(), nn.Linear(WIDTH, 10))
    model.double()  # so that rounding, which differs between machines, stays far from what is shown
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, fused=True)
    generator = torch.Generator().manual_seed(0)
    kept = [_copy(model)]
    for _ in range(EPOCHS):
        for piece in torch.tensor(rows)[torch.randperm(len(rows), generator=generator)].split(SIZE):
            loss = F.cross_entropy(model(x[piece]), y[piece])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        kept.append(_copy(model))
    return kept


def _copy(model: nn.Module) -> nn.Module:
    import copy

    return copy.deepcopy(model).eval()


@cache
def _trained(scrambled: bool = False) -> list[nn.Module]:
    return _fit(_parts()[0], scrambled)


def _hits(model: nn.Module, rows: np.ndarray, scrambled: bool = False) -> int:
    x, y = _digits(scrambled)
    with torch.no_grad():
        return int((model(x[rows]).argmax(1) == y[rows]).sum())


@cache
def _thirds(by_file: bool) -> int:
    """Hits when each third is left out of training in turn."""
    everyone = np.arange(1797)
    parts = np.array_split(everyone if by_file else _order(), 3)
    return sum(_hits(_fit(np.setdiff1d(everyone, part))[-1], part) for part in parts)


def n_parameters() -> int:
    return sum(p.numel() for p in _trained()[0].parameters())


def first_layer() -> int:
    return 64 * WIDTH + WIDTH


def second_layer() -> int:
    return WIDTH * 10 + 10


def n_train() -> int:
    return N_TRAIN


def n_validation() -> int:
    return N_VALIDATION


def n_test() -> int:
    return N_TEST


def n_batches() -> int:
    return math.ceil(N_TRAIN / SIZE)


def n_updates() -> int:
    return EPOCHS * math.ceil(N_TRAIN / SIZE)


def last_batch() -> int:
    return N_TRAIN % SIZE


def ln_ten() -> float:
    return math.log(10)


def first_loss() -> Near:
    x, y = _digits()
    rows = _parts()[0]
    with torch.no_grad():
        return Near(F.cross_entropy(_trained()[0](x[rows]), y[rows]).item(), 0.01)


def ln_vocabulary() -> float:
    return math.log(VOCABULARY)


def accuracy() -> Near:
    return Near(_hits(_trained()[-1], _parts()[2]) / N_TEST, 0.006)


def accuracy_low() -> Near:
    return Near(wilson(_hits(_trained()[-1], _parts()[2]), N_TEST)[0], 0.006)


def accuracy_high() -> Near:
    return Near(wilson(_hits(_trained()[-1], _parts()[2]), N_TEST)[1], 0.006)


def n_wrong() -> Near:
    return Near(N_TEST - _hits(_trained()[-1], _parts()[2]), 3)


def scrambled_accuracy() -> Near:
    return Near(_hits(_trained(True)[-1], _parts()[2], True) / N_TEST, 0.006)


def random_thirds() -> Near:
    return Near(_thirds(False) / 1797, 0.004)


def file_thirds() -> Near:
    return Near(_thirds(True) / 1797, 0.006)


@cache
def _twins() -> np.ndarray:
    """How far away in the file each row's most similar row stands."""
    pixels = load_digits().data
    squares = (pixels**2).sum(1)
    distances = squares[:, None] + squares - 2 * pixels @ pixels.T
    np.fill_diagonal(distances, np.inf)
    return np.abs(distances.argmin(1) - np.arange(len(pixels)))


def twins_near() -> float:
    return float((_twins() <= 100).mean())


def twins_by_chance() -> float:
    away = np.abs(np.arange(1797)[:, None] - np.arange(1797))
    return float(((away > 0) & (away <= 100)).sum() / (1797 * 1796))


def file_bytes() -> int:
    """As float32: the header, and four bytes for each number."""
    from safetensors.torch import save

    return len(save({k: v.float() for k, v in _trained()[-1].state_dict().items()}))


def number_bytes() -> int:
    return 4 * n_parameters()


def _matrices() -> dict[str, int]:
    narrow = HIDDEN // HEADS * KV_HEADS
    return {
        "MLP": LAYERS * 3 * HIDDEN * INTERMEDIATE,
        "token embedding": VOCABULARY * HIDDEN,
        "attention": LAYERS * (2 * HIDDEN * HIDDEN + 2 * HIDDEN * narrow),
        "norms": (2 * LAYERS + 1) * HIDDEN,
    }


def model_total() -> int:
    return sum(_matrices().values())


def mlp_block() -> int:
    return 3 * HIDDEN * INTERMEDIATE


def mlp_all() -> int:
    return _matrices()["MLP"]


def mlp_share() -> float:
    return mlp_all() / model_total()


def attention_block() -> int:
    return _matrices()["attention"] // LAYERS


def mlp_share_of_block() -> float:
    return mlp_block() / (mlp_block() + attention_block())


def embedding_share() -> float:
    return _matrices()["token embedding"] / model_total()


def attention_share() -> float:
    return _matrices()["attention"] / model_total()


def how_many_of_ours() -> int:
    return mlp_block() // n_parameters()


def silu_minus_one() -> float:
    return -1 / (1 + math.e)


def gated() -> float:
    """SiLU(2) times 3."""
    return 3 * 2 / (1 + math.exp(-2))


def silu_two() -> float:
    return 2 / (1 + math.exp(-2))


def softmax_twice() -> float:
    """The least loss when a one-hot row of probabilities goes through softmax once more."""
    return -math.log(math.e / (math.e + 9))
