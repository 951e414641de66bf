"""Checks of the lab on comprehensions."""

from practicum.learn.labs.checking import equal, holds


def vocabulary(lab):
    got = lab.vocabulary(["b a", "c a"])
    holds(
        isinstance(got, dict), f"vocabulary gave {got!r}: a dictionary from word to id is expected"
    )
    holds(lab.UNKNOWN in got, "UNKNOWN has no id: what would an unknown word become?")
    equal(got[lab.UNKNOWN], 0, "the id of UNKNOWN")
    holds(
        sorted(got.values()) == list(range(len(got))),
        f"the ids are {sorted(got.values())}: each number from 0 on has to occur once; "
        "a gap or a repeat breaks the table of embeddings",
    )
    equal(
        got,
        {lab.UNKNOWN: 0, "a": 1, "b": 2, "c": 3},
        'vocabulary(["b a", "c a"])',
        "words in alphabetical order, each once",
    )
    words = list("qwertyuiop")
    want = {lab.UNKNOWN: 0, **{word: i + 1 for i, word in enumerate(sorted(words))}}
    equal(
        lab.vocabulary([" ".join(words)]),
        want,
        "vocabulary(['q w e r t y u i o p'])",
        "a set has no order of its own: sort it",
    )
    equal(
        lab.vocabulary([]),
        {lab.UNKNOWN: 0},
        "vocabulary([])",
        "even without a text there is UNKNOWN",
    )


def encode(lab):
    ids_of = {lab.UNKNOWN: 9, "a": 4, "b": 7}
    equal(
        lab.encode("b a b", ids_of),
        [7, 4, 7],
        "encode('b a b', ...)",
        "one id for each word, repeats too",
    )
    try:
        got = lab.encode("a x", ids_of)
    except KeyError:
        holds(
            False,
            "encode('a x', ...) raised KeyError: 'x' is not in the vocabulary and has to become UNKNOWN",
        )
    holds(
        None not in got,
        "encode('a x', ...) holds None: a lookup without a second argument gives None",
    )
    holds(
        len(got) == 2,
        f"encode('a x', ...) gave {got!r}: an unknown word may not vanish, or places shift",
    )
    equal(
        got,
        [4, 9],
        "encode('a x', ...)",
        "the id of UNKNOWN stands in the vocabulary; here it is not 0",
    )
    equal(lab.encode("", ids_of), [], "encode('', ...)")


def decode(lab):
    ids_of = {lab.UNKNOWN: 0, "a": 2, "b": 1}
    got = lab.decode([1, 2, 1], ids_of)
    holds(got is not None, "decode returned None: is a `return` missing?")
    holds(isinstance(got, str), f"decode gave {got!r}: one text is expected, not a list")
    holds(
        got != "a b a",
        "decode read the ids as places in the dictionary: an entry's id is its value, wherever it stands",
    )
    equal(
        got,
        "b a b",
        "decode([1, 2, 1], {'<unk>': 0, 'a': 2, 'b': 1})",
        "each id stands for the word that has it",
    )
    equal(lab.decode([0], ids_of), lab.UNKNOWN, "decode([0], ...)")
    equal(lab.decode([], ids_of), "", "decode([], ...)")
    large = {f"w{i}": 1000 - i for i in range(1000)}
    equal(lab.decode([1000, 1], large), "w0 w999", "decode([1000, 1], a larger vocabulary)")
