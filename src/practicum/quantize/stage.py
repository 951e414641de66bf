"""The stage `quantize`: model → smaller model, as GGUF that llama.cpp loads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from pydantic import Field

from practicum.core.artifact import Artifact, Kind
from practicum.core.errors import Complaint, PlanError, PracticumError
from practicum.core.report import Metric, Report
from practicum.core.stage import Params, Plan, Slot, Work
from practicum.models.convert import check_writable, folder_to_gguf, pre_of
from practicum.models.gguf_file import GgufFile
from practicum.models.load import model_folder, read_config
from practicum.text.tokenizer import load_tokenizer

# Bits per weight of each block layout: (bytes of a block × 8) / 32 weights.
BITS = {"F32": 32.0, "F16": 16.0, "BF16": 16.0, "Q8_0": 8.5, "Q5_1": 6.0, "Q5_0": 5.5, "Q4_1": 5.0,
        "Q4_0": 4.5}  # fmt: skip
PARAMETERS_PER_SECOND = 40e6


class QuantizeParams(Params):
    """How to store the weights."""

    type: Literal["F32", "F16", "BF16", "Q8_0", "Q5_1", "Q5_0", "Q4_1", "Q4_0"] = Field(
        "Q8_0", description="The block type of the large matrices; norms stay F32."
    )


class Quantize:
    """model → model"""

    name: ClassVar[str] = "quantize"
    version: ClassVar[int] = 1
    takes: ClassVar[tuple[Slot, ...]] = (Slot("model", ("model",)),)
    Params = QuantizeParams

    def gives(self, params: QuantizeParams) -> Kind:
        return "model"

    def plan(self, inputs: Sequence[Artifact | None], params: QuantizeParams) -> Plan:
        model = inputs[0]
        assert model is not None
        wrong: list[Complaint] = []
        try:
            folder = model_folder(model)
            check_writable(read_config(folder), str(model.meta["name"]))
            pre_of(load_tokenizer(folder))
        except PracticumError as error:
            wrong += error.complaints
        if wrong:
            raise PlanError(*wrong)
        n_parameters = int(model.meta["n_parameters"])
        size = int(n_parameters * BITS[params.type] / 8)
        return Plan(f"{model.meta['name']} as {params.type}, about {size / 1e6:.0f} MB",
                    1 + n_parameters / PARAMETERS_PER_SECOND, size, 3 * size)  # fmt: skip

    def make(self, work: Work, inputs: Sequence[Artifact | None], params: QuantizeParams) -> Report:
        model = inputs[0]
        assert model is not None
        target = work.out / "model.gguf"
        licence = model.meta.get("license")
        counts = folder_to_gguf(
            model_folder(model), target, params.type, work.step, licence,
            lambda done, total: work.progress(done, total, "bytes"),
        )  # fmt: skip
        gguf = GgufFile(target)
        size = target.stat().st_size
        work.meta.update(
            name=work.step, format="gguf", architecture=gguf.architecture,
            n_parameters=gguf.n_parameters, n_vocab=model.meta.get("n_vocab"), types=counts,
            license=licence, licenses=model.meta.get("licenses", []),
        )  # fmt: skip
        return Report(
            title=f"{model.meta['name']} as {params.type}",
            metrics=(
                Metric(name="size", value=size, unit="bytes", better="lower"),
                Metric(name="bits_per_weight", value=8 * size / gguf.n_parameters, unit="bits",
                       better="lower"),
            ),
            notes=("Stored as " + ", ".join(f"{n} tensors {t}" for t, n in sorted(counts.items())),),
        )  # fmt: skip


STAGE = Quantize()
