from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from practicum.core import stage as stage_module
from practicum.core.artifact import Artifact, canonical_json, sha256_text
from practicum.core.errors import FullDiskError, IntegrityError, PlanError
from practicum.core.events import Finished, Progress, Started
from practicum.core.stage import (
    Job,
    Params,
    available_threads,
    find_stage,
    fit_slots,
    perform,
    plan_job,
    replace_params,
    settle,
)
from practicum.core.store import Store

TOYS = Path(__file__).parent


def text_of(store: Store, toys: Any, word: str) -> Artifact:
    return perform(store, toys.job(n=1, word=word)).artifact


def kept_in(store: Store) -> dict[str, bytes]:
    """Everything that counts as committed: scratch and locks are left out."""
    parts = [store.home / part for part in ("objects", "runs", "keys", "names")]
    return {str(p): p.read_bytes() for part in parts for p in part.rglob("*") if p.is_file()}


# -- keys ------------------------------------------------------------------------------------


def test_the_key_is_the_hash_of_its_five_parts_worked_by_hand(toys: Any) -> None:
    text = (
        '{"inputs":[],"params":{"claims_bytes":0,"kind":"text","n":2,"pause_s":0.0,"tags":[],'
        '"word":"tick"},'
        '"seed":7,"stage":"count","version":1}'
    )
    assert toys.job(n=2, seed=7).key == sha256_text(text)


def test_the_key_changes_with_stage_version_input_order_params_and_seed(
    store: Store, toys: Any
) -> None:
    a, b = text_of(store, toys, "a"), text_of(store, toys, "b")
    join = Job(toys.join, (a, b), Params(), 1)
    others = [
        replace(join, stage=toys.pile),
        replace(join, stage=toys.module.Join(version=2)),
        replace(join, inputs=(b, a)),
        replace(join, inputs=(a,)),
        replace(join, inputs=(None, a, b)),
        replace(join, seed=2),
        toys.job(n=1),
        toys.job(n=2),
    ]
    keys = [join.key, *(job.key for job in others)]
    assert len(set(keys)) == len(keys)


def test_the_key_does_not_change_with_intent(toys: Any) -> None:
    assert toys.job(n=1, why="curiosity").key == toys.job(n=1, why="duty").key


def test_the_key_does_not_change_with_inputs_left_out_at_the_end(store: Store, toys: Any) -> None:
    """A recipe leaves optional inputs out, the command line passes None: the same work."""
    a = text_of(store, toys, "a")
    assert toys.job(None).key == toys.job().key
    assert Job(toys.join, (a, None, None), Params()).key == Job(toys.join, (a,), Params()).key


def test_threads_and_home_are_no_part_of_the_key_or_the_digest(toys: Any, tmp_path: Path) -> None:
    one = perform(Store(tmp_path / "here"), toys.job(n=2), threads=1, step="a")
    two = perform(Store(tmp_path / "there"), toys.job(n=2, why="again"), threads=2, step="b")
    assert (two.run.key, two.artifact.digest) == (one.run.key, one.artifact.digest)
    assert (one.run.host["threads"], two.run.host["threads"]) == (1, 2)


def test_equal_params_spelled_differently_have_one_key(toys: Any) -> None:
    params = toys.module.CountParams
    assert Job(toys.count, (), params(n=3)).key == Job(toys.count, (), params()).key
    assert (
        Job(toys.count, (), params(pause_s=0)).key == Job(toys.count, (), params(pause_s=0.0)).key
    )


# -- performing ------------------------------------------------------------------------------


def test_a_made_job_is_an_artifact_a_run_and_a_key_mark(store: Store, toys: Any) -> None:
    first = perform(store, toys.job(n=1, word="one"))
    made = perform(store, toys.job(first.artifact, n=2, seed=5, why="to see"), step="second")
    run = store.run(made.run.id)
    assert made.artifact.meta == {"after": first.artifact.digest}
    assert made.artifact.path("001.txt").read_text() == "tick 1 5\n"
    assert (run.stage, run.version, run.seed, run.why) == ("count", 1, 5, "to see")
    assert (run.inputs, run.output) == ((first.artifact.digest,), made.artifact.digest)
    assert run.params["n"] == 2
    assert made.report.title == "second"
    assert made.artifact.run == run.id
    assert run.seconds >= 0
    assert run.versions["practicum"]
    assert run.versions["python"].startswith(f"{sys.version_info.major}.")


def test_a_finished_job_leaves_no_scratch(store: Store, toys: Any) -> None:
    perform(store, toys.job(n=2))
    assert [p for p in (store.home / "work").iterdir() if p.is_dir()] == []


def test_events_tell_the_start_every_unit_and_the_end(store: Store, toys: Any) -> None:
    made = perform(store, toys.job(n=2), step="tuned", listen=toys.hear)
    started, first, second, finished = toys.events
    assert started == Started("tuned", "2 files", 0.0)
    assert (first, second) == (
        Progress("tuned", 1, 2, "files"),
        Progress("tuned", 2, 2, "files"),
    )
    assert finished == Finished("tuned", made.artifact.digest, made.run.seconds, cached=False)


