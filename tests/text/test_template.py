from __future__ import annotations

from typing import Any

import pytest
from tokenizers import Tokenizer

from practicum.core.messages import Message, Role
from practicum.text.template import CHATML, TemplateError, render, split_turns

NAMED = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}


def talk(n_turns: int, system: bool, *, answered: bool = True) -> list[Message]:
    """A conversation of some turns; without `answered` it ends with the user."""
    roles: list[Role] = ["system"] * system + ["user", "assistant"] * n_turns
    messages = [
        Message(role=role, content=f"  {role} says \"no {i}\" & <b> Grüße 38,\nthen rests. ")
        for i, role in enumerate(roles)
    ]  # fmt: skip
    return messages if answered else messages[:-1]


@pytest.fixture(scope="session")
def reference(bpe: Tokenizer) -> Any:
    """The outsider: transformers' tokenizer around the same BPE."""
    from transformers import PreTrainedTokenizerFast

    return PreTrainedTokenizerFast(tokenizer_object=bpe, **NAMED)


@pytest.mark.parametrize("system", [False, True], ids=["no system", "system"])
@pytest.mark.parametrize("n_turns", [1, 2, 3])
def test_rendering_equals_transformers(
    reference: Any, template: str, n_turns: int, system: bool
) -> None:
    for answered in (True, False):
        messages = talk(n_turns, system, answered=answered)
        rows = [m.model_dump() for m in messages]
        for answer_next in (True, False):
            expected = reference.apply_chat_template(
                rows, chat_template=template, tokenize=False, add_generation_prompt=answer_next
            )
            assert render(template, messages, special=NAMED, answer_next=answer_next) == expected


def test_chatml_worked_by_hand() -> None:
    messages = [Message(role="user", content="Hi"), Message(role="assistant", content="Hello")]
    text = "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nHello<|im_end|>\n"
    assert render(CHATML, messages) == text
    assert render(CHATML, messages[:1], answer_next=True) == text[: text.index("Hello")]


# -- turns -----------------------------------------------------------------------------------


@pytest.mark.parametrize("system", [False, True], ids=["no system", "system"])
@pytest.mark.parametrize("n_turns", [1, 2, 3])
def test_pieces_join_to_the_whole_and_begin_where_generation_begins(
    family: str, template: str, n_turns: int, system: bool
) -> None:
    messages = talk(n_turns, system)
    pieces = split_turns(template, messages, special=NAMED)
    assert "".join(text for text, _ in pieces) == render(template, messages, special=NAMED)
    assert [mine for _, mine in pieces] == [False, True] * n_turns
    before = ""
    turn = 0
    for text, mine in pieces:
        if mine:
            turn += 1
            prompt = talk(turn, system, answered=False)
            assert before == render(template, prompt, special=NAMED, answer_next=True)
        before += text


def test_an_assistant_piece_is_the_answer_with_its_end_of_turn() -> None:
    messages = [
        Message(role="user", content="Hi"),
        Message(role="assistant", content="Hello"),
        Message(role="user", content="Bye"),
        Message(role="assistant", content="See you"),
    ]
    assert split_turns(CHATML, messages) == [
        ("<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n", False),
        ("Hello<|im_end|>\n", True),
        ("<|im_start|>user\nBye<|im_end|>\n<|im_start|>assistant\n", False),
        ("See you<|im_end|>\n", True),
    ]


def test_a_conversation_without_an_answer_has_no_pieces() -> None:
    assert split_turns(CHATML, [Message(role="user", content="Hi")]) == []


def test_a_template_that_rewrites_earlier_turns_is_refused() -> None:
    forgetful = (
        "{% for m in messages %}[{{ m.role }}] "
        "{{ m.content if loop.last or m.role == 'user' else '(earlier)' }}\n{% endfor %}"
        "{% if add_generation_prompt %}[assistant] {% endif %}"
    )
    assert len(split_turns(forgetful, talk(1, False))) == 2
    with pytest.raises(TemplateError, match="rewrites earlier turns"):
        split_turns(forgetful, talk(2, False))


def test_a_template_whose_answer_does_not_follow_its_prompt_is_refused() -> None:
    other = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}" + (
        "{% if add_generation_prompt %}Answer: {% endif %}"
    )
    with pytest.raises(TemplateError, match="rewrites earlier turns"):
        split_turns(other, talk(1, False))


# -- hostile and broken templates ------------------------------------------------------------

HI = [Message(role="user", content="hi")]


@pytest.mark.parametrize(
    "template",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ cycler.__init__.__globals__.os.system('true') }}",
        "{{ namespace.__init__.__globals__ }}",
        "{{ messages.append(1) }}",
        "{{ messages[0].update({'role': 'system'}) }}",
        "{{ raise_exception.__code__.co_consts }}",
        "{% include '/etc/passwd' %}",
        "{% import 'os' as os %}",
    ],
)
def test_a_template_that_reaches_for_the_interpreter_is_refused(template: str) -> None:
    with pytest.raises(TemplateError, match="the chat template refuses these messages"):
        render(template, HI)


@pytest.mark.parametrize(
    "template",
    [
        "{{ '{0.__class__}'.format(1) }}",
        "{{ messages.__class__ }}",
        "{{ raise_exception.__globals__ }}",
        "{{ 'x' | attr('__class__') }}",
    ],
)
def test_what_a_template_must_not_see_is_empty(template: str) -> None:
    assert render(template, HI) == ""


def test_a_template_cannot_change_the_messages_it_is_given() -> None:
    messages = list(HI)
    with pytest.raises(TemplateError):
        render("{% for m in messages %}{{ m.clear() }}{% endfor %}", messages)
    assert messages == [Message(role="user", content="hi")]


@pytest.mark.parametrize(
    "template",
    [
        "{% for i in range(1000000000) %}x{% endfor %}",
        "{% for i in range(99999) %}{% for j in range(99999) %}x{% endfor %}{% endfor %}",
        "{{ 'x' * 10000000000 }}",
        "{{ 'x' * 1000000 }}{{ 'x' * 1000000 }}{{ 'x' * 10000000 }}",
        "{{ 10 ** 10000000 }}",
        "{{ [0] * 10000000000 }}",
    ],
)
def test_a_template_of_endless_text_is_refused_and_not_written_out(template: str) -> None:
    with pytest.raises(TemplateError):
        render(template, HI)


def test_a_template_longer_than_any_in_the_wild_is_refused() -> None:
    with pytest.raises(TemplateError, match="the chat template has 100,001 characters"):
        render("x" * 100_001, HI)


@pytest.mark.parametrize(
    "template",
    [
        "{% for m in messages %}",
        "{{ 1 / 0 }}",
        "{{ messages[0]['content'] + 3 }}",
        "{{ messages[7]['content'] }}",
        "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
        "{{ missing() }}",
        "{{ messages | nothing }}",
    ],
)
def test_a_broken_template_is_the_models_fault_not_a_bug_of_ours(template: str) -> None:
    with pytest.raises(TemplateError, match="the chat template refuses these messages: "):
        render(template, HI)


def test_a_template_that_raises_is_quoted() -> None:
    with pytest.raises(TemplateError) as caught:
        render("{{ raise_exception('Only user turns, please.') }}", HI)
    assert str(caught.value) == (
        "the chat template refuses these messages: Only user turns, please."
    )


def test_arithmetic_that_templates_need_still_works() -> None:
    assert render("{{ 2 * 3 }}{{ '-' * 4 }}{{ 2 ** 5 }}", HI) == "6----32"
