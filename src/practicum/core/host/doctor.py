"""What is installed, what is missing, and the one command that mends it."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from practicum.core.stage import available_threads, stages

NEEDED_GB = 4.0  # one first life: the download, five bf16 models, three GGUF files
N_STAGES = 9  # that the package itself brings
PACKAGES = (
    "torch", "transformers", "peft", "tokenizers", "gguf", "xllamacpp", "reasoning-gym", "scikit-learn",
    "pandas", "nltk", "fsrs", "fastapi", "uvicorn", "bm25s", "onnxruntime",
)  # fmt: skip


@dataclass(frozen=True)
class Check:
    """One finding. `fix` is the command that mends it."""

    name: str
    ok: bool
    found: str
    fix: str = ""


def checks(home: Path) -> list[Check]:
    """Everything that course and tools need, looked at without importing anything heavy."""
    version = sys.version.split()[0]
    return [
        Check("python", sys.version_info >= (3, 11), version, "install Python 3.11 or newer"),
        *(_package(name) for name in PACKAGES),
        _pip(),
        *_room(home),
        Check("threads", True, str(available_threads())),
        Check("bf16", True, _bf16()),
        _stages(),
    ]


def _package(name: str) -> Check:
    try:
        return Check(name, True, metadata.version(name))
    except metadata.PackageNotFoundError:
        return Check(name, False, "missing", f"pip install {name}")


def _pip() -> Check:
    has_pip = importlib.util.find_spec("pip") is not None
    return Check("pip", has_pip, "found" if has_pip else "missing", "python -m ensurepip")


def _room(home: Path) -> list[Check]:
    """Whether there is room for models, and whether it may be written to."""
    folder = next(p for p in (home, *home.parents) if p.exists())
    free = shutil.disk_usage(folder).free / 1e9
    writable = os.access(folder, os.W_OK)
    return [
        Check("disk", free > NEEDED_GB, f"{free:.0f} GB free at {folder}",
              "practicum gc, or PRACTICUM_HOME on a larger disk"),
        Check("store", writable, f"{home}{'' if writable else ' is not writable'}",
              "export PRACTICUM_HOME=a/folder/of/yours"),
    ]  # fmt: skip


def _bf16() -> str:
    """Whether the processor multiplies bfloat16 itself; Linux says so in a file."""
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return "unknown on this system"
    fast = [f for f in ("amx_bf16", "avx512_bf16") if f in flags]
    return fast[0] if fast else "emulated: training is several times slower here"


def _stages() -> Check:
    known = stages()
    again = "pip install --force-reinstall practicum"
    return Check("stages", len(known) >= N_STAGES, ", ".join(known), again)
