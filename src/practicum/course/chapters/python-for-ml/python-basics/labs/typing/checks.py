"""Checks of the lab on typing."""

import math

from practicum.learn.labs.checking import close, equal, holds


class _Listens:
    """Promises only what the Protocol says, and writes down what it was asked."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []

    def log_probability(self, before, word):
        self.asked.append((list(before), word))
        return self.answers[len(self.asked) - 1]


def perplexity(lab):
    close(
        lab.perplexity(lab.Uniform(50), ["a", "b", "c"]),
        50.0,
        "perplexity(Uniform(50), three words)",
        "a model that chooses blindly is as perplexed as its vocabulary is large, however long the text",
    )
    model = _Listens(math.log(0.5), math.log(0.125))
    got = lab.perplexity(model, ["x", "y"])
    equal(
        [word for _, word in model.asked],
        ["x", "y"],
        "the words that the model was asked for",
        "each word once, in order",
    )
    equal(
        [before for before, _ in model.asked],
        [[], ["x"]],
        "what the model was told came before",
        "all words before this one, and not the word itself: that would be telling the answer",
    )
    holds(abs(got - math.log(4)) > 1e-9, "that is the mean in nats: raise e to its power")
    holds(
        abs(got - 0.25) > 1e-9, "that is the mean probability: the sign before the power is missing"
    )
    holds(
        abs(got - 16) > 1e-9,
        "that is the whole text's, not a word's: take the mean before the power",
    )
    close(
        got,
        4.0,
        "perplexity of a model that gave 1/2 and 1/8",
        "it is the inverse of the geometric mean",
    )
    close(
        lab.perplexity(_Listens(0.0, 0.0, 0.0), list("abc")),
        1.0,
        "perplexity of a model that was always sure and right",
    )


def wrong_types(lab):
    def call(name: str, lr: float, steps: int = 1, *, fast: bool = False, extra=None) -> list:
        raise AssertionError("wrong_types should read the hints, not call the function")

    equal(
        lab.wrong_types(call, {"name": "x", "lr": 0.1, "steps": 3}),
        [],
        "wrong_types of arguments that fit",
    )
    got = lab.wrong_types(call, {"name": "x", "lr": "2e-4"})
    holds(got is not None, "wrong_types returned None: is a `return` missing?")
    equal(got, ["lr: expected float, got str"], 'wrong_types(..., {"name": "x", "lr": "2e-4"})')
    equal(
        lab.wrong_types(call, {"lr": 1}),
        [],
        'wrong_types(..., {"lr": 1})',
        "a whole number is fine where a float is expected",
    )
    equal(
        lab.wrong_types(call, {"steps": 1.5}),
        ["steps: expected int, got float"],
        'wrong_types(..., {"steps": 1.5})',
        "the reverse is not fine",
    )
    equal(
        lab.wrong_types(call, {"extra": "anything", "unknown": 3}),
        [],
        "wrong_types of arguments without a hint",
        "no hint, no complaint",
    )
    many = {"steps": "3", "name": 5, "fast": "yes"}
    want = [
        "steps: expected int, got str",
        "name: expected str, got int",
        "fast: expected bool, got str",
    ]
    equal(
        lab.wrong_types(call, many),
        want,
        f"wrong_types(..., {many})",
        "every complaint, in the order of the arguments",
    )
