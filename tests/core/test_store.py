from __future__ import annotations

import errno
import json
import os
import shutil
import stat
import threading
from pathlib import Path
from typing import Any

import pytest

from practicum.core.artifact import Artifact, Kind, sha256_file
from practicum.core.errors import (
    BusyError,
    IntegrityError,
    PracticumError,
    UnknownReference,
)
from practicum.core.report import Metric, Report
from practicum.core.store import FORMAT, Run, Store, write_atomically


def put(
    store: Store, text: str = "hello", kind: Kind = "text", run: str | None = None, **meta: Any
) -> Artifact:
    """A committed artifact with one file of that content."""
    folder = store.home.parent / f"scratch-{os.urandom(6).hex()}"
    folder.mkdir()
    (folder / "a.txt").write_text(text, encoding="utf-8")
    return store.commit(folder, kind, meta, run)


def a_run(store: Store, output: Artifact, key: str = "k" * 64, run_id: str = "run-1") -> Run:
    return Run(
        id=run_id, key=key, stage="count", version=1, inputs=(), params={"n": 1}, seed=3,
        output=output.digest, report=Report(metrics=(Metric(name="loss", value=1.5),)),
        started_unix_s=12.5, seconds=0.5,
    )  # fmt: skip


def everything_in(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }


# -- reading leaves no trace -----------------------------------------------------------------


def test_reading_a_store_that_is_not_there_creates_nothing_on_disk(store: Store) -> None:
    assert list(store.artifacts()) == []
    assert store.names() == {}
    assert store.runs() == []
    assert store.history("base") == []
    assert store.unreachable() == []
    assert store.leftovers() == []
    assert store.cached("0" * 64) is None
    assert not store.has("0" * 64)
    with pytest.raises(UnknownReference):
        store.resolve("base")
    with pytest.raises(UnknownReference):
        store.run("nothing")
    assert list(store.home.parent.iterdir()) == []


def test_a_store_of_a_newer_format_is_refused_with_what_to_do(store: Store) -> None:
    put(store)
    (store.home / "format").write_text("practicum-store 2\n")
    with pytest.raises(IntegrityError) as caught:
        Store(store.home)
    assert f"written as 'practicum-store 2', this version reads '{FORMAT}'" in str(caught.value)
    assert caught.value.complaints[0].hint == (
        "pip install --upgrade practicum, or choose another --home"
    )


# -- commit ----------------------------------------------------------------------------------


def test_what_was_committed_is_found_with_equal_content(store: Store) -> None:
    made = put(store, "hello", run="run-7", origin="here")
    found = store.get(made.digest)
    assert found == made
    assert (found.kind, found.meta, found.run) == ("text", {"origin": "here"}, "run-7")
    assert found.path("a.txt").read_text() == "hello"


def test_committing_equal_content_twice_gives_one_artifact_and_changes_no_byte(
    store: Store,
) -> None:
    first = put(store, "same", run="run-1")
    before = everything_in(store.home)
    second = put(store, "same", run="run-2")
    assert second == first
    assert everything_in(store.home) == before
    assert [a.digest for a in store.artifacts()] == [first.digest]


def test_committed_files_cannot_be_written(store: Store) -> None:
    path = put(store).path("a.txt")
    assert stat.S_IMODE(path.stat().st_mode) & 0o222 == 0


def test_a_torn_object_without_manifest_is_replaced_by_the_next_commit(store: Store) -> None:
    made = put(store)
    shutil.rmtree(store.object_folder(made.digest))
    (store.object_folder(made.digest) / "files").mkdir(parents=True)
    (store.object_folder(made.digest) / "files" / "a.txt").write_text("torn")
    assert not store.has(made.digest)
    put(store)
    store.verify(made.digest)


def test_threads_that_commit_equal_content_all_succeed(store: Store) -> None:
    barrier = threading.Barrier(8)
    found: list[Artifact | Exception] = []

    def work() -> None:
        barrier.wait()
        try:
            found.append(put(store, "same"))
        except Exception as error:
            found.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [store.get(put(store, "same").digest)] * 8
    assert [p.name for p in (store.home / "objects").iterdir()] == [put(store, "same").digest]


