"""The learner's script as the studio reads and writes it: nothing written anywhere is ever lost.

The file is the one that `practicum watch` runs and an editor may have open. A save names the
version that it changes; when the file is another by now, nothing is written and both are told.
"""

from __future__ import annotations

import hashlib
import os
import threading
from dataclasses import dataclass
from pathlib import Path

from practicum.core.errors import PracticumError
from practicum.learn.labs.lab import Lab, free_place
from practicum.learn.learner import Learner

LONGEST = 200_000  # characters of a script; the longest of the course has sixteen thousand
FILE, MINE = "file", "mine"


@dataclass(frozen=True)
class Script:
    """A version of a script: its text and the digest of its bytes."""

    text: str
    sha: str


class Changed(Exception):
    """The file is not the version that was to be changed; nothing was written."""

    def __init__(self, there: Script, mine: str) -> None:
        super().__init__("the file was changed elsewhere")
        self.there, self.mine = there, mine


class Desk:
    """The scripts of one learner. Its methods may be called from any thread."""

    def __init__(self, learner: Learner) -> None:
        self._learner = learner
        self._lock = threading.Lock()  # between comparing a version and replacing it

    def place(self, lab: Lab) -> Path:
        """Where the learner's copy is, whether it is there yet or not."""
        return self._learner.labs_folder / lab.concept / lab.slug / "lab.py"

    def source(self, lab: Lab) -> Path:
        """The learner's copy, or the shipped script when there is none yet; nothing is written."""
        mine = self.place(lab)
        return mine if mine.is_file() else lab.script

    def read(self, lab: Lab) -> Script:
        """The script as it is.  Raises PracticumError when it is not text."""
        path = self.source(lab)
        data = path.read_bytes()
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise PracticumError(f"{path} is not UTF-8 text", hint="save it as UTF-8 in the editor that "
                                 "wrote it, or reset the lab: your file is kept") from error  # fmt: skip
        return Script(text.replace("\r\n", "\n"), sha_of(data))

    def save(self, lab: Lab, text: str, base: str) -> Script:
        """Replace version `base` by the text.

        Raises  Changed when the file is another version by now; PracticumError when the text
                cannot be kept.
        """
        data = _bytes_of(text)
        with self._lock:
            there = self.read(lab)
            if there.sha == sha_of(data):
                return there
            if there.sha != base:
                raise Changed(there, sha_of(data))
            return self._write(lab, text)

    def settle(self, lab: Lab, text: str, choice: str) -> tuple[Script, Path | None]:
        """After two versions met: the file's, or mine; the other is kept beside it.

        Raises  PracticumError when the choice is neither, or the text cannot be kept.
        """
        if choice not in (FILE, MINE):
            raise PracticumError(f"'{choice}' is not a choice", hint=f"{FILE} or {MINE}")
        _bytes_of(text)
        with self._lock:
            there = self.read(lab)
            if there.text == text:
                return there, None
            kept = free_place(self._learner.script(lab).parent)
            if choice == FILE:
                _replace(kept, text)
                return there, kept
            _replace(kept, there.text)
            return self._write(lab, text), kept

    def reset(self, lab: Lab) -> tuple[Script, Path | None]:
        """Start over: the shipped script, and where what was written is kept, if it differed."""
        with self._lock:
            kept = self._learner.reset(lab)
            return self.read(lab), kept

    def _write(self, lab: Lab, text: str) -> Script:
        _replace(self._learner.script(lab), text)
        return Script(text, sha_of(text.encode("utf-8")))


def sha_of(data: bytes) -> str:
    """The digest that names a version."""
    return hashlib.sha256(data).hexdigest()


def _bytes_of(text: str) -> bytes:
    if len(text) > LONGEST:
        raise PracticumError(f"a script may have {LONGEST:,} characters, and this has {len(text):,}: "
                             "nothing was saved", hint="keep long data in a file beside it")  # fmt: skip
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise PracticumError("the text holds half a letter (a lone surrogate): nothing was saved",
                             hint=f"look at character {error.start + 1}") from error  # fmt: skip


def _replace(path: Path, text: str) -> None:
    """All or nothing: who reads the file meanwhile sees the old text or the new."""
    scratch = path.with_name(f".{path.name}.{os.getpid()}.new")
    with scratch.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    scratch.replace(path)
