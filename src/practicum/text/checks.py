"""What goes wrong between a chat and the tokens that are trained, found before training.

Nothing here stops by itself: every function returns the faults it finds. A fault that refuses
would train something other than the answers; the others are worth knowing.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from practicum.core.errors import PracticumError
from practicum.core.messages import Conversation, Message, Pair
from practicum.text.template import TemplateError, render
from practicum.text.tokenizer import ChatTokenizer, Piece

PROBE = (
    Message(role="user", content="What is on the table?"),
    Message(role="assistant", content="A lamp."),
)
TEXT_SHOWN = 30
BIASED, SURE = 0.6, 3.0  # share of longer chosen answers, and standard errors from a half


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong: its kind (one word for all rows), what, and what to try."""

    kind: str
    what: str
    hint: str
    refuses: bool = True


# -- the model alone -------------------------------------------------------------------------


def tokenizer_faults(tokenizer: ChatTokenizer) -> list[Fault]:
    """What is wrong with a tokenizer and its template, whatever the rows."""
    if trouble := tokenizer.template_trouble():
        return [Fault("template", trouble, "an instruct model, or a template by name")]
    if not tokenizer.stop_ids:
        return [Fault("no-end", "names no end-of-turn token", "an instruct model")]
    found = _bos_faults(tokenizer)
    pad = tokenizer.special.get("pad_token")
    if pad and tokenizer.backend.token_to_id(pad) in tokenizer.stop_ids:
        found.append(
            Fault("pad-is-end", f"the pad token {pad} is the token that ends an answer: here it "
                  "is trained, for nothing is padded; a trainer that masks padding by its id "
                  "never teaches this model to stop", "give the pad token an id of its own before "
                  "you train elsewhere", refuses=False)
        )  # fmt: skip
    return found


def _bos_faults(tokenizer: ChatTokenizer) -> list[Fault]:
    bos = tokenizer.special.get("bos_token")
    if not bos or not tokenizer.adds_bos or tokenizer.chat_text(PROBE[:1]).startswith(bos):
        return []
    return [Fault("no-bos", f"the tokenizer puts {bos} in front of texts, the template does not: "
                  "these chats begin as no text of pretraining did", "a template that begins with "
                  "bos_token", refuses=False)]  # fmt: skip


def template_change(own: ChatTokenizer, other: ChatTokenizer, name: str) -> list[Fault]:
    """Whether another template than the model's own writes a chat otherwise."""
    if own.template is None or own.template == other.template:
        return []
    try:
        served = render(own.template, PROBE, special=own.special)
    except TemplateError:
        return []
    trained = render(other.template or "", PROBE, special=other.special)
    if served == trained:
        return []
    at = next((i for i, (a, b) in enumerate(zip(served, trained, strict=False)) if a != b),
              min(len(served), len(trained)))  # fmt: skip
    return [Fault("other-template", f"{name} writes {_cut(trained[at:])} where the model's own "
                  f"template writes {_cut(served[at:])}", "--template model, or serve it with "
                  f"{name} too", refuses=False)]  # fmt: skip


def _cut(text: str) -> str:
    return repr(text if len(text) <= TEXT_SHOWN else text[:TEXT_SHOWN] + "…")


# -- the words of a row ----------------------------------------------------------------------


def control_tokens(tokenizer: ChatTokenizer) -> re.Pattern[str]:
    """What the tokenizer reads as one special token wherever it stands in a text."""
    special = [
        t.content for t in tokenizer.backend.get_added_tokens_decoder().values() if t.special
    ]
    words = sorted(filter(None, special), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, words)) or r"(?!)")


def chat_faults(chat: Conversation, control: re.Pattern[str], ends: frozenset[str]) -> list[Fault]:
    """What is wrong with the words of a chat; cheap enough for every row.

    ends  the tokens at which an answer stops
    """
    found = []
    if chat.label is False:
        found.append(Fault("unwanted", "an answer labelled as unwanted (KTO) would be taught",
                           "tune on the rows whose label is true"))  # fmt: skip
    for message in chat.messages:
        found += _word_faults(message.role, message.content, control, ends)
    return found


def pair_faults(pair: Pair, control: re.Pattern[str], ends: frozenset[str]) -> list[Fault]:
    """What is wrong with the words of a pair; cheap enough for every row."""
    found = []
    if pair.chosen.split() == pair.rejected.split():
        found.append(Fault("same", "chosen and rejected differ in white space alone",
                           "leave the row out"))  # fmt: skip
    for message in pair.prompt:
        if message.role != "assistant":
            found += _word_faults(message.role, message.content, control, ends)
    for answer in (pair.chosen, pair.rejected):
        found += _word_faults("assistant", answer, control, ends)
    return found


def _word_faults(
    role: str, text: str, control: re.Pattern[str], ends: frozenset[str]
) -> list[Fault]:
    if not text.strip():
        if role == "assistant":
            return [Fault("empty", "an answer is empty: the model would learn to say nothing",
                          "leave the row out")]  # fmt: skip
        return []
    token = next(control.finditer(text), None)
    if token is None:
        return []
    if role == "assistant" and token.group() in ends:
        return [Fault("end-inside", f"an answer contains {token.group()}, at which it would stop",
                      "take it out of the text: the template writes it")]  # fmt: skip
    return [Fault("control", f"the text of the {role} contains {token.group()}: each control "
                  "token of the vocabulary is read as one token, not as text",
                  "take it out, or write it apart", refuses=False)]  # fmt: skip


# -- the tokens of a row ---------------------------------------------------------------------


