"""Recipes: many steps as one text, checked with line numbers, run as one job."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from practicum import verbs
from practicum.core.artifact import Artifact
from practicum.core.errors import Complaint, PracticumError
from practicum.core.recipe import Recipe, Step, check_references, parse_recipe, value_of
from practicum.core.stage import Job, plan_job
from practicum.core.store import Store
from practicum.web.jobs.job import Intent
from practicum.web.render import page, part, reply
from practicum.web.studio import Studio
from practicum.web.tools.told import as_life

router = APIRouter()

BLANK = """\
practicum: 1
title: A small story
seed: 7
steps:
  tiny:
    stage: pretrain
    params: {updates: 80, n_vocab: 512, context: 64}
  lessons:
    stage: data
    params:
      tasks: {chain_sum: {train: 400, test: 100}}
  tuned:
    stage: finetune
    inputs: {model: tiny, chats: lessons}
  score:
    stage: evaluate
    inputs: {model: tuned, chats: lessons}
"""


@dataclass(frozen=True)
class Line:
    """One step of a checked recipe: what it makes, and whether that is there already."""

    step: Step
    makes: str
    seconds: float | None
    is_made: bool


@dataclass(frozen=True)
class Checked:
    """A recipe as far as it could be checked."""

    recipe: Recipe | None
    lines: tuple[Line, ...]
    wrong: tuple[Complaint, ...]

    @property
    def seconds(self) -> float:
        """About how long what is not made yet takes, where that is known."""
        return sum(line.seconds or 0.0 for line in self.lines if not line.is_made)


@router.get("/tools/recipe", response_class=HTMLResponse)
def recipe(request: Request) -> HTMLResponse:
    """A whole recipe as text: the first life, what a job ran, or the beginning of your own."""
    studio: Studio = request.app.state.studio
    query = request.query_params
    is_first = query.get("life") == "first"
    text = verbs.first_life().text if is_first else BLANK
    if query.get("job"):
        text = studio.queue.job(query["job"]).intent.recipe or text
    title = "First life" if is_first else "Recipe"
    return page(request, "recipe.html", title=title, text=text, is_first=is_first,
                threads=query.get("threads", ""))  # fmt: skip


@router.post("/tools/recipe/plan")
def plan(request: Request, given: dict[str, Any]) -> Response:
    """The steps with what they make, or every complaint with its line."""
    studio: Studio = request.app.state.studio
    found = check(str(given.get("text", "")), studio.store)
    return reply(html={"#plan": _piece(found, given, studio.store)})


@router.post("/tools/recipe/run")
def run(request: Request, given: dict[str, Any]) -> Response:
    """Put the whole recipe into the queue as one job."""
    studio: Studio = request.app.state.studio
    text = str(given.get("text", ""))
    found = check(text, studio.store)
    if found.recipe is None or found.wrong:
        return reply(html={"#plan": _piece(found, given, studio.store)},
                     say="Nothing was started: there is something to fix first.")  # fmt: skip
    job = studio.queue.add(
        Intent(recipe=text, title=found.recipe.title, threads=_threads(given.get("threads")))
    )
    return reply(go=f"/runs/{job.id}")


def _piece(found: Checked, given: dict[str, Any], store: Store) -> str:
    command = as_life("recipe.yaml", store, _threads(given.get("threads")))
    return str(part("_recipe_plan.html", found=found, command=command))


def _threads(typed: Any) -> int | None:
    value = value_of(str(typed or ""))
    return value if isinstance(value, int) and value > 0 else None


def check(text: str, store: Store) -> Checked:
    """The recipe read, its references found, its first steps planned; complaints have lines."""
    try:
        found = parse_recipe(text)
        outside = check_references(found, lambda reference: verbs.resolve(reference, store))
    except PracticumError as error:
        return Checked(None, (), error.complaints)
    wrong: list[Complaint] = []
    made: dict[str, Artifact | None] = {}
    lines = [_line(found, step, outside, made, store, wrong) for step in found.steps]
    return Checked(found, tuple(lines), tuple(wrong))


def _line(
    recipe: Recipe, step: Step, outside: dict[str, Artifact], made: dict[str, Artifact | None],
    store: Store, wrong: list[Complaint],
) -> Line:  # fmt: skip
    """One step, planned when its inputs are there; what it made before goes into `made`."""
    made[step.name] = None
    expected = step.expect_s
    if not _are_there(step.inputs, outside, made):
        return Line(step, "", expected, is_made=False)
    inputs = tuple((outside.get(i) or made.get(i)) if i else None for i in step.inputs)
    job = Job(step.stage, inputs, step.params, step.seed)
    run = None if hasattr(step.stage, "settle") else store.cached(job.key)
    if run is not None:
        made[step.name] = store.get(run.output)
        return Line(step, run.report.title, expected, is_made=True)
    try:
        plan = plan_job(store, job)
    except PracticumError as error:
        where = recipe.where(("steps", step.name))
        wrong += [Complaint(f"{step.name}: {c.what}", where, c.hint) for c in error.complaints]
        return Line(step, "", expected, is_made=False)
    return Line(step, plan.makes, expected or plan.seconds, is_made=False)


def _are_there(inputs: Sequence[str | None], outside: dict[str, Artifact],
               made: dict[str, Artifact | None]) -> bool:  # fmt: skip
    return all(i is None or i in outside or made.get(i) is not None for i in inputs)
