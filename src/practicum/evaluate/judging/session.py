"""From two models, a judge and a file of questions to a report; a killed session goes on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path

from practicum.core.artifact import canonical_json, sha256_text
from practicum.core.events import Listener, Progress, silence
from practicum.core.messages import Chat, Sampling
from practicum.core.report import Report
from practicum.evaluate.judging.judge import SAYS, compare, grade
from practicum.evaluate.judging.ledger import Ledger
from practicum.evaluate.judging.prompts import GRADE_TASK, LONGEST, PAIR_TASK
from practicum.evaluate.judging.questions import Question, answers_of, kept_answers

FOLDER = "judging"  # under the store's home
VERSION = 1  # raised when prompts change in a way that their texts below do not show


@dataclass(frozen=True)
class Party:
    """A model that answers or judges: its name, what it is, and how it is opened."""

    name: str
    key: str  # the digest, or the address of a server
    open: Callable[[], AbstractContextManager[Chat]]


class Session:
    """One comparison or grading. Answers are kept by model, so that a second opponent or judge
    costs only what is new; `again` forgets what was kept of this very session."""

    def __init__(self, home: Path, questions: Sequence[Question], sampling: Sampling,
                 listen: Listener = silence, again: bool = False) -> None:  # fmt: skip
        self.folder, self.questions = Path(home) / FOLDER, list(questions)
        self.sampling, self._listen, self._again = sampling, listen, again

    def compare(self, first: Party, last: Party, judge: Party) -> Report:
        """The judge's report on two models."""
        told = [(p.name, self._answers(p)) for p in (first, last)]
        ledger = self._ledger("verdicts", first.key, last.key, judge.key, PAIR_TASK)
        heard = self._bar("judge", 2 * len(self.questions), "verdicts")
        with judge.open() as chat:
            report = compare(chat, self.questions, told[0], told[1], ledger, heard).report()
        return self._told(report, judge)

    def grade(self, model: Party, judge: Party) -> Report:
        """The judge's grades of one model."""
        told = (model.name, self._answers(model))
        ledger = self._ledger("grades", model.key, judge.key, GRADE_TASK)
        heard = self._bar("judge", self._n_turns, "grades")
        with judge.open() as chat:
            report = grade(chat, self.questions, told, ledger, heard).report()
        return self._told(report, judge)

    @property
    def _n_turns(self) -> int:
        return sum(len(q.turns) for q in self.questions)

    def _told(self, report: Report, judge: Party) -> Report:
        note = f"Judged by {judge.name} on {len(self.questions)} questions, {self._n_turns} turns."
        return report.model_copy(update={"notes": (*report.notes, note)})

    def _answers(self, party: Party) -> dict[str, tuple[str, ...]]:
        ledger = self._ledger("answers", party.key)
        kept = kept_answers(ledger, self.questions)
        if kept is not None:
            return kept
        heard = self._bar(party.name, self._n_turns, "answers")
        with party.open() as chat:
            return answers_of(chat, self.questions, self.sampling, ledger, heard)

    def _ledger(self, kind: str, *keys: str) -> Ledger:
        asked = [asdict(q) for q in self.questions]
        told = [VERSION, kind, keys, asked, self.sampling.model_dump(), SAYS.model_dump(), LONGEST]
        path = self.folder / f"{kind}-{sha256_text(canonical_json(told))[:16]}.jsonl"
        if self._again:
            path.unlink(missing_ok=True)
        return Ledger(path)

    def _bar(self, step: str, total: int, unit: str) -> Callable[[int], None]:
        done = 0

        def heard(n: int) -> None:
            nonlocal done
            done += n
            self._listen(Progress(step, done, total, unit))

        return heard
