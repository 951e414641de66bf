"""S6b: ignorance scores chance, the harness's rules are met, and a model that saw the test is caught."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from practicum.measure.intervals import paired_gain, wilson

approx = pytest.approx
CONCEPT = "general-benchmarks"
NAMES = ("mmlu", "arc", "hellaswag")


@pytest.fixture
def exam(solved: Any) -> Any:
    """What the solution of the lab about likelihoods defined."""
    return solved(CONCEPT, "by-likelihood")


@pytest.fixture
def seen(solved: Any) -> Any:
    """What the solution of the lab about contamination defined."""
    return solved(CONCEPT, "seen-the-test")


@pytest.fixture
def leaders(solved: Any) -> Any:
    """What the solution of the lab about leaderboards defined."""
    return solved(CONCEPT, "leaderboard")


def _told_at_once(exam: Any, name: str, seed: int) -> list[np.ndarray]:
    """The likelihoods of a model of random weights: the lab's own, without its loop over bytes."""
    weights = np.random.default_rng(seed).normal(0, 1.5, (256, 256))
    logs = weights - np.log(np.exp(weights).sum(1, keepdims=True))
    out = []
    for item in exam.asked(name):
        told = []
        for choice in item["choices"]:
            before = item["question"][-1] if name == "hellaswag" else ":"
            data = np.frombuffer(f"{before} {choice}".encode(), dtype=np.uint8)
            told.append(logs[data[:-1], data[1:]].sum())
        out.append(np.array(told))
    return out


@pytest.mark.feature("S6b")
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("by", ["raw", "characters"])
def test_random_models_score_chance_within_their_interval(exam: Any, name: str, by: str) -> None:
    pack, chance = exam.asked(name), exam.chance(exam.PACKS[name])
    scores = [exam.score(_told_at_once(exam, name, seed), pack, by) for seed in range(100)]
    held = sum(low <= chance <= high for _, low, high in scores)
    # Choices of a pack are fixed, so a hundred models are no independent draws of questions: the
    # intervals (24 questions each) held 91 to 100 times when this was written.
    assert held >= 85
    mean = np.mean([hits for hits, _, _ in scores]) / len(pack)
    assert mean == approx(chance, abs=0.06)


@pytest.mark.feature("S6b")
def test_a_model_that_guesses_anew_for_every_choice_scores_chance(exam: Any) -> None:
    rng, held, total = np.random.default_rng(0), 0, 0
    for name in NAMES:
        pack, chance = exam.asked(name), exam.chance(exam.PACKS[name])
        for _ in range(200):
            told = [rng.normal(-20, 5, len(item["choices"])).tolist() for item in pack]
            _, low, high = exam.score(told, pack)
            held += low <= chance <= high
            total += 1
    assert held / total == approx(0.95, abs=0.03)  # binomial error of 600, and 24 is a coarse grid


