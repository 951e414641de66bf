"""What a form asks for: read, checked as a whole, planned, and told in other words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from practicum import verbs
from practicum.core.artifact import Artifact
from practicum.core.errors import Complaint, PracticumError
from practicum.core.recipe import params_complaints, value_of
from practicum.core.stage import Job, Params, Plan, Stage, fit_slots, plan_job
from practicum.core.store import NAME_PATTERN, Run, Store
from practicum.web.jobs.job import Intent
from practicum.web.tools.forms import OTHER
from practicum.web.tools.told import as_command, as_recipe


@dataclass(frozen=True)
class Asked:
    """One stage's work as a form asks for it; `wrong` is what cannot be read."""

    stage: Stage
    inputs: tuple[str | None, ...]
    params: dict[str, Any]
    seed: int = 0
    name: str | None = None
    threads: int | None = None
    wrong: tuple[Complaint, ...] = ()


@dataclass(frozen=True)
class Planned:
    """The work with everything that is known before it begins. `where` of a complaint is the
    field it belongs to."""

    asked: Asked
    wrong: tuple[Complaint, ...]
    plan: Plan | None
    made: Run | None
    notes: tuple[str, ...]
    recipe: str
    command: str

    @property
    def intent(self) -> Intent:
        """The work for the queue."""
        asked = self.asked
        title = f"{asked.stage.name} {asked.name}" if asked.name else asked.stage.name
        return Intent(asked.stage.name, asked.inputs, asked.params, asked.seed, asked.name,
                      asked.threads, title=title)  # fmt: skip


def read_form(stage: Stage, values: Mapping[str, Any]) -> Asked:
    """The form's values as work; an empty field is what the stage does by itself."""
    wrong: list[Complaint] = []
    params: dict[str, Any] = {}
    for name, field in stage.Params.model_fields.items():
        typed = values.get(f"param.{name}")
        if typed is None or (isinstance(typed, str) and not typed.strip()):
            continue
        value = value_of(typed)
        default = None if field.is_required() else field.get_default(call_default_factory=True)
        if value != default or isinstance(value, bool) != isinstance(default, bool):
            params[name] = value
    called = str(values.get("name") or "").strip() or None
    if called and not NAME_PATTERN.fullmatch(called):
        wrong.append(Complaint(f"'{called}' is not a name", "name",
                               "lower-case letters, digits, '.', '_' and '-'"))  # fmt: skip
    seed = _whole(values.get("seed"), "seed", wrong)
    threads = _whole(values.get("threads"), "threads", wrong, least=1)
    return Asked(stage, _inputs(stage, values), params, seed or 0, called, threads, tuple(wrong))


def _inputs(stage: Stage, values: Mapping[str, Any]) -> tuple[str | None, ...]:
    found: list[str | None] = []
    for slot in stage.takes:
        chosen, typed = (_rows(values.get(f"input.{slot.name}{end}")) for end in ("", ".other"))
        n = max(len(chosen), len(typed))
        chosen, typed = chosen + [""] * (n - len(chosen)), typed + [""] * (n - len(typed))
        rows = [t if c in ("", OTHER) else c for c, t in zip(chosen, typed, strict=True)]
        given = [row.strip() or None for row in rows]
        found += [row for row in given if row] if slot.many else [given[0] if given else None]
    while found and found[-1] is None:
        found.pop()
    return tuple(found)


def _rows(value: Any) -> list[str]:
    if value is None:
        return []
    return [str(v) for v in value] if isinstance(value, list) else [str(value)]


def _whole(typed: Any, field: str, wrong: list[Complaint], least: int | None = None) -> int | None:
    if typed is None or not str(typed).strip():
        return None
    value = value_of(str(typed))
    if isinstance(value, bool) or not isinstance(value, int):
        wrong.append(Complaint(f"{field}: must be a whole number", field))
        return None
    if least is not None and value < least:
        wrong.append(Complaint(f"{field}: must be at least {least}", field))
    return value


