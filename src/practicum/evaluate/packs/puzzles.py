"""Questions whose answers can be computed: orders, swaps, days, hours, ways, colours, shapes.

Each function makes the sixteen rows of one task of BIG-Bench Hard from a seeded generator; the
right answers fall evenly on the options.
"""

from __future__ import annotations

import cmath
import itertools
import math
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from random import Random
from typing import Any

Row = dict[str, Any]
LETTERS = "ABCDEFGHIJKLMNOPQR"
N = 16  # questions of a pack
PEOPLE = ("Aldo", "Berit", "Chiara", "Darius", "Elif", "Femke", "Goran")
PLACES = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh")
NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven")
COLOURS = ("black", "blue", "green", "orange", "purple", "red", "white", "yellow")


def asked(text: str, options: Sequence[str], right: int) -> Row:
    """A row of BIG-Bench Hard: lettered options below a question, and the right letter."""
    lines = [f"({letter}) {option}" for letter, option in zip(LETTERS, options, strict=False)]
    return {"input": "\n".join([text, "Options:", *lines]), "target": f"({LETTERS[right]})"}


def answers(random: Random, n: int) -> list[int]:
    """Sixteen places of right answers, each of n as often as the others, in a random order."""
    places = [i % n for i in range(N)]
    random.shuffle(places)
    return places


def listed(words: Sequence[str]) -> str:
    """Words as one speaks them: a, b and c."""
    return ", ".join(words[:-1]) + " and " + words[-1]


# -- orders and swaps -----------------------------------------------------------------------------

SCENES = (
    ("jars stand in a row on a shelf", "stands to the left of", "stands {} from the left",
     ("salt", "rice", "tea", "flour", "sugar", "maize", "oats"), "The {} jar"),
    ("swimmers finished a race, none of them together", "finished ahead of", "finished {}",
     ("Amara", "Bruno", "Celia", "Dmitri", "Esra", "Farid", "Greta"), "{}"),
    ("coats hang on numbered pegs, one on each", "hangs on a lower peg than", "hangs on the {} peg",
     ("brown", "grey", "red", "blue", "green", "black", "white"), "The {} coat"),
)  # fmt: skip


def deduction(n: int) -> Callable[[Random], list[Row]]:
    """What makes puzzles in which the clues leave one order of n things."""

    def rows(random: Random) -> list[Row]:
        return [_puzzle(random, n, right) for right in answers(random, n)]

    return rows


def _puzzle(random: Random, n: int, right: int) -> Row:
    scene, ahead, place, names, form = random.choice(SCENES)
    things = [form.format(name) for name in random.sample(names, n)]
    order = random.sample(range(n), n)  # order[i]: the place of thing i
    # A clue is a pair of things in their order, or one thing and its place; what is asked is not told.
    pairs = [(i, j) for i, j in itertools.permutations(range(n), 2) if order[i] < order[j]]
    clues = random.sample(every := [*pairs, *((i, -1) for i in range(n) if i != right)], len(every))
    left, told = list(itertools.permutations(range(n))), []
    for i, j in clues:
        fewer = [o for o in left if (o[i] == order[i] if j < 0 else o[i] < o[j])]
        if len(fewer) < len(left):
            left = fewer
            there = place.format(PLACES[order[i]]) if j < 0 else f"{ahead} {_inside(things[j])}"
            told.append(f"{things[i]} {there}.")
    start = f"{NUMBERS[n].capitalize()} {scene}: {listed([_inside(t) for t in things])}."
    end = place.format(PLACES[order[right]])
    return asked(" ".join([start, *told]), [f"{thing} {end}" for thing in things], right)


def _inside(thing: str) -> str:
    """A thing as it is called inside of a sentence."""
    return thing.replace("The ", "the ")


ROUNDS = (
    ("At a market each of {} carries one fruit: {}.", "{} carries {}", "{} and {} exchange fruits",
     "When the market closes, {} carries",
     ("a plum", "a melon", "a pear", "a fig", "a quince", "a peach", "a lemon")),
    ("On a boat {} stand watch, each at one post: {}.", "{} at {}", "{} and {} trade posts",
     "At dawn {} is at",
     ("the bow", "the stern", "the helm", "the mast", "the anchor", "the hatch", "the pump")),
)  # fmt: skip


def tracking(n: int) -> Callable[[Random], list[Row]]:
    """What makes questions of who has what after n swaps."""

    def rows(random: Random) -> list[Row]:
        return [_swaps(random, n, right) for right in answers(random, n)]

    return rows


