# %% [markdown]
# # Three cells and forty steps
#
# You write the three classic recurrent cells, hold them against PyTorch's own, and measure how much
# of a gradient survives forty steps. Then all of them sit the same examination: see one of eight
# symbols, see forty more that mean nothing, and say what the first one was.

# %%
import math
from typing import NamedTuple

import torch

torch.set_num_threads(1)


class Weights(NamedTuple):
    """A cell's parameters; with m gates stacked, as PyTorch does.

    Shapes  x: (m·H, n_in); h: (m·H, H); bias_x, bias_h: (m·H,)
    """

    x: torch.Tensor
    h: torch.Tensor
    bias_x: torch.Tensor
    bias_h: torch.Tensor


def fresh(n_gates, n_in, width, seed=0):
    """Random weights: those of the input up to 1, those of the state up to 1 / sqrt(width)."""
    dice = torch.Generator().manual_seed(seed)
    x, h = (2 * torch.rand(n_gates * width, n, generator=dice) - 1 for n in (n_in, width))
    return Weights(x, h / math.sqrt(width), *torch.zeros(2, n_gates * width))


# %% [markdown]
# ## The plain cell
# $h_t = \tanh(W_x x_t + b_x + W_h h_{t-1} + b_h)$: what is new and what is remembered, in one sum.


# %%
def rnn_cell(x, h, w):
    """The next state of a plain RNN.

    Shapes  x: (B, n_in); h: (B, H) → (B, H)
    """
    return torch.tanh(x @ w.x.T + w.bias_x + h @ w.h.T + w.bias_h)


# %% [markdown]
# ## The LSTM
# Four stacked sums, in PyTorch's order: input gate $i$, forget gate $f$, candidate $g$, output gate
# $o$. Gates pass through a sigmoid, the candidate through tanh. Then
# $c_t = f \cdot c_{t-1} + i \cdot g$ and $h_t = o \cdot \tanh(c_t)$.


# %%
def lstm_cell(x, state, w):
    """The next state and cell of an LSTM.

    Shapes  x: (B, n_in); state: h and c, (B, H) each → the same two
    """
    h, c = state
    i, f, g, o = (x @ w.x.T + w.bias_x + h @ w.h.T + w.bias_h).chunk(4, dim=1)  # (B, H) each
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), c


# %% [markdown]
# ## The GRU
# Three stacked sums: reset gate $r$, update gate $z$, candidate $n$. The reset gate multiplies the
# state's share of the candidate, *its bias included*, before it is added to the input's share. Then
# $h_t = (1 - z) \cdot n + z \cdot h_{t-1}$.


# %%
def gru_cell(x, h, w):
    """The next state of a GRU.

    Shapes  x: (B, n_in); h: (B, H) → (B, H)
    """
    x_r, x_z, x_n = (x @ w.x.T + w.bias_x).chunk(3, dim=1)  # (B, H) each
    h_r, h_z, h_n = (h @ w.h.T + w.bias_h).chunk(3, dim=1)
    r, z = torch.sigmoid(x_r + h_r), torch.sigmoid(x_z + h_z)
    n = torch.tanh(x_n + r * h_n)
    return (1 - z) * n + z * h


GATES = {"RNN": 1, "LSTM": 4, "GRU": 3}


def cell_of(kind):
    """The cell of this name, once it is written."""
    return {"RNN": rnn_cell, "LSTM": lstm_cell, "GRU": gru_cell}[kind]


def unrolled(kind, x, w):
    """The state after every step, beginning with zeros.

    Shapes  x: (T, B, n_in) → (T, B, H)
    """
    cell, h = cell_of(kind), x.new_zeros(x.shape[1], w.h.shape[1])
    state, states = ((h, h) if kind == "LSTM" else h), []
    for now in x:
        state = cell(now, state, w)
        states.append(state[0] if kind == "LSTM" else state)
    return torch.stack(states)


def by_torch(kind, x, w):
    """The same by PyTorch's own module, with the same weights."""
    module = getattr(torch.nn, kind)(x.shape[2], w.h.shape[1])
    with torch.no_grad():
        for theirs, ours in zip(module.parameters(), w, strict=True):
            theirs.copy_(ours)
        return module(x)[0]


sequence = torch.randn(40, 3, 5, generator=torch.Generator().manual_seed(1))
for kind in GATES:
    try:
        weights = fresh(GATES[kind], 5, 16)
        apart = (unrolled(kind, sequence, weights) - by_torch(kind, sequence, weights)).abs().max()
        print(f"{kind:>4}: {sum(part.numel() for part in weights):5,} weights, "
              f"after 40 steps at most {apart:.0e} from torch.nn.{kind}")  # fmt: skip
    except NotImplementedError as hole:
        print(f"{kind:>4}: still open ({hole})")


# %% [markdown]
# ## How much of a gradient comes through
# Ask the last state (the sum of its numbers) how it depends on the input of every earlier step. What
# it cannot feel, training cannot teach.


# %%
def reach(kind, x, w):
    """The length of the gradient of the last state's sum by the input of each step: (T,)."""
    x = x.clone().requires_grad_()
    (slope,) = torch.autograd.grad(unrolled(kind, x, w)[-1].sum(), x)  # (T, B, n_in)
    return slope.flatten(1).norm(dim=1)


