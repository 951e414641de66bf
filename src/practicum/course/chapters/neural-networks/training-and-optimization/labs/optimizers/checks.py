"""What each task must satisfy."""

import math

import numpy as np

from practicum.learn.labs.checking import close, fail, holds

RNG = np.random.default_rng(7)
START = RNG.normal(size=(2, 3))
SLOPES = RNG.normal(size=(6, 2, 3)) * np.array([1.0, 30.0, 0.01])


def _walk(optimizer, rate, slopes=SLOPES, start=START, **options):
    """The weights after each step, and the memory."""
    weight, memory, path = start.copy(), {}, []
    for slope in slopes:
        kept = slope.copy()
        weight = optimizer(weight, slope, memory, rate, **options)
        holds(weight is not None, f"{optimizer.__name__} returned None: is a `return` missing?")
        holds(np.array_equal(slope, kept), f"{optimizer.__name__} changed the slope it was given")
        path.append(np.array(weight, dtype=float))
    return np.array(path)


def _same(a, b):
    return a.shape == b.shape and np.allclose(a, b, rtol=1e-9, atol=1e-12)


def _momentum(rate, keep, blend=1.0):
    velocity, weight, path = 0.0, START, []
    for slope in SLOPES:
        velocity = keep * velocity + blend * slope
        weight = weight - rate * velocity
        path.append(weight)
    return np.array(path)


def momentum(lab):
    got = _walk(lab.momentum, 0.1, keep=0.8)
    if _same(got, _momentum(0.1, 0.8, blend=0.2)):
        fail("this is a running mean: PyTorch adds the new slope whole, without one minus keep")
    if _same(got, START - 0.1 * np.cumsum(SLOPES, axis=0)):
        fail("this is plain descent: nothing of the last velocity is kept. Is it stored in memory?")
    if _same(got, 2 * START - _momentum(0.1, 0.8)):
        fail("this goes uphill: the weight moves against the velocity")
    close(
        got,
        _momentum(0.1, 0.8),
        "six steps of momentum(…, rate=0.1, keep=0.8)",
        "velocity: keep times the old, plus the slope",
    )
    close(_walk(lab.momentum, 0.1, keep=0.0), START - 0.1 * np.cumsum(SLOPES, axis=0), "momentum with keep=0",
          "with nothing kept it is plain descent")  # fmt: skip


def _rmsprop(rate, keep, tiny, inside=False, blend=None):
    square, weight, path = 0.0, START, []
    for slope in SLOPES:
        square = keep * square + (1 - keep if blend is None else blend) * slope**2
        size = np.sqrt(square + tiny) if inside else np.sqrt(square) + tiny
        weight = weight - rate * slope / size
        path.append(weight)
    return np.array(path)


def rmsprop(lab):
    options = {"keep": 0.9, "tiny": 1e-3}
    got = _walk(lab.rmsprop, 0.01, **options)
    if _same(got, _rmsprop(0.01, 0.9, 1e-3, inside=True)):
        fail("tiny stands under the root: PyTorch adds it after the root")
    if _same(got, _rmsprop(0.01, 0.9, 1e-3, blend=1.0)):
        fail(
            "the squares are summed up whole: a running mean takes only one minus keep of the new one"
        )
    close(got, _rmsprop(0.01, 0.9, 1e-3), "six steps of rmsprop(…, keep=0.9, tiny=0.001)",
          "the slope, divided by the root of the running mean of its squares")  # fmt: skip
    scaled = _walk(lab.rmsprop, 0.01, slopes=SLOPES * 1000, keep=0.9, tiny=0.0)
    close(scaled, _walk(lab.rmsprop, 0.01, keep=0.9, tiny=0.0), "rmsprop with all slopes a thousand times larger",
          "the size of slopes cancels out")  # fmt: skip


def _adam(rate, keep, tiny, decay=0.0, *, correct=True, inside=False, first=1, mixed=False):
    mean = square = 0.0
    weight, path = START, []
    for t, slope in enumerate(SLOPES, start=first):
        if mixed:
            slope = slope + decay * weight
        else:
            weight = weight * (1 - rate * decay)
        mean = keep[0] * mean + (1 - keep[0]) * slope
        square = keep[1] * square + (1 - keep[1]) * slope**2
        shares = (1 - keep[0] ** t, 1 - keep[1] ** t) if correct else (1.0, 1.0)
        size = np.sqrt(square / shares[1] + tiny) if inside else np.sqrt(square / shares[1]) + tiny
        weight = weight - rate * (mean / shares[0]) / size
        path.append(weight)
    return np.array(path)


