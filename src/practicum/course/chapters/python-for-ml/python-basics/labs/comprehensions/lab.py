# %% [markdown]
# # Comprehensions: a vocabulary in one line each
# `[f(x) for x in items if keep(x)]` builds a list, `{k: v for ...}` a dictionary, `{x for ...}` a
# set. Read them from the inside of the brackets: what is kept, from where, under which condition.

# %%
CORPUS = ["the cat sat", "the dog sat down", "a cat ran"]
UNKNOWN = "<unk>"


def vocabulary(texts: list[str]) -> dict[str, int]:
    """The id of each word: 0 for UNKNOWN, then 1, 2, ... for the words in alphabetical order."""
    # TODO vocabulary: distinct words, sorted, numbered from 1
    raise NotImplementedError("vocabulary")


# %%
print(vocabulary(CORPUS))


# %%
def encode(text: str, ids_of: dict[str, int]) -> list[int]:
    """The id of each word of the text; the id of UNKNOWN for words that the vocabulary lacks."""
    # TODO encode: one id for each word, known or not
    raise NotImplementedError("encode")


# %%
print("the dog ran away:", encode("the dog ran away", vocabulary(CORPUS)))

# %% [markdown]
# ## And back
# A model answers in ids. To read them, turn the dictionary around once, instead of searching it for
# each id.


# %%
def decode(ids: list[int], ids_of: dict[str, int]) -> str:
    """The words of the ids, joined by single spaces."""
    # TODO decode: turn the dictionary around, then look each id up
    raise NotImplementedError("decode")


# %%
ids_of = vocabulary(CORPUS)
for text in ("a dog sat down", "a dog barked"):
    print(f"{text!r} comes back as {decode(encode(text, ids_of), ids_of)!r}")
