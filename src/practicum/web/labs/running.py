"""Runs of labs: each goes on when its page is closed, and its last outcome is remembered."""

from __future__ import annotations

import atexit
import re
import threading
import time

from practicum.core.errors import BusyError, PracticumError
from practicum.learn.labs.lab import Lab
from practicum.learn.labs.run import Outcome
from practicum.learn.learner import Learner

TURN_S = 0.2  # between two looks whether a lab that waits was stopped
END_S = 5.0  # for the runs to end with the studio
IDLE, WAITING, RUNNING, DONE = "idle", "waiting", "running", "done"
# What a terminal would obey and a page should not show: colours, moves, bells.
CONTROL = re.compile(
    r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b.|[\x00-\x08\x0b-\x1f\x7f-\x9f]"
)


class Run:
    """One run of a lab: what it printed so far, and in the end its outcome or why there is none."""

    def __init__(self, lab: Lab, sha: str) -> None:
        self.lab, self.sha = lab, sha
        self.state = WAITING
        self.stop = threading.Event()
        self.printed: list[str] = []
        self.outcome: Outcome | None = None
        self.failure = ""
        self.began = time.monotonic()

    def hear(self, text: str) -> None:
        """Keep what was printed."""
        self.printed.append(shown(text))

    @property
    def seconds(self) -> float:
        """How long it runs already."""
        return time.monotonic() - self.began


class Runs:
    """The runs of one studio: one at a time, in the order in which they were asked for."""

    def __init__(self, learner: Learner, turn: threading.Lock) -> None:
        self._learner, self._turn = learner, turn
        self._runs: dict[str, Run] = {}
        self._threads: dict[str, threading.Thread] = {}
        self._lock = threading.Lock()
        atexit.register(self.stop_all)

    def of(self, lab: Lab) -> Run | None:
        """The run of this lab that goes on, else its last one; None before the first."""
        return self._runs.get(_key(lab))

    def start(self, lab: Lab, sha: str) -> Run:
        """Begin a run of this version, when its turn comes.  Raises BusyError while one goes on."""
        with self._lock:
            before = self.of(lab)
            if before is not None and before.state != DONE:
                raise BusyError(
                    "this lab is running already", hint="stop it, or wait until it ends"
                )
            run = self._runs[_key(lab)] = Run(lab, sha)
            thread = threading.Thread(target=self._work, args=(run,), daemon=True, name=_key(lab))
            self._threads[_key(lab)] = thread
            thread.start()
        return run

    def stop_all(self) -> None:
        """End what runs, with everything it started, before the studio is gone."""
        for run in list(self._runs.values()):
            run.stop.set()
        for thread in list(self._threads.values()):
            thread.join(END_S)

    def _work(self, run: Run) -> None:
        while not self._turn.acquire(timeout=TURN_S):
            if run.stop.is_set():
                run.failure, run.state = "stopped before it began", DONE
                return
        try:
            run.began, run.state = time.monotonic(), RUNNING
            run.outcome = self._learner.check(run.lab, run.hear, run.stop)
            self._tell_rest(run, run.outcome)
        except PracticumError as error:
            run.failure = str(error)
        except Exception as error:  # whatever it was, the page must not wait for ever
            run.failure = f"the run failed: {type(error).__name__}: {error}"
        finally:
            self._turn.release()
            run.state = DONE

    @staticmethod
    def _tell_rest(run: Run, outcome: Outcome) -> None:
        """How much was printed beyond what is kept: known at the end only."""
        last = outcome.output.rpartition("\n")[2]
        if last.startswith("… and "):
            run.printed.append(f"\n{last}\n")


def shown(text: str) -> str:
    """Printed text without what only a terminal obeys; a progress bar's returns begin lines."""
    return CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def _key(lab: Lab) -> str:
    return f"{lab.concept}/{lab.slug}"
