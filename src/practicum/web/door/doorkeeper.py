"""Keys of the studio: this start's token, the cookie it is exchanged for, and a password when
the studio is opened wider than this machine."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import time
from http.cookies import CookieError, SimpleCookie

from practicum.core.errors import PracticumError

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
TRIES, WINDOW_S = 10, 60.0  # wrong keys that are answered within a minute
SHORTEST_PASSWORD = 10  # characters; tries are limited, so length is what is left to guess
SCRYPT = {"n": 2**14, "r": 8, "p": 1}


class Doorkeeper:
    """Knows who may come in.

    The token is made at every start and given to the browser behind a `#`, which browsers never
    send; the entry page hands it over once and gets a cookie that scripts cannot read. Opened
    wider than loopback, the token opens this machine's browser only; others need the password.
    """

    def __init__(self, port: int, host: str = "127.0.0.1", password: str | None = None,
                 names: tuple[str, ...] = ()) -> None:  # fmt: skip
        self.port = port
        self.is_open_wider = host not in ("127.0.0.1", "::1", "localhost")
        if self.is_open_wider:
            _check_password(password, host)
        self._salt = os.urandom(16)
        self._password = self._digest(password) if password else None
        self.token = secrets.token_urlsafe(32)
        self._session = secrets.token_urlsafe(32)
        self.cookie = f"practicum-{port}"  # browsers share cookies between ports of one host
        known = [*LOOPBACK, *(n.lower().rstrip(".") for n in names)]
        if self.is_open_wider and host not in ("0.0.0.0", "::"):  # noqa: S104 - compared, not bound
            known.append(f"[{host}]" if ":" in host else host.lower())
        self.hosts = frozenset([f"{name}:{port}" for name in known] + (known if port == 80 else []))
        self._wrong: list[float] = []

    def origins(self, host: str) -> tuple[str, ...]:
        """The origins that a request to this host may come from: itself, plain or behind TLS."""
        return (f"http://{host}", f"https://{host}") if self.is_open_wider else (f"http://{host}",)

    @property
    def address(self) -> str:
        """Where this machine's browser enters; the part after # stays in the browser."""
        return f"http://127.0.0.1:{self.port}/enter#{self.token}"

    @property
    def asks_password(self) -> bool:
        """Whether a password opens the studio too."""
        return self._password is not None

    def exchange(self, given: str) -> str | None:
        """The session for a token or a password; None for anything else.

        Raises  PracticumError after too many wrong ones.
        """
        now = time.monotonic()
        self._wrong = [t for t in self._wrong if now - t < WINDOW_S]
        if len(self._wrong) >= TRIES:
            raise PracticumError("too many wrong keys", hint="wait a minute")
        right = _same(given, self.token)
        if not right and self._password is not None:
            right = hmac.compare_digest(self._digest(given[:1024]), self._password)
        if right:
            return self._session
        self._wrong.append(now)
        return None

    def knows_bearer(self, authorization: str) -> bool:
        """Whether a script brings this start's token."""
        kind, _, token = authorization.partition(" ")
        return kind.lower() == "bearer" and _same(token.strip(), self.token)

    def knows_cookie(self, cookies: str) -> bool:
        """Whether a browser brings the session it was given."""
        try:
            jar = SimpleCookie(cookies)
        except CookieError:
            return False
        return self.cookie in jar and _same(jar[self.cookie].value, self._session)

    def _digest(self, password: str) -> bytes:
        return hashlib.scrypt(password.encode(), salt=self._salt, **SCRYPT)  # type: ignore[arg-type]


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode())


def _check_password(password: str | None, host: str) -> None:
    if not password:
        raise PracticumError(
            f"--host {host} opens the studio to other machines, which needs a password",
            hint="practicum studio --host … --password-file FILE, or leave --host out",
        )
    if len(password) < SHORTEST_PASSWORD:
        raise PracticumError(f"the password has {len(password)} characters, "
                             f"at least {SHORTEST_PASSWORD} are needed")  # fmt: skip
