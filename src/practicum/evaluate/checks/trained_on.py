"""What a model was trained on, as far as the store knows: the texts of its ancestors' runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from practicum.core.artifact import Artifact
from practicum.core.errors import IntegrityError, UnknownReference
from practicum.core.rows.formats import convert, form_of
from practicum.core.rows.turns import RowError
from practicum.core.store import Run, Store

DATA_KINDS = ("text", "chat", "pairs")
MODEL_KINDS = ("model", "adapter")
DATA_STAGE = "data"
SPLITS = ("train.jsonl", "validation.jsonl", "test.jsonl")


@dataclass(frozen=True)
class TrainedOn:
    """The data artifacts behind a model, and what is not known.

    notes  one sentence for everything whose training data nobody recorded or that is gone:
           with any of them a share of contamination is a lower bound
    """

    data: tuple[Artifact, ...]
    notes: tuple[str, ...]

    def texts(self) -> Iterator[tuple[str, str]]:
        """Every training text with where it is from; held-out chats and pairs are not trained."""
        for artifact in self.data:
            name = str(artifact.meta.get("name") or artifact.short)
            for file in _training_files(artifact):
                if not file.endswith((".jsonl", ".json")):
                    yield f"{name}, {file}", artifact.path(file).read_text(encoding="utf-8")
                    continue
                for number, row in enumerate(artifact.rows(file), 1):
                    yield f"{name}, {file}:{number}", _text_of(row)


def trained_on(store: Store, digest: str) -> TrainedOn:
    """The data that a model or any of its ancestors was trained on, from the runs of the store.

    Raises  UnknownReference when the store has no such artifact and no run made it.
    """
    makers: dict[str, list[Run]] = {}
    for run in store.runs():
        makers.setdefault(run.output, []).append(run)
    if not store.has(digest) and digest not in makers:
        raise UnknownReference(f"no artifact {digest[:8]} in {store.home}", hint="practicum models")
    data: dict[str, Artifact] = {}
    notes: list[str] = []
    waiting, seen = [digest], {digest}
    while waiting:
        current = waiting.pop(0)
        artifact, runs = _present(store, current), makers.get(current, [])
        if artifact and artifact.kind in DATA_KINDS:
            data[current] = artifact
        elif artifact is None and (not runs or any(r.stage == DATA_STAGE for r in runs)):
            notes.append(f"{current[:8]} is no longer in the store: it was not looked through")
        elif artifact is None or artifact.kind in MODEL_KINDS:
            parents = [d for run in runs for d in run.inputs if d]
            if artifact and artifact.meta.get("base"):
                parents.append(str(artifact.meta["base"]))
            if not parents:
                notes.append(_unknown(current, artifact, runs))
            new = [d for d in dict.fromkeys(parents) if d not in seen]
            seen.update(new)
            waiting += new
    return TrainedOn(tuple(data.values()), tuple(notes))


def _present(store: Store, digest: str) -> Artifact | None:
    try:
        return store.get(digest)
    except (UnknownReference, IntegrityError):
        return None


def _unknown(digest: str, artifact: Artifact | None, runs: list[Run]) -> str:
    name = str((artifact.meta.get("name") if artifact else None) or digest[:8])
    how = f"was made by '{runs[0].stage}' from" if runs else "came with"
    return f"{name} {how} no artifact of this store: what it had read was not looked through"


def _training_files(artifact: Artifact) -> list[str]:
    """The training split of chats and pairs where they are split; of texts, which are read from
    one end to the other, every file."""
    files = [f for f in sorted(artifact.files) if f.endswith((".jsonl", ".json", ".txt", ".md"))]
    if artifact.kind == "text" or SPLITS[0] not in files:
        return files
    return [f for f in files if f not in SPLITS[1:]]


def _text_of(row: dict[str, object]) -> str:
    """All that a row says, whatever kind it is and however it is written."""
    form = form_of(row)
    try:
        said = convert(row, form) if form else [row]
    except RowError:  # whoever trained on it read it in another format
        said = [{"text": "\n".join(str(value) for value in row.values())}]
    return "\n".join(_said(one) for one in said)


def _said(row: dict[str, object]) -> str:
    """The turns of a row, its answers, its text."""
    parts: list[str] = []
    for key in ("messages", "prompt"):
        turns = row.get(key)
        if isinstance(turns, list):
            parts += [str(t.get("content", "")) for t in turns if isinstance(t, dict)]
    parts += [str(row[key]) for key in ("chosen", "rejected", "text") if row.get(key)]
    return "\n".join(parts)
