"""The verbs that look: chat, tree, card, models, runs, gc."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from practicum import verbs
from practicum.cli.bars import clock
from practicum.cli.options import common
from practicum.core.artifact import canonical_json
from practicum.core.errors import Complaint, IntegrityError
from practicum.core.messages import Message, Sampling
from practicum.core.store import Store


@click.command()
@click.argument("model")
@click.argument("question", required=False)
@click.option("--adapter", default=None, help="A LoRA adapter to lay over MODEL.")
@click.option("--max-tokens", type=click.IntRange(min=1), default=256, show_default=True)
@click.option("--temperature", type=click.FloatRange(min=0), default=0.0, show_default=True)
@click.option("--top-p", type=click.FloatRange(0, 1), default=1.0, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--threads", type=click.IntRange(min=1), default=None)
@common
def chat(model: str, question: str | None, adapter: str | None, threads: int | None,
         home: str | None, as_json: bool, quiet: bool, debug: bool, **sampling: Any) -> None:  # fmt: skip
    """Talk with MODEL: one QUESTION, or a conversation when none is given.

    A question can also come from standard input:  echo "47 + 38 =" | practicum chat tuned
    """
    digest = verbs.resolve(model, home).digest
    if question is None and not sys.stdin.isatty():
        question = sys.stdin.read().strip()
    with verbs.open_chat(model, adapter=adapter, home=home, threads=threads) as engine:
        history: list[Message] = []
        while True:
            said = question if question is not None else _ask()
            if not said:
                return
            history.append(Message(role="user", content=said))
            answer = ""
            for piece in engine.stream(history, Sampling(**sampling)):
                answer += piece
                if not as_json:
                    click.echo(harmless(piece), nl=False)
            if as_json:
                click.echo(canonical_json({"model": digest, "question": said, "answer": answer}))
            else:
                click.echo()
            history.append(Message(role="assistant", content=answer))
            if question is not None:
                return


def _ask() -> str:
    try:
        return input("you: ").strip()
    except EOFError:
        return ""


def harmless(text: str) -> str:
    """Model output without control characters: it must not drive the terminal."""
    return "".join(c for c in text if c in "\n\t" or c.isprintable())


@click.command()
@click.option("--data/--no-data", "with_data", default=False, help="Show datasets too.")
@click.option("--format", "form", type=click.Choice(["text", "json", "mermaid", "svg"]), default="text",
              show_default=True)  # fmt: skip
@common
def tree(
    with_data: bool, form: str, home: str | None, as_json: bool, quiet: bool, debug: bool
) -> None:
    """Show how every model in the store came to be."""
    from practicum.lineage.drawing import draw
    from practicum.lineage.members import to_json
    from practicum.lineage.tree import family, text_tree, to_mermaid

    kin = family(verbs.open_store(home))
    if as_json or form == "json":
        click.echo(json.dumps(to_json(kin), indent=1, ensure_ascii=False))
    elif form == "mermaid":
        click.echo(to_mermaid(kin, with_data=with_data))
    elif form == "svg":
        click.echo(draw(kin, "The family tree of this store", with_data=with_data))
    else:
        click.echo(text_tree(kin, with_data=with_data) or "nothing yet      try: practicum life")


@click.command()
@click.argument("model")
@common
def card(model: str, home: str | None, as_json: bool, quiet: bool, debug: bool) -> None:
    """Show MODEL's card: how it was made, from what, how good it is, what its licence asks."""
    text = verbs.card(model, verbs.open_store(home))
    click.echo(canonical_json({"card": text}) if as_json else text)


