"""Checks of the lab on generators."""

from practicum.learn.labs.checking import equal, fail, holds


class _Counted:
    """An endless stream that counts what is taken from it, and gives up when it is read to the end."""

    def __init__(self, value):
        self.value = value
        self.n_read = 0

    def __iter__(self):
        return self

    def __next__(self):
        self.n_read += 1
        if self.n_read > 500:
            fail(
                "an endless stream was read on and on: use values as they come, without a list of all"
            )
        return self.value(self.n_read)


def token_stream(lab):
    equal(
        list(lab.token_stream(["a b", "c"])),
        ["a", "b", "<eos>", "c", "<eos>"],
        "list(token_stream(['a b', 'c']))",
        "an end mark stands behind each line, the last too",
    )
    lines = _Counted(lambda number: f"line {number}")
    stream = lab.token_stream(lines)
    holds(
        hasattr(stream, "__next__"),
        f"token_stream gave a {type(stream).__name__}: a generator is expected",
    )
    holds(lines.n_read == 0, "token_stream read a line before anybody asked for a word")
    equal(
        [next(stream) for _ in range(4)],
        ["line", "1", "<eos>", "line"],
        "the first four tokens of an endless stream",
    )
    holds(lines.n_read <= 2, f"for four tokens {lines.n_read} lines were read: two are enough")
    equal(
        list(lab.token_stream([""])),
        ["<eos>"],
        "list(token_stream(['']))",
        "an empty line still ends",
    )
    equal(list(lab.token_stream([])), [], "list(token_stream([]))")


def batches(lab):
    got = list(lab.batches(iter([1, 2, 3, 4, 5]), 2))
    holds(
        got != [[1, 2], [3, 4]],
        "list(batches([1, 2, 3, 4, 5], 2)) lost the 5: what is left at the end is a batch too",
    )
    holds(
        not all(batch == got[0] for batch in got[1:]),
        f"list(batches([1, 2, 3, 4, 5], 2)) gave {got!r}: it is one list, filled again and again; begin a new one",
    )
    equal(got, [[1, 2], [3, 4], [5]], "list(batches([1, 2, 3, 4, 5], 2))")
    even = list(lab.batches(range(4), 2))
    holds(
        even != [[0, 1], [2, 3], []],
        "batches(range(4), 2) ends with an empty batch: hand out the last only if it has rows",
    )
    equal(even, [[0, 1], [2, 3]], "list(batches(range(4), 2))")
    equal(list(lab.batches([], 3)), [], "list(batches([], 3))")
    equal(list(lab.batches("abc", 5)), [["a", "b", "c"]], "list(batches('abc', 5))")
    rows = _Counted(lambda number: number)
    stream = lab.batches(rows, 3)
    equal(next(stream), [1, 2, 3], "the first batch of an endless stream")
    holds(
        rows.n_read <= 3,
        f"for one batch of three, {rows.n_read} rows were read: hand it out as soon as it is full",
    )
    equal(next(stream), [4, 5, 6], "the second batch of an endless stream")
