"""What `practicum eval` measured: as tables on a run's page, as a whole report, ranked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from practicum.core.artifact import Artifact
from practicum.core.errors import UnknownReference
from practicum.evaluate.running.results import EVALUATION_FILE
from practicum.evaluate.told.kept import all_evaluations, contamination_of, read_evaluation
from practicum.web.render import page
from practicum.web.studio import Studio

if TYPE_CHECKING:
    from practicum.core.store import Store
    from practicum.evaluate.told.table import Table

router = APIRouter()
# A report of our own, self-contained: it may run and reach nothing.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox allow-downloads"


def tables_of(artifact: Artifact | None) -> list[Table]:
    """The tables of an artifact that holds an evaluation; none for others."""
    if artifact is None or EVALUATION_FILE not in artifact.files:
        return []
    from practicum.evaluate.told.checked import formats_tables
    from practicum.evaluate.told.table import evaluation_tables

    found = read_evaluation(artifact.path(EVALUATION_FILE))
    return [*evaluation_tables(found), *formats_tables(found)]


def summary_of(store: Store, digest: str) -> Table | None:
    """The first table of an evaluation: a row of suites, or the tasks; None for other artifacts."""
    try:
        tables = tables_of(store.get(digest))
    except UnknownReference:  # deleted since
        return None
    return tables[0] if tables else None


@router.get("/runs/{run_id}/evaluation", response_class=HTMLResponse)
def whole(request: Request, run_id: str) -> HTMLResponse:
    """The report of a run's evaluation: plots, contamination, wrong answers."""
    from practicum.evaluate.told.page import evaluation_page

    studio: Studio = request.app.state.studio
    artifact = studio.store.get(studio.store.run(run_id).output)
    if EVALUATION_FILE not in artifact.files:
        raise UnknownReference(
            "this run measured no suite of tasks", hint="the tool Benchmark does"
        )
    found = read_evaluation(artifact.path(EVALUATION_FILE))
    html = evaluation_page(found, (), contamination_of(studio.store, found))
    return HTMLResponse(html, headers={"content-security-policy": POLICY})


@router.get("/models/leaderboard", response_class=HTMLResponse)
def leaderboard(request: Request) -> HTMLResponse:
    """Models ranked by suites: only those that answered the same questions share a table."""
    from practicum.evaluate.told.leaderboard import board_tables, boards

    studio: Studio = request.app.state.studio
    found = boards(all_evaluations(studio.store))
    return page(request, "leaderboard.html", title="Leaderboard", tables=board_tables(found))


@router.get("/models/leaderboard/plots", response_class=HTMLResponse)
def plots(request: Request) -> HTMLResponse:
    """The same as a report with plots."""
    from practicum.evaluate.told.leaderboard import leaderboard_page

    studio: Studio = request.app.state.studio
    html = leaderboard_page(all_evaluations(studio.store))
    return HTMLResponse(html, headers={"content-security-policy": POLICY})
