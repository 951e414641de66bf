import math
from collections import Counter

from practicum.learn.labs.checking import close, equal, fail, holds, plain

TOY = [["a", "b", "a", "b"], ["a", "c"], ["b", "a", "b"]]


def ngrams(lab):
    begin, end = lab.BEGIN, lab.END
    equal(
        lab.ngrams(["x", "y"], 1),
        [("x",), ("y",), (end,)],
        'ngrams(["x", "y"], 1)',
        "without a context there is no BEGIN, and the end is predicted too",
    )
    equal(
        lab.ngrams(["x", "y"], 2),
        [(begin, "x"), ("x", "y"), ("y", end)],
        'ngrams(["x", "y"], 2)',
        "n − 1 times BEGIN, so that the first word has a context as well",
    )
    got = lab.ngrams(["x", "y"], 4)
    equal(
        len(got),
        3,
        "the number of runs in ngrams of two words, n = 4",
        "one for each word and one for END",
    )
    equal(got[0], (begin, begin, begin, "x"), 'ngrams(["x", "y"], 4)[0]', "three BEGINs, for n = 4")
    holds(
        all(isinstance(gram, tuple) for gram in got),
        "the runs must be tuples: lists cannot be counted",
    )
    line = ["x"]
    lab.ngrams(line, 3)
    equal(line, ["x"], "the line after ngrams(line, 3)", "the function changed what it was given")


def _followers(table, context, what):
    """The Counter of a context; a table without it has keys of another kind."""
    if context not in (table or {}):
        fail(
            f"{what} has no entry for {context!r}: a context is a tuple of n − 1 words, also for n = 1"
        )
    return table[context]


def count(lab):
    table = lab.count(TOY, 2)
    equal(
        _followers(table, ("a",), "count(toy, 2)"),
        {"b": 3, "c": 1},
        'count(toy, 2)[("a",)]',
        "the context is a tuple of n − 1 words",
    )
    equal(
        _followers(table, (lab.BEGIN,), "count(toy, 2)"),
        {"a": 2, "b": 1},
        "count(toy, 2)[(BEGIN,)]",
    )
    equal(
        _followers(lab.count(TOY, 1), (), "count(toy, 1)"),
        {"a": 4, "b": 4, "c": 1, lab.END: 3},
        "count(toy, 1)[()]",
        "without a context the key is the empty tuple, and the ends of lines count too",
    )
    equal(
        _followers(lab.count(TOY, 3), ("a", "b"), "count(toy, 3)"),
        {"a": 1, lab.END: 2},
        'count(toy, 3)[("a", "b")]',
    )
    equal(
        table.get(("never",)),
        None,
        'count(toy, 2).get(("never",))',
        "only contexts that came are in the table",
    )


def add_k(lab):
    table = {("a",): Counter(b=3, c=1)}
    close(
        lab.add_k(table, ("a",), "b", 0, 10),
        0.75,
        'add_k(…, "b", k=0)',
        "without k it is count over total",
    )
    close(
        lab.add_k(table, ("a",), "b", 0.5, 10),
        3.5 / 9,
        'add_k(…, "b", k=0.5, n_words=10)',
        "every one of the ten words gains k, so the total gains ten times k, not k",
    )
    close(lab.add_k(table, ("a",), "z", 1, 10), 1 / 14, "add_k(…, an unseen word, k=1)")
    close(
        lab.add_k(table, ("new",), "b", 1, 10),
        0.1,
        "add_k in an unseen context, k = 1",
        "when nothing is known, all words are equally likely",
    )
    close(lab.add_k(table, ("new",), "b", 0, 10), 0.0, "add_k in an unseen context, k = 0")
    total = sum(lab.add_k(table, ("a",), w, 0.3, 10) for w in "abcdefghij")
    close(total, 1.0, "the sum of add_k over all ten words", "probabilities must sum to one")
    equal(
        len(table[("a",)]),
        2,
        "the followers of a after asking for others",
        "asking must not add words",
    )


