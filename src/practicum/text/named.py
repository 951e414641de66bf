"""Chat templates by the names people know, each with the token that ends its turns.

A system message is a turn of its own in chatml, llama-3 and zephyr. llama-2 wraps it in <<SYS>>
inside the first question; mistral and gemma, which know no system role, put it in front of the
first question; alpaca begins with it, and with its own sentence when there is none.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

from practicum.core.errors import PracticumError, nearest
from practicum.text.template import CHATML
from practicum.text.tokenizer import ChatTokenizer

MODEL = "model"  # the template that the model came with
ALPACA_SYSTEM = (
    "Below is an instruction that describes a task. "
    "Write a response that appropriately completes the request."
)


@dataclass(frozen=True)
class NamedTemplate:
    """A chat template that is known by name.

    end_of_turn  the token that ends an answer; None where that is the model's own end of sequence
    """

    name: str
    text: str
    end_of_turn: str | None = None


_SYSTEM_APART = (
    "{%- set apart = messages and messages[0]['role'] == 'system' -%}"
    "{%- set turns = messages[1:] if apart else messages -%}"
)
_SYSTEM_IN_FRONT = (
    _SYSTEM_APART + "{%- set front = messages[0]['content'] + '\n\n' if apart else '' -%}"
)
_LLAMA_2 = (
    _SYSTEM_APART + "{%- set front = "
    "'<<SYS>>\n' + messages[0]['content'] + '\n<</SYS>>\n\n' if apart else '' -%}"
    "{%- for turn in turns -%}"
    "{%- if turn['role'] == 'user' -%}"
    "{%- set said = (front if loop.first else '') + turn['content'] -%}"
    "{{ (bos_token or '') + '[INST] ' + said.strip() + ' [/INST]' }}"
    "{%- else -%}{{ ' ' + turn['content'].strip() + ' ' + eos_token }}{%- endif -%}"
    "{%- endfor -%}"
)
_LLAMA_3 = (
    "{{ bos_token or '' }}"
    "{%- for turn in messages -%}"
    "{{ '<|start_header_id|>' + turn['role'] + '<|end_header_id|>\n\n'"
    " + turn['content'].strip() + '<|eot_id|>' }}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}"
    "{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{%- endif -%}"
)
_MISTRAL = (
    _SYSTEM_IN_FRONT + "{{ bos_token or '' }}"
    "{%- for turn in turns -%}"
    "{%- if turn['role'] == 'user' -%}"
    "{{ '[INST] ' + (front if loop.first else '') + turn['content'] + ' [/INST]' }}"
    "{%- else -%}{{ ' ' + turn['content'].strip() + eos_token }}{%- endif -%}"
    "{%- endfor -%}"
)
_GEMMA = (
    _SYSTEM_IN_FRONT + "{{ bos_token or '' }}"
    "{%- for turn in turns -%}"
    "{%- set who = 'model' if turn['role'] == 'assistant' else turn['role'] -%}"
    "{{ '<start_of_turn>' + who + '\n' + (front if loop.first else '')"
    " + turn['content'].strip() + '<end_of_turn>\n' }}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{ '<start_of_turn>model\n' }}{%- endif -%}"
)
_ALPACA = (
    _SYSTEM_APART + "{{ messages[0]['content'] if apart else '" + ALPACA_SYSTEM + "' }}"
    "{{ '\n\n' }}"
    "{%- for turn in turns -%}"
    "{%- if turn['role'] == 'user' -%}"
    "{{ '### Instruction:\n' + turn['content'] + '\n\n### Response:\n' }}"
    "{%- else -%}{{ turn['content'] + eos_token + '\n\n' }}{%- endif -%}"
    "{%- endfor -%}"
)
_ZEPHYR = (
    "{%- for turn in messages -%}"
    "{{ '<|' + turn['role'] + '|>\n' + turn['content'] + eos_token + '\n' }}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{ '<|assistant|>\n' }}{%- endif -%}"
)
TEMPLATES = {
    t.name: t
    for t in (
        NamedTemplate("chatml", CHATML, "<|im_end|>"),
        NamedTemplate("llama-2", _LLAMA_2),
        NamedTemplate("llama-3", _LLAMA_3, "<|eot_id|>"),
        NamedTemplate("mistral", _MISTRAL),
        NamedTemplate("gemma", _GEMMA, "<end_of_turn>"),
        NamedTemplate("alpaca", _ALPACA),
        NamedTemplate("zephyr", _ZEPHYR),
    )
}


def named_template(name: str) -> NamedTemplate:
    """The template of that name.  Raises PracticumError with the nearest name."""
    if name not in TEMPLATES:
        known = ", ".join([MODEL, *TEMPLATES])
        raise PracticumError(f"no chat template is called {name!r}",
                             hint=nearest(name, TEMPLATES) or known)  # fmt: skip
    return TEMPLATES[name]


def with_template(tokenizer: ChatTokenizer, name: str) -> ChatTokenizer:
    """The tokenizer with the template of that name ("model": its own), and with the token that
    ends a turn there as its end of sequence.

    Raises  PracticumError when there is no such template, or the vocabulary lacks its tokens.
    """
    if name == MODEL:
        return tokenizer
    chosen = named_template(name)
    end = chosen.end_of_turn or tokenizer.special.get("eos_token")
    found = tokenizer.backend.token_to_id(end) if end else None
    if end is None or found is None:
        lacks = end or "end-of-sequence token"
        raise PracticumError(f"the template {name} ends its turns with {lacks}, which this "
                             "vocabulary lacks", hint=_fitting(tokenizer))  # fmt: skip
    made = replace(
        tokenizer, template=chosen.text, stop_ids=tokenizer.stop_ids | {int(found)},
        special=tokenizer.special | {"eos_token": end},
    )  # fmt: skip
    if trouble := made.template_trouble():
        raise PracticumError(f"the template {name} does not fit: this model {trouble}",
                             hint=_fitting(tokenizer))  # fmt: skip
    return made


def put_template(tokenizer: ChatTokenizer, name: str, folder: Path) -> None:
    """Write the template of that name, and the token that ends its turns, into a model's folder.

    Raises  PracticumError as `with_template`.
    """
    made = with_template(tokenizer, name)
    assert made.template is not None
    (folder / "chat_template.jinja").write_text(made.template, encoding="utf-8")
    path = folder / "tokenizer_config.json"
    config = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    config.pop("chat_template", None)
    config["eos_token"] = made.special["eos_token"]
    path.write_text(json.dumps(config, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _fitting(tokenizer: ChatTokenizer) -> str:
    """The templates whose control tokens are single tokens of this vocabulary."""
    fits = [
        t.name for t in TEMPLATES.values()
        if (end := t.end_of_turn or tokenizer.special.get("eos_token"))
        and tokenizer.backend.token_to_id(end) is not None
        and not replace(tokenizer, template=t.text,
                        special=tokenizer.special | {"eos_token": end}).template_trouble()
    ]  # fmt: skip
    return " or ".join(fits) or "a model with a chat template"
