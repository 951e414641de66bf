# %% [markdown]
# # From bytes to features, one loss at a time
# Six small functions of a classical text pipeline. Every one of them makes two different texts
# equal; your job is to decide which two.

# %%
import re
import unicodedata
from importlib import resources

from practicum.text.tokenizer import ChatTokenizer, train_bpe

CLITICS = ("n't", "'s", "'m", "'d", "'ll", "'re", "'ve")
ABBREVIATIONS = frozenset(["dr", "mr", "mrs", "prof", "inc", "e.g", "i.e", "vs", "jan", "u.s"])
FREQUENT = """
a about after all am an and any are as at be because been before but by can could did do does doing
for from had has have he her him his how i if in into is it its just me more my no nor not now of
off on or our out over own she should so some such than that the their them then there these they
this those through to too under up us very was we were what when where which while who why will
with would you your
"""
STOP_WORDS = frozenset(FREQUENT.split())
CORPUS = resources.files("practicum.pretrain").joinpath("corpus/shakespeare.txt")
SHAKESPEARE = CORPUS.read_text(encoding="utf-8")

# %% [markdown]
# ## Characters
# Two strings can look alike and differ, and look different and mean the same.
# NFKC composes letters and unfolds ligatures and wide digits; `casefold` is the lower case that
# is meant for comparing.


# %%
def normalise(text):
    """The text under NFKC and casefold, every run of white space one space, none at the ends.

    Normalising twice changes nothing more.
    """
    # TODO normalise: compose, fold, compose again, then tidy the white space
    raise NotImplementedError("normalise")


# %%
for one, other in [
    ("caf\u00e9", "cafe\u0301"),
    ("Straße", "STRASSE"),
    ("\ufb01ne  １２", "fine 12"),
    ("x²", "x2"),
]:
    same = normalise(one) == normalise(other)
    print(f"{one!r:>14} {other!r:<12} equal as they are: {one == other!s:<6} normalised: {same}")

# %% [markdown]
# ## Words
# The Penn Treebank's convention: punctuation stands alone, and so do the clitics of CLITICS
# ("don't" is "do" and "n't"). Numbers keep their points and commas inside, and words
# their hyphens. Nothing is dropped: the tokens, joined, are the text without its white space.


# %%
def words(text):
    """The tokens of a text, in order: words, numbers, clitics and single punctuation marks."""
    # TODO words: part the clitics from their words, then find the tokens
    raise NotImplementedError("words")


# %%
print(words("I don't owe 1,234.50 ducats; he's the soft-conscienced one."))
print(f"{len(set(SHAKESPEARE.split())):,} different strings between spaces")
print(f"{len(set(words(SHAKESPEARE))):,} different tokens")

# %% [markdown]
# ## Sentences
# A full stop ends a sentence, except when it does not.


# %%
def sentences(text):
    """The sentences of a text, each without white space at its ends.

    A sentence ends after . ! or ? that white space follows, unless the word before the full stop
    is in ABBREVIATIONS (whatever its case) or an initial: one capital letter other than I.
    """
    # TODO sentences: walk through the possible ends and skip the false ones
    raise NotImplementedError("sentences")


# %%
for sentence in sentences("Dr. J. Lee of Acme Inc. paid $3.50 for it. Was it worth it? Ask I. No."):
    print("-", sentence)

# %% [markdown]
# ## Stems
# Porter's stemmer knows no words, only letters. It asks how much is left of a word
# once the ending is gone: the *measure* counts how often a vowel is followed by a consonant.


# %%
def kinds(word):
    """One letter a letter: v for a vowel, c for a consonant; y is a vowel after a consonant."""
    found = ""
    for i, letter in enumerate(word):
        is_vowel = letter in "aeiou" or (letter == "y" and i > 0 and found[-1] == "c")
        found += "v" if is_vowel else "c"
    return found


def measure(stem):
    """How many times a run of vowels is followed by a consonant."""
    return kinds(stem).count("vc")


def is_short(stem):
    """Whether it ends consonant, vowel, consonant, and the last is none of w, x, y."""
    return kinds(stem).endswith("cvc") and stem[-1] not in "wxy"


print({word: measure(word) for word in ["tree", "by", "trouble", "oats", "troubles", "private"]})


