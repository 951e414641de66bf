"""A random little model, and tasks of every sort with rows of their own."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from practicum.text.tokenizer import CHATML, save_tokenizer, train_bpe

WORDS = ("the", "king", "queen", "bread", "salt", "river", "stone", "old", "new", "speaks", "runs", "eats",
         "sees", "under", "over", "red")  # fmt: skip
CHOICE = """\
task: own_choice
dataset_path: own/choice
output_type: multiple_choice
training_split: train
test_split: test
num_fewshot: 2
doc_to_text: "Question: {{q}}\\nAnswer:"
doc_to_choice: options
doc_to_target: gold
metric_list:
  - metric: acc
    aggregation: mean
    higher_is_better: true
  - metric: acc_norm
    aggregation: mean
    higher_is_better: true
metadata:
  version: 3.0
"""
LAST = """\
task: own_last
dataset_path: own/last
output_type: loglikelihood
test_split: test
doc_to_text: "{{q}}"
doc_to_target: " {{end}}"
metric_list:
  - metric: perplexity
    aggregation: perplexity
    higher_is_better: false
  - metric: acc
    aggregation: mean
    higher_is_better: true
"""
PROSE = """\
task: own_prose
dataset_path: own/prose
output_type: loglikelihood_rolling
test_split: test
doc_to_text: ""
doc_to_target: "{{text}}"
metric_list:
  - metric: word_perplexity
    aggregation: weighted_perplexity
    higher_is_better: false
  - metric: bits_per_byte
    aggregation: bits_per_byte
    higher_is_better: false
"""
WRITTEN = """\
task: own_written
dataset_path: own/written
output_type: generate_until
test_split: test
doc_to_text: "Q: {{q}}\\nA:"
doc_to_target: "{{a}}"
generation_kwargs:
  until: ["\\n\\n"]
  max_gen_toks: 6
  do_sample: false
metric_list:
  - metric: exact_match
    aggregation: mean
    higher_is_better: true
filter_list:
  - name: letter
    filter:
      - function: regex
        regex_pattern: "([a-m])"
      - function: take_first
  - name: whole
    filter:
      - function: remove_whitespace
      - function: take_first
"""
TASKS = {"own_choice": CHOICE, "own_last": LAST, "own_prose": PROSE, "own_written": WRITTEN}


@dataclass(frozen=True)
class Own:
    """Folders of a model, of task YAML, of rows."""

    model: Path
    tasks: Path
    data: Path

    def options(self, *names: str) -> dict[str, object]:
        """What the verb needs to run these tasks; all of them when none is named."""
        return {"task": ",".join(names or TASKS), "include": str(self.tasks),
                "data": str(self.data), "threads": 1}  # fmt: skip


def sentence(rng: random.Random, n: int) -> str:
    return " ".join(rng.choice(WORDS) for _ in range(n))


def write_rows(path: Path, rows: list[dict[str, object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def little_model(folder: Path) -> Path:
    """A random Llama whose answers depend on its whole context of 512 tokens."""
    folder.mkdir()
    special = {"bos_token": "<|endoftext|>", "eos_token": "<|im_end|>"}
    texts = [sentence(random.Random(i), 12) + "\nQuestion: Answer: Q: A:" for i in range(40)]
    backend = train_bpe(texts, 330, ["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
    save_tokenizer(folder, backend, CHATML, special)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=backend.get_vocab_size(), hidden_size=32, intermediate_size=48,
        num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
        max_position_embeddings=512, bos_token_id=0, eos_token_id=2,
    )  # fmt: skip
    model = LlamaForCausalLM(config)
    for parameter in model.parameters():
        if parameter.ndim > 1:
            parameter.data *= 3
    model.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def own(tmp_path_factory: pytest.TempPathFactory) -> Own:
    """Four tasks of four sorts, 24 questions each, and a model that answers them."""
    root, rng = tmp_path_factory.mktemp("own"), random.Random(5)
    made = Own(little_model(root / "little"), root / "tasks", root / "data")
    made.tasks.mkdir()
    for name, text in TASKS.items():
        (made.tasks / f"{name}.yaml").write_text(text)
    for split, n in (("train", 9), ("test", 24)):
        rows: list[dict[str, object]] = [
            {"q": sentence(rng, 5), "gold": rng.randrange(4),
             "options": [sentence(rng, k) for k in (1, 2, 3, 1)]}
            for _ in range(n)
        ]  # fmt: skip
        write_rows(made.data / "own_choice" / f"{split}.jsonl", rows)
    write_rows(made.data / "own_last" / "test.jsonl",
               [{"q": sentence(rng, 6), "end": rng.choice(WORDS)} for _ in range(24)])  # fmt: skip
    write_rows(made.data / "own_prose" / "test.jsonl",
               [{"text": sentence(rng, rng.randrange(4, 40))} for _ in range(24)])  # fmt: skip
    write_rows(made.data / "own_written.jsonl",
               [{"q": sentence(rng, 4), "a": rng.choice("abcdefghijklm")} for _ in range(24)])  # fmt: skip
    return made
