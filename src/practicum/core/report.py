"""Reports: what a stage measured, as a value that can be stored, compared and printed; and
runs, the records that hold them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict


class Metric(BaseModel):
    """One measured number.

    Units   `unit` names them; fractions are 0–1, never percent.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    value: float
    unit: str = ""
    n: int | None = None
    ci95: tuple[float, float] | None = None
    better: Literal["higher", "lower", "neither"] = "neither"

    def __str__(self) -> str:
        text = f"{self.value:.3g}"
        if self.ci95:
            text += f" [{self.ci95[0]:.3g}, {self.ci95[1]:.3g}]"
        if self.unit and self.unit != "fraction":
            text += f" {self.unit}"
        return f"{text} (n={self.n})" if self.n is not None else text


class Report(BaseModel):
    """Metrics, samples that can be looked at, and notes. Returned by every stage."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str = ""
    metrics: tuple[Metric, ...] = ()
    samples: tuple[dict[str, Any], ...] = ()
    curves: dict[str, list[tuple[float, float]]] = {}
    notes: tuple[str, ...] = ()

    def get(self, name: str) -> Metric | None:
        """The metric of that name, or None."""
        return next((m for m in self.metrics if m.name == name), None)

    def value(self, name: str) -> float:
        """The value of that metric.  Raises KeyError when the report lacks it."""
        metric = self.get(name)
        if metric is None:
            raise KeyError(name)
        return metric.value


class Run(BaseModel):
    """What happened: history, recorded, never part of a key. `inputs` are digests in order."""

    model_config = ConfigDict(frozen=True)

    id: str
    key: str
    stage: str
    version: int
    inputs: tuple[str, ...]
    params: dict[str, Any]
    seed: int
    why: str = ""
    output: str
    report: Report
    started_unix_s: float
    seconds: float
    peak_memory_bytes: int | None = None
    host: dict[str, Any] = {}
    versions: dict[str, str] = {}
