from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from practicum.core.errors import PracticumError
from practicum.core.messages import Message
from practicum.text.template import CHATML
from practicum.text.tokenizer import (
    ChatTokenizer,
    byte_level_bpe,
    load_tokenizer,
    save_tokenizer,
    train_bpe,
)

SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]


@pytest.fixture(scope="module")
def small() -> Tokenizer:
    """260 tokens: the bytes, the special ones and a single merge."""
    return train_bpe(["aaaa aaaa"], 260, SPECIAL)


def chat(*contents: str) -> list[Message]:
    return [
        Message(role="assistant" if i % 2 else "user", content=text)
        for i, text in enumerate(contents)
    ]


# -- training --------------------------------------------------------------------------------


def test_special_tokens_come_first_then_the_bytes_then_the_merges(small: Tokenizer) -> None:
    assert [small.token_to_id(t) for t in SPECIAL] == [0, 1, 2]
    assert small.get_vocab_size() == 3 + 256 + 1
    assert small.token_to_id("aa") == 259, "the most frequent pair of the text"


@given(st.text())
def test_any_text_survives_encoding_and_decoding(text: str) -> None:
    tokenizer = ChatTokenizer(_trained(), None)
    assert tokenizer.decode(tokenizer.encode(text)) == text


@given(st.binary())
def test_any_utf8_bytes_survive_too(data: bytes) -> None:
    text = data.decode("utf-8", errors="ignore")
    tokenizer = ChatTokenizer(_trained(), None)
    assert tokenizer.decode(tokenizer.encode(text)).encode() == text.encode()


def _trained(made: list[Tokenizer] = []) -> Tokenizer:  # noqa: B006
    if not made:
        made.append(train_bpe(["the cat sat on the mat, 12 times"] * 3, 300, SPECIAL))
    return made[0]


def test_every_digit_is_a_token_of_its_own_even_if_the_text_is_full_of_one_number() -> None:
    trained = train_bpe(["38 38 38 38 1234 1234"] * 20, 300, SPECIAL)
    assert trained.encode("38+1234").tokens == ["3", "8", "+", "1", "2", "3", "4"]


def test_without_split_digits_a_number_can_be_one_token() -> None:
    vocab = {"3": 0, "8": 1, "38": 2}
    whole = byte_level_bpe(vocab, [("3", "8")], split_digits=False)
    split = byte_level_bpe(vocab, [("3", "8")], split_digits=True)
    assert whole.encode("38").tokens == ["38"]
    assert split.encode("38").tokens == ["3", "8"]


def test_training_twice_gives_the_same_tokenizer() -> None:
    texts = ["one two three two one", "Grüße, 42 times"] * 5
    assert train_bpe(texts, 320, SPECIAL).to_str() == train_bpe(texts, 320, SPECIAL).to_str()


# -- chats -----------------------------------------------------------------------------------


def test_the_mask_covers_the_answer_and_the_stop_token_worked_by_hand(small: Tokenizer) -> None:
    stop = small.token_to_id("<|im_end|>")
    tokenizer = ChatTokenizer(small, CHATML, {}, frozenset([stop]))
    ids, mine = tokenizer.encode_chat(chat("Hi", "ok"))
    tokens = [small.id_to_token(i) for i in ids]
    assert tokens == [
        "<|im_start|>", *"user", "Ċ", *"Hi", "<|im_end|>", "Ċ",
        "<|im_start|>", *"assistant", "Ċ", *"ok", "<|im_end|>", "Ċ",
    ]  # fmt: skip
    assert [t for t, m in zip(tokens, mine, strict=True) if m] == ["o", "k", "<|im_end|>"]
    assert mine.index(True) == tokens.index("o", 12)
    assert not mine[-1], "generation has stopped before the last line break"


@pytest.mark.parametrize("n_turns", [1, 2, 3])
def test_only_answers_and_stop_tokens_are_marked_in_every_family(
    chatter: ChatTokenizer, family: str, n_turns: int
) -> None:
    contents = [f"{'answer' if i % 2 else 'question'} number {i}." for i in range(2 * n_turns)]
    ids, mine = chatter.encode_chat(chat(*contents))
    runs, current = [], []
    for token, m in [*zip(ids, mine, strict=True), (0, False)]:
        if m:
            current.append(token)
        elif current:
            runs.append(current)
            current = []
    assert [chatter.decode(run).strip() for run in runs] == contents[1::2]
    assert all(run[-1] in chatter.stop_ids for run in runs)
    assert sum(token in chatter.stop_ids for run in runs for token in run) == n_turns


@given(question=st.text(max_size=30), answer=st.text(max_size=30))
def test_whatever_the_answer_says_exactly_it_and_the_stop_token_are_marked(
    question: str, answer: str
) -> None:
    backend = _trained()
    stop = backend.token_to_id("<|im_end|>")
    tokenizer = ChatTokenizer(backend, CHATML, {}, frozenset([stop]))
    ids, mine = tokenizer.encode_chat(chat(question, answer))
    marked = [token for token, m in zip(ids, mine, strict=True) if m]
    assert marked[-1] == stop
    assert tokenizer.decode(marked) == answer
    assert ids[: mine.index(True)] == tokenizer.encode_prompt(chat(question)), "as while serving"


def test_training_ids_begin_with_the_ids_of_serving_at_every_turn(chatter: ChatTokenizer) -> None:
    messages = chat("What is 38?", "A number.", "Sure?", "Quite sure.", "Thanks", "Bye")
    ids, mine = chatter.encode_chat(messages)
    for n in (1, 3, 5):
        prompt = chatter.encode_prompt(messages[:n])
        assert ids[: len(prompt)] == prompt
        assert mine[len(prompt)]


