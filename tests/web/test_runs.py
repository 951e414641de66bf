"""Runs: what is at work is seen live, what is finished is read, what failed says what to do."""

from __future__ import annotations

import html
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from practicum.core.report import Metric, Report
from practicum.core.stage import Made
from practicum.core.store import Run, Store
from practicum.web.door.doorkeeper import Doorkeeper
from practicum.web.jobs.job import Intent, Job, write_standing
from practicum.web.jobs.story import Teller
from practicum.web.studio import Studio
from practicum.web.tools import shown

ATTACK = "<img src=x onerror=alert(1)>"


@pytest.fixture
def studio(request: pytest.FixtureRequest, tmp_path: Path) -> Studio:
    """A studio with a life in it where a test asks for one; its queue does not work."""
    home = tmp_path / "home"
    if "life" in request.fixturenames:
        made = request.getfixturevalue("tiny_store")
        shutil.copytree(made.home, home, copy_function=os.link)
    made_studio = Studio(home, Doorkeeper(8040))
    made_studio.queue.start = lambda: None  # type: ignore[method-assign]
    return made_studio


def put(job: Job, **standing: Any) -> None:
    """Let a job stand there, as its queue would."""
    from dataclasses import replace

    write_standing(job, replace(job.standing, **standing))


def a_run(store: Store, tmp_path: Path, **changes: Any) -> Run:
    """A run by hand, of a text of its own."""
    folder = tmp_path / "text"
    folder.mkdir()
    (folder / "text.txt").write_text(str(changes))
    made = store.commit(folder, "text", {"name": changes.pop("name", "text")})
    run = Run(
        id="20260101T000000-abcdef0123", key="k" * 64, stage="talk", version=1, inputs=(),
        params={}, seed=0, output=made.digest, started_unix_s=1.0, seconds=2.0,
        **{"report": Report(title="by hand"), **changes},
    )  # fmt: skip
    store.record(run)
    return run


# -- the list ----------------------------------------------------------------------------------


def test_an_empty_list_teaches_the_first_step(client: Any) -> None:
    page = client.get("/runs").text
    assert "Nothing was run yet" in page
    assert "/tools/pretrain?" in page


def test_the_list_shows_results_with_their_intervals(client: Any, life: Mapping[str, Made]) -> None:
    page = html.unescape(client.get("/runs").text)
    for name, made in life.items():
        assert f'href="/runs/{made.run.id}"' in page, name
    accuracy = life["score-base"].report.get("accuracy")
    assert accuracy is not None
    assert shown.interval(accuracy) in page


def test_the_list_shows_jobs_by_what_can_be_done_with_them(client: Any) -> None:
    queue = client.studio.queue
    jobs = {s: queue.add(Intent("data", title=s)) for s in ("running", "queued", "stopped")}
    for state, job in jobs.items():
        put(job, state=state)
    page = client.get("/runs").text
    assert page.index(">running<") < page.index(">queued<") < page.index(">stopped<")
    assert f"/runs/{jobs['running'].id}/stop" in page
    assert f"/runs/{jobs['queued'].id}/front" in page
    assert f"/runs/{jobs['stopped'].id}/resume" in page
    assert f"/runs/{jobs['running'].id}/remove" not in page


def test_jobs_do_as_they_are_told(client: Any) -> None:
    queue = client.studio.queue
    first, second = (queue.add(Intent("data", title=t)) for t in ("one", "two"))
    told = client.post(f"/runs/{second.id}/front").json()["html"]["#queue"]
    assert told.index(">two<") < told.index(">one<")
    client.post(f"/runs/{first.id}/stop")
    assert queue.job(first.id).state == "stopped"
    assert "Resume" in client.post(f"/runs/{second.id}/stop").json()["html"]["#queue"]
    here = {"page": True}  # its own page is shown anew: it listens to what begins again
    assert client.post(f"/runs/{second.id}/resume", here).json()["go"] == f"/runs/{second.id}"
    client.post(f"/runs/{first.id}/resume")
    assert queue.job(first.id).state == "queued"
    assert client.post(f"/runs/{first.id}/remove").json()["go"] == "/runs"
    assert client.post(f"/runs/{first.id}/stop").status_code == 404
    assert client.post(f"/runs/{second.id}/explode").status_code == 404


