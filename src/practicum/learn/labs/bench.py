"""The process that a lab runs in: cells one by one, then the checks. Started by `run`.

It is given a JSON job on its command line, prints what the script prints, and
writes one JSON object per line to the file that the job names. It needs the standard
library, the limits and `checking` only; whatever else a lab needs, the lab imports.
"""

from __future__ import annotations

import json
import linecache
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from practicum.core.host.limits import (
    counting_starts,
    keep_family_together,
    limit,
    limit_number,
    refuse_network,
)


def main() -> None:
    """Run the job: limits first, then the cells, then the checks."""
    job = json.loads(sys.argv[1])
    # Data of the process, not its address space: torch maps far more than it ever uses.
    limit(job["memory_mb"] + 1024, job["seconds"], file_mb=1024)
    limit_number()
    keep_family_together()
    sys.addaudithook(refuse_network)
    sys.addaudithook(counting_starts())
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
