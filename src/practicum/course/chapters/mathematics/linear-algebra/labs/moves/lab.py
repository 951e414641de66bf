# %% [markdown]
# # What a matrix does
# A matrix is a list of rows here, and an arrow is a list of numbers: plain Python, so that nothing
# is hidden. Run the script as often as you like; every hole you fill makes one more cell speak.

# %%
import math

STRETCH = [[2, 0], [0, 1]]  # twice as wide
TURN = [[0, -1], [1, 0]]  # a quarter turn to the left
MOVE = [[1, 2], [2, 1]]  # the matrix of the lesson

# %% [markdown]
# ## One movement after another
# The product `a` times `b` is the movement that does `b` first and `a` second. Its columns are where
# the axes end up. Predict before you run: stretch, then turn. Is that the same as turn, then stretch?


# %%
def multiply(a, b):
    """The matrix product of a and b, lists of rows; a has as many columns as b has rows."""
    # TODO multiply: each entry is a dot product of a row and a column
    raise NotImplementedError("multiply")


# %%
print("turn after stretch:", multiply(TURN, STRETCH))
print("stretch after turn:", multiply(STRETCH, TURN))
print("the lesson's matrix moves (3, 1) to", multiply(MOVE, [[3], [1]]))

# %% [markdown]
# ## The signed volume
# By what factor do areas (or volumes) grow? For more than two dimensions, expand along the first
# row: every entry times the determinant of what is left without its row and column, with
# alternating signs.


# %%
def det(matrix):
    """The determinant of a square matrix."""
    # TODO det: expand along the first row
    raise NotImplementedError("det")


# %%
print("\n  t     area of a unit square under [1, 2t; 2t, 1]")
for eighths in range(0, 9, 2):
    t = eighths / 8
    area = det([[1, 2 * t], [2 * t, 1]])
    print(f"{t:5.2f}  {area:+.2f}  {'#' * round(8 * abs(area))}")

# %% [markdown]
# ## How much the special arrows are stretched
# Solve λ² − (a + d) λ + (ad − bc) = 0. A matrix that turns every arrow has no real solution; say so
# with a ValueError instead of a wrong number.


# %%
def eigenvalues(matrix):
    """Both real eigenvalues of a two-by-two matrix, the larger first.

    Raises ValueError when every arrow turns.
    """
    # TODO eigenvalues: solve the quadratic equation, the larger solution first
    raise NotImplementedError("eigenvalues")


# %%
print("\nstretches of the lesson's matrix:", eigenvalues(MOVE))
try:
    print("stretches of a quarter turn:", eigenvalues(TURN))
except ValueError as error:
    print("stretches of a quarter turn:", error)

# %% [markdown]
# ## Which arrows they are
# Any arrow on the right line will do, but give it length one.


# %%
def eigenvector(matrix, value):
    """An arrow of length one that the two-by-two matrix multiplies by value."""
    # TODO eigenvector: find a direction that matrix minus value flattens
    raise NotImplementedError("eigenvector")


# %%
for stretch in eigenvalues(MOVE):
    x, y = eigenvector(MOVE, stretch)
    moved = [row[0] for row in multiply(MOVE, [[x], [y]])]
    degrees = math.degrees(math.atan2(y, x))
    print(
        f"{stretch:+.0f}: ({x:+.4f}, {y:+.4f}) at {degrees:+.0f}° -> ({moved[0]:+.4f}, {moved[1]:+.4f})"
    )

# %% [markdown]
# ## What a forgetful language model ends up saying
# The smallest language model of all looks at one letter and has a row of chances for the next one.
# Feed it its own output for ever: which share of the text will each letter have? One step moves the
# shares by the table; in the long run they stand still. That is an eigenvector with eigenvalue one.

# %%
TEXT = (
    "it was the best of times it was the worst of times it was the age of wisdom it was the age of "
    "foolishness it was the epoch of belief it was the epoch of incredulity it was the season of "
    "light it was the season of darkness it was the spring of hope it was the winter of despair "
)
LETTERS = sorted(set(TEXT))


def chances(text):
    """Row i: how often each letter follows letter i, as shares that add up to one."""
    table = [[0.0] * len(LETTERS) for _ in LETTERS]
    for here, following in zip(text, text[1:] + text[0], strict=True):  # the text is a circle
        table[LETTERS.index(here)][LETTERS.index(following)] += 1
    return [[count / sum(row) for count in row] for row in table]


def long_run(table):
    """The shares that one more step does not change.

    Row i of the table holds the chances of what follows i. The shares are positive and add up to one.
    """
    # TODO long_run: move the shares by the table until they stand still
    raise NotImplementedError("long_run")


# %%
print("\nletter  in the text  in the long run of a model that sees one letter")
ends = dict(zip(LETTERS, long_run(chances(TEXT)), strict=True))
for letter in sorted(ends, key=ends.get, reverse=True)[:6]:
    name = "space" if letter == " " else letter
    print(f"{name:6}  {TEXT.count(letter) / len(TEXT):11.4f}  {ends[letter]:.4f}")
