"""The course's own content: what a lab's solution defined, and what a wrong answer is told."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from practicum.learn.labs.lab import Lab, cells_of, read_labs
from practicum.learn.labs.run import Outcome, run_lab
from practicum.learn.lessons.verify import load_file
from practicum.learn.roadmap import load_roadmap

Solved = Callable[[str, str], SimpleNamespace]


def lab_of(concept: str, slug: str) -> Lab:
    """A shipped lab."""
    folder = load_roadmap().concepts[concept].folder
    assert folder is not None, f"{concept} is not open"
    return next(lab for lab in read_labs(folder) if lab.slug == slug)


@pytest.fixture(scope="session")
def solved(tmp_path_factory: pytest.TempPathFactory) -> Solved:
    """The names that a lab's solution defines, run once per session in a scratch folder."""
    known: dict[tuple[str, str], SimpleNamespace] = {}

    def run(concept: str, slug: str) -> SimpleNamespace:
        if (concept, slug) not in known:
            lab = lab_of(concept, slug)
            folder = tmp_path_factory.mktemp(f"{concept}-{slug}")
            for path in lab.folder.iterdir():
                if path.is_file():
                    (folder / path.name).write_bytes(path.read_bytes())
            known[concept, slug] = SimpleNamespace(**_names(folder / "solution.py"))
        return known[concept, slug]

    return run


def _names(path: Path) -> dict[str, Any]:
    import matplotlib

    matplotlib.use("Agg")
    module = ModuleType(f"solution_{path.parent.name.replace('-', '_')}")
    names = vars(module)
    names["__file__"] = str(path)
    sys.modules[module.__name__] = module  # dataclasses look their module up
    with contextlib.chdir(path.parent), contextlib.redirect_stdout(io.StringIO()):
        for cell in cells_of(path.read_text("utf-8")):
            if not cell.is_markdown:
                code = compile(
                    "\n" * (cell.line - 1) + cell.text, str(path), "exec", dont_inherit=True
                )
                exec(code, names)
    return names


@pytest.fixture
def attempt(tmp_path: Path) -> Callable[[str, str, dict[str, str]], Outcome]:
    """Run a lab whose solution was changed: {right line or part: what the learner wrote instead}."""

    def run(concept: str, slug: str, changes: dict[str, str]) -> Outcome:
        lab = lab_of(concept, slug)
        for path in lab.folder.iterdir():
            if path.is_file() and path.name not in ("lab.py", "solution.py", "checks.py"):
                (tmp_path / path.name).write_bytes(path.read_bytes())
        text = lab.solution.read_text("utf-8")
        for right, wrong in changes.items():
            assert right in text, f"the solution of {slug} has no {right!r}"
            text = text.replace(right, wrong)
        script = tmp_path / "lab.py"
        script.write_text(text, encoding="utf-8")
        return run_lab(lab, script)

    return run


@pytest.fixture(scope="session")
def course_file() -> Callable[[str, str], Any]:
    """A concept's claims.py, figures.py or quiz.py as a module."""

    def load(concept: str, name: str) -> Any:
        folder = load_roadmap().concepts[concept].folder
        assert folder is not None
        return load_file(folder / name)

    return load
