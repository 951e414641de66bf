"""Licences add up along the family, with the way each one came."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from practicum.lineage.licence import GROUPS, TABLE, classify, effective_licences, summary
from practicum.lineage.tree import family

if TYPE_CHECKING:
    from conftest import Past


def test_a_merge_inherits_the_licence_of_data_three_steps_up_with_its_path(life: Past) -> None:
    claims = effective_licences(family(life.store), life.digest("q4"))
    shared = [c for c in claims if c.word == "share-alike"]
    assert [(c.licence, c.path) for c in shared] == [
        ("CC-BY-SA-4.0", tuple(life.label(n) for n in ("lessons", "tuned", "slerp", "q4")))
    ]
    told = summary(family(life.store), life.digest("q4"))
    assert (told.word, told.licence) == ("share-alike", "cc-by-sa-4.0")
    assert "cannot loosen" in told.reasons[-1]


def test_a_model_remembers_the_licences_of_data_that_is_no_longer_there(life: Past) -> None:
    life.delete("lessons")
    told = summary(family(life.store), life.digest("q4"))
    shared = [c for c in told.claims if c.word == "share-alike"]
    assert [c.path for c in shared] == [tuple(life.label(n) for n in ("tuned", "slerp", "q4"))]
    assert told.word == "share-alike"


def test_one_restricted_parent_restricts_the_merge(past: Past) -> None:
    past.artifact("open", license="mit")
    past.artifact("closed", license="CC-BY-NC-4.0")
    past.artifact("blank")
    past.artifact("blend", license="mit")
    past.run("merge", "blend", ("open", "closed", "blank"))
    past.name("closed", "blend")
    told = summary(family(past.store), past.digest("blend"))
    assert told.word == "restricted"
    assert told.reasons[0] == (
        "restricted: CC-BY-NC-4.0 (no commercial use), "
        f"from {past.label('closed')} → {past.label('blend')}"
    )
    assert [c.word for c in told.claims] == ["restricted", "unknown", "permissive", "permissive"]


@pytest.mark.parametrize(
    "licence",
    ["limited", "not-mit", "mit license", "permitted", "apache", "cc-by-nc", "unlicensed", "other"],
)
def test_a_licence_is_compared_whole_and_unknown_is_not_a_guess(licence: str) -> None:
    assert classify(licence)[0] == "unknown"


@pytest.mark.parametrize(
    ("licence", "word"),
    [("MIT", "permissive"), (" Apache-2.0 ", "permissive"), ("bsd-3-clause", "permissive"),
     ("CC0-1.0", "permissive"), ("cc-by-4.0", "permissive"), ("CC-BY-SA-4.0", "share-alike"),
     ("GPL-3.0-or-later", "share-alike"), ("AGPL-3.0", "share-alike"),
     ("cc-by-nc-sa-4.0", "restricted"), ("llama3.2", "restricted"), ("gemma", "restricted"),
     ("bigscience-openrail-m", "restricted"), (None, "unknown"), ("", "unknown")],
)  # fmt: skip
def test_known_ids_are_found_in_any_case(licence: str | None, word: str) -> None:
    assert classify(licence)[0] == word


def test_no_id_stands_in_two_groups() -> None:
    assert len(TABLE) == sum(len(ids.split()) for _, _, ids in GROUPS)


def test_a_model_of_unknown_origin_is_unknown_and_not_non_commercial(past: Past) -> None:
    past.artifact("found")
    past.artifact("tuned")
    past.run("finetune", "tuned", ("found",))
    told = summary(family(past.store), past.digest("tuned"))
    assert (told.word, told.licence) == ("unknown", "unknown")
    assert len(told.claims) == 1  # the root is silent; the child's silence adds nothing


def test_a_deleted_root_makes_the_licence_unknown(past: Past) -> None:
    past.artifact("root", license="mit")
    past.artifact("child")
    past.run("finetune", "child", ("root",))
    past.delete("root")
    told = summary(family(past.store), past.digest("child"))
    assert told.word == "unknown"
    assert "cannot be read" in told.reasons[0]


def test_a_model_trained_on_data_that_says_nothing_is_unknown(past: Past) -> None:
    past.artifact("rows", "text")
    past.artifact("model")
    past.run("pretrain", "model", ("rows",))
    told = summary(family(past.store), past.digest("model"))
    assert (told.word, told.claims) == ("unknown", ())


def test_two_deciding_licences_have_no_single_id(past: Past) -> None:
    past.artifact("a", license="llama3.2")
    past.artifact("b", license="gemma")
    past.artifact("blend")
    past.run("merge", "blend", ("a", "b"))
    assert summary(family(past.store), past.digest("blend")).licence == "other"


def test_a_loop_does_not_hang_the_licence(past: Past) -> None:
    past.artifact("a", license="mit")
    past.artifact("b")
    past.run("merge", "b", ("a",))
    past.run("merge", "a", ("b",))
    assert summary(family(past.store), past.digest("b")).word == "permissive"
