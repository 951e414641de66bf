"""Checks of the lab on sets."""

from practicum.learn.labs.checking import close, equal, holds


def ngrams(lab):
    got = lab.ngrams("a b c d", 2)
    holds(got is not None, "ngrams returned None: is a `return` missing?")
    holds(
        all(isinstance(run, tuple) for run in got),
        f"ngrams gave {got!r}: each run is a tuple of words, as a list cannot be in a set and a string has no words",
    )
    lengths = {len(run) for run in got}
    holds(
        lengths <= {2},
        f"ngrams('a b c d', 2) has runs of {sorted(lengths)} words: near the end fewer than n are left",
    )
    holds(
        ("c", "d") in got,
        "ngrams('a b c d', 2) lacks the last run: a range ends one before its end",
    )
    equal(set(got), {("a", "b"), ("b", "c"), ("c", "d")}, "ngrams('a b c d', 2)")
    equal(
        len(lab.ngrams("a b a b a b", 2)),
        2,
        "len(ngrams('a b a b a b', 2))",
        "a set keeps each run once",
    )
    equal(
        set(lab.ngrams("x y z", 3)),
        {("x", "y", "z")},
        "ngrams('x y z', 3)",
        "the whole text is its only run",
    )
    equal(len(lab.ngrams("x y", 3)), 0, "len(ngrams('x y', 3))", "two words make no run of three")


def share_seen(lab):
    close(
        lab.share_seen("a b c", ["x a b y"], 2),
        0.5,
        "share_seen('a b c', ['x a b y'], 2)",
        "one of the test's two runs was seen; the size of the training text does not count",
    )
    close(
        lab.share_seen("a b c", ["a b", "b c"], 2),
        1.0,
        "share_seen('a b c', ['a b', 'b c'], 2)",
        "each run was in some training text, though not in the same",
    )
    close(
        lab.share_seen("b c", ["a b", "c d"], 2),
        0.0,
        "share_seen('b c', ['a b', 'c d'], 2)",
        "the run only arises where two texts are glued together: take the runs of each text by itself",
    )
    try:
        short = lab.share_seen("a", ["a b c"], 2)
    except ZeroDivisionError:
        holds(False, "share_seen('a', ...) divides by zero: a text of one word has no runs of two")
    close(short, 0.0, "share_seen('a', ['a b c'], 2)")
    close(
        lab.share_seen("a b c d", [], 2),
        0.0,
        "share_seen('a b c d', [], 2)",
        "nothing was trained on",
    )
    close(
        lab.share_seen("a b c d e", ["c d e f", "q"], 3),
        1 / 3,
        "share_seen('a b c d e', ['c d e f', 'q'], 3)",
    )