# %% [markdown]
# ## Biases that remember
# A forget gate that stays at $f$ keeps $f^k$ of a memory after $k$ steps: it remembers for about
# $\tau$ steps if $f = 1 - 1/\tau$. Which bias $b$ makes $\sigma(b) = 1 - 1/\tau$? Give the units of a
# cell memories of different lengths, from 2 steps to the longest.


# %%
def forget_biases(width, longest):
    """One bias for each unit, so that sigmoid(bias) = 1 - 1/tau, tau evenly from 2 to longest."""
    return torch.log(torch.linspace(2, longest, width) - 1)


def started(kind, n_in, width, memory, seed=0):
    """Fresh weights whose gates keep: "none", "one" (a bias of 1), or a longest memory in steps.

    The second stacked gate is the one that keeps: f of an LSTM, z of a GRU. An LSTM that forgets
    slowly must also write slowly, or its cell would fill up: its input gate gets the opposite bias.
    """
    w = fresh(GATES[kind], n_in, width, seed)
    if kind == "RNN" or memory == "none":
        return w
    biases = torch.ones(width) if memory == "one" else forget_biases(width, memory)
    w.bias_x[width : 2 * width] = biases
    if kind == "LSTM" and memory != "one":
        w.bias_x[:width] = -biases
    return w


# %% [markdown]
# ## The same table for all
# Forty-one random symbols go in; how strongly is each of them felt at the end, before any training?


# %%
N_SYMBOLS, N_FILLERS, WIDTH, LAG = 8, 4, 16, 40
CANDIDATES = {
    "RNN": ("RNN", "none"),
    "LSTM, bias 1": ("LSTM", "one"),
    "LSTM, spread": ("LSTM", 80),  # memories up to twice the lag: the last ones fade most
    "GRU, spread": ("GRU", 80),
}


def examination(batch, lag, dice):
    """Symbols to remember, `lag` fillers behind each: inputs (lag + 1, B, n_in) and answers (B,)."""
    answers = torch.randint(0, N_SYMBOLS, (batch,), generator=dice)
    fillers = torch.randint(N_SYMBOLS, N_SYMBOLS + N_FILLERS, (lag, batch), generator=dice)
    ids = torch.cat([answers[None], fillers])
    return torch.nn.functional.one_hot(ids, N_SYMBOLS + N_FILLERS).float(), answers


asked, _ = examination(32, LAG, torch.Generator().manual_seed(2))
print(f"{'steps back':>16}" + "".join(f"{back:>10}" for back in (0, 5, 10, 20, 40)))
felt = {}
for name, (kind, memory) in CANDIDATES.items():
    felt[name] = reach(kind, asked, started(kind, N_SYMBOLS + N_FILLERS, WIDTH, memory))
    row = "".join(f"{felt[name][LAG - back]:>10.0e}" for back in (0, 5, 10, 20, 40))
    print(f"{name:>16}{row}")


# %% [markdown]
# ## Clipping
# A gradient may also explode. Training loops scale *all* gradients by one factor when their joint
# length is more than allowed, so that the step gets shorter and keeps its direction.


# %%
def clipped(gradients, most):
    """The gradients, scaled together so that their joint length is at most `most`."""
    length = math.sqrt(sum(float((g**2).sum()) for g in gradients))
    factor = min(1.0, most / length) if length > 0 else 1.0
    return [g * factor for g in gradients]


# %% [markdown]
# ## The examination
# At most two hundred batches of thirty-two, Adam, the same for all. A candidate that answers twenty
# batches in a row without a mistake may stop. Guessing gets one in eight.


# %%
def train(kind, memory, lag=LAG, updates=200, rate=0.02, seed=0):
    """Train and examine one candidate: the share it answers, and its share in every batch."""
    cell = started(kind, N_SYMBOLS + N_FILLERS, WIDTH, memory, seed)
    dice = torch.Generator().manual_seed(1000 + seed)
    out = (2 * torch.rand(N_SYMBOLS, WIDTH, generator=dice) - 1) / math.sqrt(WIDTH)
    parts = [part.clone().requires_grad_() for part in (*cell, out)]
    adam = torch.optim.Adam(parts, lr=rate)
    history = []
    for _ in range(updates):
        x, answers = examination(32, lag, dice)
        scores = unrolled(kind, x, Weights(*parts[:4]))[-1] @ parts[4].T  # (B, N_SYMBOLS)
        loss = torch.nn.functional.cross_entropy(scores, answers)
        slopes = torch.autograd.grad(loss, parts)
        for part, slope in zip(parts, clipped(slopes, 1.0), strict=True):
            part.grad = slope
        adam.step()
        history.append(float((scores.argmax(dim=1) == answers).float().mean()))
        if len(history) >= 20 and min(history[-20:]) == 1:
            break
    with torch.no_grad():
        x, answers = examination(1000, lag, torch.Generator().manual_seed(9))
        said = (unrolled(kind, x, Weights(*parts[:4]))[-1] @ parts[4].T).argmax(dim=1)
    return float((said == answers).float().mean()), history


recalled = {}
for name, (kind, memory) in CANDIDATES.items():
    recalled[name], history = train(kind, memory)
    print(f"{name:>16}: {recalled[name]:4.0%} right after {len(history):3} batches")
