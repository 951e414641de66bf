"""Benchmarks: the harness's own scores, whatever was killed, sampled or failed on the way."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import practicum as pr
from practicum.core.errors import PlanError
from practicum.core.stage import Made
from practicum.core.store import Store
from practicum.evaluate.benchmark import EVALUATION_FILE, PartialEvaluation
from practicum.evaluate.running import answers
from practicum.evaluate.running.results import Evaluation, TaskResult
from practicum.infer.lm_eval_model import PracticumLM

WRONG_TEMPLATES = {
    "{% for m in messages %}{{ m.content }}": "refuses these messages: Unexpected end of template",
    "{{ 1 / 0 }}": "refuses these messages: division by zero",
    "Hello!": "leaves out what the user says",
    "{% for m in messages %}<|start_header_id|>{{ m.content }}{% endfor %}": "another model's template",
}
REQUEST_KINDS = ("loglikelihood", "loglikelihood_rolling", "generate_until")


def evaluation_of(made: Made) -> Evaluation:
    return Evaluation.model_validate(made.artifact.read_json(EVALUATION_FILE))


def results(found: Evaluation) -> dict[str, TaskResult]:
    return {t.task: t for s in found.suites for t in s.tasks}


def numbers(found: Evaluation) -> list[tuple[Any, ...]]:
    """Everything but how long it took."""
    return [(t.task, t.metric, t.score, t.ci95, t.n, t.others, t.items)
            for s in found.suites for t in s.tasks]  # fmt: skip


class Watch:
    """Counts a model's requests, and may stop it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.n, self.stop_at, self.fails_at = 0, 10**9, ""
        for kind in REQUEST_KINDS:
            self._over(monkeypatch, kind, getattr(PracticumLM, kind))

    def _over(self, monkeypatch: pytest.MonkeyPatch, kind: str, plain: Any) -> None:
        def method(model: Any, requests: Sequence[Any], **options: Any) -> Any:
            if self.n + len(requests) > self.stop_at:
                raise KeyboardInterrupt
            if kind == self.fails_at:
                raise ValueError("the model choked\non this")
            self.n += len(requests)
            return plain(model, requests, **options)

        monkeypatch.setattr(PracticumLM, kind, method)


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    return Watch(monkeypatch)


