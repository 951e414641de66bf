"""A real browser on a real studio. Without Chromium these tests say so and skip; where
PRACTICUM_BROWSER_TESTS=required, as on the build machine, they fail instead."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
         "--disable-background-networking", "--disable-component-update"]  # fmt: skip


def missing(what: str) -> None:
    """Skip, or fail where the browser is promised."""
    told = f"{what} is missing: the pages were not tried in a browser"
    if os.environ.get("PRACTICUM_BROWSER_TESTS") == "required":
        pytest.fail(told)
    pytest.skip(told)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """One browser for the session; every test has a fresh context of it."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        missing("Chromium")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("Playwright")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=QUIET)
        yield browser
        browser.close()


class Tab:
    """A page of the studio, entered, that collects what goes wrong on it."""

    def __init__(self, browser: Any, server: Any, **options: Any) -> None:
        self.context = browser.new_context(
            **{"viewport": {"width": 1280, "height": 900}, **options}
        )
        self.page = self.context.new_page()
        self.page.set_default_timeout(20_000)
        self.wrong: list[str] = []
        self.asked: list[str] = []
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("console", lambda m: self.wrong.append(m.text) if m.type == "error" else None)
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.server = server
        self.enter(server)

    def enter(self, server: Any) -> None:
        """Follow the address that the studio prints."""
        self.server = server
        self.page.goto(server.studio.door.address)
        self.page.wait_for_url(f"{server.here}/")
        self.wrong.clear()  # streams of a server that was stopped break off

    def go(self, path: str) -> Any:
        """Open a page of the studio."""
        self.page.goto(self.server.here + path)
        return self.page


@pytest.fixture
def tab(chromium: Any, server: Any) -> Iterator[Tab]:
    """A tab on a studio with an empty home; errors on its pages fail the test."""
    made = Tab(chromium, server)
    yield made
    made.context.close()
    assert made.wrong == []
    ours = ("http://127.0.0.1:", "data:", "blob:")
    assert [url for url in made.asked if not url.startswith(ours)] == [], "nothing from elsewhere"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The folder of the server's studio."""
    return tmp_path / "home"
