"""Chat templates: the one path from messages to text, for training and for serving alike."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import jinja2
from jinja2.exceptions import SecurityError
from jinja2.ext import Extension, loopcontrols
from jinja2.nodes import Node
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

from practicum.core.errors import PracticumError
from practicum.core.messages import Message

MAX_TEMPLATE_CHARS = 100_000  # the longest template seen in the wild is a tenth of this
MAX_TEXT_CHARS = 10_000_000  # a million tokens of English are about four million characters
MAX_POWER = 64  # enough for any size; 10 ** 10 ** 7 would take minutes
CHATML = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


class TemplateError(PracticumError):
    """The template cannot render these messages."""


class _Generation(Extension):
    """{% generation %} marks what the assistant wrote. We find that ourselves, in split_turns."""

    tags = {"generation"}  # noqa: RUF012  Jinja declares it so

    def parse(self, parser: Parser) -> list[Node]:
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


class _Sandbox(ImmutableSandboxedEnvironment):
    """Templates come with models, so they are untrusted (CVE-2024-34359): nothing outside can be
    reached or changed, and no value can be blown up by multiplication."""

    intercepted_binops = frozenset({"*", "**"})

    def call_binop(
        self, context: jinja2.runtime.Context, operator: str, left: Any, right: Any
    ) -> Any:
        if operator == "**" and not -MAX_POWER <= right <= MAX_POWER:
            raise SecurityError(f"a power of {right}")
        for many, times in ((left, right), (right, left)):
            if isinstance(many, (str, list, tuple)) and len(many) * times > MAX_TEXT_CHARS:
                raise SecurityError(f"{times:,} times {len(many):,}")
        return super().call_binop(context, operator, left, right)


@lru_cache(maxsize=32)
def _compile(template: str) -> jinja2.Template:
    if len(template) > MAX_TEMPLATE_CHARS:
        raise TemplateError(f"the chat template has {len(template):,} characters")

    def raise_exception(message: str) -> None:
        raise jinja2.TemplateError(message)

    environment = _Sandbox(
        trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols, _Generation]
    )
    environment.globals["raise_exception"] = raise_exception
    environment.filters["tojson"] = lambda value, ensure_ascii=False, **kw: json.dumps(
        value, ensure_ascii=ensure_ascii, **kw
    )
    return environment.from_string(template)


def render(
    template: str,
    messages: Sequence[Message],
    *,
    special: dict[str, str] | None = None,
    answer_next: bool = False,
) -> str:
    """The text of a conversation; `answer_next` ends it where the assistant begins to speak.

    Raises  TemplateError with the template's own words when it refuses the messages.
    Source  The format is Hugging Face's (Jinja); `apply_chat_template` is the reference.
    """
    rows: list[dict[str, Any]] = [{"role": m.role, "content": m.content} for m in messages]
    given = {"tools": None, "documents": None, **(special or {})}
    text, size = [], 0
    try:
        for piece in _compile(template).generate(
            messages=rows, add_generation_prompt=answer_next, **given
        ):
            text.append(piece)
            size += len(piece)
            if size > MAX_TEXT_CHARS:
                raise TemplateError(
                    f"the chat template writes more than {MAX_TEXT_CHARS:,} characters"
                )
    except TemplateError:
        raise
    except Exception as error:  # whatever goes wrong in there, the template did it
        raise TemplateError(f"the chat template refuses these messages: {error}") from error
    return "".join(text)


def split_turns(
    template: str, messages: Sequence[Message], *, special: dict[str, str] | None = None
) -> list[tuple[str, bool]]:
    """The rendered text in pieces, each marked as written by the assistant or not.

    The pieces joined equal the rendered conversation. An assistant piece begins exactly where
    generation would begin and keeps what the template puts behind it (end of turn included).

    Raises  TemplateError when the template rewrites earlier turns, because then no piece of
            the training text would be what the model sees while serving.
    """
    pieces: list[tuple[str, bool]] = []
    done = ""
    for i, message in enumerate(messages):
        if message.role != "assistant":
            continue
        before = render(template, messages[:i], special=special, answer_next=True)
        after = render(template, messages[: i + 1], special=special)
        if not before.startswith(done) or not after.startswith(before):
            raise TemplateError(
                "the chat template rewrites earlier turns, so answers cannot be located",
                hint="train on single-turn rows, or choose another template",
            )
        pieces += [(before[len(done) :], False), (after[len(before) :], True)]
        done = after
    return [(text, mine) for text, mine in pieces if text]
