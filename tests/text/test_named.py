"""Chat templates by name: hand-written strings, transformers' rendering, and the ends of turns."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tokenizers import Tokenizer

from practicum.core.errors import PracticumError
from practicum.core.messages import Conversation, Message, read_rows
from practicum.text.named import ALPACA_SYSTEM, TEMPLATES, named_template, with_template
from practicum.text.template import render, split_turns
from practicum.text.tokenizer import ChatTokenizer, train_bpe

NAMED = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}
CONTROL = ["<|im_start|>", "<|im_end|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>",
           "<start_of_turn>", "<end_of_turn>"]  # fmt: skip
TALK = [Message(role="user", content="Hi"), Message(role="assistant", content="Hello"),
        Message(role="user", content="Bye"), Message(role="assistant", content="See you")]  # fmt: skip
SYSTEM = Message(role="system", content="Be kind.")

# Without a system message; the place where the second answer begins is marked with ^.
EXPECTED = {
    "chatml": "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nHello<|im_end|>\n"
              "<|im_start|>user\nBye<|im_end|>\n<|im_start|>assistant\n^See you<|im_end|>\n",
    "llama-2": "<s>[INST] Hi [/INST] Hello </s><s>[INST] Bye [/INST]^ See you </s>",
    "llama-3": "<s><|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|>"
               "<|start_header_id|>assistant<|end_header_id|>\n\nHello<|eot_id|>"
               "<|start_header_id|>user<|end_header_id|>\n\nBye<|eot_id|>"
               "<|start_header_id|>assistant<|end_header_id|>\n\n^See you<|eot_id|>",
    "mistral": "<s>[INST] Hi [/INST] Hello</s>[INST] Bye [/INST]^ See you</s>",
    "gemma": "<s><start_of_turn>user\nHi<end_of_turn>\n<start_of_turn>model\nHello<end_of_turn>\n"
             "<start_of_turn>user\nBye<end_of_turn>\n<start_of_turn>model\n^See you<end_of_turn>\n",
    "alpaca": ALPACA_SYSTEM + "\n\n### Instruction:\nHi\n\n### Response:\nHello</s>\n\n"
              "### Instruction:\nBye\n\n### Response:\n^See you</s>\n\n",
    "zephyr": "<|user|>\nHi</s>\n<|assistant|>\nHello</s>\n<|user|>\nBye</s>\n<|assistant|>\n"
              "^See you</s>\n",
}  # fmt: skip
WITH_SYSTEM = {
    "chatml": "<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n",
    "llama-2": "<s>[INST] <<SYS>>\nBe kind.\n<</SYS>>\n\nHi [/INST]",
    "llama-3": "<s><|start_header_id|>system<|end_header_id|>\n\nBe kind.<|eot_id|>"
               "<|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|>",
    "mistral": "<s>[INST] Be kind.\n\nHi [/INST]",
    "gemma": "<s><start_of_turn>user\nBe kind.\n\nHi<end_of_turn>\n",
    "alpaca": "Be kind.\n\n### Instruction:\nHi\n\n### Response:\n",
    "zephyr": "<|system|>\nBe kind.</s>\n<|user|>\nHi</s>\n",
}  # fmt: skip
ENDS = {"chatml": "<|im_end|>", "llama-3": "<|eot_id|>", "gemma": "<end_of_turn>"}


@pytest.fixture(scope="module")
def backend() -> Tokenizer:
    """A BPE whose vocabulary has the control tokens of every family."""
    return train_bpe(["Hi Hello Bye See you. " * 9], 400, [*NAMED.values(), *CONTROL])


@pytest.fixture(scope="module")
def base(backend: Tokenizer) -> ChatTokenizer:
    """A base model's: no template, and its own end of sequence."""
    end = backend.token_to_id("</s>")
    return ChatTokenizer(backend, None, dict(NAMED), frozenset([end]))


