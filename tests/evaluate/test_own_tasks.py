"""Tasks of our own: programs that are run, puzzles that are verified, texts that overlap."""

from __future__ import annotations

from typing import Any

import pytest

import practicum as pr
from practicum.core.errors import PracticumError
from practicum.core.store import Store
from practicum.evaluate.running.answers import Room
from practicum.evaluate.running.results import TaskResult
from practicum.evaluate.running.scoring import mark, result
from practicum.evaluate.running.units import Asked, agenda
from practicum.evaluate.tasks.carried import carried_rows, mmlu_rows
from practicum.evaluate.tasks.own.marks import written
from practicum.evaluate.tasks.rows import locate
from practicum.evaluate.tasks.source import Catalogue
from practicum.evaluate.tasks.task import build

OWN = ("humaneval", "humaneval_chat", "mmlu_dev", "bbh_dev", "translation_en_de", "summaries")
PUZZLES = ("reasoning_gym_chain_sum", "reasoning_gym_gcd", "reasoning_gym_countdown")


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue()


class Says:
    """A model whose answers are made of the rows of their questions."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def generate_until(self, requests: list[Any], **ignored: Any) -> list[str]:
        return [self.answer(request.doc) for request in requests]

    def loglikelihood(self, requests: list[Any], **ignored: Any) -> list[tuple[float, bool]]:
        rows = [(self.answer(r.doc), r.arguments[1].strip()) for r in requests]
        return [(0.0 if said == option else -9.0, said == option) for said, option in rows]


def scored(name: str, answer: Any, keep: Any, limit: int | None = None) -> TaskResult:
    found = agenda(Asked((), (name,)))
    assert not found.wrong and found.catalogue
    (line,) = found.suites[0].lines
    keep.mkdir(exist_ok=True)
    room = Room(Says(answer), found.catalogue, keep)
    sitting = room.open(found.units[line.unit], limit=limit)
    room.answer(sitting, len(sitting.order))
    assert not sitting.failed, sitting.failed
    return result(line, sitting, mark(sitting))


@pytest.mark.parametrize("name", [*OWN, *PUZZLES])
def test_every_own_task_is_asked_from_rows_that_need_no_network(
    catalogue: Catalogue, name: str
) -> None:
    config = catalogue.config(name)
    where = locate(config, config["num_fewshot"], mini=True)
    assert where.source == ("mini" if name in ("translation_en_de", "summaries") else "package")
    task = build(name, catalogue, where, shots=1 if name in PUZZLES else None)
    sizes = {"humaneval": 164, "humaneval_chat": 164, "mmlu_dev": 281, "bbh_dev": 81}
    assert len(task.task_docs) == sizes.get(name, 100 if name in PUZZLES else 16)
    row = task.task_docs[0]
    assert len(task.fewshot_context(row, num_fewshot=task.config.num_fewshot)) > 20


# -- programs -------------------------------------------------------------------------------------


@pytest.mark.feature("T1")
def test_the_published_solutions_pass_and_what_never_ends_fails_alone(tmp_path: Any) -> None:
    def answer(row: dict[str, Any]) -> str:
        number = int(row["task_id"].split("/")[1])
        endless = "    while True:\n        pass\n"
        return {3: endless, 5: "    exit(0)\n"}.get(number, row["canonical_solution"])

    found = scored("humaneval", answer, tmp_path, limit=9)
    assert [item.values["pass@1"] for item in found.items] == [1, 1, 1, 0, 1, 0, 1, 1, 1]
    assert (found.metric, found.n, found.n_all, found.source) == ("pass@1", 9, 164, "package")
    assert found.score == pytest.approx(7 / 9)
    assert found.ci95 and found.ci95[0] > 0.4


@pytest.mark.slow
def test_all_published_solutions_pass(tmp_path: Any) -> None:
    found = scored("humaneval", lambda row: row["canonical_solution"], tmp_path)
    assert (found.score, found.n) == (1.0, 164)


def test_a_function_in_a_code_block_is_taken_out_of_it() -> None:
    row = {"prompt": 'import math\n\n\ndef f(x):\n    """Twice."""\n', "entry_point": "f"}
    whole = "def f(x):\n    return 2 * x\n"
    for reply in (f"Sure!\n```python\n{whole}```\nIt doubles.", f"```\n{whole}", whole):
        assert written(row, reply) == f"import math\n\n\n\n{whole}"
    assert written(row, "    return 2 * x\n") == f"{row['prompt']}    return 2 * x\n"


# -- puzzles, examples ----------------------------------------------------------------------------


def test_a_puzzle_is_judged_by_its_own_verifier(tmp_path: Any) -> None:
    right = scored("reasoning_gym_chain_sum", lambda r: f"I say <answer>{r['answer']}</answer>",
                   tmp_path / "a", 10)  # fmt: skip
    wrong = scored("reasoning_gym_chain_sum", lambda r: "no idea", tmp_path / "b", 10)
    assert (right.score, right.others["score"], right.metric) == (1.0, 1.0, "acc")
    assert wrong.score == 0
    assert 0 <= wrong.others["score"] < 0.1  # the verifier gives crumbs for having answered


def test_a_puzzle_nobody_makes_is_named_with_its_neighbour(catalogue: Catalogue) -> None:
    with pytest.raises(PracticumError, match="reasoning_gym_chain_sum"):
        catalogue.find("reasoning_gym_chain_sun")
    assert len(catalogue.tasks("reasoning_gym")) == 8


def test_examples_that_a_package_carries_become_questions() -> None:
    text = (
        "Examples.\n\nQ: Which is red?\n(A) sky (B) grass (C) blood (D) snow\nA: Let's think. The "
        "answer is (A), no. The answer is (C).\n\nQ: Broken\n(A) one (B) two\nA: The answer is (A)."
    )
    assert list(mmlu_rows("colours", text)) == [
        {"subject": "colours", "question": "Which is red?",
         "choices": ["sky", "grass", "blood", "snow"], "answer": 0}]  # fmt: skip
    rows = carried_rows("practicum/mmlu-dev", None)["test"]
    assert len({row["subject"] for row in rows}) == 57
    counts = [sum(row["answer"] == i for row in rows) for i in range(4)]
    assert min(counts) > 50  # every letter is right about as often
    bbh = carried_rows("practicum/bbh-dev", None)["test"]
    assert len({row["subject"] for row in bbh}) == 27
    assert {row["target"] for row in bbh if row["subject"] == "navigate"} == {"Yes", "No"}


def test_the_right_letter_and_the_right_words_get_the_mark(tmp_path: Any) -> None:
    letters = scored("mmlu_dev", lambda r: "ABCD"[r["answer"]], tmp_path / "a", 12)
    assert (letters.score, letters.chance) == (1.0, 0.25)
    said = scored("bbh_dev", lambda r: f" The answer is {r['target'].upper()}.", tmp_path / "b", 30)
    assert said.score == 1.0
    assert scored("bbh_dev", lambda r: "", tmp_path / "c", 30).score == 0.0


# -- texts ----------------------------------------------------------------------------------------


@pytest.mark.feature("S6c")
@pytest.mark.parametrize("name", ["translation_en_de", "summaries"])
def test_references_score_one_copies_less_and_silence_nothing(name: str, tmp_path: Any) -> None:
    def half(row: dict[str, Any]) -> str:
        words = str(row["target"]).split()
        return " ".join(words[: len(words) // 2])

    answers = {"all": lambda r: r["target"], "half": half, "asked": lambda r: r["source"],
               "none": lambda r: ""}  # fmt: skip
    found = {how: scored(name, answer, tmp_path / how) for how, answer in answers.items()}
    assert found["all"].score == pytest.approx(1.0)
    assert found["none"].score == pytest.approx(0.0, abs=1e-6)
    score = found["half"].score
    assert score is not None and 0.2 < score < 0.8
    assert found["half"].ci95 and found["half"].ci95[0] < score < found["half"].ci95[1]
    assert 0 < (found["asked"].score or 0) < 0.6
    assert all(f.is_mini and f.n == 16 for f in found.values())
    metrics = {found["all"].metric, *found["all"].others}
    assert metrics == ({"chrf", "bleu"} if name[0] == "t" else {"rougeL", "rouge1", "rouge2"})


@pytest.mark.feature("S6c")
def test_answers_about_studies_are_marked_like_the_rest(tmp_path: Any) -> None:
    found = scored("pubmedqa", lambda r: r["final_decision"], tmp_path)
    assert (found.score, found.metric, found.is_mini) == (1.0, "acc", True)
    assert found.chance == pytest.approx(1 / 3)


# -- through the verb -----------------------------------------------------------------------------


def test_a_model_is_measured_on_packages_and_in_other_forms(own: Any, store: Store) -> None:
    made = pr.benchmark(str(own.model), task="arc_easy,mmlu_philosophy,gsm8k", limit=4, forms=4,
                        home=store, threads=1)  # fmt: skip
    tasks = {t["task"]: t for s in made.artifact.read_json("evaluation.json")["suites"]
             for part in s["parts"].values() for t in part}  # fmt: skip
    assert tasks["gsm8k"]["forms"] is None  # nothing to choose from there
    for name in ("arc_easy", "mmlu_philosophy"):
        forms = tasks[name]["forms"]
        assert (forms["n"], len(forms["forms"])) == (4, 7)
        assert all(0 <= f["accuracy"] <= 1 for f in forms["forms"])
