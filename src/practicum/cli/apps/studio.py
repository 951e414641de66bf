"""`practicum studio`: the course and the tools in the browser."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from practicum.cli.options import common
from practicum.core.errors import PracticumError

if TYPE_CHECKING:
    from practicum.web.door.doorkeeper import Doorkeeper

PASSWORD = "PRACTICUM_STUDIO_PASSWORD"  # noqa: S105 - the name of a variable


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=None,
              help="Default: 8040, or the next one that is free.")  # fmt: skip
@click.option("--host", default="127.0.0.1", show_default=True,
              help="Open it wider than this machine; needs a password.")  # fmt: skip
@click.option("--name", "names", multiple=True, metavar="HOST[:PORT]",
              help="A name that browsers may call this machine by, with --host.")  # fmt: skip
@click.option("--password-file", type=click.Path(exists=True, dir_okay=False), default=None,
              help=f"Holds the password for --host. Or set {PASSWORD}.")  # fmt: skip
@click.option("--no-browser", is_flag=True, help="Only print the address.")
@common
def studio(port: int | None, host: str, names: tuple[str, ...], password_file: str | None,
           no_browser: bool, home: str | None, as_json: bool, quiet: bool, debug: bool) -> None:  # fmt: skip
    """Open the studio: map, lessons, labs, questions, the tutor and every tool, in the browser.

    It listens on this machine only, and opens with the address that it prints. Ctrl-C ends it;
    work that was running goes on at the next start.
    """
    from practicum.web.serve import Place, serve

    def ready(door: Doorkeeper) -> None:
        if as_json:
            import json

            click.echo(json.dumps({"address": door.address, "port": door.port}))
            return
        click.echo(f"studio  {door.address}")
        if door.is_open_wider:
            click.echo(f"open on {host}:{door.port} with a password; without TLS it can be overheard",
                       err=True)  # fmt: skip
        click.echo("Ctrl-C ends it; what was running goes on at the next start", err=True)

    place = Place(host, port, _password(password_file), names)
    serve(home, place, ready=ready, browser=not (no_browser or as_json or quiet))


def _password(file: str | None) -> str | None:
    if file is None:
        return os.environ.get(PASSWORD)
    try:
        return Path(file).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise PracticumError(f"{file}: cannot be read: {error}") from None
