from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from practicum.text.answers import is_right, is_right_leniently


@pytest.mark.parametrize(
    ("reply", "answer", "strict", "lenient"),
    [
        # numbers
        ("85", "85", True, True),
        (" 85\n", "85", True, True),
        ("85.", "85", False, True),
        ("85.0", "85", False, True),
        ("The answer is 85.", "85", False, True),
        ("47 + 38 = 85", "85", False, True),
        ("850", "85", False, False),
        ("185", "85", False, False),
        ("8 5", "85", False, False),
        ("84", "85", False, False),
        ("-85", "85", False, False),
        ("85", "-85", False, False),
        ("minus 85 is -85", "-85", False, True),
        ("−85", "-85", False, True),  # the minus sign that typesetters use
        ("5-7", "-7", False, True),  # a range or a difference: the reply is favoured
        ("5-7", "5", False, True),
        ("0.5", ".5", False, False),  # answers are spelled with their zero
        ("0.50", "0.5", False, True),
        ("007", "7", False, True),
        # thousands
        ("1,234", "1234", False, True),
        ("1,234,567", "1234567", False, True),
        ("It is 1,234.50 in all", "1234.5", False, True),
        ("1234", "1,234", False, True),
        ("12,34", "1234", False, False),
        ("1,2345", "12345", False, False),
        # digits that a 64-bit float cannot tell apart
        ("9007199254740993", "9007199254740992", False, False),
        ("9007199254740993", "9007199254740993", True, True),
        ("1" + "0" * 400, "2" + "0" * 400, False, False),
        ("7" * 5000, "7" * 5000 + "1", False, False),
        # several numbers
        ("[1, 2, 3]", "1, 2, 3", False, True),
        ("(1; 2; 3)", "1 2 3", False, True),
        ("1 2 4 3", "1 2 3", False, False),
        ("first 9, then 1 2 3", "1 2 3", False, True),
        # words
        ("orange lantern river", "orange lantern river", True, True),
        ("Orange, lantern, river.", "orange lantern river", False, True),
        ('"orange" (lantern) [river]', "orange, lantern, river", False, True),
        ("river lantern orange", "orange lantern river", False, False),
        ("orange red lantern river", "orange lantern river", False, False),
        ("oranges lantern river", "orange lantern river", False, False),
        ("It is True!", "true", False, True),
        ("untrue", "true", False, False),
        ("STRASSE", "straße", False, True),
        ("3 apples", "3 apples", True, True),
        ("three apples, 3 pears", "3 apples", False, False),
        # neither numbers nor words
        ("([])", "([])", True, True),
        ("+", "+", True, True),
        ("-", "+", False, False),
        # nothing
        ("", "85", False, False),
        ("   \n", "85", False, False),
        ("", "true", False, False),
        ("anything", "", False, False),
    ],
)
def test_strict_wants_the_spelling_and_lenient_the_substance(
    reply: str, answer: str, strict: bool, lenient: bool
) -> None:
    assert is_right(reply, answer) is strict
    assert is_right_leniently(reply, answer) is lenient


@given(st.text(), st.text())
def test_what_is_strictly_right_is_leniently_right(reply: str, answer: str) -> None:
    """Else a model could lose under the reading that is meant to favour it."""
    assert is_right_leniently(reply, answer) or not is_right(reply, answer)
    assert is_right_leniently(f" {answer}\n", answer)


@given(st.integers(), st.sampled_from(["{}", "The answer is {:,}.", "**{}**", "x = {},", "[{}]"]))
def test_any_integer_is_found_in_any_wrapping(number: int, wrapping: str) -> None:
    assert is_right_leniently(wrapping.format(number), str(number))


@given(st.integers(), st.integers())
def test_another_integer_is_never_right(said: int, answer: int) -> None:
    assert is_right_leniently(f"It is {said}.", str(answer)) == (said == answer)
