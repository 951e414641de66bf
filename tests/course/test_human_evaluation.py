"""S6d: planted orders and planted habits are found again, beside scikit-learn, SciPy and simulation."""

from __future__ import annotations

import json
import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from scipy import optimize, stats
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import cohen_kappa_score

from practicum.measure.intervals import paired_gain

approx = pytest.approx
CONCEPT = "human-evaluation"


@pytest.fixture
def ranking(solved: Any) -> Any:
    """What the solution of the first lab defined."""
    return solved(CONCEPT, "ranking-from-votes")


@pytest.fixture
def judging(solved: Any) -> Any:
    """What the solution of the second lab defined."""
    return solved(CONCEPT, "judging-the-judge")


@pytest.fixture
def feedback(solved: Any) -> Any:
    """What the solution of the third lab defined."""
    return solved(CONCEPT, "feedback-log")


@pytest.mark.feature("S6d")
def test_the_planted_order_is_recovered_from_votes(ranking: Any) -> None:
    votes = ranking.ask(3000, np.random.default_rng(1))
    strengths = ranking.fit(ranking.tally(votes, ranking.MODELS))
    assert [ranking.MODELS[i] for i in np.argsort(-strengths)] == sorted(
        ranking.PLANTED, key=lambda name: -ranking.PLANTED[name]
    )
    # one standard error of a strength is about 0.06 with 1,200 games a model
    assert strengths == approx(list(ranking.PLANTED.values()), abs=0.2)


@pytest.mark.feature("S6d")
def test_bradley_terry_is_scikit_learns_logistic_regression_without_penalty(ranking: Any) -> None:
    votes = ranking.ask(400, np.random.default_rng(5))
    place = {name: i for i, name in enumerate(ranking.MODELS)}
    X, y = np.zeros((len(votes), len(place))), np.zeros(len(votes))
    for row, vote in enumerate(votes):
        X[row, place[vote["left"]]], X[row, place[vote["right"]]] = 1, -1
        y[row] = vote["verdict"] == "left"
    # C as large as this is no penalty; the common shift that it settles is taken out on both sides
    outsider = LogisticRegression(C=1e10, fit_intercept=False, tol=1e-10, max_iter=1000).fit(X, y)
    weights = outsider.coef_[0] - outsider.coef_[0].mean()
    assert ranking.fit(ranking.tally(votes, ranking.MODELS)) == approx(weights, abs=1e-4)


@pytest.mark.feature("S6d")
def test_the_fit_has_the_highest_likelihood_that_scipy_finds(ranking: Any) -> None:
    wins = np.array([[0, 7, 3.5, 9], [4, 0, 6, 5], [2.5, 5, 0, 8], [1, 4, 3, 0]])

    def loss(s: np.ndarray) -> float:
        return float((wins * np.log1p(np.exp(s[None, :] - s[:, None]))).sum())

    best = optimize.minimize(loss, np.zeros(4), tol=1e-10).x
    assert ranking.fit(wins) == approx(best - best.mean(), abs=1e-4)  # numerical slopes in scipy


@pytest.mark.feature("S6d")
def test_elo_depends_on_the_order_of_the_votes_and_the_fit_does_not(ranking: Any) -> None:
    shuffled = [ranking.VOTES[i] for i in np.random.default_rng(3).permutation(len(ranking.VOTES))]
    one, other = (ranking.elo(v, ranking.MODELS) for v in (ranking.VOTES, shuffled))
    assert max(abs(one[name] - other[name]) for name in one) > 20
    assert sum(one.values()) == approx(5000)
    tables = [ranking.tally(v, ranking.MODELS) for v in (ranking.VOTES, shuffled)]
    assert tables[0] == approx(tables[1], abs=1e-9)


@pytest.mark.feature("S6d")
def test_with_tiny_steps_and_many_rounds_elo_arrives_at_the_fit(ranking: Any) -> None:
    votes = ranking.VOTES[:200]
    ratings = ranking.elo(votes * 150, ranking.MODELS, k=0.7)
    scaled = np.array([ratings[name] - 1000 for name in ranking.MODELS]) * math.log(10) / 400
    # a step of 0.7 points still trembles by some points, 0.02 in log-odds
    assert scaled == approx(ranking.fit(ranking.tally(votes, ranking.MODELS)), abs=0.03)


@pytest.mark.feature("S6d")
def test_bootstrap_intervals_hold_the_planted_strengths_about_as_often_as_they_promise(
    ranking: Any,
) -> None:
    truth, rng, held = list(ranking.PLANTED.values()), np.random.default_rng(6), 0
    for _ in range(20):
        votes = ranking.ask(300, rng)
        ends = ranking.intervals(votes, ranking.MODELS, 60, rng)
        held += sum(low <= s <= high for s, (low, high) in zip(truth, ends, strict=True))
    assert held / 100 > 0.85  # 95 % less three standard errors, and 60 resamples cut the ends short


