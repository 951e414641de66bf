"""The stage `finetune`: model + chats → model or adapter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from practicum.core.artifact import Artifact, Kind
from practicum.core.errors import Complaint, PlanError
from practicum.core.messages import Conversation, read_rows
from practicum.core.report import Metric, Report
from practicum.core.stage import Plan, Slot, Work
from practicum.train.adapters import FULL_SHARE, Tuned, TunedParams
from practicum.train.rows import Packed, chat_rows, split_path, train_path
from practicum.train.tuning import (
    packing_metrics,
    plan_tuned,
    settings_of,
    skipped_note,
    tuned_metrics,
    watched_notes,
    write_tuned,
)

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module

    from practicum.text.pack import Row
    from practicum.train.loop import RowLoss

# SmolLM2-135M, LoRA r16, two cores: 510 tokens/s (LOG.md 2026-11-23).
SECONDS_PER_TOKEN_AND_PARAMETER = 1 / 510 / 134.5e6
LR_PEAK = 1e-3  # ten times what suits every weight: only the adapter moves


class FinetuneParams(TunedParams):
    """How to tune."""

    lr_peak: float | None = Field(
        None, gt=0, lt=1,
        description="Peak learning rate; without one 1e-3 for adapters, a twentieth of it for a full tune.",
    )  # fmt: skip
    epochs: int = Field(1, gt=0, description="How often every chat is seen.")
    neftune: float = Field(
        0.0, ge=0, description="Noise on the embeddings while training; NEFTune's papers take 5."
    )
    row_tokens: int = Field(256, ge=64, description="Tokens in one packed row.")
    rows_per_update: int = Field(2, gt=0, description="Packed rows behind every update.")
    max_tokens: int = Field(1024, gt=8, description="Longer chats are left out, never cut.")
    look_every: int = Field(
        0,
        ge=0,
        description="Updates between two looks at the validation loss; the best weights stay.",
    )
    patience: int = Field(
        0, ge=0, description="Stop after so many looks without a lower validation loss; 0: never."
    )
    spike: float = Field(
        10.0, ge=0, description="Leave out updates whose loss is so many times the usual; 0: none."
    )
    output: Literal["model", "adapter"] = Field(
        "model", description="The tuned model whole, or the adapter alone."
    )

    @property
    def rate(self) -> float:
        """The peak learning rate in force."""
        return self.lr_peak or LR_PEAK * (FULL_SHARE if self.method == "full" else 1)


class Finetune:
    """model + chats → model | adapter"""

    name: ClassVar[str] = "finetune"
    version: ClassVar[int] = 2
    spreads: ClassVar[bool] = True
    takes: ClassVar[tuple[Slot, ...]] = (Slot("model", ("model",)), Slot("chats", ("chat",)))
    Params = FinetuneParams

    def gives(self, params: FinetuneParams) -> Kind:
        return params.output

    def plan(self, inputs: Sequence[Artifact | None], params: FinetuneParams) -> Plan:
        model, chats = inputs
        assert model is not None and chats is not None
        wrong = _complaints(params, chats)
        if wrong:
            raise PlanError(*wrong)
        return plan_tuned(model, chats, params, epochs=params.epochs, output=params.output,
                          what="tuned", seconds_per_token=SECONDS_PER_TOKEN_AND_PARAMETER)  # fmt: skip

    def make(self, work: Work, inputs: Sequence[Artifact | None], params: FinetuneParams) -> Report:
        from practicum.models.load import load_model, threads
        from practicum.text.named import with_template
        from practicum.train.adapters import attach
        from practicum.train.distributed.together import gathered
        from practicum.train.loop import Watch, train

        base, chats = inputs
        assert base is not None and chats is not None
        with threads(work.threads):
            # Small steps are lost in bfloat16: who trains every weight trains it in float32.
            model, tokenizer = load_model(base, "float32" if params.method == "full" else None)
            tokenizer = with_template(tokenizer, params.template)
            packed = chat_rows(train_path(chats), tokenizer, params.row_tokens, params.max_tokens)
            held = split_path(chats, "validation")
            watched = (
                chat_rows(held, tokenizer, params.row_tokens, params.max_tokens) if held else None
            )
            tuned = attach(model, params, work.seed)
            loss = RowNll(tuned.model, noise=params.neftune)
            before = loss.mean(watched)
            watch = None
            if params.look_every and watched:
                watch = Watch(lambda: loss.mean(watched) or 0.0, params.look_every, params.patience)
            history = train(
                tuned.model, packed.rows, loss, lambda row: len(row.target),
                settings_of(params, lr_peak=params.rate, n_epochs=params.epochs, seed=work.seed,
                            rows_per_update=params.rows_per_update, spike=params.spike),
                work, state_of=tuned.state, lr_scale=tuned.lr_scale, watch=watch,
            )  # fmt: skip
            after = loss.mean(watched)
            tuned = gathered(tuned, base, work.seed)
            about = tuned_metrics(tuned)
            is_folded = params.method == "qlora" and params.output == "model"
            about += _folded(tuned, watched, loss, after) if is_folded else []
            write_tuned(work, tuned, base, chats, params.output)
        metrics = [
            Metric(name="loss.first", value=history.losses[0], unit="nats/token", better="lower"),
            Metric(name="loss.last", value=history.losses[-1], unit="nats/token", better="lower"),
            *packing_metrics(packed, history.tokens_per_s),
            *about,
        ]
        if watched and before is not None and after is not None:
            for name, value in (("validation.before", before), ("validation.after", after)):
                metrics.append(Metric(name=name, value=value, unit="nats/token",
                                      n=watched.n_scored, better="lower"))  # fmt: skip
        curves = {"training loss": list(enumerate(history.losses, 1))}
        if history.watched:
            curves["validation loss"] = history.watched
        return Report(
            title=f"{base.meta['name']} tuned on {packed.n_examples} chats",
            metrics=tuple(metrics), curves=curves,
            notes=(*leak_note(*n_leaked(chats)), *skipped_note(packed, params.max_tokens),
                   *watched_notes(history)),
        )  # fmt: skip


def _complaints(params: FinetuneParams, chats: Artifact) -> list[Complaint]:
    wrong = []
    if params.patience and not params.look_every:
        wrong.append(Complaint("patience: nothing is looked at", hint="look_every: 20"))
    if params.look_every and not split_path(chats, "validation"):
        wrong.append(Complaint(f"look_every: {chats.short} has no validation.jsonl",
                               hint="practicum data FILE makes splits"))  # fmt: skip
    if params.neftune and params.method == "full":
        wrong.append(
            Complaint("neftune: noise is put on frozen embeddings only", hint="method: lora")
        )
    return wrong


def n_leaked(chats: Artifact) -> tuple[int, int]:
    """How many validation chats are training chats too, and how many there are."""
    held = split_path(chats, "validation")
    if held is None:
        return 0, 0
    known = {_text(c) for c in read_rows(train_path(chats), Conversation)}
    found = [_text(c) in known for c in read_rows(held, Conversation)]
    return sum(found), len(found)


def _text(chat: Conversation) -> str:
    return "\n".join(f"{m.role}: {' '.join(m.content.split())}" for m in chat.messages)


def leak_note(leaked: int, n: int) -> tuple[str, ...]:
    """Says that the validation loss is no evidence, when its chats were trained on (erratum E7)."""
    if not leaked:
        return ()
    return (f"Leak: {leaked} of {n} validation chats are training chats too; the validation loss "
            "tells how well they are remembered.",)  # fmt: skip


def _folded(
    tuned: Tuned, watched: Packed | None, loss: RowNll, after: float | None
) -> list[Metric]:
    """How much adding the adapter to the unpacked weights changes: rounding at the stored type.

    Added to the 4-bit codes the adapter itself would be rounded away. Afterwards the model is plain.
    """
    if watched is None or not watched.rows or after is None:
        return []
    before = loss.logits(watched.rows[0])
    plain = RowNll(tuned.fold())
    moved = float((plain.logits(watched.rows[0]) - before).abs().mean())
    lost = (plain.mean(watched) or 0.0) - after
    return [Metric(name="fold.logit_change", value=moved, unit="logits", better="lower"),
            Metric(name="fold.loss_change", value=lost, unit="nats/token", n=watched.n_scored,
                   better="lower")]  # fmt: skip


class RowNll:
    """The loss of supervised tuning: negative log-likelihood of what the assistant wrote.

    noise  NEFTune's alpha: while training, uniform noise of alpha / √(length · width) on every
           embedding, the length being that of the longest example that goes through the token.
           Source: Jain et al. 2023 (arXiv:2310.05914).
    """

    def __init__(self, model: Module, noise: float = 0.0) -> None:
        self.model, self.noise = model, noise

    def __call__(self, row: Row) -> RowLoss:
        import torch

        from practicum.train.loop import RowLoss
        from practicum.train.losses import token_log_probs

        logits = self._forward(row)
        log_probs = token_log_probs(logits, torch.from_numpy(row.target).to(logits.device))
        return RowLoss(-log_probs.sum(), len(row.target))

    def _forward(self, row: Row) -> Tensor:
        from practicum.models.forward import half_precision, row_logits

        with half_precision(self.model):
            if not (self.noise and self.model.training):
                return row_logits(self.model, row)
            embedding = self.model.get_input_embeddings()  # type: ignore[operator]
            hook = embedding.register_forward_hook(
                lambda module, inputs, out: out + embedding_noise(row, out, self.noise)
            )
            try:
                return row_logits(self.model, row)
            finally:
                hook.remove()

    def logits(self, row: Row) -> Tensor:
        """The logits of a row's scored tokens, without a gradient, in float32."""
        import torch

        with torch.no_grad():
            return self._forward(row).float()

    def mean(self, packed: Packed | None) -> float | None:
        """Mean loss of held-out rows in nats per token; None without rows."""
        import torch

        if packed is None or not packed.n_scored:
            return None
        with torch.no_grad():
            return sum(self(row).total.item() for row in packed.rows) / packed.n_scored


def embedding_noise(row: Row, embedded: Tensor, alpha: float) -> Tensor:
    """NEFTune's noise for a packed row.  Shapes (1, T, width), as the embeddings."""
    import torch

    lengths = [int(row.positions[a:b].max()) + 1 for a, b in zip(row.first, row.last, strict=True)]
    scale = alpha / (torch.tensor(lengths, device=embedded.device) * embedded.shape[-1]).sqrt()
    return (torch.rand_like(embedded) * 2 - 1) * scale[None, :, None].to(embedded.dtype)


STAGE = Finetune()
