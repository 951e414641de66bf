"""Hostile requests: strangers, other sites, other hosts, wrong bodies, wrong keys."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import pytest

from practicum.core.errors import PracticumError
from practicum.web.app import static_files
from practicum.web.door.doorkeeper import TRIES, Doorkeeper
from practicum.web.door.guard import BODY_BYTES

HERE = "http://127.0.0.1:8040"
PAGES = ("/", "/map", "/quiz", "/tools", "/models", "/runs", "/progress", "/settings", "/ask", "/dock",
         "/learn/calculus", "/lab/calculus")  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
def test_without_the_key_no_page_is_shown(stranger: Any, path: str) -> None:
    answer = stranger.get(path)
    assert answer.status_code == 401
    assert "locked" in answer.text
    assert "Calculus" not in answer.text


def test_without_the_key_nothing_can_be_done(stranger: Any) -> None:
    assert stranger.post("/ask", {"question": "what?"}).status_code == 401
    assert stranger.studio.learner.progress.events() == []


def test_the_key_is_exchanged_for_a_cookie_that_scripts_cannot_read(stranger: Any) -> None:
    answer = stranger.post("/enter", {"key": stranger.studio.door.token})
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    assert stranger.studio.door.token not in cookie
    assert stranger.get("/").status_code == 200


def test_a_wrong_key_opens_nothing_and_guessing_is_slowed(stranger: Any) -> None:
    for _ in range(TRIES):
        assert stranger.post("/enter", {"key": "a guess"}).status_code == 401
    answer = stranger.post("/enter", {"key": stranger.studio.door.token})
    assert answer.status_code == 400
    assert "too many" in answer.json()["error"]
    assert stranger.get("/").status_code == 401


def test_a_script_may_bring_the_token_itself(stranger: Any) -> None:
    key = stranger.studio.door.token
    assert stranger.get("/", authorization=f"Bearer {key}").status_code == 200
    assert stranger.get("/", authorization=f"Bearer {key}x").status_code == 401
    assert stranger.get("/", authorization=f"Basic {key}").status_code == 401


def test_the_key_in_an_address_is_no_key(stranger: Any) -> None:
    key = stranger.studio.door.token
    assert stranger.get(f"/?token={key}").status_code == 401
    assert "#" in stranger.studio.door.address, "browsers keep what follows to themselves"


def test_the_key_of_another_start_opens_nothing(client: Any) -> None:
    client.studio.door._session = Doorkeeper(8040)._session
    assert client.get("/").status_code == 401


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example:8040", "127.evil.com:8040", "localhost.evil.com:8040",
     "127.0.0.1:8041", "127.0.0.1", "", "0.0.0.0:8040", "[::]:8040", "127.0.0.1:8040.evil.com",
     "evil.com#127.0.0.1:8040", "127.0.0.1:8040@evil.com"],
)  # fmt: skip
def test_a_foreign_host_is_refused_even_with_the_key(client: Any, host: str) -> None:
    assert client.get("/", host=host).status_code == 421
    assert client.post("/ask", {"question": "x"}, host=host).status_code == 421


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8040", "localhost:8040", "LOCALHOST:8040", "localhost.:8040", "[::1]:8040"]
)
def test_our_own_names_are_known_in_any_spelling(client: Any, host: str) -> None:
    assert client.get("/", host=host).status_code == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:8041", "https://127.0.0.1:8040",
               "http://127.0.0.1:8040.evil.example", "http://localhost:8040", ""],
)  # fmt: skip
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_foreign_origin_is_refused_whatever_the_method(
    client: Any, origin: str, method: str
) -> None:
    """localhost is foreign to a page of 127.0.0.1: cookies know no ports, origins do."""
    path = "/runs" if method == "get" else "/ask"
    call = client.get if method == "get" else client.post
    assert call(path, origin=origin).status_code == 403


@pytest.mark.parametrize("came_from", ["cross-site", "same-site"])
def test_what_the_browser_calls_cross_site_is_refused(client: Any, came_from: str) -> None:
    headers = {"sec-fetch-site": came_from, "sec-fetch-mode": "navigate"}
    assert client.get("/", **headers).status_code == 403
    assert client.get("/static/studio.js", **headers).status_code == 403
    assert client.get("/enter", **headers).status_code == 200, "where the address leads"
    assert client.get("/enter", **(headers | {"sec-fetch-mode": "cors"})).status_code == 403


def test_a_post_with_the_cookie_names_its_origin(client: Any) -> None:
    answer = client.http.post("/ask", json={"question": "x"}, headers={"origin": ""})
    assert answer.status_code == 403
    del client.http.headers["accept"]
    assert client.http.post("/ask", json={"question": "x"}).status_code == 403


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "",
     "text/plain;application/json"],
)  # fmt: skip
def test_a_body_that_a_foreign_form_could_send_is_refused(client: Any, kind: str) -> None:
    answer = client.http.post(
        "/ask", content='{"question": "x"}', headers={"origin": HERE, "content-type": kind}
    )
    assert answer.status_code == 415


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_other_methods_are_refused_and_no_preflight_is_granted(client: Any, method: str) -> None:
    answer = client.http.request(
        method, "/ask",
        headers={"origin": HERE, "access-control-request-private-network": "true"},
    )  # fmt: skip
    assert answer.status_code == 405
    assert not any(name.startswith("access-control") for name in answer.headers)


def test_an_oversized_body_is_refused(client: Any) -> None:
    assert client.post("/ask", {"question": "x" * BODY_BYTES}).status_code == 413


def test_a_body_that_lies_about_its_length_is_refused(client: Any) -> None:
    def parts() -> Any:
        for _ in range(3):
            yield b" " * (BODY_BYTES // 2)

    answer = client.http.post(
        "/ask", content=parts(), headers={"origin": HERE, "content-type": "application/json"}
    )
    assert answer.status_code == 413


@pytest.mark.parametrize("body", ["", "[1]", "{", '"text"', '{"a": NaN', "\x00", "null"])
def test_a_body_that_is_no_object_is_refused_kindly(client: Any, body: str) -> None:
    headers = {"origin": HERE, "content-type": "application/json"}
    answer = client.http.post("/ask", content=body, headers=headers)
    assert answer.status_code == 400
    assert "error" in answer.json()


def test_headers_have_a_limit(client: Any) -> None:
    assert client.get("/", **{"x-long": "a" * 20_000}).status_code == 431


@pytest.mark.parametrize(
    "path",
    ["/static/../app.py", "/static/..%2fapp.py", "/static/%2e%2e/app.py", "/static/..%5capp.py",
     "/static//etc/passwd", "/static/studio.js%00.css", "/static/%2fetc%2fpasswd",
     "/learn/..%2f..%2fsolution", "/lab/calculus/..%2f..%2fpassages", "/models/..%2f..%2fetc",
     "/runs/..%2f..%2fetc%2fpasswd/report", "/runs/%2e%2e%2fformat"],
)  # fmt: skip
def test_traversal_leads_nowhere(client: Any, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code in (400, 404, 405), answer.text[:200]
    assert "root:" not in answer.text
    assert "import annotations" not in answer.text


def test_every_answer_carries_the_policy(client: Any) -> None:
    for path in ("/", "/static/studio.js", "/no-such-page", "/enter"):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self'" in policy.split("; ")
        assert "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert "access-control-allow-origin" not in headers
    assert client.get("/").headers["cache-control"] == "no-store"


def test_a_refusal_carries_the_policy_too(stranger: Any) -> None:
    assert "default-src 'none'" in stranger.get("/").headers["content-security-policy"]


def test_no_page_asks_for_anything_from_elsewhere() -> None:
    """Neither scripts nor styles name an address of the web."""
    for name, (_, body) in static_files().items():
        text = body.decode().replace("http://www.w3.org/2000/svg", "")
        assert "http://" not in text, name
        assert "https://" not in text, name
        assert "@import" not in text, name
        assert "eval(" not in text, name


def test_templates_hold_no_script_of_their_own() -> None:
    folder = Path(__file__).parents[2] / "src" / "practicum" / "web" / "templates"
    for path in folder.glob("*.html"):
        text = path.read_text("utf-8")
        for piece in text.split("<script")[1:]:
            assert piece.split(">", 1)[1].startswith("</script>"), path.name
        assert " onclick=" not in text, path.name
        assert "javascript:" not in text, path.name


def test_opening_wider_needs_a_password() -> None:
    for password in (None, "", "short"):
        with pytest.raises(PracticumError):
            Doorkeeper(8040, "0.0.0.0", password)


def test_opened_wider_the_password_opens_and_named_hosts_are_known() -> None:
    door = Doorkeeper(8040, "0.0.0.0", "a long enough password", ("study.local",))
    assert door.exchange("a long enough password")
    assert door.exchange("a long enough passwords") is None
    assert "study.local:8040" in door.hosts
    assert "other.local:8040" not in door.hosts
    assert door.is_open_wider


def test_the_entry_file_is_for_this_user_only(tmp_path: Path) -> None:
    from practicum.web.serve import _write_entry

    path = _write_entry(tmp_path, Doorkeeper(8040))
    if os.name != "nt":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
