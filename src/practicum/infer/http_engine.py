"""Any server that speaks the OpenAI chat protocol, on this machine or elsewhere, as a `Chat`.

Standard library only: `http.client` follows no redirect, so that a question and a key go to the
address that was typed and to no other.
"""

from __future__ import annotations

import http.client
import ipaddress
import json
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from practicum.core.errors import PracticumError
from practicum.core.messages import Message, Reply, Sampling

WAIT_S = 60.0  # for the next piece of an answer: a large model on a slow machine needs its time
LONGEST_LINE = 1 << 20  # bytes of one event; more is no chat
LONGEST_REPLY = 8 << 20  # bytes of a whole answer
MOST_PIECES = 100_000  # a stream that never ends is cut here


class HttpEngine:
    """A model behind `base`, such as http://127.0.0.1:8080/v1.

    Raises  PracticumError when the address is not http(s), or the key would travel unencrypted.
    """

    def __init__(
        self, base: str, model: str, key: str | None = None, wait_s: float = WAIT_S
    ) -> None:
        parts = urlsplit(base)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise PracticumError(
                f"'{base}' is not an http(s) address", hint="http://127.0.0.1:8080/v1#model"
            )
        if parts.username or parts.password or parts.query:
            raise PracticumError("an address with a password or a query in it is not used",
                                 hint="put the key into PRACTICUM_API_KEY")  # fmt: skip
        if not model:
            raise PracticumError(f"which model of {base}?", hint=f"{base}#model")
        if key and parts.scheme == "http" and not _is_here(parts.hostname):
            raise PracticumError(f"the key would travel to {parts.hostname} unencrypted",
                                 hint=base.replace("http:", "https:", 1))  # fmt: skip
        if key and not (key.isascii() and key.isprintable()):
            raise PracticumError(
                "the key holds characters that no key has", hint="PRACTICUM_API_KEY"
            )
        try:
            self._address = (parts.hostname, parts.port)
        except ValueError:
            raise PracticumError(f"'{base}' has no valid port") from None
        self._is_secure = parts.scheme == "https"
        self._path = parts.path.rstrip("/") + "/chat/completions"
        self.base, self.model, self._key, self._wait_s = base, model, key, wait_s

    def reply(
        self,
        prompts: Sequence[Sequence[Message]],
        sampling: Sampling,
        heard: Callable[[int], None] | None = None,
    ) -> list[Reply]:
        """An answer to each prompt, in order; counts are the server's own, 0 when it tells none."""
        replies = []
        for prompt in prompts:
            with self._asked(prompt, sampling, stream=False) as response:
                body = response.read(LONGEST_REPLY + 1)
            if len(body) > LONGEST_REPLY:
                raise PracticumError(f"{self.base} sends more than an answer")
            told = self._read(body)
            choice, usage = _first_choice(told), told.get("usage") or {}
            replies.append(Reply(
                text=_text(choice.get("message")), n_prompt_tokens=_count(usage, "prompt_tokens"),
                n_tokens=_count(usage, "completion_tokens"),
                stopped=choice.get("finish_reason") == "stop"))  # fmt: skip
            if heard:
                heard(1)
        return replies

    def stream(self, prompt: Sequence[Message], sampling: Sampling) -> Iterator[str]:
        """The answer as it grows, piece by piece."""
        with self._asked(prompt, sampling, stream=True) as response:
            for _ in range(MOST_PIECES):
                line = response.readline(LONGEST_LINE)
                if not line:
                    return
                if not line.startswith(b"data:"):
                    continue  # a comment, an event's name, the blank line between two events
                data = line[5:].strip()
                if data == b"[DONE]":
                    return
                told = self._read(data)
                if told.get("error"):
                    raise PracticumError(f"{self.base}: {_said(told)}")
                piece = _text(_first_choice(told).get("delta"))
                if piece:
                    yield piece

    @contextmanager
    def _asked(
        self, prompt: Sequence[Message], sampling: Sampling, stream: bool
    ) -> Iterator[http.client.HTTPResponse]:
        body = {
            "model": self.model,
            "messages": [{"role": m.role, "content": m.content} for m in prompt],
            "max_tokens": sampling.max_tokens,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "seed": sampling.seed,
            "stream": stream,
        }
        headers = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        connection = self._connection()
        try:
            connection.request("POST", self._path, json.dumps(body), headers)
            response = connection.getresponse()
            self._check(response)
            yield response
        except TimeoutError:
            raise PracticumError(f"{self.base} did not go on within {self._wait_s:g} s",
                                 hint="repeat the question, or --with none") from None  # fmt: skip
        except (OSError, http.client.HTTPException) as error:
            raise PracticumError(f"{self.base} cannot be reached: {error or type(error).__name__}",
                                 hint="start the server, or --with none") from None  # fmt: skip
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        host, port = self._address
        if self._is_secure:
            return http.client.HTTPSConnection(
                host, port, timeout=self._wait_s, context=ssl.create_default_context()
            )
        return http.client.HTTPConnection(host, port, timeout=self._wait_s)

    def _check(self, response: http.client.HTTPResponse) -> None:
        if response.status == 200:
            return
        if 300 <= response.status < 400:
            raise PracticumError(f"{self.base} sends us elsewhere, and redirects are not followed",
                                 hint="give the final address")  # fmt: skip
        try:
            told = json.loads(response.read(4096))
        except ValueError:
            told = None
        hints = {401: "set PRACTICUM_API_KEY", 403: "set PRACTICUM_API_KEY",
                 404: "check the address (it usually ends in /v1) and the model after #"}  # fmt: skip
        why = _said(told) if isinstance(told, dict) else response.reason
        raise PracticumError(f"{self.base} answers {response.status}: {why}",
                             hint=hints.get(response.status))  # fmt: skip

    def _read(self, data: bytes) -> dict[str, Any]:
        try:
            told = json.loads(data)
        except ValueError:
            told = None
        if not isinstance(told, dict):
            raise PracticumError(f"{self.base} does not answer in the OpenAI chat format",
                                 hint="the address usually ends in /v1")  # fmt: skip
        return told


def _is_here(host: str) -> bool:
    if host.casefold() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _first_choice(told: dict[str, Any]) -> dict[str, Any]:
    choices = told.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else {}
    return first if isinstance(first, dict) else {}


def _text(message: Any) -> str:
    content = message.get("content") if isinstance(message, dict) else None
    return content if isinstance(content, str) else ""


def _count(usage: Any, name: str) -> int:
    value = usage.get(name) if isinstance(usage, dict) else None
    return value if isinstance(value, int) and value >= 0 else 0


def _said(told: dict[str, Any]) -> str:
    """What a server's error says, short and printable: it is text from elsewhere."""
    error = told.get("error")
    text = error.get("message") if isinstance(error, dict) else error
    return "".join(c for c in str(text or "no reason given")[:200] if c.isprintable())
