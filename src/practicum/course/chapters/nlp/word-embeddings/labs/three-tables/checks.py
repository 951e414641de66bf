"""What the tasks of this lab must do, and why a miss cannot be right."""

import math

import numpy as np

from practicum.learn.labs.checking import close, equal, fail, holds


def skip_grams(lab):
    got = lab.skip_grams([7, 8, 9], 1)
    if got is None:
        fail("skip_grams([7, 8, 9], 1) returned None: is a `return` missing?")
    got = sorted((int(c), int(n)) for c, n in got)
    what = "skip_grams([7, 8, 9], 1)"
    holds(
        got != [(7, 8), (8, 9)],
        f"{what} gave pairs to the right only: a neighbour on the left counts as well",
    )
    holds(all(c != n for c, n in got), f"{what} pairs a place with itself")
    holds((7, 9) not in got, f"{what} pairs 7 with 9, which stand two places apart")
    equal(
        got, [(7, 8), (8, 7), (8, 9), (9, 8)], what, "each place meets the one before and after it"
    )
    twice = [(int(c), int(n)) for c, n in lab.skip_grams([4, 4, 4], 2)]
    holds(
        len(twice) == 6,
        f"skip_grams([4, 4, 4], 2) gave {len(twice)} pairs: a word that stands beside itself, as in "
        "'very very good', is its own neighbour there; only the same place is left out",
    )
    n, window = 9, 4
    long = lab.skip_grams(list(range(n)), window)
    widest = max(abs(c - o) for c, o in long)
    holds(
        widest == window,
        f"with window {window} the farthest neighbour is {widest} places away: is an end left out?",
    )
    equal(
        len(long),
        2 * sum(n - d for d in range(1, window + 1)),
        f"the number of pairs of {n} words with window {window}",
        "at distance d there are n - d places for a pair, and it counts both ways",
    )
    holds(
        {(c, o) for c, o in long} == {(o, c) for c, o in long},
        "being a neighbour goes both ways, but some pairs are there one way only",
    )
    equal(list(lab.skip_grams([3], 4)), [], "skip_grams([3], 4)", "a word alone has no neighbour")


def _loss(u, w):
    x = np.einsum("bc,bkc->bk", u, w)
    x[:, 1:] *= -1
    return np.logaddexp(0, -x).sum()


def _nudged(function, at, h=1e-5):
    slope = np.zeros_like(at)
    for place in np.ndindex(*at.shape):
        up, down = at.copy(), at.copy()
        up[place] += h
        down[place] -= h
        slope[place] = (function(up) - function(down)) / (2 * h)
    return slope


def quiz_gradients(lab):
    dice = np.random.default_rng(3)
    u, w = dice.normal(size=(3, 4)), dice.normal(size=(3, 5, 4))
    before = u.copy(), w.copy()
    got = lab.quiz_gradients(u, w)
    if not isinstance(got, tuple) or len(got) != 2:
        fail("quiz_gradients(u, w) gives two arrays: the slopes by u, and those by w")
    holds(
        np.array_equal(u, before[0]) and np.array_equal(w, before[1]),
        "quiz_gradients changed the vectors that it was given; it should only report slopes",
    )
    by_u, by_w = (np.asarray(part, dtype=float) for part in got)
    equal(by_u.shape, u.shape, "the shape of the slopes by u", "one slope for each number of u")
    equal(by_w.shape, w.shape, "the shape of the slopes by w", "one slope for each number of w")
    true_u = _nudged(lambda x: _loss(x, w), u)
    true_w = _nudged(lambda x: _loss(u, x), w)
    holds(
        not np.allclose(by_u, -true_u, atol=1e-4),
        "the slopes by u have the wrong sign: gradient descent subtracts them, so they point uphill",
    )
    answers = 1 / (1 + np.exp(-np.einsum("bc,bkc->bk", u, w)))
    holds(
        not np.allclose(by_u, np.einsum("bk,bkc->bc", answers, w), atol=1e-4),
        "the true neighbour is treated as one of the invented: its answer should have been one",
    )
    holds(
        not np.allclose(by_u * len(u), true_u, atol=1e-4),
        "the slopes are averaged over the batch: every pair keeps its own",
    )
    for name, slope, nudged in (("u", by_u, true_u), ("w", by_w, true_w)):
        close(
            slope,
            nudged,
            f"the slope by {name}",
            f"nudging {name} by a little changes the loss by another amount",
            within=1e-6,
        )


