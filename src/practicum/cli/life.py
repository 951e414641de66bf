"""`practicum life`: a recipe from the first byte to the report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from practicum import verbs
from practicum.cli.bars import clock, listener
from practicum.cli.options import common
from practicum.core.recipe import read_recipe
from practicum.core.stage import Made
from practicum.core.store import Store

WIDE = 150  # columns that the whole table needs
LEFT_OUT_WHEN_NARROW = ("lenient", "p", "KL to parent")  # the report has them all


@click.command()
@click.argument("recipe", required=False, type=click.Path(dir_okay=False))
@click.option(
    "--out",
    default=None,
    type=click.Path(file_okay=False),
    help="Where report and cards are written. Default: a folder named after the recipe.",
)
@click.option(
    "--threads",
    type=click.IntRange(min=1),
    default=None,
    help="Processor threads. Default: those this process may use.",
)
@click.option("--show", is_flag=True, help="Print the recipe, to start your own from.")
@common
def life(recipe: str | None, out: str | None, threads: int | None, show: bool, home: str | None,
         as_json: bool, quiet: bool, debug: bool) -> None:  # fmt: skip
    """Run RECIPE, or the first life of a small model when none is given.

    Steps that are done already are taken from the store; a stopped life goes on where it was.
    """
    checked = read_recipe(Path(recipe)) if recipe else verbs.first_life()
    if show:
        click.echo(checked.text, nl=False)
        return
    store = verbs.open_store(home)
    if verbs.is_helper():  # of several processes the first one speaks
        verbs.life(recipe, home=store, threads=threads)
        return
    if not (quiet or as_json):
        click.echo(f"{checked.title}: {len(checked.steps)} steps, store {store.home}", err=True)
    with listener(quiet, checked) as listen:
        made = verbs.life(recipe, home=store, threads=threads, listen=listen)
    folder = Path(out or (Path(recipe).stem if recipe else "first-life"))
    written = verbs.write_reports(checked, made, folder, home=store)
    if as_json:
        click.echo(json.dumps({n: m.run.model_dump(mode="json", exclude_none=True)
                               for n, m in made.items()}, ensure_ascii=False))  # fmt: skip
        return
    show_life(store, made, written)


def show_life(store: Store, made: dict[str, Made], page: Path) -> None:
    """The table, the conversation, the tree and the next command, on standard output."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from practicum.lineage.life import (
        HEADERS,
        headline,
        models_of,
        score_rows,
        scored_models,
        talks,
    )
    from practicum.lineage.tree import family, text_tree

    screen = Console(highlight=False)
    width = screen.width if screen.is_terminal else WIDE
    console = Console(highlight=False, width=max(width, 80))
    scores = scored_models(made)
    if scores:
        kept = [i for i, h in enumerate(HEADERS) if width >= WIDE or h not in LEFT_OUT_WHEN_NARROW]
        table = Table(box=None, pad_edge=False, header_style="bold")
        for i in kept:
            table.add_column(HEADERS[i], justify="right" if i else "left", no_wrap=i == 0)
        for row in score_rows(scores):
            table.add_row(*(Text(row[i]) for i in kept))
        console.print(table)
        console.print()
    for sample in talks(made):
        console.print(Text(f"you    {sample['prompt']}", style="bold"))
        console.print(Text(f"first  {_one_line(sample['first'])}"))
        console.print(Text(f"last   {_one_line(sample['last'])}"))
        console.print()
    click.echo(text_tree(family(store, models_of(made)), with_data=False))
    if scores:
        click.echo(headline(scores))
    models = [n for n, m in made.items() if m.artifact.kind == "model"]
    spent = sum(m.run.seconds for m in made.values() if not m.cached)
    how = clock(spent) if spent else "nothing had to be made again"
    click.echo(f"done   {page}   {how}   next: practicum chat {models[-1] if models else 'MODEL'}")


def _one_line(text: Any) -> str:
    from practicum.cli.look import harmless

    flat = " ".join(harmless(str(text)).split())
    return flat if len(flat) <= 200 else flat[:200] + "…"
