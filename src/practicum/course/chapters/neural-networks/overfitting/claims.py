"""Numbers of the lesson: one small network, two hundred digits, forty wrong labels, five seeds."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import Tensor, nn

from practicum.learn.lessons.claims import Near
from practicum.measure.intervals import mean_interval

N_TRAIN, N_VALIDATION, N_TEST = 200, 200, 1000
N_WRONG = 40
SEEDS = range(5)
STEPS, EVERY = 150, 10
REMEDIES = {
    "plain": {},
    "dropout": {"p": 0.5},
    "L2": {"l2": 3e-3},
    "L1": {"l1": 1e-3},
    "augmentation": {"shift": True},
}


class Look(NamedTuple):
    """What one evaluation saw: mean losses in nats, accuracies as fractions."""

    step: int
    train: float
    validation: float
    test: float
    train_accuracy: float
    test_accuracy: float


class Rows(NamedTuple):
    """Inputs and labels of the three splits."""

    x: Tensor
    y: Tensor
    x_validation: Tensor
    y_validation: Tensor
    x_test: Tensor
    y_test: Tensor


@cache
def _rows(seed: int, n_wrong: int) -> Rows:
    pixels, labels = load_digits(return_X_y=True)
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(labels))
    labels = labels.copy()
    wrong = order[:n_wrong]
    labels[wrong] = (labels[wrong] + rng.integers(1, 10, n_wrong)) % 10  # never the right one
    x, y = torch.tensor(pixels / 16), torch.tensor(labels)
    ends = np.cumsum([0, N_TRAIN, N_VALIDATION, N_TEST])
    parts = [order[a:b] for a, b in pairwise(ends)]
    return Rows(*(values[part] for part in parts for values in (x, y)))


def _shifted(x: Tensor, generator: torch.Generator) -> Tensor:
    """Each image moved by at most one pixel down and across, the border filled with paper."""
    padded = F.pad(x.view(-1, 8, 8), (1, 1, 1, 1))  # (B, 10, 10)
    down, across = torch.randint(0, 3, (2, len(x), 1, 1), generator=generator)
    rows, columns = torch.arange(8)[:, None] + down, torch.arange(8) + across
    return padded[torch.arange(len(x))[:, None, None], rows, columns].reshape(-1, 64)


@cache
def _run(
    seed: int, p: float = 0, l2: float = 0, l1: float = 0, shift: bool = False,
    width: int = 128, n_wrong: int = N_WRONG,
) -> tuple[list[Look], float]:  # fmt: skip
    """Evaluations every few steps, and the share of weights that ended within 0.001 of zero."""
    torch.set_num_threads(1)
    rows = _rows(seed, n_wrong)
    torch.manual_seed(seed)
    moves = torch.Generator().manual_seed(seed)
    model = nn.Sequential(nn.Linear(64, width), nn.ReLU(), nn.Dropout(p), nn.Linear(width, 10))
    model.double()  # so that rounding, which differs between machines, stays far from what is shown
    matrices = [model[0].weight, model[3].weight]
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3, fused=True)
    looks = []
    for step in range(STEPS + 1):
        if step % EVERY == 0:
            looks.append(_look(step, model, rows))
        x = _shifted(rows.x, moves) if shift else rows.x
        loss = F.cross_entropy(model(x), rows.y)
        if l2:
            loss = loss + l2 * sum(w.square().sum() for w in matrices)
        if l1:
            loss = loss + l1 * sum(w.abs().sum() for w in matrices)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    small = sum(int((w.abs() < 1e-3).sum()) for w in matrices)
    return looks, small / sum(w.numel() for w in matrices)


def _look(step: int, model: nn.Module, rows: Rows) -> Look:
    model.eval()
    with torch.no_grad():
        inputs = torch.cat([rows.x, rows.x_validation, rows.x_test])
        logits = model(inputs).split([N_TRAIN, N_VALIDATION, N_TEST])
    model.train()
    labels = (rows.y, rows.y_validation, rows.y_test)
    losses = [F.cross_entropy(a, y).item() for a, y in zip(logits, labels, strict=True)]
    right = [(a.argmax(1) == y).double().mean().item() for a, y in zip(logits, labels, strict=True)]
    return Look(step, *losses, right[0], right[2])


def _looks(name: str, n_wrong: int = N_WRONG) -> list[list[Look]]:
    return [_run(seed, n_wrong=n_wrong, **REMEDIES[name])[0] for seed in SEEDS]


def _stopped(n_wrong: int = N_WRONG) -> list[Look]:
    """Of each plain run, the evaluation at which the validation loss was least."""
    return [min(looks, key=lambda look: look.validation) for looks in _looks("plain", n_wrong)]


def _mean(values: list[float], within: float) -> Near:
    return Near(float(np.mean(values)), within)


def _change(name: str, n_wrong: int = N_WRONG) -> tuple[float, float, float]:
    """How a remedy moves the test loss: mean of the paired differences and its 95 % interval."""
    plain = [looks[-1].test for looks in _looks("plain", n_wrong)]
    if name == "early stopping":
        after = [look.test for look in _stopped(n_wrong)]
    else:
        after = [looks[-1].test for looks in _looks(name, n_wrong)]
    return mean_interval([b - a for a, b in zip(plain, after, strict=True)])


def n_weights() -> int:
    """All weights and biases of 64 → 128 → 10."""
    return 64 * 128 + 128 + 128 * 10 + 10


def n_train() -> int:
    return N_TRAIN


def n_wrong() -> int:
    return N_WRONG


def n_test() -> int:
    return N_TEST


def n_updates() -> int:
    return STEPS


def train_accuracy() -> Near:
    return _mean([looks[-1].train_accuracy for looks in _looks("plain")], 0.01)


def test_accuracy() -> Near:
    return _mean([looks[-1].test_accuracy for looks in _looks("plain")], 0.02)


def train_loss() -> Near:
    return _mean([looks[-1].train for looks in _looks("plain")], 0.01)


def test_loss() -> Near:
    return _mean([looks[-1].test for looks in _looks("plain")], 0.05)


def gap() -> Near:
    return _mean([looks[-1].test - looks[-1].train for looks in _looks("plain")], 0.05)


def stop_step() -> Near:
    return _mean([look.step for look in _stopped()], 5)


def stop_train_accuracy() -> Near:
    return _mean([look.train_accuracy for look in _stopped()], 0.02)


def stop_accuracy() -> Near:
    return _mean([look.test_accuracy for look in _stopped()], 0.02)


def stop_loss() -> Near:
    return _mean([look.test for look in _stopped()], 0.03)


def sure() -> float:
    """Seven rows right with 0.98, three wrong with 0.02 left for the truth."""
    return -float(np.mean(np.log([0.98] * 7 + [0.02] * 3)))


def hedged() -> float:
    return -float(np.mean(np.log([0.7] * 7 + [0.2] * 3)))


def surprise() -> float:
    return -float(np.log(0.02))


def mild() -> float:
    return -float(np.log(0.2))


def narrow_train() -> Near:
    return _mean([_run(seed, width=16)[0][-1].train for seed in SEEDS], 0.04)


def narrow_test() -> Near:
    return _mean([_run(seed, width=16)[0][-1].test for seed in SEEDS], 0.04)


def early_change() -> Near:
    return Near(_change("early stopping")[0], 0.04)


def dropout_change() -> Near:
    return Near(_change("dropout")[0], 0.04)


def dropout_low() -> Near:
    return Near(_change("dropout")[1], 0.06)


def dropout_high() -> Near:
    return Near(_change("dropout")[2], 0.06)


def l2_change() -> Near:
    return Near(_change("L2")[0], 0.04)


def l1_change() -> Near:
    return Near(_change("L1")[0], 0.04)


def shift_change() -> Near:
    return Near(_change("augmentation")[0], 0.04)


def l1_accuracy() -> Near:
    return _mean([looks[-1].test_accuracy for looks in _looks("L1")], 0.02)


def shift_accuracy() -> Near:
    return _mean([looks[-1].test_accuracy for looks in _looks("augmentation")], 0.02)


def _small(name: str) -> float:
    return float(np.mean([_run(seed, n_wrong=N_WRONG, **REMEDIES[name])[1] for seed in SEEDS]))


def l1_small() -> Near:
    return Near(_small("L1"), 0.04)


def l2_small() -> Near:
    return Near(_small("L2"), 0.04)


def l2_push_large() -> float:
    return 2 * 0.01 * 0.5


def l2_push_small() -> float:
    return 2 * 0.01 * 0.005


def dropout_survivor() -> float:
    return 3 / (1 - 0.25)


def dropout_mean() -> float:
    return 0.75 * 4 + 0.25 * 0


def clean_loss() -> Near:
    return _mean([looks[-1].test for looks in _looks("plain", 0)], 0.02)


def clean_shift_loss() -> Near:
    return _mean([looks[-1].test for looks in _looks("augmentation", 0)], 0.03)


def clean_l2_change() -> Near:
    return Near(_change("L2", 0)[0], 0.01)


def clean_l2_low() -> Near:
    return Near(_change("L2", 0)[1], 0.02)


def clean_l2_high() -> Near:
    return Near(_change("L2", 0)[2], 0.02)


def clean_dropout_change() -> Near:
    return Near(_change("dropout", 0)[0], 0.015)


def twenty_right() -> Near:
    """Accuracy on the first twenty training rows, wrong labels and all."""
    return _mean([looks[-1].train_accuracy for looks in _looks("plain")], 0.01)


def twenty_low() -> float:
    from practicum.measure.intervals import wilson

    return wilson(20, 20)[0]
