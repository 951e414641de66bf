"""Every number of the lesson on task-specific benchmarks, recomputed."""

from __future__ import annotations

import functools
import json
import math
import re
from collections import Counter
from pathlib import Path

import numpy as np

from practicum.measure.intervals import Z_95, wilson
from practicum.text.answers import is_right, is_right_leniently

LABS = Path(__file__).parent / "labs"
LABELS = ("yes", "no", "maybe")
# GSM8K's 1,319 test solutions with the line of the marker and the calculator's notes removed, graded against their
# own answers: the last number as written (commas, dollar signs and a last full stop dropped), the same compared by
# value, and this package's lenient reading.
GSM8K, LAST_NUMBER, BY_VALUE, ANYWHERE = 1319, 1248, 1283, 1314
# The 500 test questions of PubMedQA's expert-labelled part, by answer; the share that the authors' second
# annotator, who saw the abstract without its conclusion, got right.
PUBMED = {"yes": 276, "no": 169, "maybe": 55}
ANNOTATOR = 390
SPREAD, DOCUMENTS, QUESTIONS, TRUTH = (0.0, 0.05, 0.1, 0.2, 0.3, 0.4), 40, 10, 0.6


@functools.cache
def _studies() -> list[dict]:
    return json.loads((LABS / "reading-answers" / "studies.json").read_text(encoding="utf-8"))


@functools.cache
def _articles() -> list[dict]:
    path = LABS / "overlap-and-execution" / "articles.json"
    return json.loads(path.read_text(encoding="utf-8"))


def _last_label(reply: str) -> str | None:
    found = re.findall(r"\b(?:yes|no|maybe)\b", reply.casefold())
    return found[-1] if found else None


def _first_word(reply: str) -> str:
    return (re.findall(r"\w+", reply.casefold()) or [""])[0]


def _readers() -> dict[str, float]:
    """The share counted as right by each way of reading the same replies."""
    rules = {
        "nothing but the label": lambda s: is_right(s["reply"], s["answer"]),
        "first word": lambda s: _first_word(s["reply"]) == s["answer"],
        "last label": lambda s: _last_label(s["reply"]) == s["answer"],
        "label as a word, anywhere": lambda s: is_right_leniently(s["reply"], s["answer"]),
        "label's letters, anywhere": lambda s: s["answer"] in s["reply"].casefold(),
        "a person": lambda s: s["meant"] == s["answer"],
    }
    return {name: sum(map(rule, _studies())) / len(_studies()) for name, rule in rules.items()}


def key_by_last_number() -> float:
    return LAST_NUMBER / GSM8K


def key_lost() -> int:
    return GSM8K - LAST_NUMBER


def key_spelling() -> int:
    """Lost although the last number has the right value, like 3.00 for 3."""
    return BY_VALUE - LAST_NUMBER


def key_not_last() -> int:
    """Lost because something else comes last, like "75 bees in the last 6 hours"."""
    return GSM8K - BY_VALUE


def key_anywhere() -> float:
    return ANYWHERE / GSM8K


def always_yes() -> float:
    return PUBMED["yes"] / sum(PUBMED.values())


def always_yes_f1() -> float:
    """F1 of the label yes when every answer is yes."""
    p = always_yes()
    return 2 * p / (1 + p)


def always_yes_macro() -> float:
    return always_yes_f1() / 3


def annotator() -> float:
    return ANNOTATOR / sum(PUBMED.values())


def annotator_low() -> float:
    return wilson(ANNOTATOR, sum(PUBMED.values()))[0]


def annotator_high() -> float:
    return wilson(ANNOTATOR, sum(PUBMED.values()))[1]


def our_majority() -> float:
    return Counter(s["answer"] for s in _studies()).most_common(1)[0][1] / len(_studies())


def read_strictly() -> float:
    return _readers()["nothing but the label"]


def read_last() -> float:
    return _readers()["last label"]


def read_letters() -> float:
    return _readers()["label's letters, anywhere"]


def read_by_person() -> float:
    return _readers()["a person"]


def strict_to_last() -> float:
    """Percentage points."""
    return 100 * (read_last() - read_strictly())


def danube_f1() -> float:
    """One shared word: precision one half, recall one."""
    p, r = 1 / 2, 1.0
    return 2 * p * r / (p + r)


def _runs(items, n: int) -> Counter:
    return Counter(tuple(items[i : i + n]) for i in range(len(items) - n + 1))


def _rouge(summary: str, reference: str, n: int = 1) -> float:
    a, b = (_runs(re.findall(r"[a-z0-9]+", t.lower()), n) for t in (summary, reference))
    return 2 * (a & b).total() / (a.total() + b.total())


