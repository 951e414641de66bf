"""Two evaluations on the same items: what changed, task by task and in all, and how surely."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from practicum.core.errors import Complaint, PracticumError
from practicum.evaluate.running.results import Evaluation, TaskResult
from practicum.evaluate.tasks.suites import OWN
from practicum.measure.intervals import holm, mean_bootstrap, paired_gain, sign_flip

YES_NO = "yes-no"  # McNemar's exact test, Tango's interval
GRADED = "graded"  # sign flips, a paired bootstrap's interval
MEANT = 1e-9  # a score further from the mean of its items is no mean
Line = tuple[str, str, int, str, str]  # task, version, shots, metric, source
Lines = dict[Line, tuple[TaskResult, float]]  # with the weight in the average
ItemId = tuple[str, int]  # a row's id, and how many equal rows came before it


@dataclass(frozen=True)
class Change:
    """A paired difference, after minus before, of one task or of the average.

    Units   in the metric's own; `p_value` is two-sided, `p_holm` corrected for all tasks
    weight  of the task in the average
    """

    name: str
    metric: str
    before: float
    after: float
    low: float
    high: float
    p_value: float
    n: int
    n_up: int
    n_down: int
    test: str
    p_holm: float | None = None
    is_mini: bool = False
    n_shots: int = 0
    weight: float = 0.0

    @property
    def difference(self) -> float:
        """How much more the second has."""
        return self.after - self.before


@dataclass(frozen=True)
class Comparison:
    """What changed from one evaluation to the other; `notes` say what was left out and why."""

    before: str
    after: str
    tasks: tuple[Change, ...]
    overall: Change | None
    notes: tuple[str, ...] = ()

    @property
    def is_mini(self) -> bool:
        """Whether any number comes from a bundled pack."""
        return any(c.is_mini for c in self.tasks)


@dataclass(frozen=True)
class _Paired:
    """A task's values in the same order of items, and its weight in the average."""

    before: tuple[float, ...]
    after: tuple[float, ...]
    weight: float

    @property
    def differences(self) -> list[float]:
        return [a - b for b, a in zip(self.before, self.after, strict=True)]


def compare(
    before: Evaluation, after: Evaluation, *, on_shared: bool = False, seed: int = 0
) -> Comparison:
    """What changed, each item against itself.

    Tasks that only one has, or that have no score or no value an item, are left out and named.
    With `on_shared` a task is compared on the items that pair, and left out where none does.

    Raises  PracticumError when no task pairs, and unless `on_shared` when any task's items
            differ: it says how many pair.
    Source  Average: items are drawn anew within each task (Efron 1979, stratified); p by sign
            flips of all items at once. p_holm: Holm 1979 over the tasks.
    """
    mine, theirs = _lines(before), _lines(after)
    notes = _left_out(before, after, mine, theirs)
    found = _pair(mine, theirs, on_shared, notes)
    if not found:
        raise PracticumError("the two evaluations share no task that can be compared", *notes)
    changes = [_change(line, pair, seed) for line, pair in found]
    corrected = holm([c.p_value for c in changes])
    tasks = tuple(replace(c, p_holm=p) for c, p in zip(changes, corrected, strict=True))
    pairs = [pair for _, pair in found if pair.weight]
    overall = _overall(tasks, pairs, seed) if len(pairs) > 1 else None
    return Comparison(before.model, after.model, tasks, overall, tuple(notes))


def _pair(
    mine: Lines, theirs: Lines, on_shared: bool, notes: list[str]
) -> list[tuple[Line, _Paired]]:
    """The values of every task that both have, item beside item; `notes` gets what is odd.

    Raises  PracticumError naming every task whose items do not all pair, and how many do.
    """
    wrong: list[Complaint] = []
    found: list[tuple[Line, _Paired]] = []
    for line in (line for line in mine if line in theirs):
        (one, weight), (other, _) = mine[line], theirs[line]
        values = _values(one), _values(other)
        both = [i for i in values[0] if i in values[1]]
        n_most = max(map(len, values))
        if n_most == 0:
            notes.append(f"{line[0]}: no item has a value of {line[3]}, left out")
        elif not both and on_shared:
            notes.append(f"{line[0]}: no item pairs, left out")
        elif len(both) < n_most and not on_shared:
            told = f"{len(values[0])} items before, {len(values[1])} after, {len(both)} pair"
            hint = "practicum report … --shared takes those" if both else None
            wrong.append(Complaint(told, line[0], hint))
        else:
            left, right = (tuple(v[i] for i in both) for v in values)
            if len(both) < n_most:
                notes.append(f"{line[0]}: {len(both)} of {n_most} items pair")
            elif _is_no_mean(one, left) or _is_no_mean(other, right):
                notes.append(f"{line[0]}: its score is no mean; compared are its items' means")
            found.append((line, _Paired(left, right, weight)))
    if wrong:
        raise PracticumError(*wrong)
    return found


