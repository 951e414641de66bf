"""Templates to pages: one layout, the navigation, and small things that many pages draw.

Jinja escapes every value; what is HTML already says so with `Markup`, and only renderers that
escape what they are given produce it.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, JSONResponse
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from practicum.web.studio import Studio

# What is in the bar: address, label, and the key that follows g.
PLACES = (
    ("/", "Today", "t"),
    ("/map", "Map", "m"),
    ("/quiz", "Quiz", "q"),
    ("/tools", "Tools", "o"),
    ("/models", "Models", "d"),
    ("/runs", "Runs", "r"),
    ("/progress", "Progress", "p"),
    ("/settings", "Settings", "s"),
)
STATES = ("new", "learning", "mastered", "fading")


@functools.cache
def environment() -> Environment:
    """The templates of the studio."""
    made = Environment(
        loader=PackageLoader("practicum.web", "templates"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {"places": PLACES, "station": station}
    made.filters |= {"when": when, "clock": clock, "size": size, "inline": inline, "prose": prose}
    return made


def page(request: Request, template: str, **values: Any) -> HTMLResponse:
    """A whole page. `title` is required; `status` is the HTTP status, 200 unless given."""
    studio: Studio = request.app.state.studio
    status = values.pop("status", 200)
    n_due = len(studio.learner.record().due(datetime.now(UTC)))
    told = {"path": request.url.path, "theme": theme(request), "n_due": n_due, **values}
    return HTMLResponse(environment().get_template(template).render(told), status)


def part(template: str, **values: Any) -> Markup:
    """A piece of a page, to be put into one or sent alone."""
    return Markup(environment().get_template(template).render(values))  # noqa: S704 - rendered with escaping


def reply(
    html: Mapping[str, str] | None = None, go: str | None = None, say: str | None = None,
    **more: Any,
) -> JSONResponse:  # fmt: skip
    """The answer to an action: pieces to put in place by selector, where to go, what to say."""
    told = {"html": dict(html or {}), "go": go, "say": say, **more}
    return JSONResponse({k: v for k, v in told.items() if v})


def locked_page() -> str:
    """The page for those without a key."""
    return environment().get_template("enter.html").render(theme="", password=False)


def theme(request: Request) -> str:
    """dark, light, or "" when the system decides."""
    chosen = request.cookies.get("theme", "")
    return chosen if chosen in ("dark", "light") else ""


def station(state: str, part: str = "") -> Markup:
    """The glyph of a state in the colour of a line: hollow, half, filled or fading."""
    assert state in STATES, state
    inside = {
        "new": "",
        "learning": '<path d="M8 3a5 5 0 0 1 0 10z" class="fill"/>',
        "mastered": '<circle cx="8" cy="8" r="5" class="fill"/>',
        "fading": '<circle cx="8" cy="8" r="2.4" class="fill"/>',
    }[state]
    dashed = " dashed" if state == "fading" else ""
    svg = (
        f'<svg class="station {part}" viewBox="0 0 16 16" role="img" aria-label="{state}">'
        f'<circle cx="8" cy="8" r="5.5" class="ring{dashed}"/>{inside}</svg>'
    )
    return Markup(svg)  # noqa: S704 - made of constants


def when(moment: datetime | None) -> str:
    """A moment as people say it: now, in 5 h, tomorrow, in 9 days; "" for None."""
    if moment is None:
        return ""
    days = (moment - datetime.now(UTC)).total_seconds() / 86400
    if days <= 0:
        return "now"
    if days < 0.75:
        return f"in {days * 24:.0f} h"
    return "tomorrow" if days < 1.5 else f"in {days:.0f} days"


def clock(seconds: float | None) -> str:
    """Seconds as 4 s, 2:05 min or 1:12 h; "–" when not known."""
    if seconds is None:
        return "–"
    if seconds < 60:
        return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes_left = divmod(minutes, 60)
    return f"{hours}:{minutes_left:02d} h" if hours else f"{minutes}:{rest:02d} min"


def size(n_bytes: float | None) -> str:
    """Bytes as 12 kB, 98 MB, 1.4 GB; "–" when not known."""
    if n_bytes is None:
        return "–"
    value = float(n_bytes)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000 or unit == "GB":
            break
        value /= 1000
    return f"{value:.1f} {unit}" if value < 10 and unit != "B" else f"{value:.0f} {unit}"


def inline(text: str) -> Markup:
    """A line of the course's Markdown, maths included, as HTML."""
    from practicum.learn.lessons.page import inline as of_lessons

    return Markup(of_lessons(text))  # noqa: S704 - that renderer escapes HTML


def prose(text: str) -> Markup:
    """Paragraphs of the course's Markdown as HTML."""
    from practicum.learn.lessons.page import prose as of_lessons

    return Markup(of_lessons(text, address))  # noqa: S704 - that renderer escapes HTML


def address(kind: str, name: str) -> str:
    """Where the studio shows a concept or a lab ("concept/lab")."""
    return f"/learn/{name}" if kind == "concept" else f"/lab/{name}"
