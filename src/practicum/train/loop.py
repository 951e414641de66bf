"""The one training loop: rows in, updates out, exact resume.

A method (SFT, DPO, …) gives the loss of one packed row; everything else — order, learning
rate, accumulation, clipping, checkpoints, progress — is here and nowhere else.
"""

from __future__ import annotations

import json
import math
import os
import random
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from practicum.core.errors import PracticumError
from practicum.core.stage import Work
from practicum.text.pack import Row

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module

CHECKPOINT_EVERY_S = 20.0  # what a kill may cost; writing LoRA state takes well under a second


@dataclass(frozen=True)
class Settings:
    """How to train. `warmup` is a fraction of all updates; clip is a gradient norm."""

    lr_peak: float
    n_epochs: int = 1
    rows_per_update: int = 4
    warmup: float = 0.1
    weight_decay: float = 0.0
    clip: float = 1.0
    seed: int = 0


@dataclass
class RowLoss:
    """The loss of one row: `total` summed over `count` units, values to average for display."""

    total: Tensor
    count: int
    values: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class History:
    """What happened: per update, the mean loss per unit and the values."""

    losses: list[float]
    values: dict[str, list[float]]
    n_tokens: int
    seconds: float

    @property
    def tokens_per_s(self) -> float:
        """Tokens computed in a second of training."""
        return self.n_tokens / self.seconds if self.seconds else 0.0


def learning_rate(step: int, n_steps: int, settings: Settings) -> float:
    """Linear warm-up to the peak, then a cosine down to a tenth of it."""
    n_warm = max(1, round(settings.warmup * n_steps))
    if step < n_warm:
        return settings.lr_peak * (step + 1) / n_warm
    done = (step - n_warm) / max(1, n_steps - n_warm)
    return settings.lr_peak * (0.1 + 0.9 * 0.5 * (1 + math.cos(math.pi * done)))


def train(
    model: Module,
    rows: Sequence[Row],
    row_loss: Callable[[Row], RowLoss],
    count: Callable[[Row], int],
    settings: Settings,
    work: Work,
    *,
    state_of: Callable[[], dict[str, Tensor]],
    note: Callable[[dict[str, float]], str] = lambda values: "",
) -> History:
    """Train the model's trainable parameters in place; resume where a killed run stopped.

    Each update's loss is divided by the number of units in all its rows, so that
    accumulation does not change what is optimised.

    Raises  PracticumError when the loss becomes infinite or not a number.
    """
    weights = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(
        weights, lr=settings.lr_peak, betas=(0.9, 0.99), weight_decay=settings.weight_decay
    )
    updates = schedule(len(rows), settings)
    keeper = _Checkpoint(work.keep / "train", optimizer, state_of)
    start, losses, series, seconds = keeper.restore()
    if start:
        work.note(f"resuming at update {start + 1} of {len(updates)}")
    model.train()
    n_tokens = sum(rows[i].n_tokens for update in updates for i in update)
    clock, saved = time.monotonic(), time.monotonic()
    for step in range(start, len(updates)):
        batch = [rows[i] for i in updates[step]]
        n_units = max(1, sum(count(row) for row in batch))
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, len(updates), settings)
        total, values = 0.0, dict[str, float]()
        for row in batch:
            part = row_loss(row)
            (part.total / n_units).backward()  # type: ignore[no-untyped-call]
            total += part.total.item()
            for name, value in part.values.items():
                values[name] = values.get(name, 0.0) + value / n_units
        if not math.isfinite(total):
            raise PracticumError(
                f"the loss is {total} at update {step + 1}", hint="a lower lr_peak, or float32"
            )
        torch.nn.utils.clip_grad_norm_(weights, settings.clip)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        losses.append(total / n_units)
        for name, value in values.items():
            series.setdefault(name, []).append(value)
        for name, value in {"loss": losses[-1], **values}.items():
            work.measured(name, step + 1, value)
        is_stopped = _is_stopped(
            work, step + 1, len(updates), f"loss {losses[-1]:.3f} {note(values)}"
        )
        is_late = time.monotonic() - saved > CHECKPOINT_EVERY_S and step + 1 < len(updates)
        if is_stopped or is_late:
            keeper.save(step + 1, losses, series, seconds + time.monotonic() - clock)
            saved = time.monotonic()
        if is_stopped:
            raise KeyboardInterrupt
    model.eval()
    return History(losses, series, n_tokens, seconds + time.monotonic() - clock)


def _is_stopped(work: Work, done: int, total: int, note: str) -> bool:
    """Tell how far it is; whether the listener answered that it should stop here, between two
    updates, where everything that was computed can be kept."""
    try:
        work.progress(done, total, "updates", note)
    except KeyboardInterrupt:
        return True
    return False


def schedule(n_rows: int, settings: Settings) -> list[list[int]]:
    """Which rows each update uses: a fresh seeded order every epoch."""
    order: list[int] = []
    for epoch in range(settings.n_epochs):
        rows = list(range(n_rows))
        random.Random(f"{settings.seed}:{epoch}").shuffle(rows)
        order += rows
    size = settings.rows_per_update
    return [order[i : i + size] for i in range(0, len(order), size)]


class _Checkpoint:
    """Weights, optimizer and history in one folder that is replaced whole."""

    def __init__(
        self, folder: Path, optimizer: torch.optim.Optimizer,
        state_of: Callable[[], dict[str, Tensor]],
    ) -> None:  # fmt: skip
        self.folder, self.optimizer, self.state_of = folder, optimizer, state_of

    def save(
        self, step: int, losses: list[float], values: dict[str, list[float]], seconds: float
    ) -> None:
        from safetensors.torch import save_file

        scratch = self.folder.with_name(f"{self.folder.name}.new")
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
        save_file(
            {k: v.clone() for k, v in self.state_of().items()}, scratch / "weights.safetensors"
        )
        moments = {
            f"{i}.{name}": value
            for i, state in self.optimizer.state_dict()["state"].items()
            for name, value in state.items()
        }
        save_file(moments, scratch / "optimizer.safetensors")
        record = {"step": step, "losses": losses, "values": values, "seconds": seconds}
        (scratch / "progress.json").write_text(json.dumps(record), encoding="utf-8")
        old = self.folder.with_name(f"{self.folder.name}.old")
        shutil.rmtree(old, ignore_errors=True)
        if self.folder.exists():
            os.replace(self.folder, old)
        os.replace(scratch, self.folder)
        shutil.rmtree(old, ignore_errors=True)

    def restore(self) -> tuple[int, list[float], dict[str, list[float]], float]:
        from safetensors.torch import load_file

        old = self.folder.with_name(f"{self.folder.name}.old")
        folder = self.folder if self.folder.exists() else old  # killed between two renames
        if not folder.exists():
            return 0, [], {}, 0.0
        record: dict[str, Any] = json.loads((folder / "progress.json").read_text("utf-8"))
        saved = load_file(folder / "weights.safetensors")
        for name, tensor in self.state_of().items():
            tensor.copy_(saved[name])  # detached views of the parameters: filled in place
        moments: dict[int, dict[str, Tensor]] = {}
        for key, value in load_file(folder / "optimizer.safetensors").items():
            index, name = key.split(".", 1)
            moments.setdefault(int(index), {})[name] = value
        state = self.optimizer.state_dict()
        self.optimizer.load_state_dict({**state, "state": moments})
        return record["step"], record["losses"], record["values"], record["seconds"]
