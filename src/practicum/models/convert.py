"""GGUF ↔ Hugging Face folder, for the Llama shape (Llama, Mistral, SmolLM, our tiny family).

Both directions are checked against outsiders: transformers' own GGUF loader on the way in,
llama.cpp's log-probabilities on the way out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from practicum.core.errors import Complaint, PracticumError
from practicum.models.gguf_file import TOKENIZER_PRES, GgufFile, swap_rotary_halves
from practicum.text.tokenizer import (
    ChatTokenizer,
    byte_level_bpe,
    load_tokenizer,
    save_tokenizer,
)

CONTROL, NORMAL, USER_DEFINED = 3, 1, 4  # llama.cpp's token types
LAYER_TENSORS = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
OUTER_TENSORS = {
    "token_embd.weight": "model.embed_tokens.weight",
    "output_norm.weight": "model.norm.weight",
    "output.weight": "lm_head.weight",
}
HF_ARCHITECTURES = ("LlamaForCausalLM", "MistralForCausalLM")
Progress = Callable[[float, float], None]


def hf_name(name: str) -> str:
    """The Hugging Face name of a GGUF tensor.  Raises PracticumError for unknown ones."""
    if name in OUTER_TENSORS:
        return OUTER_TENSORS[name]
    parts = name.split(".")
    if len(parts) == 4 and parts[0] == "blk" and parts[2] in LAYER_TENSORS:
        return f"model.layers.{parts[1]}.{LAYER_TENSORS[parts[2]]}.{parts[3]}"
    raise PracticumError(f"GGUF tensor {name} has no place in a Llama-shaped model")


def config_of(gguf: GgufFile) -> dict[str, Any]:
    """The config.json that a GGUF header implies.

    Raises  PracticumError naming everything about the header that is not supported.
    """
    wrong = []
    if gguf.architecture != "llama":
        wrong.append(
            Complaint(f"{gguf.path.name}: architecture {gguf.architecture} is not converted",
                      hint="it still runs with llama.cpp: practicum chat FILE.gguf")
        )  # fmt: skip
    if gguf.of_arch("rope.scaling.type", "none") not in ("none", None):
        wrong.append(Complaint(f"{gguf.path.name}: scaled rotary positions are not converted"))
    if gguf.of_arch("expert_count"):
        wrong.append(Complaint(f"{gguf.path.name}: mixtures of experts are not converted"))
    if wrong:
        raise PracticumError(*wrong)
    heads = int(gguf.of_arch("attention.head_count"))
    width = int(gguf.of_arch("embedding_length"))
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_size": width,
        "intermediate_size": int(gguf.of_arch("feed_forward_length")),
        "num_hidden_layers": int(gguf.of_arch("block_count")),
        "num_attention_heads": heads,
        "num_key_value_heads": int(gguf.of_arch("attention.head_count_kv", heads)),
        "head_dim": int(gguf.of_arch("rope.dimension_count", width // heads)),
        "max_position_embeddings": int(gguf.of_arch("context_length")),
        "rms_norm_eps": float(f"{gguf.of_arch('attention.layer_norm_rms_epsilon'):.6g}"),
        "rope_theta": float(gguf.of_arch("rope.freq_base", 10000.0)),
        "hidden_act": "silu",
        "attention_bias": False,
        "mlp_bias": False,
        "vocab_size": len(gguf.get("tokenizer.ggml.tokens")),
        "tie_word_embeddings": "output.weight" not in {t.name for t in gguf._reader.tensors},
        "bos_token_id": gguf.get("tokenizer.ggml.bos_token_id"),
        "eos_token_id": gguf.get("tokenizer.ggml.eos_token_id"),
        "pad_token_id": gguf.get("tokenizer.ggml.padding_token_id"),
        "dtype": "bfloat16",
    }


def restore_tokenizer(gguf: GgufFile, folder: Path) -> None:
    """Write the GGUF's tokenizer as Hugging Face files, repaired by its `pre` field.

    Raises  PracticumError for tokenizers that are not byte-level BPE.
    """
    pre = str(gguf.get("tokenizer.ggml.pre", "default"))
    if gguf.get("tokenizer.ggml.model") != "gpt2" or pre not in TOKENIZER_PRES:
        raise PracticumError(f"{gguf.path.name}: tokenizer '{pre}' cannot be restored exactly",
                             hint="import the Hugging Face folder of this model")  # fmt: skip
    from tokenizers import AddedToken

    tokens: list[str] = gguf.get("tokenizer.ggml.tokens")
    kinds: list[int] = gguf.get("tokenizer.ggml.token_type") or [NORMAL] * len(tokens)
    merges = [tuple(m.split(" ", 1)) for m in gguf.get("tokenizer.ggml.merges")]
    backend = byte_level_bpe(
        {t: i for i, t in enumerate(tokens)},
        merges,  # type: ignore[arg-type]
        split_digits=TOKENIZER_PRES[pre],
    )
    added = [
        AddedToken(t, special=k == CONTROL, normalized=False)
        for t, k in zip(tokens, kinds, strict=True)
        if k in (CONTROL, USER_DEFINED)
    ]
    backend.add_special_tokens([t for t in added if t.special])
    backend.add_tokens([t for t in added if not t.special])
    special = {}
    for name, key in (("bos_token", "bos"), ("eos_token", "eos"), ("pad_token", "padding"),
                      ("unk_token", "unknown")):  # fmt: skip
        token_id = gguf.get(f"tokenizer.ggml.{key}_token_id")
        if token_id is not None:
            special[name] = tokens[token_id]
    save_tokenizer(folder, backend, gguf.get("tokenizer.chat_template"), special)


def hf_tensors(gguf: GgufFile, config: dict[str, Any]) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Every tensor under its Hugging Face name and rotary convention, one at a time."""
    heads = {"attn_q": config["num_attention_heads"], "attn_k": config["num_key_value_heads"]}
    for name, values in gguf.tensors():
        kind = name.split(".")[2] if name.startswith("blk.") else ""
        if kind in heads:
            values = swap_rotary_halves(values, heads[kind], to_gguf=False)
        yield hf_name(name), values


