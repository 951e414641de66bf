# %% [markdown]
# # Before the night
# Ten configuration files in Axolotl's keys lie beside this script, with the settings of public recipes. You will write what
# should stand between such a file and a night of training: a reader that is not fooled by YAML, a search for misspelt
# keys, a search for contradictions, the numbers that follow from the file, and a translation. Nothing is trained here.

# %%
import math
from pathlib import Path

import yaml

TEXTS = {path.name: path.read_text(encoding="utf-8") for path in sorted(Path().glob("[0-9]*.yml"))}
TYPES = {
    str: "base_model tokenizer_type model_type adapter rl chat_template optimizer lr_scheduler output_dir deepspeed "
    "dataset_prepared_path resume_from_checkpoint wandb_project lora_model_dir",
    int: "lora_r lora_alpha sequence_len micro_batch_size gradient_accumulation_steps num_epochs max_steps warmup_steps "
    "evals_per_epoch saves_per_epoch logging_steps early_stopping_patience seed",
    float: "learning_rate lora_dropout val_set_size warmup_ratio weight_decay max_grad_norm adam_beta1 adam_beta2",
    bool: "load_in_4bit load_in_8bit sample_packing pad_to_sequence_len group_by_length train_on_inputs fp16 tf32 strict "
    "gradient_checkpointing flash_attention lora_target_linear peft_use_rslora trust_remote_code",
    list: "datasets lora_target_modules eot_tokens",
    dict: "special_tokens",
    object: "bf16",  # true, false or auto
}
KEYS = {key: kind for kind, keys in TYPES.items() for key in keys.split()}

# %% [markdown]
# ## Read it, and do not be fooled
# PyYAML keeps to YAML 1.1, where a number needs a point before its exponent: `learning_rate: 2e-4` is *text*. And of a
# key that stands there twice, it takes the last and says nothing. Your reader turns text that Python's float() understands
# into numbers, for keys of the kind float, and raises ValueError for a key that comes twice at the top.


# %%
def read(text):
    """The configuration as a dictionary."""
    keys = [key.value for key, _ in yaml.compose(text).value]
    for key in keys:
        if keys.count(key) > 1:
            raise ValueError(f"{key} is given twice")
    config = yaml.safe_load(text)
    for key, value in config.items():
        if KEYS.get(key) is float and isinstance(value, str):
            try:
                config[key] = float(value)
            except ValueError:
                pass
    return config


# %%
CONFIGS = {name: read(text) for name, text in TEXTS.items()}
print("what PyYAML makes of 2e-4:", repr(yaml.safe_load("learning_rate: 2e-4")["learning_rate"]))
for name, config in CONFIGS.items():
    print(
        f"{name:30s} {config['adapter'] or 'all weights':12s} rate {config['learning_rate']:<8g} {config['base_model']}"
    )

# %% [markdown]
# ## Did you mean …?
# The edit distance of two words is the least number of letters to insert, delete or replace. Build it row by row: each
# cell is the cheapest of its left neighbour + 1, its upper neighbour + 1, and the diagonal + (letters differ).


# %%
def distance(a, b):
    """The edit distance of two words."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, start=1):
        new = [i]
        for j, y in enumerate(b, start=1):
            new.append(min(new[j - 1] + 1, row[j] + 1, row[j - 1] + (x != y)))
        row = new
    return row[-1]


def nearest(word, known):
    """The known word at the least distance, if that is at most a third of the word's length; else None."""
    best = min(sorted(known), key=lambda other: distance(word, other))
    return best if distance(word, best) <= len(word) // 3 else None


# %%
for word in (
    "lora_rank",
    "learning_rte",
    "micro_batchsize",
    "num_epoch",
    "sequence_length",
    "temperature",
):
    print(f"{word:16s} -> {nearest(word, KEYS)}")

# %% [markdown]
# ## Complain
# Go through the file's keys in their order. An unknown key gives (key, "unknown", nearest key or None). A known one whose
# value has the wrong kind gives (key, "type", name of the kind). Empty values are fine, whole numbers may stand for
# floats, and anything is fine for bf16. But `true` is not a whole number, although Python thinks so.


# %%
def complaints(config):
    """A list of (key, what is wrong, what would be right)."""
    found = []
    for key, value in config.items():
        if key not in KEYS:
            found.append((key, "unknown", nearest(key, KEYS)))
            continue
        kind = KEYS[key]
        if value is None or kind is object:
            continue
        if kind in (int, float) and isinstance(value, bool):
            fits = False
        elif kind is float:
            fits = isinstance(value, (int, float))
        else:
            fits = isinstance(value, kind)
        if not fits:
            found.append((key, "type", kind.__name__))
    return found


