"""Keys and values of the tokens on the way to a place in the tree, in buffers made once.

A row writes its own behind those it reuses. To go back is to forget a length: nothing is
copied, neither when a row is added nor when a branch is left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from transformers.cache_utils import Cache, DynamicLayer

if TYPE_CHECKING:
    from torch import Tensor


class _Layer(DynamicLayer):  # type: ignore[misc]  # transformers has no types here
    """One layer's keys and values: views of the beginnings of two buffers."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self.room, self.length = room, 0

    def _buffer(self, like: Tensor) -> Tensor:
        return like.new_empty((*like.shape[:-2], self.room, like.shape[-1]))

    def lazy_initialization(self, key_states: Tensor, value_states: Tensor) -> None:
        """Buffers of the shape of the first keys and values."""
        self.dtype, self.device = key_states.dtype, key_states.device
        self.keys, self.values = self._buffer(key_states), self._buffer(value_states)
        self.is_initialized = True

    def update(
        self, key_states: Tensor, value_states: Tensor, *args: Any, **kwargs: Any
    ) -> tuple[Tensor, Tensor]:
        """All keys and values up to and with the new ones.  Shapes (1, H, T, D)"""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        end = self.length + key_states.shape[-2]
        self.keys[..., self.length : end, :] = key_states
        self.values[..., self.length : end, :] = value_states
        self.length = end
        return self.keys[..., :end, :], self.values[..., :end, :]

    def get_seq_length(self) -> int:
        """How many tokens are held."""
        return self.length


class PathCache(Cache):  # type: ignore[misc]
    """The cache of a path: as long as the longest one and the widest row behind it."""

    def __init__(self, n_layers: int, room: int) -> None:
        super().__init__(layers=[_Layer(room) for _ in range(n_layers)])

    def rewind(self, length: int) -> None:
        """Forget every token behind the first `length`."""
        for layer in self.layers:
            assert layer.length >= length or not layer.is_initialized
            layer.length = min(layer.length, length)
