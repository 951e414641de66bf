"""The formats in which people keep chats and preference pairs, and what each row says in ours.

    messages    {"messages": [{"role": "user", "content": …}, …]}                   OpenAI
    sharegpt    {"conversations": [{"from": "human", "value": …}, …]}
    alpaca      {"instruction": …, "input": …, "output": …}, or with "instances"
    completion  {"prompt": …, "completion": …}; also question and answer
    pairs       {"prompt": …, "chosen": …, "rejected": …}; without a prompt, two dialogues
    kto         {"prompt": …, "completion": …, "label": true}
    text        {"text": …}

A prompt or an answer is a text or a list of messages. Functions from rows to rows; the reader is
`read_rows` in `core.messages`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any, Literal

from practicum.core.rows.lines import BadLine, raw_rows
from practicum.core.rows.turns import (
    Fields,
    RowError,
    Turn,
    first_of,
    listed,
    needed,
    text_of,
    turn_of,
    turns_of,
)

PROMPTS = ("prompt", "question", "input")
COMPLETIONS = ("completion", "response", "answer", "output")
INPUTS, OUTPUTS = ("input", "context"), ("output", "response")
KEPT = ("task", "answer", "source", "license", "label")
_HH = re.compile(r"\n\n(Human|Assistant):")


@dataclass(frozen=True)
class Format:
    """A way to write rows: what they become, and the fields that are read.

    fields  the fields, as a sentence would list them
    read    a row → our rows; one row of Alpaca may hold several instances
    """

    title: str
    kind: Literal["chat", "pairs", "text"]
    fields: str
    read: Callable[[Fields], list[dict[str, Any]]]


def _answered(prompt: list[Turn], value: Any, where: str) -> list[Turn]:
    answer = turns_of(value, where, "assistant")
    if answer[: len(prompt)] == prompt:  # the whole dialogue once more
        return answer
    return [*prompt, *answer]


def _told(row: Fields, used: Iterable[str]) -> dict[str, Any]:
    """What a row says of itself beside its text: where it is from, what it may be used for."""
    return {k: row[k] for k in KEPT if k not in used and isinstance(row.get(k), str)}


def _system(row: Fields) -> list[Turn]:
    text = row.get("system") or row.get("system_prompt")
    return [{"role": "system", "content": text}] if isinstance(text, str) and text.strip() else []


# -- one function a format -------------------------------------------------------------------


def _messages(row: Fields) -> list[dict[str, Any]]:
    _no_typos(row, KEPT)
    if not isinstance(row.get("messages"), list):
        raise RowError("messages: no list", '"messages": [{"role": "user", "content": "…"}, …]')
    turns = [turn_of(message, f"messages.{i}") for i, message in enumerate(row["messages"])]
    return [{"messages": turns, **{k: row[k] for k in KEPT if row.get(k) is not None}}]


def _no_typos(row: Fields, known: Iterable[str]) -> None:
    """Fields of others are left aside, but a field of ours spelled otherwise is no one's."""
    for name in row:
        close = difflib.get_close_matches(str(name), known, 1, 0.8) if name not in known else []
        if close:
            raise RowError(f"{name}: no field of a row", f"rename it to {close[0]!r}")


def _sharegpt(row: Fields) -> list[dict[str, Any]]:
    turns = row.get("conversations")
    if not isinstance(turns, list):
        raise RowError("conversations: no list", '"conversations": [{"from": "human", …}, …]')
    said = [turn_of(turn, f"conversations.{i}") for i, turn in enumerate(turns)]
    begin = [] if said and said[0]["role"] == "system" else _system(row)
    return [{"messages": [*begin, *said], **_told(row, ())}]


