"""Why a seat, a prompt or a log cannot be right."""

from __future__ import annotations

import hashlib
import json

from practicum.learn.labs.checking import close, equal, fail, holds, raises


def _vote(name, one, other, verdict):
    return json.dumps(
        {"event": "vote", "id": name, "one": one, "other": other, "verdict": verdict, "by": "x"}
    )


def seats(lab):
    for name in ("a", "b", "c", "d", "e", "f"):
        once, again = lab.seats(name, "x", "y"), lab.seats(name, "x", "y")
        equal(sorted(once), ["x", "y"], f'the two of seats("{name}", "x", "y")')
        holds(
            once == again,
            f'seats("{name}", "x", "y") changes from call to call: then nobody can unblind the vote',
        )
        holds(
            lab.seats(name, "y", "x") == once,
            f'seats("{name}", …) depends on which model is named first: sort them',
        )
        odd = hashlib.sha256(f"spring:{name}".encode()).digest()[0] % 2
        equal(
            once,
            ("y", "x") if odd else ("x", "y"),
            f'seats("{name}", "x", "y")',
            "an odd first byte swaps the sorted names",
        )
    lefts = sum(lab.seats(f"{i}", "x", "y")[0] == "x" for i in range(400))
    holds(140 < lefts < 260, f"x sits on the left in {lefts} of 400 votes")
    moved = sum(
        lab.seats(f"{i}", "x", "y") != lab.seats(f"{i}", "x", "y", salt="autumn")
        for i in range(100)
    )
    holds(moved > 20, "another salt does not change the seats: then anybody can work them out")


def judge_prompt(lab):
    turns = ["First question?", "Second question?"]
    answers = {"heron": ["h-one", "h-two"], "stork": ["s-one", "s-two"]}
    text = lab.judge_prompt(turns, answers, "stork", "heron")
    holds(isinstance(text, str), f"judge_prompt gave {type(text).__name__}, not a text")
    for name in answers:
        holds(name not in text.casefold(), f"the prompt names {name}: the vote is no longer blind")
    holds(text.startswith(lab.RULES), "the prompt does not begin with RULES")
    for answer in ("s-one", "s-two", "h-one", "h-two"):
        holds(
            text.count(answer) == 1,
            f"the answer {answer!r} comes {text.count(answer)} times: every turn of both, once",
        )
    places = [text.index(answer) for answer in ("s-one", "s-two", "h-one", "h-two")]
    if places[2] < places[0]:
        fail("the right model's answers come before the left one's: A is the left one")
    holds(
        places == sorted(places),
        "the answers of one conversation are not together, or its turns are out of order",
    )
    for question in turns:
        equal(
            text.count(question),
            2,
            f"how often the prompt asks {question!r}",
            "once in each conversation",
        )
    holds(text.index("First question?") < places[0] < text.index("Second question?") < places[1],
          "a question must stand before its answer, in both turns")  # fmt: skip
    rest = text[len(lab.RULES) :]
    holds(rest.find("assistant A") < rest.find("s-one") and places[1] < rest.find("assistant B") + len(lab.RULES) < places[2],
          "say above each conversation which assistant's it is (assistant A, assistant B)")  # fmt: skip


def parse_verdict(lab):
    equal(lab.parse_verdict("Good. [[A]]"), "left", 'parse_verdict("Good. [[A]]")')
    equal(lab.parse_verdict("Hm [[B]]."), "right", 'parse_verdict("Hm [[B]].")')
    equal(lab.parse_verdict("[[C]]"), "tie", 'parse_verdict("[[C]]")')
    quoted = "I must say [[A]], [[B]] or [[C]]. It is [[B]]"
    got = lab.parse_verdict(quoted)
    if got == "left":
        fail(
            f"parse_verdict({quoted!r}) gave 'left': that is the first one, from the instructions; the last one decides"
        )
    equal(got, "right", f"parse_verdict({quoted!r})", "the last one decides")
    nothing = lab.parse_verdict("A is better, I think.")
    if nothing == "tie":
        fail("parse_verdict of a reply without a verdict gave 'tie': a broken reply is no comparison, and counting it as "
             "one pulls every model to the middle")  # fmt: skip
    holds(nothing is None, f"parse_verdict of a reply without a verdict gave {nothing!r}")
    holds(lab.parse_verdict("") is None, "parse_verdict of an empty reply is not None")
    equal(
        lab.parse_verdict("[[C]] at first, but then [[A]]"),
        "left",
        'parse_verdict("[[C]] at first, but then [[A]]")',
    )


