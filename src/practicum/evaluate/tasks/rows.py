"""The rows of a task: a user's files, an installed package's, the hub's when asked, or a mini pack.

FOLDER/gsm8k/test.jsonl                public files in their authors' layout (adapters.py)
FOLDER/ai2_arc/ARC-Challenge/test.jsonl, FOLDER/arc_challenge/test.jsonl
                                       the hub's columns as JSONL, JSON or Parquet
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from practicum.core.artifact import sha256_file, sha256_text
from practicum.core.errors import Complaint, PracticumError
from practicum.evaluate.tasks.adapters import Part, Row, adapter_for, read_json, read_lines
from practicum.evaluate.tasks.carried import carried, carried_rows

From = Literal["mini", "files", "hub", "package"]
PACKS = Path(__file__).parents[1] / "packs"
ALIASES = {"validation": ("validation", "valid", "val", "dev"), "dev": ("dev", "validation", "val")}
MINI_SHOTS = 5  # rows of a pack that are kept as examples, where a task wants any
SPLIT = "_split"  # what a row of a pack may say of itself


@dataclass(frozen=True)
class Needs:
    """The splits a task reads: its questions' and, with shots from a split, its examples'."""

    questions: str
    shots: str | None


@dataclass(frozen=True)
class Location:
    """Where a task's rows are; nothing of them is read yet."""

    source: From
    parts: dict[str, Part]
    dataset: str
    name: str | None
    version: str = ""  # of what is in no file here

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files that are read, each once."""
        return tuple(dict.fromkeys(p for part in self.parts.values() for p in part.paths))


def n_shots(config: Mapping[str, Any], wanted: int | None) -> int:
    """How many examples a task shows: none where its YAML says 0, else the wanted number, else
    its own; as the harness decides it."""
    own = config.get("num_fewshot")
    if own == 0 or wanted is None:
        return int(own or 0)
    return wanted


def needs(config: Mapping[str, Any], shots: int) -> Needs:
    """The splits that this many shots make a task read.

    Raises  PracticumError for a task without questions.
    """
    questions = config.get("test_split") or config.get("validation_split")
    if not questions:
        raise PracticumError(f"{config.get('task')}: the task names no test or validation split")
    given = config.get("fewshot_config") or {}
    if not shots or given.get("samples"):
        return Needs(str(questions), None)
    examples = (config.get("fewshot_split") or given.get("split") or config.get("training_split")
                or config.get("validation_split") or questions)  # fmt: skip
    return Needs(str(questions), str(examples))


def locate(
    config: Mapping[str, Any], shots: int, *, data: Path | None = None, hub: bool = False,
    mini: bool = False,
) -> Location:  # fmt: skip
    """Where the rows of a task come from: files, packages, the hub, or else a bundled pack.

    Raises  PracticumError that names the dataset and what to do.
    """
    task, dataset = str(config["task"]), str(config.get("dataset_path") or "")
    name = config.get("dataset_name")
    wanted = needs(config, shots)
    splits = [wanted.questions, *([wanted.shots] if wanted.shots else [])]
    found = _named_files(config) or (_in_files(config, splits, data) if data else {})
    if all(split in found for split in splits):
        return Location("files", found, dataset, name)
    if version := carried(dataset, name):
        return Location("package", {}, dataset, name, version)
    if hub and dataset not in ("", "json", "csv", "parquet"):
        return Location("hub", {}, dataset, name)
    if mini and (pack := _pack(task, dataset)):
        keep = _of_subject(name) if pack.stem != task else _all
        part = Part((pack,), lambda p: keep(read_lines(p)))
        if part.read(part.paths):
            return Location("mini", {SPLIT: part}, dataset, name)
    lacking = [split for split in splits if split not in found]
    where = f" in {data}" if data else ""
    called = f"{dataset} ({name})" if name else dataset or "its dataset"
    what = f"{task}: no rows of {called}{where}: split {' and '.join(lacking)}"
    folder = f"--data FOLDER with {task}/{lacking[0]}.jsonl"
    raise PracticumError(Complaint(what, hint=f"{folder}, --hub, or --missing skip or mini"))


def _all(rows: list[Row]) -> list[Row]:
    return rows


def _of_subject(name: str | None) -> Callable[[list[Row]], list[Row]]:
    """What keeps the rows of one subject, where the rows of several are in one file."""
    return lambda rows: [r for r in rows if "subject" not in r or r["subject"] == name]


def _pack(task: str, dataset: str) -> Path | None:
    """The bundled pack of a task, or of the group whose rows name their subject."""
    for stem in (task, "mmlu" if dataset == "cais/mmlu" else task):
        if (PACKS / f"{stem}.jsonl").is_file():
            return PACKS / f"{stem}.jsonl"
    return None


# -- files ----------------------------------------------------------------------------------------


def _named_files(config: Mapping[str, Any]) -> dict[str, Part]:
    """The local files that a task's own YAML names; they are there or they are complained of."""
    named = (config.get("dataset_kwargs") or {}).get("data_files")
    if config.get("dataset_path") not in ("json", "parquet") or not isinstance(named, dict):
        return {}
    found: dict[str, Part] = {}
    for split, given in named.items():
        paths = tuple(Path(p).expanduser() for p in (given if isinstance(given, list) else [given]))
        if all(p.is_file() for p in paths):
            found[str(split)] = Part(paths, _read_by_suffix)
    return found


