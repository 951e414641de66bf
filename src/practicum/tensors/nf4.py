"""NF4: four bits a weight, on sixteen levels that a normal distribution fills evenly.

Blocks of 64 weights share a scale; with double quantization blocks of 256 scales are stored in
eight bits, which takes a weight from 4.5 to about 4.127 bits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BLOCK = 64
SCALE_BLOCK = 256
# Source  Dettmers et al. 2023 (arXiv:2305.14314), appendix E.
LEVELS = np.array([
    -1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635,
    -0.18477343022823334, -0.09105003625154495, 0.0, 0.07958029955625534, 0.16093020141124725,
    0.24611230194568634, 0.33791524171829224, 0.44070982933044434, 0.5626170039176941,
    0.7229568362236023, 1.0,
], dtype=np.float32)  # fmt: skip
_EDGES = (LEVELS[1:] + LEVELS[:-1]) / 2

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class Nf4:
    """A tensor in NF4.

    Shapes  codes: (ceil(n / 2),), two to a byte, the first in the high half; scales: (n_blocks,)
            float32, or with double quantization (n_blocks,) int8 with scale_scales
            (ceil(n_blocks / 256),) and the mean that was taken off.
    """

    codes: Bytes
    scales: Floats | NDArray[np.int8]
    shape: tuple[int, ...]
    scale_scales: Floats | None = None
    mean: float = 0.0

    @property
    def n_bytes(self) -> int:
        """What is stored, in bytes."""
        extra = self.scale_scales.nbytes + 4 if self.scale_scales is not None else 0
        return self.codes.nbytes + self.scales.nbytes + extra

    @property
    def bits_per_weight(self) -> float:
        """Everything that is stored, for each weight."""
        return 8 * self.n_bytes / int(np.prod(self.shape))


def to_nf4(weights: Floats, *, double: bool = True) -> Nf4:
    """The tensor in NF4: each weight the nearest of its block's sixteen levels.

    Raises  ValueError for an empty tensor, or one with infinite values.
    """
    flat = np.ascontiguousarray(weights, dtype=np.float32).reshape(-1)
    if not flat.size or not np.isfinite(flat).all():
        raise ValueError("only finite tensors with at least one weight have NF4 codes")
    padded = np.zeros(-(-flat.size // BLOCK) * BLOCK, dtype=np.float32)
    padded[: flat.size] = flat
    blocks = padded.reshape(-1, BLOCK)
    scales = np.abs(blocks).max(1)
    unit = blocks / np.where(scales > 0, scales, 1)[:, None]
    codes = np.full(flat.size + flat.size % 2, 7, dtype=np.uint8)  # 7 stands for 0
    codes[: flat.size] = np.searchsorted(_EDGES, unit).reshape(-1)[: flat.size]
    packed: Bytes = np.bitwise_or(np.left_shift(codes[0::2], 4), codes[1::2], dtype=np.uint8)
    if not double:
        return Nf4(packed, scales, weights.shape)
    small, steps, mean = _scales_in_bytes(scales)
    return Nf4(packed, small, weights.shape, steps, mean)


def from_nf4(found: Nf4) -> Floats:
    """The weights that the codes stand for, as float32."""
    codes = np.empty(found.codes.size * 2, dtype=np.uint8)
    codes[0::2], codes[1::2] = found.codes >> 4, found.codes & 15
    n = int(np.prod(found.shape))
    values = LEVELS[codes[:n]] * np.repeat(scales_of(found), BLOCK)[:n]
    return values.reshape(found.shape)


def scales_of(found: Nf4) -> Floats:
    """The scale of every block, as float32."""
    if found.scale_scales is None:
        return found.scales.astype(np.float32)
    steps = np.repeat(found.scale_scales, SCALE_BLOCK)[: found.scales.size]
    return found.scales.astype(np.float32) * steps + np.float32(found.mean)


def _scales_in_bytes(scales: Floats) -> tuple[NDArray[np.int8], Floats, float]:
    """Scales without their mean, in eight bits by blocks; a linear code where the paper has FP8."""
    mean = float(scales.mean())
    padded = np.zeros(-(-scales.size // SCALE_BLOCK) * SCALE_BLOCK, dtype=np.float32)
    padded[: scales.size] = scales - np.float32(mean)
    rest = padded.reshape(-1, SCALE_BLOCK)
    steps = np.abs(rest).max(1) / 127
    codes = np.rint(rest / np.where(steps > 0, steps, 1)[:, None]).astype(np.int8)
    return codes.reshape(-1)[: scales.size], steps.astype(np.float32), mean
