"""Answers of the mini packs worked out a second time, from the text of the questions alone."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from fractions import Fraction as F
from typing import Any

import pytest

from practicum.evaluate.packs.making import read
from practicum.evaluate.tasks.rows import PACKS

ORDER = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh")
NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven")
SIZES = {"three": 3, "five": 5, "seven": 7}


def asked(task: str) -> list[tuple[str, list[str], str]]:
    """Text, options and right option of the questions of a pack of BIG-Bench Hard."""
    found = []
    for row in read(PACKS / f"leaderboard_bbh_{task}.jsonl"):
        text, _, below = row["input"].partition("\nOptions:\n")
        options = [line.partition(" ")[2] for line in below.split("\n")]
        target = row["target"]
        right = options["ABCDEFGHIJ".index(target[1])] if target[0] == "(" else target
        found.append((text, options, right))
    assert len(found) == 16
    return found


# -- orders and swaps -----------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
def test_the_clues_leave_one_option(size: str) -> None:
    things = range(SIZES[size])
    for text, options, right in asked(f"logical_deduction_{size}_objects"):
        scene, _, clues = text.partition(". ")
        names = re.split(r", | and ", scene.partition(": ")[2])
        at = {name.removeprefix("the "): i for i, name in enumerate(names)}
        assert len(at) == SIZES[size]
        finder = re.compile("|".join(rf"\b{name}\b" for name in at))
        pairs, told = [], []
        for clue in clues.strip(". ").split(". "):
            who = finder.findall(clue)
            place = [i for i, word in enumerate(ORDER) if f" {word}" in clue]
            if len(who) == 2:
                assert re.search("left of|ahead of|lower peg than", clue)
                pairs.append((at[who[0]], at[who[1]]))
            else:
                told.append((at[who[0]], place[0]))
        left = [o for o in itertools.permutations(things)
                if all(o[i] < o[j] for i, j in pairs) and all(o[i] == p for i, p in told)]  # fmt: skip
        assert left
        true = [option for option in options for i in [at[finder.findall(option)[0]]]
                if all(ORDER[o[i]] in option for o in left)]  # fmt: skip
        assert true == [right]


@pytest.mark.parametrize("size", SIZES)
def test_swaps_lead_to_the_right_option(size: str) -> None:
    for text, options, right in asked(f"tracking_shuffled_objects_{size}_objects"):
        start, *swaps = text.split(". ")
        has = dict(re.findall(r"([A-Z]\w+) (?:carries|at) ([a-z ]+?)(?=,| and [A-Z]|$)",
                              start.partition(": ")[2]))  # fmt: skip
        assert sorted(has.values()) == sorted(options)
        for swap in swaps[:-1]:
            one, other = re.findall(r"([A-Z]\w+) and ([A-Z]\w+) (?:exchange|trade)", swap)[0]
            has[one], has[other] = has[other], has[one]
        assert len(swaps) == SIZES[size] + 1
        who = re.search(r"(\w+) (?:carries|is at)$", swaps[-1])
        assert who and has[who[1]] == right


# -- days, hours, ways ----------------------------------------------------------------------------


def test_dates_are_counted_right() -> None:
    for text, _, right in asked("date_understanding"):
        written = re.search(r"[A-Z][a-z]+ \d+, \d{4}|\d\d/\d\d/\d{4}", text)
        assert written
        form = "%m/%d/%Y" if "/" in written[0] else "%B %d, %Y"
        n = int(re.findall(r"(\d+) days", text)[0])
        days = {"Today": n, "Yesterday": n + 1, "A fair": n, "Tomorrow": -n - 1}
        shift = next(d for start, d in days.items() if text.startswith(start))
        there = datetime.strptime(written[0], form) + timedelta(days=shift)
        assert there.strftime("%m/%d/%Y") == right


def test_one_gap_of_the_day_is_left() -> None:
    def hour(word: str) -> int:
        return int(word[:-2]) % 12 + 12 * word.endswith("pm")

    for text, options, right in asked("temporal_sequences"):
        taken = [range(hour(a), hour(b)) for a, b in re.findall(r"from (\w+) to (\w+)\.", text)]
        up, shut = re.findall(r"got up at (\w+)\.|From (\w+) on", text)
        free = {h for h in range(hour(up[0]), hour(shut[1])) if not any(h in t for t in taken)}
        a, b = right.split(" to ")
        assert free == set(range(hour(a), hour(b)))
        for option in options:
            a, b = option.split(" to ")
            assert (free >= set(range(hour(a), hour(b)))) == (option == right)


def test_walks_end_where_they_are_said_to() -> None:
    compass = [(0, 1), (1, 0), (0, -1), (-1, 0)]
    turns = {"right": 1, "around": 2, "left": 3}
    sides = {"forward": 0, "right": 1, "backward": 2, "left": 3}
    for text, _, right in asked("navigate"):
        x = y = facing = 0
        for turn, n, side in re.findall(r"Turn (\w+)\.|Take (\d+) steps?(?: (\w+))?\.", text):
            if turn:
                facing = (facing + turns[turn]) % 4
                continue
            dx, dy = compass[(facing + sides[side or "forward"]) % 4]
            x, y = x + int(n) * dx, y + int(n) * dy
        assert right == ("Yes" if x == y == 0 else "No")


# -- things and shapes ----------------------------------------------------------------------------


def test_coloured_things_are_counted_right() -> None:
    for text, _, right in asked("reasoning_about_colored_objects"):
        row, _, question = text.partition(". ")
        things = [
            (thing, colour)
            for colour, thing in re.findall(r"\ban? (\w+) (\w+)", row.partition("right, ")[2])
        ]
        names = [thing for thing, _ in things]
        assert len(set(names)) == 8
        if found := re.fullmatch(r"What colour is the (\w+)\?", question):
            assert right == dict(things)[found[1]]
        elif found := re.search(r"directly to the left of the (\w+)\?", question):
            assert right == things[names.index(found[1]) - 1][1]
        elif found := re.search(r"to the left of the (\w+) are not (\w+)\?", question):
            before = things[: names.index(found[1])]
            assert right == NUMBERS[len([c for _, c in before if c != found[2]])]
        else:
            found = re.search(r"All the (\w+) things are taken away", question)
            assert found
            assert right == NUMBERS[len([c for _, c in things if c != found[1]])]


def test_paths_draw_what_they_are_said_to() -> None:
    for text, _, right in asked("geometric_shapes"):
        moves = re.findall(r"([MLA])((?: [\d.,-]+)+)", text)
        ends = [complex(*map(float, move[1].split()[-1].split(","))) for move in moves]
        kinds = "".join(kind for kind, _ in moves)
        legs = [abs(b - a) for a, b in itertools.pairwise(ends)]
        if "A" in kinds:
            radius = float(re.findall(r"A ([\d.]+),", text)[0])
            if right == "circle":
                assert (kinds, ends[0]) == ("MAA", ends[2])
                assert legs[0] == pytest.approx(2 * radius)
            else:
                assert (right, kinds, ends[0]) == ("sector", "MLAL", ends[3])
                assert [legs[0], legs[2]] == pytest.approx([radius] * 2, abs=0.02)
            continue
        assert set(kinds[1:]) == {"L"}
        if right == "line":
            assert len(ends) == 2
            continue
        assert ends[0] == ends[-1]
        corners = ends[:-1]
        sides = [b - a for a, b in itertools.pairwise([*ends, ends[1]])]
        bends = [(b / a) for a, b in itertools.pairwise(sides)]
        turns = [math.atan2(z.imag, z.real) for z in bends]
        assert min(map(abs, turns)) > 0.15  # every corner is one
        assert abs(sum(turns)) == pytest.approx(math.tau)  # and the outline is simple
        if len(corners) == 4:
            square = all(abs(abs(t) - math.pi / 2) < 1e-6 for t in turns)
            assert right == ("rectangle" if square else "kite")
            assert legs[0] != pytest.approx(legs[2] if right == "kite" else legs[1])
            if right == "kite":
                pairs = [(legs[i], legs[(i + 1) % 4]) for i in (0, 1)]
                assert any(a == pytest.approx(b) for a, b in pairs)
        else:
            n = {"triangle": 3, "pentagon": 5, "hexagon": 6, "heptagon": 7, "octagon": 8}[right]
            assert len(corners) == n


# -- sums -----------------------------------------------------------------------------------------

PROBLEMS: dict[str, Callable[..., int]] = {
    "trays of": lambda a, b, c: a * b - c,
    "rows of": lambda a, b, c, d: a * b + c - d,
    "an hour": lambda a, b, c, d: a * b * c - d,
    "a rope of": lambda a, b, c, d: a * c * d // b,
    "years older": lambda a, b: 2 * b + a + 2 * b + b,
    "ticket": lambda a, b, c: a * b + a * c // 2,
    "reads": lambda a, b: 4 * a + 6 * b,
    "eggs": lambda a, b, c, d: (a // b - c) * d,
}


def worth(sum_: str) -> F:
    """The value of numbers with one sort of sign between them."""
    if "+" in sum_:
        return F(sum(map(int, sum_.split("+"))))
    found = re.fullmatch(r"(\d+)([*/-])(\d+)", sum_)
    assert found
    a, b = F(found[1]), F(found[3])
    return {"*": a * b, "/": a / b, "-": a - b}[found[2]]


def test_word_problems_come_out() -> None:
    for row in read(PACKS / "gsm8k.jsonl"):
        solve = next(f for words, f in PROBLEMS.items() if words in row["question"])
        *steps, last = row["answer"].split("\n")
        assert last == f"#### {solve(*map(int, re.findall(r'[0-9]+', row['question'])))}"
        for text in steps:
            told, sum_, value, again = re.findall(r"^\D*(.+) = <<(.+)=(\d+)>>(\d+)", text)[0]
            assert worth(sum_) == int(value) == int(again)
            assert told.replace(" ", "").endswith(sum_)


def ways(n: int, k: int) -> int:
    return math.factorial(n) // math.factorial(k) // math.factorial(n - k)


SUMS: dict[str, list[Any]] = {
    "agieval_aqua_rat": [
        1 / (F(1, 6) - F(1, 9)), f"{F(10, 40) * 100}%",
        next(5 * k for k in range(1, 99) if 3 * (3 * k + 6) == 2 * (5 * k + 6)),
        f"{F(150, 9) * F(36, 10)} km/h", f"{F(800 * 5 * 3, 100)} dollars", 5 * 14 - 4 * 12,
        sum(abs(p.index(0) - p.index(1)) == 1 for p in itertools.permutations(range(4))),
        F(12 * 30, 20) - 12, f"{(F(24, 2) - F(24, 3)) / 2} km/h", F(8 * 15, 12),
        f"a fall of {100 - F(120 * 80, 100)}%", F(ways(5, 2), ways(12, 2)),
        next(n for n in range(3, 999) if n % 3 == n % 4 == n % 5 == 2),
        next(f"{math.isqrt(a * a + (17 - a) ** 2)} cm" for a in range(1, 17) if a * (17 - a) == 60),
        f"{2 / (F(1, 12) + F(1, 20))} km/h", f"{7200 * 3 // 9:,} dollars",
    ],
    "agieval_sat_math": [
        F(10 + 12, 2), 1 - 3 * 2, F(160 - 25, 15),
        sum(x for x in range(-99, 99) if abs(2 * x - 6) == 8), F(6 * 250, 100),
        F(9 + 5, 2) * F(9 - 5, 2), math.isqrt(49), 80 - F(80 * 35, 100),
        next(f"{k}x" for k in range(99) if all((x + 4) ** 2 - (x - 4) ** 2 == k * x for x in range(9))),
        4 * 11 - 6 - 10 - 12, F(8, math.isqrt(8 * 8 + 15 * 15)), f"{500 * 2 ** 4:,}",
        next(n for n in range(99) if 2 ** (n + 1) == 64),
        min(x for x in range(-99, 99) if x * x - 2 * x - 15 == 0), f"{F(3 * 3 * 10, 3)}π",
        int(((3 + 2j) * (3 - 2j)).real),
    ],
    "mmlu_high_school_mathematics": [
        sum(range(1, 40, 2)), len(set(itertools.permutations("LEVEL"))), 2**5, F(11 - 2, 4 - 1),
        F(sum(a + b == 9 for a in range(1, 7) for b in range(1, 7)), 36), 7**10 % 5,
        (2 * 2 - 3) ** 2 - 3, sum(72 % d == 0 for d in range(1, 73)),
        math.isqrt(8 * 3 * 3 * 2), F(12, math.isqrt(4)) / 2, 2 + 5,
        sum(n % 3 == 0 or n % 5 == 0 for n in range(1, 101)), math.isqrt(8**2 + 6**2), ways(8, 3),
        1 / (1 - F(1, 2)), next(k for k in range(1, 99) if k * k == 4 * 16), F(15 * 80, 100),
        math.gcd(36, 60), F(11 + 7, 3), math.factorial(5), 180 * 3,
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", SUMS)
def test_sums_come_out(name: str) -> None:
    for row, value in zip(read(PACKS / f"{name}.jsonl"), SUMS[name], strict=True):
        place = row["gold"][0] if "gold" in row else row["answer"]
        assert row["choices"][place].removeprefix(f"({'ABCDE'[place]})") == str(value), row
