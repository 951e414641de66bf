"""S4a: the loss falls, forgetting is measured on held-out general text; masks beside outsiders."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from practicum.core.messages import Message
from practicum.text.template import split_turns

approx = pytest.approx
CONCEPT = "full-fine-tuning"


@pytest.fixture
def graded(solved: Any) -> Any:
    """What the solution of the first lab defined."""
    return solved(CONCEPT, "what-is-graded")


@pytest.fixture
def gain(solved: Any) -> Any:
    """What the solution of the second lab defined."""
    return solved(CONCEPT, "gain-and-slip")


@pytest.mark.feature("S4a")
def test_loss_falls_and_forgetting_shows_on_held_out_text(gain: Any) -> None:
    assert gain.losses[-1] < 0.1 * gain.losses[0]
    account = gain.account(gain.base, gain.tuned, gain.rows(gain.HELD), gain.HELD_TEXT)
    assert account["gain"] > 5  # unseen animals gain, so it is not only learned by heart
    assert account["slip"] > 1.3


@pytest.mark.feature("S4a")
def test_replay_keeps_most_of_the_old_text_and_the_answers(gain: Any) -> None:
    chats = gain.rows(gain.HELD)
    slips = [
        gain.account(gain.base, m, chats, gain.HELD_TEXT)["slip"]
        for m in (gain.tuned, gain.rehearsed)
    ]
    assert slips[1] < 1.2 < slips[0]
    assert gain.right(gain.rehearsed, gain.HELD) >= 0.5  # the base answers none


@pytest.mark.feature("S4a")
def test_every_weight_of_the_copy_moves_and_none_of_the_base(gain: Any) -> None:
    again = gain.pretrained(2)
    before = {n: p.detach().clone() for n, p in again.named_parameters()}
    tuned, _ = gain.tune(again, gain.rows(gain.ASKED), 1e-3, updates=3)
    assert all(torch.equal(p, before[n]) for n, p in again.named_parameters())
    assert all(not torch.equal(p, before[n]) for n, p in tuned.named_parameters())


def test_the_mask_is_the_packages_own_for_the_same_template(graded: Any) -> None:
    template = (
        "{% for m in messages %}<{{ m['role'] }}> {{ m['content'] }} <end> {% endfor %}"
        "{% if add_generation_prompt %}<assistant> {% endif %}"
    )
    for chat in graded.CHATS:
        turns = split_turns(template, [Message(role=role, content=text) for role, text in chat])
        words = [(word, mine) for text, mine in turns for word in text.split()]
        ids, mask = graded.encode(chat)
        assert [(graded.WORDS[i], m) for i, m in zip(ids, mask, strict=True)] == words


def test_the_loss_is_pytorchs_cross_entropy_with_its_ignored_label(graded: Any) -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        B, T, V = rng.integers(1, 4), rng.integers(3, 9), 11
        logits = rng.normal(size=(B, T, V)) * 4
        labels = np.where(rng.random((B, T)) < 0.5, rng.integers(0, V, (B, T)), graded.IGNORED)
        labels[:, 1] = 3
        want = F.cross_entropy(
            torch.tensor(logits[:, :-1]).flatten(0, 1), torch.tensor(labels[:, 1:]).flatten()
        )
        mean, n = graded.loss(logits, labels)
        assert mean == approx(want.item(), abs=1e-12)
        assert n == (labels[:, 1:] != graded.IGNORED).sum()


def test_accumulated_gradients_are_those_of_the_whole_batch(graded: Any) -> None:
    rng = np.random.default_rng(1)
    logits = rng.normal(size=(6, 7, 9))
    labels = np.where(rng.random((6, 7)) < 0.4, rng.integers(0, 9, (6, 7)), graded.IGNORED)
    labels[:, 1] = 1
    whole, _ = graded.loss(logits, labels)
    for cuts in ([1, 2], [3], [1, 2, 3, 4, 5]):
        bites = list(zip(np.split(logits, cuts), np.split(labels, cuts), strict=True))
        assert graded.accumulated(bites) == approx(whole, abs=1e-12)


SLIPS = {
    "what-is-graded": [
        ("[False] + [role == \"assistant\"] * len(words)", "[role == \"assistant\"] * (len(words) + 1)",
         "encode", "whoever calls the model writes it"),
        ("logits[:, :-1], labels[:, 1:]", "logits, labels", "loss", "copies the word it just read"),
        ("return total / count\n\n\n# %%\nbites", "return np.mean([loss(*b)[0] for b in bites])\n\n\n# %%\nbites",
         "accumulated", "plain mean of the bites' means"),
    ],
    "gain-and-slip": [
        ("key=lambda name: runs[name][1]", "key=lambda name: runs[name][0]", "choose", "by heart"),
        ("measured(after, text) - measured(before, text)", "measured(before, text) - measured(after, text)",
         "account", "the other way round"),
        ("(1 - share) * loss + share", "loss + share", "replay", "on top"),
    ],
}  # fmt: skip


@pytest.mark.parametrize("lab", SLIPS)
def test_typical_slips_are_told_why(attempt: Any, lab: str) -> None:
    outcome = attempt(CONCEPT, lab, {right: wrong for right, wrong, _, _ in SLIPS[lab]})
    verdicts = {v.task: v for v in outcome.verdicts}
    for _, _, task, told in SLIPS[lab]:
        assert not verdicts[task].passed, task
        assert told in verdicts[task].why
