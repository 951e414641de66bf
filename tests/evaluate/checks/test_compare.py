"""Two evaluations compared: only item against item, and nothing made of chance."""

import math
import random

import pytest

from practicum.core.errors import PracticumError
from practicum.evaluate.checks.compare import GRADED, YES_NO, compare, correction_note
from practicum.evaluate.running.results import Evaluation, Item, SuiteResult, TaskResult
from practicum.measure.intervals import paired_gain

approx = pytest.approx


def task(name, values, *, metric="acc", ids=None, score=None, source="files", shots=0, failed=""):
    """A task whose items have these values of its metric."""
    names = ids or [f"{name}-{i}" for i in range(len(values))]
    items = tuple(Item(id=i, asked="", expected="", said="", values={metric: float(v)})
                  for i, v in zip(names, values, strict=True))  # fmt: skip
    mean = sum(values) / len(values) if values else 0.0
    told = None if failed else (mean if score is None else score)
    return TaskResult(task=name, version="1.0", metric=metric, score=told, ci95=None,
                      n=len(items), n_all=len(items), n_shots=shots, source=source, items=items,
                      failed=failed)  # fmt: skip


def evaluation(model, *tasks, suite="nous"):
    """An evaluation of one suite with a part for every task."""
    parts = {t.task: (t,) for t in tasks}
    return Evaluation(
        model=model, digest=model * 8, suites=(SuiteResult(suite=suite, parts=parts),)
    )


def bits(text):
    return [int(c) for c in text]


BEFORE, AFTER = bits("110010101000"), bits("111010111100")


def test_yes_and_no_are_compared_by_mcnemar_and_tango():
    found = compare(evaluation("a", task("arc", BEFORE)), evaluation("b", task("arc", AFTER)))
    gain = paired_gain([bool(v) for v in BEFORE], [bool(v) for v in AFTER])
    [change] = found.tasks
    assert (change.low, change.high, change.p_value) == (gain.low, gain.high, gain.p_value)
    assert change.p_value == 0.25  # three up, none down: 2 · 1/8
    assert (change.n, change.n_up, change.n_down, change.test) == (12, 3, 0, YES_NO)
    assert change.difference == approx(3 / 12)
    assert found.overall is None, "one task is its own average"


def test_items_pair_by_what_they_ask_whatever_their_order():
    order = list(range(12))
    random.Random(1).shuffle(order)
    ids = [f"arc-{i}" for i in order]
    shuffled = task("arc", [AFTER[i] for i in order], ids=ids)
    one = compare(evaluation("a", task("arc", BEFORE)), evaluation("b", task("arc", AFTER)))
    other = compare(evaluation("a", task("arc", BEFORE)), evaluation("b", shuffled))
    assert one.tasks == other.tasks


def test_equal_rows_pair_in_their_order_and_none_is_lost():
    ids = ["same", "same", "other"]
    a, b = task("arc", [1, 0, 1], ids=ids), task("arc", [1, 1, 1], ids=ids)
    [change] = compare(evaluation("a", a), evaluation("b", b)).tasks
    assert (change.n, change.n_up, change.n_down) == (3, 1, 0)


def test_graded_values_are_compared_by_a_paired_bootstrap():
    rng = random.Random(0)
    left = [rng.random() for _ in range(80)]
    right = [v + 0.02 + rng.gauss(0, 0.02) for v in left]
    found = compare(evaluation("a", task("mc2", left)), evaluation("b", task("mc2", right)))
    [change] = found.tasks
    assert change.test == GRADED
    # Their spreads are 0.3, but each item moved by 0.02 ± 0.02: only pairing can see it.
    assert change.low > 0.01 and change.high < 0.03
    assert change.low < change.difference < change.high
    assert change.p_value < 0.001


def test_one_graded_item_says_nothing():
    [change] = compare(evaluation("a", task("m", [0.1])), evaluation("b", task("m", [0.9]))).tasks
    assert (change.low, change.high) == (-math.inf, math.inf)
    assert change.p_value == 1


def test_other_items_are_refused_and_told_how_many_pair():
    a = evaluation("a", task("arc", BEFORE), task("mc2", [0.5] * 4))
    b = evaluation("b", task("arc", AFTER[:9]), task("mc2", [0.5] * 4, ids=list("wxyz")))
    with pytest.raises(PracticumError) as refused:
        compare(a, b)
    assert "arc  12 items before, 9 after, 9 pair" in str(refused.value)
    assert "--shared" in str(refused.value)
    assert "mc2  4 items before, 4 after, 0 pair" in str(refused.value)


def test_on_request_only_the_items_that_pair_are_compared_and_it_is_said():
    a, b = evaluation("a", task("arc", BEFORE)), evaluation("b", task("arc", AFTER[:9]))
    found = compare(a, b, on_shared=True)
    assert found.tasks[0].n == 9
    assert found.tasks[0].before == approx(sum(BEFORE[:9]) / 9)
    assert found.notes == ("arc: 9 of 12 items pair",)


def test_on_request_or_not_no_pair_is_no_comparison():
    a, b = (
        evaluation("a", task("arc", [1, 0])),
        evaluation("b", task("arc", [1, 0], ids=["x", "y"])),
    )
    with pytest.raises(PracticumError, match="0 pair"):
        compare(a, b)
    with pytest.raises(PracticumError, match="arc: no item pairs, left out"):
        compare(a, b, on_shared=True)


