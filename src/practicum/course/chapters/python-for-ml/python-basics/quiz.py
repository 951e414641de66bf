"""What the parametric items of this quiz draw."""

import random


def second_call(rng: random.Random) -> dict:
    """Two different numbers for the shared default."""
    a, b = rng.sample(range(2, 10), 2)
    return {"a": a, "b": b}


def cells_of_a_shared_row(rng: random.Random) -> dict:
    """The sum over a grid whose rows are one list."""
    rows, columns = rng.randint(3, 9), rng.randint(2, 6)
    grid = [[0] * columns] * rows
    grid[0][0] = 1
    return {
        "rows": rows,
        "columns": columns,
        "answer": sum(map(sum, grid)),
        "within": 0.1,
        "slips": {
            1: "That would be right if the rows were lists of their own.",
            rows * columns: "Only one cell of the shared row was set.",
        },
    }


def bytes_of_a_word(rng: random.Random) -> dict:
    """The bytes of a word whose letters differ in size."""
    words = (
        "naïveté",
        "façade",
        "café 猫",
        "λέξη",
        "été",
        "über 語",
        "smörgås",
        "слово",
        "γάτα 猫",
    )
    word = rng.choice(words)
    sizes = [len(letter.encode()) for letter in word]
    slips = {len(word): "That counts characters."}
    if 2 * len(word) != sum(sizes):
        slips[2 * len(word)] = "Not every character takes two bytes; a blank takes one."
    return {
        "word": word,
        "sizes": " + ".join(map(str, sizes)),
        "answer": sum(sizes),
        "within": 0.1,
        "slips": slips,
    }


def late_lookup(rng: random.Random) -> dict:
    """What a function computes after a name in its body was moved."""
    first, second = rng.sample(range(2, 10), 2)
    x = rng.randint(3, 12)
    return {
        "first": first,
        "second": second,
        "x": x,
        "answer": x * second,
        "within": 0.1,
        "slips": {x * first: "The value at the time of the lambda is not kept; the name is."},
    }


def megabytes_of_ids(rng: random.Random) -> dict:
    """What an array saves."""
    millions = rng.choice((2, 3, 5, 10, 20, 50))
    return {
        "millions": millions,
        "answer": 38 * millions,
        "slips": {
            40 * millions: "That is what the list takes; the array is not free.",
            2 * millions: "That is what the array takes.",
        },
    }


def len_of_windows(rng: random.Random) -> dict:
    """How many windows have all their targets."""
    size = rng.randint(3, 9)
    whole = rng.randint(4, 12)
    n = whole * size + rng.choice((0, 0, 1, size - 1))
    answer = (n - 1) // size
    slips = {answer + 1: "The last window would lack a target, or be shorter than the others."}
    return {"n": n, "size": size, "usable": n - 1, "answer": answer, "within": 0.1, "slips": slips}
