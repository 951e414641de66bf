"""`practicum doctor`: what is installed, what is missing, one command to mend it."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

import click

from practicum import verbs
from practicum.cli.options import common
from practicum.core.artifact import canonical_json
from practicum.core.stage import available_threads, stages

NEEDED_GB = 4.0  # one first life: the download, five bf16 models, three GGUF files


@dataclass(frozen=True)
class Check:
    """One finding. `fix` is the command that mends it."""

    name: str
    ok: bool
    found: str
    fix: str = ""


def checks(home: Path) -> list[Check]:
    """Everything that a first life needs, looked at without importing anything heavy."""
    found = [
        Check(
            "python",
            sys.version_info >= (3, 11),
            sys.version.split()[0],
            "install Python 3.11 or newer",
        )
    ]
    for package in (
        "torch",
        "transformers",
        "peft",
        "tokenizers",
        "gguf",
        "xllamacpp",
        "reasoning-gym",
        "scikit-learn",
        "pandas",
        "nltk",
        "fsrs",
    ):
        try:
            found.append(Check(package, True, metadata.version(package)))
        except metadata.PackageNotFoundError:
            found.append(Check(package, False, "missing", f"pip install {package}"))
    has_pip = importlib.util.find_spec("pip") is not None
    found.append(Check("pip", has_pip, "found" if has_pip else "missing", "python -m ensurepip"))
    folder = next(p for p in (home, *home.parents) if p.exists())
    free = shutil.disk_usage(folder).free / 1e9
    found.append(Check("disk", free > NEEDED_GB, f"{free:.0f} GB free at {folder}",
                       "practicum gc, or PRACTICUM_HOME on a larger disk"))  # fmt: skip
    writable = os.access(folder, os.W_OK)
    found.append(Check("store", writable, f"{home}{'' if writable else ' is not writable'}",
                       "export PRACTICUM_HOME=a/folder/of/yours"))  # fmt: skip
    found.append(Check("threads", True, str(available_threads())))
    found.append(Check("bf16", True, _bf16()))
    known = stages()
    found.append(
        Check(
            "stages", len(known) >= 9, ", ".join(known), "pip install --force-reinstall practicum"
        )
    )
    return found


def _bf16() -> str:
    """Whether the processor multiplies bfloat16 itself; Linux says so in a file."""
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return "unknown on this system"
    fast = [f for f in ("amx_bf16", "avx512_bf16") if f in flags]
    return fast[0] if fast else "emulated: training is several times slower here"


@click.command()
@common
def doctor(home: str | None, as_json: bool, quiet: bool, debug: bool) -> None:
    """Check this installation and say what is missing."""
    found = checks(verbs.open_store(home).home)
    if as_json:
        click.echo(canonical_json([asdict(c) for c in found]))
    else:
        for c in found:
            mark = "ok     " if c.ok else "MISSING"
            click.echo(f"{mark}  {c.name:<14} {c.found}" + ("" if c.ok else f"      try: {c.fix}"))
    wrong = [c for c in found if not c.ok]
    if not as_json:
        click.echo("ready   next: practicum life" if not wrong else f"{len(wrong)} things to mend")
    if wrong:
        raise click.exceptions.Exit(1)
