"""One look over chats or pairs: their faults, with the rows that have them, and their sizes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from practicum.core.messages import Conversation, Pair
from practicum.text.checks import (
    Fault,
    chat_faults,
    control_tokens,
    double_bos,
    length_bias,
    pair_end_faults,
    pair_faults,
    piece_faults,
    serving_faults,
)
from practicum.text.pack import Example
from practicum.text.template import TemplateError
from practicum.text.tokenizer import ChatTokenizer, Piece

CHUNK = 1000  # rows encoded together: enough to be quick, little enough to hold
SERVED = 200  # rows that are rendered once more, as serving would
ROWS_NAMED = 5

Rows = Sequence[Conversation | Pair]


@dataclass(frozen=True)
class Finding:
    """A fault with the rows that have it.

    rows  the first of them, counted from 1; none when it is the model's
    n     how many rows have it
    """

    kind: str
    what: str
    hint: str
    refuses: bool
    rows: tuple[int, ...] = ()
    n: int = 0

    @property
    def where(self) -> str:
        """The rows in words: "row 3", "rows 3, 8 and 120 more"."""
        if not self.rows:
            return ""
        more = f" and {self.n - len(self.rows):,} more" if self.n > len(self.rows) else ""
        return f"row{'s' if self.n > 1 else ''} {', '.join(map(str, self.rows))}{more}"


class Look:
    """What was found so far, and what was measured on the way.

    lengths  the tokens of every row that was encoded, of a pair those of its longer side
    groups   what would be packed together: a chat alone, the two sides of a pair
    n_prompt_trained  trained tokens that no assistant wrote; anything but 0 is a fault
    """

    def __init__(self, tokenizer: ChatTokenizer, known: Sequence[Fault] = ()) -> None:
        self.tokenizer = tokenizer
        self.lengths: list[int] = []
        self.groups: list[list[Example]] = []
        self.n_prompt_trained = 0
        self.notes: list[str] = []
        self._found: dict[str, tuple[Fault, list[int]]] = {f.kind: (f, []) for f in known}

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The faults, those that refuse first."""
        made = [
            Finding(f.kind, f.what, f.hint, f.refuses, tuple(rows[:ROWS_NAMED]), len(rows))
            for f, rows in self._found.values()
        ]
        return tuple(sorted(made, key=lambda f: not f.refuses))

    @property
    def n_trained(self) -> int:
        """Tokens that would be trained."""
        return sum(sum(e.scored) for group in self.groups for e in group)

    def at_words(self, rows: Rows) -> None:
        """Look at the words of every row."""
        control = control_tokens(self.tokenizer)
        for number, row in enumerate(rows, 1):
            if isinstance(row, Pair):
                self._add(pair_faults(row, control, self._ends), number)
            else:
                self._add(chat_faults(row, control, self._ends), number)

    def at_tokens(self, rows: Rows, sample: int | None = None) -> None:
        """Look at the tokens of every row, or of an even sample; some are rendered as served."""
        places = _spread(len(rows), sample)
        served = {places[i] for i in _spread(len(places), SERVED)}
        for begin in range(0, len(places), CHUNK):
            chunk = places[begin : begin + CHUNK]
            encoded = self._encode([rows[i] for i in chunk])
            for place, sequences in zip(chunk, encoded, strict=True):
                self._measure(rows[place], place + 1, sequences, place in served)
        if not rows or sample is not None:
            return
        if isinstance(rows[0], Pair):
            told, faults = length_bias(
                [(sum(g[0].scored), sum(g[1].scored)) for g in self.groups if len(g) == 2]
            )
            self.notes.append(told)
            self._add(faults, None)
        elif len(served) < len(rows):
            self.notes.append(f"What is trained was compared with what is served on {len(served):,} "
                              f"of {len(rows):,} rows, spread evenly.")  # fmt: skip

    @cached_property
    def _ends(self) -> frozenset[str]:
        tokens = (self.tokenizer.backend.id_to_token(i) for i in self.tokenizer.stop_ids)
        return frozenset(t for t in tokens if t)

    def _add(self, faults: Iterable[Fault], row: int | None) -> None:
        for fault in faults:
            rows = self._found.setdefault(fault.kind, (fault, []))[1]
            if row is not None and row not in rows[-1:]:
                rows.append(row)

    def _encode(self, rows: Sequence[Conversation | Pair]) -> list[list[list[Piece]]]:
        """For every row its sequences: one of a chat, two of a pair, one empty when refused."""
        chats = [row.messages for row in rows if isinstance(row, Conversation)]
        if chats:
            return [[pieces] for pieces in self.tokenizer.encode_pieces(chats)]
        self._add(pair_end_faults(self.tokenizer), None)
        found: list[list[list[Piece]]] = []
        for row in rows:
            try:
                assert isinstance(row, Pair)
                found.append(list(self.tokenizer.encode_pair(row).values()))
            except TemplateError:
                found.append([[]])
        return found

    def _measure(self, row: Conversation | Pair, number: int, sequences: list[list[Piece]],
                 served: bool) -> None:  # fmt: skip
        for pieces in sequences:
            if isinstance(row, Conversation):
                faults = piece_faults(self.tokenizer, row.messages, pieces)
                faults += (
                    serving_faults(self.tokenizer, row.messages, pieces)
                    if served and pieces
                    else []
                )
            elif pieces:
                faults = double_bos(self.tokenizer, pieces)
            else:
                faults = [Fault("refused", "the chat template refuses the prompt", "another one")]
            self._add(faults, number)
            self.n_prompt_trained += sum(sum(p.trained) for p in pieces if not p.written)
        group = [
            Example(tuple(t for p in pieces for t in p.ids),
                    tuple(flag for p in pieces for flag in p.trained))
            for pieces in sequences
        ]  # fmt: skip
        self.groups.append(group)
        self.lengths.append(max(len(e.ids) for e in group))


def _spread(n: int, wanted: int | None) -> list[int]:
    """At most `wanted` of n places, spread evenly; the first and the last among them."""
    if wanted is None or n <= wanted:
        return list(range(n))
    return sorted({round(i * (n - 1) / (wanted - 1)) for i in range(wanted)})
