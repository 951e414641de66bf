"""The training loop, its losses and its packing, held by twins and by outsiders."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import torch

from practicum.core.errors import PracticumError
from practicum.core.messages import Conversation, Message, Pair, write_rows
from practicum.core.stage import Made, Work
from practicum.models.forward import row_logits
from practicum.models.load import load_model
from practicum.text.pack import Example, pack
from practicum.train.adapters import adapter_state, attach_lora, fold
from practicum.train.loop import RowLoss, Settings, learning_rate, schedule, train
from practicum.train.losses import preference_loss, sum_by_owner, token_log_probs
from practicum.train.rows import chat_rows, pair_rows, text_rows


def chat(question: str, answer: str) -> Conversation:
    return Conversation(
        messages=(Message(role="user", content=question), Message(role="assistant", content=answer))
    )


QUESTIONS = [chat(f"what is {a} + {b}?", str(a + b)) for a in range(3, 9) for b in (1, 20)]


def nll_of_row(model: Any, row: Any) -> torch.Tensor:
    logits = row_logits(model, row)
    return -token_log_probs(logits, torch.from_numpy(row.target)).sum()


def test_preference_loss_is_ln_2_while_policy_still_equals_reference() -> None:
    lp = torch.tensor([-3.0])
    loss = preference_loss(lp, lp - 1, lp, lp - 1, beta=0.1)
    assert loss.item() == pytest.approx(math.log(2), abs=1e-6)  # float32


def test_preference_loss_and_its_gradient_on_a_pair_worked_by_hand() -> None:
    chosen = torch.tensor([-2.0], requires_grad=True)
    rejected = torch.tensor([-5.0], requires_grad=True)
    # margin = (-2 + 3) - (-5 + 4) = 2; loss = -ln σ(0.5·2) = ln(1 + e^-1) = 0.313262
    loss = preference_loss(chosen, rejected, torch.tensor([-3.0]), torch.tensor([-4.0]), beta=0.5)
    loss.sum().backward()
    assert loss.item() == pytest.approx(0.313262, abs=1e-6)
    # dloss/dchosen = -β·σ(-1) = -0.5·0.268941
    assert chosen.grad is not None
    assert chosen.grad.item() == pytest.approx(-0.134471, abs=1e-6)
    assert rejected.grad is not None
    assert rejected.grad.item() == pytest.approx(0.134471, abs=1e-6)


def test_log_probs_and_owner_sums_match_a_slow_loop() -> None:
    logits, target = torch.randn(7, 11), torch.randint(0, 11, (7,))
    owner = torch.tensor([0, 0, 1, 2, 2, 2, 1])
    slow = [math.log(math.exp(float(r[t])) / sum(math.exp(float(x)) for x in r))
            for r, t in zip(logits, target, strict=True)]  # fmt: skip
    fast = token_log_probs(logits, target)
    assert fast.tolist() == pytest.approx(slow, abs=1e-5)  # float32 against doubles
    sums = sum_by_owner(fast, owner, 3)
    assert sums[1].item() == pytest.approx(slow[2] + slow[6], abs=1e-5)


def test_packed_loss_and_gradient_equal_every_chat_computed_alone(tiny: Made) -> None:
    model, tokenizer = load_model(tiny.artifact, "float32")
    examples = [Example(*map(tuple, tokenizer.encode_chat(c.messages))) for c in QUESTIONS]
    grads = []
    for rows in (pack([[e] for e in examples], 256), [pack([[e]], 999)[0] for e in examples]):
        lora = attach_lora(load_model(tiny.artifact, "float32")[0], rank=4, alpha=8, seed=1)
        for name, weight in lora.named_parameters():
            if "lora_B" in name:
                torch.nn.init.normal_(weight, generator=torch.Generator().manual_seed(len(name)))
        loss = sum(nll_of_row(lora, row) for row in rows)
        loss.backward()
        grads.append(
            (loss.item(), {n: p.grad for n, p in lora.named_parameters() if p.grad is not None})
        )
    (packed, g_packed), (alone, g_alone) = grads
    assert packed == pytest.approx(alone, rel=1e-5)
    for name, grad in g_packed.items():
        scale = g_alone[name].abs().max()
        assert torch.allclose(grad, g_alone[name], atol=float(1e-4 * scale)), name


def test_the_loss_of_a_chat_equals_transformers_own(tiny: Made) -> None:
    model, tokenizer = load_model(tiny.artifact, "float32")
    ids, mine = tokenizer.encode_chat(QUESTIONS[0].messages)
    row = pack([[Example(tuple(ids), tuple(mine))]], 999)[0]
    labels = torch.tensor([[i if m else -100 for i, m in zip(ids, mine, strict=True)]])
    with torch.no_grad():
        theirs = model(input_ids=torch.tensor([ids]), labels=labels).loss.item()
        ours = nll_of_row(model, row).item() / len(row.target)
    assert ours == pytest.approx(theirs, rel=1e-5)


def test_prompt_tokens_are_never_trained(tiny: Made, tmp_path: Path) -> None:
    _, tokenizer = load_model(tiny.artifact)
    path = tmp_path / "chats.jsonl"
    write_rows(path, QUESTIONS)
    packed = chat_rows(path, tokenizer, 256, 512)
    trained = sorted(tokenizer.decode([int(t)]) for row in packed.rows for t in row.target)
    answers = sorted(d for c in QUESTIONS for d in c.messages[-1].content)
    assert [t for t in trained if t] == answers
    assert trained.count("") == len(QUESTIONS)  # one end of turn each


def test_a_pair_shares_its_prompt_and_the_chosen_answer_comes_first(
    tiny: Made, tmp_path: Path
) -> None:
    _, tokenizer = load_model(tiny.artifact)
    path = tmp_path / "pairs.jsonl"
    write_rows(path, [Pair(prompt=QUESTIONS[0].prompt, chosen="4", rejected="5")])
    packed = pair_rows(path, tokenizer, 256, 512)
    (row,) = packed.rows
    prompt = len(tokenizer.encode_prompt(QUESTIONS[0].prompt))
    assert row.n_tokens == prompt + 4  # two digits and two ends of turn
    assert packed.n_alone == 2 * prompt + 4
    assert {int(o): tokenizer.decode([int(t)]) for o, t in
                                zip(row.owner[::2], row.target[::2], strict=True)} == {0: "4", 1: "5"}  # fmt: skip


def test_text_windows_score_every_token_once(tiny: Made) -> None:
    _, tokenizer = load_model(tiny.artifact)
    text = "It was the best of times, it was the worst of times. " * 5
    packed = text_rows([text], tokenizer, 16, 64, "<|endoftext|>")
    stream = [tokenizer.id_of("<|endoftext|>"), *tokenizer.encode(text)]
    assert sorted(int(t) for row in packed.rows for t in row.target) == sorted(stream[1:])


def test_fresh_adapters_change_nothing_and_folding_equals_the_adapted_model(tiny: Made) -> None:
    model, tokenizer = load_model(tiny.artifact, "float32")
    ids = torch.tensor([tokenizer.encode("To be, or not to be")])
    with torch.no_grad():
        plain = model(input_ids=ids).logits.clone()
        lora = attach_lora(model, rank=4, alpha=8, seed=0)
        assert torch.equal(lora(input_ids=ids).logits, plain)
        for name, weight in lora.named_parameters():
            if "lora_B" in name:
                weight.normal_(std=0.02)
        adapted = lora(input_ids=ids).logits.clone()
        assert not torch.allclose(adapted, plain, atol=1e-3)
        assert torch.allclose(fold(lora)(input_ids=ids).logits, adapted, atol=1e-4)  # float32 sums


def test_the_learning_rate_warms_up_linearly_and_ends_at_a_tenth() -> None:
    settings = Settings(lr_peak=1.0, warmup=0.1)
    rates = [learning_rate(s, 100, settings) for s in range(100)]
    assert rates[0] == pytest.approx(0.1)
    assert rates[9] == rates[10] == pytest.approx(1.0)
    assert rates[55] == pytest.approx(0.1 + 0.9 / 2)  # half-way down the cosine
    assert rates[-1] == pytest.approx(0.1, abs=1e-3)


def test_the_warm_up_is_a_share_or_a_number_and_the_way_down_has_three_shapes() -> None:
    def at(step: int, **options: Any) -> float:
        return learning_rate(step, 100, Settings(lr_peak=1.0, **options))

    assert at(19, warmup=40) == at(19, warmup=0.4) == pytest.approx(0.5)
    assert at(49, warmup=1.0) == pytest.approx(0.5)  # a share: all of them
    assert at(70, warmup=40, schedule="linear", floor=0.0) == pytest.approx(0.5)
    assert at(99, warmup=40, schedule="constant", floor=0.0) == 1.0
    assert at(99, schedule="cosine", floor=0.0) == pytest.approx(0.0, abs=1e-3)
    short = Settings(lr_peak=1.0, n_epochs=3, rows_per_update=5, n_updates=4)
    assert len(schedule(10, short)) == 4


def test_every_epoch_sees_every_row_once_in_another_order() -> None:
    updates = schedule(10, Settings(lr_peak=1.0, n_epochs=2, rows_per_update=5, seed=4))
    order = [i for update in updates for i in update]
    assert sorted(order[:10]) == sorted(order[10:]) == list(range(10))
    assert order[:10] != order[10:]
    assert updates == schedule(10, Settings(lr_peak=1.0, n_epochs=2, rows_per_update=5, seed=4))


class Killed(BaseException):
    """Stands for SIGKILL inside one process: nothing of ours may catch it."""


@pytest.mark.parametrize("when", [3, 6])
def test_a_killed_training_resumes_to_exactly_the_same_weights(
    tiny: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: int
) -> None:
    monkeypatch.setattr("practicum.train.loop.CHECKPOINT_EVERY_S", 0.0)

    def run(folder: Path, die_at: int | None) -> tuple[dict[str, torch.Tensor], list[float]]:
        model, tokenizer = load_model(tiny.artifact, "float32")
        examples = [Example(*map(tuple, tokenizer.encode_chat(c.messages))) for c in QUESTIONS]
        rows = pack([[e] for e in examples], 64)
        lora = attach_lora(model, rank=4, alpha=8, seed=1)
        steps = 0

        def loss(row: Any) -> RowLoss:
            nonlocal steps
            steps += 1
            if steps == die_at:
                raise Killed
            total = nll_of_row(lora, row)
            return RowLoss(total, len(row.target))

        history = train(
            lora, rows, loss, lambda r: len(r.target),
            Settings(lr_peak=1e-2, n_epochs=2, rows_per_update=1), Work(folder),
            state_of=lambda: adapter_state(lora),
        )  # fmt: skip
        return adapter_state(lora), history.losses

    whole, losses = run(tmp_path / "whole", None)
    assert len(losses) > 6
    with pytest.raises(Killed):
        run(tmp_path / "torn", when)
    resumed, resumed_losses = run(tmp_path / "torn", None)
    assert resumed_losses == losses
    assert all(torch.equal(whole[k], resumed[k]) for k in whole)


def test_a_loss_that_is_not_a_number_stops_the_training(tiny: Made, tmp_path: Path) -> None:
    model, tokenizer = load_model(tiny.artifact, "float32")
    lora = attach_lora(model, rank=4, alpha=8, seed=1)
    rows = pack([[Example(*map(tuple, tokenizer.encode_chat(QUESTIONS[0].messages)))]], 64)
    with pytest.raises(PracticumError, match="at update 1"):
        train(
            lora, rows, lambda r: RowLoss(nll_of_row(lora, r) * math.nan, 1), lambda r: 1,
            Settings(lr_peak=1.0), Work(tmp_path), state_of=lambda: adapter_state(lora),
        )  # fmt: skip
