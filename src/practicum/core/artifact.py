"""Artifacts: immutable folders addressed by their content."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from practicum.core.errors import Complaint, DataError, IntegrityError
from practicum.core.rows.lines import BadLine, raw_rows

Kind = Literal["text", "chat", "pairs", "tokenizer", "model", "adapter", "index", "report"]

# Only formats whose reading never runs code may enter the store (HOUSE rule 4).
ALLOWED_SUFFIXES = {
    ".safetensors", ".gguf", ".json", ".jsonl", ".txt", ".md", ".jinja", ".html", ".svg", ".csv",
    ".toml", ".yaml", ".yml", "",
}  # fmt: skip
PICKLE_SUFFIXES = {".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".joblib", ".npy", ".npz"}
CHUNK_BYTES = 4 << 20  # one read; hashing is memory-bound well below this size


def canonical_json(value: Any) -> str:
    """The one spelling of a JSON value: sorted keys, no spaces, UTF-8."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def sha256_text(text: str) -> str:
    """Hex sha256 of the UTF-8 text."""
    return hashlib.sha256(text.encode()).hexdigest()


def sha256_file(path: Path, progress: Callable[[int], None] | None = None) -> str:
    """Hex sha256 of a file, streamed: memory stays flat in the file's size."""
    state = hashlib.sha256()
    with path.open("rb", buffering=0) as stream:
        while chunk := stream.read(CHUNK_BYTES):
            state.update(chunk)
            if progress:
                progress(len(chunk))
    return state.hexdigest()


def write_atomically(path: Path, text: str) -> None:
    """Write, flush to disk, rename: readers see the old file or the whole new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}.{writer_id()}.tmp")
    try:
        with scratch.open("w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(scratch, path)
    finally:
        scratch.unlink(missing_ok=True)
    sync_folder(path.parent)


def writer_id() -> str:
    """This thread of this process, for scratch names that no other writer uses."""
    return f"{os.getpid()}.{threading.get_ident()}"


def sync_folder(folder: Path) -> None:
    """Make a rename in this folder durable (POSIX; Windows has no such call)."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


class FileEntry(BaseModel):
    """One file of an artifact, by content."""

    model_config = ConfigDict(frozen=True)

    sha256: str
    size_bytes: int


class Artifact(BaseModel):
    """An immutable folder: its kind, files and meta decide its digest; where it lies does not.

    Units   `digest` is 64 hex characters; `short` its first 8.
    """

    model_config = ConfigDict(frozen=True)

    kind: Kind
    digest: str
    files: dict[str, FileEntry]
    meta: dict[str, Any]
    run: str | None = None
    folder: Path

    @property
    def short(self) -> str:
        """The first 8 characters of its digest, as references and cards show it."""
        return self.digest[:8]

    @property
    def size_bytes(self) -> int:
        """All its files together."""
        return sum(entry.size_bytes for entry in self.files.values())

    def path(self, name: str) -> Path:
        """The absolute path of one of its files.

        Raises  KeyError when the artifact has no such file; IntegrityError when the
                file on disk is missing or has another size than recorded.
        """
        entry = self.files[name]
        path = self.folder / name
        found = path.stat().st_size if path.is_file() else None
        if found != entry.size_bytes:
            state = "is missing" if found is None else f"has {found:,} bytes"
            raise IntegrityError(
                f"{path} {state}, recorded {entry.size_bytes:,} bytes",
                hint=f"practicum models verify {self.short}",
            )
        return path

    def read_json(self, name: str) -> Any:
        """One of its JSON files, parsed."""
        return json.loads(self.path(name).read_text(encoding="utf-8"))

    def rows(self, name: str) -> Iterable[dict[str, Any]]:
        """The rows of one of its JSONL files, or of a JSON file that is a list, as they are
        written there.  Raises DataError for a row that is no JSON."""
        for number, row in raw_rows(self.path(name)):
            if isinstance(row, BadLine):
                raise DataError(Complaint(row.what, f"{name}:{number}", row.hint))
            yield row


def digest_of(kind: str, files: dict[str, FileEntry], meta: dict[str, Any]) -> str:
    """sha256 over kind, each file's sha256 by name, and meta. No path, clock or host."""
    hashes = {name: entry.sha256 for name, entry in files.items()}
    return sha256_text(canonical_json({"kind": kind, "files": hashes, "meta": meta}))


def files_in(folder: Path) -> list[Path]:
    """Every regular file below a folder, sorted by relative name. Symlinks are refused.

    Raises  IntegrityError for pickles, unknown formats and symlinks, all of them at once.
    """
    found, wrong = [], []
    for path in sorted(folder.rglob("*")):
        if path.is_symlink():
            wrong.append(f"{path}: a symbolic link cannot be part of an artifact")
        elif path.is_file():
            suffix = path.suffix.lower()
            if suffix in PICKLE_SUFFIXES:
                wrong.append(f"{path}: pickle-like files can run code and are never stored")
            elif suffix not in ALLOWED_SUFFIXES:
                wrong.append(f"{path}: {suffix} is not a format of the store")
            found.append(path)
    if wrong:
        raise IntegrityError(*wrong)
    return found


def describe(
    folder: Path, kind: Kind, meta: dict[str, Any], *, only: Iterable[Path] | None = None
) -> Artifact:
    """The artifact that a folder holds, hashed by streaming; nothing is copied."""
    paths = files_in(folder) if only is None else sorted(only)
    files = {
        path.relative_to(folder).as_posix(): FileEntry(
            sha256=sha256_file(path), size_bytes=path.stat().st_size
        )
        for path in paths
    }
    digest = digest_of(kind, files, meta)
    return Artifact(kind=kind, digest=digest, files=files, meta=meta, folder=folder)
