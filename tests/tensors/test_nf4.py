"""NF4: the published levels, the nearest of them, and the bits that it takes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from practicum.tensors.nf4 import BLOCK, LEVELS, from_nf4, scales_of, to_nf4


@pytest.mark.feature("S4c")
def test_the_levels_are_the_published_ones_and_come_from_the_normal_distribution() -> None:
    """Dettmers et al. 2023, appendix E; made as bitsandbytes makes them, with offset 0.9677083."""
    published = [-1.0, -0.6961928, -0.52507305, -0.39491749, -0.28444138, -0.18477343, -0.09105004,
                 0.0, 0.0795803, 0.1609302, 0.2461123, 0.33791524, 0.44070983, 0.562617, 0.72295684,
                 1.0]  # fmt: skip
    assert pytest.approx(published, abs=1e-7) == LEVELS.tolist()
    offset = 0.9677083
    above = norm.ppf(np.linspace(offset, 0.5, 9)[:-1])
    below = -norm.ppf(np.linspace(offset, 0.5, 8)[:-1])
    made = np.sort(np.concatenate([above, [0.0], below]))
    assert pytest.approx((made / made.max()).tolist(), abs=1e-6) == LEVELS.tolist()


def slow(weights: np.ndarray) -> np.ndarray:
    """Every weight by a loop: the level of its block that lies nearest."""
    flat = weights.reshape(-1).astype(np.float32)
    out = np.empty_like(flat)
    for start in range(0, len(flat), BLOCK):
        block = flat[start : start + BLOCK]
        scale = max(abs(float(x)) for x in block)
        for i, x in enumerate(block):
            unit = x / scale if scale else 0.0
            out[start + i] = min(LEVELS, key=lambda level: abs(float(level) - unit)) * scale
    return out.reshape(weights.shape)


@pytest.mark.parametrize("shape", [(64,), (5, 13), (3, 64), (2, 129), (1, 1)])
def test_every_weight_becomes_the_nearest_level_of_its_block(shape: tuple[int, ...]) -> None:
    weights = np.random.default_rng(1).standard_normal(shape).astype(np.float32)
    found = from_nf4(to_nf4(weights, double=False))
    assert found == pytest.approx(slow(weights), abs=1e-6)
    assert found.shape == shape


@given(st.integers(1, 400), st.floats(1e-6, 1e6), st.booleans())
@settings(deadline=None, max_examples=40)
def test_the_error_stays_within_half_the_widest_step(n: int, size: float, double: bool) -> None:
    weights = (np.random.default_rng(n).standard_normal(n) * size).astype(np.float32)
    stored = to_nf4(weights, double=double)
    scales = np.repeat(np.abs(scales_of(stored)), BLOCK)[:n]
    widest = float(np.diff(LEVELS).max()) / 2
    extra = np.repeat(np.abs(scales_of(stored) - scales_of(to_nf4(weights, double=False))), BLOCK)[
        :n
    ]
    assert (np.abs(from_nf4(stored) - weights) <= widest * scales + 1.2 * extra + 1e-6 * size).all()


def test_zeros_stay_zeros_and_what_is_infinite_is_refused() -> None:
    assert not from_nf4(to_nf4(np.zeros((3, 70), dtype=np.float32))).any()
    for bad in (np.array([1.0, np.inf]), np.array([np.nan]), np.zeros(0)):
        with pytest.raises(ValueError, match="finite"):
            to_nf4(bad.astype(np.float32))


@pytest.mark.feature("S4c")
def test_double_quantization_saves_the_bits_that_the_paper_promises() -> None:
    weights = np.random.default_rng(0).standard_normal((1024, 1024)).astype(np.float32)
    plain, double = to_nf4(weights, double=False), to_nf4(weights)
    assert plain.bits_per_weight == pytest.approx(4 + 32 / 64)
    assert double.bits_per_weight == pytest.approx(4 + 8 / 64 + 32 / (64 * 256), abs=1e-4)
    saved = plain.bits_per_weight - double.bits_per_weight
    assert saved == pytest.approx(0.373, abs=5e-4)  # section 3 of the paper
    errors = [float(np.square(from_nf4(s) - weights).mean()) for s in (plain, double)]
    assert errors[1] < errors[0] * 1.01
