from __future__ import annotations

import pytest

from practicum.core import errors
from practicum.core.errors import Complaint, PlanError, PracticumError, UsageError, nearest

STAGES = ["align", "data", "evaluate", "finetune", "import", "merge", "pretrain", "quantize"]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("finetune", "finetune"),
        ("fine-tune", "finetune"),
        ("FineTune", "finetune"),
        ("quantise", "quantize"),
        ("evalute", "evaluate"),
        ("merg", "merge"),
        ("distill", None),
        ("", None),
        ("x", None),
    ],
)
def test_the_nearest_known_word_is_suggested_only_when_it_is_near(
    word: str, expected: str | None
) -> None:
    assert nearest(word, STAGES) == expected


def test_dashes_underscores_and_case_do_not_make_words_different() -> None:
    assert nearest("DARE-Ties", ["dare_ties", "linear"]) == "dare_ties"
    assert nearest("lr_peak", ["lr-peak"]) == "lr-peak", "the word comes back as it is known"


def test_nothing_is_near_when_nothing_is_known() -> None:
    assert nearest("merge", []) is None


def test_a_complaint_reads_place_then_what_then_what_to_try() -> None:
    assert str(Complaint("n: too small", "a.yaml:7", "4")) == "a.yaml:7  n: too small      try: 4"
    assert str(Complaint("n: too small")) == "n: too small"


def test_an_error_says_every_complaint_on_its_own_line() -> None:
    error = PracticumError("one", Complaint("two", "f:2"))
    assert str(error) == "one\nf:2  two"


def test_a_hint_belongs_to_plain_complaints_only() -> None:
    error = PracticumError("one", Complaint("two"), hint="this")
    assert [c.hint for c in error.complaints] == ["this", None]


def test_a_plan_error_ends_with_what_did_not_happen() -> None:
    assert str(PlanError("one")) == "one\nnothing was downloaded, nothing was written"


def test_every_error_of_the_family_is_in_the_drawn_tree_and_has_an_exit_code() -> None:
    family = [
        e for e in vars(errors).values()
        if isinstance(e, type) and issubclass(e, PracticumError)
    ]  # fmt: skip
    assert len(family) >= 9
    for error in family:
        assert error.__name__ in (errors.__doc__ or "")
        assert error.exit_code == (2 if error is UsageError else 1)
