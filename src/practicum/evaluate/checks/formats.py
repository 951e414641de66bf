"""How much of a multiple-choice score is the form of the prompt?"""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from practicum.core.artifact import sha256_text
from practicum.core.errors import Complaint, PracticumError
from practicum.measure.intervals import Gain, paired_gain, wilson

Score = Callable[[Sequence[str], Sequence[str]], Sequence[float]]  # log-probs of continuations
MOST_CHOICES = 26  # letters


@dataclass(frozen=True)
class ChoiceQuestion:
    """A question, its options, and which of them is right."""

    question: str
    choices: tuple[str, ...]
    answer: int


@dataclass(frozen=True)
class Form:
    """One way to print a question; the model answers with the label of an option."""

    name: str
    labels: str = "letters"  # or "numbers"
    cue: str = "Answer:"
    gap: str = "\n"
    is_shuffled: bool = False
    is_lower: bool = False


PLAIN = Form("letters, Answer:, a line each")
FORMS = (
    PLAIN,
    replace(PLAIN, name="numbers", labels="numbers"),
    replace(PLAIN, name="A:", cue="A:"),
    replace(PLAIN, name="all on one line", gap=" "),
    replace(PLAIN, name="options shuffled", is_shuffled=True),
    replace(PLAIN, name="lower case", is_lower=True),
    Form("all of these together", "numbers", "A:", " ", is_shuffled=True, is_lower=True),
)


@dataclass(frozen=True)
class FormScore:
    """The accuracy in one form, and how it differs from the first form on the same questions."""

    form: Form
    accuracy: float
    ci95: tuple[float, float]
    n: int
    gain: Gain | None


@dataclass(frozen=True)
class Sensitivity:
    """The same questions in every form; the first is the plain one.

    n_swaying  questions that are answered rightly in some forms and wrongly in others
    """

    forms: tuple[FormScore, ...]
    n: int
    n_swaying: int

    @property
    def plain(self) -> FormScore:
        """The score that the others stand beside."""
        return self.forms[0]

    @property
    def lowest(self) -> FormScore:
        """The form the model fares worst with."""
        return min(self.forms, key=lambda f: f.accuracy)

    @property
    def highest(self) -> FormScore:
        """The form the model fares best with."""
        return max(self.forms, key=lambda f: f.accuracy)

    @property
    def range(self) -> float:
        """Between the best and the worst form. The largest of several differences is above zero
        by chance alone; a form's own interval says what is not."""
        return self.highest.accuracy - self.lowest.accuracy

    @property
    def n_sure(self) -> int:
        """How many forms differ from the first by more than their paired interval."""
        return sum(bool(f.gain and not f.gain.low <= 0 <= f.gain.high) for f in self.forms)

    def __str__(self) -> str:
        return (
            f"{self.plain.accuracy:.3f} as printed; {self.lowest.accuracy:.3f} "
            f"({self.lowest.form.name}) to {self.highest.accuracy:.3f} "
            f"({self.highest.form.name}) over {len(self.forms)} forms, range {self.range:.3f}, "
            f"n = {self.n}; {self.n_swaying} questions sway; {self.n_sure} of {len(self.forms) - 1} "
            "forms differ surely from the first (95 %, each alone)"
        )


def sensitivity(
    questions: Sequence[ChoiceQuestion], score: Score, forms: Sequence[Form] = FORMS, seed: int = 0
) -> Sensitivity:
    """The accuracy in every form, paired with the first one.

    score  log-probabilities of continuations behind prompts, one call for everything

    Raises  PracticumError for questions that cannot be printed, and a scorer that skips some.
    """
    _check(questions, forms)
    prompts: list[str] = []
    continuations: list[str] = []
    places: list[tuple[int, ...]] = []  # of each printed question: which option each label has
    for form in forms:
        for question in questions:
            order = _order(question, form, seed)
            prompt, labels = printed(question, form, order)
            prompts += [prompt] * len(labels)
            continuations += [f" {label}" for label in labels]
            places.append(order)
    found = list(score(prompts, continuations))
    if len(found) != len(prompts):
        raise PracticumError(f"{len(found)} scores for {len(prompts)} continuations")
    right: list[bool] = []
    start = 0
    for i, order in enumerate(places):
        scores = found[start : start + len(order)]
        start += len(order)
        chosen = order[max(range(len(order)), key=lambda k: scores[k])]
        right.append(chosen == questions[i % len(questions)].answer)
    n = len(questions)
    table = [right[i : i + n] for i in range(0, len(right), n)]  # (forms, questions)
    told = [
        FormScore(form, sum(row) / n, wilson(sum(row), n), n,
                  paired_gain(table[0], row) if row is not table[0] else None)
        for form, row in zip(forms, table, strict=True)
    ]  # fmt: skip
    swaying = sum(len(set(column)) > 1 for column in zip(*table, strict=True))
    return Sensitivity(tuple(told), n, swaying)


def printed(question: ChoiceQuestion, form: Form, order: Sequence[int]) -> tuple[str, list[str]]:
    """The prompt, and the labels of its options in the order in which they stand there."""
    names = string.ascii_uppercase if form.labels == "letters" else _numbers(len(order))
    labels = list(names[: len(order)])
    lines = [f"{label}. {question.choices[i]}" for label, i in zip(labels, order, strict=True)]
    text = form.gap.join([question.question, *lines, form.cue])
    if form.is_lower:
        return text.lower(), [label.lower() for label in labels]
    return text, labels


def _numbers(n: int) -> list[str]:
    return [str(i) for i in range(1, n + 1)]


def _order(question: ChoiceQuestion, form: Form, seed: int) -> tuple[int, ...]:
    """The options as given, or in an order of the question's own: never the given one."""
    order = list(range(len(question.choices)))
    if form.is_shuffled:
        rng = random.Random(f"{seed}:{sha256_text(question.question)}")
        while order == sorted(order):
            rng.shuffle(order)
    return tuple(order)


def _check(questions: Sequence[ChoiceQuestion], forms: Sequence[Form]) -> None:
    wrong = [
        Complaint(f"{len(q.choices)} options, the right one is number {q.answer + 1}",
                  f"question {i + 1}", f"2 to {MOST_CHOICES} options, the right one among them")
        for i, q in enumerate(questions)
        if not 2 <= len(q.choices) <= MOST_CHOICES or not 0 <= q.answer < len(q.choices)
    ]  # fmt: skip
    if not questions:
        wrong.append(Complaint("no question to print"))
    if len(forms) < 2:
        wrong.append(Complaint(f"{len(forms)} form shows no sensitivity", hint="at least two"))
    if wrong:
        raise PracticumError(*wrong)
