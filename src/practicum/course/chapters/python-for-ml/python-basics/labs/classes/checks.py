"""Checks of the lab on classes."""

from practicum.learn.labs.checking import equal, holds, raises


def length(lab):
    for n_ids, size, want, why in (
        (7, 3, 2, "six targets fit: ids 1 to 6"),
        (
            6,
            3,
            1,
            "the second window would need a target that is not there: a window of three reaches into four ids",
        ),
        (11, 3, 3, "only whole windows count"),
        (4, 3, 1, "one window needs one id more than its size"),
        (3, 3, 0, "the last input would have no target"),
        (0, 3, 0, "there is nothing, and a length is never negative"),
        (100, 1, 99, "every id but the last has a next one"),
    ):
        try:
            got = len(lab.TokenWindows(list(range(n_ids)), size))
        except (ValueError, TypeError) as error:
            holds(False, f"len of {n_ids} ids in windows of {size} is no length ({error}): {why}")
        equal(got, want, f"len(TokenWindows of {n_ids} ids, {size})", why)


def item(lab):
    data = lab.TokenWindows([5, 6, 7, 8, 9, 10, 11, 12], 3)
    got = data[0]
    holds(got is not None, "dataset[0] is None: is a `return` missing?")
    holds(
        isinstance(got, tuple) and len(got) == 2,
        f"dataset[0] is {got!r}: a pair of inputs and targets is expected",
    )
    holds(
        list(got[0]) != list(got[1]),
        "inputs and targets are the same: targets look one place ahead",
    )
    equal(got, ([5, 6, 7], [6, 7, 8]), "dataset[0] of the ids 5 to 12 in windows of 3")
    second = data[1]
    holds(
        list(second[0])[:1] != [6],
        "dataset[1] starts one id later: windows stand side by side, a whole size apart",
    )
    equal(second, ([8, 9, 10], [9, 10, 11]), "dataset[1]")
    equal(data[-1], second, "dataset[-1]", "with two windows, the last is the second")
    equal(data[-2], got, "dataset[-2]")
    raises(
        IndexError,
        lambda: data[2],
        "dataset[2] of two windows",
        "beyond the end there is no window, not even a short one",
    )
    raises(
        IndexError,
        lambda: data[-3],
        "dataset[-3] of two windows",
        "before the first there is none either",
    )
    raises(
        IndexError, lambda: lab.TokenWindows([1], 3)[0], "dataset[0] of a dataset without windows"
    )
    equal([x for x, _ in data], [[5, 6, 7], [8, 9, 10]], "the inputs of all windows in a for loop")


def shuffled(lab):
    ids = list(range(50, 81))
    plain = lab.TokenWindows(ids, 5)
    for seed in (0, 1, 2):
        mixed = lab.Shuffled(ids, 5, seed=seed)
        try:
            got = [mixed[i] for i in range(len(mixed))]
        except RecursionError:
            holds(
                False,
                "Shuffled asks itself for ever: inside its own method, self[...] is the same method again",
            )
        holds(None not in got, "shuffled[0] is None: is a `return` missing?")
        equal(
            sorted(got),
            sorted(plain),
            f"all windows of Shuffled(seed={seed})",
            "the same windows, each once",
        )
        equal(
            got,
            [plain[i] for i in mixed.order],
            f"the windows of Shuffled(seed={seed}), in order",
            "place i shows the window that `order` names at place i",
        )
    mixed.order = [3, 1, 0, 2, 4, 5]
    equal(
        mixed[0],
        plain[3],
        "shuffled[0] after `order` was changed by hand",
        "follow the order as it is now",
    )
    equal(mixed[-1], plain[5], "shuffled[-1]", "the last place of the order")
