# %% [markdown]
# # Decorators: the same function, better behaved
# A decorator takes a function and returns another that is used in its place. `@retry(3)` above a
# function means `function = retry(3)(function)`. `wraps` copies name and docstring, so that the new
# function introduces itself by the old name.

# %%
from functools import wraps


def retry(times: int, on: type[Exception] = ConnectionError):
    """A decorator: call again when this kind of error comes, at most `times` calls in all.

    The last error is passed on; errors of other kinds are passed on at once.
    """

    def decorate(function):
        @wraps(function)
        def tried(*args, **kwargs):
            for attempt in range(1, times + 1):
                try:
                    return function(*args, **kwargs)
                except on:
                    if attempt == times:
                        raise

        return tried

    return decorate


# %%
moods = iter([ConnectionError("busy"), ConnectionError("busy"), None])


@retry(3)
def ask(question: str) -> str:
    """A model behind a bad line."""
    mood = next(moods)
    if mood:
        print("  the line broke:", mood)
        raise mood
    return f"an answer to {question!r}"


print(ask("What is a decorator?"))

# %% [markdown]
# ## A cache
# The same word is tokenized thousands of times. Write a decorator that keeps every result and calls
# the function only for arguments it has not seen. The arguments, as a tuple, are a fine key.


# %%
def cached(function):
    """The function, called once for each different set of positional arguments."""
    known = {}

    @wraps(function)
    def remembered(*args):
        if args not in known:
            known[args] = function(*args)
        return known[args]

    return remembered


# %%
calls = []


@cached
def pieces(word: str) -> list[str]:
    """A word in pieces of three letters, slowly."""
    calls.append(word)
    return [word[i : i + 3] for i in range(0, len(word), 3)]


text = "the tokenizer sees the same words again and again and again"
words = text.split()
print([pieces(word) for word in words][:3])
print(len(words), "words,", len(calls), "calls of", pieces.__name__)
