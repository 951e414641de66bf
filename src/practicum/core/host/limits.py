"""What a process puts upon itself before it runs code that others wrote.

Limits of the operating system where it has them, and hooks of the interpreter. A hook stops
mistakes and whatever does not look for a way around it; it is no wall against an attacker.
"""

from __future__ import annotations

import mmap
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

Hook = Callable[[str, tuple[Any, ...]], None]
STARTS = ("os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system", "subprocess.Popen")
ROOM_FOR_TASKS = 512  # processes and threads: a watch ends a lab long before
# What changes something at the path of its first argument, and what moves to that of its second.
CHANGES = ("os.remove", "os.rmdir", "os.mkdir", "os.chmod", "os.chown", "os.truncate", "os.utime",
           "os.rename", "os.link", "os.symlink", "os.setxattr", "os.removexattr")  # fmt: skip
FORBIDDEN = (
    *STARTS,
    "os.exec",
    "os.kill",
    "os.killpg",
    "os.startfile",
    "pty.spawn",
    "signal.pthread_kill",
)
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def limit(data_mb: int, seconds: float, *, file_mb: int) -> None:
    """Have the operating system enforce data, processor time and file size, beside any watch."""
    try:
        import resource
    except ImportError:  # not on Windows: there the parent's watch must do
        return
    room, file = data_mb << 20, file_mb << 20
    try:
        resource.setrlimit(resource.RLIMIT_DATA, (room, room))
        resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 5, int(seconds) + 10))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (file, file))
    except (ValueError, OSError):  # a stricter limit is set already
        pass


def limit_number() -> None:
    """Bound the processes and threads that this user may have, beside those that are there.

    The number counts for all of a user's processes, those in other containers too, and not for
    root. Where it would leave a lab no thread of its own, the watch alone must do.
    """
    try:
        import resource

        there = sum(
            len(list(Path(entry, "task").iterdir()))
            for entry in Path("/proc").glob("[0-9]*")
            if _is_mine(entry)
        )
        soft, hard = resource.getrlimit(resource.RLIMIT_NPROC)
        wanted = there + ROOM_FOR_TASKS
        if not there or (hard != resource.RLIM_INFINITY and wanted > hard):
            return
        resource.setrlimit(resource.RLIMIT_NPROC, (wanted, hard))
        try:
            probe = threading.Thread(target=int)
            probe.start()
            probe.join()
        except RuntimeError:
            resource.setrlimit(resource.RLIMIT_NPROC, (soft, hard))
            return
        resource.setrlimit(resource.RLIMIT_NPROC, (wanted, wanted))
    except (ImportError, AttributeError, ValueError, OSError):
        return


def _is_mine(entry: Path) -> bool:
    try:
        return entry.stat().st_uid == os.getuid()
    except OSError:  # it has just ended
        return False


def keep_family_together() -> None:
    """On Linux: adopt what detaches itself, and end when the parent does."""
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    pr_set_pdeathsig, pr_set_child_subreaper = 1, 36  # linux/prctl.h
    try:
        c = ctypes.CDLL(None)
        c.prctl(pr_set_child_subreaper, 1, 0, 0, 0)
        c.prctl(pr_set_pdeathsig, int(signal.SIGKILL), 0, 0, 0)
    except (OSError, AttributeError):  # no C library to be had: the mark must do
        pass


def counting_starts() -> Hook:
    """A hook that counts what is started, in memory that all forked children share."""
    from practicum.core.host.watch import MOST_STARTED

    counter = mmap.mmap(-1, 4)

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event not in STARTS:
            return
        number = int.from_bytes(counter[:4], "little") + 1
        if number > MOST_STARTED:
            raise PermissionError(f"a lab may start {MOST_STARTED} processes, and this would be one more: "
                                  "does each one start others, or does a loop start them?")  # fmt: skip
        counter[:4] = number.to_bytes(4, "little")

    return hook


def refuse_network(event: str, arguments: tuple[Any, ...]) -> None:
    """A hook that lets a lab reach no other machine, nor wait for one."""
    if event in ("socket.connect", "socket.getaddrinfo", "socket.bind"):
        raise PermissionError("a lab has no network: everything that it needs is in its folder")


def confining(folder: Path) -> Hook:
    """A hook that lets a program start nothing, reach nobody, and change files in a folder only."""
    room = os.path.realpath(folder)

    def is_inside(path: Any) -> bool:
        if isinstance(path, int):  # opened before
            return True
        real = os.path.realpath(os.fsdecode(path))
        return real == os.devnull or os.path.commonpath([room, real]) == room

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in FORBIDDEN or event.startswith(("socket.", "ctypes.")):
            raise PermissionError(f"a program that is tested may not do this: {event}")
        if event == "open":
            path, mode, flags = arguments
            writes = set(mode) & set("wax+") if mode else (flags or 0) & WRITES
            # An open folder elsewhere would be a way around: a name in it looks like one in here.
            if (writes or _is_folder(path)) and not is_inside(path):
                raise PermissionError(
                    "a program that is tested opens files elsewhere for reading only"
                )
        elif event in CHANGES and not all(
            is_inside(a) for a in arguments[:2] if isinstance(a, (str, bytes, os.PathLike))
        ):
            raise PermissionError("a program that is tested changes its own folder only")

    return hook


def _is_folder(path: Any) -> bool:
    return not isinstance(path, int) and Path(os.fsdecode(path)).is_dir()
