"""Rows as people keep them: read in seven formats, told, and refused by file and line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from practicum.core.errors import DataError
from practicum.core.messages import Conversation, Message, Pair, read_rows
from practicum.core.rows.formats import FORMATS, convert, form_of, form_of_file, told_as
from practicum.core.rows.lines import raw_rows
from practicum.core.rows.turns import RowError

QUESTION, ANSWER = "What is a cow?", "An animal."
CHAT = [{"role": "user", "content": QUESTION}, {"role": "assistant", "content": ANSWER}]
SYSTEM = {"role": "system", "content": "Be brief."}
HH = "\n\nHuman: What is a cow?\n\nAssistant: "


def written(path: Path, *rows: Any) -> Path:
    texts = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("\n".join(texts), encoding="utf-8")
    return path


def complaints(path: Path, row_type: Any = Conversation, form: str | None = None) -> list[str]:
    with pytest.raises(DataError) as caught:
        read_rows(path, row_type, form)
    return [str(c) for c in caught.value.complaints]


def turns(*said: str) -> list[dict[str, str]]:
    roles = ("user", "assistant") * len(said)
    return [{"role": r, "content": s} for r, s in zip(roles, said, strict=False)]


# -- by hand ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "row", "messages"),
    [
        ("messages", {"messages": CHAT}, CHAT),
        ("messages", {"messages": [{"role": "developer", "content": "Be brief."}, *CHAT]},
         [SYSTEM, *CHAT]),
        ("messages", {"messages": [{"role": "user", "content": [{"type": "text", "text": QUESTION}]},
                                   CHAT[1]], "id": 7}, CHAT),
        ("sharegpt", {"conversations": [{"from": "human", "value": QUESTION},
                                        {"from": "gpt", "value": ANSWER}]}, CHAT),
        ("sharegpt", {"conversations": [{"from": "system", "value": "Be brief."},
                                        {"from": "human", "value": QUESTION},
                                        {"from": "gpt", "value": ANSWER}]}, [SYSTEM, *CHAT]),
        ("sharegpt", {"system": "Be brief.", "conversations": [
            {"role": "user", "content": QUESTION}, {"role": "assistant", "content": ANSWER}]},
         [SYSTEM, *CHAT]),
        ("sharegpt", {"conversations": [
            {"from": "human", "value": "Weather?"}, {"from": "function_call", "value": "look()"},
            {"from": "tool", "value": "rain"}, {"from": "gpt", "value": "It rains."}]},
         turns("Weather?", "look()", "rain", "It rains.")),
        ("alpaca", {"instruction": QUESTION, "input": "", "output": ANSWER}, CHAT),
        ("alpaca", {"instruction": "Add.", "input": "1 2", "output": "3", "text": "all of it"},
         turns("Add.\n\n1 2", "3")),
        ("alpaca", {"instruction": "And now?", "output": "Dusk.", "system": "Be brief.",
                    "history": [["Time?", "Noon."]]},
         [SYSTEM, *turns("Time?", "Noon.", "And now?", "Dusk.")]),
        ("alpaca", {"instruction": "Add.", "context": "1 2", "response": "3", "category": "sums"},
         turns("Add.\n\n1 2", "3")),
        ("completion", {"prompt": QUESTION, "completion": ANSWER}, CHAT),
        ("completion", {"question": "1 + 1", "answer": 2}, turns("1 + 1", "2")),
        ("completion", {"prompt": CHAT[:1], "completion": CHAT[1:]}, CHAT),
        ("completion", {"prompt": QUESTION, "response": ANSWER, "system": "Be brief."},
         [SYSTEM, *CHAT]),
        ("kto", {"prompt": QUESTION, "completion": ANSWER, "label": False}, CHAT),
        ("kto", {"prompt": CHAT[:1], "completion": CHAT[1:], "label": 1}, CHAT),
    ],
)  # fmt: skip
def test_each_format_of_chats_says_the_same(
    tmp_path: Path, form: str, row: dict[str, Any], messages: list[Any]
) -> None:
    path = written(tmp_path / "rows.jsonl", row)
    assert form_of_file(path) == form
    (chat,) = read_rows(path, Conversation)
    assert [m.model_dump() for m in chat.messages] == messages
    assert chat.label == (bool(row["label"]) if form == "kto" else None)
    assert read_rows(path, Conversation, form) == [chat], "named, it is read alike"


@pytest.mark.parametrize(
    "row",
    [
        {"prompt": QUESTION, "chosen": ANSWER, "rejected": "No."},
        {"question": QUESTION, "chosen": ANSWER, "rejected": "No."},
        {"prompt": CHAT[:1], "chosen": ANSWER, "rejected": "No."},
        {"prompt": CHAT[:1], "chosen": CHAT[1:], "rejected": turns("", "No.")[1:]},
        {"chosen": CHAT, "rejected": turns(QUESTION, "No.")},
        {"prompt": QUESTION, "chosen": CHAT, "rejected": turns(QUESTION, "No."), "messages": CHAT},
        {"chosen": HH + ANSWER, "rejected": HH + "No."},
        {"chosen": (HH + ANSWER).strip(), "rejected": (HH + "No.").strip()},
    ],
)
def test_each_spelling_of_a_pair_says_the_same(tmp_path: Path, row: dict[str, Any]) -> None:
    path = written(tmp_path / "rows.jsonl", row)
    assert form_of_file(path) == "pairs"
    assert read_rows(path, Pair) == [
        Pair(prompt=(Message(role="user", content=QUESTION),), chosen=ANSWER, rejected="No.")
    ]


def test_a_system_prompt_beside_a_pair_begins_its_prompt(tmp_path: Path) -> None:
    row = {"system": "Be brief.", "question": QUESTION, "chosen": ANSWER, "rejected": "No."}
    (pair,) = read_rows(written(tmp_path / "rows.jsonl", row), Pair)
    assert [m.model_dump() for m in pair.prompt] == [SYSTEM, CHAT[0]]


def test_an_instruction_with_several_instances_is_several_chats(tmp_path: Path) -> None:
    row = {"instruction": "Add.", "instances": [{"input": "1 2", "output": "3"},
                                                {"input": "", "output": "Of what?"}]}  # fmt: skip
    rows = read_rows(written(tmp_path / "rows.jsonl", row), Conversation)
    assert [r.messages[0].content for r in rows] == ["Add.\n\n1 2", "Add."]


def test_what_a_row_says_of_itself_is_kept_and_the_rest_is_told_as_left_aside(
    tmp_path: Path,
) -> None:
    row = {"id": "x", "question": QUESTION, "answer": ANSWER, "source": "a farm", "license": "MIT"}
    path = written(tmp_path / "rows.jsonl", row)
    (chat,) = read_rows(path, Conversation)
    assert (chat.source, chat.license, chat.answer) == ("a farm", "MIT", None)
    assert told_as(path, "completion") == (
        "read as prompts and completions (question, answer); left aside: id"
    )


def test_a_json_list_is_read_with_the_lines_its_rows_begin_on(tmp_path: Path) -> None:
    good = {"instruction": "Add.", "output": "3"}
    path = tmp_path / "rows.json"
    path.write_text("\ufeff" + json.dumps([good, {"instruction": "?"}, good], indent=1))
    assert complaints(path) == [
        "rows.json:6  the row has no 'output' or 'response'      try: it has instruction"
    ]
    path.write_text(json.dumps([good, good], indent=1))
    assert len(read_rows(path, Conversation)) == 2
    path.write_text("[\n" + json.dumps(good) + ",\n{broken")
    assert [c.split("      ")[0] for c in complaints(path)] == [
        "rows.json:3  not JSON: Expecting property name enclosed in double quotes"
    ]
    path.write_text(json.dumps(good) + "\n" + json.dumps(good))  # lines after all
    assert len(read_rows(path, Conversation)) == 2


# -- what is refused, and what is suggested --------------------------------------------------


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"messages": [{"role": "asistant", "content": "x"}]},
         "messages.0.role: 'asistant' is no role      try: assistant"),
        ({"conversations": [{"from": "narrator", "value": "x"}]},
         "conversations.0.from: 'narrator' is no role      try: system, user, assistant or tool"),
        ({"messages": CHAT[:1]},
         "the last message has role user, expected assistant      try: leave it out, or answer it"),
        ({"messages": CHAT, "licence": "MIT"},
         "licence: no field of a row      try: rename it to 'license'"),
        ({"messages": [CHAT[0], {"role": "assistant", "tool_calls": []}]},
         "messages.1.content: Field required      try: write the tool call as text"),
        ({"messages": [CHAT[0], CHAT[1] | {"weight": 0}]},
         "messages.1: an answer that is not to be trained, which no row can ask for"
         "      try: end the chat before it"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]},
         "messages.0.content: a part of type 'image_url'      try: text alone is read"),
        ({"instruction": QUESTION, "output": None, "response": None, "instances": 3},
         '''instances: no list      try: "instances": [{"input": "…", "output": "…"}]'''),
        ({"prompt": " ", "completion": "x"},
         "prompt: is empty      try: rows of text alone have one field, 'text'"),
        ({"prompt": QUESTION, "completion": "x", "label": "good"},
         "label: 'good' is neither true nor false      try: true for a wanted answer"),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_read_gets_one_complaint_with_a_suggestion(
    tmp_path: Path, row: Any, said: str
) -> None:
    assert complaints(written(tmp_path / "rows.jsonl", row)) == [f"rows.jsonl:1  {said}"]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"chosen": HH + "x", "rejected": HH + "x"}, "the same text"),
        ({"chosen": turns("a", "b", "c", "d"), "rejected": turns("a", "B", "c", "e")},
         "differ in more than their last answer"),
        ({"chosen": turns("a", "b"), "rejected": turns("c", "d")}, "share no beginning"),
        ({"chosen": "yes", "rejected": "no"}, "no dialogue, and the row has no prompt"),
        ({"prompt": "q", "chosen": "yes"}, "the row has no 'rejected'"),
    ],
)  # fmt: skip
def test_a_pair_that_is_none_says_why(tmp_path: Path, row: Any, said: str) -> None:
    (only,) = complaints(written(tmp_path / "rows.jsonl", row), Pair)
    assert said in only
    assert "try: " in only


def test_a_row_of_another_format_is_named_as_such(tmp_path: Path) -> None:
    path = written(tmp_path / "rows.jsonl", {"messages": CHAT}, {"instruction": "x", "output": "y"})
    assert complaints(path) == [
        "rows.jsonl:2  looks like Alpaca, the file is read as OpenAI messages"
        "      try: one format in a file"
    ]


def test_pairs_are_not_read_as_chats(tmp_path: Path) -> None:
    path = written(tmp_path / "rows.jsonl", {"prompt": "q", "chosen": "a", "rejected": "b"})
    assert complaints(path) == ["rows.jsonl  the rows are preference pairs, not chat"
                                "      try: a file of chat"]  # fmt: skip


# -- for any rows ----------------------------------------------------------------------------

values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["role", "from", "content", "value", "type", "text", "input",
                                       "output"]), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
FIELDS = ["messages", "conversations", "instruction", "input", "output", "instances", "history",
          "prompt", "completion", "chosen", "rejected", "label", "text", "system", "source"]  # fmt: skip


@settings(max_examples=400)
@given(st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, values)) | values)
def test_no_row_whatever_is_our_bug(row: Any) -> None:
    for form in FORMATS:
        hint, made = "", []
        try:
            made = convert(row, form)
        except RowError as error:
            hint = error.hint
        assert hint or all(isinstance(one, dict) for one in made)
    assert form_of(row) in (None, *FORMATS)


@given(st.binary(max_size=60))
def test_no_file_whatever_is_our_bug(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    folder = tmp_path_factory.mktemp("any")
    for name in ("rows.jsonl", "rows.json"):
        (folder / name).write_bytes(b"[" + data if name.endswith("n") else data)
        numbers = [n for n, _ in raw_rows(folder / name)]
        assert numbers == sorted(numbers)


said = st.text(min_size=1, max_size=8).filter(lambda t: t.strip() == t and "\n" not in t)


@given(st.lists(st.tuples(said, said), min_size=1, max_size=3), st.none() | said)
def test_a_chat_written_in_any_format_reads_back_equal(
    tmp_path_factory: pytest.TempPathFactory, talk: list[tuple[str, str]], system: str | None
) -> None:
    begin = [{"role": "system", "content": system}] if system else []
    messages = [*begin, *turns(*(t for two in talk for t in two))]
    names = {"system": "system", "user": "human", "assistant": "gpt"}
    spelled = {
        "messages": {"messages": messages},
        "sharegpt": {"conversations": [{"from": names[m["role"]], "value": m["content"]}
                                       for m in messages]},
        "alpaca": {"instruction": talk[-1][0], "output": talk[-1][1], "system": system,
                   "history": [list(t) for t in talk[:-1]]},
        "completion": {"prompt": messages[:-1], "completion": messages[-1]["content"]},
    }  # fmt: skip
    folder = tmp_path_factory.mktemp("rows")
    for form, row in spelled.items():
        (chat,) = read_rows(written(folder / f"{form}.jsonl", row), Conversation)
        assert [m.model_dump() for m in chat.messages] == messages, form
