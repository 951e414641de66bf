"""Why an overlap, a verdict or a pass@k cannot be right."""

from __future__ import annotations

import math

from practicum.learn.labs.checking import close, equal, fail, holds


def rouge(lab):
    got = lab.rouge("the cat sat", "the cat sat on the mat", 1)
    if math.isclose(got, 0.5):
        fail(
            'rouge("the cat sat", "the cat sat on the mat", 1) gave 0.5: that is the recall; join it with the precision'
        )
    if math.isclose(got, 1.0):
        fail('rouge("the cat sat", "the cat sat on the mat", 1) gave 1: that is the precision; a summary that leaves '
             "half of it out is not perfect")  # fmt: skip
    close(got, 2 / 3, 'rouge("the cat sat", "the cat sat on the mat", 1)')
    twice = lab.rouge("red red red red", "red blue", 1)
    close(twice, 1 / 3, 'rouge("red red red red", "red blue", 1)',
          "a run is shared as often as the text with fewer of it has it")  # fmt: skip
    close(
        lab.rouge("dog bites man", "man bites dog", 1),
        1.0,
        'rouge("dog bites man", "man bites dog", 1)',
    )
    close(lab.rouge("dog bites man", "man bites dog", 2), 0.0, 'rouge("dog bites man", "man bites dog", 2)',
          "no run of two words is shared, for runs have an order")  # fmt: skip
    close(lab.rouge("Rain, again.", "rain again", 2), 1.0, 'rouge("Rain, again.", "rain again", 2)',
          "cut both texts with `words`")  # fmt: skip
    try:
        short = lab.rouge("rain", "rain", 2)
    except ZeroDivisionError:
        fail('rouge("rain", "rain", 2) divides by nought: one word has no run of two')
    close(short, 0.0, 'rouge("rain", "rain", 2)', "one word has no run of two")
    one_sided = lab.rouge("a b c d e", "c d", 2)
    close(one_sided, 2 * 1 / 5, 'rouge("a b c d e", "c d", 2)',
          "five words have four runs of two, two words have one")  # fmt: skip


def lead(lab):
    text = "It rained. Why? Nobody knew! Then it stopped."
    got = lab.lead(text)
    holds(isinstance(got, str), f"lead gave {got!r}: one text is asked for, not a list")
    if got == "It rained Why Nobody knew":
        fail(f"lead({text!r}) lost the signs at the ends of its sentences")
    equal(got, "It rained. Why? Nobody knew!", f"lead({text!r})")
    equal(lab.lead(text, 1), "It rained.", f"lead({text!r}, 1)", "n says how many sentences")
    equal(lab.lead("It cost 3.50 in all. Cheap."), "It cost 3.50 in all. Cheap.", 'lead("It cost 3.50 in all. Cheap.")',
          "a full stop without a space after it ends no sentence, and a short text is given whole")  # fmt: skip


def chrf(lab):
    close(lab.chrf("the roses", "the roses"), 1.0, 'chrf("the roses", "the roses")')
    close(
        lab.chrf("theroses", "the roses"),
        1.0,
        'chrf("theroses", "the roses")',
        "spaces are removed before anything else",
    )
    got = lab.chrf("ab", "abcd", 1)
    if math.isclose(got, 2 / 3):
        fail(
            'chrf("ab", "abcd", 1) gave 0.667: that is F1; with β = 2 the recall, here a half, counts more'
        )
    if math.isclose(got, 5 * 0.5 / (1 + 4 * 0.5)):
        fail('chrf("ab", "abcd", 1): precision and recall are swapped in the formula')
    close(got, 5 * 0.5 / (4 + 0.5), 'chrf("ab", "abcd", 1)', "P is 1 and R is a half")
    p, r = (2 / 3 + 1 / 2) / 2, (2 / 4 + 1 / 3) / 2
    two = lab.chrf("abx", "abcd", 2)
    single = [(2 / 3, 2 / 4), (1 / 2, 1 / 3)]
    if math.isclose(two, sum(5 * a * b / (4 * a + b) for a, b in single) / 2):
        fail(
            'chrf("abx", "abcd", 2): the F of each length was averaged; average precisions and recalls, then one F'
        )
    close(two, 5 * p * r / (4 * p + r), 'chrf("abx", "abcd", 2)')
    close(
        lab.chrf("ab", "ab"),
        1.0,
        'chrf("ab", "ab")',
        "runs of three do not exist in either: leave those lengths out",
    )
    try:
        nothing = [lab.chrf("xyz", "abc"), lab.chrf("", "abc")]
    except ZeroDivisionError:
        fail("chrf of texts that share nothing divides by nought: its value is 0")
    close(nothing, [0.0, 0.0], "chrf of texts that share nothing")


