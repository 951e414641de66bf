"""Settings: what the doctor finds, what can be chosen, and what leaves the machine."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from practicum.core.errors import PracticumError
from practicum.core.host import doctor
from practicum.core.host.doctor import Check, checks
from practicum.core.store import Store
from practicum.web.app import static_files
from practicum.web.settings_file import (
    KEY_VARIABLE,
    Settings,
    choose,
    read_settings,
    settings_path,
)
from practicum.web.study.shelf import disk_use

# -- the page ----------------------------------------------------------------------------------


def test_every_check_of_the_doctor_is_on_the_page(client: Any) -> None:
    page = client.get("/settings").text
    for check in checks(client.studio.store.home):
        assert f"<dt>{check.name}</dt>" in page or f"<h3>{check.name} " in page
    assert str(client.studio.store.home) in page


def test_what_is_missing_comes_first_with_one_command(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [Check("python", True, "3.11"), Check("torch", False, "missing", "pip install <torch>")]
    monkeypatch.setattr("practicum.web.pages.settings.checks", lambda home: found)
    page = client.get("/settings").text
    assert "1 thing to mend" in page
    assert "pip install &lt;torch&gt;" in page
    assert 'data-copy="#fix-1"' in page
    assert page.index("pip install") < page.index("<dt>python</dt>")


def test_a_package_that_is_not_installed_is_found_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(doctor, "PACKAGES", ("fsrs", "no-such-package-at-all"))
    by_name = {c.name: c for c in checks(tmp_path / "not" / "there")}
    assert by_name["fsrs"].ok
    assert by_name["no-such-package-at-all"] == Check(
        "no-such-package-at-all", False, "missing", "pip install no-such-package-at-all"
    )


def test_the_licences_of_everything_embedded_are_told(client: Any) -> None:
    from practicum.models.sources import assets

    page = client.get("/settings").text
    for asset in assets().values():
        assert asset.license in page
        assert asset.package in page


def test_the_page_says_who_can_open_it(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Browsers on this machine only" in client.get("/settings").text
    monkeypatch.setattr(client.studio.door, "is_open_wider", True)
    assert "Other machines that know the password" in client.get("/settings").text


@pytest.mark.parametrize("theme", ["", "light", "dark"])
def test_the_theme_that_was_chosen_is_marked(client: Any, theme: str) -> None:
    page = client.get("/settings", cookie=_with_theme(client, theme)).text
    assert f'name="theme" value="{theme}" checked' in page


def test_the_shared_script_has_one_address_so_that_it_runs_once(client: Any) -> None:
    """A module under two addresses is two modules: every key and button would act twice."""
    addresses = set(re.findall(r'src="([^"]*studio\.js[^"]*)"', client.get("/settings").text))
    for name, (_, body) in static_files().items():
        if name.endswith(".js"):
            found = re.findall(r'(?:from|import\()\s*"([^"]*studio\.js[^"]*)"', body.decode())
            addresses |= {word.replace("./", "/static/") for word in found}
    assert addresses == {"/static/studio.js"}


def _with_theme(client: Any, theme: str) -> str:
    kept = "; ".join(f"{c.name}={c.value}" for c in client.http.cookies.jar)
    return f"{kept}; theme={theme}" if theme else kept


def test_disk_use_counts_by_kind_and_linked_files_as_nothing(tmp_path: Path) -> None:
    home, model = tmp_path / "home", tmp_path / "elsewhere"
    model.mkdir()
    (model / "a.txt").write_bytes(b"x" * 5000)
    Store(home).link(model, "text", {}, [model / "a.txt"])
    (home / "cache").mkdir(exist_ok=True)
    (home / "cache" / "wheel").write_bytes(b"x" * 700)
    (home / "cache" / "way-out").symlink_to(model)
    use = {u.name: u for u in disk_use(home)}
    assert use["cache"].size_bytes >= 700
    assert use["cache"].size_bytes < 5000
    assert use["text"].n == 1
    assert use["text"].note == "1 linked in place"
    assert use["text"].size_bytes < 5000  # its manifest only
    assert disk_use(tmp_path / "nowhere") == []


# -- the tutor's model -------------------------------------------------------------------------


def test_nothing_is_phrased_and_nothing_leaves_until_one_chooses(client: Any) -> None:
    assert client.studio.settings == Settings(model="none")
    page = client.get("/settings").text
    assert 'value="none" checked' in page
    assert "nothing." in page.partition("What leaves this machine:")[2][:60]


@pytest.mark.feature("A3")
def test_one_choice_switches_what_phrases_and_it_is_kept(client: Any) -> None:
    for sent, kept in (
        ({"model": "smol"}, "smol"),
        ({"model": "server", "address": "http://127.0.0.1:8080/v1", "name": ""}, "http://127.0.0.1:8080/v1"),
        ({"model": "server", "address": "https://api.example.org/v1", "name": "big"},
         "https://api.example.org/v1#big"),
        ({"model": "none", "address": "https://api.example.org/v1", "name": "x"}, "none"),
    ):  # fmt: skip
        reply = client.post("/settings/tutor", sent)
        assert reply.status_code == 200, reply.text
        assert client.studio.settings.model == kept
        assert "checked" in reply.json()["html"]["#tutor"]
    path = settings_path(client.studio.store.home)
    assert path.stat().st_mode & 0o077 == 0
    assert [p.name for p in path.parent.glob("*settings*")] == ["settings.json"]


def test_the_page_says_what_leaves_and_where_to(client: Any) -> None:
    def said(address: str) -> str:
        reply = client.post("/settings/tutor", {"model": "server", "address": address})
        html: str = reply.json()["html"]["#tutor"]
        return " ".join(html.partition("What leaves this machine:")[2].split())

    away = said("http://models.example.org/v1")
    assert "models.example.org" in away
    assert "each question" in away
    assert "unencrypted" in away
    assert "unencrypted" not in said("https://models.example.org/v1")
    for here in ("http://localhost:1234/v1", "http://[::1]:80/v1", "http://127.0.0.1/v1"):
        assert "nothing." in said(here)


@pytest.mark.parametrize(
    "address",
    ["", "example.org", "ftp://example.org/v1", "file:///etc/passwd", "javascript:alert(1)", "http://",
     "https://user:secret@example.org/v1", "https://example.org/v1?key=secret", "http://a b/v1",
     "http://[::1/v1", "http://x:99999/", "http://x/" + "y" * 400, "http://x/\x00"],
)  # fmt: skip
def test_an_address_that_cannot_be_one_is_refused_and_the_choice_stays(
    client: Any, address: str
) -> None:
    choose(client.studio.store.home, "smol")
    refused = client.post("/settings/tutor", {"model": "server", "address": address})
    assert refused.status_code == 400
    assert refused.json()["error"]
    assert client.studio.settings.model == "smol"


def test_a_key_is_never_written_nor_shown(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "It is not set" in client.get("/settings").text
    monkeypatch.setenv(KEY_VARIABLE, "sk-very-secret")
    page = client.get("/settings").text
    assert "It is set" in page
    assert "sk-very-secret" not in page
    with pytest.raises(PracticumError, match=KEY_VARIABLE):
        choose(client.studio.store.home, "https://me:sk-very-secret@example.org/v1")


@pytest.mark.parametrize(
    "text",
    ["{", "[]", "null", '{"model": 5}', '{"model": "gpt"}', '{"model": "none", "telemetry": true}', "\ufeff{}"],
)  # fmt: skip
def test_a_file_that_says_something_unknown_is_not_used_and_told(client: Any, text: str) -> None:
    path = settings_path(client.studio.store.home)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    settings, trouble = read_settings(client.studio.store.home)
    assert settings == Settings()
    assert "is not used" in trouble
    page = client.get("/settings")
    assert page.status_code == 200
    assert "is not used" in page.text
    assert path.read_text(encoding="utf-8") == text  # left as it was, until one chooses anew
    assert client.post("/settings/tutor", {"model": "smol"}).status_code == 200
    assert json.loads(path.read_text(encoding="utf-8")) == {"model": "smol"}


def test_what_a_settings_file_says_is_shown_escaped(client: Any) -> None:
    path = settings_path(client.studio.store.home)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text('{"<script>": 1, "model": "http://x/\\"><img src=1>"}', encoding="utf-8")
    page = client.get("/settings").text
    assert "<img" not in page
    assert "<script>" not in page
