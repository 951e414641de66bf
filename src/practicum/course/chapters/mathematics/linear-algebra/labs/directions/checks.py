"""Checks of the lab on directions: every check tries an identity beside a number."""

import numpy as np

from practicum.learn.labs.checking import close, fail, holds, plain, shape_of


def cosine(lab):
    """By hand, and blind to lengths."""
    u, v = np.array([3.0, 4.0]), np.array([4.0, 3.0])
    got = lab.cosine(u, v)
    holds(got is not None, "cosine((3, 4), (4, 3)) returned None: is a `return` missing?")
    if abs(got - 24) < 1e-9:
        fail("cosine((3, 4), (4, 3)) gave the dot product itself: divide it by both lengths")
    if abs(got - 4.8) < 1e-9:
        fail("cosine((3, 4), (4, 3)) gave 4.8: only one of the two lengths was divided by")
    if abs(got - 24 / 625) < 1e-9:
        fail("cosine((3, 4), (4, 3)) divided by the squared lengths: their roots are missing")
    close(got, 0.96, "cosine((3, 4), (4, 3))")
    close(lab.cosine(u, -u), -1, "cosine of an arrow and its opposite", "a sign got lost")
    close(
        lab.cosine(7 * u, v / 9), 0.96, "cosine((21, 28), (4/9, 3/9))",
        "stretching an arrow must not change an angle",
    )  # fmt: skip
    rng = np.random.default_rng(0)
    u, v = rng.standard_normal((2, 50))
    difference = (u / np.linalg.norm(u) - v / np.linalg.norm(v)) ** 2
    close(
        lab.cosine(u, v), 1 - difference.sum() / 2, "cosine of two arrows of 50 numbers",
        "the law of cosines must hold",
    )  # fmt: skip


def basis(lab):
    """Perpendicular, of length one, the same span, the right number."""
    got = _array(lab.basis(np.array([[2.0, 0.0], [1.0, 1.0]])), "basis([[2, 0], [1, 1]])")
    holds(
        got.shape == (2, 2),
        f"basis([[2, 0], [1, 1]]) has shape {got.shape}: two independent arrows have two directions",
    )
    _perpendicular(got, "basis([[2, 0], [1, 1]])")
    rng = np.random.default_rng(2)
    arrows = rng.standard_normal((6, 3)) @ rng.standard_normal((3, 8)) * 1e-3
    name = "basis of 6 short arrows that were mixed from 3"
    got = _array(lab.basis(arrows), name)
    holds(
        len(got) == 3,
        f"{name} has {len(got)} rows: one for each independent arrow; a remainder of rounding size "
        "counts as nothing, and 'small' is relative to the arrow's own length",
    )
    _perpendicular(got, name)
    close(
        arrows @ got.T @ got, arrows, f"the arrows, rebuilt from the {name}",
        "the span must stay the same",
    )  # fmt: skip
    leaning = np.array([[1.0, 1e-6, 0.0], [1.0, 0.0, 1e-6], [1.0, 1e-6, 1e-6]])
    _perpendicular(
        _array(lab.basis(leaning), "basis"), "basis of three nearly parallel arrows", 1e-4
    )


def project(lab):
    """Leaning arrows, the right angle of what is left, and doing it twice."""
    arrows = np.array([[1.0, 0.0, 0.0], [1.0, 1.0, 0.0]])
    point = np.array([2.0, 3.0, 4.0])
    got = _array(lab.project(point, arrows), "project((2, 3, 4), …)")
    if got.shape == (3,) and np.allclose(got, [4.5, 2.5, 0]):
        fail(
            "project((2, 3, 4), [[1, 0, 0], [1, 1, 0]]) added the shadows on two arrows that are not "
            "perpendicular: what they share was counted twice"
        )
    if np.allclose(got, [0, 0, 4]):
        fail("project gave what is left over, the part that is perpendicular to the span")
    close(got, [2, 3, 0], "project((2, 3, 4), [[1, 0, 0], [1, 1, 0]])", "the floor's nearest point")
    rng = np.random.default_rng(3)
    arrows, point = rng.standard_normal((4, 9)), rng.standard_normal(9)
    shadow = _array(lab.project(point, arrows), "project of 9 numbers")
    close(
        arrows @ (point - shadow), np.zeros(4), "the dot products of what is left with the arrows",
        "what is left must be perpendicular to all of them",
    )  # fmt: skip
    close(
        lab.project(shadow, arrows), shadow, "project of a projection",
        "a point in the span is its own shadow",
    )  # fmt: skip


def silence(lab):
    """Nothing along the direction, everything else as it was."""
    rng = np.random.default_rng(4)
    weights, direction = rng.standard_normal((6, 6)), 3 * rng.standard_normal(6)
    before = weights.copy()
    got = _array(lab.silence(weights, direction), "silence(weights, direction)")
    holds(
        np.array_equal(weights, before), "silence changed the weights it was given: return new ones"
    )
    holds(
        got.shape == (6, 6),
        f"silence of 6 by 6 weights has shape {got.shape}, where (6, 6) is expected",
    )
    if np.allclose(got @ direction, 0) and not np.allclose(direction @ got, 0):
        fail(
            "silence made the layer deaf instead of mute: it no longer reads the direction but "
            "still writes it. Take the shadow on the other side of the weights"
        )
    unit = direction / np.linalg.norm(direction)
    if np.allclose(got, weights - np.outer(direction, direction @ weights)):
        fail(
            "silence subtracts too much: an arrow that is not of length one was used as if it were"
        )
    close(
        direction @ got, np.zeros(6), "what silent weights still write along the direction",
        "it must be nothing, for every input",
    )  # fmt: skip
    across = np.eye(6) - np.outer(unit, unit)
    close(
        across @ got, across @ weights, "what silent weights write across the direction",
        "only the shadow on the direction should go",
    )  # fmt: skip
    wide = rng.standard_normal((3, 5))
    holds(
        np.allclose(np.ones(3) @ _array(lab.silence(wide, np.ones(3)), "silence"), 0),
        "silence of 3 by 5 weights still writes along (1, 1, 1): the direction has as many numbers as "
        "the layer writes",
    )


def _array(value, name):
    if value is None:
        fail(f"{name} returned None: is a `return` missing?")
    try:
        return np.array(plain(value), dtype=float)
    except (TypeError, ValueError):
        fail(f"{name} has shape {shape_of(plain(value))} and is not an array of numbers")


def _perpendicular(directions, name, within=1e-8):
    lengths = np.linalg.norm(directions, axis=1)
    close(lengths, np.ones(len(lengths)), f"the lengths in {name}", "each should be one")
    products = directions @ directions.T - np.eye(len(directions))
    holds(
        np.abs(products).max() < within,
        f"two arrows in {name} have the dot product {np.abs(products).max():.3g}: they are not "
        "perpendicular. Take away the shadow on every arrow kept so far, one after the other, each "
        "time from what is left",
    )
