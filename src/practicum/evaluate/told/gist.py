"""An evaluation made ready to be shared: two files and the exact commands. Nothing is sent.

LLM AutoEval sent `"public": "true"`, a string, to those who had asked for a private gist. Here
the field is a boolean, false unless it is asked for, and the file can be read before it is sent.
"""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from practicum.core.artifact import write_atomically
from practicum.core.errors import PracticumError
from practicum.evaluate.running.results import MINI, Evaluation
from practicum.evaluate.told.checked import formats_tables
from practicum.evaluate.told.table import Table, as_markdown, evaluation_tables, plain

API = "https://api.github.com/gists"
API_VERSION = "2022-11-28"


@dataclass(frozen=True)
class Gist:
    """The files, and two commands of which either is enough.

    gh    for GitHub's own program, which has its own login
    curl  for everybody else; the token is read from the environment by the shell
    """

    markdown: Path
    payload: Path
    gh: str
    curl: str
    is_public: bool

    @property
    def notes(self) -> tuple[str, ...]:
        """What sharing means."""
        seen = (
            "Public: everybody can find it."
            if self.is_public
            else "Secret: not listed, but whoever has its address can read it."
        )
        return seen, "Nothing was sent. Read the file, then run one of the commands."


def export(
    evaluation: Evaluation, folder: Path, *, public: bool = False,
    tables: tuple[Table, ...] | None = None,
) -> Gist:  # fmt: skip
    """Writes `<model>.md` and `<model>.gist.json` into the folder; the commands to send either.

    tables  what to tell; None: the summary and every suite

    Raises  PracticumError when `public` is no boolean: "false" as a string would be true.
    """
    if not isinstance(public, bool):
        raise PracticumError(f"public={public!r} is no boolean", hint="public=True or public=False")
    both = [*evaluation_tables(evaluation), *formats_tables(evaluation)]
    told = both if tables is None else list(tables)
    text = as_markdown(evaluation, told)
    stem = _stem(evaluation)
    markdown, payload = folder / f"{stem}.md", folder / f"{stem}.gist.json"
    title = f"Evaluation of {plain(evaluation.model)}"
    title += f" ({MINI})" if evaluation.is_mini else ""
    body = {"description": title, "public": public, "files": {markdown.name: {"content": text}}}
    write_atomically(markdown, text)
    write_atomically(payload, json.dumps(body, ensure_ascii=False, indent=1) + "\n")
    return Gist(markdown, payload, _gh(markdown, title, public), _curl(payload), public)


def _stem(evaluation: Evaluation) -> str:
    """A file name of the model's that no shell and no system stumbles over."""
    name = re.sub(r"[^A-Za-z0-9]+", "-", evaluation.model).strip("-")[:60]
    return f"evaluation-{name or 'model'}-{evaluation.digest[:8]}"


def _gh(markdown: Path, title: str, public: bool) -> str:
    words = ["gh", "gist", "create", f"--desc={title}", *(["--public"] if public else [])]
    return shlex.join([*words, "--", str(markdown)])


def _curl(payload: Path) -> str:
    """The token stays in the environment: it is neither in this text nor in the list of processes."""
    words = ["curl", "--fail-with-body", "--silent", "--show-error", "--request", "POST",
             "--header", "Accept: application/vnd.github+json",
             "--header", f"X-GitHub-Api-Version: {API_VERSION}",
             "--data-binary", f"@{payload}", "--header", "@-", API]  # fmt: skip
    return f'printf "Authorization: Bearer %s" "$GITHUB_TOKEN" | {shlex.join(words)}'
