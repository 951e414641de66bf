"""`practicum judge`: a model says which of two is better, or grades one."""

from __future__ import annotations

from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from practicum.cli.options import common

if TYPE_CHECKING:
    from collections.abc import Iterator

    from practicum.core.messages import Chat
    from practicum.core.store import Store
    from practicum.evaluate.judging.session import Party


@click.command()
@click.argument("first")
@click.argument("last", required=False)
@click.option("--by", required=True, metavar="MODEL|URL", help="The judge: a model of the store, smol "
              "(embedded), or http://host:port/v1#model.")  # fmt: skip
@click.option("--questions", required=True, type=click.Path(path_type=Path),
              help="JSONL in MT-bench's layout, or its folder: question_id, category, turns; right "
              "answers in reference_answer*.jsonl beside it.")  # fmt: skip
@click.option(
    "--category", "categories", multiple=True, help="Only these, such as math; repeatable."
)
@click.option("--limit", type=click.IntRange(min=1), help="Only so many questions, the first ones.")
@click.option("--max-tokens", type=click.IntRange(min=1), default=256, show_default=True,
              help="Longest answer.")  # fmt: skip
@click.option("--threads", type=click.IntRange(min=1), default=None)
@click.option("--again", is_flag=True, help="Forget what an earlier run of this very command kept.")
@common
def judge(first: str, last: str | None, by: str, questions: Path, categories: tuple[str, ...],
          limit: int | None, max_tokens: int, threads: int | None, again: bool, home: str | None,
          as_json: bool, quiet: bool, debug: bool) -> None:  # fmt: skip
    """Let a model judge FIRST against LAST, or grade FIRST alone from 1 to 10.

    Every pair is judged in both orders; a preference counts only when both agree, and the share
    that changed is the judge's position bias. FIRST and LAST may be servers too, as --by. What
    was answered and judged is kept: the same command goes on after a kill.
    """
    from practicum import verbs
    from practicum.cli.bars import listener
    from practicum.core.errors import UsageError
    from practicum.core.messages import Sampling
    from practicum.evaluate.judging.questions import read_questions
    from practicum.evaluate.judging.session import Session

    store = verbs.open_store(home)
    asked = read_questions(questions)
    known = sorted({q.category for q in asked})
    asked = [q for q in asked if not categories or q.category in categories][:limit]
    if not asked:
        raise UsageError("no question is of that category", hint=", ".join(known))
    parties = [_party(spec, store, threads) for spec in (first, *([last] if last else []), by)]
    if last and parties[0].key == parties[1].key:
        raise UsageError(f"{first} and {last} are the same model")
    with listener(quiet) as listen:
        session = Session(store.home, asked, Sampling(max_tokens=max_tokens), listen, again)
        report = session.compare(*parties) if last else session.grade(*parties)
    if as_json:
        click.echo(report.model_dump_json(exclude_none=True))
        return
    click.echo(report.title)
    for metric in report.metrics:
        click.echo(f"{metric.name:<32} {metric}")
    for note in report.notes:
        click.echo(note)
    click.echo("next: practicum arena, to vote yourself")


def _party(spec: str, store: Store, threads: int | None) -> Party:
    """Who answers or judges.  Raises PracticumError when there is no such model."""
    from practicum import verbs
    from practicum.evaluate.judging.session import Party
    from practicum.tutor.phrase import SMOL

    def opened() -> AbstractContextManager[Chat]:
        return _opened(spec, store, threads)

    if spec.startswith(("http://", "https://")):
        return Party(spec.rpartition("#")[2] or spec, spec, opened)
    if spec == "smol" and spec not in store.names():
        return Party(SMOL, SMOL, opened)
    return Party(spec, verbs.resolve(spec, store).digest, opened)


@contextmanager
def _opened(spec: str, store: Store, threads: int | None) -> Iterator[Chat]:
    from practicum.core.errors import PracticumError
    from practicum.tutor.phrase import open_backend

    with open_backend(spec, store, threads) as chat:
        if chat is None:
            raise PracticumError(f"'{spec}' is no model", hint="practicum models")
        yield chat
