"""A gist is two files and a command; secret unless asked otherwise, and nothing is sent."""

import json
import shlex
import shutil
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from practicum.core.errors import PracticumError
from practicum.evaluate.running.results import MINI
from practicum.evaluate.told.gist import API, export


@pytest.mark.feature("T1")
def test_secret_is_the_default_and_the_field_a_boolean(made, tmp_path):
    gist = export(made.nous("calm"), tmp_path)
    raw = gist.payload.read_text(encoding="utf-8")
    assert json.loads(raw)["public"] is False
    assert '"public": false' in raw
    assert '"public": "' not in raw, "a string is the mistake of LLM AutoEval: every one is true"
    assert "--public" not in gist.gh and not gist.is_public
    assert gist.notes[0].startswith("Secret")


def test_public_must_be_asked_for(made, tmp_path):
    gist = export(made.nous("calm"), tmp_path, public=True)
    assert json.loads(gist.payload.read_text(encoding="utf-8"))["public"] is True
    assert "--public" in shlex.split(gist.gh)
    assert gist.notes[0].startswith("Public")


@pytest.mark.parametrize("wrong", ["false", "true", "", 0, 1, None])
def test_what_is_no_boolean_is_refused_before_anything_is_written(made, tmp_path, wrong):
    with pytest.raises(PracticumError, match="no boolean"):
        export(made.nous("calm"), tmp_path, public=wrong)
    assert list(tmp_path.iterdir()) == []


def test_the_files_hold_the_same_markdown(made, tmp_path):
    gist = export(made.nous("calm", source="mini"), tmp_path / "out")
    body = json.loads(gist.payload.read_text(encoding="utf-8"))
    text = gist.markdown.read_text(encoding="utf-8")
    assert body["files"] == {gist.markdown.name: {"content": text}}
    assert set(body) == {"description", "public", "files"}
    assert text.startswith("# Evaluation of calm") and "### nous" in text
    assert MINI in body["description"] and MINI in gist.gh


def test_gh_gets_its_words_whole_whatever_the_model_is_called(made, tmp_path):
    gist = export(made.nous("a'; rm -rf ~ #$(x)\n--public"), tmp_path)
    words = shlex.split(gist.gh)
    assert words[:3] == ["gh", "gist", "create"] and words[-2:] == ["--", str(gist.markdown)]
    assert len(words) == 6 and words[3].startswith("--desc=Evaluation of a'; rm")
    assert gist.markdown.name == "evaluation-a-rm-rf-x-public-61273b20.md"


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is what is tried")
def test_the_curl_command_sends_just_that_with_the_token_of_the_environment(made, tmp_path):
    heard = {}

    class Door(BaseHTTPRequestHandler):
        def do_POST(self):
            heard["headers"] = dict(self.headers)
            heard["body"] = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(201)
            self.end_headers()

        def log_message(self, *words):
            pass

    server = HTTPServer(("127.0.0.1", 0), Door)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        gist = export(made.nous("calm"), tmp_path / "a folder, with 'quotes'")
        assert gist.curl.endswith(API) and API.startswith("https://api.github.com/")
        command = gist.curl.replace(API, f"http://127.0.0.1:{server.server_port}/gists")
        environment = {"PATH": "/usr/bin:/bin", "GITHUB_TOKEN": "a-token"}
        done = subprocess.run(
            ["sh", "-c", command], env=environment, capture_output=True, text=True
        )
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert done.returncode == 0, done.stderr
    assert json.loads(heard["body"])["public"] is False
    assert heard["body"] == gist.payload.read_bytes()
    assert heard["headers"]["Authorization"] == "Bearer a-token"
    assert "a-token" not in gist.curl + gist.payload.read_text(encoding="utf-8")
