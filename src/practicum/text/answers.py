"""Is a reply right? One strict reading and one as lenient as we can make it.

Tasks are chosen so that the right answer has one spelling. Strict wants exactly that spelling.
Lenient accepts the answer anywhere in the reply, in any format: a model that knows but chats
is given full marks, so a gain that survives it is not a gain in format.
"""

from __future__ import annotations

import re
from decimal import Decimal

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_WORD = re.compile(r"\w+")


def is_right(reply: str, answer: str) -> bool:
    """Whether the reply is the answer and nothing else."""
    return reply.strip() == answer.strip()


def is_right_leniently(reply: str, answer: str) -> bool:
    """Whether the answer's numbers, or words, occur in the reply one after the other.

    Thousands separators, brackets, quotes, case and what stands around them do not matter;
    "-7" is found in "5-7" too, which favours the reply. What is right is right leniently.
    """
    if is_right(reply, answer):
        return True
    if _is_numeric(answer):
        wanted, found = _numbers(answer), _numbers(reply)
    else:
        wanted, found = _WORD.findall(answer.casefold()), _WORD.findall(reply.casefold())
    n = len(wanted)
    return n > 0 and any(found[i : i + n] == wanted for i in range(len(found) - n + 1))


def _is_numeric(answer: str) -> bool:
    return bool(_NUMBER.search(answer)) and not re.search(r"[^\W\d_]", answer)


def _numbers(text: str) -> list[Decimal]:
    """Exact: as floats, 9007199254740993 and 9007199254740992 would be one number."""
    plain = re.sub(r"(?<=\d),(?=\d{3}\b)", "", text.replace("−", "-"))
    return [Decimal(n) for n in _NUMBER.findall(plain)]
