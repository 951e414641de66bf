"""The mini packs: their columns, their splits, where their right answers stand, and the harness."""

from __future__ import annotations

import ast
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from practicum.evaluate.packs import making
from practicum.evaluate.tasks.rows import PACKS, SPLIT, locate
from practicum.evaluate.tasks.source import Catalogue
from practicum.evaluate.tasks.suites import suite
from practicum.evaluate.tasks.task import build

Row = dict[str, Any]
ROWS = {path.stem: making.read(path) for path in sorted(PACKS.glob("*.jsonl"))}
INSIDE = {"choices": {"text", "label"}, "mc1_targets": {"choices", "labels"},
          "mc2_targets": {"choices", "labels"}}  # fmt: skip
# How a task's name begins → its dataset's columns on the hub, its questions' split, its examples'.
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
    "summaries": ("source target", "test", "train"),
    "translation_en_de": ("source target", "test", "train"),
    "truthfulqa_mc2": ("question mc1_targets mc2_targets", "validation", None),
    "winogrande": ("sentence option1 option2 answer", "validation", "train"),
}  # fmt: skip
# No single option among others is the right one.
FREE = ("eq_bench", "gsm8k", "summaries", "translation_en_de", "truthfulqa_mc2")
CHOSEN = [name for name in ROWS if name not in FREE]


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue()


def shape(name: str) -> tuple[str, str, str | None]:
    return next(given for start, given in SHAPES.items() if name.startswith(start))


def questions(name: str) -> list[Row]:
    return [row for row in ROWS[name] if row[SPLIT] == shape(name)[1]]


def options_of(name: str, row: Row) -> tuple[list[str], int]:
    """The options of a row and the place of the right one, read from its columns."""
    if name.startswith("agieval_"):
        return row["choices"], row["gold"][0]
    if name.startswith(("arc_", "openbookqa")):
        return row["choices"]["text"], row["choices"]["label"].index(row["answerKey"])
    if name.startswith("bigbench_"):
        return row["multiple_choice_targets"], row["multiple_choice_scores"].index(1)
    if name.startswith("leaderboard_bbh_"):
        below = row["input"].partition("\nOptions:\n")[2].split("\n")
        if not below[0].startswith("("):
            return ["yes", "no"], ["yes", "no"].index(row["target"].lower())
        letters = [line.split(" ")[0] for line in below]
        return [line.partition(" ")[2] for line in below], letters.index(row["target"])
    if name.startswith("mmlu_"):
        return row["choices"], row["answer"]
    if name == "hellaswag":
        return row["endings"], int(row["label"])
    if name == "pubmedqa":
        return ["yes", "no", "maybe"], ["yes", "no", "maybe"].index(row["final_decision"])
    if name == "winogrande":
        return [row["option1"], row["option2"]], int(row["answer"]) - 1
    return (["no", "yes"] if name == "boolq" else [row["sol1"], row["sol2"]]), row["label"]


def test_every_task_of_the_suites_has_its_pack(catalogue: Catalogue) -> None:
    for name in ("nous", "openllm", "eq-bench"):
        for line in suite(name, catalogue).lines:
            assert any(task in ROWS for task in line.tasks), line.name
    assert sum(name.startswith("mmlu_") for name in ROWS) == 4
    assert "pubmedqa" in ROWS
    assert set(ROWS) <= set(catalogue.defined)


@pytest.mark.parametrize("name", ROWS)
def test_a_pack_has_the_columns_and_the_splits_of_its_dataset(name: str) -> None:
    columns, asked, examples = shape(name)
    for row in ROWS[name]:
        assert set(row) == {*columns.split(), SPLIT}
        for key, inside in INSIDE.items():
            if isinstance(row.get(key), dict):
                assert set(row[key]) == inside
                assert len({len(values) for values in row[key].values()}) == 1
    counts = Counter(row[SPLIT] for row in ROWS[name])
    assert set(counts) == {asked, *([examples] if examples else [])}
    assert 16 <= counts[asked] <= 18
    assert not examples or 5 <= counts[examples] <= 8


@pytest.mark.parametrize("name", ROWS)
def test_no_question_is_asked_twice(name: str) -> None:
    for key in ("id", "ind", "source_id"):
        given = [row[key] for row in ROWS[name] if key in row]
        assert len(set(given)) == len(given)
    bare = [{k: v for k, v in row.items() if k not in ("id", "ind", "idx", "source_id", SPLIT)}
            for row in ROWS[name]]  # fmt: skip
    assert len({json.dumps(row) for row in bare}) == len(bare)
    for key in ("question", "QUESTION", "question_stem", "goal", "sentence", "query", "input",
                "inputs", "prompt", "ctx", "source"):  # fmt: skip
        asked = [row[key] for row in bare if key in row]
        assert len(set(asked)) == len(asked)


