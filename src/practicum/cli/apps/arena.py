"""`practicum arena`: the ranking of the blind arena's votes."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from practicum.cli.options import common

if TYPE_CHECKING:
    from practicum.evaluate.judging.ranking import Ranking


@click.command()
@click.option("--pairs", type=click.Path(path_type=Path), default=None,
              help="Write the preferences as pairs, which practicum align takes.")  # fmt: skip
@common
def arena(pairs: Path | None, home: str | None, as_json: bool, quiet: bool, debug: bool) -> None:
    """Rank models by the votes of the blind arena in the studio, with 95 % intervals.

    Battles are fought in the studio: practicum studio, then Models, Blind arena.
    """
    from practicum import verbs
    from practicum.core.messages import write_rows
    from practicum.evaluate.judging.arena import Arena, too_few

    log = Arena(verbs.open_store(home).home)
    if pairs is not None:
        n_pairs = write_rows(pairs, log.pairs())
        if not as_json:
            click.echo(f"{n_pairs} pairs in {pairs}")
    ranking = log.ranking()
    warning = too_few(ranking)
    if as_json:
        told = {**asdict(ranking), "warning": warning, "log": str(log.path)}
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    _show(ranking)
    if warning:
        click.echo(warning)
    click.echo(f"log   {log.path}")


def _show(ranking: Ranking) -> None:
    width = max(5, *(len(s.name) for s in ranking.standings))
    click.echo(f"{'model':<{width}}  rating  95 % interval  battles   won  tied  lost")
    for s in ranking.standings:
        interval = f"{s.ci95[0]:.0f} to {s.ci95[1]:.0f}" if s.ci95 else "–"
        counts = f"{s.n:>7} {s.won:>5} {s.tied:>5} {s.lost:>5}"
        click.echo(f"{s.name:<{width}}  {s.rating:>6.0f}  {interval:>13}  {counts}")
    if ranking.complaint:
        click.echo(f"no intervals: {ranking.complaint}")
    if ranking.left_share:
        share, low, high = (f"{100 * value:.0f}" for value in ranking.left_share)
        click.echo(f"of two equals, left is preferred in {share} % (95 %: {low} to {high})")
