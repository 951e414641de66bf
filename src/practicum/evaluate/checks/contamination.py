"""Were the questions in the training data? Runs of words that a question and a text share."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from practicum.evaluate.running.results import Evaluation, Item, TaskResult, score_interval
from practicum.measure.intervals import wilson

LONG = 13  # words: the overlap that GPT-3's authors call contamination (Brown 2020, appendix C)
SHORT = 8  # for questions that have no 13 words; below this chance alone makes runs equal
COMMON = 0.2  # what more than a fifth of a task's questions say is the task's wording, no leak
Run = tuple[str, ...]
Estimate = tuple[float, tuple[float, float] | None, int]  # mean, 95 % interval, n


@dataclass(frozen=True)
class TaskOverlap:
    """How many of a task's questions the training texts contain.

    share      of the questions that can be judged: those of at least eight words of their own
    evidence   id of each question that was found → the run of words, and where
    clean, contaminated  the headline metric on either; None without such items
    """

    task: str
    metric: str
    n: int
    n_judged: int
    share: float
    ci95: tuple[float, float]
    evidence: dict[str, tuple[str, str]]
    clean: Estimate | None
    contaminated: Estimate | None
    is_mini: bool = False


@dataclass(frozen=True)
class Contamination:
    """What was looked through, and what was found, task by task."""

    tasks: tuple[TaskOverlap, ...]
    n_texts: int
    n_words: int
    notes: tuple[str, ...] = ()


@dataclass
class _Probe:
    """A task's questions by the runs of words that are theirs alone."""

    task: TaskResult
    judged: list[Item] = field(default_factory=list)
    runs: dict[Run, list[str]] = field(default_factory=dict)
    found: dict[str, tuple[str, str]] = field(default_factory=dict)


def words_of(text: str) -> list[str]:
    """Lower-case words and numbers; marks between them do not count."""
    return re.findall(r"\w+", text.casefold())


def runs_of(words: Sequence[str], wording: Collection[Run] = ()) -> set[Run]:
    """All runs of 13 words, of 8 where there is no longer one, that hold nothing of the wording.

    wording  runs of 8 words that belong to the task
    """
    taken = {i + k for i in range(len(words)) if tuple(words[i : i + SHORT]) in wording
             for k in range(SHORT)}  # fmt: skip
    for length in (LONG, SHORT):
        found = {
            tuple(words[i : i + length])
            for i in range(len(words) - length + 1)
            if taken.isdisjoint(range(i, i + length))
        }
        if found:
            return found
    return set()


def _wording(questions: Sequence[Sequence[str]]) -> set[Run]:
    """Runs of 8 words in more than a fifth of the questions."""
    counts = Counter(
        run for words in questions
        for run in {tuple(words[i : i + SHORT]) for i in range(len(words) - SHORT + 1)}
    )  # fmt: skip
    return {run for run, n in counts.items() if n > max(1, COMMON * len(questions))}


def overlap(
    tasks: Sequence[TaskResult], texts: Iterable[tuple[str, str]], notes: Sequence[str] = ()
) -> Contamination:
    """Which questions of the tasks the texts contain, each text read once.

    Paraphrases, translations and questions of under eight own words are not found: a share of
    zero is no proof of innocence.

    Shapes  texts: (where it is from, the text).
    Source  Brown 2020, appendix C, with our runs of 8 for short questions; Wilson's interval.
    """
    probes = [_probe(task) for task in tasks]
    index: dict[Run, list[_Probe]] = {}
    for probe in probes:
        for run in probe.runs:
            index.setdefault(run, []).append(probe)
    beginnings = {run[:2] for run in index}  # most places of a text end here
    n_texts = n_words = 0
    for where, text in texts:
        words = words_of(text)
        n_texts += 1
        n_words += len(words)
        for run in _known(words, beginnings, index):
            for probe in index[run]:
                for item in probe.runs[run]:
                    probe.found.setdefault(item, (" ".join(run), where))
    return Contamination(tuple(map(_told, probes)), n_texts, n_words, tuple(notes))


def overlap_of(
    evaluation: Evaluation, texts: Iterable[tuple[str, str]], notes: Sequence[str] = ()
) -> Contamination:
    """The overlap of every task of an evaluation that has items; one in two suites counts once."""
    tasks = {
        (t.task, t.version, t.n_shots): t for s in evaluation.suites for t in s.tasks if t.items
    }
    return overlap(list(tasks.values()), texts, notes)


def _known(
    words: Sequence[str], beginnings: set[Run], index: dict[Run, list[_Probe]]
) -> Iterator[Run]:
    for i in range(len(words) - SHORT + 1):
        if (words[i], words[i + 1]) in beginnings:
            for length in (SHORT, LONG):
                run = tuple(words[i : i + length])
                if run in index:
                    yield run


def _probe(task: TaskResult) -> _Probe:
    """The task's questions that are long enough, by their own runs of words."""
    probe = _Probe(task)
    questions = _unframed([words_of(item.asked) for item in task.items])
    wording = _wording(questions)
    for item, words in zip(task.items, questions, strict=True):
        # Of a question that is too short its answer is a part: "… is called" "photosynthesis".
        own = runs_of(words, wording) or runs_of([*words, *words_of(item.expected)], wording)
        if own:
            probe.judged.append(item)
        for run in own:
            probe.runs.setdefault(run, []).append(item.id)
    return probe


def _unframed(questions: Sequence[Sequence[str]]) -> list[Sequence[str]]:
    """Without the words that all begin or end with, such as Question: and Answer:. They are the
    template's; a text that holds the bare question would otherwise share no whole run with it."""
    if len({tuple(words) for words in questions}) < 2:
        return list(questions)
    front, back = (
        next((i for i, words in enumerate(zip(*rows, strict=False)) if len(set(words)) > 1),
             min(map(len, rows)))
        for rows in (questions, [words[::-1] for words in questions])
    )  # fmt: skip
    return [words[front : max(front, len(words) - back)] for words in questions]


def _told(probe: _Probe) -> TaskOverlap:
    task, judged = probe.task, probe.judged
    n_found = sum(item.id in probe.found for item in judged)
    return TaskOverlap(
        task.task, task.metric, len(task.items), len(judged),
        n_found / len(judged) if judged else 0.0, wilson(n_found, len(judged)), probe.found,
        _estimate(task.metric, [i for i in judged if i.id not in probe.found]),
        _estimate(task.metric, [i for i in judged if i.id in probe.found]),
        task.is_mini,
    )  # fmt: skip


def _estimate(metric: str, items: Sequence[Item]) -> Estimate | None:
    values = [item.values[metric] for item in items if metric in item.values]
    return (*score_interval(values), len(values)) if values else None
