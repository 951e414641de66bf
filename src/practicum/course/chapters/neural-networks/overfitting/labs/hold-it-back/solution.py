# %% [markdown]
# # Hold it back
# Two hundred digits, forty of them with a wrong label, and a network large enough to learn all of them by
# heart. You write the instruments and the remedies; the script measures what each of them is worth.

# %%
from functools import cache

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

from practicum.measure.intervals import mean_interval

torch.set_num_threads(1)
STEPS, EVERY, SEEDS = 150, 10, (0, 1, 2)


@cache
def splits(seed, n_wrong=40):
    """Training, validation and test rows; only training labels are spoiled."""
    pixels, labels = load_digits(return_X_y=True)
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(labels))
    labels = labels.copy()
    wrong = order[:n_wrong]
    labels[wrong] = (labels[wrong] + rng.integers(1, 10, n_wrong)) % 10
    x, y = torch.tensor(pixels / 16, dtype=torch.float32), torch.tensor(labels)
    parts = order[:200], order[200:400], order[400:1400]
    return [(x[part], y[part]) for part in parts]


# %% [markdown]
# ## 1. An instrument
# A network with dropout behaves in two ways: `model.train()` and `model.eval()`. Measure in the second, without
# recording gradients, and leave the network in the mode in which you found it.


# %%
def evaluate(model, x, y):
    """Mean cross-entropy (nats) and accuracy (fraction), both as Python floats."""
    was_training = model.training
    model.eval()
    with torch.no_grad():
        logits = model(x)
    model.train(was_training)
    right = (logits.argmax(1) == y).double().mean()
    return F.cross_entropy(logits, y).item(), right.item()


# %%
torch.manual_seed(0)
noisy = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Dropout(0.5), nn.Linear(128, 10))
print("measured twice, untrained: ", evaluate(noisy, *splits(0)[2]), evaluate(noisy, *splits(0)[2]))

# %% [markdown]
# ## 2. Which rows?
# A number from the wrong rows is worse than none. How many of these test rows has the network seen in training?


# %%
def leaked(train, test):
    """How many rows of `test` (N, D) occur, pixel for pixel, among the rows of `train` (M, D)."""
    same = (test[:, None] == train[None]).all(dim=2)  # (N, M)
    return int(same.any(dim=1).sum())


# %%
(x_train, _), _, (x_test, _) = splits(0)
print("test rows seen in training, our split:            ", leaked(x_train, x_test))
print("the first twenty training rows as a 'test set':   ", leaked(x_train, x_train[:20]))

# %% [markdown]
# ## 3. A price on weights
# L1 adds `l1` times the sum of absolute weights to the loss, L2 adds `l2` times the sum of squares. Matrices pay,
# biases do not.


# %%
def penalty(model, l1=0.0, l2=0.0):
    """l1 · Σ|w| + l2 · Σw² over all weight matrices, biases left out; gradients flow through it."""
    matrices = [w for w in model.parameters() if w.dim() > 1]
    total = torch.zeros(())
    for w in matrices:
        total = total + l1 * w.abs().sum() + l2 * w.square().sum()
    return total


# %%
sums = penalty(noisy, l1=1).item(), penalty(noisy, l2=1).item()
print(f"of an untrained network:  L1 {sums[0]:.1f}   L2 {sums[1]:.1f}")

# %% [markdown]
# ## 4. Silence
# Dropout by hand: each entry becomes zero with probability p, on its own; the survivors make up for it.


# %%
def dropout(x, p, generator):
    """x with a share p of its entries silenced, unchanged in the mean."""
    kept = torch.rand(x.shape, generator=generator) >= p
    return x * kept / (1 - p)


# %%
print(dropout(torch.ones(4, 8), 0.5, torch.Generator().manual_seed(1)))

# %% [markdown]
# ## 5. A moving target
# The same digit, a pixel further down or to the right, is still the same digit.


# %%
def shifted(images, down, right):
    """The images (B, 8, 8) moved by -1, 0 or 1 pixels; what comes free is 0.

    Shapes  (B, 8, 8) → (B, 8, 8).
    """
    padded = F.pad(images, (1, 1, 1, 1))  # (B, 10, 10)
    top, left = 1 - down, 1 - right
    return padded[:, top : top + 8, left : left + 8]


