# %% [markdown]
# # Read handwriting
# A multilayer perceptron in PyTorch, from an empty class to a file on disk: count it, build it, train it, measure
# it honestly, look at what it gets wrong, and save it in a format that can do no harm.

# %%
import math
import tempfile
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from sklearn.datasets import load_digits
from torch import nn

from practicum.measure.intervals import wilson

torch.set_num_threads(1)
pixels, labels = load_digits(return_X_y=True)
X, Y = torch.tensor(pixels / 16, dtype=torch.float32), torch.tensor(labels)  # (1797, 64), (1797,)
order = np.random.default_rng(0).permutation(len(Y))
train, validation, test = order[:1097], order[1097:1297], order[1297:]
WIDTHS = (64, 128, 10)

# %% [markdown]
# ## 1. How large will it be?


# %%
def count(widths):
    """How many weights and biases a network of linear layers has: (64, 128, 10) is one hidden layer."""
    total = 0
    for n_in, n_out in zip(widths, widths[1:], strict=False):
        total += n_in * n_out + n_out
    return total


# %%
for widths in (WIDTHS, (64, 10), (64, 128, 128, 10)):
    print(widths, "has", count(widths), "parameters")

# %% [markdown]
# ## 2. and 3. The network


# %%
class MLP(nn.Module):
    """A multilayer perceptron: linear layers with a ReLU between each two."""

    def __init__(self, widths):
        super().__init__()
        self.widths = tuple(widths)
        pairs = zip(self.widths, self.widths[1:], strict=False)
        self.layers = nn.ModuleList(nn.Linear(n_in, n_out) for n_in, n_out in pairs)

    def forward(self, x):
        """Logits of each class.  Shapes: (B, widths[0]) → (B, widths[-1])."""
        for layer in self.layers[:-1]:
            x = F.relu(layer(x))
        return self.layers[-1](x)


# %%
torch.manual_seed(0)
model = MLP(WIDTHS)
print(model)
with torch.no_grad():
    first = F.cross_entropy(model(X[train]), Y[train]).item()
print(f"loss before training {first:.3f}; knowing nothing costs ln 10 = {math.log(10):.3f}")

# %% [markdown]
# ## 4. Batches


# %%
def batches(n, size, generator):
    """Index tensors of at most `size` rows: together every row from 0 to n - 1 once, shuffled."""
    return torch.randperm(n, generator=generator).split(size)


# %%
print([piece.tolist() for piece in batches(10, 4, torch.Generator().manual_seed(0))])

# %% [markdown]
# ## 5. The training loop
# Use your `batches`; `optimizer` belongs to the model already.


# %%
def train_epoch(model, x, y, optimizer, size, generator):
    """One pass over all rows; the mean loss of a row, as it was met, in nats."""
    model.train()
    total = 0.0
    for piece in batches(len(x), size, generator):
        loss = F.cross_entropy(model(x[piece]), y[piece])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(piece)
    return total / len(x)


# %% [markdown]
# ## 6. Measuring


# %%
def score(model, x, y):
    """(hits, rows): how many rows have their largest logit at the label. Both whole numbers."""
    model.eval()
    with torch.no_grad():
        said = model(x).argmax(dim=1)
    return int((said == y).sum()), len(y)


# %%
torch.manual_seed(0)
model = MLP(WIDTHS)
optimizer = torch.optim.AdamW(model.parameters(), lr=4e-3, fused=True)
generator = torch.Generator().manual_seed(0)
for epoch in range(1, 26):
    loss = train_epoch(model, X[train], Y[train], optimizer, 64, generator)
    if epoch in (1, 2, 5, 10, 15, 20, 25):
        hits, n = score(model, X[validation], Y[validation])
        print(f"epoch {epoch:2}   loss {loss:.3f}   validation {hits / n:.1%}")
hits, n = score(model, X[test], Y[test])
low, high = wilson(hits, n)
print(f"test: {hits} of {n} = {hits / n:.1%}, 95 % interval {low:.1%} to {high:.1%}")

# %% [markdown]
# Its three surest mistakes. Which of them would you have read correctly?

# %%
with torch.no_grad():
    chances = model(X[test]).softmax(1)
sure, said = chances.max(1)
wrong = [i for i in sure.argsort(descending=True).tolist() if said[i] != Y[test][i]][:3]
for i in wrong:
    print(f"\nsays {said[i]} with {sure[i]:.0%}, the label is {Y[test][i]}")
    for row in X[test][i].view(8, 8):
        print("   " + "".join(" .:+#"[int(v * 4)] for v in row))

# %% [markdown]
# ## 7. A file that can only be read
# The file holds named tensors, and the widths as text: `"64,128,10"` under the key `widths`.


# %%
def store(model, path):
    """Write weights and widths of an MLP as safetensors."""
    widths = ",".join(str(width) for width in model.widths)
    save_file(model.state_dict(), path, metadata={"widths": widths})


# %%
def restore(path):
    """The MLP that `store` wrote; nothing in the file is ever run."""
    with safe_open(path, framework="pt") as file:
        widths = [int(width) for width in file.metadata()["widths"].split(",")]
    model = MLP(widths)
    model.load_state_dict(load_file(path))
    return model.eval()


with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "digits.safetensors"
    store(model, path)
    again = restore(path)
    size_bytes = path.stat().st_size
print(f"{size_bytes:,} bytes;", "same answers:", torch.equal(model(X[test]), again(X[test])))

# %% [markdown]
# ## Whose handwriting?
# The rows of this data set stand in the order in which they were collected, person after person. A random split puts
# the same hands into training and test. Leave out whole stretches of the file instead, and see.


# %%
def trained(rows):
    """An MLP trained on these rows as above."""
    torch.manual_seed(0)
    model = MLP(WIDTHS)
    optimizer = torch.optim.AdamW(model.parameters(), lr=4e-3, fused=True)
    generator = torch.Generator().manual_seed(0)
    for _ in range(25):
        train_epoch(model, X[rows], Y[rows], optimizer, 64, generator)
    return model


everyone = np.arange(len(Y))
for name, rows in (("random thirds", order), ("thirds of the file", everyone)):
    found = [
        score(trained(np.setdiff1d(everyone, out)), X[out], Y[out])
        for out in np.array_split(rows, 3)
    ]
    hits, n = (sum(values) for values in zip(*found, strict=True))
    low, high = wilson(hits, n)
    print(f"{name:22} {hits / n:.1%}  [{low:.1%}, {high:.1%}]")
