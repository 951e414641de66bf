"""The studio as an ASGI application: pages, static files, and the guard in front of them."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import resources
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware

from practicum.core.errors import PracticumError
from practicum.web.door.doorkeeper import Doorkeeper
from practicum.web.door.guard import Guard
from practicum.web.render import environment, page, theme
from practicum.web.studio import Studio

# FastAPI can report to collectors named in the environment; versions without that ignore this.
SILENT: Any = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}
KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def create_app(studio: Studio) -> Guard:
    """The whole application, guarded."""
    app = FastAPI(
        title="Practicum", docs_url=None, redoc_url=None, openapi_url=None, lifespan=_life,
        telemetry=SILENT,
    )  # fmt: skip
    app.state.studio = studio
    app.add_middleware(GZipMiddleware, minimum_size=1024, compresslevel=5)
    _add_entry(app, studio.door)
    _add_static(app)
    _add_pages(app)
    _add_errors(app)
    return Guard(app, studio.door)


@asynccontextmanager
async def _life(app: FastAPI) -> AsyncIterator[None]:
    """The queue works while the server runs; what it had begun goes on at the next start."""
    studio: Studio = app.state.studio
    studio.queue.start()
    try:
        yield
    finally:
        studio.queue.stop()
        studio.arena.stop()


def _add_pages(app: FastAPI) -> None:
    from practicum.web.arena import pages as arena
    from practicum.web.pages import (
        lab,
        lesson,
        map,
        progress,
        quiz,
        settings,
        today,
        tutor,
    )
    from practicum.web.scores import pages as scores
    from practicum.web.tools import models, runs, tools

    places = (today, map, lesson, lab, quiz, tutor, progress, settings, tools)
    # The addresses of the arena and of the leaderboard look like a model's.
    for module in (*places, arena, scores, models, runs):
        app.include_router(module.router)


def _add_entry(app: FastAPI, door: Doorkeeper) -> None:
    @app.get("/enter", response_class=HTMLResponse)
    def enter(request: Request) -> str:
        told = {"theme": theme(request), "password": door.asks_password}
        return environment().get_template("enter.html").render(told)

    @app.post("/enter")
    def exchange(given: dict[str, Any]) -> Response:
        session = door.exchange(str(given.get("key", "")))
        if session is None:
            return JSONResponse({"error": "that is not the key of this start"}, 401)
        answer = JSONResponse({"go": "/"})
        answer.set_cookie(door.cookie, session, httponly=True, samesite="strict", path="/")
        return answer


def static_files() -> dict[str, tuple[str, bytes]]:
    """Name → content type and bytes, of every static file; the design tokens are among them."""
    from practicum.web.tokens import stylesheet

    folder = resources.files("practicum.web").joinpath("static")
    found = {
        entry.name: (KINDS[entry.name[entry.name.rfind(".") :]], entry.read_bytes())
        for entry in folder.iterdir()
        if entry.is_file() and entry.name[entry.name.rfind(".") :] in KINDS
    }
    style = stylesheet() + found["studio.css"][1].decode()
    return {**found, "studio.css": ("text/css", style.encode())}


def _add_static(app: FastAPI) -> None:
    """Static files from a table made at the start: no path is ever joined with what is asked."""
    table = static_files()
    stamp = hashlib.sha256(b"".join(body for _, body in table.values())).hexdigest()[:12]
    environment().globals["stamp"] = stamp

    @app.get("/static/{name}")
    def static(name: str, request: Request) -> Response:
        if name not in table:
            return PlainTextResponse("there is no such file", 404)
        kind, body = table[name]
        if request.headers.get("if-none-match") == f'"{stamp}"':
            return Response(status_code=304)
        caching = {"cache-control": "private, no-cache", "etag": f'"{stamp}"'}
        if request.query_params.get("v") == stamp:
            caching["cache-control"] = "private, max-age=31536000, immutable"
        return Response(body, media_type=kind, headers=caching)


def _add_errors(app: FastAPI) -> None:
    """Errors say what happened and what to try: as a page to people, as JSON to the page's code."""

    def answer(request: Request, status: int, complaints: list[dict[str, Any]]) -> Response:
        wants_page = "text/html" in request.headers.get("accept", "")
        if request.method == "GET" and wants_page:
            title = "Not found" if status == 404 else "That did not work"
            return page(request, "error.html", title=title, complaints=complaints, status=status)
        text = "\n".join(
            c["what"] + (f" – try: {c['hint']}" if c["hint"] else "") for c in complaints
        )
        return JSONResponse({"error": text, "complaints": complaints}, status)

    @app.exception_handler(PracticumError)
    def wrong(request: Request, error: PracticumError) -> Response:
        from practicum.core.errors import UnknownReference

        status = 404 if isinstance(error, UnknownReference) else 400
        return answer(request, status, [vars(c) for c in error.complaints])

    @app.exception_handler(HTTPException)
    def refused(request: Request, error: HTTPException) -> Response:
        what = "there is no such page" if error.status_code == 404 else str(error.detail)
        return answer(request, error.status_code, [{"what": what, "where": None, "hint": None}])

    @app.exception_handler(RequestValidationError)
    def unreadable(request: Request, error: RequestValidationError) -> Response:
        told = [{"what": f"{'.'.join(str(p) for p in e['loc'])}: {e['msg']}", "where": None, "hint": None}
                for e in error.errors()]  # fmt: skip
        return answer(request, 400, told)
