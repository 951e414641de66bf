"""Checks of the six pieces."""

import torch
from torch import nn

from practicum.learn.labs.checking import close, equal, fail, holds


def _network(p=0.5, seed=3):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(5, 40), nn.Tanh(), nn.Dropout(p), nn.Linear(40, 3))


def evaluate(lab):
    model = _network()
    x, y = torch.randn(30, 5), torch.randint(0, 3, (30,))
    model.train()
    first = lab.evaluate(model, x, y)
    if first is None:
        fail("evaluate(model, x, y) returned None: is a `return` missing?")
    holds(
        isinstance(first, tuple) and len(first) == 2,
        "evaluate should give two values, the loss and the accuracy",
    )
    holds(
        all(isinstance(v, float) for v in first),
        "evaluate should give plain floats; a tensor drags the graph of its computation along (.item())",
    )
    holds(
        model.training,
        "after evaluate the network was no longer in training mode: the next steps would train without dropout",
    )
    holds(
        first == lab.evaluate(model, x, y),
        "two measurements of the same network differ: dropout was still on (model.eval())",
    )
    model.eval()
    again = lab.evaluate(model, x, y)
    holds(
        not model.training,
        "evaluate was given a network in evaluation mode and switched it to training: restore what you found",
    )
    log_p = torch.log_softmax(model(x), 1).detach()
    close(
        again[0], -log_p[torch.arange(30), y].mean().item(), "the loss of evaluate(model, x, y)",
        "it should be the mean over rows of -ln(probability of the label)", within=1e-5,
    )  # fmt: skip
    close(
        again[1], (log_p.argmax(1) == y).double().mean().item(),
        "the accuracy of evaluate(model, x, y)",
        "it is the fraction of rows whose largest logit is at the label", within=1e-6,
    )  # fmt: skip


def leaked(lab):
    train = torch.tensor([[0.0, 1, 2], [3, 4, 5], [0, 1, 2], [6, 7, 8]])
    test = torch.tensor([[0.0, 1, 2], [3, 4, 9], [6, 7, 8], [5, 4, 3], [6, 7, 8]])
    equal(
        lab.leaked(train, train[:2]), 2, "leaked(train, train[:2])",
        "each test row counts once, however often it occurs in training",
    )  # fmt: skip
    equal(
        lab.leaked(train, test), 3, "leaked of five test rows, of which three are training rows",
        "a row that shares some pixels is not a copy; a repeated test row counts each time",
    )  # fmt: skip
    equal(
        lab.leaked(train, test[3:4]), 0, "leaked(train, test) with the pixels of a row reversed",
        "order matters: compare place by place",
    )  # fmt: skip


def penalty(lab):
    model = _network(0.0)
    first, last = model[0], model[3]
    with torch.no_grad():
        first.bias.fill_(7.0)  # loud, should it be counted
    sums = [first.weight.abs().sum() + last.weight.abs().sum(),
            first.weight.square().sum() + last.weight.square().sum()]  # fmt: skip
    sums = [s.item() for s in sums]
    got = lab.penalty(model, l1=0.5)
    if got is None:
        fail("penalty(model, l1=0.5) returned None: is a `return` missing?")
    holds(
        torch.is_tensor(got) and got.requires_grad,
        "penalty gave a value without gradients: no weight would feel it (no .item(), no .data)",
    )
    spared = "biases should be left out" if got.item() > 100 else "take sums, not means, of |w|"
    close(got, 0.5 * sums[0], "penalty(model, l1=0.5)", spared, within=1e-5)
    close(
        lab.penalty(model, l2=2.0), 2 * sums[1], "penalty(model, l2=2.0)",
        "the sum of squares: no square root, no half, no biases", within=1e-5,
    )  # fmt: skip
    close(
        lab.penalty(model, l1=0.1, l2=0.2), 0.1 * sums[0] + 0.2 * sums[1],
        "penalty(model, l1=0.1, l2=0.2)", "both parts at once", within=1e-5,
    )  # fmt: skip
    lab.penalty(model, l2=1.0).backward()
    for layer in (first, last):
        if layer.weight.grad is None:
            fail("penalty(model, l2=1.0) pulls on one matrix only: the other has no gradient")
        close(
            layer.weight.grad, 2 * layer.weight.detach(),
            "the pull of penalty(model, l2=1.0) on a weight", "the gradient of w² is 2w", within=1e-5,
        )  # fmt: skip