def planned(asked: Asked, store: Store) -> Planned:
    """The work checked as a whole. Every complaint is found; nothing is made or fetched."""
    wrong: list[Complaint] = []
    params = _checked_params(asked, wrong)
    artifacts = _resolved(asked, store, wrong)
    is_ready = not wrong
    wrong += asked.wrong
    asked = Asked(asked.stage, _pinned(asked, artifacts, store), asked.params, asked.seed,
                  asked.name, asked.threads, asked.wrong)  # fmt: skip
    plan, made = None, None
    if params is not None and is_ready:
        job = Job(asked.stage, tuple(artifacts), params, asked.seed)
        try:
            plan = plan_job(store, job)
        except PracticumError as error:
            wrong += [_at_field(c, asked.stage) for c in error.complaints]
        # A stage that settles looks around first, on the network too: that waits for the run.
        made = None if hasattr(asked.stage, "settle") else store.cached(job.key)
    return Planned(
        asked, tuple(wrong), plan, made, _notes(asked, plan, store),
        as_recipe(asked.stage, asked.inputs, asked.params, asked.seed, asked.name),
        as_command(asked.stage, asked.inputs, asked.params, seed=asked.seed, name=asked.name,
                   threads=asked.threads, store=store),
    )  # fmt: skip


def _checked_params(asked: Asked, wrong: list[Complaint]) -> Params | None:
    try:
        return asked.stage.Params.model_validate(asked.params)
    except ValidationError as error:
        wrong += params_complaints(
            error, asked.stage.Params, lambda path: str(path[0]) if path else None
        )
        return None


def _resolved(asked: Asked, store: Store, wrong: list[Complaint]) -> list[Artifact | None]:
    """The inputs' artifacts; what is wrong with them is told by slot."""
    found: list[Artifact | None] = []
    kinds: list[str | None] = []
    slots = asked.stage.takes
    n_before = len(wrong)
    for i, reference in enumerate(asked.inputs):
        slot = slots[min(i, len(slots) - 1)]
        try:
            artifact = verbs.resolve(reference, store) if reference else None
            found.append(artifact)
            kinds.append(artifact.kind if artifact else None)
        except PracticumError as error:
            wrong += [Complaint(c.what, slot.name, c.hint) for c in error.complaints]
            found.append(None)
            kinds.append(slot.kinds[0])  # it is there, and complained of already
    wrong += [
        Complaint(text, next((s.name for s in slots if f"'{s.name}'" in text), None))
        for text in fit_slots(asked.stage, kinds)
    ]
    return found if len(wrong) == n_before else [None] * len(found)


def _pinned(asked: Asked, artifacts: list[Artifact | None], store: Store) -> tuple[str | None, ...]:
    """References that mean the same tomorrow: names move, name@digest8 does not."""
    names = store.names()
    return tuple(
        f"{ref}@{artifact.short}" if ref in names and artifact else ref
        for ref, artifact in zip(asked.inputs, artifacts, strict=True)
    )


def _at_field(complaint: Complaint, stage: Stage) -> Complaint:
    """A complaint of the plan at the parameter that it begins with, if it does."""
    first = complaint.what.split(":")[0].split(" ")[0]
    known = first in stage.Params.model_fields
    return Complaint(complaint.what, first if known else complaint.where, complaint.hint)


def _notes(asked: Asked, plan: Plan | None, store: Store) -> tuple[str, ...]:
    notes = list(plan.notes) if plan else []
    if plan and plan.memory_bytes:
        import psutil

        free = psutil.virtual_memory().available
        if plan.memory_bytes > free:
            notes.append(f"It may need {plan.memory_bytes / 1e9:.1f} GB of memory; "
                         f"{free / 1e9:.1f} GB are free now.")  # fmt: skip
    if hasattr(asked.stage, "settle") and plan:
        notes.append("The exact version is looked up when it runs; what is here already is not "
                     "fetched again.")  # fmt: skip
    if asked.name and asked.name in store.names():
        notes.append(f"The name {asked.name} will move to the new one; its history is kept.")
    return tuple(notes)
