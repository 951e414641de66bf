"""Tables: every mini line is marked, every partial average labelled, every text harmless."""

import math
import re

import pytest

from practicum.evaluate.checks.compare import compare
from practicum.evaluate.checks.contamination import overlap_of
from practicum.evaluate.checks.formats import ChoiceQuestion, sensitivity
from practicum.evaluate.running.results import MINI, Evaluation, SuiteResult
from practicum.evaluate.told.checked import (
    comparison_table,
    contamination_table,
    formats_table,
    formats_tables,
)
from practicum.evaluate.told.table import (
    Table,
    as_markdown,
    as_text,
    average,
    escaped,
    evaluation_tables,
    number,
    score_text,
    suite_table,
    summary_table,
)


def checks(made, source):
    """A table of every check."""
    a, b = made.nous("a", source=source), made.nous("b", 0.6, source=source)
    questions = [ChoiceQuestion(f"{i}?", ("x", "y"), i % 2) for i in range(6)]
    forms = sensitivity(questions, lambda prompts, said: [float(len(p)) for p in prompts])
    return [comparison_table(compare(a, b)), contamination_table(overlap_of(a, [])),
            formats_table(forms, source == "mini")]  # fmt: skip


def rows_of(text):
    """The lines of a Markdown file that are rows of tables, headers left out."""
    lines = text.splitlines()
    return [line for line, after in zip(lines, [*lines[1:], ""], strict=True)
            if line.startswith("|") and not line.startswith("| ---") and not after.startswith("| ---")]  # fmt: skip


def test_the_table_of_a_suite_has_the_row_written_by_hand(made):
    one = made.task("arc_easy", 0.5, 10, shots=25).model_copy(
        update={"score": 0.4, "ci95": (0.1682, 0.6873)}
    )
    table = suite_table(SuiteResult(suite="nous", parts={"ARC": (one,)}))
    assert table.headers == (
        "task", "version", "metric", "score [95 % interval]", "n", "shots", "chance", "source")  # fmt: skip
    assert table.rows == (
        ("arc_easy", "1.0", "acc", "0.400 [0.168, 0.687]", "10 of 1,000", "25", "0.250", "files"),)  # fmt: skip


@pytest.mark.parametrize("failed", [(), ("boolq",)])
def test_every_mini_line_says_that_it_is_mini_in_both_forms(made, failed):
    evaluation = made.nous("m", source="mini", failed=failed)
    tables = [*evaluation_tables(evaluation), *checks(made, "mini")]
    for table in tables:
        assert all(MINI in " ".join(row) for row in table.rows), table.title
    rows = rows_of(as_markdown(evaluation, tables))
    assert len(rows) == sum(len(t.rows) for t in tables) > 30
    assert all(MINI in row for row in rows)
    text = as_text(tables).splitlines()
    assert sum(MINI in line for line in text) >= len(rows)


def test_lines_that_are_not_mini_never_say_so(made):
    tables = [*evaluation_tables(made.nous("m")), *checks(made, "files")]
    assert MINI not in as_text(tables) + as_markdown(made.nous("m"), tables)


def test_one_mini_task_marks_its_own_line_and_every_average_above_it(made):
    mixed = SuiteResult(suite="nous", parts={
        "A": (made.task("x", 0.5), made.task("y", 0.5)),
        "B": (made.task("z", 0.5, source="mini"), made.task("w", 0.5)),
    })  # fmt: skip
    marked = [row[0] for row in suite_table(mixed).rows if MINI in row[-1]]
    assert marked == ["z", "B average", "nous average"]


@pytest.mark.feature("T1")
def test_a_partial_average_is_labelled_everywhere_and_the_failure_told(made):
    evaluation = made.nous("m", failed=("boolq",))
    summary, nous, _ = evaluation_tables(evaluation)
    assert "(partial: 7 of 8 tasks)" in summary.rows[0][1]
    assert "(partial: 8 of 9 tasks)" in summary.rows[0][3]
    rows = {row[0]: row for row in nous.rows}
    assert rows["GPT4All average"][2] == "partial: 2 of 3 tasks"
    assert rows["nous average"][2] == "partial: 7 of 8 tasks"
    assert rows["AGIEval average"][2] == "mean of 2 tasks"
    assert rows["boolq"][3] == "–"
    assert "boolq has no score: out of memory" in nous.notes