@pytest.mark.feature("S6d")
def test_swapped_pairs_expose_a_judge_that_always_prefers_left(judging: Any) -> None:
    verdicts = judging.JUDGES["always left"]
    assert judging.sides(verdicts) == (1.0, 0.0)
    assert {judging.both_orders(*both) for both in verdicts} == {"tie"}


@pytest.mark.feature("S6d")
def test_a_leaning_judge_is_found_and_a_fair_one_is_not(judging: Any) -> None:
    for name, biased in (("fair", False), ("leaning", True), ("wordy", False)):
        verdicts = judging.JUDGES[name]
        gain = paired_gain([b == "right" for _, b in verdicts], [a == "left" for a, _ in verdicts])
        assert (gain.low > 0) == biased
        left, _ = judging.sides(verdicts)
        assert (abs(left - 0.5) > 0.1) == biased


@pytest.mark.feature("S6d")
def test_planted_habits_come_back_as_weights_of_the_logistic_regression(judging: Any) -> None:
    planted = {"fair": (1, 0, 0), "leaning": (1, 1.5, 0), "wordy": (1, 0, 0.9)}
    for name, weights in planted.items():
        features, is_left = judging.table(judging.JUDGES[name])
        ours = judging.fit_judge(features, is_left)
        assert ours == approx(weights, abs=0.35)  # three standard errors of some 550 verdicts
        outsider = LogisticRegression(C=1e10, fit_intercept=False, tol=1e-10, max_iter=1000)
        assert ours == approx(outsider.fit(features, is_left).coef_[0], abs=1e-4)


@pytest.mark.feature("S6d")
def test_swapping_does_not_hide_a_love_of_length_but_the_regression_takes_it_out(
    judging: Any,
) -> None:
    won = {name: np.mean([(a == "left") + (b == "right") for a, b in judging.JUDGES[name]]) / 2
           for name in ("fair", "wordy")}  # fmt: skip
    assert won["wordy"] > won["fair"] + 0.05
    features, is_left = (np.asarray(t, float) for t in judging.table(judging.JUDGES["wordy"]))
    assert judging.fit_judge(features, is_left)[2] > 0.6
    silent = judging.table(judging.JUDGES["fair"])
    assert abs(judging.fit_judge(*silent)[2]) < 0.25


@pytest.mark.feature("S6d")
def test_kappa_is_that_of_scikit_learn(judging: Any) -> None:
    assert judging.kappa(judging.without, judging.with_it) == approx(0.4567, abs=5e-5)
    rng = np.random.default_rng(4)
    for _ in range(30):
        a, b = (
            rng.choice(["yes", "no", "maybe"], 25, p=[0.6, 0.3, 0.1]).tolist() for _ in range(2)
        )
        assert judging.kappa(a, b) == approx(cohen_kappa_score(a, b), abs=1e-12)
        assert judging.kappa(a, a) == approx(1.0)


@pytest.mark.feature("S6d")
def test_so_many_votes_notice_the_difference_as_often_as_was_asked(judging: Any) -> None:
    for share, power in ((0.6, 0.8), (0.55, 0.9), (0.55, 0.5)):
        n = judging.votes_needed(share, power)
        k = np.arange(n + 1)
        noticed = np.abs(k / n - 0.5) > 1.959963984540054 * 0.5 / math.sqrt(n)
        found = stats.binom.pmf(k, n, share)[noticed].sum()
        assert found == approx(power, abs=0.03)  # whole votes: one more or less moves the threshold


@pytest.mark.feature("S6d")
def test_a_feedback_log_replays_to_the_same_votes_from_any_number_of_reads(feedback: Any) -> None:
    once = feedback.replay(feedback.LINES)
    assert once == feedback.replay(list(feedback.LINES))
    assert "p07" not in once  # retracted
    assert once["p04"]["verdict"] == "left"  # corrected by a later line
    assert "p13" not in once  # torn by a crash
    assert list(once) == sorted(once)


@pytest.mark.feature("S6d")
def test_replaying_a_log_and_then_its_own_votes_changes_nothing(feedback: Any) -> None:
    rng, lines = np.random.default_rng(2), []
    for i in range(300):
        name = f"v{rng.integers(60)}"
        if rng.random() < 0.2:
            lines.append(json.dumps({"event": "retract", "id": name}))
        else:
            vote = {"event": "vote", "id": name, "one": "a", "other": "b", "by": f"u{i % 7}",
                    "verdict": str(rng.choice(["left", "right", "tie"]))}  # fmt: skip
            lines.append(json.dumps(vote))
    standing = feedback.replay(lines)
    again = feedback.replay([json.dumps(vote) for vote in standing.values()])
    assert again == standing
    cut = feedback.replay(lines[:150])
    more = feedback.replay([json.dumps(v) for v in cut.values()] + lines[150:])
    assert more == standing  # as a mapping: a snapshot and what came after it say the same


