"""The stage `align`: model + preference pairs → model or adapter, by DPO or one of its kin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from pydantic import Field

from practicum.align.preferences import (
    USUAL,
    WITH_REFERENCE,
    PairLoss,
    PreferenceMethod,
    Strength,
    n_answers,
)
from practicum.core.artifact import Artifact, Kind
from practicum.core.errors import Complaint, PlanError
from practicum.core.report import Metric, Report
from practicum.core.stage import Plan, Slot, Work
from practicum.train.adapters import FULL_SHARE, TunedParams
from practicum.train.rows import Packed, pair_rows, split_path, train_path
from practicum.train.tuning import (
    packing_metrics,
    plan_tuned,
    settings_of,
    skipped_note,
    tuned_metrics,
    watched_notes,
    write_tuned,
)

SECONDS_PER_TOKEN_AND_PARAMETER = 1 / 400 / 134.5e6  # as tuning, and the reference pass before it


class AlignParams(TunedParams):
    """How to align."""

    loss: PreferenceMethod = Field(
        "dpo", description="dpo, ipo and kto hold the model near itself; orpo and simpo need no "
        "reference.",
    )  # fmt: skip
    beta: float | None = Field(
        None, gt=0, description="How strongly the reference holds the model back, ORPO's weight of "
        "its penalty; without one 0.1, simpo 2.",
    )  # fmt: skip
    gap: float = Field(0.5, ge=0, description="The margin that simpo aims at.")
    smoothing: float = Field(0.0, ge=0, lt=0.5, description="With dpo: share of swapped pairs.")
    chosen_nll: float | None = Field(
        None, ge=0,
        description="Weight of the chosen answer's own likelihood. DPO alone may lower both "
        "answers' probability; this term keeps the chosen one up. Without one 1 for dpo and orpo.",
    )  # fmt: skip
    lr_peak: float | None = Field(
        None, gt=0, lt=1, description="Peak learning rate; without one the method's usual."
    )
    epochs: int = Field(1, gt=0, description="How often every pair is seen.")
    row_tokens: int = Field(256, ge=64, description="Tokens in one packed row.")
    rows_per_update: int = Field(1, gt=0, description="Packed rows behind every update.")
    max_tokens: int = Field(1024, gt=8, description="Longer pairs are left out, never cut.")
    look_every: int = Field(
        0,
        ge=0,
        description="Updates between two looks at the validation loss; the best weights stay.",
    )
    patience: int = Field(
        0, ge=0, description="Stop after so many looks without a lower validation loss; 0: never."
    )
    output: Literal["model", "adapter"] = Field(
        "model", description="The aligned model whole, or the adapter alone."
    )

    @property
    def strength(self) -> Strength:
        """The method's numbers in force."""
        beta, nll, _ = USUAL[self.loss]
        return Strength(self.beta if self.beta is not None else beta, self.gap, self.smoothing,
                        self.chosen_nll if self.chosen_nll is not None else nll)  # fmt: skip

    @property
    def rate(self) -> float:
        """The peak learning rate in force."""
        return self.lr_peak or USUAL[self.loss][2] * (FULL_SHARE if self.method == "full" else 1)


