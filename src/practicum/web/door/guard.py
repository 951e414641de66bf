"""Who may speak to the studio: every request passes here before any page sees it.

A browser on this machine runs pages of strangers too. Four things keep them out: the Host must be
ours (DNS rebinding), the Origin must be ours, cross-site fetches are refused by what the browser
says of them, and nothing but /enter and the static files answers without this start's secret.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from practicum.web.door.doorkeeper import Doorkeeper

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

BODY_BYTES = 1 << 20  # a lab's script and a long question fit; nothing that is sent here is larger
BODY_WAIT_S = 15.0  # a body that has not arrived by then is not coming
HEADER_BYTES = 16 << 10
SAFE = ("GET", "HEAD")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)  # inline styles: plots carry theirs; nothing untrusted is ever markup
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), usb=()",
    "cache-control": "no-store",
}


class Refused(Exception):
    """A request that is not answered: the status and the reason, for the one who sent it."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status, self.why = status, why


class Guard:
    """ASGI middleware: checks each request, then adds the headers that pages are sent with."""

    def __init__(self, app: Any, door: Doorkeeper) -> None:
        self.app, self.door = app, door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request, or refuse it with a reason."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":  # no page uses a websocket
            await send({"type": "websocket.close", "code": 1008})
            return
        send = _with_headers(send)
        try:
            headers = _headers(scope)
            self._check_place(scope, headers)
            self._check_body_kind(scope, headers)
            self._check_key(scope, headers)
            if scope["method"] not in SAFE:
                receive = await _read_body(receive)
        except Refused as refusal:
            await _refuse(send, scope, refusal)
            return
        await self.app(scope, receive, send)

    def _check_place(self, scope: Scope, headers: dict[str, str]) -> None:
        """Host, Origin and what the browser says of where the request comes from."""
        host = headers.get("host", "").lower()
        name, colon, port = host.rpartition(":") if not host.endswith("]") else (host, "", "")
        bare = (name if colon else host).rstrip(".")
        host = f"{bare}:{port}" if colon else bare
        if host not in self.door.hosts:
            raise Refused(421, f"this server is not {host!r}" if host else "the Host is missing")
        origin = headers.get("origin")
        if origin is not None and origin.lower() not in self.door.origins(host):
            raise Refused(403, "the request comes from another site")
        came_from = headers.get("sec-fetch-site", "same-origin")
        is_entry = scope["method"] == "GET" and scope["path"] == "/enter"
        is_visit = headers.get("sec-fetch-mode") == "navigate"
        if came_from not in ("same-origin", "none") and not (is_entry and is_visit):
            raise Refused(403, f"the browser says that this request is {came_from}")

    def _check_body_kind(self, scope: Scope, headers: dict[str, str]) -> None:
        if scope["method"] in SAFE:
            return
        if scope["method"] != "POST":
            raise Refused(405, "only GET and POST are answered")
        if headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
            raise Refused(415, "a POST must be application/json")
        told = headers.get("content-length", "0")
        if not told.isdigit() or int(told) > BODY_BYTES:
            raise Refused(413, f"a body may have {BODY_BYTES:,} bytes")

    def _check_key(self, scope: Scope, headers: dict[str, str]) -> None:
        path = scope["path"]
        if path == "/enter" or path.startswith("/static/"):
            return
        if self.door.knows_bearer(headers.get("authorization", "")):
            return
        if not self.door.knows_cookie(headers.get("cookie", "")):
            raise Refused(401, "the studio is locked")
        if scope["method"] not in SAFE and "origin" not in headers:
            raise Refused(403, "a browser names the origin of a POST; this request does not")


def _headers(scope: Scope) -> dict[str, str]:
    found: dict[str, str] = {}
    size = 0
    for key, value in scope["headers"]:
        name, text = key.decode("latin-1").lower(), value.decode("latin-1")
        size += len(name) + len(text)
        if name in found and name in ("host", "origin", "content-length", "content-type"):
            raise Refused(400, f"{name} is given twice")
        found[name] = f"{found[name]}; {text}" if name in found else text
    if size > HEADER_BYTES:
        raise Refused(431, "the headers are too long")
    return found


async def _read_body(receive: Receive) -> Receive:
    """The body read at once, within its limits; what comes after is passed on."""
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(BODY_WAIT_S):
            more = True
            while more:
                message = await receive()
                if message["type"] != "http.request":
                    break
                parts.append(message.get("body", b""))
                size += len(parts[-1])
                if size > BODY_BYTES:
                    raise Refused(413, f"a body may have {BODY_BYTES:,} bytes")
                more = message.get("more_body", False)
    except TimeoutError:
        raise Refused(408, "the body did not arrive") from None
    whole: list[Message] = [{"type": "http.request", "body": b"".join(parts), "more_body": False}]

    async def again() -> Message:
        return whole.pop() if whole else await receive()

    return again


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            given = {key.lower() for key, _ in message["headers"]}
            message["headers"] = [
                *message["headers"],
                *((k.encode(), v.encode()) for k, v in HEADERS.items() if k.encode() not in given),
            ]
        await send(message)

    return sending


async def _refuse(send: Send, scope: Scope, refusal: Refused) -> None:
    """A page for people who arrive without a key, a line of JSON for everybody else."""
    kind, body = b"application/json", json.dumps({"error": refusal.why}).encode()
    wants_page = any(k == b"accept" and b"text/html" in v for k, v in scope["headers"])
    if refusal.status == 401 and wants_page:
        from practicum.web.render import locked_page

        kind, body = b"text/html; charset=utf-8", locked_page().encode()
    start = {
        "type": "http.response.start",
        "status": refusal.status,
        "headers": [(b"content-type", kind), (b"content-length", str(len(body)).encode()),
                    (b"connection", b"close")],
    }  # fmt: skip
    await send(start)
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
