"""Watching a process and everything it starts: time, memory, number; and ending them all.

Three nets, because a process may slip through each of them. Its group is ended as one. Its family
is remembered from every look, and on Linux the process adopts what detaches itself. What has left
both still carries the mark of this run in its environment.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

LOOK_S = 0.1
CROWD = 100  # more processes and threads on this system than at the last look: see why
# Processes that a lab may start in its life; two workers and a shell are a handful.
MOST_STARTED = 64
MOST_AT_ONCE = MOST_STARTED + 8  # what cannot be counted within, a shell's children, is seen here
MOST_THREADS = 512  # a thread needs no start that is counted, and its stack is no memory yet
SWEEP_S = 10.0  # what forks faster than it is ended gets this long
MARK = "PRACTICUM_LAB"  # the variable by which a run is known
STOPPED = "stopped by you"


class Watch:
    """Ends the process when it takes too long, too much memory or too many others, or is stopped."""

    def __init__(
        self, process: subprocess.Popen[bytes], seconds: float, memory_mb: int, mark: str,
        stop: threading.Event | None = None, what: str = "lab",
    ) -> None:  # fmt: skip
        self.what = what
        self.process, self.seconds, self.memory_mb, self.mark = process, seconds, memory_mb, mark
        self.stop = stop or threading.Event()
        self.peak_mb = 0.0
        self._n_before = _tasks_of_system()
        self._seen: dict[int, Any] = {}

    def until_end(self) -> str:
        """Wait; why the process was ended, "" when it ended by itself."""
        end = time.monotonic() + self.seconds
        while True:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(LOOK_S)
                return ""
            trouble = STOPPED if self.stop.is_set() else self._trouble(end)
            if trouble:
                return trouble

    def _trouble(self, end: float) -> str:
        if time.monotonic() > end:
            return (f"stopped after {self.seconds:g} s, the limit of this {self.what}: "
                    "is there a loop that never ends, or work that could be smaller?")  # fmt: skip
        n_now = _tasks_of_system()
        if n_now <= self._n_before + CROWD:
            return self._trouble_now()
        # A bomb outruns a look that takes its time, and takes the processor too: the lab stands
        # still while it is counted.
        _signal_group(self.process, "SIGSTOP")
        trouble = self._trouble_now()
        if not trouble:  # it was somebody else
            self._n_before = n_now
            _signal_group(self.process, "SIGCONT")
        return trouble

    def _trouble_now(self) -> str:
        family = _family(self.process.pid)
        self._seen |= {other.pid: other for other in family}
        if len(family) > MOST_AT_ONCE:
            return f"stopped at {len(family)} processes; a {self.what} may start {MOST_STARTED}"
        used, n_threads = _use_of(family)
        self.peak_mb = max(self.peak_mb, used)
        if used > self.memory_mb:
            return f"stopped at {used:.0f} MB of memory; this {self.what}'s limit is {self.memory_mb} MB"
        if n_threads > MOST_THREADS:
            return f"stopped at {n_threads} threads; a {self.what} may have {MOST_THREADS}"
        return ""

    def end_all(self) -> None:
        """End the process and whatever it started, in its group, out of it, or on its own."""
        # Its group stands still first: were it ended at once, what has left it would lose its
        # family, and only the mark would find it.
        _signal_group(self.process, "SIGSTOP")
        self._seen |= {other.pid: other for other in _family(self.process.pid)}
        until = time.monotonic() + SWEEP_S
        quiet = 0
        while quiet < 2:  # twice: one may have forked during a sweep
            _signal_group(self.process, "SIGKILL")
            n_ended = sum(_kill(other) for other in self._seen.values())
            self._seen.clear()
            n_ended += _kill_marked(self.mark)
            quiet = 0 if n_ended and time.monotonic() < until else quiet + 1
        self.process.wait()


@contextlib.contextmanager
def hurried() -> Iterator[None]:
    """This thread before all others, where that is allowed: for root, whose bombs no limit holds.

    Start nothing here: it would be before all others too.
    """
    if not sys.platform.startswith("linux"):
        yield
        return
    try:
        policy, before = os.sched_getscheduler(0), os.sched_getparam(0)
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    except OSError:
        yield
        return
    try:
        yield
    finally:
        os.sched_setscheduler(0, policy, before)


def _family(pid: int) -> list[Any]:
    """The process and everything that it started, as psutil sees them now."""
    import psutil

    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.Error:  # it has just ended
        return []


def _tasks_of_system() -> int:
    """Processes and threads of the whole system, from one short read; 0 where it is not told."""
    try:
        return int(Path("/proc/loadavg").read_text("ascii").split()[3].partition("/")[2])
    except (OSError, ValueError, IndexError):
        return 0


def _use_of(family: list[Any]) -> tuple[float, int]:
    """Megabytes and threads of a whole family: a lab that forks hides neither in its children."""
    import psutil

    memory, n_threads = 0.0, 0
    for process in family:
        with contextlib.suppress(psutil.Error):
            memory += float(process.memory_info().rss) / 2**20
            n_threads += process.num_threads()
    return memory, n_threads


def _kill(process: Any) -> bool:
    """End it; False when it had ended. psutil knows a process from a later one of the same number."""
    import psutil

    try:
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        process.kill()
        return True
    except psutil.Error:
        return False


def _kill_marked(mark: str) -> int:
    """End every process whose environment carries this mark; how many there were."""
    if Path("/proc/self/environ").exists():
        return _kill_marked_fast(f"{MARK}={mark}".encode())
    import psutil

    n_ended = 0
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.environ().get(MARK) == mark:
                n_ended += _kill(process)
    return n_ended


def _kill_marked_fast(mark: bytes) -> int:
    """The same where /proc tells: ten times as many looks a second, each followed by the blow."""
    n_ended = 0
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError):  # it ended, or is another user's
                if mark in Path(f"/proc/{name}/environ").read_bytes():
                    os.kill(int(name), signal.SIGKILL)
                    n_ended += 1
    return n_ended


def _signal_group(process: subprocess.Popen[bytes], name: str) -> None:
    if sys.platform == "win32":  # no process groups there, and nothing that stops for a while
        if name == "SIGKILL":
            process.kill()
        return
    # The leader is not waited for yet, or was just now: its number is not another's so soon.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, getattr(signal, name))
