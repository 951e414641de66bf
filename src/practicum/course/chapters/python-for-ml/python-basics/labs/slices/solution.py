# %% [markdown]
# # Slices: a text is its own exercise book
# A language model learns to predict the next token, so the targets are the inputs moved by one
# place. `ids[a:b]` is a new list from place `a` up to, not including, place `b`; a missing end
# means the end of the list, and negative places count from the back.

# %%
LINE = "to be or not to be that is the question"
WORDS = LINE.split()
IDS = [7, 1, 4, 3, 7, 1, 6, 2, 8, 5]


def inputs_and_targets(ids: list[int]) -> tuple[list[int], list[int]]:
    """What the model sees, and what it has to say at each place: two lists of equal length."""
    return ids[:-1], ids[1:]


# %%
for seen, wanted in zip(*inputs_and_targets(WORDS), strict=True):
    print(f"{seen:>9} -> {wanted}")

# %% [markdown]
# ## Windows
# A book is longer than what a model reads at once. Cut it into windows; the last one may be
# shorter, and no token may be lost.


# %%
def windows(ids: list[int], size: int) -> list[list[int]]:
    """The ids in consecutive lists of `size`; the last may be shorter."""
    return [ids[start : start + size] for start in range(0, len(ids), size)]


# %%
for window in windows(WORDS, 4):
    print(" | ".join(window))

# %% [markdown]
# ## The newest part of a chat
# When a conversation outgrows the context, the oldest tokens go. One number among all possible `n`
# is a trap: try it before you trust your slice.


# %%
def keep_last(ids: list[int], n: int) -> list[int]:
    """The last n ids: all of them when there are fewer, none when n is 0."""
    return ids[max(0, len(ids) - n) :]


# %%
for n in (3, 1, 0):
    print(f"{n} kept:", keep_last(IDS, n))
