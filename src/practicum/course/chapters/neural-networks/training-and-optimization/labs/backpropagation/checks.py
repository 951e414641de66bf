"""What each task must satisfy."""

import warnings

import numpy as np

from practicum.learn.labs.checking import close, equal, fail, holds


def _array(got, shape, what):
    """The answer as an array of this shape, or a kind failure."""
    if got is None:
        fail(f"{what} returned None: is a `return` missing?")
    found = np.asarray(got, dtype=float)
    holds(
        found.shape == shape,
        f"{what} came back with shape {found.shape}, where {shape} is expected",
    )
    return found


def _softmax(scores):
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _loss(weights, x, target):
    h = np.tanh(x @ weights["w1"] + weights["b1"])
    return -np.log(
        _softmax(h @ weights["w2"] + weights["b2"])[np.arange(len(target)), target]
    ).mean()


def mse(lab):
    a, b = np.array([[1.0, 2.0], [3.0, 5.0]]), np.array([[0.0, 2.5], [3.0, 1.0]])
    got = _array(lab.mse(a, b), (), "mse of two tables")
    holds(abs(got - 17.25) > 1e-9, "mse gave the sum of the squares: it is their mean")
    holds(abs(got - 17.25 / 8) > 1e-9, "mse gave half of the mean: no half belongs here")
    holds(
        abs(got - 17.25 / 2) > 1e-9, "mse divided by the rows only: the mean is over every number"
    )
    close(got, 17.25 / 4, "mse([[1, 2], [3, 5]], [[0, 2.5], [3, 1]])")
    close(
        lab.mse(b, a),
        lab.mse(a, b),
        "mse with both turned round",
        "it does not matter which is the truth",
    )


def cross_entropy(lab):
    rng = np.random.default_rng(3)
    scores, target = rng.normal(size=(6, 5)) * 2, np.array([4, 0, 0, 2, 1, 4])
    p = _softmax(scores)[np.arange(6), target]
    got = _array(lab.cross_entropy(scores, target), (), "cross_entropy of six rows")
    holds(
        abs(got - -np.log(p).sum()) > 1e-9,
        "cross_entropy gave the sum over the rows: it is the mean",
    )
    holds(
        abs(got - np.log(p).mean()) > 1e-9,
        "cross_entropy is negative: surprise is minus the log-probability",
    )
    holds(
        abs(got - -np.log2(p).mean()) > 1e-9,
        "cross_entropy came in bits: nats need the natural logarithm",
    )
    holds(
        abs(got - -np.log(p.mean())) > 1e-9, "this is the log of a mean: take each row's log first"
    )
    close(got, -np.log(p).mean(), "cross_entropy(scores, target)",
          "score of the target minus the log of the row's sum of exponentials, turned and averaged")  # fmt: skip
    close(lab.cross_entropy(np.zeros((3, 50)), np.array([0, 7, 49])), np.log(50),
          "cross_entropy of equal scores for 50 tokens", "knowing nothing costs the log of the vocabulary")  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            high = lab.cross_entropy(np.array([[1000.0, 0.0], [0.0, -2000.0]]), np.array([1, 0]))
        except RuntimeWarning as warning:
            fail(f"cross_entropy of scores like 1000 warned: {warning}. Take each row's largest score off first, "
                 "and never take the log of a softmax that became 0")  # fmt: skip
    close(high, 500.0, "cross_entropy([[1000, 0], [0, -2000]], [1, 0])")


def cross_entropy_slope(lab):
    rng = np.random.default_rng(4)
    scores, target = rng.normal(size=(5, 4)), np.array([3, 3, 0, 1, 2])
    before = scores.copy()
    wanted = (_softmax(scores) - np.eye(4)[target]) / 5
    got = _array(
        lab.cross_entropy_slope(scores, target), (5, 4), "cross_entropy_slope of five rows"
    )
    equal(scores, before, "the scores after cross_entropy_slope", "they were changed in place")
    if np.allclose(got, 5 * wanted):
        fail(
            "each row is right for itself, but the loss is a mean over five rows: their slopes are shared out"
        )
    if np.allclose(got, -wanted):
        fail(
            "the sign is turned: where the right token gets too little, a higher score must lower the loss"
        )
    if np.allclose(got, _softmax(scores) / 5):
        fail("these are the predictions alone: the truth has to be taken off at the right token")
    close(
        got, wanted, "cross_entropy_slope(scores, target)", "what is predicted minus what is true"
    )
    close(got.sum(axis=1), np.zeros(5), "the row sums of cross_entropy_slope",
          "adding the same to all scores of a row does not change the loss")  # fmt: skip


