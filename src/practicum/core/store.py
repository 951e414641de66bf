"""The store: artifacts by digest, runs, names that move, and marks that say what is done.

    home/
      objects/<digest>/manifest.json  files/…   immutable; renamed into place when complete
      work/<key>/                               scratch of one job: same key, same folder = resume
      runs/<id>.json                            one record per finished job, never changed
      keys/<key>                                the mark: this key's run id, written last
      names/<name>.jsonl                        pointers with history, append-only
      cache/                                    downloads and hashes; safe to delete

Commit order: files, manifest, rename, run record, key mark. A kill between any two leaves
either nothing or a complete artifact that the next attempt finds again.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from pydantic import ValidationError

from practicum.core.artifact import (
    Artifact,
    FileEntry,
    Kind,
    canonical_json,
    describe,
    digest_of,
    files_in,
    sha256_file,
    sha256_text,
    sync_folder,
    write_atomically,
    writer_id,
)
from practicum.core.errors import (
    BusyError,
    IntegrityError,
    PracticumError,
    UnknownReference,
    nearest,
)
from practicum.core.report import Run

FORMAT = "practicum-store 1"
NAME_PATTERN = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}")


class Store:
    """One folder on one machine; any number of processes."""

    def __init__(self, home: Path | str) -> None:
        self.home = Path(home).expanduser().absolute()
        mark = self.home / "format"
        if mark.is_file():
            found = mark.read_text(encoding="utf-8").strip()
            if found != FORMAT:
                raise IntegrityError(
                    f"{self.home} was written as '{found}', this version reads '{FORMAT}'",
                    hint="pip install --upgrade practicum, or choose another --home",
                )

    def __repr__(self) -> str:
        return f"Store({str(self.home)!r})"

    def prepare(self) -> None:
        """Create the folders; called before the first write, so that reading leaves no trace."""
        for part in ("objects", "work", "runs", "keys", "names", "cache"):
            (self.home / part).mkdir(parents=True, exist_ok=True)
        if not (self.home / "format").exists():
            write_atomically(self.home / "format", FORMAT + "\n")

    # -- artifacts ---------------------------------------------------------------------------

    def object_folder(self, digest: str) -> Path:
        """Where that artifact lies, or would lie."""
        return self.home / "objects" / digest

    def has(self, digest: str) -> bool:
        """Whether that artifact was committed or linked."""
        return (self.object_folder(digest) / "manifest.json").is_file()

    def _is_whole(self, digest: str) -> bool:
        """Whether it is here with all its files: torn objects and links into the void are not."""
        try:
            return self.get(digest).digest == digest
        except (UnknownReference, IntegrityError):
            return False

    def get(self, digest: str) -> Artifact:
        """The artifact with that full digest.

        Raises  UnknownReference when absent; IntegrityError when a linked file has changed.
        """
        manifest = self._manifest(digest)
        linked = manifest.pop("linked", None)
        where = Path(linked["folder"]) if linked else self.object_folder(digest) / "files"
        artifact = Artifact(folder=where, **manifest)
        if linked:
            self._check_linked(artifact, linked["mtime_ns"])
        return artifact

    def _manifest(self, digest: str) -> dict[str, Any]:
        path = self.object_folder(digest) / "manifest.json"
        try:
            manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise UnknownReference(
                f"no artifact {digest[:8]} in {self.home}", hint="practicum models"
            ) from None
        return manifest

    def _check_linked(self, artifact: Artifact, mtimes: dict[str, int]) -> None:
        for name, entry in artifact.files.items():
            path = artifact.path(name)
            if path.stat().st_mtime_ns != mtimes[name] and sha256_file(path) != entry.sha256:
                raise IntegrityError(
                    f"{path} changed since it was imported as {artifact.short}",
                    hint="import it again: it is now another artifact",
                )

    def artifacts(self) -> Iterator[Artifact]:
        """Every artifact in the store; linked ones whose files have gone are left out."""
        for digest in self.digests():
            try:
                yield self.get(digest)
            except IntegrityError:
                continue

    def digests(self) -> list[str]:
        """Of every artifact in the store, linked ones whose files have gone among them."""
        found = (self.home / "objects").glob("[!.]*")  # a dot marks what is not in place yet
        return sorted(path.name for path in found if self.has(path.name))

    def verify(self, digest: str) -> None:
        """Re-hash every file.  Raises IntegrityError naming each file that differs."""
        artifact = self.get(digest)
        wrong = [
            f"{artifact.folder / name}: content differs from its recorded sha256"
            for name, entry in artifact.files.items()
            if sha256_file(artifact.path(name)) != entry.sha256
        ]
        if digest_of(artifact.kind, artifact.files, artifact.meta) != digest:
            wrong.append(f"{digest[:8]}: the manifest does not match its digest")
        if wrong:
            raise IntegrityError(*wrong, hint="delete the artifact and run its recipe again")

    def commit(
        self, folder: Path, kind: Kind, meta: dict[str, Any], run: str | None = None
    ) -> Artifact:
        """Move a finished folder into the store; committing equal content twice is harmless."""
        self.prepare()
        made = describe(folder, kind, meta)
        if not self._is_whole(made.digest):
            for name in made.files:
                _flush(folder / name)
            staged = self._stage(made.digest)
            os.replace(folder, staged / "files")
            for name in made.files:
                (staged / "files" / name).chmod(stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH)
            self._write_manifest(staged, made.model_copy(update={"run": run}))
            self._place(staged, made.digest)
        return self.get(made.digest)

    def _stage(self, digest: str) -> Path:
        staged = self.home / "objects" / f".{digest}.{writer_id()}"
        shutil.rmtree(staged, ignore_errors=True)
        staged.mkdir()
        return staged

    def _place(self, staged: Path, digest: str) -> None:
        """Rename a complete object into place; when another maker was first, theirs stays."""
        target = self.object_folder(digest)
        try:
            os.replace(staged, target)
        except OSError:
            if not target.is_dir():
                raise
            if not self._is_whole(digest):
                shutil.rmtree(target)
                os.replace(staged, target)
        shutil.rmtree(staged, ignore_errors=True)
        sync_folder(target.parent)

    def link(
        self, folder: Path, kind: Kind, meta: dict[str, Any], only: Iterable[Path]
    ) -> Artifact:
        """Import files in place: hashed by streaming (once per change), never copied."""
        self.prepare()
        folder = folder.absolute()
        paths = sorted(p.absolute() for p in only)
        files = {
            p.relative_to(folder).as_posix(): FileEntry(
                sha256=self._hash_once(p), size_bytes=p.stat().st_size
            )
            for p in paths
        }
        digest = digest_of(kind, files, meta)
        if not self._is_whole(digest):
            made = Artifact(kind=kind, digest=digest, files=files, meta=meta, folder=folder)
            staged = self._stage(digest)
            mtimes = {p.relative_to(folder).as_posix(): p.stat().st_mtime_ns for p in paths}
            self._write_manifest(staged, made, {"folder": str(folder), "mtime_ns": mtimes})
            self._place(staged, digest)
        return self.get(digest)

    def _write_manifest(
        self, folder: Path, artifact: Artifact, linked: dict[str, Any] | None = None
    ) -> None:
        content = artifact.model_dump(mode="json", exclude={"folder"})
        if linked:
            content["linked"] = linked
        write_atomically(folder / "manifest.json", json.dumps(content, indent=1) + "\n")

    def _hash_once(self, path: Path) -> str:
        """sha256 of a user's file, remembered by path, size and modification time."""
        now = path.stat()
        seal = [now.st_size, now.st_mtime_ns, now.st_ino]
        memo = self.home / "cache" / "hashes" / f"{sha256_text(str(path))}.json"
        if memo.is_file():
            known = json.loads(memo.read_text(encoding="utf-8"))
            if known["seal"] == seal:
                return str(known["sha256"])
        digest = sha256_file(path)
        write_atomically(memo, canonical_json({"seal": seal, "sha256": digest}))
        return digest

    # -- names and references ----------------------------------------------------------------

    def point(self, name: str, digest: str) -> None:
        """Let a name point at a digest; its history keeps what it pointed at before."""
        if not NAME_PATTERN.fullmatch(name):
            raise PracticumError(
                f"'{name}' is not a name", hint="lower-case letters, digits, '.', '_' and '-'"
            )
        if self.names().get(name) == digest:
            return
        self.prepare()
        line = canonical_json({"digest": digest, "unix_s": round(time.time(), 3)}) + "\n"
        with (self.home / "names" / f"{name}.jsonl").open("ab") as stream:
            if stream.tell() and not self._ends_with_newline(name):
                stream.write(b"\n")  # a torn last line from a kill must not swallow this one
            stream.write(line.encode())
            stream.flush()
            os.fsync(stream.fileno())

    def _ends_with_newline(self, name: str) -> bool:
        with (self.home / "names" / f"{name}.jsonl").open("rb") as stream:
            stream.seek(-1, os.SEEK_END)
            return stream.read(1) == b"\n"

    def history(self, name: str) -> list[dict[str, Any]]:
        """What a name pointed at, oldest first; torn lines are skipped."""
        path = self.home / "names" / f"{name}.jsonl"
        entries = []
        for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
            try:
                entries.append(json.loads(line))
            except json.JSONDecodeError:
                continue
        return entries

    def names(self) -> dict[str, str]:
        """Every name and the digest it points at now."""
        folder = self.home / "names"
        found = {p.stem: self.history(p.stem) for p in sorted(folder.glob("*.jsonl"))}
        return {name: entries[-1]["digest"] for name, entries in found.items() if entries}

    def resolve(self, reference: str) -> Artifact:
        """The artifact behind `name`, `name@digest8` or a digest prefix of at least 6 characters.

        Raises  UnknownReference with the nearest name as a suggestion.
        """
        name, _, wanted = reference.partition("@")
        names = self.names()
        if not wanted and name in names:
            return self.get(names[name])
        if wanted:
            known = {entry["digest"] for entry in self.history(name)}
            matches = [d for d in known if d.startswith(wanted)]
        else:
            matches = self._digests(name) if re.fullmatch(r"[0-9a-f]{6,64}", name) else []
        if len(matches) == 1:
            return self.get(matches[0])
        if len(matches) > 1:
            raise UnknownReference(f"{reference} is the start of {len(matches)} artifacts")
        raise UnknownReference(
            f"'{reference}' is neither a name in {self.home} nor a file",
            hint=nearest(name, names) or "practicum models",
        )

    def _digests(self, prefix: str) -> list[str]:
        return [p.name for p in (self.home / "objects").glob(f"{prefix}*")]

    # -- runs and keys -----------------------------------------------------------------------

    def record(self, run: Run) -> None:
        """Write a run, then its key mark: from here on the work counts as done."""
        self.prepare()
        text = run.model_dump_json(indent=1, exclude_none=True)
        write_atomically(self.home / "runs" / f"{run.id}.json", text + "\n")
        write_atomically(self.home / "keys" / run.key, run.id + "\n")

    def cached(self, key: str) -> Run | None:
        """The finished run of that key, when its output is still in the store."""
        mark = self.home / "keys" / key
        if not mark.is_file():
            return None
        try:
            run = self.run(mark.read_text(encoding="utf-8").strip())
        except UnknownReference:
            return None
        return run if self.has(run.output) else None

    def run(self, run_id: str) -> Run:
        """The run with that id."""
        path = self.home / "runs" / f"{run_id}.json"
        if not path.is_file():
            raise UnknownReference(f"no run '{run_id}'", hint="practicum runs")
        return Run.model_validate_json(path.read_text(encoding="utf-8"))

    def runs(self) -> list[Run]:
        """Every readable run, oldest first."""
        found = []
        for path in sorted((self.home / "runs").glob("[!.]*.json")):
            try:
                found.append(Run.model_validate_json(path.read_text(encoding="utf-8")))
            except ValidationError as error:
                raise IntegrityError(f"{path} is not a run record", hint="delete it") from error
        return found

    @contextmanager
    def lock(self, key: str, wait_s: float = -1) -> Iterator[None]:
        """Hold the lock of one key; the system frees it when the process dies.

        Raises  BusyError when another process still holds it after `wait_s` (−1 waits forever).
        """
        folder = self.home / "work" / key
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder.with_suffix(".lock"))
        try:
            lock.acquire(timeout=wait_s)
        except Timeout:
            raise BusyError(
                f"another process is making {key[:8]}", hint="wait for it, or stop it and retry"
            ) from None
        try:
            yield
        finally:
            lock.release()

    # -- cleaning ----------------------------------------------------------------------------

    def unreachable(self) -> list[Artifact]:
        """What no name reaches, directly or as the base of an adapter."""
        alive = set(self.names().values())
        for digest in list(alive):
            if self.has(digest):
                alive.add(str(self._manifest(digest)["meta"].get("base", "")))
        return [a for a in self.artifacts() if a.digest not in alive]

    def leftovers(self) -> list[Path]:
        """Scratch that a kill left behind: work of keys nobody is making, torn objects.

        The scratch of an unfinished job is listed too: deleting it only costs its resume.
        """
        found = [p for p in (self.home / "objects").glob(".*") if p.is_dir()]
        for path in (self.home / "work").glob("*"):
            if path.is_dir():
                try:
                    with self.lock(path.name, wait_s=0):
                        found.append(path)
                except BusyError:
                    continue
        return found

    def delete(self, artifact: Artifact) -> None:
        """Remove one artifact; a linked one loses only its manifest, never the user's files."""
        folder = self.object_folder(artifact.digest)
        doomed = folder.with_name(f".{folder.name}.{writer_id()}")
        os.replace(folder, doomed)  # at once: a kill must not leave a manifest over missing files
        shutil.rmtree(doomed)


def _flush(path: Path) -> None:
    with path.open("rb+" if os.access(path, os.W_OK) else "rb") as stream:
        os.fsync(stream.fileno())


__all__ = ["FORMAT", "Run", "Store", "files_in", "sync_folder", "write_atomically"]
