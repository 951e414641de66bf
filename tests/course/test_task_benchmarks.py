"""S6c: metric packs for answers, summaries, translations and code, beside outsiders and known truths."""

from __future__ import annotations

import itertools
import math
import re
import string
from collections import Counter
from typing import Any

import numpy as np
import pytest
from nltk.translate.chrf_score import chrf_precision_recall_fscore_support, sentence_chrf
from sklearn.metrics import accuracy_score, f1_score

from practicum.text.answers import is_right

approx = pytest.approx
CONCEPT = "task-benchmarks"


@pytest.fixture
def reading(solved: Any) -> Any:
    """What the solution of the first lab defined."""
    return solved(CONCEPT, "reading-answers")


@pytest.fixture
def overlap(solved: Any) -> Any:
    """What the solution of the second lab defined."""
    return solved(CONCEPT, "overlap-and-execution")


@pytest.fixture
def honest(solved: Any) -> Any:
    """What the solution of the third lab defined."""
    return solved(CONCEPT, "honest-pack")


@pytest.mark.feature("S6c")
def test_the_same_replies_gain_twenty_points_by_another_reader(reading: Any) -> None:
    strict, lenient = (
        reading.accuracy(reading.ANSWERS, [read(r) for r in reading.REPLIES])
        for read in (reading.strict, reading.lenient)
    )
    assert lenient - strict > 0.2
    assert strict < reading.majority(reading.ANSWERS)[1] < lenient


@pytest.mark.feature("S6c")
def test_the_strict_reader_agrees_with_the_packages_reading(reading: Any) -> None:
    for reply, answer in itertools.product(reading.REPLIES, reading.LABELS):
        assert (reading.strict(reply) == answer) == is_right(reply, answer)


@pytest.mark.feature("S6c")
def test_accuracy_and_macro_f1_are_those_of_scikit_learn(reading: Any) -> None:
    rng = np.random.default_rng(2)
    lots = [[reading.lenient(r) for r in reading.REPLIES], reading.MEANT, ["yes"] * 24]
    lots += [rng.choice([*reading.LABELS, "none"], 24).tolist() for _ in range(20)]
    for lot in lots:
        given = [g if g in reading.LABELS else None for g in lot]
        told = [g or "unread" for g in given]
        want = f1_score(
            reading.ANSWERS, told, labels=reading.LABELS, average="macro", zero_division=0
        )
        assert reading.macro_f1(reading.ANSWERS, given) == approx(want, abs=1e-12)
        assert reading.accuracy(reading.ANSWERS, given) == approx(
            accuracy_score(reading.ANSWERS, told)
        )


@pytest.mark.feature("S6c")
def test_always_yes_has_the_majoritys_accuracy_and_a_third_of_an_f1(reading: Any) -> None:
    answers = ["yes"] * 276 + ["no"] * 169 + ["maybe"] * 55  # PubMedQA's test set
    assert reading.majority(answers) == ("yes", approx(0.552))
    p = 0.552
    assert reading.macro_f1(answers, ["yes"] * 500) == approx(2 * p / (1 + p) / 3)


@pytest.mark.feature("S6c")
def test_exact_match_and_token_f1_are_those_of_squad(reading: Any) -> None:
    def squad(text: str) -> str:  # the published order: lower, punctuation, articles, white space
        text = "".join(ch for ch in text.lower() if ch not in set(string.punctuation))
        return " ".join(re.sub(re.compile(r"\b(a|an|the)\b", re.UNICODE), " ", text).split())

    pieces = [
        "The",
        "a",
        "An",
        "U.S.A.",
        "42.5",
        "(the)",
        "River",
        "river",
        "mid-day",
        "theatre",
        "…",
        "it's",
        "",
    ]
    rng = np.random.default_rng(0)
    for _ in range(300):
        text, other = (" ".join(rng.choice(pieces, rng.integers(0, 6))) for _ in range(2))
        assert reading.normalise(text) == squad(text)
        mine, wanted = squad(text).split(), squad(other).split()
        shared = sum((Counter(mine) & Counter(wanted)).values())
        f1 = 0.0 if not shared else 2 * (shared / len(mine)) * (shared / len(wanted)) / (
            shared / len(mine) + shared / len(wanted))  # fmt: skip
        if mine or wanted:
            assert reading.token_f1(text, [other]) == approx(f1)