def test_a_cache_hit_says_so_and_makes_nothing(store: Store, toys: Any) -> None:
    first = perform(store, toys.job(n=2))
    second = perform(store, toys.job(n=2), listen=toys.hear)
    assert toys.count.made == ["count"]
    assert (first.cached, second.cached) == (False, True)
    assert second.artifact == first.artifact
    assert toys.events == [Finished("count", first.artifact.digest, first.run.seconds, True)]


def test_a_cached_output_that_was_deleted_is_made_again(store: Store, toys: Any) -> None:
    first = perform(store, toys.job(n=2))
    store.delete(first.artifact)
    again = perform(store, toys.job(n=2))
    assert (again.cached, again.artifact.digest) == (False, first.artifact.digest)


def test_a_make_that_fails_leaves_what_it_kept_and_the_next_attempt_resumes(
    store: Store, toys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, n_written = Path.rename, []

    def fail_at_the_third(self: Path, target: Any) -> Any:
        n_written.append(1)
        if len(n_written) == 3:
            raise RuntimeError("power cut")
        return write(self, target)

    monkeypatch.setattr(Path, "rename", fail_at_the_third)
    with pytest.raises(RuntimeError, match="power cut"):
        perform(store, toys.job(n=4))
    assert kept_in(store) == {}
    made = perform(store, toys.job(n=4))
    assert made.report.value("kept") == 2
    fresh = perform(Store(store.home.parent / "fresh"), toys.job(n=4))
    assert fresh.artifact.digest == made.artifact.digest


def test_settle_lets_a_stage_decide_before_the_key_is_made(
    store: Store, toys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        toys.module.Count, "settle", lambda self, store, job: replace_params(job, word="settled"),
        raising=False,
    )  # fmt: skip
    made = perform(store, toys.job(n=1, word="open"))
    assert made.run.params["word"] == "settled"
    assert made.run.key == toys.job(n=1, word="settled").key
    assert settle(store, Job(toys.join, (), Params())).stage is toys.join


def test_replaced_params_are_validated_again(toys: Any) -> None:
    with pytest.raises(ValueError, match="greater than 0"):
        replace_params(toys.job(n=1), n=0)


# -- several at once -------------------------------------------------------------------------


def test_two_threads_with_one_key_make_it_once(store: Store, toys: Any) -> None:
    barrier, found = threading.Barrier(2), []

    def work() -> None:
        barrier.wait()
        found.append(perform(store, toys.job(n=3, pause_s=0.02)))

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert toys.count.made == ["count"]
    assert sorted(made.cached for made in found) == [False, True]
    assert found[0].artifact == found[1].artifact
    assert len(store.runs()) == 1


def test_two_processes_with_one_key_make_it_once(store: Store, tmp_path: Path) -> None:
    program = f"""
import sys; sys.path.insert(0, {str(TOYS)!r})
import toys
from practicum.core.stage import Job, perform
from practicum.core.store import Store
print("ready", flush=True); sys.stdin.readline()
made = perform(Store({str(store.home)!r}), Job(toys.Count(), (), toys.CountParams(n=5, pause_s=0.05)))
print(made.cached, made.artifact.digest)
"""
    environment = {**os.environ, "TOY_LOG": str(tmp_path / "log")}
    children = [
        subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE,
                         stdout=subprocess.PIPE, text=True, env=environment)
        for _ in range(2)
    ]  # fmt: skip
    for child in children:
        assert child.stdout
        assert child.stdout.readline() == "ready\n"
    for child in children:
        assert child.stdin
        child.stdin.write("go\n")
        child.stdin.flush()
    said = [child.communicate(timeout=60)[0].split() for child in children]
    assert sorted(cached for cached, _ in said) == ["False", "True"]
    assert said[0][1] == said[1][1]
    assert (tmp_path / "log").read_text() == "count\n"


# -- full disks ------------------------------------------------------------------------------


class SafetensorError(Exception):
    """What safetensors raises: it wraps the system's error in words and keeps no errno."""


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EDQUOT, "Disk quota exceeded"),
        SafetensorError(
            "Error while serializing: I/O error: No space left on device (os error 28)"
        ),
    ],
    ids=["no space", "quota", "no space, said by safetensors"],
)
def test_a_disk_that_fills_up_leaves_the_store_as_it_was_and_the_next_attempt_works(
    store: Store, toys: Any, error: Exception
) -> None:
    perform(store, toys.job(n=1, word="earlier"))
    before = kept_in(store)

    def fill_up(work: Any) -> None:
        (work.out / "half.txt").write_text("half of it")
        raise error

    toys.count.before = fill_up
    with pytest.raises(FullDiskError, match="no space left while making tuned") as caught:
        perform(store, toys.job(n=2), step="tuned")
    assert caught.value.exit_code == 1
    assert "it resumes" in str(caught.value)
    assert kept_in(store) == before
    toys.count.before = lambda work: None
    made = perform(store, toys.job(n=2), step="tuned")
    assert sorted(made.artifact.files) == ["000.txt", "001.txt"], "half.txt must not be in it"
    store.verify(made.artifact.digest)


