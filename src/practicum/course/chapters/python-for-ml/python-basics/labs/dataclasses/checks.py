"""Checks of the lab on dataclasses."""

from practicum.learn.labs.checking import equal, fail, holds, raises


def message(lab):
    for role in ("system", "user", "assistant"):
        equal(
            lab.Message(role, "x").role, role, f"Message({role!r}, 'x').role", "this role is fine"
        )
    raises(
        ValueError,
        lambda: lab.Message("robot", "x"),
        "Message('robot', 'x')",
        "no template knows this role",
    )
    raises(
        ValueError,
        lambda: lab.Message("User", "x"),
        "Message('User', 'x')",
        "capitals make it another role",
    )
    try:
        lab.Message("sistem", "x")
    except ValueError as error:
        text = str(error)
    holds(
        "sistem" in text,
        f"the error says {text!r}: it should repeat what was given, so that a typo can be seen",
    )
    holds(
        all(role in text for role in lab.ROLES),
        f"the error says {text!r}: it should name the roles that there are",
    )


def _turns(chat):
    return [(m.role, m.content) for m in chat.messages]


def render(lab):
    chat = lab.Chat().say("user", "hi")
    got = chat.text()
    holds(got is not None, "text() returned None: is a `return` missing?")
    holds(
        got.endswith("\n"),
        "text() does not end with a line break: the template writes one behind every message",
    )
    equal(got, "<|im_start|>user\nhi<|im_end|>\n", "the text of a chat with one message")
    chat.say("assistant", "a\nb")
    equal(
        chat.text(),
        "<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\na\nb<|im_end|>\n",
        "the text of a chat with two messages",
        "nothing stands between messages but the line break of the first",
    )
    equal(lab.Chat().text(), "", "the text of an empty chat")


def parse(lab):
    marked = "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\none\n\ntwo<|im_end|>\n"
    got = lab.parse(marked)
    holds(got is not None, "parse returned None: is a `return` missing?")
    holds(isinstance(got, lab.Chat), f"parse gave a {type(got).__name__}: a Chat is expected")
    turns = _turns(got)
    holds(
        turns[-1:] != [("user", "one")],
        "the content was cut at its own line break: only the first line break, behind the role, separates",
    )
    equal(
        turns,
        [("system", "Be brief."), ("user", "one\n\ntwo")],
        "the turns of a chat with two messages",
    )
    equal(_turns(lab.parse("")), [], "the turns of an empty text")
    for contents in (["", "\n"], ["a <b> c", "  blanks  "]):
        marked = "".join(f"<|im_start|>user\n{c}<|im_end|>\n" for c in contents)
        equal(
            [c for _, c in _turns(lab.parse(marked))],
            contents,
            f"the contents of a chat that said {contents!r}",
            "content is kept to the letter: strip nothing",
        )
    try:
        got = lab.parse("<|im_start|>user\nhel")
    except ValueError:
        return
    fail(
        f"a message that has no end was read as {_turns(got)!r}: a cut file should be refused with ValueError"
    )
