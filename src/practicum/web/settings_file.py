"""What the learner chose for this home: one small file, replaced whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from practicum.core.artifact import write_atomically
from practicum.core.errors import PracticumError

KEY_VARIABLE = "PRACTICUM_API_KEY"
ON_THIS_MACHINE = ("127.0.0.1", "localhost", "::1")
LONGEST = 300  # characters of an address


class Settings(BaseModel):
    """Who phrases the tutor's answers.

    model   "none": quotes only. "smol": the small model on this machine. Or the address of an
            OpenAI-compatible server, with the name of its model after a #.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str = "none"

    @field_validator("model")
    @classmethod
    def _is_known(cls, value: str) -> str:
        if value not in ("none", "smol"):
            _check_address(value)
        return value

    @property
    def address(self) -> str:
        """The server's address, without the model's name; "" when there is none."""
        return self.model.partition("#")[0] if "://" in self.model else ""

    @property
    def model_name(self) -> str:
        """The name of the model on that server, "" when it has one only."""
        return self.model.partition("#")[2]

    @property
    def leaves_to(self) -> str:
        """The machine that questions and quotes are sent to; "" when nothing leaves this one."""
        host = urlsplit(self.address).hostname or ""
        return "" if host in ON_THIS_MACHINE else host


def settings_path(home: Path) -> Path:
    """Where the choices of this home are kept."""
    return home / "studio" / "settings.json"


def read_settings(home: Path) -> tuple[Settings, str]:
    """The choices of this home, and what is wrong with their file, "" when nothing is.

    A file that cannot be read, or says something unknown, is left as it is; the defaults hold.
    """
    path = settings_path(home)
    try:
        return Settings.model_validate(json.loads(path.read_text(encoding="utf-8"))), ""
    except FileNotFoundError:
        return Settings(), ""
    except ValidationError as error:
        told = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
    except (OSError, ValueError) as error:
        told = str(error)
    return Settings(), f"{path} is not used: {told}"


def choose(home: Path, model: str) -> Settings:
    """Keep a choice of the tutor's model.

    Raises  PracticumError when it is not one; what was kept before stays.
    """
    try:
        settings = Settings(model=model)
    except ValidationError as error:
        raise PracticumError(
            error.errors()[0]["msg"].removeprefix("Value error, "),
            hint="http://127.0.0.1:8080/v1, or the address that your provider names",
        ) from None
    path = settings_path(home)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, json.dumps(settings.model_dump(), indent=1) + "\n")
    path.chmod(0o600)
    return settings


def _check_address(value: str) -> None:
    """Raises ValueError, with the reason, when it is not the address of a server."""
    if len(value) > LONGEST or any(c.isspace() or not c.isprintable() for c in value):
        raise ValueError("an address has no spaces and at most 300 characters")
    try:
        parts: SplitResult = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(f"this address cannot be read: {error}") from None
    if parts.scheme not in ("http", "https") or not host:
        raise ValueError("an address begins with http:// or https:// and names a server")
    if parts.username or parts.password or parts.query:
        raise ValueError(f"an address holds no key: put it into the variable {KEY_VARIABLE}")