def piece_faults(tokenizer: ChatTokenizer, chat: Sequence[Message],
                 pieces: Sequence[Piece]) -> list[Fault]:  # fmt: skip
    """What is wrong with the tokens of a rendered chat."""
    if not pieces:
        try:
            tokenizer.encode_chat(chat)
        except PracticumError as error:
            said = error.complaints[0]
            return [Fault("refused", said.what, said.hint or "another template")]
        return [Fault("untrained", "nothing in it is trained", "end the chat with an answer")]
    found = double_bos(tokenizer, pieces)
    answers = [m.content for m in chat if m.role == "assistant"]
    written = [piece for piece in pieces if piece.written]
    if any(any(piece.trained) for piece in pieces if not piece.written):
        found.append(Fault("prompt-trained", "tokens of the prompt are trained", "report it: "
                           "this is our bug"))  # fmt: skip
    if len(written) < len(answers):
        found.append(Fault("untrained", "an answer has no token of its own", "another template"))
    for answer, piece in zip(answers, written, strict=False):
        if not any(piece.trained):
            found.append(Fault("endless", "an answer never ends in an end-of-turn token: it ends "
                               f"in {_cut(piece.text[-12:])}", "a template whose turns end in "
                               f"{_ends(tokenizer)}"))  # fmt: skip
        elif answer.strip() and sum(piece.trained) < 2:
            found.append(Fault("untrained", "the template leaves an answer out: its end alone "
                               "would be trained", "another template"))  # fmt: skip
    return found


def _ends(tokenizer: ChatTokenizer) -> str:
    tokens = [tokenizer.backend.id_to_token(i) for i in sorted(tokenizer.stop_ids)]
    return " or ".join(t for t in tokens if t)


def double_bos(tokenizer: ChatTokenizer, pieces: Sequence[Piece]) -> list[Fault]:
    """Whether the tokens begin with the beginning of sequence twice."""
    bos = tokenizer.special.get("bos_token")
    begin = tokenizer.backend.token_to_id(bos) if bos else None
    ids = [token for piece in pieces[:2] for token in piece.ids[:2]][:2]
    if begin is None or ids != [begin, begin]:
        return []
    return [Fault("double-bos", f"begins with {bos} twice", f"take {bos} out of the text, or out of "
                  "the template")]  # fmt: skip


def serving_faults(tokenizer: ChatTokenizer, chat: Sequence[Message],
                   pieces: Sequence[Piece]) -> list[Fault]:  # fmt: skip
    """Whether every answer is trained behind exactly what serving would put in front of it.

    Renders each beginning once more: for a sample of rows.
    """
    text, place = "", 0
    ids: list[int] = []
    found: list[Fault] = []
    for i, message in enumerate(chat):
        if message.role != "assistant":
            continue
        while place < len(pieces) and not pieces[place].written:
            text, ids = text + pieces[place].text, [*ids, *pieces[place].ids]
            place += 1
        served = tokenizer.chat_text(chat[:i])
        if served != text:
            at = next((k for k, (a, b) in enumerate(zip(served, text, strict=False)) if a != b), 0)
            return [Fault("serving", f"trained behind {_cut(text[at:])}, served behind "
                          f"{_cut(served[at:])}", "another template")]  # fmt: skip
        if not found and tokenizer.encode(served) != ids:
            found.append(Fault("joined", "an earlier answer is cut into other tokens when it is "
                               "read again: it begins or ends in white space", "strip the answers",
                               refuses=False))  # fmt: skip
        if place < len(pieces):
            text, ids = text + pieces[place].text, [*ids, *pieces[place].ids]
            place += 1
    return found


def pair_end_faults(tokenizer: ChatTokenizer) -> list[Fault]:
    """Whether the answers of pairs end in the token that ends a turn of the template."""
    try:
        ids, mine = tokenizer.encode_chat(PROBE)
        ends = [token for token, trained in zip(ids, mine, strict=True) if trained][-1]
        if ends == tokenizer.end_id:
            return []
    except PracticumError as error:
        said = error.complaints[0]
        return [Fault("no-end", said.what, said.hint or "another template")]
    turn = tokenizer.backend.id_to_token(ends)
    return [Fault("pair-end", f"pairs would end in {tokenizer.special.get('eos_token')}, the "
                  f"template ends a turn with {turn}", f"a tokenizer whose eos_token is {turn}")]  # fmt: skip


def length_bias(lengths: Sequence[tuple[int, int]]) -> tuple[str, list[Fault]]:
    """How long the chosen and the rejected answers are, in a sentence, and whether length alone
    would tell them apart.

    Units   lengths: tokens of (chosen, rejected)
    """
    if not lengths:
        return "", []
    longer = sum(a > b for a, b in lengths)
    shorter = sum(a < b for a, b in lengths)
    middle = [median(pair[i] for pair in lengths) for i in (0, 1)]
    told = (f"The chosen answer is longer in {longer:,} and shorter in {shorter:,} of "
            f"{len(lengths):,} pairs; medians {middle[0]:g} and {middle[1]:g} tokens.")  # fmt: skip
    n = longer + shorter
    if not n or max(longer, shorter) / n < BIASED:
        return told, []
    if abs(longer - n / 2) < SURE * math.sqrt(n) / 2:  # a fair coin could do it
        return told, []
    word = "longer" if longer > shorter else "shorter"
    return told, [
        Fault("length", f"the chosen answer is the {word} one in {max(longer, shorter) / n:.0%} of "
              f"{n:,} pairs: length may be what is learned", "balance the lengths, or a loss per "
              "token", refuses=False)
    ]  # fmt: skip
