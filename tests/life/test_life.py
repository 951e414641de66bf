"""The first life, whole, at toy size: the shipped recipe with the tiny model in it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from conftest import toy_recipe

import practicum as pr
from practicum.core.events import Event, Finished
from practicum.core.recipe import carry_out
from practicum.core.stage import Made
from practicum.core.store import Store
from practicum.lineage.life import life_json, life_page, score_rows, scored_models
from practicum.models.references import resolve


def test_every_step_of_the_shipped_recipe_leaves_a_verified_artifact(
    life: dict[str, Made], tiny_store: Store
) -> None:
    assert set(life) == {s.name for s in toy_recipe().steps}
    for made in life.values():
        tiny_store.verify(made.artifact.digest)


def test_a_second_run_makes_nothing_and_gives_the_same_digests(
    life: dict[str, Made], tiny_store: Store
) -> None:
    heard: list[Event] = []
    again = carry_out(tiny_store, toy_recipe(), lambda r: resolve(tiny_store, r), threads=1,
                      listen=heard.append)  # fmt: skip
    assert all(e.cached for e in heard if isinstance(e, Finished))
    assert {n: m.artifact.digest for n, m in again.items()} == {
        n: m.artifact.digest for n, m in life.items()
    }


def test_test_questions_occur_neither_in_training_chats_nor_in_pairs(life: dict[str, Made]) -> None:
    lessons, pairs = life["lessons"].artifact, life["pairs"].artifact
    test = {r["messages"][-2]["content"] for r in lessons.rows("test.jsonl")}
    train = {r["messages"][-2]["content"] for r in lessons.rows("train.jsonl")}
    asked = {
        r["prompt"][-1]["content"]
        for s in ("train", "validation")
        for r in pairs.rows(f"{s}.jsonl")
    }
    assert test
    assert not test & train
    assert not test & asked


def test_every_model_is_scored_and_compared_with_the_right_parent(life: dict[str, Made]) -> None:
    parents = {s.name: s.parent for s in scored_models(life)}
    assert parents == {
        "base": None, "tuned": "base", "aligned": "tuned", "linear": "tuned", "slerp": "tuned",
        "q8": "slerp", "q4": "slerp",
    }  # fmt: skip


def test_the_page_is_self_contained_and_shows_every_model(
    life: dict[str, Made], tiny_store: Store
) -> None:
    page = life_page(tiny_store, toy_recipe(), life)
    assert "<script" not in page
    assert not re.search(r"(src|href)=[\"']?(https?:)?//", page)
    for name in ("base", "tuned", "aligned", "linear", "slerp", "q8", "q4"):
        assert f"{name}@{life[name].artifact.short}" in page
    assert page.count("<figure") >= 6
    assert page.count('role="img"') >= 6


def test_the_report_for_scripts_holds_every_run(life: dict[str, Made]) -> None:
    told = json.loads(life_json(toy_recipe(), life))
    assert set(told["steps"]) == set(life)
    assert len(score_rows(scored_models(life))) == 7


def test_cards_and_tree_are_computed_from_the_runs(
    life: dict[str, Made], tiny_store: Store
) -> None:
    card = pr.card("q8", tiny_store)
    assert f"slerp@{life['slerp'].artifact.short}" in card
    tree = pr.tree(tiny_store)
    assert "merge slerp t=0.5" in tree
    assert tree.index("tuned@") < tree.index("aligned@")


def test_the_command_line_runs_a_recipe_and_names_the_next_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    life: dict[str, Made], tiny_store: Store,
) -> None:  # fmt: skip
    from practicum.cli.main import main

    recipe = tmp_path / "mine.yaml"
    recipe.write_text(toy_recipe().text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    main(["life", "mine.yaml", "--home", str(tiny_store.home), "--threads", "1"])
    out = capsys.readouterr().out
    assert "nothing had to be made again" in out
    assert "next: practicum chat" in out
    assert (tmp_path / "mine" / "report.html").is_file()
    assert (tmp_path / "mine" / "cards" / "tuned.md").read_text().startswith("---")