def answer(lab):
    words = ["a", "b", "c", "d", "loud", "e"]
    table = np.array(
        [[1, 0, 0], [1, 1, 0], [1, 0, 1], [1, 1, 1], [30, 30, 0], [-1, 0, 1]], dtype=float
    )
    got = lab.answer(table, words, "a", "b", "c")
    if got is None:
        fail("answer(table, words, 'a', 'b', 'c') returned None: is a `return` missing?")
    holds(isinstance(got, str), "answer gives a word, not the number of its row")
    holds(
        got not in ("a", "b", "c"),
        f"answer gave '{got}', a word of the question: it lies near the goal because it was added",
    )
    holds(
        got != "loud",
        "a row won because it is long, not because it points the right way: scale all rows",
    )
    holds(got != "e", "answer went the wrong way: it is b - a that is added to c")
    equal(
        got, "d", "answer(table, words, 'a', 'b', 'c')", "on a square, the fourth corner is missing"
    )
    long = table * np.array([1, 50, 1, 50, 1, 1])[:, None]
    equal(
        lab.answer(long, words, "a", "b", "c"),
        "d",
        "the same riddle with b and d fifty times as long",
        "only directions count, so the rows of the question are scaled as well",
    )
    near = np.array([[1, 0.05], [1, 0.1], [1, 0.0], [-0.4, 1]])
    equal(
        lab.answer(near, ["x", "y", "z", "far"], "x", "y", "z"),
        "far",
        "answer where one word is left",
        "the three words of the question may not answer, however near they are",
    )


