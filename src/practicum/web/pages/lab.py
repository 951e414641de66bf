"""A lab: prose, an editor, a run that is heard live, checks with reasons, hints, the solution."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from practicum.core.errors import BusyError, PracticumError, UnknownReference, nearest
from practicum.learn.labs.lab import Lab, Task
from practicum.learn.roadmap import Concept
from practicum.web.labs.desk import Changed, Desk, Script
from practicum.web.labs.running import DONE, IDLE, RUNNING, WAITING, Run, Runs
from practicum.web.labs.standing import lab_standings
from practicum.web.labs.verdicts import errors_of, rows_of, sections_of
from practicum.web.live import events
from practicum.web.render import page, part, reply
from practicum.web.studio import Studio

router = APIRouter()
LOOK_S, REST_S = 0.08, 0.5  # between two looks at a run that goes on, and at a file at rest


class Bench:
    """A lab that is on a page: what every address of it needs."""

    def __init__(self, request: Request, word: str, slug: str) -> None:
        self.studio: Studio = request.app.state.studio
        state = request.app.state
        if not hasattr(state, "lab_runs"):
            state.lab_desk = Desk(self.studio.learner)
            state.lab_runs = Runs(self.studio.learner, self.studio.lab_turn)
        self.desk: Desk = state.lab_desk
        self.runs: Runs = state.lab_runs
        self.concept, self.lab = _find(self.studio, word, slug)

    @property
    def run(self) -> Run | None:
        """The run that goes on, or the last one since the studio started."""
        return self.runs.of(self.lab)


def _find(studio: Studio, word: str, slug: str) -> tuple[Concept, Lab]:
    concept = studio.learner.roadmap.find(word)
    labs = {lab.slug: lab for lab in studio.learner.labs(concept)}
    if slug not in labs:
        raise UnknownReference(f"{concept.title} has no lab called '{slug}'",
                               hint=nearest(slug, labs) or ", ".join(labs))  # fmt: skip
    return concept, labs[slug]


@router.get("/lab/{word}")
def first_lab(request: Request, word: str) -> Response:
    """The first lab of a concept that was not passed; what is not open has its page of the lesson."""
    studio: Studio = request.app.state.studio
    concept = studio.learner.roadmap.find(word)
    if not concept.is_open:
        return RedirectResponse(f"/learn/{concept.slug}")
    _, lab = studio.learner.find_lab(concept.slug)
    return RedirectResponse(f"/lab/{concept.slug}/{lab.slug}")


@router.get("/lab/{word}/{slug}", response_class=HTMLResponse)
def lab_page(request: Request, word: str, slug: str) -> Response:
    """The lab."""
    studio: Studio = request.app.state.studio
    concept = studio.learner.roadmap.find(word)
    if not concept.is_open:
        return RedirectResponse(f"/learn/{concept.slug}")
    if concept.slug != word:
        return RedirectResponse(f"/lab/{concept.slug}/{slug}")
    bench = Bench(request, word, slug)
    record = studio.learner.record()
    standings = lab_standings(studio.learner, concept, record)
    return page(
        request, "lab.html", title=bench.lab.title, concept=concept, lab=bench.lab, labs=standings,
        number=next(i for i, s in enumerate(standings, 1) if s.lab.slug == slug),
        script=bench.desk.read(bench.lab), place=bench.desk.place(bench.lab),
        sections=sections_of(bench.lab), rows={row.task.name: row for row in _rows(bench)},
        result=_result(bench), solution=_solution(bench),
    )  # fmt: skip


def _rows(bench: Bench) -> list[Any]:
    run = bench.run
    standings = lab_standings(bench.studio.learner, bench.concept, bench.studio.learner.record())
    before = next(s.tasks for s in standings if s.lab.slug == bench.lab.slug)
    outcome = run.outcome if run and run.state == DONE else None
    return rows_of(bench.lab, outcome, before, bench.desk.read(bench.lab).text)


def _result(bench: Bench) -> str:
    """The checks, and what is to be said of the run as a whole."""
    run = bench.run
    outcome = run.outcome if run else None
    learner, lab = bench.studio.learner, bench.lab
    labs = learner.labs(bench.concept)
    rows = _rows(bench)
    following = labs[[other.slug for other in labs].index(lab.slug) + 1 :]
    return part(
        "_lab_result.html", concept=bench.concept, lab=lab, rows=rows, run=run, outcome=outcome,
        errors=errors_of(outcome), n_passed=sum(row.mark == "passed" for row in rows),
        has_passed=learner.has_passed(lab), following=following[0] if following else None,
        hints={task.name: _hints(bench, task) for task in lab.tasks},
    )  # fmt: skip


def _hints(bench: Bench, task: Task, is_fresh: bool = False) -> str:
    seen = bench.studio.learner.record().hints
    n = seen.get((f"{bench.concept.id}/{bench.lab.slug}", task.name), 0)
    return part("_lab_hints.html", concept=bench.concept, lab=bench.lab, task=task, n_seen=n,
                is_fresh=is_fresh)  # fmt: skip


def _solution(bench: Bench, text: str = "") -> str:
    learner = bench.studio.learner
    given_up = f"{bench.concept.id}/{bench.lab.slug}" in learner.record().solutions
    return part("_lab_solution.html", concept=bench.concept, lab=bench.lab, text=text,
                has_passed=learner.has_passed(bench.lab), given_up=given_up)  # fmt: skip


def _given(values: dict[str, Any], name: str) -> str:
    value = values.get(name, "")
    if not isinstance(value, str):
        raise PracticumError(f"{name} must be text")
    return value


def _version(script: Script, **more: Any) -> JSONResponse:
    return JSONResponse({"text": script.text, "sha": script.sha, **more})


def _refusal(changed: Changed) -> JSONResponse:
    """Both versions, so that the page can ask which one it shall be."""
    return JSONResponse({"error": "the file was changed elsewhere since: nothing was written",
                         "sha": changed.there.sha, "text": changed.there.text,
                         "mine": changed.mine}, 409)  # fmt: skip


@router.post("/lab/{word}/{slug}/save")
def save(request: Request, word: str, slug: str, given: dict[str, Any]) -> JSONResponse:
    """Write the learner's file, if it still is the version that was changed."""
    bench = Bench(request, word, slug)
    try:
        script = bench.desk.save(bench.lab, _given(given, "text"), _given(given, "base"))
    except Changed as changed:
        return _refusal(changed)
    return JSONResponse({"sha": script.sha})


