# %% [markdown]
# # Generators: data that is never all there
# A training corpus does not fit into memory, and need not. A function with `yield` hands out one
# value, falls asleep in the middle of its own code, and wakes up when the next value is wanted.

# %%
from collections.abc import Iterable, Iterator


def token_stream(lines: Iterable[str]) -> Iterator[str]:
    """The words of all lines, one after the other, and "<eos>" behind the words of each line."""
    for line in lines:
        yield from line.split()
        yield "<eos>"


# %%
def endless_lines() -> Iterator[str]:
    """Lines without end: a list of them could never be built."""
    number = 0
    while True:
        number += 1
        yield f"line {number}"


stream = token_stream(endless_lines())
print("the first seven tokens of infinitely many:", [next(stream) for _ in range(7)])

# %% [markdown]
# ## Batches
# A training loop wants rows in groups. The rows may come from a list, a file or an endless stream:
# anything that a `for` loop accepts, read no further than needed.


# %%
def batches(rows: Iterable, size: int) -> Iterator[list]:
    """The rows in new lists of `size`, in order; the last is shorter if rows run out."""
    batch = []
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


# %%
for batch in batches(range(7), 3):
    print("batch", batch)
some = batches(token_stream(endless_lines()), 4)
print("from an endless stream:", next(some), next(some))
