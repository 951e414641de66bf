"""Why a count of overlap cannot be right."""

import math

from practicum.learn.labs.checking import close, equal, fail


def _words(text):
    return text.split()


A = _words("the cat sat on the mat")
B = _words("a cat sat near the mat")
C = _words("the the cat")


def clipped(lab):
    got = tuple(lab.clipped(C, [A], 1))
    equal(got, (3, 3), "clipped(the the cat, [the cat sat on the mat], 1)",
          "the reference has two thes: both may count")  # fmt: skip
    got = tuple(lab.clipped(["the"] * 5, [A, B], 1))
    if got[0] == 5:
        fail("clipped(the the the the the, …, 1) counts five matches: a run counts at most as often "
             "as a reference has it")  # fmt: skip
    if got[0] == 3:
        fail(
            "clipped(the ×5, [two thes, one the], 1) counts three: take the best single reference, not all together"
        )
    if got[0] == 1:
        fail(
            "clipped(the ×5, [two thes, one the], 1) counts one: a run that comes twice in a reference may match twice"
        )
    equal(got, (2, 5), "clipped(the ×5, [A, B], 1)")
    equal(tuple(lab.clipped(B, [A], 2)), (2, 5), "clipped(a cat sat near the mat, [the cat sat on the mat], 2)",
          "cat sat, and the mat; the total is of the candidate's pairs")  # fmt: skip
    equal(tuple(lab.clipped(["cat", "the"], [A], 2)), (0, 1), "clipped(cat the, [the cat …], 2)",
          "a pair has an order")  # fmt: skip
    equal(
        tuple(lab.clipped(["cat"], [A], 2)), (0, 0), "clipped of one word, n = 2", "it has no pairs"
    )


def brevity(lab):
    close(lab.brevity(12, 10), 1.0, "brevity(12, 10)", "too long is punished by precision already")
    close(lab.brevity(10, 10), 1.0, "brevity(10, 10)")
    got = lab.brevity(5, 10)
    if got > 1:
        fail(f"brevity(5, 10) gave {got:.3f}: a penalty is below one. Is the ratio upside down? It is "
             "r/c, reference over candidate")  # fmt: skip
    if math.isclose(got, 0.5):
        fail("brevity(5, 10) gave 0.5: it is an exponential, e^(1 − r/c)")
    close(got, math.exp(-1), "brevity(5, 10)", "half as long: e^(1 − 2)")
    close(lab.brevity(0, 10), 0.0, "brevity(0, 10)", "an empty candidate earns nothing")


def bleu(lab):
    x = _words("the river rose at night and took the bridge")
    y = _words("the river rose in the night and took the bridge")
    want = math.exp(1 - 10 / 9) * (8 / 9 * 6 / 8 * 4 / 7 * 2 / 6) ** 0.25
    got = lab.bleu([x], [[y]])
    if math.isclose(got, want / math.exp(1 - 10 / 9)):
        fail("bleu of the river lacks the brevity penalty")
    if math.isclose(got, math.exp(1 - 10 / 9) * (8 / 9 + 6 / 8 + 4 / 7 + 2 / 6) / 4):
        fail("bleu of the river takes the plain mean of the four shares: the mean is geometric")
    if math.isclose(got, math.exp(1 - 10 / 9) * 8 / 9 * 6 / 8 * 4 / 7 * 2 / 6):
        fail("bleu of the river multiplies the four shares: the fourth root is missing")
    close(got, want, "bleu of the river")
    close(lab.bleu([y], [[y]]), 1.0, "bleu of a text with itself")
    close(lab.bleu([B], [[A]]), 0.0, "bleu of a sentence without a shared run of four",
          "one of the four shares is 0, so the geometric mean is 0")  # fmt: skip
    both = lab.bleu([x, B], [[y], [A]])
    pooled = math.exp(1 - 16 / 15) * (12 / 15 * 8 / 13 * 4 / 11 * 2 / 9) ** 0.25
    if math.isclose(both, want / 2):
        fail(
            "bleu of two sentences is the mean of their scores: add all matches, totals and lengths first"
        )
    close(both, pooled, "bleu of two sentences")
    close(lab.bleu([x], [[y, ["dog"] * 15]]), want, "bleu beside a second reference, much longer",
          "of several references the one closest in length sets the penalty")  # fmt: skip
    close(lab.bleu([x], [[y, x]]), 1.0, "bleu beside two references, one of them equal",
          "the best reference decides each run, and the closest one the length")  # fmt: skip


def rouge_n(lab):
    a, b = _words("the cat sat"), _words("the cat sat on the mat")
    got = tuple(lab.rouge_n(a, b, 1))
    if len(got) == 3 and math.isclose(got[0], 0.5) and math.isclose(got[1], 1):
        fail("rouge_n has precision and recall swapped: precision is of what the candidate says")
    close(got, (1.0, 0.5, 2 / 3), "rouge_n(the cat sat, the cat sat on the mat, 1)",
          "precision, recall, F: the harmonic mean, not the plain one")  # fmt: skip
    close(tuple(lab.rouge_n(a, b, 2)), (1.0, 0.4, 0.8 / 1.4), "rouge_n(…, 2)")
    close(tuple(lab.rouge_n(["the"] * 4, b, 1)), (0.5, 1 / 3, 0.4), "rouge_n(the ×4, …, 1)",
          "matches are clipped here, too")  # fmt: skip
    close(tuple(lab.rouge_n(["dog"], b, 1)), (0.0, 0.0, 0.0), "rouge_n of nothing shared")


def common(lab):
    a, b = _words("the river rose at night"), _words("the night river rose")
    got = lab.common(a, b)
    if got == 4:
        fail("common(the river rose at night, the night river rose) gave 4, the number of shared words: "
             "they must stand in the same order")  # fmt: skip
    if got == 2:
        fail(
            "common(the river rose at night, the night river rose) gave 2, the longest unbroken run: gaps are allowed"
        )
    equal(got, 3, "common(the river rose at night, the night river rose)")
    equal(lab.common(b, a), 3, "common with both texts swapped", "it must not depend on the side")
    equal(lab.common(list("xaxbxc"), list("abc")), 3, "common(x a x b x c, a b c)")
    equal(lab.common(["a"], ["a", "a", "a"]), 1, "common(a, a a a)", "a word is used once")
    equal(lab.common([], ["a"]), 0, "common of an empty text")
    equal(lab.common(_words("c a b a c"), _words("a c c a b")), 3, "common(c a b a c, a c c a b)")
