"""Runs: the queue, what is at work now, what was made and how well, and two runs compared."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, Response

from practicum.core.artifact import Artifact
from practicum.core.errors import PracticumError, UnknownReference
from practicum.core.report import Metric
from practicum.core.stage import find_stage, stages
from practicum.core.store import Run
from practicum.web.jobs.job import Job
from practicum.web.jobs.queue import OVER, Queue
from practicum.web.jobs.story import near_end, told
from practicum.web.live import events
from practicum.web.render import page, part, reply
from practicum.web.scores.pages import POLICY, tables_of
from practicum.web.studio import Studio
from practicum.web.tools import shown
from practicum.web.tools.told import as_command, as_life, as_recipe, changed, of_run

router = APIRouter()
LOOK_S = 0.4  # how often a page that listens is told what is new
LOG_CHARACTERS = 20_000
LISTED = 100


@dataclass(frozen=True)
class Row:
    """One finished run in the list."""

    run: Run
    name: str
    headline: Metric | None


# -- the list --------------------------------------------------------------------------------


@router.get("/runs", response_class=HTMLResponse)
def runs(request: Request) -> HTMLResponse:
    """The queue, then everything that was ever finished, newest first."""
    studio: Studio = request.app.state.studio
    everything = "all" in request.query_params
    return page(request, "runs.html", title="Runs", pieces=_list_pieces(studio, everything))


@router.get("/runs/watch")
async def watch(request: Request) -> Response:
    """The list's pieces when a job changes state, and how far the running one is."""
    studio: Studio = request.app.state.studio

    async def values() -> AsyncIterator[dict[str, Any]]:
        seen: object = None
        while True:
            jobs = await asyncio.to_thread(studio.queue.jobs)
            now = [(job.id, job.state, job.is_stopping, job.standing.place) for job in jobs]
            if seen is not None and now != seen:
                yield {"html": await asyncio.to_thread(_list_pieces, studio)}
            seen = now
            if jobs and jobs[0].state == "running":
                lines, _ = told(jobs[0].folder, near_end(jobs[0].folder))
                done = [e for e in lines if e["kind"] == "progress"]
                if done:
                    yield {"progress": {"id": jobs[0].id, **done[-1]}}
            await asyncio.sleep(2 * LOOK_S)

    return events(request, values())


def _list_pieces(studio: Studio, everything: bool = False) -> dict[str, str]:
    found = studio.store.runs()[::-1]
    names = shown.names_of(studio.store)
    rows = [Row(r, names.get(r.output, ""), shown.headline(r.report)) for r in found]
    kept = rows if everything else rows[:LISTED]
    jobs = [job for job in studio.queue.jobs() if job.state != "done" or job.intent.recipe]
    return {
        "#queue": str(part("_queue.html", jobs=jobs, shown=shown)),
        "#finished": str(part("_finished.html", rows=kept, n_all=len(rows), shown=shown)),
    }


# -- two runs --------------------------------------------------------------------------------


@router.get("/runs/diff", response_class=HTMLResponse)
def diff(request: Request, a: str, b: str) -> HTMLResponse:
    """What two runs were given, what they measured, and their curves in one plot."""
    studio: Studio = request.app.state.studio
    store, names = studio.store, shown.names_of(studio.store)
    first, second = store.run(a), store.run(b)
    keys = dict.fromkeys([*first.params, *second.params])
    params = [(k, first.params.get(k), second.params.get(k)) for k in keys]
    given = [("stage", first.stage, second.stage), ("seed", first.seed, second.seed)]
    inputs = [shown.inputs_of_run(run, names) for run in (first, second)]
    n_inputs = max(map(len, inputs))
    padded = [[*some, *[None] * (n_inputs - len(some))] for some in inputs]
    given += [
        (f"input {i + 1}", x or "–", y or "–") for i, (x, y) in enumerate(zip(*padded, strict=True))
    ]
    metrics = dict.fromkeys(m.name for run in (first, second) for m in run.report.metrics)
    rows = [(name, first.report.get(name), second.report.get(name)) for name in metrics]
    labels = [names.get(run.output) or run.id for run in (first, second)]
    if labels[0] == labels[1]:
        labels = [first.id, second.id]
    return page(
        request, "diff.html", title="Two runs", runs=(first, second), labels=labels, shown=shown,
        differ=[row for row in (*given, *params) if row[1] != row[2]],
        n_same=sum(row[1] == row[2] for row in (*given, *params)), metrics=rows,
        plots=_both_curves(first, second, labels),
    )  # fmt: skip


