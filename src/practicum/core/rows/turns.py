"""Texts and turns as rows spell them: OpenAI's roles and others', parts of text, tool calls."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

Fields = Mapping[str, Any]
Turn = dict[str, Any]

ROLES = {
    "system": "system", "developer": "system",
    "user": "user", "human": "user",
    "assistant": "assistant", "gpt": "assistant", "model": "assistant", "chatgpt": "assistant",
    "bot": "assistant", "bing": "assistant", "bard": "assistant",
    # What a tool answers is read by the model, what it is asked is written by the model.
    "tool": "user", "function": "user", "observation": "user", "function_response": "user",
    "ipython": "user", "function_call": "assistant", "tool_call": "assistant",
}  # fmt: skip


class RowError(ValueError):
    """A row that its format cannot read, with what to try."""

    def __init__(self, what: str, hint: str) -> None:
        super().__init__(what)
        self.hint = hint


def first_of(row: Fields, names: Iterable[str]) -> str | None:
    """The first of these fields that the row has."""
    return next((name for name in names if row.get(name) is not None), None)


def text_of(value: Any, where: str) -> str:
    """A text; numbers are spelled, parts of text (OpenAI's) are joined."""
    if isinstance(value, str):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, list) and value and all(isinstance(part, dict) for part in value):
        strange = next((p for p in value if p.get("type") != "text"), None)
        if strange is not None:
            raise RowError(f"{where}: a part of type {strange.get('type')!r}", "text alone is read")
        return "".join(text_of(part.get("text"), where) for part in value)
    found = "nothing" if value is None else type(value).__name__
    raise RowError(f"{where}: {found} where a text is expected", "write a text there")


def needed(row: Fields, names: Iterable[str]) -> str:
    """The text of the first of these fields.  Raises RowError when the row has none."""
    name = first_of(row, names)
    if name is None:
        what = " or ".join(repr(n) for n in names)
        raise RowError(f"the row has no {what}", f"it has {listed(row) or 'no fields'}")
    return text_of(row[name], name)


def listed(names: Iterable[str]) -> str:
    """The first eight names, in order."""
    return ", ".join(str(n) for n in sorted(names)[:8])


def turn_of(message: Any, where: str) -> Turn:
    """A message with role and content, or with from and value, as role and content.

    Raises  RowError when it has no known role or no text, or asks not to be trained.
    """
    if not isinstance(message, dict):
        raise RowError(f"{where}: no message", '{"role": "user", "content": "…"}')
    given = {k: v for k, v in message.items() if v is not None}
    role_key, text_key = first_of(given, ("role", "from")), first_of(given, ("content", "value"))
    if role_key is None or text_key is None:
        missing = "role" if role_key is None else "content"
        calls = missing == "content" and "tool_calls" in given
        raise RowError(f"{where}.{missing}: Field required",
                       "write the tool call as text" if calls else "every message has a role and "
                       "a content (or from and value)")  # fmt: skip
    role = str(given[role_key])
    if role.casefold() not in ROLES:
        close = difflib.get_close_matches(role.casefold(), ROLES, 1)
        raise RowError(f"{where}.{role_key}: {role!r} is no role",
                       close[0] if close else "system, user, assistant or tool")  # fmt: skip
    weight = given.get("weight", given.get("train", 1))
    if ROLES[role.casefold()] == "assistant" and not weight:
        raise RowError(f"{where}: an answer that is not to be trained, which no row can ask for",
                       "end the chat before it")  # fmt: skip
    return {
        "role": ROLES[role.casefold()],
        "content": text_of(given[text_key], f"{where}.{text_key}"),
    }


def turns_of(value: Any, where: str, role: str = "user") -> list[Turn]:
    """A text as one turn of that role, or a list of messages."""
    parts = isinstance(value, list) and value and isinstance(value[0], dict) and "type" in value[0]
    if not isinstance(value, list) or parts:
        return [{"role": role, "content": text_of(value, where)}]
    return [turn_of(message, f"{where}.{i}") for i, message in enumerate(value)]
