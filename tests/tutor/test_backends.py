"""Who phrases changes no citation, and is chosen by one flag."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from practicum.core.errors import PracticumError, UnknownReference
from practicum.core.messages import Chat
from practicum.core.stage import Made
from practicum.core.store import Store
from practicum.tutor.phrase import open_backend, phrased
from practicum.tutor.tutor import Answer, Tutor

QUESTION = "What does a determinant of zero mean?"


class Server(http.server.BaseHTTPRequestHandler):
    """Speaks the protocol, and cites what does not exist."""

    asked: list[tuple[dict[str, Any], str | None]] = []

    def do_POST(self) -> None:
        told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append((told, self.headers.get("Authorization")))
        self.send_response(200)
        self.end_headers()
        for word in ("Space ", "collapses ", "[1] ", "[8] ", "<b>", "see ", "http://x.y ", "."):
            event = {"choices": [{"delta": {"content": word}}]}
            self.wfile.write(f"data: {json.dumps(event)}\n\n".encode())
        self.wfile.write(b"data: [DONE]\n\n")

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[tuple[type[Server], str]]:
    """A mock server, and the flag's value that chooses it."""
    handler = type("Served", (Server,), {"asked": []})
    served = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=served.serve_forever, args=(0.01,), daemon=True).start()
    yield handler, f"http://127.0.0.1:{served.server_port}/v1#mock"
    served.shutdown()
    served.server_close()


def through(tutor: Tutor, spec: str) -> tuple[Answer, str]:
    """The same question through the back end of this flag: the answer, and its phrasing."""
    answer = tutor.ask(QUESTION)
    with open_backend(spec, tutor.store, threads=1) as chat:
        return answer, "" if chat is None else "".join(phrased(answer, chat))


@pytest.mark.feature("A3")
def test_none_a_server_and_a_model_of_the_store_give_the_same_citations(
    by_words: Tutor, server: tuple[type[Server], str], tiny: Made, tiny_store: Store
) -> None:
    handler, spec = server
    plain, nothing = through(by_words, "none")
    served, told = through(by_words, spec)
    assert nothing == ""
    assert told.split() == ["Space", "collapses", "[1]", "see", "."]
    assert handler.asked[0][0]["model"] == "mock"
    with open_backend("tiny", tiny_store, threads=1) as chat:
        assert isinstance(chat, Chat)
        small = by_words.ask(QUESTION)
        assert "[8]" not in "".join(phrased(small, chat))
    assert plain.citations == served.citations == small.citations
    assert len(plain.citations) >= 1


@pytest.mark.slow
@pytest.mark.feature("A3")
def test_none_smol_and_a_server_give_the_same_citations(
    tutor: Tutor, server: tuple[type[Server], str]
) -> None:
    answers = {spec: through(tutor, spec) for spec in ("none", "smol", server[1])}
    plain = answers["none"][0]
    assert not plain.words_only
    assert all(c.holds() for c in plain.citations)
    for answer, _ in answers.values():
        assert answer.citations == plain.citations
        assert answer.offers == plain.offers
    assert len(answers["smol"][1]) > 20, "the embedded model says something"


def test_the_key_comes_from_the_environment_only(
    by_words: Tutor, server: tuple[type[Server], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    handler, spec = server
    monkeypatch.delenv("PRACTICUM_API_KEY", raising=False)
    through(by_words, spec)
    monkeypatch.setenv("PRACTICUM_API_KEY", "secret")
    through(by_words, spec)
    assert [key for _, key in handler.asked] == [None, "Bearer secret"]
    with pytest.raises(PracticumError, match="password"):
        through(by_words, spec.replace("http://", "http://me:secret@"))


def test_a_back_end_that_is_none_says_so(by_words: Tutor) -> None:
    with pytest.raises(UnknownReference):
        through(by_words, "no-such-model")
    with pytest.raises(PracticumError, match="which model"):
        through(by_words, "http://127.0.0.1:9/v1")
    with pytest.raises(PracticumError, match="cannot be reached"):
        through(by_words, "http://127.0.0.1:9/v1#mock")
