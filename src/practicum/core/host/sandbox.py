"""A program that nobody has read, run to see whether its own tests pass.

A fresh interpreter without the environment's tokens, in an empty folder, within limits of time,
memory and files, with hooks that refuse the network, other processes and files elsewhere. It is
made for what language models write: wrong, endless, careless. It is no wall against code that
was written to break out; that wants a container.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from practicum.core.host.watch import MARK, Watch, hurried

SECONDS = 3.0  # HumanEval's own limit
MEMORY_MB = 512
TOLD_BYTES = 2000  # of what went wrong
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT", "LD_LIBRARY_PATH")
_START = """\
import sys
sys.path.insert(0, {!r})
from practicum.core.host.confined import main
main({!r}, {!r}, {!r})
"""


@dataclass(frozen=True)
class Outcome:
    """How a program ended.

    ok   whether it ran to its last line without an error
    why  what stopped it, in a line; "" when it passed
    """

    ok: bool
    why: str
    seconds: float


def run_program(
    text: str, *, seconds: float = SECONDS, memory_mb: int = MEMORY_MB
) -> Outcome:  # fmt: skip
    """Whether a Python program runs to its end; what it prints is thrown away.

    Units   seconds by the clock; memory_mb of data, the interpreter's own included
    """
    begun = time.monotonic()
    mark, proof = secrets.token_hex(16), secrets.token_hex(16)
    with tempfile.TemporaryDirectory(prefix="practicum-program-") as scratch:
        room = Path(scratch) / "room"
        room.mkdir()
        program, told = Path(scratch) / "program.py", Path(scratch) / "told"
        program.write_text(text, encoding="utf-8", errors="replace")
        start = _START.format(os.fspath(Path(__file__).parents[3]), os.fspath(program),
                              seconds, memory_mb)  # fmt: skip
        with told.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-I", "-B", "-X", "utf8", "-c", start],
                cwd=room, env=_environment(room) | {MARK: mark}, start_new_session=True,
                stdin=subprocess.PIPE, stdout=out, stderr=subprocess.DEVNULL,
            )  # fmt: skip
        assert process.stdin
        # What proves that the end was reached goes by a pipe: it stands on no command line.
        with process.stdin as pipe:
            pipe.write(proof.encode("ascii"))
        watch = Watch(process, seconds, memory_mb, mark, what="program")
        with hurried():
            try:
                trouble = watch.until_end()
            finally:
                watch.end_all()
        said = told.read_bytes()[:TOLD_BYTES].decode("utf-8", "replace")
    ok = not trouble and said == proof
    spent = time.monotonic() - begun
    return Outcome(ok, "" if ok else trouble or said or _cause(process.returncode), spent)


def _environment(room: Path) -> dict[str, str]:
    """What the program may see."""
    kept = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    own = dict.fromkeys(("HOME", "USERPROFILE", "TMPDIR", "TEMP", "TMP"), os.fspath(room))
    return {
        **kept,
        **own,
        "PYTHONHASHSEED": "0",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }


def _cause(code: int | None) -> str:
    return f"it ended itself (exit code {code}) before its last line"
