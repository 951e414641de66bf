"""Forms of a prompt: models that see the form alone, the answer alone, or a bit of both."""

import random

import pytest

from practicum.core.errors import PracticumError
from practicum.evaluate.checks.formats import (
    FORMS,
    PLAIN,
    ChoiceQuestion,
    Form,
    printed,
    sensitivity,
)

RNG = random.Random(2)
QUESTIONS = [ChoiceQuestion(f"Which is number {i}?", tuple(f"Thing {i}{c}" for c in "wxyz"),
                            RNG.randrange(4)) for i in range(60)]  # fmt: skip
RIGHT = {q.question.casefold(): q.choices[q.answer].casefold() for q in QUESTIONS}


def labelled(prompt, label):
    """The option behind a label in a prompt."""
    after = prompt.split(f"{label.strip()}. ", 1)[1]
    return " ".join(after.replace("\n", " ").split()[:2]).casefold()


def asked(prompt):
    return prompt.replace("\n", " ").split("?")[0].casefold() + "?"


def knows(prompts, continuations):
    """A model that finds the right option wherever it stands."""
    return [
        float(labelled(p, c) == RIGHT[asked(p)])
        for p, c in zip(prompts, continuations, strict=True)
    ]


def first(prompts, continuations):
    """A model that likes the first label."""
    return [-float(c.strip() not in "Aa1") for c in continuations]


def test_a_prompt_in_every_form_is_the_one_written_by_hand():
    q = ChoiceQuestion("Which one?", ("Red", "Blue"), 0)
    assert printed(q, PLAIN, (0, 1)) == ("Which one?\nA. Red\nB. Blue\nAnswer:", ["A", "B"])
    by_name = {f.name: f for f in FORMS}
    assert printed(q, by_name["numbers"], (0, 1))[0] == "Which one?\n1. Red\n2. Blue\nAnswer:"
    assert printed(q, by_name["A:"], (0, 1))[0].endswith("Blue\nA:")
    assert printed(q, by_name["all on one line"], (0, 1))[0] == "Which one? A. Red B. Blue Answer:"
    assert (
        printed(q, by_name["options shuffled"], (1, 0))[0] == "Which one?\nA. Blue\nB. Red\nAnswer:"
    )
    assert printed(q, by_name["lower case"], (0, 1)) == (
        "which one?\na. red\nb. blue\nanswer:",
        ["a", "b"],
    )


def test_a_model_that_knows_is_right_in_every_form():
    found = sensitivity(QUESTIONS, knows)
    assert {f.accuracy for f in found.forms} == {1.0}
    assert (found.range, found.n_swaying, found.n) == (0, 0, 60)
    assert len(found.forms) == len(FORMS) == 7


def test_a_model_that_likes_the_first_label_sways_with_the_order_only():
    found = sensitivity(QUESTIONS, first)
    by_name = {f.form.name: f for f in found.forms}
    given = sum(q.answer == 0 for q in QUESTIONS) / 60
    assert by_name["numbers"].accuracy == by_name["lower case"].accuracy == given
    assert by_name["options shuffled"].accuracy != given
    assert found.n_swaying > 0
    assert found.range == found.highest.accuracy - found.lowest.accuracy


def test_a_form_that_breaks_the_model_is_sure_and_one_that_does_nothing_is_not():
    def letters_only(prompts, continuations):
        return [s if c.strip() in "ABCD" else -i for i, (s, c) in enumerate(
            zip(knows(prompts, continuations), continuations, strict=True))]  # fmt: skip

    found = sensitivity(QUESTIONS, letters_only)
    by_name = {f.form.name: f for f in found.forms}
    assert found.plain.gain is None and found.plain.accuracy == 1
    gain = by_name["numbers"].gain
    assert gain is not None and gain.high < 0 and gain.n == 60
    gain = by_name["A:"].gain
    assert gain is not None and gain.low < 0 < gain.high
    told = str(found)
    assert "n = 60" in told and "1.000 as printed" in told and "3 of 6 forms differ surely" in told


def test_every_question_is_shuffled_and_always_in_the_same_way():
    seen = []

    def keep(prompts, continuations):
        seen.append(tuple(prompts))
        return first(prompts, continuations)

    shuffled = Form("s", is_shuffled=True)
    sensitivity(QUESTIONS, keep, [PLAIN, shuffled])
    sensitivity(list(reversed(QUESTIONS)), keep, [PLAIN, shuffled])
    n = len(seen[0]) // 2
    assert set(seen[0]) == set(seen[1]), "an order depends on the question, not on its place"
    assert not set(seen[0][:n]) & set(seen[0][n:])


def test_questions_that_cannot_be_printed_are_all_named():
    wrong = [ChoiceQuestion("a", ("x",), 0), ChoiceQuestion("b", ("x", "y"), 2), QUESTIONS[0]]
    with pytest.raises(PracticumError) as refused:
        sensitivity(wrong, knows)
    assert "question 1  1 options" in str(refused.value)
    assert "question 2  2 options, the right one is number 3" in str(refused.value)
    with pytest.raises(PracticumError, match="no question"):
        sensitivity([], knows)
    with pytest.raises(PracticumError, match="1 form shows no sensitivity"):
        sensitivity(QUESTIONS, knows, [PLAIN])


def test_a_scorer_that_skips_is_caught():
    with pytest.raises(PracticumError, match="1 scores for"):
        sensitivity(QUESTIONS, lambda prompts, continuations: [0.0])
