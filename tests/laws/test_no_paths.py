"""Nothing of one machine and nothing unfinished is left behind."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("src", "docs", "tests", "benchmarks", "recipes", "course")
SUFFIXES = {".py", ".md", ".toml", ".yaml", ".yml", ".jinja", ".html", ".cfg", ".json"}

FOLDERS_OF_ONE_MACHINE = ("home", "root", "work", "Users", "mnt", "tmp")
A_PATH = re.compile(
    rf"(?<![\w./:}}\])])/(?:{'|'.join(FOLDERS_OF_ONE_MACHINE)})/[\w.]|\b[A-Z]:\\\\?Users\\"
)
UNFINISHED = re.compile(r"\b(?:TODO|FIXME|XXX)\b(?!\s*\(?#\d+)")


def files() -> list[Path]:
    """What people wrote, without caches. The laws themselves must name what they forbid."""
    found = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*"))]
    return [
        path
        for path in [*found, *sorted(ROOT.glob("*.*"))]
        if path.suffix in SUFFIXES
        and path.is_file()
        and path.parent != Path(__file__).parent
        and not any(
            part[0] in "._" and part != "__init__.py" for part in path.relative_to(ROOT).parts
        )
    ]


def hits(pattern: re.Pattern[str], text: str) -> list[int]:
    """The numbers of the lines in which it occurs."""
    return [n for n, line in enumerate(text.splitlines(), 1) if pattern.search(line)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("open('/home/anna/x')", True),
        ("see /tmp/out.json", True),
        ("/Users/anna/x", True),
        ("C:\\Users\\anna", True),
        ("https://example.org/home/page", False),
        ("tmp_path / 'home' / 'x'", False),
        ('f"{base}/home/x"', False),
        ("home/objects/digest", False),
        ("store/tmp/key", False),
        ("/etc/passwd", False),
    ],
)
def test_the_law_itself_knows_a_path_of_one_machine(text: str, found: bool) -> None:
    assert bool(hits(A_PATH, text)) is found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("# TODO: later", True),
        ("# TODO(anna): later", True),
        ("# FIXME", True),
        ("# TODO #12: when the format changes", False),
        ("# TODO(#12)", False),
        ("a to-do list", False),
    ],
)
def test_the_law_itself_knows_what_is_unfinished(text: str, found: bool) -> None:
    assert bool(hits(UNFINISHED, text)) is found


def test_no_path_of_one_machine_is_written_anywhere() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{n}"
        for path in files()
        for n in hits(A_PATH, path.read_text(encoding="utf-8"))
    ]
    assert wrong == []


def is_about_labs(path: Path) -> bool:
    """A TODO is a lab's hole there, or what speaks of one."""
    return bool(
        {"course", "learn", "labs.py", "test_course.py", "test_tutor.py"} & set(path.parts)
    ) or path.stem in ("learning", "writing-a-chapter")


def test_nothing_unfinished_is_left_without_the_number_of_its_issue() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{n}"
        for path in files()
        if not is_about_labs(path)
        for n in hits(UNFINISHED, path.read_text(encoding="utf-8"))
    ]
    assert wrong == []


def test_the_law_looks_at_source_pages_and_tests() -> None:
    seen = {path.relative_to(ROOT).parts[0] for path in files()}
    assert {"src", "docs", "tests", "pyproject.toml"} <= seen
