"""Tuning a tiny model in every way that there is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import practicum as pr
from practicum.core.errors import PlanError
from practicum.core.messages import Conversation, Message, write_rows
from practicum.core.stage import Made
from practicum.core.store import Store
from practicum.finetune.stage import FinetuneParams, RowNll, embedding_noise
from practicum.models.load import load_model
from practicum.text.pack import Example, pack
from practicum.train.rows import chat_rows


def chats(numbers: range) -> list[Conversation]:
    return [
        Conversation(messages=(Message(role="user", content=f"After {n}?"),
                               Message(role="assistant", content=str(n + 1))))
        for n in numbers
    ]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Chats to train on and to look at."""
    found = tmp_path_factory.mktemp("chats")
    write_rows(found / "train.jsonl", chats(range(10, 40)))
    write_rows(found / "validation.jsonl", chats(range(40, 50)))
    return found


WAYS: dict[str, dict[str, Any]] = {
    "lora": {}, "full": {"method": "full", "lr_peak": 1e-3}, "qlora": {"method": "qlora"},
    "noise": {"neftune": 5.0}, "dora": {"dora": True}, "plus": {"lora_plus": 16.0, "lr_peak": 2e-4},
    "dropout": {"dropout": 0.1}, "stabilised": {"rslora": True},
}  # fmt: skip


@pytest.fixture(scope="module")
def tuned(tiny: Made, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Made]:
    """The tiny model tuned in every way."""
    home = Store(tmp_path_factory.mktemp("tuned"))
    return {
        way: pr.finetune(str(tiny.artifact.folder), str(folder), rank=8, epochs=4, home=home,
                         threads=1, row_tokens=128, name=f"by-{way}", **options)
        for way, options in WAYS.items()
    }  # fmt: skip


@pytest.mark.feature("S4a")
@pytest.mark.parametrize("way", WAYS)
def test_every_way_lowers_the_loss_on_chats_it_has_not_seen(
    tuned: dict[str, Made], way: str
) -> None:
    report = tuned[way].report
    before, after = report.get("validation.before"), report.get("validation.after")
    assert after.value < 0.8 * before.value
    assert tuned[way].artifact.meta["dtype"] == "float32"


@pytest.mark.feature("N1")
def test_a_tune_over_four_bits_is_nearly_as_good_and_folds_as_it_was(
    tuned: dict[str, Made], tiny: Made, folder: Path
) -> None:
    lora, qlora = (tuned[w].report.get("validation.after").value for w in ("lora", "qlora"))
    assert abs(qlora / lora - 1) < 0.05
    assert tuned["qlora"].report.get("fold.logit_change").value < 1e-3
    assert (
        tuned["qlora"].report.get("base.size").value < 0.5 * 4 * tiny.artifact.meta["n_parameters"]
    )
    model, tokenizer = load_model(tuned["qlora"].artifact, "float32")
    held = chat_rows(folder / "validation.jsonl", tokenizer, 128, 512)
    assert RowNll(model).mean(held) == pytest.approx(qlora, abs=1e-3)


@pytest.mark.feature("S4a")
def test_a_full_tune_moves_every_weight_and_an_adapter_its_layers_only(
    tuned: dict[str, Made], tiny: Made
) -> None:
    base = load_model(tiny.artifact, "float32")[0].state_dict()
    for way, all_of_them in (("full", True), ("lora", False)):
        after = load_model(tuned[way].artifact, "float32")[0].state_dict()
        moved = {n for n in base if not torch.equal(base[n], after[n])}
        assert (moved == set(base)) == all_of_them
        assert moved
    trained = tuned["full"].report.get("parameters.trained").value
    assert trained == tiny.artifact.meta["n_parameters"]
    assert 0 < tuned["lora"].report.get("parameters.share").value < 0.2


def test_the_best_look_is_what_stays(tiny: Made, folder: Path, store: Store) -> None:
    made = pr.finetune(str(tiny.artifact.folder), str(folder), rank=16, epochs=60, look_every=4,
                       patience=4, lr_peak=5e-3, home=store, threads=1, row_tokens=128)  # fmt: skip
    looks = made.report.curves["validation loss"]
    lowest = min(value for _, value in looks)
    assert made.report.get("validation.after").value == pytest.approx(lowest, abs=1e-5)
    assert looks[-1][1] > lowest
    assert any("The weights are those after update" in note for note in made.report.notes)


def test_noise_is_scaled_by_the_longest_example_of_each_token() -> None:
    long = Example((1, 2, 3, 4, 5, 6), (False,) * 5 + (True,))
    short = Example((1, 2, 9), (False, False, True))
    (row,) = pack([[long], [short]], 64)
    torch.manual_seed(0)
    drawn = torch.stack([embedding_noise(row, torch.zeros(1, 7, 64), 5.0) for _ in range(200)])
    widest = drawn.abs().amax((0, 1, 3))
    lengths = np.where(row.ids == 9, 3, 6)
    assert widest.tolist() == pytest.approx((5 / np.sqrt(lengths * 64)).tolist(), rel=0.02)


def test_what_cannot_be_is_refused_in_the_plan(tiny: Made, folder: Path, tmp_path: Path) -> None:
    alone = tmp_path / "alone.jsonl"
    write_rows(alone, chats(range(5)))
    model = str(tiny.artifact.folder)
    home = Store(tmp_path / "home")
    with pytest.raises(PlanError, match=r"look_every: .* has no validation"):
        pr.finetune(model, str(alone), look_every=3, home=home)
    with pytest.raises(PlanError, match="patience: nothing is looked at"):
        pr.finetune(model, str(folder), patience=3, home=home)
    with pytest.raises(PlanError, match="a full tune has no adapter"):
        pr.finetune(model, str(folder), method="full", output="adapter", home=home)


def test_a_template_that_is_chosen_is_trained_with_and_saved(
    tiny: Made, folder: Path, tmp_path: Path
) -> None:
    from practicum.text.named import named_template
    from practicum.text.tokenizer import load_tokenizer

    model, home = str(tiny.artifact.folder), Store(tmp_path)
    made = pr.finetune(
        model, str(folder), template="alpaca", epochs=4, rank=8, home=home, threads=1
    )
    tokenizer = load_tokenizer(made.artifact.folder)
    assert tokenizer.template == named_template("alpaca").text
    assert not tokenizer.template_trouble()
    assert "### Response" in tokenizer.chat_text([Message(role="user", content="After 3?")])
    before, after = (made.report.get(f"validation.{w}").value for w in ("before", "after"))
    assert after < 0.8 * before
    with pytest.raises(PlanError, match="carries no tokenizer"):
        pr.finetune(model, str(folder), template="alpaca", output="adapter", home=home)
    with pytest.raises(PlanError, match="alpacca"):
        pr.finetune(model, str(folder), template="alpacca", home=home)


def test_a_rate_that_is_not_said_suits_the_method() -> None:
    assert FinetuneParams().rate == 1e-3
    assert FinetuneParams(method="full").rate == pytest.approx(5e-5)
    assert FinetuneParams(method="full", lr_peak=3e-4).rate == 3e-4
