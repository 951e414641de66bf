"""Checks of the lab on testing: the learner's tests are tested."""

import math

from practicum.learn.labs.checking import fail, holds


def _stops(test, *code):
    """Whether the test fails on this code."""
    try:
        test(*code)
    except NotImplementedError:
        raise
    except Exception:
        return True
    return False


def _judge(test, right, wrong):
    """Fails unless the test lets every right one pass and stops every wrong one."""
    for name, code in right.items():
        try:
            test(*code)
        except NotImplementedError:
            raise
        except Exception as error:
            reason = type(error).__name__
            fail(
                f"your test stops code that is right ({name}) with {reason}: it demands something that need not be true"
            )
    missed = [name for name, code in wrong.items() if not _stops(test, *code)]
    holds(
        not missed,
        f"your test lets pass what {' and what '.join(missed[:2])}: which input would show it?",
    )


def round_trip(lab):
    def utf8(text):
        return list(text.encode("utf-8"))

    def points(text):
        return [ord(letter) for letter in text]

    def back(ids):
        return "".join(map(chr, ids))

    decode = lab.decode_bytes
    right = {"bytes": (utf8, decode), "one number for each letter": (points, back)}
    wrong = {
        "folds capitals": (lambda t: utf8(t.lower()), decode),
        "makes one blank of two": (lambda t: utf8(t.replace("  ", " ")), decode),
        "turns line breaks into blanks": (lambda t: utf8(t.replace("\n", " ")), decode),
        "knows only ASCII": (lambda t: list(t.encode("ascii", errors="replace")), decode),
        "strips blanks at the ends": (lambda t: utf8(t.strip(" ")), decode),
        "writes Latin-1": (lambda t: list(t.encode("latin-1", errors="replace")), back),
        "decodes everything to one text": (utf8, lambda ids: "cat"),
        "encodes everything to nothing": (lambda t: [], decode),
    }
    _judge(lab.test_round_trip, right, wrong)


def softmax(lab):
    def right(logits):
        top = max(logits)
        weights = [math.exp(x - top) for x in logits]
        total = math.fsum(weights)
        return [weight / total for weight in weights]

    def naive(logits):
        weights = [math.exp(x) for x in logits]
        return [weight / sum(weights) for weight in weights]

    def half_temperature(logits):
        return right([x / 2 for x in logits])

    wrong = {
        "is never normalised": (lambda xs: [math.exp(x - max(xs)) for x in xs],),
        "gives shares without an exponential": (lambda xs: [x / sum(xs) for x in xs],),
        "is always uniform": (lambda xs: [1 / len(xs)] * len(xs),),
        "overflows for large logits": (naive,),
        "gives infinities for large logits": (lab.overflowing,),
        "uses powers of 2": (
            lambda xs: [2 ** (x - max(xs)) / sum(2 ** (y - max(xs)) for y in xs) for x in xs],
        ),
        "turns the order around": (lambda xs: right([-x for x in xs]),),
        "has a hidden temperature": (half_temperature,),
    }
    _judge(lab.test_softmax, {"a stable softmax": (right,), "the one above": (lab.softmax,)}, wrong)
