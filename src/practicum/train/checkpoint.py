"""A training's state in one folder that is replaced whole: what a kill leaves is always one state."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from practicum.train.distributed.ranks import Ranks

if TYPE_CHECKING:
    import torch
    from torch import Tensor

State = Callable[[], dict[str, "Tensor"]]


@dataclass
class Progress:
    """How far a training is: updates done, what was measured, the best of it, seconds spent."""

    step: int = 0
    losses: list[float] = field(default_factory=list)
    values: dict[str, list[float]] = field(default_factory=dict)
    watched: list[tuple[int, float]] = field(default_factory=list)
    n_skipped: int = 0
    n_tokens: int = 0
    seconds: float = 0.0

    @property
    def best(self) -> tuple[int, float] | None:
        """The update after which what is watched was lowest, and how low."""
        return min(self.watched, key=lambda seen: seen[1]) if self.watched else None


class Checkpoint:
    """Weights, optimizer, random state and progress of a training.

    Ranks save and restore together; the first one writes, and all read.
    """

    def __init__(
        self, folder: Path, optimizer: torch.optim.Optimizer, state_of: State, here: Ranks
    ) -> None:
        self.folder, self.optimizer, self.state_of, self.here = folder, optimizer, state_of, here
        self._best = folder.with_name(f"{folder.name}-best.safetensors")

    def save(self, progress: Progress) -> None:
        """Keep everything, instead of what was kept before."""
        from safetensors.torch import save_file

        weights, moments = self._weights(), self.here.moments(self.optimizer)
        randoms = self.here.randoms()
        if self.here.rank:
            return
        scratch = self.folder.with_name(f"{self.folder.name}.new")
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
        save_file(weights, scratch / "weights.safetensors")
        save_file({**moments, **randoms}, scratch / "optimizer.safetensors")
        (scratch / "progress.json").write_text(json.dumps(asdict(progress)), encoding="utf-8")
        old = self.folder.with_name(f"{self.folder.name}.old")
        shutil.rmtree(old, ignore_errors=True)
        if self.folder.exists():
            os.replace(self.folder, old)
        os.replace(scratch, self.folder)
        shutil.rmtree(old, ignore_errors=True)

    def restore(self) -> Progress:
        """Take up what was kept; a fresh start when there is nothing."""
        from safetensors.torch import load_file

        old = self.folder.with_name(f"{self.folder.name}.old")
        folder = self.folder if self.folder.exists() else old  # killed between two renames
        if not folder.exists():
            return Progress()
        record = json.loads((folder / "progress.json").read_text("utf-8"))
        record["watched"] = [(int(step), float(value)) for step, value in record["watched"]]
        self._load_weights(folder / "weights.safetensors")
        kept = load_file(folder / "optimizer.safetensors")
        self.here.put_random(kept)
        moments = {k: v for k, v in kept.items() if not k.startswith("random")}
        self.here.put_moments(self.optimizer, moments)
        return Progress(**record)

    def save_best(self) -> None:
        """Keep the weights alone, as the best so far."""
        from safetensors.torch import save_file

        weights = self._weights()
        if self.here.rank:
            return
        scratch = self._best.with_name(f"{self._best.name}.new")
        scratch.parent.mkdir(parents=True, exist_ok=True)
        save_file(weights, scratch)
        os.replace(scratch, self._best)

    def restore_best(self) -> None:
        """Put the best weights back."""
        self.here.wait()  # for the first rank, which writes it
        self._load_weights(self._best)

    def _weights(self) -> dict[str, Tensor]:
        with self.here.opened(writes=False):
            state = self.state_of().items()
            return {k: self.here.whole(v).detach().cpu().clone() for k, v in state}

    def _load_weights(self, path: Path) -> None:
        from safetensors.torch import load_file

        saved = load_file(path)
        with self.here.opened(writes=True):
            for name, tensor in self.state_of().items():
                self.here.fill(tensor, saved[name])  # detached views of the parameters
