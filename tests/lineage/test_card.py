"""The card is computed, parses, and says everything the store knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from practicum.core.errors import PracticumError
from practicum.lineage.card import card

if TYPE_CHECKING:
    from conftest import Past


def front_matter(text: str) -> dict[str, Any]:
    _, front, _ = text.split("---\n", 2)
    values = yaml.safe_load(front)
    assert isinstance(values, dict)
    return values


def test_the_front_matter_lists_every_parent_and_the_computed_licence(life: Past) -> None:
    assert front_matter(card(life.store, life.digest("slerp"))) == {
        "license": "cc-by-sa-4.0",
        "base_model": [life.label("tuned"), life.label("aligned")],
        "base_model_relation": "merge",
        "library_name": "practicum",
        "tags": ["practicum"],
        "pipeline_tag": "text-generation",
    }


@pytest.mark.parametrize(
    ("name", "relation"),
    [("tuned", "finetune"), ("aligned", "finetune"), ("linear", "merge"), ("q4", "quantized"),
     ("base", None)],
)  # fmt: skip
def test_the_relation_is_one_that_a_hub_knows(life: Past, name: str, relation: str | None) -> None:
    front = front_matter(card(life.store, life.digest(name)))
    assert front.get("base_model_relation") == relation
    assert ("base_model" in front) == (relation is not None)


def test_an_adapter_is_an_adapter_whoever_made_it(past: Past) -> None:
    past.artifact("base", license="mit")
    past.artifact("lora", "adapter", base=past.digest("base"))
    past.run("finetune", "lora", ("base",))
    front = front_matter(card(past.store, past.digest("lora")))
    assert front["base_model_relation"] == "adapter"


def test_hostile_names_break_neither_the_yaml_nor_the_markdown(past: Past) -> None:
    evil = "a\"b'c: [x]\n---\nlicense: mit\n# <script>alert(1)</script> | `tick`"
    past.artifact(evil, license="no\n---\nsuch: thing")
    past.artifact("child|<b>", origin_note="see\n## Files\n<img src=x>")
    past.run("finetune", "child|<b>", (evil,), note="`|`\n# x")
    text = card(past.store, past.digest("child|<b>"))
    front = front_matter(text)
    assert front["license"] == "unknown"
    assert len(front["base_model"]) == 1
    assert "\n" not in front["base_model"][0]
    assert text.count("\n## Files\n") == 1
    head = text.split("## How it was made")[0].split("---\n")[-1]
    assert "<b>" not in head
    assert "<img" not in text


def test_the_card_tells_the_whole_recipe_with_parameters_and_seed(life: Past) -> None:
    text = card(life.store, life.digest("q4"))
    steps = [line.split("**")[1] for line in text.splitlines() if line[:1].isdigit()]
    assert steps == ["import", "data", "data", "finetune", "align", "merge", "quantize"]
    assert '{"rank": 16, "lr_peak": 0.0002}' in text  # what is None is not printed
    assert "seed 7, 12.5 s, peak 2.0 GB" in text
    assert "In all 87.5 s." in text
    assert f"> `{life.label('base')}`: Restored from a Q4\\_1 file." in text


def test_evaluations_of_this_very_model_are_a_table_with_intervals(life: Past) -> None:
    aligned = card(life.store, life.digest("aligned"))
    assert "| accuracy ↑ | 0.71 | 0.67 – 0.75 | 512 | fraction |" in aligned
    assert "| loss | 1.25 | not given | not given | nats |" in aligned
    assert "Not measured yet." in card(life.store, life.digest("tuned"))
    # the data of an evaluation is not what was measured
    assert "accuracy" not in card(life.store, life.digest("slerp"))


def test_data_is_listed_with_its_licences_declared_or_not(past: Past) -> None:
    past.artifact("base", license="mit")
    past.artifact("open", "chat", licenses=["Apache-2.0", "CC-BY-SA-4.0"])
    past.artifact("mute", "chat")
    past.artifact("model")
    past.run("finetune", "model", ("base", "open", "mute"))
    text = card(past.store, past.digest("model"))
    assert "| chat | 160 B | Apache-2.0, CC-BY-SA-4.0 |" in text
    assert "| chat | 160 B | not declared |" in text


def test_files_versions_and_the_next_command_are_there(life: Past) -> None:
    text = card(life.store, life.digest("aligned"))
    for name, entry in life.made["aligned"].files.items():
        assert name in text
        assert entry.sha256 in text
    assert "practicum chat aligned\n" in text
    assert "practicum 0.1, torch 2" in text


def test_an_unnamed_model_is_used_by_its_digest(past: Past) -> None:
    past.artifact("; rm -rf ~", license="mit")
    text = card(past.store, past.digest("; rm -rf ~"))
    assert f"practicum chat {past.digest('; rm -rf ~')[:12]}\n" in text


def test_a_card_without_a_run_says_that_it_was_brought_in(past: Past) -> None:
    past.artifact("found")
    assert "no run of this store made it" in card(past.store, past.digest("found"))


def test_data_has_no_model_card(life: Past) -> None:
    with pytest.raises(PracticumError, match="a card is for a model"):
        card(life.store, life.digest("lessons"))
