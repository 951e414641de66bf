"""The process that writes both answers of a battle: `python -m practicum.web.arena.writer HOME`.

It reads requests as lines of JSON and answers each with one. The last two models stay loaded, so
that the next battle begins at once. It ends when the studio closes its input, at any moment, and
by itself when nothing is asked for a while.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
from collections import OrderedDict
from contextlib import ExitStack
from typing import Any, TextIO

from practicum import verbs
from practicum.core.errors import PracticumError
from practicum.core.messages import Chat, Message, Sampling

KEPT = 2  # models in memory: those of the battle before
IDLE_S = 300.0  # then their memory is worth more than the time of loading them again


class Engines:
    """Opened models, the last used last."""

    def __init__(self, home: str) -> None:
        self.home = home
        self._opened: OrderedDict[str, tuple[ExitStack, Chat]] = OrderedDict()

    def chat(self, digest: str, needed: set[str]) -> Chat:
        """The engine of that model; one that is not needed now makes room for it."""
        if digest not in self._opened:
            others = [d for d in self._opened if d not in needed]
            if len(self._opened) >= KEPT and others:
                self._opened.pop(others[0])[0].close()
            stack = ExitStack()
            chat = stack.enter_context(verbs.open_chat(digest, home=self.home))
            self._opened[digest] = (stack, chat)
        self._opened.move_to_end(digest)
        return self._opened[digest][1]


def answers(engines: Engines, asked: dict[str, Any]) -> dict[str, Any]:
    """What each model of a request says, or what went wrong."""
    messages = [Message(**m) for m in asked["messages"]]
    sampling = Sampling(**asked["sampling"])
    try:
        said = {}
        for digest in sorted(asked["models"]):  # by no order that the page shows
            chat = engines.chat(digest, set(asked["models"]))
            reply = chat.reply([messages], sampling)[0]
            said[digest] = {"text": reply.text, "is_cut": not reply.stopped}
    except PracticumError as error:
        return {"complaints": [vars(c) for c in error.complaints]}
    except Exception as error:
        what = f"{type(error).__name__}: {error}"
        return {"complaints": [{"what": what, "where": None, "hint": None}]}
    return {"said": said}


def main(home: str) -> None:
    """Answer requests until there are no more."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as out:
        os.dup2(2, 1)  # what libraries print is no answer
        if hasattr(os, "nice"):
            os.nice(5)  # the studio's pages come first
        waiting: queue.Queue[str] = queue.Queue()
        threading.Thread(target=_hear, args=(sys.stdin, waiting), daemon=True).start()
        engines = Engines(home)
        while True:
            try:
                line = waiting.get(timeout=IDLE_S)
            except queue.Empty:
                os._exit(0)
            out.write(json.dumps(answers(engines, json.loads(line)), ensure_ascii=False) + "\n")
            out.flush()


def _hear(lines: TextIO, waiting: queue.Queue[str]) -> None:
    for line in lines:
        waiting.put(line)
    os._exit(0)  # the studio has gone; nothing here is worth keeping


if __name__ == "__main__":
    main(sys.argv[1])
