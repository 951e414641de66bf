# %% [markdown]
# # Coming near
# Nothing here is exact, and that is no excuse: every method below has an error that you can predict
# before you run it. The function is the preference loss of the lesson, as a function of z.

# %%
import math


def loss(z):
    """The loss of a pair of answers: −ln σ(z)."""
    return math.log1p(math.exp(-z))


def true_slope(z):
    """Its derivative, by the chain rule."""
    return -1 / (1 + math.exp(z))


# %% [markdown]
# ## A slope from both sides


# %%
def slope(function, x, step=1e-5):
    """The slope of a function at x, from one step ahead and one step behind."""
    return (function(x + step) - function(x - step)) / (2 * step)


# %%
print("  step   error of the slope at z = 1")
for power in range(1, 13, 2):
    error = abs(slope(loss, 1.0, 10.0**-power) - true_slope(1.0))
    print(f" 1e-{power:02}   {error:.1e}  {'#' * max(0, round(16 + math.log10(error + 1e-16)))}")

# %% [markdown]
# ## Reading the order
# When the step is halved and the error becomes four times smaller, the order is two.


# %%
def order(error, error_of_half_the_step):
    """The power of the step that the error goes with."""
    return math.log2(error / error_of_half_the_step)


# %%
errors = [abs(slope(loss, 1.0, step) - true_slope(1.0)) for step in (0.1, 0.05)]
print("\norder of the slope from both sides:", round(order(*errors), 3))

# %% [markdown]
# ## A function from its derivatives at zero
# The derivatives of exp at zero are 1, 1, 1, …; those of the loss begin with ln 2, −1/2, 1/4, 0, −1/8.
# Which order do you expect from the loss's polynomial of degree two? Mind the zero.


# %%
def taylor(derivatives, x):
    """The Taylor polynomial at x, from the value, slope, … at zero."""
    return sum(d * x**k / math.factorial(k) for k, d in enumerate(derivatives))


# %%
AT_ZERO = [math.log(2), -1 / 2, 1 / 4, 0, -1 / 8, 0, 1 / 4]
for degree in (1, 2, 4, 6):
    errors = [abs(taylor(AT_ZERO[: degree + 1], z) - loss(z)) for z in (0.2, 0.1)]
    print(f"degree {degree}: error {errors[1]:.1e} at z = 0.1, order {order(*errors):.2f}")

# %% [markdown]
# ## An area from strips
# The area under the slope from 0 to 2 is the change of the loss, −0.566219…: below the axis, areas
# count as negative, and the loss falls.


# %%
def trapezoid(function, low, high, strips):
    """The area under a function, by strips with straight tops."""
    width = (high - low) / strips
    inner = sum(function(low + i * width) for i in range(1, strips))
    return width * (inner + (function(low) + function(high)) / 2)


# %%
change = loss(2) - loss(0)
print("\nstrips   area        error")
for strips in (2, 4, 8, 16):
    area = trapezoid(true_slope, 0, 2, strips)
    print(f"{strips:6}  {area:.6f}  {abs(area - change):.1e}")

# %% [markdown]
# ## Taking the error out
# Two wrong areas, and you know *how* wrong they are relative to each other. That is enough for a much
# better one, which happens to be what parabolas on top of the strips would give: Simpson's rule.


# %%
def simpson(function, low, high, strips):
    """The area from the trapezoids of `strips` strips and of half as many; strips is even."""
    fine = trapezoid(function, low, high, strips)
    coarse = trapezoid(function, low, high, strips // 2)
    return fine + (fine - coarse) / 3


# %%
for name, rule in (("trapezoid", trapezoid), ("simpson", simpson)):
    errors = [abs(rule(true_slope, 0, 2, strips) - change) for strips in (16, 32)]
    print(f"{name:9} of 32 strips: error {errors[1]:.1e}, order {order(*errors):.2f}")
