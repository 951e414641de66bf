"""Questions: choice, numeric and short answer; parametric ones are drawn and their answer executed.

A drawn question is a pure function of its item and a seed, so that the same question can be
asked on a page, in a terminal and in a test, and an event needs to remember the seed only.
"""

from __future__ import annotations

import math
import random
import re
import tomllib
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from practicum.core.errors import Complaint, PracticumError
from practicum.learn.lessons.verify import load_file

RELATIVE = 0.01  # how near a numeric answer must be when the item says nothing else
LETTERS = "abcdefgh"


@dataclass(frozen=True)
class Choice:
    """One answer to choose, and why it is right or wrong."""

    text: str
    why: str
    right: bool = False


@dataclass(frozen=True)
class Slip:
    """A wrong answer that people give, and what leads to it."""

    text: str
    why: str


@dataclass(frozen=True)
class Item:
    """A question of the bank, as it is written; `key` is unique over the course."""

    key: str
    concept: str
    kind: str
    level: int
    ask: str
    passage: str
    why: str
    choices: tuple[Choice, ...]
    accept: tuple[str, ...]
    answer: float | None
    within: float | None
    slips: tuple[Slip, ...]
    make: Callable[[random.Random], dict[str, Any]] | None

    @property
    def is_parametric(self) -> bool:
        """Whether every draw asks with other numbers."""
        return self.make is not None


@dataclass(frozen=True)
class Question:
    """An item drawn: what is asked now. `seed` draws the same again."""

    item: Item
    seed: int
    ask: str
    why: str
    choices: tuple[Choice, ...] = ()
    answer: float | None = None
    within: float = 0.0
    slips: tuple[Slip, ...] = ()

    @property
    def right(self) -> str:
        """The right answer as one would write it."""
        if self.choices:
            return next(f"{LETTERS[i]}) {c.text}" for i, c in enumerate(self.choices) if c.right)
        return self.item.accept[0] if self.item.kind == "short" else f"{self.answer:.6g}"


@dataclass(frozen=True)
class Grade:
    """Whether an answer is right, and why."""

    right: bool
    why: str


def read_quiz(folder: Path, concept_id: str) -> list[Item]:
    """The items of a concept's folder.

    Raises  PracticumError with file and item for every item that breaks the format.
    """
    path = folder / "quiz.toml"
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise PracticumError(Complaint(f"cannot be read: {error}", where=str(path))) from error
    makers = _makers(folder / "quiz.py")
    items, complaints = [], []
    for number, entry in enumerate(told.get("items", []), start=1):
        try:
            items.append(_item(entry, concept_id, makers))
        except (KeyError, TypeError, ValueError) as error:
            name = entry.get("id", f"number {number}")
            complaints.append(Complaint(f"item {name}: {_said(error)}", where=str(path)))
    keys = [item.key for item in items]
    complaints += [Complaint(f"item {k} is given twice", where=str(path))
                   for k in sorted({k for k in keys if keys.count(k) > 1})]  # fmt: skip
    if complaints:
        raise PracticumError(*complaints)
    return items


def draw(item: Item, seed: int) -> Question:
    """The item as it is asked with this seed: numbers drawn, choices shuffled, answer executed."""
    rng = random.Random(f"{item.key}:{seed}")  # text seeds are equal on every machine
    values = item.make(rng) if item.make else {}

    def fill(text: str) -> str:
        for name, value in values.items():
            text = text.replace("{" + name + "}", str(value))
        return text

    choices = [Choice(fill(c.text), fill(c.why), c.right) for c in item.choices]
    rng.shuffle(choices)
    answer = values.get("answer", item.answer)
    within = values.get("within", item.within)
    if within is None and answer is not None:
        within = abs(answer) * RELATIVE
        if "decimals" in values:
            within = 0.5000001 * 10.0 ** -values["decimals"]
    slips = [Slip(str(value), str(why)) for value, why in values.get("slips", {}).items()]
    slips += [Slip(fill(s.text), fill(s.why)) for s in item.slips]
    return Question(item, seed, fill(item.ask), fill(item.why), tuple(choices),
                    None if answer is None else float(answer), within or 0.0, tuple(slips))  # fmt: skip


