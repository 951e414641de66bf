"""S4c: NF4's values are the published ones, double quantization saves the predicted bits, the gap to LoRA is small."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

approx = pytest.approx
CONCEPT = "qlora"
# The table in Dettmers et al. 2023 (arXiv:2305.14314), appendix E; also the constants of bitsandbytes.
PUBLISHED = [
    -1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635,
    -0.18477343022823334, -0.09105003625154495, 0.0, 0.07958029955625534, 0.16093020141124725,
    0.24611230194568634, 0.33791524171829224, 0.44070982933044434, 0.5626170039176941,
    0.7229568362236023, 1.0,
]  # fmt: skip


@pytest.fixture
def values(solved: Any) -> Any:
    """What the solution of the first lab defined."""
    return solved(CONCEPT, "sixteen-values")


@pytest.fixture
def above(solved: Any) -> Any:
    """What the solution of the second lab defined."""
    return solved(CONCEPT, "above-four-bits")


@pytest.mark.feature("S4c")
def test_the_codebook_is_the_published_one(values: Any, above: Any) -> None:
    assert values.NF4.tolist() == approx(PUBLISHED, abs=2e-7)  # published in float32
    assert above.NF4.tolist() == approx(PUBLISHED, abs=2e-7)


@pytest.mark.feature("S4c")
def test_double_quantization_saves_the_predicted_bits(values: Any) -> None:
    n = 64 * 256 * 8
    codes, scales = values.quantize(np.random.default_rng(0).normal(size=n), values.NF4)
    once = values.pack(codes).nbytes + 4 * len(scales)
    twice = values.pack(codes).nbytes + 1 * len(scales) + 4 * (len(scales) // 256)
    assert 8 * once / n == values.bits()
    assert 8 * twice / n == values.bits(64, 256)
    assert values.bits() - values.bits(64, 256) == approx(0.373, abs=5e-4)  # the paper's number
    # what is stored in eight bits takes at most 255 different steps in a group
    rounded = values.double(scales)
    for group in rounded.reshape(-1, 256):
        assert len(np.unique(np.round(group, 12))) <= 255
    assert rounded == approx(scales, rel=0.01)


@pytest.mark.feature("S4c")
def test_adapters_above_four_bits_come_within_five_percent_of_lora(above: Any) -> None:
    for chats in (above.ASKED, above.HELD):
        losses = [above.measured(m, above.rows(chats)) for m in (above.four, above.plain)]
        assert above.gap(*losses) <= 0.05


@pytest.mark.feature("S4c")
def test_four_values_are_too_few_and_only_held_out_chats_show_it(above: Any) -> None:
    asked, held = (
        above.gap(*(above.measured(m, above.rows(c)) for m in (above.rough, above.plain)))
        for c in (above.ASKED, above.HELD)
    )
    assert asked < 0.1 < held


def test_quantizing_is_nearest_in_every_block(values: Any, above: Any) -> None:
    rng = np.random.default_rng(1)
    w = rng.normal(size=(48, 64)).astype(np.float32)
    codes, scales = values.quantize(w, values.NF4)
    theirs, others = above.quantize(torch.tensor(w), above.NF4)
    back = values.dequantize(codes, scales, values.NF4, w.shape)
    assert (
        codes == theirs.numpy()
    ).mean() > 0.999  # float32 may choose the other of two neighbours
    assert scales == approx(others.numpy(), rel=1e-6)
    for row, got in zip(w, back, strict=True):
        distance = np.abs(row[:, None] - np.abs(row).max() * np.array(PUBLISHED)).min(1)
        assert np.abs(row - got) == approx(distance, abs=1e-6)


def test_packed_codes_come_back(values: Any) -> None:
    codes = np.random.default_rng(2).integers(0, 16, (10, 64)).astype(np.uint8)
    assert (values.unpack(values.pack(codes), codes.shape) == codes).all()


def test_the_merged_layer_gives_what_was_trained(above: Any) -> None:
    ids, _ = above.rows(above.HELD)
    with torch.no_grad():
        assert torch.allclose(
            above.shipped(ids), above.four(ids), atol=1e-3
        )  # float32, another order
        assert not torch.allclose(above.third(ids), above.four(ids), atol=1e-1)


def test_codes_and_scales_never_move(above: Any) -> None:
    fresh = above.attach(above.base, above.NF4)
    for before, after in zip(fresh.blocks, above.four.blocks, strict=True):
        for name in above.NAMES:
            old, new = getattr(before, name), getattr(after, name)
            assert torch.equal(old.codes, new.codes)
            assert torch.equal(old.scales, new.scales)
            assert not torch.equal(old.B, new.B)


def test_gradients_of_the_adapter_are_those_above_a_plain_layer_of_rounded_weights(
    above: Any,
) -> None:
    torch.manual_seed(0)
    layer = above.FourBit(torch.nn.Linear(64, 8), above.NF4, 4, 8.0)
    with torch.no_grad():
        layer.B.normal_()
    x = torch.randn(5, 64)
    layer(x).square().sum().backward()
    A, B = (p.detach().clone().requires_grad_(True) for p in (layer.A, layer.B))
    weight = above.dequantize(layer.codes, layer.scales, above.NF4, layer.shape)
    y = torch.nn.functional.linear(x, weight + layer.scale * B @ A, layer.bias)
    y.square().sum().backward()
    assert torch.allclose(layer.A.grad, A.grad, rtol=1e-3, atol=1e-2)
    assert torch.allclose(layer.B.grad, B.grad, rtol=1e-3, atol=1e-2)


SLIPS = {
    "sixteen-values": [
        ("scales = np.abs(rows).max(axis=1)", "scales = rows.max(axis=1)", "quantize", "larger in size"),
        ("(flat[0::2] << 4) | flat[1::2]", "(flat[1::2] << 4) | flat[0::2]", "pack", "upper half"),
        ("8 / block + 32 / (block * group)", "8 / block + 32 / group", "bits", "each of these by 64"),
    ],
    "above-four-bits": [
        ("(loss - reference) / reference", "(loss - reference) / loss", "gap", "not of the loss"),
        ("weight + layer.scale * layer.B @ layer.A", "weight", "merged", "drops the update"),
        ("x @ weight.T + self.bias + self.scale", "x @ weight.T + self.scale", "four_bit", "bias is missing"),
    ],
}  # fmt: skip


@pytest.mark.parametrize("lab", SLIPS)
def test_typical_slips_are_told_why(attempt: Any, lab: str) -> None:
    outcome = attempt(CONCEPT, lab, {right: wrong for right, wrong, _, _ in SLIPS[lab]})
    verdicts = {v.task: v for v in outcome.verdicts}
    for _, _, task, told in SLIPS[lab]:
        assert not verdicts[task].passed, task
        assert told in verdicts[task].why
