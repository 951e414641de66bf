"""DeepSpeed's ZeRO as a way for ranks to meet; the loop, its batches and rates stay ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

import torch

from practicum.core.errors import PracticumError
from practicum.train.distributed.launch import deepspeed_config
from practicum.train.distributed.ranks import Replicas

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module, Parameter
    from torch.optim import Optimizer

MOMENTS = ("exp_avg", "exp_avg_sq")


class Zero(Replicas):
    """Optimizer, gradients and weights split over the ranks, as the stage wants, by DeepSpeed.

    A spike cannot be left out here: DeepSpeed has no step that it can take back.
    """

    def __init__(self, stage: int) -> None:
        super().__init__()
        self.stage = stage
        self.is_split = stage == 3
        self._engine = cast("Any", None)
        self._weights: list[Parameter] = []

    def optimizer(self, model: Module, make: Callable[[], Optimizer], clip: float) -> Optimizer:
        """DeepSpeed's around ours.  Raises PracticumError when it is not installed."""
        try:
            import deepspeed
        except ImportError as error:
            raise PracticumError(
                "deepspeed is not installed", hint="pip install 'practicum[deepspeed]'"
            ) from error
        plain = make()
        self._weights = [p for group in plain.param_groups for p in group["params"]]
        self._engine, optimizer, *_ = deepspeed.initialize(
            model=model, optimizer=plain, config=deepspeed_config(self.stage, clip)
        )
        return cast("Optimizer", optimizer)

    def backward(self, loss: Tensor, *, is_last: bool) -> None:
        """Add a row's gradients by DeepSpeed's way."""
        self._engine.set_gradient_accumulation_boundary(is_last)
        if (
            self.is_split
        ):  # else stage 3 keeps the last row's gradients alone: its own forward does it
            self._engine.optimizer.clear_backward_seen_flag()
        # It averages over the ranks; the loss is divided by the units of all of them already.
        self._engine.backward(loss * self.world)

    def step(self, optimizer: Optimizer, clip: float) -> None:
        """Clip and update; DeepSpeed knows the clip from its configuration."""
        self._engine.step()

    @contextmanager
    def opened(self, *, writes: bool) -> Iterator[None]:
        """Inside, split weights are whole; what was written is taken over at the end."""
        import deepspeed

        first = 0 if writes else None
        weights = list(self._engine.module.parameters()) if self.is_split else []
        with deepspeed.zero.GatheredParameters(weights, modifier_rank=first):
            yield
        if writes:
            self._engine.optimizer.refresh_fp32_params()

    def moments(self, optimizer: Optimizer) -> dict[str, Tensor]:
        """The moments of every weight, gathered."""
        from deepspeed.utils import safe_get_full_optimizer_state as get

        found: dict[str, Tensor] = {}
        for i, weight in enumerate(self._weights):
            found |= {f"{i}.{name}": get(weight, name).cpu().clone() for name in MOMENTS}
            found[f"{i}.step"] = self._steps()[0].cpu().clone()
        return found

    def put_moments(self, optimizer: Optimizer, saved: dict[str, Tensor]) -> None:
        """Put every weight's moments back."""
        from deepspeed.utils import safe_set_full_optimizer_state as put

        if not saved:
            return
        self._wake()
        for i, weight in enumerate(self._weights):
            for name in MOMENTS:
                put(weight, saved[f"{i}.{name}"].to(self.device), name)
        self._set_steps(float(saved["0.step"]))

    def _wake(self) -> None:
        """A step at rate 0 with gradients of 0: before its first step DeepSpeed has no moments."""
        groups = self._engine.optimizer.param_groups
        rates = [group["lr"] for group in groups]
        for group in groups:
            group["lr"] = 0.0
        with self.opened(writes=False):
            nothing = torch.stack([(w * 0).sum() for w in self._weights]).sum()
            self.backward(nothing, is_last=True)
        self._engine.step()
        for group, rate in zip(groups, rates, strict=True):
            group["lr"] = rate

    def _steps(self) -> list[Tensor]:
        inner = self._engine.optimizer.optimizer.state.values()
        return [state["step"] for state in inner if "step" in state]

    def _set_steps(self, n: float) -> None:
        for step in self._steps():
            step.fill_(n)
