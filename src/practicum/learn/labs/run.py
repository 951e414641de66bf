"""Running a lab: a process of its own, watched for time and memory, and what it said."""

from __future__ import annotations

import codecs
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from practicum.core.host.watch import MARK, STOPPED, Watch, hurried
from practicum.learn.labs.lab import Lab

KEPT_OUTPUT = 100_000  # characters of what a script prints; the rest is counted, not kept
JOIN_S = 5.0  # to hear out what was printed; every writer has ended by then
TOLD_BYTES = 1 << 20  # of what the bench tells; a lab's verdicts are a few thousand
THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS",
                    "NUMEXPR_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "LOKY_MAX_CPU_COUNT")  # fmt: skip
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "VIRTUAL_ENV",
              "PYTHONPATH", "USERPROFILE", "LD_LIBRARY_PATH")  # fmt: skip


@dataclass(frozen=True)
class Verdict:
    """How one task went: passed, still open, or failed with a reason."""

    task: str
    passed: bool
    is_open: bool = False
    why: str = ""
    line: int | None = None


@dataclass(frozen=True)
class Outcome:
    """A run of a lab.

    trouble     what stopped the run as a whole ("stopped after 20 s"), "" when it ended by itself
    errors      cells that failed, as sentences with line numbers
    """

    verdicts: tuple[Verdict, ...]
    output: str
    errors: tuple[str, ...]
    trouble: str
    seconds: float
    peak_mb: float

    @property
    def passed(self) -> bool:
        """Whether every task passed."""
        return bool(self.verdicts) and all(v.passed for v in self.verdicts) and not self.trouble

    @property
    def stopped(self) -> bool:
        """Whether the learner stopped it: nothing was judged then."""
        return self.trouble == STOPPED


