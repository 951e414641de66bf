"""What every tuning stage shares: the check before, the artifact and the numbers after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from practicum.core.artifact import Artifact
from practicum.core.errors import Complaint, PlanError, PracticumError
from practicum.core.report import Metric
from practicum.core.stage import Plan, Work
from practicum.models.load import model_folder
from practicum.text.named import MODEL, put_template, with_template
from practicum.text.tokenizer import load_tokenizer
from practicum.train.adapters import BYTES_PER_PARAMETER, Tuned, TunedParams
from practicum.train.inspection import training_complaints
from practicum.train.rows import Packed, train_path

if TYPE_CHECKING:
    from peft import PeftModel

    from practicum.train.loop import History, Settings

SLOWER = {"lora": 1.0, "qlora": 1.3, "full": 1.5}  # in time, beside adapters over a plain base


def plan_training(
    model: Artifact, data: Artifact, *, template: str = "model", labels: bool = False
) -> int:
    """About how many tokens there are to train on, from file sizes.

    The words of every row are looked at, the tokens of a sample of them. `labels` says that a
    row labelled as unwanted is meant to be there.

    Raises  PlanError with everything that keeps this model from training on this data.
    """
    wrong: list[Complaint] = []
    try:
        tokenizer = with_template(load_tokenizer(model_folder(model)), template)
        wrong += training_complaints(tokenizer, str(model.meta.get("name")), data, labels=labels)
        if tokenizer.n_vocab > int(model.meta.get("n_vocab", 0)):
            wrong.append(
                Complaint(f"the tokenizer has {tokenizer.n_vocab} tokens, the model's embedding "
                          f"{model.meta.get('n_vocab')}: they do not belong together")
            )  # fmt: skip
    except PracticumError as error:
        wrong += error.complaints
    try:
        size_bytes = train_path(data).stat().st_size
    except PracticumError as error:
        wrong += error.complaints
    if wrong:
        raise PlanError(*wrong)
    return size_bytes // 8  # JSON around the text and shared beginnings: measured 7.6 bytes a token


def plan_tuned(
    model: Artifact, data: Artifact, params: TunedParams, *, epochs: int, output: str, what: str,
    seconds_per_token: float,
) -> Plan:  # fmt: skip
    """What such a training would cost.  Raises PlanError with everything that keeps it away.

    seconds_per_token  for each parameter of the model, of adapters over a plain base
    """
    n_tokens = plan_training(model, data, template=params.template) * epochs
    if params.template != MODEL and output == "adapter":
        raise PlanError(
            Complaint("template: an adapter carries no tokenizer", hint="output: model")
        )
    if params.method == "full" and output == "adapter":
        raise PlanError(Complaint("output: a full tune has no adapter", hint="output: model"))
    n = float(model.meta["n_parameters"])
    size = 2 * n if output == "model" else 40 * params.rank * n**0.5
    slower = SLOWER[params.method]
    return Plan(f"{model.meta['name']} {what} on about {n_tokens:,} tokens",
                15 + slower * n_tokens * n * seconds_per_token, int(size),
                int(BYTES_PER_PARAMETER[params.method] * n))  # fmt: skip


def settings_of(params: TunedParams, **others: Any) -> Settings:
    """The loop's settings: what all tuning shares, and the others as they are given."""
    from practicum.train.loop import Settings

    return Settings(warmup=params.warmup, schedule=params.schedule, floor=params.rate_floor,
                    weight_decay=params.weight_decay, clip=params.clip, n_updates=params.updates,
                    **others)  # fmt: skip


def write_tuned(work: Work, tuned: Tuned, base: Artifact, data: Artifact, output: str) -> None:
    """Write what training made: the adapter alone, or the whole model with it in its weights."""
    from practicum.models.load import model_meta, save_model, stored_dtype
    from practicum.train.adapters import save_adapter

    licences = sorted({*data.meta.get("licenses", ()), *base.meta.get("licenses", ())})
    if output == "adapter":
        save_adapter(cast("PeftModel", tuned.model), work.out)
        work.meta.update(name=work.step, base=base.digest, license=base.meta.get("license"),
                         licenses=licences)  # fmt: skip
        return
    import torch

    whole = tuned.fold().to(getattr(torch, stored_dtype(base.folder)))
    save_model(whole, base.folder, work.out)
    if tuned.params.template != MODEL:
        put_template(load_tokenizer(base.folder), tuned.params.template, work.out)
    work.meta.update(
        model_meta(work.out, name=work.step, licence=base.meta.get("license"), licenses=licences)
    )


def tuned_metrics(tuned: Tuned) -> list[Metric]:
    """How much was trained, and what the frozen rest takes where it was packed."""
    n_all = sum(p.numel() for p in tuned.model.parameters())
    if tuned.frozen_bytes is not None:
        from practicum.train.nf4 import n_weights

        n_all = n_weights(tuned.model)
    found = [Metric(name="parameters.trained", value=tuned.n_trained),
             Metric(name="parameters.share", value=tuned.n_trained / n_all, unit="fraction")]  # fmt: skip
    if tuned.frozen_bytes is not None:
        found.append(
            Metric(name="base.size", value=tuned.frozen_bytes, unit="bytes", better="lower")
        )
    return found


def watched_notes(history: History) -> tuple[str, ...]:
    """Says which weights stayed, and what was left out."""
    notes = []
    if history.best is not None and history.best != history.watched[-1][0]:
        notes.append(f"The weights are those after update {history.best}, where the validation loss "
                     f"was lowest; training went on to {history.watched[-1][0]}.")  # fmt: skip
    if history.n_skipped:
        notes.append(f"{history.n_skipped} updates were left out: their loss was a spike.")
    return tuple(notes)


def packing_metrics(packed: Packed, tokens_per_s: float) -> list[Metric]:
    """What packing saved, and how fast training ran."""
    return [
        Metric(name="examples", value=packed.n_examples),
        Metric(name="tokens.computed", value=packed.n_tokens),
        Metric(name="tokens.without_sharing", value=packed.n_alone),
        Metric(name="tokens.trained", value=packed.n_scored),
        Metric(name="speed.computed", value=tokens_per_s, unit="tokens/s", better="higher"),
        Metric(name="speed.useful", value=tokens_per_s * packed.n_alone / max(1, packed.n_tokens),
               unit="tokens/s", better="higher"),
    ]  # fmt: skip


def skipped_note(packed: Packed, max_tokens: int) -> tuple[str, ...]:
    """Says what was left out for its length, if anything was."""
    if not packed.n_skipped:
        return ()
    return (f"{packed.n_skipped} examples longer than {max_tokens} tokens were left out.",)
