"""practicum launch: a recipe on several processes, GPUs, machines, or rented ones."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from practicum.cli.options import common
from practicum.core.recipe import read_recipe


@click.command()
@click.argument("recipe", type=click.Path(exists=True, dir_okay=False))
@click.option(
    "--engine",
    type=click.Choice(["ddp", "fsdp", "deepspeed"]),
    default="ddp",
    show_default=True,
    help="ddp: every process holds everything; fsdp: everything is split; deepspeed: as --zero.",
)
@click.option(
    "--zero",
    type=click.IntRange(1, 3),
    default=2,
    show_default=True,
    help="With deepspeed: what is split: optimizer (1), gradients (2), weights (3).",
)
@click.option("--nodes", "n_nodes", type=click.IntRange(min=1), default=1, show_default=True,
              help="Machines. Each runs this command, and all see the same store.")  # fmt: skip
@click.option("--gpus", "n_gpus", type=click.IntRange(min=0), default=0, show_default=True,
              help="GPUs on each machine; 0: processes on its CPU.")  # fmt: skip
@click.option("--processes", "n_processes", type=click.IntRange(min=1), default=2, show_default=True,
              help="Processes on each machine, without GPUs.")  # fmt: skip
@click.option("--node", type=click.IntRange(min=0), default=0, show_default=True,
              help="This machine's number.")  # fmt: skip
@click.option("--main", default="127.0.0.1", show_default=True, help="The first machine's address.")
@click.option("--restarts", "n_restarts", type=click.IntRange(min=0), default=0, show_default=True,
              help="How often all start again, from the checkpoint, after a process died.")  # fmt: skip
@click.option("--cloud", default=None, metavar="GPU",
              help="Write a SkyPilot task for rented machines with this GPU, as A100, and do not run.")  # fmt: skip
@click.option("--show", is_flag=True, help="Write the files, print the command, do not run.")
@click.option("--out", default="launch", show_default=True, type=click.Path(file_okay=False),
              help="Where the files are written.")  # fmt: skip
@common
def launch(recipe: str, cloud: str | None, show: bool, out: str, home: str | None, as_json: bool,
           quiet: bool, debug: bool, **options: Any) -> None:  # fmt: skip
    """Run RECIPE with its training spread over several processes.

    What is learned is what one process would learn. With --json the files are written and told,
    and nothing is run. After a kill, the same command goes on
    from the last checkpoint, with as many processes as you like.
    """
    from practicum.train.distributed import launch as made

    checked = read_recipe(Path(recipe))
    passed = (*(("--home", home) if home else ()), *(("--quiet",) if quiet else ()))
    wanted = made.Launch(Path(recipe), passed=passed, **options)
    if cloud:
        wanted = replace(wanted, n_gpus=max(1, wanted.n_gpus), passed=())
    if not cloud or wanted.engine != "deepspeed":
        made.check(checked, wanted)
    folder = Path(out)
    files = made.files_of(wanted)
    if cloud:
        files = {made.SKY: made.sky_task(wanted, cloud)}
    written = made.write_files(files, folder)
    command = made.command_of(wanted, folder)
    told = made.environment_of(wanted, folder)
    if cloud:
        command, told = ["sky", "launch", str(folder / made.SKY)], {}
    if as_json:
        click.echo(json.dumps({"command": command, "environment": told,
                               "files": [str(p) for p in written]}))  # fmt: skip
        return
    if show or cloud:
        for path in written:
            click.echo(f"# {path}\n{path.read_text('utf-8')}")
        click.echo(shlex.join([*(f"{k}={v}" for k, v in told.items()), *command]))
        return
    code = subprocess.run(command, env={**os.environ, **told}, check=False).returncode
    if code:
        click.get_current_context().exit(code)