def _lead(text: str) -> str:
    return " ".join(re.split(r"(?<=[.?!])\s+", text)[:3])


def _mean_rouge(kind: str, lead: bool) -> float:
    some = [a for a in _articles() if a["kind"] == kind]
    texts = [_lead(a["text"]) if lead else a["model"] for a in some]
    return float(np.mean([_rouge(t, a["reference"]) for t, a in zip(texts, some, strict=True)]))


def lead_news() -> float:
    return _mean_rouge("news", True)


def model_news() -> float:
    return _mean_rouge("news", False)


def lead_stories() -> float:
    return _mean_rouge("story", True)


def model_stories() -> float:
    return _mean_rouge("story", False)


def false_summary() -> float:
    """ROUGE-1 of the summary with two facts turned round."""
    return _rouge(_articles()[2]["model"], _articles()[2]["reference"])


def _chrf(given: str, reference: str) -> float:
    a, b = "".join(given.split()), "".join(reference.split())
    pairs = [(_runs(a, n), _runs(b, n)) for n in range(1, 7)]
    p = float(np.mean([(x & y).total() / x.total() for x, y in pairs]))
    r = float(np.mean([(x & y).total() / y.total() for x, y in pairs]))
    return 5 * p * r / (4 * p + r)


def negation_lost() -> float:
    return _chrf("She has read the book.", "She has not read the book.")


def negation_kept() -> float:
    return _chrf("She did not read the book.", "She has not read the book.")


def two_of_eight() -> float:
    """pass@2 when three of eight samples pass: pairs without a passing one, of all pairs."""
    return 1 - math.comb(5, 2) / math.comb(8, 2)


def failing_pairs() -> int:
    return math.comb(5, 2)


def all_pairs() -> int:
    return math.comb(8, 2)


def two_of_eight_plugged() -> float:
    return 1 - (5 / 8) ** 2


def plugged_in(n: int = 10, p: float = 0.2, k: int = 5) -> float:
    """What 1 − (1 − c/n)^k is on average over the binomial c."""
    chances = [math.comb(n, c) * p**c * (1 - p) ** (n - c) for c in range(n + 1)]
    return sum(chance * (1 - (1 - c / n) ** k) for c, chance in enumerate(chances))


def unbiased_average(n: int = 10, p: float = 0.2, k: int = 5) -> float:
    """What the estimate from draws without putting back is on average: the truth."""
    chances = [math.comb(n, c) * p**c * (1 - p) ** (n - c) for c in range(n + 1)]
    return sum(h * (1 - math.comb(n - c, k) / math.comb(n, k)) for c, h in enumerate(chances))


def true_pass_at_five() -> float:
    return 1 - 0.8**5


def ece_by_hand() -> float:
    """Eight answers at 0.95, of which four are right; two at 0.55, of which one is."""
    return 0.8 * abs(0.95 - 0.5) + 0.2 * abs(0.55 - 0.5)


@functools.cache
def _coverage() -> list[tuple[float, float, float]]:
    """(correlation, share of intervals by questions that hold the truth, the same by documents)."""
    rows, n = [], DOCUMENTS * QUESTIONS
    for r in SPREAD:
        rng = np.random.default_rng(17)
        total = (1 / r - 1) if r else 0.0
        held = np.zeros(2)
        for _ in range(1000):
            skill = (
                rng.beta(TRUTH * total, (1 - TRUTH) * total, DOCUMENTS)
                if r
                else np.full(DOCUMENTS, TRUTH)
            )
            sums = rng.binomial(QUESTIONS, skill)
            by_question = rng.binomial(n, sums.sum() / n, 300) / n  # the very same as drawing marks
            chosen = rng.integers(0, DOCUMENTS, (300, DOCUMENTS))
            for i, scores in enumerate((by_question, sums[chosen].sum(1) / n)):
                low, high = np.percentile(scores, [2.5, 97.5])
                held[i] += low <= TRUTH <= high
        rows.append((r, *(held / 1000)))
    return rows


def held_by_questions() -> float:
    """At a correlation of 0.3."""
    return next(q for r, q, _ in _coverage() if r == 0.3)


def held_by_documents() -> float:
    return next(d for r, _, d in _coverage() if r == 0.3)


def design_effect() -> float:
    return 1 + (QUESTIONS - 1) * 0.3


def worth() -> int:
    """How many independent questions 400 of them are worth."""
    return int(DOCUMENTS * QUESTIONS / design_effect())


def three_points() -> int:
    return math.ceil((Z_95 / 0.03) ** 2 / 4)


def one_point() -> int:
    return math.ceil((Z_95 / 0.01) ** 2 / 4)


def three_points_clustered() -> int:
    return math.ceil((Z_95 / 0.03) ** 2 / 4 * design_effect())
