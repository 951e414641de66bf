"""What a worker tells, as lines of a file: written few times a second, read from any place."""

from __future__ import annotations

import json
import math
import threading
import time
from pathlib import Path
from typing import Any

from practicum.core.events import Event, Finished, Measured, Note, Progress, Started

EVERY_S = 0.2  # bars that move more often than that are not seen
FILE = "events.jsonl"


class Teller:
    """A listener that writes events down, and interrupts the work between two of them when it
    was asked to stop."""

    def __init__(self, folder: Path) -> None:
        path = folder / FILE
        is_torn = path.is_file() and not path.read_bytes().endswith(b"\n")
        self._file = path.open("a", encoding="utf-8")
        if is_torn and path.stat().st_size:  # a kill tore the last line
            self._file.write("\n")
        self.stop = threading.Event()
        self._written = 0.0
        self._progress: dict[str, Any] | None = None
        self._points: dict[tuple[str, str], list[tuple[float, float]]] = {}

    def __call__(self, event: Event) -> None:
        """Write the event down, now or with the next ones."""
        if isinstance(event, Measured):
            if math.isfinite(event.value):  # JSON has no word for the rest
                self._points.setdefault((event.step, event.name), []).append(
                    (event.at, event.value)
                )
        elif isinstance(event, Progress):
            self._progress = {"kind": "progress", **vars(event)}
            if time.monotonic() - self._written >= EVERY_S:
                self.flush()
            # Only here: between two units of work everything computed so far can be kept.
            if self.stop.is_set():
                raise KeyboardInterrupt
        elif isinstance(event, (Started, Note, Finished)):
            self.tell(type(event).__name__.lower(), **vars(event))

    def tell(self, kind: str, **values: Any) -> None:
        """Write one line, after what was held back."""
        self.flush()
        self._write({"kind": kind, **values})

    def flush(self) -> None:
        """Write what was held back."""
        for (step, name), points in self._points.items():
            self._write({"kind": "points", "step": step, "name": name, "points": points})
        self._points = {}
        if self._progress:
            self._write(self._progress)
            self._progress = None
        self._written = time.monotonic()

    def _write(self, value: dict[str, Any]) -> None:
        line = json.dumps({"t": round(time.time(), 2), **value}, ensure_ascii=False)
        self._file.write(line + "\n")
        self._file.flush()


def told(folder: Path, start: int = 0) -> tuple[list[dict[str, Any]], int]:
    """What was told from that byte on, and the byte to go on from; torn lines are skipped."""
    try:
        with (folder / FILE).open("rb") as stream:
            stream.seek(start)
            data = stream.read()
    except FileNotFoundError:
        return [], start
    whole = data[: data.rfind(b"\n") + 1]
    found = []
    for line in whole.splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return found, start + len(whole)


def last_end(folder: Path, attempt: int) -> dict[str, Any] | None:
    """How that attempt ended in its worker's own words; None when it ended without a word."""
    ends = [e for e in told(folder)[0] if e["kind"] == "end" and e.get("attempt") == attempt]
    return ends[-1] if ends else None


def near_end(folder: Path, n_bytes: int = 4096) -> int:
    """Where the last few lines begin, for those who only want to know how far it is."""
    path = folder / FILE
    size = path.stat().st_size if path.is_file() else 0
    if size <= n_bytes:
        return 0
    with path.open("rb") as stream:
        stream.seek(size - n_bytes)
        return size - n_bytes + len(stream.readline())
