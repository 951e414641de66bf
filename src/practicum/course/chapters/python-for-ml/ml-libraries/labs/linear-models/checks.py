"""What each task must satisfy; scikit-learn is the outsider."""

import warnings

import numpy as np
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.linear_model import LinearRegression, LogisticRegression

from practicum.learn.labs.checking import close, fail, holds


def _pair(got, what):
    holds(isinstance(got, tuple) and len(got) == 2, f"{what} should return weights and bias")
    holds(np.ndim(got[1]) == 0, f"{what}: the bias has shape {np.shape(got[1])}; it is one number")
    return np.asarray(got[0], dtype=float), float(got[1])


def fit_line(lab):
    rng = np.random.default_rng(1)
    X = rng.normal(size=(20, 3)) + 5
    true = np.array([2.0, -1.0, 0.5])
    weights, bias = _pair(lab.fit_line(X, X @ true + 7), "fit_line")
    if abs(bias) < 1e-9:
        fail(
            "the bias is zero for targets that are shifted by seven: the line is forced through the origin"
        )
    close(weights, true, "the weights of fit_line, for targets made by known weights", within=1e-6)
    close(bias, 7.0, "the bias of fit_line, for targets shifted by seven", within=1e-6)
    data = load_diabetes()
    weights, bias = _pair(lab.fit_line(data.data, data.target), "fit_line")
    theirs = LinearRegression().fit(data.data, data.target)
    close(weights, theirs.coef_, "the weights of fit_line on the diabetes data",
          "scikit-learn finds others", within=0.02)  # fmt: skip
    close(
        bias,
        theirs.intercept_,
        "the bias of fit_line on the diabetes data",
        within=0.02,
    )


def r_squared(lab):
    y = np.array([1.0, 2.0, 4.0, 9.0])
    close(lab.r_squared(y, y), 1.0, "r_squared(y, y)")
    got = lab.r_squared(y, y[::-1])
    if got >= 0:
        fail(f"r_squared of predictions in reverse order gave {got:.3f}: worse than the mean should be "
             "below zero. A squared correlation cannot tell that")  # fmt: skip
    close(got, 1 - 2 * (64 + 4) / 38, "r_squared(y, y reversed)",
          "which of the two sums stands below the line?")  # fmt: skip
    close(lab.r_squared(y, np.full(4, 4.0)), 0.0, "r_squared of always saying the mean",
          "such a model explains nothing")  # fmt: skip
    close(
        lab.r_squared(y, y + 1),
        1 - 4 / 38,
        "r_squared of predictions that are all one too high",
        "the spread is around the mean of the targets",
    )


def sigmoid(lab):
    close(lab.sigmoid(0.0), 0.5, "sigmoid(0)")
    z = np.array([-3.0, -0.5, 0.25, 4.0])
    close(lab.sigmoid(z), [1 / (1 + np.exp(-v)) for v in z], "sigmoid of an array")
    close(lab.sigmoid(z) + lab.sigmoid(-z), np.ones(4), "sigmoid(z) + sigmoid(-z)")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            ends = lab.sigmoid(np.array([-1000.0, 1000.0]))
        except RuntimeWarning as warning:
            fail(
                f"sigmoid([-1000, 1000]) warns: {warning}. One of the two ways to write it is fine for each sign"
            )
    close(ends, [0.0, 1.0], "sigmoid([-1000, 1000])")


def gradient(lab):
    rng = np.random.default_rng(2)
    X, y = rng.normal(size=(12, 3)), np.array([0, 1] * 6)
    weights, bias, penalty = rng.normal(size=3), 0.3, 2.0

    def loss(w, b):
        sign = np.where(y == 1, 1, -1)
        return np.logaddexp(0, -sign * (X @ w + b)).sum() + penalty / 2 * (w @ w)

    step = 1e-6
    by_weight = [
        (loss(weights + step * e, bias) - loss(weights - step * e, bias)) / (2 * step)
        for e in np.eye(3)
    ]
    by_bias = (loss(weights, bias + step) - loss(weights, bias - step)) / (2 * step)
    d_weights, d_bias = _pair(lab.gradient(weights, bias, X, y, penalty), "gradient")
    wanted = np.array(by_weight)
    if np.allclose(d_weights, -wanted, atol=1e-4):
        fail(
            "the gradient points downhill: it is the chance minus the label, not the other way round"
        )
    if np.allclose(d_weights, (wanted - penalty * weights) / 12 + penalty * weights, atol=1e-4):
        fail("the data's part is a mean over the examples; this loss is their sum")
    if np.allclose(d_weights, wanted - penalty * weights, atol=1e-4):
        fail("the penalty's part is missing from the weights")
    if np.allclose(d_weights, wanted + penalty * weights, atol=1e-4):
        fail("the penalty's part is twice too large: the half in the loss cancels the two")
    close(d_weights, wanted, "the slopes of the weights",
          "measured by moving each weight a little, they are others", within=1e-5)  # fmt: skip
    if np.isclose(d_bias, by_bias + penalty * bias, atol=1e-4):
        fail("the bias is penalised too: that would pull every chance towards one half")
    close(d_bias, by_bias, "the slope of the bias", within=1e-5)


