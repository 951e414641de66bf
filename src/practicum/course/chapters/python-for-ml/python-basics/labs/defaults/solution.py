# %% [markdown]
# # Defaults: three bugs to find
# Each of the three functions below has a twin in a comment that looks right and is not. Read the
# twin, find out what is wrong with it, and write the function so that it keeps its promise.
#
# ## Somebody else's words
#
#     def remember(text, history=[]):
#         history.append(text)
#         return history


# %%
def remember(text: str, history: list[str] | None = None) -> list[str]:
    """The history with the text at its end; a new history when none is given."""
    if history is None:
        history = []
    history.append(text)
    return history


# %%
print("Alice's history:", remember("my card number is 4417"))
print("Bob's history:  ", remember("hello"))

# %% [markdown]
# ## Every counter counts the same word
#
#     def make_counters(words):
#         return [lambda text: text.split().count(word) for word in words]
#
# A function looks a name up when it *runs*. When do these run, and what is `word` by then?


# %%
def make_counters(words: list[str]) -> list:
    """One function for each word, in order: it takes a text and counts its own word in it."""

    def counter(word):
        return lambda text: text.split().count(word)

    return [counter(word) for word in words]


# %%
for word, count in zip(("to", "be", "or"), make_counters(["to", "be", "or"]), strict=True):
    print(f"{word!r} is counted {count('to be or not to be')} times")

# %% [markdown]
# ## The limit that cannot be zero
#
#     def limit_of(asked=None, usual=256):
#         return asked or usual


# %%
def limit_of(asked: int | None = None, usual: int = 256) -> int:
    """How many tokens may be written: what was asked for, and the usual number if nothing was."""
    return usual if asked is None else asked


# %%
print("asked nothing:", limit_of(), "| asked for 12:", limit_of(12), "| asked for 0:", limit_of(0))