def glove_error(lab):
    dice = np.random.default_rng(5)
    u, w = dice.normal(size=(2, 4, 3))
    b, c = dice.normal(size=(2, 4))
    x = np.array([[0, 1, 5, 40], [1, 0, 20, 3], [5, 20, 0, 0.5], [60, 3, 0.5, 0]], dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        got = lab.glove_error(u, w, b, c, x)
    if got is None:
        fail("glove_error(u, w, b, c, x) returned None: is a `return` missing?")
    got = np.asarray(got, dtype=float)
    equal(got.shape, x.shape, "the shape of glove_error(…)", "one miss for each pair of words")
    holds(np.isfinite(got).all(), "some misses are not numbers: the logarithm of zero got through")
    holds(
        (got[x == 0] == 0).all(),
        "a pair that was never seen pulls on the vectors: its weight should be zero",
    )
    plain = u @ w.T + b[:, None] + c[None, :] - np.log(np.where(x > 0, x, 1))
    weight = np.where(plain != 0, got / plain, 0)
    often, rare = weight[0, 3], weight[0, 1]
    swapped = u @ w.T + b[None, :] + c[:, None] - np.log(np.where(x > 0, x, 1))
    ratio = got[x > 0] / swapped[x > 0]
    holds(
        not math.isclose(ratio[2], 1, abs_tol=1e-9),
        "b and c are swapped: b belongs to the rows, the centres",
    )
    holds(
        not np.allclose(weight[x > 0], 1),
        "all pairs weigh the same: a pair seen once is mostly chance and should weigh less",
    )
    holds(
        often < 1 + 1e-9,
        "a pair seen 40 times weighs more than one: from `enough` on the weight stays",
    )
    holds(
        not math.isclose(rare, 1 / 20, rel_tol=1e-6),
        "the power is missing: the weight grows as X / enough to the power 0.75",
    )
    for seen in (0.5, 1.0, 3.0, 5.0):
        close(
            weight[x == seen],
            np.full((x == seen).sum(), math.exp(0.75 * math.log(seen / 20))),
            f"the weight of a pair seen {seen:g} times",
            "as the miss divided by u·w + b + c - ln X shows",
        )
    close(
        lab.glove_error(u, w, b, c, x, 5)[0, 2],
        plain[0, 2],
        "the miss of a pair seen 5 times when 5 are enough",
        "`enough` is an argument, and there the weight is one",
    )
    close(got[x >= 20], plain[x >= 20], "a miss of full weight", "it is u·w + b + c - ln X")


def n_grams(lab):
    got = lab.n_grams("where")
    if got is None:
        fail("n_grams('where') returned None: is a `return` missing?")
    got = list(got)
    holds(
        "<wh" in got and "re>" in got,
        "the ends of 'where' are not marked: without < and >, the her in 'where' is the word 'her'",
    )
    holds("<where>" in got, "n_grams('where') has no piece for the whole word, <where>")
    holds("where" not in got, "the whole word is a piece too, with both its marks")
    holds(got[-1] == "<where>", "the whole word comes last")
    holds(len(got) != len(set(got)) + 1, "a piece comes twice")
    equal(
        len(got),
        6,
        "the number of pieces of 'where'",
        "is the last window missing, or one too many?",
    )
    equal(
        "".join(piece[0] for piece in got[:-1]),
        "<wher",
        "the first letters of the pieces",
        "the window moves by one letter at a time",
    )
    equal(
        len(lab.n_grams("a")),
        1,
        "the number of pieces of 'a'",
        "<a> is its own only piece of three letters, so the whole adds nothing",
    )
    four = list(lab.n_grams("king", 4))
    equal(
        sorted({len(p) for p in four[:-1]}),
        [4],
        "the length of pieces with n = 4",
        "n is an argument",
    )
    equal(
        len(four),
        4,
        "the number of pieces of 'king' with n = 4",
        "six marked letters, windows of four",
    )


def vector_of(lab):
    pieces = np.array([[1.0, 0, 0], [0, 10, 0], [0, 0, 100], [5, 5, 5]])
    rows = {"<ca": 0, "cat": 1, "at>": 2, "<dog>": 3}
    before = pieces.copy()
    got = lab.vector_of("cat", pieces, rows)
    if got is None:
        fail("vector_of('cat', …) returned None: is a `return` missing?")
    got = np.asarray(got, dtype=float)
    equal(got.shape, (3,), "the shape of vector_of('cat', …)", "it is as wide as a row of `pieces`")
    holds(
        not np.allclose(got, [1 / 3, 10 / 3, 100 / 3]),
        "vector_of gave the mean of the pieces; here, as in training, it is their sum",
    )
    close(
        got, [1, 10, 100], "vector_of('cat', …)", "three of its pieces have a row; <cat> has none"
    )
    close(
        lab.vector_of("bat", pieces, rows),
        [0, 0, 100],
        "vector_of('bat', …)",
        "it shares at> with cat",
    )
    close(
        lab.vector_of("xyz", pieces, rows),
        [0, 0, 0],
        "vector_of('xyz', …)",
        "none of its pieces is known",
    )
    close(
        pieces,
        before,
        "the table after vector_of",
        "the sum must not be written into its first row",
    )


def stretched(lab):
    dice = np.random.default_rng(8)
    u, w = dice.normal(size=(2, 6, 4))
    g = np.array([0.6, 0.0, 0.8, 0.0])
    before = u.copy(), w.copy()
    got = lab.stretched(u, w, g, 4.0)
    if not isinstance(got, tuple) or len(got) != 2:
        fail("stretched(…) gives two tables, the centres and the neighbours")
    new_u, new_w = (np.asarray(part, dtype=float) for part in got)
    equal((new_u.shape, new_w.shape), (u.shape, w.shape), "the shapes of stretched(…)")
    holds(
        np.array_equal(u, before[0]) and np.array_equal(w, before[1]),
        "stretched changed the tables that it was given; make new ones",
    )
    holds(
        not np.allclose(new_u, 4 * u),
        "everything grew by the factor: only the part along g should",
    )
    close(new_u @ g, 4 * (u @ g), "the part of the centres along g", "it grows by the factor")
    side = np.eye(4) - np.outer(g, g)
    close(
        new_u @ side, u @ side, "the rest of the centres", "whatever is square to g stays as it was"
    )
    holds(
        not np.allclose(new_w @ g, 4 * (w @ g)),
        "the neighbours grew as well: for u·w to stay, they must shrink where the centres grow",
    )
    close(
        new_u @ new_w.T,
        u @ w.T,
        "u·w after stretching",
        "the model's answers may not change: what the centres gain along g, the neighbours lose",
    )