def _swaps(random: Random, n: int, right: int) -> Row:
    opening, has, swap, end, things = random.choice(ROUNDS)
    held = random.sample(things, n)
    people = list(PEOPLE[:n])
    now = list(range(n))  # now[person]: the thing
    lines = []
    pair: list[int] = []
    for step in range(n):
        new = pair
        while sorted(new) == sorted(pair):  # a swap right after itself would undo it
            new = random.sample(range(n), 2)
        pair = new
        now[pair[0]], now[pair[1]] = now[pair[1]], now[pair[0]]
        word = "First" if not step else "At last" if step == n - 1 else "Then"
        lines.append(f"{word}, {swap.format(people[pair[0]], people[pair[1]])}.")
    start = listed([has.format(*both) for both in zip(people, held, strict=True)])
    text = [opening.format(listed(people), start), *lines]
    return asked(" ".join([*text, end.format(people[now.index(right)])]), held, right)


# -- days, hours, ways ----------------------------------------------------------------------------

DAYS = (
    ("Today is {today:%B} {today.day}, {today.year}. What is the date {n} days from now", 0, 1),
    ("Yesterday was {today:%B} {today.day}, {today.year}. What is the date {n} days from today", 1, 1),
    ("A fair that should have begun on {today:%m/%d/%Y} was put off by {n} days. "
     "On what date does it begin", 0, 1),
    ("Tomorrow is {today:%m/%d/%Y}. What was the date {n} days before today", -1, -1),
)  # fmt: skip


def dates(random: Random) -> list[Row]:
    """Dates that lie some days from another, often across the end of a month or a year."""
    rows = []
    for number, right in enumerate(answers(random, 6)):
        text, shift, sign = DAYS[number % len(DAYS)]
        today, n = date(1980, 1, 1) + timedelta(random.randrange(18_000)), random.randrange(5, 60)
        there = today + timedelta(shift + sign * n)
        near = [there + timedelta(d) for d in (-30, -7, -2, -1, 1, 2, 3, 7, 10, 31, 365)]
        options = random.sample([day.strftime("%m/%d/%Y") for day in near], 6)
        options[right] = there.strftime("%m/%d/%Y")
        question = text.format(today=today, n=n) + " in MM/DD/YYYY?"
        rows.append(asked(question, options, right))
    return rows


DONE = ("painting a gate", "fishing by the canal", "mending a sail", "reading in a tea room",
        "feeding the ducks", "queuing at the bank")  # fmt: skip
SIGHTS = ("the planetarium", "the harbour fair", "the botanical garden", "the clock tower")


def hours(random: Random) -> list[Row]:
    """Days with one gap, in which someone could have gone somewhere."""
    rows = []
    for right in answers(random, 4):
        who, *others = random.sample(PEOPLE, 6)
        ends = sorted(random.sample(range(6, 23), 6))
        spans = [f"{_clock(a)} to {_clock(b)}" for a, b in itertools.pairwise(ends)]
        gap, where = random.randrange(5), random.choice(SIGHTS)
        seen = [
            f"{other} saw {who} {what} from {span}."
            for i, (other, what, span) in enumerate(
                zip(others, random.sample(DONE, 5), spans, strict=True)
            )
            if i != gap
        ]
        options = random.sample([span for i, span in enumerate(spans) if i != gap], 3)
        options.insert(right, spans[gap])
        lines = [f"Today {who} went to {where}. Between what times could {who} have gone there?",
                 "This is known:", f"{who} got up at {_clock(ends[0])}.", *seen,
                 f"From {_clock(ends[-1])} on {where} was closed."]  # fmt: skip
        rows.append(asked("\n".join(lines), options, right))
    return rows


def _clock(hour: int) -> str:
    return f"{(hour - 1) % 12 + 1}{'am' if hour < 12 else 'pm'}"


def ways(random: Random) -> list[Row]:
    """Walks that lead back to where they began, or do not; with turns or always facing one way."""
    rows: list[Row] = []
    for number, right in enumerate(answers(random, 2)):
        back: bool | None = None
        while back is not (right == 0):
            steps, back = _turning(random) if number % 2 else _facing(random)
        question = "If you follow these instructions, do you return to the starting point?"
        text = f"{question} {' '.join(steps)}\nOptions:\n- Yes\n- No"
        rows.append({"input": text, "target": ("Yes", "No")[right]})
    return rows


