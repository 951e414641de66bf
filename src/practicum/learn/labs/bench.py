"""The process that a lab runs in: cells one by one, then the checks. Started by `run`.

It is given a JSON job on its command line, prints what the script prints, and
writes one JSON object per line to the file that the job names. It needs the standard
library and `checking` only; whatever else a lab needs, the lab imports.
"""

from __future__ import annotations

import json
import linecache
import mmap
import os
import signal
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any

STARTS = ("os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system", "subprocess.Popen")
ROOM_FOR_TASKS = 512  # processes and threads: the watch ends a lab long before


def main() -> None:
    """Run the job: limits first, then the cells, then the checks."""
    job = json.loads(sys.argv[1])
    _limit(job["memory_mb"], job["seconds"])
    _limit_number()
    _keep_family_together()
    sys.addaudithook(_refuse_network)
    sys.addaudithook(_counting_starts())
    with Path(job["told"]).open("w", encoding="utf-8", buffering=1) as out:

        def tell(**said: Any) -> None:
            out.write(json.dumps(said) + "\n")

        script = Path(job["script"])
        names = _run_cells(script, tell)
        sys.stdout.flush()
        tell(event="checking")
        check(Path(job["checks"]), job["tasks"], names, script, tell)
        sys.stdout.flush()
        tell(event="end", peak_mb=_peak_mb())


def _limit(memory_mb: int, seconds: float) -> None:
    """What the operating system enforces, beside what the parent watches."""
    try:
        import resource
    except ImportError:  # not on Windows: there the parent's watch must do
        return
    # Data of the process, not its address space: torch maps far more than it ever uses.
    room = (memory_mb + 1024) * 1024 * 1024
    try:
        resource.setrlimit(resource.RLIMIT_DATA, (room, room))
        resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 5, int(seconds) + 10))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 30, 1 << 30))
    except (ValueError, OSError):  # a stricter limit is set already
        pass


def _limit_number() -> None:
    """Processes and threads that the system lets this user have, beside those that are there.

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


def _keep_family_together() -> None:
    """On Linux: what detaches itself is adopted by this process, which ends when its parent does."""
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


def _counting_starts() -> Any:
    """A hook that counts what is started, in memory that all forked children share."""
    from practicum.learn.labs.watch import MOST_STARTED

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


def _refuse_network(event: str, arguments: tuple[Any, ...]) -> None:
    if event in ("socket.connect", "socket.getaddrinfo", "socket.bind"):
        raise PermissionError("a lab has no network: everything that it needs is in its folder")


def _run_cells(script: Path, tell: Any) -> dict[str, Any]:
    from practicum.learn.labs.lab import cells_of

    text = script.read_text(encoding="utf-8")
    names: dict[str, Any] = {"__name__": "__main__", "__file__": str(script)}
    linecache.cache[str(script)] = (len(text), None, text.splitlines(keepends=True), str(script))
    failed = False
    for cell in cells_of(text):
        if cell.is_markdown:
            continue
        try:
            code = compile(
                "\n" * (cell.line - 1) + cell.text, str(script), "exec", dont_inherit=True
            )
            exec(code, names)  # noqa: S102 - the learner's own script, in a process of its own
        except SystemExit:
            tell(event="cell", line=cell.line, error="exit", said="the script ended itself here")
            break
        except BaseException as error:
            if not (
                failed and isinstance(error, NameError)
            ):  # a name that the failed cell would give
                _tell_error(error, script, tell, event="cell", cell_line=cell.line)
            failed = True
            if isinstance(error, (KeyboardInterrupt, MemoryError)):
                break
    return names


def check(checks: Path, tasks: list[str], names: dict[str, Any], script: Path, tell: Any) -> None:
    """Run the checks of these tasks on a script's names, telling how each went."""
    from practicum.learn.labs.checking import CheckFailed, Script

    scope: dict[str, Any] = {"__name__": "checks", "__file__": str(checks)}
    exec(compile(checks.read_text(encoding="utf-8"), str(checks), "exec"), scope)  # noqa: S102
    for task in tasks:
        begun = time.perf_counter()
        try:
            scope[task](Script(names))
            tell(event="task", task=task, ok=True, seconds=time.perf_counter() - begun)
        except CheckFailed as failure:
            tell(event="task", task=task, ok=False, why=str(failure))
        except NotImplementedError as todo:
            tell(event="task", task=task, ok=False, open=str(todo) or task)
        except BaseException as error:
            _tell_error(error, script, tell, event="task", task=task, ok=False)


def _tell_error(error: BaseException, script: Path, tell: Any, **said: Any) -> None:
    """The error as the learner should read it: the last of their own lines, and its message."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == str(script)]
    line = frames[-1].lineno if frames else None
    if isinstance(error, SyntaxError) and error.filename == str(script):
        line = error.lineno
    if isinstance(error, NotImplementedError):
        tell(**said, open=str(error), line=line)
        return
    code = linecache.getline(str(script), line).strip() if line else ""
    tell(**said, error=type(error).__name__, why=str(error)[:500], line=line, code=code)


def _peak_mb() -> float:
    try:
        import resource
    except ImportError:
        return 0.0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    main()
