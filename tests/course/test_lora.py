"""S4b: at the start nothing changes, the rank sweep meets its floor, merging is exact; all beside peft."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
import torch

approx = pytest.approx
CONCEPT = "lora"


@pytest.fixture
def thin(solved: Any) -> Any:
    """What the solution of the first lab defined."""
    return solved(CONCEPT, "thin-update")


@pytest.fixture
def adapters(solved: Any) -> Any:
    """What the solution of the second lab defined."""
    return solved(CONCEPT, "adapters-on-a-model")


def _by_peft(lab: Any, model: Any, rank: int, alpha: float) -> Any:
    """The base under peft's adapters, which hold the same A and B as the lab's."""
    from peft import LoraConfig, get_peft_model

    config = LoraConfig(r=rank, lora_alpha=alpha, lora_dropout=0.0, target_modules=list(lab.NAMES))
    theirs = get_peft_model(copy.deepcopy(lab.base), config)
    for i, block in enumerate(model.blocks):
        for name in lab.NAMES:
            mine, layer = getattr(block, name), getattr(theirs.base_model.model.blocks[i], name)
            with torch.no_grad():
                layer.lora_A["default"].weight.copy_(mine.A)
                layer.lora_B["default"].weight.copy_(mine.B)
    return theirs


@pytest.mark.feature("S4b")
def test_a_fresh_adapter_leaves_every_logit_unchanged(adapters: Any) -> None:
    ids, _ = adapters.rows(adapters.HELD)
    with torch.no_grad():
        base = adapters.base(ids)
        for rank in (1, 4, 16):
            assert torch.equal(adapters.attach(adapters.base, rank, 2.0 * rank)(ids), base)


@pytest.mark.feature("S4b")
def test_trained_adapters_meet_the_floor_of_their_rank(thin: Any) -> None:
    for rank in (1, 2, 3, 4):
        assert thin.fitted(thin.D, rank) == approx(
            thin.floor(thin.D, rank), abs=1e-3
        )  # 3,000 steps


@pytest.mark.feature("S4b")
def test_a_larger_rank_fits_the_training_chats_better(adapters: Any) -> None:
    losses = [
        adapters.measured(adapters.SWEEP[r], adapters.rows(adapters.ASKED)) for r in (1, 4, 16)
    ]
    assert losses == sorted(losses, reverse=True)
    assert adapters.right(adapters.SWEEP[4], adapters.HELD) > 0.3  # the base answers none of them


@pytest.mark.feature("S4b")
def test_merging_is_exact_and_taken_back(thin: Any, adapters: Any) -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        W, A, B = (rng.normal(size=s) for s in ((6, 9), (3, 9), (6, 3)))
        merged = thin.merge(W, A, B, 7.0)
        x = rng.normal(size=(4, 9))
        assert x @ merged.T == approx(thin.forward(x, W, A, B, 7.0), abs=1e-12)
        assert thin.merge(merged, A, B, 7.0, sign=-1) == approx(W, abs=1e-14)
    ids, _ = adapters.rows(adapters.HELD)
    with torch.no_grad():  # float32 sums in another order
        assert torch.allclose(adapters.plain(ids), adapters.tuned(ids), atol=1e-3)
        off = adapters.without(adapters.tuned, lambda m: m(ids))
        assert torch.equal(off, adapters.base(ids))


def test_outputs_and_folded_weights_are_those_of_peft(adapters: Any) -> None:
    theirs = _by_peft(adapters, adapters.tuned, 4, 8.0)
    ids, _ = adapters.rows(adapters.HELD)
    with torch.no_grad():
        assert torch.allclose(theirs(ids), adapters.tuned(ids), atol=1e-3)
    merged = theirs.merge_and_unload()
    for mine, his in zip(adapters.plain.blocks, merged.blocks, strict=True):
        for name in adapters.NAMES:
            assert torch.allclose(getattr(mine, name).weight, getattr(his, name).weight, atol=1e-5)


def test_peft_trains_as_many_numbers(adapters: Any) -> None:
    for rank in (1, 4, 16):
        model = adapters.attach(adapters.base, rank, 2.0 * rank)
        theirs = _by_peft(adapters, model, rank, 2.0 * rank)
        assert theirs.get_nb_trainable_parameters()[0] == adapters.trained(model)


def test_gradients_are_autograds(thin: Any) -> None:
    rng = np.random.default_rng(1)
    for _ in range(10):
        x, W, A, B, grad = (rng.normal(size=s) for s in ((4, 7), (5, 7), (3, 7), (5, 3), (4, 5)))
        a, b = (torch.tensor(m, requires_grad=True) for m in (A, B))
        y = torch.tensor(x) @ torch.tensor(W).T + 6.0 / 3 * (torch.tensor(x) @ a.T) @ b.T
        y.backward(torch.tensor(grad))
        dA, dB = thin.gradients(x, grad, A, B, 6.0)
        assert dA == approx(a.grad.numpy(), abs=1e-12)
        assert dB == approx(b.grad.numpy(), abs=1e-12)


def test_the_bill_of_llama_is_the_published_one(thin: Any) -> None:
    assert thin.count(thin.BLOCK * 32, 16) == 41_943_040


def test_the_frozen_row_of_the_end_is_what_keeps_the_loss_up(adapters: Any) -> None:
    chats = adapters.rows(adapters.ASKED)
    assert (
        adapters.by_word(adapters.tuned, chats)[0]
        > 5 * adapters.by_word(adapters.reached, chats)[0]
    )


SLIPS = {
    "thin-update": [
        ("rng.normal(0.0, n_in**-0.5, (rank, n_in)), np.zeros((n_out, rank))",
         "np.zeros((rank, n_in)), np.zeros((n_out, rank))", "fresh", "neither would ever move"),
        ("x @ W.T + (alpha / rank)", "x @ W.T + alpha", "forward", "divide it by the rank"),
        ("squares = np.linalg.svd(D, compute_uv=False) ** 2", "squares = np.linalg.svd(D, compute_uv=False)",
         "floor", "use squares"),
    ],
    "adapters-on-a-model": [
        ("    model.requires_grad_(False)\n", "", "attach", "everything but the adapters is frozen"),
        ("(wanted != IGNORED) & ~end", "wanted != IGNORED", "by_word", "among the other words"),
        ("            adapter.scale = scale\n", "            pass\n", "off", "not put back"),
    ],
}  # fmt: skip


@pytest.mark.parametrize("lab", SLIPS)
def test_typical_slips_are_told_why(attempt: Any, lab: str) -> None:
    outcome = attempt(CONCEPT, lab, {right: wrong for right, wrong, _, _ in SLIPS[lab]})
    verdicts = {v.task: v for v in outcome.verdicts}
    for _, _, task, told in SLIPS[lab]:
        assert not verdicts[task].passed, task
        assert told in verdicts[task].why
