"""Numbers of the lesson on ZeRO: what each rank keeps, and what goes over the wire."""

from __future__ import annotations

from functools import cache

import numpy as np

WEIGHTS, GRADIENTS, STATE = 2, 2, 12  # bytes a weight
SEVEN, LLAMA, ADAPTERS = 7e9, 8_030_261_248, 41_943_040  # adapters of rank 16 on all linear layers


def _memory(stage: int, ranks: int, n: float = SEVEN) -> float:
    """Gigabytes on each rank."""
    weights = WEIGHTS / ranks if stage >= 3 else WEIGHTS
    gradients = GRADIENTS / ranks if stage >= 2 else GRADIENTS
    state = STATE / ranks if stage >= 1 else STATE
    return n * (weights + gradients + state) / 1e9


def alone() -> float:
    return _memory(0, 1)


def stage_one() -> float:
    return _memory(1, 8)


def stage_two() -> float:
    return _memory(2, 8)


def stage_three() -> float:
    return _memory(3, 8)


def many_two() -> float:
    """Stage two on 64 ranks: the weights' two bytes remain."""
    return _memory(2, 64)


def many_three() -> float:
    return _memory(3, 64)


def all_together() -> int:
    """Gigabytes of eight cards of 80."""
    return 8 * 80


def copies() -> float:
    """Gigabytes that eight complete copies take."""
    return 8 * _memory(0, 8)


def wire() -> float:
    """Gigabytes an update, for weights in 16 bits: one reduce-scatter and one all-gather."""
    return 2 * 2 * SEVEN / 1e9


def wire_three() -> float:
    return 3 * 2 * SEVEN / 1e9


def seconds_inside() -> float:
    """Over links of 300 GB a second."""
    return wire() / 300


def seconds_cable() -> float:
    """Over a network of 1.25 GB a second (ten gigabits)."""
    return wire() / 1.25


def largest_layer() -> float:
    """Megabytes of one block of Llama 3.1 8B in 16 bits, gathered while it is used."""
    return 2 * (2 * 4096 * 4096 + 2 * 1024 * 4096 + 3 * 14336 * 4096) / 1e6


def lora_alone() -> float:
    return (2 * LLAMA + 16 * ADAPTERS) / 1e9


def lora_two() -> float:
    """Stage two on eight ranks: the adapters' gradients and state are shared out, frozen weights are not."""
    return (2 * LLAMA + 2 * ADAPTERS + 14 * ADAPTERS / 8) / 1e9


def lora_three() -> float:
    return (2 * LLAMA + 16 * ADAPTERS) / 8 / 1e9


def batch() -> int:
    return 2 * 4 * 8


def offloaded() -> float:
    """Stage three on four ranks with the state in main memory: gigabytes on each."""
    return SEVEN * (WEIGHTS + GRADIENTS) / 4 / 1e9


def in_main_memory() -> float:
    return SEVEN * STATE / 1e9


@cache
def _apart(ranks: int) -> float:
    """The largest difference between weights trained by one rank and by several, after 100 sharded updates."""
    rng = np.random.default_rng(0)
    x, start = rng.normal(size=(32, 5)), rng.normal(size=16)
    y, ends = x @ rng.normal(size=(5, 3)), []
    for n in (1, ranks):
        flat, m, v = start.copy(), np.zeros((n, 16 // n)), np.zeros((n, 16 // n))
        for step in range(1, 101):
            parts = zip(np.split(x, n), np.split(y, n), strict=True)
            each = [
                (2 * a.T @ (a @ flat[:15].reshape(5, 3) - b) / b.size).reshape(-1) for a, b in parts
            ]
            g = np.append(np.mean(each, 0), 0.0).reshape(n, -1)  # reduce-scatter
            m, v = 0.9 * m + 0.1 * g, 0.99 * v + 0.01 * g**2
            move = m / (1 - 0.9**step) / (np.sqrt(v / (1 - 0.99**step)) + 1e-8)
            flat = (flat.reshape(n, -1) - 0.05 * move).reshape(-1)  # all-gather
        ends.append(flat)
    return float(np.abs(ends[0] - ends[1]).max())


def digits() -> int:
    """Decimals to which four ranks agree with one, at least (twelve is all we ask)."""
    return 12 if _apart(4) < 1e-12 else 0