def correction_note(n_tasks: int) -> str:
    """What the corrected p-values mean, as a sentence to print below them."""
    if n_tasks < 2:
        return "One task, one test: nothing to correct."
    return (
        f"p (Holm) is corrected for {n_tasks} tests: of {n_tasks} tasks between equal models one "
        f"falls below p = 0.05 by chance in {100 * (1 - 0.95**n_tasks):.0f} % of comparisons, below "
        "p (Holm) = 0.05 in at most 5 %. Intervals and the average's p are not corrected."
    )


def _lines(evaluation: Evaluation) -> Lines:
    """Every scored task with its weight in the average; the same task in two suites is one."""
    found: Lines = {}
    for task, weight in _weighted(evaluation):
        line = (task.task, task.version, task.n_shots, task.metric, task.source)
        found[line] = (task, weight + (found[line][1] if line in found else 0.0))
    return found


def _weighted(evaluation: Evaluation) -> Iterator[tuple[TaskResult, float]]:
    """Every scored task; those asked for one by one are no suite and have no average."""
    suites = [s for s in evaluation.suites if s.score is not None]
    n_suites = sum(s.suite != OWN for s in suites)
    for suite in suites:
        parts = [[t for t in tasks if t.score is not None] for tasks in suite.parts.values()]
        parts = [tasks for tasks in parts if tasks]
        for tasks in parts:
            for task in tasks:
                share = 1 / (len(parts) * len(tasks))
                yield task, 0.0 if suite.suite == OWN else share / n_suites


def _left_out(before: Evaluation, after: Evaluation, mine: Lines, theirs: Lines) -> list[str]:
    """Why a scored task of the one has no partner in the other, one sentence each."""
    notes = []
    failed = {t.task: t.failed for e in (before, after) for s in e.suites for t in s.tasks
              if t.score is None}  # fmt: skip
    for have, lack, name in ((mine, theirs, after.model), (theirs, mine, before.model)):
        for line in have:
            if line in lack:
                continue
            other = next((o for o in lack if o[0] == line[0]), None)
            if other:
                named = ("task", "version", "shots", "metric", "source")
                told = ", ".join(f"{n} {a} and {b}" for n, a, b in zip(named, line, other, strict=True)
                                 if a != b)  # fmt: skip
            else:
                why = failed.get(line[0])
                told = f"no score of {name}" + (f" ({why})" if why else "")
            notes.append(f"{line[0]}: {told}, left out")
    return notes


def _values(task: TaskResult) -> dict[ItemId, float]:
    """The headline metric of every item; equal rows are told apart by their order."""
    seen: dict[str, int] = defaultdict(int)
    values: dict[ItemId, float] = {}
    for item in task.items:
        if task.metric in item.values:
            values[item.id, seen[item.id]] = item.values[task.metric]
            seen[item.id] += 1
    return values


def _is_no_mean(task: TaskResult, values: Sequence[float]) -> bool:
    return task.score is not None and abs(task.score - sum(values) / len(values)) > MEANT


def _change(line: Line, pair: _Paired, seed: int) -> Change:
    before, after, n = pair.before, pair.after, len(pair.before)
    if all(v in (0.0, 1.0) for v in (*before, *after)):
        gain = paired_gain([v == 1 for v in before], [v == 1 for v in after])
        low, high, p_value, test = gain.low, gain.high, gain.p_value, YES_NO
    else:
        low, high, p_value = _graded([replace(pair, weight=1.0)], seed)
        test = GRADED
    moved = pair.differences
    return Change(
        line[0], line[3], sum(before) / n, sum(after) / n, low, high, p_value, n,
        sum(d > 0 for d in moved), sum(d < 0 for d in moved), test,
        is_mini=line[4] == "mini", n_shots=line[2], weight=pair.weight,
    )  # fmt: skip


def _overall(tasks: Sequence[Change], pairs: Sequence[_Paired], seed: int) -> Change:
    """The weighted average over what was compared."""
    counted = [c for c in tasks if c.weight]
    total = sum(c.weight for c in counted)
    before = sum(c.weight / total * c.before for c in counted)
    after = sum(c.weight / total * c.after for c in counted)
    low, high, p_value = _graded([replace(p, weight=p.weight / total) for p in pairs], seed)
    return Change(
        "average", "", before, after, low, high, p_value, sum(c.n for c in counted),
        sum(c.n_up for c in counted), sum(c.n_down for c in counted), GRADED,
        is_mini=any(c.is_mini for c in counted), weight=1.0,
    )  # fmt: skip


def _graded(pairs: Sequence[_Paired], seed: int) -> tuple[float, float, float]:
    """95 % interval of the weighted sum of mean differences, and the p-value of no difference."""
    strata = [p.differences for p in pairs]
    low, high = mean_bootstrap(strata, [p.weight for p in pairs], seed)
    flat = [d for differences in strata for d in differences]
    weights = [p.weight / len(p.before) for p in pairs for _ in p.before]
    return low, high, sign_flip(flat, weights, seed)
