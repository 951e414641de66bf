"""The evaluations written by hand, as a fixture: the importlib mode of pytest puts no folder on the path."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

_spec = importlib.util.spec_from_file_location(
    "made_evaluations", Path(__file__).parent / "made.py"
)
assert _spec and _spec.loader
_module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_module)


@pytest.fixture
def made() -> ModuleType:
    """Evaluations written by hand."""
    return _module
