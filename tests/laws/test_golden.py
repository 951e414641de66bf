"""A stage whose output changes must raise its version: golden digests on a fixed little model.

Only stages whose arithmetic is the same on every machine have one; training sums in an order
that depends on the processor, and is held by its own tests instead. When a change is meant,
raise the stage's version and put the new digest here.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

import practicum as pr
from practicum.core.stage import find_stage
from practicum.core.store import Store
from practicum.text.tokenizer import CHATML, save_tokenizer, train_bpe

GOLDEN = {
    ("data", 1): "a8ffb069d38712db",
    ("merge", 1): "a57f57882c58ebfb",
    ("quantize", 1): "8dd07aafc8d965d7",
}
WIDTH, HIDDEN, VOCABULARY = 64, 96, 300


def little_model(folder: Path, phase: float) -> Path:
    """A Llama-shaped folder whose weights are a formula, equal on every machine."""
    folder.mkdir()
    special = {"bos_token": "<|endoftext|>", "eos_token": "<|im_end|>"}
    backend = train_bpe(
        ["a b c " * 50], VOCABULARY, ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    )
    save_tokenizer(folder, backend, CHATML, special)
    n_vocab = backend.get_vocab_size()
    config = {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": WIDTH,
        "intermediate_size": HIDDEN, "num_hidden_layers": 1, "num_attention_heads": 2,
        "num_key_value_heads": 1, "head_dim": 32, "max_position_embeddings": 64, "rms_norm_eps": 1e-5,
        "rope_theta": 10000.0, "vocab_size": n_vocab, "tie_word_embeddings": True,
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config))
    shapes = {
        "model.embed_tokens.weight": (n_vocab, WIDTH), "model.norm.weight": (WIDTH,),
        **{f"model.layers.0.self_attn.{n}_proj.weight": s for n, s in
           {"q": (WIDTH, WIDTH), "k": (32, WIDTH), "v": (32, WIDTH), "o": (WIDTH, WIDTH)}.items()},
        **{f"model.layers.0.mlp.{n}_proj.weight": s for n, s in
           {"gate": (HIDDEN, WIDTH), "up": (HIDDEN, WIDTH), "down": (WIDTH, HIDDEN)}.items()},
        "model.layers.0.input_layernorm.weight": (WIDTH,),
        "model.layers.0.post_attention_layernorm.weight": (WIDTH,),
    }  # fmt: skip
    # Small whole numbers over a power of two: exact in every float type, whatever the machine.
    tensors = {
        name: ((torch.arange(int(torch.tensor(shape).prod())) * 37 + int(phase * 100)) % 101 - 50)
        .reshape(shape)
        .float()
        / 64
        for name, shape in shapes.items()
    }
    save_file(tensors, str(folder / "model.safetensors"), metadata={"format": "pt"})
    return folder


@pytest.fixture
def made(tmp_path: Path) -> dict[tuple[str, int], str]:
    """The digest that each stage gives today, by stage and version."""
    store = Store(tmp_path / "home")
    one, two = (little_model(tmp_path / n, p) for n, p in (("one", 0.0), ("two", 0.3)))
    sums = {"min_terms": 2, "max_terms": 2, "min_digits": 2, "max_digits": 2}
    results = {
        "data": pr.data(
            tasks={"chain_sum": {"train": 5, "test": 3, "settings": sums}}, home=store, seed=1
        ),
        "merge": pr.merge(str(one), str(two), method="linear", weights=[1, 3], home=store),
        "quantize": pr.quantize(str(one), type="Q8_0", home=store),
    }
    return {(n, find_stage(n).version): m.artifact.digest[:16] for n, m in results.items()}


def test_a_stage_that_gives_something_new_has_a_new_version(
    made: dict[tuple[str, int], str],
) -> None:
    assert made == GOLDEN
