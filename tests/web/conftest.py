"""A studio in a folder of its own, and a client that holds its key."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from practicum.web.app import create_app
from practicum.web.door.doorkeeper import Doorkeeper
from practicum.web.serve import Place, open_socket, server_of
from practicum.web.studio import Studio

PORT = 8040
HERE = f"http://127.0.0.1:{PORT}"


class Client:
    """A browser's requests, without a browser: cookie, Host and Origin as they should be."""

    def __init__(self, studio: Studio) -> None:
        self.studio = studio
        self.http = TestClient(create_app(studio), base_url=HERE, follow_redirects=False)
        self.http.headers["accept"] = "text/html"

    def enter(self) -> None:
        """Exchange the key for the cookie."""
        answer = self.post("/enter", {"key": self.studio.door.token})
        assert answer.status_code == 200, answer.text

    def get(self, path: str, **headers: str) -> Any:
        """A page."""
        return self.http.get(path, headers=headers)

    def post(self, path: str, values: dict[str, Any] | None = None, **headers: str) -> Any:
        """An action, as the page's own code sends it."""
        told = {"origin": HERE, "accept": "*/*", **headers}
        return self.http.post(path, json=values or {}, headers=told)


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    """A studio with an empty home."""
    return Studio(tmp_path / "home", Doorkeeper(PORT))


@pytest.fixture
def stranger(studio: Studio) -> Iterator[Client]:
    """A client without a key; the application runs."""
    client = Client(studio)
    with client.http:
        yield client


@pytest.fixture
def client(stranger: Client) -> Client:
    """A client that has entered."""
    stranger.enter()
    return stranger


class Server:
    """A studio on a real socket, in a thread of the test."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.start()

    def start(self) -> None:
        """Listen on a new port with a new key."""
        self.listening = open_socket(Place(port=0))
        self.port = self.listening.getsockname()[1]
        self.studio = Studio(self.home, Doorkeeper(self.port))
        self.server = server_of(create_app(self.studio))
        self.thread = threading.Thread(
            target=self.server.run, kwargs={"sockets": [self.listening]}, daemon=True
        )
        self.thread.start()
        while not self.server.started:
            assert self.thread.is_alive(), "the server did not start"
            time.sleep(0.01)

    @property
    def here(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        """End it as Ctrl-C does."""
        self.server.should_exit = True
        self.thread.join(20)
        assert not self.thread.is_alive(), "the server does not end"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A studio that listens."""
    running = Server(tmp_path / "home")
    yield running
    running.stop()