@router.post("/lab/{word}/{slug}/settle")
def settle(request: Request, word: str, slug: str, given: dict[str, Any]) -> JSONResponse:
    """After a conflict: take the file's text or this one; the other is kept beside it."""
    bench = Bench(request, word, slug)
    script, kept = bench.desk.settle(bench.lab, _given(given, "text"), _given(given, "choice"))
    return _version(script, kept=kept.name if kept else "")


@router.post("/lab/{word}/{slug}/reset")
def reset(request: Request, word: str, slug: str) -> JSONResponse:
    """Start over; what was written is kept beside it."""
    bench = Bench(request, word, slug)
    if bench.run and bench.run.state != DONE:
        raise BusyError("the lab is running", hint="stop it first")
    script, kept = bench.desk.reset(bench.lab)
    return _version(script, kept=str(kept) if kept else "")


@router.post("/lab/{word}/{slug}/run")
def run(request: Request, word: str, slug: str, given: dict[str, Any]) -> JSONResponse:
    """Save, then run and check; the page hears of it at /live."""
    bench = Bench(request, word, slug)
    try:
        script = bench.desk.save(bench.lab, _given(given, "text"), _given(given, "base"))
    except Changed as changed:
        return _refusal(changed)
    bench.runs.start(bench.lab, script.sha)
    return JSONResponse({"sha": script.sha})


@router.post("/lab/{word}/{slug}/stop")
def stop(request: Request, word: str, slug: str) -> JSONResponse:
    """End the run that goes on, with everything it started."""
    bench = Bench(request, word, slug)
    if bench.run is None or bench.run.state == DONE:
        raise PracticumError("nothing is running here")
    bench.run.stop.set()
    return reply()


