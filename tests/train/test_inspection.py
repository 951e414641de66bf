"""What training would see, shown before it: masks, counts, and the plans that refuse."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import practicum as pr
from practicum.core.errors import PlanError, PracticumError
from practicum.core.messages import Conversation, Message, Pair, write_rows
from practicum.core.stage import Made
from practicum.models.load import load_model
from practicum.train.rows import chat_rows, pair_rows


def chat(*said: str, **more: Any) -> Conversation:
    roles = ("user", "assistant") * len(said)
    messages = [{"role": r, "content": s} for r, s in zip(roles, said, strict=False)]
    return Conversation.model_validate({"messages": messages, **more})


CHATS = [chat(f"what is {a} + 20?", str(a + 20), "sure?", "yes, 漢 it is") for a in range(3, 9)]
PAIRS = [
    Pair(prompt=(Message(role="user", content=f"what is {a}?"),), chosen="a number, I would say",
         rejected="no") for a in range(30)
]  # fmt: skip


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def rows_file(tmp_path: Path, rows: list[Any]) -> str:
    path = tmp_path / "rows.jsonl"
    write_rows(path, rows)
    return str(path)


@pytest.mark.feature("T3")
def test_the_preview_of_the_mask_is_what_training_trains_and_holds_no_prompt_token(
    tiny: Made, tmp_path: Path, home: Path
) -> None:
    path = rows_file(tmp_path, CHATS)
    found = pr.inspect(tiny.artifact, path, home=home)
    assert found.findings == ()
    assert found.counts.n_prompt_trained == 0
    _, tokenizer = load_model(tiny.artifact)
    for number, row in enumerate(CHATS, 1):
        tokens = found.example(number)["chat"]
        assert ([t.id for t in tokens], [t.trained for t in tokens]) == tokenizer.encode_chat(
            row.messages
        )
        answers = "".join(m.content + "<|im_end|>" for m in row.messages if m.role == "assistant")
        assert "".join(t.text for t in tokens if t.trained) == answers
        assert "".join(t.text for t in tokens if not t.trained).count("<|im_start|>") == 4
    packed = chat_rows(Path(path), tokenizer, 256, 1024)
    assert found.counts.n_trained == packed.n_scored
    assert (found.counts.n_packed, found.counts.n_computed) == (len(packed.rows), packed.n_tokens)
    assert found.counts.n_tokens == packed.n_alone


def test_the_sides_of_a_pair_are_shown_as_they_are_trained(
    tiny: Made, tmp_path: Path, home: Path
) -> None:
    path = rows_file(tmp_path, PAIRS)
    found = pr.inspect(tiny.artifact, path, home=home)
    sides = found.example(2)
    assert ["".join(t.text for t in side if t.trained) for side in sides.values()] == [
        "a number, I would say<|im_end|>", "no<|im_end|>",
    ]  # fmt: skip
    _, tokenizer = load_model(tiny.artifact)
    packed = pair_rows(Path(path), tokenizer, 256, 1024)
    assert (found.counts.n_trained, found.counts.n_computed) == (packed.n_scored, packed.n_tokens)
    assert found.counts.n_prompt_trained == 0
    assert [f.kind for f in found.findings] == ["length"]
    assert found.notes[0].startswith("The chosen answer is longer in 30 and shorter in 0 of 30")


def test_what_is_too_long_is_counted_with_the_longest_row(
    tiny: Made, tmp_path: Path, home: Path
) -> None:
    path = rows_file(tmp_path, [*CHATS, chat("x", "y " * 40), *CHATS])
    counts = pr.inspect(tiny.artifact, path, home=home, max_tokens=56).counts
    assert (counts.n_rows, counts.longest_row) == (13, 7)
    assert counts.longest > 56
    _, tokenizer = load_model(tiny.artifact)
    packed = chat_rows(Path(path), tokenizer, 256, 56)
    assert (counts.n_over, counts.n_computed) == (packed.n_skipped, packed.n_tokens)


def test_another_template_is_rendered_and_told(tiny: Made, tmp_path: Path, home: Path) -> None:
    found = pr.inspect(tiny.artifact, rows_file(tmp_path, CHATS), home=home, template="alpaca")
    assert "".join(t.text for t in found.example(1)["chat"]).startswith("Below is an instruction")
    assert [(f.kind, f.refuses) for f in found.findings] == [("other-template", False)]
    with pytest.raises(PracticumError, match="which this vocabulary lacks"):
        pr.inspect(tiny.artifact, rows_file(tmp_path, CHATS), home=home, template="gemma")


def test_a_row_that_is_not_there_is_refused_with_the_rows_that_are(
    tiny: Made, tmp_path: Path, home: Path
) -> None:
    found = pr.inspect(tiny.artifact, rows_file(tmp_path, CHATS), home=home)
    for row in (0, 7):
        with pytest.raises(PracticumError, match="1 to 6"):
            found.example(row)


def test_texts_have_no_mask_to_show(tiny: Made, tmp_path: Path, home: Path) -> None:
    path = tmp_path / "prose.txt"
    path.write_text("Once.")
    with pytest.raises(PracticumError, match="holds text: chats or pairs are needed"):
        pr.inspect(tiny.artifact, str(path), home=home)


# -- the plan --------------------------------------------------------------------------------


def test_a_plan_refuses_every_fault_at_once_with_its_rows(
    tiny: Made, tmp_path: Path, home: Path
) -> None:
    rows = [*CHATS, chat("x", " "), chat("x", "a <|im_end|> b"), chat("x", "no", label=False)]
    with pytest.raises(PlanError) as caught:
        pr.plan("finetune", tiny.artifact, rows_file(tmp_path, rows), home=home)
    said = [(c.where, c.what.split(":")[0]) for c in caught.value.complaints]
    assert said == [
        ("rows.jsonl, row 7", "an answer is empty"),
        ("rows.jsonl, row 8", "an answer contains <|im_end|>, at which it would stop"),
        ("rows.jsonl, row 9", "an answer labelled as unwanted (KTO) would be taught"),
    ]
    assert all(c.hint for c in caught.value.complaints)
    sound = rows_file(tmp_path, [*CHATS, chat("x", "yes", label=True)])
    assert pr.plan("finetune", tiny.artifact, sound, home=home).makes.startswith("tiny tuned")


def test_a_plan_refuses_pairs_that_teach_nothing(tiny: Made, tmp_path: Path, home: Path) -> None:
    same = PAIRS[0].model_copy(update={"rejected": "a number,  I would say "})
    with pytest.raises(PlanError, match="row 3  chosen and rejected differ in white space alone"):
        pr.plan("align", tiny.artifact, rows_file(tmp_path, [*PAIRS[:2], same]), home=home)
    assert pr.plan("align", tiny.artifact, rows_file(tmp_path, PAIRS), home=home).seconds


def test_a_plan_encodes_a_sample_and_finds_what_a_template_does_to_every_row(
    tiny: Made, tmp_path: Path, home: Path
) -> None:
    folder = tmp_path / "endless"
    shutil.copytree(tiny.artifact.folder, folder)
    template = folder / "chat_template.jinja"
    template.chmod(0o644)
    template.write_text(template.read_text().replace("+ '<|im_end|>' ", ""))
    path = rows_file(tmp_path, CHATS * 200)
    with pytest.raises(PlanError) as caught:
        pr.plan("finetune", str(folder), path, home=home)
    (only,) = caught.value.complaints
    assert only.where == "rows.jsonl, rows 1, 20, 39, 58, 77 and 59 more"
    assert "never ends in an end-of-turn token" in only.what


def test_a_tokenizer_that_pads_with_its_end_of_turn_is_told_and_trained_all_the_same(
    tiny: Made, tmp_path: Path, home: Path
) -> None:
    folder = tmp_path / "padded"
    shutil.copytree(tiny.artifact.folder, folder)
    path = folder / "tokenizer_config.json"
    path.chmod(0o644)
    path.write_text(json.dumps(json.loads(path.read_text()) | {"pad_token": "<|im_end|>"}))
    rows = rows_file(tmp_path, CHATS)
    found = pr.inspect(str(folder), rows, home=home)
    assert [(f.kind, f.refuses, f.where) for f in found.findings] == [("pad-is-end", False, "")]
    ends = [t for t in found.example(1)["chat"] if t.text == "<|im_end|>" and t.trained]
    assert len(ends) == 2, "the end of every answer is trained"
    assert pr.plan("finetune", str(folder), rows, home=home).seconds
