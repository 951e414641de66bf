"""Why a calibration error, an interval or a budget cannot be right."""

from __future__ import annotations

import math

import numpy as np

from practicum.learn.labs.checking import close, equal, fail, holds


def ece(lab):
    close(lab.ece([0.75, 0.75, 0.75, 0.75], [1, 1, 1, 0]), 0.0, "ece of three right of four at 0.75",
          "confidence and share agree")  # fmt: skip
    got = lab.ece([0.95] * 8 + [0.55] * 2, [1] * 4 + [0] * 4 + [1, 0])
    if math.isclose(got, (0.45 + 0.05) / 2):
        fail(
            "ece of 8 answers at 0.95 and 2 at 0.55 gave 0.25: weigh each bin by how many answers are in it"
        )
    if math.isclose(got, (0.45 + 0.05) / 10):
        fail(
            "ece of 8 answers at 0.95 and 2 at 0.55 gave 0.05: an empty bin says nothing and must not count"
        )
    close(got, 0.8 * 0.45 + 0.2 * 0.05, "ece of 8 answers at 0.95 and 2 at 0.55")
    signed = lab.ece([0.85, 0.85, 0.25, 0.25], [1, 0, 1, 0])
    if math.isclose(signed, 0.05, abs_tol=1e-9):
        fail(
            "ece of one boastful and one shy bin gave 0.05: gaps of opposite sign cancelled; take their sizes"
        )
    close(signed, 0.3, "ece of one boastful and one shy bin")
    edge = lab.ece([0.5, 0.55], [1, 0], 2)
    if math.isclose(edge, abs(0.525 - 0.5)):
        fail("ece([0.5, 0.55], [1, 0], 2): 0.5 is the upper end of the first bin and belongs to it")
    close(edge, (0.5 + 0.55) / 2, "ece([0.5, 0.55], [1, 0], 2)")
    try:
        ends = lab.ece([0.0, 1.0], [0, 1])
    except (IndexError, ValueError, ZeroDivisionError) as error:
        fail(
            f"ece([0, 1], [0, 1]) raised {type(error).__name__}: 0 belongs to the first bin and 1 to the last"
        )
    close(ends, 0.0, "ece([0, 1], [0, 1])", "0 belongs to the first bin and 1 to the last")
    lost = lab.ece([0.0, 0.0, 0.9, 0.9], [1, 1, 1, 1])
    close(
        lost,
        0.5 + 0.5 * 0.1,
        "ece([0, 0, 0.9, 0.9], all right)",
        "an answer with confidence 0 must not fall out of all bins",
    )


def bootstrap(lab):
    uneven = [[1, 1, 1, 1, 1, 1, 1, 1], [0, 0]]
    value, low, high = lab.bootstrap(uneven, 400, np.random.default_rng(0))
    if math.isclose(value, 0.5):
        fail("bootstrap of eight right marks and two wrong ones gave 0.5: that is a mean of document means; "
             "the score is over all questions")  # fmt: skip
    close(value, 0.8, "the score of bootstrap of eight right marks and two wrong ones",
          "the value is of the data as they are, not of a resample")  # fmt: skip
    if low > 0 or high < 1:
        fail(f"bootstrap of two documents gave {low:.2f} to {high:.2f}: one resample in four draws the second document "
             "twice, so its marks were separated: whole documents must be drawn")  # fmt: skip
    rng = np.random.default_rng(3)
    same = [[i % 2] * 10 for i in range(40)]
    _, low, high = lab.bootstrap(same, 2000, rng)
    wide = high - low
    if wide < 0.2:
        fail(f"bootstrap of 40 documents of ten equal marks is {wide:.2f} wide: that resamples questions. Ten equal marks "
             "are one piece of information, not ten")  # fmt: skip
    if wide > 0.5:
        fail(f"bootstrap of 40 documents is {wide:.2f} wide: draw as many documents as there are")
    close(wide, 2 * 1.96 * math.sqrt(0.25 / 40), "the width of bootstrap of 40 documents of equal marks",
          "its ends are the percentiles 2.5 and 97.5", within=0.04)  # fmt: skip
    close(
        lab.bootstrap([[0.3]] * 5, 50, rng),
        [0.3, 0.3, 0.3],
        "bootstrap of five documents that are alike",
    )


def questions_needed(lab):
    got = lab.questions_needed(0.03)
    if got == 267:
        fail(
            "questions_needed(0.03) gave 267: the margin goes to either side; ± 3 points is not a width of 3"
        )
    holds(
        not isinstance(got, float) or got.is_integer(),
        f"questions_needed(0.03) gave {got}: whole questions only",
    )
    if got == 1067:
        fail(
            "questions_needed(0.03) gave 1067, with which the margin is still a little over: round upwards"
        )
    equal(got, math.ceil((1.959963984540054 / 0.03) ** 2 / 4), "questions_needed(0.03)")
    equal(lab.questions_needed(0.03, 0.9), math.ceil((1.959963984540054 / 0.03) ** 2 * 0.09), "questions_needed(0.03, 0.9)",
          "a share near the edge varies less")  # fmt: skip
    equal(lab.questions_needed(0.1, m=5, r=1.0), math.ceil((1.959963984540054 / 0.1) ** 2 / 4 * 5),
          "questions_needed(0.1, m=5, r=1)", "five alike are worth one; round once, at the end")  # fmt: skip
    equal(lab.questions_needed(0.1, m=1, r=0.7), lab.questions_needed(0.1), "questions_needed(0.1, m=1, r=0.7)",
          "a single question to a document resembles no other")  # fmt: skip


def pack(lab):
    low = [[0.0, 1.0], [1.0], [1.0, 1.0, 0.0], [0.0]]
    sure = [[1.0]] * 6
    rows = lab.pack({"a": (low, 0.5), "b": (sure, 0.9), "c": (sure, 1.0)}, 300, 5)
    equal([row["name"] for row in rows], ["a", "b", "c"], "the names of pack's rows")
    a, b, c = rows
    equal((a["documents"], a["questions"]), (4, 7), "documents and questions of the first row",
          "four lists with seven marks in all")  # fmt: skip
    value, below, above = lab.bootstrap(low, 300, np.random.default_rng(5))
    close([a["value"], a["low"], a["high"]], [value, below, above], "value, low and high of the first row",
          "they come from bootstrap with a generator of this seed")  # fmt: skip
    alone = lab.pack({"x": (sure, 0.0), "a": (low, 0.5)}, 300, 5)[1]
    close([alone["low"], alone["high"]], [below, above], "the interval of a metric that now stands second",
          "every metric gets a fresh generator, so that its neighbours do not change it")  # fmt: skip
    holds(
        not a["beats"],
        "a value above its baseline counts as beating it although the interval reaches below",
    )
    holds(b["beats"], "a metric whose interval is from 1 to 1 does not beat a baseline of 0.9")
    holds(not c["beats"], "an interval that only touches its baseline does not lie above it")
    equal(a["baseline"], 0.5, "the baseline of the first row")