def gguf_to_folder(path: Path, folder: Path, progress: Progress | None = None) -> dict[str, Any]:
    """Write a Hugging Face folder (bf16 safetensors) from a GGUF; the config is returned."""
    import torch
    from safetensors.torch import save_file

    gguf = GgufFile(path)
    config = config_of(gguf)
    tensors: dict[str, torch.Tensor] = {}
    done, total = 0.0, float(gguf.n_parameters)
    for name, values in hf_tensors(gguf, config):
        tensors[name] = torch.from_numpy(np.array(values)).bfloat16()  # a copy: maps are read-only
        done += values.size
        if progress:
            progress(done, total)
    folder.mkdir(parents=True, exist_ok=True)
    save_file(tensors, str(folder / "model.safetensors"), metadata={"format": "pt"})
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
    restore_tokenizer(gguf, folder)
    return config


def check_writable(config: dict[str, Any], where: str) -> None:
    """Raises PracticumError naming everything that keeps this model from becoming a GGUF."""
    wrong = []
    architecture = (config.get("architectures") or ["?"])[0]
    if architecture not in HF_ARCHITECTURES:
        wrong.append(Complaint(f"{where}: {architecture} is not written as GGUF yet",
                               hint=" or ".join(HF_ARCHITECTURES)))  # fmt: skip
    rope = config.get("rope_scaling") or config.get("rope_parameters") or {}
    if rope.get("rope_type", rope.get("type", "default")) not in ("default", None):
        wrong.append(Complaint(f"{where}: scaled rotary positions are not written as GGUF yet"))
    if config.get("attention_bias") or config.get("mlp_bias"):
        wrong.append(Complaint(f"{where}: biases are not written as GGUF yet"))
    if wrong:
        raise PracticumError(*wrong)


def pre_of(tokenizer: ChatTokenizer) -> str:
    """llama.cpp's name for how this tokenizer splits text before merging.

    Raises  PracticumError when it is none that we can prove equal: a wrong guess changes ids.
    """
    state = json.loads(tokenizer.backend.to_str())
    parts = state.get("pre_tokenizer") or {}
    kinds = [p.get("type") for p in parts.get("pretokenizers", [parts])]
    if state["model"].get("type") == "BPE" and state.get("normalizer") is None:
        if kinds == ["Digits", "ByteLevel"]:
            return "smollm"
        if kinds == ["ByteLevel"]:
            return "gpt-2"
    raise PracticumError(f"a tokenizer that splits text by {kinds} is not written as GGUF yet")


