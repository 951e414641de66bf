"""What the pages share: the learner, the store, the tutor and the queue of work."""

from __future__ import annotations

import functools
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from practicum import verbs
from practicum.core.store import Store
from practicum.learn.learner import Learner
from practicum.web.door.doorkeeper import Doorkeeper
from practicum.web.settings_file import Settings, read_settings
from practicum.web.study.asked import Questions

if TYPE_CHECKING:
    from practicum.tutor.tutor import Tutor
    from practicum.web.arena.desk import Desk
    from practicum.web.jobs.queue import Queue


class Studio:
    """One home folder, opened by one server. Pages ask it for what they show."""

    def __init__(self, home: str | Path | None, door: Doorkeeper) -> None:
        self.store: Store = verbs.open_store(home)
        self.learner = Learner(self.store.home)
        self.door = door
        self.questions = Questions(self.learner)
        self.lab_turn = threading.Lock()  # one lab at a time: two would falsify each other's limits

    @property
    def settings(self) -> Settings:
        """What the learner chose for this home, read anew: two studios may share it."""
        return read_settings(self.store.home)[0]

    @functools.cached_property
    def tutor(self) -> Tutor:
        """The tutor, made when it is first asked."""
        from practicum.tutor.tutor import Tutor

        return Tutor(self.learner, self.store)

    @functools.cached_property
    def queue(self) -> Queue:
        """The queue of work in this home."""
        from practicum.web.jobs.queue import Queue

        return Queue(self.store.home)

    @functools.cached_property
    def arena(self) -> Desk:
        """The blind arena of this home."""
        from practicum.web.arena.desk import Desk

        return Desk(self.store.home)
