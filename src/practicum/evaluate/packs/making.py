"""The mini packs that are computed, written again from a seed: the same bytes each time.

`write(folder)` makes the puzzles and the word problems, and from all packs with the columns of
BIG-Bench Hard those with the columns of BIG-bench. What people wrote is only read.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

from practicum.evaluate.packs import puzzles
from practicum.evaluate.packs.puzzles import Row

HERE = Path(__file__).parent
HARD = "leaderboard_bbh_{}"  # the harness's names of tasks with the items of BIG-Bench Hard
THREE_SIZES = ("logical_deduction", "tracking_shuffled_objects")
PUZZLES: dict[str, Callable[[Random], list[Row]]] = {
    "date_understanding": puzzles.dates,
    "geometric_shapes": puzzles.shapes,
    "navigate": puzzles.ways,
    "reasoning_about_colored_objects": puzzles.colours,
    "temporal_sequences": puzzles.hours,
    **{f"logical_deduction_{puzzles.NUMBERS[n]}_objects": puzzles.deduction(n) for n in (3, 5, 7)},
    **{f"tracking_shuffled_objects_{puzzles.NUMBERS[n]}_objects": puzzles.tracking(n)
       for n in (3, 5, 7)},
}  # fmt: skip
# BIG-bench's names where BIG-Bench Hard has another or leaves one out.
NAMES = {"causal_judgment": "causal_judgement"}
WRITTEN = ("causal_judgment", "disambiguation_qa", "movie_recommendation", "ruin_names",
           "salient_translation_error_detection", "snarks", "sports_understanding")  # fmt: skip


# -- word problems --------------------------------------------------------------------------------

Problem = tuple[str, list[str]]  # the question; the steps, whose last computes the answer


def step(text: str, sum_: str, value: int) -> str:
    """A step of a solution, with the sum in GSM8K's brackets where `=` stands in the text."""
    return text.replace("=", f"= <<{sum_}={value}>>{value}")


def rolls(r: Random, who: Sequence[str]) -> Problem:
    """Trays of rolls, of which some are sold."""
    a, b = r.randrange(4, 10), r.randrange(11, 25)
    c = r.randrange(10, a * b - 5)
    return (
        f"{who[0]} bakes {a} trays of {b} rolls each and sells {c} of the rolls. "
        "How many rolls are left?",
        [step(f"There are {a} * {b} = rolls.", f"{a}*{b}", a * b),
         step(f"Then {a * b} - {c} = are left.", f"{a * b}-{c}", a * b - c)],
    )  # fmt: skip


def chairs(r: Random, who: Sequence[str]) -> Problem:
    """Rows of chairs, some brought and some taken."""
    a, b, c, d = (r.randrange(*span) for span in ((6, 15), (8, 20), (5, 30), (3, 40)))
    there = a * b + c
    return (
        f"A hall has {a} rows of {b} chairs. {who[0]} carries {c} more chairs in, and {who[1]} "
        f"takes {d} chairs to the garden. How many chairs are in the hall then?",
        [step(f"The rows have {a} * {b} = chairs.", f"{a}*{b}", a * b),
         step(f"With the others there are {a * b} + {c} = chairs.", f"{a * b}+{c}", there),
         step(f"After some are taken, {there} - {d} = remain.", f"{there}-{d}", there - d)],
    )  # fmt: skip


def wages(r: Random, who: Sequence[str]) -> Problem:
    """Wages of some days, less what is spent."""
    a, b, c, d = (r.randrange(*span) for span in ((9, 25), (4, 9), (3, 7), (20, 100)))
    day, total = a * b, a * b * c
    return (
        f"{who[0]} earns {a} dollars an hour and works {b} hours a day for {c} days. Of this "
        f"{who[0]} spends {d} dollars. How many dollars remain?",
        [step(f"A day brings {a} * {b} = dollars.", f"{a}*{b}", day),
         step(f"All the days bring {day} * {c} = dollars.", f"{day}*{c}", total),
         step(f"There remain {total} - {d} = dollars.", f"{total}-{d}", total - d)],
    )  # fmt: skip


def rope(r: Random, who: Sequence[str]) -> Problem:
    """Pieces of a rope, sold by the metre."""
    b, long, d = r.randrange(4, 10), r.randrange(3, 12), r.randrange(2, 6)
    c = r.randrange(2, b)
    return (
        f"{who[0]} cuts a rope of {b * long} metres into {b} equal pieces and sells {c} of them "
        f"for {d} dollars a metre. How many dollars do these pieces bring?",
        [step(f"A piece has {b * long} / {b} = metres.", f"{b * long}/{b}", long),
         step(f"The pieces sold have {c} * {long} = metres.", f"{c}*{long}", c * long),
         step(f"They bring {c * long} * {d} = dollars.", f"{c * long}*{d}", c * long * d)],
    )  # fmt: skip


def ages(r: Random, who: Sequence[str]) -> Problem:
    """Three ages in one sum."""
    a, b = r.randrange(2, 15), r.randrange(5, 30)
    one, two = 2 * b + a, 2 * b
    return (
        f"{who[0]} is {a} years older than {who[1]}, and {who[1]} is twice as old as {who[2]}, "
        f"who is {b}. How old are the three together?",
        [step(f"{who[1]} is 2 * {b} = years old.", f"2*{b}", two),
         step(f"{who[0]} is {two} + {a} = years old.", f"{two}+{a}", one),
         step(f"Together they are {b} + {two} + {one} = years old.", f"{b}+{two}+{one}",
              b + two + one)],
    )  # fmt: skip