def _both_curves(first: Run, second: Run, labels: list[str]) -> list[str]:
    """Curves that both runs have, each pair in one plot."""
    found = []
    for name, curve in first.report.curves.items():
        other = second.report.curves.get(name)
        if other and curve:
            low = min((curve[-1][1], labels[0]), (other[-1][1], labels[1]))
            claim = f"{name[:1].upper()}{name[1:]} ends lower for {low[1]}: at {low[0]:.3g}"
            found.append(shown.figure(claim, dict(zip(labels, (curve, other), strict=True)), name,
                                      first.key))  # fmt: skip
    return [str(plot) for plot in found]


# -- one run ---------------------------------------------------------------------------------


@router.get("/runs/{run_id}", response_class=HTMLResponse)
def run(request: Request, run_id: str) -> HTMLResponse:
    """A job as it stands, or a finished run with its report."""
    studio: Studio = request.app.state.studio
    if not run_id.startswith("job-"):
        return _run_page(request, studio.store.run(run_id), None)
    job = studio.queue.job(run_id)
    if job.run is not None and job.state == "done":
        return _run_page(request, studio.store.run(job.run), job)
    store, intent = studio.store, job.intent
    made = {}
    for step, made_id in job.standing.made.items():
        try:
            made[step] = store.run(made_id)
        except UnknownReference:  # deleted since
            continue
    again, recipe, command = "", intent.recipe or "", as_life("recipe.yaml", store, intent.threads)
    if intent.recipe is None and intent.stage in stages():
        stage = find_stage(intent.stage)
        again = shown.again_link(stage, intent.inputs, intent.params, intent.seed)
        recipe = as_recipe(stage, intent.inputs, intent.params, intent.seed, intent.name)
        command = as_command(stage, intent.inputs, intent.params, seed=intent.seed,
                             name=intent.name, threads=intent.threads, store=store)  # fmt: skip
    return page(
        request, "job.html", title=job.title, job=job, shown=shown, made=made, recipe=recipe,
        command=command, again=again, log=_log(job), buttons=part("_job_buttons.html", job=job),
        has_report=(job.folder / "report.html").is_file(), is_over=job.state in OVER,
    )  # fmt: skip


def _run_page(request: Request, found: Run, job: Job | None) -> HTMLResponse:
    studio: Studio = request.app.state.studio
    store, names = studio.store, shown.names_of(studio.store)
    recipe, command, again = "", "", ""
    if found.stage in stages():
        stage = find_stage(found.stage)
        recipe, command = of_run(found, stage, store)
        again = shown.again_link(stage, shown.inputs_of_run(found, names),
                                 changed(stage, found.params), found.seed)  # fmt: skip
    output = _artifact(studio, found.output)
    others = [r for r in reversed(store.runs()) if r.stage == found.stage and r.id != found.id]
    return page(
        request, "run.html", title=found.report.title or found.stage, run=found, job=job,
        shown=shown, name=names.get(found.output, ""), output=output, recipe=recipe,
        told=_notes(job) if job else [],
        command=command, again=again, log=_log(job) if job else "",
        inputs=[(d, names.get(d, ""), _artifact(studio, d)) for d in found.inputs if d],
        samples=shown.sample_rows(found.report.samples), names=names, tables=tables_of(output),
        others=[(r, names.get(r.output, "")) for r in others[:50]],
        has_curves=any(len(c) > 1 for c in found.report.curves.values()),
        next_tools=shown.next_tools(output, names) if output else [],
    )  # fmt: skip


