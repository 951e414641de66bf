# %% [markdown]
# # Control flow: when to stop, and what to take
# A model never stops by itself: it goes on producing ids, and the loop around it ends the answer at
# the first id that means "my turn is over". That id is not part of the answer.


# %%
def until_stop(ids: list[int], stop_ids: set[int]) -> list[int]:
    """The ids before the first stop id; all of them when there is none."""
    # TODO until_stop: walk along and leave the loop at the first stop id
    raise NotImplementedError("until_stop")


# %%
print(until_stop([31, 7, 9, 2, 8, 8, 2], {0, 2}), "of", [31, 7, 9, 2, 8, 8, 2])

# %% [markdown]
# ## A greedy tokenizer
# The simplest tokenizer that works: at every place take the longest piece that the vocabulary
# knows, then go on behind it. A character that starts no known piece becomes `<unk>`, so the loop
# always moves on.

# %%
PIECES = {"un", "believ", "able", "a", "b", "e", "l", "i", "v", "n", "u", "ably", "be", "unbe"}
UNKNOWN = "<unk>"


def greedy(text: str, pieces: set[str]) -> list[str]:
    """The text as pieces, always the longest that fits; UNKNOWN for a character without one."""
    # TODO greedy: at each place try the longest piece first, then shorter ones
    raise NotImplementedError("greedy")


# %%
for word in ("unbelievable", "believably", "enable", "viable!"):
    print(f"{word:13}", " ".join(greedy(word, PIECES)))
print("greed has a price: 'unbe' wins at once, although 'un' + 'believ' would need fewer pieces")
