"""F4d: own cells equal PyTorch's; at lag 40 the plain RNN guesses, LSTM and GRU recall."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from practicum.learn.labs.checking import CheckFailed, Script
from practicum.learn.lessons.verify import load_file
from practicum.learn.roadmap import load_roadmap


@pytest.fixture(scope="module")
def lab(solved: Any) -> Any:
    """What the lab's solution defined."""
    return solved("recurrent-networks", "three-cells")


@pytest.fixture(scope="module")
def checks() -> Any:
    """The lab's checks.py."""
    folder = load_roadmap().concepts["recurrent-networks"].folder
    assert folder is not None
    return load_file(folder / "labs" / "three-cells" / "checks.py")


def random_weights(lab: Any, kind: str, n_in: int, width: int, seed: int) -> Any:
    """Weights with biases, small enough that forty steps do not amplify rounding errors."""
    dice = torch.Generator().manual_seed(seed)
    rows = lab.GATES[kind] * width
    shapes = ((rows, n_in), (rows, width), (rows,), (rows,))
    return lab.Weights(
        *(torch.randn(*shape, generator=dice) / (2 * math.sqrt(width)) for shape in shapes)
    )


@pytest.mark.feature("F4d")
@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_forty_steps_of_our_cells_equal_torchs(lab: Any, kind: str) -> None:
    for seed, (n_in, width) in enumerate(((3, 4), (12, 16), (7, 33))):
        w = random_weights(lab, kind, n_in, width, seed)
        x = torch.randn(40, 5, n_in, generator=torch.Generator().manual_seed(seed))
        apart = (lab.unrolled(kind, x, w) - lab.by_torch(kind, x, w)).abs().max()
        assert apart <= 1e-6  # float32: the order of sums differs


@pytest.mark.feature("F4d")
def test_an_lstms_cell_equals_torchs_too(lab: Any) -> None:
    w = random_weights(lab, "LSTM", 3, 4, 0)
    module = torch.nn.LSTMCell(3, 4)
    with torch.no_grad():
        for theirs, ours in zip(module.parameters(), w, strict=True):
            theirs.copy_(ours)
        x, h, c = (torch.randn(2, n) for n in (3, 4, 4))
        for mine, theirs in zip(lab.lstm_cell(x, (h, c), w), module(x, (h, c)), strict=True):
            assert torch.allclose(mine, theirs, atol=1e-6)


@pytest.mark.feature("F4d")
def test_at_lag_forty_the_plain_rnn_guesses_and_gated_cells_recall(lab: Any) -> None:
    assert lab.LAG == 40
    assert lab.recalled["RNN"] <= 0.25  # one in eight by chance
    assert lab.recalled["LSTM, spread"] >= 0.95
    assert lab.recalled["GRU, spread"] >= 0.95


@pytest.mark.feature("F4d")
def test_it_is_no_luck_of_one_seed(lab: Any) -> None:
    for name, passes in (("RNN", False), ("LSTM, spread", True), ("GRU, spread", True)):
        share, _ = lab.train(*lab.CANDIDATES[name], seed=1)
        assert share >= 0.95 if passes else share <= 0.25


def test_the_examination_is_fair_a_short_lag_is_passed_by_all(lab: Any) -> None:
    for kind, memory in lab.CANDIDATES.values():
        share, _ = lab.train(kind, memory, lag=2)
        assert share >= 0.95


def test_a_forget_bias_of_one_is_not_enough_for_forty_steps(lab: Any) -> None:
    assert lab.recalled["LSTM, bias 1"] <= 0.25
    gate = torch.sigmoid(torch.tensor(1.0)).item()
    assert gate**40 == pytest.approx(3.6e-6, rel=0.01)


def test_a_bias_of_ln_tau_minus_one_keeps_a_memory_of_tau_steps(lab: Any) -> None:
    biases = lab.forget_biases(4, 11)
    assert torch.allclose(1 / (1 - torch.sigmoid(biases)), torch.tensor([2.0, 5.0, 8.0, 11.0]))
    assert biases[-1].item() == pytest.approx(math.log(10), abs=1e-6)  # float32


def test_the_gradient_of_a_plain_rnn_follows_the_power_of_its_weight(lab: Any) -> None:
    """One unit, almost no input: tanh is straight and each step multiplies by the weight."""
    one = torch.ones(1, 1)
    for weight in (0.9, 1.1):
        w = lab.Weights(1e-6 * one, weight * one, *torch.zeros(2, 1))
        felt = lab.reach("RNN", torch.ones(41, 1, 1), w)
        assert (felt[0] / felt[-1]).item() == pytest.approx(weight**40, rel=1e-4)


def test_clipping_equals_torchs(lab: Any) -> None:
    dice = torch.Generator().manual_seed(0)
    for most in (0.5, 1.0, 100.0):
        slopes = [torch.randn(3, 4, generator=dice), torch.randn(5, generator=dice)]
        parts = [torch.zeros_like(s, requires_grad=True) for s in slopes]
        for part, slope in zip(parts, slopes, strict=True):
            part.grad = slope.clone()
        torch.nn.utils.clip_grad_norm_(parts, most)
        for mine, part in zip(lab.clipped(slopes, most), parts, strict=True):
            assert torch.allclose(mine, part.grad, atol=1e-6)  # torch adds 1e-6 to the length


def _swapped_gru(x: Any, h: Any, w: Any) -> Any:
    x_r, x_z, x_n = (x @ w.x.T + w.bias_x).chunk(3, dim=1)
    h_r, h_z, h_n = (h @ w.h.T + w.bias_h).chunk(3, dim=1)
    r, z = torch.sigmoid(x_r + h_r), torch.sigmoid(x_z + h_z)
    return z * torch.tanh(x_n + r * h_n) + (1 - z) * h


def _output_third(x: Any, state: Any, w: Any) -> Any:
    h, c = state
    i, f, o, g = (x @ w.x.T + w.bias_x + h @ w.h.T + w.bias_h).chunk(4, dim=1)
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), c


MISTAKES = {
    "rnn_cell": (lambda x, h, w: torch.tanh(x @ w.x.T + h @ w.h.T + w.bias_x), "lacks bias_h"),
    "lstm_cell": (_output_third, "changed places"),
    "gru_cell": (_swapped_gru, "z has changed sides"),
    "forget_biases": (
        lambda width, longest: torch.log(torch.linspace(2, longest, width)),
        "one step longer",
    ),
    "clipped": (
        lambda gradients, most: [g * min(1.0, most / float(g.norm())) for g in gradients],
        "on its own",
    ),
}


@pytest.mark.parametrize("task", MISTAKES)
def test_a_typical_mistake_is_told_what_it_is(lab: Any, checks: Any, task: str) -> None:
    wrong, said = MISTAKES[task]
    with pytest.raises(CheckFailed, match=said):
        getattr(checks, task)(Script({**vars(lab), task: wrong}))
