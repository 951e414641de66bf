"""Somebody's own rows: read in their format, told how, and split."""

from __future__ import annotations

import random
from typing import Any

from practicum.core.artifact import Artifact
from practicum.core.messages import read_rows
from practicum.core.rows.formats import FORMATS, form_of_file, told_as
from practicum.core.rows.lines import SUFFIXES


def _named(rows: Artifact) -> str | None:
    """The format that all files are in; None where each file shows its own."""
    form = rows.meta.get("format")
    return form if form in FORMATS else None


def told(rows: Artifact | None) -> tuple[str, ...]:
    """How each file is read, a sentence each."""
    if rows is None:
        return ()
    paths = [rows.path(name) for name in rows.files if name.endswith(SUFFIXES)]
    forms = [(path, _named(rows) or form_of_file(path)) for path in paths]
    return tuple(f"{path.name} {told_as(path, form)}." for path, form in forms if form)


def read_own(rows: Artifact, row_type: type[Any]) -> list[Any]:
    """The conversations or pairs of all files."""
    form = _named(rows)
    return [row for name in rows.files for row in read_rows(rows.path(name), row_type, form)]


def own_splits(rows: list[Any], shares: tuple[float, float], seed: int) -> dict[str, list[Any]]:
    """The rows, shuffled and split; the shares are those of validation and test."""
    rows = list(rows)
    random.Random(seed).shuffle(rows)
    n_test = round(len(rows) * shares[1])
    n_validation = round(len(rows) * shares[0])
    return {
        "test": rows[:n_test],
        "validation": rows[n_test : n_test + n_validation],
        "train": rows[n_test + n_validation :],
    }