def _facing(random: Random) -> tuple[list[str], bool]:
    sides = {"left": -1, "right": 1, "forward": 1j, "backward": -1j}
    walk = [
        (random.randrange(1, 9), random.choice([*sides])) for _ in range(random.randrange(4, 7))
    ]
    words = [f"Take {n} step{'s' * (n > 1)} {side}." for n, side in walk]
    return ["Always face forward.", *words], sum(n * sides[side] for n, side in walk) == 0


def _turning(random: Random) -> tuple[list[str], bool]:
    turns = {"Turn left.": 1j, "Turn right.": -1j, "Turn around.": -1 + 0j}
    here, ahead, words = 0j, 1j, []
    for _ in range(random.randrange(3, 6)):
        turn, n = random.choice([*turns]), random.randrange(1, 7)
        ahead *= turns[turn]
        here += n * ahead
        words += [turn, f"Take {n} step{'s' * (n > 1)}."]
    return words, here == 0


# -- things and shapes ----------------------------------------------------------------------------

THINGS = ("spoon", "button", "candle", "whistle", "ribbon", "marble", "thimble", "envelope")


def colours(random: Random) -> list[Row]:
    """Rows of coloured things: which colour has one, or how many have one."""
    rows = []
    for number, right in enumerate(answers(random, len(COLOURS))):
        found = -1
        while found != right:  # until the answer falls on its place
            text, found = _look(random, number % 4)
        rows.append(asked(text, COLOURS if number % 4 < 2 else NUMBERS, right))
    return rows


def _look(random: Random, kind: int) -> tuple[str, int]:
    things = random.sample(THINGS, len(THINGS))
    had = [random.choice(COLOURS) for _ in things]
    both = zip(had, things, strict=True)
    row = listed([f"{'an' if colour[0] == 'o' else 'a'} {colour} {t}" for colour, t in both])
    start = f"On a bench you see, in a row from left to right, {row}."
    at, colour = random.randrange(1, len(things)), random.choice(COLOURS)
    if kind == 0:
        return f"{start} What colour is the {things[at]}?", COLOURS.index(had[at])
    if kind == 1:
        where = f"directly to the left of the {things[at]}"
        return f"{start} What colour is the thing {where}?", COLOURS.index(had[at - 1])
    if kind == 2:
        n = sum(c != colour for c in had[:at])
        return f"{start} How many things to the left of the {things[at]} are not {colour}?", n
    n = sum(c != colour for c in had)
    return f"{start} All the {colour} things are taken away. How many remain?", n


SHAPES = ("circle", "heptagon", "hexagon", "kite", "line", "octagon", "pentagon", "rectangle",
          "sector", "triangle")  # fmt: skip
SIDES = {"triangle": 3, "pentagon": 5, "hexagon": 6, "heptagon": 7, "octagon": 8}


def shapes(random: Random) -> list[Row]:
    """Paths of SVG that draw one of ten shapes."""
    rows = []
    for right in answers(random, len(SHAPES)):
        path = _path(random, SHAPES[right])
        text = f'Which shape does the SVG path <path d="{path}"/> draw?'
        rows.append(asked(text, SHAPES, right))
    return rows


def _path(random: Random, shape: str) -> str:
    centre = complex(random.randrange(40, 61), random.randrange(40, 61))
    radius, start = random.randrange(12, 31), random.random()
    arc = f"A {radius:.2f},{radius:.2f} 0.00"
    along = complex(random.randrange(1, 5), random.randrange(1, 5))
    if shape == "circle":
        a, b = _point(centre - radius), _point(centre + radius)
        return f"M {a} {arc} 1,0 {b} {arc} 1,0 {a}"
    if shape == "sector":
        turns = (start, start + random.uniform(0.8, 2.4))
        one, other = [_point(centre + cmath.rect(radius, turn)) for turn in turns]
        return f"M {_point(centre)} L {one} {arc} 0,1 {other} L {_point(centre)}"
    if shape == "line":
        return f"M {_point(centre)} L {_point(centre + radius * along)}"
    if shape == "rectangle":
        across = along * 1j * 2
        corners = [centre, centre + 5 * along, centre + 5 * along + across, centre + across]
    elif shape == "kite":
        corners = [centre + 3 * along, centre + 2j * along, centre - 7 * along, centre - 2j * along]
    else:
        n = SIDES[shape]
        bends = [(i + random.uniform(-0.25, 0.25)) * math.tau / n + start for i in range(n)]
        corners = [centre + cmath.rect(radius, bend) for bend in bends]
    return "M " + " L ".join(_point(corner) for corner in [*corners, corners[0]])


def _point(z: complex) -> str:
    return f"{z.real:.2f},{z.imag:.2f}"
