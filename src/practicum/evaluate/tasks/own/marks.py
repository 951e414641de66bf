"""Marks that need more than comparing strings: a program run, a puzzle verified, a text overlapped.

The functions that our YAML names; each gets a row and the filtered replies, as the harness calls them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

FENCED = re.compile(r"```(?:python|py)?[ \t]*\n(.*?)(?:```|\Z)", re.DOTALL | re.IGNORECASE)
ANSWERED = re.compile(r"<answer>(.*?)</answer>", re.DOTALL | re.IGNORECASE)
Row = dict[str, Any]


def program(row: Row, replies: Sequence[str]) -> dict[str, float]:
    """Whether the function that was written passes the tests of its row, run in the sandbox.

    Source  Chen and others 2021, "Evaluating Large Language Models Trained on Code", pass@1 of
            one sample.
    """
    from practicum.core.host.sandbox import run_program

    tests = f"{row['test']}\ncheck({row['entry_point']})\n"
    return {"pass@1": float(run_program(f"{written(row, replies[0])}\n{tests}").ok)}


def written(row: Row, reply: str) -> str:
    """The function as a program: what a code block holds, else the reply behind its beginning."""
    block = FENCED.search(reply)
    code = block.group(1) if block else reply
    if re.search(rf"^def {re.escape(row['entry_point'])}\b", code, re.MULTILINE):
        # In front of it: the imports and helpers that the beginning brings.
        return f"{row['prompt'][: row['prompt'].rindex('def ')]}\n{code}"
    gap = "" if code.startswith("\n") else "\n"
    return f"{row['prompt'].rstrip()}{gap}{code}"


def verified(row: Row, replies: Sequence[str]) -> dict[str, float]:
    """What the puzzle's own verifier says of the answer: right or not, and its share of the mark."""
    from practicum.evaluate.tasks.carried import puzzles

    reply = replies[0]
    found = ANSWERED.search(reply)
    answer = (found.group(1) if found else reply).strip()
    dataset = puzzles(row["dataset"], row["seed"], row["size"])
    score = float(dataset.score_answer(answer, dataset[row["number"]]))
    return {"acc": float(score >= 1), "score": score}


def translated(row: Row, replies: Sequence[str]) -> dict[str, tuple[str, str]]:
    """The pair that chrF and BLEU are counted of; both pool their counts over all pairs."""
    pair = (replies[0].strip(), str(row["target"]))
    return {"chrf": pair, "bleu": pair}


def chrf_of_all(pairs: Sequence[tuple[str, str]]) -> float:
    """chrF2 of all pairs, as a fraction."""
    from sacrebleu.metrics.chrf import CHRF

    return _of_all(CHRF(), pairs)


def bleu_of_all(pairs: Sequence[tuple[str, str]]) -> float:
    """BLEU of all pairs, as a fraction."""
    from sacrebleu.metrics.bleu import BLEU

    return _of_all(BLEU(), pairs)


def _of_all(metric: Any, pairs: Sequence[tuple[str, str]]) -> float:
    texts, references = [p[0] for p in pairs], [p[1] for p in pairs]
    return float(metric.corpus_score(texts, [references]).score) / 100


def summarised(row: Row, replies: Sequence[str]) -> dict[str, float]:
    """ROUGE-L, -1 and -2 of the summary."""
    from practicum.measure.texts.overlap import ROUGES, rouge

    found = rouge([replies[0].strip()], [[str(row["target"])]])
    return {name: found[name].value for name in reversed(ROUGES)}
