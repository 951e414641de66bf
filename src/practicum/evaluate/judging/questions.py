"""Questions of several turns, in the layout of MT-bench's files, and the answers to them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from practicum.core.errors import Complaint, DataError, PracticumError, UnknownReference
from practicum.core.messages import MAX_COMPLAINTS, Chat, Message, Sampling
from practicum.evaluate.judging.ledger import Ledger

FILE = "question.jsonl"
REFERENCES = "reference_answer*.jsonl"
BATCH = 8  # conversations answered together; after each batch the answers are on the disk

Answers = Mapping[str, Sequence[str]]  # id of a question → an answer to each of its turns


@dataclass(frozen=True)
class Question:
    """One conversation to be had: what is asked in each turn, and references where known."""

    id: str
    category: str
    turns: tuple[str, ...]
    reference: tuple[str, ...] = ()


def read_questions(path: Path) -> list[Question]:
    """The questions of a JSONL file, or of a folder with a `question.jsonl`.

    Rows are MT-bench's: question_id, category, turns, and short references where there are
    some; whole ones are taken from `reference_answer*.jsonl` beside the file and come first.

    Raises  DataError with file:line of every bad row; UnknownReference when there is no file.
    """
    file = path / FILE if path.is_dir() else path
    if not file.is_file():
        raise UnknownReference(f"{file}: no such file", hint="--questions FILE.jsonl")
    wrong: list[Complaint] = []
    known: dict[str, tuple[str, ...]] = {}
    for beside in sorted(file.parent.glob(REFERENCES)):
        for where, row in _rows(beside, wrong):
            try:
                told = _texts(row["choices"][0]["turns"], "choices[0].turns")
            except (KeyError, IndexError, TypeError, ValueError):
                wrong.append(Complaint("a reference needs choices[0].turns", where=where))
            else:
                known[str(row.get("question_id"))] = told
    found: dict[str, Question] = {}
    for where, row in _rows(file, wrong):
        try:
            question = _question(row)
            if question.id in found:
                raise ValueError(f"question_id {question.id} is there already")
        except ValueError as error:
            wrong.append(Complaint(str(error), where=where))
        else:
            reference = known.get(question.id) or question.reference
            found[question.id] = replace(question, reference=reference)
    if wrong:
        raise DataError(*wrong[:MAX_COMPLAINTS])
    if not found:
        raise DataError(f"{file.name} has no question")
    return list(found.values())


def _rows(file: Path, wrong: list[Complaint]) -> list[tuple[str, dict[str, Any]]]:
    found = []
    for number, line in enumerate(file.read_bytes().splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError:
            row = None
        if isinstance(row, dict):
            found.append((f"{file.name}:{number}", row))
        else:
            wrong.append(Complaint("not a JSON object", where=f"{file.name}:{number}"))
    return found


def _question(row: dict[str, Any]) -> Question:
    if "question_id" not in row or not isinstance(row["question_id"], (str, int)):
        raise ValueError("question_id is missing")
    turns = _texts(row.get("turns"), "turns")
    if not turns or not all(turn.strip() for turn in turns):
        raise ValueError("turns must be a list of questions")
    reference = _texts(row.get("reference") or [], "reference")
    return Question(str(row["question_id"]), str(row.get("category", "")), turns, reference)


def _texts(value: Any, name: str) -> tuple[str, ...]:
    """A list of texts; of references, some may be empty: for that turn there is none."""
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise ValueError(f"{name} must be a list of texts")
    return tuple(value)


def answers_of(
    chat: Chat, questions: Sequence[Question], sampling: Sampling, ledger: Ledger,
    heard: Callable[[int], None] | None = None,
) -> dict[str, tuple[str, ...]]:  # fmt: skip
    """What the model says in each conversation; what the ledger has is not asked again."""
    told = {(r["question"], r["turn"]): str(r["text"]) for r in ledger.rows()}
    for turn in range(max(len(q.turns) for q in questions)):
        open_ones = [q for q in questions if len(q.turns) > turn]
        if heard:
            heard(sum((q.id, turn) in told for q in open_ones))
        open_ones = [q for q in open_ones if (q.id, turn) not in told]
        for start in range(0, len(open_ones), BATCH):
            batch = open_ones[start : start + BATCH]
            replies = chat.reply([_so_far(q, turn, told) for q in batch], sampling)
            rows = [{"question": q.id, "turn": turn, "text": r.text.strip()}
                    for q, r in zip(batch, replies, strict=True)]  # fmt: skip
            ledger.add(*rows)
            told |= {(q.id, turn): str(row["text"]) for q, row in zip(batch, rows, strict=True)}
            if heard:
                heard(len(batch))
    return {q.id: tuple(told[q.id, t] for t in range(len(q.turns))) for q in questions}


def _so_far(question: Question, turn: int, told: Mapping[tuple[str, int], str]) -> list[Message]:
    messages = []
    for t in range(turn + 1):
        messages.append(Message(role="user", content=question.turns[t]))
        if t < turn:
            messages.append(Message(role="assistant", content=told[question.id, t]))
    return messages


def kept_answers(
    ledger: Ledger, questions: Sequence[Question]
) -> dict[str, tuple[str, ...]] | None:
    """The answers when the ledger has all of them, so that no model need be opened."""
    told = {(r["question"], r["turn"]): str(r["text"]) for r in ledger.rows()}
    if any((q.id, t) not in told for q in questions for t in range(len(q.turns))):
        return None
    return {q.id: tuple(told[q.id, t] for t in range(len(q.turns))) for q in questions}


def check_answers(questions: Sequence[Question], answers: Answers) -> None:
    """Raises PracticumError unless every turn of every question has an answer."""
    short = [q.id for q in questions if len(answers.get(q.id, ())) != len(q.turns)]
    if short:
        raise PracticumError(f"questions without answers to all turns: {', '.join(short[:5])}")
