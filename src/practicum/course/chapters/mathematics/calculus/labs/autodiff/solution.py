# %% [markdown]
# # A gradient engine in forty lines
# PyTorch's autograd, without the arrays: every number remembers what it was computed from and how fast
# it changes with each of these. Walking this record backwards gives all slopes at once.

# %%
import math


class Value:
    """A number, what it was computed from, and its slope: how fast the result changes with it."""

    def __init__(self, number, parents=()):
        self.number = float(number)
        self.parents = parents  # pairs: (the Value it came from, the local slope)
        self.slope = 0.0

    def __add__(self, other):
        other = as_value(other)
        return Value(self.number + other.number, [(self, 1.0), (other, 1.0)])

    def __mul__(self, other):
        other = as_value(other)
        return Value(self.number * other.number, [(self, other.number), (other, self.number)])

    def exp(self):
        power = math.exp(self.number)
        return Value(power, [(self, power)])

    def log(self):
        return Value(math.log(self.number), [(self, 1 / self.number)])

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + -as_value(other)

    def __repr__(self):
        return f"Value({self.number:.4g}, slope {self.slope:.4g})"

    __radd__, __rmul__ = __add__, __mul__


def as_value(number):
    """The number as a Value, if it is not one already."""
    return number if isinstance(number, Value) else Value(number)


# %%
a, b = Value(3), Value(4)
print("3 · 4 =", (a * b).number, " local slopes:", [slope for _, slope in (a * b).parents])
print("ln 4 =", round(b.log().number, 4), " local slope:", b.log().parents[0][1])

# %% [markdown]
# ## Backwards through the record
# The chain rule says: the slope of a value is the sum, over everything that was computed from it, of
# that one's slope times the local slope. `in_order` gives every value after those it came from.


# %%
def in_order(result):
    """Everything that the result was computed from, parents before children, the result last."""
    seen, order = set(), []

    def visit(value):
        if id(value) not in seen:
            seen.add(id(value))
            for parent, _ in value.parents:
                visit(parent)
            order.append(value)

    visit(result)
    return order


def backward(result):
    """Set the slope of every value behind the result; slopes of an earlier call are forgotten."""
    order = in_order(result)
    for value in order:
        value.slope = 0.0
    result.slope = 1.0
    for value in reversed(order):
        for parent, local in value.parents:
            parent.slope += value.slope * local


# %%
x = Value(3)
backward(x * x * x + 2 * x)  # by hand: 3x² + 2
print("\nthe slope of x³ + 2x at 3:", x.slope)

# %% [markdown]
# ## The loss of a language model
# Given scores of all tokens, the loss is −ln of the right one's softmax. Predict its gradient for the
# scores 2, 1, 0 and the first token, before you look.


# %%
def token_loss(scores, target):
    """The loss in nats of predicting the target under these scores: ln Σ exp(s) − s_target."""
    total = sum(score.exp() for score in scores)
    return total.log() - scores[target]


# %%
scores = [Value(2), Value(1), Value(0)]
backward(token_loss(scores, 0))
print("\ngradient:", [round(s.slope, 4) for s in scores], " its sum:", sum(s.slope for s in scores))

# %% [markdown]
# ## Trust, but check
# The same gradient from steps, one number at a time. Slow, and a little wrong, but with none of your
# chain rules in it: two such different ways rarely agree by accident.


# %%
def slopes_by_steps(function, numbers, step=1e-5):
    """The gradient of a function of a list of Values at these numbers, by steps to both sides."""
    slopes = []
    for i in range(len(numbers)):
        ends = []
        for change in (step, -step):
            moved = list(numbers)
            moved[i] += change
            ends.append(function([Value(n) for n in moved]).number)
        slopes.append((ends[0] - ends[1]) / (2 * step))
    return slopes


# %%
by_steps = slopes_by_steps(lambda scores: token_loss(scores, 0), [2.0, 1.0, 0.0])
worst = max(abs(s.slope - t) for s, t in zip(scores, by_steps, strict=True))
print(f"largest difference to the gradient by steps: {worst:.1e}")

# %% [markdown]
# ## Learning
# The smallest language model has one score for every letter and knows no context. Let it walk downhill
# on the mean loss over a text. Where do its chances end? And what does a large rate do in the valley?


# %%
def descend(function, numbers, rate, n_steps):
    """The numbers after so many steps against the gradient of the function of a list of Values."""
    numbers = list(numbers)
    for _ in range(n_steps):
        values = [Value(n) for n in numbers]
        backward(function(values))
        numbers = [n - rate * v.slope for n, v in zip(numbers, values, strict=True)]
    return numbers


# %%
TEXT = "abracadabra"
LETTERS = sorted(set(TEXT))
COUNTS = [TEXT.count(letter) for letter in LETTERS]


def mean_loss(scores):
    """The mean loss over the text: each letter as often as it occurs."""
    return sum(n / len(TEXT) * token_loss(scores, i) for i, n in enumerate(COUNTS))


def valley(place):
    """(x² + 10 y²) / 2."""
    x, y = place
    return 0.5 * (x * x + 10 * (y * y))


learned = descend(mean_loss, [0.0] * len(LETTERS), rate=2.0, n_steps=150)
total = sum(math.exp(score) for score in learned)
print("\nletter  share of the text  learned")
for letter, n, score in zip(LETTERS, COUNTS, learned, strict=True):
    print(f"{letter:6}  {n / len(TEXT):17.4f}  {math.exp(score) / total:.4f}")
print("\nrate   place in the valley after 20 steps from (9, 1)")
for rate in (0.05, 0.18, 0.21):
    x, y = descend(valley, [9.0, 1.0], rate, 20)
    print(f"{rate:.2f}   ({x:+.3f}, {y:+.3f})")