def test_a_template_that_ends_no_turn_with_a_stop_token_is_refused(small: Tokenizer) -> None:
    tokenizer = ChatTokenizer(small, CHATML, {}, frozenset([small.token_to_id("<|endoftext|>")]))
    with pytest.raises(PracticumError, match="ends no turn with a stop token"):
        tokenizer.encode_chat(chat("Hi", "ok"))


def test_a_model_without_a_template_says_so_when_asked_to_chat(small: Tokenizer) -> None:
    with pytest.raises(PracticumError, match="no chat template"):
        ChatTokenizer(small, None).encode_prompt(chat("Hi"))


def test_an_encoded_answer_ends_with_the_end_of_sequence(small: Tokenizer) -> None:
    tokenizer = ChatTokenizer(small, None, {"eos_token": "<|endoftext|>"})
    assert tokenizer.encode_answer("aa") == [259, 0]
    assert tokenizer.end_id == 0
    with pytest.raises(PracticumError, match="names no end-of-sequence token"):
        _ = ChatTokenizer(small, None).end_id


def test_a_token_has_one_id_and_an_unknown_one_is_refused(small: Tokenizer) -> None:
    tokenizer = ChatTokenizer(small, None)
    assert tokenizer.id_of("<|im_end|>") == 2
    with pytest.raises(PracticumError, match="no token <nope>"):
        tokenizer.id_of("<nope>")


# -- files -----------------------------------------------------------------------------------


def saved(folder: Path, backend: Tokenizer, **files: Any) -> Path:
    save_tokenizer(folder, backend, CHATML, {"eos_token": "<|im_end|>"})
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps(content))
    return folder


def test_a_saved_tokenizer_reads_back_equal(tmp_path: Path, small: Tokenizer) -> None:
    found = load_tokenizer(saved(tmp_path, small))
    assert found.backend.to_str() == small.to_str()
    assert (found.template, found.special) == (CHATML, {"eos_token": "<|im_end|>"})
    assert found.stop_ids == {2}
    assert found.n_vocab == 260
    assert not found.adds_bos


def test_a_saved_tokenizer_is_the_same_one_to_transformers(tmp_path: Path, bpe: Tokenizer) -> None:
    from transformers import AutoTokenizer

    ours = load_tokenizer(saved(tmp_path, bpe))
    theirs = AutoTokenizer.from_pretrained(str(tmp_path))
    messages = chat("What is 38 + 4?", "Grüße: 42", "And now?")
    rows = [m.model_dump() for m in messages]
    text = theirs.apply_chat_template(rows, tokenize=False, add_generation_prompt=True)
    assert ours.chat_text(messages) == text
    assert ours.encode_prompt(messages) == theirs(text, add_special_tokens=False)["input_ids"]
    assert theirs.eos_token == "<|im_end|>"


@pytest.mark.parametrize(("value", "stops"), [(1, {1, 2}), ([0, 1], {0, 1, 2}), (None, {2})])
def test_an_answer_stops_at_the_end_of_sequence_and_at_what_the_generation_config_adds(
    tmp_path: Path, small: Tokenizer, value: Any, stops: set[int]
) -> None:
    folder = saved(tmp_path, small, generation_config={"eos_token_id": value})
    assert load_tokenizer(folder).stop_ids == stops


def test_a_truncating_tokenizer_file_cuts_and_pads_nothing(
    tmp_path: Path, small: Tokenizer
) -> None:
    """Files saved after training often carry truncation and padding; transformers ignores both."""
    cutting = Tokenizer.from_str(small.to_str())
    cutting.enable_truncation(max_length=4)
    cutting.enable_padding(length=16, pad_id=0, pad_token="<|endoftext|>")
    found = load_tokenizer(saved(tmp_path, cutting))
    assert found.encode("abcdefgh") == small.encode("abcdefgh").ids
    assert found.encode("ab") == small.encode("ab").ids


def test_the_template_is_found_in_older_config_files_too(tmp_path: Path, small: Tokenizer) -> None:
    folder = saved(tmp_path, small, tokenizer_config={"chat_template": "one"})
    (folder / "chat_template.jinja").unlink()
    assert load_tokenizer(folder).template == "one"
    several = [{"name": "tool_use", "template": "no"}, {"name": "default", "template": "yes"}]
    saved(tmp_path, small, tokenizer_config={"chat_template": several})
    (folder / "chat_template.jinja").unlink()
    assert load_tokenizer(folder).template == "yes"


def test_named_tokens_may_be_written_as_text_or_as_an_object(
    tmp_path: Path, small: Tokenizer
) -> None:
    config = {"eos_token": {"content": "<|im_end|>", "special": True}, "bos_token": None}
    found = load_tokenizer(saved(tmp_path, small, tokenizer_config=config))
    assert found.special == {"eos_token": "<|im_end|>"}


def test_a_tokenizer_that_begins_every_text_with_bos_is_known_to(
    tmp_path: Path, small: Tokenizer
) -> None:
    from tokenizers.processors import TemplateProcessing

    beginning = Tokenizer.from_str(small.to_str())
    beginning.post_processor = TemplateProcessing(
        single="<|endoftext|> $A", special_tokens=[("<|endoftext|>", 0)]
    )
    config = {"bos_token": "<|endoftext|>"}
    found = load_tokenizer(saved(tmp_path, beginning, tokenizer_config=config))
    assert found.adds_bos
    assert found.encode("ab") == small.encode("ab").ids, "nothing is added unasked"


def test_a_folder_without_a_fast_tokenizer_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(PracticumError, match=r"no tokenizer\.json.*save_pretrained"):
        load_tokenizer(tmp_path)
