"""Merging: hand examples, identities, and what plan refuses."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

import practicum as pr
from practicum.core.errors import PlanError
from practicum.core.stage import Made
from practicum.core.store import Store
from practicum.merge.methods import linear, slerp


def test_slerp_walks_a_quarter_circle_worked_by_hand() -> None:
    a, b = torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])
    assert slerp(a, b, 1 / 3).tolist() == pytest.approx([math.cos(math.pi / 6), 0.5], abs=1e-6)


def test_slerp_returns_its_ends_exactly() -> None:
    a, b = torch.randn(5, 3).bfloat16(), torch.randn(5, 3).bfloat16()
    assert torch.equal(slerp(a, b, 0.0), a.float())
    assert torch.equal(slerp(a, b, 1.0), b.float())


def test_slerp_of_parallel_vectors_is_a_straight_line() -> None:
    a = torch.tensor([3.0, 4.0])
    assert slerp(a, 2 * a, 0.5).tolist() == pytest.approx([4.5, 6.0])


def test_slerp_equals_the_slow_formula_on_angles() -> None:
    a, b, t = torch.randn(40), torch.randn(40), 0.3
    u, v = a.double(), b.double()
    angle = math.acos(float(u @ v / (u.norm() * v.norm())))
    slow = (math.sin((1 - t) * angle) * u + math.sin(t * angle) * v) / math.sin(angle)
    assert torch.allclose(slerp(a, b, t).double(), slow, atol=1e-6)  # float32 result


def test_linear_divides_by_the_sum_of_weights() -> None:
    tensors = [torch.tensor([1.0]), torch.tensor([4.0]), torch.tensor([10.0])]
    assert linear(tensors, [1, 1, 2]).item() == pytest.approx((1 + 4 + 20) / 4)


def test_a_merged_model_is_the_mean_of_its_parents(life: dict[str, Made]) -> None:
    tuned, aligned, merged = (
        load_file(life[n].artifact.path("model.safetensors"))
        for n in ("tuned", "aligned", "linear")
    )
    assert merged.keys() == tuned.keys()
    for name, tensor in merged.items():
        assert torch.allclose(tensor, (tuned[name] + aligned[name]) / 2, atol=1e-7), name


def test_slerp_at_zero_reproduces_the_first_parent_bit_by_bit(
    life: dict[str, Made], tiny_store: Store
) -> None:
    made = pr.merge("tuned", "aligned", method="slerp", t=0.0, home=tiny_store)
    assert (
        made.artifact.files["model.safetensors"].sha256
        != life["slerp"].artifact.files["model.safetensors"].sha256
    )
    first = load_file(life["tuned"].artifact.path("model.safetensors"))
    ours = load_file(made.artifact.path("model.safetensors"))
    assert all(torch.equal(first[k], ours[k]) for k in first)


def test_plan_refuses_wrong_counts_all_at_once(life: dict[str, Made], tiny_store: Store) -> None:
    with pytest.raises(PlanError) as error:
        pr.plan("merge", "tuned", "aligned", "linear", method="slerp", home=tiny_store)
    assert "slerp takes two models, 3 given" in str(error.value)
    with pytest.raises(PlanError, match="weights: 3 numbers for 2 models"):
        pr.plan("merge", "tuned", "aligned", weights=[1, 2, 3], home=tiny_store)
    with pytest.raises(PlanError, match="needs at least two models"):
        pr.plan("merge", "tuned", home=tiny_store)


def test_plan_refuses_another_vocabulary_and_names_differing_shapes(
    life: dict[str, Made], tiny_store: Store, tmp_path: Path
) -> None:
    other = pr.pretrain(home=tiny_store, updates=1, n_vocab=300, hidden=256, context=16,
                        windows_per_update=4, threads=1)  # fmt: skip
    before = sorted(p.name for p in (tiny_store.home / "objects").iterdir())
    with pytest.raises(PlanError) as error:
        pr.plan("merge", "tuned", other.artifact, home=tiny_store)
    assert "another vocabulary" in str(error.value)
    assert "mlp.down_proj.weight is 256×768 in the first model, 256×256" in str(error.value)
    assert str(error.value).endswith("nothing was downloaded, nothing was written")
    assert sorted(p.name for p in (tiny_store.home / "objects").iterdir()) == before

    swapped = tmp_path / "swapped"
    shutil.copytree(life["tuned"].artifact.folder, swapped)
    path = swapped / "tokenizer.json"
    path.chmod(0o644)
    state = json.loads(path.read_text())
    first, second = list(state["model"]["vocab"])[40:42]
    vocab = state["model"]["vocab"]
    vocab[first], vocab[second] = vocab[second], vocab[first]
    path.write_text(json.dumps(state))
    with pytest.raises(PlanError, match="another vocabulary"):
        pr.plan("merge", "tuned", str(swapped), home=tiny_store)
