"""A file of rows that only grows: what is in it survives a kill at any moment."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock

from practicum.core.artifact import sync_folder


class Ledger:
    """Rows as JSON lines. A line that a kill cut in two is no row, and the next begins behind it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = FileLock(path.with_name(f"{path.name}.lock"))

    @contextmanager
    def held(self) -> Iterator[None]:
        """Nobody else adds a row within the block: what was read there is still true."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._lock:
            yield

    def add(self, *rows: Mapping[str, Any]) -> None:
        """Put rows at the end; when this returns, they are on the disk."""
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        with self.held():
            is_new = not self.path.exists()
            with self.path.open("ab+") as stream:
                if stream.seek(0, os.SEEK_END):
                    stream.seek(-1, os.SEEK_END)
                    if stream.read(1) != b"\n":  # a writer was killed here
                        text = "\n" + text
                stream.write(text.encode())
                stream.flush()
                os.fsync(stream.fileno())
            if is_new:
                sync_folder(self.path.parent)

    def rows(self) -> list[dict[str, Any]]:
        """Every whole row, oldest first."""
        if not self.path.is_file():
            return []
        found = []
        for line in self.path.read_bytes().split(b"\n"):
            try:
                row = json.loads(line)
            except ValueError:  # torn, or the empty end
                continue
            if isinstance(row, dict):
                found.append(row)
        return found
