"""A tutor over the shipped course, by words alone, and one with the real encoders."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from practicum.core.store import Store
from practicum.learn.labs.lab import filled, read_labs
from practicum.learn.learner import Learner
from practicum.learn.roadmap import course_folder, load_roadmap
from practicum.tutor.tutor import Tutor

# A call of PyTorch that a lesson explains within a loop, and a lab's solution needs as well.
TAUGHT = {"optimizer.zero_grad()"}


@pytest.fixture(scope="session")
def solution_lines() -> set[str]:
    """Every telling line that fills a hole of a lab, but for what a lesson itself teaches."""
    found = set()
    for concept in load_roadmap().concepts.values():
        for lab in read_labs(concept.folder) if concept.folder else ():
            for answer in filled(lab).values():
                found |= {line.strip() for line in answer.splitlines()}
    return {line for line in found if len(line) > 20} - TAUGHT


@pytest.fixture(scope="session")
def by_words(tmp_path_factory: pytest.TempPathFactory) -> Tutor:
    """No encoders: words are compared. Nobody answers or passes anything in its home."""
    home = tmp_path_factory.mktemp("words")
    return Tutor(Learner(home), Store(home))


@pytest.fixture(scope="session")
def tutor(smol_store: Store, tmp_path_factory: pytest.TempPathFactory) -> Tutor:
    """The tutor as a learner has it; its models are fetched once and kept between sessions."""
    made = Tutor(Learner(tmp_path_factory.mktemp("learner")), smol_store)
    made.prepare()
    return made


@pytest.fixture
def small(tmp_path: Path) -> Tutor:
    """A tutor over a copy of the course that a test may change."""
    course = tmp_path / "course"
    kept = {"roadmap.toml", "lesson.md", "quiz.toml", "lab.toml"}
    for path in course_folder().rglob("*"):
        if path.is_file() and (path.name in kept or path.suffix == ".py"):
            target = course / path.relative_to(course_folder())
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    return Tutor(Learner(tmp_path / "home", load_roadmap(course)), Store(tmp_path / "home"))
