"""Numbers of the lesson on QLoRA: sixteen values, their scales, and adapters above them."""

from __future__ import annotations

import copy
from functools import cache
from pathlib import Path
from statistics import NormalDist

import numpy as np
import torch
from torch import nn

from practicum.learn.lessons.claims import Near
from practicum.learn.lessons.verify import load_file

lora = load_file(Path(__file__).parents[1] / "lora" / "claims.py")
tiny = lora.tiny
BLOCK, MANY = 64, 256  # weights under one scale; scales under one scale of scales
SEEDS, RANK = range(3), 4


@cache
def _nf4() -> np.ndarray:
    """The sixteen values: midpoints of equally likely slices of a normal distribution, ends at ±1."""
    end = (1 / 32 + 1 / 30) / 2  # how far the outermost probability keeps from 0 and 1
    quantile = NormalDist().inv_cdf
    positive = [quantile(p) for p in np.linspace(1 - end, 0.5, 9)[:-1]]
    negative = [-quantile(p) for p in np.linspace(1 - end, 0.5, 8)[:-1]]
    values = np.array(sorted([*positive, *negative, 0.0]))
    return values / values.max()


def _int4() -> np.ndarray:
    """Sixteen values at equal distances, without the sixteenth: symmetric."""
    return np.arange(-7, 8) / 7


def _nearest(values: np.ndarray, levels: np.ndarray) -> np.ndarray:
    edges = (levels[1:] + levels[:-1]) / 2
    return np.searchsorted(edges, values)


def _rounded(
    weights: np.ndarray, levels: np.ndarray, block: int = BLOCK, double: bool = False
) -> np.ndarray:
    """The weights after rounding and back, one scale to a block."""
    rows = weights.reshape(-1, block)
    scales = np.abs(rows).max(1)
    codes = _nearest(rows / np.where(scales > 0, scales, 1)[:, None], levels)
    if double:
        scales = _scales_in_eight_bits(scales)
    return (levels[codes] * scales[:, None]).reshape(weights.shape)


def _scales_in_eight_bits(scales: np.ndarray) -> np.ndarray:
    """Scales after a second rounding: their mean taken off, 255 steps to the largest of each 256."""
    mean = scales.mean()
    out = np.empty_like(scales)
    for i in range(0, len(scales), MANY):
        part = scales[i : i + MANY] - mean
        step = np.abs(part).max() / 127 or 1.0
        out[i : i + MANY] = np.round(part / step) * step + mean
    return out


def _error(levels: np.ndarray, block: int = BLOCK, double: bool = False) -> float:
    """Root mean square error of normal weights, as a share of their own size."""
    w = np.random.default_rng(0).normal(size=2**18)
    return float(np.sqrt(np.mean((_rounded(w, levels, block, double) - w) ** 2) / np.mean(w**2)))


def _round_model(model: nn.Module, levels: np.ndarray) -> nn.Module:
    """The model with all linear layers of its blocks rounded, in place."""
    for _, _, layer in lora._linears(model):
        inner = layer.layer if isinstance(layer, lora.Adapted) else layer
        with torch.no_grad():
            w = _rounded(inner.weight.double().numpy(), levels, double=True)
            inner.weight.copy_(torch.tensor(w))
    return model


@cache
def _qlora(seed: int, levels: str = "nf4", rank: int = RANK) -> nn.Module:
    """Adapters trained above rounded weights."""
    model = _round_model(lora._adapted(rank, seed), _nf4() if levels == "nf4" else _two_bits())
    tiny._tune(model, lora.RATE, seed)
    return model


def _two_bits() -> np.ndarray:
    return np.array([-1.0, -0.3, 0.3, 1.0])


@cache
def _seen(seed: int, levels: str = "nf4", rank: int = RANK) -> object:
    return tiny._look(_qlora(seed, levels, rank))


def _folded(adapted: nn.Module, base: nn.Module) -> nn.Module:
    """A copy of the base with the adapters' updates added into its weights."""
    model = copy.deepcopy(base)
    for (_, _, layer), (_, _, source) in zip(
        lora._linears(model), lora._linears(adapted), strict=True
    ):
        with torch.no_grad():
            layer.weight += source.scale * source.B @ source.A
    return model


def _mean(values: list[float], within: float) -> Near:
    return Near(float(np.mean(values)), within)


def _over_seeds(field: str, levels: str = "nf4") -> list[float]:
    return [getattr(_seen(seed, levels), field) for seed in SEEDS]


@cache
def _plain(field: str) -> float:
    """Plain LoRA's mean, of the same rank, rate and seeds."""
    return float(np.mean([getattr(lora._seen(RANK, seed), field) for seed in SEEDS]))


