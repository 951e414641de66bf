"""The arena of one studio: its log, and the process that writes the answers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from practicum.core.errors import BusyError, Complaint, PracticumError
from practicum.evaluate.judging.arena import Arena, Duel, Fighter
from practicum.web.labs.running import shown

WRITER = (sys.executable, "-m", "practicum.web.arena.writer")
STOPPED = Complaint("You stopped it.", hint="try again, or skip the question")


class Desk:
    """Battles of this studio: one is written at a time, and goes on when its page is closed."""

    def __init__(self, home: Path, writer: Sequence[str] = WRITER) -> None:
        self.arena = Arena(home)
        self._home, self._command = Path(home), tuple(writer)
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._writing: str | None = None
        self._is_stopped = False
        self._failures: dict[str, tuple[Complaint, ...]] = {}

    def begin(self, models: Sequence[Fighter], prompt: str, max_tokens: int) -> Duel:
        """Draw two of the models and let them write.  Raises BusyError while others do."""
        from practicum.core.messages import Sampling

        with self._lock:
            self._check_free()
            # A little chance: greedy answers of small models repeat themselves.
            sampling = Sampling(max_tokens=max_tokens, temperature=0.7, top_p=0.95)
            duel = self.arena.begin(models, prompt, sampling)
            self._start(duel)
        return duel

    def again(self, duel_id: str) -> None:
        """Let a battle whose answers are missing be written once more, as it was drawn."""
        with self._lock:
            self._check_free()
            duel = self.arena.duel(duel_id)
            if duel.texts is None and duel.vote is None:
                self._start(duel)

    def is_writing(self, duel_id: str) -> bool:
        """Whether its answers are being written now."""
        return self._writing == duel_id

    def failure(self, duel_id: str) -> tuple[Complaint, ...]:
        """Why there are no answers, as far as this studio knows."""
        return self._failures.get(duel_id, ())

    def stop(self) -> None:
        """End the writer with whatever it does."""
        process, self._is_stopped = self._process, True
        if process is not None:
            _kill(process)

    def _check_free(self) -> None:
        if self._writing is not None:
            raise BusyError("two models are writing already", hint="wait for them, or stop them")

    def _start(self, duel: Duel) -> None:
        self._writing, self._is_stopped = duel.id, False
        self._failures.pop(duel.id, None)
        threading.Thread(target=self._write, args=(duel,), daemon=True, name="arena").start()

    def _write(self, duel: Duel) -> None:
        try:
            said = self._ask(duel)
            sides = [said[f.digest] for f in (duel.left, duel.right)]
            left, right = (shown(side["text"]).strip() for side in sides)
            self.arena.answered(duel.id, left, right, (sides[0]["is_cut"], sides[1]["is_cut"]))
        except PracticumError as error:
            self._failures[duel.id] = error.complaints
        except Exception as error:  # whatever it was, the page must not wait for ever
            self._failures[duel.id] = (Complaint(f"{type(error).__name__}: {error}"),)
        finally:
            self._writing = None

    def _ask(self, duel: Duel) -> dict[str, Any]:
        """Both answers by digest, each with whether the limit cut it.

        Raises PracticumError when the writer cannot or is stopped.
        """
        asked = json.dumps({
            "models": [duel.left.digest, duel.right.digest],
            "messages": [m.model_dump() for m in duel.messages],
            "sampling": duel.sampling.model_dump(),
        })  # fmt: skip
        for _ in range(2):  # one that was idle may end at the very moment at which it is asked
            process = self._running()
            try:
                assert process.stdin is not None and process.stdout is not None
                process.stdin.write(asked + "\n")
                process.stdin.flush()
                line = process.stdout.readline()
            except BrokenPipeError:
                line = ""
            if line:
                told = json.loads(line)
                if "said" not in told:
                    raise PracticumError(*(Complaint(**c) for c in told["complaints"]))
                return dict(told["said"])
            if self._is_stopped:
                raise PracticumError(STOPPED)
            code = process.wait(5)
            if code:
                raise PracticumError(_ended(code))
        raise PracticumError(_ended(0))

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None or self._process.poll() is not None:
            log = self.arena.path.with_name("writer.log")
            with log.open("wb") as output:
                self._process = subprocess.Popen(
                    [*self._command, str(self._home)], stdin=subprocess.PIPE, stderr=output,
                    stdout=subprocess.PIPE, text=True, encoding="utf-8", start_new_session=True,
                )  # fmt: skip
            if self._is_stopped:  # while it was being started
                _kill(self._process)
        return self._process


def _ended(code: int) -> Complaint:
    if code == -signal.SIGKILL:
        return Complaint("the system killed the process that writes, most likely for want of memory",
                         hint="smaller models, or close other programs, and try again")  # fmt: skip
    return Complaint(f"the process that writes ended without a word (code {code})",
                     hint="arena/writer.log in the home folder says more; try again")  # fmt: skip


def _kill(process: subprocess.Popen[str]) -> None:
    """End the process and what it started: they have a session of their own."""
    try:
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    except ProcessLookupError:
        pass  # it ended at this very moment
