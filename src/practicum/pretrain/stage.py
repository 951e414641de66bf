"""The stage `pretrain`: text → tokenizer and base model, both from nothing."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from importlib import resources
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field, model_validator

from practicum.core.artifact import Artifact, Kind
from practicum.core.errors import Complaint, PlanError
from practicum.core.report import Metric, Report
from practicum.core.stage import Params, Plan, Slot, Work
from practicum.text.tokenizer import CHATML, load_tokenizer, save_tokenizer, train_bpe
from practicum.train.rows import text_rows

if TYPE_CHECKING:
    from practicum.text.pack import Row
    from practicum.train.loop import RowLoss

BLOCK = 256  # K-quants store 256 weights in a block: widths must divide by it
SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
HELD_OUT = 0.05  # the last part of the text, never trained on
FLOPS_PER_SECOND = 25e9  # what small float32 layers reached on two cores (LOG.md 2026-11-23)


class PretrainParams(Params):
    """The tiny family: Llama-shaped, float32, its own tokenizer."""

    n_vocab: int = Field(1024, ge=300, description="Tokens of the byte-level BPE.")
    width: int = Field(256, gt=0, description="Width of the residual stream.")
    hidden: int = Field(768, gt=0, description="Width inside the feed-forward layers.")
    layers: int = Field(2, gt=0, description="Transformer blocks.")
    heads: int = Field(4, gt=0, description="Attention heads.")
    kv_heads: int = Field(2, gt=0, description="Key and value heads (grouped-query attention).")
    context: int = Field(128, ge=16, description="Tokens a training window holds.")
    updates: int = Field(150, gt=0, description="Optimizer steps.")
    windows_per_update: int = Field(16, gt=0, description="Windows behind every update.")
    lr_peak: float = Field(3e-3, gt=0, lt=1, description="Peak learning rate.")

    @model_validator(mode="after")
    def _shapes_fit(self) -> PretrainParams:
        if self.width % BLOCK or self.hidden % BLOCK:
            raise ValueError(f"width and hidden must divide by {BLOCK}, for K-quants")
        if self.width % self.heads or self.heads % self.kv_heads:
            raise ValueError("width must divide by heads, and heads by kv_heads")
        return self

    @property
    def n_parameters(self) -> int:
        """Counted by hand: embeddings (tied), attention, feed-forward, norms."""
        c, kv = self.width, self.width // self.heads * self.kv_heads
        block = 2 * c * c + 2 * c * kv + 3 * c * self.hidden + 2 * c
        return self.n_vocab * c + self.layers * block + c


class Pretrain:
    """text → model"""

    name: ClassVar[str] = "pretrain"
    version: ClassVar[int] = 1
    takes: ClassVar[tuple[Slot, ...]] = (Slot("texts", ("text",), optional=True),)
    Params = PretrainParams

    def gives(self, params: PretrainParams) -> Kind:
        return "model"

    def plan(self, inputs: Sequence[Artifact | None], params: PretrainParams) -> Plan:
        n_tokens = params.updates * params.windows_per_update * params.context
        texts = inputs[0] if inputs else None
        if texts and texts.size_bytes < 20 * params.context:
            raise PlanError(Complaint(f"{texts.size_bytes} bytes of text are too few to learn from",
                                      hint="leave the texts out: Shakespeare ships with us"))  # fmt: skip
        n = params.n_parameters
        return Plan(f"a model of {n / 1e6:.2f} M parameters on {n_tokens:,} tokens",
                    5 + 6 * n * n_tokens / FLOPS_PER_SECOND, 4 * n + 200_000, 40 * n)  # fmt: skip

    def make(self, work: Work, inputs: Sequence[Artifact | None], params: PretrainParams) -> Report:
        import torch

        from practicum.models.load import load_folder, model_meta, threads
        from practicum.train.loop import Settings, train

        text, licence, source = _text_of(inputs[0] if inputs else None)
        cut = int(len(text) * (1 - HELD_OUT))
        _write_beginning(work, params, text[:cut])
        tokenizer = load_tokenizer(work.out)
        n_windows = params.updates * params.windows_per_update
        rows = text_rows([text[:cut]], tokenizer, params.context, 4 * params.context, SPECIAL[0])
        held = text_rows([text[cut:]], tokenizer, params.context, 4 * params.context, SPECIAL[0])
        per_update = max(1, params.windows_per_update // 4)
        epochs = math.ceil(n_windows / 4 / len(rows.rows))
        with threads(work.threads):
            model = load_folder(work.out, "float32")
            model.requires_grad_(True)
            loss = _TextNll(model)
            wanted = params.updates * per_update
            chosen = (rows.rows * epochs)[:wanted]  # an epoch cut short: the first windows of it
            history = train(
                model, chosen, loss, lambda row: len(row.target),
                Settings(lr_peak=params.lr_peak, rows_per_update=per_update, warmup=0.05,
                         weight_decay=0.1, seed=work.seed),
                work, state_of=lambda: {k: p.detach() for k, p in model.named_parameters()},
            )  # fmt: skip
            with torch.no_grad():
                some = held.rows[:32]
                nats = sum(loss(row).total.item() for row in some)
                n_held = sum(len(row.target) for row in some)
        _save_float32(model, work)
        work.meta.update(
            model_meta(
                work.out, name=work.step, licence="Apache-2.0", licenses=[licence], text=source
            )
        )
        return Report(
            title=f"{params.n_parameters / 1e6:.2f} M parameters, trained from nothing",
            metrics=(
                Metric(name="parameters", value=params.n_parameters),
                Metric(name="loss.first", value=history.losses[0], unit="nats/token"),
                Metric(name="loss.last", value=history.losses[-1], unit="nats/token"),
                Metric(name="loss.held_out", value=nats / n_held, unit="nats/token", n=n_held,
                       better="lower"),
                Metric(name="speed.computed", value=history.tokens_per_s, unit="tokens/s"),
            ),
            curves={"training loss": list(enumerate(history.losses, 1))},
        )  # fmt: skip


class _TextNll:
    def __init__(self, model: Any) -> None:
        self.model = model

    def __call__(self, row: Row) -> RowLoss:
        import torch

        from practicum.models.forward import row_logits
        from practicum.train.loop import RowLoss
        from practicum.train.losses import token_log_probs

        logits = row_logits(self.model, row)
        log_probs = token_log_probs(logits, torch.from_numpy(row.target))
        return RowLoss(-log_probs.sum(), len(row.target))


def _text_of(texts: Artifact | None) -> tuple[str, str, str]:
    """The text, its licence, and where it is from; Shakespeare when none is given."""
    if texts is None:
        folder = resources.files("practicum.pretrain").joinpath("corpus")
        text = folder.joinpath("shakespeare.txt").read_text(encoding="utf-8")
        return text, "CC0-1.0", "shakespeare"
    parts = []
    for name in sorted(texts.files):
        if name.endswith((".jsonl", ".json")):
            parts += [str(row["text"]) for row in texts.rows(name)]
        else:
            parts.append(texts.path(name).read_text(encoding="utf-8"))
    licences = texts.meta.get("licenses") or ["unknown"]
    return "\n\n".join(parts), ", ".join(licences), texts.digest


def _write_beginning(work: Work, params: PretrainParams, text: str) -> None:
    """Write tokenizer, config and random weights as a Hugging Face folder."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    tokenizer = train_bpe(text.split("\n\n"), params.n_vocab, SPECIAL)
    special = {"bos_token": SPECIAL[0], "eos_token": SPECIAL[2], "pad_token": SPECIAL[0]}
    save_tokenizer(work.out, tokenizer, CHATML, special)
    config = {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama",
        "hidden_size": params.width, "intermediate_size": params.hidden,
        "num_hidden_layers": params.layers, "num_attention_heads": params.heads,
        "num_key_value_heads": params.kv_heads, "head_dim": params.width // params.heads,
        "max_position_embeddings": 1024, "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
        "hidden_act": "silu", "attention_bias": False, "mlp_bias": False,
        "vocab_size": tokenizer.get_vocab_size(), "tie_word_embeddings": True,
        "bos_token_id": 0, "eos_token_id": 2, "pad_token_id": 0, "dtype": "float32",
    }  # fmt: skip
    (work.out / "config.json").write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
    torch.manual_seed(work.seed)
    fields = {k: v for k, v in config.items() if k not in ("architectures", "model_type", "dtype")}
    model = LlamaForCausalLM(LlamaConfig(**fields))
    _save_float32(model, work)


def _save_float32(model: Any, work: Work) -> None:
    """Write the weights as they are: the true float32 original that later lessons need."""
    from safetensors.torch import save_file

    state = {k: v.detach().clone().contiguous() for k, v in model.state_dict().items()}
    state.pop("lm_head.weight", None)  # tied to the embedding
    save_file(state, str(work.out / "model.safetensors"), metadata={"format": "pt"})


STAGE = Pretrain()
