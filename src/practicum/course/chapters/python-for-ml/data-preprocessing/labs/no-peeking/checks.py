"""Why a prepared table cannot be trusted."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from practicum.learn.labs.checking import close, equal, fail, holds

SHARES = {"train": 0.5, "validation": 0.3, "test": 0.2}


def split(lab):
    prompts = [f"q{i // 4}" for i in range(40)]
    parts = lab.split(prompts, SHARES, seed=3)
    equal(
        sorted(parts), sorted(SHARES), "the parts of split(…)", "one part for every name in shares"
    )
    rows = sorted(row for part in parts.values() for row in part)
    if len(rows) > len(set(rows)):
        fail("split put some row into two parts: what is tested was trained on")
    equal(rows, list(range(40)), "the rows of all parts together", "every row belongs to some part")
    for name, part in parts.items():
        others = {prompts[r] for other, rows in parts.items() if other != name for r in rows}
        shared = sorted({prompts[r] for r in part} & others)
        holds(not shared, f"prompt {shared[0] if shared else ''} has rows in '{name}' and elsewhere: "
              "a reply to it would be tested by a model that saw its siblings")  # fmt: skip
    sizes = {name: len(part) for name, part in parts.items()}
    equal(sizes, {"train": 20, "validation": 12, "test": 8}, "the sizes of the parts of 40 rows",
          "five, three and two of the ten prompts, four rows each")  # fmt: skip
    holds(
        lab.split(prompts, SHARES, seed=3) == parts,
        "the same seed gave another split: use its generator only",
    )
    tests = {tuple(lab.split(prompts, SHARES, seed=s)["test"]) for s in range(8)}
    holds(len(tests) > 1, "every seed gives the same test rows: are the prompts shuffled? Logs are sorted by "
          "something, and an unshuffled cut follows it")  # fmt: skip


def fill(lab):
    train = pd.Series([1.0, np.nan, 2.0, 9.0, -1.0])
    column = pd.Series([np.nan, 5.0, -1.0])
    values, gaps = lab.fill(column, train, marks=(-1,))
    what = "fill([nan, 5, −1], train=[1, nan, 2, 9, −1], marks=(−1,))"
    first = float(values[0])
    if math.isnan(first):
        fail(f"{what} still has a gap")
    if math.isclose(first, 4.0):
        fail(f"{what} filled in 4, the mean of train: one large value drags it; take the median")
    if math.isclose(first, 1.5):
        fail(f"{what} filled in 1.5: the mark −1 was counted as a value of train")
    if math.isclose(first, 5.0):
        fail(f"{what} filled in 5: learned from the column itself, which may be the test's")
    if float(values[2]) == -1.0:
        fail(f"{what} gave {list(map(float, values))}: −1 is still taken for a value")
    close(values, [2.0, 5.0, 2.0], f"the values of {what}")
    close(gaps, [1.0, 0.0, 1.0], f"the gaps of {what}", "a mark is a gap as well")
    close(lab.fill(pd.Series([7.0, np.nan]), pd.Series([3.0, 8.0]))[0], [7.0, 5.5],
          "the values of fill([7, nan], train=[3, 8])")  # fmt: skip
    holds(
        column.isna().sum() == 1 and float(column[2]) == -1.0,
        "fill changed the column that it was given",
    )


def fences(lab):
    data = [1, 2, 3, 4, 5, 6, 7, 8, 9]
    got = lab.fences(data)
    if np.allclose(got, (3, 7)):
        fail("fences(1…9) gave the quartiles: go one and a half interquartile ranges beyond them")
    if np.allclose(got, (np.mean(data) - 3 * np.std(data), np.mean(data) + 3 * np.std(data))):
        fail("fences(1…9) are three standard deviations wide: outliers would widen the fence that should "
             "catch them")  # fmt: skip
    close(got, (-3.0, 13.0), "fences(1…9)", "the quartiles are 3 and 7, so one range is 4")
    close(lab.fences([*data[:-1], 10**6]), (-3.0, 13.0), "fences with 9 replaced by a million",
          "one value far out must not move them")  # fmt: skip
    close(lab.fences([v * 10 + 1 for v in data]), (-29.0, 131.0), "fences of 11, 21 … 91")


def one_hot(lab):
    train = ["de", "en", "de", "fr"]
    got = lab.one_hot(["en", "de"], train)
    if np.shape(got) == (2, 2):
        fail("one_hot(['en', 'de'], train=['de', 'en', 'de', 'fr']) has two columns: the categories are "
             "train's three, or a model would meet tables of varying width")  # fmt: skip
    if np.shape(got) == (2, 4):
        fail("one_hot made a column for every row of train: distinct categories only")
    close(got, [[0, 1, 0], [1, 0, 0]], "one_hot(['en', 'de'], train=['de', 'en', 'de', 'fr'])",
          "columns in sorted order: de, en, fr")  # fmt: skip
    try:
        stranger = lab.one_hot(["sw", "fr"], train)
    except (KeyError, ValueError, IndexError) as error:
        fail(
            f"a language that train does not have raised {type(error).__name__}: it gets noughts only"
        )
    close(stranger, [[0, 0, 0], [0, 0, 1]], "one_hot(['sw', 'fr'], train=['de', 'en', 'de', 'fr'])",
          "what was never trained on has no column")  # fmt: skip


def standardise(lab):
    train = np.array([[2.0, 7.0, 1.0], [4.0, 7.0, 1.5], [6.0, 7.0, 5.0]])
    new = np.array([[10.0, 7.0, 2.5]])
    got = np.asarray(lab.standardise(new, train), float)
    if not np.isfinite(got[0, 1]):
        fail("a column that never changed in train came out as not a number: its spread is nought")
    if np.allclose(got, 0):
        fail("a single new row came out as noughts: it was measured by itself, not by train")
    close(lab.standardise(train, train)[:, 0], [-math.sqrt(1.5), 0.0, math.sqrt(1.5)],
          "the column 2, 4, 6 in its own units",
          "mean and spread are taken down each column, and the spread divides by n")  # fmt: skip
    close(got[0, 0], 6 / math.sqrt(8 / 3), "10 beside the training values 2, 4, 6")
    close(got[0, 1], 0.0, "7 beside the training values 7, 7, 7")
    close(got[0, 2], 0.0, "2.5 beside the training values 1, 1.5, 5", "it is their mean")
    both = np.asarray(lab.standardise(np.vstack([train, new]), train), float)
    close(both[3], got[0], "a row standardised beside others", "the company must not matter")


def _scaled(table, by):
    return (table - by.mean(0)) / np.where(by.std(0) == 0, 1, by.std(0))


def leaks(lab):
    rng = np.random.default_rng(4)
    train, other = rng.normal(5, 2, (30, 3)), rng.normal(6, 3, (8, 3))
    other[3, 0] = 40.0  # a category that the training rows do not have
    before = other.copy()

    def both(a, b):
        return np.vstack([a, b])

    def names(table, by):
        return np.array(
            [
                [float(round(v) == k) for k in sorted({round(w) for w in by[:, 0]})]
                for v in table[:, 0]
            ]
        )

    honest = {
        "a scaler fitted on the training rows": lambda a, b: (_scaled(a, a), _scaled(b, a)),
        "no preparation at all": lambda a, b: (a, b),
        "values clipped at the training extremes": lambda a, b: (a, np.clip(b, a.min(0), a.max(0))),
        "categories of the training rows": lambda a, b: (names(a, a), names(b, a)),
    }  # fmt: skip
    peeking = {
        "a scaler fitted on all rows": lambda a, b: (
            _scaled(a, both(a, b)),
            _scaled(b, both(a, b)),
        ),
        "a scaler fitted on the test rows": lambda a, b: (_scaled(a, b), _scaled(b, b)),
        "training and test rows each scaled by themselves": lambda a, b: (
            _scaled(a, a),
            _scaled(b, b),
        ),
        "training rows shifted by a test mean, the test rows untouched": lambda a, b: (
            a - b.mean(0),
            b,
        ),
        "categories of all rows": lambda a, b: (names(a, both(a, b)), names(b, both(a, b))),
    }
    for name, rule in honest.items():
        holds(
            not lab.leaks(rule, train, other), f"leaks called this a leak, and it is none: {name}"
        )
    for name, rule in peeking.items():
        try:
            found = lab.leaks(rule, train, other)
        except ValueError as error:
            fail(
                f"leaks broke on: {name} ({error}). A different number of columns is a difference too"
            )
        holds(found, f"leaks did not notice: {name}. Compare the training rows that come out, and each other "
              "row prepared alone with the same row in company")  # fmt: skip
    holds(np.array_equal(other, before), "leaks changed the rows that it was given")


def decontaminate(lab):
    story = "one two three four five six seven eight nine ten eleven twelve thirteen"
    got = lab.decontaminate(["b c a", "a c"], ["C, a b!"])
    if got == ["b c a", "a c"]:
        fail(
            "'b c a' was kept beside the test 'C, a b!': the same words in another order are one question"
        )
    equal(got, ["a c"], "decontaminate(['b c a', 'a c'], tests=['C, a b!'])")
    equal(lab.decontaminate(["a a b"], ["a b b"]), ["a a b"], "decontaminate(['a a b'], tests=['a b b'])",
          "how often a word occurs matters: 8 + 8 + 1 is not 8 + 1 + 1")  # fmt: skip
    equal(lab.decontaminate([f"so {story} and on", story.rsplit(" ", 1)[0]], [f"{story} sheep"]),
          [story.rsplit(" ", 1)[0]], "decontaminate with 13 and with 12 words in common with a test",
          "thirteen in a row are a leak, twelve are not")  # fmt: skip
    equal(lab.decontaminate(["x y z", "y z x w", "p"], ["q x y z"], n=3), ["y z x w", "p"],
          "decontaminate(['x y z', 'y z x w', 'p'], tests=['q x y z'], n=3)",
          "a run keeps its order, and the text that holds it is the one to drop")  # fmt: skip
    equal(lab.decontaminate(["p", "q"], []), ["p", "q"], "decontaminate without tests")
