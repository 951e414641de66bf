"""The rows of a JSONL file, or of a JSON file that holds one list, with their line numbers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SUFFIXES = (".jsonl", ".json")


@dataclass(frozen=True)
class BadLine:
    """What is read in place of a row that is no JSON: what is wrong, and what to try."""

    what: str
    hint: str


def raw_rows(path: Path) -> Iterator[tuple[int, Any]]:
    """Line numbers with the JSON values that begin there; a BadLine where there is none."""
    if path.suffix.lower() == ".json":
        data = path.read_bytes()
        if data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"[":
            yield from _of_list(data)
            return
    with path.open("rb") as stream:
        for number, line in enumerate(stream, 1):
            if line.strip():
                yield number, _value(line)


def _value(line: bytes) -> Any:
    try:
        return json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return BadLine("not UTF-8", "save the file as UTF-8")
    except json.JSONDecodeError as error:
        return BadLine(f"not JSON: {error.msg}", "one JSON object on each line")
    except (ValueError, RecursionError):  # a number of thousands of digits, brackets without end
        return BadLine("not JSON that can be read", "one JSON object on each line")


def _of_list(data: bytes) -> Iterator[tuple[int, Any]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        number = data.count(b"\n", 0, error.start) + 1
        yield number, BadLine("not UTF-8", "save the file as UTF-8")
        return
    decoder = json.JSONDecoder()
    place = text.index("[") + 1
    number, counted = 1, 0
    while True:
        while place < len(text) and text[place] in " \t\r\n,":
            place += 1
        if text[place : place + 1] == "]":
            return
        number, counted = number + text.count("\n", counted, place), place
        try:
            value, place = decoder.raw_decode(text, place)
        except (ValueError, RecursionError) as error:  # nothing behind it can be told apart
            what = getattr(error, "msg", "cannot be read")
            yield number, BadLine(f"not JSON: {what}", "a list of objects, closed with ]")
            return
        yield number, value
