"""Why a four-bit layer, its attachment, its merge or its paging cannot be right."""

from __future__ import annotations

import torch
from torch import nn

from practicum.learn.labs.checking import close, equal, fail, holds, raises


def _layer(lab):
    """A rounded layer whose adapter is not fresh any more, and its weights as they come out of the lookup."""
    torch.manual_seed(5)
    plain = nn.Linear(64, 3)
    layer = lab.FourBit(plain, lab.NF4, 2, 8.0)
    with torch.no_grad():
        layer.B.normal_()
    rounded = torch.stack([
        row.abs().max() * torch.stack([lab.NF4[(v / row.abs().max() - lab.NF4).abs().argmin()] for v in row])
        for row in plain.weight.detach()
    ])  # fmt: skip
    return plain, layer, rounded


def four_bit(lab):
    plain, layer, rounded = _layer(lab)
    x = torch.randn(2, 5, 64)
    with torch.no_grad():
        got = layer(x)
        detour = (x @ layer.A.T) @ layer.B.T
        want = x @ rounded.T + plain.bias + 4.0 * detour
        if got.shape == want.shape:
            for other, why in (
                (want - plain.bias, "the bias is missing"),
                (want - 4.0 * detour, "the adapter's detour is missing"),
                (want - 3.0 * detour, "the detour is not scaled"),
                (plain(x) + 4.0 * detour, "it uses the weights as they were before rounding"),
            ):
                if torch.allclose(got, other, atol=1e-5):
                    fail(f"a FourBit layer's output is off: {why}")
        close(got, want, "a FourBit layer with rank 2 and alpha 8", within=1e-4)
    layer(x).sum().backward()
    holds(layer.A.grad is not None and layer.B.grad is not None, "no gradient reaches A and B")


def attach(lab):
    model = lab.attach(lab.base, lab.NF4, 2, 4.0)
    if any(isinstance(m, lab.FourBit) for m in lab.base.modules()):
        fail("attach rounded the base that it was given: work on a copy")
    if not all(p.requires_grad for p in lab.base.parameters()):
        fail("attach froze the base that it was given: work on a copy")
    found = [m for m in model.modules() if isinstance(m, lab.FourBit)]
    equal(len(found), 8, "how many FourBit layers attach made", "four in each of two blocks")
    ask = [name for name, p in model.named_parameters() if p.requires_grad]
    wrong = [name for name in ask if name.rsplit(".", 1)[-1] not in ("A", "B")]
    holds(not wrong, f"{wrong[:2]} still ask for gradients: everything but the adapters is frozen")
    equal(len(ask), 16, "how many tensors are trained", "A and B of eight layers")
    equal({len(m.A) for m in found}, {2}, "the rank of every adapter")
    holds(
        all(torch.equal(m.levels, lab.NF4) for m in found),
        "attach does not use the levels that it was given",
    )


def gap(lab):
    if lab.gap(1.2, 1.0) < 0:
        fail("gap(1.2, 1.0) is negative: a higher loss is worse, and worse is positive")
    got = lab.gap(0.3, 0.2)
    if abs(got - 1 / 3) < 1e-9:
        fail(
            "gap(0.3, 0.2) gave a third: the share is of the reference, not of the loss that is compared"
        )
    close(lab.gap(1.2, 1.0), 0.2, "gap(1.2, 1.0)", within=1e-9)
    close(got, 0.5, "gap(0.3, 0.2)", within=1e-9)
    close(lab.gap(0.1, 0.2), -0.5, "gap(0.1, 0.2)", within=1e-9)


def merged(lab):
    plain, layer, rounded = _layer(lab)
    x = torch.randn(4, 64)
    got = lab.merged(layer)
    if not isinstance(got, nn.Linear):
        fail(f"merged gave {type(got).__name__}: a plain nn.Linear is wanted")
    with torch.no_grad():
        if torch.allclose(got.weight, plain.weight + 4.0 * layer.B @ layer.A, atol=1e-5):
            fail(
                "merged adds the update to weights that were not rounded: nobody trained that model"
            )
        if torch.allclose(got.weight, rounded, atol=1e-5):
            fail("merged drops the update")
        close(
            got.weight,
            rounded + 4.0 * layer.B @ layer.A,
            "the merged weight",
            "rounded weight plus scale·B·A",
            within=1e-4,
        )
        close(got(x), layer(x), "the merged layer's output", "the bias belongs to it", within=1e-4)
    kept = layer.codes.clone()
    lab.merged(layer)
    holds(torch.equal(layer.codes, kept), "merged changed the layer that it was given")


def paged(lab):
    close(lab.paged([1.0, 3.0, 2.5], 2.0, 4.0), [0.0, 1.0, 0.5], "paged([1, 3, 2.5], 2, 4)",
          "only what does not fit moves out, and it comes back", within=1e-9)  # fmt: skip
    close(
        lab.paged([4.0], 2.0, 4.0),
        [2.0],
        "paged([4], 2, 4)",
        "activations may take all the room",
        within=1e-9,
    )
    close(
        lab.paged([0.5], 1.0, 4.0),
        [0.0],
        "paged([0.5], 1, 4)",
        "less than nothing cannot move out",
        within=1e-9,
    )
    raises(MemoryError, lambda: lab.paged([1.0, 5.0], 2.0, 4.0), "paged([1, 5], 2, 4)",
           "five GB of activations do not fit into four, however much state moves out")  # fmt: skip
