"""Forms: a control for every parameter and input of a stage, from its own schema."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from practicum.core.artifact import Artifact
from practicum.core.stage import Slot, Stage
from practicum.core.store import Store
from practicum.web.render import size
from practicum.web.tools.told import written

Control = Literal["text", "number", "choice", "check", "yaml"]
LIMITS = (("gt", "more than"), ("ge", "at least"), ("lt", "less than"), ("le", "at most"))
OTHER = "…"  # the choice that opens a field for a path


@dataclass(frozen=True)
class Field:
    """One parameter's control. `default` is what happens when it is left empty."""

    name: str
    help: str
    control: Control
    default: str = ""
    limits: str = ""
    choices: tuple[str, ...] = ()
    value: str = ""

    @property
    def label(self) -> str:
        """Its name as words."""
        return self.name.replace("_", " ")


@dataclass(frozen=True)
class Choice:
    """An artifact that fits: its reference and what to know before choosing it."""

    reference: str
    label: str
    names: tuple[str, ...]
    digest: str

    def is_meant_by(self, word: str) -> bool:
        """Whether a name, name@digest or the beginning of a digest means it."""
        name, _, digest = word.partition("@")
        is_named = name in self.names and self.digest.startswith(digest)
        return is_named or (len(word) >= 6 and self.digest.startswith(word))


@dataclass(frozen=True)
class Input:
    """One input's control. `given` has an entry for every row; `makers` make what fits."""

    slot: Slot
    choices: tuple[Choice, ...]
    given: tuple[str, ...]
    makers: tuple[str, ...]

    def is_listed(self, reference: str) -> bool:
        """Whether it is one of the choices."""
        return any(c.reference == reference for c in self.choices)


def fields_of(stage: Stage, given: Mapping[str, str]) -> list[Field]:
    """A control for every parameter, with what is given filled in."""
    return [
        _field(name, info, given.get(name, "")) for name, info in stage.Params.model_fields.items()
    ]


def _field(name: str, info: FieldInfo, value: str) -> Field:
    kind, is_optional = _without_none(info.annotation)
    default = None if info.is_required() else info.get_default(call_default_factory=True)
    told: dict[str, Any] = {
        "name": name,
        "help": info.description or "",
        "default": "" if default is None else written(default),
        "value": value,
    }
    if typing.get_origin(kind) is Literal:
        choices = tuple(str(a) for a in typing.get_args(kind))
        return Field(control="choice", choices=("", *choices) if is_optional else choices, **told)
    if kind is bool:
        return Field(control="check", **told)
    if kind in (int, float):
        return Field(control="number", limits=_limits(info), **told)
    if kind is str:
        return Field(control="text", **told)
    return Field(control="yaml", **(told | {"default": _example(kind, default)}))


def _without_none(annotation: Any) -> tuple[Any, bool]:
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        some = [a for a in typing.get_args(annotation) if a is not type(None)]
        return (some[0] if len(some) == 1 else annotation), True
    return annotation, False


def _limits(info: FieldInfo) -> str:
    """The range that a number must be in, in words."""
    found = [
        f"{words} {getattr(rule, key):g}"
        for key, words in LIMITS
        for rule in info.metadata
        if getattr(rule, key, None) is not None
    ]
    return ", ".join(found)


def _example(kind: Any, default: Any) -> str:
    """How such a value is written: its default, or its shape when that is empty."""
    if default:
        return written(default)
    if typing.get_origin(kind) is dict:
        inner = typing.get_args(kind)[1]
        return f"name: {_example(inner, None)}"
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return written(kind())
    if typing.get_origin(kind) in (tuple, list):
        return "[1, 1]" if typing.get_args(kind)[0] in (int, float) else "[…]"
    return ""


def inputs_of(stage: Stage, store: Store, given: Mapping[str, Sequence[str]],
              makers: Mapping[str, tuple[str, ...]]) -> list[Input]:  # fmt: skip
    """A control for every input, with the artifacts of the store that fit."""
    names: dict[str, list[str]] = {}
    for name, digest in store.names().items():
        names.setdefault(digest, []).append(name)
    artifacts = list(store.artifacts())
    found = []
    for slot in stage.takes:
        fitting = [a for a in artifacts if a.kind in slot.kinds]
        choices = [_choice(a, names.get(a.digest, [])) for a in fitting]
        choices.sort(key=lambda c: (not c.names, c.reference))
        makes = tuple(dict.fromkeys(m for kind in slot.kinds for m in makers.get(kind, ())))
        rows = _rows(slot, choices, given.get(slot.name, ()))
        found.append(Input(slot, tuple(choices), rows, makes))
    return found


def _rows(slot: Slot, choices: Sequence[Choice], given: Sequence[str]) -> tuple[str, ...]:
    """What each row of an input begins with; where there is no choice, it is made."""
    rows = [
        next((c.reference for c in choices if c.is_meant_by(word)), word) for word in given if word
    ]
    if not rows and len(choices) == 1 and not slot.optional and not slot.many:
        rows = [choices[0].reference]
    return (*rows, *[""] * ((2 if slot.many else 1) - len(rows)))


def _choice(artifact: Artifact, names: Sequence[str]) -> Choice:
    reference = f"{names[-1]}@{artifact.short}" if names else artifact.digest[:12]
    called = names[-1] if names else str(artifact.meta.get("name") or "unnamed")
    licence = artifact.meta.get("license") or ", ".join(artifact.meta.get("licenses") or ())
    form = str(artifact.meta.get("type") or artifact.meta.get("format") or "")
    facts = [artifact.kind, form, size(artifact.size_bytes), str(licence or "licence unknown")]
    told = " · ".join(fact for fact in facts if fact)
    label = f"{called}@{artifact.short} — {told}"
    return Choice(reference, label, tuple(names), artifact.digest)