@click.command()
@click.argument("action", type=click.Choice(["list", "verify"]), default="list")
@click.argument("reference", required=False)
@click.option("--all", "everything", is_flag=True, help="Reports and data too, not models only.")
@common
def models(action: str, reference: str | None, everything: bool, home: str | None, as_json: bool,
           quiet: bool, debug: bool) -> None:  # fmt: skip
    """List what is in the store, or re-hash it: practicum models verify [REFERENCE]."""
    store = verbs.open_store(home)
    if action == "verify":
        _verify([verbs.resolve(reference, store).digest] if reference else store.digests(),
                store, as_json)  # fmt: skip
        return
    names: dict[str, list[str]] = {}
    for name, digest in store.names().items():
        names.setdefault(digest, []).append(name)
    wanted = [a for a in store.artifacts() if everything or a.kind in ("model", "adapter")]
    if as_json:
        rows = [a.model_dump(mode="json") | {"names": names.get(a.digest, [])} for a in wanted]
        click.echo(canonical_json(rows))
        return
    for a in sorted(wanted, key=lambda a: (a.kind, names.get(a.digest, ["~"]))):
        form = a.meta.get("format", "")
        who = ", ".join(names.get(a.digest, [])) or f"({a.meta.get('name', 'unnamed')})"
        click.echo(f"{a.short}  {a.kind:<8} {form:<11} {a.size_bytes / 1e6:>9,.1f} MB  {who}")
    if not wanted:
        click.echo("nothing yet      try: practicum life", err=True)


def _verify(digests: list[str], store: Store, as_json: bool) -> None:
    wrong: list[Complaint] = []
    for digest in digests:
        try:
            store.verify(digest)
        except IntegrityError as error:
            wrong += error.complaints
    if wrong:
        raise IntegrityError(*wrong)
    if as_json:
        click.echo(canonical_json({"verified": digests}))
    else:
        click.echo(f"{len(digests)} artifacts verified: every file is what its digest says")


@click.command()
@click.argument("run_id", required=False)
@common
def runs(run_id: str | None, home: str | None, as_json: bool, quiet: bool, debug: bool) -> None:
    """List what was run, newest last, or show one run in full."""
    store = verbs.open_store(home)
    if run_id:
        click.echo(store.run(run_id).model_dump_json(indent=1, exclude_none=True))
        return
    found = store.runs()
    if as_json:
        click.echo(canonical_json([r.model_dump(mode="json", exclude={"report"}) for r in found]))
        return
    for r in found:
        memory = f"{r.peak_memory_bytes / 1e6:>6,.0f} MB" if r.peak_memory_bytes else " " * 9
        click.echo(
            f"{r.id}  {r.stage:<9} {clock(r.seconds):>6}  {memory}  {r.output[:8]}  {r.report.title}"
        )
    if not found:
        click.echo("nothing yet      try: practicum life", err=True)


@click.command()
@click.option("--yes", is_flag=True, help="Delete; without it, only show.")
@click.option("--cache", is_flag=True, help="Also empty the download cache.")
@common
def gc(yes: bool, cache: bool, home: str | None, as_json: bool, quiet: bool, debug: bool) -> None:
    """Delete what no name reaches, and what killed jobs left behind; shown first."""
    import shutil

    store = verbs.open_store(home)
    dead = store.unreachable()
    left = store.leftovers()
    if cache and (store.home / "cache").is_dir():
        left.append(store.home / "cache")
    if as_json:
        click.echo(canonical_json({"artifacts": [a.digest for a in dead], "deleted": yes,
                                   "folders": [str(p) for p in left]}))  # fmt: skip
    else:
        for a in dead:
            click.echo(
                f"{a.short}  {a.kind:<8} {a.size_bytes / 1e6:>9,.1f} MB  {a.meta.get('name', '')}"
            )
        for path in left:
            click.echo(f"{path}")
    if yes:
        for a in dead:
            store.delete(a)
        for path in left:
            shutil.rmtree(path, ignore_errors=True)
    if not as_json:
        total = sum(a.size_bytes for a in dead) / 1e6
        verb = "deleted" if yes else "would be deleted; practicum gc --yes deletes"
        click.echo(f"{len(dead)} artifacts, {total:,.1f} MB, and {len(left)} folders {verb}")
