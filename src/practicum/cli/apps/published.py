"""`practicum finetune CONFIG`: an Axolotl file, priced or run at a size that this machine can."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any, cast

import click

from practicum import verbs
from practicum.cli.bars import listener
from practicum.core.recipe import parse_recipe


def run_config(
    name: str, scale: str, rows: str | None, show: bool, options: dict[str, Any]
) -> None:
    """Tell what the config would cost, or carry it out as a recipe; `show` prints that and stops."""
    from practicum.finetune.scales import Scale, bill, bill_text, find_config, recipe_text

    config = find_config(name)
    told = [f"  {note}" for note in config.notes]
    if told and not options["quiet"]:
        click.echo("\n".join(["Keys that change nothing here:", *told]), err=True)
    if scale == "paper":
        found = bill(config)
        if options["as_json"]:
            click.echo(json.dumps({**asdict(found), "dollars": found.dollars}))
        else:
            click.echo(bill_text(found) + f"next: practicum finetune {name} --scale tiny")
        return
    text = recipe_text(config, cast("Scale", scale), name, rows)
    recipe = parse_recipe(text, f"{name} as a recipe")
    if show or options["plan_only"]:
        click.echo(text, nl=False)
        return
    store = verbs.open_store(options["home"])
    with listener(options["quiet"], recipe) as listen:
        made = verbs.carry_out_recipe(recipe, home=store, threads=options["threads"], listen=listen)
    if options["as_json"]:
        click.echo(json.dumps({n: m.run.model_dump(mode="json", exclude_none=True)
                               for n, m in made.items()}))  # fmt: skip
        return
    for step in ("tuned", "after"):
        if step in made:
            for metric in made[step].report.metrics:
                click.echo(f"{step + '.' + metric.name:<34} {metric}")
            for note in made[step].report.notes:
                click.echo(note)
    click.echo("next: practicum chat tuned, practicum card tuned", err=True)