@pytest.mark.parametrize("name", CHOSEN)
def test_right_answers_fall_evenly_on_the_options(name: str) -> None:
    found = [options_of(name, row) for row in questions(name)]
    for options, right in found:
        assert len(set(options)) == len(options)
        assert 0 <= right < len(options)
    if name.startswith("bigbench_") and len(found) == 18:
        return  # puzzles of three sizes: their own packs are even
    counts = Counter(right for _, right in found)
    assert max(counts.values()) - min(counts[i] for i in range(len(found[0][0]))) <= 1


@pytest.mark.parametrize("name", [n for n in CHOSEN if not n.startswith("bigbench_")])
def test_taking_the_longest_option_is_no_way_to_answer(name: str) -> None:
    found = [options_of(name, row) for row in questions(name)]
    hits = sum(max(options, key=len) == options[right] for options, right in found)
    assert hits <= 10  # of 16


@pytest.mark.parametrize("name", ROWS)
def test_the_harness_asks_the_questions_of_a_pack(catalogue: Catalogue, name: str) -> None:
    asked = questions(name)
    shots = 25 if shape(name)[2] else 0  # more than a pack has: cut to what it has
    where = locate(catalogue.config(name), shots, mini=True)
    assert where.source == "mini"
    task = build(name, catalogue, where, shots=shots or None)
    assert len(task.task_docs) == len(asked)
    task.build_all_requests(rank=0, world_size=1)
    assert not shots or 4 <= task.config.num_fewshot <= 8
    assert {i.doc_id for i in task.instances} == set(range(len(asked)))
    assert all(isinstance(part, str) and part for i in task.instances for part in i.args[:1])
    for row, doc in zip(asked, task.task_docs, strict=True):
        if name == "winogrande":
            assert task.doc_to_text(doc) == int(row["answer"]) - 1
        elif name not in FREE:
            target = task.doc_to_target(doc)
            place = target[0] if isinstance(target, list) else target
            options, right = options_of(name, row)
            letters = task.doc_to_choice(doc)
            place = letters.index(place) if isinstance(place, str) and place in letters else place
            assert int(place) == right
            assert len(letters) >= len(options)


def test_a_perfect_and_an_empty_answer_get_their_marks(catalogue: Catalogue) -> None:
    math = build("gsm8k", catalogue, locate(catalogue.config("gsm8k"), 5, mini=True), shots=5)
    assert math.config.num_fewshot == 5
    feelings = build("eq_bench", catalogue, locate(catalogue.config("eq_bench"), 0, mini=True))
    for doc in feelings.task_docs:
        scores = ast.literal_eval(doc["reference_answer_fullscale"])
        said = "\n".join(
            f"{scores[f'emotion{i}']}: {scores[f'emotion{i}_score']}" for i in (1, 2, 3, 4)
        )
        assert feelings.process_results(doc, [said])["eqbench"] == 100
        assert feelings.process_results(doc, [""])["eqbench"] == 0
        assert all(f"\n{scores[f'emotion{i}']}\n" in doc["prompt"] for i in (1, 2, 3, 4))
        shares = ast.literal_eval(doc["reference_answer"])
        assert sum(shares[f"emotion{i}_score"] for i in (1, 2, 3, 4)) == pytest.approx(10, abs=0.03)


def test_true_options_come_before_false_ones() -> None:
    for row in ROWS["truthfulqa_mc2"]:
        one, many = row["mc1_targets"], row["mc2_targets"]
        assert one["labels"] == [1] + [0] * (len(one["labels"]) - 1)
        assert many["labels"] == sorted(many["labels"], reverse=True)
        assert 1 < sum(many["labels"]) < len(many["labels"])
        assert set(one["choices"]) <= set(many["choices"])


def test_a_gap_is_filled_by_what_the_sentence_names() -> None:
    for row in ROWS["winogrande"]:
        assert row["sentence"].count("_") == 1
        assert row["option1"] in row["sentence"]
        assert row["option2"] in row["sentence"]


def test_without_the_passage_the_same_is_asked() -> None:
    both = zip(ROWS["agieval_sat_en"], ROWS["agieval_sat_en_without_passage"], strict=True)
    for whole, short in both:
        assert whole["query"].endswith(short["query"]) and short["query"].startswith("Q: ")
        assert len(whole["query"]) > len(short["query"]) + 300
        assert (whole["choices"], whole["gold"]) == (short["choices"], short["gold"])


def test_computed_packs_are_written_again_byte_for_byte(tmp_path: Path) -> None:
    making.write(tmp_path)
    made = sorted(path.name for path in tmp_path.iterdir())
    assert len(made) == 26
    for name in made:
        assert (tmp_path / name).read_bytes() == (PACKS / name).read_bytes(), name
