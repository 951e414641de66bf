# %% [markdown]
# # Control flow: when to stop, and what to take
# A model never stops by itself: it goes on producing ids, and the loop around it ends the answer at
# the first id that means "my turn is over". That id is not part of the answer.


# %%
def until_stop(ids: list[int], stop_ids: set[int]) -> list[int]:
    """The ids before the first stop id; all of them when there is none."""
    kept = []
    for token in ids:
        if token in stop_ids:
            break
        kept.append(token)
    return kept


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
    longest = max(map(len, pieces), default=1)
    tokens = []
    place = 0
    while place < len(text):
        for length in range(min(longest, len(text) - place), 0, -1):
            piece = text[place : place + length]
            if piece in pieces:
                tokens.append(piece)
                place += length
                break
        else:  # the loop ended without a break: nothing fitted
            tokens.append(UNKNOWN)
            place += 1
    return tokens


# %%
for word in ("unbelievable", "believably", "enable", "viable!"):
    print(f"{word:13}", " ".join(greedy(word, PIECES)))
print("greed has a price: 'unbe' wins at once, although 'un' + 'believ' would need fewer pieces")
