# %% [markdown]
# # Functions: from scores to a choice
# A model ends in one score for each token, a logit. `softmax` turns scores into probabilities: the
# exponential of each score, divided by the sum of all exponentials. The temperature divides the
# scores first. What stands behind the lone `*` has to be named by the caller, so that nobody has to
# guess what the number 0.5 means.

# %%
import math

LOGITS = {"paris": 5.0, "london": 3.5, "lyon": 3.0, "banana": 0.0}


def softmax(logits: dict[str, float], *, temperature: float = 1.0) -> dict[str, float]:
    """The probability of each token, in the order of the logits; they sum to 1.

    The largest logit is subtracted from all of them first: that changes no probability and keeps
    `math.exp` from overflowing.
    """
    top = max(logits.values())
    weights = {token: math.exp((x - top) / temperature) for token, x in logits.items()}
    total = sum(weights.values())
    return {token: weight / total for token, weight in weights.items()}


# %%
print("temperature", *(f"{token:>8}" for token in LOGITS), " like choosing among")
for temperature in (0.5, 1.0, 2.0, 10.0):
    row = softmax(LOGITS, temperature=temperature).values()
    entropy = -sum(p * math.log(p) for p in row)
    print(
        f"{temperature:11}", *(f"{p:8.1%}" for p in row), f" {math.exp(entropy):.1f} equal tokens"
    )


# %%
def top_k(probabilities: dict[str, float], k: int) -> dict[str, float]:
    """The k most probable tokens, most probable first, their probabilities divided by their sum."""
    order = sorted(probabilities, key=lambda token: probabilities[token], reverse=True)[:k]
    total = sum(probabilities[token] for token in order)
    return {token: probabilities[token] / total for token in order}


# %%
print({t: round(p, 3) for t, p in top_k({"d": 0.01, "a": 0.3, "c": 0.05, "b": 0.15}, 3).items()})

# %% [markdown]
# ## A function that makes a function
# Cleaning a corpus is a row of small steps. Functions are objects: they can be passed, kept in a
# tuple and returned. Write one that takes any number of steps and returns a single function that
# does them all.


# %%
def pipeline(*steps):
    """A function of one value that passes it through every step, the first step first."""

    def run(value):
        for step in steps:
            value = step(value)
        return value

    return run


# %%
clean = pipeline(str.strip, str.lower, str.split, len)
print("words in '  To be OR not  ':", clean("  To be OR not  "))
