# %% [markdown]
# # A thin update
# A layer multiplies by a matrix W, which stays frozen. Beside it you put two thin matrices, A (r rows) and B (r columns),
# and train those: the layer now multiplies by W + (alpha / r)·B·A. You will write the layer, its gradients by hand, the
# way back into one matrix, the bill, and the floor below which no rank r can get. NumPy only.

# %%
import numpy as np

# %% [markdown]
# ## Begin without any effect
# W has the shape (out, in). Fill A (r, in) with small random numbers, from `rng.normal`, with the standard deviation
# 1/√in, and B (out, r) in such a way that the update is exactly nothing.


# %%
def fresh(n_out, n_in, rank, rng):
    """(A, B) of an adapter that changes nothing yet."""
    # TODO fresh: one of the two is random, the other is not
    raise NotImplementedError("fresh")


# %%
rng = np.random.default_rng(0)
A, B = fresh(12, 16, 4, rng)
print("A", A.shape, "B", B.shape, "largest entry of the update", np.abs(B @ A).max())

# %% [markdown]
# ## The layer
# x holds one input in each row (n, in). Never build the whole (out, in) update here: go through the thin middle, in
# → r → out, which is the point of the exercise.


# %%
def forward(x, W, A, B, alpha):
    """The layer's outputs (n, out), adapter included."""
    # TODO forward: the frozen part and the scaled detour through the thin middle
    raise NotImplementedError("forward")


# %%
W = rng.normal(size=(12, 16)) / 4
x = rng.normal(size=(5, 16))
print("changed by a fresh adapter:", np.abs(forward(x, W, A, B, 8.0) - x @ W.T).max())

# %% [markdown]
# ## Gradients
# Let `grad` (n, out) be the loss's gradient at the layer's outputs. With y = Wx + s·B(Ax), the chain rule gives one
# gradient for B and one for A, each of its own shape. W gets none. Look at both for a fresh adapter.


# %%
def gradients(x, grad, A, B, alpha):
    """(dA, dB): the loss's gradients at A and B."""
    # TODO gradients: s·grad meets the thin middle for B; for A it must pass backwards through B first
    raise NotImplementedError("gradients")


# %%
dA, dB = gradients(x, forward(x, W, A, B, 8.0) - rng.normal(size=(5, 12)), A, B, 8.0)
print(f"at the start: |dA| = {np.abs(dA).sum():.3f}, |dB| = {np.abs(dB).sum():.3f}")

# %% [markdown]
# ## In and out
# For serving, one matrix is enough: add the update into W. And since B·A is known, it can be taken out again.


# %%
def merge(W, A, B, alpha, sign=1):
    """W with the update added (sign 1) or taken out again (sign −1); W itself is left alone."""
    # TODO merge: now the whole update is built, once
    raise NotImplementedError("merge")


# %%
B = rng.normal(size=B.shape)
merged = merge(W, A, B, 8.0)
print("one matrix instead of three:", np.abs(x @ merged.T - forward(x, W, A, B, 8.0)).max())
print("and back:", np.abs(merge(merged, A, B, 8.0, sign=-1) - W).max())

# %% [markdown]
# ## The bill
# How many numbers does an adapter of this rank train, over a list of (out, in) shapes?


# %%
def count(shapes, rank):
    """Trained numbers of adapters of this rank on all of these layers."""
    # TODO count: both thin matrices of each layer
    raise NotImplementedError("count")


# %%
C, KV, FFN = 4096, 1024, 14336  # Llama 3.1 8B: width, keys and values, feed-forward
BLOCK = [(C, C), (KV, C), (KV, C), (C, C), (FFN, C), (FFN, C), (C, FFN)]
for rank in (1, 16, 64, 256):
    n = count(BLOCK * 32, rank)
    print(f"rank {rank:3d}: {n:13,d} trained, {n / (8_030_261_248 + n):8.4%} of all")

# %% [markdown]
# ## The floor
# Suppose the best change of W were known: D. Among all matrices of rank r, the nearest to D keeps its r largest singular
# values (Eckart and Young). Give the squared distance that remains, as a share of D's squared size.


# %%
def floor(D, rank):
    """The least share of |D|² that a matrix of this rank must miss."""
    # TODO floor: squares of the singular values that are cut off, over the squares of all
    raise NotImplementedError("floor")


# %%
def fitted(D, rank, steps=3000, rate=0.02):
    """The share that a trained adapter misses: gradient descent towards W + D, all inputs alike."""
    rng = np.random.default_rng(1)
    A, B = fresh(*D.shape, rank, rng)
    every = np.eye(D.shape[1])  # each input direction once
    for _ in range(steps):
        error = forward(every, 0 * D, A, B, rank) - D.T
        dA, dB = gradients(every, error, A, B, rank)
        A, B = A - rate * dA, B - rate * dB
    return (error**2).sum() / (D**2).sum()


U, _ = np.linalg.qr(rng.normal(size=(12, 12)))
V, _ = np.linalg.qr(rng.normal(size=(16, 12)))
D = U * [4, 3, 2, 1, 0.5, 0.5, 0.25, 0.25, 0.1, 0.1, 0.1, 0.1] @ V.T
print("rank   floor   trained")
for rank in (1, 2, 3, 4, 6):
    print(f"{rank:4d} {floor(D, rank):7.4f} {fitted(D, rank):9.4f}")