def _alpaca(row: Fields) -> list[dict[str, Any]]:
    instances = row.get("instances")
    if instances is None:
        instances = [row]
    if not isinstance(instances, list) or not instances:
        raise RowError("instances: no list", '"instances": [{"input": "…", "output": "…"}]')
    made = []
    for instance in instances:
        if not isinstance(instance, dict):
            raise RowError("instances: no object", '{"input": "…", "output": "…"}')
        given = first_of(instance, INPUTS)
        material = text_of(instance[given], given) if given else ""
        asked = needed(row, ("instruction",)) + (f"\n\n{material}" if material.strip() else "")
        turns = [*_system(row), *_history(row), {"role": "user", "content": asked},
                 {"role": "assistant", "content": needed(instance, OUTPUTS)}]  # fmt: skip
        made.append({"messages": turns, **_told(row, ())})
    return made


def _history(row: Fields) -> list[Turn]:
    turns: list[Turn] = []
    for i, pair in enumerate(row.get("history") or ()):
        if not isinstance(pair, list) or len(pair) != 2:
            raise RowError(f"history.{i}: no pair", '"history": [["question", "answer"], …]')
        turns += turns_of(pair[0], f"history.{i}.0") + turns_of(
            pair[1], f"history.{i}.1", "assistant"
        )
    return turns


def _completion(row: Fields) -> list[dict[str, Any]]:
    prompt, answer = first_of(row, PROMPTS), first_of(row, COMPLETIONS)
    if prompt is None or answer is None:
        needed(row, PROMPTS if prompt is None else COMPLETIONS)
    asked = turns_of(row[prompt or ""], prompt or "")
    if not any(turn["content"].strip() for turn in asked):
        raise RowError(f"{prompt}: is empty", "rows of text alone have one field, 'text'")
    begin = [] if asked[0]["role"] == "system" else _system(row)
    turns = _answered([*begin, *asked], row[answer or ""], answer or "")
    return [{"messages": turns, **_told(row, (prompt or "", answer or ""))}]


def _kto(row: Fields) -> list[dict[str, Any]]:
    label = row.get("label")
    if not isinstance(label, bool) and label not in (0, 1):
        raise RowError(f"label: {label!r} is neither true nor false", "true for a wanted answer")
    return [{**made, "label": bool(label)} for made in _completion(row)]


def _pairs(row: Fields) -> list[dict[str, Any]]:
    _no_typos(row, ("prompt", "chosen", "rejected", "task", "source", "license"))
    asked = first_of(row, (*PROMPTS, "instruction"))
    prompt = turns_of(row[asked], asked) if asked else []
    if prompt and prompt[0]["role"] != "system":
        prompt = _system(row) + prompt
    dialogues = [_dialogue(row.get(name), name, prompt) for name in ("chosen", "rejected")]
    first, second = dialogues
    if first == second:
        raise RowError("chosen and rejected are the same text", "leave the row out")
    shared = [
        a for a, _ in takewhile(lambda two: two[0] == two[1], zip(first, second, strict=False))
    ]
    if not shared:
        raise RowError("chosen and rejected share no beginning", "give the question as 'prompt'")
    if any([t["role"] for t in d[len(shared) :]] != ["assistant"] for d in dialogues):
        raise RowError("chosen and rejected differ in more than their last answer",
                       "end both where they part")  # fmt: skip
    told = _told(row, (asked or "", "answer", "label"))
    return [{"prompt": shared, "chosen": first[-1]["content"], "rejected": second[-1]["content"],
             **told}]  # fmt: skip


def _dialogue(value: Any, where: str, prompt: list[Turn]) -> list[Turn]:
    """The prompt with this answer; a whole dialogue, in messages or in Anthropic's spelling, as
    it is, behind a prompt that it does not repeat."""
    if value is None:
        raise RowError(f"the row has no {where!r}", "every pair has a chosen and a rejected answer")
    if isinstance(value, str) and not prompt:
        parts = _HH.split(value if value.startswith("\n\n") else f"\n\n{value}")
        roles = {"Human": "user", "Assistant": "assistant"}
        if len(parts) < 5 or parts[0].strip():
            raise RowError(f"{where}: no dialogue, and the row has no prompt",
                           "give the question as 'prompt'")  # fmt: skip
        return [{"role": roles[who], "content": said.strip()}
                for who, said in zip(parts[1::2], parts[2::2], strict=True)]  # fmt: skip
    turns = turns_of(value, where, "assistant")
    asked = [t["content"] for t in prompt if t["role"] == "user"]
    repeats = len(turns) > 1 and asked and asked[0] in [t["content"] for t in turns]
    return turns if repeats else [*prompt, *turns]


