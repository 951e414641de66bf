"""The numbers of this lesson."""

import array
import json
import math
import struct
import sys

from practicum.learn.lessons.claims import Near

_VOCABULARY = 49_152  # pieces of SmolLM2
_MILLION = 1_000_000


class _Counted(str):
    """A text that counts how often two of its kind are compared."""

    n_compared = 0
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        _Counted.n_compared += 1
        return str.__eq__(self, other)


def _comparisons(container: list | dict) -> int:
    _Counted.n_compared = 0
    assert _Counted(f"piece {_VOCABULARY - 1}") in container
    return _Counted.n_compared


def comparisons_in_list() -> int:
    """How many pieces a list looks at to find its last."""
    return _comparisons([_Counted(f"piece {i}") for i in range(_VOCABULARY)])


def comparisons_in_dict() -> str:
    """How many keys a dictionary compares to find the same; hashes decide the rest."""
    n = _comparisons({_Counted(f"piece {i}"): i for i in range(_VOCABULARY)})
    return "once" if n == 1 else f"{n} times"


def characters_of_cafe() -> int:
    """Characters of café."""
    return len("café")


def bytes_of_cafe() -> int:
    """Bytes of café in UTF-8."""
    return len("café".encode())


def characters_of_japanese() -> int:
    """Characters of the three-character word."""
    return len("日本語")


def bytes_of_japanese() -> int:
    """Its bytes in UTF-8."""
    return len("日本語".encode())


def _lengths() -> tuple[int, int]:
    lengths = (len(line.split()) for line in ["to be", "or not to be"])
    return sum(lengths), sum(lengths)


def first_sum() -> int:
    """What the generator sums to."""
    return _lengths()[0]


def second_sum() -> int:
    """What is left of it."""
    return _lengths()[1]


def bytes_of_int() -> int:
    """What CPython needs for a token id beyond the small numbers that it keeps ready."""
    return sys.getsizeof(5000)


def block_of_int() -> int:
    """The same in the steps of sixteen bytes in which memory is handed out."""
    return math.ceil(bytes_of_int() / 16) * 16


def bytes_per_id() -> int:
    """An id with the arrow to it."""
    return struct.calcsize("P") + block_of_int()


def megabytes_of_list() -> float:
    """A million ids in a list."""
    return bytes_per_id() * _MILLION / 1e6


def megabytes_of_array() -> Near:
    """A million ids of two bytes."""
    return Near(sys.getsizeof(array.array("H", bytes(2 * _MILLION))) / 1e6, 0.2)


def ratio() -> float:
    """How many times less."""
    return bytes_per_id() / array.array("H").itemsize


def rows_left() -> int:
    """Rows that a loader keeps which swallows every error."""
    rows = []
    for line in ('{"text": "a"}', '{"text": ', '{"text": "b"}', '{"txet": "c"}', '{"text": "d"}'):
        try:
            rows.append(json.loads(line)["text"])
        except Exception:  # the fault that the lesson shows
            continue
    return len(rows)


def kind_of_lr() -> str:
    """What PyYAML makes of a learning rate without a dot."""
    import yaml

    return type(yaml.safe_load("lr: 2e-4")["lr"]).__name__
