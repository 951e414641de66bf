"""The blind arena: battles and votes in a log that only grows, and the ranking they give.

home/arena/battles.jsonl holds rows of three kinds: a battle (the question, who stands left and
right, the seed that drew them), its answers, and the vote. Names are in the log from the
beginning; who shows a battle keeps them back until the vote is there.
"""

from __future__ import annotations

import random
import secrets
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

from practicum.core.errors import PracticumError, UnknownReference
from practicum.core.messages import Message, Pair, Sampling
from practicum.evaluate.judging.ledger import Ledger
from practicum.evaluate.judging.ranking import Battle, Ranking, rank

Vote = Literal["left", "right", "tie", "both-bad", "skipped"]
FILE = Path("arena") / "battles.jsonl"  # under the store's home
LONGEST_PROMPT = 4000  # characters of a question
LONGEST_NOTE = 500
FEW = 30  # battles a model, below which a ranking mostly shows chance
_SCORES = {"left": 1.0, "right": 0.0, "tie": 0.5, "both-bad": 0.5}


@dataclass(frozen=True)
class Fighter:
    """A model as the log knows it."""

    digest: str
    name: str


@dataclass(frozen=True)
class Duel:
    """One battle as it stands: texts when both answers are there, a vote when it was given.

    among    digests of the models from which the two were drawn
    are_cut  whether the limit of tokens ended an answer before its model did
    """

    id: str
    prompt: str
    left: Fighter
    right: Fighter
    seed: int
    sampling: Sampling
    at_unix_s: float
    among: tuple[str, ...] = ()
    texts: tuple[str, str] | None = None
    are_cut: tuple[bool, bool] = (False, False)
    vote: Vote | None = None
    note: str = ""

    @property
    def messages(self) -> tuple[Message, ...]:
        """What both are asked."""
        return (Message(role="user", content=self.prompt),)


def drawn(models: Sequence[Fighter], seed: int) -> tuple[Fighter, Fighter]:
    """Left and right: two of the models in an order that the seed alone decides."""
    one, other = random.Random(seed).sample(sorted(models, key=lambda m: m.digest), 2)
    return one, other


