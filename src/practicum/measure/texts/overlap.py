"""Texts against reference texts: BLEU, chrF and ROUGE, each of a corpus and of every item.

All three count shared pieces of spelling. A right paraphrase can score below a wrong copy, so
none of them says whether a text is true.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from practicum.core.errors import PracticumError
from practicum.measure.intervals import bootstrap_interval, mean_bootstrap

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from sacrebleu.metrics.base import Metric

ROUGES = ("rouge1", "rouge2", "rougeL")


@dataclass(frozen=True)
class TextScore:
    """A corpus score with its 95 % bootstrap interval over items, and the score of each item.

    Units  BLEU and chrF 0–100, as everybody prints them; ROUGE 0–1.
    """

    metric: str
    value: float
    low: float
    high: float
    per_item: tuple[float, ...]

    @property
    def n(self) -> int:
        """How many items there are."""
        return len(self.per_item)


def bleu(texts: Sequence[str], references: Sequence[Sequence[str]], seed: int = 0) -> TextScore:
    """BLEU of the corpus: pooled counts of 1- to 4-grams, which is not the mean over items.

    Items are scored by the orders they are long enough for; else every short one would be 0.

    Shapes  references: of each text, one or more.
    Raises  PracticumError when they do not pair up.
    Source  Papineni 2002, by sacrebleu: its 13a tokens, its exponential smoothing.
    """
    from sacrebleu.metrics.bleu import BLEU

    return _pooled("bleu", (BLEU(), BLEU(effective_order=True)), texts, references, seed)


def chrf(texts: Sequence[str], references: Sequence[Sequence[str]], seed: int = 0) -> TextScore:
    """chrF2 of the corpus: F of character 1- to 6-grams, recall counted twice.

    Shapes  references: of each text, one or more.
    Raises  PracticumError when they do not pair up.
    Source  Popović 2015, by sacrebleu.
    """
    from sacrebleu.metrics.chrf import CHRF

    return _pooled("chrf", (CHRF(), CHRF()), texts, references, seed)


def rouge(
    texts: Sequence[str], references: Sequence[Sequence[str]], seed: int = 0
) -> dict[str, TextScore]:
    """ROUGE-1, -2 and -L, each the mean over items of F1 with the reference that fits best.

    Shapes  references: of each text, one or more.
    Raises  PracticumError when they do not pair up.
    Source  Lin 2004, by rouge-score without stemming. Its tokens are Latin letters and digits:
            texts in other scripts score 0.
    """
    from rouge_score.rouge_scorer import RougeScorer  # type: ignore[import-untyped]

    _check(texts, references)
    scorer = RougeScorer(list(ROUGES))
    found = [scorer.score_multi(list(r), t) for t, r in zip(texts, references, strict=True)]
    scores = {}
    for name in ROUGES:
        values = tuple(float(f[name].fmeasure) for f in found)
        low, high = mean_bootstrap([values], [1.0], seed)
        scores[name] = TextScore(name, sum(values) / len(values), low, high, values)
    return scores


def _pooled(
    name: str,
    scorers: tuple[Metric, Metric],
    texts: Sequence[str],
    references: Sequence[Sequence[str]],
    seed: int,
) -> TextScore:
    """The score of counts pooled over items, and its spread when other items are drawn."""
    import numpy as np

    _check(texts, references)
    of_corpus, of_item = scorers
    longest = max(map(len, references))
    # sacrebleu wants the first reference of every text, then the second of every text, …
    streams = [[r[i] if i < len(r) else None for r in references] for i in range(longest)]
    # Its own bootstrap gives a half width around the resamples' mean; the counts of each item,
    # which it keeps behind an underscore, give an interval of the score itself.
    kept: Any = of_corpus._extract_corpus_statistics  # its annotation forgets the None
    counts = np.array(kept(texts, streams))  # (n, counts)

    def score(totals: NDArray[np.int64]) -> float:
        return float(of_corpus._compute_score_from_stats(totals.tolist()).score)

    def scores(drawn: NDArray[np.int64]) -> NDArray[np.float64]:
        return np.array([score(totals) for totals in drawn @ counts])

    low, high = bootstrap_interval(len(texts), scores, seed)
    each = [
        float(of_item.sentence_score(t, list(r)).score)
        for t, r in zip(texts, references, strict=True)
    ]
    return TextScore(name, score(counts.sum(0)), low, high, tuple(each))


def _check(texts: Sequence[str], references: Sequence[Sequence[str]]) -> None:
    if not texts or len(texts) != len(references):
        raise PracticumError(
            f"{len(texts)} texts and references for {len(references)} cannot be scored",
            hint="one list of references a text",
        )
    empty = [i for i, r in enumerate(references) if not r]
    if empty:
        raise PracticumError(
            f"text {empty[0]} has no reference", hint="give it one, or leave it out"
        )
