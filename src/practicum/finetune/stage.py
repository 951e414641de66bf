"""The stage `finetune`: model + chats → model or adapter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from practicum.core.artifact import Artifact, Kind
from practicum.core.report import Metric, Report
from practicum.core.stage import Params, Plan, Slot, Work
from practicum.train.rows import Packed, chat_rows, split_path, train_path
from practicum.train.tuning import packing_metrics, plan_training, skipped_note, write_tuned

if TYPE_CHECKING:
    from peft import PeftModel

    from practicum.text.pack import Row
    from practicum.train.loop import RowLoss

# SmolLM2-135M, LoRA r16, two cores: 510 tokens/s (LOG.md 2026-11-23).
SECONDS_PER_TOKEN_AND_PARAMETER = 1 / 510 / 134.5e6


class FinetuneParams(Params):
    """How to tune."""

    rank: int = Field(16, gt=0, description="Rank of the LoRA update of every linear layer.")
    alpha: float = Field(32.0, gt=0, description="The update is scaled by alpha / rank.")
    lr_peak: float = Field(
        1e-3, gt=0, lt=1,
        description="Peak learning rate. Ten times a full tune's: only the adapter moves.",
    )  # fmt: skip
    epochs: int = Field(1, gt=0, description="How often every chat is seen.")
    row_tokens: int = Field(256, ge=64, description="Tokens in one packed row.")
    rows_per_update: int = Field(2, gt=0, description="Packed rows behind every update.")
    max_tokens: int = Field(1024, gt=8, description="Longer chats are left out, never cut.")
    output: Literal["model", "adapter"] = Field(
        "model", description="The tuned model whole, or the adapter alone."
    )


class Finetune:
    """model + chats → model | adapter"""

    name: ClassVar[str] = "finetune"
    version: ClassVar[int] = 1
    takes: ClassVar[tuple[Slot, ...]] = (Slot("model", ("model",)), Slot("chats", ("chat",)))
    Params = FinetuneParams

    def gives(self, params: FinetuneParams) -> Kind:
        return params.output

    def plan(self, inputs: Sequence[Artifact | None], params: FinetuneParams) -> Plan:
        model, chats = inputs
        assert model is not None and chats is not None
        n_tokens = plan_training(model, chats) * params.epochs
        n_parameters = float(model.meta["n_parameters"])
        size = (
            2 * n_parameters if params.output == "model" else 40 * params.rank * n_parameters**0.5
        )
        return Plan(
            f"{model.meta['name']} tuned on about {n_tokens:,} tokens",
            15 + n_tokens * n_parameters * SECONDS_PER_TOKEN_AND_PARAMETER,
            int(size), int(8 * n_parameters),
        )  # fmt: skip

    def make(self, work: Work, inputs: Sequence[Artifact | None], params: FinetuneParams) -> Report:
        from practicum.models.load import load_model, threads
        from practicum.train.adapters import adapter_state, attach_lora
        from practicum.train.loop import Settings, train

        base, chats = inputs
        assert base is not None and chats is not None
        with threads(work.threads):
            model, tokenizer = load_model(base)
            packed = chat_rows(train_path(chats), tokenizer, params.row_tokens, params.max_tokens)
            held = split_path(chats, "validation")
            watched = (
                chat_rows(held, tokenizer, params.row_tokens, params.max_tokens) if held else None
            )
            tuned = attach_lora(model, rank=params.rank, alpha=params.alpha, seed=work.seed)
            loss = RowNll(tuned)
            before = loss.mean(watched)
            history = train(
                tuned, packed.rows, loss, lambda row: len(row.target),
                Settings(lr_peak=params.lr_peak, n_epochs=params.epochs, seed=work.seed,
                         rows_per_update=params.rows_per_update),
                work, state_of=lambda: adapter_state(tuned),
            )  # fmt: skip
            after = loss.mean(watched)
            write_tuned(work, tuned, base, chats, params.output)
        metrics = [
            Metric(name="loss.first", value=history.losses[0], unit="nats/token", better="lower"),
            Metric(name="loss.last", value=history.losses[-1], unit="nats/token", better="lower"),
            *packing_metrics(packed, history.tokens_per_s),
        ]
        if watched and before is not None and after is not None:
            for name, value in (("validation.before", before), ("validation.after", after)):
                metrics.append(Metric(name=name, value=value, unit="nats/token",
                                      n=watched.n_scored, better="lower"))  # fmt: skip
        return Report(
            title=f"{base.meta['name']} tuned on {packed.n_examples} chats",
            metrics=tuple(metrics),
            curves={"training loss": list(enumerate(history.losses, 1))},
            notes=skipped_note(packed, params.max_tokens),
        )


class RowNll:
    """The loss of supervised tuning: negative log-likelihood of what the assistant wrote."""

    def __init__(self, model: PeftModel) -> None:
        self.model = model

    def __call__(self, row: Row) -> RowLoss:
        import torch

        from practicum.models.forward import half_precision, row_logits
        from practicum.train.loop import RowLoss
        from practicum.train.losses import token_log_probs

        with half_precision(self.model):
            logits = row_logits(self.model, row)
        log_probs = token_log_probs(logits, torch.from_numpy(row.target))
        return RowLoss(-log_probs.sum(), len(row.target))

    def mean(self, packed: Packed | None) -> float | None:
        """Mean loss of held-out rows in nats per token; None without rows."""
        import torch

        if packed is None or not packed.n_scored:
            return None
        with torch.no_grad():
            return sum(self(row).total.item() for row in packed.rows) / packed.n_scored


STAGE = Finetune()
