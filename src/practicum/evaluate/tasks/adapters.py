"""Public files in the layout in which their authors publish them, as rows with the hub's columns.

An adapter is a function of a task's `dataset_name` and a way to find files; it names for every
split the files and how they are read. What the harness makes of the rows stays the harness's.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from practicum.core.errors import Complaint, DataError

Row = dict[str, Any]
Read = Callable[[Sequence[Path]], list[Row]]
Find = Callable[[str], Path | None]  # a file below the user's folder, by its name
LETTERS = "ABCDEFG"


@dataclass(frozen=True)
class Part:
    """The files of one split and how they become rows."""

    paths: tuple[Path, ...]
    read: Read


Adapter = Callable[[str, Find], dict[str, Part]]


def read_lines(paths: Sequence[Path]) -> list[Row]:
    """The rows of JSONL files.  Raises DataError with file:line."""
    rows: list[Row] = []
    wrong: list[Complaint] = []
    for path in paths:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except json.JSONDecodeError as error:
                wrong.append(Complaint(f"not JSON: {error.msg}", f"{path}:{number}"))
                continue
            if isinstance(row, dict):
                rows.append(row)
            else:
                wrong.append(Complaint("a row is a JSON object", f"{path}:{number}"))
    if wrong:
        raise DataError(*wrong[:5])
    return rows


def read_json(path: Path) -> Any:
    """The content of a JSON file.  Raises DataError."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise DataError(Complaint(f"not JSON: {error}", str(path))) from error


def _one(split: str, path: Path | None, read: Read) -> dict[str, Part]:
    return {split: Part((path,), read)} if path else {}


# -- AGIEval --------------------------------------------------------------------------------------


def agieval_row(row: Row) -> Row:
    """The hub's query, choices and gold of a line of AGIEval.

    Source  AGIEval's zero-shot prompt of its English multiple-choice tasks, as the rows of
            hails/agieval-* hold it.
    """
    options = list(row["options"])
    last = LETTERS[len(options) - 1]
    query = (
        f"{row.get('passage') or ''}Q: {row['question']} Answer Choices: {' '.join(options)}\n"
        f"A: Among A through {last}, the answer is"
    )
    gold = row["label"] if isinstance(row["label"], list) else [row["label"]]
    return {"query": query, "choices": options, "gold": [LETTERS.index(g) for g in gold]}


def agieval(name: str, find: Find) -> dict[str, Part]:
    """`aqua-rat.jsonl` and its like."""
    return _one("test", find(f"{name}.jsonl"), lambda p: [agieval_row(r) for r in read_lines(p)])


# -- BIG-Bench Hard -------------------------------------------------------------------------------


def _bbh_rows(paths: Sequence[Path]) -> list[Row]:
    rows = read_json(paths[0])["examples"]
    return [{"input": row["input"], "target": row["target"]} for row in rows]


def bbh(name: str, find: Find) -> dict[str, Part]:
    """`snarks.json` and its like."""
    return _one("test", find(f"{name}.json"), _bbh_rows)


# -- TruthfulQA -----------------------------------------------------------------------------------


def _choices(targets: dict[str, int]) -> Row:
    return {"choices": list(targets), "labels": [int(v) for v in targets.values()]}


def _truthful_choices(paths: Sequence[Path]) -> list[Row]:
    return [
        {
            "question": row["question"],
            "mc1_targets": _choices(row["mc1_targets"]),
            "mc2_targets": _choices(row["mc2_targets"]),
        }
        for row in read_json(paths[0])
    ]


def _truthful_texts(paths: Sequence[Path]) -> list[Row]:
    with paths[0].open(encoding="utf-8", newline="") as stream:
        return [
            {
                "type": row["Type"], "category": row["Category"], "question": row["Question"],
                "best_answer": row["Best Answer"], "source": row["Source"],
                "correct_answers": [a.strip() for a in row["Correct Answers"].split(";")],
                "incorrect_answers": [a.strip() for a in row["Incorrect Answers"].split(";")],
            }
            for row in csv.DictReader(stream)
        ]  # fmt: skip


