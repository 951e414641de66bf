"""What an answer is worth: by a rule, by the row's own answer, or by a model of preferences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from practicum.core.errors import Complaint, PracticumError
from practicum.text.answers import is_right, is_right_leniently

RULES = ("answer", "lenient", "letters:XYZ")


@dataclass(frozen=True)
class Answered:
    """What a policy wrote, and the answer that its row wants, if it wants one."""

    text: str
    wanted: str | None
    stopped: bool


Reward = Callable[[Sequence[Answered]], list[float]]


def rule(name: str) -> Reward:
    """The rule of that name.

    answer       1 for the row's answer and nothing else, and a tenth for it somewhere
    lenient      1 for the row's answer anywhere
    letters:XYZ  the share of these letters among all letters: a toy, made to be hacked

    Raises  PracticumError for an unknown rule.
    """
    if name == "answer":
        return lambda many: [_strict(one) for one in many]
    if name == "lenient":
        return lambda many: [float(_is_right(one)) for one in many]
    kind, _, letters = name.partition(":")
    if kind == "letters" and letters.isalpha():
        return lambda many: [_share(one.text, letters.casefold()) for one in many]
    raise PracticumError(Complaint(f"reward: no rule '{name}'", hint=", ".join(RULES)))


def needs_answers(name: str) -> bool:
    """Whether the rule compares with the row's own answer."""
    return name in ("answer", "lenient")


def _is_right(one: Answered) -> bool:
    return one.wanted is not None and is_right_leniently(one.text, one.wanted)


def _strict(one: Answered) -> float:
    if one.wanted is not None and one.stopped and is_right(one.text, one.wanted):
        return 1.0
    return 0.1 if _is_right(one) else 0.0


def _share(text: str, letters: str) -> float:
    found = [c for c in text.casefold() if c.isalpha()]
    return sum(c in letters for c in found) / len(found) if found else 0.0
