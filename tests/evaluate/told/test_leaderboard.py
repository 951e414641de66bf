"""The leaderboard: like with like, and no order where the intervals know none."""

from html.parser import HTMLParser

from practicum.evaluate.running.results import MINI
from practicum.evaluate.told.leaderboard import (
    board_tables,
    boards,
    leaderboard_page,
    leaderboard_text,
    questions_of,
)


def test_models_that_answered_the_same_questions_share_a_board(made):
    found = boards([made.nous("a", 0.3), made.nous("b", 0.6)])
    assert [(b.suite, len(b.entries)) for b in found] == [("nous", 2), ("eq-bench", 2)]
    assert [e.evaluation.model for e in found[0].entries] == ["b", "a"]
    assert found[0].n == 480


def test_other_items_shots_versions_or_failures_are_another_board(made):
    a = made.nous("a")
    fewer = made.nous("b", n=50)
    failed = made.nous("c", failed=("boolq",))
    found = boards([a, fewer, failed])
    assert [len(b.entries) for b in found if b.suite == "nous"] == [1, 1, 1]
    assert len({b.questions for b in found if b.suite == "nous"}) == 3
    nous = a.suites[0]
    for change in ({"n_shots": 5}, {"version": "2.0"}, {"metric": "acc_norm"}, {"source": "mini"}):
        parts = {
            **nous.parts,
            "TruthfulQA": (nous.parts["TruthfulQA"][0].model_copy(update=change),),
        }
        assert questions_of(nous.model_copy(update={"parts": parts})) != questions_of(nous)
    tables = board_tables(found)
    assert any("No other model answered these questions." in t.notes for t in tables)
    assert any("partial: 7 of 8 tasks" in row[-1] for t in tables for row in t.rows)


def test_the_order_of_items_makes_no_other_board(made):
    nous = made.nous("a").suites[0]
    turned = {
        part: tuple(t.model_copy(update={"items": t.items[::-1]}) for t in tasks)
        for part, tasks in nous.parts.items()
    }
    assert questions_of(nous.model_copy(update={"parts": turned})) == questions_of(nous)


def with_score(made, model, score, low, high):
    """A model whose suite of one task has this score and interval."""
    evaluation = made.nous(model)
    suite = evaluation.suites[1]
    one = suite.tasks[0].model_copy(update={"score": score, "ci95": (low, high)})
    part = suite.model_copy(update={"parts": {"eq-bench": (one,)}})
    return evaluation.model_copy(update={"suites": (part,)})


def test_overlapping_intervals_are_ties(made):
    found = boards([
        with_score(made, "low", 0.2, 0.1, 0.3), with_score(made, "top", 0.6, 0.5, 0.7),
        with_score(made, "near", 0.55, 0.45, 0.65), with_score(made, "far", 0.35, 0.31, 0.39),
    ])  # fmt: skip
    [board] = found
    assert [(e.place, e.evaluation.model) for e in board.entries] == [
        ("=1", "top"), ("=1", "near"), ("3", "far"), ("4", "low")]  # fmt: skip


def test_a_bridge_between_two_makes_all_three_ties_but_not_equals(made):
    [board] = boards([
        with_score(made, "a", 0.8, 0.7, 0.9), with_score(made, "b", 0.65, 0.55, 0.75),
        with_score(made, "c", 0.5, 0.4, 0.6),
    ])  # fmt: skip
    assert [(e.place, e.evaluation.model) for e in board.entries] == [
        ("=1", "a"),
        ("=1", "b"),
        ("=2", "c"),
    ]
    assert "overlap" in board_tables([board])[0].notes[0]


def test_without_an_interval_nobody_is_surely_above(made):
    sure, unsure = with_score(made, "a", 0.9, 0.8, 1.0), with_score(made, "b", 0.1, 0.0, 0.2)
    task = unsure.suites[0].tasks[0].model_copy(update={"ci95": None})
    unsure = unsure.model_copy(
        update={"suites": (unsure.suites[0].model_copy(update={"parts": {"eq-bench": (task,)}}),)}
    )
    [board] = boards([sure, unsure])
    assert [e.place for e in board.entries] == ["=1", "=1"]


def test_a_model_measured_twice_on_the_same_questions_stands_once_with_the_last(made):
    [board] = boards([with_score(made, "a", 0.2, 0.1, 0.3), with_score(made, "a", 0.4, 0.3, 0.5)])
    assert [e.suite.score for e in board.entries] == [0.4]


def test_averages_are_of_those_who_answered_everything_alike(made):
    a, b, c = made.nous("a", 0.3), made.nous("b", 0.6), made.nous("c", 0.5, n=50)
    summary = board_tables(boards([a, b, c]))[0]
    assert [row[0] for row in summary.rows] == ["b", "a"]
    assert summary.headers[1:3] == ("nous", "eq-bench")
    assert summary.rows[0][3].startswith(f"{b.average:.3f}")


def test_every_mini_line_is_marked(made):
    evaluations = [made.nous("a", source="mini"), made.nous("b", 0.6, source="mini")]
    for table in board_tables(boards(evaluations)):
        assert all(MINI in row[-1] for row in table.rows)
    assert MINI not in leaderboard_text([made.nous("a")])


def test_mini_and_true_rows_never_share_a_board(made):
    found = boards([made.nous("a", source="mini"), made.nous("b")])
    assert all(len(b.entries) == 1 for b in found) and len(found) == 4


class Tags(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.tags = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))


def test_the_page_claims_no_more_than_the_intervals_know(made):
    html = leaderboard_page(
        [with_score(made, "top", 0.9, 0.8, 1.0), with_score(made, "low", 0.2, 0.1, 0.3)]
    )
    assert "top leads on eq-bench: its interval lies above all others" in html
    html = leaderboard_page(
        [with_score(made, "a", 0.5, 0.4, 0.6), with_score(made, "b", 0.45, 0.35, 0.55)]
    )
    assert "On eq-bench the intervals tell none of 2 models apart" in html
    assert "leads" not in html


def test_the_page_is_whole_and_harmless(made):
    evil = made.EVIL
    html = leaderboard_page([made.nous(evil, 0.3), made.nous("b", 0.6), made.nous("c", n=50)])
    tags = Tags(html).tags
    assert not {t for t, _ in tags} & {"script", "img"}
    assert sum("Radar" in (a.get("aria-label") or "") for t, a in tags if t == "svg") == 1
    assert "Averages" in html and "questions" in html
    empty = leaderboard_page([])
    assert "No evaluation of a suite yet" in empty
    assert leaderboard_text([]) == "No evaluation of a suite yet.\n"
