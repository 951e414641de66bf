"""What each task must satisfy."""

import numpy as np

from practicum.learn.labs.checking import close, equal, fail, holds, raises


def squared_error(lab):
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(2, 7))
    close(lab.squared_error(a, b), sum((x - y) ** 2 for x, y in zip(a, b, strict=True)) / 7,
          "squared_error of two vectors of seven", "the mean of the squares, not their sum or root")  # fmt: skip
    close(lab.squared_error(a, a), 0.0, "squared_error(a, a)", "a perfect model has no error")
    raises(
        ValueError,
        lambda: lab.squared_error(a.reshape(7, 1), a),
        "squared_error for shapes (7, 1) and (7,)",
        "they stretch into a table of 49 differences; the shapes have to be compared first",
    )
    raises(
        ValueError,
        lambda: lab.squared_error(a.reshape(1, 7), b),
        "squared_error for shapes (1, 7) and (7,)",
        "here the stretching happens to be harmless, but the next batch will not be so lucky",
    )
    grid = rng.normal(size=(3, 4))
    close(
        lab.squared_error(grid, grid + 2),
        4.0,
        "squared_error of two matrices that differ by two everywhere",
    )


def softmax(lab):
    rng = np.random.default_rng(2)
    one = rng.normal(size=4)
    by_hand = np.array([np.exp(x) for x in one]) / sum(np.exp(x) for x in one)
    close(lab.softmax(one), by_hand, "softmax of a vector of four")
    square = rng.normal(size=(3, 3))
    got = np.asarray(lab.softmax(square))
    holds(got.shape == (3, 3), f"softmax of a (3, 3) matrix has shape {got.shape}")
    if np.allclose(got.sum(axis=0), 1) and not np.allclose(got.sum(axis=1), 1):
        fail("the columns add up to one, not the rows: which axis has been summed away?")
    if np.allclose(got.sum(), 1):
        fail("the whole matrix adds up to one: every row needs a sum of its own")
    close(
        got.sum(axis=1),
        np.ones(3),
        "the row sums of softmax",
        "sums of shape (3,) line up with the COLUMNS of a square matrix; keep the summed axis",
    )
    batch = rng.normal(size=(2, 5, 3))
    close(
        lab.softmax(batch)[1, 4],
        lab.softmax(batch[1, 4]),
        "softmax of a batch (2, 5, 3), last row",
        "the last axis is -1 whatever the rank; 1 is the last one of a matrix only",
    )
    close(
        lab.softmax(np.array([1000.0, 1001.0])),
        lab.softmax(np.array([0.0, 1.0])),
        "softmax([1000, 1001])",
        "exp(1000) is infinite; take the row's largest score away first",
    )
    close(
        lab.softmax(np.array([[0.0, 1.0], [-1000.0, -999.0]]))[1],
        lab.softmax(np.array([0.0, 1.0])),
        "softmax of a row far below another row",
        "each row needs its own maximum; with the maximum of all, a low row becomes 0 / 0",
    )


def causal_mask(lab):
    got = np.asarray(lab.causal_mask(3))
    holds(got.shape == (3, 3), f"causal_mask(3) has shape {got.shape}, not (3, 3)")
    holds(got.dtype == bool, f"causal_mask(3) holds {got.dtype}; a mask is made of True and False")
    if got[0, 2] and not got[2, 0]:
        fail(
            "causal_mask(3)[0, 2] is True: the first token looks into the future; rows look, columns are seen"
        )
    holds(got[1, 1], "causal_mask(3)[1, 1] is False: a token may look at itself")
    holds(not got[0, 1], "causal_mask(3)[0, 1] is True: the next token must stay hidden")
    equal(lab.causal_mask(6), [[j <= i for j in range(6)] for i in range(6)], "causal_mask(6)")
    equal(np.asarray(lab.causal_mask(40)).sum(), 820, "the number of True in causal_mask(40)")


