"""Checks of the lab on decorators."""

from practicum.learn.labs.checking import equal, fail, holds, raises


def _flaky(n_failures, error):
    """A function that fails so many times, then answers, and the list of its calls."""
    calls = []

    def function(*args, **kwargs):
        """Answers in the end."""
        calls.append((args, kwargs))
        if len(calls) <= n_failures:
            raise error(f"failure {len(calls)}")
        return "done"

    return function, calls


def retry(lab):
    function, calls = _flaky(2, ConnectionError)
    try:
        got = lab.retry(3)(function)("x", key=1)
    except ConnectionError:
        fail(
            "retry(3) gave up although the third call would have worked: three calls in all are allowed"
        )
    equal(
        got, "done", "a function that works at the third call, under retry(3)", "hand its result on"
    )
    equal(len(calls), 3, "the number of calls")
    holds(
        all(call == (("x",), {"key": 1}) for call in calls),
        "the arguments did not reach every call: pass *args and **kwargs on",
    )
    function, calls = _flaky(0, ConnectionError)
    lab.retry(3)(function)()
    equal(
        len(calls),
        1,
        "the number of calls of a function that works at once",
        "after a success nothing has to be tried again",
    )
    function, calls = _flaky(9, ConnectionError)
    raises(
        ConnectionError,
        lab.retry(4)(function),
        "a function that always fails, under retry(4)",
        "when no attempt is left, the last error has to arrive; None would look like an answer",
    )
    equal(len(calls), 4, "the number of calls under retry(4)")
    function, calls = _flaky(9, ValueError)
    raises(
        ValueError,
        lab.retry(4)(function),
        "a ValueError under retry(4)",
        "only errors of the kind `on` are worth another attempt",
    )
    equal(
        len(calls),
        1,
        "the number of calls when another kind of error comes",
        "a wrong argument stays wrong",
    )
    function, calls = _flaky(1, ValueError)
    equal(
        lab.retry(2, on=ValueError)(function)(), "done", "retry(2, on=ValueError) on a ValueError"
    )


def cached(lab):
    calls = []

    def square(*numbers):
        """Squares, added."""
        calls.append(numbers)
        return sum(n * n for n in numbers)

    quick = lab.cached(square)
    holds(callable(quick), f"cached(function) gave {quick!r}: is the inner function returned?")
    equal(
        [quick(3), quick(3), quick(2)],
        [9, 9, 4],
        "a cached square of 3, 3 and 2",
        "different arguments, different results",
    )
    equal(len(calls), 2, "the number of calls for 3, 3 and 2", "the second 3 was known")
    equal([quick(1, 2), quick(2, 1), quick(3)], [5, 5, 9], "the same with two arguments")
    equal(
        len(calls),
        4,
        "the number of calls then",
        "(1, 2) and (2, 1) are different arguments; 3 is still known",
    )
    calls.clear()
    nothing = lab.cached(lambda x: calls.append(x))
    nothing(1), nothing(1)
    equal(
        len(calls),
        1,
        "the number of calls of a function that returns None",
        "None is a result too: ask whether the key is there",
    )
    other = lab.cached(lambda x: -x)
    equal(
        other(3),
        -3,
        "a second cached function of 3",
        "each decorated function needs a cache of its own",
    )
    equal(quick.__name__, "square", "the name of the cached function", "wraps copies it")
