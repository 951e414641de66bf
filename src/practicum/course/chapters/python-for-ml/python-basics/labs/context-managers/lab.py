# %% [markdown]
# # Context managers: whatever happens, afterwards
# `with` promises that something is done when the block ends, however it ends: a file is closed, a
# clock is stopped, a setting is put back. The short way to write one is a generator with a single
# `yield`: what stands before it is the beginning, what stands behind it is the end.

# %%
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def timed(
    log: dict[str, float], name: str, clock: Callable[[], float] = time.perf_counter
) -> Iterator[None]:
    """Puts into log[name] how long the block took, also when the block raises."""
    # TODO timed: read the clock, let the block run, and note the difference in any case
    raise NotImplementedError("timed")


# %%
log: dict[str, float] = {}
with timed(log, "squares"):
    total = sum(i * i for i in range(20_000))
try:
    with timed(log, "a step that fails"):
        raise ValueError("the loss is not a number")
except ValueError as error:
    print("the error still arrives:", error)
print("timed:", ", ".join(log))

# %% [markdown]
# ## Settings for the time of a block
# While a model is being measured it should answer greedily, then chat as before. The long way to
# write a context manager is a class with two methods; `__exit__` is called in any case, and by
# returning something true it would swallow the error, which is rarely wanted.


# %%
class Override:
    """Entries of a dictionary, replaced for the time of a `with` block."""

    def __init__(self, settings: dict, **changes: object) -> None:
        self.settings = settings
        self.changes = changes
        self.before: dict = {}

    def __enter__(self) -> dict:
        # TODO enter: remember how things were, apply the changes, return the settings
        raise NotImplementedError("enter")

    def __exit__(self, *error: object) -> None:
        # TODO leave: put back exactly what was there, in the same dictionary
        raise NotImplementedError("leave")


# %%
settings = {"temperature": 0.8, "max_tokens": 256}
with Override(settings, temperature=0.0, seed=1):
    print("measuring with", settings)
print("chatting with ", settings)