def test_another_process_that_commits_first_is_no_error(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Just before our rename, somebody else's equal object arrives."""
    elsewhere = Store(store.home.parent / "elsewhere")
    other = put(elsewhere, "same")
    target = store.object_folder(other.digest)
    replace = os.replace

    def late(source: Any, goal: Any) -> None:
        if Path(goal) == target:
            shutil.copytree(elsewhere.object_folder(other.digest), target)
        replace(source, goal)

    monkeypatch.setattr(os, "replace", late)
    assert put(store, "same").digest == other.digest
    assert [p.name for p in (store.home / "objects").iterdir()] == [other.digest]


def test_a_rename_that_the_disk_refuses_is_not_taken_for_a_twin(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace = os.replace

    def full(source: Any, goal: Any) -> None:
        if Path(goal).parent.name == "objects":
            raise OSError(errno.ENOSPC, "No space left on device")
        replace(source, goal)

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        put(store)
    assert list(store.artifacts()) == []


# -- verify ----------------------------------------------------------------------------------


def test_verify_catches_one_flipped_bit(store: Store) -> None:
    made = put(store, "hello")
    store.verify(made.digest)
    path = made.path("a.txt")
    path.chmod(0o644)
    content = bytearray(path.read_bytes())
    content[2] ^= 1
    path.write_bytes(content)
    with pytest.raises(IntegrityError, match=r"a\.txt: content differs from its recorded sha256"):
        store.verify(made.digest)


def test_verify_catches_a_manifest_whose_meta_was_edited(store: Store) -> None:
    made = put(store, license="GPL-3.0")
    path = store.object_folder(made.digest) / "manifest.json"
    path.write_text(path.read_text().replace("GPL-3.0", "MIT"))
    with pytest.raises(IntegrityError, match="the manifest does not match its digest"):
        store.verify(made.digest)


def test_verify_says_that_a_file_is_missing(store: Store) -> None:
    made = put(store)
    made.path("a.txt").unlink()
    with pytest.raises(IntegrityError, match="is missing"):
        store.verify(made.digest)


# -- linked artifacts ------------------------------------------------------------------------


def linked_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(b"weights" * 100)
    (folder / "notes.txt").write_text("not part of the model")
    return folder


def link(store: Store, folder: Path) -> Artifact:
    return store.link(folder, "model", {"name": "mine"}, [folder / "model.safetensors"])


def test_a_linked_artifact_is_used_in_place_and_never_copied(store: Store, tmp_path: Path) -> None:
    folder = linked_folder(tmp_path)
    made = link(store, folder)
    assert made.folder == folder
    assert list(made.files) == ["model.safetensors"]
    assert not any(b"weights" in data for data in everything_in(store.home).values())
    store.verify(made.digest)


def test_a_link_and_a_commit_of_equal_content_are_the_same_artifact(
    store: Store, tmp_path: Path
) -> None:
    folder = linked_folder(tmp_path)
    made = link(store, folder)
    copy = tmp_path / "copy"
    copy.mkdir()
    shutil.copy(folder / "model.safetensors", copy)
    assert store.commit(copy, "model", {"name": "mine"}).digest == made.digest


def test_linking_again_reads_no_byte_of_an_unchanged_file(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = linked_folder(tmp_path)
    first = link(store, folder)
    monkeypatch.setattr("practicum.core.store.sha256_file", lambda path: pytest.fail(str(path)))
    assert link(store, folder).digest == first.digest


def test_a_linked_file_that_changed_is_detected_although_its_size_is_equal(
    store: Store, tmp_path: Path
) -> None:
    folder = linked_folder(tmp_path)
    made = link(store, folder)
    (folder / "model.safetensors").write_bytes(b"WEIGHTS" * 100)
    os.utime(folder / "model.safetensors", ns=(1, 1))
    with pytest.raises(IntegrityError, match=f"changed since it was imported as {made.short}"):
        store.get(made.digest)
    assert link(store, folder).digest != made.digest


def test_a_linked_file_that_was_only_touched_is_still_the_same_artifact(
    store: Store, tmp_path: Path
) -> None:
    folder = linked_folder(tmp_path)
    made = link(store, folder)
    os.utime(folder / "model.safetensors", ns=(1, 1))
    assert store.get(made.digest).digest == made.digest


def test_linked_artifacts_whose_files_have_gone_are_not_listed(
    store: Store, tmp_path: Path
) -> None:
    folder = linked_folder(tmp_path)
    made = link(store, folder)
    (folder / "model.safetensors").unlink()
    assert list(store.artifacts()) == []
    with pytest.raises(IntegrityError, match="is missing"):
        store.get(made.digest)


def test_a_linked_folder_that_moved_is_linked_again_at_its_new_place(
    store: Store, tmp_path: Path
) -> None:
    folder = linked_folder(tmp_path)
    made = link(store, folder)
    moved = folder.rename(tmp_path / "moved")
    again = link(store, moved)
    assert again.digest == made.digest
    assert store.get(made.digest).folder == moved


def test_content_whose_link_went_stale_can_still_be_committed(store: Store, tmp_path: Path) -> None:
    folder = linked_folder(tmp_path)
    made = link(store, folder)
    moved = folder.rename(tmp_path / "moved")
    (moved / "notes.txt").unlink()
    assert store.commit(moved, "model", {"name": "mine"}).digest == made.digest
    store.verify(made.digest)


def test_deleting_a_linked_artifact_leaves_the_users_files_alone(
    store: Store, tmp_path: Path
) -> None:
    folder = linked_folder(tmp_path)
    before = everything_in(folder)
    store.delete(link(store, folder))
    assert everything_in(folder) == before
    assert list(store.artifacts()) == []


# -- names -----------------------------------------------------------------------------------


def test_a_name_moves_and_its_history_remembers(store: Store) -> None:
    a, b = put(store, "a"), put(store, "b")
    for artifact in (a, a, b, a):
        store.point("best", artifact.digest)
    assert store.names() == {"best": a.digest}
    assert [e["digest"] for e in store.history("best")] == [a.digest, b.digest, a.digest]
    times = [e["unix_s"] for e in store.history("best")]
    assert times == sorted(times)


def test_a_torn_last_line_of_a_name_is_skipped_and_does_not_swallow_the_next(store: Store) -> None:
    a, b = put(store, "a"), put(store, "b")
    store.point("best", a.digest)
    with (store.home / "names" / "best.jsonl").open("a") as stream:
        stream.write('{"digest":"0123')  # a kill in the middle of a line
    assert Store(store.home).names() == {"best": a.digest}
    store.point("best", b.digest)
    assert store.names() == {"best": b.digest}
    assert [e["digest"] for e in store.history("best")] == [a.digest, b.digest]


@pytest.mark.parametrize("name", ["", "Big", "a b", "../up", ".hidden", "a/b", "x" * 81, "naïve"])
def test_what_cannot_be_a_file_name_everywhere_is_not_a_name(store: Store, name: str) -> None:
    made = put(store)
    with pytest.raises(PracticumError, match="is not a name"):
        store.point(name, made.digest)
    assert store.names() == {}


# -- references ------------------------------------------------------------------------------


def test_an_artifact_is_found_by_name_by_name_at_digest_and_by_prefix(store: Store) -> None:
    a, b = put(store, "a"), put(store, "b")
    store.point("best", a.digest)
    store.point("best", b.digest)
    assert store.resolve("best") == b
    assert store.resolve(f"best@{b.short}") == b
    assert store.resolve(f"best@{a.short}") == a, "history counts, or old cards could not be read"
    assert store.resolve(a.digest) == a
    assert store.resolve(a.digest[:6]) == a


def test_a_prefix_of_fewer_than_six_characters_names_nothing(store: Store) -> None:
    with pytest.raises(UnknownReference):
        store.resolve(put(store).digest[:5])


def test_a_name_at_a_digest_it_never_pointed_at_is_unknown(store: Store) -> None:
    a, b = put(store, "a"), put(store, "b")
    store.point("best", a.digest)
    with pytest.raises(UnknownReference):
        store.resolve(f"best@{b.short}")


def test_a_prefix_of_two_artifacts_is_refused_not_guessed(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = put(store, "a"), put(store, "b")
    for made, last in ((a, "1"), (b, "2")):
        store.object_folder(made.digest).rename(store.object_folder("abcdef" + last))
    with pytest.raises(UnknownReference, match="abcdef is the start of 2 artifacts"):
        store.resolve("abcdef")


def test_an_unknown_reference_suggests_the_nearest_name(store: Store) -> None:
    store.point("aligned", put(store, "a").digest)
    store.point("base", put(store, "b").digest)
    with pytest.raises(UnknownReference) as caught:
        store.resolve("alinged")
    assert caught.value.complaints[0].hint == "aligned"
    with pytest.raises(UnknownReference) as caught:
        store.resolve("quite-different")
    assert caught.value.complaints[0].hint == "practicum models"


# -- runs and keys ---------------------------------------------------------------------------


def test_a_recorded_run_reads_back_equal_and_its_key_is_cached(store: Store) -> None:
    run = a_run(store, put(store))
    store.record(run)
    assert store.run("run-1") == run
    assert store.runs() == [run]
    assert store.cached(run.key) == run


def test_a_key_whose_output_was_deleted_is_not_cached(store: Store) -> None:
    made = put(store)
    store.record(a_run(store, made))
    store.delete(made)
    assert store.cached("k" * 64) is None


def test_a_key_whose_run_record_is_gone_is_not_cached(store: Store) -> None:
    store.record(a_run(store, put(store)))
    (store.home / "runs" / "run-1.json").unlink()
    assert store.cached("k" * 64) is None


def test_a_run_record_that_is_no_run_is_named(store: Store) -> None:
    store.record(a_run(store, put(store)))
    (store.home / "runs" / "run-2.json").write_text("{}")
    with pytest.raises(IntegrityError, match=r"run-2\.json is not a run record"):
        store.runs()


def test_a_run_record_is_written_before_its_key_mark(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, order = a_run(store, put(store)), []
    replace = os.replace

    def noticed(source: Any, target: Any) -> None:
        order.append(Path(target).parent.name)
        replace(source, target)

    monkeypatch.setattr(os, "replace", noticed)
    store.record(run)
    assert order == ["runs", "keys"]


# -- locks -----------------------------------------------------------------------------------


def test_a_lock_that_another_holds_is_busy_and_free_afterwards(store: Store) -> None:
    store.prepare()
    outcome: list[str] = []

    def other() -> None:
        try:
            with store.lock("k1", wait_s=0):
                outcome.append("got it")
        except BusyError:
            outcome.append("busy")

    with store.lock("k1"):
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
    assert outcome == ["busy", "got it"]


# -- cleaning --------------------------------------------------------------------------------


def test_unreachable_is_what_no_name_points_at_now(store: Store) -> None:
    old, new, never = put(store, "old"), put(store, "new"), put(store, "never named")
    store.point("best", old.digest)
    store.point("best", new.digest)
    assert {a.digest for a in store.unreachable()} == {old.digest, never.digest}


def test_unreachable_never_lists_the_base_of_a_named_adapter(store: Store) -> None:
    base = put(store, "base", "model")
    adapter = put(store, "lora", "adapter", base=base.digest)
    assert {a.digest for a in store.unreachable()} == {base.digest, adapter.digest}
    store.point("tuned", adapter.digest)
    assert store.unreachable() == []


def test_unreachable_spares_the_base_of_a_named_adapter_whose_linked_files_have_gone(
    store: Store, tmp_path: Path
) -> None:
    base = put(store, "base", "model")
    folder = tmp_path / "lora"
    folder.mkdir()
    (folder / "adapter_model.safetensors").write_bytes(b"1")
    files = [folder / "adapter_model.safetensors"]
    adapter = store.link(folder, "adapter", {"base": base.digest}, files)
    store.point("tuned", adapter.digest)
    shutil.rmtree(folder)  # a disk that is not mounted today
    assert store.unreachable() == []


def test_deleting_takes_the_artifact_out_before_its_files(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kill half-way through must not leave a manifest over missing files."""
    made = put(store)
    states: list[bool] = []
    monkeypatch.setattr(shutil, "rmtree", lambda *a, **k: states.append(store.has(made.digest)))
    store.delete(made)
    assert states == [False]
    monkeypatch.undo()
    assert list(store.artifacts()) == []
    assert [p.parent.name for p in store.leftovers()] == ["objects"]


def test_an_object_torn_between_manifest_and_rename_is_a_leftover_not_an_artifact(
    store: Store,
) -> None:
    made = put(store)
    torn = store.home / "objects" / f".{made.digest}.4194304"  # above any Linux process id
    store.object_folder(made.digest).rename(torn)
    assert list(store.artifacts()) == []
    assert store.unreachable() == []
    assert store.leftovers() == [torn]


def test_leftovers_spare_the_scratch_that_somebody_is_using(store: Store) -> None:
    store.prepare()
    (store.home / "work" / "dead").mkdir()
    found: list[list[Path]] = []
    with store.lock("alive"):
        thread = threading.Thread(target=lambda: found.append(store.leftovers()))
        thread.start()
        thread.join()
    assert found == [[store.home / "work" / "dead"]]


# -- writing ---------------------------------------------------------------------------------


def test_a_failed_write_leaves_the_old_file_and_no_scratch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run.json"
    write_atomically(path, "old")

    def refuse(handle: int) -> None:
        raise OSError("disk error")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match="disk error"):
        write_atomically(path, "new")
    assert {p.name: p.read_text() for p in tmp_path.iterdir()} == {"run.json": "old"}


def test_threads_that_write_one_file_leave_one_whole_version(tmp_path: Path) -> None:
    texts = [str(i) * 2000 for i in range(6)]
    failed: list[Exception] = []

    def write(text: str) -> None:
        try:
            for _ in range(20):
                write_atomically(tmp_path / "x.json", text)
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=write, args=(text,)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert (tmp_path / "x.json").read_text() in texts
    assert [p.name for p in tmp_path.iterdir()] == ["x.json"]


def test_the_manifest_holds_each_files_hash_and_nothing_of_the_machine(store: Store) -> None:
    made = put(store, "hello", origin="here")
    manifest = json.loads((store.object_folder(made.digest) / "manifest.json").read_text())
    assert manifest == {
        "kind": "text",
        "digest": made.digest,
        "files": {"a.txt": {"sha256": sha256_file(made.path("a.txt")), "size_bytes": 5}},
        "meta": {"origin": "here"},
        "run": None,
    }
