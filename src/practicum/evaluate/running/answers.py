"""A model's answers to the questions of a unit, kept as they come: a kill costs one chunk.

Chunks begin and end at the same questions whatever happened before, so what is computed
together is always the same, and so are the numbers.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

from practicum.core.errors import PracticumError
from practicum.evaluate.running.sampling import Place, places, shuffled
from practicum.evaluate.running.units import Unit
from practicum.evaluate.tasks.source import Catalogue
from practicum.evaluate.tasks.task import build, quietly

CHUNK_SCORES = 256  # continuations scored together: what fixed examples cost again is then small
CHUNK_TEXTS = 64  # answers written together: the engine's own batch
HASTE = 8  # chunks are this much smaller where time is short, so that it can be kept


@dataclass(frozen=True)
class Question:
    """One row of a task with the requests the task makes of it."""

    task: Any
    doc: dict[str, Any]
    requests: tuple[Any, ...]


@dataclass
class Sitting:
    """A unit while a model answers it.

    questions  in the order in which they are asked, as far as they were needed
    answers    of the first of them: for every request its replies
    failed     why it ended early
    """

    unit: Unit
    path: Path
    tasks: list[Any] = field(default_factory=list)
    order: list[Place] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    answers: list[list[list[Any]]] = field(default_factory=list)
    seconds: float = 0.0
    failed: str = ""

    @property
    def n_all(self) -> int:
        """How many questions the unit has."""
        return sum(len(task.task_docs) for task in self.tasks)

    def read(self) -> None:
        """Take up the answers that were kept before."""
        if self.path.is_file():
            for line in self.path.read_text("utf-8").splitlines():
                try:
                    kept = json.loads(line)
                except json.JSONDecodeError:
                    break  # torn by a kill: asked again
                self.answers += kept["answers"]
                self.seconds += kept["seconds"]

    def keep(self, answers: list[list[list[Any]]], seconds: float) -> None:
        """Write a chunk down and count it as done."""
        line = json.dumps({"seconds": seconds, "answers": answers}, ensure_ascii=False)
        torn = self.path.is_file() and not self.path.read_bytes().endswith(b"\n")
        with self.path.open("a", encoding="utf-8") as stream:
            stream.write(("\n" if torn else "") + line + "\n")
        self.answers += json.loads(line)["answers"]  # what a later run would read
        self.seconds += seconds


class Room:
    """Where sittings take place: one model, one way of asking.

    heard  told how many more questions are answered, and of which unit
    """

    def __init__(
        self, model: Any, catalogue: Catalogue, keep: Path, *, seed: int = 0, chat: bool = False,
        heard: Callable[[int, str], None] = lambda n, name: None,
    ) -> None:  # fmt: skip
        self.model, self.catalogue, self.keep = model, catalogue, keep
        self.seed, self.chat, self.heard = seed, chat, heard

    def open(self, unit: Unit, *, limit: int | None = None, sample: bool = False) -> Sitting:
        """A sitting with its tasks built and its earlier answers read; or one that failed."""
        shots = "" if unit.shots is None else f"-{unit.shots}"
        name = re.sub(r"[^\w.-]", "_", f"{unit.name}{shots}")
        sitting = Sitting(unit, self.keep / f"{name}.jsonl")
        try:
            for task, where in unit.tasks:
                built = build(task, self.catalogue, where, shots=unit.shots, seed=self.seed)
                sitting.tasks.append(built)
            sizes = [len(task.task_docs) for task in sitting.tasks]
            sitting.order = (
                shuffled(sizes, self.seed, unit.name) if sample else places(sizes, limit)
            )
            sitting.read()
            self.heard(len(sitting.answers), unit.name)
        except OSError:
            raise
        except Exception as error:
            sitting.failed = _told(error)
        return sitting

    def answer(self, sitting: Sitting, n: int, *, first: int = 0, end: float | None = None) -> None:
        """Answer up to the first `n` questions of a sitting; what goes wrong is noted in it.

        first  size of the first chunk, where its time is wanted
        end    on the monotonic clock: no chunk but the first begins behind it; None: no hurry
        """
        try:
            self._write_down(sitting, min(n, len(sitting.order)), first, end)
        except OSError:
            raise
        except Exception as error:
            sitting.failed = _told(error)

    def _write_down(self, sitting: Sitting, n: int, first: int, end: float | None) -> None:
        if sitting.failed:
            return
        del sitting.answers[len(sitting.order) :]
        while len(sitting.questions) < min(len(sitting.answers), n):
            self._ask_next(sitting)
        while len(sitting.answers) < n:
            clock = time.monotonic()
            begin = len(sitting.answers)
            if begin and end is not None and clock > end:
                return
            most = first - begin if begin < first else n - begin
            load = CHUNK_SCORES if end is None else max(CHUNK_SCORES // HASTE, 1)
            chunk = list(self._chunk(sitting, begin, min(most, n - begin), load))
            answers = self._replies(chunk)
            sitting.keep(answers, time.monotonic() - clock)
            self.heard(len(chunk), sitting.unit.name)

    def _chunk(self, sitting: Sitting, begin: int, most: int, load: int) -> Iterator[Question]:
        """The next questions, as many as are answered together."""
        for i in range(begin, begin + most):
            while len(sitting.questions) <= i:
                self._ask_next(sitting)
            question = sitting.questions[i]
            yield question
            is_text = any(r.request_type == "generate_until" for r in question.requests)
            load -= sum((CHUNK_SCORES // CHUNK_TEXTS if is_text else 1) * _repeats(r)
                        for r in question.requests)  # fmt: skip
            if load <= 0:
                return

    def _ask_next(self, sitting: Sitting) -> None:
        """Make the requests of the next question; examples are drawn in the order of asking."""
        which, number = sitting.order[len(sitting.questions)]
        task = sitting.tasks[which]
        doc = task.task_docs[number]
        template = self.model.apply_chat_template if self.chat else None
        with quietly():
            context = task.fewshot_context(
                doc, num_fewshot=task.config.num_fewshot, system_instruction=None,
                apply_chat_template=self.chat, fewshot_as_multiturn=False,
                chat_template=template, gen_prefix=task.doc_to_prefix(doc),
            )  # fmt: skip
            made = task.construct_requests(
                doc=doc, ctx=context, metadata=(task.config.task, number, task.config.repeats),
                apply_chat_template=self.chat, chat_template=template,
            )  # fmt: skip
        requests = tuple(made) if isinstance(made, list) else (made,)
        if not requests:
            raise PracticumError(f"{task.config.task}: question {number} makes no request")
        sitting.questions.append(Question(task, doc, requests))

    def _replies(self, chunk: Sequence[Question]) -> list[list[list[Any]]]:
        """For every question, for every request, its replies."""
        flat = [(i, j, request) for i, question in enumerate(chunk)
                for j, request in enumerate(question.requests)
                for _ in range(_repeats(request))]  # fmt: skip
        found: list[list[list[Any]]] = [[[] for _ in q.requests] for q in chunk]
        flat.sort(key=lambda entry: entry[2].request_type)
        for kind, entries in groupby(flat, key=lambda entry: entry[2].request_type):
            asked = list(entries)
            method = getattr(self.model, kind)
            replies = method([request for _, _, request in asked], disable_tqdm=True)
            for (i, j, _), reply in zip(asked, replies, strict=True):
                found[i][j].append(reply)
        return found


def _repeats(request: Any) -> int:
    return int(request.repeats or 1)


def _told(error: Exception) -> str:
    """What went wrong, in a line."""
    text = str(error).strip().splitlines()
    name = "" if isinstance(error, PracticumError) else f"{type(error).__name__}: "
    return f"{name}{text[0] if text else 'no reason given'}"
