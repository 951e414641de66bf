"""Answers of the parametric items, computed."""

import random
import re

_CLITIC = "n't|'s|'m|'d|'ll|'re|'ve"


def tokens_by_treebank(rng: random.Random) -> dict:
    """A sentence with clitics and a number, and how many tokens it has."""
    who = rng.choice(["She", "He", "They", "We"])
    verb = rng.choice(["won't pay", "didn't owe", "'ll pay", "'d owe", "can't find"])
    much = rng.choice(["1,250.50", "3.75", "40", "2,000"])
    end = rng.choice([", sir.", "; go!", ".", ", or so."])
    gap = "" if verb.startswith("'") else " "
    sentence = f"{who}{gap}{verb} {much} ducats{end}"
    parted = re.sub(rf"({_CLITIC})\b", r" \1", sentence)
    tokens = re.findall(rf"(?:{_CLITIC})\b|\d+(?:[.,]\d+)*|\w+|[^\w\s]", parted)
    spaces = len(sentence.split())
    return {
        "sentence": sentence,
        "tokens": " · ".join(tokens),
        "answer": len(tokens),
        "within": 0,
        "slips": {
            spaces: "That counts the strings between spaces: clitics and punctuation stand alone.",
            len(tokens) - 1: "Look for the clitic: it parts from its word.",
        },
    }


def measure_of_a_word(rng: random.Random) -> dict:
    """A word, its kinds of letters and its measure."""
    word = rng.choice(
        ["trees", "oaten", "private", "relate", "hopping", "troubles", "yearly", "royal", "syllable",
         "crying", "feeding", "generate", "orrery", "ivy", "conflate", "bookish"]
    )  # fmt: skip
    kinds = ""
    for i, letter in enumerate(word):
        vowel = letter in "aeiou" or (letter == "y" and i > 0 and kinds[-1] == "c")
        kinds += "v" if vowel else "c"
    m, runs = kinds.count("vc"), len(re.findall("v+", kinds))
    slips = {
        kinds.count(
            "cv"
        ): "That counts consonants followed by vowels: the turn is the other way round.",
        kinds.count(
            "v"
        ): "That counts the vowels; a run of vowels counts once, and only before a consonant.",
        runs: "That counts runs of vowels; one at the very end has no consonant after it.",
    }
    slips.pop(m, None)
    return {"word": word, "kinds": kinds, "answer": m, "within": 0, "slips": slips}


def types_after_folding(rng: random.Random) -> dict:
    """Tokens, and how many different ones remain after case folding."""
    base = rng.sample(["king", "queen", "war", "peace", "rose", "tower"], 4)
    twice = rng.sample(base, rng.choice([2, 3]))
    tokens = base + [rng.choice([w.capitalize(), w.upper()]) for w in twice] + [rng.choice(base)]
    rng.shuffle(tokens)
    left, before = len({t.casefold() for t in tokens}), len(set(tokens))
    pairs = ", ".join(f"{w} and its capital form" for w in twice)
    return {
        "listed": ", ".join(tokens),
        "pairs": pairs,
        "different": before,
        "answer": left,
        "within": 0,
        "slips": {
            before: "That is how many were different before folding.",
            len(tokens): "That counts all tokens; the question is how many are different.",
        },
    }