@pytest.mark.feature("S6d")
def test_seats_are_blind_balanced_and_repeatable(feedback: Any) -> None:
    lefts = [feedback.seats(f"id-{i}", "one", "two")[0] == "one" for i in range(4000)]
    assert np.mean(lefts) == approx(0.5, abs=0.03)  # four standard errors
    turns = np.mean([a != b for a, b in pairwise(lefts)])
    assert turns == approx(0.5, abs=0.03)  # the last vote's side tells nothing about the next one's
    for i in range(50):
        assert feedback.seats(f"id-{i}", "one", "two") == feedback.seats(f"id-{i}", "two", "one")


@pytest.mark.feature("S6d")
def test_a_judge_sees_every_turn_of_both_and_no_name(feedback: Any) -> None:
    text = feedback.judge_prompt(feedback.TURNS, feedback.ANSWERS, "lark", "wren")
    swapped = feedback.judge_prompt(feedback.TURNS, feedback.ANSWERS, "wren", "lark")
    assert not any(name in text for name in feedback.ANSWERS)
    for answers in feedback.ANSWERS.values():
        assert all(text.count(answer) == swapped.count(answer) == 1 for answer in answers)
    assert text != swapped
    assert sorted(text.replace("Assistant B", "Assistant A")) == sorted(
        swapped.replace("Assistant B", "Assistant A")
    )


@pytest.mark.feature("S6d")
def test_a_simulated_arena_from_blind_votes_to_order(ranking: Any, feedback: Any) -> None:
    rng, votes = np.random.default_rng(9), []
    for i in range(1500):
        one, other = (ranking.MODELS[j] for j in rng.choice(5, 2, replace=False))
        left, right = feedback.seats(f"g{i}", one, other)
        lean = 0.7  # the voters prefer the left side
        z = ranking.PLANTED[left] - ranking.PLANTED[right] + lean
        verdict = "left" if rng.random() < 1 / (1 + math.exp(-z)) else "right"
        votes.append({"left": left, "right": right, "verdict": verdict})
    strengths = ranking.fit(ranking.tally(votes, ranking.MODELS))
    assert [ranking.MODELS[i] for i in np.argsort(-strengths)] == ranking.MODELS
    assert sum(v["verdict"] == "left" for v in votes) / 1500 > 0.6  # and the lean shows


SLIPS = {
    "ranking-from-votes": [
        ("1 / (1 + math.exp(b - a))", "1 / (1 + math.exp(a - b))", "win_chance", "sign"),
        ('{"left": 1.0, "right": 0.0, "tie": 0.5}[vote["verdict"]]\n        wins',
         '{"left": 1.0, "right": 0.0, "tie": 1.0}[vote["verdict"]]\n        wins', "tally", "half"),
        ("return np.log(p)", "return p", "fit", "logarithms"),
        ('rating[b] -= k * (score - expected)',
         'rating[b] += k * (1 - score - 1 / (1 + 10 ** ((rating[a] - rating[b]) / 400)))', "elo", "new rating"),
    ],
    "judging-the-judge": [
        ('two = {"left": "B", "right": "A", "tie": "tie"}[second]',
         'two = {"left": "A", "right": "B", "tie": "tie"}[second]', "both_orders", "chairs"),
        ('decided = [v for both in verdicts for v in both if v != "tie"]',
         'decided = [both[0] for both in verdicts if both[0] != "tie"]', "sides", "first order"),
        ("(seen - chance) / (1 - chance)", "seen - chance", "kappa", "left to be gained"),
        ("Z_POWER[power]", "0", "votes_needed", "power is missing"),
    ],
    "feedback-log": [
        ("first, second = sorted((one, other))", "first, second = one, other", "seats", "named first"),
        ("reply.rfind(", "reply.find(", "parse_verdict", "verdict"),
        ("if number == len(lines):\n                break\n            raise ValueError",
         "if number:\n                continue\n            raise ValueError", "replay", "middle"),
        ('left, right = seats(vote["id"], vote["one"], vote["other"])',
         'left, right = vote["one"], vote["other"]', "standings", "verdict is about sides"),
        ('assistant {letter}"', 'assistant {letter}, {model}"', "judge_prompt", "no longer blind"),
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("lab", "slip"),
    [(lab, slip) for lab in SLIPS for slip in SLIPS[lab]],
    ids=lambda part: part[2] if isinstance(part, tuple) else part,
)
def test_typical_slips_are_told_why(attempt: Any, lab: str, slip: tuple[str, ...]) -> None:
    right, wrong, task, told = slip
    verdicts = {v.task: v for v in attempt(CONCEPT, lab, {right: wrong}).verdicts}
    assert not verdicts[task].passed
    assert told in verdicts[task].why
