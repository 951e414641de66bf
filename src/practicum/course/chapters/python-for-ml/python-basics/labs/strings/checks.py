"""Checks of the lab on strings."""

from practicum.learn.labs.checking import equal, holds


def tidy(lab):
    for text, want in (("A b", "a b"), ("one", "one"), ("", ""), ("  x  ", "x")):
        equal(lab.tidy(text), want, f"tidy({text!r})")
    equal(
        lab.tidy("the\t CAT\n\nsat \r\n"),
        "the cat sat",
        r'tidy("the\t CAT\n\nsat \r\n")',
        "tabs and line breaks are white space too, and any run of it becomes one blank",
    )
    equal(
        lab.tidy("a    b     c"),
        "a b c",
        "tidy('a    b     c')",
        "one blank, however many there were",
    )
    once = lab.tidy("  Twice  OVER ")
    equal(lab.tidy(once), once, "tidy(tidy(text))", "a tidy text has nothing left to tidy")


def speed_line(lab):
    got = lab.speed_line("q4", 12340, 90.0)
    holds(isinstance(got, str), "speed_line should return the line, not print it")
    holds(
        "12,340" in got,
        f"speed_line('q4', 12340, 90.0) gave {got!r}: thousands are not separated by a comma",
    )
    holds(
        "137.1" in got,
        f"speed_line('q4', 12340, 90.0) gave {got!r}: the speed is tokens over seconds, one decimal",
    )
    equal(
        len(got),
        28,
        "len(speed_line('q4', 12340, 90.0))",
        "ten places, eight and ten make one line",
    )
    holds(
        got.startswith("q4 "),
        f"speed_line gave {got!r}: the name stands at the left of its ten places",
    )
    for name, n, s in (("base", 1234, 10.0), ("a-long-one", 7, 2.0), ("x", 1_000_000, 8.0)):
        want = name.ljust(10) + str(round(n / s, 1)).rjust(8) + format(n, ",").rjust(10)
        equal(
            lab.speed_line(name, n, s),
            want,
            f"speed_line({name!r}, {n}, {s})",
            "the name stands left, both numbers right, with nothing between the fields",
        )
