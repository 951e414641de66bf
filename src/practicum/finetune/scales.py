"""One published config at three sizes: a tiny model, SmolLM2, or the model it names as a plan."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import yaml

from practicum.core.errors import Complaint, PracticumError, nearest
from practicum.finetune.axolotl import Config, parse_axolotl, read_axolotl
from practicum.models.shapes import GB, LINEAR, Memory, Shape, find_shape, training_memory

Scale = Literal["own", "tiny", "smol", "paper"]
TINY: dict[str, Any] = {"updates": 80, "n_vocab": 512, "context": 64, "windows_per_update": 16}
SUMS = {"min_terms": 2, "max_terms": 2, "min_digits": 1, "max_digits": 2}
ROWS = {"tiny": {"train": 160, "validation": 32, "test": 32},
        "smol": {"train": 400, "validation": 40, "test": 60}}  # fmt: skip
ROW_TOKENS = {"tiny": 256, "smol": 512}
FASTER = {"tiny": 10.0, "smol": 4.0}  # small models take, and need, larger steps
EPOCHS = {"tiny": 8, "smol": 2}
# Preferences of a tiny model are about manners: it cannot add, so it cannot prefer right sums.
MANNERS = "manners.jsonl"
TINY_PAIR_EPOCHS = 20
LEAST_UPDATES = 60  # of a small training: fewer would show nothing
TFLOPS = 120.0  # of an A100 in bfloat16, at 38 % of its 312
DOLLARS_AN_HOUR = 1.9  # for one, rented, in 2024


def recipe_text(config: Config, scale: Scale, name: str, data: str | None = None) -> str:
    """The config as a recipe of ours: base, rows, training, scores before and after.

    scale  own: the model and the rows that the file names; tiny, smol: small ones in their place
    data   the user's rows instead
    Raises  PracticumError when the rows that the file names are not files here.
    """
    kind = "pairs" if config.loss else "chat"
    if scale == "own" and not data:
        data = _own_rows(config)
    steps: dict[str, Any] = {"base": _base(config, scale), "rows": _rows(config, scale, kind, data)}
    steps["tuned"] = {
        "stage": "align" if config.loss else "finetune",
        "inputs": ["base", "rows"],
        "params": params_of(config, scale),
        "seed": config.seed,
    }
    if not data:
        if config.loss:
            steps["questions"] = _rows(config, scale, "chat", None)
        asked = "questions" if config.loss else "rows"
        for step, model in (("before", "base"), ("after", "tuned")):
            inputs: dict[str, str] = {"model": model, "chats": asked}
            if step == "after":
                inputs["baseline"] = "before"
            steps[step] = {"stage": "evaluate", "inputs": inputs,
                           "params": {"max_tokens": 12, "speed": False}}  # fmt: skip
    body = {"practicum": 1, "title": f"{name}, at {scale} scale", "steps": steps}
    return yaml.safe_dump(body, sort_keys=False, allow_unicode=True)


def _own_rows(config: Config) -> str:
    """The one file of rows that a config names."""
    paths = [source.path for source in config.datasets]
    away = [p for p in paths if not Path(p).expanduser().is_file()]
    if away or len(paths) != 1:
        what = f"{', '.join(away)}: no file here" if away else "one file of rows is read"
        raise PracticumError(Complaint(f"datasets: {what}", hint="--rows FILE, or --scale tiny"))
    return paths[0]


def _base(config: Config, scale: str) -> dict[str, Any]:
    if scale == "own":
        own = config.base_model
        is_here = Path(own).expanduser().exists() or "/" not in own
        return {"stage": "import", "params": {"source": own if is_here else f"hf:{own}"}}
    if scale == "tiny":
        return {"stage": "pretrain", "params": TINY, "seed": 3}
    return {"stage": "import", "params": {"source": "smollm2-135m-instruct"}}


def published_names() -> list[str]:
    """The configs that ship with us."""
    folder = resources.files("practicum").joinpath("recipes", "published")
    return sorted(f.name.removesuffix(".yml") for f in folder.iterdir() if f.name.endswith(".yml"))


def find_config(name: str) -> Config:
    """The config in a file, or one that ships with us, by name.

    Raises  RecipeError with every complaint of a file; PracticumError for an unknown name.
    """
    path = Path(name).expanduser()
    if path.is_file():
        return read_axolotl(path)
    if name not in published_names():
        close = nearest(name, published_names()) or ", ".join(published_names())
        raise PracticumError(Complaint(f"no config '{name}'", hint=close))
    file = resources.files("practicum").joinpath("recipes", "published", f"{name}.yml")
    return parse_axolotl(file.read_text("utf-8"), f"{name}.yml")


def _rows(config: Config, scale: str, kind: str, data: str | None) -> dict[str, Any]:
    if data:
        share = {"validation_share": config.validation_share or 0.05, "test_share": 0.05}
        return {"stage": "data", "inputs": [data], "params": {"form": kind, **share}}
    if kind == "pairs" and scale == "tiny":
        file = resources.files("practicum").joinpath("recipes", "published", MANNERS)
        return {"stage": "data", "inputs": [str(file)],
                "params": {"form": kind, "validation_share": 0.25, "test_share": 0.0}}  # fmt: skip
    tasks = {"chain_sum": {**ROWS[scale], "settings": SUMS}}
    return {"stage": "data", "params": {"form": kind, "tasks": tasks}}


def params_of(config: Config, scale: Scale) -> dict[str, Any]:
    """The config's settings as parameters of `finetune` or `align`.

    On small models ranks, scales, dropout, schedule, clipping and penalties are the published
    ones; the learning rate is raised, and epochs are repeated until there is something to see.
    """
    found: dict[str, Any] = {
        "method": config.method, "rank": config.rank, "alpha": config.alpha,
        "dropout": config.dropout, "targets": config.targets, "rslora": config.rslora,
        "dora": config.dora, "lora_plus": config.lora_plus,
        "lr_peak": config.rate, "schedule": config.schedule, "rate_floor": config.rate_floor,
        "warmup": config.warmup, "weight_decay": config.weight_decay, "clip": config.clip,
        "row_tokens": config.sequence, "max_tokens": config.sequence,
        "rows_per_update": config.batch, "epochs": config.epochs, "updates": config.max_steps,
        "template": config.template if scale == "own" else "model",
    }  # fmt: skip
    if scale in FASTER:
        found |= {
            "lr_peak": min(0.5, config.rate * FASTER[scale]), "row_tokens": ROW_TOKENS[scale],
            "warmup": min(config.warmup, 0.1 * LEAST_UPDATES), "rows_per_update": 1, "updates": 0,
            "epochs": max(config.epochs, EPOCHS[scale]), "max_tokens": 1024,
        }  # fmt: skip
    if config.rank_pattern:
        found["rank_pattern"] = config.rank_pattern
    if config.loss:
        found["loss"] = config.loss
        if config.beta is not None:
            found["beta"] = config.beta
        if scale in FASTER:  # preferences are published at 1e-6 and less
            found["lr_peak"] = max(found["lr_peak"], 5e-4)
        if scale == "tiny":
            found["lr_peak"] = 1e-3
            found["epochs"] = TINY_PAIR_EPOCHS
    elif config.neftune:
        found["neftune"] = config.neftune
    return found


@dataclass(frozen=True)
class Bill:
    """What the published run would take.

    n_trained   of n_parameters, adapter included; steps of `batch` examples
    hours       on one GPU of TFLOPS, none of it measured here
    """

    name: str
    shape: Shape
    n_trained: int
    n_parameters: int
    memory: Memory
    examples: int | None
    steps: int | None
    batch: int
    tokens: int | None
    hours: float | None

    @property
    def dollars(self) -> float | None:
        """The hours in dollars."""
        return None if self.hours is None else self.hours * DOLLARS_AN_HOUR


def bill(config: Config, rows: int | None = None) -> Bill:
    """The bill of a config for the model it names.

    rows  examples of the dataset, where known; else the dataset's published size
    Raises  PracticumError when the model's shape is not known.
    """
    shape = find_shape(config.base_model)
    targets = LINEAR if config.targets == "all-linear" else tuple(config.targets.split(","))
    whole = config.method == "full"
    try:
        n_trained = shape.n_parameters if whole else shape.n_adapter(config.rank, targets)
    except PracticumError as error:
        raise PracticumError(Complaint(f"lora_target_modules: {error}")) from error
    memory = training_memory(
        shape, n_trained, four_bits=config.method == "qlora",
        batch_tokens=config.micro_batch * config.sequence,
        optimizer_bytes=8.0,
    )  # fmt: skip
    examples = rows or _published(config)
    steps = config.max_steps or (
        -(-examples * config.epochs // config.batch) if examples else None
    )  # fmt: skip
    tokens = steps * config.batch * config.sequence if steps else None
    # Forwards 2 floating-point operations a weight, backwards 2 more through frozen weights and
    # 2 for the trained ones; and forwards once more with checkpointing.
    flops = None if tokens is None else tokens * (6 * shape.n_parameters + 2 * n_trained)
    hours = None if flops is None else flops / (TFLOPS * 1e12) / 3600
    total = shape.n_parameters + (0 if whole else n_trained)
    return Bill(config.base_model, shape, n_trained, total, memory, examples, steps, config.batch,
                tokens, hours)  # fmt: skip


# Rows of datasets that published recipes name.
SIZES = {
    "mlabonne/guanaco-llama2-1k": 1000, "mlabonne/Evol-Instruct-Python-1k": 1000,
    "mlabonne/mini-platypus": 1000, "Intel/orca_dpo_pairs": 12859,
    "mlabonne/orpo-dpo-mix-40k": 44245, "mlabonne/FineTome-100k": 100000,
}  # fmt: skip


def _published(config: Config) -> int | None:
    found = [SIZES.get(d.path) or _lines(d.path) for d in config.datasets]
    return sum(n for n in found if n) if all(found) else None


def _lines(path: str) -> int | None:
    file = Path(path).expanduser()
    if not file.is_file():
        return None
    with file.open("rb") as stream:
        return sum(1 for line in stream if line.strip())


def bill_text(found: Bill) -> str:
    """The bill, line by line."""
    memory = found.memory
    lines = [
        f"{found.name}: {found.shape.n_parameters:,} parameters",
        f"trained      {found.n_trained:,} = {found.n_trained / found.n_parameters:.4%}",
        f"memory       {memory.total / GB:.1f} GB: weights {memory.weights / GB:.1f}, trained and "
        f"its optimizer {(memory.trained + memory.optimizer + memory.gradients) / GB:.1f}, "
        f"activations {memory.activations / GB:.1f}",
    ]
    if found.steps is not None and found.hours is not None and found.dollars is not None:
        known = f"{found.examples:,} examples, " if found.examples else ""
        lines += [
            f"steps        {found.steps:,} of {found.batch} examples ({known}at most "
            f"{found.tokens:,} tokens)",
            f"time         {_hours(found.hours)} at {TFLOPS:.0f} TFLOP/s, {found.dollars:.2f} $ at "
            f"{DOLLARS_AN_HOUR} $ an hour: an estimate, nothing of it was run",
        ]
    else:
        lines.append("steps        not known: the size of the dataset is not")
    return "\n".join(lines) + "\n"


def _hours(hours: float) -> str:
    return f"{hours:.1f} h" if hours >= 1 else f"{max(1, round(hours * 60))} min"
