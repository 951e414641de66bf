"""The one training loop: rows in, updates out, exact resume.

A method (SFT, DPO, …) gives the loss of one packed row; everything else — order, learning
rate, accumulation, clipping, checkpoints, progress — is here and nowhere else.
"""

from __future__ import annotations

import math
import random
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

import torch

from practicum.core.errors import PracticumError
from practicum.core.stage import Work
from practicum.text.pack import Row
from practicum.train.checkpoint import Checkpoint, Progress
from practicum.train.distributed.ranks import Ranks, ranks

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module

CHECKPOINT_EVERY_S = 20.0  # what a kill may cost; writing LoRA state takes well under a second
SPIKE_AFTER = 20  # updates whose median says what is usual
MOST_SKIPPED = 10  # spikes in a whole training; more are no accident


Schedule = Literal["cosine", "linear", "constant"]


@dataclass(frozen=True)
class Settings:
    """How to train; clip is a gradient norm.

    warmup     updates with a rising rate: a fraction of all up to 1, above it their number
    schedule   how the rate falls then, to `floor` times the peak
    n_updates  updates at most; 0: as many as the epochs have
    spike  an update whose loss is that many times the usual one is left out; 0: none is
    """

    lr_peak: float
    n_epochs: int = 1
    rows_per_update: int = 4
    warmup: float = 0.1
    weight_decay: float = 0.0
    clip: float = 1.0
    seed: int = 0
    spike: float = 0.0
    schedule: Schedule = "cosine"
    floor: float = 0.1
    n_updates: int = 0


@dataclass
class RowLoss:
    """The loss of one row: `total` summed over `count` units, values to average for display."""

    total: Tensor
    count: int
    values: dict[str, float] = field(default_factory=dict)


class Source(Protocol):
    """Where the rows of each update come from, when they are not there from the beginning."""

    @property
    def n_updates(self) -> int:
        """How many updates there will be."""
        ...

    def batch(self, step: int) -> Sequence[Row]:
        """The rows of an update; after a kill the same again."""
        ...


@dataclass(frozen=True)
class Fixed:
    """Rows that are there from the beginning, in the order of a schedule."""

    rows: Sequence[Row]
    updates: Sequence[Sequence[int]]

    @property
    def n_updates(self) -> int:
        """How many updates there will be."""
        return len(self.updates)

    def batch(self, step: int) -> Sequence[Row]:
        """The rows of an update."""
        return [self.rows[i] for i in self.updates[step]]


@dataclass(frozen=True)
class Watch:
    """A number to keep low while training; the weights with the lowest are those that stay.

    measure   computes it, the model as it is
    every     how many updates lie between two looks; the last update is looked at in any case
    patience  training ends after that many looks without a lower one; 0: it does not
    """

    measure: Callable[[], float]
    every: int
    patience: int = 0


@dataclass(frozen=True)
class History:
    """What happened: per update, the mean loss per unit and the values.

    watched    updates done, and what was watched then; best: the update that the weights are of
    n_skipped  updates that were left out because their loss was a spike
    """

    losses: list[float]
    values: dict[str, list[float]]
    n_tokens: int
    seconds: float
    watched: list[tuple[int, float]] = field(default_factory=list)
    n_skipped: int = 0

    @property
    def best(self) -> int | None:
        """The update after which what was watched was lowest."""
        return min(self.watched, key=lambda seen: seen[1])[0] if self.watched else None

    @property
    def tokens_per_s(self) -> float:
        """Tokens computed in a second of training."""
        return self.n_tokens / self.seconds if self.seconds else 0.0


def learning_rate(step: int, n_steps: int, settings: Settings) -> float:
    """Linear warm-up to the peak, then the schedule's way down to the floor."""
    warm = settings.warmup * n_steps if settings.warmup <= 1 else settings.warmup
    n_warm = min(n_steps, max(1, round(warm)))
    if step < n_warm:
        return settings.lr_peak * (step + 1) / n_warm
    done = (step - n_warm) / max(1, n_steps - n_warm)
    left = {"cosine": 0.5 * (1 + math.cos(math.pi * done)), "linear": 1 - done, "constant": 1.0}
    return settings.lr_peak * (settings.floor + (1 - settings.floor) * left[settings.schedule])


