"""The same work in other words: as a recipe that `practicum life` runs, and as a command line."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from practicum import verbs
from practicum.core.recipe import value_of
from practicum.core.stage import Slot, Stage, find_stage
from practicum.core.store import NAME_PATTERN, Run, Store
from practicum.lineage.members import ancestors
from practicum.lineage.tree import family

# How the command line takes a stage's inputs where it differs from the rule: required inputs are
# words in their order, optional ones are options of their name.
WORDS = {"import": ("file",), "data": ("rows",), "pretrain": ("texts",)}
OPTIONS = {("evaluate", "texts"): "prose"}
VERBS = {name: name for name in (
    "import", "data", "pretrain", "finetune", "align", "reward", "reinforce", "merge", "quantize",
    "evaluate",
)} | {"benchmark": "eval"}  # fmt: skip


def written(value: Any) -> str:
    """A value on one line, as `value_of` reads it back."""
    if hasattr(value, "model_dump"):
        value = value.model_dump(mode="json")
    if isinstance(value, str) and "\n" not in value and value_of(value) == value:
        return value
    text = yaml.safe_dump(_simple(value), default_flow_style=True, width=10**6,
                          allow_unicode=True, sort_keys=False)  # fmt: skip
    return text.strip().removesuffix("\n...")


def _simple(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(k): _simple(v) for k, v in value.items()}
    return [_simple(v) for v in value] if isinstance(value, (list, tuple)) else value


def filled(slots: Sequence[Slot], inputs: Sequence[str | None]) -> list[tuple[Slot, str]]:
    """Each given input with the slot that it goes into."""
    last = len(slots) - 1
    return [(slots[min(i, last)], ref) for i, ref in enumerate(inputs) if ref and slots]


def as_recipe(
    stage: Stage, inputs: Sequence[str | None], params: Mapping[str, Any], seed: int = 0,
    name: str | None = None,
) -> str:  # fmt: skip
    """The work as a recipe of one step."""
    by_slot: dict[str, Any] = {}
    for slot, reference in filled(stage.takes, inputs):
        if slot.many:
            by_slot.setdefault(slot.name, []).append(reference)
        else:
            by_slot[slot.name] = reference
    called = name or stage.name
    lines = [
        "practicum: 1",
        f"title: {written(f'{stage.name} {called}' if name else stage.name)}",
        f"seed: {seed}",
        "steps:",
        f"  {_key(called)}:",
        f"    stage: {_key(stage.name)}",
        *([f"    inputs: {written(by_slot)}"] if by_slot else []),
        *([f"    params: {written(params)}"] if params else []),
    ]
    return "\n".join(lines) + "\n"


def _key(name: str) -> str:
    """A name as YAML reads it back as text: 2024 and null are names too."""
    return yaml.safe_dump(name, default_style=None).strip().removesuffix("\n...")


def as_command(
    stage: Stage, inputs: Sequence[str | None], params: Mapping[str, Any], *, seed: int = 0,
    name: str | None = None, threads: int | None = None, store: Store | None = None,
) -> str:  # fmt: skip
    """The work as a command line; for a stage without a verb, the recipe's."""
    own_home = _home_words(store)
    if stage.name not in VERBS:
        return shlex.join(["practicum", "life", f"{name or stage.name}.yaml", *own_home])
    required = tuple(s.name for s in stage.takes if not s.optional)
    positional = WORDS.get(stage.name, required)
    words, options = [], []
    for slot, reference in filled(stage.takes, inputs):
        if slot.name in positional:
            words.append(reference)
        else:
            options += [f"--{OPTIONS.get((stage.name, slot.name), slot.name)}", reference]
    for key, value in params.items():
        if stage.name == "import" and key == "source":
            words.append(str(value))
        else:
            options += [f"--{key.replace('_', '-')}", written(value)]
    if name:
        options += ["--name", name]
    if seed:
        options += ["--seed", str(seed)]
    if threads:
        options += ["--threads", str(threads)]
    return shlex.join(["practicum", VERBS[stage.name], *words, *options, *own_home])


def as_life(file: str, store: Store | None = None, threads: int | None = None) -> str:
    """The command line of a recipe in a file."""
    more = ["--threads", str(threads)] if threads else []
    return shlex.join(["practicum", "life", file, *more, *_home_words(store)])


def _home_words(store: Store | None) -> list[str]:
    """--home, where the command line would look elsewhere without it."""
    if store is None or store.home == verbs.open_store().home:
        return []
    return ["--home", str(store.home)]


def of_run(run: Run, stage: Stage, store: Store) -> tuple[str, str]:
    """The recipe and the command line that make again what a run made."""
    names = {digest: name for name, digest in store.names().items()}
    inputs = [reference(digest, names) if digest else None for digest in run.inputs]
    params = changed(stage, run.params)
    name = names.get(run.output)
    return (
        as_recipe(stage, inputs, params, run.seed, name),
        as_command(stage, inputs, params, seed=run.seed, name=name, store=store),
    )


def whole_recipe(store: Store, digest: str) -> str:
    """Every run that led to an artifact, oldest first, as one recipe; what no run made stays a
    reference."""
    kin = family(store, [digest])
    runs = {r.output: r for r in reversed(store.runs())}
    chain = [n.digest for n in (kin.node(digest), *ancestors(kin, digest)) if n.digest in runs]
    ordered = sorted(chain, key=lambda d: runs[d].started_unix_s)
    names = {digest: name for name, digest in store.names().items()}
    steps: dict[str, str] = {}
    for made in ordered:  # the name it was made with is part of what it is
        own = names.get(made) or str(store.get(made).meta.get("name") if store.has(made) else "")
        is_free = NAME_PATTERN.fullmatch(own) and own not in steps.values()
        steps[made] = own if is_free else f"{runs[made].stage}-{made[:8]}"
    body: list[str] = []
    for made in ordered:
        run = runs[made]
        stage = find_stage(run.stage)
        inputs = [steps.get(digest, digest[:12]) or None for digest in run.inputs]
        one = as_recipe(stage, inputs, changed(stage, run.params), run.seed, steps[made])
        lines = one.split("steps:\n", 1)[1].rstrip("\n")
        body.append(f"{lines}\n    seed: {run.seed}\n")
    title = (
        yaml.safe_dump(f"How {steps[digest]} was made", width=10**6).strip().removesuffix("\n...")
    )
    return f"practicum: 1\ntitle: {title}\nsteps:\n" + "".join(body)


def reference(digest: str, names: Mapping[str, str]) -> str:
    """name@digest8 of what has a name, else the first letters of the digest."""
    return f"{names[digest]}@{digest[:8]}" if digest in names else digest[:12]


def changed(stage: Stage, params: Mapping[str, Any]) -> dict[str, Any]:
    """Those parameters that are not what they are by default."""
    found = {}
    for key, value in params.items():
        field = stage.Params.model_fields.get(key)
        default: Any = field.get_default(call_default_factory=True) if field else None
        plain = default.model_dump(mode="json") if hasattr(default, "model_dump") else default
        if _simple(plain) != _simple(value):
            found[key] = value
    return found


def free_name(wanted: str, store: Store) -> str:
    """That name, or the first of name-2, name-3 … that points at nothing yet."""
    taken, number = store.names(), 1
    while (name := wanted if number == 1 else f"{wanted}-{number}") in taken:
        number += 1
    return name
