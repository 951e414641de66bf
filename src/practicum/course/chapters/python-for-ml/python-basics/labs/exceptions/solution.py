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
        super().__init__(f"{file}:{line}  {why}")
        self.file, self.line, self.why = file, line, why


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
    try:
        row = json.loads(text)
    except json.JSONDecodeError as error:
        raise BadRow(file, line, f"not JSON: {error.msg}") from error
    if not isinstance(row, dict) or "messages" not in row:
        raise BadRow(file, line, "no 'messages'")
    return row["messages"]


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
    chats, wrong = [], []
    for number, line in enumerate(lines, start=1):
        try:
            chats.append(parse(line, file, number))
        except BadRow as error:
            wrong.append(error)
    if wrong:
        raise BadRows(wrong)
    return chats


# %%
GOOD = json.dumps({"messages": ["a"]})
LINES = [GOOD, "oops", GOOD, "[1, 2]", '{"message": "c"}']
try:
    read_all(LINES, "chats.jsonl")
except ChatFileError as error:
    print("all complaints at once:", error, sep="\n")
