"""S4e: memory of ZeRO's stages predicted and measured, updates equal to PyTorch's, a configuration written."""

from __future__ import annotations

import json
import tracemalloc
from typing import Any

import numpy as np
import pytest
import torch

approx = pytest.approx
CONCEPT, LAB = "deepspeed", "who-keeps-what"


@pytest.fixture
def zero(solved: Any) -> Any:
    """What the solution of the lab defined."""
    return solved(CONCEPT, LAB)


@pytest.mark.feature("S4e")
@pytest.mark.parametrize("stage", range(4))
@pytest.mark.parametrize("n_ranks", [1, 3, 8])
def test_what_ranks_really_allocate_is_within_a_tenth_of_the_prediction(
    zero: Any, stage: int, n_ranks: int
) -> None:
    n_weights = 250_007  # a prime: nothing divides
    predicted = zero.memory(n_weights, n_ranks, stage)
    assert zero.allocated(n_weights, n_ranks, stage) == approx(predicted, rel=0.1)
    tracemalloc.start()  # NumPy reports its buffers to it
    flat = np.ones(n_weights, np.float16)
    piece = zero.shards(flat, n_ranks)[0]
    del flat
    before = tracemalloc.get_traced_memory()[0]
    sizes = [(3, np.float16), (2, np.float16), *[(1, np.float32)] * 3]
    held = [np.ones(len(piece) if stage >= needs else n_weights, kind) for needs, kind in sizes]
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert len(held) == 5
    assert grown == approx(predicted, rel=0.1)


@pytest.mark.feature("S4e")
def test_the_published_example_of_seven_and_a_half_billion_weights_on_64_ranks(zero: Any) -> None:
    # Rajbhandari et al. 2020 (arXiv:1910.02054), figure 1: 120, 31.4, 16.6 and 1.9 GB
    gb = [zero.memory(7.5e9, 64, stage) / 1e9 for stage in range(4)]
    assert gb == approx([120, 31.4, 16.6, 1.9], abs=0.05)


@pytest.mark.feature("S4e")
def test_the_configuration_is_json_that_fits_and_whose_batch_is_a_product(zero: Any) -> None:
    for n_ranks, room in ((1, 200e9), (8, 40e9), (8, 27e9), (8, 20e9), (4, 16e9)):
        told = json.loads(json.dumps(zero.configuration(7e9, n_ranks, room, 2, 4)))
        assert told["train_batch_size"] == 2 * 4 * n_ranks
        zero_part = told["zero_optimization"]
        fits = zero.memory(7e9, n_ranks, zero_part["stage"]) <= room
        assert fits != ("offload_optimizer" in zero_part)
        for lower in range(zero_part["stage"]):
            assert zero.memory(7e9, n_ranks, lower) > room


@pytest.mark.parametrize("n_ranks", [1, 2, 4, 8])
def test_sharded_updates_are_those_of_pytorchs_adam_on_all_rows(zero: Any, n_ranks: int) -> None:
    W = torch.tensor(zero.start.reshape(5, 3), requires_grad=True)
    optimizer = torch.optim.Adam([W], lr=0.05, betas=(0.9, 0.99), eps=1e-8)
    for _ in range(120):
        loss = torch.nn.functional.mse_loss(torch.tensor(zero.X) @ W, torch.tensor(zero.Y))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert zero.trained(n_ranks) == approx(W.detach().numpy().reshape(-1), abs=1e-9)


def test_scatter_and_gather_make_an_all_reduce(zero: Any) -> None:
    rng = np.random.default_rng(0)
    for n_ranks, n in ((1, 7), (3, 7), (5, 20), (8, 3)):
        given = rng.normal(size=(n_ranks, n))
        assert zero.all_gather(zero.reduce_scatter(given), n) == approx(given.mean(0), abs=1e-12)


SLIPS = [
    ("STATE / n_ranks if stage >= 1", "STATE / n_ranks if stage == 1", "memory", "stages build on each other"),
    ("length = -(-len(flat) // n_ranks)", "length = len(flat) // n_ranks; flat = flat[: n_ranks * length]",
     "shards", "round upwards"),
    ("shards(np.mean(gradients, axis=0), len(gradients))", "shards(np.sum(gradients, axis=0), len(gradients))",
     "reduce_scatter", "the mean is wanted"),
    ("return 3 if stage == 3 else 2", "return 2", "traffic", "on the way back"),
    ('fitting[0] if fitting else 3', "3", "configuration", "although stage 0 fits"),
]  # fmt: skip


@pytest.mark.parametrize("right, wrong, task, told", SLIPS, ids=[task for _, _, task, _ in SLIPS])
def test_typical_slips_are_told_why(
    attempt: Any, right: str, wrong: str, task: str, told: str
) -> None:
    verdicts = {v.task: v for v in attempt(CONCEPT, LAB, {right: wrong}).verdicts}
    assert not verdicts[task].passed
    assert told in verdicts[task].why
