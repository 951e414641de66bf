"""Why a comparison of rounded models cannot be right."""

import math

import numpy as np

from practicum.learn.labs.checking import close, fail, holds

TOY = np.array([[[0.5, 0.5], [0.25, 0.75]], [[0.9, 0.1], [0.2, 0.8]]])
OTHER = np.array([[[0.4, 0.6], [0.5, 0.5]], [[0.6, 0.4], [0.3, 0.7]]])
IDS = np.array([0, 0, 1, 1, 0, 0])


def _chances(model, ids):
    return [model[a, b, c] for a, b, c in zip(ids, ids[1:], ids[2:], strict=False)]


def perplexity(lab):
    want = math.prod(_chances(TOY, IDS)) ** (-1 / 4)
    got = lab.perplexity(TOY, IDS)
    if math.isclose(got, np.mean(1 / np.array(_chances(TOY, IDS)))):
        fail("perplexity is a geometric mean: take the mean of logarithms, not of 1/p")
    if math.isclose(got, math.prod(_chances(TOY, IDS)) ** (-1 / 6)):
        fail("perplexity divided by six characters; only four have two others before them")
    if math.isclose(got, -np.mean(np.log(_chances(TOY, IDS)))):
        fail(f"perplexity gave {got:.4f}: that is the mean surprise; the exponential is missing")
    swapped = [TOY[b, a, c] for a, b, c in zip(IDS, IDS[1:], IDS[2:], strict=False)]
    if math.isclose(got, math.prod(swapped) ** (-1 / 4)):
        fail("model[a, b, c] has the earlier of the two characters first")
    close(got, want, "perplexity of a toy table over six characters",
          "one chance for every character after the second")  # fmt: skip
    close(lab.perplexity(np.full((3, 3, 3), 1 / 3), np.array([0, 1, 2, 0])), 3.0,
          "perplexity of a model that spreads evenly over three")  # fmt: skip


def on_own_text(lab):
    got = lab.on_own_text(lab.MODELS, 400, 3)
    holds(set(got) == set(lab.MODELS), "on_own_text needs one entry for each model, by its name")
    texts = {name: lab.write(model, 400, 3) for name, model in lab.MODELS.items()}
    foreign = lab.perplexity(lab.MODELS["2 bits"], texts["full"])
    if math.isclose(got["2 bits"], foreign):
        fail("the two-bit model scored what the full one wrote: the same mix-up that the tutorial "
             "had in one place. Here each must read its own text")  # fmt: skip
    for name, model in lab.MODELS.items():
        close(got[name], lab.perplexity(model, texts[name]), f"on_own_text(…)['{name}']",
              "write with the given length and seed, and score with the same model")  # fmt: skip


def on_one_text(lab):
    ids = lab.HELD_OUT[:3000]
    got = lab.on_one_text(lab.MODELS, ids)
    holds(set(got) == set(lab.MODELS), "on_one_text needs one entry for each model, by its name")
    if got["2 bits"] < got["full"]:
        fail("two bits beat the full model: is every model reading the text that was given?")
    for name, model in lab.MODELS.items():
        close(got[name], lab.perplexity(model, ids), f"on_one_text(…)['{name}']",
              "the text is given: score exactly this one")  # fmt: skip


def divergence(lab):
    def kl(a, b):
        rows = [(a[x, y], b[x, y]) for x, y in zip(IDS[:-2], IDS[1:-1], strict=True)]
        return float(np.mean([(p * np.log(p / q)).sum() for p, q in rows]))

    got = lab.divergence(TOY, OTHER, IDS)
    if math.isclose(got, kl(OTHER, TOY)) or math.isclose(got, -kl(TOY, OTHER)):
        fail(
            "divergence(parent, model) is the wrong way round: the parent's belief weighs ln(parent/model)"
        )
    seen = np.mean(np.log(np.array(_chances(TOY, IDS)) / np.array(_chances(OTHER, IDS))))
    if math.isclose(got, seen):
        fail("divergence looked only at the characters that came: that is the difference of two "
             "losses and may be negative. Sum over all characters, weighed by the parent")  # fmt: skip
    if math.isclose(got, kl(TOY, OTHER) / 2) or math.isclose(got, 4 * kl(TOY, OTHER)):
        fail("sum over the characters of a row, and take the mean over the places")
    close(got, kl(TOY, OTHER), "divergence of two toy tables")
    close(lab.divergence(TOY, TOY, IDS), 0.0, "divergence of a model from itself")
