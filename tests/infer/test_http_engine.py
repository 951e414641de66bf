"""An OpenAI-shaped server as a Chat: what it is sent, what it may answer, where it cannot lead us."""

from __future__ import annotations

import contextlib
import http.server
import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from practicum.core.errors import PracticumError
from practicum.core.messages import Chat, Message, Sampling
from practicum.infer.http_engine import HttpEngine

PROMPT = [Message(role="system", content="Be brief."), Message(role="user", content="Hello?")]


class Server(http.server.BaseHTTPRequestHandler):
    """Answers as the test's class says, and remembers what it was asked."""

    status = 200
    said = "Hi there."
    body: bytes | None = None
    sleeps_s = 0.0
    asked: list[tuple[str, dict[str, Any], dict[str, str]]] = []

    def do_POST(self) -> None:
        told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append((self.path, told, dict(self.headers)))
        time.sleep(self.sleeps_s)
        self.send_response(self.status)
        if 300 <= self.status < 400:
            self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/elsewhere")  # type: ignore[attr-defined]
        self.end_headers()
        body = self.body if self.body is not None else self._answer(told["stream"])
        with contextlib.suppress(BrokenPipeError):  # who was made to wait has gone
            self.wfile.write(body)

    def _answer(self, stream: bool) -> bytes:
        if not stream:
            choice = {"message": {"content": self.said}, "finish_reason": "stop"}
            usage = {"prompt_tokens": 7, "completion_tokens": 3}
            return json.dumps({"choices": [choice], "usage": usage}).encode()
        events = [{"choices": [{"delta": {"role": "assistant"}}]}]
        events += [{"choices": [{"delta": {"content": w + " "}}]} for w in self.said.split()]
        lines = [": a comment", "event: message", *(f"data: {json.dumps(e)}\n" for e in events)]
        return "\n".join([*lines, "data: [DONE]", ""]).encode()

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def served() -> Iterator[tuple[type[Server], str]]:
    """A server on this machine, and its address."""
    handler = type("Served", (Server,), {"asked": []})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield handler, f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    server.server_close()


def test_an_answer_comes_with_the_counts_of_the_server(served: tuple[type[Server], str]) -> None:
    handler, base = served
    engine = HttpEngine(base, "tiny", key="secret")
    assert isinstance(engine, Chat)
    heard: list[int] = []
    replies = engine.reply([PROMPT, PROMPT], Sampling(max_tokens=9, seed=4), heard.append)
    assert [r.text for r in replies] == ["Hi there."] * 2
    assert (replies[0].n_prompt_tokens, replies[0].n_tokens, replies[0].stopped) == (7, 3, True)
    assert heard == [1, 1]
    path, told, headers = handler.asked[0]
    assert path == "/v1/chat/completions"
    assert told["model"] == "tiny"
    assert (told["max_tokens"], told["seed"], told["temperature"]) == (9, 4, 0)
    assert told["messages"][1] == {"role": "user", "content": "Hello?"}
    assert headers["Authorization"] == "Bearer secret"


def test_a_stream_gives_its_pieces_in_order(served: tuple[type[Server], str]) -> None:
    handler, base = served
    assert list(HttpEngine(base, "tiny").stream(PROMPT, Sampling())) == ["Hi ", "there. "]
    assert "Authorization" not in handler.asked[0][2]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_an_error_and_is_not_followed(
    served: tuple[type[Server], str], status: int
) -> None:
    handler, base = served
    handler.status = status
    with pytest.raises(PracticumError, match="redirects are not followed"):
        HttpEngine(base, "tiny", key="secret").reply([PROMPT], Sampling())
    assert [path for path, _, _ in handler.asked] == ["/v1/chat/completions"]


def test_a_refusal_says_why_and_what_to_try(served: tuple[type[Server], str]) -> None:
    handler, base = served
    handler.status, handler.body = 401, b'{"error": {"message": "no\\u001b[31m key"}}'
    with pytest.raises(PracticumError) as error:
        list(HttpEngine(base, "tiny").stream(PROMPT, Sampling()))
    assert "answers 401: no[31m key" in str(error.value)
    assert "PRACTICUM_API_KEY" in str(error.value)


@pytest.mark.parametrize("body", [b"<html>", b"[1]", b"", b"\xff"])
def test_what_is_no_chat_is_said_to_be_none(served: tuple[type[Server], str], body: bytes) -> None:
    handler, base = served
    handler.body = body
    with pytest.raises(PracticumError, match="OpenAI chat format"):
        HttpEngine(base, "tiny").reply([PROMPT], Sampling())


@pytest.mark.parametrize(
    "body",
    [b'{"choices": []}', b'{"choices": [{"message": null}]}', b'{"choices": 3, "usage": "x"}',
     b'{"choices": [{"message": {"content": ["a"]}}]}'],
)  # fmt: skip
def test_an_answer_without_text_is_an_empty_one(
    served: tuple[type[Server], str], body: bytes
) -> None:
    handler, base = served
    handler.body = body
    reply = HttpEngine(base, "tiny").reply([PROMPT], Sampling())[0]
    assert (reply.text, reply.n_tokens, reply.stopped) == ("", 0, False)


def test_an_error_within_a_stream_ends_it(served: tuple[type[Server], str]) -> None:
    handler, base = served
    handler.body = b'data: {"error": {"message": "out of memory"}}\n\n'
    with pytest.raises(PracticumError, match="out of memory"):
        list(HttpEngine(base, "tiny").stream(PROMPT, Sampling()))


def test_a_server_that_falls_silent_is_given_up(served: tuple[type[Server], str]) -> None:
    handler, base = served
    handler.sleeps_s = 1.0
    with pytest.raises(PracticumError, match=r"did not go on within 0\.1 s"):
        HttpEngine(base, "tiny", wait_s=0.1).reply([PROMPT], Sampling())


def test_nobody_listening_is_said_with_what_to_try() -> None:
    with pytest.raises(PracticumError, match="cannot be reached") as error:
        HttpEngine("http://127.0.0.1:9/v1", "tiny").reply([PROMPT], Sampling())
    assert "start the server" in str(error.value)


@pytest.mark.parametrize(
    ("base", "model", "key", "told"),
    [
        ("ftp://127.0.0.1/v1", "m", None, "not an http"),
        ("http:///v1", "m", None, "not an http"),
        ("http://me:pw@127.0.0.1/v1", "m", None, "password"),
        ("http://127.0.0.1/v1", "", None, "which model"),
        ("http://127.0.0.1:99999/v1", "m", None, "valid port"),
        ("http://example.org/v1", "m", "secret", "unencrypted"),
        ("http://127.0.0.1.example.org/v1", "m", "secret", "unencrypted"),
        ("https://example.org/v1", "m", "a\r\nX-Evil: 1", "no key has"),
    ],
)
def test_an_address_that_cannot_be_meant_is_refused_before_anything_is_sent(
    base: str, model: str, key: str | None, told: str
) -> None:
    with pytest.raises(PracticumError, match=told):
        HttpEngine(base, model, key)


def test_a_key_may_travel_encrypted_or_within_this_machine() -> None:
    HttpEngine("https://example.org/v1", "m", "secret")
    HttpEngine("http://localhost:8080/v1", "m", "secret")
    HttpEngine("http://[::1]:8080/v1", "m", "secret")
