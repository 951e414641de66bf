"""The stage `reward`: model + preference pairs → an adapter that gives answers their worth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, cast

from pydantic import Field

from practicum.core.artifact import Artifact, Kind
from practicum.core.report import Metric, Report
from practicum.core.stage import Plan, Slot, Work
from practicum.train.adapters import TunedParams
from practicum.train.rows import pair_rows, split_path, train_path
from practicum.train.tuning import (
    packing_metrics,
    plan_tuned,
    settings_of,
    skipped_note,
    tuned_metrics,
)

if TYPE_CHECKING:
    from peft import PeftModel
    from torch import Tensor

    from practicum.text.pack import Row
    from practicum.train.adapters import Tuned
    from practicum.train.loop import RowLoss

SECONDS_PER_TOKEN_AND_PARAMETER = 1 / 510 / 134.5e6


class RewardParams(TunedParams):
    """How to learn what people prefer."""

    lr_peak: float = Field(3e-4, gt=0, lt=1, description="Peak learning rate.")
    epochs: int = Field(1, gt=0, description="How often every pair is seen.")
    centre: float = Field(0.01, ge=0, description="Keeps the two rewards of a pair around 0.")
    row_tokens: int = Field(256, ge=64, description="Tokens in one packed row.")
    rows_per_update: int = Field(1, gt=0, description="Packed rows behind every update.")
    max_tokens: int = Field(1024, gt=8, description="Longer pairs are left out, never cut.")


class Reward:
    """model + pairs → adapter"""

    name: ClassVar[str] = "reward"
    version: ClassVar[int] = 1
    takes: ClassVar[tuple[Slot, ...]] = (Slot("model", ("model",)), Slot("pairs", ("pairs",)))
    Params = RewardParams

    def gives(self, params: RewardParams) -> Kind:
        return "adapter"

    def plan(self, inputs: Sequence[Artifact | None], params: RewardParams) -> Plan:
        from practicum.core.errors import Complaint, PlanError

        model, pairs = inputs
        assert model is not None and pairs is not None
        if params.method == "full":
            raise PlanError(Complaint("method: a reward model is an adapter", hint="lora or qlora"))
        return plan_tuned(model, pairs, params, epochs=params.epochs, output="adapter",
                          what="taught to judge", seconds_per_token=SECONDS_PER_TOKEN_AND_PARAMETER)  # fmt: skip

    def make(self, work: Work, inputs: Sequence[Artifact | None], params: RewardParams) -> Report:
        from safetensors.torch import save_file

        from practicum.align.policy import HEAD_FILE
        from practicum.measure.intervals import wilson
        from practicum.models.load import load_model, threads
        from practicum.text.named import with_template
        from practicum.train.adapters import attach, save_adapter
        from practicum.train.loop import train

        base, pairs = inputs
        assert base is not None and pairs is not None
        with threads(work.threads):
            model, tokenizer = load_model(base)
            tokenizer = with_template(tokenizer, params.template)
            packed, held = (
                pair_rows(path, tokenizer, params.row_tokens, params.max_tokens) if path else None
                for path in (train_path(pairs), split_path(pairs, "validation"))
            )
            assert packed is not None
            tuned = attach(model, params, work.seed)
            loss = RowReward(tuned, params.centre)
            history = train(
                loss.module, packed.rows, loss, loss.n_pairs,
                settings_of(params, lr_peak=params.lr_peak, n_epochs=params.epochs, seed=work.seed,
                            rows_per_update=params.rows_per_update),
                work, state_of=loss.state,
                note=lambda values: f"right {values.get('right', 0):.0%}",
            )  # fmt: skip
            right = loss.right(held.rows) if held else []
            about = tuned_metrics(tuned)
            save_adapter(cast("PeftModel", tuned.model), work.out)
            save_file({"weight": loss.head.weight.detach()}, work.out / HEAD_FILE)
        licences = sorted({*pairs.meta.get("licenses", ()), *base.meta.get("licenses", ())})
        work.meta.update(name=work.step, base=base.digest, role="reward",
                         license=base.meta.get("license"), licenses=licences)  # fmt: skip
        metrics = [
            Metric(name="loss.first", value=history.losses[0], unit="nats/pair", better="lower"),
            Metric(name="loss.last", value=history.losses[-1], unit="nats/pair", better="lower"),
            *packing_metrics(packed, history.tokens_per_s), *about,
        ]  # fmt: skip
        if right:
            metrics.append(Metric(name="right", value=sum(right) / len(right), unit="fraction",
                                  n=len(right), ci95=wilson(sum(right), len(right)),
                                  better="higher"))  # fmt: skip
        return Report(
            title=f"{base.meta['name']} judges, after {packed.n_examples // 2} pairs",
            metrics=tuple(metrics), notes=skipped_note(packed, params.max_tokens),
            curves={"training loss": list(enumerate(history.losses, 1)),
                    "right": list(enumerate(history.values["right"], 1))},
        )  # fmt: skip


class RowReward:
    """The Bradley-Terry loss of a packed row's pairs: a line over the state in front of each
    answer's last token, where the model knows the answer and predicts its end."""

    def __init__(self, tuned: Tuned, centre: float) -> None:
        import torch

        self.tuned, self.centre = tuned, centre
        width = int(tuned.model.config.hidden_size)  # type: ignore[union-attr,arg-type]
        self.head = torch.nn.Linear(width, 1, bias=False)
        torch.nn.init.zeros_(self.head.weight)
        self.module = torch.nn.ModuleList([tuned.model, self.head])

    def state(self) -> dict[str, Tensor]:
        """What is trained, by name, as views."""
        return {**self.tuned.state(), "head.weight": self.head.weight.detach()}

    def n_pairs(self, row: Row) -> int:
        """How many pairs a packed row holds."""
        return len({int(owner) // 2 for owner in row.owner})

    def rewards(self, row: Row) -> Tensor:
        """The rewards of a row's answers.  Shapes (P, 2), chosen and rejected."""
        import torch

        from practicum.align.policy import last_tokens
        from practicum.models.forward import half_precision, row_states

        with half_precision(self.tuned.model):
            _, states = row_states(self.tuned.model, row)
        last = [place for _, place in sorted(last_tokens(row).items())]
        found: Tensor = self.head(states.float()[torch.tensor(last)])
        return found.view(-1, 2)

    def __call__(self, row: Row) -> RowLoss:
        from practicum.train.loop import RowLoss
        from practicum.train.losses import reward_loss

        chosen, rejected = self.rewards(row).unbind(1)
        loss = reward_loss(chosen, rejected, self.centre)
        return RowLoss(loss.sum(), len(loss), {"right": float((chosen > rejected).sum())})

    def right(self, rows: Sequence[Row]) -> list[bool]:
        """For every pair: does the chosen answer get the higher reward?"""
        import torch

        with torch.no_grad():
            return [bool(a > b) for row in rows for a, b in self.rewards(row)]


STAGE = Reward()