@router.get("/lab/{word}/{slug}/live")
async def live(request: Request, word: str, slug: str) -> Response:
    """What the run prints, then its verdicts; and the file whenever it changed elsewhere."""
    return events(request, _happenings(Bench(request, word, slug)))


async def _happenings(bench: Bench) -> AsyncIterator[dict[str, Any]]:
    run: Run | None = None
    state, n_told, written = "", 0, (0, 0)
    while True:
        if bench.run is not run or not state:
            run, state, n_told = bench.run, "", 0
            yield {"fresh": True}
        now = run.state if run else IDLE  # asked before what was printed, so that nothing is missed
        if run and len(run.printed) > n_told:
            pieces = run.printed[n_told:]
            n_told += len(pieces)
            yield {"output": "".join(pieces)}
        if now != state:
            state = now
            html = await asyncio.to_thread(_after_run, bench) if now == DONE else {}
            yield {"state": now, "seconds": run.seconds if run else 0.0, "html": html}
        if _written(bench) != written:
            written = _written(bench)
            yield await asyncio.to_thread(_file_now, bench)
        await asyncio.sleep(LOOK_S if now in (WAITING, RUNNING) else REST_S)


def _written(bench: Bench) -> tuple[int, int]:
    try:
        told = bench.desk.source(bench.lab).stat()
    except OSError:  # an editor replaces a file: it may be gone for a moment
        return 0, 0
    return told.st_mtime_ns, told.st_size


def _file_now(bench: Bench) -> dict[str, Any]:
    try:
        script = bench.desk.read(bench.lab)
    except (OSError, PracticumError) as error:
        return {"wrong": str(error)}
    return {"file": {"text": script.text, "sha": script.sha}}


def _after_run(bench: Bench) -> dict[str, str]:
    """The pieces of the page that a run changes."""
    pieces: dict[str, str] = {
        f"#mark-{row.task.name}": part("_lab_mark.html", row=row) for row in _rows(bench)
    }
    pieces["#lab-result"] = _result(bench)
    if bench.studio.learner.has_passed(bench.lab):
        pieces["#lab-solution"] = _solution(bench)
    return pieces


@router.post("/lab/{word}/{slug}/hint")
def hint(request: Request, word: str, slug: str, given: dict[str, Any]) -> JSONResponse:
    """The next hint of a task, which is remembered; when all were seen they are shown again."""
    bench = Bench(request, word, slug)
    task = bench.lab.task(_given(given, "task"))
    seen = bench.studio.learner.record().hints
    if seen.get((f"{bench.concept.id}/{bench.lab.slug}", task.name), 0) < len(task.hints):
        bench.studio.learner.hint(bench.lab, task.name)
    return reply(html={f"#hints-{task.name}": _hints(bench, task, is_fresh=True)})


@router.post("/lab/{word}/{slug}/solution")
def solution(request: Request, word: str, slug: str, given: dict[str, Any]) -> JSONResponse:
    """The model solution: after a pass, or when the learner gives up, which is remembered."""
    bench = Bench(request, word, slug)
    learner = bench.studio.learner
    is_shown = f"{bench.concept.id}/{bench.lab.slug}" in learner.record().solutions
    if not (learner.has_passed(bench.lab) or is_shown or given.get("surrender") is True):
        raise PracticumError(
            "the solution is shown after a pass", hint="take a hint first, or give up"
        )
    text = learner.solution(bench.lab, surrender=True)
    return reply(html={"#lab-solution": _solution(bench, text)})


@router.get("/lab/{word}/{slug}/notebook")
def notebook(request: Request, word: str, slug: str) -> Response:
    """The learner's script as a notebook, to be opened elsewhere."""
    from practicum.learn.notebook import as_notebook

    bench = Bench(request, word, slug)
    name = f"{bench.lab.concept}-{bench.lab.slug}.ipynb"
    return Response(as_notebook(bench.lab, bench.desk.source(bench.lab)), media_type="application/x-ipynb+json",
                    headers={"content-disposition": f'attachment; filename="{name}"'})  # fmt: skip
