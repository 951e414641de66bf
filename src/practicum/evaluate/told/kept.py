"""Evaluations where they are kept: in a report of the store, or in a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from practicum.core.errors import PracticumError
from practicum.evaluate.checks.contamination import Contamination, overlap_of
from practicum.evaluate.checks.trained_on import trained_on
from practicum.evaluate.running.results import EVALUATION_FILE, Evaluation

if TYPE_CHECKING:
    from practicum.core.store import Store


def read_evaluation(path: Path) -> Evaluation:
    """The evaluation in a file, or in `evaluation.json` of a folder.

    Raises  PracticumError when there is none, or what is there is something else.
    """
    file = path / EVALUATION_FILE if path.is_dir() else path
    try:
        return Evaluation.model_validate_json(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise PracticumError(f"{file} cannot be read ({error})", hint="practicum eval") from error
    except ValidationError as error:
        raise PracticumError(
            f"{file} is no evaluation", hint="practicum eval writes them"
        ) from error


def find_evaluation(store: Store, reference: str) -> Evaluation:
    """The evaluation that a name or digest of the store means, or a path.

    Raises  PracticumError when nothing is found, or it is not an evaluation.
    """
    path = Path(reference).expanduser()
    if path.exists():
        return read_evaluation(path)
    artifact = store.resolve(reference)
    if EVALUATION_FILE not in artifact.files:
        raise PracticumError(
            f"{reference} holds no evaluation of tasks", hint="practicum eval MODEL makes one"
        )
    return read_evaluation(artifact.path(EVALUATION_FILE))


def all_evaluations(store: Store) -> list[Evaluation]:
    """Every evaluation of the store, and of the same model and the same questions the last one."""
    found = {
        artifact.digest: read_evaluation(artifact.path(EVALUATION_FILE))
        for artifact in store.artifacts()
        if artifact.kind == "report" and EVALUATION_FILE in artifact.files
    }
    ages = {run.output: place for place, run in enumerate(store.runs())}
    last: dict[tuple[str, ...], Evaluation] = {}
    for digest in sorted(found, key=lambda d: ages.get(d, -1)):
        one = found[digest]
        asked = (i.id for s in one.suites for t in s.tasks for i in t.items)
        last[(one.digest, *asked)] = one
    return list(last.values())


def contamination_of(store: Store, evaluation: Evaluation) -> Contamination | None:
    """The overlap of the questions with what the model was trained on, as far as it is recorded.

    None when this store does not know the model.
    """
    try:
        known = trained_on(store, evaluation.digest)
    except PracticumError:
        return None
    return overlap_of(evaluation, known.texts(), known.notes)
