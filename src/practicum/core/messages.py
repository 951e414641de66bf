"""The payload rows — conversations and preference pairs, OpenAI-shaped — and the protocols
through which rooms that do not know each other compose."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar, runtime_checkable

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from practicum.core.errors import Complaint, DataError
from practicum.core.rows.formats import FORMATS, convert, form_of_file
from practicum.core.rows.lines import BadLine, raw_rows
from practicum.core.rows.turns import RowError

Role = Literal["system", "user", "assistant"]
MAX_COMPLAINTS = 20  # enough to see the pattern, few enough to read


class Message(BaseModel):
    """One turn."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: Role
    content: str


def check_roles(messages: Sequence[Message], *, ends_with: Role | None) -> None:
    """Raises ValueError unless turns are: optional system, then user and assistant in turn."""
    if not messages:
        raise ValueError("a conversation needs at least one message")
    turns = messages[1:] if messages[0].role == "system" else messages
    for i, message in enumerate(turns):
        expected = "user" if i % 2 == 0 else "assistant"
        if message.role != expected:
            raise ValueError(
                f"message {i + 1 + len(messages) - len(turns)} has role "
                f"{message.role}, expected {expected}"
            )
    last = turns[-1].role if turns else "system"
    if ends_with and last != ends_with:
        raise ValueError(f"the last message has role {last}, expected {ends_with}")


class Conversation(BaseModel):
    """A chat. `task` and `answer` make it verifiable; `source` and `license` say where it is from;
    `label` says whether the last answer is wanted (KTO) and is absent where all are."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    messages: tuple[Message, ...]
    task: str | None = None
    answer: str | None = None
    source: str | None = None
    license: str | None = None
    label: bool | None = None

    @model_validator(mode="after")
    def _roles_alternate(self) -> Conversation:
        check_roles(self.messages, ends_with="assistant")
        return self

    @property
    def prompt(self) -> tuple[Message, ...]:
        """Everything before the last answer."""
        return self.messages[:-1]


class Pair(BaseModel):
    """One prompt with a preferred and a rejected answer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    prompt: tuple[Message, ...]
    chosen: str
    rejected: str
    task: str | None = None
    source: str | None = None
    license: str | None = None

    @model_validator(mode="after")
    def _prompt_ends_with_user(self) -> Pair:
        check_roles(self.prompt, ends_with="user")
        if self.chosen == self.rejected:
            raise ValueError("chosen and rejected are the same text")
        return self


Row = TypeVar("Row", Conversation, Pair)


def _complaint(error: ValidationError) -> tuple[str, str]:
    item = error.errors()[0]
    where = ".".join(str(part) for part in item["loc"])
    text = item["msg"].removeprefix("Value error, ")
    if where:
        return f"{where}: {text}", "write a text there"
    if "same text" in text:
        return text, "leave the row out"
    if text.startswith("the last message"):
        answered = text.endswith("assistant")
        return text, "leave it out, or answer it" if answered else "end the prompt with a question"
    return text, "a system message or none, then user and assistant in turn"


def read_rows(path: Path, row_type: type[Row], form: str | None = None) -> list[Row]:
    """The rows of a JSONL file, or of a JSON list, in any of the formats of `core.rows.formats`:
    `form` names it, else the first row that has one decides.

    Raises  DataError naming file:line of every bad row (the first 20), or saying that the rows
            are of another kind.
    """
    own = "pairs" if row_type is Pair else "chat"
    form = form or form_of_file(path) or ("pairs" if row_type is Pair else "messages")
    if FORMATS[form].kind != own:
        raise DataError(Complaint(f"the rows are {FORMATS[form].title}, not {own}", path.name,
                                  f"a file of {own}"))  # fmt: skip
    rows: list[Row] = []
    wrong: list[Complaint] = []
    n_wrong = 0
    for number, raw in raw_rows(path):
        try:
            if isinstance(raw, BadLine):
                raise RowError(raw.what, raw.hint)
            rows += [row_type.model_validate(row) for row in convert(raw, form)]
        except RowError as error:
            what, hint = str(error), error.hint
        except ValidationError as error:
            what, hint = _complaint(error)
        else:
            continue
        n_wrong += 1
        if len(wrong) < MAX_COMPLAINTS:
            wrong.append(Complaint(what, f"{path.name}:{number}", hint))
    if n_wrong > len(wrong):
        wrong.append(Complaint(f"and {n_wrong - len(wrong)} more rows like these"))
    if wrong:
        raise DataError(*wrong)
    return rows


def write_rows(path: Path, rows: Iterable[BaseModel]) -> int:
    """Write rows as JSONL, absent fields left out; the number of rows."""
    n_rows = 0
    with path.open("w", encoding="utf-8") as stream:
        for row in rows:
            stream.write(row.model_dump_json(exclude_none=True) + "\n")
            n_rows += 1
    return n_rows


class Sampling(BaseModel):
    """How the next token is chosen. temperature 0 is greedy."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_tokens: int = 256
    temperature: float = 0.0
    top_p: float = 1.0
    seed: int = 0


class Reply(BaseModel):
    """What a model answered, with the counts needed to judge speed."""

    model_config = ConfigDict(frozen=True)

    text: str
    n_prompt_tokens: int
    n_tokens: int
    stopped: bool


@runtime_checkable
class Chat(Protocol):
    """Anything that answers conversations."""

    def reply(
        self,
        prompts: Sequence[Sequence[Message]],
        sampling: Sampling,
        heard: Callable[[int], None] | None = None,
    ) -> list[Reply]: ...

    def stream(self, prompt: Sequence[Message], sampling: Sampling) -> Iterator[str]: ...


@runtime_checkable
class Score(Protocol):
    """Anything that gives log-probabilities: for each (prefix ids, continuation ids),
    the sum over the continuation in nats."""

    def log_likelihoods(
        self, requests: Sequence[tuple[Sequence[int], Sequence[int]]]
    ) -> list[float]: ...


class Guard(Protocol):
    """A function on messages: returns them, changed or not, or raises PracticumError."""

    def __call__(self, messages: Sequence[Message]) -> Sequence[Message]: ...


class Callback(Protocol):
    """Called by the training loop after every update with plain numbers."""

    def __call__(self, step: int, values: dict[str, Any]) -> None: ...
