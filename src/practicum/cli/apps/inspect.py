"""practicum inspect: what is trained, token by token, and what is wrong with it."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from practicum import verbs
from practicum.cli.look import harmless
from practicum.cli.options import common
from practicum.core.artifact import canonical_json
from practicum.text.named import MODEL, TEMPLATES

if TYPE_CHECKING:
    from practicum.core.artifact import Artifact
    from practicum.text.looking import Finding
    from practicum.train.inspection import Counts, Inspection, Token

BETWEEN, LINE_BREAK, REST = "│", "⏎", "·"


@click.command()
@click.argument("model")
@click.argument("chats")
@click.option(
    "--row", type=click.IntRange(min=1), default=1, show_default=True, help="Which row is shown."
)
@click.option("--ids", is_flag=True, help="One token a line, with its id.")
@click.option(
    "--template",
    type=click.Choice([MODEL, *TEMPLATES]),
    default=MODEL,
    show_default=True,
    help="Render with another template than the model's own.",
)
@click.option(
    "--max-tokens",
    type=click.IntRange(min=9),
    default=1024,
    show_default=True,
    help="Longer rows are left out of training.",
)
@click.option(
    "--row-tokens",
    type=click.IntRange(min=64),
    default=256,
    show_default=True,
    help="Tokens in one packed row.",
)
@common
def inspect(model: str, chats: str, row: int, ids: bool, template: str, home: str | None, as_json: bool,
            quiet: bool, debug: bool, **options: Any) -> None:  # fmt: skip
    """Show what tuning MODEL on CHATS would train, token by token, and everything wrong with it.

    CHATS are chats or preference pairs: an artifact, or a file in any format that practicum data
    reads; of splits, the training rows. Every row is looked at, one is shown. Exit code 1 when
    finetune or align would refuse these rows.
    """
    rows = verbs.own_rows(chats, None, home)
    found = verbs.inspect(model, rows, home=home, template=template, **options)
    example = found.example(row)
    if as_json:
        click.echo(canonical_json(_as_json(found, row, example)))
    else:
        for text in _page(found, row, example, ids, _next(model, chats, rows, template)):
            click.echo(text)
    if found.refused:
        click.get_current_context().exit(1)


def _next(model: str, chats: str, rows: Artifact, template: str) -> str:
    verb = "align" if rows.kind == "pairs" else "finetune"
    other = "" if template == MODEL else f" --template {template}"
    return f"practicum {verb} {model} {chats}{other}"


def _as_json(found: Inspection, row: int, example: dict[str, list[Token]]) -> dict[str, Any]:
    return {
        "kind": found.kind,
        "read": found.told,
        "counts": dataclasses.asdict(found.counts),
        "row": row,
        "tokens": {k: [dataclasses.asdict(t) for t in v] for k, v in example.items()},
        "findings": [dataclasses.asdict(f) for f in found.findings],
        "notes": list(found.notes),
        "refused": found.refused,
    }


def _styled() -> bool:
    return sys.stdout.isatty()


def _page(found: Inspection, row: int, example: dict[str, list[Token]], ids: bool,
          follow: str) -> Iterable[str]:  # fmt: skip
    styled = _styled()
    yield found.told
    yield from _count_lines(found.kind, found.counts)
    for name, tokens in example.items():
        trained = sum(t.trained for t in tokens)
        which = f"row {row}" + (f", {name}" if found.kind == "pairs" else "")
        yield f"\n{which}   {len(tokens):,} tokens, {trained:,} trained\n"
        yield "\n".join(_table(tokens, styled)) if ids else _running(tokens, styled)
    if not ids:
        legend = _painted("trained") if styled else "⟦trained⟧"
        rest = any(not t.text for tokens in example.values() for t in tokens)
        yield f"\n{legend}   {BETWEEN} between tokens   {LINE_BREAK} a line break" + (
            f"   {REST} more bytes of the character before" if rest else ""
        )
    yield ""
    yield from found.notes
    yield from (_finding_line(f, styled) for f in found.findings)
    if found.refused:
        yield "training would refuse these rows"
    else:
        yield f"{'nothing else' if found.findings else 'nothing'} is wrong   next: {follow}"


def _count_lines(kind: str, counts: Counts) -> Iterable[str]:
    word = {"chat": "chats", "pairs": "pairs, twice their prompt"}[kind]
    yield (f"rows      {counts.n_rows:,} {word}: {counts.n_tokens:,} tokens, {counts.n_trained:,} "
           f"trained ({counts.n_trained / max(1, counts.n_tokens):.0%}), "
        f"{counts.n_prompt_trained:,} of them in prompts")  # fmt: skip
    over = (f"{counts.n_over:,} longer than {counts.max_tokens:,} would be left out"
            if counts.n_over else f"none is longer than {counts.max_tokens:,}")  # fmt: skip
    yield f"longest   row {counts.longest_row:,} with {counts.longest:,} tokens; {over}"
    yield (f"packed    {counts.n_packed:,} rows of {counts.row_tokens:,}: {counts.n_computed:,} "
           "tokens are computed, shared beginnings once")  # fmt: skip


def _finding_line(finding: Finding, styled: bool) -> str:
    word = "refused" if finding.refuses else "note"
    mark = click.style(word, fg="red" if finding.refuses else "yellow", bold=True)
    where = f"{finding.where}: " if finding.rows else ""
    gap = " " * (10 - len(word))
    return (f"{mark if styled else word}{gap}{where}{harmless(finding.what)}"
            f"\n          try: {harmless(finding.hint)}")  # fmt: skip


# -- tokens ----------------------------------------------------------------------------------


def _visible(text: str) -> str:
    """The text of a token so that nothing of it is hidden, and nothing drives the terminal."""
    shown = "".join(
        LINE_BREAK if c == "\n" else c if c.isprintable() else ascii(c)[1:-1] for c in text
    )
    return shown or REST


def _painted(text: str) -> str:
    return click.style(text, fg="green", bold=True, underline=True)


def _running(tokens: list[Token], styled: bool) -> str:
    """The text as it runs; what is trained is coloured, bold and underlined, or in brackets."""
    parts, inside = [], False
    for i, token in enumerate(tokens):
        if inside and not token.trained and not styled:
            parts.append("⟧")
        if i and not tokens[i - 1].text.endswith("\n"):
            parts.append(click.style(BETWEEN, dim=True) if styled else BETWEEN)
        if token.trained and not inside and not styled:
            parts.append("⟦")
        inside = token.trained
        shown = _visible(token.text)
        parts.append(_painted(shown) if styled and token.trained else shown)
        parts.append("\n" if token.text.endswith("\n") else "")
    return "".join(parts).rstrip("\n") + ("⟧" if inside and not styled else "")


def _table(tokens: list[Token], styled: bool) -> Iterable[str]:
    for place, token in enumerate(tokens):
        word = "trained" if token.trained else ""
        line = f"{place:>6} {token.id:>8}  {word:<8} {BETWEEN}{_visible(token.text)}{BETWEEN}"
        yield click.style(line, fg="green", bold=True) if styled and token.trained else line
