"""Progress: events are only added, and none is lost by a kill, an old file or two windows."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from practicum.core.errors import DataError, PracticumError
from practicum.learn.progress import MIGRATIONS, Progress, _statements

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_an_event_comes_back_as_it_was_added(tmp_path: Path) -> None:
    progress = Progress(tmp_path / "p.db")
    added = progress.add("answer", "F1a", at=NOON, item="F1a.x", right=True, given="ü = 3")
    assert progress.events() == [added]


def test_events_can_neither_be_changed_nor_deleted(tmp_path: Path) -> None:
    progress = Progress(tmp_path / "p.db")
    progress.add("read", "F1a")
    with sqlite3.connect(progress.path) as db:
        for command in ("UPDATE events SET kind = 'x'", "DELETE FROM events"):
            with pytest.raises(sqlite3.IntegrityError, match="only ever added"):
                db.execute(command)


def test_an_unknown_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="unknown kind"):
        Progress(tmp_path / "p.db").add("daydream")


WRITER = """
import sys
from practicum.learn.progress import Progress
progress = Progress(sys.argv[1])
for number in range(int(sys.argv[2])):
    progress.add("answer", "F1a", item=f"F1a.{number}", right=True)
    print(number, flush=True)
"""


def test_a_killed_process_loses_nothing_that_it_had_reported(tmp_path: Path) -> None:
    path = tmp_path / "p.db"
    process = subprocess.Popen([sys.executable, "-c", WRITER, str(path), "100000"],
                               stdout=subprocess.PIPE, text=True)  # fmt: skip
    assert process.stdout is not None
    reported = [process.stdout.readline() for _ in range(25)]
    os.kill(process.pid, signal.SIGKILL)
    reported += process.stdout.readlines()
    process.wait()
    n = len([line for line in reported if line.strip()])
    items = {e.told["item"] for e in Progress(path).events()}
    assert items >= {f"F1a.{i}" for i in range(n)}
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_two_windows_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "p.db"
    windows = [subprocess.Popen([sys.executable, "-c", WRITER, str(path), "40"], stdout=subprocess.DEVNULL)
               for _ in range(2)]  # fmt: skip
    assert [w.wait(60) for w in windows] == [0, 0]
    events = Progress(path).events()
    assert len(events) == 80
    assert len({e.uid for e in events}) == 80


def test_threads_of_one_window_may_add_at_once(tmp_path: Path) -> None:
    progress = Progress(tmp_path / "p.db")
    threads = [threading.Thread(target=lambda: [progress.add("read", "F1a") for _ in range(10)])
               for _ in range(4)]  # fmt: skip
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(progress.events()) == 40


def old_file(path: Path) -> None:
    """A file as the first schema wrote it."""
    with sqlite3.connect(path, isolation_level=None) as db:
        for statement in _statements(MIGRATIONS[0]):
            db.execute(statement)
        db.execute("PRAGMA user_version = 1")
        for number in range(3):
            db.execute("INSERT INTO events (at, kind, concept, told) VALUES (?, ?, ?, ?)",
                       ((NOON + timedelta(days=number)).isoformat(), "read", "F1a", "{}"))  # fmt: skip


def test_a_file_of_an_older_schema_is_brought_up_and_keeps_every_event(tmp_path: Path) -> None:
    path = tmp_path / "p.db"
    old_file(path)
    events = Progress(path).events()
    assert [e.at for e in events] == [NOON + timedelta(days=n) for n in range(3)]
    assert len({e.uid for e in events}) == 3
    assert Progress(path).events() == events, "opening again changes nothing"


def test_two_windows_may_bring_an_old_file_up_at_the_same_time(tmp_path: Path) -> None:
    path = tmp_path / "p.db"
    old_file(path)
    windows = [subprocess.Popen([sys.executable, "-c", WRITER, str(path), "1"], stdout=subprocess.DEVNULL)
               for _ in range(3)]  # fmt: skip
    assert [w.wait(60) for w in windows] == [0, 0, 0]
    assert len(Progress(path).events()) == 6


def test_a_file_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "p.db"
    Progress(path).add("read", "F1a")
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(PracticumError, match="newer version") as told:
        Progress(path)
    assert "pip install --upgrade" in str(told.value)


def test_a_broken_file_is_told_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "p.db"
    path.write_bytes(b"this is not a database, but it is long enough to be taken for one" * 40)
    with pytest.raises(PracticumError, match="import your last export"):
        Progress(path)
    assert path.read_bytes().startswith(b"this is not"), "it is not touched"


def test_the_file_may_be_moved(tmp_path: Path) -> None:
    Progress(tmp_path / "a" / "p.db").add("read", "F1a")
    (tmp_path / "a").rename(tmp_path / "b")
    assert len(Progress(tmp_path / "b" / "p.db").events()) == 1


def test_an_export_can_be_included_elsewhere_and_twice_without_doubling(tmp_path: Path) -> None:
    one, other = Progress(tmp_path / "one.db"), Progress(tmp_path / "other.db")
    one.add("read", "F1a", at=NOON)
    one.add("answer", "F1a", at=NOON, item="F1a.x", right=False, given="−3 %")
    other.add("read", "F1b")
    assert one.export(tmp_path / "out.jsonl") == 2
    assert other.include(tmp_path / "out.jsonl") == 2
    assert other.include(tmp_path / "out.jsonl") == 0
    assert [e for e in other.events() if e.concept == "F1a"] == one.events()


def test_an_export_that_was_cut_off_is_refused_whole(tmp_path: Path) -> None:
    progress = Progress(tmp_path / "p.db")
    for _ in range(3):
        progress.add("read", "F1a")
    out = tmp_path / "out.jsonl"
    progress.export(out)
    lines = out.read_text("utf-8").splitlines()
    out.write_text("\n".join([*lines[:2], lines[2][:20]]), encoding="utf-8")
    other = Progress(tmp_path / "other.db")
    with pytest.raises(DataError) as told:
        other.include(out)
    assert "out.jsonl:3" in str(told.value)
    assert "3 events were exported" in str(told.value)
    assert other.events() == []


def test_a_file_that_is_no_export_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text(json.dumps({"messages": []}), encoding="utf-8")
    with pytest.raises(DataError, match="not an export"):
        Progress(tmp_path / "p.db").include(tmp_path / "x.jsonl")


def open_and_add(path: Path, at: float) -> None:
    while time.time() < at:
        pass
    Progress(path).add("read", "F1a")


def test_windows_that_open_a_new_file_at_the_same_moment_lose_nothing(tmp_path: Path) -> None:
    fork = multiprocessing.get_context("fork")  # a fresh interpreter each would miss the moment
    for trial in range(40):
        path, at = tmp_path / f"{trial}.db", time.time() + 0.03
        windows = [fork.Process(target=open_and_add, args=(path, at)) for _ in range(4)]
        for window in windows:
            window.start()
        for window in windows:
            window.join()
        assert [window.exitcode for window in windows] == [0, 0, 0, 0]
        assert len(Progress(path).events()) == 4
