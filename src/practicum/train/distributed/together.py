"""A recipe's steps carried out by several ranks: those that train, together; the rest by the first."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from practicum.core.events import Listener, silence
from practicum.core.stage import Job, Made, Work, available_threads, perform, settle
from practicum.train.distributed.ranks import NotFirstError, alone, ranks

if TYPE_CHECKING:
    from practicum.core.artifact import Artifact
    from practicum.core.store import Store
    from practicum.train.adapters import Tuned


def perform_together(
    store: Store, job: Job, *, step: str = "", threads: int | None = None,
    listen: Listener = silence,
) -> Made:  # fmt: skip
    """As `perform`, on every rank. The store is one that all ranks see.

    A stage that `spreads` trains on all ranks; the first one writes what comes out. Any other
    is the first rank's, and the others wait.
    """
    here = ranks()
    job = settle(store, job)
    is_made = store.cached(job.key) is not None
    here.wait()  # all have looked before anybody makes it
    if not is_made:
        each = threads or max(1, available_threads() // _on_this_machine(here.world))
        if not spreads(job.stage):
            if not here.rank:
                with alone():
                    perform(store, job, step=step, threads=threads, listen=listen)
        elif not here.rank:
            perform(store, job, step=step, threads=each, listen=listen)
        else:
            work = Work(store.home / "work" / job.key, job.seed, each, step or job.stage.name)
            try:
                job.stage.make(work, job.inputs, job.params)
            except NotFirstError:
                pass  # the first rank has it from here
        here.wait()
    return perform(store, job, step=step, listen=listen if not here.rank else silence)


def spreads(stage: Any) -> bool:
    """Whether several ranks can make a stage's artifact together."""
    return bool(getattr(stage, "spreads", False))


def gathered(tuned: Tuned, base: Artifact, seed: int) -> Tuned:
    """What was trained, whole in one process.  Raises NotFirstError in every other."""
    here = ranks()
    if not here.is_split:
        if here.rank:
            raise NotFirstError
        return tuned
    from practicum.models.load import load_model
    from practicum.train.adapters import attach

    with here.opened(writes=False):
        state = {name: here.whole(value).cpu().clone() for name, value in tuned.state().items()}
    if here.rank:
        raise NotFirstError
    model, _ = load_model(base, "float32" if tuned.is_whole else None)
    with alone():
        found = attach(model, tuned.params, seed)
    for name, value in found.state().items():
        value.copy_(state[name])
    return found


def _on_this_machine(world: int) -> int:
    return int(os.environ.get("LOCAL_WORLD_SIZE", world))
