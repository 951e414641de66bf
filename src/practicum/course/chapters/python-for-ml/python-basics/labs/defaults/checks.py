"""Checks of the lab on defaults."""

from practicum.learn.labs.checking import equal, holds


def remember(lab):
    first = lab.remember("mine")
    holds(first is not None, "remember returned None: append changes a list and returns nothing")
    second = lab.remember("yours")
    holds(
        "mine" not in list(second),
        f"remember('yours') gave {second!r}: a stranger reads what was said before; both calls share one list",
    )
    equal(second, ["yours"], "remember('yours')")
    own = ["hello"]
    got = lab.remember("again", own)
    equal(
        got, ["hello", "again"], "remember('again', ['hello'])", "a given history grows at its end"
    )
    holds(
        got is own, "remember('again', history) gave a copy: the caller's own history has to grow"
    )
    empty = []
    lab.remember("first", empty)
    equal(
        empty,
        ["first"],
        "an empty history after remember('first', history)",
        "an empty list was given and is not the same as none",
    )


def make_counters(lab):
    made = lab.make_counters(["a", "b", "c"])
    holds(
        isinstance(made, list) and len(made) == 3,
        "make_counters(['a', 'b', 'c']) should be a list of three functions",
    )
    holds(all(callable(f) for f in made), "make_counters should hold functions, not their results")
    got = [count("a a b c c c") for count in made]
    holds(
        got != [3, 3, 3],
        "all three counters count 'c': they look up one shared name, which stands for the last word when they run",
    )
    equal(got, [2, 1, 3], "the counts of a, b and c in 'a a b c c c'")
    equal(
        made[0]("banana a"), 1, "the counter of 'a' on 'banana a'", "words are counted, not letters"
    )
    equal(
        [f("x y") for f in lab.make_counters(["y", "z"])], [1, 0], "the counts of y and z in 'x y'"
    )


def limit_of(lab):
    equal(lab.limit_of(), 256, "limit_of()")
    equal(lab.limit_of(12), 12, "limit_of(12)")
    holds(
        lab.limit_of(0) != 256,
        "limit_of(0) gave the usual number: zero counts as false, but it was asked for",
    )
    equal(lab.limit_of(0), 0, "limit_of(0)")
    equal(lab.limit_of(None, 64), 64, "limit_of(None, 64)", "the usual number is a parameter too")
    equal(lab.limit_of(0, 64), 0, "limit_of(0, 64)")
