"""Why a verdict, a bias or an agreement cannot be right."""

from __future__ import annotations

import math

import numpy as np

from practicum.learn.labs.checking import close, equal, fail, holds


def both_orders(lab):
    got = lab.both_orders("left", "left")
    if got in ("A", "left"):
        fail(
            f'both_orders("left", "left") gave {got!r}: A was left first and right then, so the winner changed with the chairs'
        )
    equal(got, "tie", 'both_orders("left", "left")')
    equal(
        lab.both_orders("left", "right"),
        "A",
        'both_orders("left", "right")',
        "A was left, then right, and won both times",
    )
    equal(lab.both_orders("right", "left"), "B", 'both_orders("right", "left")')
    for pair in [
        ("right", "right"),
        ("tie", "tie"),
        ("left", "tie"),
        ("tie", "left"),
        ("tie", "right"),
    ]:
        equal(
            lab.both_orders(*pair),
            "tie",
            f"both_orders{pair}",
            "a win in one order only is not decided",
        )


def sides(lab):
    verdicts = (
        [("left", "right")] * 3
        + [("right", "left")] * 2
        + [("tie", "tie"), ("left", "left"), ("tie", "left")]
    )
    left, consistent = lab.sides(verdicts)
    if math.isclose(left, 4 / 6):
        fail(
            "sides: the share for the left came from the first order only; there a better A and a favourite side look alike"
        )
    if math.isclose(left, 8 / 16):
        fail(
            "sides: ties were counted in the share for the left; it is a share of decided verdicts"
        )
    close(left, 8 / 13, "the share for the left of sides")
    if math.isclose(consistent, 2 / 8):
        fail(
            "sides: saying left twice is not consistent: the answers had changed places in between"
        )
    if math.isclose(consistent, 5 / 8):
        fail("sides: a tie in both orders is consistent as well")
    close(
        consistent,
        6 / 8,
        "the consistency of sides",
        "of all pairs, how many were judged alike twice?",
    )
    close(lab.sides([("left", "left")] * 4), (1.0, 0.0), "sides of a judge that always says left")
    close(lab.sides([("left", "right")] * 4), (0.5, 1.0), "sides of a judge for whom A is always better",
          "an overwhelming A is no favourite side")  # fmt: skip


def fit_judge(lab):
    one = lab.fit_judge([[1.0]] * 4, [1, 1, 1, 0])
    holds(np.shape(one) == (1,), f"fit_judge with one column gave the shape {np.shape(one)}")
    if math.isclose(one[0], 0.75, abs_tol=1e-6):
        fail("fit_judge of three lefts in four gave 0.75: a weight is in log-odds")
    close(
        one,
        [math.log(3)],
        "fit_judge of a constant and three lefts in four",
        "its log-odds",
        within=1e-6,
    )
    rng = np.random.default_rng(8)
    X = np.column_stack([rng.normal(size=300), np.ones(300), rng.normal(size=300)])
    y = rng.random(300) < 1 / (1 + np.exp(-X @ np.array([1.0, 0.5, -0.8])))
    w = np.asarray(lab.fit_judge(X.tolist(), y.tolist()))
    slope = X.T @ (y - 1 / (1 + np.exp(-X @ w)))
    off = float(np.abs(slope).max())
    if off > 1e-5 and np.abs(w).max() > 0 and abs(slope[1]) < 1e-5:
        fail(
            "fit_judge shrinks its weights or stops early: the likelihood still rises in some direction"
        )
    holds(off < 1e-5, f"fit_judge stops where the likelihood still has a slope of {off:.3g}: the sign of the step, "
          "the weights p(1 − p) or the number of rounds")  # fmt: skip


def kappa(lab):
    first = ["y"] * 6 + ["n"] * 4
    second = ["y"] * 5 + ["n"] * 4 + ["y"]
    got = lab.kappa(first, second)
    if math.isclose(got, 0.8):
        fail(
            "kappa gave 0.8: that is the plain agreement; take away what chance would give, above and below"
        )
    if math.isclose(got, 0.8 - 0.52):
        fail("kappa gave 0.28: divide by what was left to be gained over chance")
    if math.isclose(got, (0.8 - 0.5) / 0.5):
        fail("kappa gave 0.6: chance is one half only if both use both labels equally often")
    close(
        got,
        (0.8 - 0.52) / 0.48,
        "kappa of two lists that agree on 8 of 10",
        "0.6·0.6 + 0.4·0.4 by chance",
    )
    close(lab.kappa(["a", "b", "c"], ["a", "b", "c"]), 1.0, "kappa of equal lists")
    close(
        lab.kappa(["a", "b"], ["b", "a"]),
        -1.0,
        "kappa of two that always disagree",
        "it may be below nought",
    )
    close(lab.kappa(["a", "a", "b", "b"], ["a", "a", "a", "a"]), 0.0, "kappa with one who always says the same",
          "half agreement, and chance gives that half")  # fmt: skip
    try:
        same = lab.kappa(["a"] * 3, ["a"] * 3)
    except ZeroDivisionError:
        fail('kappa of two who always say "a" divides by nought')
    close(same, 1.0, 'kappa of two who always say "a"')
    close(lab.kappa(["a", "b", "a"], ["a", "c", "c"]), (1 / 3 - 2 / 9) / (1 - 2 / 9), "kappa where one uses a label that the other lacks",
          "a label that one never uses adds nothing to chance")  # fmt: skip


def votes_needed(lab):
    z, root = 1.959963984540054, 0.8416212335729143 * math.sqrt(0.24)
    got = lab.votes_needed(0.6)
    if got == 97:
        fail(
            "votes_needed(0.6) gave 97: with so many the test notices half of the time only; the power is missing"
        )
    holds(
        not isinstance(got, float) or got.is_integer(),
        f"votes_needed(0.6) gave {got}: whole votes, rounded up",
    )
    equal(
        got,
        math.ceil(((z / 2 + root) / 0.1) ** 2),
        "votes_needed(0.6)",
        "round upwards, after squaring",
    )
    equal(
        lab.votes_needed(0.4),
        got,
        "votes_needed(0.4)",
        "losing 60 % is as visible as winning 60 %; the square sees to it",
    )
    equal(lab.votes_needed(0.6, 0.5), math.ceil((z / 0.2) ** 2), "votes_needed(0.6, 0.5)")
    holds(
        lab.votes_needed(0.55, 0.9) > lab.votes_needed(0.55, 0.8), "more power must cost more votes"
    )
