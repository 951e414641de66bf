# %% [markdown]
# # Typing: promises that can be checked
# A hint such as `lr: float` changes nothing when the program runs: it is a note for readers,
# editors and checkers. A `Protocol` describes what an object can do, and whatever can do it fits,
# without being told. Here a language model is anything that gives the logarithm of the probability
# of a next word.

# %%
import math
from typing import Protocol, get_type_hints


class Scores(Protocol):
    """Anything that rates a next word."""

    def log_probability(self, before: list[str], word: str) -> float:
        """The natural logarithm of the probability of `word` behind the words `before`."""
        ...


class Uniform:
    """Every word of a vocabulary is as likely as any other."""

    def __init__(self, n_words: int) -> None:
        self.n_words = n_words

    def log_probability(self, before: list[str], word: str) -> float:
        return -math.log(self.n_words)


class Echo:
    """Expects the last word again, with probability a half; any other word has a hundredth."""

    def log_probability(self, before: list[str], word: str) -> float:
        return math.log(0.5 if before and before[-1] == word else 0.01)


def perplexity(model: Scores, words: list[str]) -> float:
    """e to the power of minus the mean log-probability of the words, each given all before it."""
    total = sum(model.log_probability(words[:i], word) for i, word in enumerate(words))
    return math.exp(-total / len(words))


# %%
for text in ("ha ha ha ha", "to be or not"):
    for model in (Uniform(50), Echo()):
        print(f"{text:12} {type(model).__name__:8} {perplexity(model, text.split()):6.1f}")

# %% [markdown]
# ## Hints can be read
# The configuration file said `lr: 2e-4`, and a YAML reader of the old standard takes that for a
# text, because it has no dot. The hints know better. `get_type_hints` gives them as a dictionary
# from the names to their types; compare.


# %%
def train(name: str, lr: float, epochs: int = 1) -> None:
    """Stands for a long training run."""


def wrong_types(function, given: dict) -> list[str]:
    """One line "name: expected float, got str" for each given argument that breaks its hint, in order.

    A whole number is welcome where a float is expected. Hints are plain classes; arguments without
    a hint are left alone.
    """
    hints = get_type_hints(function)
    wrong = []
    for name, value in given.items():
        if name not in hints:
            continue
        wanted = hints[name]
        fits = isinstance(value, (int, float) if wanted is float else wanted)
        if not fits:
            wrong.append(f"{name}: expected {wanted.__name__}, got {type(value).__name__}")
    return wrong


# %%
train(name="tuned", lr="2e-4", epochs=3)  # Python does not mind
print("hints:", {name: kind.__name__ for name, kind in get_type_hints(train).items()})
print("complaints:", wrong_types(train, {"name": "tuned", "lr": "2e-4", "epochs": 3}))
