"""Questions taken out of the prompts of many tasks, for asking them in other forms."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from practicum.evaluate.checks.formats import ChoiceQuestion
from practicum.evaluate.checks.reprinted import FORMS_FILE, choice_question, reprint
from practicum.evaluate.packs.making import read
from practicum.evaluate.tasks.rows import PACKS, locate
from practicum.evaluate.tasks.source import Catalogue
from practicum.evaluate.tasks.task import build


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue()


def questions(
    name: str, catalogue: Catalogue
) -> list[tuple[dict[str, Any], ChoiceQuestion | None]]:
    task = build(name, catalogue, locate(catalogue.config(name), 0, mini=True), shots=0)
    return [(row, choice_question(task, row)) for row in task.task_docs]


@pytest.mark.parametrize(
    ("name", "question", "right"),
    [
        ("arc_easy", "question", lambda r: r["choices"]["text"]["ABCD".index(r["answerKey"])]),
        ("mmlu_philosophy", "question", lambda r: r["choices"][r["answer"]]),
        ("openbookqa", "question_stem", lambda r: r["choices"]["text"]["ABCD".index(r["answerKey"])]),
        ("pubmedqa", None, lambda r: r["final_decision"]),
        ("agieval_aqua_rat", None, lambda r: r["choices"][r["gold"][0]].split(")", 1)[1].strip()),
        ("leaderboard_bbh_snarks", None,
         lambda r: r["input"].split(f"{r['target']} ", 1)[1].split("\n")[0]),
    ],
)  # fmt: skip
def test_the_bare_question_and_its_right_option_are_found(
    catalogue: Catalogue, name: str, question: str | None, right: Any
) -> None:
    found = questions(name, catalogue)
    assert found
    for row, asked in found:
        assert asked, row
        assert asked.choices[asked.answer] == right(row)
        assert not asked.question.endswith(("Answer:", "A:", "Answer", ":A"))
        assert "(A)" not in "".join((asked.question, *asked.choices))
        if question:
            assert asked.question == row[question].strip()


@pytest.mark.parametrize("name", ["winogrande", "truthfulqa_mc2", "gsm8k"])
def test_questions_of_another_kind_are_left_out(catalogue: Catalogue, name: str) -> None:
    assert {asked for _, asked in questions(name, catalogue)} == {None}


class LikesA:
    """A model that takes the first label; it counts what it is asked."""

    n = 0

    def loglikelihood(self, requests: list[Any], **ignored: Any) -> list[tuple[float, bool]]:
        LikesA.n += len(requests)
        return [(-float(r.arguments[1].strip() not in "Aa1"), False) for r in requests]


def test_forms_are_kept_for_the_next_try(catalogue: Catalogue, tmp_path: Path) -> None:
    task = build("arc_easy", catalogue, locate(catalogue.config("arc_easy"), 0, mini=True), shots=0)
    rows = [(task, row) for row in task.task_docs]
    found = reprint("arc_easy 0", rows, LikesA(), 8, tmp_path)
    assert found and found.n == 8
    asked = LikesA.n
    assert reprint("arc_easy 0", rows, LikesA(), 8, tmp_path) == found
    assert LikesA.n == asked, "what was kept is not asked again"
    assert (tmp_path / FORMS_FILE).is_file()
    shares = sum(row["answerKey"] == "A" for _, row in rows[:8]) / 8
    assert found.plain.accuracy == shares
    assert reprint("arc_easy 1", rows[:1], LikesA(), 8, tmp_path) is None  # one has no spread


def test_packs_hold_enough_questions_to_print() -> None:
    assert len(read(PACKS / "arc_easy.jsonl")) >= 16
