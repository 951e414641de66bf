"""A language model as the judge of others: pairs in both orders, or single answers with a grade.

A preference counts only when it survives turning the order round. What does not is counted as a
tie, and its share is the judge's position bias: a judge that always says "A" has one of 100 %.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from practicum.core.artifact import canonical_json, sha256_text
from practicum.core.errors import PracticumError
from practicum.core.messages import Chat, Sampling
from practicum.core.report import Metric, Report
from practicum.evaluate.judging.ledger import Ledger
from practicum.evaluate.judging.prompts import (
    Asked,
    Choice,
    addresses_the_judge,
    grade_of,
    grade_prompt,
    pair_prompt,
    verdict_of,
)
from practicum.evaluate.judging.questions import BATCH, Answers, Question, check_answers
from practicum.evaluate.judging.ranking import Battle
from practicum.measure.intervals import Z_95, mean_interval, wilson

Preferred = Literal["first", "last", "tie"]
Better = Literal["higher", "lower", "neither"]
SAYS = Sampling(max_tokens=256)  # two sentences and a verdict, greedily
_IN_ORDER: Mapping[Choice | None, Preferred | None] = {
    "A": "first", "B": "last", "tie": "tie", None: None,
}  # fmt: skip
_TURNED: Mapping[Choice | None, Preferred | None] = {
    "A": "last", "B": "first", "tie": "tie", None: None,
}  # fmt: skip


@dataclass(frozen=True)
class Verdict:
    """One question judged in both orders; None where the judge gave no readable verdict."""

    question: str
    category: str
    in_order: Choice | None
    turned: Choice | None

    @property
    def is_readable(self) -> bool:
        """Whether both orders have a verdict."""
        return self.in_order is not None and self.turned is not None

    @property
    def is_flipped(self) -> bool:
        """Whether the two orders disagree about the answers."""
        return self.is_readable and _IN_ORDER[self.in_order] != _TURNED[self.turned]

    @property
    def preferred(self) -> Preferred | None:
        """Who is preferred in both orders; a tie when they disagree; None when not readable."""
        if not self.is_readable:
            return None
        return "tie" if self.is_flipped else _IN_ORDER[self.in_order]


@dataclass(frozen=True)
class Comparison:
    """What a judge said of two models. `n_addressed`: answers that speak to the judge."""

    first: str
    last: str
    verdicts: tuple[Verdict, ...]
    n_cut: int = 0
    n_addressed: int = 0

    def count(self, preferred: Preferred) -> int:
        """How many questions ended so."""
        return sum(v.preferred == preferred for v in self.verdicts)

    @property
    def readable(self) -> list[Verdict]:
        """Those with a verdict in both orders."""
        return [v for v in self.verdicts if v.is_readable]

    def battles(self) -> list[Battle]:
        """The verdicts that count, for a ranking; those that flipped are ties."""
        scores = {"first": 1.0, "tie": 0.5, "last": 0.0}
        return [Battle(self.first, self.last, scores[v.preferred])
                for v in self.verdicts if v.preferred is not None]  # fmt: skip

    def report(self) -> Report:
        """Win share, position bias and unreadable verdicts, each with n and interval.

        Raises  PracticumError when no verdict could be read.
        """
        readable, n_all = self.readable, len(self.verdicts)
        n = len(readable)
        if not n:
            raise PracticumError(
                f"the judge gave no readable verdict on {n_all} questions",
                hint="--by a model that follows instructions",
            )
        won, lost = self.count("first"), self.count("last")
        flipped = [v for v in readable if v.is_flipped]
        one_place = [v for v in flipped if v.in_order == v.turned]
        metrics = [
            _share("win_share", won + self.count("tie") / 2, n),
            _share("position_bias", len(flipped), n, better="lower"),
            _share("unreadable", n_all - n, n_all, better="lower"),
        ]
        if one_place:
            shown_first = sum(v.in_order == "A" for v in one_place)
            metrics.insert(2, _share("bias_to_first_shown", shown_first, len(one_place), "neither"))
        told = (
            f"{self.first} preferred on {won}, {self.last} on {lost}, neither on "
            f"{self.count('tie')} (of these, {len(flipped)} changed with the order)."
        )
        notes = [told, _sign(won, lost)]
        if self.n_addressed:
            notes.append(
                f"{self.n_addressed} answers speak to a judge or hold marks of a prompt: read them."
            )
        if self.n_cut:
            notes.append(f"{self.n_cut} texts were longer than the judge was shown.")
        samples = tuple({"question": v.question, "category": v.category, "preferred": v.preferred,
                         "in_order": v.in_order, "turned": v.turned} for v in self.verdicts)  # fmt: skip
        return Report(title=f"{self.first} and {self.last}, judged", metrics=tuple(metrics),
                      samples=samples, notes=tuple(notes))  # fmt: skip


@dataclass(frozen=True)
class Grading:
    """Grades by question and turn; None where the judge gave no readable grade."""

    model: str
    grades: Mapping[str, tuple[int | None, ...]]
    categories: Mapping[str, str]
    n_cut: int = 0
    n_addressed: int = 0

    def report(self) -> Report:
        """Mean grades, overall and by turn, with intervals over questions.

        Raises  PracticumError when no grade could be read.
        """
        told = {q: [g for g in grades if g is not None] for q, grades in self.grades.items()}
        n_all = sum(len(g) for g in self.grades.values())
        n_read = sum(len(g) for g in told.values())
        if not n_read:
            raise PracticumError(f"the judge gave no readable grade of {n_all} answers",
                                 hint="--by a model that follows instructions")  # fmt: skip
        # The turns of one question hang together: questions are what is independent.
        metrics = [_mean("grade", [sum(g) / len(g) for g in told.values() if g])]
        n_turns = max(len(g) for g in self.grades.values())
        for turn in range(n_turns if n_turns > 1 else 0):
            found = [float(g[turn] or 0) for g in self.grades.values() if len(g) > turn and g[turn]]
            if found:
                metrics.append(_mean(f"grade.turn_{turn + 1}", found))
        metrics.append(_share("unreadable", n_all - n_read, n_all, better="lower"))
        notes = []
        if self.n_addressed:
            notes.append(
                f"{self.n_addressed} answers speak to a judge or hold marks of a prompt: read them."
            )
        samples = tuple({"question": q, "category": self.categories[q], "grades": list(g)}
                        for q, g in self.grades.items())  # fmt: skip
        return Report(title=f"{self.model}, graded from 1 to 10", metrics=tuple(metrics),
                      samples=samples, notes=tuple(notes))  # fmt: skip


def compare(
    chat: Chat, questions: Sequence[Question], first: tuple[str, Answers],
    last: tuple[str, Answers], ledger: Ledger, heard: Callable[[int], None] | None = None,
) -> Comparison:  # fmt: skip
    """Every question judged in both orders; each model is given as its name and its answers."""
    asked: dict[str, Asked] = {}
    for _, answers in (first, last):
        check_answers(questions, answers)
    for q in questions:
        one, other = first[1][q.id], last[1][q.id]
        asked[f"{q.id}/in order"] = pair_prompt(q, one, other)
        asked[f"{q.id}/turned"] = pair_prompt(q, other, one)
    said = _said(chat, asked, ledger, heard)
    told = {key: verdict_of(said[key], prompt.code) for key, prompt in asked.items()}
    verdicts = [Verdict(q.id, q.category, told[f"{q.id}/in order"], told[f"{q.id}/turned"])
                for q in questions]  # fmt: skip
    return Comparison(first[0], last[0], tuple(verdicts), sum(a.n_cut for a in asked.values()) // 2,
                      _n_addressed(questions, first[1], last[1]))  # fmt: skip


def grade(
    chat: Chat, questions: Sequence[Question], model: tuple[str, Answers], ledger: Ledger,
    heard: Callable[[int], None] | None = None,
) -> Grading:  # fmt: skip
    """Every answer graded alone, turn by turn."""
    name, answers = model
    check_answers(questions, answers)
    asked = {f"{q.id}/{t}": grade_prompt(q, answers[q.id], t)
             for q in questions for t in range(len(q.turns))}  # fmt: skip
    said = _said(chat, asked, ledger, heard)
    grades = {
        q.id: tuple(grade_of(said[f"{q.id}/{t}"], asked[f"{q.id}/{t}"].code)
                    for t in range(len(q.turns)))
        for q in questions
    }  # fmt: skip
    return Grading(name, grades, {q.id: q.category for q in questions},
                   sum(a.n_cut for a in asked.values()), _n_addressed(questions, answers))  # fmt: skip


def _said(
    chat: Chat, asked: Mapping[str, Asked], ledger: Ledger, heard: Callable[[int], None] | None
) -> dict[str, str]:
    """What the judge says to each prompt; what the ledger has is not asked again."""
    seals = {_seal(prompt): key for key, prompt in asked.items()}
    said = {seals[r["asked"]]: str(r["said"]) for r in ledger.rows() if r.get("asked") in seals}
    if heard:
        heard(len(said))
    waiting = [key for key in asked if key not in said]
    for start in range(0, len(waiting), BATCH):
        batch = waiting[start : start + BATCH]
        replies = chat.reply([asked[key].messages for key in batch], SAYS)
        texts = {key: reply.text for key, reply in zip(batch, replies, strict=True)}
        rows = [{"for": key, "asked": _seal(asked[key]), "said": texts[key]} for key in batch]
        ledger.add(*rows)
        said |= texts
        if heard:
            heard(len(batch))
    return said


def _seal(asked: Asked) -> str:
    """A name of the very prompt: other answers are another question."""
    return sha256_text(canonical_json([m.model_dump() for m in asked.messages]))[:24]


def _n_addressed(questions: Sequence[Question], *answers: Answers) -> int:
    return sum(addresses_the_judge(a) for told in answers for q in questions for a in told[q.id])


def _share(name: str, k: float, n: int, better: Better = "higher") -> Metric:
    return Metric(name=name, value=k / n, unit="fraction", n=n, ci95=_share_interval(k, n),
                  better=better)  # fmt: skip


def _share_interval(k: float, n: int) -> tuple[float, float]:
    """Wilson's interval, half points allowed: with ties it is too wide rather than too narrow."""
    if float(k).is_integer():
        return wilson(int(k), n)
    middle = (k + Z_95**2 / 2) / (n + Z_95**2)
    half = Z_95 / (n + Z_95**2) * math.sqrt(k * (n - k) / n + Z_95**2 / 4)
    return middle - half, middle + half


def _sign(won: int, lost: int) -> str:
    """The sign test in words."""
    from scipy.stats import binomtest

    if not won + lost:
        return "Nothing was decided."
    p_value = float(binomtest(won, won + lost).pvalue)
    told = "p < 0.001" if p_value < 0.001 else f"p = {p_value:.3f}"
    return f"Sign test: {told}; {'more than chance' if p_value < 0.05 else 'that may be chance'}."


def _mean(name: str, values: Sequence[float]) -> Metric:
    mean, low, high = mean_interval(values)
    return Metric(name=name, value=mean, unit="of 10", n=len(values), better="higher",
                  ci95=(max(1.0, low), min(10.0, high)) if len(values) > 1 else None)  # fmt: skip
