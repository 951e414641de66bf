"""Jobs outlive tabs, studios and kills: nothing that was computed is computed twice."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from practicum import verbs
from practicum.core.errors import PracticumError, UnknownReference
from practicum.core.events import Event, Measured, Note, Progress
from practicum.core.recipe import parse_recipe
from practicum.core.stage import Made
from practicum.core.store import Store
from practicum.web.jobs.job import Intent, Job, create
from practicum.web.jobs.queue import LOG_BYTES, Queue
from practicum.web.jobs.story import FILE, Teller, near_end, told

SMALL = {"updates": 6, "n_vocab": 300, "context": 16, "windows_per_update": 4, "width": 256,
         "hidden": 256, "layers": 1}  # fmt: skip

# A worker without a model: what it does is written in the job's parameters.
FAKE = """
import json, os, sys, pathlib
folder = pathlib.Path(sys.argv[1])
does = json.loads((folder / "job.json").read_text())["params"]
attempt = json.loads((folder / "state.json").read_text())["attempt"]
def tell(**value):
    with (folder / "events.jsonl").open("a") as stream:
        stream.write(json.dumps({"t": 0, **value}) + "\\n")
print("a line for the log", flush=True)
if does.get("waits") and attempt <= does["waits"]:
    tell(kind="progress", step="x", done=1, total=2, unit="steps", note="")
    while os.read(0, 100):
        pass
    tell(kind="end", attempt=attempt, state="stopped")
    sys.exit(130)
if does.get("dies"):
    os._exit(does["dies"])
if does.get("killed"):
    os.kill(os.getpid(), 9)
if does.get("fails"):
    tell(kind="end", attempt=attempt, state="failed",
         complaints=[{"what": "no such model", "where": "model", "hint": "another"}])
    sys.exit(1)
tell(kind="end", attempt=attempt, state="done", made={"x": "run-" + folder.name})
"""


def wait(true: Callable[[], object], seconds: float = 180.0) -> None:
    """Until it is so; three minutes are longer than any of it takes on a busy machine."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def queue_of(home: Path) -> Queue:
    return Queue(home, worker=(sys.executable, "-I", "-S", "-c", FAKE))


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[Queue]:
    """A queue whose workers are quick; it does not work before it is started."""
    made = queue_of(tmp_path)
    yield made
    made.stop()


def states(queue: Queue) -> dict[str, str]:
    return {job.title: job.state for job in queue.jobs()}


def doing(title: str, **params: Any) -> Intent:
    return Intent("data", params=params, title=title)


def is_over(queue: Queue) -> bool:
    return not queue.jobs(("queued", "running"))


def test_jobs_are_done_one_after_another_in_their_order(queue: Queue) -> None:
    jobs = [queue.add(doing(str(i))) for i in range(3)]
    assert [job.id for job in queue.jobs()] == [job.id for job in jobs]
    queue.start()
    wait(lambda: is_over(queue))
    done = [queue.job(job.id) for job in jobs]
    assert [job.state for job in done] == ["done"] * 3
    assert [job.run for job in done] == [f"run-{job.id}" for job in jobs]
    ended = [job.standing.since_unix_s for job in done]
    assert ended == sorted(ended)


def test_a_job_can_be_moved_to_the_front_taken_out_and_removed(queue: Queue) -> None:
    first, second, third = (queue.add(doing(t)) for t in ("first", "second", "third"))
    queue.to_front(third.id)
    assert [j.title for j in queue.jobs(("queued",))] == ["third", "first", "second"]
    queue.cancel(second.id)
    assert states(queue) == {"third": "queued", "first": "queued", "second": "stopped"}
    queue.remove(second.id)
    assert not second.folder.exists()
    with pytest.raises(UnknownReference):
        queue.job(second.id)
    assert queue.job(first.id).state == "queued"


def test_a_running_job_stops_when_asked_and_goes_on_when_asked(queue: Queue) -> None:
    job = queue.add(doing("long", waits=1))
    queue.start()
    wait(lambda: told(job.folder)[0])
    with pytest.raises(PracticumError, match="running"):
        queue.remove(job.id)
    queue.cancel(job.id)
    wait(lambda: queue.job(job.id).state == "stopped")
    queue.resume(job.id)
    wait(lambda: queue.job(job.id).state == "done")
    assert queue.job(job.id).standing.attempt == 2
    with pytest.raises(PracticumError, match="only what has stopped"):
        queue.resume(job.id)