def _notes(job: Job) -> list[str]:
    """The sentences that a job's workers told, such as where one went on."""
    return [str(e["text"]) for e in told(job.folder)[0] if e["kind"] == "note"]


def _artifact(studio: Studio, digest: str) -> Artifact | None:
    """The artifact, or None when it was deleted."""
    try:
        return studio.store.get(digest)
    except PracticumError:
        return None


def _log(job: Job) -> str:
    """The last that the workers printed."""
    path = job.folder / "log.txt"
    return path.read_text("utf-8", errors="replace")[-LOG_CHARACTERS:] if path.is_file() else ""


@router.get("/runs/{run_id}/plots", response_class=HTMLResponse)
def plots(request: Request, run_id: str) -> HTMLResponse:
    """The curves of a run as figures; apart from the page, because drawing takes its time."""
    studio: Studio = request.app.state.studio
    found = studio.store.run(run_id)
    return HTMLResponse("\n".join(shown.plots(found.report, found.key)))


@router.get("/runs/{run_id}/log", response_class=PlainTextResponse)
def log(request: Request, run_id: str) -> PlainTextResponse:
    """What the workers of a job printed."""
    studio: Studio = request.app.state.studio
    return PlainTextResponse(_log(studio.queue.job(run_id)))


@router.get("/runs/{run_id}/report", response_class=HTMLResponse)
def report(request: Request, run_id: str) -> HTMLResponse:
    """The self-contained report of a recipe's job, which may run and reach nothing."""
    studio: Studio = request.app.state.studio
    path = studio.queue.job(run_id).folder / "report.html"
    if not path.is_file():
        raise UnknownReference("this job has no report", hint="a recipe writes one when it is done")
    headers = {"content-security-policy": POLICY}
    return HTMLResponse(path.read_text("utf-8"), headers=headers)


@router.get("/runs/{run_id}/live")
async def live(request: Request, run_id: str) -> Response:
    """Everything a job told so far, then what it tells, until it is over.

    The first message replaces what a page heard before: a page that lost the line hears all again.
    """
    studio: Studio = request.app.state.studio
    studio.queue.job(run_id)

    async def values() -> AsyncIterator[dict[str, Any]]:
        at, is_first = 0, True
        while True:
            job = await asyncio.to_thread(_now, studio.queue, run_id)
            if job is None:
                yield {"end": True, "state": "removed"}
                return
            lines, at = await asyncio.to_thread(told, job.folder, at)
            if lines or is_first:
                yield {"events": lines, "is_first": is_first, "state": job.state}
                is_first = False
            if job.state in OVER:
                yield {"end": True, "state": job.state}
                return
            await asyncio.sleep(LOOK_S)

    return events(request, values())


def _now(queue: Queue, job_id: str) -> Job | None:
    try:
        return queue.job(job_id)
    except UnknownReference:
        return None


# -- what can be done to a job ---------------------------------------------------------------


@router.post("/runs/{job_id}/{action}")
def act(request: Request, job_id: str, action: str, given: dict[str, Any]) -> Response:
    """Stop, resume, move to the front or remove a job; `page` asks for the job's page anew."""
    studio: Studio = request.app.state.studio
    queue = studio.queue
    actions = {"stop": queue.cancel, "resume": queue.resume, "front": queue.to_front,
               "remove": queue.remove}  # fmt: skip
    if action not in actions:
        raise UnknownReference(f"a job cannot be asked to {action}")
    actions[action](job_id)
    if action == "remove":
        return reply(go="/runs")
    if given.get("page"):
        return reply(go=f"/runs/{job_id}")
    return reply(html=_list_pieces(studio))