def run_lab(
    lab: Lab, script: Path, *, hear: Callable[[str], None] | None = None, threads: int = 1,
    stop: threading.Event | None = None,
) -> Outcome:  # fmt: skip
    """Run a script of this lab and its checks, within the lab's limits.

    `hear` gets what the script prints, as it is printed; `stop`, once set, ends the run. The
    process has no network and sees none of the environment's secrets; its folder is the script's
    own, so data files are found. What it started ends with it.
    """
    begun = time.monotonic()
    mark = secrets.token_hex(16)
    with tempfile.TemporaryDirectory(prefix="practicum-lab-") as scratch:
        told = Path(scratch) / "told.jsonl"
        job = {"script": str(script), "checks": str(lab.folder / "checks.py"), "told": str(told),
               "tasks": [t.name for t in lab.tasks], "seconds": lab.seconds, "memory_mb": lab.memory_mb}  # fmt: skip
        process = subprocess.Popen(
            [sys.executable, "-I", "-X", "utf8", "-c", _START.format(os.fspath(_source())), json.dumps(job)],
            cwd=script.parent, env={**_environment(scratch, threads), MARK: mark},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        watch = Watch(process, lab.seconds, lab.memory_mb, mark, stop)
        heard = _Listener(process, hear)
        with hurried():
            try:
                trouble = watch.until_end()
            finally:  # Ctrl-C ends the lab too, and what it left running in the background
                watch.end_all()
        heard.join(JOIN_S)
        events = _events(told)
    seconds = time.monotonic() - begun
    outcome = outcome_of(lab, events, heard.text(), trouble, process.returncode, seconds)
    return replace(outcome, peak_mb=max(outcome.peak_mb, watch.peak_mb))


_START = """\
import sys
sys.path.insert(0, {!r})
from practicum.learn.labs.bench import main
main()
"""


def _source() -> Path:
    return Path(__file__).parents[3]


def keep_to_one_thread() -> None:
    """Small products are slower on two threads, ten times so beside another job. Before NumPy."""
    for name in THREAD_VARIABLES:
        os.environ.setdefault(name, "1")


def _environment(scratch: str, threads: int) -> dict[str, str]:
    """What the process may see: no tokens, no proxies that lead out, caches in its scratch folder."""
    kept = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    limits = dict.fromkeys(THREAD_VARIABLES, str(threads))
    nowhere = dict.fromkeys(
        ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9"
    )
    quiet = {"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "DO_NOT_TRACK": "1", "MPLBACKEND": "Agg",
             "MPLCONFIGDIR": _plot_cache(), "PYTHONHASHSEED": "0", "TMPDIR": scratch,
             "TOKENIZERS_PARALLELISM": "false", "COLUMNS": "80"}  # fmt: skip
    return {**kept, **limits, **nowhere, **quiet}


def _plot_cache() -> str:
    """A lasting folder for matplotlib's font list, whose making takes seconds."""
    folder = (
        Path(tempfile.gettempdir())
        / f"practicum-matplotlib-{os.getuid() if hasattr(os, 'getuid') else 0}"
    )
    folder.mkdir(mode=0o700, exist_ok=True)
    return str(folder)


class _Listener(threading.Thread):
    def __init__(
        self, process: subprocess.Popen[bytes], hear: Callable[[str], None] | None
    ) -> None:
        super().__init__(daemon=True)
        self.process, self.hear, self.kept, self.n_kept, self.n_lost = process, hear, [""], 0, 0
        self.start()

    def run(self) -> None:
        stdout = self.process.stdout
        assert stdout is not None
        decoder = codecs.getincrementaldecoder("utf-8")(
            "replace"
        )  # a piece may end within a letter
        for line in iter(lambda: stdout.readline(4096), b""):
            text = decoder.decode(line)
            if self.n_kept + len(text) > KEPT_OUTPUT:
                self.n_lost += len(text)
                continue
            self.n_kept += len(text)
            self.kept.append(text)
            if self.hear:
                self.hear(text)

    def text(self) -> str:
        more = f"\n… and {self.n_lost:,} more characters" if self.n_lost else ""
        return "".join(self.kept) + more


def _events(path: Path) -> list[dict[str, Any]]:
    """What the process told, up to the line in whose middle it may have been killed."""
    events: list[dict[str, Any]] = []
    if not path.is_file():
        return events
    with path.open("rb") as file:
        told = file.read(TOLD_BYTES).decode("utf-8", "replace")
    for line in told.splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            break
        if not isinstance(event, dict):  # a script that writes here spoils its own verdicts only
            break
        events.append(event)
    return events


def outcome_of(
    lab: Lab, events: list[dict[str, Any]], output: str, trouble: str, code: int, seconds: float
) -> Outcome:
    """What a run's events amount to; `trouble` and the exit code tell why some may be missing."""
    told = {e["task"]: e for e in events if e.get("event") == "task"}
    ended = any(e.get("event") == "end" for e in events)
    if not ended and not trouble:
        trouble = _cause(code)
    verdicts = tuple(_verdict(task.name, told.get(task.name), trouble) for task in lab.tasks)
    errors = tuple(_sentences(e for e in events if e.get("event") == "cell"))
    peak = next((float(e["peak_mb"]) for e in events if e.get("event") == "end"), 0.0)
    return Outcome(verdicts, output, errors, trouble, seconds, peak)


def _cause(code: int) -> str:
    if code < 0:
        name = signal.Signals(-code).name
        return f"the process was ended by {name}: out of memory or time is the usual reason"
    return f"the process ended itself (exit code {code}) before the checks were done"


def _verdict(task: str, event: dict[str, Any] | None, trouble: str) -> Verdict:
    if event is None:
        return Verdict(task, False, why=trouble or "it was not reached")
    if event["ok"]:
        return Verdict(task, True)
    if "open" in event:
        other = event["open"]
        mine = other in ("", task)
        why = "this TODO is still open" if mine else f"it needs '{other}', whose TODO is still open"
        return Verdict(task, False, True, why, event.get("line"))
    if "error" in event:
        return Verdict(task, False, why=_error(event), line=event.get("line"))
    return Verdict(task, False, why=event["why"])


def _sentences(events: Iterator[dict[str, Any]]) -> Iterator[str]:
    for event in events:
        if "open" not in event:  # an open TODO is told by its task
            yield _error(event)


def _error(event: dict[str, Any]) -> str:
    if event["error"] == "exit":
        return f"line {event['line']}: {event['said']}"
    place = f"line {event['line']}: " if event.get("line") else ""
    code = f"  ({event['code']})" if event.get("code") else ""
    return f"{place}{event['error']}: {event['why']}{code}"