def dropout(lab):
    x = torch.full((400, 50), 3.0)
    for p in (0.25, 0.5, 0.8):
        out = lab.dropout(x, p, torch.Generator().manual_seed(0))
        if out is None:
            fail("dropout(x, p, generator) returned None: is a `return` missing?")
        silent = (out == 0).double().mean().item()
        holds(
            abs(silent - p) < 0.02,
            f"with p = {p}, {silent:.1%} of the entries were silenced: p is the share that goes, not that stays",
        )
        mean = out.double().mean().item()
        holds(
            abs(mean - 3) < 0.15,
            f"with p = {p} the mean of an input of 3.0 became {mean:.2f}: the survivors should make up for the rest",
        )
    holds(
        0.2 < (out[0] == 0).double().mean() < 1 and 0.2 < (out[:, 0] == 0).double().mean() < 1,
        "whole rows or columns were silenced together: each entry needs a draw of its own",
    )
    a, b = (lab.dropout(x, 0.5, torch.Generator().manual_seed(s)) for s in (1, 1))
    holds(
        torch.equal(a, b),
        "the same generator seed gave two masks: draw from the generator that is passed in",
    )
    c = lab.dropout(x, 0.5, torch.Generator().manual_seed(2))
    holds(not torch.equal(a, c), "two seeds gave the same mask: nothing is drawn at random")
    ramp = torch.arange(1.0, 1001).view(20, 50)
    out = lab.dropout(ramp, 0.5, torch.Generator().manual_seed(0))
    kept = out[out != 0]
    close(
        kept, 2 * ramp[out != 0], "the survivors of dropout(x, 0.5)",
        "every survivor is its own value times the same factor", within=1e-5,
    )  # fmt: skip


def shifted(lab):
    images = torch.arange(1.0, 129).view(2, 8, 8)
    for down, right in ((0, 0), (1, 0), (0, 1), (-1, 0), (0, -1), (1, -1), (-1, 1)):
        what = f"shifted(images, {down}, {right})"
        out = lab.shifted(images, down, right)
        if out is None:
            fail(f"{what} returned None: is a `return` missing?")
        equal(tuple(out.shape), (2, 8, 8), f"the shape of {what}", "the picture keeps its size")
        want = torch.zeros(2, 8, 8)
        for i in range(8):
            for j in range(8):
                if 0 <= i - down < 8 and 0 <= j - right < 8:
                    want[:, i, j] = images[:, i - down, j - right]
        if torch.equal(out, torch.roll(images, (down, right), (1, 2))) and (down or right):
            fail(f"{what}: what left on one side came back on the other; free places should be 0")
        equal(out, want, what, "positive moves down and right, negative up and left")


def early_stop(lab):
    losses = [2.3, 1.1, 0.8, 0.9, 0.85, 0.95, 0.2]
    got = lab.early_stop(losses, 3)
    holds(
        got != 6,
        "early_stop returned look 6, which lies behind the end of its patience: it saw the future",
    )
    holds(
        got != 5, "early_stop returned where it stopped; wanted is the look whose weights are kept"
    )
    equal(got, 2, "early_stop([2.3, 1.1, 0.8, 0.9, 0.85, 0.95, 0.2], 3)")
    equal(
        lab.early_stop(losses, 4), 6, "early_stop of the same losses with patience 4",
        "three bad looks in a row do not exhaust a patience of four",
    )  # fmt: skip
    equal(
        lab.early_stop([3, 2, 2, 2, 1], 2), 1, "early_stop([3, 2, 2, 2, 1], 2)",
        "an equal loss is no improvement, and the first of the equal ones is kept",
    )  # fmt: skip
    equal(
        lab.early_stop([5, 6, 4, 6, 3, 6, 2, 6], 2), 6, "early_stop([5, 6, 4, 6, 3, 6, 2, 6], 2)",
        "patience starts anew at every improvement",
    )  # fmt: skip
    equal(lab.early_stop([3, 2, 1], 2), 2, "early_stop([3, 2, 1], 2)", "it may never run out")
