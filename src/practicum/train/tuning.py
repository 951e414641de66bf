"""What every tuning stage shares: the check before, the artifact and the numbers after."""

from __future__ import annotations

from typing import TYPE_CHECKING

from practicum.core.artifact import Artifact
from practicum.core.errors import Complaint, PlanError, PracticumError
from practicum.core.report import Metric
from practicum.core.stage import Work
from practicum.models.load import model_folder
from practicum.text.named import with_template
from practicum.text.tokenizer import load_tokenizer
from practicum.train.inspection import training_complaints
from practicum.train.rows import Packed, train_path

if TYPE_CHECKING:
    from peft import PeftModel


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


def write_tuned(work: Work, tuned: PeftModel, base: Artifact, data: Artifact, output: str) -> None:
    """Write what training made: the adapter alone, or folded into the base."""
    from practicum.models.load import model_meta, save_model
    from practicum.train.adapters import fold, save_adapter

    licences = sorted({*data.meta.get("licenses", ()), *base.meta.get("licenses", ())})
    if output == "adapter":
        save_adapter(tuned, work.out)
        work.meta.update(name=work.step, base=base.digest, license=base.meta.get("license"),
                         licenses=licences)  # fmt: skip
        return
    save_model(fold(tuned), base.folder, work.out)
    work.meta.update(
        model_meta(work.out, name=work.step, licence=base.meta.get("license"), licenses=licences)
    )


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
