"""Axolotl's YAML as settings of ours: every key is read, explained, or refused with a suggestion."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from practicum.core.errors import Complaint, RecipeError, nearest
from practicum.core.recipe import read_yaml

# Keys with a meaning here. A value that cannot be is told with its line.
READ = (
    "base_model", "base_model_config", "adapter", "lora_r", "lora_alpha", "lora_dropout",
    "lora_target_modules", "lora_rank_pattern", "peft_use_rslora", "peft_use_dora",
    "loraplus_lr_ratio", "datasets", "test_datasets", "val_set_size", "sequence_len",
    "sample_packing", "micro_batch_size", "gradient_accumulation_steps", "num_epochs", "max_steps",
    "learning_rate", "lr_scheduler", "cosine_min_lr_ratio", "warmup_steps", "warmup_ratio",
    "weight_decay", "max_grad_norm", "optimizer", "neftune_noise_alpha", "seed", "chat_template",
    "rl", "rl_beta", "orpo_alpha", "early_stopping_patience", "shuffle_merged_datasets", "merge_lora",
)  # fmt: skip
OPTIMIZERS = ("adamw_torch", "adamw_torch_fused", "adamw_hf", "adamw_bnb_8bit", "adamw_8bit",
              "paged_adamw_8bit", "paged_adamw_32bit")  # fmt: skip
SCHEDULES = ("cosine", "linear", "constant")
TEMPLATES = {"chatml": "chatml", "llama3": "llama-3", "llama2": "llama-2", "gemma": "gemma",
             "alpaca": "alpaca", "zephyr": "zephyr", "mistral_v1": "mistral", "inst": "mistral",
             "tokenizer_default": "model"}  # fmt: skip
LOSSES = ("dpo", "ipo", "kto", "orpo", "simpo")


@dataclass(frozen=True)
class Source:
    """A dataset as the file names it."""

    path: str
    kind: str


@dataclass
class Config:
    """What an Axolotl file asks for, in its own units.

    notes  keys that change nothing here, each with the reason
    """

    base_model: str = ""
    method: str = "lora"
    rank: int = 8
    alpha: float = 16.0
    dropout: float = 0.0
    targets: str = "all-linear"
    rank_pattern: dict[str, int] = field(default_factory=dict)
    rslora: bool = False
    dora: bool = False
    lora_plus: float = 1.0
    datasets: list[Source] = field(default_factory=list)
    validation_share: float = 0.0
    sequence: int = 2048
    packing: bool = False
    micro_batch: int = 1
    accumulation: int = 1
    epochs: int = 1
    max_steps: int = 0
    rate: float = 2e-4
    schedule: str = "cosine"
    rate_floor: float = 0.0
    warmup: float = 0.0
    weight_decay: float = 0.0
    clip: float = 1.0
    neftune: float = 0.0
    seed: int = 42
    loss: str = ""
    beta: float | None = None
    template: str = "model"
    notes: list[str] = field(default_factory=list)

    @property
    def batch(self) -> int:
        """Examples of an update."""
        return self.micro_batch * self.accumulation


def read_axolotl(path: Path) -> Config:
    """The settings in a file.  Raises RecipeError with every complaint, each with its line."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path}: cannot be read: {error}") from None
    return parse_axolotl(text, path.name)


def is_axolotl(text: str) -> bool:
    """Whether a YAML looks like Axolotl's, and not like a recipe of ours."""
    return "base_model:" in text and "\nsteps:" not in f"\n{text}"


