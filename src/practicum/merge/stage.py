"""The stage `merge`: models → model, tensor by tensor."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field, model_validator

from practicum.core.artifact import Artifact, Kind
from practicum.core.errors import Complaint, PlanError, PracticumError
from practicum.core.report import Metric, Report
from practicum.core.stage import Params, Plan, Slot, Work
from practicum.models.load import model_folder, model_meta
from practicum.tensors.stream import TORCH_NAMES, Spec, TensorFiles, read_specs, write_stream
from practicum.text.tokenizer import FILES

if TYPE_CHECKING:
    from torch import Tensor

BYTES_PER_SECOND = 150e6  # float32 arithmetic on two cores, read and written


class MergeParams(Params):
    """How to merge."""

    method: Literal["linear", "slerp"] = Field(
        "linear", description="linear: weighted mean of any number; slerp: along the arc of two."
    )
    weights: tuple[float, ...] | None = Field(
        None, description="linear: one weight a model, divided by their sum. None: equal."
    )
    t: float = Field(0.5, ge=0, le=1, description="slerp: 0 is the first model, 1 the second.")

    @model_validator(mode="after")
    def _weights_make_sense(self) -> MergeParams:
        if self.weights is not None and self.method != "linear":
            raise ValueError("weights belong to linear; slerp has t")
        if self.weights is not None and sum(self.weights) == 0:
            raise ValueError("weights sum to zero")
        return self


class Merge:
    """models → model"""

    name: ClassVar[str] = "merge"
    version: ClassVar[int] = 1
    takes: ClassVar[tuple[Slot, ...]] = (Slot("models", ("model",), many=True),)
    Params = MergeParams

    def gives(self, params: MergeParams) -> Kind:
        return "model"

    def plan(self, inputs: Sequence[Artifact | None], params: MergeParams) -> Plan:
        models = [m for m in inputs if m]
        wrong = _count_complaints(len(models), params)
        if not wrong:
            wrong = _shape_complaints(models)
        if wrong:
            raise PlanError(*wrong)
        specs = read_specs(_weights(models[0]))
        size = sum(s.size_bytes for s in specs.values())
        largest = max(s.size_bytes for s in specs.values())
        names = " + ".join(f"{m.meta['name']}@{m.short}" for m in models)
        return Plan(
            f"{params.method} of {names}: {len(specs)} tensors",
            2 + size * len(models) / BYTES_PER_SECOND, size, 8 * largest,
        )  # fmt: skip

    def make(self, work: Work, inputs: Sequence[Artifact | None], params: MergeParams) -> Report:
        from practicum.models.load import threads

        models = [m for m in inputs if m]
        specs = read_specs(_weights(models[0]))
        shares = list(params.weights or [1.0] * len(models))
        with threads(work.threads):
            write_stream(
                work.out / "model.safetensors", specs, _merged(work, models, specs, params, shares)
            )
        folder = model_folder(models[0])
        for name in ("config.json", *FILES):
            if (folder / name).is_file():
                shutil.copyfile(folder / name, work.out / name)
        licences = {m.meta.get("license") for m in models}
        data_licences = sorted({x for m in models for x in m.meta.get("licenses", ())})
        work.meta.update(
            model_meta(work.out, name=work.step, licenses=data_licences,
                       licence=licences.pop() if len(licences) == 1 else None)
        )  # fmt: skip
        size = sum(s.size_bytes for s in specs.values())
        return Report(
            title=f"{params.method} merge of {len(models)} models",
            metrics=(Metric(name="tensors", value=len(specs)),
                     Metric(name="size", value=size, unit="bytes")),
        )  # fmt: skip


def _count_complaints(n: int, params: MergeParams) -> list[Complaint]:
    wrong = []
    if n < 2:
        wrong.append(Complaint(f"merge needs at least two models, {n} given"))
    if params.method == "slerp" and n > 2:
        wrong.append(Complaint(f"slerp takes two models, {n} given", hint="linear"))
    if params.weights and len(params.weights) != n:
        wrong.append(Complaint(f"weights: {len(params.weights)} numbers for {n} models"))
    return wrong


def _weights(model: Artifact) -> list[Path]:
    return sorted(model_folder(model).glob("*.safetensors"))


def _shape_complaints(models: Sequence[Artifact]) -> list[Complaint]:
    """Where the models differ in tensors or vocabulary, from headers and tokenizers."""
    wrong: list[Complaint] = []
    try:
        first = read_specs(_weights(models[0]))
        vocabulary = _vocabulary(models[0])
        for model in models[1:]:
            specs = read_specs(_weights(model))
            name = f"{model.meta['name']}@{model.short}"
            for tensor in sorted(first.keys() ^ specs.keys())[:5]:
                owner = name if tensor in specs else f"{models[0].meta['name']}@{models[0].short}"
                wrong.append(Complaint(f"tensor {tensor} is only in {owner}"))
            for tensor in sorted(first.keys() & specs.keys()):
                if first[tensor].shape != specs[tensor].shape:
                    wrong.append(
                        Complaint(f"tensor {tensor} is {_by(first[tensor])} in the first model, "
                                  f"{_by(specs[tensor])} in {name}")
                    )  # fmt: skip
                    if len(wrong) > 5:
                        break
            if _vocabulary(model) != vocabulary:
                wrong.append(
                    Complaint(f"{name} has another vocabulary than {models[0].meta['name']}",
                              hint="merge models tuned from one base")
                )  # fmt: skip
        for tensor, spec in first.items():
            if spec.dtype not in TORCH_NAMES:
                wrong.append(
                    Complaint(f"tensor {tensor} is {spec.dtype}, which cannot be averaged")
                )
    except PracticumError as error:
        wrong += error.complaints
    return wrong


def _by(spec: Spec) -> str:
    return "×".join(str(n) for n in spec.shape)


def _vocabulary(model: Artifact) -> dict[str, int]:
    path = model_folder(model) / "tokenizer.json"
    if not path.is_file():
        raise PracticumError(f"{model.meta.get('name')}: has no tokenizer.json")
    state = json.loads(path.read_text(encoding="utf-8"))
    vocabulary: dict[str, int] = dict(state["model"]["vocab"])
    return vocabulary | {t["content"]: t["id"] for t in state.get("added_tokens", ())}


def _merged(
    work: Work, models: Sequence[Artifact], specs: dict[str, Spec], params: MergeParams,
    shares: Sequence[float],
) -> Iterator[tuple[str, Tensor]]:  # fmt: skip
    import torch

    from practicum.merge.methods import linear, slerp

    files = [TensorFiles(_weights(m)) for m in models]
    try:
        for done, (name, spec) in enumerate(specs.items(), 1):
            tensors = [f.get(name) for f in files]
            arc = params.method == "slerp"
            out = slerp(tensors[0], tensors[1], params.t) if arc else linear(tensors, shares)
            yield name, out.to(getattr(torch, TORCH_NAMES[spec.dtype]))
            work.progress(done, len(specs), "tensors")
    finally:
        for file in files:
            file.__exit__()


STAGE = Merge()