def test_other_system_errors_are_not_called_a_full_disk(store: Store, toys: Any) -> None:
    def refuse(work: Any) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    toys.count.before = refuse
    with pytest.raises(PermissionError):
        perform(store, toys.job(n=2))


@pytest.mark.parametrize("part", ["manifest.json", "runs", "keys"])
def test_a_disk_that_fills_up_while_committing_leaves_nothing_half_done(
    store: Store, toys: Any, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    store.prepare()
    replace_ = os.replace

    def full(source: Any, goal: Any) -> None:
        if part in (Path(goal).name, Path(goal).parent.name):
            raise OSError(errno.ENOSPC, "No space left on device")
        replace_(source, goal)

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(FullDiskError):
        perform(store, toys.job(n=2))
    assert store.cached(toys.job(n=2).key) is None
    for artifact in store.artifacts():
        store.verify(artifact.digest)
    monkeypatch.setattr(os, "replace", replace_)
    made = perform(store, toys.job(n=2))
    assert not made.cached
    store.verify(made.artifact.digest)


def test_a_plan_that_needs_more_disk_than_there_is_is_refused_before_anything_is_written(
    store: Store, toys: Any
) -> None:
    with pytest.raises(PlanError) as caught:
        perform(store, toys.job(n=2, claims_bytes=10**18), listen=toys.hear)
    text = str(caught.value)
    assert text.startswith("2 files needs 1,000,000,000,000 MB, ")
    assert "MB free      try: practicum gc, or --home on a larger disk" in text
    assert text.endswith("nothing was downloaded, nothing was written")
    assert list(store.home.parent.iterdir()) == []
    assert toys.events == []


def test_a_plan_must_leave_the_spare_bytes_free(
    store: Store, toys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Usage:
        free = 1000 + stage_module.SPARE_BYTES

    monkeypatch.setattr("shutil.disk_usage", lambda folder: Usage)
    assert plan_job(store, toys.job(claims_bytes=1000)).size_bytes == 1000
    with pytest.raises(PlanError):
        plan_job(store, toys.job(claims_bytes=1001))


# -- slots -----------------------------------------------------------------------------------


def test_inputs_that_fit_are_not_complained_about(toys: Any) -> None:
    assert fit_slots(toys.join, ["text", "text"]) == []
    assert fit_slots(toys.count, []) == []
    assert fit_slots(toys.count, [None]) == []
    assert fit_slots(toys.pile, ["text"] * 5) == []


def test_wrong_kinds_missing_and_surplus_inputs_are_all_said_at_once(
    store: Store, toys: Any
) -> None:
    chat = perform(store, toys.job(n=1, kind="chat")).artifact
    with pytest.raises(PlanError) as caught:
        perform(store, Job(toys.join, (chat, None, chat), Params()))
    assert [c.what for c in caught.value.complaints] == [
        "join takes first, second; 3 inputs are given",
        "input 'first' is chat, expected text",
        "input 'second' is missing: join needs text",
    ]
    assert toys.join.made == []


def test_every_member_of_a_many_slot_is_checked(toys: Any) -> None:
    assert fit_slots(toys.pile, ["text", "model", "text", "chat"]) == [
        "input 'texts' is model, expected text",
        "input 'texts' is chat, expected text",
    ]
    assert fit_slots(toys.pile, []) == ["input 'texts' is missing: pile needs text"]


# -- finding ---------------------------------------------------------------------------------


def test_a_stage_is_found_by_name_through_its_door(toys: Any) -> None:
    assert find_stage("count") is toys.count


def test_an_unknown_stage_is_refused_with_the_nearest_name(toys: Any) -> None:
    with pytest.raises(PlanError) as caught:
        find_stage("cuont")
    assert caught.value.complaints[0].hint == "count"
    with pytest.raises(PlanError) as caught:
        find_stage("distill")
    assert caught.value.complaints[0].hint == "count, join, pile"


def test_threads_are_never_more_than_this_process_may_use() -> None:
    assert 1 <= available_threads() <= (os.cpu_count() or 1)


def test_a_stage_that_writes_a_pickle_is_refused_at_commit(store: Store, toys: Any) -> None:
    toys.count.before = lambda work: (work.out / "model.pkl").write_bytes(b"\x80\x04.")
    with pytest.raises(IntegrityError, match="can run code"):
        perform(store, toys.job(n=1))
    assert kept_in(store) == {}


def test_a_run_record_is_json_that_says_what_the_key_was_made_of(store: Store, toys: Any) -> None:
    made = perform(store, toys.job(n=2, seed=9))
    record = json.loads((store.home / "runs" / f"{made.run.id}.json").read_text())
    parts = {k: record[k] for k in ("stage", "version", "inputs", "params", "seed")}
    assert sha256_text(canonical_json(parts)) == record["key"]