@cache
def _text_of(levels: str) -> float:
    """Loss of plain text after rounding alone."""
    text = tiny._held_text()
    model = _round_model(copy.deepcopy(tiny._base()), _nf4() if levels == "nf4" else _two_bits())
    return tiny._loss(model, (text, text))


BLOCKS = 32 * (2 * 4096 * 4096 + 2 * 1024 * 4096 + 3 * 14336 * 4096)  # Llama 3.1 8B's linear layers
REST = 8_030_261_248 - BLOCKS  # embedding, head and norms: not rounded


def text_before() -> Near:
    text = tiny._held_text()
    return Near(tiny._loss(tiny._base(), (text, text)), 0.03)


def text_rounded() -> Near:
    return Near(_text_of("nf4"), 0.03)


def text_rough() -> Near:
    return Near(_text_of("two"), 0.15)


def asked_plain() -> Near:
    return Near(_plain("asked"), 0.03)


def asked_nf4() -> Near:
    return _mean(_over_seeds("asked"), 0.03)


def asked_rough() -> Near:
    return _mean(_over_seeds("asked", "two"), 0.03)


def held_plain() -> Near:
    return Near(_plain("held"), 0.08)


def held_nf4() -> Near:
    return _mean(_over_seeds("held"), 0.08)


def held_rough() -> Near:
    return _mean(_over_seeds("held", "two"), 0.15)


def right_plain() -> Near:
    return Near(_plain("held_right"), 0.12)


def right_nf4() -> Near:
    return _mean(_over_seeds("held_right"), 0.12)


def right_rough() -> Near:
    return _mean(_over_seeds("held_right", "two"), 0.25)


def asked_gap() -> Near:
    """How much worse than plain LoRA on the chats that were trained on."""
    return Near(float(np.mean(_over_seeds("asked"))) / _plain("asked") - 1, 0.05)


def held_after() -> Near:
    """Held-out loss when plain LoRA is merged and then rounded."""
    held = tiny._rows(tiny.HELD, (tiny.PLACE, tiny.FOOD))
    base = tiny._base()
    merged = [_round_model(_folded(lora._lora(RANK, seed), base), _nf4()) for seed in SEEDS]
    return _mean([tiny._loss(model, held) for model in merged], 0.08)


def held_third() -> Near:
    """Held-out loss when adapters trained above rounded weights are added to the original ones."""
    held = tiny._rows(tiny.HELD, (tiny.PLACE, tiny.FOOD))
    return _mean([tiny._loss(_folded(_qlora(s), tiny._base()), held) for s in SEEDS], 0.08)


def middle_gap() -> float:
    return float(_nf4()[8] - _nf4()[7])


def end_gap() -> float:
    return float(_nf4()[15] - _nf4()[14])


def error_nf4() -> Near:
    return Near(_error(_nf4()), 0.002)


def error_even() -> Near:
    return Near(_error(_int4()), 0.002)


def error_double() -> Near:
    return Near(_error(_nf4(), double=True), 0.002)


def _by_hand() -> np.ndarray:
    return _rounded(np.array([0.10, -0.40, 0.25, 0.80]), _nf4(), block=4)


def hand_first() -> float:
    return float(_by_hand()[0])


def hand_second() -> float:
    return float(_by_hand()[1])


def hand_third() -> float:
    return float(_by_hand()[2])


def bits_single() -> float:
    return 4 + 32 / BLOCK


def bits_double() -> float:
    return 4 + 8 / BLOCK + 32 / (BLOCK * MANY)


def bits_saved() -> float:
    return bits_single() - bits_double()


def saved_65() -> float:
    """Gigabytes, for 65 billion weights."""
    return bits_saved() / 8 * 65


def llama_weights() -> float:
    """Gigabytes: block layers in NF4 with doubly quantized scales, the rest in 16 bits."""
    return (BLOCKS * bits_double() / 8 + 2 * REST) / 1e9


def llama_rest() -> float:
    return 2 * REST / 1e9


def llama_qlora() -> float:
    """Gigabytes with adapters of rank sixteen, their gradients and optimizer state."""
    return llama_weights() + 16 * lora.llama_trained() / 1e9


def llama_lora() -> float:
    return lora.llama_lora()


def outlier_error() -> Near:
    """Error of a block's other weights, when one is fifty times as large as their spread."""
    return Near(_spoiled(50)[2], 0.05)


def _spoiled(times: float) -> tuple[np.ndarray, np.ndarray, float]:
    """A block of which one weight is so many times the spread: the others before and after, and their error."""
    w = np.random.default_rng(5).normal(size=BLOCK)
    w[0] = times
    after = _rounded(w, _nf4())[1:]
    return w[1:], after, float(np.linalg.norm(after - w[1:]) / np.linalg.norm(w[1:]))