def test_a_failed_job_says_why_and_how_to_go_on(queue: Queue) -> None:
    wrong = queue.add(doing("wrong", fails=True))
    silent = queue.add(doing("silent", dies=3))
    killed = queue.add(doing("killed", killed=True))
    queue.start()
    wait(lambda: is_over(queue))
    assert set(states(queue).values()) == {"failed"}
    (complaint,) = queue.job(wrong.id).standing.complaints
    assert (complaint.what, complaint.hint) == ("no such model", "another")
    assert "code 3" in queue.job(silent.id).standing.complaints[0].what
    assert "memory" in queue.job(killed.id).standing.complaints[0].what
    assert "a line for the log" in (wrong.folder / "log.txt").read_text()
    queue.resume(wrong.id)
    assert queue.job(wrong.id).standing.complaints == ()


def test_what_a_stopping_studio_was_doing_waits_for_the_next(queue: Queue) -> None:
    job = queue.add(doing("long", waits=1))
    queue.start()
    wait(lambda: told(job.folder)[0])
    queue.stop()
    assert queue.job(job.id).state == "queued"
    queue.start()
    wait(lambda: queue.job(job.id).state == "done")


def test_two_studios_on_one_home_share_a_queue_and_one_works(queue: Queue) -> None:
    queue.start()
    second = queue_of(queue.folder.parent)
    try:
        long = queue.add(doing("long", waits=9))
        wait(lambda: told(long.folder)[0])
        second.start()
        other = second.add(doing("other"))
        assert states(second) == {"long": "running", "other": "queued"}
        second.cancel(long.id)
        wait(lambda: states(queue) == {"long": "stopped", "other": "done"})
        queue.stop()  # the other takes over
        late = second.add(doing("late"))
        wait(lambda: second.job(late.id).state == "done")
        assert second.job(other.id).standing.attempt == 1
    finally:
        second.stop()


def test_a_job_that_is_not_wholly_written_is_none(queue: Queue, tmp_path: Path) -> None:
    job = create(queue.folder, doing("whole"))
    (job.folder / "job.json").unlink()
    assert queue.jobs() == []
    for name in ("../../etc", "job-x", "", job.id):
        with pytest.raises(UnknownReference):
            queue.job(name)


def test_a_long_log_keeps_its_end(queue: Queue) -> None:
    from practicum.web.jobs.queue import _keep_short

    log = queue.folder / "log.txt"
    log.parent.mkdir(parents=True)
    log.write_text("x" * LOG_BYTES + "the end")
    _keep_short(log)
    assert log.stat().st_size < 0.6 * LOG_BYTES
    assert log.read_text().endswith("the end")
    with log.open("a") as stream:
        stream.write(" goes on")
    assert log.read_text().endswith("the end goes on")


# -- what workers tell -----------------------------------------------------------------------


def test_events_are_held_back_but_none_is_lost(tmp_path: Path) -> None:
    teller = Teller(tmp_path)
    for update in range(1, 501):
        teller(Measured("tiny", "loss", update, 1 / update))
        teller(Progress("tiny", update, 500, "updates"))
    teller(Measured("tiny", "loss", 501, float("nan")))
    teller(Note("tiny", "a sentence"))
    lines, end = told(tmp_path)
    assert end == (tmp_path / FILE).stat().st_size
    assert len(lines) < 40  # a few a second, not a thousand
    points = [p for line in lines if line["kind"] == "points" for p in line["points"]]
    assert [at for at, _ in points] == list(range(1, 501))
    assert [line for line in lines if line["kind"] == "progress"][-1]["done"] == 500
    assert lines[-1] == {"t": lines[-1]["t"], "kind": "note", "step": "tiny", "text": "a sentence"}
    assert told(tmp_path, end) == ([], end)


