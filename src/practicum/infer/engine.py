"""The engine for a model: torch for safetensors, llama.cpp for GGUF."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from practicum.core.artifact import Artifact
from practicum.core.errors import Complaint, PracticumError
from practicum.infer.llama_engine import LlamaEngine
from practicum.infer.score.budget import MEMORY_BYTES
from practicum.models.convert import restore_tokenizer
from practicum.models.gguf_file import GgufFile
from practicum.text.tokenizer import ChatTokenizer, load_tokenizer

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from practicum.infer.torch_engine import TorchEngine
    from practicum.models.load import Dtype

_OVER_GGUF = Complaint(
    "an adapter cannot be laid over a GGUF file",
    hint="use it on its safetensors base, then practicum quantize",
)


def gguf_path(model: Artifact) -> Path:
    """The one GGUF file of a model artifact."""
    names = [n for n in model.files if n.endswith(".gguf")]
    if len(names) != 1:
        raise PracticumError(f"{model.short} holds {len(names)} GGUF files, expected one")
    return model.path(names[0])


def tokenizer_of(model: Artifact) -> ChatTokenizer:
    """The tokenizer a model carries, restored from the header when it is a GGUF."""
    if model.meta.get("format") != "gguf":
        return load_tokenizer(model.folder)
    with TemporaryDirectory() as folder:
        restore_tokenizer(GgufFile(gguf_path(model)), Path(folder))
        return load_tokenizer(Path(folder))


@contextmanager
def open_engine(
    model: Artifact, threads: int, adapter: Artifact | None = None
) -> Iterator[LlamaEngine | TorchEngine]:
    """The engine that can run this model, closed at the end of the block."""
    tokenizer = tokenizer_of(model)
    if model.meta.get("format") == "gguf":
        if adapter:
            raise PracticumError(_OVER_GGUF)
        llama = LlamaEngine(gguf_path(model), tokenizer, threads)
        try:
            yield llama
        finally:
            llama.close()
        return
    from practicum.infer.torch_engine import TorchEngine
    from practicum.models.load import load_adapted, load_model
    from practicum.models.load import threads as torch_threads

    with torch_threads(threads):
        torch_model = load_adapted(model, adapter) if adapter else load_model(model)[0]
        yield TorchEngine(torch_model, tokenizer)


def exact_model(
    model: Artifact, adapter: Artifact | None = None, dtype: Dtype = "float32"
) -> PreTrainedModel:
    """The model's weights as a torch model, whatever the file format: what a score is made with.

    Float32, because at bf16 the rounding of the arithmetic would be as large as the
    difference that an 8-bit format makes. A GGUF is dequantized: llama.cpp gives no
    log-probabilities of a prompt, and rounds activations to 8 bits besides, so that its own
    would say less about the weights.
    """
    from practicum.models.load import load_adapted, load_gguf, load_model

    if model.meta.get("format") == "gguf":
        if adapter:
            raise PracticumError(_OVER_GGUF)
        return load_gguf(gguf_path(model), dtype)
    return load_adapted(model, adapter, dtype) if adapter else load_model(model, dtype)[0]


@contextmanager
def open_scorer(
    model: Artifact, threads: int, adapter: Artifact | None = None, *,
    dtype: Dtype = "float32", max_length: int | None = None, memory_bytes: int = MEMORY_BYTES,
) -> Iterator[TorchEngine]:  # fmt: skip
    """The torch engine over a model's exact weights: it scores safetensors and GGUF alike."""
    from practicum.infer.torch_engine import TorchEngine
    from practicum.models.load import threads as torch_threads

    with torch_threads(threads):
        yield TorchEngine(
            exact_model(model, adapter, dtype), tokenizer_of(model), memory_bytes, max_length
        )
