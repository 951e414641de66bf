"""The floors of the house: imports only go down, rooms of one floor are strangers."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "practicum"
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"][
    "contracts"
]
# The floors of the house, from the ground up, of the rooms that are built.
FLOORS = [
    {"core"},
    {"text", "tensors", "measure"},
    {"models"},
    {"train", "infer"},
    {
        "data",
        "pretrain",
        "finetune",
        "align",
        "merge",
        "quantize",
        "evaluate",
        "rag",
        "lineage",
        "learn",
    },
    {"verbs"},
    {"tutor"},
    {"web"},
    {"cli"},
]


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    """`lint-imports` over the checkout at this root."""
    code = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports())"
    environment = {**os.environ, "PYTHONPATH": str(root / "src")}
    return subprocess.run(
        [sys.executable, "-c", code], cwd=root, env=environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip


def imports(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Every module that is imported, wherever in the file, except for type checkers only."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, node.lineno
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)
        else:
            yield from imports(node)


def floor(room: str) -> int:
    return next(i for i, rooms in enumerate(FLOORS) if room in rooms)


def room_of(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def test_the_import_contracts_are_kept() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout
    assert f"Contracts: {len(CONTRACTS)} kept, 0 broken." in done.stdout


def test_the_contracts_still_say_what_the_house_says() -> None:
    layers, *forbidden = CONTRACTS
    assert layers["exhaustive"], "a new room must be given its floor"
    told = [{room.strip() for room in layer.split("|")} for layer in layers["layers"]]
    assert told == list(reversed(FLOORS))
    heavy = {"torch", "transformers", "peft"}
    by_rooms = {
        frozenset(name.removeprefix("practicum.") for name in c["source_modules"]): c
        for c in forbidden
    }
    strict = by_rooms[frozenset({"core", "text", "learn"})]
    assert set(strict["forbidden_modules"]) >= heavy
    assert not strict.get("allow_indirect_imports"), "not even through a friend"
    by_name = by_rooms[frozenset({"measure", "lineage", "rag", "verbs", "tutor", "web", "cli"})]
    assert set(by_name["forbidden_modules"]) >= heavy
    for contract in CONTRACTS:
        assert not contract.get("ignore_imports"), contract["name"]


def test_a_slow_obvious_reading_of_every_import_agrees() -> None:
    wrong = []
    for path in sorted(SOURCE.rglob("*.py")):
        here = room_of(path)
        if here in ("__init__", "__main__", "course"):  # the course is data
            continue
        for module, line in imports(ast.parse(path.read_text("utf-8"))):
            parts = module.split(".")
            if parts[0] != "practicum" or len(parts) < 2:
                continue
            there = parts[1]
            known = any(there in rooms for rooms in FLOORS)
            if known and there != here and floor(there) >= floor(here):
                wrong.append(f"{path.relative_to(SOURCE)}:{line} imports {module}")
    assert wrong == []


@pytest.mark.parametrize(
    ("room", "line"),
    [
        ("core", "def f():\n    from practicum.text import template\n"),
        ("merge", "from practicum.quantize import stage\n"),
        ("text", "def f():\n    import torch\n"),
        ("lineage", "import transformers\n"),
    ],
    ids=["upwards", "a stranger", "torch in text", "transformers in lineage"],
)
def test_an_import_against_the_house_is_caught(tmp_path: Path, room: str, line: str) -> None:
    skip = shutil.ignore_patterns("__pycache__", ".*", "*.txt", "*.jsonl")
    shutil.copytree(SOURCE, tmp_path / "src" / "practicum", ignore=skip)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "src" / "practicum" / room / "intruder.py").write_text(line)
    done = lint(tmp_path)
    assert done.returncode == 1, done.stdout
    assert "intruder" in done.stdout


def test_a_new_room_without_a_floor_is_caught(tmp_path: Path) -> None:
    skip = shutil.ignore_patterns("__pycache__", ".*", "*.txt", "*.jsonl")
    shutil.copytree(SOURCE, tmp_path / "src" / "practicum", ignore=skip)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "src" / "practicum" / "attic").mkdir()
    (tmp_path / "src" / "practicum" / "attic" / "__init__.py").touch()
    done = lint(tmp_path)
    assert done.returncode == 1
    assert "attic" in done.stdout
