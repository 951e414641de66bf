"""Rows and texts from the introductions of Wikipedia's vital articles (CC BY-SA 4.0)."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from practicum.core.artifact import sha256_text
from practicum.core.messages import Conversation, Message

ASSET = "vital-articles"
LICENCE = "CC-BY-SA-4.0"
QUESTIONS = (
    "In a few words, what is {title}?",
    "Describe {title} in a short phrase.",
    "Give a one-line description of {title}.",
)
MIN_CHARS, MAX_CHARS = 12, 90  # shorter descriptions say nothing, longer ones are not a phrase


def split_of(title: str) -> str:
    """The split that a title belongs to for ever: a tenth test, a tenth validation.

    Chats and texts are split by the same rule, so what one trains on the other never tests.
    """
    bucket = int(sha256_text(title)[:8], 16) % 10
    return {0: "test", 1: "validation"}.get(bucket, "train")


def read_articles(path: Path) -> list[dict[str, Any]]:
    """The articles of the asset's JSON, in a stable order."""
    table = json.loads(path.read_text(encoding="utf-8"))
    return [table[title] for title in sorted(table)]


def chats(articles: Sequence[dict[str, Any]], split: str, n: int, seed: int) -> list[Conversation]:
    """`n` short questions about articles of one split, answered by their own descriptions."""
    rng = random.Random(f"{seed}:{split}")
    usable = [
        a for a in articles
        if split_of(a["title"]) == split
        and MIN_CHARS <= len(a.get("description") or "") <= MAX_CHARS
    ]  # fmt: skip
    rows = []
    for article in rng.sample(usable, min(n, len(usable))):
        text = article["description"].strip().rstrip(".")
        rows.append(
            Conversation(
                messages=(
                    Message(
                        role="user", content=rng.choice(QUESTIONS).format(title=article["title"])
                    ),
                    Message(role="assistant", content=f"{text[0].upper()}{text[1:]}."),
                ),
                source=f"wikipedia:{article['title']}",
                license=LICENCE,
            )
        )
    return rows


def texts(
    articles: Sequence[dict[str, Any]], split: str, n: int, seed: int
) -> list[dict[str, str]]:
    """`n` introductions of one split, as rows with text, source and licence."""
    rng = random.Random(f"{seed}:text:{split}")
    usable = [a for a in articles if split_of(a["title"]) == split and len(a["extract"]) > 200]
    return [
        {"text": a["extract"].strip(), "source": f"wikipedia:{a['title']}", "license": LICENCE}
        for a in rng.sample(usable, min(n, len(usable)))
    ]
