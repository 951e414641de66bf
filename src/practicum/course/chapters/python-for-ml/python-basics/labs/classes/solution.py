# %% [markdown]
# # Classes: a dataset keeps two promises
# PyTorch's loader asks two things of a dataset: `len(dataset)` and `dataset[i]`. A class answers by
# the methods `__len__` and `__getitem__`. Here an example is a window of token ids with the same
# window moved on by one place: what the model sees, and what it should say.

# %%
import random
from collections.abc import Iterator


class TokenWindows:
    """Windows of `size` ids with their targets; the last target of one is the first input of the next."""

    def __init__(self, ids: list[int], size: int) -> None:
        self.ids = ids
        self.size = size

    def __len__(self) -> int:
        """How many full windows there are. A window of `size` needs size + 1 ids: the targets look one ahead."""
        return max(0, (len(self.ids) - 1) // self.size)

    def __getitem__(self, index: int) -> tuple[list[int], list[int]]:
        """Inputs and targets of one window; negative indices count from the back.

        Raises  IndexError beyond the last window.
        """
        if not -len(self) <= index < len(self):
            raise IndexError(f"window {index} of {len(self)}")
        start = (index % len(self)) * self.size
        end = start + self.size
        return self.ids[start:end], self.ids[start + 1 : end + 1]

    def __iter__(self) -> Iterator[tuple[list[int], list[int]]]:
        for index in range(len(self)):
            yield self[index]

    @property
    def n_targets(self) -> int:
        """How many predictions one pass trains; read like a field, computed when asked."""
        return len(self) * self.size


# %%
dataset = TokenWindows(list(range(10, 21)), 3)
print(f"{len(dataset)} windows, {dataset.n_targets} targets from {len(dataset.ids)} ids")
for inputs, targets in dataset:
    print(inputs, "->", targets)
print("the last one:", dataset[-1])

# %% [markdown]
# ## The same, in another order
# A subclass inherits everything and replaces what differs. `super()` reaches the version of the
# parent, so that the arithmetic of windows stays written once.


# %%
class Shuffled(TokenWindows):
    """The same windows in an order drawn by a seed."""

    def __init__(self, ids: list[int], size: int, seed: int) -> None:
        super().__init__(ids, size)
        self.order = list(range(len(self)))
        random.Random(seed).shuffle(self.order)

    def __getitem__(self, index: int) -> tuple[list[int], list[int]]:
        """The window that stands at this place of the shuffled order."""
        return super().__getitem__(self.order[index])


# %%
shuffled = Shuffled(list(range(10, 21)), 3, seed=1)
print("order", shuffled.order, "begins with", shuffled[0])
print("same windows:", sorted(shuffled) == sorted(dataset))
