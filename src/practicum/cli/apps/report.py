"""`practicum report` and `practicum leaderboard`: evaluations told, compared, ranked, exported."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from practicum import verbs
from practicum.cli.options import common

if TYPE_CHECKING:
    from practicum.core.store import Store
    from practicum.evaluate.checks.compare import Comparison
    from practicum.evaluate.running.results import Evaluation


@click.command()
@click.argument("evaluation")
@click.argument("others", nargs=-1)
@click.option("--shared", is_flag=True,
              help="Compare on the questions that both were asked, where they differ.")  # fmt: skip
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False), default=None,
              help="Write a page with plots, the comparison and some wrong answers.")  # fmt: skip
@click.option("--gist", type=click.Path(path_type=Path, file_okay=False), default=None,
              help="Write a file to share into this folder, and show the command that sends it.")  # fmt: skip
@click.option("--public", is_flag=True, help="With --gist: let everybody find it.")
@common
def report(evaluation: str, others: tuple[str, ...], shared: bool, html: Path | None,
           gist: Path | None, public: bool, home: str | None, as_json: bool, quiet: bool,
           debug: bool) -> None:  # fmt: skip
    """Tell an EVALUATION, and how OTHERS differ from it, question by question.

    EVALUATION is the name or digest of what `practicum eval` made, or a path to evaluation.json.
    Each of OTHERS is compared with the first by a paired test, corrected over all tasks.
    """
    from practicum.core.artifact import write_atomically
    from practicum.evaluate.checks.compare import compare
    from practicum.evaluate.told.kept import contamination_of, find_evaluation
    from practicum.evaluate.told.page import evaluation_page

    store = verbs.open_store(home)
    first, *rest = (find_evaluation(store, reference) for reference in (evaluation, *others))
    changes = [compare(first, other, on_shared=shared, seed=first.seed) for other in rest]
    if as_json:
        click.echo(json.dumps({"evaluations": [e.model_dump(mode="json") for e in (first, *rest)],
                               "comparisons": [asdict(c) for c in changes]}))  # fmt: skip
    else:
        click.echo(_told(store, [first, *rest], changes))
    if html:
        write_atomically(html, evaluation_page(first, changes, contamination_of(store, first)))
        click.echo(f"page   {html}", err=as_json)
    if gist:
        _export(first, gist, public, as_json)


def _told(
    store: Store, evaluations: list[Evaluation], changes: list[Comparison]
) -> str:  # fmt: skip
    """One evaluation whole; several as a row each and what changed."""
    from practicum.cli.stages import evaluation_text
    from practicum.evaluate.told.checked import comparison_table
    from practicum.evaluate.told.table import as_text, summary_table

    if not changes:
        return evaluation_text(store, evaluations[0])
    return as_text([summary_table(evaluations), *map(comparison_table, changes)])


def _export(evaluation: Evaluation, folder: Path, public: bool, as_json: bool) -> None:
    from practicum.evaluate.told.gist import export

    folder.mkdir(parents=True, exist_ok=True)
    made = export(evaluation, folder, public=public)
    lines = [f"file   {made.markdown}", *made.notes, f"  {made.gh}", "or", f"  {made.curl}"]
    click.echo("\n".join(lines), err=as_json)


@click.command()
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False), default=None,
              help="Write the leaderboard as a page with plots.")  # fmt: skip
@common
def leaderboard(
    html: Path | None, home: str | None, as_json: bool, quiet: bool, debug: bool
) -> None:  # fmt: skip
    """Rank what was evaluated here: only models that answered the same questions share a table."""
    from practicum.core.artifact import write_atomically
    from practicum.evaluate.told.kept import all_evaluations
    from practicum.evaluate.told.leaderboard import leaderboard_page, leaderboard_text

    found = all_evaluations(verbs.open_store(home))
    if as_json:
        click.echo(json.dumps([e.model_dump(mode="json", exclude={"suites"}) | {
            "suites": {s.suite: {"score": s.score, "ci95": s.ci95, "is_mini": s.is_mini}
                       for s in e.suites}} for e in found]))  # fmt: skip
    else:
        click.echo(leaderboard_text(found) if found else
                   "No evaluation of a suite yet: practicum eval MODEL --suite nous")  # fmt: skip
    if html:
        write_atomically(html, leaderboard_page(found))
        click.echo(f"page   {html}", err=as_json)