def test_on_request_a_task_without_a_pair_is_left_out_and_the_others_are_compared():
    a = evaluation("a", task("arc", [1, 0]), task("mc2", [0.5] * 4))
    b = evaluation("b", task("arc", [1, 1]), task("mc2", [0.5] * 4, ids=list("wxyz")))
    found = compare(a, b, on_shared=True)
    assert [c.name for c in found.tasks] == ["arc"]
    assert found.notes == ("mc2: no item pairs, left out",)


def test_p_values_are_corrected_by_holm_and_it_is_said():
    strong = task("arc", [0] * 20), task("arc", [1] * 8 + [0] * 12)
    weak = task("boolq", [0] * 20), task("boolq", [1] * 6 + [0] * 14)
    none = task("piqa", [0] * 20), task("piqa", [0] * 20)
    found = compare(evaluation("a", strong[0], weak[0], none[0]),
                    evaluation("b", strong[1], weak[1], none[1]))  # fmt: skip
    assert [c.p_value for c in found.tasks] == approx([2 / 2**8, 2 / 2**6, 1])
    assert [c.p_holm for c in found.tasks] == approx([6 / 2**8, 4 / 2**6, 1])
    assert "corrected for 3 tests" in correction_note(3)
    assert "14 %" in correction_note(3)  # 1 − 0.95³
    assert "nothing to correct" in correction_note(1)


def test_the_average_weighs_parts_as_the_suite_does():
    two = {"AGI": (task("x", [0.2] * 9), task("y", [0.4] * 5)), "TQ": (task("z", [0.9] * 7),)}
    up = {"AGI": (task("x", [0.4] * 9), task("y", [0.4] * 5)), "TQ": (task("z", [0.8] * 7),)}
    a, b = (Evaluation(model=m, digest=m, suites=(SuiteResult(suite="nous", parts=p),))
            for m, p in (("a", two), ("b", up)))  # fmt: skip
    overall = compare(a, b).overall
    assert overall is not None
    assert (overall.before, overall.after) == approx((a.average, b.average))
    assert overall.n == 21


def test_the_average_sees_what_no_single_task_can():
    rng = random.Random(4)
    tasks = []
    for i in range(6):
        left = [rng.random() < 0.5 for _ in range(60)]
        right = [v or rng.random() < 0.1 for v in left]
        tasks.append((task(f"t{i}", left), task(f"t{i}", right)))
    found = compare(
        evaluation("a", *(t[0] for t in tasks)), evaluation("b", *(t[1] for t in tasks))
    )
    assert found.overall is not None
    assert found.overall.low > 0 and found.overall.p_value < 0.01
    assert min(c.p_holm or 0 for c in found.tasks) > 0.05


def test_equal_models_differ_in_few_of_many_comparisons():
    rng = random.Random(9)
    wrong = 0
    for _ in range(60):
        sides = [
            [task(f"t{i}", [rng.random() < 0.5 for _ in range(40)]) for i in range(3)]
            for _ in range(2)
        ]
        overall = compare(evaluation("a", *sides[0]), evaluation("b", *sides[1])).overall
        assert overall is not None
        wrong += not overall.low <= 0 <= overall.high
    assert wrong <= 8  # 3 expected; 9 or more has a chance of 0.003


def test_the_same_task_in_two_suites_is_tested_once_and_weighs_twice():
    def both(model, values, others):
        return Evaluation(model=model, digest=model, suites=tuple(
            SuiteResult(suite=s, parts=p) for s, p in (
                ("one", {"p": (task("arc", values),)}),
                ("two", {"p": (task("arc", values), task("mc2", others))}),
            )))  # fmt: skip

    a, b = both("a", BEFORE, [0.5] * 4), both("b", AFTER, [0.7] * 4)
    found = compare(a, b)
    assert [c.name for c in found.tasks] == ["arc", "mc2"]
    assert [c.weight for c in found.tasks] == approx([0.75, 0.25])
    assert found.overall is not None
    assert found.overall.after == approx(b.average)


def test_what_cannot_be_compared_is_named_with_its_reason():
    a = evaluation("a", task("arc", BEFORE), task("boolq", [1, 0]), task("gsm", [1, 0], shots=5),
                   task("piqa", [1, 1]))  # fmt: skip
    b = evaluation("b", task("arc", AFTER), task("boolq", [1], failed="out of memory"),
                   task("gsm", [1, 0], shots=0))  # fmt: skip
    notes = compare(a, b).notes
    assert "boolq: no score of b (out of memory), left out" in notes
    assert "gsm: shots 5 and 0, left out" in notes
    assert "piqa: no score of b, left out" in notes


def test_two_evaluations_without_a_common_task_are_refused():
    with pytest.raises(PracticumError, match="share no task"):
        compare(evaluation("a", task("arc", [1])), evaluation("b", task("piqa", [1])))


def test_a_score_that_is_no_mean_is_compared_by_its_items_and_it_is_said():
    a, b = task("wmt", [10, 20, 30.0], score=17.0), task("wmt", [11, 22, 33.0], score=19.0)
    found = compare(evaluation("a", a), evaluation("b", b))
    assert found.tasks[0].before == approx(20)
    assert found.notes == ("wmt: its score is no mean; compared are its items' means",)


def test_tasks_asked_for_one_by_one_have_no_average():
    a = evaluation("a", task("arc", BEFORE), task("ppl", [9.0, 8.0]), suite="tasks")
    b = evaluation("b", task("arc", AFTER), task("ppl", [9.5, 8.0]), suite="tasks")
    found = compare(a, b)
    assert len(found.tasks) == 2 and found.overall is None


def test_mini_packs_mark_the_comparison():
    a, b = (evaluation(m, task("arc", BEFORE, source="mini")) for m in "ab")
    assert compare(a, b).is_mini and compare(a, b).tasks[0].is_mini
