"""Rows: verifiable, deduplicated, decontaminated, licensed."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

import practicum as pr
from practicum.core.errors import PlanError
from practicum.core.messages import Conversation, Pair, read_rows
from practicum.core.stage import Made
from practicum.core.store import Store
from practicum.data.articles import chats, split_of, texts
from practicum.data.clean import decontaminate, deduplicate
from practicum.data.tasks import near_miss, questions
from practicum.text.answers import is_right

GREEK = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa")
SUMS = {"min_terms": 2, "max_terms": 2, "min_digits": 2, "max_digits": 2}


def test_equal_texts_are_dropped_whatever_their_case_and_spacing() -> None:
    rows, n = deduplicate(["One  two", "one two", "three", "ONE TWO "], lambda r: r)
    assert (rows, n) == (["One  two", "three"], 2)


def test_a_test_question_in_another_order_is_still_found() -> None:
    tests = [f"What is {a} + {a + 7}?" for a in range(20, 60)]
    rows = ["What is 27 + 20?", "What is 20 + 28?", "Please: 60 + 53, what is it?"]
    kept, n = decontaminate(rows, lambda r: r, tests)
    assert kept == ["What is 20 + 28?", "Please: 60 + 53, what is it?"]
    assert n == 1


def test_thirteen_shared_words_are_a_leak_but_a_shared_wording_is_not() -> None:
    secret = "the quick brown fox jumps over the lazy dog near the old river bank today"
    wording = "please answer the following question in one word and give no reasons at all thanks"
    tests = [f"{wording} {w}" for w in GREEK]
    rows = [f"note that {secret} again", f"{wording} lambda"]
    kept, n = decontaminate(rows, lambda r: r, [*tests, secret])
    assert (kept, n) == ([rows[1]], 1)


def test_every_planted_copy_is_found_and_nothing_else_is_dropped() -> None:
    rng = random.Random(1)
    tests = [f"{rng.randrange(100, 999)} + {rng.randrange(100, 999)} =" for _ in range(100)]
    fresh = [f"{rng.randrange(1000, 9999)} + {rng.randrange(1000, 9999)} =" for _ in range(100)]
    rows = fresh + tests[::3]
    kept, n = decontaminate(rows, lambda r: r, tests)
    assert kept == fresh
    assert n == len(tests[::3])


def test_questions_come_with_answers_their_own_verifier_accepts() -> None:
    import reasoning_gym

    rows = list(questions("chain_sum", SUMS, seed=5, n=20))
    entries = list(reasoning_gym.create_dataset("chain_sum", size=20, seed=5, **SUMS))
    for row, entry in zip(rows, entries, strict=True):
        left = entry["question"].split(":")[1].rstrip("= ")
        assert row.answer is not None
        assert int(row.answer) == sum(int(t) for t in left.replace(" - ", " + -").split(" + "))


@pytest.mark.parametrize(
    "answer", ["7", "-12", "a, b", "b, b, a", "['1.0', '2.0', '3.0']", "level", "x", "aa aa"]
)
def test_a_near_miss_is_never_the_answer(answer: str) -> None:
    for seed in range(50):
        assert not is_right(near_miss(answer, random.Random(seed)), answer)


def make(store: Store, **params: object) -> Made:
    return pr.run("data", home=store, seed=2, threads=1, **params)


def test_splits_have_the_wanted_sizes_and_share_no_question(tmp_path: Path) -> None:
    tasks = {"chain_sum": {"train": 60, "validation": 20, "test": 40, "settings": SUMS}}
    made = make(Store(tmp_path), tasks=tasks)
    asked = {
        s: [r.prompt[-1].content for r in read_rows(made.artifact.path(f"{s}.jsonl"), Conversation)]
        for s in ("train", "validation", "test")
    }
    assert {s: len(q) for s, q in asked.items()} == {"train": 60, "validation": 20, "test": 40}
    everything = [q for questions in asked.values() for q in questions]
    assert len(set(everything)) == 120
    assert made.artifact.meta["licenses"] == ["Apache-2.0"]
    again = make(Store(tmp_path / "other"), tasks=tasks)
    assert again.artifact.digest == made.artifact.digest


def test_pairs_never_touch_the_test_split_and_are_never_equal(tmp_path: Path) -> None:
    store = Store(tmp_path)
    small = {"min_terms": 2, "max_terms": 2, "min_digits": 1, "max_digits": 1}
    chats = make(store, tasks={"chain_sum": {"train": 10, "test": 40, "settings": small}}, name="c")
    made = pr.data(None, against="c", form="pairs", home=store, seed=2,
                   tasks={"chain_sum": {"train": 30, "settings": small}})  # fmt: skip
    test = {r["messages"][-2]["content"] for r in chats.artifact.rows("test.jsonl")}
    pairs = read_rows(made.artifact.path("train.jsonl"), Pair)
    assert pairs
    assert all(p.prompt[-1].content not in test and p.chosen != p.rejected for p in pairs)
    assert made.report.value("dropped.contaminated") > 0


def test_your_own_rows_are_split_deduplicated_and_keep_their_words(tmp_path: Path) -> None:
    rows = [{"messages": [{"role": "user", "content": f"question {i % 40} of mine"},
                          {"role": "assistant", "content": f"answer {i % 40}"}]} for i in range(50)]  # fmt: skip
    path = tmp_path / "mine.jsonl"
    path.write_text("\n".join(json.dumps(r) for r in rows))
    made = pr.data(str(path), form="chat", home=tmp_path / "home", test_share=0.2, seed=1)
    kept = [r for s in ("train", "validation", "test") for r in made.artifact.rows(f"{s}.jsonl")]
    assert len({r["messages"][0]["content"] for r in kept}) == len(kept)
    assert made.report.value("dropped.duplicates") + made.report.value("dropped.contaminated") >= 10


def test_articles_of_one_title_stay_in_one_split_for_chats_and_texts() -> None:
    table = [{"title": f"Town {i}", "extract": f"Town {i} is a town. " * 20, "description": "town in the north"}
             for i in range(300)]  # fmt: skip
    trained = {c.source for c in chats(table, "train", 500, seed=0)}
    tested = {t["source"] for t in texts(table, "test", 500, seed=9)}
    assert trained
    assert tested
    assert not trained & tested
    shares = [split_of(f"Town {i}") for i in range(3000)]
    assert shares.count("test") / 3000 == pytest.approx(0.1, abs=0.02)  # three standard errors


def test_plan_names_every_wrong_task_setting_and_form(tmp_path: Path) -> None:
    with pytest.raises(PlanError) as error:
        pr.plan("data", home=tmp_path, tasks={
            "chain_summ": {"train": 1}, "gcd": {"train": 1, "settings": {"min_numberz": 2}},
        })  # fmt: skip
    assert "reasoning-gym has no such task" in str(error.value)
    assert "chain_sum" in str(error.value)
    assert "tasks.gcd.settings" in str(error.value)
    with pytest.raises(PlanError, match="tasks make chats or pairs, not texts"):
        pr.plan("data", home=tmp_path, form="text", tasks={"gcd": {"train": 1}})
    with pytest.raises(PlanError, match="nothing to make rows from"):
        pr.plan("data", home=tmp_path)
    assert list(tmp_path.iterdir()) == []
