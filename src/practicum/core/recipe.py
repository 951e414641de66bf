"""Recipes: a YAML file of steps, checked as a whole, with line numbers, before anything runs.

    practicum: 1
    title: A small story
    seed: 7
    steps:
      base:  {stage: import, params: {source: smollm2-135m-instruct}}
      tuned: {stage: finetune, inputs: [base, lessons], params: {rank: 16}}

An input is the name of a step above or below, or a reference to something that exists.
Each step's output is pointed at by the step's name.
"""

from __future__ import annotations

import graphlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from practicum.core.artifact import Artifact
from practicum.core.errors import Complaint, PracticumError, RecipeError, nearest
from practicum.core.events import Listener, silence
from practicum.core.stage import (
    Job,
    Made,
    Params,
    Stage,
    find_stage,
    fit_slots,
    perform,
    plan_job,
    settle,
)
from practicum.core.store import NAME_PATTERN, Store

Where = Callable[[tuple[str | int, ...]], str]
Resolve = Callable[[str], Artifact]
Perform = Callable[..., Made]  # as core.stage.perform, which several processes may do together
TOP_KEYS = {"practicum", "title", "seed", "steps"}
STEP_KEYS = {"stage", "inputs", "params", "seed", "why", "expect_s"}


@dataclass(frozen=True)
class Step:
    """One checked step. `expect_s` is how long the author measured it to take, in seconds."""

    name: str
    stage: Stage
    inputs: tuple[str | None, ...]
    params: Params
    seed: int
    why: str = ""
    expect_s: float | None = None


@dataclass(frozen=True)
class Recipe:
    """A checked recipe: steps in an order in which each finds its inputs made.

    `where` knows the file and line of a path, for what only turns out to be wrong later.
    """

    title: str
    steps: tuple[Step, ...]
    text: str
    where: Where = field(repr=False, compare=False)

    def step(self, name: str) -> Step:
        """The step of that name."""
        return next(s for s in self.steps if s.name == name)


def read_yaml(text: str, name: str) -> tuple[Any, Where]:
    """Plain YAML (no tags, no duplicate keys) and a function from path to `file:line`.

    Raises  RecipeError for syntax errors, duplicate keys and aliases that contain themselves.
    """
    lines: dict[tuple[str | int, ...], int] = {}
    wrong: list[Complaint] = []
    walked: dict[int, bool] = {}  # node → finished? An alias is walked once, where it is written.

    def walk(node: yaml.Node, path: tuple[str | int, ...], line: int = 0) -> None:
        lines[path] = line or node.start_mark.line + 1
        if id(node) in walked:
            if not walked[id(node)]:
                what = "not YAML: an alias inside what it stands for"
                wrong.append(Complaint(what, f"{name}:{lines[path]}"))
            return
        walked[id(node)] = False
        if isinstance(node, yaml.MappingNode):
            seen: set[str] = set()
            for key, value in node.value:
                if key.value in seen:
                    where = f"{name}:{key.start_mark.line + 1}"
                    wrong.append(Complaint(f"{key.value}: given twice", where))
                seen.add(key.value)
                walk(value, (*path, key.value), key.start_mark.line + 1)
        elif isinstance(node, yaml.SequenceNode):
            for i, item in enumerate(node.value):
                walk(item, (*path, i))
        walked[id(node)] = True

    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        data = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        problem = getattr(error, "problem", None) or str(error)
        raise RecipeError(Complaint(f"not YAML: {problem}", f"{name}:{line}")) from None
    if node is not None:
        walk(node, ())
    if wrong:
        raise RecipeError(*wrong)

    def where(path: tuple[str | int, ...]) -> str:
        while path not in lines and path:
            path = path[:-1]
        return f"{name}:{lines.get(path, 1)}"

    return data, where


def value_of(text: Any) -> Any:
    """What was typed for a parameter, read as a YAML value: 3, 1e-3, true, [1, 2], {a: 1}."""
    if not isinstance(text, str):
        return text
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError:
        return text
    if isinstance(value, str):
        try:
            return float(value)  # YAML 1.1 reads 1e-3 as a string
        except ValueError:
            return value
    return value


