"""The process that does one job: `python -m practicum.web.jobs.worker FOLDER`.

Its standard input is held open by the studio. When that closes – the studio wants it to stop, or
died – the worker stops between two units of work, where everything computed so far is kept.
"""

from __future__ import annotations

import _thread
import os
import signal
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any

from filelock import FileLock

from practicum import verbs
from practicum.core.errors import Complaint, PracticumError
from practicum.core.recipe import read_recipe
from practicum.web.jobs.job import RECIPE_FILE, Job, read
from practicum.web.jobs.story import Teller

PATIENCE_S = 5.0  # how long a unit of work may take to come to its end before it is broken off
GRACE_S = 12.0  # how long the whole may take to end before it is killed
STOPPED, WRONG, OUR_BUG = 130, 1, 3


def main(folder: Path) -> int:
    """Do the job in that folder; the exit code says how it ended, its last event says more."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if hasattr(os, "nice"):
        os.nice(5)  # the studio's pages come first
    with FileLock(folder / "worker.lock"):  # one that was left behind ends first
        job = read(folder)
        teller = Teller(folder)
        threading.Thread(target=_watch, args=(teller,), daemon=True).start()
        attempt = job.standing.attempt
        teller.tell("begun", attempt=attempt)
        try:
            made = _do(job, teller)
        except KeyboardInterrupt:
            teller.tell("end", attempt=attempt, state="stopped")
            return STOPPED
        except PracticumError as error:
            teller.tell("end", attempt=attempt, state="failed", complaints=_plain(error.complaints))
            return WRONG
        except Exception as error:
            traceback.print_exc()
            what = Complaint(f"{type(error).__name__}: {error}", hint="the log below says where")
            teller.tell("end", attempt=attempt, state="failed", complaints=_plain((what,)))
            return OUR_BUG
        teller.tell("end", attempt=attempt, state="done", made=made)
        return 0


def _plain(complaints: tuple[Complaint, ...]) -> list[dict[str, Any]]:
    return [vars(c) for c in complaints]


def _do(job: Job, teller: Teller) -> dict[str, str]:
    """The work itself; run ids by step."""
    home, intent = job.folder.parent.parent, job.intent
    if intent.recipe is None:
        made = verbs.run(
            intent.stage, *intent.inputs, name=intent.name, seed=intent.seed, home=home,
            threads=intent.threads, listen=teller, **intent.params,
        )  # fmt: skip
        return {intent.name or intent.stage: made.run.id}
    path = job.folder / RECIPE_FILE
    steps = verbs.life(path, home=home, threads=intent.threads, listen=teller)
    verbs.write_reports(read_recipe(path), steps, job.folder, home=home)
    return {name: step.run.id for name, step in steps.items()}


def _watch(teller: Teller) -> None:
    """Wait until nobody holds the other end, then end the work, gently at first."""
    while os.read(0, 1024):
        pass
    teller.stop.set()
    time.sleep(PATIENCE_S)
    _thread.interrupt_main()
    time.sleep(GRACE_S - PATIENCE_S)
    os._exit(STOPPED)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
