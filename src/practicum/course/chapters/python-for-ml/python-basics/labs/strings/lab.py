# %% [markdown]
# # Strings: one text in many disguises
# Text for a model arrives dirty: tabs, double blanks, line breaks, capitals. Before equal lines can
# be dropped, they have to look equal. A string never changes: every method hands back a new string,
# so calls can stand one behind the other.

# %%
RAW = ["  The cat\tsat ", "THE  CAT SAT", "the cat\n\nsat\n", "The cat sat."]


def tidy(text: str) -> str:
    """The text in lower case, its words separated by single spaces, nothing around it."""
    # TODO tidy: lower the case, then leave one space between words
    raise NotImplementedError("tidy")


# %%
for raw in RAW:
    print(f"{raw!r:20} becomes {tidy(raw)!r}")
print("different lines:", len(set(RAW)), "before,", len({tidy(raw) for raw in RAW}), "after")

# %% [markdown]
# ## A line of a report
# What stands behind the colon in `{value:...}` is a small language of its own: width, side, commas,
# decimals. `f"{'q4':<6}|"` puts the text at the left of six places, `f"{3.14159:8.2f}|"` puts a
# number with two decimals at the right of eight.


# %%
def speed_line(name: str, n_tokens: int, seconds: float) -> str:
    """The name in ten places at the left, tokens per second with one decimal in eight at the right,
    and how many tokens, thousands separated by commas, in ten at the right.

    speed_line("base", 1234, 10.0) is "base         123.4     1,234".
    """
    # TODO speed_line: one f-string with three fields
    raise NotImplementedError("speed_line")


# %%
print(f"{'model':<10}{'tok/s':>8}{'tokens':>10}")
for row in [("base", 1234, 34.3), ("q8", 12340, 137.1), ("q4", 12340, 90.1)]:
    print(speed_line(*row))