def _text_row(row: Fields) -> list[dict[str, Any]]:
    return [{"text": needed(row, ("text",)), **_told(row, ("answer", "label", "task"))}]


FORMATS = {
    "messages": Format("OpenAI messages", "chat", "messages", _messages),
    "sharegpt": Format("ShareGPT", "chat", "conversations (system)", _sharegpt),
    "alpaca": Format("Alpaca", "chat", "instruction input context output response instances "
                     "history system", _alpaca),
    "completion": Format("prompts and completions", "chat",
                         " ".join((*PROMPTS, *COMPLETIONS, "system")), _completion),
    "pairs": Format("preference pairs", "pairs",
                    " ".join((*PROMPTS, "instruction chosen rejected system")), _pairs),
    "kto": Format("KTO", "chat", " ".join((*PROMPTS, *COMPLETIONS, "system label")), _kto),
    "text": Format("texts", "text", "text", _text_row),
}  # fmt: skip


# -- which format, and what it makes ---------------------------------------------------------


def form_of(row: Any) -> str | None:
    """The name of the format a row is written in; None when it is none of ours."""
    if not isinstance(row, dict):
        return None
    names = {name for name, value in row.items() if value is not None}
    asked, answered = names & set(PROMPTS), names & set(COMPLETIONS)
    found = (
        ("pairs", {"chosen", "rejected"} <= names),
        ("messages", "messages" in names),
        ("sharegpt", "conversations" in names),
        ("alpaca", "instruction" in names and names & {*OUTPUTS, "instances"}),
        ("kto", asked and answered and "label" in names),
        ("completion", asked and answered),
        ("text", "text" in names),
        ("pairs", names & {"chosen", "rejected"}),  # one of them forgotten: its reader says so
    )
    return next((name for name, is_it in found if is_it), None)


def form_of_file(path: Path) -> str | None:
    """The format of the first row that has one; None when no row has."""
    return next((form for _, row in raw_rows(path) if (form := form_of(row))), None)


def convert(row: Any, form: str) -> list[dict[str, Any]]:
    """Our rows for a row written in that format.

    Raises  RowError when it is not.
    """
    if not isinstance(row, dict):
        raise RowError("not an object with fields", FORMATS[form].fields.split(" ")[0] + ": …")
    try:
        return FORMATS[form].read(row)
    except RowError as error:
        other = form_of(row)
        if other in (None, form) or FORMATS[other or form].read is FORMATS[form].read:
            raise
        raise RowError(f"looks like {FORMATS[other or form].title}, the file is read as "
                       f"{FORMATS[form].title}", "one format in a file") from error  # fmt: skip


def told_as(path: Path, form: str) -> str:
    """How a file is read, in a sentence, with the fields of its first row that are left aside."""
    rows = (row for _, row in raw_rows(path) if not isinstance(row, BadLine))
    first = next((row for row in rows if isinstance(row, dict)), {})
    known = {*re.findall(r"\w+", FORMATS[form].fields), *KEPT}
    aside = listed(name for name in first if name not in known)
    used = [first_of(first, PROMPTS), first_of(first, COMPLETIONS)]
    which = (
        f" ({', '.join(filter(None, used))})" if FORMATS[form].read in (_completion, _kto) else ""
    )
    return f"read as {FORMATS[form].title}{which}" + (f"; left aside: {aside}" if aside else "")