def parse_axolotl(text: str, name: str = "config.yml") -> Config:
    """The settings in a text.  Raises RecipeError with every complaint, each with its line."""
    data, where = read_yaml(text, name)
    if not isinstance(data, dict):
        raise RecipeError(Complaint("an Axolotl config is a mapping", f"{name}:1"))
    config, wrong = Config(), []
    idle, refused = _table()["idle"], _table()["refused"]
    for key, value in data.items():
        at = where((key,))
        if key in READ:
            wrong += _read(config, key, value, at)
        elif value in (None, False, "", [], {}):
            if key not in idle and key not in refused:
                wrong.append(_unknown(key, at))
        elif key in idle:
            if key == "train_on_inputs":
                wrong.append(Complaint(f"{key}: prompts are never trained here", at, "false"))
            config.notes.append(f"{key}: {idle[key]}")
        elif key in refused:
            wrong.append(Complaint(f"{key}: not done here", at, refused[key]))
        else:
            wrong.append(_unknown(key, at))
    wrong += _lacking(config, data, name)
    if wrong:
        raise RecipeError(*sorted(wrong, key=lambda c: int((c.where or ":0").rsplit(":", 1)[1])))
    return config


@cache
def _table() -> dict[str, dict[str, str]]:
    return tomllib.loads(files("practicum.finetune").joinpath("keys.toml").read_text("utf-8"))


def known_keys() -> list[str]:
    """Every key of Axolotl's that is known here, whatever becomes of it."""
    return sorted({*READ, *_table()["idle"], *_table()["refused"]})


def _unknown(key: str, at: str) -> Complaint:
    return Complaint(f"{key}: unknown key", at, nearest(key, known_keys()) or "docs/training.md")


def _lacking(config: Config, data: dict[str, Any], name: str) -> list[Complaint]:
    wrong = []
    if not config.base_model:
        wrong.append(Complaint("base_model: is required", f"{name}:1"))
    if not data.get("datasets"):
        wrong.append(
            Complaint("datasets: is required", f"{name}:1", "datasets: [{path: …, type: …}]")
        )
    return wrong


# -- one key --------------------------------------------------------------------------------------

Kind = Callable[[Any], Any]


def _number(value: Any) -> float:
    if isinstance(value, bool):
        raise ValueError
    return float(value)


def _whole(value: Any) -> int:
    number = _number(value)
    if number != int(number) or number < 0:
        raise ValueError
    return int(number)


def _steps(value: Any) -> int:
    """One step is what the loop warms up for anyway; as 1 it would be a share, all of them."""
    found = _whole(value)
    return found if found > 1 else 0


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError
    return value


PLAIN: dict[str, tuple[str, Kind, str]] = {
    "base_model": ("base_model", str, "a name"), "lora_r": ("rank", _whole, "a whole number"),
    "lora_alpha": ("alpha", _number, "a number"), "lora_dropout": ("dropout", _number, "a number"),
    "peft_use_rslora": ("rslora", _truth, "true or false"),
    "peft_use_dora": ("dora", _truth, "true or false"),
    "loraplus_lr_ratio": ("lora_plus", _number, "a number"),
    "val_set_size": ("validation_share", _number, "a number"),
    "sequence_len": ("sequence", _whole, "a whole number"),
    "sample_packing": ("packing", _truth, "true or false"),
    "micro_batch_size": ("micro_batch", _whole, "a whole number"),
    "gradient_accumulation_steps": ("accumulation", _whole, "a whole number"),
    "num_epochs": ("epochs", _whole, "a whole number"),
    "max_steps": ("max_steps", _whole, "a whole number"),
    "learning_rate": ("rate", _number, "a number"),
    "cosine_min_lr_ratio": ("rate_floor", _number, "a number"),
    "warmup_steps": ("warmup", _steps, "a whole number"),
    "warmup_ratio": ("warmup", _number, "a number"),
    "weight_decay": ("weight_decay", _number, "a number"),
    "max_grad_norm": ("clip", _number, "a number"),
    "neftune_noise_alpha": ("neftune", _number, "a number"),
    "seed": ("seed", _whole, "a whole number"), "rl_beta": ("beta", _number, "a number"),
    "orpo_alpha": ("beta", _number, "a number"),
}  # fmt: skip


