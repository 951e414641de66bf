"""What happens while a lab is watched: a key is pressed, or the script is saved."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

LOOK_MS = 150  # between two looks at the keyboard


@contextmanager
def keys_and_changes(script: Path) -> Iterator[Iterator[str]]:
    """Yields an endless row of happenings: "start", "changed", a key, or "" when nothing was.

    Without a terminal there are no keys. Whatever the end, the terminal is as it was.
    """
    restore = _raw_keys()
    try:
        yield _happenings(script)
    finally:
        restore()


def _happenings(script: Path) -> Iterator[str]:
    from watchfiles import watch

    yield "start"
    seen = _state(script)
    for _ in watch(script.parent, yield_on_timeout=True, rust_timeout=LOOK_MS, debounce=80, step=40,
                   raise_interrupt=True):  # fmt: skip
        key = _key()
        if key:
            yield key
        now = _state(script)
        if now != seen and now is not None:  # editors replace a file: it may be gone for a moment
            seen = now
            yield "changed"


def _state(script: Path) -> bytes | None:
    """The script's text: a lab that writes files, or a touch, is no change."""
    try:
        return script.read_bytes()
    except OSError:
        return None


def _key() -> str:
    if not sys.stdin.isatty():
        return ""
    if os.name == "nt":
        import msvcrt

        return str(msvcrt.getwch()).lower() if msvcrt.kbhit() else ""  # type: ignore[attr-defined]
    import select

    ready, _, _ = select.select([sys.stdin], [], [], 0)
    if not ready:
        return ""
    return os.read(sys.stdin.fileno(), 1).decode("utf-8", "ignore").lower() or "end"


def _raw_keys() -> Callable[[], None]:
    """Keys without Enter and without echo; gives the function that undoes it."""
    if not sys.stdin.isatty() or os.name == "nt":
        return lambda: None
    import termios
    import tty

    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    tty.setcbreak(descriptor)
    return lambda: termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
