"""The whole course holds together: prose, labs unsolved and solved, questions, numbers, figures."""

from __future__ import annotations

import re

import pytest

from practicum.cli.main import VERBS
from practicum.learn.course_check import check_concept, run_both
from practicum.learn.labs.lab import Lab, read_labs
from practicum.learn.lessons.claims import claims_of
from practicum.learn.lessons.lesson import INLINE_CODE, INLINE_MATH, read_lesson, walk
from practicum.learn.lessons.page import mathml
from practicum.learn.lessons.terminal import symbols
from practicum.learn.lessons.verify import Verified, functions_of, verify_concept
from practicum.learn.quiz import draw, read_quiz
from practicum.learn.roadmap import Concept, load_roadmap

OPEN = [c for c in load_roadmap().concepts.values() if c.is_open]
LABS = [lab for c in OPEN for lab in read_labs(c.folder)]  # type: ignore[arg-type]
TRAINS_LONG = {"word-embeddings", "overfitting"}  # their numbers are means over several trainings
concepts = pytest.mark.parametrize("concept", OPEN, ids=lambda c: c.slug)


@concepts
def test_lesson_quiz_and_labs_are_written_as_they_should_be(concept: Concept) -> None:
    complaints = check_concept(concept, load_roadmap(), VERBS, run=False)
    assert [str(c) for c in complaints] == []


@pytest.mark.feature("M1")
@pytest.mark.parametrize("lab", LABS, ids=lambda lab: f"{lab.concept}/{lab.slug}")
def test_a_lab_fails_unsolved_in_every_task_and_passes_solved_within_its_limits(lab: Lab) -> None:
    assert [str(c) for c in run_both(lab)] == []


@pytest.mark.parametrize(
    "concept",
    [pytest.param(c, marks=pytest.mark.slow) if c.slug in TRAINS_LONG else c for c in OPEN],
    ids=lambda c: c.slug,
)
def test_every_number_and_figure_of_a_lesson_is_recomputed(concept: Concept) -> None:
    assert concept.folder is not None
    seen = list(verify_concept(concept.folder))
    wrong: list[Verified] = [one for one in seen if not one.ok]
    assert wrong == []
    assert len(seen) >= 5, "a lesson without numbers proves nothing"


@concepts
def test_no_claim_is_computed_for_nothing(concept: Concept) -> None:
    assert concept.folder is not None
    used = {claim.name for claim in claims_of((concept.folder / "lesson.md").read_text("utf-8"))}
    source = "".join(
        (concept.folder / name).read_text("utf-8") for name in ("claims.py", "figures.py")
    )
    unused = set(functions_of(concept.folder / "claims.py")) - used
    assert {name for name in unused if len(re.findall(rf"\b{name}\b", source)) < 2} == set()


@concepts
def test_the_minutes_of_a_concept_leave_time_to_read_and_to_answer(concept: Concept) -> None:
    labs = sum(lab.minutes for lab in LABS if lab.concept == concept.slug)
    assert concept.minutes >= labs + 15, f"{labs} minutes of labs, and {concept.minutes} in all"


@concepts
def test_every_formula_is_shown_on_a_page_and_in_a_terminal(concept: Concept) -> None:
    assert concept.folder is not None
    lesson = read_lesson(concept.folder)
    formulas = [b.text for b in walk(lesson.blocks) if b.kind == "math"]
    texts = [b.text for b in walk(lesson.blocks) if b.kind == "prose"]
    for item in read_quiz(concept.folder, concept.id):
        question = draw(item, 0)
        texts += [question.ask, question.why]
        texts += [text for choice in question.choices for text in (choice.text, choice.why)]
    for text in texts:
        formulas += [m[1] for m in INLINE_MATH.finditer(INLINE_CODE.sub("", text))]
    assert [f for f in formulas if set("\\{}&") & set(symbols(f))] == []
    assert [f for f in formulas if not mathml(f).startswith("<math")] == []