class Align:
    """model + pairs → model | adapter"""

    name: ClassVar[str] = "align"
    version: ClassVar[int] = 2
    spreads: ClassVar[bool] = True
    takes: ClassVar[tuple[Slot, ...]] = (Slot("model", ("model",)), Slot("pairs", ("pairs",)))
    Params = AlignParams

    def gives(self, params: AlignParams) -> Kind:
        return params.output

    def plan(self, inputs: Sequence[Artifact | None], params: AlignParams) -> Plan:
        model, pairs = inputs
        assert model is not None and pairs is not None
        if params.look_every and not split_path(pairs, "validation"):
            raise PlanError(Complaint(f"look_every: {pairs.short} has no validation.jsonl",
                                      hint="practicum data FILE makes splits"))  # fmt: skip
        return plan_tuned(model, pairs, params, epochs=params.epochs, output=params.output,
                          what="aligned", seconds_per_token=SECONDS_PER_TOKEN_AND_PARAMETER)  # fmt: skip

    def make(self, work: Work, inputs: Sequence[Artifact | None], params: AlignParams) -> Report:
        from practicum.models.load import load_model, threads
        from practicum.text.named import with_template
        from practicum.train.adapters import attach
        from practicum.train.distributed.together import gathered
        from practicum.train.loop import Watch, train

        base, pairs = inputs
        assert base is not None and pairs is not None
        with threads(work.threads):
            model, tokenizer = load_model(base, "float32" if params.method == "full" else None)
            tokenizer = with_template(tokenizer, params.template)
            packed, watched = (
                pair_rows(path, tokenizer, params.row_tokens, params.max_tokens,
                          stranger=n_answers(params.loss) == 3) if path else None
                for path in (train_path(pairs), split_path(pairs, "validation"))
            )  # fmt: skip
            assert packed is not None
            held = watched.rows if watched else []
            tuned = attach(model, params, work.seed)
            loss = PairLoss(tuned.model, params.loss, params.strength)
            # Fresh adapters change nothing: the model is its own reference, 4-bit base and all.
            named = f"{base.digest} {params.method} {params.double_quantization}"
            loss.remember(packed.rows, work, named)
            loss.remember(held, work, named)
            # Before any step nothing is gained over a reference: there is nothing to tell then.
            before = [] if params.loss in WITH_REFERENCE else loss.preferred(held)
            watch = None
            if params.look_every:
                watch = Watch(lambda: loss.mean(held), params.look_every, params.patience)
            history = train(
                tuned.model, packed.rows, loss, loss.n_pairs,
                settings_of(params, lr_peak=params.rate, n_epochs=params.epochs, seed=work.seed,
                            rows_per_update=params.rows_per_update),
                work, state_of=tuned.state, lr_scale=tuned.lr_scale, watch=watch,
                note=lambda values: f"preferred {values.get('preferred', 0):.0%}",
            )  # fmt: skip
            after = loss.preferred(held)
            tuned = gathered(tuned, base, work.seed)
            about = tuned_metrics(tuned)
            write_tuned(work, tuned, base, pairs, params.output)
        metrics = [
            Metric(name="loss.first", value=history.losses[0], unit="nats/pair", better="lower"),
            Metric(name="loss.last", value=history.losses[-1], unit="nats/pair", better="lower"),
            *packing_metrics(packed, history.tokens_per_s), *about, *_preferred(before, after),
        ]  # fmt: skip
        curves = {"training loss": list(enumerate(history.losses, 1))}
        for name, told in CURVES.items():
            curves[told] = list(enumerate(history.values[name], 1))
        if history.watched:
            curves["validation loss"] = history.watched
        return Report(
            title=f"{base.meta['name']} aligned on {n_pairs(packed, params)} pairs by {params.loss}",
            metrics=tuple(metrics), curves=curves,
            notes=(*skipped_note(packed, params.max_tokens), *watched_notes(history)),
        )  # fmt: skip


CURVES = {"preferred": "preferred", "margin": "margin", "chosen": "log-probability of chosen",
          "rejected": "log-probability of rejected"}  # fmt: skip


def n_pairs(packed: Packed, params: AlignParams) -> int:
    """How many pairs are trained on."""
    return packed.n_examples // n_answers(params.loss)


def _preferred(before: Sequence[bool], after: Sequence[bool]) -> list[Metric]:
    """The share of held-out pairs of which the chosen answer is preferred."""
    from practicum.measure.intervals import wilson

    told = []
    for name, found in (("preferred.before", before), ("preferred", after)):
        if found:
            told.append(Metric(name=name, value=sum(found) / len(found), unit="fraction", n=len(found),
                               ci95=wilson(sum(found), len(found)), better="higher"))  # fmt: skip
    return told


STAGE = Align()