def fit_logistic(lab):
    data = load_breast_cancer()
    X = (data.data - data.data.mean(axis=0)) / data.data.std(axis=0)
    start = X.copy()
    weights, bias = _pair(lab.fit_logistic(X, data.target), "fit_logistic")
    holds(np.array_equal(X, start), "fit_logistic changed the data that it was given")
    theirs = LogisticRegression(C=1.0, tol=1e-8, max_iter=5000).fit(X, data.target)
    ours = ((X @ weights + bias > 0) == data.target).mean()
    holds(
        ours >= theirs.score(X, data.target) - 0.02,
        f"fit_logistic tells {ours:.1%} of the tumours right, two points fewer than scikit-learn or worse",
    )
    distance = np.linalg.norm(weights - theirs.coef_[0]) / np.linalg.norm(theirs.coef_)
    holds(
        distance < 0.02,
        f"the weights are {distance:.0%} away from scikit-learn's: more steps, or a step in another direction?",
    )
    close(bias, theirs.intercept_[0], "the bias of fit_logistic", "is the bias walking too?", within=0.02)  # fmt: skip
    strict, _ = _pair(lab.fit_logistic(X, data.target, penalty=100.0), "fit_logistic")
    holds(
        np.linalg.norm(strict) < 0.7 * np.linalg.norm(weights),
        "a penalty a hundred times as large hardly shrank the weights: is it passed on?",
    )
    short, _ = _pair(lab.fit_logistic(X, data.target, n_steps=1), "fit_logistic")
    holds(
        np.linalg.norm(short) < np.linalg.norm(weights) / 2,
        "one step already goes as far as thousands: n_steps is not used, or the start is not zero",
    )


def selectivity(lab):
    rng = np.random.default_rng(5)
    signal = rng.normal(size=(200, 4))
    y = (signal[:, 0] > 0).astype(int)
    got = lab.selectivity(signal[:120], y[:120], signal[120:], y[120:], np.random.default_rng(0))
    holds(np.ndim(got) == 0, f"selectivity gave shape {np.shape(got)}; it is one number")
    if got > 0.75:
        fail(
            f"selectivity of a readable label is {got:.2f}: that is the probe's own share; take its twin's away"
        )
    if got < -0.2:
        fail(
            f"selectivity of a perfectly readable label is {got:.2f}: the twin is taken away from the probe"
        )
    holds(got > 0.2, f"selectivity of a perfectly readable label is only {got:.2f}")
    noise = rng.normal(size=(200, 150))
    label = rng.integers(0, 2, 200)
    empty = [
        lab.selectivity(
            noise[:120], label[:120], noise[120:], label[120:], np.random.default_rng(i)
        )
        for i in range(4)
    ]
    if np.mean(empty) > 0.25:
        fail(f"selectivity of noise is {np.mean(empty):.2f}: both probes must be judged on the TEST examples, "
             "where learning by heart does not help")  # fmt: skip
    holds(
        abs(np.mean(empty)) < 0.2,
        f"selectivity of pure noise is {np.mean(empty):+.2f}, far from zero",
    )
    once = lab.selectivity(signal[:30], y[:30], signal[30:], y[30:], np.random.default_rng(1))
    again = lab.selectivity(signal[:30], y[:30], signal[30:], y[30:], np.random.default_rng(1))
    holds(
        once == again, "the same generator gave two results: shuffle with the rng that is passed in"
    )
