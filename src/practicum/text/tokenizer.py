"""Tokenizers: strings ↔ ids, with the template and the tokens that end a turn."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

from practicum.core.errors import PracticumError
from practicum.core.messages import Message, Pair
from practicum.text.template import CHATML, TemplateError, render, split_turns

FILES = ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja",
         "special_tokens_map.json", "generation_config.json")  # fmt: skip


_PROBE = "What is on the table?"
# Zephyr's own vocabulary spells the names of its roles, so these are text and not control tokens.
_CONTROL = re.compile(r"<\|(?!(?:system|user|assistant)\|>)[^|<>\s]+\|>|<(?:start|end)_of_turn>")


@dataclass(frozen=True)
class Piece:
    """A piece of a rendered conversation.

    Shapes  ids and trained are of one length. `written` says that the assistant wrote the piece;
            trained are its tokens up to the one that ends the turn, or none when none does.
    """

    text: str
    written: bool
    ids: tuple[int, ...]
    trained: tuple[bool, ...]


@dataclass(frozen=True)
class ChatTokenizer:
    """A `tokenizers` tokenizer with what a chat needs around it.

    stop_ids are the tokens at which an answer ends; `special` are the named tokens that
    templates refer to (bos_token, eos_token, …).
    """

    backend: Tokenizer
    template: str | None
    special: dict[str, str] = field(default_factory=dict)
    stop_ids: frozenset[int] = frozenset()
    adds_bos: bool = False

    @property
    def n_vocab(self) -> int:
        """How many different ids there are."""
        return int(self.backend.get_vocab_size())

    @property
    def end_id(self) -> int:
        """The end-of-sequence token.  Raises PracticumError when there is none."""
        token = self.special.get("eos_token")
        found = self.backend.token_to_id(token) if token else None
        if found is None:
            raise PracticumError("the tokenizer names no end-of-sequence token")
        return int(found)

    def encode(self, text: str) -> list[int]:
        """Ids of the text itself: nothing is added, special tokens in it are recognised."""
        return list(self.backend.encode(text, add_special_tokens=False).ids)

    def decode(self, ids: Sequence[int]) -> str:
        """The text of ids, special tokens left out."""
        return str(self.backend.decode(list(ids), skip_special_tokens=True))

    def id_of(self, token: str) -> int:
        """The id of one token.  Raises PracticumError when the vocabulary lacks it."""
        found = self.backend.token_to_id(token)
        if found is None:
            raise PracticumError(f"the vocabulary has no token {token}")
        return int(found)

    def _template(self) -> str:
        if self.template is None:
            raise PracticumError(
                "this model has no chat template", hint="use an instruct model, or pretrain text"
            )
        return self.template

    def chat_text(self, messages: Sequence[Message]) -> str:
        """The conversation as text, up to where the assistant begins to speak."""
        return render(self._template(), messages, special=self.special, answer_next=True)

    def template_trouble(self) -> str:
        """What keeps the template from serving this tokenizer, in a line; "" when nothing does.

        A template may be missing, broken, silent about what it is given, or another model's: then
        it writes control tokens that this vocabulary spells out letter by letter.
        """
        if self.template is None:
            return "has no chat template"
        said = [Message(role="user", content=_PROBE)]
        try:
            asked = render(self.template, said, special=self.special)
            begun = self.chat_text(said)
        except PracticumError as error:
            return str(error).splitlines()[0]
        if _PROBE not in asked:
            return "has a chat template that leaves out what the user says"
        spelled = [t for t in dict.fromkeys(_CONTROL.findall(begun)) if len(self.encode(t)) > 1]
        if spelled:
            return (f"has a chat template that writes {spelled[0]}, which its vocabulary lacks: "
                    "another model's template?")  # fmt: skip
        return ""

    def encode_prompt(self, messages: Sequence[Message]) -> list[int]:
        """Ids of the conversation, up to where the assistant begins to speak."""
        return self.encode(self.chat_text(messages))

    def encode_chat(self, messages: Sequence[Message]) -> tuple[list[int], list[bool]]:
        """Ids of a whole conversation and which of them the assistant wrote.

        The end-of-turn token counts as written by the assistant; what the template puts
        behind it (a line break) does not, because generation has stopped by then. Pieces are
        encoded one by one, so that training sees exactly the ids that serving produces.
        """
        split = split_turns(self._template(), messages, special=self.special)
        (pieces,) = self._encode_split([split])
        if any(piece.written and not any(piece.trained) for piece in pieces):
            raise PracticumError("the chat template ends no turn with a stop token")
        ids = [token for piece in pieces for token in piece.ids]
        return ids, [flag for piece in pieces for flag in piece.trained]

    def encode_pieces(self, chats: Iterable[Sequence[Message]]) -> list[list[Piece]]:
        """The pieces of many conversations, encoded together; none for one that the template
        refuses, and no token trained in an answer that does not end."""
        split: list[list[tuple[str, bool]]] = []
        for messages in chats:
            try:
                split.append(split_turns(self._template(), messages, special=self.special))
            except TemplateError:
                split.append([])
        return self._encode_split(split)

    def encode_pair(self, pair: Pair) -> dict[str, list[Piece]]:
        """The pieces of the chosen and of the rejected answer, each behind the prompt.

        Raises  TemplateError when the template refuses the prompt.
        """
        asked = self.chat_text(pair.prompt)
        ids = tuple(self.encode(asked))
        prompt = Piece(asked, False, ids, (False,) * len(ids))
        made = {}
        for name, answer in (("chosen", pair.chosen), ("rejected", pair.rejected)):
            ids = tuple(self.encode_answer(answer))
            text = answer + self.special.get("eos_token", "")
            made[name] = [prompt, Piece(text, True, ids, (True,) * len(ids))]
        return made

    def _encode_split(self, split: Sequence[Sequence[tuple[str, bool]]]) -> list[list[Piece]]:
        texts = [text for pieces in split for text, _ in pieces]
        encoded = iter(self.backend.encode_batch_fast(texts, add_special_tokens=False))
        return [[self._piece(text, written, next(encoded).ids) for text, written in pieces]
                for pieces in split]  # fmt: skip

    def _piece(self, text: str, written: bool, ids: Sequence[int]) -> Piece:
        stops = [i for i, token in enumerate(ids) if token in self.stop_ids] if written else []
        n_trained = stops[-1] + 1 if stops else 0
        trained = (True,) * n_trained + (False,) * (len(ids) - n_trained)
        return Piece(text, written, tuple(ids), trained)

    def encode_answer(self, text: str) -> list[int]:
        """Ids of an answer with the token that ends the turn."""
        return [*self.encode(text), self.end_id]


def _named_tokens(config: dict[str, Any]) -> dict[str, str]:
    named = {}
    for name in ("bos_token", "eos_token", "pad_token", "unk_token"):
        value = config.get(name)
        if isinstance(value, dict):
            value = value.get("content")
        if isinstance(value, str):
            named[name] = value
    return named


def _template_of(folder: Path, config: dict[str, Any]) -> str | None:
    path = folder / "chat_template.jinja"
    if path.is_file():
        return path.read_text(encoding="utf-8")
    value = config.get("chat_template")
    if isinstance(value, list):  # several named templates: the default one is the chat's
        value = next((t["template"] for t in value if t.get("name") == "default"), None)
    return value


def load_tokenizer(folder: Path) -> ChatTokenizer:
    """The tokenizer of a Hugging Face folder.

    Raises  PracticumError when there is no tokenizer.json (a slow tokenizer only).
    """
    path = folder / "tokenizer.json"
    if not path.is_file():
        raise PracticumError(
            f"{folder}: no tokenizer.json",
            hint="transformers' AutoTokenizer.from_pretrained(...).save_pretrained(...) writes one",
        )
    backend = Tokenizer.from_file(str(path))
    backend.no_truncation()  # files saved after training often cut and pad: never unasked
    backend.no_padding()
    config_path = folder / "tokenizer_config.json"
    config = json.loads(config_path.read_text("utf-8")) if config_path.is_file() else {}
    special = _named_tokens(config)
    stops = {backend.token_to_id(special["eos_token"])} if "eos_token" in special else set()
    generation = folder / "generation_config.json"
    if generation.is_file():
        ids = json.loads(generation.read_text("utf-8")).get("eos_token_id")
        stops |= set(ids if isinstance(ids, list) else [ids] if ids is not None else [])
    bos = special.get("bos_token")
    plain, full = backend.encode("a", add_special_tokens=False), backend.encode("a")
    adds_bos = bool(bos) and len(full.ids) > len(plain.ids) and full.tokens[0] == bos
    return ChatTokenizer(
        backend,
        _template_of(folder, config),
        special,
        frozenset(int(i) for i in stops if i is not None),
        adds_bos,
    )


def save_tokenizer(
    folder: Path, backend: Tokenizer, template: str | None, special: dict[str, str]
) -> None:
    """Write a tokenizer as the files that transformers reads."""
    backend.save(str(folder / "tokenizer.json"))
    config: dict[str, Any] = {"tokenizer_class": "PreTrainedTokenizerFast", **special}
    text = json.dumps(config, indent=1, sort_keys=True, ensure_ascii=False)
    (folder / "tokenizer_config.json").write_text(text + "\n", encoding="utf-8")
    if template is not None:
        (folder / "chat_template.jinja").write_text(template, encoding="utf-8")


def byte_level_bpe(
    vocab: dict[str, int], merges: list[tuple[str, str]], *, split_digits: bool
) -> Tokenizer:
    """An untrained or restored GPT-2 style byte-level BPE.

    `split_digits` gives every digit its own token, as SmolLM does. Without it "38" can be one
    token and the model reads numbers it was never trained on: the trap of tokenizers restored
    from GGUF, whose `pre` field says so in one word.
    """
    backend = Tokenizer(models.BPE(vocab=vocab, merges=merges))
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    backend.pre_tokenizer = (
        pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), byte_level])
        if split_digits
        else byte_level
    )
    backend.decoder = decoders.ByteLevel()
    return backend


def train_bpe(texts: Iterable[str], n_vocab: int, special: Sequence[str]) -> Tokenizer:
    """A byte-level BPE of `n_vocab` tokens, `special` first; any UTF-8 text round-trips."""
    backend = byte_level_bpe({}, [], split_digits=True)
    trainer = trainers.BpeTrainer(
        vocab_size=n_vocab,
        special_tokens=[AddedToken(t, special=True, normalized=False) for t in special],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    backend.train_from_iterator(texts, trainer)
    return backend


__all__ = [
    "CHATML",
    "FILES",
    "ChatTokenizer",
    "byte_level_bpe",
    "load_tokenizer",
    "save_tokenizer",
    "train_bpe",
]
