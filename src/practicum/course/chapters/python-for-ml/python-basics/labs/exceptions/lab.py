# %% [markdown]
# # Exceptions: a message for whoever has to fix it
# `KeyError: 'messages'` after two hours tells that something is wrong. `chats.jsonl:3  no
# 'messages'` tells what to do. Errors are classes, so that a caller can catch one family and let
# all others through:
#
#     Exception
#     └── ChatFileError       anything wrong with a file of chats
#         ├── BadRow          one row: which file, which line, why
#         └── BadRows         all bad rows of a file at once

# %%
import json


class ChatFileError(Exception):
    """A file of chats that cannot be used as it is."""


class BadRow(ChatFileError):
    """One row that breaks the format; it remembers `file`, `line` and `why`."""

    def __init__(self, file: str, line: int, why: str) -> None:
        # TODO bad_row: hand "file:line  why" to the parent class, and keep the three parts
        raise NotImplementedError("bad_row")


class BadRows(ChatFileError):
    """Every bad row of a file."""

    def __init__(self, rows: list[BadRow]) -> None:
        super().__init__("\n".join(str(row) for row in rows))
        self.rows = rows


# %%
print(BadRow("chats.jsonl", 3, "no 'messages'"))

# %% [markdown]
# ## One row
# Two things can be wrong: the line is no JSON, or it is JSON without `messages`. Both become a
# `BadRow`. Where another error is the cause, `raise ... from error` keeps it in the story.


# %%
def parse(text: str, file: str, line: int) -> list:
    """The messages of one row.

    Raises  BadRow with a why that begins "not JSON", or is "no 'messages'" when the row is not a
            dictionary that has them.
    """
    # TODO parse: turn json.JSONDecodeError into BadRow, then look for the key
    raise NotImplementedError("parse")


# %%
for text in ('{"messages": ["hello"]}', '{"mesages": []}', '{"messages": ['):
    try:
        print(parse(text, "chats.jsonl", 1))
    except ChatFileError as error:
        print("refused:", error)


# %%
def read_all(lines: list[str], file: str) -> list[list]:
    """The messages of every line.

    Raises  BadRows with all bad rows of the file, in order, lines counted from 1.
    """
    # TODO read_all: collect what is wrong, and complain once at the end
    raise NotImplementedError("read_all")


# %%
GOOD = json.dumps({"messages": ["a"]})
LINES = [GOOD, "oops", GOOD, "[1, 2]", '{"message": "c"}']
try:
    read_all(LINES, "chats.jsonl")
except ChatFileError as error:
    print("all complaints at once:", error, sep="\n")
