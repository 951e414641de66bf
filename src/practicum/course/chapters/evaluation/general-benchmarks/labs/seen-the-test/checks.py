"""Why an accusation, or an acquittal, cannot be right."""

import math

from practicum.learn.labs.checking import close, equal, fail, holds


def shared_runs(lab):
    training = "the cat sat on the mat and the dog sat on the cat"
    close(lab.shared_runs("The cat sat on the sofa", training, 3), 3 / 4,
          "shared_runs(The cat sat on the sofa, …, 3)",
          "three of its four runs of three stand there, in whatever case")  # fmt: skip
    got = lab.shared_runs("on the mat the cat", training, 3)
    if got > 1 / 3 + 1e-9:
        fail("shared_runs counted runs whose words are all there, but not in this order")
    close(got, 1 / 3, "shared_runs(on the mat the cat, …, 3)")
    close(lab.shared_runs("sat on the sat on the", training, 3), 1 / 3,
          "shared_runs of a question that repeats a run", "different runs, each counted once")  # fmt: skip
    try:
        short = lab.shared_runs("the cat", training, 3)
    except ZeroDivisionError:
        fail("a question of two words has no run of three: give 0 before you divide")
    close(short, 0.0, "shared_runs of a question shorter than n")


def marks(lab):
    items = [
        {"question": "Q one?", "reworded": "R one?", "choices": ["a", "b", "c"], "answer": 1},
        {"question": "Q two?", "reworded": "R two?", "choices": ["a", "b", "c"], "answer": 0},
    ]
    asked = []

    def model(prompt, word):
        asked.append(prompt)
        return {"a": -3.0, "b": -1.0 if "Q" in prompt.replace("Question", "") else -5.0, "c": -4.0}[
            word
        ]

    got = lab.marks(model, items, "question")
    holds(all(p.startswith("Question: Q") and p.endswith("Answer:") for p in asked),
          f"the model was asked {asked[0]!r}: lay the question out with lay_out")  # fmt: skip
    equal([bool(x) for x in got], [True, False], "marks of a model that says b to every published question",
          "one truth value for each item, in order")  # fmt: skip
    got = [bool(x) for x in lab.marks(model, items, "reworded")]
    if got == [True, False]:
        fail("marks(…, 'reworded') still asked the published question: use item[wording]")
    equal(got, [False, True], "marks of a model that says a to every reworded question")


def gap(lab):
    before = [True] * 9 + [False] * 3
    after = [False] * 8 + [True] * 2 + [False] * 2
    difference, p = lab.gap(before, after)
    if math.isclose(difference, -7 / 12):
        fail("gap gave −7/12: points lost by rewording are positive")
    if math.isclose(difference, 7) or math.isclose(difference, 7 / 9):
        fail("gap is a fraction of all questions: lost less gained, over their number")
    close(difference, 7 / 12, "gap of 8 lost and 1 gained in 12")
    if math.isclose(p, 10 / 512):
        fail("p is of one side only: luck could as well have favoured the new wording")
    close(p, 20 / 512, "p of 8 lost and 1 gained",
          "only the nine questions that changed count, as tosses of a coin")  # fmt: skip
    close(lab.gap(before, before), (0.0, 1.0), "gap of equal results", "no change is no evidence")


def split(lab):
    rows = [f"row {i}" for i in range(40)] + [f"row {i}" for i in range(15)]
    kept = list(rows)
    train, held = lab.split(rows, 10, 3)
    holds(rows == kept, "split changed the list that it was given")
    equal(len(held), 10, "the number of evaluation rows of split(…, 10, 3)")
    both = sorted(set(train) & set(held))
    if both:
        fail(
            f"{len(both)} rows are in both parts, such as {both[0]!r}: the model would be asked what it was told"
        )
    equal(len(train), 30, "the number of training rows",
          "40 different rows less 10: repetitions go, and nothing else is lost")  # fmt: skip
    holds(sorted(set(train) | set(held)) == sorted(set(rows)), "some rows are in neither part")
    holds(
        set(held) != set(rows[:10]), "evaluation is simply the first rows: shuffle before you cut"
    )
    again = lab.split(rows, 10, 3)
    equal([list(p) for p in again], [list(train), list(held)], "split with the same seed again")
    holds(
        set(lab.split(rows, 10, 4)[1]) != set(held), "another seed gives the same evaluation rows"
    )