def test_a_suite_in_which_all_failed_has_no_average_and_says_so(made):
    gone = SuiteResult(suite="nous", parts={"A": (made.task("x", 0.5, failed="no rows"),)})
    evaluation = Evaluation(model="m", digest="d", suites=(gone,))
    assert evaluation_tables(evaluation)[0].rows == (
        ("m", "– (partial: 0 of 1 tasks)", "– (partial: 0 of 1 tasks)", ""),)  # fmt: skip


@pytest.mark.feature("T1")
def test_the_summary_is_one_row_and_its_average_the_mean_of_suites(made):
    evaluation = made.nous("m")
    [row] = summary_table([evaluation]).rows
    mean, interval = average(evaluation)
    assert mean == pytest.approx(evaluation.average)
    above = [s.ci95[1] - s.score for s in evaluation.suites if s.ci95 and s.score is not None]
    assert interval is not None
    assert interval[1] - mean == pytest.approx(math.hypot(*above) / 2)
    assert row[0] == "m" and row[3] == score_text(mean, interval)


def test_the_average_of_one_task_has_its_very_interval_and_none_leaves_the_range(made):
    zero = made.task("x", 0.0, 12)
    one = Evaluation(model="m", digest="d", suites=(SuiteResult(suite="s", parts={"p": (zero,)}),))
    assert one.suites[0].ci95 == pytest.approx(zero.ci95)
    assert average(one) == (0.0, pytest.approx(zero.ci95))
    two = SuiteResult(suite="s", parts={"p": (zero, made.task("y", 0.0, 30))})
    assert two.ci95 is not None and two.ci95[0] == pytest.approx(0, abs=1e-12)
    # Wilson's upper ends of 0 in 12 and 0 in 30, z²/(n + z²), halved and added in squares.
    assert two.ci95[1] == pytest.approx(
        math.hypot(3.8415 / 15.8415, 3.8415 / 33.8415) / 2, abs=1e-4
    )


def test_tasks_asked_for_one_by_one_have_neither_average_nor_summary(made):
    suite = SuiteResult(suite="tasks", parts={"tasks": (made.task("x", 0.5), made.task("y", 0.5))})
    [table] = evaluation_tables(Evaluation(model="m", digest="d", suites=(suite,)))
    assert [row[0] for row in table.rows] == ["x", "y"]


def test_models_of_different_suites_stand_in_one_summary_with_gaps(made):
    a, b = made.nous("a"), made.nous("b")
    b = b.model_copy(update={"suites": b.suites[:1]})
    table = summary_table([a, b])
    assert table.headers == ("model", "nous", "eq-bench", "average", "note")
    assert table.rows[1][2] == "–"


def test_numbers_keep_the_digits_of_their_size():
    assert number(0.5) == "0.500"
    assert number(-0.25) == "−0.250"
    assert number(41.26) == "41.3"
    assert number(math.inf) == "unknown"
    assert score_text(41.26, (0.4, 90.05)) == "41.3 [0.4, 90.0]", "an interval as its score"
    assert score_text(0.5, None) == "0.500"
    assert score_text(None, None) == "–"


def test_columns_stand_in_line_whatever_the_script():
    table = Table(
        "t", ("name", "n"), (("кот", "1"), ("漢字", "22"), ("e\u0301te\u0301", "333")), (1,)
    )
    lines = table.text().splitlines()[2:]
    assert lines == ["name    n", "кот     1", "漢字   22", "e\u0301te\u0301   333"]


def test_no_text_drives_the_terminal_or_breaks_a_markdown_table(made):
    evil = made.EVIL
    evaluation = made.nous(evil)
    bad = made.task(evil, 0.5, failed=evil)
    evaluation = evaluation.model_copy(
        update={"suites": (SuiteResult(suite=evil, parts={evil: (bad, bad)}),), "notes": (evil,)}
    )
    tables = evaluation_tables(evaluation)
    text = as_text(tables)
    assert "\x1b" not in text
    markdown = as_markdown(evaluation, tables)
    assert "<" not in markdown and "\x1b" not in markdown
    assert not re.search(r"(?<!\\)\]\(", markdown)
    assert not any(line.startswith("# h") for line in markdown.splitlines())
    for table in tables:
        for row in table.markdown().splitlines():
            if row.startswith("|"):
                assert row.replace("\\|", "").count("|") == len(table.headers) + 1


