"""Checks of the lab on functions."""

from practicum.learn.labs.checking import close, equal, fail, holds


def softmax(lab):
    even = lab.softmax({"a": 1.0, "b": 1.0})
    holds(
        isinstance(even, dict),
        f"softmax gave {even!r}: a dictionary from token to probability is expected",
    )
    close(even.get("a"), 0.5, "softmax({'a': 1.0, 'b': 1.0})['a']", "equal scores, equal chances")
    logits = {"a": 0.0, "b": 1.0986122886681098}  # e to this power is 3
    got = lab.softmax(logits)
    close(sum(got.values()), 1.0, "the sum of softmax(...)", "probabilities sum to 1")
    close(got["b"], 0.75, "softmax({'a': 0, 'b': ln 3})['b']", "the exponentials are 1 and 3")
    try:
        large = lab.softmax({"a": 1000.0, "b": 1001.0})
    except OverflowError:
        fail("softmax of logits near 1000 overflows: subtract the largest before the exponential")
    small = lab.softmax({"a": 0.0, "b": 1.0})
    close(
        large["a"],
        small["a"],
        "softmax({'a': 1000, 'b': 1001})['a']",
        "moving all logits by one number changes nothing",
    )
    cold = lab.softmax(logits, temperature=0.5)
    holds(abs(cold["b"] - got["b"]) > 1e-9, "temperature 0.5 changes nothing: it is not used")
    holds(
        cold["b"] > got["b"],
        "a low temperature should sharpen: dividing by a half doubles the distances",
    )
    close(
        cold["b"],
        0.9,
        "softmax({'a': 0, 'b': ln 3}, temperature=0.5)['b']",
        "the temperature divides the logits, inside the exponential",
    )
    close(
        sum(cold.values()),
        1.0,
        "the sum at temperature 0.5",
        "divide the logits, not the probabilities",
    )
    equal(
        list(lab.softmax({"z": 0.0, "a": 5.0})),
        ["z", "a"],
        "the order of softmax({'z': 0, 'a': 5})",
        "tokens stay in the order of the logits",
    )


def top_k(lab):
    given = {"c": 0.05, "a": 0.30, "d": 0.01, "b": 0.15}
    got = lab.top_k(given, 3)
    holds(isinstance(got, dict), f"top_k gave {got!r}: a dictionary is expected")
    holds(
        set(got) == {"a", "b", "c"},
        f"top_k kept {sorted(got)}: the three likeliest are others, or more are kept than k",
    )
    holds(
        abs(got["a"] - 0.30) > 1e-9,
        "top_k's probabilities no longer sum to 1: divide by the sum of those kept",
    )
    close(
        [got["a"], got["b"], got["c"]],
        [0.6, 0.3, 0.1],
        "top_k of 30 %, 15 %, 5 % and 1 % with k = 3",
    )
    equal(list(got), ["a", "b", "c"], "the order of top_k(...)", "most probable first")
    close(
        lab.top_k(given, 1)["a"],
        1.0,
        "top_k(..., 1)",
        "only one is left, so it is certain: greedy decoding",
    )
    close(
        sum(lab.top_k(given, 9).values()),
        1.0,
        "the sum of top_k(..., 9)",
        "there are only four, and they sum to 1",
    )
    equal(len(given), 4, "the dictionary that was passed in", "it should be left as it was")


def pipeline(lab):
    made = lab.pipeline(str.strip, str.upper)
    holds(
        callable(made),
        f"pipeline(...) gave {made!r}: a function is expected; is the inner one called, or not returned?",
    )
    equal(made("  a "), "A", "pipeline(str.strip, str.upper)('  a ')")
    add, double = (lambda x: x + 1), (lambda x: 2 * x)
    holds(
        lab.pipeline(add, double)(3) != 7,
        "pipeline(add one, double)(3) doubled first: the first step comes first",
    )
    equal(
        lab.pipeline(add, double)(3),
        8,
        "pipeline(add one, double)(3)",
        "each step takes what the step before gave",
    )
    equal(lab.pipeline()(5), 5, "pipeline()(5)", "without steps the value comes out as it went in")
    equal(
        [made("b "), made("c")],
        ["B", "C"],
        "the same pipeline, used twice",
        "it should work as often as it is called",
    )
