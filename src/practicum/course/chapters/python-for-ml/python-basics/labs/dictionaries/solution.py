# %% [markdown]
# # Dictionaries: what a tokenizer counts
# Training a tokenizer begins by counting. A dictionary answers "how often have I seen this?" at
# once, however many words it holds.

# %%
SPEECH = """we are accounted poor citizens the patricians good what authority surfeits on would relieve us
if they would yield us but the superfluity while it were wholesome we might guess they relieved us humanely
but they think we are too dear the leanness that afflicts us the object of our misery is as an inventory to
particularise their abundance our sufferance is a gain to them"""


def count_tokens(text: str) -> dict[str, int]:
    """How often each word occurs; words are what white space separates."""
    counts: dict[str, int] = {}
    for word in text.split():
        counts[word] = counts.get(word, 0) + 1
    return counts


# %%
print(len(count_tokens(SPEECH)), "different words of", len(SPEECH.split()))

# %% [markdown]
# ## The most common first
# `sorted` takes a `key`: a function that says by what to sort. A tuple as a key sorts by its first
# part, and by its second where the first parts are equal. Without a rule for ties, two runs could
# number their tokens differently.


# %%
def most_common(counts: dict[str, int], k: int) -> list[tuple[str, int]]:
    """The k most frequent words with their counts, largest first; ties in alphabetical order."""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:k]


# %%
for word, n in most_common(count_tokens(SPEECH), 8):
    print(f"{word:>6} {'#' * (3 * n)} {n}")

# %% [markdown]
# ## Two shards, one count
# Real corpora are counted in parts, side by side, and the parts are added.


# %%
def add_counts(first: dict[str, int], second: dict[str, int]) -> dict[str, int]:
    """A new dictionary of both counts together; neither of the two is changed."""
    total = dict(first)
    for word, n in second.items():
        total[word] = total.get(word, 0) + n
    return total


# %%
halves = [count_tokens(" ".join(SPEECH.split()[part::2])) for part in (0, 1)]
together = add_counts(*halves)
print("two halves give what the whole gives:", together == count_tokens(SPEECH))
