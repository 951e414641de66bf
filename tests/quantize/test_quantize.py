"""GGUF files: read back by the gguf package, run by llama.cpp, equal to the torch model."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

import practicum as pr
from practicum.core.errors import PlanError, PracticumError
from practicum.core.messages import Message
from practicum.core.stage import Made
from practicum.core.store import Store
from practicum.infer.engine import gguf_path, open_engine
from practicum.infer.torch_engine import TorchEngine
from practicum.models.convert import folder_to_gguf, gguf_to_folder
from practicum.models.gguf_file import GgufFile, swap_rotary_halves
from practicum.models.load import load_gguf, load_model


def test_rotary_rows_are_reordered_as_worked_by_hand_and_back() -> None:
    weight = np.arange(8, dtype=np.float32)[:, None]  # one head of width 8
    there = swap_rotary_halves(weight, 1, to_gguf=True)
    assert there[:, 0].tolist() == [0, 4, 1, 5, 2, 6, 3, 7]
    two = np.random.default_rng(0).normal(size=(16, 3)).astype(np.float32)
    assert np.array_equal(
        swap_rotary_halves(swap_rotary_halves(two, 2, to_gguf=True), 2, to_gguf=False), two
    )


@pytest.fixture(scope="module")
def f32(life: dict[str, Made], tiny_store: Store) -> Made:
    return pr.quantize("tuned", type="F32", name="tuned-f32", home=tiny_store)


def test_an_f32_gguf_holds_exactly_the_weights_of_its_source(
    f32: Made, life: dict[str, Made]
) -> None:
    there = load_gguf(gguf_path(f32.artifact)).state_dict()
    here = load_model(life["tuned"].artifact)[0].state_dict()
    assert here.keys() == there.keys()
    assert all(torch.equal(here[k], there[k]) for k in here)


def test_llama_cpp_agrees_with_torch_on_log_probabilities(f32: Made, life: dict[str, Made]) -> None:
    model, tokenizer = load_model(life["tuned"].artifact, "float32")
    engine = TorchEngine(model, tokenizer)
    prompt = tokenizer.encode_prompt([Message(role="user", content="Who goes there? 38")])
    with open_engine(f32.artifact, threads=2) as llama:
        theirs = llama.first_log_probs(prompt, 10)
    ours = [engine.log_likelihoods([(prompt, [token])])[0] for token in theirs]
    # llama.cpp keeps keys and values in half precision, hence the tolerance
    assert list(theirs.values()) == pytest.approx(ours, abs=0.02)


def test_transformers_reads_our_file_to_the_same_weights(f32: Made, life: dict[str, Made]) -> None:
    from transformers import AutoModelForCausalLM, GgufConfig

    path = gguf_path(f32.artifact)
    theirs = AutoModelForCausalLM.from_pretrained(
        str(path.parent), gguf_file=path.name, dtype=torch.float32,
        quantization_config=GgufConfig(dequantize=True),
    ).state_dict()  # fmt: skip
    ours = load_model(life["tuned"].artifact)[0].state_dict()
    for name, tensor in ours.items():
        assert torch.allclose(theirs[name], tensor, atol=1e-6), name


@pytest.mark.parametrize(("kind", "bits"), [("Q8_0", 8.5), ("Q5_1", 6.0), ("Q5_0", 5.5), ("Q4_1", 5.0),
                                            ("Q4_0", 4.5)])  # fmt: skip
def test_block_types_cost_the_published_bits_and_err_less_with_more(
    kind: str, bits: float, life: dict[str, Made], tmp_path: Path
) -> None:
    from gguf import GGUFReader
    from gguf.quants import dequantize

    source = life["tuned"].artifact
    folder_to_gguf(source.folder, tmp_path / "m.gguf", kind, "m", None)
    name = "blk.0.ffn_up.weight"
    tensor = next(t for t in GGUFReader(str(tmp_path / "m.gguf")).tensors if t.name == name)
    assert tensor.tensor_type.name == kind
    assert 8 * tensor.n_bytes / tensor.n_elements == bits
    exact = load_model(source)[0].state_dict()["model.layers.0.mlp.up_proj.weight"].numpy()
    error = np.abs(dequantize(tensor.data, tensor.tensor_type) - exact).max() / np.abs(exact).max()
    assert error < 2.0 / 2 ** int(kind[1])


def test_the_tokenizer_survives_the_journey_to_gguf_and_back(
    f32: Made, life: dict[str, Made], tmp_path: Path
) -> None:
    from practicum.text.tokenizer import load_tokenizer

    gguf_to_folder(gguf_path(f32.artifact), tmp_path)
    source, back = load_tokenizer(life["tuned"].artifact.folder), load_tokenizer(tmp_path)
    assert back.template == source.template
    assert back.encode("O Romeo, 1597 — naïve 🜚") == source.encode("O Romeo, 1597 — naïve 🜚")
    assert back.decode(back.encode("O Romeo, 1597 — naïve 🜚")) == "O Romeo, 1597 — naïve 🜚"
    assert back.stop_ids == {2}


def test_the_header_carries_template_licence_and_pre_tokenizer(f32: Made) -> None:
    gguf = GgufFile(gguf_path(f32.artifact))
    assert gguf.get("tokenizer.ggml.pre") == "smollm"
    assert "<|im_start|>" in gguf.get("tokenizer.chat_template")
    assert gguf.get("general.license") == "Apache-2.0"


def test_a_truncated_gguf_is_refused_with_its_name(
    f32: Made, tmp_path: Path, tiny_store: Store
) -> None:
    whole = gguf_path(f32.artifact).read_bytes()
    for size in (10, 2000, len(whole) // 2):
        path = tmp_path / f"cut{size}.gguf"
        path.write_bytes(whole[:size])
        with pytest.raises(PracticumError, match=f"cut{size}.gguf: truncated or damaged"):
            pr.resolve(str(path), tiny_store)


def test_plan_refuses_architectures_that_cannot_be_written(
    life: dict[str, Made], tiny_store: Store, tmp_path: Path
) -> None:
    import shutil

    folder = tmp_path / "odd"
    shutil.copytree(life["tuned"].artifact.folder, folder)
    config = json.loads((folder / "config.json").read_text())
    config |= {
        "architectures": ["OddForCausalLM"],
        "rope_scaling": {"rope_type": "yarn"},
        "mlp_bias": True,
    }
    (folder / "config.json").chmod(0o644)
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(PlanError) as error:
        pr.plan("quantize", str(folder), home=tiny_store)
    for words in ("OddForCausalLM is not written", "scaled rotary", "biases"):
        assert words in str(error.value)
