from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from practicum.core.errors import DataError
from practicum.core.messages import (
    Chat,
    Conversation,
    Message,
    Pair,
    Role,
    Score,
    check_roles,
    read_rows,
    write_rows,
)

USER, MODEL, SYSTEM = "user", "assistant", "system"


def turns(*roles: str) -> list[dict[str, str]]:
    return [{"role": role, "content": f"{role} {i}"} for i, role in enumerate(roles)]


def chat(*roles: str, **more: Any) -> dict[str, Any]:
    return {"messages": turns(*roles), **more}


def pair(**more: Any) -> dict[str, Any]:
    return {"prompt": turns(USER), "chosen": "good", "rejected": "bad", **more}


def written(tmp_path: Path, *lines: Any) -> Path:
    path = tmp_path / "rows.jsonl"
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    path.write_text("".join(text + "\n" for text in texts), encoding="utf-8")
    return path


def complaints(path: Path, row_type: Any) -> list[str]:
    with pytest.raises(DataError) as caught:
        read_rows(path, row_type)
    assert all(c.hint for c in caught.value.complaints if c.where), "each says what to try"
    return [f"{c.where}  {c.what}" if c.where else c.what for c in caught.value.complaints]


# -- roles -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "roles", [(USER, MODEL), (SYSTEM, USER, MODEL), (USER, MODEL, USER, MODEL)]
)
def test_user_and_assistant_in_turn_after_an_optional_system_is_a_conversation(
    roles: tuple[str, ...],
) -> None:
    row = Conversation.model_validate(chat(*roles))
    assert [m.role for m in row.messages] == list(roles)
    assert row.prompt == row.messages[:-1]


@pytest.mark.parametrize(
    ("roles", "expected"),
    [
        ((), "a conversation needs at least one message"),
        ((SYSTEM,), "the last message has role system, expected assistant"),
        ((USER,), "the last message has role user, expected assistant"),
        ((MODEL,), "message 1 has role assistant, expected user"),
        ((USER, USER), "message 2 has role user, expected assistant"),
        ((USER, MODEL, MODEL), "message 3 has role assistant, expected user"),
        ((SYSTEM, MODEL), "message 2 has role assistant, expected user"),
        ((USER, SYSTEM, MODEL), "message 2 has role system, expected assistant"),
    ],
)
def test_a_broken_order_of_roles_names_the_message(
    tmp_path: Path, roles: tuple[str, ...], expected: str
) -> None:
    assert complaints(written(tmp_path, chat(*roles)), Conversation) == [
        f"rows.jsonl:1  {expected}"
    ]


@given(st.lists(st.sampled_from([SYSTEM, USER, MODEL]), max_size=6))
def test_the_order_of_roles_equals_its_slow_obvious_twin(roles: list[Role]) -> None:
    text = "".join(role[0] for role in roles)
    legal = text in {"s", *("s" * s + ("ua" * 4)[:n] for s in (0, 1) for n in range(1, 8))}
    messages = [Message(role=role, content="") for role in roles]
    if legal:
        check_roles(messages, ends_with=None)
    else:
        with pytest.raises(ValueError):
            check_roles(messages, ends_with=None)


# -- rows that break the format --------------------------------------------------------------


def test_every_bad_row_is_named_with_its_file_and_line(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        chat(USER, MODEL),
        "{not json}",
        "",
        chat(USER, MODEL, licence="mit"),
        {"messages": [{"role": "tutor", "content": "x"}]},
        {"messages": [{"role": USER}]},
        "[1, 2]",
        chat(USER, MODEL),
    )
    assert complaints(path, Conversation) == [
        "rows.jsonl:2  not JSON: Expecting property name enclosed in double quotes",
        "rows.jsonl:4  licence: no field of a row",
        "rows.jsonl:5  messages.0.role: 'tutor' is no role",
        "rows.jsonl:6  messages.0.content: Field required",
        "rows.jsonl:7  not an object with fields",
    ]


def test_a_pair_whose_answers_are_equal_teaches_nothing_and_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, pair(), pair(chosen="same", rejected="same"))
    assert complaints(path, Pair) == ["rows.jsonl:2  chosen and rejected are the same text"]


def test_the_prompt_of_a_pair_ends_with_the_user(tmp_path: Path) -> None:
    path = written(tmp_path, pair(prompt=turns(USER, MODEL)))
    assert complaints(path, Pair) == [
        "rows.jsonl:1  the last message has role assistant, expected user"
    ]


def test_bytes_that_are_not_utf8_are_named_with_their_line(tmp_path: Path) -> None:
    path = written(tmp_path, chat(USER, MODEL))
    with path.open("ab") as stream:
        stream.write('{"messages": "caf\xe9"}\n'.encode("latin-1"))
    assert complaints(path, Conversation) == ["rows.jsonl:2  not UTF-8"]


@pytest.mark.parametrize(("n_bad", "n_said"), [(20, 20), (21, 21), (500, 21)])
def test_more_than_twenty_bad_rows_are_summed_up(tmp_path: Path, n_bad: int, n_said: int) -> None:
    said = complaints(written(tmp_path, *["nonsense"] * n_bad), Conversation)
    assert len(said) == n_said
    assert said[19].startswith("rows.jsonl:20  ")
    if n_bad > 20:
        assert said[20] == f"and {n_bad - 20} more rows like these"


# -- writing ---------------------------------------------------------------------------------

texts = st.text(max_size=20)


@given(st.lists(st.tuples(texts, texts, st.none() | texts), max_size=4))
def test_rows_read_back_equal_whatever_their_text(
    tmp_path_factory: pytest.TempPathFactory, contents: list[tuple[str, str, str | None]]
) -> None:
    rows = [
        Conversation(
            messages=(Message(role=USER, content=q), Message(role=MODEL, content=a)), answer=x
        )
        for q, a, x in contents
    ]
    path = tmp_path_factory.mktemp("rows") / "rows.jsonl"
    assert write_rows(path, rows) == len(rows)
    assert read_rows(path, Conversation) == rows


def test_absent_fields_are_not_written(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    write_rows(path, [Pair.model_validate(pair(task="sums"))])
    assert json.loads(path.read_text()) == pair(task="sums")


# -- protocols -------------------------------------------------------------------------------


def test_anything_with_the_right_methods_is_a_chat_or_a_score() -> None:
    class Parrot:
        def reply(self, prompts: Any, sampling: Any, heard: Any = None) -> Any: ...

        def stream(self, prompt: Any, sampling: Any) -> Any: ...

    assert isinstance(Parrot(), Chat)
    assert not isinstance(Parrot(), Score)
