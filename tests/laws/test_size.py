"""Modules and rooms stay small enough to be read in one sitting."""

from __future__ import annotations

from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "practicum"
MODULES = sorted(p for p in SOURCE.rglob("*.py") if "course" not in p.relative_to(SOURCE).parts[:1])
ROOMS = sorted({path.parent for path in MODULES} - {SOURCE})
MOST_LINES, MEAN_LINES, MOST_MODULES = 400, 300, 8


def n_lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def test_no_module_is_longer_than_400_lines() -> None:
    long = {str(p.relative_to(SOURCE)): n_lines(p) for p in MODULES if n_lines(p) > MOST_LINES}
    assert long == {}


def test_modules_have_at_most_300_lines_on_average() -> None:
    sizes = [n_lines(path) for path in MODULES if path.name != "__init__.py"]
    assert sum(sizes) / len(sizes) <= MEAN_LINES


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_a_room_has_at_most_8_modules(room: Path) -> None:
    modules = [p.name for p in sorted(room.glob("*.py")) if p.name != "__init__.py"]
    assert len(modules) <= MOST_MODULES, modules
