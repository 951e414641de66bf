"""S4d: ten configurations in Axolotl's keys are read, and what is misspelt in one is named with what was meant."""

from __future__ import annotations

from typing import Any

import nltk
import pytest
import yaml

from practicum.core.errors import nearest
from practicum.finetune.stage import FinetuneParams

approx = pytest.approx
CONCEPT, LAB = "axolotl", "before-the-night"


@pytest.fixture
def night(solved: Any) -> Any:
    """What the solution of the lab defined."""
    return solved(CONCEPT, LAB)


@pytest.mark.feature("S4d")
def test_ten_configurations_parse_without_a_complaint(night: Any) -> None:
    assert len(night.CONFIGS) == 10
    for name, config in night.CONFIGS.items():
        assert night.complaints(config) == [], name
        assert night.contradictions(config) == [], name
        assert isinstance(config["learning_rate"], float), name
        assert night.plan(config, 1000, 400)["updates"] > 0, name


@pytest.mark.feature("S4d")
def test_every_misspelt_key_of_the_ten_is_reported_and_nearly_all_with_the_right_one(
    night: Any,
) -> None:
    right = total = 0
    for name, text in night.TEXTS.items():
        for key in night.CONFIGS[name]:
            for wrong in (key[:-1], key[1:], key.replace("_", "-", 1), key + key[-1]):
                if wrong in night.KEYS:
                    continue
                config = night.read(text.replace(f"\n{key}:", f"\n{wrong}:", 1))
                (complaint,) = night.complaints(config)
                assert complaint[:2] == (wrong, "unknown"), name
                right += complaint[2] == key
                total += 1
    assert right / total > 0.97


@pytest.mark.feature("S4d")
def test_the_report_of_a_bad_file_is_complete(night: Any) -> None:
    assert night.complaints(night.read(night.NIGHT)) == [
        ("lora_rank", "unknown", "lora_r"),
        ("micro_batch_size", "type", "int"),
        ("gradient_acumulation_steps", "unknown", "gradient_accumulation_steps"),
        ("train_on_input", "unknown", "train_on_inputs"),
    ]


def test_reading_is_pyyamls_but_for_floats_and_doubles(night: Any) -> None:
    for name, text in night.TEXTS.items():
        plain = yaml.safe_load(text)
        for key, value in night.CONFIGS[name].items():
            assert value == plain[key] or value == float(plain[key])
    assert yaml.safe_load("seed: 1\nseed: 2") == {"seed": 2}  # what the reader refuses


def test_distance_is_nltks(night: Any) -> None:
    words = sorted(night.KEYS)[::4]
    for a in words:
        for b in words:
            assert night.distance(a, b) == nltk.edit_distance(a, b)


def test_suggestions_agree_with_the_packages_for_slips_of_one_letter(night: Any) -> None:
    agree = [
        night.nearest(key[:i] + key[i + 1 :], night.KEYS)
        == nearest(key[:i] + key[i + 1 :], night.KEYS)
        for key in night.KEYS
        for i in range(1, len(key))
    ]
    assert sum(agree) / len(agree) > 0.97  # difflib weighs beginnings otherwise


def test_translated_options_are_the_packages_own(night: Any) -> None:
    for config in night.CONFIGS.values():
        options, lost = night.translated(config)
        params = FinetuneParams(**options)
        if config["adapter"]:
            assert (params.rank, params.alpha) == (config["lora_r"], config["lora_alpha"])
        given = {key for key, value in config.items() if value is not None}
        pair = {"micro_batch_size", "gradient_accumulation_steps"}
        assert set(lost) | (given & set(night.WORDS)) | pair == given


def test_packing_ends_the_published_recipe_before_its_warm_up(night: Any) -> None:
    config = night.CONFIGS["02-code-llama-qlora.yml"]
    alone = night.plan(config | {"sample_packing": False}, 1000, 400)
    packed = night.plan(config, 1000, 400)
    assert (alone["updates"], packed["updates"]) == (294, 60)
    assert packed["warmup"] > 1 > alone["warmup"]


SLIPS = [
    ("if kind in (int, float) and isinstance(value, bool):", "if kind is str and isinstance(value, bool):",
     "complaints", "whole number 1"),
    ('get("warmup_steps") is not None and get("warmup_ratio") is not None',
     'bool(get("warmup_steps") and get("warmup_ratio"))', "contradictions", "nought is a value"),
    ("config[key] = float(value)", "float(value)", "read", "leaves learning_rate: 2e-4 as text"),
    ("if value is not None}\n    options", "}\n    options", "translated", "empty lora_alpha"),
]  # fmt: skip


def test_typical_slips_are_told_why(attempt: Any) -> None:
    outcome = attempt(CONCEPT, LAB, {right: wrong for right, wrong, _, _ in SLIPS})
    verdicts = {v.task: v for v in outcome.verdicts}
    for _, _, task, told in SLIPS:
        assert not verdicts[task].passed, task
        assert told in verdicts[task].why
