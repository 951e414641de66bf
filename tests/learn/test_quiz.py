"""Questions: drawn from a seed, graded purely, every answer explained."""

from __future__ import annotations

from pathlib import Path

import pytest

from practicum.core.errors import PracticumError
from practicum.learn.course_check import _wrong_with_draw
from practicum.learn.learner import Learner
from practicum.learn.quiz import Item, draw, grade, normal, number_of, read_quiz

TOML = r"""
[[items]]
id = "sign"
kind = "choice"
level = 1
ask = "What flips?"
passage = "p"
choices = [
  { text = "orientation", right = true, why = "yes" },
  { text = "area", why = "no: area" },
  { text = "rank", why = "no: rank" },
]

[[items]]
id = "det"
kind = "numeric"
level = 2
ask = "det of $\\begin{bmatrix} {a} & {b} \\\\ {c} & {d} \\end{bmatrix}$?"
make = "det"
passage = "p"
why = "{a}·{d} − {b}·{c}"

[[items]]
id = "spread"
kind = "short"
level = 1
ask = "Square root of variance?"
accept = ["standard deviation", "sd"]
slips = [{ text = "variance", why = "that is its square" }]
passage = "p"
why = "by definition"

[[items]]
id = "half"
kind = "numeric"
level = 1
ask = "One half?"
answer = 0.5
within = 0.001
slips = [{ text = "2", why = "that is its inverse" }]
passage = "p"
why = "one over two"
"""
PY = """
def det(rng):
    a, b, c, d = (rng.randint(1, 9) for _ in range(4))
    return {"a": a, "b": b, "c": c, "d": d, "answer": a * d - b * c, "within": 0.01,
            "slips": {a * d + b * c: "the second product is subtracted"}}
"""


@pytest.fixture
def items(tmp_path: Path) -> dict[str, Item]:
    (tmp_path / "quiz.toml").write_text(TOML, encoding="utf-8")
    (tmp_path / "quiz.py").write_text(PY, encoding="utf-8")
    return {item.key: item for item in read_quiz(tmp_path, "F9z")}


def test_the_same_seed_draws_the_same_question_and_another_another(items: dict[str, Item]) -> None:
    item = items["F9z.det"]
    assert draw(item, 3) == draw(item, 3)
    assert len({draw(item, seed).ask for seed in range(20)}) > 15


def test_latex_braces_survive_the_filling_in_of_numbers(items: dict[str, Item]) -> None:
    question = draw(items["F9z.det"], 0)
    assert r"\begin{bmatrix}" in question.ask
    assert "{a}" not in question.ask + question.why


def test_the_answer_is_executed_and_a_slip_is_explained(items: dict[str, Item]) -> None:
    for seed in range(30):
        question = draw(items["F9z.det"], seed)
        assert grade(question, str(question.answer)).right
        if float(question.slips[0].text) != question.answer:
            result = grade(question, question.slips[0].text)
            assert not result.right
            assert "subtracted" in result.why


def test_choices_are_shuffled_and_each_explains_itself(items: dict[str, Item]) -> None:
    orders = {tuple(c.text for c in draw(items["F9z.sign"], seed).choices) for seed in range(30)}
    assert len(orders) == 6
    question = draw(items["F9z.sign"], 0)
    for letter, choice in zip("abc", question.choices, strict=True):
        assert grade(question, letter.upper() + ")").why == choice.why
        assert grade(question, choice.text).right == choice.right


def test_no_such_choice_is_an_error_and_not_a_wrong_answer(items: dict[str, Item]) -> None:
    with pytest.raises(PracticumError, match="none of the choices"):
        grade(draw(items["F9z.sign"], 0), "e")
    with pytest.raises(PracticumError, match="not a number"):
        grade(draw(items["F9z.half"], 0), "a half")


@pytest.mark.parametrize("said", ["Standard Deviation", "the standard-deviation", " SD. "])
def test_a_short_answer_is_compared_without_case_articles_and_punctuation(
    items: dict[str, Item], said: str
) -> None:
    assert grade(draw(items["F9z.spread"], 0), said).right


def test_a_short_slip_is_explained(items: dict[str, Item]) -> None:
    assert grade(draw(items["F9z.spread"], 0), "Variance").why.startswith("that is its square")


@pytest.mark.parametrize(
    ("text", "value"),
    [("0.5", 0.5), ("1/2", 0.5), ("50 %", 0.5), ("−3", -3), ("1,024", 1024), ("1,024.5", 1024.5),
     ("0,5", 0.5), ("5e-1", 0.5), ("1 000", 1000)],
)  # fmt: skip
def test_numbers_are_read_as_people_write_them(text: str, value: float) -> None:
    assert number_of(text) == pytest.approx(value)


def test_normal_folds_accents_and_hyphens() -> None:
    assert normal("The naïve-Bayes, classifier!") == "naive bayes classifier"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('kind = "short"', 'kind = "essay"'), "kind 'essay' is unknown"),
        (('accept = ["standard deviation", "sd"]', ""), "accept"),
        (("answer = 0.5", ""), "an answer, or a function"),
        (('text = "orientation", right = true', 'text = "orientation"'), "one of them right"),
        (('id = "half"', 'id = "det"'), "given twice"),
        (('make = "det"', 'make = "dot"'), "lacks 'dot'"),
        (('level = 1\nask = "What', 'ask = "What'), "lacks 'level'"),
    ],
)
def test_a_broken_item_is_named(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    assert change[0] in TOML
    (tmp_path / "quiz.toml").write_text(TOML.replace(*change), encoding="utf-8")
    (tmp_path / "quiz.py").write_text(PY, encoding="utf-8")
    with pytest.raises(PracticumError) as told:
        read_quiz(tmp_path, "F9z")
    assert said in str(told.value)


def test_the_check_catches_a_slip_that_is_the_right_answer(tmp_path: Path) -> None:
    (tmp_path / "quiz.toml").write_text(TOML, encoding="utf-8")
    (tmp_path / "quiz.py").write_text(
        PY.replace("a * d + b * c", "a * d - b * c"), encoding="utf-8"
    )
    item = next(i for i in read_quiz(tmp_path, "F9z") if i.key == "F9z.det")
    assert "is the right answer" in _wrong_with_draw(item, 0)


def test_every_key_of_the_course_is_unique_and_its_kind_known_without_running_it(
    tmp_path: Path,
) -> None:
    learner = Learner(tmp_path)
    bank = learner.bank()
    assert len({i.key for i in bank}) == len(bank)
    assert learner.catalogue.kinds == {i.key: i.kind for i in bank}
