"""F1b: gradients agree with PyTorch's, and errors shrink at the rates that were promised."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path
from typing import Any

import pytest

import practicum
from practicum.learn.lessons.figures import Frames
from practicum.learn.lessons.verify import functions_of

torch = pytest.importorskip("torch")

CONCEPT = Path(practicum.__file__).parent / "course/chapters/mathematics/calculus"
NUMERIC = 1e-5  # the row's promise for slopes by steps; the step's square, 1e-10, is far below it
EXACT = 1e-10  # both sides apply the chain rule in float64; only the order of additions differs

pytestmark = pytest.mark.feature("F1b")

POINTS = [[0.3, -1.2, 0.8], [2.0, 1.0, 0.0], [-0.5, 0.1, 4.0]]


def mixed(x: Any, y: Any, z: Any) -> Any:
    """A function that uses everything, twice: for Values as well as tensors."""
    return (x * y + z.exp()).exp().log() * x + (x * x + y * y + z * z + 1).log() - x * z


def torch_gradient(numbers: list[float], function: Any) -> tuple[float, list[float]]:
    tensors = [torch.tensor(n, dtype=torch.float64, requires_grad=True) for n in numbers]
    result = function(tensors)
    result.backward()
    return result.item(), [t.grad.item() for t in tensors]


@pytest.mark.parametrize("numbers", POINTS)
def test_slopes_by_steps_and_by_the_chain_rule_equal_pytorchs(
    solved: Any, numbers: list[float]
) -> None:
    lab = solved("calculus", "autodiff")
    result, gradient = torch_gradient(numbers, lambda v: mixed(*v))
    values = [lab.Value(n) for n in numbers]
    mine = mixed(*values)
    lab.backward(mine)
    assert mine.number == pytest.approx(result, abs=EXACT)
    assert [v.slope for v in values] == pytest.approx(gradient, rel=EXACT, abs=EXACT)
    by_steps = lab.slopes_by_steps(lambda v: mixed(*v), numbers)
    assert by_steps == pytest.approx([v.slope for v in values], rel=NUMERIC, abs=NUMERIC)
    assert by_steps == pytest.approx(gradient, rel=NUMERIC, abs=NUMERIC)


@pytest.mark.parametrize("target", [0, 1, 2])
def test_the_gradient_of_a_tokens_loss_is_pytorchs_and_chances_minus_one(
    solved: Any, target: int
) -> None:
    from practicum.train.losses import token_log_probs

    lab = solved("calculus", "autodiff")
    scores = torch.tensor([[2.0, 1.0, 0.0]], requires_grad=True)
    loss = -token_log_probs(scores, torch.tensor([target])).sum()
    loss.backward()
    values = [lab.Value(n) for n in (2, 1, 0)]
    mine = lab.token_loss(values, target)
    lab.backward(mine)
    slopes = [v.slope for v in values]
    assert mine.number == pytest.approx(loss.item(), abs=1e-6)  # the package's loss is float32
    assert slopes == pytest.approx(scores.grad[0].tolist(), abs=1e-6)
    chances = torch.softmax(torch.tensor([2.0, 1.0, 0.0], dtype=torch.float64), 0).tolist()
    assert slopes == pytest.approx([p - (i == target) for i, p in enumerate(chances)], abs=EXACT)


def test_descent_takes_pytorchs_steps(solved: Any) -> None:
    lab = solved("calculus", "autodiff")
    weights = torch.tensor([0.5, -1.0, 0.25], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([weights], lr=0.02)
    for _ in range(25):
        optimizer.zero_grad()
        mixed(*weights).backward()
        optimizer.step()
    mine = lab.descend(lambda v: mixed(*v), [0.5, -1.0, 0.25], 0.02, 25)
    assert mine == pytest.approx(weights.tolist(), abs=1e-9)  # rounding of 25 steps


def test_the_slope_from_both_sides_has_order_two(solved: Any) -> None:
    lab = solved("calculus", "approximations")
    errors = [abs(lab.slope(lab.loss, 1.0, h) - lab.true_slope(1.0)) for h in (0.02, 0.01)]
    assert lab.order(*errors) == pytest.approx(2, abs=0.01)  # the next term is a step squared away


@pytest.mark.parametrize(("degree", "order"), [(0, 1), (1, 2), (2, 3), (5, 6)])
def test_taylor_of_degree_n_has_order_n_plus_one(solved: Any, degree: int, order: int) -> None:
    lab = solved("calculus", "approximations")
    ones = [1.0] * (degree + 1)
    errors = [abs(lab.taylor(ones, x) - math.exp(x)) for x in (0.1, 0.05)]
    assert lab.order(*errors) == pytest.approx(
        order, abs=0.05
    )  # the next term shifts it by x/(n+2)


@pytest.mark.parametrize(("degree", "order"), [(1, 2), (2, 4), (4, 6)])
def test_a_vanishing_term_of_the_losss_series_gives_an_order_for_free(
    solved: Any, degree: int, order: int
) -> None:
    lab = solved("calculus", "approximations")
    terms = lab.AT_ZERO[: degree + 1]
    errors = [abs(lab.taylor(terms, z) - lab.loss(z)) for z in (0.4, 0.2)]
    assert lab.order(*errors) == pytest.approx(
        order, abs=0.05
    )  # the next term is z²/10 of this one


@pytest.mark.parametrize(("rule", "order"), [("trapezoid", 2), ("simpson", 4)])
def test_areas_have_their_orders_and_equal_scipys(solved: Any, rule: str, order: int) -> None:
    from scipy import integrate

    lab = solved("calculus", "approximations")
    area, exact = getattr(lab, rule), lab.loss(2) - lab.loss(0)
    errors = [abs(area(lab.true_slope, 0, 2, n) - exact) for n in (32, 64)]
    assert lab.order(*errors) == pytest.approx(order, abs=0.01)
    places = [2 * i / 16 for i in range(17)]
    theirs = getattr(integrate, rule)([lab.true_slope(x) for x in places], x=places)
    assert area(lab.true_slope, 0, 2, 16) == pytest.approx(
        theirs, abs=1e-13
    )  # additions in another order


def test_the_loss_of_the_lesson_is_the_loss_of_the_package(solved: Any) -> None:
    from practicum.train.losses import preference_loss

    lab, zero = solved("calculus", "approximations"), torch.zeros(1, dtype=torch.float64)
    for z in (-3.0, 0.0, 1.0, 5.0):
        margin = torch.tensor([z / 0.1], dtype=torch.float64, requires_grad=True)
        loss = preference_loss(margin, zero, zero, zero, beta=0.1)
        loss.sum().backward()
        assert lab.loss(z) == pytest.approx(loss.item(), abs=EXACT)
        assert 0.1 * lab.true_slope(z) == pytest.approx(margin.grad.item(), abs=EXACT)


def test_the_budget_of_the_lesson_is_the_area_under_the_packages_learning_rate() -> None:
    from practicum.train.loop import Settings, learning_rate

    settings, n = Settings(lr_peak=1.0), 20_000
    mean = sum(learning_rate(step, n, settings) for step in range(n)) / n
    # A sum of n steps differs from the area by about one step.
    assert functions_of(CONCEPT / "claims.py")["budget"]() == pytest.approx(mean, abs=1e-4)


def test_the_valleys_paths_are_gradient_descent_and_explode_beyond_two_over_the_curvature() -> None:
    frames = functions_of(CONCEPT / "figures.py")["valley"]()
    assert isinstance(frames, Frames)
    for label, picture in frames.pictures.items():
        rate = float(label)
        rows = list(csv.DictReader(io.StringIO(picture.csv)))
        for row in rows:
            step = int(row["step"])
            # The table keeps six digits.
            assert float(row["x"]) == pytest.approx(9 * (1 - rate) ** step, rel=1e-5)
            assert float(row["y"]) == pytest.approx((1 - 10 * rate) ** step, rel=1e-5, abs=1e-9)
        assert (abs(float(rows[-1]["y"])) > 1.0001) == (rate > 0.2)
