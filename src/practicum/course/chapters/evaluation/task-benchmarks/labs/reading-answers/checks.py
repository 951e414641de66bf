"""Why a reader or a score cannot be right."""

from __future__ import annotations

import math

from practicum.learn.labs.checking import close, equal, fail, holds


def strict(lab):
    equal(lab.strict("yes"), "yes", 'strict("yes")')
    equal(lab.strict(" maybe\n"), "maybe", 'strict(" maybe\\n")', "spaces around it are forgiven")
    for reply in ("Yes", "yes.", "**no**", "the answer is no"):
        got = lab.strict(reply)
        if got is not None:
            fail(
                f"strict({reply!r}) gave {got!r}: a strict reader accepts one spelling and nothing around it"
            )
    holds(lab.strict("") is None, 'strict("") is not None: an empty reply holds no label')


def lenient(lab):
    equal(lab.lenient("The answer is **No**."), "no", 'lenient("The answer is **No**.")',
          "neither case nor what stands around it matters")  # fmt: skip
    for reply in ("I do not know.", "Yesterday nobody could say.", "a noisy result"):
        got = lab.lenient(reply)
        if got is not None:
            fail(
                f"lenient({reply!r}) gave {got!r}: that is a part of another word; whole words only"
            )
    first = lab.lenient("There is no doubt: yes")
    if first == "no":
        fail(
            "lenient(\"There is no doubt: yes\") gave 'no': that is the first label; models conclude at the end"
        )
    equal(first, "yes", 'lenient("There is no doubt: yes")')
    equal(lab.lenient("maybe, or no, or yes, or maybe?"), "maybe", 'lenient("maybe, or no, or yes, or maybe?")',
          "the last in the reply, not the last in LABELS")  # fmt: skip
    equal(lab.lenient("no: yes was never likely"), "yes", 'lenient("no: yes was never likely")',
          "the last in the reply, not the first in LABELS; this reader does err here, and so must yours")  # fmt: skip
    holds(lab.lenient("") is None, 'lenient("") is not None: an empty reply holds no label')


def majority(lab):
    got = lab.majority(["no", "no", "yes", "no", "maybe"])
    holds(
        isinstance(got, tuple) and len(got) == 2,
        f"majority gave {got!r}: (label, share) is asked for",
    )
    equal(got[0], "no", 'the label of majority(["no", "no", "yes", "no", "maybe"])')
    if got[1] == 3:
        fail("the share of majority is 3: that is a count; divide by the number of answers")
    close(got[1], 0.6, 'the share of majority(["no", "no", "yes", "no", "maybe"])',
          "a share of all answers, not of the labels")  # fmt: skip
    close(lab.majority(["b"])[1], 1.0, 'the share of majority(["b"])')


def macro_f1(lab):
    answers = ["yes"] * 6 + ["no"] * 3 + ["maybe"]
    always = ["yes"] * 10
    got = lab.macro_f1(answers, always)
    if math.isclose(got, 0.75):
        fail(
            "macro_f1 of always saying yes gave 0.75: labels without a hit have F1 nought, and count in the mean"
        )
    if math.isclose(got, 0.6):
        fail(
            "macro_f1 of always saying yes gave 0.6: that is the accuracy, in which maybe hardly counts"
        )
    if math.isclose(got, 0.45):
        fail("macro_f1 of always saying yes gave 0.45: the labels were weighted by how often they are right; "
             "macro means that each label counts the same")  # fmt: skip
    close(
        got,
        0.25,
        "macro_f1 of always saying yes",
        "6 of 10 are yes: F1 0.75 for yes and nought for the others",
    )
    close(lab.macro_f1(answers, answers), 1.0, "macro_f1 of the right answers themselves")
    close(lab.macro_f1(answers, [None] * 10), 0.0, "macro_f1 when nothing could be read",
          "a reply without a label is a miss, whatever the answer")  # fmt: skip
    mixed = ["yes", "no", "yes", None, "maybe", "yes", "no", "yes", "no", "maybe"]
    close(lab.macro_f1(answers, mixed), (6 / 10 + 2 / 3 + 2 / 3) / 3, "macro_f1 of a mixed lot",
          "unread replies are misses but no false alarms")  # fmt: skip
    close(lab.macro_f1(["a", "b"], ["a", "a"], ("a", "b", "c")), (2 / 3) / 3,
          'macro_f1(["a", "b"], ["a", "a"], ("a", "b", "c"))', "the labels that are given, all of them")  # fmt: skip


def normalise(lab):
    equal(lab.normalise("  The   Danube. "), "danube", 'normalise("  The   Danube. ")')
    banana = lab.normalise("a banana, an apple")
    if "banana" not in banana:
        fail(
            f'normalise("a banana, an apple") gave {banana!r}: articles were cut out of the middle of words'
        )
    equal(banana, "banana apple", 'normalise("a banana, an apple")')
    equal(
        lab.normalise("U.S.A."),
        "usa",
        'normalise("U.S.A.")',
        "punctuation is deleted, not replaced by a space",
    )
    equal(lab.normalise("(The) end"), "end", 'normalise("(The) end")',
          "without its bracket it is an article: punctuation goes before articles")  # fmt: skip
    equal(lab.normalise("The"), "", 'normalise("The")', "nothing is left, and that is all right")
    equal(lab.normalise("theatre of Athens"), "theatre of athens", 'normalise("theatre of Athens")')


def token_f1(lab):
    equal(
        lab.token_f1("The Danube", ["danube"]),
        1.0,
        'token_f1("The Danube", ["danube"])',
        "normalise both sides",
    )
    got = lab.token_f1("the river Danube", ["Danube"])
    if math.isclose(got, 0.5):
        fail(
            'token_f1("the river Danube", ["Danube"]) gave 0.5: that is the precision; the recall is 1'
        )
    if math.isclose(got, 1.0):
        fail(
            'token_f1("the river Danube", ["Danube"]) gave 1: that is the recall; a word too many costs something'
        )
    close(got, 2 / 3, 'token_f1("the river Danube", ["Danube"])')
    repeated = lab.token_f1("red red red", ["red blue"])
    if math.isclose(repeated, 2 * 3 / 5) or math.isclose(repeated, 2 / 3):
        fail(f'token_f1("red red red", ["red blue"]) gave {repeated:.3g}: the reference has one "red", so one of '
             "three is shared; sets and plain counting forget how often")  # fmt: skip
    close(repeated, 0.4, 'token_f1("red red red", ["red blue"])')
    close(lab.token_f1("x y", ["z", "x y", "x"]), 1.0, 'token_f1("x y", ["z", "x y", "x"])',
          "the best reference counts, wherever it stands")  # fmt: skip
    close(lab.token_f1("x", ["y"]), 0.0, 'token_f1("x", ["y"])')
    close(
        lab.token_f1("the", ["a"]),
        1.0,
        'token_f1("the", ["a"])',
        "two texts of which nothing is left agree",
    )
    close(lab.token_f1("", ["y"]), 0.0, 'token_f1("", ["y"])', "an empty answer shares nothing")
