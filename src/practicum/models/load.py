"""Models into memory: an artifact or folder → a torch model and its tokenizer.

Only safetensors are read, code that comes with a model is never run, and nothing is fetched.
"""

from __future__ import annotations

import json
import os
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from practicum.core.artifact import Artifact
from practicum.core.errors import Complaint, PracticumError
from practicum.tensors.stream import Spec, read_specs
from practicum.text.tokenizer import FILES, ChatTokenizer, load_tokenizer

if TYPE_CHECKING:
    from transformers import PreTrainedModel

Dtype = Literal["float32", "bfloat16"]

# Said before the library is imported, because it reads them then: no hub, no telemetry, no
# advice on our standard error.
QUIET = {
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TRANSFORMERS_NO_ADVISORY_WARNINGS": "1",
    "TRANSFORMERS_VERBOSITY": "error",
    "TOKENIZERS_PARALLELISM": "false",
    "DO_NOT_TRACK": "1",
}


def be_quiet() -> None:
    """Turn telemetry and chatter of the model libraries off for this process."""
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    # peft asks transformers for an attribute under its old name on every attach
    warnings.filterwarnings(
        "ignore", message=".*is_gradient_checkpointing.*", category=FutureWarning
    )


@contextmanager
def threads(n: int) -> Iterator[None]:
    """Run the block with that many torch threads, then restore the previous number."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(n)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def model_folder(model: Artifact) -> Path:
    """The folder of a Hugging Face shaped model artifact.

    Raises  PracticumError for GGUF artifacts, which have none; IntegrityError when a file
            is missing or has another size than recorded.
    """
    if model.meta.get("format") != "safetensors":
        raise PracticumError(
            f"{model.short} is a {model.meta.get('format')} model, safetensors are needed here",
            hint="practicum import FILE.gguf makes one",
        )
    for name in model.files:
        model.path(name)
    return model.folder


def load_folder(folder: Path, dtype: Dtype | None = None) -> PreTrainedModel:
    """A causal language model from a Hugging Face folder, in evaluation mode, on the CPU.

    `dtype` None computes in the type the weights are stored in.
    """
    be_quiet()
    import torch
    from transformers import AutoModelForCausalLM
    from transformers.utils import logging

    logging.disable_progress_bar()
    model = AutoModelForCausalLM.from_pretrained(
        str(folder),
        dtype=getattr(torch, dtype or stored_dtype(folder)),
        local_files_only=True,
        trust_remote_code=False,
        use_safetensors=True,
        attn_implementation="sdpa",
    )
    model.requires_grad_(False)
    eval_model: PreTrainedModel = model.eval()
    return eval_model


def load_model(
    model: Artifact, dtype: Dtype | None = None
) -> tuple[PreTrainedModel, ChatTokenizer]:
    """A model artifact as a torch model with its tokenizer."""
    folder = model_folder(model)
    return load_folder(folder, dtype), load_tokenizer(folder)


def load_gguf(path: Path, dtype: Dtype = "float32") -> PreTrainedModel:
    """A Llama-shaped GGUF dequantized into a torch model: its weights, without its engine."""
    be_quiet()
    import numpy as np
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    from practicum.models.convert import config_of, hf_tensors
    from practicum.models.gguf_file import GgufFile

    gguf = GgufFile(path)
    fields = config_of(gguf)
    config = AutoConfig.for_model(fields.pop("model_type"), **fields)
    model = AutoModelForCausalLM.from_config(config, dtype=getattr(torch, dtype))
    state = {
        name: torch.from_numpy(np.array(values)).to(getattr(torch, dtype))
        for name, values in hf_tensors(gguf, fields)
    }
    missing, unexpected = model.load_state_dict(state, strict=False, assign=True)
    model.tie_weights()
    absent = [n for n in missing if n != "lm_head.weight" or not config.tie_word_embeddings]
    if absent or unexpected:
        raise PracticumError(f"{path}: tensors do not fit: {[*absent, *unexpected][:5]}")
    model.requires_grad_(False)
    eval_model: PreTrainedModel = model.eval()
    return eval_model


def check_adapter(adapter: Artifact, base: Artifact) -> None:
    """Raises PracticumError unless the adapter was made for exactly this base."""
    wanted = adapter.meta.get("base")
    if wanted != base.digest:
        raise PracticumError(
            Complaint(
                f"adapter {adapter.short} belongs to base {str(wanted)[:8]}, not to {base.short}",
                hint=f"use --model {str(wanted)[:8]}",
            )
        )


def load_adapted(base: Artifact, adapter: Artifact, dtype: Dtype | None = None) -> PreTrainedModel:
    """The base with the adapter merged into its weights.

    Raises  PracticumError when the adapter belongs to another base.
    """
    check_adapter(adapter, base)
    from peft import PeftModel

    model, _ = load_model(base, dtype)
    adapter.path("adapter_model.safetensors")
    wrapped = PeftModel.from_pretrained(model, str(adapter.folder), is_trainable=False)
    merged: PreTrainedModel = wrapped.merge_and_unload()
    return merged.eval()


def save_model(model: PreTrainedModel, source: Path, folder: Path) -> None:
    """Write a model's weights as they are, with the source's config and tokenizer beside them.

    Tied output layers are written once, as the source had them.
    """
    from safetensors.torch import save_file

    state = model.state_dict()
    if model.config.tie_word_embeddings:
        state.pop("lm_head.weight", None)
    tensors = {k: v.contiguous() for k, v in state.items()}
    save_file(tensors, str(folder / "model.safetensors"), metadata={"format": "pt"})
    for name in ("config.json", *FILES):
        if (source / name).is_file():
            shutil.copyfile(source / name, folder / name)


def read_config(folder: Path) -> dict[str, Any]:
    """The config.json of a model folder.  Raises PracticumError when it is missing."""
    path = folder / "config.json"
    if not path.is_file():
        raise PracticumError(f"{folder}: no config.json", hint="a Hugging Face model folder")
    config: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return config


def _specs(folder: Path) -> dict[str, Spec]:
    return read_specs(sorted(folder.glob("*.safetensors")))


def stored_dtype(folder: Path) -> Dtype:
    """The type in which most of a model's weights are stored; float16 is computed in float32,
    because half-precision products are unusably slow on CPUs."""
    counts: dict[str, int] = {}
    for spec in _specs(folder).values():
        counts[spec.dtype] = counts.get(spec.dtype, 0) + spec.size_bytes
    return "bfloat16" if max(counts, key=lambda k: counts[k]) == "BF16" else "float32"


def model_meta(folder: Path, *, name: str, licence: str | None, **more: Any) -> dict[str, Any]:
    """What a safetensors model artifact says of itself, read from headers."""
    config = read_config(folder)
    return {
        "name": name,
        "format": "safetensors",
        "architecture": (config.get("architectures") or ["?"])[0],
        "dtype": stored_dtype(folder),
        "n_parameters": sum(s.n_items for s in _specs(folder).values()),
        "n_vocab": config["vocab_size"],
        "license": licence,
        **more,
    }
