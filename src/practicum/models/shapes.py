"""How large a Llama-shaped model is, and what training it takes, from its config alone."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from practicum.core.errors import Complaint, PracticumError, nearest

LINEAR = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
GB = 1e9


@dataclass(frozen=True)
class Shape:
    """The numbers of a Llama-shaped model: Llama, Mistral, and what follows them.

    tied  whether the output layer is the embedding
    """

    hidden: int
    inner: int
    n_layers: int
    n_heads: int
    n_kv_heads: int
    n_vocab: int
    head: int
    tied: bool = False

    def linear(self) -> dict[str, tuple[int, int]]:
        """The linear layers of a block by name, as (outputs, inputs)."""
        q, kv = self.n_heads * self.head, self.n_kv_heads * self.head
        return {
            "q_proj": (q, self.hidden), "k_proj": (kv, self.hidden), "v_proj": (kv, self.hidden),
            "o_proj": (self.hidden, q), "gate_proj": (self.inner, self.hidden),
            "up_proj": (self.inner, self.hidden), "down_proj": (self.hidden, self.inner),
        }  # fmt: skip

    @property
    def n_linear(self) -> int:
        """Weights in the linear layers of all blocks: what QLoRA packs."""
        return self.n_layers * sum(out * into for out, into in self.linear().values())

    @property
    def n_parameters(self) -> int:
        """All weights."""
        norms = (2 * self.n_layers + 1) * self.hidden
        return self.n_linear + norms + self.n_vocab * self.hidden * (1 if self.tied else 2)

    def n_adapter(self, rank: int, targets: Iterable[str] = LINEAR) -> int:
        """Weights of a LoRA of that rank: rank · (outputs + inputs) for each layer.

        Raises  PracticumError for a layer that these models lack.
        """
        sizes, total = self.linear(), 0
        for name in targets:
            if name not in sizes:
                raise PracticumError(Complaint(f"no layer {name}", hint=nearest(name, sizes)))
            total += rank * sum(sizes[name])
        return self.n_layers * total


def shape_from(config: Mapping[str, Any]) -> Shape:
    """The shape that a config.json describes.

    Raises  PracticumError when a number is missing.
    """
    try:
        heads = int(config["num_attention_heads"])
        hidden = int(config["hidden_size"])
        return Shape(
            hidden, int(config["intermediate_size"]), int(config["num_hidden_layers"]), heads,
            int(config.get("num_key_value_heads") or heads), int(config["vocab_size"]),
            int(config.get("head_dim") or hidden // heads),
            bool(config.get("tie_word_embeddings", False)),
        )  # fmt: skip
    except KeyError as error:
        raise PracticumError(f"this config has no {error}: no Llama-shaped model") from error


@cache
def _known() -> dict[str, dict[str, Any]]:
    return tomllib.loads(files("practicum.models").joinpath("shapes.toml").read_text("utf-8"))


def find_shape(name: str) -> Shape:
    """The shape of a model folder, or of a model that a published recipe names.

    Raises  PracticumError with the nearest name when neither is known.
    """
    folder = Path(name).expanduser()
    if (folder / "config.json").is_file():
        return shape_from(json.loads((folder / "config.json").read_text("utf-8")))
    if name not in _known():
        raise PracticumError(Complaint(f"the shape of {name} is not known here",
                                       hint=nearest(name, _known()) or "a folder with config.json"))  # fmt: skip
    return shape_from(_known()[name])


@dataclass(frozen=True)
class Memory:
    """What training takes, in bytes, on one device.

    weights, adapter, optimizer, gradients, activations
    """

    weights: float
    trained: float
    optimizer: float
    gradients: float
    activations: float

    @property
    def total(self) -> float:
        """All of it."""
        return self.weights + self.trained + self.optimizer + self.gradients + self.activations

    def of_a_rank(self, world: int, stage: int) -> Memory:
        """What each of `world` ranks takes when the rest is with the others.

        stage   0: every rank holds everything; 1: the optimizer's numbers are split; 2: gradients
                too; 3: weights too
        Source  Rajbhandari et al. 2020 (arXiv:1910.02054), ZeRO, table 1.
        """
        apart = [1 / world if stage >= least else 1.0 for least in (1, 2, 3)]
        return Memory(self.weights * apart[2], self.trained * apart[2], self.optimizer * apart[0],
                      self.gradients * apart[1], self.activations)  # fmt: skip


def training_memory(
    shape: Shape, n_trained: int, *, four_bits: bool, batch_tokens: int, optimizer_bytes: float = 8.0,
    checkpointing: bool = True,
) -> Memory:  # fmt: skip
    """About what a training takes: frozen weights at 16 or 4 bits, the trained ones in float32.

    Activations are those of a block at 16 bits for every token and layer: its input alone with
    gradient checkpointing, else about 34 numbers for every hidden one (Korthikanti et al. 2022,
    arXiv:2205.05198, without the attention matrix).
    """
    frozen = shape.n_parameters - (n_trained if n_trained == shape.n_parameters else 0)
    rest = frozen - shape.n_linear if four_bits else frozen
    weights = rest * 2 + (shape.n_linear * 4.127 / 8 if four_bits else 0)
    a_token = shape.hidden * shape.n_layers * 2 * (1 if checkpointing else 17)
    return Memory(weights, n_trained * 4.0, n_trained * optimizer_bytes, n_trained * 4.0,
                  float(batch_tokens * a_token + batch_tokens * shape.n_vocab * 4))  # fmt: skip
