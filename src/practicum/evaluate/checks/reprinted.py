"""The choice questions of an evaluation, taken out of their prompts and asked in other forms."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from practicum.core.artifact import write_atomically
from practicum.evaluate.checks.formats import (
    FORMS,
    MOST_CHOICES,
    ChoiceQuestion,
    Sensitivity,
    sensitivity,
)
from practicum.evaluate.tasks.task import quietly

FORMS_FILE = "forms.json"
CUES = re.compile(r"\A(?:Question|Q):\s*|\s*(?:Answer|A):\s*\Z")
LABEL = re.compile(r"\A\(?[A-Z]\)?[.)]?\s*\Z")
LABELLED = re.compile(r"\A\([A-Z]\)\s*")
FEWEST = 2  # questions: one alone has no spread

_KEPT = TypeAdapter(dict[str, Sensitivity])


def choice_question(task: Any, row: dict[str, Any]) -> ChoiceQuestion | None:
    """The bare question of a row with its options, or None where it is of another kind.

    Known are options that are texts (ARC, HellaSwag, PIQA), those of a column `choices` behind
    letters (MMLU), and those that stand in the question behind "(A)" (AGIEval, BIG-Bench Hard).
    """
    if task.OUTPUT_TYPE != "multiple_choice" or task.config.doc_to_choice is None:
        return None
    with quietly():
        text, choices, gold = (
            task.doc_to_text(row),
            task.doc_to_choice(row),
            task.doc_to_target(row),
        )
    if isinstance(text, int) or "mc2_targets" in row:  # no question; several right answers
        return None
    right = gold[0] if isinstance(gold, list) and len(gold) == 1 else gold
    if isinstance(right, str) and right in choices:
        right = choices.index(right)
    if not isinstance(right, int) or not 0 <= right < len(choices):
        return None
    question = CUES.sub("", text.strip())
    if all(LABEL.match(c) for c in choices):
        found = _behind_labels(row, question)
        if found is None:
            return None
        question, choices = found
    elif " Answer Choices: " in question:
        question = CUES.sub("", question.split(" Answer Choices: ")[0])
        choices = [LABELLED.sub("", c) for c in choices]
    options = tuple(str(c).strip() for c in choices)
    is_whole = right < len(options) <= MOST_CHOICES and len(set(options)) == len(options) > 1
    return ChoiceQuestion(question, options, right) if is_whole and all(options) else None


def _behind_labels(row: dict[str, Any], question: str) -> tuple[str, list[str]] | None:
    """The question and the texts of its options, where the choices are labels only."""
    if isinstance(row.get("question"), str) and isinstance(row.get("choices"), list):
        return row["question"].strip(), row["choices"]
    before, found, listed = str(row.get("input", "")).partition("\nOptions:\n")
    lines = listed.split("\n")
    if not found or not all(LABELLED.match(line) for line in lines):
        return None
    return before, [LABELLED.sub("", line) for line in lines]


def reprint(
    name: str, asked: Sequence[tuple[Any, dict[str, Any]]], model: Any, n: int, keep: Path,
    seed: int = 0,
) -> Sensitivity | None:  # fmt: skip
    """How the model fares with up to n questions of a unit in every form; kept for the next try.

    asked  the harness's tasks and rows; None comes back where they hold too few such questions
    """
    path = keep / FORMS_FILE
    kept = _KEPT.validate_json(path.read_text("utf-8")) if path.is_file() else {}
    if name in kept:
        return kept[name]
    taken: list[ChoiceQuestion] = []
    for task, row in asked:
        if question := choice_question(task, row):
            taken.append(question)
        if len(taken) == n:
            break
    if len(taken) < FEWEST:
        return None
    found = sensitivity(taken, _scorer(model), FORMS, seed)
    kept[name] = found
    write_atomically(path, json.dumps(_KEPT.dump_python(kept, mode="json")) + "\n")
    return found


def _scorer(model: Any) -> Any:
    """Log-probabilities by the harness's model, in one call: prompts share what they can."""
    from lm_eval.api.instance import Instance

    def score(prompts: Sequence[str], continuations: Sequence[str]) -> list[float]:
        requests = [Instance(request_type="loglikelihood", doc={}, arguments=pair, idx=i)
                    for i, pair in enumerate(zip(prompts, continuations, strict=True))]  # fmt: skip
        return [float(found[0]) for found in model.loglikelihood(requests, disable_tqdm=True)]

    return score
