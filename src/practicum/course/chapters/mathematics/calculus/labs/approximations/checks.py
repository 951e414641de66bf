"""Checks of the lab on approximations: values by hand, and the order that each method promises."""

import math

from practicum.learn.labs.checking import close, fail, holds


def slope(lab):
    """The slope of a square is exact from both sides; the error of a cube is the step squared."""
    got = lab.slope(lambda x: x * x, 3.0, 0.5)
    holds(got is not None, "slope(x², 3, 0.5) returned None: is a `return` missing?")
    if abs(got - 12) < 1e-9:
        fail("slope(x², 3, 0.5) gave 12: the two places are two steps apart, not one")
    if abs(got - 6.5) < 1e-9 or abs(got - 5.5) < 1e-9:
        fail(f"slope(x², 3, 0.5) gave {got}: it looks to one side only, which costs an order")
    if abs(got + 6) < 1e-9:
        fail("slope(x², 3, 0.5) has the wrong sign: ahead minus behind, not the other way round")
    close(
        got, 6, "slope(x², 3, 0.5)", "from both sides the slope of a parabola has no error at all"
    )
    close(
        lab.slope(lambda x: x**3, 1.0, 0.1) - 3, 0.01, "the error of slope(x³, 1, 0.1)",
        "it must be the step squared",
    )  # fmt: skip
    close(
        lab.slope(math.sin, 0.4), math.cos(0.4), "slope(sin, 0.4) with the usual step",
        "it should be close to the cosine", within=1e-8,
    )  # fmt: skip


def order(lab):
    """Powers of two by hand, and one that is none."""
    got = lab.order(0.08, 0.02)
    holds(got is not None, "order(0.08, 0.02) returned None: is a `return` missing?")
    if abs(got - 4) < 1e-9:
        fail("order(0.08, 0.02) gave the ratio itself: which power of two is it?")
    if abs(got + 2) < 1e-9:
        fail("order(0.08, 0.02) is negative: the error of the larger step belongs on top")
    if abs(got - math.log(4)) < 1e-9 or abs(got - math.log10(4)) < 1e-9:
        fail("order(0.08, 0.02) used a logarithm of another base: the step was halved, so two")
    close(got, 2, "order(0.08, 0.02)")
    close(lab.order(1.6e-3, 1e-4), 4, "order(0.0016, 0.0001)", "a sixteenth is left")
    close(lab.order(0.3, 0.1), math.log(3) / math.log(2), "order(0.3, 0.1)")


def taylor(lab):
    """Polynomials come back exactly; the exponential series; degree and order."""
    got = lab.taylor([5, 3, 4], 2.0)
    holds(got is not None, "taylor([5, 3, 4], 2) returned None: is a `return` missing?")
    if abs(got - 27) < 1e-9:
        fail("taylor([5, 3, 4], 2) gave 27: the terms are not divided by their factorials")
    if abs(got - 11) < 1e-9:
        fail("taylor([5, 3, 4], 2) left the last derivative out")
    close(got, 19, "taylor([5, 3, 4], 2)", "5 + 3·2 + 4·2²/2")
    close(lab.taylor([7.0], 3.0), 7, "taylor([7], 3)", "the value at zero is the first term")
    close(
        lab.taylor([1] * 25, 1.5), math.exp(1.5), "taylor of 25 ones at 1.5",
        "all derivatives of exp are one; a factorial of k, or the power k − 1?",
    )  # fmt: skip
    close(
        lab.taylor([0, 1, 0, -1] * 6, -0.7), math.sin(-0.7), "taylor of 0, 1, 0, −1, … at −0.7",
        "these are the derivatives of the sine",
    )  # fmt: skip


def trapezoid(lab):
    """Straight lines exactly, a parabola by hand, a range that does not start at zero."""
    got = lab.trapezoid(lambda x: x * x, 0.0, 2.0, 2)
    holds(got is not None, "trapezoid(x², 0, 2, 2) returned None: is a `return` missing?")
    if abs(got - 5) < 1e-9:
        fail(
            "trapezoid(x², 0, 2, 2) gave 5: the outermost edges count half, they bound one strip only"
        )
    if abs(got - 1) < 1e-9:
        fail(
            "trapezoid(x², 0, 2, 2) gave 1: the last edge is missing, or left edges only were used"
        )
    close(
        got, 3, "trapezoid(x², 0, 2, 2)", "one strip from 0 to 1 of area 0.5, one to 2 of area 2.5"
    )
    for strips in (1, 3, 10):
        close(
            lab.trapezoid(lambda x: 2 * x + 1, 1.0, 4.0, strips), 18,
            f"trapezoid(2x + 1, 1, 4, {strips})", "straight tops measure straight lines exactly",
        )  # fmt: skip
    close(lab.trapezoid(math.exp, 1.0, 0.0, 4), -lab.trapezoid(math.exp, 0.0, 1.0, 4),
          "trapezoid(exp, 1, 0, 4)", "walking backwards turns the sign around")  # fmt: skip


def simpson(lab):
    """Cubes exactly, and order four."""
    got = lab.simpson(lambda x: x**3, 0.0, 2.0, 2)
    holds(got is not None, "simpson(x³, 0, 2, 2) returned None: is a `return` missing?")
    if abs(got - lab.trapezoid(lambda x: x**3, 0.0, 2.0, 2)) < 1e-9:
        fail("simpson(x³, 0, 2, 2) is the trapezoid area still: nothing was taken out")
    if abs(got - 6) < 1e-9:
        fail(
            "simpson(x³, 0, 2, 2) gave 6: the correction has the wrong sign, or lies on the coarse side"
        )
    close(got, 4, "simpson(x³, 0, 2, 2)", "up to cubes nothing is left of the error")
    errors = [abs(lab.simpson(math.exp, 0.0, 1.0, n) - (math.e - 1)) for n in (8, 16)]
    ratio = errors[0] / max(errors[1], 1e-300)
    holds(
        14 < ratio < 18,
        f"simpson(exp, 0, 1, …): twice as many strips make the error {ratio:.3g} times smaller, where "
        "order four promises about 16",
    )
