"""What a training run would see of its rows: counts, faults, and any row token by token."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from practicum.core.artifact import Artifact
from practicum.core.errors import Complaint, PracticumError
from practicum.core.messages import Conversation, Pair, read_rows
from practicum.core.rows.formats import FORMATS, form_of_file, told_as
from practicum.models.load import model_folder
from practicum.text.checks import template_change, tokenizer_faults
from practicum.text.looking import Finding, Look, Rows
from practicum.text.named import MODEL, with_template
from practicum.text.pack import packed_sizes
from practicum.text.tokenizer import ChatTokenizer, Piece, load_tokenizer
from practicum.train.rows import train_path

PLANNED = 64  # rows that a plan encodes: a fault of the template is in all, and it takes no time


@dataclass(frozen=True)
class Token:
    """A token as it stands in the text; a character of several tokens is shown with its first."""

    id: int
    text: str
    trained: bool


@dataclass(frozen=True)
class Counts:
    """How much there is to train.

    n_over  rows longer than max_tokens, which training leaves out; packed rows are without them
    """

    n_rows: int
    n_tokens: int
    n_trained: int
    n_prompt_trained: int
    longest: int
    longest_row: int
    max_tokens: int
    n_over: int
    row_tokens: int
    n_packed: int
    n_computed: int


@dataclass(frozen=True)
class Inspection:
    """What training would see: counts, what is wrong, and every row on request."""

    kind: str
    told: str
    counts: Counts
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]
    rows: Rows = field(repr=False)
    tokenizer: ChatTokenizer = field(repr=False)

    @property
    def refused(self) -> bool:
        """Whether training would be refused."""
        return any(f.refuses for f in self.findings)

    def example(self, row: int) -> dict[str, list[Token]]:
        """The tokens of a row, counted from 1: of a chat, or of the two answers of a pair.

        Raises  PracticumError when there is no such row, or the template refuses it.
        """
        if not 1 <= row <= len(self.rows):
            raise PracticumError(f"there is no row {row}", hint=f"--row 1 to {len(self.rows)}")
        chosen = self.rows[row - 1]
        if isinstance(chosen, Pair):
            sequences = self.tokenizer.encode_pair(chosen)
        else:
            sequences = {"chat": self.tokenizer.encode_pieces([chosen.messages])[0]}
        return {
            name: [token for piece in pieces for token in _tokens(self.tokenizer, piece)]
            for name, pieces in sequences.items()
        }


def _tokens(tokenizer: ChatTokenizer, piece: Piece) -> Iterator[Token]:
    """Each token with the text from the end of the one before: white space that a tokenizer
    leaves out of a token's place is shown with the token all the same."""
    offsets = tokenizer.backend.encode(piece.text, add_special_tokens=False).offsets
    done = 0
    for i, (number, trained) in enumerate(zip(piece.ids, piece.trained, strict=True)):
        end = offsets[i][1] if i < len(offsets) else len(piece.text)
        yield Token(number, piece.text[done : max(end, done)], trained)
        done = max(end, done)


def inspect_training(
    model: Artifact, data: Artifact, template: str = MODEL, *, max_tokens: int = 1024,
    row_tokens: int = 256,
) -> Inspection:  # fmt: skip
    """What tuning the model on these chats or pairs would see; every row is encoded.

    Raises  PracticumError when there is nothing to encode: no template, no end of turn, no rows.
    """
    own = load_tokenizer(model_folder(model))
    tokenizer = with_template(own, template)
    faults = [*tokenizer_faults(tokenizer), *template_change(own, tokenizer, template)]
    blind = [f for f in faults if f.refuses]
    if blind:
        name = model.meta.get("name")
        raise PracticumError(*(Complaint(f"{name}: {f.what}", hint=f.hint) for f in blind))
    rows, path = _rows(data)
    if not rows:
        raise PracticumError(f"{path.name}: has no rows")
    look = Look(tokenizer, faults)
    look.at_words(rows)
    look.at_tokens(rows)
    form = _form(data) or form_of_file(path)
    told = f"{path.name} {told_as(path, form)}" if form else path.name
    counts = _counts(look, max_tokens, row_tokens)
    return Inspection(data.kind, told, counts, look.findings, tuple(look.notes), rows, tokenizer)


def _counts(look: Look, max_tokens: int, row_tokens: int) -> Counts:
    lengths = look.lengths
    longest = max(range(len(lengths)), key=lengths.__getitem__)
    kept = [g for g, n in zip(look.groups, lengths, strict=True) if 0 < n <= max_tokens]
    packed = packed_sizes(kept, row_tokens)
    return Counts(
        n_rows=len(lengths), n_tokens=sum(len(e.ids) for g in look.groups for e in g),
        n_trained=look.n_trained, n_prompt_trained=look.n_prompt_trained,
        longest=lengths[longest], longest_row=longest + 1,
        max_tokens=max_tokens, n_over=sum(n > max_tokens for n in lengths),
        row_tokens=row_tokens, n_packed=len(packed), n_computed=sum(packed),
    )  # fmt: skip


def training_complaints(
    tokenizer: ChatTokenizer, name: str, data: Artifact, *, labels: bool = False
) -> list[Complaint]:
    """Everything that keeps a tokenizer from training on these rows, as a plan needs it: the words
    of all rows are looked at, the tokens of a sample."""
    blind = [f for f in tokenizer_faults(tokenizer) if f.refuses]
    if blind:
        return [Complaint(f"{name}: {f.what}", hint=f.hint) for f in blind]
    rows, path = _rows(data)
    look = Look(tokenizer)
    look.at_words(rows)
    look.at_tokens(rows, PLANNED)
    return [
        Complaint(f.what, f"{path.name}, {f.where}" if f.rows else name, f.hint)
        for f in look.findings
        if f.refuses and not (labels and f.kind == "unwanted")
    ]


def _form(data: Artifact) -> str | None:
    form = data.meta.get("format")
    return form if form in FORMATS else None


def _rows(data: Artifact) -> tuple[Rows, Path]:
    path = train_path(data)
    if data.kind == "pairs":
        return read_rows(path, Pair, _form(data)), path
    if data.kind == "chat":
        return read_rows(path, Conversation, _form(data)), path
    raise PracticumError(f"{data.short} holds {data.kind}: chats or pairs are needed",
                         hint="practicum data FILE")  # fmt: skip
