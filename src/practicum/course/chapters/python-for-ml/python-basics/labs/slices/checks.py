"""Checks of the lab on slices."""

from practicum.learn.labs.checking import equal, holds


def inputs_and_targets(lab):
    ids = [7, 1, 4, 3]
    got = lab.inputs_and_targets(ids)
    holds(got is not None, "inputs_and_targets returned None: is a `return` missing?")
    holds(
        len(got) == 2,
        f"inputs_and_targets gave {got!r}: two lists are expected, inputs and targets",
    )
    inputs, targets = got
    holds(
        len(inputs) == len(targets),
        f"{len(inputs)} inputs and {len(targets)} targets: every input needs its next token, so both are as long",
    )
    holds(
        list(inputs) != list(targets),
        "inputs and targets are the same: the model would only have to copy",
    )
    holds(
        (list(inputs), list(targets)) != (ids[1:], ids[:-1]),
        "the model would have to predict the past: inputs and targets are swapped",
    )
    equal(inputs, [7, 1, 4], "the inputs of [7, 1, 4, 3]")
    equal(targets, [1, 4, 3], "the targets of [7, 1, 4, 3]")
    equal(lab.inputs_and_targets([5, 6]), ([5], [6]), "inputs_and_targets([5, 6])")
    equal(
        ids,
        [7, 1, 4, 3],
        "the list that was passed in",
        "a slice is a new list; the given one stays as it was",
    )


def windows(lab):
    ids = list(range(10))
    got = lab.windows(ids, 4)
    holds(got is not None, "windows returned None: is a `return` missing?")
    holds(
        [x for window in got for x in window] == ids,
        f"windows(range(10), 4) gave {got!r}: put together again, the windows are not the text; "
        "ids are lost, or come twice",
    )
    equal(got, [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]], "windows(list(range(10)), 4)")
    equal(
        lab.windows(ids, 5),
        [ids[:5], ids[5:]],
        "windows(list(range(10)), 5)",
        "ten ids make two windows of five, and no empty third one",
    )
    equal(
        lab.windows([1, 2], 5), [[1, 2]], "windows([1, 2], 5)", "a short text is one short window"
    )
    equal(lab.windows([], 3), [], "windows([], 3)", "nothing to cut, no windows")


def keep_last(lab):
    equal(lab.keep_last([1, 2, 3, 4], 2), [3, 4], "keep_last([1, 2, 3, 4], 2)")
    equal(
        lab.keep_last([1, 2, 3, 4], 0),
        [],
        "keep_last([1, 2, 3, 4], 0)",
        "minus zero is zero, and a slice from place 0 is the whole list",
    )
    equal(
        lab.keep_last([1, 2, 3, 4], 9),
        [1, 2, 3, 4],
        "keep_last([1, 2, 3, 4], 9)",
        "there are only four, so all of them stay; a negative start counts from the back",
    )
    equal(
        lab.keep_last([1, 2, 3, 4], 5),
        [1, 2, 3, 4],
        "keep_last([1, 2, 3, 4], 5)",
        "a start of -1 is the last place",
    )
    equal(lab.keep_last([8, 9], 1), [9], "keep_last([8, 9], 1)")
    equal(lab.keep_last([], 3), [], "keep_last([], 3)")