@pytest.mark.feature("S6c")
def test_rouge_is_the_f1_of_runs_counted_one_by_one(overlap: Any) -> None:
    def slow(a: list[str], b: list[str], n: int) -> float:
        mine = [tuple(a[i : i + n]) for i in range(len(a) - n + 1)]
        wanted = [tuple(b[i : i + n]) for i in range(len(b) - n + 1)]
        left, hits = list(wanted), 0
        for run in mine:
            if run in left:
                left.remove(run)
                hits += 1
        return 2 * hits / (len(mine) + len(wanted)) if mine and wanted else 0.0

    rng = np.random.default_rng(1)
    for _ in range(100):
        a, b = (rng.choice(["red", "blue", "sun"], rng.integers(1, 9)).tolist() for _ in range(2))
        for n in (1, 2, 3):
            assert overlap.rouge(" ".join(a), " ".join(b), n) == approx(slow(a, b, n))


@pytest.mark.feature("S6c")
def test_lead_three_beats_a_fair_paraphrase_on_news_and_loses_on_stories(overlap: Any) -> None:
    for kind, leads in (("news", True), ("story", False)):
        some = [a for a in overlap.ARTICLES if a["kind"] == kind]
        first = np.mean([overlap.rouge(overlap.lead(a["text"]), a["reference"], 1) for a in some])
        model = np.mean([overlap.rouge(a["model"], a["reference"], 1) for a in some])
        assert (first > model) == leads


@pytest.mark.feature("S6c")
def test_chrf_joins_the_means_of_nltks_precisions_and_recalls(overlap: Any) -> None:
    # NLTK's own sentence_chrf averages the F of each length, the paper averages precisions and
    # recalls first: both are the same for one length.
    for _, reference, one, other in overlap.TRANSLATIONS:
        for given, longest, beta in itertools.product((one, other), (1, 2, 6), (1, 2, 3)):
            texts = ["".join(text.split()) for text in (reference, given)]
            parts = [chrf_precision_recall_fscore_support(*texts, n) for n in range(1, longest + 1)]
            p, r = (float(np.mean([part[i] for part in parts])) for i in (0, 1))
            want = (1 + beta**2) * p * r / (beta**2 * p + r)
            assert overlap.chrf(given, reference, longest, beta) == approx(want, abs=1e-12)
        assert overlap.chrf(one, reference, 1, 3) == approx(
            sentence_chrf(reference, one, 1, 1, 3.0)
        )


@pytest.mark.feature("S6c")
def test_copying_the_source_is_a_rival_that_both_translators_beat(overlap: Any) -> None:
    for source, reference, one, other in overlap.TRANSLATIONS:
        assert (
            0
            < overlap.chrf(source, reference)
            < min(overlap.chrf(one, reference), overlap.chrf(other, reference))
        )


@pytest.mark.feature("S6c")
def test_pass_at_k_is_the_share_of_draws_that_hold_a_passing_sample(overlap: Any) -> None:
    for n, c, k in [(5, 2, 2), (6, 1, 3), (7, 0, 2), (7, 5, 3), (4, 4, 1), (8, 3, 8)]:
        draws = list(itertools.combinations(range(n), k))
        share = sum(any(i < c for i in draw) for draw in draws) / len(draws)
        assert overlap.pass_at_k(n, c, k) == approx(share, abs=1e-12)


@pytest.mark.feature("S6c")
def test_pass_at_k_is_right_on_average_where_the_plugged_in_one_is_too_low(overlap: Any) -> None:
    n, p = 10, 0.2
    chances = [math.comb(n, c) * p**c * (1 - p) ** (n - c) for c in range(n + 1)]
    for k in (2, 5, 10):
        truth = 1 - (1 - p) ** k
        ours = sum(h * overlap.pass_at_k(n, c, k) for c, h in enumerate(chances))
        plugged = sum(h * (1 - (1 - c / n) ** k) for c, h in enumerate(chances))
        assert ours == approx(truth, abs=1e-12)
        assert plugged < truth - 0.01


@pytest.mark.feature("S6c")
def test_pass_at_k_is_stable_where_factorials_leave_the_range_of_floats(overlap: Any) -> None:
    for n, c, k in [(200, 3, 100), (1000, 10, 500), (1000, 999, 2), (3000, 1, 1)]:
        exact = 1 - math.comb(n - c, k) / math.comb(n, k)  # whole numbers of any length
        assert overlap.pass_at_k(n, c, k) == approx(exact, rel=1e-12)


@pytest.mark.feature("S6c")
def test_code_is_judged_by_running_it_whatever_it_does(overlap: Any) -> None:
    verdicts = [overlap.passes(sample, overlap.CASES) for sample in overlap.SAMPLES]
    assert [i + 1 for i, passed in enumerate(verdicts) if passed] == [1, 4, 7]
    assert overlap.SHARED == [9, 1, 4, 7]  # candidates that sort in place did not reach it
    assert sum(overlap.passes(sample, overlap.EASY) for sample in overlap.SAMPLES) == 6


