# %% [markdown]
# # Testing: write the test that catches it
# A test is a function that calls the code and asserts what must be true. This time the code is
# written, once rightly and several times wrongly, and you write the test: it has to let the right
# one pass and stop every wrong one.
#
# What must be true of a tokenizer? Whatever you encode comes back, letter by letter. The art is in
# choosing texts that make a wrong one stumble.

# %%
import math
from collections.abc import Callable


def decode_bytes(ids: list[int]) -> str:
    """The text of UTF-8 bytes."""
    return bytes(ids).decode("utf-8", errors="replace")


TOKENIZERS = {
    "right": lambda text: list(text.encode("utf-8")),
    "folds capitals": lambda text: list(text.lower().encode("utf-8")),
    "joins blanks": lambda text: list(text.replace("  ", " ").encode("utf-8")),
    "loses line breaks": lambda text: list(text.replace("\n", " ").encode("utf-8")),
    "knows ASCII only": lambda text: list(text.encode("ascii", errors="replace")),
}


def test_round_trip(encode: Callable, decode: Callable) -> None:
    """Every text comes back exactly as it was."""
    # TODO round_trip: assert for several texts, each able to upset a wrong tokenizer
    raise NotImplementedError("round_trip")


# %%
def verdict(test: Callable, *code: Callable) -> str:
    """What a test says of some code."""
    try:
        test(*code)
    except AssertionError as error:
        return f"is caught by {str(error)[:20]!r}"
    return "passes"


for name, encode in TOKENIZERS.items():
    print(f"{name:18}", verdict(test_round_trip, encode, decode_bytes))

# %% [markdown]
# ## A test without an expected value
# You need not know the probabilities to test a softmax. You know what is always true of them: an
# identity. And you know one case by hand.


# %%
def softmax(logits: list[float]) -> list[float]:
    """Probabilities in proportion to the exponentials of the logits."""
    weights = [math.exp(x - max(logits)) for x in logits]
    return [weight / sum(weights) for weight in weights]


def overflowing(logits: list[float]) -> list[float]:
    """Right, as long as no logit is large."""
    weights = [math.exp(x) if x < 700 else math.inf for x in logits]
    return [weight / sum(weights) for weight in weights]


SOFTMAXES = {
    "right": softmax,
    "never normalised": lambda logits: [math.exp(x - max(logits)) for x in logits],
    "shares, no exp": lambda logits: [x / sum(logits) for x in logits],
    "always uniform": lambda logits: [1 / len(logits)] * len(logits),
    "overflows": overflowing,
}


def test_softmax(softmax: Callable[[list[float]], list[float]]) -> None:
    """Positive, sums to one, right by hand, and the same when every logit is moved by one number."""
    # TODO softmax: the sum, a case worked by hand, and a shift by a large number
    raise NotImplementedError("softmax")


# %%
for name, function in SOFTMAXES.items():
    print(f"{name:18}", verdict(test_softmax, function))
