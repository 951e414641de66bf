"""What a user can fix, said completely: every complaint at once, where it is, and what to try.

    PracticumError            you can fix it (exit code 1)
    ├── UsageError            the command line itself is off (exit code 2)
    ├── PlanError             found before any cost; nothing was written
    │   └── RecipeError       a recipe file, with line numbers
    ├── UnknownReference      a name, digest, folder or file that is not there
    ├── DataError             a row of a dataset that breaks the format
    ├── IntegrityError        bytes that are not what their digest says
    ├── FullDiskError         no room left; the store is as it was
    └── BusyError             another process is making the same thing

Anything else that escapes is our bug (exit code 3).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Complaint:
    """One thing that is wrong: what, where (file:line or a parameter path), and what to try."""

    what: str
    where: str | None = None
    hint: str | None = None

    def __str__(self) -> str:
        text = f"{self.where}  {self.what}" if self.where else self.what
        return f"{text}      try: {self.hint}" if self.hint else text


class PracticumError(Exception):
    """Something the user can fix; carries every complaint that was found."""

    exit_code = 1
    footer: str | None = None

    def __init__(self, *complaints: Complaint | str, hint: str | None = None) -> None:
        self.complaints = tuple(
            c if isinstance(c, Complaint) else Complaint(c, hint=hint) for c in complaints
        )
        super().__init__(str(self))

    def __str__(self) -> str:
        lines = [str(c) for c in self.complaints]
        return "\n".join([*lines, self.footer] if self.footer else lines)


class UsageError(PracticumError):
    """The command line cannot be read."""

    exit_code = 2


class PlanError(PracticumError):
    """The plan found these before the first expensive byte."""

    footer = "nothing was downloaded, nothing was written"


class RecipeError(PlanError):
    """A recipe that cannot be run as written."""


class UnknownReference(PracticumError):
    """A reference that names nothing."""


class DataError(PracticumError):
    """Rows that break the format, each with file:line."""


class IntegrityError(PracticumError):
    """Bytes that differ from their recorded digest."""


class FullDiskError(PracticumError):
    """The disk has no room; nothing that was committed is affected."""


class BusyError(PracticumError):
    """The same work is under way in another process."""


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word most like the given one, or None when nothing is close."""
    folded = {k.casefold().replace("-", "_"): k for k in known}
    close = difflib.get_close_matches(word.casefold().replace("-", "_"), folded, n=1, cutoff=0.6)
    return folded[close[0]] if close else None