def test_markdown_is_what_a_reader_of_it_reads_back(made):
    from markdown_it import MarkdownIt

    evil = made.EVIL
    table = Table("t", ("name", "n"), ((evil, "1 [0.2, 0.3]"),), (1,))
    html = MarkdownIt("commonmark").enable("table").render(table.markdown())
    assert "<script" not in html and "<img" not in html and "<a " not in html
    assert html.count("<td") == 2 and "1 [0.2, 0.3]" in html
    assert escaped("a_b [x]") == "a_b [x]", "names and intervals stay readable"


def test_a_comparison_says_what_was_corrected_and_how_it_was_tested(made):
    table = comparison_table(compare(made.nous("a"), made.nous("b", 0.6)))
    assert table.headers[:4] == ("task", "a", "b", "change [95 % interval]")
    assert len(table.rows) == 10 and table.rows[-1][0] == "average"
    said = " ".join(table.notes)
    assert (
        "corrected for 9 tests" in said and "McNemar's exact test" in said and "sign flips" in said
    )
    assert table.rows[-1][5] == "–", "the average is one test of its own"


def test_a_change_of_no_known_interval_says_unknown(made):
    one = made.task("x", 0.5, 1, metric="m").model_copy(update={"n_shots": 3})
    item = one.items[0]
    sides = [one.model_copy(update={"items": (item.model_copy(update={"values": {"m": v}}),), "score": v})
             for v in (0.25, 0.5)]  # fmt: skip
    a, b = (Evaluation(model=m, digest=m, suites=(SuiteResult(suite="s", parts={"p": (t,)}),))
            for m, t in zip("ab", sides, strict=True))  # fmt: skip
    [row] = comparison_table(compare(a, b)).rows
    assert row[0] == "x, 3 shots" and row[3] == "+0.250 [unknown]"


def test_contamination_says_how_much_was_looked_through(made):
    table = contamination_table(overlap_of(made.nous("a"), [("x", "one two three")], ["And more."]))
    assert "1 texts, 3 words" in table.notes[0]
    assert table.notes[1] == "And more."
    assert table.rows[0][1] == "–", "questions of three words cannot be judged"


def test_no_text_to_look_through_is_no_zero(made):
    one = made.task("x", 0.5, 5)
    items = tuple(
        item.model_copy(update={"asked": " ".join(f"word{n}of{i}" for i in range(9))})
        for n, item in enumerate(one.items)
    )
    suite = SuiteResult(suite="s", parts={"p": (one.model_copy(update={"items": items}),)})
    long = Evaluation(model="m", digest="d", suites=(suite,))
    known = contamination_table(overlap_of(long, [("x", "one two three")]))
    unknown = contamination_table(overlap_of(long, []))
    assert known.rows[0][1].startswith("0.000 [") and unknown.rows[0][1] == "–"
    assert "Without a text to look through nothing is known." in unknown.notes


def test_the_forms_of_several_tasks_share_a_table_of_ranges(made):
    """The model takes the first label; so shuffling is what moves it."""
    questions = [ChoiceQuestion(f"{i}?", ("x", "y"), i % 3 // 2) for i in range(30)]
    forms = sensitivity(questions, lambda ps, cs: [-float(c.strip() not in "Aa1") for c in cs])
    suite = made.nous("a").suites[0]
    (part, (first, second, *others)), *parts = suite.parts.items()

    def tried(*tasks):
        kept = {part: (*tasks, *others), **dict(parts)}
        suites = (suite.model_copy(update={"parts": kept}),)
        return formats_tables(made.nous("a").model_copy(update={"suites": suites}))

    one, two = (t.model_copy(update={"forms": forms}) for t in (first, second))
    assert tried(first, second) == []
    assert [t.title for t in tried(one, second)] == [f"Prompt form: {one.task}"]
    (table,) = tried(one, two)
    assert [row[0] for row in table.rows] == [one.task, two.task]
    row = dict(zip(table.headers, table.rows[0], strict=True))
    assert row["as printed"] == "0.667" and row["n"] == "30"
    assert row["best form"].startswith("0.667 letters")
    assert "shuffled" in row["worst form"] or "together" in row["worst form"]
    assert row["surely other"].endswith(" of 6") and int(row["swaying"]) > 0
