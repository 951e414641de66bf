"""Checks of the lab on files."""

import json

from practicum.learn.labs.checking import equal, fail, holds


def write_rows(lab):
    path = lab.PATH.with_name("checked.jsonl")
    rows = [{"a": "two\nlines"}, {"b": "naïve 猫"}, {"c": [1, None]}]
    got = lab.write_rows(path, iter(rows))
    try:
        text = path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        fail("write_rows wrote no file at the path it was given")
    except UnicodeDecodeError:
        fail("the file is not UTF-8: say which encoding you mean when you open it")
    holds(
        "\\u" not in text,
        "letters were written as codes such as \\u732b: json has an option that leaves them as they are",
    )
    holds(
        text.endswith("\n"),
        "the last line has no line break: the next row that is appended would stick to it",
    )
    lines = text.split("\n")[:-1]
    equal(
        len(lines),
        3,
        "the number of lines for three rows",
        "one row is one line, with a line break behind it",
    )
    try:
        back = [json.loads(line) for line in lines]
    except json.JSONDecodeError:
        fail(
            "a line of the file is not JSON: str(row) is Python's way of writing, json.dumps(row) is JSON's"
        )
    equal(back, rows, "the rows in the file")
    equal(
        got,
        3,
        "write_rows(path, three rows)",
        "it returns how many rows were written; rows may be a stream without a len",
    )
    equal(lab.write_rows(path, []), 0, "write_rows(path, [])")
    equal(
        path.read_bytes(),
        b"",
        "the file after write_rows(path, [])",
        "writing replaces what was there before",
    )


def read_rows(lab):
    path = lab.PATH.with_name("checked.jsonl")
    rows = [{"a": 1}, {"b": "naïve\u2028猫"}, {"c": "x\ny"}]
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    path.write_text("\n\n".join(lines) + "\n  \n", encoding="utf-8")
    try:
        got = list(lab.read_rows(path))
    except json.JSONDecodeError:
        fail(
            "read_rows took something for a row that is none: blank lines (white space only) are to be skipped, and "
            "splitlines() also cuts at U+2028, a separator that may stand inside a message"
        )
    equal(got, rows, "the rows of a file with three rows and some blank lines")
    path.write_text(lines[0] + "\nthis is no row\n", encoding="utf-8")
    try:
        stream = lab.read_rows(path)
        holds(
            hasattr(stream, "__next__"),
            f"read_rows gave a {type(stream).__name__}: yield the rows one by one",
        )
        equal(next(stream), rows[0], "the first row of a file whose second line is broken")
    except json.JSONDecodeError:
        fail("a broken second line spoiled the first row: read only as far as rows are asked for")
    stream.close()
    path.write_text("", encoding="utf-8")
    equal(list(lab.read_rows(path)), [], "the rows of an empty file")
