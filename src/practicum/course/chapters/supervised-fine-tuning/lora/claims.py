"""Numbers of the lesson on low-rank adapters, on the tiny model of the lesson on full fine-tuning."""

from __future__ import annotations

import copy
import math
from functools import cache
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from practicum.learn.lessons.claims import Near
from practicum.learn.lessons.verify import load_file

tiny = load_file(Path(__file__).parents[1] / "full-fine-tuning" / "claims.py")
RANKS = (1, 2, 4, 8, 16)
SEEDS = range(3)
RATE, SCALE = 3e-3, 2.0  # the rate is ten times that of the best full tune; scale is alpha / rank


class Adapted(nn.Module):
    """A frozen linear layer and its update B·A, scaled.  Shapes  A (r, in), B (out, r)."""

    def __init__(self, layer: nn.Linear, rank: int, scale: float) -> None:
        super().__init__()
        self.layer, self.scale = layer, scale
        self.A = nn.Parameter(torch.empty(rank, layer.in_features))
        self.B = nn.Parameter(torch.zeros(layer.out_features, rank))
        nn.init.kaiming_uniform_(self.A, a=math.sqrt(5))

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x) + self.scale * F.linear(F.linear(x, self.A), self.B)


def _linears(model: nn.Module) -> list[tuple[nn.Module, str, nn.Linear]]:
    """Every linear layer inside the blocks: its parent, its name, itself."""
    return [
        (block, name, getattr(block, name))
        for block in model.blocks
        for name in ("qkv", "out", "up", "down")
    ]


def _adapted(rank: int, seed: int, scale: float = SCALE) -> nn.Module:
    """The base, frozen, with fresh adapters in every linear layer of its blocks."""
    torch.manual_seed(seed)
    model = copy.deepcopy(tiny._base()).requires_grad_(False)
    for parent, name, layer in _linears(model):
        setattr(parent, name, Adapted(layer, rank, scale))
    return model


@cache
def _lora(rank: int, seed: int = 0, lr: float = RATE, scale: float = SCALE) -> nn.Module:
    model = _adapted(rank, seed, scale)
    tiny._tune(model, lr, seed)
    return model


@cache
def _seen(rank: int, seed: int = 0, lr: float = RATE, scale: float = SCALE) -> object:
    return tiny._look(_lora(rank, seed, lr, scale))


def _mean(values: list[float], within: float) -> Near:
    return Near(float(np.mean(values)), within)


def _over_seeds(field: str, rank: int, lr: float = RATE) -> list[float]:
    return [getattr(_seen(rank, seed, lr), field) for seed in SEEDS]


def _shares(k: int, of_change: bool) -> float:
    """Share of squared size in the k largest singular values, mean over layers: of the change by full tuning, or of
    the weights before it."""
    tuned, base = _linears(tiny._tuned(3e-4)), _linears(tiny._base())
    found = []
    for (_, _, after), (_, _, before) in zip(tuned, base, strict=True):
        matrix = after.weight - before.weight if of_change else before.weight
        squares = torch.linalg.svdvals(matrix.detach().double()) ** 2
        found.append((squares[:k].sum() / squares.sum()).item())
    return float(np.mean(found))


@cache
def _headed() -> nn.Module:
    """Adapters of rank four, and the output head trained beside them."""
    model = _adapted(4, 0)
    model.head.weight.requires_grad_(True)
    tiny._tune(model, RATE, 0)
    return model


def _end(model: nn.Module) -> float:
    """Mean loss of the end of turn alone."""
    ids, labels = tiny._rows(tiny.ASKED, (tiny.PLACE, tiny.FOOD))
    only = torch.where(labels == tiny.ID["<end>"], labels, tiny.IGNORED)
    return tiny._loss(model, (ids, only))


def _llama(rank: int = 16) -> int:
    """Trained numbers of adapters on all seven linear layers of Llama 3.1 8B's 32 blocks."""
    C, KV, FFN = 4096, 1024, 14336
    shapes = [(C, C), (KV, C), (KV, C), (C, C), (FFN, C), (FFN, C), (C, FFN)]
    return 32 * sum(rank * (a + b) for a, b in shapes)


