"""An evaluation as one HTML page: no script, nothing from outside, right in dark and on a phone."""

from __future__ import annotations

from collections.abc import Sequence

from practicum.evaluate.checks.compare import Comparison
from practicum.evaluate.checks.contamination import Contamination
from practicum.evaluate.running.results import MINI, Evaluation, SuiteResult
from practicum.evaluate.tasks.suites import OWN
from practicum.evaluate.told.checked import (
    comparison_table,
    contamination_table,
    formats_table,
    formats_tables,
    signed,
    tried_forms,
)
from practicum.evaluate.told.drawings import Row, intervals, part_points, radar
from practicum.evaluate.told.table import (
    Table,
    average_text,
    number,
    partial_label,
    score_text,
    suite_table,
    summary_table,
)
from practicum.measure.page import Page
from practicum.measure.plots import Point, dots

MOST_WRONG = 5  # wrong answers shown of a task: enough to see what kind they are
# Notes behind the numbers: quieter, and on a phone, where a table scrolls, on one line.
STYLE = """main>.scroll td:last-child:not(.n){color:var(--muted);font-size:.92em}
@media (max-width:34rem){main>.scroll td:last-child:not(.n){white-space:nowrap}}"""
SHOWN = 600  # letters of a question


def evaluation_page(
    evaluation: Evaluation,
    comparisons: Sequence[Comparison] = (),
    contamination: Contamination | None = None,
) -> str:
    """The page: the summary, a radar, every suite with intervals, the checks, some wrong answers."""
    page = Page(f"Evaluation of {evaluation.model}", STYLE)
    page.add_lead(_lead(evaluation))
    if evaluation.is_mini:
        page.add_paragraph(f"{MINI[0].upper()}{MINI[1:]}.")
    suites = [s for s in evaluation.suites if s.suite != OWN]
    if suites:
        page.add_heading("Summary")
        add_table(page, summary_table([evaluation]), "Averages of suites, with 95 % intervals.")
    points = part_points(evaluation)
    if points:
        low, high = (pick(points, key=lambda p: p.value) for pick in (min, max))
        claim = (f"Its parts score from {number(low.value)} ({low.label}) to "
                 f"{number(high.value)} ({high.label}){_small(evaluation)}")  # fmt: skip
        drawn = radar(claim, {evaluation.model: points})
        if drawn:
            page.add_picture(drawn)
    for suite in evaluation.suites:
        _add_suite(page, suite)
    for comparison in comparisons:
        _add_comparison(page, comparison)
    if contamination:
        page.add_heading("Contamination")
        add_table(page, contamination_table(contamination))
    if tried := formats_tables(evaluation):
        page.add_heading("The form of the prompt")
        for table in tried:
            add_table(page, table, f"{table.title}.")
        _add_forms(page, evaluation)
    _add_answers(page, evaluation)
    _add_how(page, evaluation)
    return page.html()


def add_table(page: Page, table: Table, caption: str = "") -> None:
    """The table with its notes as its caption."""
    said = [caption, *(n if n.endswith(".") else f"{n}." for n in table.notes)]
    text = " ".join(part for part in said if part) or table.title
    page.add_table(table.headers, table.rows, text, table.numeric)


def _lead(evaluation: Evaluation) -> str:
    # a task that two suites share was asked once
    tasks = {(t.task, t.n_shots): t for s in evaluation.suites for t in s.tasks}.values()
    n = sum(t.n for t in tasks if t.score is not None)
    scored = sum(t.score is not None for t in tasks)
    seconds = f"{evaluation.seconds:,.0f} seconds" if evaluation.seconds else ""
    told = [f"{n:,} answers to {scored} of {len(tasks)} tasks" if scored < len(tasks)
            else f"{n:,} answers to {scored} {'task' if scored == 1 else 'tasks'}"]  # fmt: skip
    told += [seconds] if seconds else []
    told += [f"budget {evaluation.budget}"] if evaluation.budget else []
    if any(s.suite != OWN for s in evaluation.suites):
        return f"Average {average_text(evaluation)}: {', '.join(told)}."
    return f"{', '.join(told)}."


