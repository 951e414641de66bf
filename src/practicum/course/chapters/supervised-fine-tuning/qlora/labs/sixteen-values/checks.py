"""Why a level, a code, a byte or a bill cannot be right."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np

from practicum.learn.labs.checking import close, equal, fail, holds


def _levels():
    end, q = 1 - (1 / 32 + 1 / 30) / 2, NormalDist().inv_cdf
    up, down = ([q(0.5 + (end - 0.5) * k / n) for k in range(1, n + 1)] for n in (8, 7))
    return np.array([-d / up[-1] for d in reversed(down)] + [0.0] + [u / up[-1] for u in up])


def codebook(lab):
    got = np.asarray(lab.codebook(), float)
    equal(len(got), 16, "how many values codebook gives", "four bits name sixteen")
    equal(sorted(got.tolist()), got.tolist(), "codebook, sorted", "the values must be in order")
    if not np.any(got == 0):
        fail("codebook has no exact zero: a weight that is off would not stay off")
    close(np.abs(got).max(), 1.0, "the largest value of codebook", "divide by it")
    if np.sum(got > 0) == 7:
        fail(
            "codebook has seven positive values and eight negative ones: it is the other way round"
        )
    close(
        got,
        _levels(),
        "codebook",
        "quantiles of equally spaced probabilities from END to 0.5",
        within=1e-9,
    )


def quantize(lab):
    levels = np.array([-1.0, -0.5, 0.0, 0.5, 1.0])
    codes, scales = lab.quantize(np.array([0.1, -0.4, 0.25, 0.8, 2.0, -8.0, 5.9, 0.0]), levels, 4)
    codes = np.asarray(codes)
    equal(codes.shape, (2, 4), "the shape of quantize's codes for eight weights in blocks of four")
    if np.asarray(scales).shape == (2,) and np.isclose(scales[1], 5.9):
        fail(
            "quantize scales the second block by 5.9, its largest number; −8 is larger in size and would leave the range"
        )
    close(scales, [0.8, 8.0], "the scales", "the largest absolute value of each block")
    equal(str(codes.dtype), "uint8", "the type of the codes")
    equal(
        codes,
        [[2, 1, 3, 4], [2, 0, 3, 2]],
        "the codes",
        "divide each block by its scale, then the nearest level",
    )
    codes, scales = lab.quantize(np.zeros((2, 4)), levels, 4)
    close(lab.dequantize(codes, scales, levels, (2, 4)) if "dequantize" in lab else 0.0 * np.zeros((2, 4)),
          np.zeros((2, 4)), "a block of zeros", "it must stay zero, not become nan")  # fmt: skip
    holds(np.isfinite(scales).all(), "the scale of a block of zeros is not a number")
    rng = np.random.default_rng(1)
    w, book = rng.normal(size=(8, 64)), _levels()
    codes, scales = lab.quantize(w, book)
    want = [int(np.abs(v / max(np.abs(row)) - book).argmin()) for row in w for v in row]
    equal(
        np.asarray(codes).ravel(),
        want,
        "the codes of eight blocks of 64",
        "nearest means nearest in distance",
    )


def dequantize(lab):
    levels = np.array([-1.0, 0.0, 0.25, 1.0])
    codes = np.array([[0, 2], [3, 1], [2, 2]], np.uint8)
    got = lab.dequantize(codes, np.array([2.0, 4.0, 8.0]), levels, (2, 3))
    close(got, [[-2.0, 0.5, 4.0], [0.0, 2.0, 2.0]], "dequantize of three blocks of two, as (2, 3)",
          "each block is multiplied by its own scale")  # fmt: skip


def pack(lab):
    codes = np.array([[1, 2, 15, 0]], np.uint8)
    got = np.asarray(lab.pack(codes))
    equal(str(got.dtype), "uint8", "the type of pack's bytes")
    if got.tolist() == [33, 15]:
        fail(
            "pack([[1, 2, 15, 0]]) gave [33, 15]: the first of each pair belongs into the upper half"
        )
    equal(got.tolist(), [18, 240], "pack([[1, 2, 15, 0]])", "1 and 2 make 1·16 + 2")
    codes = np.random.default_rng(2).integers(0, 16, (6, 64)).astype(np.uint8)
    packed = np.asarray(lab.pack(codes))
    equal(packed.size, codes.size // 2, "how many bytes 384 codes take")
    back = np.stack([packed >> 4, packed & 15], axis=1).reshape(codes.shape)
    equal(back, codes, "the codes after packing and unpacking")


def double(lab):
    got = lab.double(np.array([2.0, 2.0, 2.0]))
    close(
        got,
        [2.0, 2.0, 2.0],
        "double of three scales that are alike",
        "the step is zero then; do not divide by it",
    )
    scales = np.random.default_rng(3).uniform(1.0, 3.0, 600)
    mean, want = scales.mean(), []
    for start in (0, 256, 512):
        part = scales[start : start + 256] - mean
        step = np.abs(part).max() / 127
        want += [mean + round(v / step) * step for v in part]
    got = np.asarray(lab.double(scales))
    equal(
        got.shape,
        (600,),
        "the shape of double's scales",
        "the last group is shorter, but it is there",
    )
    off = np.abs(got - scales).max()
    if off == 0:
        fail("double gives back the exact scales: nothing was rounded")
    part = scales[:256]
    plain = np.abs(part).max() / 127
    if np.allclose(got[:256], np.round(part / plain) * plain):
        fail(
            "double rounds without taking the mean off: half of the 255 steps, the negative ones, are never used"
        )
    whole = np.abs(scales - mean).max() / 127
    if np.allclose(got, mean + np.round((scales - mean) / whole) * whole) and not np.allclose(
        got, want
    ):
        fail("double uses one step for all scales: each group of 256 has its own")
    close(got, want, "double of 600 scales", within=1e-9)


def bits(lab):
    close(lab.bits(), 4.5, "bits()", "half a bit for the scale of 64 weights")
    close(lab.bits(32), 5.0, "bits(32)")
    got = lab.bits(64, 256)
    if np.isclose(got, 4 + 8 / 64 + 32 / 256):
        fail(
            "bits(64, 256) gave 4.25: the scale of scales is shared by 256 scales, and each of these by 64 weights"
        )
    if np.isclose(got, 4 + 8 / 64):
        fail("bits(64, 256) gave 4.125: the scale of scales costs something too")
    close(got, 4 + 8 / 64 + 32 / 64 / 256, "bits(64, 256)")