def _read_by_suffix(paths: Sequence[Path]) -> list[Row]:
    readers = {".parquet": _table_rows, ".json": _list_of_rows}
    return [row for path in paths for row in readers.get(path.suffix, read_lines)([path])]


def _in_files(config: Mapping[str, Any], splits: Sequence[str], data: Path) -> dict[str, Part]:
    dataset, name = str(config.get("dataset_path") or ""), config.get("dataset_name")
    found: dict[str, Part] = {}
    if known := adapter_for(dataset):
        folders, adapter = known
        found = adapter(str(name or ""), lambda f: _find(data, folders, f))
    for split in splits:
        if split not in found and (part := _generic(config, split, data)):
            found[split] = part
    return found


def _find(data: Path, folders: Iterable[str], name: str) -> Path | None:
    """A file in one of the folders, or in the user's folder itself when it is one of them."""
    places = [data / folder / name for folder in folders]
    if data.name in folders:
        places.insert(0, data / name)
    return next((p for p in places if p.is_file()), None)


def _folders(config: Mapping[str, Any], data: Path) -> Iterator[tuple[Path, bool]]:
    """Where rows with the hub's columns may be, and whether other subsets may be there too."""
    dataset, name = str(config.get("dataset_path") or ""), config.get("dataset_name")
    repo = dataset.rsplit("/", 1)[-1]
    yield data / str(config["task"]), False
    for base in (data / dataset, data / repo):
        if name:
            yield base / str(name), False
        if repo and (not name or str(name).startswith(repo) or name in ("main", "default")):
            yield base, False
        elif repo:
            yield base, True
    if name and repo:
        yield data / str(name), False


def _generic(config: Mapping[str, Any], split: str, data: Path) -> Part | None:
    for folder, is_shared in _folders(config, data):
        for stem in ALIASES.get(split, (split,)):
            if part := _file(folder, stem):
                if not is_shared:
                    return part
                if "subject" in next(iter(part.read(part.paths)), {}):
                    keep, read = _of_subject(config.get("dataset_name")), part.read
                    return Part(part.paths, lambda p, k=keep, r=read: k(r(p)))  # type: ignore[misc]
    single = data / f"{config['task']}.jsonl"
    is_question = split == (config.get("test_split") or config.get("validation_split"))
    return Part((single,), read_lines) if is_question and single.is_file() else None


def _file(folder: Path, stem: str) -> Part | None:
    if not folder.is_dir():
        return None
    if (path := folder / f"{stem}.jsonl").is_file():
        return Part((path,), read_lines)
    if (path := folder / f"{stem}.json").is_file():
        return Part((path,), _list_of_rows)
    tables = tuple(sorted(folder.glob(f"{stem}*.parquet")))
    return Part(tables, _table_rows) if tables else None


def _list_of_rows(paths: Sequence[Path]) -> list[Row]:
    rows = read_json(paths[0])
    if not isinstance(rows, list) or not all(isinstance(r, dict) for r in rows):
        return read_lines(paths)
    return rows


def _table_rows(paths: Sequence[Path]) -> list[Row]:
    from pyarrow import parquet

    return [row for path in paths for row in parquet.read_table(path).to_pylist()]


# -- reading --------------------------------------------------------------------------------------


def read_rows(location: Location, wanted: Needs) -> dict[str, list[Row]]:
    """The rows by split.  Raises PracticumError when a split has none."""
    if location.source == "mini":
        part = location.parts[SPLIT]
        return _split_pack(part.read(part.paths), wanted)
    if location.source == "package":
        return carried_rows(location.dataset, location.name)
    splits = [wanted.questions, *([wanted.shots] if wanted.shots else [])]
    found = {s: location.parts[s].read(location.parts[s].paths) for s in splits}
    for split, rows in found.items():
        if not rows:
            raise PracticumError(f"{location.parts[split].paths[0]}: no rows of split {split}")
    return found


def _split_pack(rows: list[Row], wanted: Needs) -> dict[str, list[Row]]:
    """A pack's rows by split; where they do not say, the first few are the examples."""
    if any(SPLIT in row for row in rows):
        given: dict[str, list[Row]] = {}
        for row in rows:
            split = row.get(SPLIT, wanted.questions)
            given.setdefault(split, []).append({k: v for k, v in row.items() if k != SPLIT})
        if not wanted.shots or wanted.shots in given:
            return given
        rows = given.get(wanted.questions, [])
    if not wanted.shots:
        return {wanted.questions: rows}
    n = min(MINI_SHOTS, len(rows) // 4)
    return {wanted.shots: rows[:n], wanted.questions: rows[n:]}


def digest(locations: Sequence[Location]) -> str:
    """One hash of everything that is read, wherever the files lie."""
    hashes = {sha256_file(p) for where in locations for p in where.paths}
    hubs = {f"{w.dataset} {w.name}" for w in locations if w.source == "hub"}
    packages = {w.version for w in locations if w.source == "package"}
    return sha256_text("\n".join([*sorted(hashes), *sorted(hubs), *sorted(packages)]))