def test_lines_that_a_kill_tore_are_skipped_and_do_not_swallow_the_next(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('{"kind": "note", "text": "whole"}\n{"kind": "no')
    assert [e["text"] for e in told(tmp_path)[0]] == ["whole"]
    Teller(tmp_path).tell("note", text="next")
    assert [e["text"] for e in told(tmp_path)[0]] == ["whole", "next"]


def test_the_last_lines_begin_at_a_line(tmp_path: Path) -> None:
    for i in range(500):
        Teller(tmp_path).tell("note", text=f"{i:04}")
    lines, _ = told(tmp_path, near_end(tmp_path))
    assert lines[-1]["text"] == "0499"
    assert 10 < len(lines) < 200


def test_a_worker_that_was_asked_stops_only_between_units_of_work(tmp_path: Path) -> None:
    teller = Teller(tmp_path)
    teller.stop.set()
    teller(Measured("tiny", "loss", 1, 2.0))
    teller(Note("tiny", "not here"))
    with pytest.raises(KeyboardInterrupt):
        teller(Progress("tiny", 1, 2, "updates"))


# -- training stops between updates and goes on exactly ------------------------------------------


def test_training_stopped_between_two_updates_ends_as_if_it_had_not_been(tmp_path: Path) -> None:
    heard: list[Event] = []

    def stop_after_three(event: Event) -> None:
        heard.append(event)
        if isinstance(event, Progress) and event.unit == "updates" and event.done == 3:
            raise KeyboardInterrupt

    given: dict[str, Any] = {**SMALL, "seed": 1, "threads": 1}
    with pytest.raises(KeyboardInterrupt):
        verbs.run("pretrain", home=tmp_path / "stopped", listen=stop_after_three, **given)
    resumed = verbs.run("pretrain", home=tmp_path / "stopped", listen=heard.append, **given)
    whole = verbs.run("pretrain", home=tmp_path / "whole", **given)
    assert resumed.artifact.digest == whole.artifact.digest
    assert "resuming at update 4 of 6" in [e.text for e in heard if isinstance(e, Note)]
    points = [(e.at, e.value) for e in heard if isinstance(e, Measured) and e.name == "loss"]
    assert points == [tuple(p) for p in whole.report.curves["training loss"]]


# -- the real worker ---------------------------------------------------------------------------


def losses(job: Job) -> list[float]:
    return [p[0] for e in told(job.folder)[0] if e["kind"] == "points" for p in e["points"]]


def start_studio(home: Path) -> subprocess.Popen[str]:
    """The studio as people start it; returns when it listens."""
    program = Path(sys.executable).with_name("practicum")
    studio = subprocess.Popen(
        [program, "studio", "--home", str(home), "--port", "0", "--no-browser", "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert studio.stdout is not None
    assert json.loads(studio.stdout.readline())["port"]
    return studio


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is POSIX's")
def test_a_studio_killed_in_the_middle_of_training_goes_on_at_its_next_start(
    tmp_path: Path,
) -> None:
    home = tmp_path / "home"
    queue = Queue(home)  # asks only; the studio works
    long = {**SMALL, "updates": 150}
    job = queue.add(Intent("pretrain", params=long, seed=1, name="tiny", threads=1))
    studio = start_studio(home)
    try:
        wait(lambda: len(losses(job)) >= 5)
        studio.send_signal(signal.SIGKILL)
        studio.wait()
        assert queue.job(job.id).state == "running"  # nobody was left to write anything else
        wait(lambda: told(job.folder)[0][-1]["kind"] == "end")  # its worker heard of it
        kept = max(losses(job))
        assert kept < 150
        studio = start_studio(home)
        wait(lambda: queue.job(job.id).state == "done")
    finally:
        studio.terminate()
        studio.wait(20)
    notes = [e["text"] for e in told(job.folder)[0] if e["kind"] == "note"]
    assert notes == [f"resuming at update {kept + 1} of 150"]
    assert losses(job) == list(range(1, 151))  # every update was computed once
    made = Store(home).run(queue.job(job.id).run or "")
    assert Store(home).names()["tiny"] == made.output


def test_a_recipe_is_one_job_with_a_report(tmp_path: Path, tiny: Made, tiny_store: Store) -> None:
    shutil.copytree(tiny_store.home, tmp_path / "home", copy_function=os.link)
    steps = {"small": {"stage": "quantize", "inputs": [tiny.artifact.digest]}}
    text = json.dumps({"practicum": 1, "title": "One step", "steps": steps})
    assert len(parse_recipe(text).steps) == 1
    queue = Queue(tmp_path / "home")
    job = queue.add(Intent(recipe=text, title="One step", threads=1))
    queue.start()
    try:
        wait(lambda: is_over(queue))
    finally:
        queue.stop()
    job = queue.job(job.id)
    assert job.state == "done", (job.folder / "log.txt").read_text()
    assert list(job.standing.made) == ["small"]
    assert job.run is None
    assert "<title>One step</title>" in (job.folder / "report.html").read_text()