def tickets(r: Random, who: Sequence[str]) -> Problem:
    """Tickets at the full price and at half of it."""
    half, b, c = r.randrange(3, 12), r.randrange(2, 7), r.randrange(3, 12)
    grown, young = b * 2 * half, c * half
    return (
        f"A ticket to the circus costs {2 * half} dollars for an adult and half as much for a "
        f"child. How many dollars do {b} adults and {c} children pay together?",
        [step(f"A child's ticket costs {2 * half} / 2 = dollars.", f"{2 * half}/2", half),
         step(f"The adults pay {b} * {2 * half} = dollars.", f"{b}*{2 * half}", grown),
         step(f"The children pay {c} * {half} = dollars.", f"{c}*{half}", young),
         step(f"Together that is {grown} + {young} = dollars.", f"{grown}+{young}",
              grown + young)],
    )  # fmt: skip


def pages(r: Random, who: Sequence[str]) -> Problem:
    """Pages of a book, more each day."""
    a, b = r.randrange(8, 30), r.randrange(2, 9)
    days = [a + i * b for i in range(4)]
    later = [step(f"On {day} it is {x} + {b} = pages.", f"{x}+{b}", x + b)
             for day, x in zip(("Tuesday", "Wednesday", "Thursday"), days, strict=False)]  # fmt: skip
    plus = "+".join(map(str, days))
    return (
        f"{who[0]} reads {a} pages on Monday and then each day {b} pages more than on the day "
        "before. How many pages does that make from Monday to Thursday?",
        [*later, step(f"In all there are {plus.replace('+', ' + ')} = pages.", plus, sum(days))],
    )


def eggs(r: Random, who: Sequence[str]) -> Problem:
    """Boxes of eggs, some of them dropped."""
    b, n, d = r.choice((6, 10, 12)), r.randrange(9, 30), r.randrange(2, 8)
    c = r.randrange(2, 7)
    return (
        f"{who[0]} packs {b * n} eggs into boxes of {b} and drops {c} of the boxes. The others "
        f"are sold for {d} dollars each. How many dollars do they bring?",
        [step(f"There are {b * n} / {b} = boxes.", f"{b * n}/{b}", n),
         step(f"Not dropped are {n} - {c} = boxes.", f"{n}-{c}", n - c),
         step(f"They bring {n - c} * {d} = dollars.", f"{n - c}*{d}", (n - c) * d)],
    )  # fmt: skip


PROBLEMS = (rolls, chairs, wages, rope, ages, tickets, pages, eggs)


def word_problems(random: Random) -> list[Row]:
    """Rows of GSM8K: sixteen of the test, eight of the training set."""
    rows = []
    for number in range(3 * len(PROBLEMS)):
        names = random.sample(puzzles.PEOPLE, 3)
        question, steps = PROBLEMS[number % len(PROBLEMS)](random, names)
        value = steps[-1].split("=")[-1].split(">>")[0]
        split = "test" if number < 2 * len(PROBLEMS) else "train"
        answer = "\n".join([*steps, f"#### {value}"])
        rows.append({"question": question, "answer": answer, "_split": split})
    return rows


# -- BIG-bench ------------------------------------------------------------------------------------


def bigbench(rows: Sequence[Row]) -> list[Row]:
    """Rows of BIG-bench for rows of BIG-Bench Hard: options are texts, not letters."""
    made = []
    for number, row in enumerate(rows):
        question, _, below = row["input"].partition("\nOptions:\n")
        # "(A) text" or "- text"; sports_understanding lists no options
        options = [line.partition(" ")[2] for line in below.split("\n")] if below else ["yes", "no"]
        target = row["target"].strip("()")
        right = puzzles.LETTERS.index(target) if row["target"][0] == "(" else options.index(target)
        choices = "\n".join(f"  choice: {option}" for option in options)
        made.append({
            "idx": number, "inputs": f"Q: {question}\n{choices}\nA:", "targets": [options[right]],
            "multiple_choice_targets": options,
            "multiple_choice_scores": [int(i == right) for i in range(len(options))],
            "_split": "default",
        })  # fmt: skip
    return made


def _sources() -> dict[str, list[str]]:
    """BIG-bench's tasks, each with the packs of BIG-Bench Hard that hold its questions."""
    named: dict[str, list[str]] = {name: [NAMES.get(name, name)] for name in WRITTEN}
    for name in PUZZLES:
        whole = next((short for short in THREE_SIZES if name.startswith(short)), name)
        named.setdefault(whole, []).append(name)
    return named


# -- files ----------------------------------------------------------------------------------------


def read(path: Path) -> list[Row]:
    """The rows of a pack."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _keep(folder: Path, name: str, rows: Sequence[Row]) -> None:
    lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in rows]
    (folder / f"{name}.jsonl").write_text("".join(lines), encoding="utf-8", newline="\n")


def write(folder: Path = HERE) -> None:
    """Every computed pack in a folder."""
    made = {HARD.format(name): [row | {"_split": "test"} for row in make(Random(name))]
            for name, make in PUZZLES.items()}  # fmt: skip
    made["gsm8k"] = word_problems(Random("gsm8k"))
    for name, parts in _sources().items():
        packs = [made.get(p) or read(HERE / f"{p}.jsonl") for p in map(HARD.format, parts)]
        some = [row for pack in packs for row in pack[: 18 // len(packs)]]
        made[f"bigbench_{name}_multiple_choice"] = bigbench(some)
    for name, rows in made.items():
        _keep(folder, name, rows)


if __name__ == "__main__":
    write()
