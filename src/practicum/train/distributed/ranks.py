"""Several processes that train one model together: who they are, and how their gradients meet.

torchrun or accelerate starts the processes and numbers them in the environment. Every rank knows
all rows of an update and computes its share; gradients are summed, so an update is the one that a
single process would have made. What is kept on the disk is the same for every engine: a training
that two ranks began, one can finish.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

import torch
import torch.distributed as dist

from practicum.core.errors import PracticumError

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module, Parameter
    from torch.optim import Optimizer

    from practicum.text.pack import Row

LONGEST = timedelta(days=7)  # a rank may wait that long for another, which evaluates alone


class NotFirstError(Exception):
    """What is left to do is the first rank's alone."""


class Ranks:
    """One process, which has nobody to share with; what the others are made from."""

    rank, world = 0, 1
    is_split = False  # whether a rank holds only a part of the weights

    def place(self, model: Module) -> None:
        """Put the model where it is trained, before its optimizer is made."""

    def optimizer(self, model: Module, make: Callable[[], Optimizer], clip: float) -> Optimizer:
        """The optimizer of a placed model."""
        return make()

    def share(self, batch: Sequence[Row]) -> list[tuple[Row, float]]:
        """This rank's rows of an update, with weights.

        All ranks get equally many, because they meet in every forward pass: who has too few
        computes the first row once more, with weight 0.
        """
        mine = [(row, 1.0) for row in batch[self.rank :: self.world]]
        n = -(-len(batch) // self.world)
        return mine + [(batch[0], 0.0)] * (n - len(mine))

    def backward(self, loss: Tensor, *, is_last: bool) -> None:
        """Add a row's gradients; `is_last` in this update."""
        loss.backward()  # type: ignore[no-untyped-call]

    def step(self, optimizer: Optimizer, clip: float) -> None:
        """Clip the gradients of all ranks' rows together, and update."""
        torch.nn.utils.clip_grad_norm_(_trained(optimizer), clip)
        optimizer.step()

    def summed(self, numbers: Sequence[float]) -> list[float]:
        """The sums of all ranks' numbers, the same on every rank."""
        return list(numbers)

    def wait(self) -> None:
        """Go on when all ranks have come here."""

    # -- what a checkpoint holds, whole on every rank ------------------------------------------

    def opened(self, *, writes: bool) -> AbstractContextManager[object]:
        """Inside, what is trained can be read or, for the first rank's word, written."""
        return nullcontext()

    def whole(self, tensor: Tensor) -> Tensor:
        """A tensor of which this rank may hold a part.  All ranks ask together."""
        return tensor

    def fill(self, tensor: Tensor, saved: Tensor) -> None:
        """Put a whole tensor into one of which this rank may hold a part."""
        tensor.copy_(saved)

    def moments(self, optimizer: Optimizer) -> dict[str, Tensor]:
        """The optimizer's state by number of the parameter and name."""
        return {
            f"{i}.{name}": self.whole(value)
            for i, state in optimizer.state_dict()["state"].items()
            for name, value in state.items()
        }

    def put_moments(self, optimizer: Optimizer, saved: dict[str, Tensor]) -> None:
        """Put the optimizer's state back."""
        found: dict[int, dict[str, Tensor]] = {}
        weights = _trained(optimizer)
        for key, value in saved.items():
            index, name = key.split(".", 1)
            found.setdefault(int(index), {})[name] = self.like(weights[int(index)], value)
        optimizer.load_state_dict({**optimizer.state_dict(), "state": found})

    def like(self, parameter: Tensor, saved: Tensor) -> Tensor:
        """A whole tensor, split as a parameter is; scalars are not split."""
        return saved

    def randoms(self) -> dict[str, Tensor]:
        """Every rank's random state."""
        return {"random": torch.get_rng_state()}

    def put_random(self, saved: dict[str, Tensor]) -> None:
        """This rank's random state; one that there was not keeps its own."""
        mine = saved.get(f"random.{self.rank}" if self.rank else "random")
        if mine is not None:
            torch.set_rng_state(mine)


class Replicas(Ranks):
    """Every rank holds everything; gradients are summed once in an update (ZeRO stage 0)."""

    def __init__(self) -> None:
        self.rank, self.world = dist.get_rank(), dist.get_world_size()
        self.device = _device()

    def place(self, model: Module) -> None:
        """Put it on this rank's device."""
        model.to(self.device)

    def step(self, optimizer: Optimizer, clip: float) -> None:
        """Sum the gradients of all ranks, then clip and update."""
        _sum_gradients(_trained(optimizer))
        super().step(optimizer, clip)

    def summed(self, numbers: Sequence[float]) -> list[float]:
        """The sums of all ranks' numbers, in float64."""
        found = torch.tensor(numbers, dtype=torch.float64, device=self.device)
        dist.all_reduce(found)
        return cast("list[float]", found.tolist())

    def wait(self) -> None:
        """Go on when all ranks have come here."""
        dist.barrier()

    def randoms(self) -> dict[str, Tensor]:
        """Every rank's random state, on every rank."""
        states: list[Any] = [None] * self.world
        dist.all_gather_object(states, torch.get_rng_state())
        return {f"random.{i}" if i else "random": s for i, s in enumerate(states)}


class Shards(Replicas):
    """Every rank holds its part of each layer, and borrows the rest for as long as it computes.

    FSDP2, which is ZeRO stage 3. Adapters are small: every rank holds all of them.
    """

    is_split = True

    def place(self, model: Module) -> None:
        """Split the blocks of the model, each by itself, and what is outside of them."""
        from torch.distributed.device_mesh import init_device_mesh
        from torch.distributed.fsdp import FSDPModule, fully_shard

        mesh = init_device_mesh(self.device.type, (self.world,))
        weights = list(model.parameters())
        trained = {p for p in weights if p.requires_grad}
        whole = trained if len(trained) < len(weights) else set()
        for p in whole:
            p.data = p.data.to(self.device)
        for block in [m for m in model.modules() if type(m).__name__ in _blocks(model)]:
            fully_shard(block, mesh=mesh, ignored_params=whole)
        fully_shard(model, mesh=mesh, ignored_params=whole)
        for module in model.modules():
            if isinstance(module, FSDPModule):
                module.set_gradient_divide_factor(1.0)  # the loss is divided already
                module.set_force_sum_reduction_for_comms(True)  # gloo knows no other

    def step(self, optimizer: Optimizer, clip: float) -> None:
        """Sum the gradients that are whole here; those of split weights met on the way back."""
        weights = _trained(optimizer)
        _sum_gradients([p for p in weights if not _is_split(p)])
        Ranks.step(self, optimizer, clip)

    def whole(self, tensor: Tensor) -> Tensor:
        """Gather a split tensor."""
        return cast("Any", tensor).full_tensor() if _is_split(tensor) else tensor

    def fill(self, tensor: Tensor, saved: Tensor) -> None:
        """Put this rank's part of a whole tensor in its place."""
        tensor.copy_(self.like(tensor, saved))

    def like(self, parameter: Tensor, saved: Tensor) -> Tensor:
        """Split a whole tensor as the parameter is."""
        if not _is_split(parameter) or not saved.dim():
            return saved
        from torch.distributed.tensor import distribute_tensor

        split = cast("Any", parameter)
        return distribute_tensor(saved.to(self.device), split.device_mesh, split.placements)


_ALONE = Ranks()
_joined: Ranks | None = None
_is_alone = False


def ranks() -> Ranks:
    """This process among those that were started with it; alone when it was started alone.

    Raises  PracticumError for an engine that is not here.
    """
    global _joined
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if _is_alone or (world == 1 and "ACCELERATE_USE_DEEPSPEED" not in os.environ):
        return _ALONE
    if _joined is None:
        if not dist.is_initialized():
            dist.init_process_group(
                "nccl" if torch.cuda.is_available() else "gloo", timeout=LONGEST
            )
        if dist.get_rank():  # who interrupts means the first rank, which tells the others
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        if os.environ.get("ACCELERATE_USE_DEEPSPEED") == "true":
            from practicum.train.distributed.zero import Zero

            _joined = Zero(int(os.environ.get("ACCELERATE_DEEPSPEED_ZERO_STAGE", "2")))
        elif os.environ.get("ACCELERATE_USE_FSDP") == "true":
            _joined = Shards()
        else:
            _joined = Replicas()
    return _joined


@contextmanager
def alone() -> Iterator[None]:
    """Inside, this process has nobody to share with, whoever was started with it."""
    global _is_alone
    before, _is_alone = _is_alone, True
    try:
        yield
    finally:
        _is_alone = before


def leave() -> None:
    """Say goodbye to the others, at the end."""
    global _joined
    if dist.is_available() and dist.is_initialized():
        dist.destroy_process_group()
    _joined = None


def _device() -> torch.device:
    if not torch.cuda.is_available():
        return torch.device("cpu")
    device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
    torch.cuda.set_device(device)
    return device


def _trained(optimizer: Optimizer) -> list[Parameter]:
    return [p for group in optimizer.param_groups for p in group["params"]]


def _is_split(tensor: Tensor) -> bool:
    return hasattr(tensor, "full_tensor")


def _blocks(model: Module) -> set[str]:
    """The names of the classes that are never split further, as the model itself has them."""
    for module in model.modules():
        names = getattr(module, "_no_split_modules", None)
        if names:
            return set(names)
    raise PracticumError(
        f"{type(model).__name__} does not say what its blocks are", hint="--engine ddp"
    )


def _sum_gradients(weights: Sequence[Parameter]) -> None:
    """Add up all ranks' gradients: in one message, because each costs a round trip."""
    if not weights:
        return
    for p in weights:
        if p.grad is None:
            p.grad = torch.zeros_like(p)
    grads = [cast("Tensor", p.grad) for p in weights]
    flat = torch.cat([g.reshape(-1) for g in grads])
    dist.all_reduce(flat)
    for grad, part in zip(grads, torch.split(flat, [g.numel() for g in grads]), strict=True):
        grad.copy_(part.view_as(grad))
