"""Every fault between a chat and its trained tokens is found, and a sound chat has none."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from practicum.core.messages import Conversation, Message, Pair
from practicum.text.checks import (
    length_bias,
    pair_end_faults,
    serving_faults,
    template_change,
    tokenizer_faults,
)
from practicum.text.looking import Look
from practicum.text.named import with_template
from practicum.text.template import CHATML
from practicum.text.tokenizer import ChatTokenizer, train_bpe

NAMED = {"bos_token": "<s>", "eos_token": "<|im_end|>", "pad_token": "<pad>"}
SPECIAL = ["<s>", "</s>", "<pad>", "<|im_start|>", "<|im_end|>"]


@pytest.fixture(scope="module")
def sound() -> ChatTokenizer:
    """A tokenizer of which nothing is wrong."""
    backend = train_bpe(["what is on the table? a lamp. " * 9], 400, SPECIAL)
    stop = frozenset([backend.token_to_id("<|im_end|>")])
    return ChatTokenizer(backend, CHATML, dict(NAMED), stop)


def chat(*said: str, label: bool | None = None) -> Conversation:
    roles = ("user", "assistant") * len(said)
    messages = tuple(Message(role=r, content=s) for r, s in zip(roles, said, strict=False))  # type: ignore[arg-type]
    return Conversation(messages=messages, label=label)


def pair(chosen: str, rejected: str, question: str = "what?") -> Pair:
    return Pair(prompt=(Message(role="user", content=question),), chosen=chosen, rejected=rejected)


def look(tokenizer: ChatTokenizer, *rows: Conversation | Pair) -> Look:
    seen = Look(tokenizer)
    seen.at_words(rows)
    seen.at_tokens(rows)
    return seen


def kinds(tokenizer: ChatTokenizer, *rows: Conversation | Pair) -> dict[str, tuple[bool, int]]:
    """Kind of fault → whether it refuses, and in how many rows it is."""
    return {f.kind: (f.refuses, f.n) for f in look(tokenizer, *rows).findings}


words = st.text(st.characters(codec="utf-8", exclude_characters="<>"), min_size=1, max_size=20)


@given(st.lists(st.tuples(words, words.filter(str.strip)), min_size=1, max_size=3))
def test_a_sound_chat_has_no_fault_that_refuses_and_no_prompt_token_trained(
    sound: ChatTokenizer, talk: list[tuple[str, str]]
) -> None:
    seen = look(sound, chat(*(t for two in talk for t in two)))
    assert [f.kind for f in seen.findings if f.refuses] == []
    assert seen.n_prompt_trained == 0
    (example,) = seen.groups[0]
    trained = [i for i, flag in zip(example.ids, example.scored, strict=True) if flag]
    text = sound.backend.decode(trained, skip_special_tokens=False)
    assert text == "".join(answer + "<|im_end|>" for _, answer in talk)


def test_the_words_of_a_row_are_looked_at(sound: ChatTokenizer) -> None:
    rows = [
        chat("what?", "a lamp"),
        chat("what?", " \n"),
        chat("what?", "a <|im_end|> lamp"),
        chat("<s> what?", "a lamp"),
        chat("what?", "a <pad> lamp"),
        chat("what?", "no lamp", label=False),
        chat("what?", "a lamp", label=True),
    ]
    assert kinds(sound, *rows) == {
        "empty": (True, 1), "end-inside": (True, 1), "control": (False, 2), "unwanted": (True, 1),
    }  # fmt: skip


def test_the_rows_of_a_fault_are_counted_and_the_first_five_named(sound: ChatTokenizer) -> None:
    rows = [chat("what?", "a lamp" if i % 2 else "") for i in range(2500)]
    (finding,) = look(sound, *rows).findings
    assert (finding.rows, finding.n) == ((1, 3, 5, 7, 9), 1250)
    assert finding.where == "rows 1, 3, 5, 7, 9 and 1,245 more"


def test_an_answer_that_never_ends_is_found(sound: ChatTokenizer) -> None:
    template = CHATML.replace("'<|im_end|>' + '\\n'", "'\\n'").replace("+ '<|im_end|>'", "")
    endless = replace(sound, template=template)
    assert "<|im_end|>" not in template
    (finding,) = look(endless, chat("what?", "a lamp")).findings
    assert finding.kind == "endless"
    assert finding.what.endswith("it ends in 'a lamp\\n'")
    assert "<|im_end|>" in finding.hint


def test_an_answer_that_the_template_leaves_out_is_found(sound: ChatTokenizer) -> None:
    silent = (
        "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content if m.role == 'user' }}"
        "<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
    )
    assert kinds(replace(sound, template=silent), chat("what?", "a lamp")) == {
        "untrained": (True, 1)
    }


def test_a_template_that_rewrites_its_earlier_turns_is_refused_for_the_rows_that_have_some(
    sound: ChatTokenizer,
) -> None:
    forgetful = (
        "{% for m in messages %}<|im_start|>{{ m.role }}\n"
        "{{ m.content if loop.last or m.role == 'user' else '…' }}<|im_end|>\n{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
    )
    rows = [chat("what?", "a lamp"), chat("what?", "a lamp", "what?", "a table")]
    (finding,) = look(replace(sound, template=forgetful), *rows).findings
    assert (finding.kind, finding.rows) == ("refused", (2,))
    assert "rewrites earlier turns" in finding.what


def test_a_beginning_written_twice_is_found_in_chats_and_pairs(sound: ChatTokenizer) -> None:
    doubled = replace(sound, template="<s>" + CHATML)
    assert kinds(doubled, chat("what?", "a lamp")) == {}
    doubled = replace(sound, template="<s><s>" + CHATML)
    assert kinds(doubled, chat("what?", "a lamp")) == {"double-bos": (True, 1)}
    assert kinds(doubled, pair("a lamp", "a table"))["double-bos"] == (True, 1)


def test_a_template_that_serves_another_text_than_it_trains_is_found(sound: ChatTokenizer) -> None:
    """No template passes split_turns and does so; the check stands on its own all the same."""
    said = chat("what?", "a lamp")
    (pieces,) = sound.encode_pieces([said.messages])
    assert serving_faults(sound, said.messages, pieces) == []
    moved = [replace(pieces[0], text=pieces[0].text.replace("user", "human")), *pieces[1:]]
    (fault,) = serving_faults(sound, said.messages, moved)
    assert (fault.kind, fault.refuses) == ("serving", True)
    assert "trained behind 'human" in fault.what


def test_white_space_that_joins_with_the_template_is_told(sound: ChatTokenizer) -> None:
    backend = train_bpe(["x\n\n\ny" * 50], 300, SPECIAL)
    assert len(backend.encode("\n\n").ids) == 1
    tokenizer = ChatTokenizer(backend, CHATML, dict(NAMED),
                              frozenset([backend.token_to_id("<|im_end|>")]))  # fmt: skip
    assert kinds(tokenizer, chat("x", "\n\ny", "x", "y")) == {"joined": (False, 1)}
    assert kinds(tokenizer, chat("x", "y", "x", "\n\ny")) == {}, "nobody reads the last one again"


# -- the tokenizer and its template ----------------------------------------------------------


def test_a_pad_token_that_ends_answers_is_told_and_does_not_refuse(sound: ChatTokenizer) -> None:
    shared = replace(sound, special=sound.special | {"pad_token": "<|im_end|>"})
    (fault,) = tokenizer_faults(shared)
    assert (fault.kind, fault.refuses) == ("pad-is-end", False)
    assert tokenizer_faults(sound) == []


def test_a_template_without_the_beginning_that_the_tokenizer_writes_is_told(
    sound: ChatTokenizer,
) -> None:
    (fault,) = tokenizer_faults(replace(sound, adds_bos=True))
    assert (fault.kind, fault.refuses) == ("no-bos", False)
    begins = replace(sound, adds_bos=True, template="{{ bos_token }}" + CHATML)
    assert tokenizer_faults(begins) == []


def test_a_missing_template_or_end_of_turn_refuses(sound: ChatTokenizer) -> None:
    for broken, kind in ((replace(sound, template=None), "template"),
                         (replace(sound, stop_ids=frozenset()), "no-end")):  # fmt: skip
        (fault,) = tokenizer_faults(broken)
        assert (fault.kind, fault.refuses) == (kind, True)


def test_another_template_than_the_models_own_is_told_where_it_differs(
    sound: ChatTokenizer,
) -> None:
    alpaca = with_template(sound, "alpaca")
    (fault,) = template_change(sound, alpaca, "alpaca")
    assert fault.kind == "other-template"
    assert "alpaca writes 'Below is an instruction" in fault.what
    assert "own template writes '<|im_start|>user" in fault.what
    same = replace(sound, template=CHATML + "{# the same in other words #}")
    assert template_change(sound, same, "chatml") == []


# -- pairs -----------------------------------------------------------------------------------


def test_pairs_that_teach_nothing_are_found(sound: ChatTokenizer) -> None:
    rows = [pair("a lamp", "a table"), pair("a lamp", "a  lamp\n"), pair("a lamp", " ")]
    assert kinds(sound, *rows) == {"same": (True, 1), "empty": (True, 1)}


def test_pairs_that_end_otherwise_than_the_template_are_found(sound: ChatTokenizer) -> None:
    assert pair_end_faults(sound) == []
    other = replace(sound, special=sound.special | {"eos_token": "</s>"})
    (fault,) = pair_end_faults(other)
    assert fault.what == "pairs would end in </s>, the template ends a turn with <|im_end|>"
    assert kinds(other, pair("a lamp", "a table"))["pair-end"] == (True, 0)


def test_a_length_that_tells_the_answers_apart_is_told_worked_by_hand() -> None:
    told, faults = length_bias([(3, 2)] * 80 + [(2, 3)] * 20 + [(2, 2)] * 10)
    assert told == ("The chosen answer is longer in 80 and shorter in 20 of 110 pairs; "
                    "medians 3 and 2 tokens.")  # fmt: skip
    assert [(f.kind, f.refuses) for f in faults] == [("length", False)]
    assert "the longer one in 80% of 100 pairs" in faults[0].what
    assert "the shorter one" in length_bias([(1, 2)] * 50)[1][0].what
    assert length_bias([(3, 2)] * 55 + [(2, 3)] * 45)[1] == []
    assert length_bias([(3, 2)] * 4)[1] == [], "four coins of one side prove nothing"
    assert length_bias([]) == ("", [])