# %%
print(
    "complaints about the ten files:", sum(len(complaints(config)) for config in CONFIGS.values())
)
NIGHT = """
base_model: mistralai/Mistral-7B-v0.1
adapter: qlora
lora_rank: 64
lora_alpha: 16
learning_rate: 2e-4
micro_batch_size: "2"
gradient_acumulation_steps: 8
num_epochs: 3
sample_packing: yes
train_on_input: false
"""
for complaint in complaints(read(NIGHT)):
    print(*complaint)

# %% [markdown]
# ## Keys that contradict each other
# Each key may be right and the file still wrong. Give the names of the rules that are broken, in this order:
#
# * `no-4bit`: the adapter is qlora, and load_in_4bit is not true
# * `no-rank`: the adapter is lora or qlora, and lora_r is missing or empty
# * `no-target`: the same, with neither lora_target_linear nor lora_target_modules
# * `two-warmups`: warmup_steps and warmup_ratio are both given
# * `two-precisions`: bf16 and fp16 are both true


# %%
def contradictions(config):
    """The names of the broken rules, in the order above."""
    get = config.get
    adapts = get("adapter") in ("lora", "qlora")
    rules = {
        "no-4bit": get("adapter") == "qlora" and not get("load_in_4bit"),
        "no-rank": adapts and get("lora_r") is None,
        "no-target": adapts and not get("lora_target_linear") and not get("lora_target_modules"),
        "two-warmups": get("warmup_steps") is not None and get("warmup_ratio") is not None,
        "two-precisions": get("bf16") is True and get("fp16") is True,
    }
    return [name for name, broken in rules.items() if broken]


# %%
print(
    "the ten files:",
    sum(len(contradictions(config)) for config in CONFIGS.values()),
    "contradictions",
)
print("the night's:  ", contradictions(read(NIGHT)))

# %% [markdown]
# ## What follows from it
# n examples of so many tokens on average. First val_set_size leaves: a fraction of them (rounded) if it is below 1, else
# that many. With sample_packing, rows are filled to sequence_len: rows = examples · tokens / sequence_len, rounded up.
# A batch is micro_batch_size · gradient_accumulation_steps · GPUs rows; an epoch has rows / batch updates, rounded up; and
# max_steps, if given, decides instead of num_epochs. The warm-up is warmup_steps, or warmup_ratio of the updates.


# %%
def plan(config, n, tokens, gpus=1):
    """{"rows", "batch", "updates", "warmup"}: rows of an epoch, rows an update, updates, and the share that warms up."""
    get = config.get
    held = get("val_set_size") or 0
    n -= round(held * n) if held < 1 else int(held)
    rows = math.ceil(n * tokens / config["sequence_len"]) if get("sample_packing") else n
    batch = config["micro_batch_size"] * config["gradient_accumulation_steps"] * gpus
    updates = get("max_steps") or math.ceil(rows / batch) * config["num_epochs"]
    warm = (
        config["warmup_steps"] / updates
        if get("warmup_steps") is not None
        else get("warmup_ratio") or 0.0
    )
    return {"rows": rows, "batch": batch, "updates": updates, "warmup": warm}


# %%
print(
    "file                            rows  batch  updates  warm-up      (1,000 examples of 400 tokens)"
)
for name, config in CONFIGS.items():
    p = plan(config, 1000, 400)
    note = "   never leaves its warm-up" if p["warmup"] >= 1 else ""
    print(f"{name:30s} {p['rows']:5d} {p['batch']:6d} {p['updates']:8d} {p['warmup']:8.0%}{note}")

# %% [markdown]
# ## Translate
# Other tools have other words. For this package: lora_r → rank, lora_alpha → alpha, learning_rate → lr_peak, num_epochs →
# epochs, sequence_len → max_tokens; and rows_per_update is micro_batch_size · gradient_accumulation_steps. Give what
# translates (keys with a value only), and the list of all other keys that have a value: what would be lost.

# %%
WORDS = {
    "lora_r": "rank",
    "lora_alpha": "alpha",
    "learning_rate": "lr_peak",
    "num_epochs": "epochs",
    "sequence_len": "max_tokens",
}


def translated(config):
    """(options, lost): a dictionary in the other tool's words, and the keys that have no counterpart, in their order."""
    given = {key: value for key, value in config.items() if value is not None}
    options = {WORDS[key]: value for key, value in given.items() if key in WORDS}
    pair = "micro_batch_size", "gradient_accumulation_steps"
    options["rows_per_update"] = given.get(pair[0], 1) * given.get(pair[1], 1)
    return options, [key for key in given if key not in WORDS and key not in pair]


# %%
options, lost = translated(CONFIGS["02-code-llama-qlora.yml"])
print(
    "practicum finetune MODEL CHATS "
    + " ".join(f"--{key.replace('_', '-')} {value}" for key, value in options.items())
)
print("lost:", ", ".join(lost))
