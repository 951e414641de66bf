"""What is trained: adapters of every kind over plain and 4-bit weights, or all of a model."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from practicum.core.errors import PracticumError
from practicum.core.stage import Made
from practicum.models.load import load_model
from practicum.tensors.nf4 import from_nf4, to_nf4
from practicum.train.adapters import TunedParams, attach
from practicum.train.nf4 import Nf4Linear, freeze_to_nf4, n_bytes, n_weights, stored, thaw


def ids_of(tiny: Made) -> torch.Tensor:
    _, tokenizer = load_model(tiny.artifact)
    return torch.tensor([tokenizer.encode("To be, or not to be, that is the question")])


def logits(model: Any, ids: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        found: torch.Tensor = model(input_ids=ids).logits
    return found


def stir(model: Any) -> None:
    """Make adapters do something."""
    generator = torch.Generator().manual_seed(3)
    for name, weight in model.named_parameters():
        if "lora_B" in name:
            weight.data = torch.randn(weight.shape, generator=generator) * 0.05


KINDS: dict[str, dict[str, Any]] = {
    "lora": {}, "rslora": {"rslora": True}, "dora": {"dora": True},
    "pattern": {"rank_pattern": {"down_proj": 9}, "targets": "q_proj,down_proj"},
    "qlora": {"method": "qlora"}, "qlora with dora": {"method": "qlora", "dora": True},
}  # fmt: skip


@pytest.mark.feature("S4b")
@pytest.mark.parametrize("kind", KINDS)
def test_an_adapter_changes_nothing_at_first_and_folds_to_what_it_computes(
    tiny: Made, kind: str
) -> None:
    params = TunedParams(rank=4, alpha=8, **KINDS[kind])
    model, _ = load_model(tiny.artifact, "float32")
    ids = ids_of(tiny)
    if params.method == "qlora":
        freeze_to_nf4(model)
    plain = logits(model, ids)
    tuned = attach(load_model(tiny.artifact, "float32")[0], params, seed=1)
    assert torch.allclose(logits(tuned.model, ids), plain, atol=1e-5)
    stir(tuned.model)
    adapted = logits(tuned.model, ids)
    assert not torch.allclose(adapted, plain, atol=1e-3)
    folded = tuned.fold()
    assert not any(isinstance(m, Nf4Linear) for m in folded.modules())
    assert torch.allclose(logits(folded, ids), adapted, atol=1e-3)
    assert tuned.fold() is folded


def test_a_small_update_of_half_precision_weights_is_rounded_once(tiny: Made) -> None:
    model, _ = load_model(tiny.artifact, "float32")
    model = model.to(torch.bfloat16)
    tuned = attach(model, TunedParams(rank=4, alpha=8, targets="q_proj"), seed=1)
    stir(tuned.model)
    layer: Any = next(m for n, m in tuned.model.named_modules() if n.endswith("0.self_attn.q_proj"))
    exact = layer.base_layer.weight.float() + layer.get_delta_weight("default").float()
    folded: Any = tuned.fold()
    found = folded.model.layers[0].self_attn.q_proj.weight
    assert found.dtype == torch.bfloat16
    assert torch.equal(found, exact.to(torch.bfloat16))


@pytest.mark.feature("N6")
def test_rank_stabilised_adapters_are_scaled_by_the_root_of_their_rank(tiny: Made) -> None:
    for rslora, scale in ((False, 8 / 16), (True, 8 / 4)):
        params = TunedParams(rank=16, alpha=8, rslora=rslora)
        tuned = attach(load_model(tiny.artifact, "float32")[0], params, seed=1)
        scales = {
            m.scaling["default"]
            for m in tuned.model.modules()
            if isinstance(getattr(m, "scaling", None), dict)
        }
        assert scales == {scale}


def test_ranks_by_name_and_rates_by_part(tiny: Made) -> None:
    params = TunedParams(rank=4, rank_pattern={"down_proj": 9}, lora_plus=16)
    tuned = attach(load_model(tiny.artifact, "float32")[0], params, seed=1)
    ranks = {name.split(".lora_A")[0].split(".")[-1]: p.shape[0] for name, p in tuned.model.named_parameters()
             if "lora_A" in name}  # fmt: skip
    assert ranks["down_proj"] == 9 and ranks["q_proj"] == 4
    assert {tuned.lr_scale(n) for n, _ in tuned.model.named_parameters()} == {1.0, 16}


def test_layers_that_are_not_there_are_named(tiny: Made) -> None:
    with pytest.raises(PracticumError, match="nowhere"):
        attach(load_model(tiny.artifact)[0], TunedParams(targets="nowhere"), seed=1)


@pytest.mark.feature("N1")
@pytest.mark.feature("S4c")
def test_a_packed_layer_computes_and_differentiates_like_its_unpacked_weights() -> None:
    torch.manual_seed(0)
    layer = torch.nn.Linear(48, 20)
    packed = Nf4Linear(layer)
    plain = packed.thawed()
    assert torch.equal(packed.weight, plain.weight)
    expected = torch.from_numpy(from_nf4(to_nf4(layer.weight.detach().numpy())))
    assert torch.allclose(packed.weight, expected, atol=1e-7)
    assert torch.equal(torch.from_numpy(from_nf4(stored(packed))), expected)
    x = torch.randn(7, 48, requires_grad=True)
    y = x.detach().clone().requires_grad_()
    (packed(x) ** 2).sum().backward()
    (plain(y) ** 2).sum().backward()
    assert x.grad is not None and y.grad is not None
    assert torch.allclose(x.grad, y.grad, atol=1e-5)
    assert [n for n, _ in packed.named_parameters()] == ["bias"]


@pytest.mark.feature("N1")
def test_a_packed_model_is_an_eighth_of_its_size_without_the_output_and_thaws(tiny: Made) -> None:
    model, _ = load_model(tiny.artifact, "float32")
    whole, n = n_bytes(model), n_weights(model)
    linear = sum(m.weight.numel() for name, m in model.named_modules()
                 if isinstance(m, torch.nn.Linear) and name != "lm_head")  # fmt: skip
    n_layers = freeze_to_nf4(model)
    assert n_weights(model) == n
    left = whole - 4 * linear
    assert n_bytes(model) - left == pytest.approx(linear * 4.127 / 8, rel=0.02)
    assert not isinstance(model.lm_head, Nf4Linear)
    assert thaw(model) == n_layers > 0
    assert n_bytes(model) == whole


@pytest.mark.feature("N1")
@pytest.mark.parametrize("method", ["lora", "qlora"])
def test_only_adapters_get_a_gradient(tiny: Made, method: Any) -> None:
    tuned = attach(load_model(tiny.artifact, "float32")[0], TunedParams(method=method, rank=4), 1)
    stir(tuned.model)
    frozen = {n: b.clone() for n, b in tuned.model.named_buffers() if "codes" in n}
    tuned.model(input_ids=ids_of(tiny)).logits.float().square().mean().backward()
    with_gradient = {n for n, p in tuned.model.named_parameters() if p.grad is not None}
    assert with_gradient and all("lora_" in n for n in with_gradient)
    assert len(with_gradient) == len(tuned.state())
    after = {n: b for n, b in tuned.model.named_buffers() if "codes" in n}
    assert bool(frozen) == (method == "qlora")
    assert all(torch.equal(frozen[n], after[n]) for n in frozen)


def test_a_full_tune_trains_every_weight(tiny: Made) -> None:
    model, _ = load_model(tiny.artifact, "float32")
    tuned = attach(model, TunedParams(method="full"), seed=1)
    assert tuned.n_trained == n_weights(model)
    assert tuned.fold() is model
    assert sum(v.numel() for v in tuned.state().values()) == tuned.n_trained
