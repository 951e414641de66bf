"""The stage `align`: model + preference pairs → model or adapter, by DPO."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from practicum.core.artifact import Artifact, Kind
from practicum.core.report import Metric, Report
from practicum.core.stage import Params, Plan, Slot, Work
from practicum.train.rows import pair_rows, split_path, train_path
from practicum.train.tuning import packing_metrics, plan_training, skipped_note, write_tuned

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module

    from practicum.text.pack import Row
    from practicum.train.loop import RowLoss

SECONDS_PER_TOKEN_AND_PARAMETER = 1 / 400 / 134.5e6  # as tuning, and the reference pass before it


class AlignParams(Params):
    """How to align."""

    beta: float = Field(
        0.1, gt=0, description="How strongly the reference model holds the policy back."
    )
    chosen_nll: float = Field(
        1.0, ge=0,
        description="Weight of the chosen answer's own likelihood. DPO alone may lower both "
        "answers' probability; this term keeps the chosen one up.",
    )  # fmt: skip
    rank: int = Field(16, gt=0, description="Rank of the LoRA update of every linear layer.")
    alpha: float = Field(32.0, gt=0, description="The update is scaled by alpha / rank.")
    lr_peak: float = Field(5e-4, gt=0, lt=1, description="Peak learning rate.")
    epochs: int = Field(1, gt=0, description="How often every pair is seen.")
    row_tokens: int = Field(256, ge=64, description="Tokens in one packed row.")
    rows_per_update: int = Field(1, gt=0, description="Packed rows behind every update.")
    max_tokens: int = Field(1024, gt=8, description="Longer pairs are left out, never cut.")
    output: Literal["model", "adapter"] = Field(
        "model", description="The aligned model whole, or the adapter alone."
    )


class Align:
    """model + pairs → model | adapter"""

    name: ClassVar[str] = "align"
    version: ClassVar[int] = 1
    takes: ClassVar[tuple[Slot, ...]] = (Slot("model", ("model",)), Slot("pairs", ("pairs",)))
    Params = AlignParams

    def gives(self, params: AlignParams) -> Kind:
        return params.output

    def plan(self, inputs: Sequence[Artifact | None], params: AlignParams) -> Plan:
        model, pairs = inputs
        assert model is not None and pairs is not None
        n_tokens = plan_training(model, pairs) * params.epochs
        n_parameters = float(model.meta["n_parameters"])
        size = (
            2 * n_parameters if params.output == "model" else 40 * params.rank * n_parameters**0.5
        )
        return Plan(
            f"{model.meta['name']} aligned on about {n_tokens:,} tokens",
            15 + n_tokens * n_parameters * SECONDS_PER_TOKEN_AND_PARAMETER,
            int(size), int(8 * n_parameters),
        )  # fmt: skip

    def make(self, work: Work, inputs: Sequence[Artifact | None], params: AlignParams) -> Report:
        from practicum.models.load import load_model, threads
        from practicum.train.adapters import adapter_state, attach_lora
        from practicum.train.loop import Settings, train

        base, pairs = inputs
        assert base is not None and pairs is not None
        with threads(work.threads):
            model, tokenizer = load_model(base)
            packed = pair_rows(train_path(pairs), tokenizer, params.row_tokens, params.max_tokens)
            held = split_path(pairs, "validation")
            watched = (
                pair_rows(held, tokenizer, params.row_tokens, params.max_tokens) if held else None
            )
            loss = RowPreference(model, params)
            loss.remember(packed.rows, work)  # the base is its own reference: before adapters
            if watched:
                loss.remember(watched.rows, work)
            policy = attach_lora(model, rank=params.rank, alpha=params.alpha, seed=work.seed)
            loss.model = policy
            history = train(
                policy, packed.rows, loss, n_pairs,
                Settings(lr_peak=params.lr_peak, n_epochs=params.epochs, seed=work.seed,
                         rows_per_update=params.rows_per_update),
                work, state_of=lambda: adapter_state(policy),
                note=lambda values: f"preferred {values.get('preferred', 0):.0%}",
            )  # fmt: skip
            after = loss.preferred(watched.rows) if watched else None
            write_tuned(work, policy, base, pairs, params.output)
        metrics = [
            Metric(name="loss.first", value=history.losses[0], unit="nats/pair", better="lower"),
            Metric(name="loss.last", value=history.losses[-1], unit="nats/pair", better="lower"),
            *packing_metrics(packed, history.tokens_per_s),
        ]
        if after is not None:
            from practicum.measure.intervals import wilson

            metrics.append(Metric(name="preferred", value=sum(after) / len(after), unit="fraction",
                                  n=len(after), ci95=wilson(sum(after), len(after)),
                                  better="higher"))  # fmt: skip
        return Report(
            title=f"{base.meta['name']} aligned on {packed.n_examples // 2} pairs",
            metrics=tuple(metrics),
            curves={
                "training loss": list(enumerate(history.losses, 1)),
                "preferred": list(enumerate(history.values["preferred"], 1)),
                "margin": list(enumerate(history.values["margin"], 1)),
            },
            notes=skipped_note(packed, params.max_tokens),
        )


def n_pairs(row: Row) -> int:
    """How many pairs a packed row holds: chosen answers have even owners."""
    return len({int(owner) // 2 for owner in row.owner})


class RowPreference:
    """The DPO loss of a packed row, against log-probabilities remembered from the base."""

    def __init__(self, model: Module, params: AlignParams) -> None:
        self.model = model
        self.params = params
        self._reference: dict[int, Tensor] = {}

    def _log_probs(self, row: Row) -> tuple[Tensor, Tensor, Tensor]:
        """Summed log-probabilities of chosen and rejected, and the chosen's per-token mean.

        Shapes  each (P,).
        """
        import torch

        from practicum.models.forward import half_precision, row_logits
        from practicum.train.losses import sum_by_owner, token_log_probs

        with half_precision(self.model):
            logits = row_logits(self.model, row)
        values = token_log_probs(logits, torch.from_numpy(row.target))
        owners, local = torch.unique(torch.from_numpy(row.owner), return_inverse=True)
        sums = sum_by_owner(values, local, len(owners))
        counts = sum_by_owner(torch.ones_like(values), local, len(owners))
        return sums[0::2], sums[1::2], (sums / counts)[0::2]

    def remember(self, rows: Sequence[Row], work: Work) -> None:
        """Compute and keep the reference log-probabilities of these rows."""
        import torch

        for done, row in enumerate(rows, 1):
            with torch.no_grad():
                chosen, rejected, _ = self._log_probs(row)
            self._reference[id(row)] = torch.stack([chosen, rejected])
            work.progress(done, len(rows), "rows", "reference")

    def __call__(self, row: Row) -> RowLoss:
        from practicum.train.loop import RowLoss
        from practicum.train.losses import preference_loss

        chosen, rejected, per_token = self._log_probs(row)
        chosen_ref, rejected_ref = self._reference[id(row)]
        loss = preference_loss(chosen, rejected, chosen_ref, rejected_ref, self.params.beta)
        total = (loss - self.params.chosen_nll * per_token).sum()
        margin = (chosen - chosen_ref - rejected + rejected_ref).detach()
        values = {"preferred": float((margin > 0).sum()), "margin": float(margin.sum())}
        return RowLoss(total, len(chosen), values)

    def preferred(self, rows: Sequence[Row]) -> list[bool]:
        """For every pair: does the policy prefer the chosen answer more than the base did?"""
        import torch

        found: list[bool] = []
        for row in rows:
            with torch.no_grad():
                chosen, rejected, _ = self._log_probs(row)
            chosen_ref, rejected_ref = self._reference[id(row)]
            found += ((chosen - chosen_ref) > (rejected - rejected_ref)).tolist()
        return found


STAGE = Align()