def params_complaints(
    error: ValidationError,
    model: type[Params],
    where: Callable[[tuple[str | int, ...]], str | None],
) -> list[Complaint]:
    """Pydantic's findings in our words, each with its place and, for unknown names, a suggestion."""
    found = []
    for item in error.errors():
        path = tuple(item["loc"])
        name = ".".join(str(p) for p in path) or "params"
        if item["type"] == "extra_forbidden":
            known = ", ".join(model.model_fields)
            hint = nearest(str(path[-1]), model.model_fields) or known
            found.append(Complaint(f"{name}: unknown parameter", where(path), hint))
        elif item["type"] == "missing":
            found.append(Complaint(f"{name}: is required", where(path)))
        else:
            text = item["msg"].removeprefix("Value error, ")
            found.append(Complaint(f"{name}: {text[:1].lower()}{text[1:]}", where(path)))
    return found


def read_recipe(path: Path) -> Recipe:
    """The recipe in a file, fully checked.  Raises RecipeError with every complaint."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise RecipeError(f"{path}: no such file", hint="practicum life, without a file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path}: cannot be read: {error}") from None
    return parse_recipe(text, path.name)


def parse_recipe(text: str, name: str = "recipe.yaml") -> Recipe:
    """The recipe in a text, fully checked.  Raises RecipeError with every complaint."""
    data, where = read_yaml(text, name)
    wrong: list[Complaint] = []
    if not isinstance(data, Mapping) or not isinstance(data.get("steps"), Mapping):
        raise RecipeError(Complaint("a recipe is a mapping with 'steps'", f"{name}:1"))
    for key in data:
        if key not in TOP_KEYS:
            wrong.append(_unknown(str(key), TOP_KEYS, where((key,))))
    if data.get("practicum") != 1:
        wrong.append(Complaint("practicum: must be 1, the recipe format", where(("practicum",))))
    default_seed = data.get("seed", 0)
    wrong += _check_seed(default_seed, where(("seed",)))
    steps: dict[str, Step] = {}
    for step_name, body in data["steps"].items():
        step = _read_step(str(step_name), body, default_seed, where, wrong)
        if step:
            steps[step.name] = step
    wrong += _check_links(steps, where)
    order = _order(steps, where, wrong) if not wrong else []
    if wrong:
        raise RecipeError(*sorted(wrong, key=_line))
    return Recipe(str(data.get("title", name)), tuple(steps[n] for n in order), text, where)


def _line(complaint: Complaint) -> int:
    return int((complaint.where or ":0").rsplit(":", 1)[1])


def _unknown(key: str, known: set[str], where: str) -> Complaint:
    return Complaint(f"{key}: unknown key", where, nearest(key, known) or ", ".join(sorted(known)))


def _check_seed(seed: Any, where: str) -> list[Complaint]:
    whole = isinstance(seed, int) and not isinstance(seed, bool)
    return [] if whole else [Complaint("seed: must be a whole number", where)]


def _read_step(
    name: str, body: Any, seed: Any, where: Where, wrong: list[Complaint]
) -> Step | None:
    at: tuple[str | int, ...] = ("steps", name)
    if not isinstance(body, Mapping):
        wrong.append(Complaint(f"{name}: a step is a mapping with 'stage'", where(at)))
        return None
    if not NAME_PATTERN.fullmatch(name):
        wrong.append(Complaint(f"'{name}' cannot name an artifact", where(at), name.lower()))
    wrong += [_unknown(str(k), STEP_KEYS, where((*at, k))) for k in body if k not in STEP_KEYS]
    if "seed" in body:
        wrong += _check_seed(body["seed"], where((*at, "seed")))
    if not isinstance(body.get("expect_s"), (int, float, type(None))):
        wrong.append(Complaint("expect_s: must be a number of seconds", where((*at, "expect_s"))))
    try:
        stage = find_stage(str(body.get("stage", "")))
    except PracticumError as error:
        none = "" if "stage" in body else f"{name}: needs a stage"
        wrong += [Complaint(none or c.what, where((*at, "stage")), c.hint)
                  for c in error.complaints]  # fmt: skip
        return None
    try:
        params = stage.Params.model_validate(body.get("params") or {})
    except ValidationError as error:
        wrong += params_complaints(error, stage.Params, lambda path: where((*at, "params", *path)))
        return None
    inputs = _read_inputs(stage, body.get("inputs") or [], where, at, wrong)
    return Step(
        name, stage, inputs, params, body.get("seed", seed), str(body.get("why", "")),
        body.get("expect_s"),
    )  # fmt: skip


def _read_inputs(
    stage: Stage, given: Any, where: Where, at: tuple[str | int, ...], wrong: list[Complaint]
) -> tuple[str | None, ...]:
    """Inputs as a list in order, or as a mapping by slot name."""
    if isinstance(given, Mapping):
        names = [slot.name for slot in stage.takes]
        wrong += [
            Complaint(f"{k}: {stage.name} has no such input", where((*at, "inputs", k)),
                      nearest(str(k), names) or ", ".join(names))
            for k in given if k not in names
        ]  # fmt: skip
        ordered: list[str | None] = []
        for slot in stage.takes:
            value = given.get(slot.name)
            some = value if isinstance(value, list) else [value]
            place = where((*at, "inputs", slot.name))
            if not all(item is None or isinstance(item, str) for item in some):
                wrong.append(Complaint(f"{slot.name}: must be a name or a list of names", place))
            elif len(some) != 1 and not slot.many:
                what = f"{slot.name}: takes one name, {len(some)} are given"
                wrong.append(Complaint(what, place))
            else:
                ordered += some
        while ordered and ordered[-1] is None:
            ordered.pop()
        return tuple(ordered)
    if isinstance(given, list) and all(isinstance(item, str) for item in given):
        return tuple(given)
    wrong.append(Complaint("inputs: must be names, in order or by slot", where((*at, "inputs"))))
    return ()


def _check_links(steps: dict[str, Step], where: Where) -> list[Complaint]:
    """Kinds of the inputs that are steps; what is not a step is resolved when it is needed."""
    wrong = []
    for step in steps.values():
        kinds: list[str | None] = []
        for i, name in enumerate(step.inputs):
            slot = step.stage.takes[min(i, len(step.stage.takes) - 1)] if step.stage.takes else None
            if name in steps:
                kinds.append(steps[name].stage.gives(steps[name].params))
            else:
                kinds.append(slot.kinds[0] if slot and name else None)
        place = where(("steps", step.name, "inputs"))
        wrong += [Complaint(f"{step.name}: {c}", place) for c in fit_slots(step.stage, kinds)]
    return wrong


def _order(steps: dict[str, Step], where: Where, wrong: list[Complaint]) -> list[str]:
    graph = {s.name: [i for i in s.inputs if i in steps] for s in steps.values()}
    try:
        return list(graphlib.TopologicalSorter(graph).static_order())
    except graphlib.CycleError as error:
        loop = " → ".join(reversed(error.args[1]))
        place = where(("steps", error.args[1][0]))
        wrong.append(Complaint(f"steps wait for each other: {loop}", place))
        return []


def check_references(recipe: Recipe, resolve: Resolve) -> dict[str, Artifact]:
    """Every outside reference of a recipe, resolved.  Raises RecipeError for all that fail."""
    names = {step.name for step in recipe.steps}
    found: dict[str, Artifact] = {}
    wrong: list[Complaint] = []
    for step in recipe.steps:
        for reference in step.inputs:
            if reference is None or reference in names or reference in found:
                continue
            try:
                found[reference] = resolve(reference)
            except PracticumError as error:
                near = nearest(reference, names)
                place = recipe.where(("steps", step.name, "inputs"))
                wrong += [
                    Complaint(f"{step.name}: {c.what}", c.where or place, near or c.hint)
                    for c in error.complaints
                ]
    if wrong:
        raise RecipeError(*wrong)
    return found


def carry_out(
    store: Store,
    recipe: Recipe,
    resolve: Resolve,
    *,
    threads: int | None = None,
    listen: Listener = silence,
    perform: Perform = perform,
) -> dict[str, Made]:
    """Run every step that is not done; names point at outputs as they are made.

    Steps whose inputs already exist are planned before the first one runs, so that what can
    be known to be wrong is said before any cost.
    """
    outside = check_references(recipe, resolve)
    wrong: list[Complaint] = []
    for step in recipe.steps:
        if all(i is None or i in outside for i in step.inputs):
            job = Job(step.stage, tuple(outside.get(i or "") for i in step.inputs), step.params,
                      step.seed)  # fmt: skip
            if store.cached(job.key) is None:
                try:
                    plan_job(store, settle(store, job))
                except PracticumError as error:
                    place = recipe.where(("steps", step.name))
                    wrong += [Complaint(f"{step.name}: {c.what}", c.where or place, c.hint)
                              for c in error.complaints]  # fmt: skip
    if wrong:
        raise RecipeError(*wrong)
    made: dict[str, Made] = {}
    for step in recipe.steps:
        inputs = tuple(
            made[i].artifact if i in made else outside[i] if i else None for i in step.inputs
        )
        job = Job(step.stage, inputs, step.params, step.seed, step.why)
        made[step.name] = perform(store, job, step=step.name, threads=threads, listen=listen)
        store.point(step.name, made[step.name].artifact.digest)
    return made
