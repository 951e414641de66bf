"""What the checks found, as tables: the change, the contamination, the form of the prompt."""

from __future__ import annotations

import math
from collections.abc import Sequence

from practicum.evaluate.checks.compare import GRADED, YES_NO, Change, Comparison, correction_note
from practicum.evaluate.checks.contamination import Contamination, Estimate
from practicum.evaluate.checks.formats import FormScore, Sensitivity
from practicum.evaluate.running.results import MINI, Evaluation, TaskResult
from practicum.evaluate.told.table import NONE, Table, number, score_text
from practicum.measure.told import MINUS


def comparison_table(comparison: Comparison) -> Table:
    """Task by task and in all, with intervals, p-values and what they were corrected for."""
    changes = [*comparison.tasks, *([comparison.overall] if comparison.overall else [])]
    headers = ("task", comparison.before, comparison.after, "change [95 % interval]", "p",
               "p (Holm)", "n", "up/down", "note")  # fmt: skip
    notes = [correction_note(len(comparison.tasks)), _tests(changes), *comparison.notes]
    return Table(
        f"{comparison.before} → {comparison.after}", headers,
        tuple(_change_row(c) for c in changes), (1, 2, 3, 4, 5, 6, 7), tuple(notes),
        (len(changes) - 1,) if comparison.overall else (),
    )  # fmt: skip


def contamination_table(found: Contamination) -> Table:
    """How many questions of each task the training texts hold, and the score on either half."""
    headers = ("task", "contaminated [95 % interval]", "judged", "score when clean", "n",
               "score when contaminated", "n", "note")  # fmt: skip
    rows = tuple(
        (t.task, score_text(t.share, t.ci95) if t.n_judged and found.n_texts else NONE,
         f"{t.n_judged} of {t.n}", *_estimate(t.clean), *_estimate(t.contaminated),
         MINI if t.is_mini else "")
        for t in found.tasks
    )  # fmt: skip
    notes = (
        f"Looked through: {found.n_texts:,} texts, {found.n_words:,} words. A question counts when "
        "a text shares 13 words in a row with it, 8 where it has no 13 of its own; paraphrases are "
        "not found.",
        *([] if found.n_texts else ["Without a text to look through nothing is known."]),
        *found.notes,
    )
    return Table("Contamination", headers, rows, (1, 2, 3, 4, 5, 6), notes)


def tried_forms(evaluation: Evaluation) -> list[TaskResult]:
    """The tasks of which other forms of the prompt were tried, each once."""
    return list(
        {(t.task, t.n_shots): t for s in evaluation.suites for t in s.tasks if t.forms}.values()
    )


def formats_tables(evaluation: Evaluation) -> list[Table]:
    """Every form of one task, or of several the first, the worst and the best form in a row each."""
    tried = tried_forms(evaluation)
    if len(tried) < 2:
        return [formats_table(t.forms, t.is_mini, t.task) for t in tried if t.forms]
    headers = (
        "task",
        "as printed",
        "worst form",
        "best form",
        "n",
        "swaying",
        "surely other",
        "note",
    )
    rows = tuple(_range_row(t.task, t.forms, t.is_mini) for t in tried if t.forms)
    notes = ("Swaying questions are answered rightly in some forms and wrongly in others.",
             "A form is surely other when its paired 95 % interval leaves out 0, each alone.",
             "The best and the worst of seven differ by chance alone.")  # fmt: skip
    return [Table("Prompt form", headers, rows, (1, 4, 5, 6), notes)]


def _range_row(task: str, found: Sensitivity, is_mini: bool) -> tuple[str, ...]:
    low, high = (f"{number(f.accuracy)} {f.form.name}" for f in (found.lowest, found.highest))
    return (task, number(found.plain.accuracy), low, high, f"{found.n:,}", f"{found.n_swaying:,}",
            f"{found.n_sure} of {len(found.forms) - 1}", MINI if is_mini else "")  # fmt: skip


def formats_table(found: Sensitivity, is_mini: bool = False, task: str = "") -> Table:
    """The accuracy in every form of the prompt, beside the plain one."""
    headers = ("form of the prompt", "accuracy [95 % interval]", "against the first", "n", "note")
    rows = tuple(_form_row(f, is_mini) for f in found.forms)
    note = f"{str(found)[0].upper()}{str(found)[1:]}."
    title = f"Prompt form: {task}" if task else "Prompt form"
    return Table(title, headers, rows, (1, 2, 3), (note,))


def signed(value: float, low: float, high: float) -> str:
    """A change with its sign and its interval."""
    text = _plus(value)
    return f"{text} [{_plus(low)}, {_plus(high)}]" if math.isfinite(low) else f"{text} [unknown]"


def p_text(p_value: float | None) -> str:
    """A p-value with the digits that mean something."""
    if p_value is None:
        return NONE
    return "<0.001" if p_value < 0.001 else f"{p_value:.3f}"


def _tests(changes: Sequence[Change]) -> str:
    """Which tests were made of what."""
    used = {c.test for c in changes}
    told = {YES_NO: "yes-no tasks: McNemar's exact test, Tango's interval",
            GRADED: "graded ones and averages: sign flips, a paired bootstrap's interval"}  # fmt: skip
    text = "; ".join(words for test, words in told.items() if test in used)
    return f"{text[0].upper()}{text[1:]}."


def _plus(value: float) -> str:
    return f"{value:+.3f}".replace("-", MINUS)


def _change_row(change: Change) -> tuple[str, ...]:
    name = f"{change.name}, {change.n_shots} shots" if change.n_shots else change.name
    return (name, number(change.before), number(change.after),
            signed(change.difference, change.low, change.high), p_text(change.p_value),
            p_text(change.p_holm), f"{change.n:,}", f"{change.n_up}/{change.n_down}",
            MINI if change.is_mini else "")  # fmt: skip


def _estimate(found: Estimate | None) -> tuple[str, str]:
    return (NONE, "0") if found is None else (score_text(found[0], found[1]), f"{found[2]:,}")


def _form_row(found: FormScore, is_mini: bool) -> tuple[str, ...]:
    gain = found.gain
    return (found.form.name, score_text(found.accuracy, found.ci95),
            signed(gain.difference, gain.low, gain.high) if gain else NONE, f"{found.n:,}",
            MINI if is_mini else "")  # fmt: skip
