"""Why an adapter, its gradients, its merge, bill or floor cannot be right."""

from __future__ import annotations

import math

import numpy as np

from practicum.learn.labs.checking import close, equal, fail, holds


def fresh(lab):
    A, B = (np.asarray(m) for m in lab.fresh(6, 400, 3, np.random.default_rng(5)))
    equal(
        A.shape,
        (3, 400),
        "the shape of A from fresh(6, 400, 3, rng)",
        "r rows, one column for each input",
    )
    equal(
        B.shape,
        (6, 3),
        "the shape of B from fresh(6, 400, 3, rng)",
        "one row for each output, r columns",
    )
    holds(not (B @ A).any(), "a fresh adapter already changes the layer: B·A is not zero")
    if not A.any() and not B.any():
        fail(
            "fresh gives zeros for both: each gradient has the other as a factor, so neither would ever move"
        )
    if B.any():
        fail(
            "fresh makes A zero and B random; that can learn too, but here B is the one that starts at zero"
        )
    close(
        A.std(),
        400**-0.5,
        "the standard deviation of A's entries",
        "it is one over the root of the inputs",
        within=0.01,
    )
    other, _ = lab.fresh(6, 400, 3, np.random.default_rng(6))
    holds(
        not np.allclose(A, other),
        "fresh gives the same A for another generator: draw from the one that is passed in",
    )


def forward(lab):
    rng = np.random.default_rng(1)
    W, A, B, x = (rng.normal(size=s) for s in ((5, 7), (2, 7), (5, 2), (3, 7)))
    want = x @ (W + 3.0 * B @ A).T
    got = np.asarray(lab.forward(x, W, A, B, 6.0))
    if got.shape == want.shape:
        if np.allclose(got, x @ (W + 6.0 * B @ A).T):
            fail(
                "forward scales by alpha alone: divide it by the rank, or every change of rank changes the strength"
            )
        if np.allclose(got, x @ (W + B @ A).T):
            fail("forward forgets the scale alpha / r")
        if np.allclose(got, 3.0 * x @ (B @ A).T):
            fail("forward gives the detour alone: the frozen layer's part is missing")
    close(got, want, "forward of three inputs, rank 2, alpha 6", within=1e-9)


def gradients(lab):
    rng = np.random.default_rng(2)
    x, A, B, grad = (rng.normal(size=s) for s in ((4, 6), (3, 6), (5, 3), (4, 5)))
    dA, dB = (np.asarray(g) for g in lab.gradients(x, grad, A, B, 6.0))
    equal(dA.shape, A.shape, "the shape of dA", "a gradient has the shape of what it belongs to")
    equal(dB.shape, B.shape, "the shape of dB", "a gradient has the shape of what it belongs to")

    def value(a, b):  # a loss that is linear in the outputs has just this gradient
        return (grad * (2.0 * (x @ a.T) @ b.T)).sum()

    step = 1e-6
    for name, got, at in (("dA", dA, 0), ("dB", dB, 1)):
        want = np.zeros_like(got)
        for place in np.ndindex(got.shape):
            pair = [A.copy(), B.copy()]
            pair[at][place] += step
            high = value(*pair)
            pair[at][place] -= 2 * step
            want[place] = (high - value(*pair)) / (2 * step)
        if np.allclose(2.0 * got, want, atol=1e-4):
            fail(f"{name} lacks the scale alpha / r, which stands in front of the detour")
        close(
            got,
            want,
            name,
            "nudging each entry of the matrix changes the loss by another amount",
            within=1e-5,
        )
    start_A, start_B = lab.gradients(x, grad, A, 0 * B, 6.0)
    holds(not np.any(start_A), "at the start, where B is zero, dA is not zero")
    holds(np.any(start_B), "at the start, where B is zero, dB is zero too: nothing would ever move")


def merge(lab):
    rng = np.random.default_rng(3)
    W, A, B = (rng.normal(size=s) for s in ((4, 6), (2, 6), (4, 2)))
    kept = W.copy()
    merged = np.asarray(lab.merge(W, A, B, 5.0))
    holds(
        np.array_equal(W, kept),
        "merge changed the W that it was given: whoever holds it now has the merged one",
    )
    close(
        merged,
        W + 2.5 * B @ A,
        "merge of rank 2 with alpha 5",
        "the scale is alpha / r, as in forward",
        within=1e-9,
    )
    back = lab.merge(merged, A, B, 5.0, sign=-1)
    close(
        back,
        W,
        "merge and merge again with sign -1",
        "what was added must be taken out",
        within=1e-9,
    )


def count(lab):
    got = lab.count([(5, 3)], 2)
    if got == 2 * 15:
        fail(
            "count([(5, 3)], 2) gave 30, twice the full matrix: an adapter has r·in + r·out numbers"
        )
    equal(int(got), 16, "count([(5, 3)], 2)", "A is 2 by 3, B is 5 by 2")
    equal(int(lab.count([(5, 3), (3, 5), (1, 1)], 4)), 32 + 32 + 8, "count of three layers, rank 4")
    equal(int(lab.count([], 4)), 0, "count of no layer")


def floor(lab):
    D = np.diag([3.0, 2.0, 1.0])
    got = lab.floor(D, 1)
    if math.isclose(got, 3 / 6):
        fail(
            "floor of diag(3, 2, 1) at rank 1 gave 0.5: use squares of singular values, as squared distances add up"
        )
    if math.isclose(got, 9 / 14):
        fail("floor gave the share that is kept; what is missed is asked for")
    close(got, 5 / 14, "floor of diag(3, 2, 1) at rank 1", within=1e-9)
    close(lab.floor(D, 3), 0.0, "floor at full rank", "nothing is missed", within=1e-9)
    rng = np.random.default_rng(4)
    thin = rng.normal(size=(9, 2)) @ rng.normal(size=(2, 7))
    close(lab.floor(thin, 2), 0.0, "floor of a matrix of rank 2, at rank 2", within=1e-9)
    turned, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    close(
        lab.floor(turned @ D, 1),
        5 / 14,
        "floor of the same matrix, turned",
        "turning changes no singular value",
        within=1e-9,
    )
