"""Checks of the lab on dictionaries."""

from practicum.learn.labs.checking import equal, holds


def count_tokens(lab):
    got = lab.count_tokens("a b a")
    holds(got is not None, "count_tokens returned None: is a `return` missing?")
    holds(
        dict(got) != {"a": 1, "b": 1},
        "count_tokens('a b a') counts every word as 1: seen again, its count has to grow",
    )
    equal(dict(got), {"a": 2, "b": 1}, "count_tokens('a b a')", "words, not characters or blanks")
    equal(
        dict(lab.count_tokens("x\n y\tx  x")),
        {"x": 3, "y": 1},
        r"count_tokens('x\n y\tx  x')",
        "any white space separates words, and nothing else is a word",
    )
    equal(dict(lab.count_tokens("")), {}, "count_tokens('')", "no words, no counts")


def most_common(lab):
    counts = {"b": 2, "c": 5, "a": 2, "d": 1}
    got = lab.most_common(counts, 2)
    holds(got is not None, "most_common returned None: is a `return` missing?")
    holds(
        all(isinstance(pair, (tuple, list)) and len(pair) == 2 for pair in got),
        f"most_common gave {got!r}: pairs of a word and its count are expected",
    )
    holds([pair[1] for pair in got] != [1, 2], "the rarest come first: the order is upside down")
    equal(
        got,
        [("c", 5), ("a", 2)],
        "most_common({'b': 2, 'c': 5, 'a': 2, 'd': 1}, 2)",
        "a and b are equally frequent, so the alphabet decides",
    )
    equal(
        lab.most_common(counts, 9),
        [("c", 5), ("a", 2), ("b", 2), ("d", 1)],
        "most_common(counts, 9)",
        "there are only four; ties in alphabetical order",
    )
    equal(
        lab.most_common({"z": 1, "y": 1, "x": 1}, 3),
        [("x", 1), ("y", 1), ("z", 1)],
        "most_common({'z': 1, 'y': 1, 'x': 1}, 3)",
        "all tie: turning the whole order round turns the alphabet too",
    )
    equal(lab.most_common(counts, 0), [], "most_common(counts, 0)")
    holds(list(counts) == ["b", "c", "a", "d"], "the dictionary that was passed in has changed")


def add_counts(lab):
    first, second = {"a": 2, "b": 1}, {"b": 4, "c": 3}
    got = lab.add_counts(first, second)
    holds(
        got is not None,
        "add_counts returned None: `update` changes a dictionary and returns nothing",
    )
    holds(
        first == {"a": 2, "b": 1} and second == {"b": 4, "c": 3},
        "one of the two that were passed in has changed: a second name is not a copy",
    )
    holds(
        got.get("b") != 4,
        "b has the second count only: `|` and `update` replace a value, they do not add",
    )
    holds(
        {"a", "c"} <= set(got),
        f"add_counts lost a word that only one of the two has: {sorted(got)}",
    )
    equal(got, {"a": 2, "b": 5, "c": 3}, "add_counts({'a': 2, 'b': 1}, {'b': 4, 'c': 3})")
    equal(lab.add_counts({}, {"x": 1}), {"x": 1}, "add_counts({}, {'x': 1})")
    same = {"x": 1}
    holds(
        lab.add_counts(same, {}) is not same,
        "add_counts(a, {}) hands out a itself: who changes the sum changes the part",
    )
