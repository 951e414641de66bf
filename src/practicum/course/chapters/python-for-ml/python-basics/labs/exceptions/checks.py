"""Checks of the lab on exceptions."""

from practicum.learn.labs.checking import equal, fail, holds


def _refused(lab, call, what):
    """The BadRow that the call raises."""
    try:
        got = call()
    except lab.BadRow as error:
        return error
    except NotImplementedError:
        raise
    except Exception as error:
        fail(
            f"{what} raised {type(error).__name__}, which nobody who reads chats expects: raise BadRow instead"
        )
    fail(f"{what} gave {got!r} and raised nothing")


def bad_row(lab):
    error = lab.BadRow("a.jsonl", 7, "not JSON")
    holds(
        hasattr(error, "line"),
        "BadRow(...) has no attribute `line`: keep the three parts for the caller",
    )
    equal(
        [error.file, error.line, error.why],
        ["a.jsonl", 7, "not JSON"],
        "file, line and why of BadRow('a.jsonl', 7, 'not JSON')",
    )
    holds(
        str(error) != str(("a.jsonl", 7, "not JSON")),
        "str(BadRow(...)) is a bare tuple: give the parent class one text",
    )
    equal(
        str(error),
        "a.jsonl:7  not JSON",
        "str(BadRow('a.jsonl', 7, 'not JSON'))",
        "file, colon, line, two blanks, why",
    )
    equal(str(lab.BadRow("b", 1, "x")), "b:1  x", "str(BadRow('b', 1, 'x'))")


def parse(lab):
    equal(
        lab.parse('{"messages": ["hi"], "id": 3}', "f", 1),
        ["hi"],
        "parse of a good row",
        "the messages, not the whole row",
    )
    equal(
        lab.parse('{"messages": []}', "f", 1),
        [],
        "parse of a row with no message",
        "empty is not missing",
    )
    broken = _refused(lab, lambda: lab.parse("{oops", "f.jsonl", 4), "parse('{oops', ...)")
    equal([broken.file, broken.line], ["f.jsonl", 4], "file and line of the error")
    holds(
        broken.why.startswith("not JSON"),
        f"the why of a broken line is {broken.why!r}: say first that it is not JSON",
    )
    holds(
        isinstance(broken.__cause__, ValueError),
        "the error of json is not kept as the cause: `raise ... from error` tells the whole story",
    )
    for text in ('{"mesages": []}', "[1, 2]", "3", '"messages"'):
        error = _refused(lab, lambda text=text: lab.parse(text, "f", 2), f"parse({text!r}, ...)")
        equal(error.why, "no 'messages'", f"the why of parse({text!r}, ...)")


def read_all(lab):
    good = '{"messages": ["a"]}'
    equal(lab.read_all([good, good], "f"), [["a"], ["a"]], "read_all of two good lines")
    equal(lab.read_all([], "f"), [], "read_all([], 'f')")
    try:
        got = lab.read_all([good, "x", good, "y", "[]"], "f")
    except lab.BadRows as error:
        rows = error.rows
    except lab.BadRow:
        fail(
            "read_all stopped at the first bad row: whoever mends the file wants all of them at once"
        )
    else:
        fail(
            f"read_all gave {got!r} for a file with bad rows: rows that vanish silently are never mended"
        )
    holds(
        [row.line for row in rows] != [1, 3, 4],
        "the bad lines are counted from 0: editors count from 1",
    )
    equal([row.line for row in rows], [2, 4, 5], "the line numbers of the bad rows")
    equal([row.file for row in rows], ["f"] * 3, "the file of each bad row")