def perplexity(lab):
    close(
        lab.perplexity([0.25] * 7),
        4.0,
        "perplexity([1/4] · 7)",
        "a fair choice among four feels like four",
    )
    close(
        lab.perplexity([1 / 2, 1 / 4, 1 / 8]),
        4.0,
        "perplexity([1/2, 1/4, 1/8])",
        "the mean is geometric: the mean of logarithms, not the mean of probabilities",
    )
    close(lab.perplexity([1.0, 1.0]), 1.0, "perplexity([1, 1])", "no doubt, no surprise")
    got = lab.perplexity([0.9, 0.0, 0.9])
    if got != math.inf:
        fail(
            f"perplexity([0.9, 0, 0.9]) gave {got}: what cannot happen happened, and that is infinitely surprising"
        )
    close(lab.perplexity([0.01] * 2000), 100.0, "perplexity([0.01] · 2000)",
          "the product of so many probabilities is 0 in floating point: add logarithms", within=1e-6)  # fmt: skip


def continuations(lab):
    got = _followers(lab.continuations(TOY, 1), (), "continuations(toy, 1)")
    equal(
        got,
        {"a": 2, "b": 2, "c": 1, lab.END: 2},
        "continuations(toy, 1)[()]",
        "a comes after BEGIN and after b: two different words, though it comes four times",
    )
    equal(
        _followers(lab.continuations(TOY, 2), ("a",), "continuations(toy, 2)"),
        {"b": 2, "c": 1},
        'continuations(toy, 2)[("a",)]',
        "for each word after a count the different words before a: runs of three words, each once",
    )
    twice = lab.continuations(TOY + TOY, 2)
    equal(
        plain(twice),
        plain(lab.continuations(TOY, 2)),
        "continuations(toy twice)",
        "a second copy brings no new neighbour",
    )


def kneser_ney(lab):
    tables = {
        1: {(): Counter(x=1, y=2, z=1)},
        2: {("a",): Counter(x=1, y=1)},
        3: {("b", "a"): Counter(x=4)},
    }
    close(
        lab.kneser_ney(tables, (), "y"),
        0.5,
        'kneser_ney(…, (), "y")',
        "without a context: the share in tables[1]",
    )
    close(
        lab.kneser_ney(tables, ("a",), "y", 0.5),
        0.5,
        'kneser_ney(…, ("a",), "y", discount=0.5)',
        "(1 − 0.5)/2 is kept, and 0.5 · 2/2 goes to the shorter context",
    )
    close(
        lab.kneser_ney(tables, ("a",), "z", 0.5),
        0.125,
        'kneser_ney(…, ("a",), "z", discount=0.5)',
        "an unseen word keeps nothing (never less than 0) and lives from what the others gave",
    )
    close(
        lab.kneser_ney(tables, ("b", "a"), "x", 0.8),
        0.8 + 0.2 * (0.1 + 0.8 * 0.25),
        'kneser_ney(…, ("b", "a"), "x", discount=0.8)',
        "three tables deep: f is the number of different followers, here 1, and every level has the given discount",
    )
    close(
        lab.kneser_ney(tables, ("q", "a"), "z", 0.5),
        lab.kneser_ney(tables, ("a",), "z", 0.5),
        'kneser_ney(…, ("q", "a"), "z")',
        "an unknown context says what the shorter one says: drop the first word, the farthest one",
    )
    for context in [(), ("a",), ("b", "a"), ("q", "q")]:
        total = sum(lab.kneser_ney(tables, context, word) for word in "xyz")
        close(
            total,
            1.0,
            f"the sum of kneser_ney over all words after {context}",
            "what is discounted must be handed down, all of it",
        )


def shared(lab):
    test, train = ["a", "b", "c", "a"], ["x", "b", "c", "d", "a"]
    close(
        lab.shared(test, train, 1),
        1.0,
        "shared(…, n=1)",
        "a, b and c all come in the training text",
    )
    close(
        lab.shared(test, train, 2),
        1 / 3,
        "shared(…, n=2)",
        "one of the test's three pairs is shared; the share is of the test's runs, not of the training text's",
    )
    close(
        lab.shared(["a", "a", "a", "b"], ["a", "a"], 2),
        0.5,
        "shared with a repeated pair",
        "distinct runs count once",
    )
    close(
        lab.shared(["a"], train, 2), 0.0, "shared of a test that is too short", "it has no runs: 0"
    )
