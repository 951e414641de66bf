"""What the tasks of this lab must do, and why a miss cannot be right."""

import math

import torch

from practicum.learn.labs.checking import close, equal, fail, holds

EXACT = 1e-5  # float32 after one step; a wrong formula is off by tenths


def _weights(lab, n_gates, seed=4):
    dice = torch.Generator().manual_seed(seed)
    n_in, width = 3, 5
    shapes = (
        (n_gates * width, n_in),
        (n_gates * width, width),
        (n_gates * width,),
        (n_gates * width,),
    )
    return lab.Weights(*(torch.randn(*shape, generator=dice) for shape in shapes))


def _asked(seed=6):
    dice = torch.Generator().manual_seed(seed)
    return [torch.randn(4, n, generator=dice) for n in (3, 5, 5)]


def _theirs(cell, w):
    with torch.no_grad():
        for own, given in zip(cell.parameters(), w, strict=True):
            own.copy_(given)
    return cell


def _is(got, wrong):
    return (
        isinstance(got, torch.Tensor)
        and got.shape == wrong.shape
        and torch.allclose(got, wrong, atol=1e-5)
    )


def _one_state(got, what):
    if got is None:
        fail(f"{what} returned None: is a `return` missing?")
    holds(isinstance(got, torch.Tensor), f"{what} gives one tensor, the next state")
    return got.detach()


def rnn_cell(lab):
    w = _weights(lab, 1)
    x, h, _ = _asked()
    got = _one_state(lab.rnn_cell(x, h, w), "rnn_cell(x, h, w)")
    both = x @ w.x.T + h @ w.h.T
    holds(
        not _is(got, both + w.bias_x + w.bias_h),
        "the tanh is missing: nothing keeps the state small",
    )
    for bias, name in ((w.bias_x, "bias_h"), (w.bias_h, "bias_x"), (0, "either bias")):
        holds(not _is(got, torch.tanh(both + bias)), f"the sum lacks {name}")
    holds(
        not _is(got, torch.tanh(x @ w.x.T + w.bias_x + h @ w.h + w.bias_h)),
        "w.h is used without its transpose: it is square, so nobody complains, but rows and columns "
        "have changed places",
    )
    want = _theirs(torch.nn.RNNCell(3, 5), w)(x, h)
    close(
        got,
        want,
        "rnn_cell(x, h, w)",
        "torch.nn.RNNCell with these weights disagrees",
        within=EXACT,
    )


def lstm_cell(lab):
    w = _weights(lab, 4)
    x, h, c = _asked()
    before = c.clone()
    got = lab.lstm_cell(x, (h, c), w)
    if got is None:
        fail("lstm_cell(x, (h, c), w) returned None: is a `return` missing?")
    holds(
        isinstance(got, tuple) and len(got) == 2,
        "lstm_cell gives two tensors: the state h and the cell c",
    )
    new_h, new_c = (part.detach() for part in got)
    holds(torch.equal(c, before), "lstm_cell changed the cell that it was given; make a new one")
    want_h, want_c = (part.detach() for part in _theirs(torch.nn.LSTMCell(3, 5), w)(x, (h, c)))
    holds(
        not (_is(new_h, want_c) and _is(new_c, want_h)), "state and cell are swapped: h comes first"
    )
    i, f, g, o = (x @ w.x.T + w.bias_x + h @ w.h.T + w.bias_h).chunk(4, dim=1)
    holds(
        not _is(new_c, torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(o)),
        "the last two parts have changed places: PyTorch stacks i, f, g, o, and g is the third",
    )
    holds(
        not _is(new_c, torch.sigmoid(i) * c + torch.sigmoid(f) * torch.tanh(g)),
        "input and forget gate have changed places: i comes first, and f multiplies the old cell",
    )
    holds(
        not _is(new_c, torch.sigmoid(f) * c + torch.sigmoid(i) * torch.sigmoid(g)),
        "the candidate g passes through tanh, not sigmoid: it must be able to subtract",
    )
    close(
        new_c,
        want_c,
        "the new cell",
        "torch.nn.LSTMCell with these weights disagrees",
        within=EXACT,
    )
    holds(
        not _is(new_h, torch.sigmoid(o) * new_c),
        "the state sees the cell through a tanh: it is missing",
    )
    holds(
        not _is(new_h, torch.sigmoid(o) * torch.tanh(c)),
        "the state was made from the old cell: it looks at the new one",
    )
    close(
        new_h,
        want_h,
        "the new state",
        "torch.nn.LSTMCell with these weights disagrees",
        within=EXACT,
    )


def gru_cell(lab):
    w = _weights(lab, 3)
    x, h, _ = _asked()
    got = _one_state(lab.gru_cell(x, h, w), "gru_cell(x, h, w)")
    x_r, x_z, x_n = (x @ w.x.T + w.bias_x).chunk(3, dim=1)
    h_r, h_z, h_n = (h @ w.h.T + w.bias_h).chunk(3, dim=1)
    r, z = torch.sigmoid(x_r + h_r), torch.sigmoid(x_z + h_z)
    n = torch.tanh(x_n + r * h_n)
    holds(
        not _is(got, z * n + (1 - z) * h),
        "z has changed sides: here, as in PyTorch, z near one *keeps* the old state (some "
        "papers write it the other way round)",
    )
    holds(not _is(got, (1 - z) * torch.tanh(x_n + h_n) + z * h), "the reset gate touches nothing")
    early = torch.tanh(x_n + (r * h) @ w.h[10:].T + w.bias_h[10:])
    holds(
        not _is(got, (1 - z) * early + z * h),
        "the reset gate multiplies h before the product; in PyTorch it multiplies the product, bias included",
    )
    outside = torch.tanh(x_n + r * (h_n - w.bias_h[10:]) + w.bias_h[10:])
    holds(
        not _is(got, (1 - z) * outside + z * h),
        "the state's bias stands outside of the reset gate; it is part of what r multiplies",
    )
    holds(
        not _is(got, (1 - z) * torch.tanh(r * (x_n + h_n)) + z * h),
        "the reset gate multiplies the input's share too; only the state's share can be reset",
    )
    want = _theirs(torch.nn.GRUCell(3, 5), w)(x, h)
    close(
        got,
        want,
        "gru_cell(x, h, w)",
        "torch.nn.GRUCell with these weights disagrees",
        within=EXACT,
    )


