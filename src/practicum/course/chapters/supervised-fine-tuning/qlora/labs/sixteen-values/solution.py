# %% [markdown]
# # Sixteen values
# Four bits name sixteen values. Which sixteen? You compute those of NormalFloat (NF4), round blocks of weights to them,
# put two into each byte, then round the scales as well, and count what a weight costs in the end. NumPy and the normal
# distribution of the standard library are enough.

# %%
from statistics import NormalDist

import numpy as np

quantile = NormalDist().inv_cdf  # quantile(0.975) is about 1.96

# %% [markdown]
# ## Values where weights are
# Trained weights look much like draws from a normal distribution, so NF4 puts its values where such draws fall: at
# quantiles. The outermost probability is `END`. On the positive side take nine probabilities at equal distances from
# END down to 0.5 and leave out the last (its quantile is 0): eight values. On the negative side do the same with eight
# probabilities, which leaves seven, and turn their signs. Add one exact zero, sort, and divide by the largest.

# %%
END = 1 - (1 / 32 + 1 / 30) / 2


def codebook():
    """The sixteen values of NF4, sorted, from −1 to 1."""
    positive = [quantile(p) for p in np.linspace(END, 0.5, 9)[:-1]]
    negative = [-quantile(p) for p in np.linspace(END, 0.5, 8)[:-1]]
    values = np.array(sorted([*positive, *negative, 0.0]))
    return values / values.max()


# %%
NF4 = codebook()
print(np.round(NF4, 4))
print(
    "gap in the middle", round(NF4[8] - NF4[7], 3), "  gap at the end", round(NF4[15] - NF4[14], 3)
)

# %% [markdown]
# ## Round a block
# Cut the weights into blocks of 64. Each block is divided by its largest absolute value (its *scale*), so that everything
# lies between −1 and 1, and each number is replaced by the index of the nearest value. A block of zeros must not divide
# by zero.


# %%
def quantize(weights, levels, block=64):
    """(codes, scales): codes (blocks, block) of type uint8, one scale to each block.  weights: any shape."""
    rows = np.asarray(weights, float).reshape(-1, block)
    scales = np.abs(rows).max(axis=1)
    unit = rows / np.where(scales > 0, scales, 1.0)[:, None]
    codes = np.abs(unit[:, :, None] - levels).argmin(axis=2)
    return codes.astype(np.uint8), scales


# %%
rng = np.random.default_rng(0)
weights = rng.normal(0, 0.02, (64, 128))
codes, scales = quantize(weights, NF4)
print("codes", codes.shape, codes.dtype, " scales", scales.shape)
print("how often each value is used:", np.bincount(codes.ravel(), minlength=16))

# %% [markdown]
# ## And back


# %%
def dequantize(codes, scales, levels, shape):
    """The weights that the codes stand for, in this shape."""
    return (levels[codes] * scales[:, None]).reshape(shape)


def error(a, b):
    """Size of the difference, as a share of b's size."""
    return np.linalg.norm(a - b) / np.linalg.norm(b)


# %%
EVEN = np.arange(-7, 8) / 7  # the plain choice: equal steps
print("block      NF4     equal steps")
for block in (16, 64, 256, 1024):
    both = [
        error(dequantize(*quantize(weights, levels, block), levels, weights.shape), weights)
        for levels in (NF4, EVEN)
    ]
    print(f"{block:5d} {both[0]:8.4f} {both[1]:12.4f}")
spoiled = weights.copy()
spoiled[0, 0] = 1.0  # one outlier, fifty times as large as the rest
back = dequantize(*quantize(spoiled, NF4), NF4, weights.shape)
print(
    f"with one outlier: its block {error(back[0, 1:64], weights[0, 1:64]):.2f}, the next one {error(back[0, 64:], weights[0, 64:]):.2f}"
)

# %% [markdown]
# ## Two to a byte
# A code needs half a byte. Put the first of each pair into the upper half, the second into the lower.


# %%
def pack(codes):
    """The codes (an even number of them, any shape), two in each byte: a flat array of uint8."""
    flat = np.asarray(codes, np.uint8).ravel()
    return (flat[0::2] << 4) | flat[1::2]


def unpack(packed, shape):
    """The codes again."""
    return np.stack([packed >> 4, packed & 15], axis=1).reshape(shape)


# %%
packed = pack(codes)
print(
    f"{weights.nbytes:,} bytes of float64, {packed.nbytes:,} of codes, {scales.astype(np.float32).nbytes:,} of scales"
)
print("the same after unpacking:", bool((unpack(packed, codes.shape) == codes).all()))

# %% [markdown]
# ## Scales of scales
# One 32-bit scale for 64 weights is half a bit a weight: an eighth of the codes. So round the scales too. Take off their
# mean (they are all positive, and much alike), cut them into groups of 256 (the last may be shorter), and round each group
# to whole steps of (largest absolute value)/127. Give the scales that come back out.


# %%
def double(scales, group=256):
    """The scales after being stored in eight bits, one step size to each group."""
    scales = np.asarray(scales, float)
    mean = scales.mean()
    out = np.empty_like(scales)
    for i in range(0, len(scales), group):
        part = scales[i : i + group] - mean
        step = np.abs(part).max() / 127
        out[i : i + group] = mean + (np.round(part / step) * step if step > 0 else 0.0)
    return out


# %%
once = dequantize(codes, scales, NF4, weights.shape)
twice = dequantize(codes, double(scales), NF4, weights.shape)
print(
    f"error with exact scales {error(once, weights):.5f}, with rounded ones {error(twice, weights):.5f}"
)

# %% [markdown]
# ## What a weight costs
# Four bits for the code, and its share of the scale: 32 bits for each block. With double quantization the scale has 8
# bits, and each group of scales shares one more number of 32 bits. (The single mean of a whole matrix is forgotten.)


# %%
def bits(block=64, group=None):
    """Bits a weight; with a group, scales are doubly quantized."""
    if group is None:
        return 4 + 32 / block
    return 4 + 8 / block + 32 / (block * group)


# %%
print(f"scales in 32 bits {bits():.3f} bits a weight, doubly quantized {bits(64, 256):.3f}")
print(f"saved for 65 billion weights: {(bits() - bits(64, 256)) * 65e9 / 8 / 1e9:.2f} GB")
