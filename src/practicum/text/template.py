"""Chat templates: the one path from messages to text, for training and for serving alike."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import jinja2
from jinja2.ext import loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment

from practicum.core.errors import PracticumError
from practicum.core.messages import Message

MAX_TEMPLATE_CHARS = 100_000  # the longest template seen in the wild is a tenth of this
CHATML = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


class TemplateError(PracticumError):
    """The template cannot render these messages."""


@lru_cache(maxsize=32)
def _compile(template: str) -> jinja2.Template:
    if len(template) > MAX_TEMPLATE_CHARS:
        raise TemplateError(f"the chat template has {len(template):,} characters")

    def raise_exception(message: str) -> None:
        raise jinja2.TemplateError(message)

    # Templates come with models, so they are untrusted: immutable sandbox (CVE-2024-34359).
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols]
    )
    environment.globals["raise_exception"] = raise_exception
    environment.filters["tojson"] = lambda value, **kw: json.dumps(value, ensure_ascii=False, **kw)
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
    try:
        return _compile(template).render(
            messages=rows, add_generation_prompt=answer_next, **(special or {})
        )
    except jinja2.TemplateError as error:
        raise TemplateError(f"the chat template refuses these messages: {error}") from error


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
