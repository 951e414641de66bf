"""Slopes, optimizers and the schedule, beside PyTorch and the package's own loop."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from practicum.train.loop import Settings, learning_rate
from practicum.train.losses import token_log_probs

pytestmark = pytest.mark.feature("F3b")

CONCEPT = "training-and-optimization"
FLOAT64 = 1e-12  # both sides are float64; sums run in another order
STEPS = 5


def _network(seed: int) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    weights = {
        "w1": rng.normal(size=(7, 11)),
        "b1": rng.normal(size=11),
        "w2": rng.normal(size=(11, 5)),
        "b2": rng.normal(size=5),
    }
    return weights, rng.normal(size=(13, 7)), rng.integers(0, 5, size=13)


@pytest.mark.parametrize("seed", range(5))
def test_backpropagation_by_hand_gives_the_slopes_that_torch_gives(solved: Any, seed: int) -> None:
    lab = solved(CONCEPT, "backpropagation")
    weights, x, target = _network(seed)
    twins = {name: torch.tensor(values, requires_grad=True) for name, values in weights.items()}
    hidden = torch.tanh(torch.tensor(x) @ twins["w1"] + twins["b1"])
    loss = functional.cross_entropy(hidden @ twins["w2"] + twins["b2"], torch.tensor(target))
    loss.backward()
    assert lab.cross_entropy(lab.forward(weights, x)[1], target) == pytest.approx(
        loss.item(), abs=FLOAT64
    )
    for name, slope in lab.backward(weights, x, target).items():
        grad = twins[name].grad
        assert grad is not None
        np.testing.assert_allclose(slope, grad.numpy(), atol=FLOAT64)


def test_losses_and_their_slopes_equal_torch(solved: Any) -> None:
    lab = solved(CONCEPT, "backpropagation")
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 6, 4))
    assert lab.mse(a, b) == pytest.approx(
        functional.mse_loss(torch.tensor(a), torch.tensor(b)).item(), abs=FLOAT64
    )
    scores, target = rng.normal(size=(9, 30)) * 20, rng.integers(0, 30, size=9)
    twin = torch.tensor(scores, requires_grad=True)
    functional.cross_entropy(twin, torch.tensor(target)).backward()
    assert twin.grad is not None
    np.testing.assert_allclose(
        lab.cross_entropy_slope(scores, target), twin.grad.numpy(), atol=FLOAT64
    )


def test_the_slow_cross_entropy_is_the_package_s_mean_of_token_log_probs(solved: Any) -> None:
    lab = solved(CONCEPT, "backpropagation")
    rng = np.random.default_rng(1)
    logits = rng.normal(size=(64, 500)).astype(np.float32) * 5
    target = rng.integers(0, 500, size=64)
    fast = -token_log_probs(torch.tensor(logits), torch.tensor(target)).mean().item()
    # The package computes in float32, on losses near 17 nats.
    assert lab.cross_entropy(logits.astype(float), target) == pytest.approx(fast, rel=1e-6)


OPTIMIZERS = {
    "descent": (torch.optim.SGD, {}, {}),
    "momentum": (torch.optim.SGD, {"momentum": 0.9}, {"keep": 0.9}),
    "rmsprop": (torch.optim.RMSprop, {}, {}),
    "adam": (torch.optim.Adam, {}, {}),
    "adamw": (torch.optim.AdamW, {}, {}),
    "adamw as the package sets it": (
        torch.optim.AdamW,
        {"betas": (0.9, 0.99), "weight_decay": 0.1},
        {"keep": (0.9, 0.99), "decay": 0.1},
    ),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_first_five_steps_of_an_optimizer_are_those_of_torch(solved: Any, name: str) -> None:
    lab = solved(CONCEPT, "optimizers")
    twin_class, theirs, mine = OPTIMIZERS[name]
    rng = np.random.default_rng(2)
    # Slopes of very different sizes; the loss is a bowl, so that each step changes the next slope.
    bowl = np.array([[1000.0, 1.0, 1e-3], [5.0, 0.1, 20.0]])
    weight = rng.normal(size=bowl.shape)
    twin = torch.tensor(weight, requires_grad=True)
    optimizer = twin_class([twin], lr=1e-3, **theirs)
    memory: dict[str, Any] = {}
    for _ in range(STEPS):
        optimizer.zero_grad()
        (0.5 * torch.tensor(bowl) * twin**2).sum().backward()
        optimizer.step()
        weight = getattr(lab, name.split()[0])(weight, bowl * weight, memory, 1e-3, **mine)
        np.testing.assert_allclose(weight, twin.detach().numpy(), atol=FLOAT64)


@pytest.mark.parametrize("limit", [0.5, 3.0, 1e6])
def test_clipping_is_what_the_package_s_loop_calls(solved: Any, limit: float) -> None:
    lab = solved(CONCEPT, "optimizers")
    rng = np.random.default_rng(3)
    slopes = [rng.normal(size=(4, 3)), rng.normal(size=5)]
    twins = [torch.zeros(s.shape, dtype=torch.float64, requires_grad=True) for s in slopes]
    for twin, slope in zip(twins, slopes, strict=True):
        twin.grad = torch.tensor(slope)
    torch.nn.utils.clip_grad_norm_(twins, limit)
    for mine, twin in zip(lab.clip(slopes, limit), twins, strict=True):
        assert twin.grad is not None
        # torch adds 1e-6 to the length before it divides.
        np.testing.assert_allclose(mine, twin.grad.numpy(), rtol=1e-6)


@pytest.mark.parametrize("n_steps", [1, 2, 7, 200, 999])
@pytest.mark.parametrize("warmup", [0.0, 0.05, 0.1, 0.5, 1.0])
def test_the_schedule_is_the_package_s_at_every_step(
    solved: Any, n_steps: int, warmup: float
) -> None:
    lab = solved(CONCEPT, "optimizers")
    settings = Settings(lr_peak=3e-4, warmup=warmup)
    for step in range(n_steps):
        mine = lab.learning_rate(step, n_steps, 3e-4, warmup)
        assert mine == pytest.approx(learning_rate(step, n_steps, settings), rel=1e-12)


def test_the_letter_model_starts_where_knowing_nothing_stands_and_learns(solved: Any) -> None:
    history = solved(CONCEPT, "backpropagation").history
    assert history[0] == pytest.approx(np.log(27), abs=0.1)  # small random weights know little
    assert history[-1] < 1.5


def test_the_lesson_s_ravine_is_walked_as_the_lab_walks_it(solved: Any, course_file: Any) -> None:
    lab, ravine = solved(CONCEPT, "optimizers"), course_file(CONCEPT, "descents.py")
    twins = {
        "descent": (lab.descent, {}),
        "momentum": (lab.momentum, {"keep": 0.8}),
        "RMSprop": (lab.rmsprop, {"keep": 0.9}),
        "Adam": (lab.adam, {}),
    }
    for name, (optimizer, options) in twins.items():
        rate, keep = ravine.RUNS[name]
        weight, memory = ravine.START, {}
        for place in ravine.path(name, rate, keep, 40)[1:]:
            weight = optimizer(weight, ravine.CURVES * weight, memory, rate, **options)
            np.testing.assert_allclose(weight, place, atol=1e-9)  # forty steps of rounding


def test_the_lesson_s_hand_example_and_half_warm_schedule_hold_in_torch(course_file: Any) -> None:
    claims = course_file(CONCEPT, "claims.py")
    w, v = (torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in (0.5, -1.0))
    loss = -functional.logsigmoid(v * torch.relu(2 * w))
    loss.backward()
    assert w.grad is not None and v.grad is not None
    assert (loss.item(), w.grad.item(), v.grad.item()) == pytest.approx(
        (claims.hand_loss(), claims.hand_dw(), claims.hand_dv())
    )
    # E8: half the peak times the steps, whatever the warm-up.
    totals = [sum(claims.warm_half(s, n_warm=n) for s in range(200)) for n in (20, 100)]
    assert totals == pytest.approx([101, 101])


@pytest.mark.parametrize(
    ("lab", "task", "right", "wrong", "told"),
    [
        ("backpropagation", "cross_entropy", "np.mean(log_sum", "-np.mean(log_sum", "negative"),
        ("backpropagation", "cross_entropy_slope", "slope / len(target)", "slope", "shared out"),
        ("backpropagation", "backward", "d_h * (1.0 - h**2)", "d_h", "bend"),
        ("backpropagation", "batches", "range(0, n_examples, size)", "range(0, n_examples - size + 1, size)", "lost"),
        ("backpropagation", "descend", "values - rate", "values + rate", "uphill"),
        ("optimizers", "momentum", '0.0) + slope\n', '0.0) + (1 - keep) * slope\n', "running mean"),
        ("optimizers", "rmsprop", '(np.sqrt(memory["square"]) + tiny)', 'np.sqrt(memory["square"] + tiny)', "root"),
        ("optimizers", "adam", 'memory.get("steps", 0)', 'memory.get("steps", 1)', "counts as the second"),
        ("optimizers", "adamw", "(1 - rate * decay)", "(1 - decay)", "rate times decay"),
        ("optimizers", "learning_rate", "(step + 1) / n_warm", "step / n_warm", "wasted"),
        ("optimizers", "learning_rate", "0.1 + 0.9 * 0.5", "0.5", "tenth"),
    ],
)  # fmt: skip
def test_a_typical_mistake_is_told_what_it_is(
    attempt: Any, lab: str, task: str, right: str, wrong: str, told: str
) -> None:
    verdict = next(v for v in attempt(CONCEPT, lab, {right: wrong}).verdicts if v.task == task)
    assert not verdict.passed
    assert told in verdict.why