def adam(lab):
    keep = (0.8, 0.95)
    got = _walk(lab.adam, 0.02, keep=keep, tiny=1e-4)
    if _same(got, _adam(0.02, keep, 1e-4, correct=False)):
        fail(
            "the running means start at zero and are too small at first: divide by one minus keep to the power t"
        )
    if _same(got, _adam(0.02, keep, 1e-4, inside=True)):
        fail("tiny stands under the root: it is added after the root")
    if _same(got, _adam(0.02, keep, 1e-4, first=2)):
        fail("the first step counts as the second: it is step 1")
    close(got, _adam(0.02, keep, 1e-4), "six steps of adam(…, keep=(0.8, 0.95), tiny=0.0001)")
    first = lab.adam(np.zeros(3), np.array([500.0, -2.0, 0.004]), {}, 0.01, tiny=0.0)
    close(first, [-0.01, 0.01, -0.01], "the first step of adam for slopes 500, -2 and 0.004",
          "corrected, mean and root of the square are equal, so only the sign of a slope is left")  # fmt: skip


def adamw(lab):
    options = {"keep": (0.8, 0.95), "tiny": 1e-4, "decay": 0.5}
    got = _walk(lab.adamw, 0.02, **options)
    if _same(got, _adam(0.02, (0.8, 0.95), 1e-4)):
        fail("nothing decays: this is plain Adam")
    if _same(got, _adam(0.02, (0.8, 0.95), 1e-4, 0.5, mixed=True)):
        fail(
            "the decay went into the slope: that is Adam with L2, where the root divides the decay away again"
        )
    if _same(got, _adam(0.02, (0.8, 0.95), 1e-4, 25.0)):
        fail("the weight shrinks by decay alone: it should be the rate times decay")
    close(got, _adam(0.02, (0.8, 0.95), 1e-4, 0.5), "six steps of adamw(…, decay=0.5)",
          "the weight shrinks first, then Adam steps from there")  # fmt: skip
    rested = lab.adamw(np.array([10.0, -4.0]), np.zeros(2), {}, 0.1, decay=0.2)
    close(rested, [9.8, -3.92], "adamw without any slope", "what is left is the decay")


def clip(lab):
    parts = [np.array([[3.0, 0.0], [0.0, 0.0]]), np.array([4.0])]
    got = lab.clip(parts, 1.0)
    holds(isinstance(got, list) and len(got) == 2, "clip should give a list with as many arrays")
    if np.allclose(got[0][0, 0], 1.0) and np.allclose(got[1], [1.0]):
        fail(
            "each array was clipped for itself: one length for all together, or the direction changes"
        )
    close(
        got[0],
        [[0.6, 0.0], [0.0, 0.0]],
        "the first array of clip([3…, 4], 1)",
        "their joint length is 5",
    )
    close(got[1], [0.8], "the second array of clip([3…, 4], 1)", "their joint length is 5")
    short = lab.clip(parts, 7.0)
    close(
        short[1],
        [4.0],
        "clip([3…, 4], 7)",
        "what is short enough stays as it is: clipping never lengthens",
    )
    close(
        lab.clip([np.zeros(3)], 1.0)[0],
        np.zeros(3),
        "clip of zeros",
        "nothing to shorten, and nothing to divide by",
    )


def learning_rate(lab):
    rates = [lab.learning_rate(step, 50, 2.0, 0.2) for step in range(50)]
    holds(None not in rates, "learning_rate returned None for some step: is a `return` missing?")
    holds(rates[0] != 0, "the first step has rate 0 and is wasted: count it as one")
    close(
        rates[0],
        0.2,
        "learning_rate(0, 50, peak=2, warmup=0.2)",
        "a tenth of the way up, with ten warm-up steps",
    )
    close(
        rates[9], 2.0, "learning_rate(9, 50, peak=2, warmup=0.2)", "the tenth step is at the peak"
    )
    close(
        rates[10], 2.0, "learning_rate(10, 50, peak=2, warmup=0.2)", "the cosine begins at the peak"
    )
    close(
        rates[30],
        1.1,
        "learning_rate(30, 50, peak=2, warmup=0.2)",
        "half way down, between the peak and a tenth of it",
    )
    if abs(rates[49]) < 0.02:
        fail("at the end the rate is nearly zero: this schedule comes down to a tenth of the peak")
    wanted = [0.2 + 1.8 * 0.5 * (1 + math.cos(math.pi * (s - 10) / 40)) for s in range(10, 50)]
    close(
        rates[10:], wanted, "the rates of steps 10 to 49", "a cosine from the peak to a tenth of it"
    )
    close(
        lab.learning_rate(0, 4, 1.0, 0.0),
        1.0,
        "learning_rate with warmup=0",
        "at least one step warms up, and is at the peak",
    )
