"""What of the disk this home uses, by kind."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# Folder of the home → what it is called; everything else is counted together.
FOLDERS = {
    "work": "scratch of jobs, kept so that they can go on",
    "cache": "downloads and hashes, safe to delete",
    "labs": "your labs",
}


@dataclass(frozen=True)
class Use:
    """A kind of thing in the home: how many, and the bytes that they take here."""

    name: str
    n: int
    size_bytes: int
    note: str = ""


def disk_use(home: Path) -> list[Use]:
    """What is in the home, the largest first; files that are linked from elsewhere take none."""
    sizes: dict[str, list[int]] = {}
    n_linked: dict[str, int] = {}
    for folder in (home / "objects").glob("[!.]*"):
        kind, is_linked = _kind(folder)
        if kind:
            sizes.setdefault(kind, []).append(sum(_sizes(folder)))
            n_linked[kind] = n_linked.get(kind, 0) + is_linked
    found = [Use(kind, len(each), sum(each), f"{n_linked[kind]} linked in place" if n_linked[kind] else "")
             for kind, each in sizes.items()]  # fmt: skip
    for name, label in FOLDERS.items():
        each = list(_sizes(home / name))
        if each:
            found.append(Use(name, len(each), sum(each), label))
    progress = home / "progress.db"
    if progress.is_file():
        found.append(Use("progress", 1, progress.stat().st_size, "everything you did, in one file"))
    return sorted(found, key=lambda use: -use.size_bytes)


def _kind(folder: Path) -> tuple[str, bool]:
    """An artifact's kind and whether its files lie elsewhere, from its manifest only: asking the
    store would read whole models again when their dates have changed."""
    try:
        told = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        return str(told["kind"]), "linked" in told
    except (OSError, ValueError, KeyError, TypeError):
        return "", False


def _sizes(folder: Path) -> Iterator[int]:
    """The sizes of the files below a folder; links are not followed."""
    try:
        entries = list(os.scandir(folder))
    except OSError:  # not there, or gone while we looked
        return
    for entry in entries:
        try:
            if entry.is_dir(follow_symlinks=False):
                yield from _sizes(Path(entry.path))
            elif entry.is_file(follow_symlinks=False):
                yield entry.stat(follow_symlinks=False).st_size
        except OSError:
            continue
