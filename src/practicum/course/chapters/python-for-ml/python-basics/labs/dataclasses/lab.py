# %% [markdown]
# # Dataclasses: a message that cannot be wrong
# A dataclass lists its fields; Python writes `__init__`, `==` and a readable `repr`. `frozen=True`
# forbids changes, so a message can be shared without fear. `__post_init__` runs right behind the
# written `__init__`: the place to refuse what must not exist.

# %%
from dataclasses import dataclass, field

ROLES = ("system", "user", "assistant")
START, END = "<|im_start|>", "<|im_end|>"


@dataclass(frozen=True)
class Message:
    """One turn of a chat."""

    role: str
    content: str

    def __post_init__(self) -> None:
        # TODO message: ValueError for a role that is not in ROLES; its text names the role and all ROLES
        raise NotImplementedError("message")


# %%
print(Message("user", "hello"), Message("user", "hello") == Message("user", "hello"))
try:
    Message("robot", "beep")
except ValueError as error:
    print("refused:", error)

# %% [markdown]
# ## The text that the model sees
# A model reads no messages, only text. ChatML, the template of many models, writes every message as
# `<|im_start|>`, the role, a line break, the content, `<|im_end|>` and a line break. Each `Chat`
# gets a list of its own: `default_factory` is called for each new object.


# %%
@dataclass
class Chat:
    """Messages in order."""

    messages: list[Message] = field(default_factory=list)

    def say(self, role: str, content: str) -> "Chat":
        """The chat itself, one message longer: calls can be chained."""
        self.messages.append(Message(role, content))
        return self

    def text(self) -> str:
        """The chat in ChatML."""
        # TODO render: one piece of text for each message, joined
        raise NotImplementedError("render")


# %%
chat = (
    Chat().say("system", "Be brief.").say("user", "Two cats?\nOr three?").say("assistant", "Two.")
)
print(chat.text())


# %%
def parse(text: str) -> Chat:
    """The chat that a ChatML text stands for.

    Raises  ValueError when a message has no end.
    """
    # TODO parse: cut at every START, then find the first line break and the END
    raise NotImplementedError("parse")


# %%
for message in parse(chat.text()).messages:
    print(message)
print("there and back:", parse(chat.text()) == chat)
