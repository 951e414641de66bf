"""What a lab's checks are written with: each says why, and none says the answer.

A check is a function of the learner's script: `def determinant(lab): close(lab.det(...), ...)`.
It runs in the lab's own process, so it may use whatever the lab may use, but this module needs
the standard library only; arrays and tensors are compared by their `tolist()`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NoReturn

SHOWN = 160  # characters of a value that a message repeats


class CheckFailed(AssertionError):
    """A check that did not hold; its text is for the learner and says why."""


class Script:
    """The names that a learner's script defined; asking for a missing one fails kindly."""

    def __init__(self, names: Mapping[str, Any]) -> None:
        self._names = dict(names)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name not in self._names:
            raise CheckFailed(
                f"`{name}` is not defined: the script does not reach it, or it was renamed"
            )
        return self._names[name]

    def __contains__(self, name: str) -> bool:
        return name in self._names


def fail(why: str) -> NoReturn:
    """Raises CheckFailed with this reason."""
    raise CheckFailed(why)


def holds(condition: Any, why: str) -> None:
    """Raises CheckFailed with `why` unless the condition is true."""
    if not bool(condition):
        raise CheckFailed(why)


def equal(got: Any, want: Any, what: str, why: str = "") -> None:
    """Raises CheckFailed unless both are equal, nested lists and arrays included.

    `what` is what was called, as the learner would write it. The wanted value is never shown.
    """
    got_value, want_value = plain(got), plain(want)
    if got is None and want is not None:
        raise CheckFailed(f"{what} returned None: is a `return` missing?")
    if got_value != want_value:
        raise CheckFailed(_because(f"{what} gave {shown(got)}, which is not right", why))


def close(got: Any, want: Any, what: str, why: str = "", *, within: float = 1e-8) -> None:
    """Raises CheckFailed unless every number is within `within` (absolute plus relative).

    Shapes  numbers, nested sequences, arrays or tensors of equal shape.
    """
    if got is None:
        raise CheckFailed(f"{what} returned None: is a `return` missing?")
    got_shape, want_shape = shape_of(plain(got)), shape_of(plain(want))
    if got_shape != want_shape:
        raise CheckFailed(_because(
            f"{what} has shape {got_shape}, where {want_shape} is expected", why))  # fmt: skip
    for place, mine, theirs in _pairs(plain(got), plain(want)):
        if not isinstance(mine, (int, float, complex)):
            raise CheckFailed(f"{what} holds {shown(mine)}, which is not a number")
        if abs(mine) != abs(mine) or math.isinf(abs(mine)):
            raise CheckFailed(_because(f"{what}{place} is {mine}", why))
        if abs(mine - theirs) > within * (1 + abs(theirs)):
            raise CheckFailed(
                _because(f"{what}{place} gave {shown(mine)}, which is too far off", why)
            )


def raises(error: type[BaseException], call: Callable[[], Any], what: str, why: str = "") -> None:
    """Raises CheckFailed unless the call raises this error."""
    try:
        got = call()
    except error:
        return
    except NotImplementedError:
        raise
    except Exception as other:
        raise CheckFailed(_because(
            f"{what} raised {type(other).__name__}, not {error.__name__}", why)) from other  # fmt: skip
    raise CheckFailed(_because(f"{what} gave {shown(got)} and raised nothing", why))


def plain(value: Any) -> Any:
    """The value with arrays, tensors, tuples and ranges as nested lists."""
    if hasattr(value, "detach"):
        value = value.detach()
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, (list, tuple, range)):
        return [plain(v) for v in value]
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    return value


def shape_of(value: Any) -> tuple[int, ...]:
    """Lengths of nested lists, outermost first; () of a single value."""
    shape: list[int] = []
    while isinstance(value, list):
        shape.append(len(value))
        if not value:
            break
        value = value[0]
    return tuple(shape)


def shown(value: Any) -> str:
    """The value on one line, short enough to read."""
    if isinstance(value, float):
        return f"{value:.6g}"
    text = " ".join(repr(plain(value)).split())
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def _pairs(got: Any, want: Any, place: str = "") -> Iterator[tuple[str, Any, Any]]:
    if isinstance(want, list) and isinstance(got, list):
        if len(got) != len(want):
            raise CheckFailed(f"one part has {len(got)} values where {len(want)} are expected")
        for i, (mine, theirs) in enumerate(zip(got, want, strict=True)):
            yield from _pairs(mine, theirs, f"{place}[{i}]")
    else:
        yield place, got, want


def _because(text: str, why: str) -> str:
    return f"{text}: {why}" if why else text