@pytest.fixture(scope="module")
def whole(own: Any, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """All four tasks, every question."""
    home = Store(tmp_path_factory.mktemp("whole"))
    return pr.benchmark(str(own.model), home=home, **own.options())


@pytest.fixture(scope="module")
def theirs(own: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What lm_eval itself makes of the same rows and the same model."""
    from lm_eval import simple_evaluate
    from lm_eval.models.huggingface import HFLM
    from lm_eval.tasks import TaskManager

    folder = tmp_path_factory.mktemp("theirs")
    names = sorted(p.stem for p in own.tasks.glob("*.yaml"))
    for name in names:
        rows = own.data / name
        files = {p.stem: str(p) for p in rows.glob("*.jsonl")} or {"test": f"{rows}.jsonl"}
        text = (own.tasks / f"{name}.yaml").read_text()
        text = text.replace(f"dataset_path: own/{name[4:]}", "dataset_path: json\ndataset_kwargs:\n"
                            f"  data_files: {json.dumps(files)}\n"
                            f"  cache_dir: {folder / 'cache'}")  # fmt: skip
        (folder / f"{name}.yaml").write_text(text)
    return dict(simple_evaluate(  # type: ignore[arg-type]
        model=HFLM(pretrained=str(own.model), dtype="float32", device="cpu"), tasks=names,
        task_manager=TaskManager(include_path=str(folder), include_defaults=False),
        bootstrap_iters=0,
    ))  # fmt: skip


@pytest.mark.feature("T1")
def test_scores_equal_the_harness_s_own(whole: Made, theirs: dict[str, Any]) -> None:
    mine = results(evaluation_of(whole))
    compared = 0
    for name, metrics in theirs["results"].items():
        task = mine[name]
        values = {task.metric: task.score, **task.others}
        for key, value in metrics.items():
            metric, _, rest = key.partition(",")
            if not isinstance(value, float) or "stderr" in metric:
                continue
            found = values[metric] if metric in values else values[f"{metric},{rest}"]
            assert found == pytest.approx(value, rel=1e-6, abs=1e-6), (name, key)
            compared += 1
    assert compared == 8  # 2 of choices, 2 of last words, 2 of prose, 2 filters


@pytest.mark.feature("T1")
def test_every_question_gets_the_harness_s_own_mark(whole: Made, theirs: dict[str, Any]) -> None:
    mine = results(evaluation_of(whole))
    for sample in theirs["samples"]["own_choice"]:
        item = mine["own_choice"].items[sample["doc_id"]]
        assert item.values == {"acc": sample["acc"], "acc_norm": sample["acc_norm"]}
    whole_texts = [s for s in theirs["samples"]["own_written"] if s["filter"] == "letter"]
    assert [i.said for i in mine["own_written"].items] == [
        s["filtered_resps"][0] for s in whole_texts
    ]
    task = mine["own_choice"]
    assert (task.metric, task.n, task.n_all, task.n_shots) == ("acc_norm", 24, 24, 2)
    assert (task.version, task.source, task.chance) == ("3.0", "files", 0.25)


def test_numbers_are_the_same_after_a_kill(
    own: Any, whole: Made, store: Store, watch: Watch, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    watch.stop_at = 24 * 4 + 24 + 10  # in the midst of the third task
    with pytest.raises(KeyboardInterrupt):
        pr.benchmark(str(own.model), home=store, **own.options())
    kept = sorted(store.home.glob("work/*/keep/*.jsonl"))
    with kept[0].open("a") as stream:
        stream.write('{"seconds": 1, "answers": [[[')  # torn
    asked, watch.stop_at = watch.n, 10**9
    made = pr.benchmark(str(own.model), home=store, **own.options())
    assert numbers(evaluation_of(made)) == numbers(evaluation_of(whole))
    assert 0 < asked < watch.n == 24 * 7  # nothing was asked twice


def test_chunks_end_where_they_would_have_without_a_kill(
    own: Any, store: Store, tmp_path: Path, watch: Watch, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(answers, "CHUNK_SCORES", 20)
    options = own.options("own_choice", "own_last")
    plain = pr.benchmark(str(own.model), home=tmp_path / "plain", **options)
    watch.n, watch.stop_at = 0, 50
    with pytest.raises(KeyboardInterrupt):
        pr.benchmark(str(own.model), home=store, **options)
    assert watch.n == 40
    watch.stop_at = 10**9
    again = pr.benchmark(str(own.model), home=store, **options)
    assert numbers(evaluation_of(again)) == numbers(evaluation_of(plain))


@pytest.mark.feature("T1")
def test_a_failed_task_leaves_a_labelled_partial_average_and_only_it_is_tried_again(
    own: Any, whole: Made, store: Store, watch: Watch
) -> None:
    watch.fails_at = "loglikelihood_rolling"
    with pytest.raises(PartialEvaluation) as told:
        pr.benchmark(str(own.model), home=store, **own.options())
    assert "own_prose: ValueError: the model choked" in str(told.value)
    assert "partial" in str(told.value)
    partial = Evaluation.model_validate_json(told.value.path.read_text())
    assert partial == told.value.evaluation
    assert partial.is_partial
    assert [t.task for t in partial.suites[0].tasks if t.score is None] == ["own_prose"]
    assert partial.suites[0].score is not None
    watch.n, watch.fails_at = 0, ""
    made = pr.benchmark(str(own.model), home=store, **own.options())
    assert watch.n == 24
    assert not made.cached
    assert numbers(evaluation_of(made)) == numbers(evaluation_of(whole))


@pytest.mark.feature("T1")
def test_the_same_seed_gives_the_same_numbers_and_a_budget_says_what_it_buys(
    own: Any, store: Store, tmp_path: Path
) -> None:
    options = own.options("own_choice", "own_written") | {"budget": "10m", "seed": 3}
    one = evaluation_of(pr.benchmark(str(own.model), home=store, **options))
    two = evaluation_of(pr.benchmark(str(own.model), home=tmp_path / "other", **options))
    assert numbers(one) == numbers(two)
    assert results(one)["own_choice"].n == 24  # ten minutes are enough for all
    note = next(n for n in one.notes if n.startswith("Budget 10m: 48 of 48 questions"))
    assert "tasks ±0.141" in note  # 1.96 · ½ / √48: the mean of two means of 24
    other = options | {"seed": 4}
    three = evaluation_of(pr.benchmark(str(own.model), home=store, **other))
    ids = [[i.id for i in results(e)["own_choice"].items] for e in (one, three)]
    assert ids[0] != ids[1]
    assert sorted(ids[0]) == sorted(ids[1])


def test_a_small_budget_asks_the_beginning_of_the_same_order(
    own: Any, store: Store, tmp_path: Path
) -> None:
    options = own.options("own_choice", "own_last")
    long = pr.benchmark(str(own.model), home=store, budget="10m", **options)
    short = pr.benchmark(str(own.model), home=store, budget="0.001s", **options)
    most, least = results(evaluation_of(long)), results(evaluation_of(short))
    for name in most:
        assert least[name].n == 2
        assert [i.model_dump(exclude={"values"}) for i in least[name].items] == [
            i.model_dump(exclude={"values"}) for i in most[name].items[:2]
        ]


def test_limit_is_the_harness_s_first_questions(own: Any, store: Store, whole: Made) -> None:
    made = pr.benchmark(str(own.model), home=store, limit=5, **own.options("own_choice"))
    task = results(evaluation_of(made))["own_choice"]
    assert (task.n, task.n_all) == (5, 24)
    first = results(evaluation_of(whole))["own_choice"].items[:5]
    assert [(i.id, i.values) for i in task.items] == [(i.id, i.values) for i in first]


def test_everything_unknown_and_missing_is_told_at_once_before_a_model_is_loaded(
    own: Any, store: Store
) -> None:
    with pytest.raises(PlanError) as told:
        pr.plan("benchmark", str(own.model), home=store, suite="nouss,eq-bench", budget="soon",
                task="own_choise,own_last,leaderboard|gsm8kk|0|0", include=str(own.tasks),
                data=str(own.data))  # fmt: skip
    text = str(told.value)
    for part in ("unknown 'nouss'      try: nous", "unknown 'own_choise'      try: own_choice",
                 "'leaderboard|gsm8kk|0|0'      try: gsm8k", "eq_bench: no rows of pbevan11/EQ-Bench",
                 "--missing skip or mini", "budget: 'soon' is not a time"):  # fmt: skip
        assert part in text, text
    assert not list(store.home.glob("work/*"))


def test_missing_data_may_be_left_out_and_the_average_says_so(own: Any, store: Store) -> None:
    options = own.options("own_last", "hellaswag") | {"missing": "skip"}
    made = pr.benchmark(str(own.model), home=store, **options)
    tasks = results(evaluation_of(made))
    assert tasks["hellaswag"].score is None
    assert "no rows of Rowan/hellaswag" in tasks["hellaswag"].failed
    assert any("partial: its average leaves out hellaswag" in n for n in made.report.notes)


def test_other_rows_in_the_same_files_are_another_evaluation(
    own: Any, store: Store, tmp_path: Path
) -> None:
    rows = (own.data / "own_last" / "test.jsonl").read_text().splitlines(keepends=True)
    mine = tmp_path / "own_last.jsonl"
    options = own.options("own_last") | {"data": str(tmp_path)}
    counts = []
    for n in (3, 3, 4):
        mine.write_text("".join(rows[:n]))
        made = pr.benchmark(str(own.model), home=store, **options)
        counts.append((made.cached, results(evaluation_of(made))["own_last"].n))
    assert counts == [(False, 3), (True, 3), (False, 4)]


def test_a_model_without_a_template_is_not_asked_to_chat(
    own: Any, store: Store, tmp_path: Path
) -> None:
    options = own.options("own_choice") | {"chat": True, "limit": 2}
    base = shutil.copytree(own.model, tmp_path / "base")
    (base / "chat_template.jinja").unlink()
    with pytest.raises(PlanError, match="has no chat template"):
        pr.benchmark(str(base), home=store, **options)
    for text, why in WRONG_TEMPLATES.items():
        (base / "chat_template.jinja").write_text(text)
        with pytest.raises(PlanError, match=why):
            pr.benchmark(str(base), home=store, **options)
    assert not list(store.home.glob("work/*/keep/*")), "nothing was begun"
    made = pr.benchmark(str(own.model), home=store, **options)
    plain = pr.benchmark(str(own.model), home=store, **own.options("own_choice"), limit=2)
    assert numbers(evaluation_of(made)) != numbers(evaluation_of(plain))
    assert any("asked without it" in n for n in evaluation_of(plain).notes)
    assert not any("asked without it" in n for n in evaluation_of(made).notes)


def test_the_command_tells_scores_with_n_and_intervals(own: Any, tmp_path: Path) -> None:
    from practicum.cli.main import cli

    done = CliRunner().invoke(cli, [
        "eval", str(own.model), "--home", str(tmp_path), "--task", "own_choice,own_last",
        "--include", str(own.tasks), "--data", str(own.data), "--limit", "6", "--threads", "1",
        "--chat",
    ])  # fmt: skip
    assert done.exit_code == 0, done.output
    assert re.search(
        r"own_choice +\S+ +acc_norm +0\.\d{3} \[0\.\d{3}, [01]\.\d{3}\] +6", done.output
    )


@pytest.mark.feature("T1")
def test_the_command_tells_a_partial_average_and_what_failed(
    own: Any, tmp_path: Path, watch: Watch, capsys: pytest.CaptureFixture[str]
) -> None:
    from practicum.cli.main import main

    watch.fails_at = "loglikelihood_rolling"
    with pytest.raises(SystemExit) as left:
        main(["eval", str(own.model), "--home", str(tmp_path), "--task", "own_last,own_prose",
              "--include", str(own.tasks), "--data", str(own.data), "-q"])  # fmt: skip
    told = capsys.readouterr()
    assert left.value.code == 1
    assert "own_prose has no score: ValueError: the model choked" in told.out
    assert "the averages are partial" in told.err
    assert re.search(r"own_last +\S+ +acc +\d\.\d{3} \[", told.out)
    assert "own_prose: ValueError: the model choked" in told.err
    assert "it tries only these again" in told.err


def test_a_budget_that_runs_out_leaves_every_task_its_share(
    own: Any, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]

    def slower(model: Any, requests: Sequence[Any], **options: Any) -> list[tuple[float, bool]]:
        now[0] += 0.1 if now[0] < 0.5 else 5  # seconds a call: the sample was quick
        return [(-1.0, False) for _ in requests]

    monkeypatch.setattr(PracticumLM, "loglikelihood", slower)
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    monkeypatch.setattr(answers, "HASTE", 32)  # eight scores a chunk
    options = own.options("own_choice", "own_last") | {"budget": "20s"}
    found = evaluation_of(pr.benchmark(str(own.model), home=store, **options))
    n = {name: task.n for name, task in results(found).items()}
    assert abs(n["own_choice"] - n["own_last"]) <= 6, n  # a round of a quarter
    assert 12 < n["own_choice"] + n["own_last"] < 48
    assert now[0] <= 20 + 5  # one chunk too many at most
    assert any("It ran out: " in note for note in found.notes)
