"""Programs that nobody has read: what passes, what is stopped, and that nothing of it is left."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from practicum.core.host.sandbox import run_program

posix = pytest.mark.skipif(os.name != "posix", reason="limits of the operating system")


@pytest.mark.parametrize(
    "text",
    [
        "assert sum(range(10)) == 45",
        "from typing import List\nimport math, re, hashlib\nassert math.isqrt(17) == 4",
        "from pathlib import Path\nPath('mine').write_text('kept')\nassert Path('mine').exists()",
        "import shutil, tempfile\nfolder = tempfile.mkdtemp()\nshutil.rmtree(folder)",
        "print('x' * 10_000_000)",
    ],
)
def test_a_program_that_reaches_its_last_line_passes(text: str) -> None:
    outcome = run_program(text, seconds=20)
    assert outcome.ok, outcome.why


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("assert 1 + 1 == 3, 'sums'", "AssertionError: sums"),
        ("def f(:", "SyntaxError"),
        ("raise SystemExit(0)", "ended itself (exit code 0)"),
        ("import os\nos._exit(0)", "ended itself (exit code 0)"),
        ("import sys\nsys.stdout.write('0' * 32)\nos = 1 / 0", "ZeroDivisionError"),
        ("import socket\nsocket.socket()", "may not do this: socket"),
        ("import os\nos.system('true')", "may not do this: os.system"),
        ("import os\nos.kill(os.getppid(), 9)", "may not do this: os.kill"),
        ("import ctypes\nctypes.CDLL(None)", "may not do this: ctypes"),
        ("import os\nassert 'HF_TOKEN' in os.environ, 'no token'", "no token"),
    ],
)
def test_what_fails_or_goes_too_far_is_told_in_a_line(
    text: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "secret")
    outcome = run_program(text, seconds=20)
    assert not outcome.ok
    assert why in outcome.why
    assert "\n" not in outcome.why


@pytest.mark.feature("T1")
def test_an_endless_program_is_ended_and_says_so() -> None:
    outcome = run_program("while True:\n    pass", seconds=0.6)
    assert not outcome.ok
    assert "stopped after 0.6 s" in outcome.why


@posix
def test_memory_and_threads_end_somewhere() -> None:
    assert "MemoryError" in run_program("x = [0] * 10**10", seconds=20).why
    crowd = (
        "import threading as t\nfor _ in range(5000):\n    t.Thread(target=t.Event().wait).start()"
    )
    outcome = run_program(crowd, seconds=20)
    assert "thread" in outcome.why


ESCAPES = {
    "write": "open({file!r}, 'w')",
    "append": "import os\nos.open({file!r}, os.O_WRONLY | os.O_APPEND)",
    "remove": "import os\nos.remove({file!r})",
    "move": "import os\nos.rename({file!r}, 'mine')",
    "tree": "import shutil\nshutil.rmtree({folder!r})",
    "by a handle": "import os\nfolder = os.open({folder!r}, os.O_RDONLY)\n"
    "os.remove({name!r}, dir_fd=folder)",
    "by a link": "import os\nos.symlink({file!r}, 'link')\nopen('link', 'w')",
    "from elsewhere": "import os\nos.chdir({folder!r})\nos.remove({name!r})",
}


@pytest.mark.parametrize("way", ESCAPES)
def test_files_elsewhere_are_left_alone(way: str, tmp_path: Path) -> None:
    file = tmp_path / "precious.txt"
    file.write_text("mine")
    text = ESCAPES[way].format(file=str(file), folder=str(tmp_path), name=file.name)
    outcome = run_program(text, seconds=20)
    assert not outcome.ok
    assert "PermissionError" in outcome.why
    assert file.read_text() == "mine"
    assert [p.name for p in tmp_path.iterdir()] == ["precious.txt"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_the_proof_of_an_end_stands_on_no_command_line_and_in_no_environment() -> None:
    look = (
        "import re\n"
        "seen = open('/proc/self/cmdline').read() + open('/proc/self/environ').read()\n"
        "assert len(re.findall('[0-9a-f]{32}', seen)) == 1, 'only the mark of the run'"
    )
    outcome = run_program(look, seconds=20)
    assert outcome.ok, outcome.why
