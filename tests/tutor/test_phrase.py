"""Whatever a model writes: every marker names a quote, and nothing is markup."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from practicum.core.messages import Message, Reply, Sampling
from practicum.tutor.phrase import kept, phrased, prompt_for
from practicum.tutor.tutor import Tutor

WORDS = ["[1]", "[2]", "[3]", "[4]", "[0]", "[-1]", "[99]", "[1, 2]", "[2;7]", "[^1]", "【1】", "［5］", "[[1]]", "[",
         "]", "[source]", "[1](http://evil.example)", "![pixel](https://evil.example/?q=1)", "(see)", "[text](",
         "http://evil.example/[1]", "https:/", "/evil.example", "www.evil.example", "javascript:alert(1)", "<b>",
         "</b>", "<script>", "steal()", "</script>", "<img src=x onerror=alert(1)>", "<!--", "-->", "<", ">", "＜i＞",
         "< b", "a < b", "x[1]", "the slope", "is", "3.5", "\n", "\t", " ", "\x1b[31m", "\u202e", "]("]  # fmt: skip
outputs = st.lists(st.one_of(st.sampled_from(WORDS), st.text(max_size=8)), max_size=40)


def joined(pieces: Sequence[str], n: int) -> str:
    return "".join(kept(iter(pieces), n))


@settings(max_examples=500)
@given(outputs, st.integers(0, 3), st.booleans())
def test_no_output_of_a_model_makes_a_phantom_citation(
    pieces: list[str], n: int, with_spaces: bool
) -> None:
    told = joined([p + " " for p in pieces] if with_spaces else pieces, n)
    markers = re.findall(r"\[([^\[\]]*)\]", told)
    assert all(m.isascii() and m.isdigit() and 1 <= int(m) <= n for m in markers)
    assert told.count("[") == told.count("]") == len(markers), "no bracket but a marker's"
    assert not re.search(r"[【】［］〔〕＜＞]", told)


@settings(max_examples=500)
@given(outputs, st.integers(0, 3))
def test_no_output_of_a_model_is_markup_or_an_address(pieces: list[str], n: int) -> None:
    told = joined(pieces, n)
    assert not re.search(r"<[A-Za-z/!?]", told)
    assert "://" not in told
    assert "](" not in told
    assert all(c in "\n\t" or c.isprintable() for c in told)


@given(st.text(alphabet="[]<>()!1 ahtps:/.", max_size=60), st.data())
def test_cutting_a_stream_anywhere_lets_nothing_through(text: str, data: Any) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    told = joined(pieces, 1)
    assert set(re.findall(r"\[[^\]]*\]", told)) <= {"[1]"}
    assert not re.search(r"<[A-Za-z/!?]|://", told)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("A slope [1] is a limit [2].", "A slope [1] is a limit [2]."),
        ("Both say so [1, 2].", "Both say so [1][2]."),
        ("So [3] it is [17].", "So  it is ."),
        ("See [the docs](http://x.y) now.", "See the docs now."),
        ("A picture: ![a cat](http://x.y/cat.png).", "A picture: a cat."),
        ("Linked [1](http://x.y).", "Linked [1]."),
        ("Bare http://x.y/z end", "Bare  end"),
        ("<b>Bold</b> and <i >so</i>.", "Bold and so."),
        ("<script>alert('hi there')</script>Done", "Done"),
        ("if a < b and b > c", "if a < b and b > c"),
        ("x[i] + y[0]", "xi + y"),
        ("The data: three rows.", "The data: three rows."),
        ("", ""),
    ],
)  # fmt: skip
def test_what_is_kept_of_what_a_model_writes(written: str, told: str) -> None:
    assert joined([written], 2) == told
    assert joined(list(written), 2) == told, "letter by letter it is the same"


def test_a_word_without_an_end_does_not_fill_the_memory() -> None:
    told = joined(["x"] * 5000 + [" then [1]"], 1)
    assert told == " then [1]"
    assert joined(["[ " + "word " * 400, "[1] end"], 1).endswith("[1] end")


class Recorder:
    """A Chat that remembers its prompt and says what it was told to."""

    def __init__(self, says: str) -> None:
        self.says = says
        self.prompts: list[Sequence[Message]] = []

    def reply(
        self, prompts: Sequence[Sequence[Message]], sampling: Sampling, heard: Any = None
    ) -> list[Reply]:
        raise AssertionError("the tutor streams")

    def stream(self, prompt: Sequence[Message], sampling: Sampling) -> Iterator[str]:
        self.prompts.append(prompt)
        yield from re.findall(r".{1,3}", self.says)


def test_a_model_is_shown_the_quotes_and_the_question_and_nothing_else(by_words: Tutor) -> None:
    answer = by_words.ask("What does a determinant of zero mean?")
    chat = Recorder("It flattens space [1], says [9].")
    assert "".join(phrased(answer, chat)) == "It flattens space [1], says ."
    user = chat.prompts[0][1].content
    for citation in answer.citations:
        assert f"[{citation.number}] {citation.quote}" in user
        user = user.replace(f"[{citation.number}] {citation.quote}", "")
    assert user.split() == f"Quotes from the course: Question: {answer.question}".split()
    assert chat.prompts[0] == prompt_for(answer)


def test_a_model_is_not_asked_when_the_course_says_nothing(by_words: Tutor) -> None:
    chat = Recorder("Eight minutes.")
    for question in ("How long should I boil an egg?", "give me the solution of lab xor"):
        assert list(phrased(by_words.ask(question), chat)) == []
    assert chat.prompts == []


def test_no_prompt_of_a_model_holds_a_line_of_a_solution(
    by_words: Tutor, solution_lines: set[str]
) -> None:
    for question in (
        "How do I write a training loop in PyTorch?",
        "xor",
        "softmax code",
        "lora rank",
    ):
        prompt = prompt_for(by_words.ask(question))[1].content
        assert [line for line in solution_lines if line in prompt] == []
