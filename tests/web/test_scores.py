"""Evaluations in the studio: tables on a run's and a model's page, the report, the leaderboard."""

from __future__ import annotations

import html
import importlib.util
from pathlib import Path
from typing import Any

import pytest

from practicum.core.report import Run
from practicum.core.store import Store
from practicum.evaluate.benchmark import report_of
from practicum.evaluate.running.results import EVALUATION_FILE, MINI, Evaluation

_spec = importlib.util.spec_from_file_location(
    "made_for_the_studio", Path(__file__).parents[1] / "evaluate" / "told" / "made.py"
)
assert _spec and _spec.loader
made = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(made)


def put(store: Store, evaluation: Evaluation, name: str) -> str:
    """An evaluation as a run would leave it; the run's id."""
    store.prepare()
    folder = store.home / "work" / name
    folder.mkdir(parents=True)
    (folder / EVALUATION_FILE).write_text(evaluation.model_dump_json())
    artifact = store.commit(folder, "report", {"name": name, "of": evaluation.digest})
    run = Run(
        id=f"benchmark-{name}", key=name.encode().hex().ljust(64, "0"), stage="benchmark", version=1,
        seed=0, params={}, inputs=(evaluation.digest,), output=artifact.digest,
        started_unix_s=1.0, seconds=2.0, report=report_of(evaluation),
    )  # fmt: skip
    store.record(run)
    store.point(name, artifact.digest)
    return run.id


def text_of(answer: Any) -> str:
    assert answer.status_code == 200, answer.text
    return html.unescape(answer.text)


def test_an_empty_leaderboard_teaches_the_first_step(client: Any) -> None:
    page = text_of(client.get("/models/leaderboard"))
    assert "Nobody was asked yet" in page
    assert "practicum eval MODEL --suite nous --budget 3m" in page
    assert "/models/leaderboard" in client.get("/models").text


@pytest.mark.feature("T1")
def test_a_run_shows_its_tables_with_labels_n_and_intervals(client: Any) -> None:
    mini = made.nous("small", 0.3, source="mini", failed=("boolq",))
    page = text_of(client.get(f"/runs/{put(client.studio.store, mini, 'small-score')}"))
    for words in ("Summary", "nous", "eq-bench", "score [95 % interval]", "60 of 1,000", MINI,
                  "boolq has no score: out of memory", "partial"):  # fmt: skip
        assert words in page, words
    assert "The whole report" in page


def test_what_a_model_said_is_text_wherever_it_is_shown(client: Any) -> None:
    evil = made.nous(f"evil{made.EVIL[:40]}", 0.3)
    suite = evil.suites[0]
    task = suite.tasks[0]
    bad = task.items[0].model_copy(update={"said": made.EVIL, "values": {"acc": 0.0}})
    parts = dict(suite.parts) | {"AGIEval": (task.model_copy(update={"items": (bad,)}),)}
    evil = evil.model_copy(update={"suites": (suite.model_copy(update={"parts": parts}),)})
    run = put(client.studio.store, evil, "evil-score")
    for path in (f"/runs/{run}", f"/runs/{run}/evaluation", "/models/leaderboard",
                 "/models/leaderboard/plots"):  # fmt: skip
        answer = client.get(path)
        assert answer.status_code == 200
        assert "<script>alert" not in answer.text and "<img src=x" not in answer.text
        assert "script-src" not in answer.headers["content-security-policy"] or (
            "'unsafe-inline'" not in answer.headers["content-security-policy"].split("script-src")[1].split(";")[0]
        )  # fmt: skip


def test_the_whole_report_has_plots_and_may_run_nothing(client: Any) -> None:
    run = put(client.studio.store, made.nous("calm"), "calm-score")
    answer = client.get(f"/runs/{run}/evaluation")
    assert "<svg" in answer.text and "Wrong answers" in answer.text
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'") and "sandbox" in policy
    assert "allow-scripts" not in policy


def test_models_that_answered_the_same_share_a_table(client: Any) -> None:
    store = client.studio.store
    for name, level in (("weak", 0.2), ("strong", 0.7)):
        put(store, made.nous(name, level), f"{name}-score")
    put(store, made.nous("other", 0.9, seed=9, n=40), "other-score")
    page = text_of(client.get("/models/leaderboard"))
    first = page.index("strong@"), page.index("weak@")
    assert first[0] < first[1]
    assert "No other model answered these questions." in page
    assert "<svg" in client.get("/models/leaderboard/plots").text


def test_a_run_of_another_kind_has_no_evaluation(client: Any, tmp_path: Path) -> None:
    assert client.get("/runs/nothing/evaluation").status_code == 404
