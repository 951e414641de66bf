"""Activations beside PyTorch; four points that no line sorts and one hidden layer does."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
import torch
from scipy.optimize import linprog
from torch.nn import functional

pytestmark = pytest.mark.feature("F3a")

CONCEPT = "nn-fundamentals"
# Both sides are float64; erf and exp of different libraries differ in the last bits.
FLOAT64 = 1e-13
X = np.linspace(-30, 30, 2001)  # holds 0, where ReLU's slope is a convention
TWINS = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "silu": functional.silu,
    "gelu": functional.gelu,  # the exact one is torch's default
}
CORNERS = np.array([[0, 0], [1, 0], [0, 1], [1, 1]], dtype=float)


@pytest.mark.parametrize("name", TWINS)
def test_an_activation_has_the_values_that_torch_gives(solved: Any, name: str) -> None:
    lab = solved(CONCEPT, "activations")
    want = TWINS[name](torch.tensor(X)).numpy()
    np.testing.assert_allclose(getattr(lab, name)(X), want, atol=FLOAT64, rtol=FLOAT64)


@pytest.mark.parametrize("name", TWINS)
def test_its_slope_is_what_torch_differentiates(solved: Any, name: str) -> None:
    lab = solved(CONCEPT, "activations")
    x = torch.tensor(X, requires_grad=True)
    TWINS[name](x).sum().backward()
    assert x.grad is not None
    np.testing.assert_allclose(lab.slopes(X)[name], x.grad.numpy(), atol=FLOAT64, rtol=0)


def test_softmax_and_its_jacobian_equal_those_of_torch_for_huge_scores_too(solved: Any) -> None:
    lab = solved(CONCEPT, "activations")
    rng = np.random.default_rng(0)
    scores = np.vstack([rng.normal(size=(20, 9)) * 5, rng.normal(size=(20, 9)) * 5 + 1000])
    want = torch.softmax(torch.tensor(scores), dim=1).numpy()
    np.testing.assert_allclose(lab.softmax(scores), want, atol=FLOAT64)
    for row in scores:
        jacobian = torch.autograd.functional.jacobian(
            lambda z: torch.softmax(z, dim=0), torch.tensor(row)
        )
        np.testing.assert_allclose(lab.softmax_slopes(row), jacobian.numpy(), atol=FLOAT64)


def test_a_layer_is_a_linear_layer_of_torch_and_its_activation(solved: Any) -> None:
    lab = solved(CONCEPT, "xor")
    linear = torch.nn.Linear(5, 3, dtype=torch.float64)
    x = np.random.default_rng(1).normal(size=(7, 5))
    weights, bias = linear.weight.detach().numpy(), linear.bias.detach().numpy()
    want = torch.tanh(linear(torch.tensor(x))).detach().numpy()
    np.testing.assert_allclose(lab.layer(x, weights, bias, np.tanh), want, atol=FLOAT64)


def _a_line_sorts(points: np.ndarray, labels: tuple[bool, ...]) -> bool:
    """Whether weights and a bias exist that sort the points, decided by linear programming."""
    signs = np.where(labels, 1.0, -1.0)
    rows = -signs[:, None] * np.hstack([points, np.ones((len(points), 1))])
    return bool(
        linprog(np.zeros(rows.shape[1]), A_ub=rows, b_ub=-np.ones(len(rows)), bounds=(None, None)).success
    )  # fmt: skip


def test_without_a_hidden_layer_three_of_four_is_the_best_and_a_solver_agrees(solved: Any) -> None:
    lab = solved(CONCEPT, "xor")
    grid = (-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0)
    for labels in itertools.product((False, True), repeat=4):
        best = lab.best_line(np.array(labels), grid)
        assert (best == 1) == _a_line_sorts(CORNERS, labels)
        if labels in ((True, False, False, True), (False, True, True, False)):
            assert best == 0.75


def test_the_two_totals_that_decide_xor_are_equal_for_any_weights() -> None:
    rng = np.random.default_rng(2)
    weights, bias = rng.normal(size=(1000, 2)) * 100, rng.normal(size=(1000, 1)) * 100
    good, not_good, bad, not_bad = (weights @ CORNERS.T + bias).T
    # Rounding of sums in the hundreds.
    np.testing.assert_allclose(good + not_bad, not_good + bad, atol=1e-11)


def test_one_hidden_layer_sorts_all_four(solved: Any) -> None:
    w1, b1, w2, b2 = map(torch.tensor, solved(CONCEPT, "xor").hidden_layer())
    hidden = torch.relu(functional.linear(torch.tensor(CORNERS), w1, b1))
    praise = functional.linear(hidden, w2, b2)[:, 0] > 0
    assert praise.tolist() == [True, False, False, True]


def test_linear_layers_melt_and_random_bends_suffice(solved: Any) -> None:
    lab = solved(CONCEPT, "xor")
    assert lab.lucky(16, lab.relu) > 0.95
    assert lab.lucky(16, lab.straight) == 0


def test_the_lesson_counts_separable_labellings_as_a_solver_does(course_file: Any) -> None:
    claims = course_file(CONCEPT, "claims.py")
    cube = np.array(list(itertools.product((0.0, 1.0), repeat=3)))
    sorted_by_plane = sum(
        _a_line_sorts(cube, labels) for labels in itertools.product((False, True), repeat=8)
    )
    assert sorted_by_plane == claims.cut_three()


def test_parameters_are_counted_as_torch_and_the_package_count_them(
    solved: Any, course_file: Any
) -> None:
    from practicum.pretrain.stage import PretrainParams

    lab, claims = solved(CONCEPT, "xor"), course_file(CONCEPT, "claims.py")
    widths = [7, 5, 11, 2]
    stack = torch.nn.Sequential(*(torch.nn.Linear(a, b) for a, b in itertools.pairwise(widths)))
    assert lab.n_parameters(widths) == sum(p.numel() for p in stack.parameters())
    smol = PretrainParams.model_construct(
        n_vocab=49_152, width=576, hidden=1536, layers=30, heads=9, kv_heads=3
    )
    assert claims.smol_parameters() == smol.n_parameters


@pytest.mark.parametrize(
    ("lab", "task", "right", "wrong", "told"),
    [
        ("activations", "sigmoid", "small = np.exp(-np.abs(x))", "return 1 / (1 + np.exp(-x))", "warned"),
        ("activations", "tanh", "sigmoid(2.0 * np.asarray(x, dtype=float))", "sigmoid(np.asarray(x))", "too slow"),
        ("activations", "softmax", "powers.sum(axis=1, keepdims=True)", "powers.sum()", "row"),
        ("activations", "softmax_slopes", "np.diag(p) - np.outer(p, p)", "np.diag(p * (1 - p))", "diagonal"),
        ("activations", "gelu", "erf(x / math.sqrt(2.0))", "erf(x)", "width"),
        ("xor", "layer", "activation(x @ weights.T + bias)", "activation(x @ weights.T)", "bias"),
        ("xor", "collapse", "w2 @ b1 + b2", "b2", "first bias"),
        ("xor", "n_parameters", "sum(b for _, b in pairs)", "sum(widths)", "inputs"),
        ("xor", "fit_readout", "np.ones((len(hidden), 1))", "np.zeros((len(hidden), 1))", "ones"),
    ],
)  # fmt: skip
def test_a_typical_mistake_is_told_what_it_is(
    attempt: Any, lab: str, task: str, right: str, wrong: str, told: str
) -> None:
    verdict = next(v for v in attempt(CONCEPT, lab, {right: wrong}).verdicts if v.task == task)
    assert not verdict.passed
    assert told in verdict.why
