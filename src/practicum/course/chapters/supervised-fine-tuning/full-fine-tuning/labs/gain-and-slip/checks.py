"""Why a split, an update, an account or a choice cannot be right."""

from __future__ import annotations

import math

import numpy as np
import torch

from practicum.learn.labs.checking import close, equal, fail, holds


def split(lab):
    chats = [(a, k) for a in lab.ANIMALS[:12] for k in (0, 1)]
    training, held = lab.split(chats, 0.25, 1)
    both = {a for a, _ in training} & {a for a, _ in held}
    if both:
        fail(
            f"split has {len(both)} animals on both sides, {sorted(both)[0]} for one: its name was seen in training"
        )
    equal(
        sorted(training + held),
        sorted(chats),
        "training and held-out chats together",
        "each chat goes to one side",
    )
    equal(len({a for a, _ in held}), 3, "the number of animals held out of 12, at a share of 0.25")
    equal(
        lab.split(chats, 0.25, 1),
        (training, held),
        "split with the same seed again",
        "it must draw the same animals",
    )
    others = {tuple(sorted({a for a, _ in lab.split(chats, 0.25, s)[1]})) for s in range(8)}
    holds(
        len(others) > 1,
        "split holds out the same animals for eight different seeds: it does not draw",
    )


def step(lab):
    before = {name: p.detach().clone() for name, p in lab.base.named_parameters()}
    batch = lab.rows(lab.ASKED)
    model, losses = lab.tune(lab.base, batch, 1e-3, updates=12)
    equal(len(losses), 12, "how many losses 12 updates gave")
    if any(isinstance(x, torch.Tensor) for x in losses):
        fail(
            "step gives a tensor: kept, each drags the whole graph of its update along; give a plain number"
        )
    if any(not torch.equal(p, before[name]) for name, p in lab.base.named_parameters()):
        fail("tune moved the base itself: there is nothing left to compare with")
    same = [name for name, p in model.named_parameters() if torch.equal(p, before[name])]
    if len(same) == len(before):
        fail("every weight stays where it was: is there a step?")
    holds(
        not [n for n in same if "places" not in n],
        f"tune leaves {same[:3]} where they were: full means all",
    )
    holds(losses[-1] < losses[0], "the loss does not fall in twelve updates")
    # A slow twin: the same draws, gradients of a fresh graph each time.
    twin, rng = lab.copy.deepcopy(lab.base), np.random.default_rng(0)
    optimizer = torch.optim.AdamW(twin.parameters(), lr=1e-3, weight_decay=0.0)
    ids, labels = batch
    want = []
    for _ in range(4):
        pick = rng.integers(len(ids), size=8)
        loss = lab.nats(twin, (ids[pick], labels[pick]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        want.append(loss.item())
    close(losses[:4], want, "the first four losses of tune",
          "gradients of earlier updates must be forgotten before new ones are added", within=1e-3)  # fmt: skip


def account(lab):
    held, text = lab.rows(lab.HELD), lab.HELD_TEXT
    same = lab.account(lab.base, lab.base, held, text)
    close(
        [same["gain"], same["slip"]],
        [1.0, 1.0],
        "account of a model with itself",
        "nothing changed",
        within=1e-5,
    )
    both = lab.account(lab.base, lab.tuned, held, text)
    if both["gain"] < 1:
        fail(
            f"account gave a gain of {both['gain']:.3g} for a model that answers far better: the wrong way round"
        )
    if both["slip"] < 1:
        fail(
            f"account gave a slip of {both['slip']:.3g}, as if the tuned model read plain text better: it is the other way round"
        )
    gain = math.exp(lab.measured(lab.base, held) - lab.measured(lab.tuned, held))
    slip = math.exp(lab.measured(lab.tuned, text) - lab.measured(lab.base, text))
    close([both["gain"], both["slip"]], [gain, slip], "gain and slip of the tuned model",
          "differences of nats become factors by the exponential", within=1e-5)  # fmt: skip


def replay(lab):
    old, model = lab.OLD_TEXT, lab.base
    own = lab.nats(model, lab.rows(lab.ASKED[:4]))
    close(lab.replay(0.0, old)(model, own, np.random.default_rng(0)).item(), own.item(), "replay with the share 0",
          "nothing of the old text", within=1e-6)  # fmt: skip
    pick = np.random.default_rng(3).integers(len(old[0]), size=4)
    alone = lab.measured(model, (old[0][pick], old[1][pick]))
    mixed = lab.replay(0.25, old)(model, own, np.random.default_rng(3)).item()
    if math.isclose(mixed, own.item() + 0.25 * alone, rel_tol=1e-5):
        fail(
            "replay adds the old text on top: the chats must weigh (1 − share), or the learning rate changes in secret"
        )
    got = lab.replay(1.0, old)(model, own, np.random.default_rng(3))
    close(
        got.item(),
        alone,
        "replay with the share 1",
        "the loss of four rows drawn with the given generator",
        within=1e-5,
    )
    holds(got.requires_grad, "replay's loss carries no gradient: use nats, not measured")
    close(mixed, 0.75 * own.item() + 0.25 * alone, "replay with the share 0.25", within=1e-5)


def choose(lab):
    runs = {"a": (0.001, 0.5, 1.0), "b": (0.02, 0.2, 1.3), "c": (0.05, 0.3, 1.1)}
    got = lab.choose(runs, 2.0)
    if got == "a":
        fail(
            "choose took the run with the least training loss: that one has learned its own rows by heart"
        )
    equal(got, "b", "choose when everything is bearable")
    equal(
        lab.choose(runs, 1.1),
        "c",
        "choose with at most 1.1",
        "a slip of just 1.1 is bearable; 1.3 is not",
    )
    equal(lab.choose(runs, 0.9), None, "choose when nothing is bearable", "None says so")
