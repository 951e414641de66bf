"""A store full of fabricated artifacts and runs: the shape of a life without its hours."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from practicum.core.artifact import Artifact, Kind, sha256_text
from practicum.core.report import Metric, Report
from practicum.core.store import Run, Store


@dataclass
class Past:
    """Writes artifacts and runs into a store, one second of history apart."""

    store: Store
    scratch: Path
    made: dict[str, Artifact] = field(default_factory=dict)
    clock_s: float = 1_700_000_000.0
    seven: tuple[str, ...] = ("base", "tuned", "aligned", "linear", "slerp", "q8", "q4")

    def artifact(self, name: str, kind: Kind = "model", **meta: Any) -> Artifact:
        """A small artifact with that content; its name points at it and is its meta name."""
        folder = self.scratch / f"{len(self.made)}-{self.clock_s:.0f}"
        folder.mkdir(parents=True)
        file = "rows.jsonl" if kind in ("text", "chat", "pairs") else "model.safetensors"
        (folder / file).write_text(name * 40, encoding="utf-8")
        artifact = self.store.commit(folder, kind, {"name": name, **meta})
        self.made[name] = artifact
        return artifact

    def name(self, *names: str) -> None:
        """Let each name point at the artifact that was made under it."""
        for name in names:
            self.store.point(name, self.made[name].digest)

    def run(
        self, stage: str, output: str, inputs: tuple[str, ...] = (), *,
        report: Report | None = None, **params: Any,
    ) -> Run:  # fmt: skip
        """A recorded run between artifacts given by name; "" is an absent input."""
        self.clock_s += 1
        digests = tuple(self.made[i].digest if i else "" for i in inputs)
        run = Run(
            id=f"run-{self.clock_s:.0f}", key=sha256_text(f"{self.clock_s}"), stage=stage,
            version=1, inputs=digests, params=params, seed=7, why=f"to have {stage}",
            output=self.made[output].digest, report=report or Report(),
            started_unix_s=self.clock_s, seconds=12.5, peak_memory_bytes=2_000_000_000,
            host={"system": "Linux", "threads": 2}, versions={"practicum": "0.1", "torch": "2"},
        )  # fmt: skip
        self.store.record(run)
        return run

    def delete(self, *names: str) -> None:
        for name in names:
            self.store.delete(self.made[name])

    def digest(self, name: str) -> str:
        return self.made[name].digest

    def label(self, name: str) -> str:
        return f"{name}@{self.digest(name)[:8]}"


@pytest.fixture
def past(tmp_path: Path) -> Past:
    """An empty history."""
    return Past(Store(tmp_path / "store"), tmp_path / "scratch")


def live_seven(past: Past) -> Past:
    """The seven-model life: base, tuned, aligned, two merges of them, two quantized slerps."""
    tensors: dict[str, Any] = {"format": "safetensors", "n_parameters": 134_515_008}
    past.artifact("base", license="Apache-2.0", origin_note="Restored from a Q4_1 file.", **tensors)
    past.artifact("lessons", "chat", licenses=["CC-BY-SA-4.0", "Apache-2.0"], rows={"train": 9})
    past.artifact("pairs", "pairs", licenses=["Apache-2.0"])
    terms: dict[str, Any] = {"license": "Apache-2.0", "licenses": ["Apache-2.0", "CC-BY-SA-4.0"]}
    for name in ("tuned", "aligned", "linear", "slerp"):
        past.artifact(name, **terms, **tensors)
    past.artifact("q8", **terms, format="gguf", types={"F32": 61, "Q8_0": 211})
    past.artifact("q4", **terms, format="gguf", types={"F32": 61, "Q4_1": 211})
    past.run("import", "base", source="smollm2-135m-instruct")
    past.run("data", "lessons", form="chat")
    past.run("data", "pairs", form="pairs")
    past.run("finetune", "tuned", ("base", "lessons"), rank=16, lr_peak=0.0002, warmup=None)
    past.run("align", "aligned", ("tuned", "pairs"), method="dpo", beta=0.1)
    past.run("merge", "linear", ("tuned", "aligned"), method="linear", weights=[0.3, 0.7], t=0.5)
    past.run("merge", "slerp", ("tuned", "aligned"), method="slerp", weights=None, t=0.5)
    past.run("quantize", "q8", ("slerp",), type="Q8_0")
    past.run("quantize", "q4", ("slerp",), type="Q4_1")
    past.name(*past.seven, "lessons", "pairs")
    return past


@pytest.fixture
def life(past: Past) -> Past:
    """The seven-model life with one evaluation of the aligned model."""
    live_seven(past)
    past.artifact("score", "report")
    report = Report(
        title="arithmetic",
        metrics=(
            Metric(name="accuracy", value=0.71, unit="fraction", n=512, ci95=(0.67, 0.75),
                   better="higher"),
            Metric(name="loss", value=1.25, unit="nats"),
        ),
    )  # fmt: skip
    past.run("evaluate", "score", ("aligned", "lessons"), report=report, suite="arithmetic")
    return past
