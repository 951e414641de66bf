"""Every public function, method and class says in its first line what it results in."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "practicum"
MODULES = sorted(p for p in SOURCE.rglob("*.py") if "course" not in p.relative_to(SOURCE).parts[:1])

# Described once, where the protocol is defined; whoever obeys it need not repeat it.
PROTOCOLS = {"gives", "plan", "make", "settle", "hear", "reply", "stream", "log_likelihoods"}


def silent(source: str) -> list[str]:
    """Public definitions without a docstring, as dotted names with their line."""
    return [f"{name}:{node.lineno}" for name, node in _public(ast.parse(source))
            if not ast.get_docstring(node)]  # fmt: skip


Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def _public(
    scope: ast.Module | ast.ClassDef, prefix: str = "", inherits: bool = False
) -> Iterator[tuple[str, Definition]]:
    for node in scope.body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield f"{prefix}{node.name}", node
            yield from _public(node, f"{prefix}{node.name}.", _overrides(node))
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            if not (node.name.startswith("_") or node.name in PROTOCOLS or inherits):
                yield f"{prefix}{node.name}", node


def _overrides(node: ast.ClassDef) -> bool:
    """Whether its methods answer calls of a library that documents them (`click.Group`)."""
    return any("." in ast.unparse(base) for base in node.bases)


def test_the_law_itself_finds_what_is_silent_and_spares_what_is_not() -> None:
    source = """
def spoken(): "It returns."
def silent(): ...
def _private(): ...
class Loud:
    "It is."
    def told(self): "Yes."
    @property
    def untold(self): ...
    def __init__(self): ...
    def plan(self): ...
class Mute:
    def word(self): ...
class Verbs(click.Group):
    "Ours."
    def list_commands(self): ...
"""
    assert [name.split(":")[0] for name in silent(source)] == [
        "silent", "Loud.untold", "Mute", "Mute.word",
    ]  # fmt: skip


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_everything_public_has_a_docstring(path: Path) -> None:
    assert silent(path.read_text(encoding="utf-8")) == []


def test_every_module_says_what_it_is_for() -> None:
    mute = [
        str(path.relative_to(SOURCE))
        for path in MODULES
        if path.read_text(encoding="utf-8").strip()
        and not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert mute == []
