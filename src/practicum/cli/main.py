"""`practicum VERB`: parse, call one function, print its value.

This module imports nothing but click, so that help is there at once; each verb's module is
imported when the verb is used.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Any

import click

COURSE = "practicum.cli.course"

# Verb → (module:command, one line of help), in the order of a model's life and of a learner's day.
SECTIONS = {
    "life": "A model's life",
    "studio": "The course",
    "doctor": "Housekeeping",
}  # what begins where
VERBS = {
    "life": ("practicum.cli.life:life", "Run a recipe: the first life of a model, or yours."),
    "import": ("practicum.cli.stages:import_", "Bring a model into the store."),
    "data": ("practicum.cli.stages:data", "Make chats, preference pairs or texts."),
    "pretrain": ("practicum.cli.stages:pretrain", "Train a tiny model and tokenizer from nothing."),
    "finetune": ("practicum.cli.stages:finetune", "Tune a model on chats (LoRA)."),
    "align": (
        "practicum.cli.stages:align",
        "Align a model with preference pairs (DPO and its kin).",
    ),
    "reward": ("practicum.cli.stages:reward", "Teach a model to judge answers, from pairs."),
    "reinforce": ("practicum.cli.stages:reinforce", "Learn from rewards: GRPO, PPO."),
    "launch": ("practicum.cli.apps.launch:launch", "Train on several processes, GPUs, machines."),
    "merge": ("practicum.cli.stages:merge", "Merge models into one."),
    "quantize": ("practicum.cli.stages:quantize", "Store a model in fewer bits (GGUF)."),
    "evaluate": ("practicum.cli.stages:evaluate", "Measure a model's scorecard."),
    "eval": ("practicum.cli.stages:eval_", "Score a model on suites of public tasks."),
    "report": ("practicum.cli.apps.report:report", "Tell, compare or export evaluations."),
    "leaderboard": ("practicum.cli.apps.report:leaderboard", "Rank what was evaluated here."),
    "judge": ("practicum.cli.apps.judge:judge", "Let a model judge two others, or grade one."),
    "arena": ("practicum.cli.apps.arena:arena", "Rank models by your votes in the blind arena."),
    "inspect": ("practicum.cli.apps.inspect:inspect", "See what is trained, token by token."),
    "chat": ("practicum.cli.look:chat", "Talk with a model."),
    "tree": ("practicum.cli.look:tree", "Show the family tree."),
    "card": ("practicum.cli.look:card", "Show a model's card, computed from its history."),
    "models": ("practicum.cli.look:models", "List what is in the store, or verify it."),
    "runs": ("practicum.cli.look:runs", "List what was run, or show one run."),
    "gc": ("practicum.cli.look:gc", "Delete what no name reaches, after showing it."),
    "studio": ("practicum.cli.apps.studio:studio", "The course and the tools, in the browser."),
    "map": (f"{COURSE}.map:map_", "The map of the course, and where you stand."),
    "next": (f"{COURSE}.map:next_", "What to do now, and why."),
    "learn": (f"{COURSE}.lessons:learn", "Read a lesson."),
    "watch": (f"{COURSE}.labs:watch", "Work on a lab: it runs again on every save."),
    "check": (f"{COURSE}.labs:check", "Run a lab and its checks once."),
    "hint": (f"{COURSE}.labs:hint", "A nudge for a lab's task."),
    "solution": (f"{COURSE}.labs:solution", "A lab's model solution, after you passed."),
    "reset": (f"{COURSE}.labs:reset", "Start a lab over; your work is kept."),
    "notebook": (f"{COURSE}.lessons:notebook", "A lab as a notebook, for Jupyter or Colab."),
    "quiz": (f"{COURSE}.quiz:quiz", "Questions, chosen by what you know."),
    "review": (f"{COURSE}.quiz:review", "Questions whose answers are about to fade."),
    "testout": (f"{COURSE}.quiz:testout", "Show that you know a chapter already."),
    "ask": (
        "practicum.cli.apps.ask:ask",
        "Ask the tutor; it cites the course, or says that it cannot.",
    ),
    "progress": (f"{COURSE}.progress:progress", "What you learned; export and import it."),
    "certificate": (f"{COURSE}.progress:certificate", "A page that proves what you know."),
    "verify": (f"{COURSE}.check:verify", "Recompute every number in the lessons."),
    "doctor": ("practicum.cli.doctor:doctor", "Check this installation and say what is missing."),
    "dev": ("practicum.cli.dev:dev", "Tools for developers: features, docs, check-course."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called, not when they are listed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in VERBS:
            return None
        module, attribute = VERBS[name][0].split(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # the reader has gone (`practicum runs | head`): nothing is wrong
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        shown: list[tuple[str, list[tuple[str, str]]]] = []
        for name, (_, text) in VERBS.items():
            if name in SECTIONS:
                shown.append((SECTIONS[name], []))
            shown[-1][1].append((name, text))
        for title, rows in shown:
            with formatter.section(title):
                formatter.write_dl(rows)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in VERBS and not args[0].startswith("-"):
            import difflib

            close = difflib.get_close_matches(args[0], VERBS, n=1)
            hint = f"Did you mean '{close[0]}'?" if close else "practicum --help lists the verbs."
            ctx.fail(f"No such verb '{args[0]}'. {hint}")
        return super().resolve_command(ctx, args)


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Start with: practicum map, or practicum life",
)
@click.version_option(package_name="practicum", prog_name="practicum")
def cli() -> None:
    """The LLM course you can run: a language model's whole life on one machine."""


def main(args: list[str] | None = None) -> None:
    """Run the command line; exit codes: 0 done, 1 you can fix it, 2 usage, 3 our bug."""
    arguments = sys.argv[1:] if args is None else args
    try:
        code = cli.main(args=arguments, prog_name="practicum", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except (KeyboardInterrupt, click.Abort):
        click.echo("stopped; the same command resumes", err=True)  # click has ended the ^C line
        sys.exit(130)
    except Exception as error:
        sys.exit(_explain(error, "--debug" in arguments))
    if code:  # without standalone mode, click returns the code of Exit
        sys.exit(code)


def _explain(error: Exception, debug: bool) -> int:
    from practicum.core.errors import PracticumError

    if debug:
        import traceback

        traceback.print_exception(error)
    if isinstance(error, PracticumError):
        click.echo(str(error), err=True)
        return error.exit_code
    click.echo(f"{type(error).__name__}: {error}", err=True)
    click.echo("this is our bug; run it again with --debug and report what it prints", err=True)
    return 3


if __name__ == "__main__":
    main()