def passes(lab):
    def taker(xs):
        return xs.pop()

    def crash(x):
        return x / 0 if x else 1

    shared = [1, 2, 3]
    holds(
        lab.passes(lambda x: x + 1, [((1,), 2), ((5,), 6)]) is True,
        "a candidate that is right in both cases does not pass",
    )
    holds(not lab.passes(lambda x: 2, [((1,), 2), ((5,), 6)]),
          "a candidate that is right in the first of two cases passes: every case must be right")  # fmt: skip
    holds(not lab.passes(lambda x: x + 1, [((1,), 9), ((5,), 6)]),
          "a candidate that is wrong in the first and right in the last case passes: every case must be right")  # fmt: skip
    try:
        crashed = lab.passes(crash, [((0,), 1), ((2,), 1)])
    except ZeroDivisionError:
        fail(
            "a candidate that divides by nought ends your loop: what it raises is a failure of its own"
        )
    holds(not crashed, "a candidate that raises an error passes")
    holds(lab.passes(taker, [((shared,), 3), ((shared,), 3)]),
          "a candidate that takes the last element away fails when the same list comes again: give a fresh copy each time")  # fmt: skip
    equal(
        shared,
        [1, 2, 3],
        "the list of a case, after passes",
        "a candidate changed it; a shallow copy keeps inner lists shared",
    )
    holds(
        lab.passes(lambda a, b: a - b, [((5, 3), 2)]),
        "a candidate with two arguments was not given both",
    )


def pass_at_k(lab):
    got = lab.pass_at_k(4, 1, 2)
    if math.isclose(got, 1 - 0.75**2):
        fail(
            "pass_at_k(4, 1, 2) gave 0.4375: that draws with putting back, and promises too little"
        )
    if math.isclose(1 - got, 0.5) is False and math.isclose(got, 1 - 1 / 3):
        fail("pass_at_k(4, 1, 2): the product starts one too early; it has c factors")
    close(got, 0.5, "pass_at_k(4, 1, 2)", "of six pairs, three consist of failures only")
    for n, c, k in [(10, 3, 1), (10, 3, 5), (20, 7, 10), (6, 6, 1), (9, 0, 4)]:
        want = 1 - math.comb(n - c, k) / math.comb(n, k)
        close(
            lab.pass_at_k(n, c, k),
            want,
            f"pass_at_k({n}, {c}, {k})",
            "compare with counting draws of k",
        )
    every = lab.pass_at_k(5, 3, 3)
    close(every, 1.0, "pass_at_k(5, 3, 3)", "two failures cannot fill a draw of three")
    close(
        lab.pass_at_k(6, 5, 3),
        1.0,
        "pass_at_k(6, 5, 3)",
        "a factor of the product was below nought: say 1 before it",
    )
    try:
        large = lab.pass_at_k(4000, 2, 2000)
    except OverflowError:
        fail("pass_at_k(4000, 2, 2000) overflows: use the product instead of factorials")
    close(large, 1 - (2000 * 1999) / (4000 * 3999), "pass_at_k(4000, 2, 2000)")
