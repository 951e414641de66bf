"""What each task must satisfy; scikit-learn is the outsider."""

import warnings

import numpy as np
from sklearn.datasets import load_digits, load_wine
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE, trustworthiness

from practicum.learn.labs.checking import close, fail, holds


def pca(lab):
    data = load_digits().data[:500]
    got = lab.pca(data, 5)
    holds(isinstance(got, tuple) and len(got) == 2, "pca should return mean and components")
    mean, components = np.asarray(got[0]), np.asarray(got[1])
    holds(
        components.shape == (5, 64),
        f"five components of 64 columns have shape {components.shape}, not (5, 64)",
    )
    close(mean, data.mean(axis=0), "the mean of pca", "one number for each column")
    close(components @ components.T, np.eye(5), "components times each other",
          "they should be orthogonal and of length one", within=1e-6)  # fmt: skip
    _, _, raw = np.linalg.svd(data, full_matrices=False)
    if abs(components[0] @ raw[0]) > 1 - 1e-6:
        fail(
            "the first component points at the mean of the data: take the mean away before you look for spread"
        )
    theirs = PCA(5, svd_solver="full").fit(data).components_
    agree = np.abs((components * theirs).sum(axis=1))
    holds(
        agree.min() > 0.98,
        f"component {agree.argmin()} has a cosine of {agree.min():.2f} with scikit-learn's; "
        "are they in the order of their spread, and rows rather than columns?",
    )
    before = data.copy()
    lab.pca(data, 2)
    holds(np.array_equal(data, before), "pca changed the data that it was given")


def explained(lab):
    data = load_digits().data[:500]
    got = np.asarray(lab.explained(data))
    theirs = PCA(svd_solver="full").fit(data).explained_variance_ratio_
    holds(
        got.shape == theirs.shape, f"explained has shape {got.shape}: one share for each component"
    )
    close(got.sum(), 1.0, "the sum of all shares")
    if abs(got[0] / theirs[0] - 1) > 0.02:
        singular = np.linalg.svd(data - data.mean(axis=0), compute_uv=False)
        if np.isclose(got[0], singular[0] / singular.sum()):
            fail("these are shares of the singular values; variances are their squares")
        raw = np.linalg.svd(data, compute_uv=False) ** 2
        if np.isclose(got[0], raw[0] / raw.sum()):
            fail("the mean is still in the data, and takes most of the first share")
    close(got, theirs, "explained of 500 digits", "scikit-learn's shares are others", within=0.02)


def rebuild(lab):
    rng = np.random.default_rng(1)
    data = rng.normal(size=(40, 6)) @ rng.normal(size=(6, 6)) + 10
    fitted = PCA(2, svd_solver="full").fit(data)
    got = np.asarray(lab.rebuild(data, fitted.mean_, fitted.components_))
    holds(got.shape == (40, 6), f"forty rows came back with shape {got.shape}")
    wanted = fitted.inverse_transform(fitted.transform(data))
    if np.allclose(got, wanted - fitted.mean_):
        fail("the rows came back around zero: the mean was not put back")
    if np.allclose(got, data @ fitted.components_.T @ fitted.components_ + fitted.mean_):
        fail("the rows were projected with their mean still in them, and got it a second time")
    close(got, wanted, "rebuild with two components", "scikit-learn's are others", within=1e-6)
    whole = PCA(6).fit(data)
    close(lab.rebuild(data, whole.mean_, whole.components_), data, "rebuild with all components",
          "nothing should be lost", within=1e-6)  # fmt: skip
    new = rng.normal(size=(3, 6))
    close(lab.rebuild(new, fitted.mean_, fitted.components_),
          fitted.inverse_transform(fitted.transform(new)), "rebuild of rows that pca has not seen",
          "use the mean that is passed in, not that of the rows", within=1e-6)  # fmt: skip


def steering(lab):
    for seed in range(4):
        rng = np.random.default_rng(seed)
        planted, other = np.linalg.qr(rng.normal(size=(32, 2)))[0].T
        base = 5 * rng.normal(size=(60, 32)) + 3
        added = (4 + 0.2 * rng.normal(size=(60, 1))) * planted + 2 * rng.normal(
            size=(60, 1)
        ) * other
        got = np.asarray(lab.steering(base + added, base))
        holds(got.shape == (32,), f"steering for states of width 32 has shape {got.shape}")
        close(np.linalg.norm(got), 1.0, "the length of the direction", within=1e-6)
        cosine = got @ planted
        if cosine < -0.9:
            fail("the direction is right and its sign is wrong: the model would be steered the other way. "
                 "Let it point along the mean difference")  # fmt: skip
        if abs(got @ other) > 0.9:
            fail(
                "the direction is one along which the differences VARY: centring them took away what they share"
            )
        holds(abs(cosine) > 0.9, f"the direction has a cosine of {cosine:.2f} with the planted one: "
              "pair by pair, the prompts themselves should cancel out")  # fmt: skip


def kept_neighbours(lab):
    rng = np.random.default_rng(2)
    data = rng.normal(size=(60, 5))
    close(lab.kept_neighbours(data, 3 * data + 1, 5), 1.0, "kept_neighbours of the same points, scaled and moved",
          "all neighbours are kept")  # fmt: skip
    lost = lab.kept_neighbours(data, rng.permutation(data), 1)
    if lost > 0.5:
        fail(
            f"kept_neighbours of shuffled points is {lost:.2f} with k = 1: is each point counted as its own neighbour?"
        )
    X = np.array([[0.0], [1.0], [2.1], [3.3], [4.6]])
    Y = np.array([[0.0], [1.0], [9.0], [3.3], [4.6]])
    close(lab.kept_neighbours(X, Y, 1), 0.6, "kept_neighbours of five points on a line, one of them moved, k = 1",
          "for each point, look at both nearest neighbours")  # fmt: skip
    close(
        lab.kept_neighbours(X, Y, 4),
        1.0,
        "kept_neighbours with all others as neighbours",
        "nothing can be lost then",
    )


def tsne_map(lab):
    wine = load_wine()
    data = ((wine.data - wine.data.mean(axis=0)) / wine.data.std(axis=0))[::2]
    drawn = np.asarray(lab.tsne_map(data, 20.0, 1))
    holds(drawn.shape == (len(data), 2), f"the map of {len(data)} wines has shape {drawn.shape}")
    good = trustworthiness(data, drawn, n_neighbors=8)
    holds(good > 0.85, f"the map's trustworthiness is {good:.2f}; t-SNE reaches 0.9 here")
    theirs = TSNE(perplexity=20.0, random_state=1).fit_transform(data)
    holds(np.allclose(drawn, theirs, rtol=1e-3, atol=1e-3),
          "the map differs from scikit-learn's of the same seed and perplexity: are both passed on?")  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            few = np.asarray(lab.tsne_map(data[:13], 30.0))
        except ValueError as error:
            fail(
                f"thirteen points at perplexity 30 raised: {error}. Lower it to what they can bear"
            )
    holds(few.shape == (13, 2), f"the map of thirteen points has shape {few.shape}")
    holds(
        np.allclose(
            few, TSNE(perplexity=4.0, random_state=0).fit_transform(data[:13]), rtol=1e-2, atol=1e-2
        ),
        "thirteen points have twelve others each: a perplexity of four is the most that was asked for",
    )
