"""A tiny trained tokenizer, and the chat templates of well-known families."""

from __future__ import annotations

import pytest
from tokenizers import Tokenizer

from practicum.text.template import CHATML
from practicum.text.tokenizer import ChatTokenizer, train_bpe

# Written after the published templates of these families; spelling and line breaks matter.
SMOLLM2 = (
    "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}"
    "{{ '<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face"
    "<|im_end|>\n' }}{% endif %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + "
    "'<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}"
    "{{ '<|im_start|>assistant\n' }}{% endif %}"
)
LLAMA2 = (
    "{% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}"
    "{% set system_message = messages[0]['content'] %}{% else %}"
    "{% set loop_messages = messages %}{% set system_message = false %}{% endif %}"
    "{% for message in loop_messages %}"
    "{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}"
    "{% endif %}{% if loop.index0 == 0 and system_message != false %}"
    "{% set content = '<<SYS>>\n' + system_message + '\n<</SYS>>\n\n' + message['content'] %}"
    "{% else %}{% set content = message['content'] %}{% endif %}"
    "{% if message['role'] == 'user' %}{{ bos_token + '[INST] ' + content.strip() + ' [/INST]' }}"
    "{% elif message['role'] == 'assistant' %}{{ ' '  + content.strip() + ' ' + eos_token }}"
    "{% endif %}{% endfor %}"
)
LLAMA3 = (
    "{% set loop_messages = messages %}{% for message in loop_messages %}"
    "{% set content = '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n'+ "
    "message['content'] | trim + '<|eot_id|>' %}{% if loop.index0 == 0 %}"
    "{% set content = bos_token + content %}{% endif %}{{ content }}{% endfor %}"
    "{% if add_generation_prompt %}"
    "{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}"
)
ZEPHYR = (
    "{% for message in messages %}\n{% if message['role'] == 'user' %}\n"
    "{{ '<|user|>\n' + message['content'] + eos_token }}\n"
    "{% elif message['role'] == 'system' %}\n"
    "{{ '<|system|>\n' + message['content'] + eos_token }}\n"
    "{% elif message['role'] == 'assistant' %}\n"
    "{{ '<|assistant|>\n'  + message['content'] + eos_token }}\n{% endif %}\n"
    "{% if loop.last and add_generation_prompt %}\n{{ '<|assistant|>' }}\n{% endif %}\n"
    "{% endfor %}"
)
# Newer families mark what the assistant wrote, ask whether tools were given, dump JSON.
NEWER = (
    "{%- if tools is not none %}{{- 'tools: ' + (tools | tojson(ensure_ascii=False)) }}{%- endif %}"
    "{%- for m in messages %}{%- if m.role == 'assistant' %}{{- '<|im_start|>assistant\n' }}"
    "{%- generation %}{{- m.content + '<|im_end|>' }}{%- endgeneration %}{{- '\n' }}"
    "{%- else %}{{- '<|im_start|>' + m.role + '\n' + (m.content | tojson(ensure_ascii=False)) + "
    "'<|im_end|>\n' }}{%- endif %}{%- endfor %}"
    "{%- if add_generation_prompt %}{{- '<|im_start|>assistant\n' }}{%- endif %}"
)
TEMPLATES = {
    "chatml": CHATML, "smollm2": SMOLLM2, "llama2": LLAMA2, "llama3": LLAMA3, "zephyr": ZEPHYR,
    "newer": NEWER,
}  # fmt: skip
STOPS = {
    "chatml": "<|im_end|>", "smollm2": "<|im_end|>", "llama2": "</s>", "llama3": "<|eot_id|>",
    "zephyr": "</s>", "newer": "<|im_end|>",
}  # fmt: skip
NAMED = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}
SPECIAL = [*NAMED.values(), "<|im_start|>", "<|im_end|>", "<|start_header_id|>",
           "<|end_header_id|>", "<|eot_id|>"]  # fmt: skip
PROSE = [
    "The quick brown fox jumps over the lazy dog, again and again.",
    "system user assistant: what is twelve plus thirty? Forty two, said the assistant.",
    "Grüße aus Köln. 3.14159 and 2,718 are numbers; 38 is one too.",
] * 4


@pytest.fixture(scope="session")
def bpe() -> Tokenizer:
    """A byte-level BPE of 400 tokens."""
    return train_bpe(PROSE, 400, SPECIAL)


@pytest.fixture(params=sorted(TEMPLATES))
def family(request: pytest.FixtureRequest) -> str:
    """The name of a template family."""
    return str(request.param)


@pytest.fixture
def template(family: str) -> str:
    return TEMPLATES[family]


@pytest.fixture
def chatter(bpe: Tokenizer, family: str) -> ChatTokenizer:
    """The tiny tokenizer with that family's template and end of turn."""
    stop = bpe.token_to_id(STOPS[family])
    return ChatTokenizer(bpe, TEMPLATES[family], NAMED, frozenset([stop]))
