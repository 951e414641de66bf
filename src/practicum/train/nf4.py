"""Linear layers whose frozen weights lie in NF4 and are unpacked for each product."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from practicum.tensors.nf4 import BLOCK, LEVELS, SCALE_BLOCK, Nf4, to_nf4

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import PreTrainedModel

KEPT = ("lm_head", "embed_out", "output")  # layers whose errors go straight into the answer
# Both weights of every byte: one look-up for two.
_PAIRS = torch.from_numpy(LEVELS)[torch.cartesian_prod(torch.arange(16), torch.arange(16))]


class Nf4Linear(nn.Linear):
    """A linear layer with NF4 weights: frozen, unpacked forwards and again backwards.

    It is an nn.Linear, so that peft adds adapters to it; `weight` unpacks into a new tensor.
    Source  Dettmers et al. 2023 (arXiv:2305.14314), equation 5.
    """

    codes: Tensor
    scales: Tensor
    steps: Tensor

    def __init__(self, layer: nn.Linear, *, double: bool = True) -> None:
        nn.Module.__init__(self)
        self.in_features, self.out_features = layer.in_features, layer.out_features
        stored = to_nf4(layer.weight.detach().float().numpy(), double=double)
        self.dtype, self.mean = layer.weight.dtype, stored.mean
        self.register_buffer("codes", torch.from_numpy(stored.codes), persistent=False)
        self.register_buffer("scales", torch.from_numpy(stored.scales), persistent=False)
        steps = stored.scale_scales
        self.register_buffer(
            "steps", torch.from_numpy(steps) if steps is not None else torch.zeros(0),
            persistent=False,
        )  # fmt: skip
        self.bias = layer.bias

    @property
    def weight(self) -> Tensor:  # type: ignore[override]
        """The weights unpacked, in the type that they had.  Shapes (out, in)."""
        n = self.in_features * self.out_features
        values = nn.functional.embedding(self.codes.int(), _PAIRS).view(-1)[:n]
        scales = self._scales()
        if n % BLOCK:
            values = values * scales.repeat_interleave(BLOCK)[:n]
        else:
            values = (values.view(-1, BLOCK) * scales[:, None]).view(-1)
        return values.view(self.out_features, self.in_features).to(self.dtype)

    def _scales(self) -> Tensor:
        """The scale of every block."""
        scales = self.scales.float()
        if self.steps.numel():
            scales = scales * self.steps.repeat_interleave(SCALE_BLOCK)[: len(scales)] + self.mean
        return scales

    @property
    def n_bytes(self) -> int:
        """What the weights take, in bytes."""
        return sum(b.numel() * b.element_size() for b in (self.codes, self.scales, self.steps))

    def forward(self, x: Tensor) -> Tensor:
        """The product with the unpacked weights; they are not kept for the way back."""
        out: Tensor = _Product.apply(x, self)  # type: ignore[no-untyped-call]
        return out if self.bias is None else out + self.bias

    def thawed(self) -> nn.Linear:
        """A plain layer with the weights that the codes stand for."""
        plain = nn.Linear(self.in_features, self.out_features, bias=self.bias is not None,
                          dtype=self.dtype)  # fmt: skip
        plain.weight = nn.Parameter(self.weight, requires_grad=False)
        if self.bias is not None:
            plain.bias = self.bias
        return plain


class _Product(torch.autograd.Function):
    """x·Wᵀ that remembers the layer instead of the unpacked weights."""

    @staticmethod
    def forward(context: Any, x: Tensor, layer: Nf4Linear) -> Tensor:  # type: ignore[override]
        context.layer, context.dtype = layer, x.dtype
        weight = layer.weight
        return nn.functional.linear(x.to(weight.dtype), weight)

    @staticmethod
    def backward(context: Any, grad: Tensor) -> tuple[Tensor, None]:  # type: ignore[override]
        weight = context.layer.weight
        return (grad.to(weight.dtype) @ weight).to(context.dtype), None


def freeze_to_nf4(model: PreTrainedModel, *, double: bool = True) -> int:
    """Put every linear layer but the output into NF4, in place; how many there were."""
    return _swap(model, lambda layer: Nf4Linear(layer, double=double), nn.Linear)


def thaw(model: nn.Module) -> int:
    """Make every NF4 layer a plain one again, in place; how many there were."""
    return _swap(model, lambda layer: layer.thawed(), Nf4Linear)


def _swap(model: nn.Module, make: Any, kind: type[nn.Module]) -> int:
    found = [
        (parent, name, layer)
        for parent in model.modules()
        for name, layer in parent.named_children()
        if type(layer) is kind and name not in KEPT
    ]
    for parent, name, layer in found:
        setattr(parent, name, make(layer))
    return len(found)


def n_bytes(model: nn.Module) -> int:
    """What a model's weights take, in bytes: NF4 layers as they are stored."""
    packed = sum(m.n_bytes for m in model.modules() if isinstance(m, Nf4Linear))
    return packed + sum(p.numel() * p.element_size() for p in model.parameters())


def n_weights(model: nn.Module) -> int:
    """How many weights a model has, those in NF4 included."""
    packed = sum(
        m.in_features * m.out_features for m in model.modules() if isinstance(m, Nf4Linear)
    )
    return packed + sum(p.numel() for p in model.parameters())


def stored(layer: Nf4Linear) -> Nf4:
    """What the layer holds, as the codec knows it."""
    steps = layer.steps.numpy() if layer.steps.numel() else None
    return Nf4(layer.codes.numpy(), layer.scales.numpy(),
               (layer.out_features, layer.in_features), steps, layer.mean)  # fmt: skip
