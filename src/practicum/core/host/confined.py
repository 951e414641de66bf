"""The process in which one program is run; started by `sandbox`, and nothing else.

It reads the proof of an honest end from its standard input, runs the program, and writes to its
standard output the proof, or the error in a line. The program has no standard streams.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from practicum.core.host.limits import confining, keep_family_together, limit, limit_number

FILE_MB = 16
MOST_TOLD = 300  # letters of an error


def main(program: str, seconds: float, memory_mb: int) -> None:
    """Run the program of that path, and tell how it ended.

    Source  the guard of HumanEval's evaluator (Chen and others 2021) turns functions off by name;
            here hooks of the interpreter see the acts themselves.
    """
    proof = os.read(0, 100)
    answer = os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    code = Path(program).read_text(encoding="utf-8")
    limit(memory_mb, seconds, file_mb=FILE_MB)
    limit_number()
    keep_family_together()
    sys.addaudithook(confining(Path.cwd()))
    told = _run(code)
    os.write(answer, proof if told is None else told.encode("utf-8", "replace"))
    os._exit(0)  # whatever threads or exit handlers it has left


def _run(text: str) -> str | None:
    """What went wrong; None when its last line was reached."""
    try:
        code = compile(text, "program.py", "exec", dont_inherit=True)
        exec(code, {"__name__": "__main__"})  # noqa: S102 - in a process of its own, within limits
    except SystemExit as end:
        return f"it ended itself (exit code {end.code}) before its last line"
    except BaseException as error:
        lines = str(error).strip().splitlines()
        return f"{type(error).__name__}: {lines[0] if lines else 'no reason given'}"[:MOST_TOLD]
    return None
