from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path
from typing import Any

import pytest

from practicum.core import artifact as artifact_module
from practicum.core.artifact import (
    PICKLE_SUFFIXES,
    canonical_json,
    describe,
    digest_of,
    files_in,
    sha256_file,
    sha256_text,
)
from practicum.core.errors import IntegrityError


def folder_of(base: Path, **files: str) -> Path:
    base.mkdir(parents=True)
    for name, text in files.items():
        path = base / name.replace("__", "/").replace("_txt", ".txt")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return base


def test_digest_is_the_hash_of_kind_file_hashes_and_meta_worked_by_hand(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "a", hello_txt="hello")
    of_hello = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"  # sha256sum
    text = f'{{"files":{{"hello.txt":"{of_hello}"}},"kind":"text","meta":{{"n":1}}}}'
    assert describe(folder, "text", {"n": 1}).digest == hashlib.sha256(text.encode()).hexdigest()


def test_digest_does_not_depend_on_the_folder_or_the_clock(tmp_path: Path) -> None:
    here = describe(folder_of(tmp_path / "a", x_txt="1", deep__y_txt="2"), "text", {"k": [1]})
    folder = folder_of(tmp_path / "far" / "b", deep__y_txt="2", x_txt="1")
    os.utime(folder / "x.txt", (1, time.time() + 9999))
    assert describe(folder, "text", {"k": [1]}).digest == here.digest


@pytest.mark.parametrize(
    ("kind", "files", "meta"),
    [
        ("chat", {"x_txt": "1"}, {"k": 1}),
        ("text", {"x_txt": "2"}, {"k": 1}),
        ("text", {"y_txt": "1"}, {"k": 1}),
        ("text", {"x_txt": "1", "y_txt": ""}, {"k": 1}),
        ("text", {"deep__x_txt": "1"}, {"k": 1}),
        ("text", {"x_txt": "1"}, {"k": 2}),
        ("text", {"x_txt": "1"}, {}),
    ],
    ids=["kind", "content", "file name", "one more file", "folder of a file", "meta", "no meta"],
)
def test_digest_depends_on(tmp_path: Path, kind: Any, files: dict[str, str], meta: Any) -> None:
    before = describe(folder_of(tmp_path / "a", x_txt="1"), "text", {"k": 1})
    assert describe(folder_of(tmp_path / "b", **files), kind, meta).digest != before.digest


def test_digest_does_not_depend_on_the_order_of_meta_or_files() -> None:
    a, b = artifact_module.FileEntry(sha256="1", size_bytes=1), artifact_module.FileEntry(
        sha256="2", size_bytes=2
    )  # fmt: skip
    one = digest_of("text", {"a": a, "b": b}, {"x": 1, "y": 2})
    assert digest_of("text", {"b": b, "a": a}, {"y": 2, "x": 1}) == one


@pytest.mark.parametrize("size", [0, 1, 999, 1000, 1001, 5000])
def test_streaming_hash_equals_hashlib_at_every_side_of_the_chunk_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(artifact_module, "CHUNK_BYTES", 1000)
    path = tmp_path / "bytes.txt"
    path.write_bytes(bytes(i % 251 for i in range(size)))
    heard: list[int] = []
    assert sha256_file(path, heard.append) == hashlib.sha256(path.read_bytes()).hexdigest()
    assert sum(heard) == size


def test_sha256_of_the_empty_text_is_the_published_one() -> None:
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"  # FIPS 180-4
    assert sha256_text("") == empty


def test_canonical_json_has_one_spelling() -> None:
    assert canonical_json({"b": 1, "a": [1.5, None, "ü"]}) == '{"a":[1.5,null,"ü"],"b":1}'


def test_canonical_json_refuses_numbers_that_json_cannot_say() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json({"loss": float("nan")})


@pytest.mark.parametrize("suffix", [*sorted(PICKLE_SUFFIXES), ".PKL"])
def test_pickle_like_files_are_refused(tmp_path: Path, suffix: str) -> None:
    (tmp_path / f"model{suffix}").write_bytes(b"\x80\x04.")
    with pytest.raises(IntegrityError, match="can run code"):
        files_in(tmp_path)


def test_symlinks_to_files_and_folders_are_refused(tmp_path: Path) -> None:
    inside = folder_of(tmp_path / "inside", ok_txt="1")
    outside = folder_of(tmp_path / "outside", secret_txt="2")
    (inside / "file.txt").symlink_to(outside / "secret.txt")
    (inside / "folder").symlink_to(outside)
    with pytest.raises(IntegrityError) as caught:
        files_in(inside)
    assert [c.what.split("/inside/")[1] for c in caught.value.complaints] == [
        "file.txt: a symbolic link cannot be part of an artifact",
        "folder: a symbolic link cannot be part of an artifact",
    ]


def test_everything_wrong_with_a_folder_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.pkl").touch()
    (tmp_path / "b.exe").touch()
    (tmp_path / "c.txt").symlink_to(tmp_path / "a.pkl")
    with pytest.raises(IntegrityError) as caught:
        files_in(tmp_path)
    assert len(caught.value.complaints) == 3


def test_files_are_listed_by_relative_name_with_their_folders(tmp_path: Path) -> None:
    made = describe(folder_of(tmp_path / "a", b_txt="22", a__c_txt="1"), "text", {})
    assert {n: e.size_bytes for n, e in made.files.items()} == {"a/c.txt": 1, "b.txt": 2}
    assert made.size_bytes == 3
    assert made.short == made.digest[:8]


def test_path_of_a_missing_file_says_so_and_what_to_try(tmp_path: Path) -> None:
    made = describe(folder_of(tmp_path / "a", x_txt="1"), "text", {})
    (tmp_path / "a" / "x.txt").unlink()
    with pytest.raises(IntegrityError, match=r"is missing, recorded 1 bytes.*models verify"):
        made.path("x.txt")


def test_path_of_a_file_of_another_size_says_both_sizes(tmp_path: Path) -> None:
    made = describe(folder_of(tmp_path / "a", x_txt="1"), "text", {})
    (tmp_path / "a" / "x.txt").write_text("123")
    with pytest.raises(IntegrityError, match="has 3 bytes, recorded 1 bytes"):
        made.path("x.txt")


def test_json_and_rows_read_what_was_written(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    folder.mkdir()
    (folder / "one.json").write_text('{"a": [1, 2]}')
    (folder / "many.jsonl").write_text('{"i": 1}\n{"i": 2}\n')
    made = describe(folder, "report", {})
    assert made.read_json("one.json") == {"a": [1, 2]}
    assert list(made.rows("many.jsonl")) == [{"i": 1}, {"i": 2}]