def _read(config: Config, key: str, value: Any, at: str) -> list[Complaint]:
    """Put one key's value into the config; what is wrong with it."""
    if value is None:
        return []
    if key in PLAIN:
        name, kind, wanted = PLAIN[key]
        try:
            setattr(config, name, kind(value))
        except (TypeError, ValueError):
            return [Complaint(f"{key}: {value!r} is not {wanted}", at)]
        return []
    special = SPECIAL.get(key)
    return special(config, value, at) if special else _noted(config, key)


def _noted(config: Config, key: str) -> list[Complaint]:
    config.notes.append(f"{key}: accepted, changes nothing here")
    return []


def _adapter(config: Config, value: Any, at: str) -> list[Complaint]:
    if value in ("lora", "qlora", "", False):
        config.method = value or "full"
        return []
    return [
        Complaint(f"adapter: '{value}' is not known", at, "lora or qlora; empty trains everything")
    ]


def _targets(config: Config, value: Any, at: str) -> list[Complaint]:
    if value == "all-linear" or (
        isinstance(value, list) and all(isinstance(v, str) for v in value)
    ):
        config.targets = value if isinstance(value, str) else ",".join(value)
        return []
    return [Complaint("lora_target_modules: a list of names", at, "[q_proj, v_proj]")]


def _pattern(config: Config, value: Any, at: str) -> list[Complaint]:
    if isinstance(value, dict) and all(isinstance(v, int) for v in value.values()):
        config.rank_pattern = {str(k): v for k, v in value.items()}
        return []
    return [Complaint("lora_rank_pattern: names with ranks", at, "{down_proj: 32}")]


def _datasets(config: Config, value: Any, at: str) -> list[Complaint]:
    wrong = []
    for entry in value if isinstance(value, list) else [value]:
        if not isinstance(entry, dict) or "path" not in entry:
            wrong.append(Complaint("datasets: each has a path and a type", at))
            continue
        kind = entry.get("type", "chat_template")
        name = kind if isinstance(kind, str) else "user_defined"
        config.datasets.append(Source(str(entry["path"]), name))
    return wrong


def _choice(key: str, name: str, known: tuple[str, ...]) -> Any:
    def read(config: Config, value: Any, at: str) -> list[Complaint]:
        if value in known:
            if name:
                setattr(config, name, value)
            return []
        return [Complaint(f"{key}: '{value}' is not done here", at,
                          nearest(str(value), known) or ", ".join(known))]  # fmt: skip

    return read


def _rl(config: Config, value: Any, at: str) -> list[Complaint]:
    if value == "grpo":
        return [Complaint("rl: grpo", at, "practicum reinforce MODEL CHATS")]
    found: list[Complaint] = _choice("rl", "loss", LOSSES)(config, value, at)
    return found


def _optimizer(config: Config, value: Any, at: str) -> list[Complaint]:
    if value in OPTIMIZERS:
        if value != "adamw_torch":
            config.notes.append(f"optimizer: {value} is AdamW in float32 here")
        return []
    return [Complaint(f"optimizer: '{value}' is not done here", at, "adamw_torch")]


def _patience(config: Config, value: Any, at: str) -> list[Complaint]:
    config.notes.append("early_stopping_patience: look_every and patience in a recipe")
    return []


def _template(config: Config, value: Any, at: str) -> list[Complaint]:
    if isinstance(value, str) and value in TEMPLATES:
        config.template = TEMPLATES[value]
        return []
    return [Complaint(f"chat_template: '{value}' is not known here", at,
                      nearest(str(value), TEMPLATES) or ", ".join(TEMPLATES))]  # fmt: skip


SPECIAL: dict[str, Callable[[Config, Any, str], list[Complaint]]] = {
    "adapter": _adapter, "lora_target_modules": _targets, "lora_rank_pattern": _pattern,
    "datasets": _datasets, "rl": _rl, "optimizer": _optimizer, "chat_template": _template,
    "lr_scheduler": _choice("lr_scheduler", "schedule", SCHEDULES),
    "early_stopping_patience": _patience,
}  # fmt: skip
