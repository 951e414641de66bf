"""Help is there at once, and torch is imported only where it is needed."""

from __future__ import annotations

import pkgutil
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest

import practicum

LIGHT = ("core", "text", "measure", "lineage", "learn", "rag", "verbs", "tutor", "web", "cli")
HEAVY = {"torch", "transformers", "peft", "numpy", "pydantic", "rich", "scipy", "matplotlib",
         "tokenizers", "safetensors", "gguf", "yaml", "huggingface_hub"}  # fmt: skip
EXTRAS = {"practicum.infer.lm_eval_model": "lm_eval"}  # a module that obeys a package of an extra
NAMES = sorted(m.name for m in pkgutil.walk_packages(practicum.__path__, "practicum."))


def python(code: str) -> str:
    """What a fresh process prints."""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def imported_after(code: str) -> set[str]:
    """The top-level modules that a fresh process has imported after that code."""
    out = python(f"{code}\nimport sys; print('\\nIMPORTED', *sys.modules)")
    names = out.rsplit("IMPORTED ", 1)[1].split()
    return {name.split(".")[0] for name in names}


HELP = "from practicum.cli.main import main\nmain(['--help'])"


def test_help_imports_nothing_heavy() -> None:
    assert imported_after(HELP) & HEAVY == set()


def test_importing_the_package_imports_nothing_heavy() -> None:
    assert imported_after("import practicum as pr; pr.__version__") & HEAVY == set()


def test_help_takes_less_than_three_tenths_of_a_second() -> None:
    program = Path(sys.executable).with_name("practicum")
    times = []
    for _ in range(5):  # the best of five: another job on the machine must not fail the law
        begun = time.perf_counter()
        subprocess.run([str(program), "--help"], capture_output=True, check=True)
        times.append(time.perf_counter() - begun)
    assert min(times) < 0.3, times


@pytest.mark.parametrize("room", LIGHT)
def test_a_light_room_imports_no_torch(room: str) -> None:
    names = [n for n in NAMES if n == f"practicum.{room}" or n.startswith(f"practicum.{room}.")]
    assert names
    lines = [f"import importlib; importlib.import_module({name!r})" for name in names]
    assert imported_after("\n".join(lines)) & {"torch", "transformers", "peft"} == set()


def test_every_module_imports_in_a_fresh_process() -> None:
    names = [n for n in NAMES if n not in EXTRAS or find_spec(EXTRAS[n])]
    lines = [f"importlib.import_module({name!r})" for name in names]
    assert len(names) > 50
    python("import importlib\n" + "\n".join(lines))