def train(
    model: Module,
    rows: Sequence[Row] | Source,
    row_loss: Callable[[Row], RowLoss],
    count: Callable[[Row], int],
    settings: Settings,
    work: Work,
    *,
    state_of: Callable[[], dict[str, Tensor]],
    note: Callable[[dict[str, float]], str] = lambda values: "",
    lr_scale: Callable[[str], float] = lambda name: 1.0,
    watch: Watch | None = None,
) -> History:
    """Train the model's trainable parameters in place; resume where a killed run stopped.

    Each update's loss is divided by the number of units in all its rows, so that
    accumulation does not change what is optimised. `lr_scale` gives a parameter's learning rate
    beside the others'.

    Raises  PracticumError when the loss becomes infinite or not a number, or spikes too often.
    """
    here = ranks()
    # Dropout and noise, the same whatever was drawn before, another one on every rank.
    torch.manual_seed(settings.seed + here.rank)
    optimizer = here.optimizer(model, lambda: _optimizer(model, settings, lr_scale), settings.clip)
    source = Fixed(rows, schedule(len(rows), settings)) if isinstance(rows, Sequence) else rows
    n_updates = source.n_updates
    keeper = Checkpoint(work.keep / "train", optimizer, state_of, here)
    done = keeper.restore()
    if done.step:
        work.note(f"resuming at update {done.step + 1} of {n_updates}")
    model.train()
    clock, saved, earlier = time.monotonic(), time.monotonic(), done.seconds
    while done.step < n_updates and not _is_enough(done, watch):
        batch = source.batch(done.step)
        done.n_tokens += sum(row.n_tokens for row in batch)
        for group in optimizer.param_groups:
            group["lr"] = group["scale"] * learning_rate(done.step, n_updates, settings)
        values = _update(here, optimizer, batch, row_loss, count, settings, done)
        for name, value in {"loss": done.losses[-1], **values}.items():
            work.measured(name, done.step, value)
        if watch and (done.step % watch.every == 0 or done.step == n_updates):
            _look(model, watch, keeper, done, work)
        is_stopped = _is_stopped(
            work, done.step, n_updates, f"loss {done.losses[-1]:.3f} {note(values)}"
        )
        is_late = time.monotonic() - saved > CHECKPOINT_EVERY_S and done.step < n_updates
        is_stopped, is_late = (n > 0 for n in here.summed([is_stopped, is_late]))
        if is_stopped or is_late:
            done.seconds = earlier + time.monotonic() - clock
            keeper.save(done)
            saved = time.monotonic()
        if is_stopped:
            raise KeyboardInterrupt
    if done.best and done.best[0] != done.watched[-1][0]:
        keeper.restore_best()
    model.eval()
    seconds = earlier + time.monotonic() - clock
    return History(done.losses, done.values, done.n_tokens, seconds, done.watched, done.n_skipped)


def _optimizer(
    model: Module, settings: Settings, lr_scale: Callable[[str], float]
) -> torch.optim.Optimizer:
    """AdamW over what is trained, in a group for every scale of the learning rate."""
    groups: dict[float, list[torch.nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            groups.setdefault(lr_scale(name), []).append(parameter)
    return torch.optim.AdamW(
        [{"params": members, "scale": scale} for scale, members in groups.items()],
        lr=settings.lr_peak, betas=(0.9, 0.99), weight_decay=settings.weight_decay,
    )  # fmt: skip


def _update(
    here: Ranks, optimizer: torch.optim.Optimizer, batch: Sequence[Row], row_loss: Callable[[Row], RowLoss],
    count: Callable[[Row], int], settings: Settings, done: Progress,
) -> dict[str, float]:  # fmt: skip
    """One update, or none when its loss is a spike; what was measured goes into `done`."""
    n_units = max(1, sum(count(row) for row in batch))
    total, values = 0.0, dict[str, float]()
    mine = here.share(batch)
    for i, (row, weight) in enumerate(mine, 1):
        part = row_loss(row)
        here.backward(part.total * weight / n_units, is_last=i == len(mine))
        total += weight * part.total.item()
        for name, value in part.values.items():
            values[name] = values.get(name, 0.0) + weight * value / n_units
    total, *sums = here.summed([total, *values.values()])
    values = dict(zip(values, sums, strict=True))
    if not math.isfinite(total):
        raise PracticumError(
            f"the loss is {total} at update {done.step + 1}", hint="a lower lr_peak, or float32"
        )
    if _is_spike(total / n_units, done, settings):
        done.n_skipped += 1
        if done.n_skipped > MOST_SKIPPED:
            raise PracticumError(
                f"the loss spiked {done.n_skipped} times, last to {total / n_units:.3g} at update "
                f"{done.step + 1}", hint="a lower lr_peak, or cleaner rows",
            )  # fmt: skip
    else:
        here.step(optimizer, settings.clip)
    optimizer.zero_grad(set_to_none=True)
    done.losses.append(total / n_units)
    for name, value in values.items():
        done.values.setdefault(name, []).append(value)
    done.step += 1
    return values


def _is_spike(loss: float, done: Progress, settings: Settings) -> bool:
    """Whether this loss is no part of what the last updates' were."""
    if not settings.spike or len(done.losses) < SPIKE_AFTER:
        return False
    usual = statistics.median(done.losses[-SPIKE_AFTER:])
    return usual > 0 and loss > settings.spike * usual


def _look(model: Module, watch: Watch, keeper: Checkpoint, done: Progress, work: Work) -> None:
    """Measure what is watched, and keep the weights when it was never lower."""
    model.eval()
    value = watch.measure()
    model.train()
    if not math.isfinite(value):
        raise PracticumError(f"what is watched is {value} at update {done.step}")
    before = done.best
    done.watched.append((done.step, value))
    work.measured("watched", done.step, value)
    if before is None or value < before[1]:
        keeper.save_best()


def _is_enough(done: Progress, watch: Watch | None) -> bool:
    """Whether the last looks, as many as there is patience for, found nothing lower."""
    if not watch or not watch.patience or done.best is None:
        return False
    since = sum(step > done.best[0] for step, _ in done.watched)
    return since >= watch.patience


def _is_stopped(work: Work, done: int, total: int, note: str) -> bool:
    """Tell how far it is; whether the listener answered that it should stop here, between two
    updates, where everything that was computed can be kept."""
    try:
        work.progress(done, total, "updates", note)
    except KeyboardInterrupt:
        return True
    return False


def schedule(n_rows: int, settings: Settings) -> list[list[int]]:
    """Which rows each update uses: a fresh seeded order every epoch, up to the most updates."""
    order: list[int] = []
    for epoch in range(settings.n_epochs):
        rows = list(range(n_rows))
        random.Random(f"{settings.seed}:{epoch}").shuffle(rows)
        order += rows
    size = settings.rows_per_update
    found = [order[i : i + size] for i in range(0, len(order), size)]
    return found[: settings.n_updates] if settings.n_updates else found
