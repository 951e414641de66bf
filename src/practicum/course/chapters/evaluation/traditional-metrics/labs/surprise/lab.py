# %% [markdown]
# # Perplexity: divide by the right thing, and let the window slide
# Two language models made of counts read a scene of Shakespeare that they have not counted: one guesses characters,
# the other words. You write everything that stands between their surprises and a number one may compare.

# %%
import math
import re
from collections import Counter
from importlib import resources

TEXT = resources.files("practicum.pretrain").joinpath("corpus/shakespeare.txt").read_text("utf-8")
CUT = TEXT.index("\n\n", int(0.9 * len(TEXT))) + 2
COUNTED, HELD_OUT = TEXT[:CUT], TEXT[CUT:]

# %% [markdown]
# ## The mean surprise, exponentiated


# %%
def perplexity(nats):
    """The perplexity of a text, from the surprises −ln p of its tokens (in nats)."""
    # TODO perplexity: the mean surprise, exponentiated
    raise NotImplementedError("perplexity")


# %%
fair, mixed = [math.log(4)] * 3, [-math.log(p) for p in (1 / 2, 1 / 4, 1 / 8, 1 / 4)]
print("four equal choices:", perplexity(fair), "  1/2, 1/4, 1/8, 1/4:", perplexity(mixed))

# %% [markdown]
# ## Two models with different tokens
# Given. The first counts characters after two others. The second counts words after words; it announces a word that
# it has no count of, and then spells it, so that its probabilities are those of the whole text. A tenth of its belief
# goes to the words that stand in its window: so it profits from a long one, as a transformer does.

# %%
PIECE = r" ?\w+|[^\w]"  # a word keeps the space before it
ONE, TWO = Counter(COUNTED), Counter(zip(COUNTED, COUNTED[1:], strict=False))
THREE = Counter(zip(COUNTED, COUNTED[1:], COUNTED[2:], strict=False))
OFTEN = {w for w, n in Counter(re.findall(PIECE, COUNTED)).items() if n > 1}
LETTERS = Counter("".join(w + "." for w in re.findall(PIECE, COUNTED) if w not in OFTEN))
WORDS = [w if w in OFTEN else "<new>" for w in re.findall(PIECE, COUNTED)]
SINGLE, PAIRS = Counter(WORDS), Counter(zip(WORDS, WORDS[1:], strict=False))
FOLLOWERS = Counter(a for a, _ in PAIRS)
N_WORDS, N_LETTERS = len(WORDS), LETTERS.total()


def character_surprises(text):
    """−ln p of every character after the second."""
    out = []
    for a, b, c in zip(text, text[1:], text[2:], strict=False):
        shorter = (TWO[b, c] + 0.1) / (ONE[b] + 0.1 * len(ONE))
        out.append(-math.log((THREE[a, b, c] + 5 * shorter) / (TWO[a, b] + 5)))
    return out


def surprises(window):
    """−ln p of every word of a window after the first, from the words before it in the window."""
    seen, out = Counter(window[:1]), []
    for i in range(1, len(window)):
        a, b = (w if w in OFTEN else "<new>" for w in window[i - 1 : i + 1])
        back = 0.75 * FOLLOWERS[a] * SINGLE[b] / N_WORDS
        p = (max(PAIRS[a, b] - 0.75, 0) + back) / SINGLE[a]
        if b == "<new>":
            p *= math.prod((LETTERS[c] + 1) / (N_LETTERS + 100) for c in window[i] + ".")
        out.append(-math.log(0.9 * p + 0.1 * seen[window[i]] / i))
        seen[window[i]] += 1
    return out


SCENE = re.findall(PIECE, HELD_OUT)[:2000]
BY_WORD, BY_CHARACTER = surprises(SCENE), character_surprises("".join(SCENE))
print(f"characters: perplexity {perplexity(BY_CHARACTER):6.1f} over {len(BY_CHARACTER):,} tokens")
print(f"words:      perplexity {perplexity(BY_WORD):6.1f} over {len(BY_WORD):,} tokens")

# %% [markdown]
# ## Bits per byte
# Which of the two is better? Divide by something that belongs to the text.


# %%
def bits_per_byte(nats, text):
    """The surprise in bits for each byte of the scored text (in UTF-8), however it was cut."""
    # TODO bits_per_byte: nats to bits, over the bytes of the text
    raise NotImplementedError("bits_per_byte")


# %%
print(f"characters: {bits_per_byte(BY_CHARACTER, ''.join(SCENE)[2:]):.2f} bits per byte")
print(f"words:      {bits_per_byte(BY_WORD, ''.join(SCENE[1:])):.2f} bits per byte")
triples = [sum(BY_CHARACTER[i : i + 3]) for i in range(0, len(BY_CHARACTER), 3)]
print(f"characters, three to a token: perplexity {perplexity(triples):.0f},",
      f"still {bits_per_byte(triples, ''.join(SCENE)[2:]):.2f} bits per byte")  # fmt: skip

# %% [markdown]
# ## Windows
# A model reads at most `context` tokens at once. Window by window: tokens begin … end − 1 are read, and those from
# `first` on are scored. The first window reads as much as it can; every further one moves on by `stride`.


# %%
def windows(n_tokens, context, stride):
    """[(begin, first, end), …] that score tokens 1 to n_tokens − 1 once each (token 0 has no context).

    The last window may score fewer than `stride` tokens, and reads `context` tokens all the same.
    Needs stride < context, so that something stands before every scored token.
    """
    # TODO windows: the first window, then one after the other until the text ends
    raise NotImplementedError("windows")


# %%
for begin, first, end in windows(20, 8, 4):
    print(" " * begin + "·" * (first - begin) + "#" * (end - first), f"  ({begin}, {first}, {end})")

# %% [markdown]
# ## Sliding over the scene


# %%
def sliding(tokens, context, stride):
    """The perplexity of a text longer than the window: `surprises` of every window, each token once."""
    # TODO sliding: add up what every window scores, then divide once
    raise NotImplementedError("sliding")


# %%
print("stride   perplexity   tokens read")
for stride in (31, 16, 8, 4, 1):
    n_read = sum(end - begin for begin, _, end in windows(len(SCENE), 32, stride))
    print(f"{stride:6d} {sliding(SCENE, 32, stride):12.1f} {n_read:13,}")
print(f"no limit {perplexity(BY_WORD):10.1f}")
