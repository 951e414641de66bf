"""A user's own file becomes rows: told how it was read, or refused with nothing written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import practicum as pr
from practicum.core.errors import DataError, PlanError
from practicum.core.store import Store
from practicum.evaluate.checks.trained_on import trained_on


def file_of(path: Path, rows: list[Any]) -> str:
    path.write_text("\n".join(json.dumps(row) for row in rows))
    return str(path)


def sharegpt(n: int) -> list[Any]:
    return [{"id": i, "conversations": [{"from": "human", "value": f"question {i} of mine"},
                                        {"from": "gpt", "value": f"answer {i}"}]}
            for i in range(n)]  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "home")


def test_a_file_in_another_format_is_told_split_and_written_in_ours(
    tmp_path: Path, store: Store
) -> None:
    made = pr.data(file_of(tmp_path / "talk.jsonl", sharegpt(20)), home=store)
    assert made.artifact.kind == "chat"
    assert "talk.jsonl read as ShareGPT; left aside: id." in made.report.notes
    rows = list(made.artifact.rows("train.jsonl"))
    assert len(rows) == 16
    assert set(rows[0]) == {"messages"}
    assert pr.plan("data", str(tmp_path / "talk.jsonl"), home=store).notes == (
        "talk.jsonl read as ShareGPT; left aside: id.",
    )


def test_pairs_are_made_pairs_without_being_asked_and_a_wrong_form_says_the_right_one(
    tmp_path: Path, store: Store
) -> None:
    rows = [{"prompt": f"q {i}", "chosen": "yes", "rejected": "no"} for i in range(5)]
    path = file_of(tmp_path / "pairs.jsonl", rows)
    assert pr.data(path, home=store).artifact.kind == "pairs"
    with pytest.raises(PlanError, match="your rows are pairs, not chat      try: --form pairs"):
        pr.data(path, home=store, form="chat")


def test_answers_wanted_and_unwanted_to_one_question_are_both_kept(
    tmp_path: Path, store: Store
) -> None:
    rows = [{"prompt": "same", "completion": str(i), "label": i % 2 == 0} for i in range(4)]
    made = pr.data(file_of(tmp_path / "kto.jsonl", [*rows, rows[0]]), home=store,
                   test_share=0, validation_share=0)  # fmt: skip
    kept = [(r["messages"][-1]["content"], r["label"]) for r in made.artifact.rows("train.jsonl")]
    assert sorted(kept) == [("0", True), ("1", False), ("2", True), ("3", False)]
    assert made.report.value("dropped.duplicates") == 1


def test_a_named_format_decides_where_a_row_could_be_two(tmp_path: Path, store: Store) -> None:
    row = {"instruction": "Add 1 and 2.", "input": "1 2", "output": "3"}
    path = file_of(tmp_path / "rows.jsonl", [row])
    asked = {}
    for form in (None, "completion"):
        made = pr.data(path, format=form, home=store, test_share=0, validation_share=0)
        asked[form] = next(iter(made.artifact.rows("train.jsonl")))["messages"][0]["content"]
    assert asked == {None: "Add 1 and 2.\n\n1 2", "completion": "1 2"}


def test_broken_rows_write_nothing(tmp_path: Path, store: Store) -> None:
    rows = [*sharegpt(3), {"conversations": []}, {"text": "?"}]
    path = file_of(tmp_path / "talk.jsonl", rows)
    with pytest.raises(DataError) as caught:
        pr.data(path, home=store)
    assert [c.where for c in caught.value.complaints] == ["talk.jsonl:4", "talk.jsonl:5"]
    assert not (store.home / "objects").exists()
    texts = file_of(tmp_path / "texts.jsonl", [{"text": "a"}, {"txt": "b"}, {"text": ["c"]}])
    with pytest.raises(DataError) as caught:
        pr.data(texts, home=store)
    assert [c.where for c in caught.value.complaints] == ["texts.jsonl:2", "texts.jsonl:3"]


def test_a_list_of_texts_is_read_row_by_row(tmp_path: Path, store: Store) -> None:
    path = tmp_path / "texts.json"
    path.write_text(json.dumps([{"text": "one"}, {"text": "two"}], indent=1))
    made = pr.data(str(path), home=store, test_share=0, validation_share=0)
    assert sorted(r["text"] for r in made.artifact.rows("train.jsonl")) == ["one", "two"]


@pytest.mark.parametrize("suffix", [".jsonl", ".json"])
def test_what_a_model_may_have_seen_is_found_in_any_format(
    tmp_path: Path, store: Store, suffix: str
) -> None:
    path = tmp_path / f"talk{suffix}"
    rows = sharegpt(2)
    path.write_text(json.dumps(rows) if suffix == ".json" else "\n".join(map(json.dumps, rows)))
    found = trained_on(store, pr.resolve(str(path), store).digest)
    assert [text for _, text in found.texts()] == [
        "question 0 of mine\nanswer 0", "question 1 of mine\nanswer 1",
    ]  # fmt: skip