def truthfulqa(name: str, find: Find) -> dict[str, Part]:
    """`mc_task.json` for the choices, `TruthfulQA.csv` for the generations."""
    if name == "generation":
        return _one("validation", find("TruthfulQA.csv"), _truthful_texts)
    return _one("validation", find("mc_task.json"), _truthful_choices)


# -- EQ-Bench -------------------------------------------------------------------------------------

REVISED = (
    " Then critique your answer by thinking it through step by step. Finally, give your revised"
    " scores."
)


def first_pass(prompt: str) -> str:
    """The prompt of EQ-Bench 2.1: without the critique and the second scores of version 2.

    Source  EQ-Bench's own scripts, with revision turned off; pbevan11/EQ-Bench holds such prompts.
    """
    text = prompt.replace(REVISED, "").replace("First pass scores:\n", "")
    critique, end = text.find("Critique: <your critique here>"), text.find("[End of answer]")
    if 0 <= critique < end:
        text = f"{text[:critique]}\n{text[end:]}"
    return f"{text}\nYour answer:\n"


def _eq_rows(paths: Sequence[Path]) -> list[Row]:
    return [
        {
            "prompt": first_pass(row["prompt"]),
            "reference_answer": str(row["reference_answer"]),
            "reference_answer_fullscale": str(row["reference_answer_fullscale"]),
        }
        for row in read_json(paths[0]).values()
    ]


def eq_bench(name: str, find: Find) -> dict[str, Part]:
    """`eq_bench_v2_questions_171.json`."""
    return _one("validation", find("eq_bench_v2_questions_171.json"), _eq_rows)


# -- PubMedQA -------------------------------------------------------------------------------------


def _pubmed_test(paths: Sequence[Path]) -> list[Row]:
    rows, truth = (read_json(p) for p in paths)
    return [rows[key] for key in truth]


def _pubmed_rest(paths: Sequence[Path]) -> list[Row]:
    rows, truth = (read_json(p) for p in paths)
    return [row for key, row in rows.items() if key not in truth]


def pubmedqa(name: str, find: Find) -> dict[str, Part]:
    """`ori_pqal.json`, of which `test_ground_truth.json` names the 500 of the test."""
    rows, truth = find("ori_pqal.json"), find("test_ground_truth.json")
    if not rows or not truth:
        return {}
    both = (rows, truth)
    return {"test": Part(both, _pubmed_test), "train": Part(both, _pubmed_rest),
            "validation": Part(both, _pubmed_rest)}  # fmt: skip


def gsm8k(name: str, find: Find) -> dict[str, Part]:
    """`train.jsonl` and `test.jsonl`: the hub's columns already."""
    return {
        split: Part((path,), read_lines)
        for split in ("train", "test")
        if (path := find(f"{split}.jsonl"))
    }


# dataset_path of the YAML → its folder's usual names, and the adapter.
ADAPTERS: dict[str, tuple[tuple[str, ...], Adapter]] = {
    "SaylorTwift/bbh": (("bbh", "BIG-Bench-Hard/bbh", "BIG-Bench-Hard"), bbh),
    "lukaemon/bbh": (("bbh", "BIG-Bench-Hard/bbh", "BIG-Bench-Hard"), bbh),
    "truthfulqa/truthful_qa": (("truthfulqa", "TruthfulQA", "TruthfulQA/data"), truthfulqa),
    "openai/gsm8k": (("gsm8k", "grade-school-math/grade_school_math/data"), gsm8k),
    "pbevan11/EQ-Bench": (("eq-bench", "eq_bench", "EQ-Bench/data"), eq_bench),
    "bigbio/pubmed_qa": (("pubmedqa", "pubmedqa/data"), pubmedqa),
}
AGIEVAL = ("agieval", "AGIEval", "AGIEval/data/v1", "AGIEval/data/v1_1")


def adapter_for(dataset: str) -> tuple[tuple[str, ...], Adapter] | None:
    """The adapter of a hub dataset, with the folders in which its files are looked for."""
    if dataset.startswith("hails/agieval-"):
        name = dataset.removeprefix("hails/agieval-")
        return AGIEVAL, lambda _, find: agieval(name, find)
    return ADAPTERS.get(dataset)