class Arena:
    """The arena of one home. Any number of processes may share it."""

    def __init__(self, home: Path | str) -> None:
        self._ledger = Ledger(Path(home) / FILE)

    @property
    def path(self) -> Path:
        """The log."""
        return self._ledger.path

    def begin(
        self, models: Sequence[Fighter], prompt: str, sampling: Sampling | None = None,
        seed: int | None = None,
    ) -> Duel:  # fmt: skip
        """A new battle between two of the models.

        Raises  PracticumError without a question or with fewer than two different models.
        """
        prompt = prompt.strip()
        if not prompt:
            raise PracticumError("there is no question", hint="write what both are to answer")
        if len(prompt) > LONGEST_PROMPT:
            raise PracticumError(f"the question has {len(prompt):,} characters, at most "
                                 f"{LONGEST_PROMPT:,} are asked")  # fmt: skip
        different = {m.digest: m for m in models}
        if len(different) < 2:
            raise PracticumError("a battle needs two different models", hint="choose two or more")
        seed = secrets.randbits(31) if seed is None else seed
        left, right = drawn(list(different.values()), seed)
        duel = Duel(secrets.token_hex(6), prompt, left, right, seed,
                    (sampling or Sampling()).model_copy(update={"seed": seed}), time.time(),
                    tuple(different))  # fmt: skip
        self._ledger.add({
            "kind": "battle", "id": duel.id, "at": duel.at_unix_s, "prompt": prompt,
            "left": vars(left), "right": vars(right), "seed": seed,
            "sampling": duel.sampling.model_dump(), "among": list(duel.among),
        })  # fmt: skip
        return duel

    def answered(
        self, duel_id: str, left: str, right: str, are_cut: tuple[bool, bool] = (False, False)
    ) -> None:
        """Keep both answers."""
        self._ledger.add({"kind": "answers", "id": duel_id, "left": left, "right": right,
                          "cut": list(are_cut)})  # fmt: skip

    def vote(self, duel_id: str, vote: str, note: str = "") -> Duel:
        """Keep a vote; the battle with it.

        Raises  PracticumError when there is nothing to vote on, or there is a vote already.
        """
        if vote not in get_args(Vote):
            raise PracticumError(f"'{vote}' is no vote", hint=", ".join(get_args(Vote)))
        with self._ledger.held():
            duel = self.duel(duel_id)
            if duel.vote is not None:
                raise PracticumError(f"this battle has its vote already: {duel.vote}")
            if duel.texts is None and vote != "skipped":
                raise PracticumError("both answers must be there before a vote")
            told = {"kind": "vote", "id": duel_id, "at": time.time(), "vote": vote,
                    "note": note.strip()[:LONGEST_NOTE]}  # fmt: skip
            self._ledger.add(told)
        return _with(duel, told)

    def duels(self) -> list[Duel]:
        """Every battle as it stands, oldest first."""
        found: dict[str, Duel] = {}
        for row in self._ledger.rows():
            try:
                if row["kind"] == "battle":
                    duel = _read(row)
                    found.setdefault(duel.id, duel)
                elif row["id"] in found:
                    found[row["id"]] = _with(found[row["id"]], row)
            except (KeyError, TypeError, ValueError):  # a row of another version, or by hand
                continue
        return list(found.values())

    def duel(self, duel_id: str) -> Duel:
        """The battle of that id.  Raises UnknownReference when there is none."""
        found = next((d for d in self.duels() if d.id == duel_id), None)
        if found is None:
            raise UnknownReference(f"there is no battle '{duel_id}'")
        return found

    def open_duel(self) -> Duel | None:
        """The newest battle that waits for its vote."""
        return next((d for d in reversed(self.duels()) if d.vote is None), None)

    def names(self) -> dict[str, str]:
        """Digest → the newest name; with the digest's beginning where two share a name."""
        newest = {f.digest: f.name for d in self.duels() for f in (d.left, d.right)}
        shared = Counter(newest.values())
        return {d: f"{n}@{d[:8]}" if shared[n] > 1 else n for d, n in newest.items()}

    def battles(self) -> list[Battle]:
        """The votes as comparisons between digests; "both bad" is a tie."""
        return [Battle(d.left.digest, d.right.digest, _SCORES[d.vote])
                for d in self.duels() if d.vote in _SCORES and d.vote is not None]  # fmt: skip

    def pairs(self) -> list[Pair]:
        """The votes for one side as preference pairs, to align a model with."""
        found = []
        for d in self.duels():
            if d.texts and d.vote in ("left", "right") and d.texts[0] != d.texts[1]:
                chosen, rejected = d.texts if d.vote == "left" else d.texts[::-1]
                found.append(
                    Pair(prompt=d.messages, chosen=chosen, rejected=rejected, source="arena")
                )
        return found

    def ranking(self, seed: int = 0) -> Ranking:
        """The ranking of the votes, models by name.

        Raises  PracticumError without votes, or when the models fall into groups that never met.
        """
        names = self.names()
        named = [Battle(names[b.left], names[b.right], b.score) for b in self.battles()]
        return rank(named, seed)


def too_few(ranking: Ranking) -> str:
    """A warning where the battles are too few to mean much; "" where they are not."""
    least = min(ranking.standings, key=lambda s: s.n)
    if least.n >= FEW:
        return ""
    noun = "battle" if least.n == 1 else "battles"
    return (f"{least.name} has fought {least.n} {noun}: below about {FEW} for each model, the order "
            "is mostly chance.")  # fmt: skip


def _read(row: Mapping[str, Any]) -> Duel:
    return Duel(str(row["id"]), str(row["prompt"]), Fighter(**row["left"]), Fighter(**row["right"]),
                int(row["seed"]), Sampling(**row["sampling"]), float(row["at"]),
                tuple(str(d) for d in row["among"]))  # fmt: skip


def _with(duel: Duel, row: Mapping[str, Any]) -> Duel:
    """The battle after a row; what was said first stays."""
    if row["kind"] == "answers" and duel.texts is None:
        left_cut, right_cut = (bool(cut) for cut in row["cut"])
        texts = (str(row["left"]), str(row["right"]))
        return replace(duel, texts=texts, are_cut=(left_cut, right_cut))
    if row["kind"] == "vote" and duel.vote is None and row["vote"] in get_args(Vote):
        return replace(duel, vote=row["vote"], note=str(row.get("note", "")))
    return duel
