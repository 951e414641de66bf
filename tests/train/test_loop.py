"""The loop's guards: the best weights stay, spikes are left out, a kill costs nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from practicum.core.errors import PracticumError
from practicum.core.stage import Work
from practicum.text.pack import Example, Row, pack
from practicum.train.loop import MOST_SKIPPED, History, RowLoss, Settings, Watch, train

ROWS = [pack([[Example((i, i + 1), (False, True))]], 8)[0] for i in range(4)]


class Line(torch.nn.Module):
    """One number that should become `goal`; with dropout its steps are random."""

    def __init__(self, dropout: float = 0.0) -> None:
        super().__init__()
        self.at = torch.nn.Parameter(torch.zeros(8))
        self.dropout = torch.nn.Dropout(dropout)

    def loss(self, row: Row, goal: float = 1.0) -> RowLoss:
        return RowLoss(((self.dropout(self.at) - goal) ** 2).sum(), 1)


class Killed(BaseException):
    """Stands for SIGKILL."""


def run(
    folder: Path, model: Line, settings: Settings, *, watch: Watch | None = None,
    loss: Callable[[Row], RowLoss] | None = None,
) -> History:  # fmt: skip
    return train(
        model, ROWS, loss or model.loss, lambda row: 1, settings, Work(folder), watch=watch,
        state_of=lambda: {"at": model.at.detach()},
    )  # fmt: skip


def test_the_weights_of_the_lowest_look_stay(tmp_path: Path) -> None:
    """What is watched is lowest when the number passes 0.5 on its way to 1."""
    model = Line()
    watch = Watch(lambda: (model.at.mean().item() - 0.5) ** 2, every=1)
    history = run(
        tmp_path, model, Settings(lr_peak=0.1, n_epochs=12, rows_per_update=1), watch=watch
    )
    values = dict(history.watched)
    assert len(values) == 48 and history.best is not None
    assert values[history.best] == min(values.values()) < values[48]
    assert (model.at.mean().item() - 0.5) ** 2 == pytest.approx(values[history.best], abs=1e-9)


def test_patience_ends_a_training_that_no_longer_gets_better(tmp_path: Path) -> None:
    model = Line()
    watch = Watch(lambda: (model.at.mean().item() - 0.5) ** 2, every=2, patience=3)
    history = run(
        tmp_path, model, Settings(lr_peak=0.1, n_epochs=50, rows_per_update=1), watch=watch
    )
    assert history.best is not None
    assert [step for step, _ in history.watched][-1] == history.best + 6
    assert len(history.losses) == history.best + 6 < 200


def spiky(model: Line, at: set[int]) -> Callable[[Row], RowLoss]:
    """The loss, a thousand times as large at some updates."""
    n = 0

    def loss(row: Row) -> RowLoss:
        nonlocal n
        n += 1
        part = model.loss(row, goal=3.0)
        return RowLoss(part.total * (1000 if n in at else 1), 1)

    return loss


def test_a_spike_is_left_out_and_many_end_the_training(tmp_path: Path) -> None:
    settings = Settings(lr_peak=0.003, n_epochs=15, rows_per_update=1, spike=10, clip=1e9)
    smooth, torn, unguarded = Line(), Line(), Line()
    run(tmp_path / "a", smooth, settings)
    history = run(tmp_path / "b", torn, settings, loss=spiky(torn, {30, 41}))
    assert history.n_skipped == 2
    assert history.losses[29] > 100 * history.losses[28]
    free = Settings(lr_peak=0.003, n_epochs=15, rows_per_update=1, clip=1e9)
    assert run(tmp_path / "c", unguarded, free, loss=spiky(unguarded, {30, 41})).n_skipped == 0
    with pytest.raises(PracticumError, match=f"spiked {MOST_SKIPPED + 1} times"):
        every_third = set(range(22, 60, 3))
        run(tmp_path / "d", Line(), settings, loss=spiky(Line(), every_third))


@pytest.mark.parametrize("when", [5, 11, 18])
def test_a_kill_costs_nothing_with_dropout_and_looks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: int
) -> None:
    monkeypatch.setattr("practicum.train.loop.CHECKPOINT_EVERY_S", 0.0)
    settings = Settings(lr_peak=0.1, n_epochs=6, rows_per_update=1, seed=4)

    def one(folder: Path, die_at: int) -> tuple[torch.Tensor, History]:
        model, n = Line(0.4), 0

        def loss(row: Row) -> RowLoss:
            nonlocal n
            n += 1
            if n == die_at:
                raise Killed
            return model.loss(row)

        torch.rand(die_at % 7)  # whatever was drawn before must not matter
        watch = Watch(lambda: (model.at.mean().item() - 0.4) ** 2, every=2)
        history = run(folder, model, settings, watch=watch, loss=loss)
        return model.at.detach().clone(), history

    whole, told = one(tmp_path / "whole", 10**6)
    with pytest.raises(Killed):
        one(tmp_path / "torn", when)
    resumed, told_again = one(tmp_path / "torn", 10**6)
    assert torch.equal(whole, resumed)
    assert told_again.losses == told.losses
    assert told_again.watched == told.watched


def test_parameters_move_at_their_own_rates(tmp_path: Path) -> None:
    class Two(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.slow = torch.nn.Parameter(torch.zeros(1))
            self.fast = torch.nn.Parameter(torch.zeros(1))

    model = Two()

    def loss(row: Any) -> RowLoss:
        return RowLoss((model.slow - 9).square().sum() + (model.fast - 9).square().sum(), 1)

    train(
        model, ROWS[:1], loss, lambda row: 1, Settings(lr_peak=0.01, clip=1e9), Work(tmp_path),
        state_of=lambda: {n: p.detach() for n, p in model.named_parameters()},
        lr_scale=lambda name: 4.0 if name == "fast" else 1.0,
    )  # fmt: skip
    assert model.fast.item() == pytest.approx(4 * model.slow.item(), rel=1e-4)
    assert model.slow.item() > 0
