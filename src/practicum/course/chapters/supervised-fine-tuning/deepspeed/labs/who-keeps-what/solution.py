# %% [markdown]
# # Who keeps what
# Several processes train one model, and each keeps the same sixteen bytes for every weight. ZeRO, the idea at DeepSpeed's
# heart, asks what everybody really needs at the same time. You predict the memory of its stages, simulate an update in which
# nobody keeps everything, count what goes over the wire, and write the configuration. NumPy only: a "rank" is a list entry.

# %%
import json

import numpy as np

WEIGHTS, GRADIENTS, STATE = (
    2,
    2,
    12,
)  # bytes a weight: 16 bits, 16 bits, and AdamW's copy and moments in 32

# %% [markdown]
# ## Predict
# Stage 0: everybody keeps all three. Stage 1 shares out the optimizer's state: each of N ranks keeps an N-th. Stage 2
# shares out the gradients too, stage 3 the weights as well. Bytes on each rank, activations aside:


# %%
def memory(n_weights, n_ranks, stage):
    """Bytes that each rank keeps for weights, gradients and optimizer state."""
    weights = WEIGHTS / n_ranks if stage >= 3 else WEIGHTS
    gradients = GRADIENTS / n_ranks if stage >= 2 else GRADIENTS
    state = STATE / n_ranks if stage >= 1 else STATE
    return n_weights * (weights + gradients + state)


# %%
print("7 billion weights, GB on each rank")
print("ranks   stage 0   stage 1   stage 2   stage 3")
for n_ranks in (1, 2, 8, 64):
    print(f"{n_ranks:5d}" + "".join(f"{memory(7e9, n_ranks, s) / 1e9:10.1f}" for s in range(4)))

# %% [markdown]
# ## Share it out
# All weights lie in one flat array. Cut it into one piece for each rank, all of the same length; if it does not divide,
# fill the end with zeros.