def grade(question: Question, given: str) -> Grade:
    """Whether what was given is right, and why.

    Raises  PracticumError when it is not an answer at all: no such choice, not a number.
    """
    if question.choices:
        return _grade_choice(question, given)
    if question.item.kind == "numeric":
        return _grade_number(question, given)
    said = normal(given)
    if said in {normal(a) for a in question.item.accept}:
        return Grade(True, question.why)
    slip = next((s for s in question.slips if normal(s.text) == said), None)
    return Grade(False, f"{slip.why} {question.why}".strip() if slip else question.why)


def normal(text: str) -> str:
    """A short answer as it is compared: no case, accents, articles, hyphens or punctuation."""
    plain = unicodedata.normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode()
    words = re.sub(r"[^a-z0-9]+", " ", plain).split()
    return " ".join(w for w in words if w not in ("a", "an", "the"))


def number_of(text: str) -> float:
    """The number that a learner wrote: 1,024 · −3 · 2/3 · 12 % · 1e-4.  Raises ValueError."""
    plain = text.strip().replace("−", "-").replace(" ", "").replace("_", "")
    percent = plain.endswith("%")
    plain = plain.rstrip("%")
    if re.fullmatch(r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?", plain):
        plain = plain.replace(",", "")
    above, slash, below = plain.replace(",", ".").partition("/")
    value = float(above) / (float(below) if slash else 1.0)
    return value / 100 if percent else value


def _grade_choice(question: Question, given: str) -> Grade:
    said = given.strip().casefold().rstrip(").")
    letters = LETTERS[: len(question.choices)]
    if len(said) == 1 and said in letters:
        chosen = question.choices[letters.index(said)]
    else:
        matching = [c for c in question.choices if c.text.casefold() == given.strip().casefold()]
        if not matching:
            raise PracticumError(f"'{given}' is none of the choices", hint=", ".join(letters))
        chosen = matching[0]
    return Grade(chosen.right, chosen.why)


def _grade_number(question: Question, given: str) -> Grade:
    assert question.answer is not None
    try:
        value = number_of(given)
    except (ValueError, ZeroDivisionError):
        raise PracticumError(
            f"'{given}' is not a number", hint="0.25, 1/4, 25 % or 2.5e-1"
        ) from None
    readings = [value]
    if "%" in given and "%" in question.ask:  # asked in per cent, answered in per cent
        readings.append(value * 100)
    if any(abs(v - question.answer) <= question.within + 1e-12 for v in readings):
        return Grade(True, question.why)
    for slip in question.slips:
        wrong = float(slip.text)
        if math.isclose(value, wrong, rel_tol=RELATIVE, abs_tol=question.within):
            return Grade(False, f"{slip.why} {question.why}".strip())
    return Grade(False, question.why)


def _makers(path: Path) -> dict[str, Any]:
    return vars(load_file(path)) if path.is_file() else {}


def _item(told: Mapping[str, Any], concept_id: str, makers: Mapping[str, Any]) -> Item:
    kind = told["kind"]
    make = makers[told["make"]] if "make" in told else None
    choices = tuple(
        Choice(c["text"], c["why"], c.get("right", False)) for c in told.get("choices", ())
    )
    slips = tuple(Slip(str(s["text"]), s["why"]) for s in told.get("slips", ()))
    if kind == "choice":
        if not 3 <= len(choices) <= len(LETTERS) or sum(c.right for c in choices) != 1:
            raise ValueError("a choice has three to eight answers, one of them right")
    elif kind == "numeric":
        if make is None and "answer" not in told:
            raise ValueError("a numeric item has an answer, or a function that makes it")
        if "why" not in told:
            raise ValueError("it needs a why")
    elif kind == "short":
        if not told.get("accept") or "why" not in told:
            raise ValueError("a short item has accept, a list, and why")
    else:
        raise ValueError(f"kind '{kind}' is unknown: choice, numeric or short")
    answer = told.get("answer")
    return Item(f"{concept_id}.{told['id']}", concept_id, kind, int(told["level"]), told["ask"],
                told["passage"], told.get("why", ""), choices, tuple(told.get("accept", ())),
                None if answer is None else float(answer), told.get("within"), slips, make)  # fmt: skip


def _said(error: Exception) -> str:
    return f"lacks {error}" if isinstance(error, KeyError) else str(error)
