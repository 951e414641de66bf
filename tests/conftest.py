"""What every room's tests share: a store that waits for no disk, and toy stages."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import settings

from practicum.core import stage as stage_module
from practicum.core.events import Event
from practicum.core.stage import Job
from practicum.core.store import Store

# The same examples every time, and no clock: a busy machine must not turn a property red.
settings.register_profile("practicum", deadline=None, derandomize=True)
settings.load_profile("practicum")


def _load(path: Path) -> ModuleType:
    """A plain module of the tests; the importlib mode of pytest puts none on the path."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


toys_module = _load(Path(__file__).parent / "core" / "toys.py")


@pytest.fixture(autouse=True)
def no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """These stores need not survive a power cut. Children of the kill tests do wait."""
    monkeypatch.setattr(os, "fsync", lambda handle: None)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty store; its folder does not exist yet."""
    return Store(tmp_path / "store")


class Toys:
    """The registered toy stages, jobs of them, and every event they sent."""

    def __init__(self) -> None:
        self.module: Any = toys_module
        self.count = toys_module.Count()
        self.join = toys_module.Join()
        self.pile = toys_module.Pile()
        self.events: list[Event] = []

    def job(self, *inputs: Any, seed: int = 0, why: str = "", **params: Any) -> Job:
        """A counting job with these parameters."""
        return Job(self.count, inputs, toys_module.CountParams(**params), seed, why)

    def hear(self, event: Event) -> None:
        self.events.append(event)


@pytest.fixture
def toys(monkeypatch: pytest.MonkeyPatch) -> Toys:
    """Toy stages, and only they, are installed for this test."""
    made = Toys()
    known = toys_module.doors(made.count, made.join, made.pile)
    monkeypatch.setattr(stage_module, "stages", lambda: known)
    return made