# %%
def shards(flat, n_ranks):
    """An array (n_ranks, length): the pieces, the last ones filled with zeros."""
    length = -(-len(flat) // n_ranks)
    padded = np.zeros(n_ranks * length, flat.dtype)
    padded[: len(flat)] = flat
    return padded.reshape(n_ranks, length)


# %%
print(shards(np.arange(1.0, 11.0), 4))

# %% [markdown]
# ## Two ways to talk
# Each rank computed a gradient from its own rows, for all weights. In a *reduce-scatter*, rank r receives the mean over
# ranks, but of its own piece only. In an *all-gather*, everybody receives everybody's piece. One after the other they do
# what plain data parallelism does in a single *all-reduce*.


# %%
def reduce_scatter(gradients):
    """(n_ranks, length): row r is rank r's piece of the mean gradient.  gradients: one flat array for each rank."""
    return shards(np.mean(gradients, axis=0), len(gradients))


def all_gather(pieces, n_weights):
    """The whole flat array again, without the zeros at the end."""
    return pieces.reshape(-1)[:n_weights]


# %%
rng = np.random.default_rng(0)
given = rng.normal(size=(4, 10))
print("same as the mean:", np.allclose(all_gather(reduce_scatter(given), 10), given.mean(0)))

# %% [markdown]
# ## An update in which nobody keeps everything
# A small model: y = x·W, squared error. Each rank has its own rows. In stage 2, rank r keeps the moments of its piece
# only, receives its piece of the gradient, makes Adam's step *there*, and then the new weights are gathered. `adam` works
# on arrays of any shape, entry by entry, and that is why it all works.


# %%
def adam(weights, gradient, m, v, step, lr=0.05):
    """(weights, m, v) after Adam's update number `step`, counted from 1."""
    m = 0.9 * m + 0.1 * gradient
    v = 0.99 * v + 0.01 * gradient**2
    fair_m, fair_v = m / (1 - 0.9**step), v / (1 - 0.99**step)
    return weights - lr * fair_m / (np.sqrt(fair_v) + 1e-8), m, v


def gradient_of(flat, x, y):
    """The gradient of the mean squared error of y = x·W, flat."""
    W = flat.reshape(x.shape[1], y.shape[1])
    return (2 * x.T @ (x @ W - y) / y.size).reshape(-1)


def update(flat, m, v, rows, step):
    """(flat, m, v) after one sharded update; m and v have the shape (n_ranks, length), rows is [(x, y) of each rank]."""
    gradients = np.array([gradient_of(flat, x, y) for x, y in rows])
    pieces = shards(flat, len(rows))
    new, m, v = adam(pieces, reduce_scatter(gradients), m, v, step)
    return all_gather(new, len(flat)), m, v


# %%
X, TRUE = rng.normal(size=(32, 5)), rng.normal(size=(5, 3))
Y = X @ TRUE
start = rng.normal(size=15)


def trained(n_ranks, steps=120):
    """The weights after so many updates, the rows dealt out evenly."""
    flat, rows = start.copy(), list(zip(np.split(X, n_ranks), np.split(Y, n_ranks), strict=True))
    m, v = np.zeros_like(shards(flat, n_ranks)), np.zeros_like(shards(flat, n_ranks))
    for step in range(1, steps + 1):
        flat, m, v = update(flat, m, v, rows, step)
    return flat


alone = trained(1)
for n_ranks in (2, 4, 8):
    print(
        f"{n_ranks} ranks: largest difference from one rank alone {np.abs(trained(n_ranks) - alone).max():.1e}"
    )

# %% [markdown]
# ## Measure
# Prediction is cheap. Here is what each rank would really allocate, piece by piece with its padding, for a model of several
# matrices, all flattened into one. Give the bytes that the arrays of *one rank* take: weights and gradient as float16
# arrays, and three of float32 for the optimizer; whole or only the shard, as the stage says.


# %%
def allocated(n_weights, n_ranks, stage):
    """Bytes of the arrays that one rank holds (an integer), measured by their nbytes."""
    piece = shards(np.zeros(n_weights, np.float16), n_ranks).shape[1]
    weights = np.zeros(piece if stage >= 3 else n_weights, np.float16)
    gradient = np.zeros(piece if stage >= 2 else n_weights, np.float16)
    state = [np.zeros(piece if stage >= 1 else n_weights, np.float32) for _ in range(3)]
    return weights.nbytes + gradient.nbytes + sum(array.nbytes for array in state)


# %%
print("ranks  stage   predicted   allocated     off by")
for n_ranks in (3, 8):
    for stage in range(4):
        predicted, real = memory(63_936, n_ranks, stage), allocated(63_936, n_ranks, stage)
        print(
            f"{n_ranks:5d} {stage:6d} {predicted:11,.0f} {real:11,d} {real / predicted - 1:10.3%}"
        )

# %% [markdown]
# ## Over the wire
# A reduce-scatter moves about n numbers in and out of each rank, an all-gather as many. Plain data parallelism needs one
# of each for the gradients and weights, and so do stages 1 and 2. Stage 3 has no weights at hand, so it must gather them on
# the way forward *and* once more on the way back, besides scattering the gradients. Give numbers moved for each weight.


# %%
def traffic(stage):
    """How many numbers each rank sends for every weight, in one update."""
    return 3 if stage == 3 else 2


# %%
for stage in range(4):
    seconds = traffic(stage) * 7e9 * 2 / 25e9
    print(
        f"stage {stage}: {traffic(stage) * 14:3d} GB an update, {seconds:.1f} s over a wire of 25 GB/s"
    )

# %% [markdown]
# ## Choose and write it down
# Every stage costs something, so take the lowest whose prediction fits into the room that activations leave, and failing
# all, stage 3 with the optimizer's state moved to the computer's main memory. DeepSpeed reads JSON.


# %%
def configuration(n_weights, n_ranks, room, micro_batch, accumulation):
    """DeepSpeed's settings, a dictionary: the lowest stage whose memory fits into `room` bytes."""
    fitting = [stage for stage in range(4) if memory(n_weights, n_ranks, stage) <= room]
    zero = {"stage": fitting[0] if fitting else 3}
    if not fitting:
        zero["offload_optimizer"] = {"device": "cpu"}
    return {
        "train_batch_size": micro_batch * accumulation * n_ranks,
        "train_micro_batch_size_per_gpu": micro_batch,
        "gradient_accumulation_steps": accumulation,
        "bf16": {"enabled": True},
        "zero_optimization": zero,
    }


# %%
for n_ranks, room in ((8, 40e9), (8, 20e9), (4, 16e9)):
    zero = configuration(7e9, n_ranks, room, 2, 4)["zero_optimization"]
    print(f"{n_ranks} ranks with room for {room / 1e9:.0f} GB: {zero}")
print(json.dumps(configuration(7e9, 8, 40e9, 2, 4), indent=2))
