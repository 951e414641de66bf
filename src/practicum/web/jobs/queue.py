"""The queue: jobs on the disk, one worker process at a time, in the order of their places.

Any number of studios may share a home: one holds the lock and does the work; the others see the
same jobs, add to them and stop them through the same files.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from filelock import FileLock, Timeout

from practicum.core.errors import Complaint, PracticumError, UnknownReference
from practicum.web.jobs.job import (
    ID_PATTERN,
    Intent,
    Job,
    Standing,
    State,
    create,
    read,
    write_standing,
)
from practicum.web.jobs.story import last_end
from practicum.web.jobs.worker import GRACE_S

WORKER = (sys.executable, "-m", "practicum.web.jobs.worker")
LOOK_S = 0.5  # how often jobs that another studio added are looked for
LOG_BYTES = 1 << 20  # what is kept of a worker's output
OVER: tuple[State, ...] = ("done", "failed", "stopped")


class Queue:
    """The jobs of one home."""

    def __init__(self, home: Path, worker: Sequence[str] = WORKER) -> None:
        self.folder = Path(home) / "jobs"
        self._worker = tuple(worker)
        self._stopping = threading.Event()
        self._bell = threading.Event()  # rings when there may be something to do
        self._thread: threading.Thread | None = None
        self._seen: dict[str, tuple[tuple[int, int], Job]] = {}

    # -- looking -----------------------------------------------------------------------------

    def jobs(self, states: Collection[str] = ()) -> list[Job]:
        """Those in these states, or all: running, then queued in order, then the newest first."""
        found = [self._read(path.parent) for path in self.folder.glob("job-*/job.json")]
        chosen = [job for job in found if job and (not states or job.state in states)]
        return sorted(chosen, key=_order)

    def job(self, job_id: str) -> Job:
        """The job of that id.  Raises UnknownReference when there is none."""
        job = self._read(self.folder / job_id) if ID_PATTERN.fullmatch(job_id) else None
        if job is None:
            raise UnknownReference(f"there is no job '{job_id}'", hint="/runs lists them")
        return job

    def _read(self, folder: Path) -> Job | None:
        """The job in a folder, read again only when its state was replaced."""
        try:
            found = (folder / "state.json").stat()
            seal = (found.st_mtime_ns, found.st_ino)
            known = self._seen.get(folder.name)
            if known is None or known[0] != seal:
                known = self._seen[folder.name] = (seal, read(folder))
            return known[1]
        except (OSError, UnknownReference):  # it is being removed
            return None

    # -- asking ------------------------------------------------------------------------------

    def add(self, intent: Intent) -> Job:
        """Put a job at the end of the queue."""
        job = create(self.folder, intent)
        self._bell.set()
        return job

    def cancel(self, job_id: str) -> None:
        """Stop it: at once when it waits, as soon as its worker can when it runs."""
        with self._lock():
            job = self.job(job_id)
            if job.state == "queued":
                self._put(job, state="stopped")
            elif job.state == "running":
                (job.folder / "stop").touch()

    def resume(self, job_id: str) -> None:
        """Queue again what was stopped or failed; it goes on where it was."""
        with self._lock():
            job = self.job(job_id)
            if job.state not in ("stopped", "failed"):
                raise PracticumError(f"the job is {job.state}; only what has stopped can go on")
            self._put(job, state="queued", place=time.time(), complaints=())
        self._bell.set()

    def to_front(self, job_id: str) -> None:
        """Let it be the next."""
        with self._lock():
            job = self.job(job_id)
            first = min((j.standing.place for j in self.jobs(("queued", "running"))), default=0.0)
            self._put(job, place=first - 1)

    def remove(self, job_id: str) -> None:
        """Forget a job that is not running; what it made stays in the store."""
        with self._lock():
            job = self.job(job_id)
            if job.state == "running":
                raise PracticumError("the job is running", hint="stop it first")
            (job.folder / "job.json").unlink()  # from here on it is none
            shutil.rmtree(job.folder, ignore_errors=True)

    def _lock(self) -> FileLock:
        self.folder.mkdir(parents=True, exist_ok=True)
        return FileLock(self.folder / "states.lock")

    def _put(self, job: Job, **changes: object) -> Job:
        changed: Standing = replace(job.standing, **{"since_unix_s": time.time(), **changes})  # type: ignore[arg-type]
        return write_standing(job, changed)

    # -- working -----------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to work; harmless when it works already."""
        if self._thread is None:
            self._stopping.clear()
            self._thread = threading.Thread(target=self._serve, name="queue", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Stop working; what was running is queued again and goes on at the next start."""
        self._stopping.set()
        self._bell.set()
        if self._thread is not None:
            self._thread.join(GRACE_S + 5)
            self._thread = None

    def _serve(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        owner = FileLock(self.folder / "owner.lock", thread_local=False)
        while not self._stopping.is_set():
            try:
                owner.acquire(timeout=0)
                break
            except Timeout:  # another studio works on this home; it may end before us
                self._stopping.wait(LOOK_S)
        else:
            return
        try:
            self._recover()
            while not self._stopping.is_set():
                self._bell.clear()
                waiting = self.jobs(("queued",))
                if waiting:
                    self._work(waiting[0].id)
                else:
                    self._bell.wait(LOOK_S)
        finally:
            owner.release()

    def _recover(self) -> None:
        """What a studio that died was doing waits again, where it was in the queue."""
        with self._lock():
            for job in self.jobs(("running",)):
                self._put(job, state="stopped" if job.is_stopping else "queued")

    def _work(self, job_id: str) -> None:
        with self._lock():
            job = self._read(self.folder / job_id)
            if job is None or job.state != "queued":  # cancelled or removed meanwhile
                return
            (job.folder / "stop").unlink(missing_ok=True)
            job = self._put(job, state="running", attempt=job.standing.attempt + 1)
        code = self._attend(job)
        end = last_end(job.folder, job.standing.attempt) or {}
        with self._lock():
            if end.get("state") == "done":
                self._put(job, state="done", made=end["made"])
            elif (job.folder / "stop").exists():
                self._put(job, state="stopped")
            elif self._stopping.is_set() and end.get("state") != "failed":
                self._put(job, state="queued")
            else:
                self._put(job, state="failed", complaints=_complaints(end, code))
            (job.folder / "stop").unlink(missing_ok=True)

    def _attend(self, job: Job) -> int:
        """Run the job's worker to its end; its exit code."""
        log = job.folder / "log.txt"
        with log.open("ab") as output:
            worker = subprocess.Popen(
                [*self._worker, str(job.folder)], stdin=subprocess.PIPE, stdout=output,
                stderr=output, start_new_session=True,
            )  # fmt: skip
        assert worker.stdin is not None
        asked: float | None = None
        while (code := worker.poll()) is None:
            time.sleep(0.1)
            if asked is None and (self._stopping.is_set() or (job.folder / "stop").exists()):
                worker.stdin.close()  # that is how it is asked
                asked = time.monotonic()
            if asked is not None and time.monotonic() - asked > GRACE_S:
                _kill(worker)
            _keep_short(log)
        worker.stdin.close()
        return code


def _order(job: Job) -> tuple[int, float]:
    now = job.standing
    if job.state == "running":
        return 0, 0.0
    return (1, now.place) if job.state == "queued" else (2, -now.since_unix_s)


def _complaints(end: dict[str, object], code: int) -> tuple[Complaint, ...]:
    told = end.get("complaints")
    if isinstance(told, list) and told:
        return tuple(Complaint(**c) for c in told)
    if code == -9:  # SIGKILL, which nobody of ours sent
        return (Complaint("the system killed the worker, most likely for want of memory",
                          hint="smaller settings, or close other programs, and resume"),)  # fmt: skip
    return (Complaint(f"the worker ended without a word (code {code})", hint="the log below"),)


def _kill(worker: subprocess.Popen[bytes]) -> None:
    """End the worker and what it started: they have a session of their own."""
    if hasattr(os, "killpg"):
        try:
            os.killpg(worker.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass  # it ended at this very moment
    else:
        worker.kill()


def _keep_short(log: Path) -> None:
    """Halve a log that has grown too long; it is appended to, so the writer goes on at its end."""
    if log.stat().st_size > LOG_BYTES:
        with log.open("rb+") as stream:
            stream.seek(-LOG_BYTES // 2, os.SEEK_END)
            kept = stream.read()
            stream.seek(0)
            stream.write(b"(the beginning was left out)\n" + kept)
            stream.truncate()
