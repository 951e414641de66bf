"""A training's state in one folder that is replaced whole: what a kill leaves is always one state."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
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
    """Weights, optimizer, random state and progress of a training."""

    def __init__(self, folder: Path, optimizer: torch.optim.Optimizer, state_of: State) -> None:
        self.folder, self.optimizer, self.state_of = folder, optimizer, state_of
        self._best = folder.with_name(f"{folder.name}-best.safetensors")

    def save(self, progress: Progress) -> None:
        """Keep everything, instead of what was kept before."""
        from safetensors.torch import save_file

        scratch = self.folder.with_name(f"{self.folder.name}.new")
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
        self._save_weights(scratch / "weights.safetensors")
        moments = {
            f"{i}.{name}": value
            for i, state in self.optimizer.state_dict()["state"].items()
            for name, value in state.items()
        }
        save_file({**moments, "random": torch.get_rng_state()}, scratch / "optimizer.safetensors")
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
        torch.set_rng_state(kept.pop("random"))
        moments: dict[int, dict[str, Tensor]] = {}
        for key, value in kept.items():
            index, name = key.split(".", 1)
            moments.setdefault(int(index), {})[name] = value
        state = self.optimizer.state_dict()
        self.optimizer.load_state_dict({**state, "state": moments})
        return Progress(**record)

    def save_best(self) -> None:
        """Keep the weights alone, as the best so far."""
        scratch = self._best.with_name(f"{self._best.name}.new")
        scratch.parent.mkdir(parents=True, exist_ok=True)
        self._save_weights(scratch)
        os.replace(scratch, self._best)

    def restore_best(self) -> None:
        """Put the best weights back."""
        self._load_weights(self._best)

    def _save_weights(self, path: Path) -> None:
        from safetensors.torch import save_file

        save_file({k: v.clone() for k, v in self.state_of().items()}, path)

    def _load_weights(self, path: Path) -> None:
        from safetensors.torch import load_file

        saved = load_file(path)
        for name, tensor in self.state_of().items():
            tensor.copy_(saved[name])  # detached views of the parameters: filled in place
