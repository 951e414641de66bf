"""Every passage is what its span of the lesson says, and nothing that a learner owes is among them."""

from __future__ import annotations

import itertools
import re
import tomllib

import pytest

from practicum.core.artifact import sha256_text
from practicum.learn.labs.lab import read_labs
from practicum.learn.lessons.lesson import anchor_of, read_lesson
from practicum.learn.lessons.terminal import plain
from practicum.learn.roadmap import Concept, load_roadmap
from practicum.rag.index import Passage
from practicum.tutor.evaluation import questions
from practicum.tutor.passages import course_passages, lesson_passages, readable, signposts

OPEN = [c for c in load_roadmap().concepts.values() if c.is_open]
ALL = course_passages(load_roadmap())


def source_of(concept: Concept) -> str:
    assert concept.folder is not None
    return (concept.folder / "lesson.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("concept", OPEN, ids=lambda c: c.slug)
def test_a_passage_is_the_readable_text_of_its_span(concept: Concept) -> None:
    source = source_of(concept)
    passages = lesson_passages(concept)
    anchors = set(read_lesson(concept.folder).anchors) | {""}  # type: ignore[arg-type]
    for passage in passages:
        assert passage.source == sha256_text(source)
        assert passage.text == readable(source[passage.start : passage.end])
        assert source[: passage.start].count("\n") + 1 == passage.line
        slug, _, anchor = passage.place.partition("#")
        assert slug == concept.slug
        assert anchor in anchors
    spans = [(p.start, p.end) for p in passages]
    assert spans == sorted(spans)
    assert all(a[1] <= b[0] for a, b in itertools.pairwise(spans)), "spans overlap"


@pytest.mark.parametrize("concept", OPEN, ids=lambda c: c.slug)
def test_the_passages_of_a_lesson_leave_no_prose_out(concept: Concept) -> None:
    source = source_of(concept)
    left = source
    for passage in reversed(lesson_passages(concept)):
        left = left[: passage.start] + left[passage.end :]
    lines = [line for line in left.splitlines() if line.strip()]
    assert [line for line in lines if not line.startswith(("#", "{{"))] == []


def test_passages_read_as_prose_and_are_of_a_quotable_length() -> None:
    lessons = [p for p in ALL if not p.place.startswith("map:")]
    for passage in lessons:
        assert not re.search(r"\{\{|\}\}|^:::|^---$|\$\$|\]\(concept:", passage.text, re.MULTILINE)
    lengths = sorted(len(p.text.split()) for p in lessons)
    assert lengths[-1] <= 200
    assert 40 <= lengths[len(lengths) // 2] <= 80


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("Half is {{share|50 %}},\nsaid *she*.", "Half is 50 %, said she."),
        ("See [calculus](concept:calculus) and `x[0]`.", "See calculus and x[0]."),
        ("Then $a_1 \\le b$.", "Then a₁ ≤ b."),
        ("So\n\n$$x^2$$\n\nholds.", "So\nx²\nholds."),
        ("$$\n\\frac{1}{2}\n$$", "1/2"),
        ("```python\nx = [1]\n```", "x = [1]"),
        ("::: predict\nWhat?\n---\nThat.\n:::", "What?\nThat."),
        ("Look:\n\n{{figure:flip}}\n\n{{lab:moves}}", "Look:"),
        ("- one\n- two\n  more", "- one\n- two more"),
        ("| a | b |\n| --- | --- |\n| 1 | 2 |", "a · b\n1 · 2"),
        ("", ""),
    ],
)
def test_what_is_read_of_a_source(source: str, told: str) -> None:
    assert readable(source) == told


def test_every_station_has_a_line_and_no_line_is_a_quote() -> None:
    lines = signposts(load_roadmap())
    assert [p.place for p in lines] == [f"map:{slug}" for slug in load_roadmap().concepts]
    assert lines[0].text == "Linear Algebra. " + OPEN[0].teaches


def indexed() -> str:
    return "\n".join(p.text for p in ALL)


def test_no_line_of_a_solution_is_indexed(solution_lines: set[str]) -> None:
    text = indexed()
    assert len(solution_lines) > 300
    assert [line for line in solution_lines if line in text] == []


def test_no_hint_no_answer_of_a_quiz_and_no_evaluation_question_is_indexed() -> None:
    text = " ".join(indexed().split())
    for concept in OPEN:
        assert concept.folder is not None
        hints = [h for lab in read_labs(concept.folder) for t in lab.tasks for h in t.hints]
        told = tomllib.loads((concept.folder / "quiz.toml").read_text("utf-8"))["items"]
        whys = [c["why"] for item in told for c in item.get("choices", ())]
        for owed in [*hints, *whys, *(item["ask"] for item in told)]:
            assert len(owed) <= 20 or plain(owed) not in text
    for name in ("evaluation.toml", "calibration.toml"):
        assert not any(row.question in text for row in questions(name) if len(row.question) > 20)


def test_a_passage_names_the_section_that_it_stands_in() -> None:
    by_id: dict[str, Passage] = {p.id: p for p in ALL}
    assert len(by_id) == len(ALL), "ids are unique"
    turn = next(p for p in ALL if "eigenvectors and their factors eigenvalues" in p.text)
    assert turn.place == f"linear-algebra#{anchor_of('Arrows that do not turn')}"
    assert turn.title == "Linear Algebra, Arrows that do not turn"
