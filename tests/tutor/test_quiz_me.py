""" "Quiz me on X" asks what the bank knows about X; what it computes is graded by what it computed."""

from __future__ import annotations

import pytest

from practicum.core.errors import PracticumError
from practicum.learn.learner import Learner
from practicum.learn.quiz import LETTERS, draw, grade
from practicum.tutor.quiz_me import concept_of, quiz_me, topic_of, wanted_topic
from practicum.tutor.tutor import Tutor


@pytest.mark.parametrize(
    ("said", "topic"),
    [
        ("quiz me on eigenvectors", "eigenvectors"),
        ("Quiz me about the chain rule, please", "the chain rule,"),
        ("please test me on calculus!", "calculus"),
        ("Can you quiz my knowledge of dropout?", "dropout"),
        ("ask me a question about word2vec", "word2vec"),
        ("give me three questions on softmax", "softmax"),
        ("What is a quiz?", None),
        ("test my model on new data", None),
        ("How do I quiz me?", None),
        ("Which questions on p-values does the lesson answer?", None),
    ],
)
def test_a_wish_to_be_quizzed_is_understood(said: str, topic: str | None) -> None:
    assert topic_of(said) == topic


def test_a_topic_finds_its_concept_by_name_or_by_what_is_said(by_words: Tutor) -> None:
    def slug(said: str) -> str | None:
        concept = wanted_topic(said, by_words)
        return concept.slug if concept else None

    assert slug("quiz me on Linear Algebra") == "linear-algebra"
    assert slug("quiz me on F1b") == "calculus"
    assert slug("quiz me on eigenvectors and eigenvalues") == "linear-algebra"
    assert slug("What is an eigenvector?") is None


def test_a_topic_of_no_open_lesson_is_refused_with_a_reason(by_words: Tutor) -> None:
    with pytest.raises(PracticumError, match="not open yet"):
        concept_of("lora", by_words)
    with pytest.raises(PracticumError, match="not open yet"):
        quiz_me("lora", by_words)
    with pytest.raises(PracticumError, match="no lesson is about"):
        quiz_me("boiling eggs", by_words)


def test_a_question_is_about_the_very_section(by_words: Tutor) -> None:
    question = quiz_me("eigenvectors and their eigenvalues", by_words)
    assert question.item.passage == "arrows-that-do-not-turn"
    assert quiz_me("linear-algebra", by_words).item.concept == "F1a"


def test_the_next_question_is_another_one(small: Tutor) -> None:
    first = quiz_me("calculus", small)
    small.learner.answer(first, first.right.partition(")")[0] if first.choices else first.right)
    again = quiz_me("calculus", small)
    assert (again.item.key, again.seed) != (first.item.key, first.seed)


def test_every_computed_answer_is_right_and_a_wrong_one_is_not() -> None:
    """What a template draws is executed: its own answer passes, a changed one does not."""
    bank = [item for item in Learner().bank() if item.is_parametric]
    assert len(bank) > 30
    for item in bank:
        for seed in range(3):
            question = draw(item, seed)
            assert question == draw(item, seed), "the same seed asks the same"
            if question.answer is None:
                right = question.right.partition(")")[0]
                wrong = next(LETTERS[i] for i, c in enumerate(question.choices) if not c.right)
            else:
                right = repr(question.answer)
                wrong = repr(question.answer + 3 * question.within + 0.5)
            assert grade(question, right).right, (item.key, seed)
            assert not grade(question, wrong).right, (item.key, seed)