@pytest.mark.feature("S6c")
def test_calibration_error_is_nought_for_an_honest_model_and_grows_when_logits_double(
    honest: Any,
) -> None:
    rng = np.random.default_rng(5)
    skill = rng.beta(4, 2, 100_000)
    right = rng.random(100_000) < skill
    assert honest.ece(skill, right) < 0.01  # ten bins of some thousand: a percent of noise at most
    double = skill**2 / (skill**2 + (1 - skill) ** 2)
    assert honest.ece(double, right) > 0.1
    assert honest.ece(np.full(100_000, right.mean()), right) == approx(0.0, abs=1e-12)


@pytest.mark.feature("S6c")
def test_calibration_error_is_that_of_a_histogram(honest: Any) -> None:
    rng = np.random.default_rng(6)
    said, right = rng.random(500), rng.random(500) < 0.5
    edges = np.linspace(0, 1, 11)
    n, _ = np.histogram(said, edges)
    conf, _ = np.histogram(said, edges, weights=said)
    hits, _ = np.histogram(said, edges, weights=right.astype(float))
    assert honest.ece(said, right) == approx(np.abs(conf - hits).sum() / n.sum(), abs=1e-12)


@pytest.mark.feature("S6c")
def test_drawing_documents_keeps_the_promise_that_drawing_questions_breaks(honest: Any) -> None:
    rng, held = np.random.default_rng(12), np.zeros(2)
    for _ in range(300):
        groups = honest.exam(60, 10, rng)
        singles = [[mark] for marks in groups for mark in marks]
        for i, lists in enumerate((groups, singles)):
            _, low, high = honest.bootstrap(lists, 300, rng)
            held[i] += low <= 0.6 <= high
    documents, questions = held / 300
    assert documents > 0.9  # 95 % less the shortfall of sixty documents and three standard errors
    assert questions < 0.85  # 1.96/√3.25 standard errors hold 72 %


@pytest.mark.feature("S6c")
def test_so_many_questions_buy_three_points(honest: Any) -> None:
    n = honest.questions_needed(0.03)
    assert n == 1068
    half = [1.959963984540054 * math.sqrt(0.25 / m) for m in (n, n - 1)]
    assert half[0] <= 0.03 < half[1]


@pytest.mark.feature("S6c")
def test_a_pack_names_value_interval_counts_and_rival_of_every_metric(honest: Any) -> None:
    rows = honest.pack(honest.METRICS, 500, 0)
    assert [row["name"] for row in rows] == list(honest.METRICS)
    for row in rows:
        assert row["low"] <= row["value"] <= row["high"]
        assert row["documents"] <= row["questions"]
        assert row["beats"] == (row["low"] > row["baseline"])


SLIPS = {
    "reading-answers": [
        ("found[-1] if found", "found[0] if found", "lenient", "first label"),
        ("return label, times / len(answers)", "return label, times", "majority", "count"),
        ("return sum(scores) / len(labels)", "return max(scores)", "macro_f1", "without a hit"),
        ("(Counter(mine) & Counter(wanted)).values()", "w in wanted for w in mine", "token_f1", "how often"),
    ],
    "overlap-and-execution": [
        ("if not mine or not wanted:\n        return 0.0", "if False:\n        return 0.0", "rouge", "run of two"),
        ("candidate(*deepcopy(arguments))", "candidate(*arguments)", "passes", "fresh copy"),
        ("return (1 + beta**2) * p * r / (beta**2 * p + r)", "return 2 * p * r / (p + r)", "chrf", "F1"),
        ("for i in range(n - c + 1, n + 1):\n        none *= 1 - k / i",
         "for i in range(k):\n        none *= 1 - c / n", "pass_at_k", "putting back"),
    ],
    "honest-pack": [
        ("total += inside.sum() / len(confidences) * gap", "total += gap / bins", "ece", "empty bin"),
        ("return sums.sum() / sizes.sum(), low, high", "return (sums / sizes).mean(), low, high",
         "bootstrap", "document means"),
        ("(Z / margin) ** 2", "(Z / margin / 2) ** 2", "questions_needed", "either side"),
        ("bool(low > baseline)", "bool(value > baseline)", "pack", "reaches below"),
    ],
}  # fmt: skip


@pytest.mark.parametrize("lab", SLIPS)
def test_typical_slips_are_told_why(attempt: Any, lab: str) -> None:
    outcome = attempt(CONCEPT, lab, {right: wrong for right, wrong, _, _ in SLIPS[lab]})
    verdicts = {v.task: v for v in outcome.verdicts}
    for _, _, task, told in SLIPS[lab]:
        assert not verdicts[task].passed, task
        assert told in verdicts[task].why
