"""What is measured: one small real model, generated chats, and encyclopedia text."""

from __future__ import annotations

import random
from typing import Any

from practicum import verbs
from practicum.core.artifact import Artifact
from practicum.core.messages import Message
from practicum.text.pack import Example
from practicum.text.tokenizer import ChatTokenizer

MODEL = "smollm2-135m-instruct"
SEED = 7
TASKS: dict[str, dict[str, Any]] = {  # as in the recipe of the first life
    "chain_sum": {"min_terms": 2, "max_terms": 2, "min_digits": 2, "max_digits": 2},
    "word_sequence_reversal": {"min_words": 3, "max_words": 4},
}
SUM_SHARE = 0.8  # of the chats; the first life's own mixture is about this
LONG_TOKENS = 400


def base_model(home: str | None) -> Artifact:
    """The model, brought into the store when it is not there yet."""
    made = verbs.import_model(MODEL, home=home)
    return made if isinstance(made, Artifact) else made.artifact


def short_chats(tokenizer: ChatTokenizer, n: int) -> list[Example]:
    """Generated chats of two tasks, shuffled, encoded as training encodes them."""
    from practicum.data.tasks import questions

    n_sums = round(SUM_SHARE * n)
    counts = dict(zip(TASKS, (n_sums, n - n_sums), strict=True))
    chats = [c for t, s in TASKS.items() if counts[t] for c in questions(t, s, SEED, counts[t])]
    random.Random(SEED).shuffle(chats)
    encoded = (tokenizer.encode_chat(c.messages) for c in chats)
    return [Example(tuple(ids), tuple(mine)) for ids, mine in encoded]


def long_texts(tokenizer: ChatTokenizer, n: int, home: str | None) -> list[Example]:
    """Encyclopedia text in pieces of equal length, all tokens scored: nothing to share, no
    padding to save, no logits to leave out."""
    from practicum.data import articles
    from practicum.models.sources import assets, fetch_asset

    table = articles.read_articles(fetch_asset(assets()[articles.ASSET], verbs.open_store(home)))
    stream: list[int] = []
    for row in articles.texts(table, "train", 8 * n + 8, SEED):
        stream += tokenizer.encode(row["text"] + "\n\n")
        if len(stream) >= n * LONG_TOKENS:
            break
    scored = (False,) + (True,) * (LONG_TOKENS - 1)
    return [
        Example(tuple(stream[i * LONG_TOKENS : (i + 1) * LONG_TOKENS]), scored) for i in range(n)
    ]


def sums(n: int) -> list[list[Message]]:
    """Questions of the task chain_sum, as chats."""
    from practicum.data.tasks import questions

    return [list(c.prompt) for c in questions("chain_sum", TASKS["chain_sum"], SEED, n)]
