"""`practicum doctor`: what is installed, what is missing, one command to mend it."""

from __future__ import annotations

from dataclasses import asdict

import click

from practicum import verbs
from practicum.cli.options import common
from practicum.core.artifact import canonical_json
from practicum.core.host.doctor import Check, checks

__all__ = ["Check", "checks", "doctor"]


@click.command()
@common
def doctor(home: str | None, as_json: bool, quiet: bool, debug: bool) -> None:
    """Check this installation and say what is missing."""
    found = checks(verbs.open_store(home).home)
    if as_json:
        click.echo(canonical_json([asdict(c) for c in found]))
    else:
        for c in found:
            mark = "ok     " if c.ok else "MISSING"
            click.echo(f"{mark}  {c.name:<14} {c.found}" + ("" if c.ok else f"      try: {c.fix}"))
    wrong = [c for c in found if not c.ok]
    if not as_json:
        click.echo("ready   next: practicum life" if not wrong else f"{len(wrong)} things to mend")
    if wrong:
        raise click.exceptions.Exit(1)