# -- a job -------------------------------------------------------------------------------------


def test_a_job_is_told_live_from_its_beginning_to_its_end(client: Any) -> None:
    job = client.studio.queue.add(Intent("pretrain", title="pretrain tiny"))
    teller = Teller(job.folder)
    for update in (1, 2, 3):
        teller.tell("points", step="tiny", name="loss", points=[[update, 4.0 - update]])
    teller.tell("note", step="tiny", text=ATTACK)
    put(job, state="stopped")
    answer = client.get(f"/runs/{job.id}/live")
    assert answer.headers["content-type"].startswith("text/event-stream")
    told = [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: ")]
    assert told[0]["is_first"]
    assert [e["kind"] for e in told[0]["events"]] == ["points"] * 3 + ["note"]
    assert told[-1] == {"end": True, "state": "stopped"}
    assert ATTACK not in client.get(f"/runs/{job.id}").text


def test_a_failed_job_says_what_happened_what_was_kept_and_what_to_do(client: Any) -> None:
    from practicum.core.errors import Complaint

    job = client.studio.queue.add(
        Intent("finetune", ("base", "lessons"), {"rank": 8}, 3, title="finetune tuned")
    )
    put(job, state="failed", complaints=(Complaint(f"no disk {ATTACK}", "x:1", "another disk"),))
    (job.folder / "log.txt").write_text(f"the last words {ATTACK}")
    page = client.get(f"/runs/{job.id}").text
    for words in ("What happened", "no disk", "x:1", "another disk", "What was kept", "Try again",
                  "the last words"):  # fmt: skip
        assert words in page
    assert ATTACK not in page
    assert "/tools/finetune?model=base&amp;chats=lessons&amp;rank=8&amp;seed=3" in page
    assert "practicum finetune base lessons --rank 8 --seed 3" in _words(page)


def _words(page: str) -> str:
    import re

    return html.unescape(re.sub(r"</?span[^>]*>", "", page))


def test_a_job_that_is_done_shows_its_run(client: Any, life: Mapping[str, Made]) -> None:
    run = life["tuned"].run
    job = client.studio.queue.add(Intent("finetune", title="x"))
    put(job, state="done", made={"tuned": run.id})
    page = html.unescape(client.get(f"/runs/{job.id}").text)
    assert run.report.title in page
    assert "What it measured" in page


def test_the_report_of_a_recipe_can_run_and_reach_nothing(client: Any) -> None:
    job = client.studio.queue.add(Intent(recipe="practicum: 1\nsteps: {}\n", title="story"))
    assert client.get(f"/runs/{job.id}/report").status_code == 404
    (job.folder / "report.html").write_text("<h1>The report</h1>")
    answer = client.get(f"/runs/{job.id}/report")
    assert answer.text == "<h1>The report</h1>"
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "sandbox" in policy
    assert "allow-scripts" not in policy
    assert "script-src" not in policy


@pytest.mark.parametrize(
    "path",
    ["/runs/nobody", "/runs/job-nobody", "/runs/job-..%2f..%2fetc/report", "/runs/..%2F..%2Fformat",
     "/runs/job-20260101T000000-abcdef/live", "/runs/diff?a=x&b=y"],
)  # fmt: skip
def test_what_is_not_there_is_not_found(path: str, client: Any) -> None:
    assert client.get(path).status_code == 404


# -- a run -------------------------------------------------------------------------------------


def test_a_run_shows_its_metrics_samples_and_how_to_repeat_it(
    client: Any, life: Mapping[str, Made]
) -> None:
    run = life["score-tuned"].run
    page = html.unescape(client.get(f"/runs/{run.id}").text)
    for metric in run.report.metrics:
        assert metric.name in page
    assert str(run.report.samples[0]["prompt"]).strip() in page
    assert "stage: evaluate" in page
    assert f"/models/{run.output}" in page
    assert f"/models/{run.inputs[0]}" in page


def test_the_next_tools_are_filled_in(client: Any, life: Mapping[str, Made]) -> None:
    page = client.get(f"/runs/{life['aligned'].run.id}").text
    assert '/tools/evaluate?model=aligned"' in page
    page = client.get(f"/runs/{life['q8'].run.id}").text
    assert "/tools/evaluate?model=q8" in page
    assert "/tools/finetune?" not in page.replace('"/tools/finetune"', "")  # not of a GGUF


def test_curves_are_drawn_with_their_claim_and_their_numbers(
    client: Any, life: Mapping[str, Made]
) -> None:
    run = life["base"].run
    drawn = client.get(f"/runs/{run.id}/plots").text
    assert "Training loss went from" in drawn
    assert drawn.count("<figure") == 1
    assert "The numbers" in drawn
    tuned = client.get(f"/runs/{life['tuned'].run.id}/plots").text
    assert tuned.count("<figure") == len(life["tuned"].report.curves)


def test_what_models_and_files_say_is_only_ever_text(client: Any, tmp_path: Path) -> None:
    report = Report(
        title=ATTACK, samples=({"prompt": ATTACK, ATTACK: [ATTACK]},), notes=(ATTACK,),
        metrics=(Metric(name=ATTACK, value=1.0, unit=ATTACK),),
        curves={ATTACK: [(1.0, 2.0), (2.0, 1.0)]},
    )  # fmt: skip
    run = a_run(client.studio.store, tmp_path, report=report, name=ATTACK, why=ATTACK)
    for path in (f"/runs/{run.id}", "/runs", f"/runs/{run.id}/plots", "/models?kind=all",
                 f"/models/{run.output}", f"/runs/diff?a={run.id}&b={run.id}", "/tools/data",
                 "/tools/pretrain"):  # fmt: skip
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert "<img" not in answer.text, path


def test_two_runs_show_what_differs_and_only_that(client: Any, life: Mapping[str, Made]) -> None:
    a, b = life["score-base"].run, life["score-tuned"].run
    page = html.unescape(client.get(f"/runs/diff?a={a.id}&b={b.id}").text)
    differ = page.split("What differs</h2>")[1].split("other settings are the same")[0]
    assert "input 1" in differ
    assert "max_tokens" not in differ  # the same in both
    assert "accuracy" in page.split("What was measured</h2>")[1]
    q8, q4 = life["q8"].run, life["q4"].run
    page = client.get(f"/runs/diff?a={q8.id}&b={q4.id}").text
    differ = page.split("What differs</h2>")[1].split("other settings are the same")[0]
    assert "Q8_0" in differ
    assert "Q4_0" in differ


def test_curves_of_two_runs_stand_in_one_plot(client: Any, life: Mapping[str, Made]) -> None:
    a, b = life["tuned"].run, life["aligned"].run
    page = client.get(f"/runs/diff?a={a.id}&b={b.id}").text
    assert "Training loss ends lower for" in page


# -- numbers as people read them -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "unit", "told"),
    [(0.62, "fraction", "62.0 %"), (98_300_000, "bytes", "98 MB"), (1400, "", "1,400"),
     (2.3456, "nats/token", "2.346"), (1234.5, "tokens/s", "1,234"), (0.0001052, "", "0.0001052")],
)  # fmt: skip
def test_numbers_are_told_in_their_unit(value: float, unit: str, told: str) -> None:
    assert shown.number(Metric(name="x", value=value, unit=unit)) == told


def test_an_interval_has_the_unit_of_its_number() -> None:
    metric = Metric(name="x", value=0.5, unit="fraction", ci95=(0.413, 0.587))
    assert shown.interval(metric) == "41.3 – 58.7"


def test_a_long_curve_is_thinned_and_keeps_its_end() -> None:
    curve = [(float(i), float(i)) for i in range(10_001)]
    thin = shown._thinned(curve)
    assert len(thin) <= shown.POINTS + 1
    assert (thin[0], thin[-1]) == (curve[0], curve[-1])
