"""A lab as a notebook, for Jupyter and Colab, with the same checks in its last cell."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from practicum.learn.labs import bench, run
from practicum.learn.labs.lab import OWN, Lab
from practicum.learn.learner import Learner

INSTALL = """\
# Needed once on Colab, or wherever practicum is not installed yet.
import importlib.util

if importlib.util.find_spec("practicum") is None:
    %pip install --quiet practicum"""
DATA = """\
# The lab's data files, where this notebook was opened without them.
from practicum.learn.notebook import bring_data

bring_data({name!r})"""
CHECK = """\
from practicum.learn.notebook import check

check({name!r}, globals())"""


def as_notebook(lab: Lab, script: Path) -> str:
    """The notebook of a lab's script, as JSON: what it needs first, the checks last."""
    import jupytext
    from nbformat.v4 import new_code_cell

    notebook = jupytext.reads(script.read_text(encoding="utf-8"), fmt="py:percent")
    name = f"{lab.concept}/{lab.slug}"
    first = [INSTALL] + ([DATA.format(name=name)] if data_files(lab) else [])
    cells = [new_code_cell(text) for text in first]
    notebook.cells = [*cells, *notebook.cells, new_code_cell(CHECK.format(name=name))]
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"  # not random: the same lab is the same notebook
    notebook.metadata["kernelspec"] = {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def data_files(lab: Lab) -> list[Path]:
    """The files that a lab reads."""
    return sorted(p for p in lab.folder.iterdir() if p.is_file() and p.name not in OWN)


def bring_data(name: str) -> None:
    """Copy a lab's data files into the folder that the notebook runs in."""
    _, lab = Learner().find_lab(name)
    for path in data_files(lab):
        if not Path(path.name).exists():
            Path(path.name).write_bytes(path.read_bytes())


def check(name: str, names: Mapping[str, Any]) -> None:
    """Run a lab's checks on a notebook's names, print how each went, and remember it."""
    learner = Learner()
    concept, lab = learner.find_lab(name)
    events: list[dict[str, Any]] = []
    bench.check(lab.folder / "checks.py", [t.name for t in lab.tasks], dict(names), Path("notebook"),
                lambda **said: events.append(said))  # fmt: skip
    outcome = run.outcome_of(lab, [*events, {"event": "end", "peak_mb": 0.0}], "", "", 0, 0.0)
    for verdict in outcome.verdicts:
        mark = "✓" if verdict.passed else "·" if verdict.is_open else "✗"
        print(mark, lab.task(verdict.task).says, "" if verdict.passed else f"\n    {verdict.why}")  # noqa: T201
    learner.progress.add("lab", concept.id, lab=lab.slug, all=outcome.passed, n=len(outcome.verdicts),
                         passed=[v.task for v in outcome.verdicts if v.passed], notebook=True)  # fmt: skip