# %%
def stem(word):
    """The word (lower case) after steps 1a and 1b of Porter's algorithm: no plural, no -ed, -ing.

    1a, the first that fits: sses → ss, ies → i, ss → ss, s → nothing.
    1b, the first that fits:
        eed → ee, if the measure before eed is above 0 (and if it is not, the step is over);
        ed → nothing, or ing → nothing, if what is before it holds a vowel. Then mend what is left:
            at → ate, bl → ble, iz → ize;
            else a double consonant other than l, s, z loses one letter;
            else, if its measure is 1 and it is short, it gains an e.
    """
    # TODO stem: step 1a, then step 1b on what it leaves
    raise NotImplementedError("stem")


# %%
for family in ["hope hopes hoped hoping", "hop hops hopped hopping", "sing sings singing sang"]:
    print(f"{family:<26}", sorted({stem(word) for word in family.split()}))
for word in ["news", "wings", "caresses", "agreed", "king", "bus"]:
    print(f"{word:>10} → {stem(word)}")

# %% [markdown]
# ## Lemmas
# A lemma is a word of the dictionary, so a lemmatizer needs a dictionary, a list of exceptions,
# and the part of speech, which is where the context comes in.

# %%
EXCEPTIONS = {
    "NOUN": {"mice": "mouse", "geese": "goose", "children": "child"},
    "VERB": {"saw": "see", "was": "be", "ran": "run", "left": "leave"},
    "ADJ": {"better": "good", "worse": "bad"},
}
ENDINGS = {  # an ending, and what stands in the dictionary instead; tried in this order
    "NOUN": [("s", ""), ("ses", "s"), ("ves", "f"), ("xes", "x"), ("ies", "y")],
    "VERB": [
        ("s", ""),
        ("ies", "y"),
        ("es", ""),
        ("ed", "e"),
        ("ed", ""),
        ("ing", "e"),
        ("ing", ""),
    ],
    "ADJ": [("er", ""), ("er", "e"), ("est", ""), ("est", "e")],
}
DICTIONARY = {
    "NOUN": {"saw", "news", "leaf", "bus", "box", "city", "meeting", "king", "hope", "building"},
    "VERB": {"saw", "leave", "meet", "hope", "hop", "carry", "fix", "build", "see", "run", "be"},
    "ADJ": {"good", "bad", "fine", "rank", "left"},
}


def lemma(word, part):
    """The dictionary's form of a word (lower case) used as this part of speech.

    An exception of that part of speech wins. Else the word itself, if the dictionary has it as
    that part of speech. Else the first of ENDINGS whose result the dictionary has. Else the word.
    """
    # TODO lemma: exception, dictionary, endings, or the word itself, in this order
    raise NotImplementedError("lemma")


# %%
for word in ["saw", "leaves", "meeting", "left", "building"]:
    read = {part: lemma(word, part) for part in ("NOUN", "VERB", "ADJ")}
    print(f"{word:>9}  stem {stem(word):<8} lemma {read}")

# %% [markdown]
# ## Stop words
# The most frequent words say least about a topic. What do they say about a meaning?


# %%
def content_words(tokens, stop_words):
    """The tokens that are no stop words and hold a letter or a digit, in order, as they were.

    Case makes no difference to what is a stop word.
    """
    # TODO content_words: keep what says something
    raise NotImplementedError("content_words")


# %%
for line in [
    "To be, or not to be: that is the question.",
    "We have deserved it.",
    "I have not deserved it.",
]:
    print(f"{line:<44} → {content_words(words(line), STOP_WORDS)}")

# %% [markdown]
# ## And what a language model does
# The package's own tokenizer learns pieces from the same text. It removes nothing,
# has a piece for everything, and gives every text back.

# %%
pieces = train_bpe(SHAKESPEARE[:200_000].split("\n\n"), 1024, ["<|endoftext|>"])
tokenizer = ChatTokenizer(pieces, None)
for text in ["We have not deserved it.", "hoping, hoped, hopes", "Straße café 漢字"]:
    ids = tokenizer.encode(text)
    cut = "|".join(tokenizer.decode([i]) for i in ids)
    print(f"{len(ids):>3} pieces  {cut}   given back: {tokenizer.decode(ids) == text}")
