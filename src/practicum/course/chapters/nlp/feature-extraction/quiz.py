"""Answers of the parametric items, computed."""

import math
import random
from fractions import Fraction


def tfidf_weight(rng: random.Random) -> dict:
    """tf · ln(N / df), with a word that is rare enough to weigh something."""
    n = rng.choice([20, 50, 100, 1000])
    df, tf = rng.choice([2, 4, 5, 10]), rng.randint(2, 9)
    answer = tf * math.log(n / df)
    return {
        "n": n,
        "df": df,
        "tf": tf,
        "word": rng.choice(["nurse", "volsces", "fickle", "milan"]),
        "answer": answer,
        "within": 0.01 * answer,
        "slips": {
            round(tf * math.log10(n / df), 3): "That is the logarithm to base ten; the formula has the natural one.",
            round(tf * (math.log((1 + n) / (1 + df)) + 1), 3): "That is scikit-learn's default, not the textbook's.",
            round(math.log(n / df), 3): "That is the idf alone: it is multiplied by the count.",
        },
    }  # fmt: skip


def bm25_factor(rng: random.Random) -> dict:
    """c (k1 + 1) / (c + k1)."""
    c, k = rng.randint(2, 12), rng.choice([1.2, 1.5, 2.0])
    answer = c * (k + 1) / (c + k)
    return {
        "c": c,
        "k": k,
        "answer": answer,
        "within": 0.01,
        "slips": {
            c: "That is the plain count, as in TF-IDF: BM25 saturates.",
            round(c / (c + k), 3): "The factor k1 + 1 above the line is missing.",
        },
    }


def perplexity_of(rng: random.Random) -> dict:
    """Perplexity of powers of one half whose exponents have a whole mean."""
    first = rng.choice([[1, 2, 3], [1, 1, 4], [2, 3, 4], [1, 3, 5], [1, 3], [2, 4], [1, 2, 2, 3]])
    exponents = rng.sample(first, len(first))
    n, mean = len(exponents), sum(exponents) / len(exponents)
    probabilities = [Fraction(1, 2**e) for e in exponents]
    arithmetic = float(n / sum(probabilities))
    return {
        "listed": ", ".join(str(p) for p in probabilities),
        "n": n,
        "answer": 2**mean,
        "within": 0.01,
        "slips": {
            2 ** sum(exponents): "The root is missing: perplexity is per word.",
            round(arithmetic, 2): "That inverts the arithmetic mean; perplexity has the geometric one.",
            round(sum(2**e for e in exponents) / n, 2): "That is the mean of the inverses; invert the geometric mean.",
        },
    }  # fmt: skip


def add_one(rng: random.Random) -> dict:
    """(c + 1) / (total + V)."""
    total, v = rng.choice([400, 1000, 2500]), rng.choice([2000, 5000, 6000])
    count = rng.randint(20, total // 4)
    answer = (count + 1) / (total + v)
    return {
        "total": f"{total:,}",
        "count": count,
        "v": f"{v:,}",
        "answer": answer,
        "within": 0.01 * answer,
        "slips": {
            round(count / total, 4): "That is the plain ratio of counts, without smoothing.",
            round((count + 1) / (total + 1), 4): "The total grows by one for every word of the vocabulary, not by one.",
        },
    }  # fmt: skip