def backward(lab):
    rng = np.random.default_rng(5)
    weights = {"w1": rng.normal(size=(3, 4)), "b1": rng.normal(size=4), "w2": rng.normal(size=(4, 5)), "b2": rng.normal(size=5)}  # fmt: skip
    x, target = rng.normal(size=(6, 3)), rng.integers(0, 5, size=6)
    got = lab.backward(weights, x, target)
    holds(
        isinstance(got, dict) and set(got) == set(weights),
        f"backward should give a dict with {sorted(weights)}",
    )
    whys = {
        "b2": "the last bias collects the slopes in the scores, over all examples",
        "w2": "every hidden value, times the slope in every score, summed over the examples",
        "b1": "before the bend: the slope that came back through w2, times tanh's slope, summed over the examples",
        "w1": "every input, times the slope before the bend, summed over the examples",
    }
    for name, why in whys.items():
        mine = _array(got[name], weights[name].shape, f'backward(…)["{name}"]')
        wanted = np.zeros_like(weights[name])
        for place in np.ndindex(wanted.shape):
            ends = []
            for nudge in (1e-5, -1e-5):
                nudged = {k: v.copy() for k, v in weights.items()}
                nudged[name][place] += nudge
                ends.append(_loss(nudged, x, target))
            wanted[place] = (ends[0] - ends[1]) / 2e-5
        if np.allclose(mine, wanted * len(x), atol=1e-6):
            fail(
                f'backward(…)["{name}"] is too large by the number of examples: is the mean of the loss forgotten?'
            )
        close(mine, wanted, f'backward(…)["{name}"], beside nudging each weight,', why, within=1e-6)


def _dealt(lab, n, size, rng):
    """The batches as lists of whole numbers."""
    got = lab.batches(n, size, rng)
    holds(got is not None, f"batches({n}, {size}, rng) returned None: is a `return` missing?")
    return [[int(i) for i in batch] for batch in got]


def _order(lab, rng):
    return [i for batch in _dealt(lab, 50, 7, rng) for i in batch]


def batches(lab):
    got = _dealt(lab, 10, 4, np.random.default_rng(0))
    sizes = [len(batch) for batch in got]
    holds(sizes != [4, 4], "batches(10, 4, rng) lost two examples: the last batch may be shorter")
    equal(sizes, [4, 4, 2], "the sizes of batches(10, 4, rng)")
    flat = sorted(i for batch in got for i in batch)
    holds(flat == list(range(10)), f"over an epoch each example comes once; these came: {flat}")
    one, other = (_order(lab, np.random.default_rng(seed)) for seed in (0, 1))
    holds(one != list(range(50)), "the order is 0, 1, 2, …: nothing was shuffled")
    holds(one != other, "two generators gave the same order: draw from the rng that is passed in")
    rng = np.random.default_rng(2)
    first, second = _order(lab, rng), _order(lab, rng)
    holds(
        first != second, "the second epoch has the order of the first: is the rng made anew inside?"
    )


def descend(lab):
    weights = {"w": np.array([[1.0, -2.0]]), "b": np.array([0.5])}
    slopes = {"w": np.array([[10.0, -1.0]]), "b": np.array([2.0])}
    before = {name: values.copy() for name, values in weights.items()}
    got = lab.descend(weights, slopes, 0.1)
    holds(
        isinstance(got, dict) and set(got) == {"w", "b"},
        "descend should give a dict with the same names",
    )
    if np.allclose(got["w"], [[2.0, -2.1]]):
        fail("this goes uphill: the slope points to where the loss grows")
    for name in weights:
        close(
            weights[name],
            before[name],
            f'the old weights["{name}"] after descend',
            "they were changed in place",
        )
    close(got["w"], [[0.0, -1.9]], 'descend(…)["w"]', "weight minus rate times slope")
    close(got["b"], [0.3], 'descend(…)["b"]', "biases move too")
