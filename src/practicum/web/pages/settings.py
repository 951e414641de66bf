"""Settings and doctor: what is installed, where things are, who phrases the tutor's answers."""

from __future__ import annotations

import os
import platform
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse
from markupsafe import Markup

import practicum
from practicum.core.host.doctor import checks
from practicum.core.stage import available_threads
from practicum.models.sources import assets
from practicum.web.render import page, part, reply
from practicum.web.settings_file import KEY_VARIABLE, choose, read_settings, settings_path
from practicum.web.studio import Studio
from practicum.web.study.shelf import disk_use

router = APIRouter()


@router.get("/settings", response_class=HTMLResponse)
def settings(request: Request) -> HTMLResponse:
    """What is found on this machine, and what can be chosen."""
    studio: Studio = request.app.state.studio
    home = studio.store.home
    found = checks(home)
    use = disk_use(home)
    return page(
        request, "settings.html", title="Settings", wrong=[c for c in found if not c.ok],
        right=[c for c in found if c.ok], home=home, use=use, total=sum(u.size_bytes for u in use),
        threads=available_threads(), is_open_wider=studio.door.is_open_wider, port=studio.door.port,
        version=practicum.__version__, python=platform.python_version(),
        machine=f"{platform.system()} {platform.machine()}", assets=list(assets().values()),
        file=settings_path(home), tutor=_tutor(studio),
    )  # fmt: skip


@router.post("/settings/tutor")
def choose_tutor(request: Request, given: dict[str, Any]) -> JSONResponse:
    """Keep who phrases the tutor's answers."""
    studio: Studio = request.app.state.studio
    model = str(given.get("model", "none"))
    if model == "server":
        model = str(given.get("address", "")).strip()
        name = str(given.get("name", "")).strip()
        model = f"{model.partition('#')[0]}#{name}" if name else model
    choose(studio.store.home, model)
    return reply(html={"#tutor": _tutor(studio)}, say="Kept.")


def _tutor(studio: Studio) -> Markup:
    chosen, trouble = read_settings(studio.store.home)
    return part("_tutor.html", chosen=chosen, trouble=trouble, key_variable=KEY_VARIABLE,
                has_key=bool(os.environ.get(KEY_VARIABLE)))  # fmt: skip
