# %% [markdown]
# # Files: one chat a line
# Almost every chat dataset is JSONL: one JSON object on each line, in UTF-8. A line break inside a
# message is written as backslash and n, so one row stays one line. `with path.open(...) as stream:`
# closes the file however the block ends.

# %%
import json
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

SCRATCH = tempfile.TemporaryDirectory()  # a folder that vanishes with this process
PATH = Path(SCRATCH.name) / "chats.jsonl"
CHATS = [
    {"user": "How do you say cat in Greek?", "assistant": "γάτα"},
    {"user": "A poem, please.", "assistant": "The cat\nsat flat\non that."},
    {"user": "And in French?", "assistant": "naïvement : chat"},
]


print("what json does unless told otherwise:", json.dumps(CHATS[0]))


def write_rows(path: Path, rows: Iterable[dict]) -> int:
    """Write each row as one line of JSON, letters as they are; the number of rows written.

    Every line ends with a line break, the last one too.
    """
    n_rows = 0
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        for row in rows:
            stream.write(json.dumps(row, ensure_ascii=False) + "\n")
            n_rows += 1
    return n_rows


# %%
print(write_rows(PATH, CHATS), "rows written; the file:")
print(PATH.read_text(encoding="utf-8"))

# %% [markdown]
# ## Reading, one row at a time
# An open file is iterable: a `for` loop over it reads line by line. Yield each row as it is read,
# so that a file of a hundred gigabytes needs the memory of its longest line.


# %%
def read_rows(path: Path) -> Iterator[dict]:
    """The rows of a JSONL file, each as soon as its line is read; blank lines are skipped."""
    with path.open(encoding="utf-8") as stream:
        for line in stream:
            if line.strip():
                yield json.loads(line)


# %%
for row in read_rows(PATH):
    print(f"{row['user']:30} {row['assistant']!r}")
