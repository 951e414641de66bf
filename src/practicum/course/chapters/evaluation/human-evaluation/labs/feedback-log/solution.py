# %% [markdown]
# # A blind vote, a judge's prompt, and a log that can be replayed
# What surrounds the statistics: who sits on which side, what a judge is told, how its reply is read, and how votes are
# kept so that every table can be rebuilt from the beginning.

# %%
import hashlib
import json
from pathlib import Path

LINES = Path("feedback.jsonl").read_text(encoding="utf-8").split("\n")
print(len(LINES), "lines; the first and the last:")
print(" ", LINES[0])
print(" ", LINES[-1])

# %% [markdown]
# ## Blind chairs
# The side must be as good as random, the same whenever the vote is looked at again, and independent of the order in
# which the two models are named. The lowest bit of a hash of the vote's id does it: sort the two names; if the first
# byte of sha256(f"{salt}:{vote_id}") is odd, swap them.


# %%
def seats(vote_id, one, other, salt="spring"):
    """(left, right): the two models on their sides."""
    first, second = sorted((one, other))
    odd = hashlib.sha256(f"{salt}:{vote_id}".encode()).digest()[0] % 2
    return (second, first) if odd else (first, second)


# %%
print("p01 again and again:", seats("p01", "lark", "wren"), seats("p01", "wren", "lark"))
lefts = sum(seats(f"vote {i}", "lark", "wren")[0] == "lark" for i in range(1000))
print(f"lark sits on the left in {lefts} of 1,000 votes")

# %% [markdown]
# ## What a judge is told
# Two turns, because many models are good once and lose the thread when asked again. The prompt shows the whole
# conversation with one answer to each turn, first all of assistant A (left), then all of assistant B (right), and
# never a model's name.

# %%
RULES = """You will see a conversation of a user with assistant A, and the same with assistant B.
Judge which assistant served the user better over all turns: correct first, then helpful.
Do not let the order of the two or the length of their answers influence you.
Give your reasons in a few sentences. End with [[A]], [[B]], or [[C]] for a tie."""


def judge_prompt(turns, answers, left, right):
    """RULES, then for A (left) and B (right): every turn's question and that model's answer.

    `turns` are the user's questions; `answers` has a list of answers, one a turn, by model.
    """
    parts = [RULES]
    for letter, model in (("A", left), ("B", right)):
        parts.append(f"### Conversation with assistant {letter}")
        for question, answer in zip(turns, answers[model], strict=True):
            parts.append(f"User: {question}\nAssistant {letter}: {answer}")
    return "\n\n".join(parts)


# %%
TURNS = ["Name a fruit that floats.", "And why does it float?"]
ANSWERS = {
    "lark": ["An apple.", "A quarter of it is air, so it is lighter than water."],
    "wren": ["Apples float, as do pears, mostly.", "Because fruit likes water."],
}
left, right = seats("p01", "lark", "wren")
print(judge_prompt(TURNS, ANSWERS, left, right))

# %% [markdown]
# ## What a judge said
# The verdict is the *last* [[A]], [[B]] or [[C]]: a judge may repeat its instructions before it decides. No verdict is
# None. It is not a tie: nobody compared anything.


# %%
def parse_verdict(reply):
    """ "left", "right", "tie", or None when the reply holds no verdict."""
    places = {reply.rfind(f"[[{letter}]]"): side
              for letter, side in (("A", "left"), ("B", "right"), ("C", "tie"))}  # fmt: skip
    last = max(places)
    return places[last] if last >= 0 else None


# %%
for reply in (
    "B explains the air in the fruit; A does not. [[B]]",
    "I am to end with [[A]], [[B]] or [[C]]. Both are fine, A is exact: [[A]]",
    "Both are the same. [[C]]",
    "Assistant A is better.",
):
    print(f"{parse_verdict(reply)!s:6s} {reply}")

# %% [markdown]
# ## Replay
# The log is only ever appended to. A vote with an id that was there replaces it (the voter thought again); a retract
# takes it away. Empty lines do not matter. A torn *last* line is what a crash leaves behind, and is dropped; a torn line
# anywhere else is damage: raise ValueError.


# %%
def replay(lines):
    """The votes that stand after all events: {id: event}, in the order in which the ids first came."""
    lines = [line for line in lines if line.strip()]
    standing = {}
    for number, line in enumerate(lines, start=1):
        try:
            event = json.loads(line)
        except json.JSONDecodeError:
            if number == len(lines):
                break
            raise ValueError(f"line {number} is damaged") from None
        if event["event"] == "vote":
            standing[event["id"]] = event
        else:
            standing.pop(event["id"], None)
    return standing


# %%
for n in (3, 6, 11, len(LINES)):
    now = replay(LINES[:n])
    print(
        f"after {n:2d} lines {len(now):2d} votes stand:",
        " ".join(f"{i}:{v['verdict'][0]}" for i, v in now.items()),
    )

# %% [markdown]
# ## Unblinding, at the end
# Only now do the sides get names: `seats` says who sat where. A tie is half a point for both.


# %%
def standings(votes):
    """{model: (points, games)} of votes as `replay` gives them."""
    table = {}
    for vote in votes.values():
        left, right = seats(vote["id"], vote["one"], vote["other"])
        share = {"left": 1.0, "right": 0.0, "tie": 0.5}[vote["verdict"]]
        for model, points in ((left, share), (right, 1 - share)):
            before, games = table.get(model, (0.0, 0))
            table[model] = (before + points, games + 1)
    return table


# %%
print("model   points  games")
for model, (points, games) in sorted(
    standings(replay(LINES)).items(), key=lambda row: -row[1][0] / row[1][1]
):
    print(f"{model:6s} {points:7.1f} {games:6d}   {points / games:.0%}")
print("replayed twice, the same:", standings(replay(LINES)) == standings(replay(LINES)))
