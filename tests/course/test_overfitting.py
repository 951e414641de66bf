"""A gap that opens with training and with width, and remedies that each close part of it."""

from __future__ import annotations

import copy
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from torch import nn

from practicum.measure.intervals import mean_interval

pytestmark = pytest.mark.feature("F3c")

CONCEPT, LAB = "overfitting", "hold-it-back"
REMEDIES = {
    "dropout": {"p": 0.5},
    "L2": {"l2": 3e-3},
    "L1": {"l1": 1e-3},
    "augmentation": {"shift": True},
}


@pytest.fixture(scope="module")
def plain(solved: Any) -> list[list[list[float]]]:
    """Losses of the plain network at every look, seed by seed."""
    lab = solved(CONCEPT, LAB)
    return [lab.fit(seed) for seed in lab.SEEDS]


def test_the_gap_grows_with_training(plain: Any) -> None:
    for looks in plain:
        gaps = [test - train for train, _, test, _ in looks]
        assert abs(gaps[0]) < 0.1  # nothing is learned yet
        assert gaps[-1] > 0.7
        late = gaps[len(gaps) // 3 :]
        assert all(b > a for a, b in pairwise(late))


def test_the_gap_grows_with_capacity(course_file: Any) -> None:
    claims = course_file(CONCEPT, "claims.py")
    ends = [claims._run(0, width=width)[0][-1] for width in (8, 32, 128)]
    gaps = [end.test - end.train for end in ends]
    assert gaps[0] < gaps[1] < gaps[2]


@pytest.mark.parametrize("name", REMEDIES)
def test_the_remedy_cuts_the_test_loss(solved: Any, plain: Any, name: str) -> None:
    lab = solved(CONCEPT, LAB)
    ends = [lab.fit(seed, **REMEDIES[name])[-1][2] for seed in lab.SEEDS]
    changes = [end - looks[-1][2] for end, looks in zip(ends, plain, strict=True)]
    assert max(changes) < -0.1  # in every single run; the mean is about -0.4
    assert mean_interval(changes)[2] < 0


def test_early_stopping_cuts_the_test_loss_and_never_looks_at_it(solved: Any, plain: Any) -> None:
    lab = solved(CONCEPT, LAB)
    for looks in plain:
        place = lab.early_stop([validation for _, validation, _, _ in looks], patience=3)
        assert looks[place][2] < looks[-1][2] - 0.2


def test_a_shift_does_harm_when_no_label_is_wrong(solved: Any) -> None:
    with_truth = solved(CONCEPT, LAB).with_truth
    assert np.mean(with_truth["shifts"]) > np.mean(with_truth["plain"])


def test_the_penalty_is_twice_pytorchs_weight_decay_of_plain_descent(solved: Any) -> None:
    penalty = solved(CONCEPT, LAB).penalty
    torch.manual_seed(0)
    mine = nn.Sequential(nn.Linear(4, 3, bias=False)).double()
    theirs = copy.deepcopy(mine)
    x, rate, strength = torch.randn(6, 4).double(), 0.1, 0.02
    by_decay = torch.optim.SGD(theirs.parameters(), lr=rate, weight_decay=2 * strength)
    by_hand = torch.optim.SGD(mine.parameters(), lr=rate)
    for _ in range(5):
        for model, optimizer in ((mine, by_hand), (theirs, by_decay)):
            loss = model(x).square().mean()
            if model is mine:
                loss = loss + penalty(model, l2=strength)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    # the same sums in another order, float64
    torch.testing.assert_close(mine[0].weight, theirs[0].weight, rtol=0, atol=1e-12)


def test_dropout_keeps_the_mean_and_the_shares_of_pytorchs(solved: Any) -> None:
    dropout = solved(CONCEPT, LAB).dropout
    x = torch.full((200_000,), 2.0)
    mine = dropout(x, 0.3, torch.Generator().manual_seed(0))
    torch.manual_seed(0)
    theirs = nn.Dropout(0.3)(x)
    assert set(mine.unique().tolist()) == set(theirs.unique().tolist())
    # five standard errors of a mean of 200,000 draws
    assert abs(mine.mean().item() - 2) < 5 * 2 * (0.3 / 0.7 / 200_000) ** 0.5


def test_moving_there_and_back_changes_the_border_only(solved: Any) -> None:
    shifted = solved(CONCEPT, LAB).shifted
    images = torch.rand(5, 8, 8)
    back = shifted(shifted(images, 1, -1), -1, 1)
    assert torch.equal(back[:, :7, 1:], images[:, :7, 1:])
    assert not back[:, 7].any()
    assert not back[:, :, 0].any()


def test_copies_in_the_bundled_digits_are_found_as_numpy_finds_them(solved: Any) -> None:
    leaked = solved(CONCEPT, LAB).leaked
    pixels = torch.tensor(load_digits().data)
    train, test = pixels[:300], torch.cat([pixels[250:330], pixels[260:265]])
    known = {row.tobytes() for row in train.numpy()}
    assert leaked(train, test) == sum(row.tobytes() in known for row in test.numpy())
