"""The scorecard: numbers equal to outsiders', resumed without repeating."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

import practicum as pr
from practicum.core.errors import PlanError
from practicum.core.messages import Conversation, Message, Reply, write_rows
from practicum.core.stage import Made, Work
from practicum.core.store import Store
from practicum.evaluate.scorecard import accuracy_metrics, answer_tasks, gain_metrics, score_texts
from practicum.models.load import load_model

TEXT = "Bread is flour, water, salt and time."


def conversation(question: str, answer: str) -> Conversation:
    return Conversation(
        messages=(Message(role="user", content=question), Message(role="assistant", content=answer)),
        task="sum", answer=answer,
    )  # fmt: skip


class Parrot:
    """A Chat that answers with the last word of the question, and can die."""

    def __init__(self, die_after: int | None = None) -> None:
        self.asked: list[str] = []
        self.die_after = die_after

    def reply(
        self, prompts: Sequence[Sequence[Message]], sampling: Any, heard: Any = None
    ) -> list[Reply]:
        if self.die_after is not None and len(self.asked) >= self.die_after:
            raise KeyboardInterrupt
        self.asked += [p[-1].content for p in prompts]
        return [
            Reply(text=p[-1].content.split()[-1], n_prompt_tokens=1, n_tokens=1, stopped=True)
            for p in prompts
        ]

    def stream(self, prompt: Any, sampling: Any) -> Any:
        raise AssertionError("not used")


def test_an_interrupted_evaluation_asks_no_question_twice(tmp_path: Path) -> None:
    chats = [conversation(f"say {i}", str(i)) for i in range(150)]
    work = Work(tmp_path)
    work.keep.mkdir(parents=True)
    torn = Parrot(die_after=64)
    with pytest.raises(KeyboardInterrupt):
        answer_tasks(work, torn, chats, 8)
    with (work.keep / "replies.jsonl").open("a") as stream:
        stream.write('[{"task": "sum", "pro')  # the kill tore the last line
    fresh = Parrot()
    samples = answer_tasks(work, fresh, chats, 8)
    assert torn.asked + fresh.asked == [c.prompt[-1].content for c in chats]
    assert [s["strict"] for s in samples] == [True] * 150


def test_accuracy_counts_by_hand_in_both_readings() -> None:
    samples = [
        {"task": "a", "strict": True, "lenient": True}, {"task": "a", "strict": False, "lenient": True},
        {"task": "b", "strict": False, "lenient": False}, {"task": "b", "strict": False, "lenient": False},
    ]  # fmt: skip
    values = {m.name: m.value for m in accuracy_metrics(samples)}
    assert values["accuracy"] == 0.25
    assert values["accuracy.lenient"] == 0.5
    assert values["accuracy.lenient.a"] == 1.0


def test_questions_that_name_no_task_are_counted_in_the_whole_alone() -> None:
    samples = [{"task": None, "strict": True, "lenient": True},
               {"task": "sum", "strict": False, "lenient": True}]  # fmt: skip
    values = {m.name: m.value for m in accuracy_metrics(samples)}
    assert values == {"accuracy": 0.5, "accuracy.lenient": 1.0, "accuracy.sum": 0.0,
                      "accuracy.lenient.sum": 1.0}  # fmt: skip


def test_the_gain_pairs_by_question_and_not_by_place() -> None:
    parent = [{"prompt": f"q{i}", "strict": False, "lenient": i < 5} for i in range(10)]
    child = [{"prompt": f"q{i}", "strict": i < 8, "lenient": i < 5} for i in reversed(range(10))]
    values = {m.name: m for m in gain_metrics(child, parent)}
    assert values["gain"].value == pytest.approx(0.8)
    assert values["gain.lenient"].value == 0
    assert values["gain.p"].value == pytest.approx(2 / 2**8)


def test_perplexity_equals_transformers_loss(tiny: Made, tmp_path: Path) -> None:
    model, tokenizer = load_model(tiny.artifact, "float32")
    scores = score_texts(Work(tmp_path), model, tokenizer, [TEXT], 64, None)
    ids = torch.tensor([tokenizer.encode(TEXT)])
    with torch.no_grad():
        theirs = model(input_ids=ids, labels=ids).loss.item()
    assert scores.nats[0] / scores.tokens[0] == pytest.approx(theirs, rel=1e-5)


def test_kl_to_itself_is_zero_and_to_another_equals_the_slow_sum(
    tiny: Made, life: dict[str, Made], tmp_path: Path
) -> None:
    model, tokenizer = load_model(life["tuned"].artifact, "float32")
    parent, _ = load_model(tiny.artifact, "float32")
    itself = score_texts(Work(tmp_path), model, tokenizer, [TEXT], 64, model)
    assert itself.kl[0] == pytest.approx(0, abs=1e-6)
    assert itself.same_top == itself.tokens
    moved = score_texts(Work(tmp_path), model, tokenizer, [TEXT], 64, parent)
    ids = torch.tensor([tokenizer.encode(TEXT)])
    with torch.no_grad():
        q = model(input_ids=ids).logits[0, :-1].double().softmax(-1)
        p = parent(input_ids=ids).logits[0, :-1].double().softmax(-1)
    slow = sum(float(pi * math.log(pi / qi)) for ps, qs in zip(p, q, strict=True)
               for pi, qi in zip(ps.tolist(), qs.tolist(), strict=True))  # fmt: skip
    assert moved.kl[0] == pytest.approx(slow, rel=1e-3)


def test_plan_complains_of_everything_that_cannot_be_compared(
    life: dict[str, Made], tiny_store: Store
) -> None:
    other = pr.pretrain(home=tiny_store, updates=1, n_vocab=300, hidden=256, context=16,
                        windows_per_update=4, threads=1)  # fmt: skip
    with pytest.raises(PlanError) as error:
        pr.plan("evaluate", "tuned", "lessons", None, other.artifact, "talk", home=tiny_store)
    for words in ("a parent is compared on texts", "different vocabularies"):
        assert words in str(error.value)


def test_chats_without_an_answer_are_scored_by_the_likelihood_of_what_was_said(
    tiny: Made, tiny_store: Store, tmp_path: Path
) -> None:
    path = tmp_path / "mine.jsonl"
    rows = [[("user", "Who goes there?"), ("assistant", "A friend.")],
            [("user", "Speak!"), ("assistant", "Long live the king!")]]  # fmt: skip
    chats = [
        Conversation(messages=tuple(Message(role=r, content=c) for r, c in row)) for row in rows
    ]
    write_rows(path, chats)
    made = pr.evaluate(tiny.artifact, str(path), home=tiny_store, threads=1, speed=False)
    model, tokenizer = load_model(tiny.artifact, "float32")
    nats, n = 0.0, 0
    for chat in chats:
        ids, mine = tokenizer.encode_chat(chat.messages)
        with torch.no_grad():
            log = model(input_ids=torch.tensor([ids])).logits[0].log_softmax(-1)
        for i in range(1, len(ids)):
            if mine[i]:
                nats, n = nats - float(log[i - 1, ids[i]]), n + 1
    metric = made.report.get("answer_perplexity")
    assert metric is not None
    assert metric.n == n
    assert metric.value == pytest.approx(math.exp(nats / n), rel=1e-4)
    assert made.report.get("accuracy") is None