@pytest.mark.feature("S2d")
@pytest.mark.parametrize("name", TEMPLATES)
def test_each_named_template_writes_what_was_written_by_hand(name: str) -> None:
    text = named_template(name).text
    expected = EXPECTED[name].replace("^", "")
    assert render(text, TALK, special=NAMED) == expected
    prompt = EXPECTED[name].split("^")[0]
    assert render(text, TALK[:3], special=NAMED, answer_next=True) == prompt
    assert render(text, [SYSTEM, TALK[0]], special=NAMED) == WITH_SYSTEM[name]


@pytest.mark.feature("S2d")
@pytest.mark.parametrize("name", TEMPLATES)
def test_each_named_template_equals_transformers_rendering_of_it(
    name: str, backend: Tokenizer
) -> None:
    from transformers import PreTrainedTokenizerFast

    reference: Any = PreTrainedTokenizerFast(tokenizer_object=backend, **NAMED)
    text = named_template(name).text
    awkward = [Message(role=m.role, content=f"  {m.content} “38”\n\n<b> ") for m in TALK]
    for messages in (TALK, TALK[:1], [SYSTEM, *TALK], [SYSTEM, *awkward], awkward[:3]):
        for answer_next in (False, True):
            expected = reference.apply_chat_template(
                [m.model_dump() for m in messages], chat_template=text, tokenize=False,
                add_generation_prompt=answer_next,
            )  # fmt: skip
            assert render(text, messages, special=NAMED, answer_next=answer_next) == expected


@pytest.mark.parametrize("name", TEMPLATES)
def test_an_answer_ends_in_its_end_of_turn_and_begins_where_serving_begins(
    name: str, base: ChatTokenizer
) -> None:
    tokenizer = with_template(base, name)
    end = ENDS.get(name, "</s>")
    assert tokenizer.special["eos_token"] == end
    for messages in (TALK, [SYSTEM, *TALK]):
        ids, mine = tokenizer.encode_chat(messages)
        prompt = tokenizer.encode_prompt(messages[:-1])
        assert ids[: len(prompt)] == prompt, "training sees what serving sees"
        answer = [i for i, m in zip(ids[len(prompt) :], mine[len(prompt) :], strict=True) if m]
        assert tokenizer.backend.decode(answer, skip_special_tokens=False).split() == (
            ["See", f"you{end}"] if name != "llama-2" else ["See", "you", end]
        )
        pieces = split_turns(named_template(name).text, messages, special=tokenizer.special)
        assert [mine for _, mine in pieces] == [False, True, False, True]


@pytest.mark.feature("N6")
def test_a_sharegpt_row_as_chatml_worked_by_hand(tmp_path: Path, base: ChatTokenizer) -> None:
    row = {"conversations": [{"from": "system", "value": "Be kind."},
                             {"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}]}  # fmt: skip
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(row))
    (chat,) = read_rows(path, Conversation)
    assert render(with_template(base, "chatml").template or "", chat.messages) == (
        "<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n"
        "<|im_start|>assistant\nHello<|im_end|>\n"
    )


def test_the_models_own_template_is_left_as_it_is(base: ChatTokenizer) -> None:
    assert with_template(base, "model") is base


def test_an_unknown_name_gets_the_nearest_one(base: ChatTokenizer) -> None:
    with pytest.raises(PracticumError, match="called 'lama-3'      try: llama-3"):
        with_template(base, "lama-3")
    with pytest.raises(PracticumError, match="model, chatml, llama-2"):
        named_template("x")


def test_a_template_whose_tokens_the_vocabulary_lacks_is_refused_with_those_that_fit() -> None:
    small = train_bpe(["Hi"], 300, ["<s>", "</s>", "<|im_end|>"])
    tokenizer = ChatTokenizer(small, None, dict(NAMED), frozenset([small.token_to_id("</s>")]))
    with pytest.raises(PracticumError) as caught:
        with_template(tokenizer, "llama-3")
    assert "ends its turns with <|eot_id|>, which this vocabulary lacks" in str(caught.value)
    assert caught.value.complaints[0].hint == "llama-2 or mistral or alpaca or zephyr"
    with pytest.raises(PracticumError, match=r"chatml does not fit.*writes <\|im_start\|>"):
        with_template(tokenizer, "chatml")  # its end is there, its beginning is not
