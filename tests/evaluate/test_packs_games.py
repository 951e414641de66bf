"""The games of agieval_lsat_ar, read as logic: every arrangement is tried against the conditions."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator

import pytest

from practicum.evaluate.packs.making import read
from practicum.evaluate.tasks.rows import PACKS

World = dict[str, int]
PLACES = ("first", "second", "third", "fourth", "fifth", "sixth")
DAYS = ("Monday", "Tuesday", "Wednesday")
BOATS = ("red", "blue")
FORMS: list[tuple[str, Callable[..., bool]]] = [
    (r"(\w+) is (\w+)", lambda w, a, place: w[a] == PLACES.index(place)),
    (r"(\w+) is not (\w+)", lambda w, a, place: w[a] != PLACES.index(place)),
    (r"(\w+) is before (\w+)", lambda w, a, b: w[a] < w[b]),
    (r"(\w+) is immediately before (\w+)", lambda w, a, b: w[b] - w[a] == 1),
    (r"(\w+) is in the (\w+) boat", lambda w, a, boat: w[a] == BOATS.index(boat)),
    (r"(\w+) is on (\w+)", lambda w, a, day: w[a] == DAYS.index(day)),
    (r"(\w+) is not on (\w+)", lambda w, a, day: w[a] != DAYS.index(day)),
    (r"(\w+) is on an earlier day than (\w+)", lambda w, a, b: w[a] < w[b]),
    (r"(\w+) and (\w+) are (?:in the same boat|on the same day)", lambda w, a, b: w[a] == w[b]),
    (r"(\w+) and (\w+) are (?:in different boats|on different days)", lambda w, a, b: w[a] != w[b]),
]


def holds(sentence: str, world: World) -> bool:
    """Whether a sentence of a game is true of an arrangement."""
    if found := re.fullmatch(r"If (.+), then (.+)", sentence):
        return not holds(found[1], world) or holds(found[2], world)
    for form, truth in FORMS:
        if found := re.fullmatch(form, sentence):
            return truth(world, *found.groups())
    both = re.fullmatch(r"(.+) and (\w+ is .+)", sentence)
    assert both, sentence
    return holds(both[1], world) and holds(both[2], world)


def worlds(opening: str) -> Iterator[World]:
    """The arrangements of which the first sentence of a game speaks."""
    names = re.findall(r"[A-Z][a-z]+(?=, | and [A-Z]| are given| play| sit)", opening)
    names += re.findall(r"(?<= and )[A-Z][a-z]+(?=,? (?:are|play|sit))", opening)
    names = list(dict.fromkeys(name for name in names if name not in DAYS))
    size = len(names)
    assert size == {"Exactly five": 5, "Six": 6, "Seven": 7}[
        next(w for w in ("Exactly five", "Six", "Seven") if opening.startswith(w))]  # fmt: skip
    places: Iterable[tuple[int, ...]]
    if "boats" in opening:
        places = (p for p in itertools.product((0, 1), repeat=size) if sum(p) == 3)
    elif "two of them on each day" in opening:
        places = (p for p in itertools.product((0, 1, 2), repeat=size)
                  if all(p.count(day) == 2 for day in range(3)))  # fmt: skip
    else:
        places = itertools.permutations(range(size))
    return (dict(zip(names, p, strict=True)) for p in places)


def could_be(question: str, option: str, left: list[World]) -> bool:
    """Whether an option answers a question, given the arrangements that are left."""
    if "order from first to last" in question:
        return option.split(", ") in [sorted(world, key=world.__getitem__) for world in left]
    true = [holds(option, world) for world in left]
    if "must be true" in question:
        return all(true)
    return any(true) if "could be true" in question else not any(true)


@pytest.mark.parametrize("number", range(16))
def test_one_option_answers_a_game(number: int) -> None:
    row = read(PACKS / "agieval_lsat_ar.jsonl")[number]
    passage, _, question = row["query"].partition(" Q: ")
    question = question.partition(" Answer Choices:")[0]
    opening, _, rules = passage.partition(" The following conditions apply. ")
    conditions = rules.strip(". ").split(". ")
    assert len(conditions) >= 3
    if found := re.match(r"If (.+), which", question):
        conditions.append(found[1])
    left = [world for world in worlds(opening) if all(holds(c, world) for c in conditions)]
    assert left
    right = [could_be(question, option[3:], left) for option in row["choices"]]
    assert right.count(True) == 1
    assert right.index(True) == row["gold"][0]
