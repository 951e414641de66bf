"""What a learner did: one SQLite file of events that are only ever added.

Everything shown (mastery, due reviews, the certificate) is a fold over these events. They name
concepts by id, labs by id and slug, and items by key: a renamed chapter loses nothing. Several
windows may write at once; a killed process loses nothing that was reported done.
"""

from __future__ import annotations

import json
import os
import sqlite3
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from practicum.core.errors import Complaint, DataError, PracticumError

FORMAT = "practicum-progress-1"
EARLIEST, CLOCKS_DIFFER = datetime(2020, 1, 1, tzinfo=UTC), timedelta(days=1)
# What the fold and the pages read of each kind: an imported event without it would break them.
NEEDED: dict[str, dict[str, type]] = {
    "read": {},
    "answer": {"item": str, "right": bool},
    "lab": {"lab": str},
    "hint": {"lab": str, "task": str, "number": int},
    "solution": {"lab": str},
    "testout": {"passed": bool, "concepts": list},
    "setting": {},
}

# One step per schema version; a step is never changed once it has been released.
MIGRATIONS = (
    """
    CREATE TABLE events (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        at TEXT NOT NULL,          -- UTC, ISO 8601
        kind TEXT NOT NULL,
        concept TEXT NOT NULL,     -- id of the roadmap, "" when of none
        told TEXT NOT NULL         -- JSON object
    );
    """,
    """
    ALTER TABLE events ADD COLUMN uid TEXT;
    UPDATE events SET uid = lower(hex(randomblob(16))) WHERE uid IS NULL;
    CREATE UNIQUE INDEX events_uid ON events (uid);
    CREATE TRIGGER events_stay BEFORE UPDATE ON events
        BEGIN SELECT RAISE(ABORT, 'events are only ever added'); END;
    CREATE TRIGGER events_remain BEFORE DELETE ON events
        BEGIN SELECT RAISE(ABORT, 'events are only ever added'); END;
    """,
)


@dataclass(frozen=True)
class Event:
    """One thing that happened. `told` depends on the kind:

    read      {}
    answer    item, seed, given, right, seconds, in ("quiz", "review" or "testout")
    lab       lab, passed (tasks), n (all tasks), all (whether everything passed), script (sha256)
    hint      lab, task, number
    solution  lab, surrendered (shown before a pass)
    testout   passed, concepts (ids that are known by it)
    setting   any value by its name
    """

    at: datetime
    kind: str
    concept: str
    told: Mapping[str, Any]
    uid: str


class Progress:
    """The file of one learner."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._open() as db:
            self._migrate(db)

    def add(
        self, kind: str, concept: str = "", *, at: datetime | None = None, **told: Any
    ) -> Event:
        """Append one event; when this returns, it is on the disk."""
        if kind not in NEEDED:
            raise ValueError(f"unknown kind of event: {kind}")
        event = Event(at or datetime.now(UTC), kind, concept, told, uuid.uuid4().hex)
        self._insert([event])
        return event

    def events(self) -> list[Event]:
        """Every event, oldest first."""
        with self._open() as db:
            rows = db.execute("SELECT at, kind, concept, told, uid FROM events ORDER BY at, seq")
            return [Event(datetime.fromisoformat(at), kind, concept, json.loads(told), uid)
                    for at, kind, concept, told, uid in rows]  # fmt: skip

    def export(self, path: Path) -> int:
        """Write all events as JSON lines; the number of events."""
        events = self.events()
        scratch = path.with_name(f"{path.name}.{os.getpid()}.part")
        scratch.write_text(exported(events), encoding="utf-8")
        scratch.replace(path)
        return len(events)

    def include(self, path: Path) -> int:
        """Add the events of an export that are not here yet; the number added.

        Raises  DataError with every line that cannot be read; nothing is added then.
        """
        return self._insert(read_export(path))

    def include_text(self, text: str, name: str) -> int:
        """The same for an export that is at hand as text; `name` is what complaints call it."""
        return self._insert(parse_export(text, name))

    def _insert(self, events: Iterable[Event]) -> int:
        rows = [(e.at.astimezone(UTC).isoformat(), e.kind, e.concept,
                 json.dumps(dict(e.told), ensure_ascii=False), e.uid) for e in events]  # fmt: skip
        with self._open() as db:
            before = db.total_changes
            db.execute("BEGIN IMMEDIATE")
            db.executemany(
                "INSERT OR IGNORE INTO events (at, kind, concept, told, uid) VALUES (?, ?, ?, ?, ?)",
                rows,
            )
            db.execute("COMMIT")
            return db.total_changes - before

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            db = sqlite3.connect(self.path, timeout=30, isolation_level=None)
        except sqlite3.OperationalError as error:
            raise PracticumError(
                Complaint(f"cannot be opened: {error}", where=str(self.path))
            ) from error
        try:
            # Not WAL: entering and leaving it cannot wait for another window ("database is locked"
            # at once), and the file would have companions that a copy of it forgets. EXTRA: an
            # answer that was graded survives a power cut.
            db.execute("PRAGMA synchronous = EXTRA")
            yield db
        except sqlite3.DatabaseError as error:
            raise PracticumError(Complaint(
                f"the progress file cannot be used: {error}", where=str(self.path),
                hint="keep a copy of it, move it away and import your last export")) from error  # fmt: skip
        finally:
            db.close()

    def _migrate(self, db: sqlite3.Connection) -> None:
        (version,) = db.execute("PRAGMA user_version").fetchone()
        if version == len(MIGRATIONS):
            return
        if version > len(MIGRATIONS):
            raise PracticumError(Complaint(
                f"was written by a newer version (schema {version}, known: {len(MIGRATIONS)})",
                where=str(self.path), hint="pip install --upgrade practicum"))  # fmt: skip
        db.execute("BEGIN IMMEDIATE")  # another window may be at the same step
        (version,) = db.execute("PRAGMA user_version").fetchone()
        for number, step in enumerate(MIGRATIONS[version:], start=version + 1):
            for statement in _statements(step):
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {number}")
        db.execute("COMMIT")


def exported(events: Sequence[Event]) -> str:
    """These events as an export: JSON lines, the first of which says how many follow."""
    lines = [json.dumps({"format": FORMAT, "n": len(events)})]
    lines += [json.dumps(_plain(event), ensure_ascii=False, sort_keys=True) for event in events]
    return "\n".join(lines) + "\n"


def read_export(path: Path) -> list[Event]:
    """The events of an exported file.  Raises DataError with every line that cannot be read."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise DataError(Complaint(f"is not an export of progress: {error}", str(path))) from None
    return parse_export(text, str(path))


