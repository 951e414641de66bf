"""Why a perplexity cannot be right."""

import math

from practicum.learn.labs.checking import close, equal, fail, holds


def perplexity(lab):
    got = lab.perplexity([math.log(2), math.log(8)])
    if math.isclose(got, 5):
        fail("perplexity([ln 2, ln 8]) gave 5, the mean of 2 and 8: take the mean of the "
             "surprises first, then the exponential")  # fmt: skip
    if math.isclose(got, 2 ** math.log(4)):
        fail("perplexity([ln 2, ln 8]) took 2 to the power of nats: nats belong to e, bits to 2")
    if math.isclose(got, 16):
        fail("perplexity([ln 2, ln 8]) gave 16: that is for the whole text. Divide by the tokens")
    close(got, 4.0, "perplexity([ln 2, ln 8])", "as unsure as between so many equal choices")
    close(lab.perplexity([0.0, 0.0]), 1.0, "perplexity([0, 0])", "no surprise, no doubt")
    close(lab.perplexity([math.log(50)] * 3000), 50.0, "perplexity of 3,000 times ln 50",
          "add surprises: a product of probabilities is 0 in floating point", within=1e-6)  # fmt: skip


def bits_per_byte(lab):
    got = lab.bits_per_byte([math.log(2)] * 6, "abc")
    if math.isclose(got, 2 * math.log(2)):
        fail("bits_per_byte of six ln 2 over three bytes gave nats: one bit is ln 2 nats")
    if math.isclose(got, 1.0):
        fail("bits_per_byte of six ln 2 over three bytes gave 1: that is per token. The bytes "
             "belong to the text, not to the number of tokens")  # fmt: skip
    close(got, 2.0, "bits_per_byte of six times ln 2 over 'abc'", "six bits over three bytes")
    got = lab.bits_per_byte([math.log(2)] * 6, "où")
    if math.isclose(got, 3.0):
        fail("bits_per_byte over 'où' counted two characters: in UTF-8 they are three bytes")
    close(got, 2.0, "bits_per_byte of six times ln 2 over 'où'")
    close(lab.bits_per_byte([3 * math.log(2), 3 * math.log(2)], "abc"), 2.0,
          "bits_per_byte of the same surprise in two tokens", "the cut must not matter")  # fmt: skip


def windows(lab):
    got = [tuple(w) for w in lab.windows(10, 4, 2)]
    holds(got, "windows(10, 4, 2) is empty")
    holds(got[0] == (0, 1, 4), f"the first window is {got[0]}: it reads tokens 0 to 3 and scores "
          "from 1 on, as nothing stands before token 0")  # fmt: skip
    for n, context, stride in [(10, 4, 2), (11, 4, 3), (23, 8, 5), (9, 4, 1), (40, 16, 4)]:
        got = [tuple(w) for w in lab.windows(n, context, stride)]
        what = f"windows({n}, {context}, {stride})"
        scored = [i for _, first, end in got for i in range(first, end)]
        twice = sorted({i for i in scored if scored.count(i) > 1})
        if twice:
            fail(
                f"{what} scores token {twice[0]} more than once: an overlap is reread, not rescored"
            )
        missing = sorted(set(range(1, n)) - set(scored))
        if missing:
            fail(f"{what} never scores token {missing[0]}")
        holds(max(scored) < n, f"{what} scores token {max(scored)}, which is beyond the text")
        wide = max(end - begin for begin, _, end in got)
        holds(
            wide <= context, f"{what} reads {wide} tokens at once; the model has room for {context}"
        )
        holds(all(0 <= begin < first for begin, first, _ in got),
              f"{what} has a window that begins before 0, or scores its own first token")  # fmt: skip
        for begin, first, end in got[1:]:
            holds(
                end - first <= stride,
                f"{what} scores {end - first} tokens after a move of {stride}",
            )
            if end - begin < min(context, end):
                fail(f"{what}: window ({begin}, {first}, {end}) reads {end - begin} tokens although "
                     f"{end} are there: give it as much context as fits")  # fmt: skip
    equal([tuple(w) for w in lab.windows(5, 16, 8)], [(0, 1, 5)], "windows(5, 16, 8)",
          "a short text needs one window")  # fmt: skip


def sliding(lab):
    scene = lab.SCENE[:130]
    for context, stride in [(32, 16), (32, 31), (12, 5)]:
        spans = [(0, 1, context)]
        while spans[-1][2] < len(scene):
            first = spans[-1][2]
            spans.append(
                (max(0, min(first + stride, 130) - context), first, min(first + stride, 130))
            )
        parts = [lab.surprises(scene[b:e])[f - b - 1 :] for b, f, e in spans]
        want = math.exp(sum(map(sum, parts)) / 129)
        got = lab.sliding(scene, context, stride)
        what = f"sliding(the first 130 tokens, {context}, {stride})"
        late = [lab.surprises(scene[b:e])[f - b :] for b, f, e in spans]
        if math.isclose(got, math.exp(sum(map(sum, late)) / sum(map(len, late))), rel_tol=1e-9):
            fail(f"{what}: one token of every window is lost. surprises(window)[0] is the window's "
                 "second token, since its first is not scored")  # fmt: skip
        everything = [lab.surprises(scene[b:e]) for b, _, e in spans]
        again = math.exp(sum(map(sum, everything)) / sum(map(len, everything)))
        if stride < context - 1 and math.isclose(got, again, rel_tol=1e-9):
            fail(f"{what} scores the overlap again in every window, with hardly any context")
        means = [math.exp(sum(p) / len(p)) for p in parts]
        if math.isclose(got, sum(means) / len(means), rel_tol=1e-9):
            fail(f"{what} is a mean of the windows' perplexities: add nats and tokens, divide last")
        close(got, want, what, "nats of every scored token over their number, exponentiated")
    close(lab.sliding(scene, 500, 100), lab.perplexity(lab.surprises(scene)),
          "sliding with room for the whole text", "one window, and no difference")  # fmt: skip
