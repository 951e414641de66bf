"""Rows to train on: chats, preference pairs and texts, encoded and packed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from practicum.core.artifact import Artifact
from practicum.core.errors import PracticumError
from practicum.core.messages import Conversation, Pair, read_rows
from practicum.text.pack import Example, Row, pack
from practicum.text.tokenizer import ChatTokenizer


@dataclass(frozen=True)
class Packed:
    """Packed rows and what they stand for.

    n_alone is the number of tokens without sharing; n_scored those that are trained.
    """

    rows: list[Row]
    n_examples: int
    n_alone: int
    n_skipped: int

    @property
    def n_tokens(self) -> int:
        """Tokens computed, shared ones once."""
        return sum(r.n_tokens for r in self.rows)

    @property
    def n_scored(self) -> int:
        """Tokens trained."""
        return sum(len(r.target) for r in self.rows)


def split_path(data: Artifact, split: str) -> Path | None:
    """The file of a split. An artifact of one file is its own training split."""
    if f"{split}.jsonl" in data.files:
        return data.path(f"{split}.jsonl")
    if split == "train" and len(data.files) == 1:
        return data.path(next(iter(data.files)))
    return None


def train_path(data: Artifact) -> Path:
    """The training rows.  Raises PracticumError when the artifact has none."""
    path = split_path(data, "train")
    if path is None:
        raise PracticumError(
            f"{data.short} has no train.jsonl", hint="practicum data FILE makes splits"
        )
    return path


def _packed(groups: Sequence[Sequence[Example]], row_tokens: int, n_skipped: int) -> Packed:
    n_examples = sum(len(g) for g in groups)
    n_alone = sum(len(e.ids) for g in groups for e in g)
    return Packed(pack(groups, row_tokens), n_examples, n_alone, n_skipped)


def chat_rows(path: Path, tokenizer: ChatTokenizer, row_tokens: int, max_tokens: int) -> Packed:
    """Chats as rows; only what the assistant wrote is scored, its end of turn included.

    Chats longer than `max_tokens` are left out, never cut: a cut chat teaches not to stop.
    """
    groups, n_skipped = [], 0
    for chat in read_rows(path, Conversation):
        ids, mine = tokenizer.encode_chat(chat.messages)
        if len(ids) > max_tokens:
            n_skipped += 1
            continue
        groups.append([Example(tuple(ids), tuple(mine))])
    return _packed(groups, row_tokens, n_skipped)


def pair_rows(
    path: Path, tokenizer: ChatTokenizer, row_tokens: int, max_tokens: int, *,
    stranger: bool = False,
) -> Packed:  # fmt: skip
    """Pairs as rows: chosen and rejected behind one prompt; owners 2i and 2i + 1.

    stranger  behind each prompt also the chosen answer of the next pair, owners 3i to 3i + 2
    """
    groups, n_skipped = [], 0
    pairs = list(read_rows(path, Pair))
    for pair, following in zip(pairs, [*pairs[1:], *pairs[:1]], strict=True):
        prompt = tokenizer.encode_prompt(pair.prompt)
        answers = [pair.chosen, pair.rejected, *([following.chosen] if stranger else [])]
        group = []
        for answer in answers:
            ids = tokenizer.encode_answer(answer)
            scored = (False,) * len(prompt) + (True,) * len(ids)
            group.append(Example((*prompt, *ids), scored))
        if max(len(e.ids) for e in group) > max_tokens:
            n_skipped += 1
            continue
        groups.append(group)
    return _packed(groups, row_tokens, n_skipped)


def text_rows(
    texts: Iterable[str], tokenizer: ChatTokenizer, context: int, row_tokens: int, start: str
) -> Packed:
    """Texts as one stream, cut into windows of `context` tokens; every token is scored once.

    Each text begins with the `start` token. Neighbouring windows share one token, which is
    predicted in the first and seen in the second.
    """
    start_id = tokenizer.id_of(start)
    stream: list[int] = []
    for text in texts:
        stream += [start_id, *tokenizer.encode(text)]
    groups = []
    for begin in range(0, len(stream) - 1, context - 1):
        ids = tuple(stream[begin : begin + context])
        if len(ids) > 1:
            groups.append([Example(ids, (False,) + (True,) * (len(ids) - 1))])
    return _packed(groups, row_tokens, 0)