def reach(lab):
    dice = torch.Generator().manual_seed(3)
    x = torch.randn(6, 2, 3, generator=dice)
    w = lab.fresh(1, 3, 5, seed=2)
    got = lab.reach("RNN", x, w)
    if got is None:
        fail("reach('RNN', x, w) returned None: is a `return` missing?")
    holds(not x.requires_grad, "reach marked the caller's x for gradients: mark a copy")
    got = torch.as_tensor(got).detach()
    holds(
        got.shape != (6, 2),
        "reach gives one length for each example; the batch belongs inside the length",
    )
    equal(tuple(got.shape), (6,), "the shape of reach('RNN', x, w) for six steps")
    mine = x.clone().requires_grad_()
    states = _theirs(torch.nn.RNN(3, 5), w)(mine)[0]
    (slope,) = torch.autograd.grad(states[-1].sum(), mine, retain_graph=True)
    want = slope.flatten(1).norm(dim=1)
    holds(
        not _is(got, want.flip(0)),
        "the lengths come in reverse: the first belongs to the first step",
    )
    (of_all,) = torch.autograd.grad(states.sum(), mine)
    holds(
        not _is(got, of_all.flatten(1).norm(dim=1)),
        "this is the gradient of all states together; only the last one is asked",
    )
    holds(
        not _is(got, slope.flatten(1).abs().sum(dim=1)),
        "a length is the root of the sum of squares",
    )
    close(
        got,
        want,
        "reach('RNN', x, w)",
        "autograd on torch.nn.RNN tells another length",
        within=1e-4,
    )
    still = lab.Weights(w.x, torch.zeros_like(w.h), w.bias_x, w.bias_h)
    holds(
        float(torch.as_tensor(lab.reach("RNN", x, still))[:-1].abs().max()) == 0,
        "with no weights between states the past cannot be felt, but some of it was",
    )


def forget_biases(lab):
    got = lab.forget_biases(5, 10)
    if got is None:
        fail("forget_biases(5, 10) returned None: is a `return` missing?")
    got = torch.as_tensor(got, dtype=torch.float32)
    equal(tuple(got.shape), (5,), "the shape of forget_biases(5, 10)", "one bias for each unit")
    tau = torch.linspace(2, 10, 5)
    holds(
        not _is(got, 1 - 1 / tau),
        "these are the gates themselves; asked is what goes into the sigmoid",
    )
    holds(
        not _is(got, -torch.log(tau - 1)),
        "the sign is turned: units with a long memory forget at once",
    )
    holds(
        not _is(got, torch.log(tau)),
        "ln(tau) is near but not it: sigmoid of it is tau / (tau + 1), the gate of a memory one step longer",
    )
    kept = torch.sigmoid(got)
    close(1 / (1 - kept), tau, "the lengths of memory, 1 / (1 - sigmoid(bias))",
          "they run evenly from 2 steps to the longest", within=1e-4)  # fmt: skip
    longest = float(torch.sigmoid(torch.as_tensor(lab.forget_biases(16, 80)))[-1])
    close(
        longest,
        1 - 1 / 80,
        "the gate of the longest of 80 steps",
        "`longest` is an argument",
        within=1e-5,
    )


def clipped(lab):
    def length(parts):
        return math.sqrt(sum(float((p**2).sum()) for p in parts))

    long = [torch.tensor([3.0, 0.0]), torch.tensor([[0.0, 4.0], [12.0, 0.0]])]
    kept = [g.clone() for g in long]
    got = lab.clipped(long, 1.3)
    if got is None:
        fail("clipped(gradients, 1.3) returned None: is a `return` missing?")
    got = list(got)
    equal([tuple(g.shape) for g in got], [(2,), (2, 2)], "the shapes of clipped(gradients, 1.3)")
    holds(
        all(torch.equal(a, b) for a, b in zip(long, kept, strict=True)),
        "clipped changed the gradients that it was given; give new ones",
    )
    holds(
        float(got[1][0, 1]) != float(got[1][1, 0]),
        "each number was cut on its own: 4 and 12 became the same, and the step points elsewhere",
    )
    holds(
        not math.isclose(length(got[:1]), 1.3, rel_tol=1e-4),
        "each tensor was clipped on its own; all share one length and one factor",
    )
    close(length(got), 1.3, "the joint length after clipping to 1.3", within=1e-4)
    for part, was in zip(got, long, strict=True):
        close(
            part * 10, was, "clipped by a factor of ten", "13 is the joint length here", within=1e-4
        )
    short = [g / 100 for g in long]
    for part, was in zip(lab.clipped(short, 1.0), short, strict=True):
        close(part, was, "a gradient that is short enough", "it stays as it is; clipping never lengthens",
              within=1e-6)  # fmt: skip
    nothing = next(iter(lab.clipped([torch.zeros(3)], 1.0)))
    holds(
        bool(torch.isfinite(nothing).all()),
        "a gradient of zero became no number: zero was divided by zero",
    )