def replay(lab):
    a, b = _vote("a", "x", "y", "left"), _vote("b", "x", "y", "tie")
    changed, gone = _vote("a", "x", "y", "right"), json.dumps({"event": "retract", "id": "a"})
    equal(list(lab.replay([a, b])), ["a", "b"], "the ids of replay for two votes")
    got = lab.replay([a, b, changed])
    holds(
        len(got) == 2,
        f"replay of a vote that was changed has {len(got)} votes for 2 ids: the later one replaces",
    )
    equal(
        got["a"]["verdict"],
        "right",
        "the verdict after replay of a changed vote",
        "the later one replaces",
    )
    equal(
        list(got),
        ["a", "b"],
        "the order of replay's ids after a change",
        "in which they first came",
    )
    equal(list(lab.replay([a, b, gone])), ["b"], "the ids after a retract")
    equal(list(lab.replay([gone, a])), ["a"], "the ids when something unknown is retracted first",
          "that is no reason to stop, and a later vote counts")  # fmt: skip
    torn = b[: len(b) // 2]
    try:
        kept = lab.replay([a, b, torn, ""])
    except Exception as error:
        fail(
            f"replay of a log with a torn last line raised {type(error).__name__}: a crash leaves that, and it is to be dropped"
        )
    equal(
        list(kept),
        ["a", "b"],
        "the ids of a log with a torn last line",
        "empty lines after it do not matter",
    )
    try:
        lab.replay([a, torn, b])
    except json.JSONDecodeError:
        fail("replay let the error of json through; say ValueError with the number of the line")
    except ValueError:
        pass
    else:
        fail(
            "replay of a log torn in the middle raised nothing: skipping damage quietly changes the ranking"
        )
    raises(ValueError, lambda: lab.replay([torn, "", b]), "replay of a log torn in its first line")
    equal(lab.replay([]), {}, "replay([])")


def standings(lab):
    votes = {}
    for i, (one, other, verdict) in enumerate(
        [
            ("x", "y", "left"),
            ("x", "y", "left"),
            ("y", "x", "right"),
            ("x", "z", "tie"),
            ("z", "y", "right"),
            ("y", "x", "left"),
        ]
    ):
        votes[f"n{i}"] = {"id": f"n{i}", "one": one, "other": other, "verdict": verdict}
    got = lab.standings(votes)
    close(sum(points for points, _ in got.values()), 6.0, "all points of standings for six votes",
          "every vote is worth one point in all")  # fmt: skip
    equal(
        sum(games for _, games in got.values()),
        12,
        "all games of standings for six votes",
        "each vote is a game of two",
    )
    naive = {"x": 0.0, "y": 0.0, "z": 0.0}
    want = dict(naive)
    for vote in votes.values():
        share = {"left": 1.0, "right": 0.0, "tie": 0.5}[vote["verdict"]]
        for table, (left, right) in ((naive, (vote["one"], vote["other"])),
                                     (want, lab.seats(vote["id"], vote["one"], vote["other"]))):  # fmt: skip
            table[left] += share
            table[right] += 1 - share
    if naive == want:
        fail(
            "standings cannot be told apart from counting `one` as left while seats seats them so: mend seats first"
        )
    mine = {name: got[name][0] if name in got else 0.0 for name in want}
    if mine == naive and naive != want:
        fail(
            "standings took `one` for the left model: the verdict is about sides, and seats says who sat there"
        )
    close(
        [mine[n] for n in "xyz"], [want[n] for n in "xyz"], "the points of standings for six votes"
    )
    equal(
        [got[n][1] for n in "xyz"],
        [5, 5, 2],
        "the games of standings for six votes",
        "a tie is a game as well",
    )
    equal(lab.standings({}), {}, "standings({})")