def token_mean(lab):
    losses = np.array([[2.0, 4.0, 9.0], [6.0, 9.0, 9.0]])
    mask = np.array([[True, True, False], [True, False, False]])
    got = lab.token_mean(losses, mask)
    if np.ndim(got) == 0 and np.isclose(got, 4.5):
        fail(
            "token_mean gave the mean of the sentences' means: a sentence of one token weighs as much as one of two"
        )
    if np.ndim(got) == 0 and np.isclose(got, 2.0):
        fail("token_mean divided by every place, padding included")
    close(got, 4.0, "token_mean of losses 2, 4 and 6 among padding",
          "sum what the mask keeps, divide by how many it keeps")  # fmt: skip
    close(lab.token_mean(losses, mask.astype(int)), 4.0, "token_mean with a mask of ones and zeros",
          "integers as an index would pick rows 0 and 1; make it a mask of bool first")  # fmt: skip
    broken = np.where(mask, losses, np.nan)
    close(lab.token_mean(broken, mask), 4.0, "token_mean with not-a-number in the padding",
          "zero times not-a-number is not zero: choose the places, do not multiply them away")  # fmt: skip


def narrowest(lab):
    for largest, kind in ((255, "uint8"), (256, "uint16"), (65_535, "uint16"), (65_536, "uint32")):
        ids = np.array([0, largest, 7])
        got = lab.narrowest(ids)
        name = str(getattr(got, "dtype", type(got).__name__))
        what = f"narrowest of ids up to {largest:,}"
        if not np.array_equal(np.asarray(got), ids):
            fail(f"{what} came back as {np.asarray(got).tolist()}: they wrapped around in {name}")
        holds(
            name == kind,
            f"{what} are stored as {name}: not the smallest unsigned type that holds them. "
            "Its largest value is one below a power of two, and is itself allowed",
        )
    raises(
        ValueError,
        lambda: lab.narrowest(np.array([3, -1])),
        "narrowest([3, -1])",
        "unsigned types have no minus: -1 would come back as a large id",
    )


def windows(lab):
    ids = np.arange(100, 120, dtype=np.uint16)
    got = lab.windows(ids, 4)
    holds(isinstance(got, tuple) and len(got) == 2, "windows should return inputs and targets")
    inputs, targets = (np.asarray(part) for part in got)
    holds(
        inputs.ndim == 2 and inputs.shape[1] == 4,
        f"windows(ids, 4) gave inputs of shape {inputs.shape}; each row should hold four ids",
    )
    holds(
        inputs.shape[0] == 16,
        f"20 ids gave {inputs.shape[0]} windows of four: every window needs one more id as its last target, "
        "and every start that leaves room for it counts",
    )
    equal(inputs[3], [103, 104, 105, 106], "row 3 of the inputs")
    if np.array_equal(targets, inputs):
        fail("the targets equal the inputs: a model that copies would be perfect. Move them by one")
    equal(targets[3], [104, 105, 106, 107], "row 3 of the targets")
    equal(targets[-1, -1], 119, "the last target of the last window")
    for name, part in (("inputs", inputs), ("targets", targets)):
        holds(
            np.shares_memory(part, ids),
            f"the {name} are a copy: for a corpus of a billion ids that is a full disk. "
            "Indexing by an array copies; slices and sliding windows do not",
        )


def bigram_counts(lab):
    ids = np.array([0, 1, 0, 1, 0, 2, 2, 2], dtype=np.uint8)
    got = np.asarray(lab.bigram_counts(ids, 4))
    holds(got.shape == (4, 4), f"bigram_counts with an alphabet of four has shape {got.shape}")
    if got.max() == 1:
        fail(
            "no pair was counted twice, although (0, 1) occurs twice: counts[a, b] += 1 adds once per pair"
        )
    if np.array_equal(got, got.T):
        fail("the counts are symmetric: (a, b) and (b, a) are different pairs")
    holds(
        got.sum() == 7, f"eight ids have seven pairs of neighbours; {int(got.sum())} were counted"
    )
    holds(got[0, 2] == 1 and got[2, 0] == 0, "rows are what comes first, columns what follows")
    rng = np.random.default_rng(3)
    ids = rng.integers(0, 30, 2000).astype(np.uint8)
    slow = np.zeros((30, 30), dtype=int)
    for a, b in zip(ids[:-1].tolist(), ids[1:].tolist(), strict=True):
        slow[a, b] += 1
    equal(lab.bigram_counts(ids, 30), slow, "bigram_counts of 2,000 random uint8 ids",
          "do sums like a * V + b overflow in eight bits?")  # fmt: skip