def parse_export(text: str, name: str) -> list[Event]:
    """The events of an export.  Raises DataError with every line that cannot be read.

    What is added can never be taken away, so an event that no page could read is refused here.
    """
    lines = text.removesuffix("\n").split("\n")  # splitlines would end one at U+2028 too
    n = _announced(lines[0])
    if n is None:
        raise DataError(Complaint(f"is not an export of progress ({FORMAT})", where=f"{name}:1"))
    latest = datetime.now(UTC) + CLOCKS_DIFFER
    events, complaints = [], []
    for number, line in enumerate(lines[1:], start=2):
        try:
            events.append(_event(json.loads(line), latest))
        except (KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
            lacks = "lacks " if isinstance(error, KeyError) else ""
            complaints.append(
                Complaint(f"cannot be read: {lacks}{error}", where=f"{name}:{number}")
            )
    if len(lines) - 1 < n:
        complaints.append(Complaint(f"{n} events were exported, {len(lines) - 1} are here",
                                    where=f"{name}:{len(lines)}"))  # fmt: skip
    if complaints:
        raise DataError(*complaints)
    return events


def _announced(line: str) -> int | None:
    """How many events an export says it has; None when it is none."""
    try:
        head = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(head, dict) or head.get("format") != FORMAT:
        return None
    n = head.get("n")
    return n if isinstance(n, int) else None


def _event(told: Any, latest: datetime) -> Event:
    """An event as an export tells it.  Raises ValueError, KeyError or TypeError for any other."""
    if not isinstance(told, dict) or not isinstance(told["told"], dict):
        raise TypeError("it is not an event")
    at = datetime.fromisoformat(told["at"]).astimezone(UTC)
    if not EARLIEST <= at <= latest:
        raise ValueError(f"it would have happened in {at:%Y-%m-%d}")
    if told["kind"] not in NEEDED:
        raise ValueError(f"the kind '{told['kind']}' is unknown")
    for place, name, kind in (
        (told, "concept", str),
        (told, "uid", str),
        *((told["told"], name, kind) for name, kind in NEEDED[told["kind"]].items()),
    ):
        if not isinstance(place[name], kind):
            raise TypeError(f"{name} is {json.dumps(place[name])[:40]}")
    if not all(isinstance(c, str) for c in told["told"].get("concepts", ())):
        raise TypeError("concepts are not names")
    json.dumps(told, ensure_ascii=False).encode()  # half a character cannot be kept
    return Event(at, told["kind"], told["concept"], told["told"], told["uid"])


def _plain(event: Event) -> dict[str, Any]:
    return {"at": event.at.isoformat(), "kind": event.kind, "concept": event.concept,
            "told": dict(event.told), "uid": event.uid}  # fmt: skip


def _statements(script: str) -> Iterator[str]:
    """The statements of a script; a trigger's body holds semicolons of its own."""
    pending = ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""
