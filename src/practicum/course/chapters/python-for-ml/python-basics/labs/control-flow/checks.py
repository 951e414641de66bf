"""Checks of the lab on control flow."""

from practicum.learn.labs.checking import equal, holds


def until_stop(lab):
    got = lab.until_stop([5, 6, 2, 7], {2})
    holds(got is not None, "until_stop returned None: is a `return` missing?")
    holds(
        list(got) != [5, 6, 7],
        "until_stop([5, 6, 2, 7], {2}) kept the 7: what comes behind the stop id was never part of the answer",
    )
    holds(
        list(got) != [5, 6, 2],
        "until_stop([5, 6, 2, 7], {2}) kept the stop id itself: it ends the answer and is not part of it",
    )
    equal(got, [5, 6], "until_stop([5, 6, 2, 7], {2})")
    equal(
        lab.until_stop([5, 6], {2}),
        [5, 6],
        "until_stop([5, 6], {2})",
        "without a stop id all of it is the answer",
    )
    equal(lab.until_stop([2, 5], {2}), [], "until_stop([2, 5], {2})", "a model may stop at once")
    equal(
        lab.until_stop([4, 3, 9, 1], {1, 9}),
        [4, 3],
        "until_stop([4, 3, 9, 1], {1, 9})",
        "any of the stop ids ends it",
    )


def greedy(lab):
    pieces = {"a", "ab", "abc", "b", "c", "cd"}
    got = lab.greedy("ab", pieces)
    holds(got is not None, "greedy returned None: is a `return` missing?")
    holds(
        list(got) != ["a", "b"],
        "greedy('ab', ...) took the short pieces: where a longer one fits, it comes first",
    )
    equal(got, ["ab"], "greedy('ab', ...)")
    equal(
        lab.greedy("abcd", pieces),
        ["abc", lab.UNKNOWN],
        "greedy('abcd', {'a', 'ab', 'abc', 'b', 'c', 'cd'})",
        "the longest piece at the first place wins, although 'ab' and 'cd' would have covered it all",
    )
    equal(
        lab.greedy("axb", pieces),
        ["a", lab.UNKNOWN, "b"],
        "greedy('axb', ...)",
        "a character without a piece becomes UNKNOWN, and the loop goes on behind it",
    )
    equal(
        lab.greedy("xy", pieces),
        [lab.UNKNOWN] * 2,
        "greedy('xy', ...)",
        "one UNKNOWN for each character",
    )
    equal(lab.greedy("abcabcab", pieces), ["abc", "abc", "ab"], "greedy('abcabcab', ...)")
    equal(lab.greedy("", pieces), [], "greedy('', ...)")
    equal(
        lab.greedy("hi", {"hi", "hello"}),
        ["hi"],
        "greedy('hi', {'hi', 'hello'})",
        "the longest piece may be longer than the text",
    )
    equal(
        lab.greedy("a", set()),
        [lab.UNKNOWN],
        "greedy('a', set())",
        "even an empty vocabulary gives an answer",
    )
