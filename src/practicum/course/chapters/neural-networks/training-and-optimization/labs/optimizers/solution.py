# %% [markdown]
# # Momentum, RMSprop, Adam and AdamW, digit for digit
# An optimizer decides what to do with a slope. Each of yours is one function of the weight (an
# array), its slope, and a `memory`: a dict that is empty at the first step and yours to fill.
# It gives the new weight. They follow PyTorch's definitions, down to where the tiny number stands.

# %%
import math

import numpy as np


def descent(weight, slope, memory, rate):
    """Plain gradient descent: no memory at all (given)."""
    return weight - rate * slope


# %% [markdown]
# ## Momentum
# A ball does not stop where the slope ends.


# %%
def momentum(weight, slope, memory, rate, keep=0.9):
    """One step; memory["velocity"] is what is kept of the last velocity, plus the slope."""
    memory["velocity"] = keep * memory.get("velocity", 0.0) + slope
    return weight - rate * memory["velocity"]


# %%
w, memory = np.array([0.0]), {}
for step in range(1, 31):
    before, w = w, momentum(w, np.array([-1.0]), memory, rate=0.01)
    if step in (1, 2, 5, 30):
        print(
            f"step {step:2d} down an even slope: {float((w - before)[0]) / 0.01:5.2f} times the first"
        )

# %% [markdown]
# ## RMSprop
# Some weights see slopes of a thousand, others of a thousandth. Measure each by its own habit.


# %%
def rmsprop(weight, slope, memory, rate, keep=0.99, tiny=1e-8):
    """One step; memory["square"] is the running mean of the squared slopes."""
    memory["square"] = keep * memory.get("square", 0.0) + (1 - keep) * slope**2
    return weight - rate * slope / (np.sqrt(memory["square"]) + tiny)


# %% [markdown]
# ## Adam
# Momentum over RMSprop, and a correction for the first steps. The optimizer of language models.


# %%
def adam(weight, slope, memory, rate, keep=(0.9, 0.999), tiny=1e-8):
    """One step; memory holds "mean", "square" and the number of "steps"."""
    memory["steps"] = memory.get("steps", 0) + 1
    memory["mean"] = keep[0] * memory.get("mean", 0.0) + (1 - keep[0]) * slope
    memory["square"] = keep[1] * memory.get("square", 0.0) + (1 - keep[1]) * slope**2
    mean = memory["mean"] / (1 - keep[0] ** memory["steps"])
    square = memory["square"] / (1 - keep[1] ** memory["steps"])
    return weight - rate * mean / (np.sqrt(square) + tiny)


# %%
slopes = np.array([1000.0, 1.0, 0.001])
print("slopes                  ", slopes)
for name, optimizer in (("descent", descent), ("rmsprop", rmsprop), ("adam", adam)):
    print(f"first step of {name:8s}  ", -optimizer(np.zeros(3), slopes, {}, 0.01))

# %% [markdown]
# ## AdamW
# Weights that nothing holds in place should shrink. The W says that they shrink on their own and
# not through the slope, where Adam would divide it away.


# %%
def adamw(weight, slope, memory, rate, keep=(0.9, 0.999), tiny=1e-8, decay=0.01):
    """One step of Adam, from a weight that was shrunk by the rate times decay."""
    return adam(weight * (1 - rate * decay), slope, memory, rate, keep, tiny)


# %% [markdown]
# ## Clipping
# One strange batch can throw a model far away. All slopes together get a largest length.


# %%
def clip(slopes, limit):
    """The arrays, scaled alike so that their joint length is at most `limit`."""
    length = math.sqrt(sum(float((slope**2).sum()) for slope in slopes))
    return [slope * min(1.0, limit / length) if length else slope for slope in slopes]


# %%
print("3 and 4, clipped to 1:", clip([np.array([3.0]), np.array([4.0])], 1.0))

# %% [markdown]
# ## The rate over time
# As `practicum.train.loop` has it: a line up to the peak, then a cosine down to a tenth of it.


# %%
def learning_rate(step, n_steps, peak, warmup=0.1):
    """Rate of a step (the first is 0); `warmup` is the share of all steps that go up."""
    n_warm = max(1, round(warmup * n_steps))
    if step < n_warm:
        return peak * (step + 1) / n_warm
    done = (step - n_warm) / max(1, n_steps - n_warm)
    return peak * (0.1 + 0.9 * 0.5 * (1 + math.cos(math.pi * done)))


# %%
for step in range(0, 40, 3):
    rate = learning_rate(step, 40, 1.0)
    print(f"step {step:2d} {rate:.3f} " + "█" * round(40 * rate))

# %% [markdown]
# ## The race
# A ravine: a hundred times steeper across than along. How many steps until the loss is a
# thousandth of what it was, and stays there? Each optimizer gets its best rate of many.

# %%
CURVES = np.array([1.0, 100.0])
START = np.array([-10.0, 1.0])


def steps_needed(optimizer, rate, n_steps=400, **options):
    """Steps until the loss stays under a thousandth of its start; infinite when it does not."""
    w, memory, last = START, {}, 0
    for step in range(1, n_steps + 1):
        w = optimizer(w, CURVES * w, memory, rate, **options)
        loss = 0.5 * float((CURVES * w**2).sum())
        if not loss < 1e6:
            return math.inf
        last = step if loss > 0.1 else last
    return last + 1 if last < n_steps else math.inf


for name, optimizer, options in (
    ("descent", descent, {}),
    ("momentum", momentum, {"keep": 0.8}),
    ("rmsprop", rmsprop, {"keep": 0.9}),
    ("adam", adam, {}),
):
    needed, best = min(
        (steps_needed(optimizer, r, **options), r) for r in np.geomspace(0.002, 2, 40)
    )
    print(f"{name:9s} {needed:4} steps at its best rate, {best:.3g}")