def test_the_fast_random_model_of_these_tests_is_the_labs(exam: Any) -> None:
    for name in NAMES:
        theirs = exam.examine(exam.random_weights(3), name)
        mine = _told_at_once(exam, name, 3)
        for a, b in zip(theirs, mine, strict=True):
            assert a == approx(b.tolist(), abs=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_a_pack_is_well_formed_and_neither_length_nor_place_gives_the_key_away(
    exam: Any, name: str
) -> None:
    pack = exam.PACKS[name]
    assert len({item["question"] for item in pack}) == len(pack) == 24
    assert all(len(set(item["choices"])) == len(item["choices"]) for item in pack)
    assert all(0 <= item["answer"] < len(item["choices"]) for item in pack)
    chance = exam.chance(pack)
    habits: list[Callable[[list[int]], int]] = [
        lambda sizes: int(np.argmin(sizes)),
        lambda sizes: int(np.argmax(sizes)),
        *(lambda sizes, place=place: place for place in range(4)),
    ]
    for habit in habits:
        hits = sum(habit([len(c) for c in item["choices"]]) == item["answer"] for item in pack)
        low, high = wilson(hits, 24)
        assert low <= chance <= high


@pytest.mark.feature("S6b")
def test_choosing_is_the_harnesss_argmax_of_raw_and_of_normalised_likelihoods(exam: Any) -> None:
    """acc: argmax(ll); acc_norm: argmax(ll / characters); acc_bytes: argmax(ll / UTF-8 bytes)."""
    rng = np.random.default_rng(4)
    alphabet = list("abcdefgh éüßλ中")
    for _ in range(300):
        choices = ["".join(rng.choice(alphabet, rng.integers(1, 15))) for _ in range(4)]
        lls = -rng.integers(1, 60, 4).astype(float)  # whole numbers, so that ties occur
        characters = np.array([float(len(c)) for c in choices])
        size = np.array([float(len(c.encode("utf-8"))) for c in choices])
        assert exam.pick(lls.tolist(), choices) == np.argmax(lls)
        assert exam.pick(lls.tolist(), choices, "characters") == np.argmax(lls / characters)
        assert exam.pick(lls.tolist(), choices, "bytes") == np.argmax(lls / size)


@pytest.mark.feature("S6b")
def test_a_tie_goes_to_the_first_choice(exam: Any) -> None:
    told = exam.examine(exam.even, "mmlu")
    assert {exam.pick(lls, "ABCD") for lls in told} == {0}
    hits, _, _ = exam.score(told, exam.asked("mmlu"))
    assert hits == sum(item["answer"] == 0 for item in exam.PACKS["mmlu"])


def test_the_prompt_is_the_harnesss_layout_of_mmlu(exam: Any) -> None:
    item = {"subject": "law", "question": "Q?", "choices": ["w", "x", "y", "z"], "answer": 3}
    want = (
        "The following are multiple choice questions (with answers) about law.\n\n"
        "Q?\nA. w\nB. x\nC. y\nD. z\nAnswer: D\n\nQ?\nA. w\nB. x\nC. y\nD. z\nAnswer:"
    )
    assert exam.prompt(item, [item]) == want


def test_examples_with_one_letter_make_a_counting_model_say_it(exam: Any) -> None:
    for letter in range(4):
        examples = [i for i in exam.PACKS["mmlu"] if i["answer"] == letter][:5]
        told = exam.examine(exam.counting, "mmlu", examples)
        assert {exam.pick(lls, "ABCD") for lls in told} == {letter}


def test_the_models_of_the_lab_are_distributions(exam: Any, seen: Any) -> None:
    context = "Question: Why?\nAnswer:"
    total = sum(math.exp(exam.random_weights(1)(context, chr(i))) for i in range(128))
    assert 0.2 < total < 1  # the other half of the bytes begins longer characters
    known = set(seen.words(seen.TRAINING["crammer"]))
    for model in seen.MODELS.values():
        total = sum(math.exp(model(context, word)) for word in known)
        assert 0.85 < total <= 1.000001  # the rest is for words it has not seen


@pytest.mark.feature("S6b")
def test_overlap_exposes_the_contaminated_model_and_clears_the_others(seen: Any) -> None:
    for who, text in seen.TRAINING.items():
        shares = [seen.shared_runs(item["question"], text) for item in seen.ITEMS]
        assert min(shares) == 1 if who == "crammer" else max(shares) == 0


@pytest.mark.feature("S6b")
def test_rewording_exposes_the_contaminated_model_and_clears_the_others(seen: Any) -> None:
    gaps = {}
    for who, both in seen.MARKS.items():
        difference, p = seen.gap(both["question"], both["reworded"])
        theirs = paired_gain(both["reworded"], both["question"])
        assert (difference, p) == approx((theirs.difference, theirs.p_value), abs=1e-12)
        gaps[who] = difference, p
    assert gaps["crammer"][0] > 0.5
    assert gaps["crammer"][1] < 1e-5
    for who in ("literate", "reader"):
        assert abs(gaps[who][0]) < 0.1
        assert gaps[who][1] > 0.5
    low, high = wilson(sum(seen.MARKS["crammer"]["reworded"]), 32)
    assert low <= 0.25 <= high
    assert sum(seen.MARKS["reader"]["reworded"]) > 28


def test_overlap_does_not_see_a_paraphrased_leak(seen: Any) -> None:
    leak = "\n".join(
        f"{seen.lay_out(item['reworded'])} {item['choices'][item['answer']]}" for item in seen.ITEMS
    )
    text = seen.LITERATURE + "\n" + leak
    assert max(seen.shared_runs(item["question"], text) for item in seen.ITEMS) == 0
    told = seen.marks(seen.counted(text), seen.ITEMS, "reworded")
    assert sum(told) > 28  # and yet it has learned these answers


@pytest.mark.feature("S6b")
def test_rows_from_inside_the_training_set_reward_memory(seen: Any) -> None:
    inside, outside = [], []
    for longest in (2, 5):
        inside.append(seen.surprise(seen.counted("\n".join(seen.ROWS), longest), seen.ROWS[:20]))
        outside.append(seen.surprise(seen.counted("\n".join(seen.TRAIN), longest), seen.HELD))
    assert inside[1] < inside[0] / 2
    assert outside[1] > outside[0]
    assert outside[0] > inside[0] + 1


def test_a_split_shares_no_row_although_some_come_twice(seen: Any) -> None:
    assert len(seen.ROWS) > len(set(seen.ROWS))
    for seed in range(5):
        train, held = seen.split(seen.ROWS, 50, seed)
        assert not set(train) & set(held)
        assert len(held) == 50
        assert set(train) | set(held) == set(seen.ROWS)


@pytest.mark.feature("S6b")
def test_the_luckiest_of_twenty_equals_is_computed_and_simulated_alike(
    leaders: Any, course_file: Any
) -> None:
    exact = course_file(CONCEPT, "claims.py").luckiest
    for n_models, n_questions in [(1, 50), (5, 100), (20, 100), (20, 1000)]:
        share = leaders.luckiest(n_models, n_questions, 0.6, np.random.default_rng(7), 8000)
        assert share == approx(exact(n_models, n_questions), abs=0.003)  # five standard errors
    assert exact(1, 100) == approx(0.6, abs=1e-9)
    assert exact(20, 100) > 0.68


def test_holms_correction_keeps_false_alarms_below_five_in_a_hundred(leaders: Any) -> None:
    rng = np.random.default_rng(2)
    plain = adjusted = 0
    for _ in range(2000):
        p = rng.random(19).tolist()
        plain += min(p) < 0.05
        adjusted += min(leaders.holm(p)) < 0.05
    assert plain / 2000 == approx(1 - 0.95**19, abs=0.035)  # three binomial standard errors
    assert adjusted / 2000 == approx(0.05, abs=0.016)


def test_holm_equals_its_definition_by_closed_testing(leaders: Any) -> None:
    """A hypothesis falls when every set with it falls, each by its smallest p times its size."""
    from itertools import combinations

    rng = np.random.default_rng(1)
    for _ in range(20):
        p = rng.random(4).tolist()
        want = [
            max(
                min(1.0, len(chosen) * min(p[k] for k in chosen))
                for size in (1, 2, 3, 4)
                for chosen in combinations(range(4), size)
                if i in chosen
            )
            for i in range(4)
        ]
        assert leaders.holm(p) == approx(want, abs=1e-12)


@pytest.mark.feature("S6b")
def test_pairing_narrows_the_gap_between_two_models_on_shared_questions(leaders: Any) -> None:
    answers, order = leaders.ANSWERS, leaders.ORDER
    for place in (4, 9, 14):
        a, b = answers[order[place]], answers[order[0]]
        low, high = leaders.as_strangers(int(a.sum()), int(b.sum()), len(a))
        gain = paired_gain(a.tolist(), b.tolist())
        assert gain.high - gain.low < 0.85 * (high - low)


def test_equals_share_the_first_place(leaders: Any) -> None:
    alone = sum(len(leaders.first_place(leaders.board(8, 200, 0.0, s)[1])) < 8 for s in range(20))
    assert alone <= 3  # the leader is chosen for being first, so a little above one in twenty
    skills, answers = leaders.board(8, 4000, 1.0, 1)
    assert int(np.argmax(skills)) in leaders.first_place(answers)
    assert len(leaders.first_place(answers)) <= 3


SLIPS = [
    ("by-likelihood", [
        ('return "\\n\\n".join([first, *solved, block(item)])',
         'return "\\n\\n".join([first, *solved, block(item)]) + " "', "prompt", "another text"),
        ("ll / len(c.encode())", "ll / len(c)", "pick", "two bytes"),
        ('sum(1 / len(item["choices"]) for item in pack) / len(pack)',
         'len(pack) / sum(len(item["choices"]) for item in pack)', "chance", "mean number of choices"),
        ('pick(lls, item["choices"], by)', 'pick(lls, item["choices"])', "score", "hand `by` on"),
    ]),
    ("seen-the-test", [
        ("if mine else 0.0", "", "shared_runs", "before you divide"),
        ("prompt = lay_out(item[wording])", "prompt = lay_out(item['question'])", "marks", "item[wording]"),
        ("binomtest(lost, lost + gained)", "binomtest(lost, lost + gained, alternative='greater')", "gap",
         "one side"),
        ("different = list(dict.fromkeys(rows))", "different = list(rows)", "split", "both parts"),
    ]),
    ("leaderboard", [
        ("hits.max(axis=1).mean()", "hits.max()", "luckiest", "best of each board"),
        ("return q - p - half, q - p + half", "return p - q - half, p - q + half", "as_strangers",
         "b's score less a's"),
        ("(m - rank) * p_values[i]", "m * p_values[i]", "holm", "Bonferroni"),
        ("zip(others, holm(raw), strict=True)", "zip(others, raw, strict=True)", "first_place", "together"),
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("lab", "slips"), SLIPS, ids=[lab for lab, _ in SLIPS])
def test_typical_slips_are_told_why(attempt: Any, lab: str, slips: list[Any]) -> None:
    outcome = attempt(CONCEPT, lab, {right: wrong for right, wrong, _, _ in slips})
    verdicts = {v.task: v for v in outcome.verdicts}
    for _, _, task, told in slips:
        assert not verdicts[task].passed
        assert told in verdicts[task].why
