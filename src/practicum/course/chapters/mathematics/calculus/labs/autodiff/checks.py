"""Checks of the lab on automatic differentiation: by hand, then against steps of their own."""

import math

from practicum.learn.labs.checking import close, fail, holds


def multiply(lab):
    """The number and both local slopes, and a factor that is a plain number."""
    a, b = lab.Value(3), lab.Value(5)
    product = a * b
    holds(product is not None, "Value(3) * Value(5) returned None: is a `return` missing?")
    holds(isinstance(product, lab.Value), "Value(3) * Value(5) must be a Value again")
    close(product.number, 15, "(Value(3) * Value(5)).number")
    slopes = {id(parent): slope for parent, slope in product.parents}
    holds(
        set(slopes) == {id(a), id(b)},
        "a product remembers both of its factors as parents, the very Values that were given",
    )
    if slopes[id(a)] == 3 and slopes[id(b)] == 5:
        fail("the local slope of 3 · 5 against the 3 came out as 3: it is the other factor")
    if slopes[id(a)] == 1 and slopes[id(b)] == 1:
        fail(
            "local slopes of one belong to a sum; a product changes faster when the other is large"
        )
    close([slopes[id(a)], slopes[id(b)]], [5, 3], "the local slopes of Value(3) * Value(5)")
    close((a * 4).number, 12, "(Value(3) * 4).number", "a plain number may be a factor")
    close(sum(s for p, s in (4 * a).parents if p is a), 4, "the local slope of 4 * Value(3)")


def logarithm(lab):
    """Value and slope at two places."""
    for number in (4.0, 0.25):
        parent = lab.Value(number)
        got = parent.log()
        name = f"Value({number}).log()"
        holds(got is not None, f"{name} returned None: is a `return` missing?")
        close(got.number, math.log(number), f"{name}.number", "the natural logarithm")
        holds(
            len(got.parents) == 1 and got.parents[0][0] is parent,
            f"{name} has one parent: the Value",
        )
        close(got.parents[0][1], 1 / number, f"the local slope of {name}", "one divided by x")


def backward(lab):
    """Shared values, order, deep chains, and calling it twice."""
    x, y = lab.Value(3), lab.Value(5)
    lab.backward(_sum(lab, _times(lab, x, y), x))
    if y.slope == 0:
        fail(
            "the slope of x·y + x against y stayed zero: the product handed on before it was handed "
            "anything; begin at the result and walk back"
        )
    if x.slope == 1 or x.slope == 5:
        fail(
            "the slope of x·y + x against x at (3, 5) came out as "
            f"{x.slope:g}: x was used twice, and one slope overwrote the other instead of adding up"
        )
    close(x.slope, 6, "the slope of x·y + x against x at (3, 5)")
    close(y.slope, 3, "the slope of x·y + x against y at (3, 5)")
    x = lab.Value(2)
    square = _times(lab, x, x)
    result = _sum(lab, _times(lab, square, square), square)  # x⁴ + x²
    lab.backward(result)
    close(result.slope, 1, "the result's slope against itself")
    close(
        x.slope, 36, "the slope of x⁴ + x² at 2, where x² is used three times",
        "a value must have collected all its slopes before it hands any on; which end do you begin at?",
    )  # fmt: skip
    lab.backward(result)
    close(
        x.slope, 36, "the slope after calling backward twice",
        "slopes of the first call are still there: begin with zeros",
    )  # fmt: skip


def slopes_by_steps(lab):
    """A function that mixes its numbers, and the list as it was."""
    numbers = [2.0, -1.0, 0.5]

    def function(values):
        a, b, c = values
        return _sum(lab, _times(lab, _times(lab, a, a), b), _times(lab, a, c))  # a²b + ac

    want = [2 * 2 * -1 + 0.5, 4.0, 2.0]
    got = lab.slopes_by_steps(function, numbers)
    holds(got is not None, "slopes_by_steps returned None: is a `return` missing?")
    holds(
        numbers == [2.0, -1.0, 0.5], "slopes_by_steps changed the list it was given: step on a copy"
    )
    holds(len(got) == 3, f"slopes_by_steps of three numbers gave {len(got)} slopes")
    if all(abs(g - 2 * w) < 1e-4 for g, w in zip(got, want, strict=True)):
        fail("every slope is twice too large: ahead and behind are two steps apart")
    close(got, want, "slopes_by_steps(a²b + ac, [2, −1, 0.5])", "one number at a time", within=1e-6)
    error = lab.slopes_by_steps(lambda v: v[0].exp(), [0.0], 0.1)[0] - 1
    holds(
        abs(error) < 0.01,
        f"slopes_by_steps(exp, [0], 0.1) is off by {error:.3g}: from both sides it is off by 0.0017",
    )


def descend(lab):
    """One step by hand, many steps to the bottom, all numbers at once, and the letters' shares."""

    def function(values):
        a, b = values
        return _sum(lab, _times(lab, a, a), _times(lab, a, b))  # a² + ab

    start = [1.0, 2.0]
    got = lab.descend(function, start, 0.1, 1)
    holds(got is not None, "descend returned None: is a `return` missing?")
    holds(start == [1.0, 2.0], "descend changed the list it was given: work on a copy")
    got = [getattr(g, "number", g) for g in got]
    if abs(got[0] - 1.4) < 1e-9:
        fail("descend(a² + ab, [1, 2], 0.1, 1) went uphill: walk against the slope")
    close(
        got, [0.6, 1.9], "descend(a² + ab, [1, 2], 0.1, 1)",
        "the gradient at (1, 2) is (4, 1); are both taken at the same place?",
    )  # fmt: skip
    close(
        lab.descend(function, start, 0.1, 0), start, "descend with no steps", "it stays where it is"
    )
    close(
        lab.descend(lab.valley, [9.0, 1.0], 0.05, 20), [9 * 0.95**20, 0.5**20],
        "descend(valley, [9, 1], 0.05, 20)", "each step multiplies x by 0.95 and y by 0.5",
    )  # fmt: skip
    learned = lab.descend(lab.mean_loss, [0.0] * 5, 2.0, 150)
    total = sum(math.exp(s) for s in learned)
    close(
        [math.exp(s) / total for s in learned], [n / 11 for n in lab.COUNTS], "the learned shares",
        "at the lowest loss they are the shares of the text", within=1e-3,
    )  # fmt: skip


def _sum(lab, a, b):
    return lab.Value(a.number + b.number, [(a, 1.0), (b, 1.0)])


def _times(lab, a, b):
    """A product of the checks' own, so that one open hole does not close another task."""
    return lab.Value(a.number * b.number, [(a, b.number), (b, a.number)])
