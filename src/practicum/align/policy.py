"""A policy with everything that learning by reward needs on one trunk.

With its adapter the model is the policy; without it, the reference; a line over the last hidden
states is the value; another adapter with its own line may be the reward. Four models would be
four times the memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import torch

from practicum.models.forward import half_precision, row_states
from practicum.train.losses import token_log_probs

if TYPE_CHECKING:
    from torch import Tensor

    from practicum.text.pack import Row
    from practicum.train.adapters import Tuned

HEAD_FILE = "reward_head.safetensors"
REWARD = "reward"  # the adapter's name


class Policy(torch.nn.Module):
    """The tuned model with a value line, and a reward adapter when one was added."""

    def __init__(self, tuned: Tuned, *, has_value: bool) -> None:
        super().__init__()
        self.model = cast("Any", tuned.model)
        self.has_value = has_value
        width = int(cast("Any", tuned.model).config.hidden_size)
        self.value = torch.nn.Linear(width, 1)
        torch.nn.init.zeros_(self.value.weight)
        torch.nn.init.zeros_(self.value.bias)
        self.value.requires_grad_(has_value)
        self._tuned = tuned
        self._reward: Tensor | None = None

    def state(self) -> dict[str, Tensor]:
        """What is trained, by name, as views."""
        return {**self._tuned.state(), "value.weight": self.value.weight.detach(),
                "value.bias": self.value.bias.detach()}  # fmt: skip

    def read(self, row: Row) -> tuple[Tensor, Tensor]:
        """Log-probability of each scored token, and the value of the state before it.

        Shapes  (S,), (S,)
        """
        with half_precision(self.model):
            logits, states = row_states(self.model, row)
        log_probs = token_log_probs(logits, torch.from_numpy(row.target))
        return log_probs, self.value(states.float())[:, 0]

    def reference(self, row: Row) -> Tensor:
        """Log-probabilities as they are without the adapter.  Shapes (S,)"""
        with torch.no_grad(), self.model.disable_adapter(), half_precision(self.model):
            logits, _ = row_states(self.model, row)
            return token_log_probs(logits, torch.from_numpy(row.target))

    # -- a reward model on the same trunk ----------------------------------------------------

    def add_reward(self, folder: Path) -> None:
        """Take up a reward adapter with its line, frozen."""
        from safetensors.torch import load_file

        self.model.load_adapter(str(folder), adapter_name=REWARD, is_trainable=False)
        self.model.set_adapter("default")
        self._reward = load_file(folder / HEAD_FILE)["weight"]

    def drop_reward(self) -> None:
        """Let the reward adapter go: what is folded or saved is the policy's alone."""
        if self._reward is not None:
            self.model.delete_adapter(REWARD)
            self._reward = None

    def rewards(self, rows: Sequence[Row]) -> dict[int, float]:
        """What the reward adapter gives every answer, by owner."""
        assert self._reward is not None
        found: dict[int, float] = {}
        self.model.set_adapter(REWARD)
        try:
            with torch.no_grad():
                for row in rows:
                    with half_precision(self.model):
                        _, states = row_states(self.model, row)
                    scores = states.float() @ self._reward[0]
                    found |= {int(o): float(scores[i]) for o, i in last_tokens(row).items()}
        finally:
            self.model.set_adapter("default")
        return found


def last_tokens(row: Row) -> dict[int, int]:
    """Where among a row's scored tokens the last one of each owner stands."""
    return {int(owner): i for i, owner in enumerate(row.owner)}


def spans(row: Row) -> dict[int, slice]:
    """The scored tokens of each owner, which stand together and in order."""
    found: dict[int, slice] = {}
    start = 0
    for i in range(1, len(row.owner) + 1):
        if i == len(row.owner) or row.owner[i] != row.owner[start]:
            found[int(row.owner[start])] = slice(start, i)
            start = i
    return found