LLAMA = 8_030_261_248


def change_eight() -> Near:
    return Near(_shares(8, True), 0.05)


def weights_eight() -> Near:
    return Near(_shares(8, False), 0.05)


def one_matrix() -> int:
    return 4096 * 4096


def one_adapter() -> int:
    return 16 * (4096 + 4096)


def one_share() -> float:
    return one_adapter() / one_matrix()


def llama_trained() -> int:
    return _llama()


def llama_share() -> float:
    return _llama() / (LLAMA + _llama())


def llama_full() -> float:
    """Gigabytes of weights, gradients and optimizer state, all weights moving."""
    return 16 * LLAMA / 1e9


def llama_lora() -> float:
    """Gigabytes: frozen weights in 16 bits, and sixteen bytes for each trained number."""
    return (2 * LLAMA + 16 * _llama()) / 1e9


def adapter_file() -> float:
    """Megabytes of the adapter alone, in 16 bits."""
    return 2 * _llama() / 1e6


def n_tiny() -> int:
    """Trained numbers at rank four."""
    return sum(p.numel() for p in _adapted(4, 0).parameters() if p.requires_grad)


def right_full() -> Near:
    return _mean([tiny._seen(3e-4, seed).held_right for seed in SEEDS], 0.12)


def right_one() -> Near:
    return _mean(_over_seeds("held_right", 1), 0.2)


def right_four() -> Near:
    return _mean(_over_seeds("held_right", 4), 0.15)


def right_sixteen() -> Near:
    return _mean(_over_seeds("held_right", 16), 0.2)


def held_one() -> Near:
    return _mean(_over_seeds("held", 1), 0.12)


def held_eight() -> Near:
    return _mean(_over_seeds("held", 8), 0.08)


def held_sixteen() -> Near:
    return _mean(_over_seeds("held", 16), 0.1)


def held_same_rate() -> Near:
    """Rank four at the full tune's own rate, a tenth."""
    return _mean(_over_seeds("held", 4, RATE / 10), 0.2)


def held_four() -> Near:
    return _mean(_over_seeds("held", 4), 0.08)


def _slip(text: list[float]) -> float:
    text_rows = tiny._held_text()
    return math.exp(float(np.mean(text)) - tiny._loss(tiny._base(), (text_rows, text_rows)))


def slip_four() -> Near:
    return Near(_slip(_over_seeds("text", 4)), 0.6)


def slip_full() -> Near:
    return Near(_slip([tiny._seen(3e-4, seed).text for seed in SEEDS]), 0.15)


def asked_sixteen() -> Near:
    return _mean(_over_seeds("asked", 16), 0.04)


def end_loss() -> Near:
    return Near(_end(_lora(4)), 0.25)


def end_loss_head() -> Near:
    return Near(_end(_headed()), 0.02)


def corner() -> float:
    """The upper left entry of W + (alpha / r)·B·A in the example."""
    return 1 + 2.0 * 0.5 * 1


def scale_llama2() -> float:
    """Rank 64, alpha 16."""
    return 16 / 64


def scale_mistral() -> float:
    """Rank 16, alpha 32."""
    return 32 / 16


def scale_rs() -> float:
    """Rank 16, alpha 16, divided by the root of the rank."""
    return 16 / math.sqrt(16)


@cache
def _merged_in_half() -> float:
    """Share of an update's size that is lost when it is added to weights a hundred times as large in bfloat16."""
    torch.manual_seed(0)
    W = (torch.randn(512, 512) * 0.02).bfloat16()
    update = torch.randn(512, 8) @ torch.randn(8, 512) * (0.0002 / 8**0.5)
    after = (W.float() + update).bfloat16().float()
    return ((after - W.float() - update).norm() / update.norm()).item()


def lost_in_half() -> Near:
    return Near(_merged_in_half(), 0.03)
