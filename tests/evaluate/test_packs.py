"""The mini packs: their columns, their splits, where their right answers stand, and the harness."""

from __future__ import annotations

import json
import statistics
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from practicum.evaluate.packs import making
from practicum.evaluate.tasks.rows import PACKS, SPLIT, locate
from practicum.evaluate.tasks.source import Catalogue
from practicum.evaluate.tasks.suites import suite
from practicum.evaluate.tasks.task import build

ROWS = {path.stem: making.read(path) for path in sorted(PACKS.glob("*.jsonl"))}
CHOICES = {"choices": {"text", "label"}, "mc1_targets": {"choices", "labels"},
           "mc2_targets": {"choices", "labels"}}  # fmt: skip
# The beginning of a task's name → its dataset's columns on the hub, its questions' split, its examples'.
SHAPES: dict[str, tuple[str, str, str | None]] = {
    "agieval_": ("query choices gold", "test", None),
    "arc_": ("id question choices answerKey", "test", "train"),
    "bigbench_": ("idx inputs targets multiple_choice_targets multiple_choice_scores", "default",
                  None),
    "boolq": ("question passage idx label", "validation", "train"),
    "eq_bench": ("prompt reference_answer reference_answer_fullscale", "validation", None),
    "gsm8k": ("question answer", "test", "train"),
    "hellaswag": ("ind activity_label ctx_a ctx_b ctx endings source_id split split_type label",
                  "validation", "train"),
    "leaderboard_bbh_": ("input target", "test", None),
    "mmlu_": ("question subject choices answer", "test", "dev"),
    "openbookqa": ("id question_stem choices answerKey", "test", "train"),
    "piqa": ("goal sol1 sol2 label", "validation", "train"),
    "pubmedqa": ("QUESTION CONTEXTS LABELS MESHES YEAR reasoning_required_pred reasoning_free_pred "
                 "final_decision LONG_ANSWER", "test", "train"),
    "truthfulqa_mc2": ("question mc1_targets mc2_targets", "validation", None),
    "winogrande": ("sentence option1 option2 answer", "validation", "train"),
}  # fmt: skip
FREE = ("eq_bench", "gsm8k", "truthfulqa_mc2")  # no option among others is the right one


def shape(name: str) -> tuple[str, str, str | None]:
    return next(given for start, given in SHAPES.items() if name.startswith(start))


def questions(name: str) -> list[dict[str, Any]]:
    return [row for row in ROWS[name] if row[SPLIT] == shape(name)[1]]


def options_of(name: str, row: dict[str, Any]) -> tuple[list[str], int]:
    """The options of a row and the place of the right one."""
    if name.startswith("agieval_"):
        return row["choices"], row["gold"][0]
    if name.startswith(("arc_", "openbookqa")):
        return row["choices"]["text"], row["choices"]["label"].index(row["answerKey"])
    if name.startswith("bigbench_"):
        return row["multiple_choice_targets"], row["multiple_choice_scores"].index(1)
    if name.startswith("leaderboard_bbh_"):
        below = row["input"].partition("\nOptions:\n")[2]
        if not below.startswith("("):
            return [w for w in ("Yes", "No", "yes", "no") if w[0] == row["target"][0].upper()
                    or w[0] == row["target"][0].lower()], row["target"].lower() == "no"  # fmt: skip
        letters = [line.split(" ")[0] for line in below.split("\n")]
        return [line.partition(" ")[2] for line in below.split("\n")], letters.index(row["target"])
    fields = {"mmlu_": "choices", "hellaswag": "endings"}
    for start, field in fields.items():
        if name.startswith(start):
            return row[field], int(row["answer" if field == "choices" else "label"])
    return {
        "boolq": lambda: (["no", "yes"], row["label"]),
        "piqa": lambda: ([row["sol1"], row["sol2"]], row["label"]),
        "pubmedqa": lambda: (o := ["yes", "no", "maybe"], o.index(row["final_decision"])),
        "winogrande": lambda: ([row["option1"], row["option2"]], int(row["answer"]) - 1),
    }[name]()