# %%
def augmented(x, generator):
    """Each row of x moved at random, one of nine ways."""
    images = x.view(-1, 8, 8)
    ways = torch.stack(
        [shifted(images, d, r) for d in (-1, 0, 1) for r in (-1, 0, 1)]
    )  # (9, B, 8, 8)
    chosen = torch.randint(0, 9, (len(x),), generator=generator)
    return ways[chosen, torch.arange(len(x))].reshape(len(x), 64)


three = splits(0)[0][0][:1].view(1, 8, 8)
for row, moved in zip(three[0], shifted(three, 1, 1)[0], strict=True):
    print(
        "".join(" .:+#"[int(v * 4)] for v in row), "|", "".join(" .:+#"[int(v * 4)] for v in moved)
    )

# %% [markdown]
# ## 6. Knowing when to stop
# You see one validation loss after another and may look at no later one. Give up when `patience` looks in a row
# brought no improvement (an equal loss is none), and go back to the best look so far.


# %%
def early_stop(losses, patience):
    """The place (from 0) of the look whose weights are kept."""
    best = 0
    for place, loss in enumerate(losses):
        if loss < losses[best]:
            best = place
        elif place - best >= patience:
            break
    return best


# %%
print("keeps look number", early_stop([2.3, 1.1, 0.8, 0.9, 0.85, 0.95, 0.2], patience=3))

# %% [markdown]
# ## What each is worth
# Everything together. Every remedy is compared with the plain network of the same seed: what is reported is the
# mean of the differences and its 95 % interval. Try other strengths, or both remedies at once.


# %%
class Network(nn.Module):
    """64 → 128 → 10 with your dropout between the layers."""

    def __init__(self, p, generator):
        super().__init__()
        self.hidden, self.out = nn.Linear(64, 128), nn.Linear(128, 10)
        self.p, self.generator = p, generator

    def forward(self, x):
        h = F.relu(self.hidden(x))  # (B, 128)
        if self.training and self.p:
            h = dropout(h, self.p, self.generator)
        return self.out(h)  # (B, 10)


def fit(seed, p=0.0, l1=0.0, l2=0.0, shift=False, n_wrong=40):
    """Losses on training, validation and test rows, and test accuracy, every few steps."""
    (x, y), validation, test = splits(seed, n_wrong)
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    model = Network(p, generator)
    optimizer = torch.optim.Adam(
        model.parameters(), lr=5e-3, fused=True
    )  # one pass over all weights
    looks = []
    for step in range(STEPS + 1):
        if step % EVERY == 0:
            seen = [evaluate(model, *rows) for rows in ((x, y), validation, test)]
            looks.append([*(loss for loss, _ in seen), seen[2][1]])
        loss = F.cross_entropy(model(augmented(x, generator) if shift else x), y)
        if l1 or l2:
            loss = loss + penalty(model, l1, l2)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return looks


def compare(n_wrong=40, leave_out=()):
    """Prints test losses of all remedies; gives the test loss of each, seed by seed."""
    ways = {
        "plain": {},
        "dropout 0.5": {"p": 0.5},
        "L2 0.003": {"l2": 3e-3},
        "L1 0.001": {"l1": 1e-3},
        "shifts": {"shift": True},
    }
    found = {}
    for name, way in ways.items():
        if name in leave_out:
            continue
        runs = [fit(seed, n_wrong=n_wrong, **way) for seed in SEEDS]
        found[name] = [run[-1] for run in runs]
        if name == "plain":
            stops = [early_stop([look[1] for look in run], patience=3) for run in runs]
            found["early stopping"] = [run[at] for run, at in zip(runs, stops, strict=True)]
    print(f"{'':16}{'training':>9}{'test':>8}{'accuracy':>10}   change of test loss")
    for name, ends in found.items():
        train, _, test, accuracy = np.mean(ends, axis=0)
        changes = [a[2] - b[2] for a, b in zip(ends, found["plain"], strict=True)]
        mean, low, high = mean_interval(changes)
        change = f"{mean:+.2f} [{low:+.2f}, {high:+.2f}]" if name != "plain" else ""
        print(f"{name:16}{train:9.2f}{test:8.2f}{accuracy:10.1%}   {change}")
    return {name: [end[2] for end in ends] for name, ends in found.items()}


# %%
print("forty wrong labels")
with_lies = compare()

# %%
print("the same digits, labelled correctly")
with_truth = compare(n_wrong=0, leave_out=("dropout 0.5", "L1 0.001"))
