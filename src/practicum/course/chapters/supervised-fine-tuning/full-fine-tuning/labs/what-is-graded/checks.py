"""Why a mask, a label, a batch or a loss cannot be right."""

from __future__ import annotations

import math

import numpy as np

from practicum.learn.labs.checking import close, equal, fail, holds, plain


def encode(lab):
    chat = [("user", "hello"), ("assistant", "good morning .")]
    ids, mask = lab.encode(chat)
    said = [lab.WORDS[i] for i in plain(ids)]
    equal(len(mask), len(ids), "the length of encode's mask", "one entry for every word")
    equal(said, ["<user>", "hello", "<end>", "<assistant>", "good", "morning", ".", "<end>"], "the words of encode",
          "each message is its header, its words and its end")  # fmt: skip
    mask = [bool(m) for m in plain(mask)]
    if mask[3]:
        fail(
            "encode grades the header `<assistant>`: whoever calls the model writes it, the model never has to"
        )
    if not mask[-1]:
        fail(
            "encode does not grade the last `<end>`: a model that never learns to write it does not stop"
        )
    if mask[1] or mask[0]:
        fail("encode grades what the user wrote: the model would be trained to ask, not to answer")
    if mask[2]:
        fail("encode grades the end of the *user's* turn: that one is not the model's to write")
    equal(mask, [False] * 4 + [True] * 4, "the mask of encode")
    _, two = lab.encode(
        [("user", "hello"), ("assistant", "none ."), ("user", "any news ?"), ("assistant", "one")]
    )
    equal([i for i, m in enumerate(plain(two)) if m], [4, 5, 6, 13, 14], "the graded places of two answers",
          "every answer is graded, the first one as well")  # fmt: skip
    _, system = lab.encode([("system", "be brief ."), ("user", "hello")])
    holds(not any(plain(system)), "a conversation without an answer has graded words")


def labels_of(lab):
    got = plain(lab.labels_of([5, 6, 0, 7], [False, True, True, False]))
    if got == [0, 6, 0, 0]:
        fail(
            "labels_of([5, 6, 0, 7], …) gave [0, 6, 0, 0]: 0 is a word of its own; what is passed over is IGNORED"
        )
    equal(got, [-100, 6, 0, -100], "labels_of([5, 6, 0, 7], [False, True, True, False])",
          "a graded place keeps its id, even the id 0")  # fmt: skip
    equal(
        plain(lab.labels_of([3], [True])),
        [3],
        "labels_of([3], [True])",
        "nothing is shifted yet: the loss does that",
    )


def batch(lab):
    rows = [
        ([9, 4, lab.PAD], [False, True, True]),
        ([8, 5, 6, 7, lab.PAD], [False, False, True, True, True]),
    ]
    ids, labels = lab.batch(rows)
    equal(np.asarray(ids).shape, (2, 5), "the shape of batch's ids", "as wide as the longest row")
    equal(
        ids,
        [[9, 4, lab.PAD, lab.PAD, lab.PAD], [8, 5, 6, 7, lab.PAD]],
        "batch's ids",
        "filled up on the right",
    )
    got = plain(labels)
    if got[0][2] == lab.IGNORED and got[1][4] == lab.IGNORED:
        fail(
            "batch ignores the real `<end>` too, since it looks like padding: nobody would learn to stop"
        )
    if got[0][3] == lab.PAD:
        fail("batch grades the padding: the model would be trained to write it after every answer")
    equal(got, [[-100, 4, lab.PAD, -100, -100], [-100, -100, 6, 7, lab.PAD]], "batch's labels")


def loss(lab):
    rng = np.random.default_rng(1)
    logits, labels = (
        rng.normal(size=(2, 4, 6)) * 2,
        np.array([[-100, 3, 5, -100], [-100, -100, -100, 1]]),
    )
    log_probs = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    places = [(0, 1), (0, 2), (1, 3)]
    want = -np.mean([log_probs[b, t - 1, labels[b, t]] for b, t in places])
    unshifted = -np.mean([log_probs[b, t, labels[b, t]] for b, t in places])
    got, n = lab.loss(logits, labels)
    if math.isclose(got, unshifted, rel_tol=1e-6):
        fail(
            "loss compares the logits at t with the label at t: a model that copies the word it just read would be perfect"
        )
    if math.isclose(got, want * 3 / 6, rel_tol=1e-6) or math.isclose(
        got, want * 3 / 8, rel_tol=1e-6
    ):
        fail(
            "loss divides by all places: those that are ignored must not count, or short answers look easy"
        )
    if math.isclose(got, want * 3, rel_tol=1e-6):
        fail("loss gave the total; the mean over graded words is wanted")
    close(got, want, "loss of three graded words", within=1e-7)
    equal(int(n), 3, "the number of graded words")
    big, _ = lab.loss(logits + 2000.0, labels)
    close(
        big,
        want,
        "loss after adding 2000 to all logits",
        "e^2000 overflows: take the highest away first",
        within=1e-7,
    )
    even, _ = lab.loss(np.zeros((1, 3, 4)), np.array([[0, 1, 2]]))
    close(
        even,
        math.log(4),
        "loss of logits that are all alike, over four words",
        "the first word is never predicted",
    )


def accumulated(lab):
    rng = np.random.default_rng(2)
    logits = rng.normal(size=(3, 5, 7)) * 3
    labels = np.array([[-100, 2, -100, -100, -100], [-100, 1, 2, 3, 4], [-100, -100, 6, 5, -100]])
    whole, _ = lab.loss(logits, labels)
    bites = [(logits[i : i + 1], labels[i : i + 1]) for i in range(3)]
    got = lab.accumulated(bites)
    means = [lab.loss(*bite)[0] for bite in bites]
    if math.isclose(got, float(np.mean(means)), rel_tol=1e-9):
        fail("accumulated is the plain mean of the bites' means: the one word of the first bite weighs as much as the "
             "four of the second")  # fmt: skip
    close(
        got,
        whole,
        "accumulated over three bites",
        "the whole batch at once gives another number",
        within=1e-9,
    )
    pair = lab.accumulated([(logits[:2], labels[:2]), (logits[2:], labels[2:])])
    close(
        pair,
        whole,
        "accumulated over two bites",
        "how the batch is cut must not matter",
        within=1e-9,
    )
