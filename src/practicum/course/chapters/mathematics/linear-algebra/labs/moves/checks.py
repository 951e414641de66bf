"""Checks of the lab on matrices: each compares with an identity as well as with a number."""

import math
import random

from practicum.learn.labs.checking import close, equal, fail, holds, plain, raises


def multiply(lab):
    """Rows times columns, in this order, for shapes that are not square too."""
    a, b = [[1, 2], [3, 4]], [[0, 1], [5, 2]]
    name = "multiply([[1, 2], [3, 4]], [[0, 1], [5, 2]])"
    got = plain(lab.multiply(a, b))
    if got == [[0, 2], [15, 8]]:
        fail(f"{name} multiplied entry by entry: an entry needs a whole row and a whole column")
    if got == [[3, 4], [11, 18]]:
        fail(f"{name} gave the product in the other order: rows come from a, columns from b")
    if got == [[2, 9], [4, 23]]:
        fail(f"{name} used rows of b where its columns belong: b is read downwards")
    equal(got, _product(a, b), name, "row i of a against column j of b, multiplied and added up")
    wide, tall = [[1, 0, 2]], [[1], [5], [3]]
    equal(
        lab.multiply(wide, tall), [[7]], "multiply([[1, 0, 2]], [[1], [5], [3]])",
        "one row times one column is a single number, in a list of one row",
    )  # fmt: skip
    equal(
        lab.multiply(tall, wide), _product(tall, wide), "multiply([[1], [5], [3]], [[1, 0, 2]])",
        "three rows times three columns: the product has as many rows as a and as many columns as b",
    )  # fmt: skip


def det(lab):
    """Numbers by hand, the sign of a swap, and the rule for products."""
    close(lab.det([[5]]), 5, "det([[5]])", "a line is stretched by its only entry")
    got = lab.det([[3, 1], [1, 2]])
    if got == 7:
        fail("det([[3, 1], [1, 2]]) gave 7: the second product is subtracted, not added")
    close(got, 5, "det([[3, 1], [1, 2]])", "the area of a unit square becomes ad − bc")
    close(
        lab.det([[1, 2], [2, 4]]), 0, "det([[1, 2], [2, 4]])",
        "both columns lie on one line, so every area is flattened",
    )  # fmt: skip
    got = lab.det([[2, 1, 1], [1, 3, 2], [1, 1, 4]])
    if got in (20, 38):
        fail("det of a 3 by 3 matrix: the signs alternate along the first row, plus, minus, plus")
    close(got, 16, "det([[2, 1, 1], [1, 3, 2], [1, 1, 4]])", "expand along the first row")
    rng = random.Random(1)
    matrix = [[rng.randint(-4, 4) for _ in range(4)] for _ in range(4)]
    other = [[rng.randint(-4, 4) for _ in range(4)] for _ in range(4)]
    before = [row[:] for row in matrix]
    value = lab.det(matrix)
    equal(matrix, before, "the matrix after det(matrix)", "det must not change what it is given")
    swapped = [matrix[1], matrix[0], *matrix[2:]]
    close(lab.det(swapped), -value, "det after swapping two rows", "a swap turns the sign around")
    close(
        lab.det(_product(matrix, other)), value * lab.det(other), "det(a times b), both 4 by 4",
        "volumes grow by one factor after the other, so it must be det(a) · det(b)",
    )  # fmt: skip


def eigenvalues(lab):
    """Sum, product and order; a turn has none."""
    got = lab.eigenvalues([[1, 2], [2, 1]])
    holds(got is not None, "eigenvalues([[1, 2], [2, 1]]) returned None: is a `return` missing?")
    holds(len(got) == 2, "eigenvalues gives two numbers, the larger first")
    holds(got[0] >= got[1], "eigenvalues([[1, 2], [2, 1]]) gives the larger one first")
    for matrix in ([[1, 2], [2, 1]], [[4, 1], [2, 3]], [[-2, 0], [0, -5]], [[0.5, 3], [0.25, -1]]):
        (a, b), (c, d) = matrix
        high, low = lab.eigenvalues(matrix)
        name = f"eigenvalues({matrix})"
        if abs(high + low + a + d) < 1e-9 and abs(a + d) > 1e-9:
            fail(f"{name}: both have the wrong sign; the trace enters the equation with a minus")
        close(high + low, a + d, f"the sum of {name}", "it must be the trace, a + d")
        close(high * low, a * d - b * c, f"the product of {name}", "it must be the determinant")
        holds(high >= low, f"{name} gives the larger one first")
    raises(
        ValueError, lambda: lab.eigenvalues([[0, -1], [1, 0]]), "eigenvalues of a quarter turn",
        "what is under the square root is negative: no arrow keeps to its line",
    )  # fmt: skip


def eigenvector(lab):
    """The eigen equation itself, length one, and matrices whose rows vanish."""
    cases = (
        ([[1, 2], [2, 1]], 3), ([[1, 2], [2, 1]], -1), ([[4, 1], [2, 3]], 5), ([[4, 1], [2, 3]], 2),
        ([[2, 0], [0, 7]], 2), ([[2, 0], [0, 7]], 7), ([[3, 0], [1, 2]], 3), ([[3, 0], [1, 2]], 2),
        ([[6, 0], [0, 6]], 6),
    )  # fmt: skip
    for matrix, value in cases:
        name = f"eigenvector({matrix}, {value})"
        try:
            arrow = lab.eigenvector(matrix, value)
        except ZeroDivisionError:
            fail(f"{name} divides by zero: here a row of matrix − value is all zeros")
        holds(arrow is not None, f"{name} returned None: is a `return` missing?")
        holds(len(arrow) == 2, f"{name} is an arrow of two numbers")
        length = math.hypot(*arrow)
        holds(length > 1e-9, f"{name} has length zero: an arrow of zeros has no direction")
        close(length, 1, f"the length of {name}", "divide by the length at the end")
        moved = [row[0] * arrow[0] + row[1] * arrow[1] for row in matrix]
        close(
            moved, [value * arrow[0], value * arrow[1]], f"matrix times {name}",
            "it must be the same arrow, multiplied by the eigenvalue; is it the arrow of the other one?",
        )  # fmt: skip


def long_run(lab):
    """Shares of two states by hand; the table's own identity; a table that is not symmetric."""
    got = lab.long_run([[0.9, 0.1], [0.5, 0.5]])
    holds(got is not None, "long_run returned None: is a `return` missing?")
    if len(got) == 2 and abs(got[0] - 0.5) < 1e-6:
        fail(
            "long_run([[0.9, 0.1], [0.5, 0.5]]) stayed at equal shares: column j must collect from "
            "every row i; multiplying rows by shares averages the chances instead of moving them"
        )
    close(sum(got), 1, "the sum of long_run([[0.9, 0.1], [0.5, 0.5]])", "shares add up to one")
    close(
        got, [5 / 6, 1 / 6], "long_run([[0.9, 0.1], [0.5, 0.5]])",
        "what leaves a state in one step must be what enters it; were there enough steps?",
    )  # fmt: skip
    table = [[0.2, 0.7, 0.1], [0.0, 0.6, 0.4], [0.98, 0.01, 0.01]]
    shares = lab.long_run(table)
    after = [sum(shares[i] * table[i][j] for i in range(3)) for j in range(3)]
    close(
        after,
        list(shares),
        "the shares after one more step",
        "they should stand still",
        within=1e-11,
    )


def _product(a, b):
    return [[sum(x * b[k][j] for k, x in enumerate(row)) for j in range(len(b[0]))] for row in a]