def folder_to_gguf(
    folder: Path, target: Path, kind: str, name: str, licence: str | None,
    progress: Progress | None = None,
) -> dict[str, int]:  # fmt: skip
    """Write a GGUF from a Hugging Face folder, tensor by tensor; how many of each type.

    Norms stay F32. A tensor whose width does not divide into blocks is kept at F16, as
    llama.cpp does with types that have no smaller fallback; embeddings of 4- and 5-bit files
    are Q8_0, because the tied output layer is the most sensitive of all.
    """
    from gguf import GGMLQuantizationType, GGUFWriter, LlamaFileType
    from gguf.quants import quantize
    from safetensors import safe_open

    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    check_writable(config, name)
    writer = GGUFWriter(str(target), "llama")
    _write_header(writer, config, name, licence)
    writer.add_file_type(LlamaFileType[{"F32": "ALL_F32"}.get(kind, f"MOSTLY_{kind}")])
    _write_tokenizer(writer, load_tokenizer(folder), config)
    counts: dict[str, int] = {}
    heads = {"q_proj": config["num_attention_heads"],
             "k_proj": config.get("num_key_value_heads", config["num_attention_heads"])}  # fmt: skip
    names = {v: k for k, v in OUTER_TENSORS.items()}
    layer_names = {v: k for k, v in LAYER_TENSORS.items()}
    files = sorted(folder.glob("*.safetensors"))
    total, done = float(sum(f.stat().st_size for f in files)), 0.0
    for file in files:
        with safe_open(str(file), framework="pt") as opened:
            for hf in opened.keys():  # noqa: SIM118 - safe_open is not a mapping
                tensor = opened.get_tensor(hf)
                done += tensor.numel() * tensor.element_size()
                if hf == "lm_head.weight" and config.get("tie_word_embeddings"):
                    continue
                values: NDArray[np.float32] = tensor.float().numpy()
                parts = hf.split(".")
                if hf not in names:
                    values = (
                        swap_rotary_halves(values, heads[parts[4]], to_gguf=True)
                        if parts[4] in heads
                        else values
                    )
                    names[hf] = f"blk.{parts[2]}.{layer_names['.'.join(parts[3:-1])]}.weight"
                chosen = GGMLQuantizationType[tensor_type(values, kind, hf)]
                data = quantize(np.ascontiguousarray(values), chosen)
                writer.add_tensor(names[hf], data, raw_dtype=chosen)
                counts[chosen.name] = counts.get(chosen.name, 0) + 1
                if progress:
                    progress(done, total)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return counts


def tensor_type(values: NDArray[np.float32], kind: str, name: str) -> str:
    """The GGUF type in which one tensor is stored."""
    if values.ndim == 1:
        return "F32"
    if kind in ("F32", "F16", "BF16"):
        return kind
    if values.shape[-1] % 32:  # every block of the kinds we write holds 32 weights
        return "F16"
    outer = name in ("model.embed_tokens.weight", "lm_head.weight")
    return "Q8_0" if outer else kind


def _write_header(writer: Any, config: dict[str, Any], name: str, licence: str | None) -> None:
    heads = config["num_attention_heads"]
    writer.add_name(name)
    if licence:
        writer.add_license(licence)
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(heads)
    writer.add_head_count_kv(config.get("num_key_value_heads") or heads)
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    rope = config.get("rope_parameters") or {}
    writer.add_rope_freq_base(float(config.get("rope_theta") or rope.get("rope_theta", 10000.0)))
    writer.add_rope_dimension_count(config.get("head_dim") or config["hidden_size"] // heads)
    writer.add_vocab_size(config["vocab_size"])


def _write_tokenizer(writer: Any, tokenizer: ChatTokenizer, config: dict[str, Any]) -> None:
    state = json.loads(tokenizer.backend.to_str())
    kinds = {t["id"]: CONTROL if t["special"] else USER_DEFINED for t in state["added_tokens"]}
    tokens = {i: t for t, i in tokenizer.backend.get_vocab(with_added_tokens=True).items()}
    n_vocab = config["vocab_size"]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(pre_of(tokenizer))
    # Rows of the embedding beyond the vocabulary are padding; llama.cpp wants them named.
    writer.add_token_list([tokens.get(i, f"[PAD{i}]") for i in range(n_vocab)])
    writer.add_token_types([kinds.get(i, NORMAL if i in tokens else 5) for i in range(n_vocab)])
    merges = state["model"]["merges"]
    writer.add_token_merges([m if isinstance(m, str) else " ".join(m) for m in merges])
    for token, add in (("bos_token", writer.add_bos_token_id), ("eos_token", writer.add_eos_token_id),
                       ("pad_token", writer.add_pad_token_id),
                       ("unk_token", writer.add_unk_token_id)):  # fmt: skip
        if token in tokenizer.special:
            add(tokenizer.backend.token_to_id(tokenizer.special[token]))
    writer.add_add_bos_token(tokenizer.adds_bos)
    writer.add_add_space_prefix(False)
    if tokenizer.template:
        writer.add_chat_template(tokenizer.template)
