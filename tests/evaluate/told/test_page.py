"""The page of an evaluation: whole, honest, and harmless whatever a model has said."""

import re
from html.parser import HTMLParser

import pytest

from practicum.evaluate.checks.compare import compare
from practicum.evaluate.checks.contamination import overlap_of
from practicum.evaluate.checks.formats import ChoiceQuestion, sensitivity
from practicum.evaluate.running.results import MINI, Evaluation, SuiteResult
from practicum.evaluate.told.drawings import Row, intervals, part_points, radar
from practicum.evaluate.told.page import evaluation_page
from practicum.measure.plots import Point


class Seen(HTMLParser):
    """Tags with attributes, rows of tables as text, and all text."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.rows, self.text = [], [], ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag == "tr":
            self.rows.append("")

    def handle_data(self, data):
        self.text += data
        if self.rows:
            self.rows[-1] += data + " "


def whole_page(made, evaluation):
    questions = [ChoiceQuestion(f"{i}?", ("x", "y"), i % 2) for i in range(6)]
    forms = sensitivity(questions, lambda prompts, said: [float(len(p)) for p in prompts])
    other = made.nous("other", 0.6, source="mini" if evaluation.is_mini else "files")
    change = compare(other, evaluation)
    return evaluation_page(with_forms(evaluation, forms), [change], overlap_of(evaluation, []))


def with_forms(evaluation, forms):
    """The evaluation with other forms tried of its first task."""
    first, *rest = evaluation.suites
    (part, (task, *others)), *parts = first.parts.items()
    tried = {part: (task.model_copy(update={"forms": forms}), *others), **dict(parts)}
    suites = (first.model_copy(update={"parts": tried}), *rest)
    return evaluation.model_copy(update={"suites": suites})


def test_the_page_has_every_part(made):
    seen = Seen(whole_page(made, made.nous("calm")))
    heads = ("Summary", "nous", "eq-bench", "other → calm", "Contamination", "The form of the prompt",
             "Wrong answers", "How it was measured")  # fmt: skip
    assert all(h in seen.text for h in heads)
    assert "Average 0." in seen.text and "540 answers to 9 tasks" in seen.text
    labels = [a.get("aria-label", "") for t, a in seen.tags if t == "svg"]
    assert [("Radar" in x, "Interval plot" in x) for x in labels] == [
        (True, False), (False, True), (False, True), (False, True)]  # fmt: skip
    assert "AGIEval 0." in labels[0] and "95 % interval" in labels[0]


def test_nothing_runs_and_nothing_comes_from_outside(made):
    seen = Seen(whole_page(made, made.nous("calm")))
    names = {t for t, _ in seen.tags}
    assert not names & {"script", "img", "iframe", "object", "link", "form"}
    for _, attrs in seen.tags:
        assert not any(name.startswith("on") for name in attrs)
        for name in ("href", "src", "xlink:href"):
            assert re.match(r"#|data:text/csv", attrs.get(name) or "#")
    assert any(a.get("http-equiv") == "Content-Security-Policy" for _, a in seen.tags)


def test_whatever_model_and_tasks_are_called_it_stays_text(made):
    evil = made.EVIL
    bad = made.task(evil, 0.5, text=evil)
    parts = {f"{evil} {i}": (bad, bad.model_copy(update={"task": f"{evil} {i}"})) for i in range(3)}
    evaluation = Evaluation(model=evil, digest="d", suites=(SuiteResult(suite=evil, parts=parts),),
                            notes=(evil,), versions={evil: evil}, budget=evil)  # fmt: skip
    seen = Seen(evaluation_page(evaluation, [compare(evaluation, evaluation)]))
    assert not {t for t, _ in seen.tags} & {"script", "img"}
    assert "<script>alert(1)</script>" in seen.text


def test_every_mini_row_and_every_mini_claim_is_marked(made):
    html = whole_page(made, made.nous("calm", source="mini"))
    seen = Seen(html)
    scored = [r for r in seen.rows if re.search(r"\d\.\d{3} \[", r)]
    assert len(scored) > 30 and all(MINI in r for r in scored)
    claims = re.findall(r"<figcaption>(.*?)</figcaption>", html)
    assert len(claims) == 4 and all(MINI in c for c in claims)
    assert Seen(whole_page(made, made.nous("calm"))).text.count(MINI) == 0


def test_a_partial_evaluation_says_so_in_its_first_line(made):
    seen = Seen(evaluation_page(made.nous("calm", failed=("boolq",))))
    assert "partial: 8 of 9 tasks" in seen.text.split("Summary")[0]
    assert "nous (partial: 7 of 8 tasks)" in seen.text
    assert "boolq has no score: out of memory" in seen.text


def test_a_claim_against_chance_counts_whole_intervals(made):
    from practicum.evaluate.told.page import _claim

    rows = [Row(Point("a", 0.5, 0.4, 0.6), 0.25), Row(Point("b", 0.3, 0.2, 0.4), 0.25)]
    assert _claim(rows) == "The interval lies above chance in 1 of 2 tasks"
    assert _claim([*rows, Row(Point("c", 0.9, 0.8, 1.0))]).endswith(
        "1 of 2 tasks with a known chance"
    )
    assert _claim([Row(Point("c", 0.9, 0.8, 1.0))]) == "Best in c: 0.900 [0.800, 1.000]"


def test_an_evaluation_of_nothing_scored_is_still_a_page(made):
    gone = SuiteResult(suite="nous", parts={"A": (made.task("x", 0.5, 0, failed="no rows"),)})
    seen = Seen(evaluation_page(Evaluation(model="m", digest="d", suites=(gone,))))
    assert "x has no score: no rows" in seen.text


def test_tasks_asked_for_one_by_one_are_shown_without_a_radar(made):
    suite = SuiteResult(suite="tasks", parts={str(i): (made.task(f"t{i}", 0.5),) for i in range(4)})
    seen = Seen(evaluation_page(Evaluation(model="m", digest="d", suites=(suite,))))
    assert "Tasks asked for one by one" in seen.text and "Summary" not in seen.text
    assert not any("Radar" in (a.get("aria-label") or "") for t, a in seen.tags if t == "svg")


# -- drawings -------------------------------------------------------------------------------------


def test_parts_are_the_spokes_and_scores_that_are_no_fractions_are_left_out(made):
    evaluation = made.nous("m")
    [eq] = evaluation.suites[1].tasks
    wild = SuiteResult(
        suite="eq-bench", parts={"eq-bench": (eq.model_copy(update={"score": -3.0}),)}
    )
    points = part_points(evaluation.model_copy(update={"suites": (evaluation.suites[0], wild)}))
    assert [p.label for p in points] == [
        "nous: AGIEval",
        "nous: GPT4All",
        "nous: TruthfulQA",
        "nous: BigBench",
    ]
    one = part_points(evaluation.model_copy(update={"suites": evaluation.suites[:1]}))
    assert one[0].label == "AGIEval" and one[0].interval is not None
    assert one[0].value == pytest.approx(evaluation.suites[0].part_score("AGIEval"))


def test_a_radar_needs_three_spokes_that_all_models_have():
    points = [Point(n, 0.5, 0.4, 0.6) for n in "abcd"]
    assert radar("claim", {"m": points[:2]}) is None
    assert radar("claim", {}) is None
    assert radar("claim", {"m": points, "n": points[2:]}) is None
    drawn = radar("claim", {"m": points, "n": points[1:]})
    assert drawn is not None and "m,b,0.5" in drawn.csv and "m,a" not in drawn.csv


def test_a_radar_puts_each_score_at_its_distance_from_the_centre():
    from practicum.evaluate.told.drawings import _place

    x, y = _place(0.5, 0.3)
    assert (x * x + y * y) ** 0.5 == pytest.approx(0.5)
    drawn = radar(
        "claim", {"m": [Point(n, v) for n, v in zip("abc", (0.1, 0.5, 0.9), strict=True)]}
    )
    assert drawn is not None
    assert drawn.csv.splitlines()[0] == "model,part,score (fraction),low,high"
    assert "c,0.9" in drawn.csv


def test_an_interval_plot_has_its_numbers_as_a_table():
    drawn = intervals("claim", [Row(Point("a", 0.5, 0.4, 0.6), 0.25), Row(Point("b", 0.3))])
    assert drawn.csv.splitlines()[1:] == ["a,0.5,0.4,0.6,0.25", "b,0.3,,,"]
    assert "dashed tick: chance" in drawn.svg
    assert "chance" not in intervals("claim", [Row(Point("b", 0.3))]).svg