def _small(result: Evaluation | SuiteResult) -> str:
    return f" ({MINI})" if result.is_mini else ""


def _add_suite(page: Page, suite: SuiteResult) -> None:
    name = "Tasks asked for one by one" if suite.suite == OWN else suite.suite
    label = partial_label(suite)
    page.add_heading(f"{name} ({label})" if label else name, id=suite.suite)
    rows = [Row(Point(t.task, t.score, *(t.ci95 or (None, None))), t.chance)
            for t in suite.tasks if t.score is not None]  # fmt: skip
    fractions = [r for r in rows if min(r.point.ends) >= 0 and max(r.point.ends) <= 1]
    if fractions:
        page.add_picture(intervals(_claim(fractions) + _small(suite), fractions))
    add_table(page, suite_table(suite))


def _claim(rows: Sequence[Row]) -> str:
    """What the intervals say against chance, where there is one."""
    judged = [r for r in rows if r.chance is not None and r.point.interval]
    if not judged:
        best = max(rows, key=lambda r: r.point.value).point
        return f"Best in {best.label}: {score_text(best.value, best.interval)}"
    sure = sum(r.point.interval[0] > r.chance for r in judged
               if r.point.interval and r.chance is not None)  # fmt: skip
    tasks = "task" if len(judged) == 1 else "tasks"
    known = " with a known chance" if len(judged) < len(rows) else ""
    return f"The interval lies above chance in {sure} of {len(judged)} {tasks}{known}"


def _add_comparison(page: Page, comparison: Comparison) -> None:
    page.add_heading(f"{comparison.before} → {comparison.after}")
    changes = [*comparison.tasks, *([comparison.overall] if comparison.overall else [])]
    points = [Point(c.name, c.difference, c.low, c.high) for c in changes]
    whole = changes[-1]
    said = signed(whole.difference, whole.low, whole.high)
    what = "On average" if comparison.overall else f"In {whole.name}"
    small = f" ({MINI})" if comparison.is_mini else ""
    page.add_picture(dots(f"{what} it changed by {said}{small}", points, x="change of the score"))
    add_table(page, comparison_table(comparison))


def _add_forms(page: Page, evaluation: Evaluation) -> None:
    """Where several tasks share one table, every form of each, to be opened."""
    tried = tried_forms(evaluation)
    for task in tried if len(tried) > 1 else ():
        if task.forms:
            one = formats_table(task.forms, task.is_mini, task.task)
            page.add_details(task.task, one.headers, one.rows)


def _add_answers(page: Page, evaluation: Evaluation) -> None:
    """The first wrong answers of every task, to look at: numbers do not say what kind of wrong."""
    found = []
    for suite in evaluation.suites:
        for task in suite.tasks:
            wrong = [i for i in task.items if i.values.get(task.metric, 1.0) == 0][:MOST_WRONG]
            rows = [(_cut(i.asked), _cut(i.expected), _cut(i.said)) for i in wrong]
            if rows:
                found.append((f"{task.task}{f' ({MINI})' if task.is_mini else ''}", rows))
    if found:
        page.add_heading("Wrong answers")
        page.add_paragraph(f"The first {MOST_WRONG} of each task, as the model gave them.")
    for name, rows in found:
        page.add_details(name, ("question", "right answer", "its answer"), rows)


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN else f"… {text[-SHOWN:]}"  # what is asked stands last


def _add_how(page: Page, evaluation: Evaluation) -> None:
    page.add_heading("How it was measured")
    for note in dict.fromkeys(evaluation.notes):
        page.add_paragraph(note)
    rows = [("model digest", evaluation.digest), ("seed", str(evaluation.seed)),
            ("budget", evaluation.budget or "none"),
            *((name, version) for name, version in evaluation.versions.items())]  # fmt: skip
    page.add_table(("what", "value"), rows, "Intervals: 95 %, Wilson's for yes or no, Student's "
                   "for other means, a bootstrap for the rest; of averages from their tasks' distances, "
                   "added in squares, tasks taken as independent.")  # fmt: skip
