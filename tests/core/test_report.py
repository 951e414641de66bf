from __future__ import annotations

import pytest
from pydantic import ValidationError

from practicum.core.report import Metric, Report


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        (Metric(name="loss", value=1.23456, unit="nats"), "1.23 nats"),
        (Metric(name="accuracy", value=0.5, unit="fraction"), "0.5"),
        (
            Metric(name="accuracy", value=0.7149, unit="fraction", n=512, ci95=(0.6712, 0.7561)),
            "0.715 [0.671, 0.756] (n=512)",
        ),
        (Metric(name="rows", value=0, n=0), "0 (n=0)"),
    ],
)
def test_a_metric_prints_three_digits_its_interval_its_unit_and_how_many(
    metric: Metric, expected: str
) -> None:
    assert str(metric) == expected


def test_a_report_finds_its_metrics_by_name() -> None:
    report = Report(metrics=(Metric(name="loss", value=2.0), Metric(name="speed", value=3.0)))
    assert report.value("speed") == 3.0
    assert report.get("memory") is None
    with pytest.raises(KeyError):
        report.value("memory")


def test_a_report_survives_json_unchanged() -> None:
    report = Report(
        title="t", metrics=(Metric(name="a", value=0.1 + 0.2, ci95=(0.0, 1.0), better="higher"),),
        samples=({"prompt": "2+2", "n": [1, 2]},), curves={"loss": [(1.0, 2.5), (2.0, 1.25)]},
        notes=("seen",),
    )  # fmt: skip
    assert Report.model_validate_json(report.model_dump_json()) == report


def test_a_misspelled_field_of_a_metric_is_refused() -> None:
    with pytest.raises(ValidationError, match="ci_95"):
        Metric.model_validate({"name": "a", "value": 1, "ci_95": (0, 1)})
