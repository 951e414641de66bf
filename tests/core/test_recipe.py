from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from practicum.core.artifact import Artifact
from practicum.core.errors import RecipeError, UnknownReference
from practicum.core.events import Finished
from practicum.core.recipe import carry_out, check_references, parse_recipe, read_recipe
from practicum.core.stage import perform
from practicum.core.store import Store


def complaints(text: str) -> list[str]:
    """What is wrong with a recipe, one string a complaint."""
    with pytest.raises(RecipeError) as caught:
        parse_recipe(text, "story.yaml")
    assert str(caught.value).endswith("nothing was downloaded, nothing was written")
    return [str(c) for c in caught.value.complaints]


GOOD = """\
practicum: 1
title: Two counts and a join
seed: 7
steps:
  both: {stage: join, inputs: {first: ones, second: twos}, why: to join}
  twos: {stage: count, inputs: [ones], params: {n: 2}, seed: 9}
  ones:
    stage: count
    params: {n: 1, pause_s: 0.0}
    expect_s: 12.5
"""


# -- what is right ---------------------------------------------------------------------------


def test_steps_come_in_an_order_in_which_each_finds_its_inputs(toys: Any) -> None:
    recipe = parse_recipe(GOOD)
    assert recipe.title == "Two counts and a join"
    assert [s.name for s in recipe.steps] == ["ones", "twos", "both"]
    assert recipe.text == GOOD


def test_inputs_by_slot_and_by_position_are_the_same_recipe(toys: Any) -> None:
    by_slot = parse_recipe(GOOD)
    by_place = parse_recipe(GOOD.replace("{first: ones, second: twos}", "[ones, twos]"))
    turned = parse_recipe(
        GOOD.replace("{first: ones, second: twos}", "{second: twos, first: ones}")
    )
    assert by_slot.step("both").inputs == ("ones", "twos")
    assert by_place.step("both") == by_slot.step("both") == turned.step("both")


def test_many_inputs_by_slot_are_a_list(toys: Any) -> None:
    text = """\
practicum: 1
steps:
  a: {stage: count}
  b: {stage: count}
  all: {stage: pile, inputs: {texts: [b, a]}}
"""
    assert parse_recipe(text).step("all").inputs == ("b", "a")


def test_an_optional_slot_left_out_is_no_input(toys: Any) -> None:
    recipe = parse_recipe("practicum: 1\nsteps:\n  a: {stage: count, inputs: {texts: null}}\n")
    assert recipe.step("a").inputs == ()


def test_a_step_keeps_its_own_seed_and_takes_the_recipes_otherwise(toys: Any) -> None:
    recipe = parse_recipe(GOOD)
    assert (recipe.step("ones").seed, recipe.step("twos").seed) == (7, 9)
    assert parse_recipe(GOOD.replace("seed: 7\n", "")).step("ones").seed == 0


def test_params_are_typed_and_intent_and_times_are_read(toys: Any) -> None:
    recipe = parse_recipe(GOOD)
    assert recipe.step("twos").params == toys.module.CountParams(n=2)
    assert (recipe.step("both").why, recipe.step("ones").expect_s) == ("to join", 12.5)


# -- what is wrong: each with its file and line ----------------------------------------------


ONE = "practicum: 1\nsteps:\n  a:\n    stage: count\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "practicum: 1\nsede: 3\nsteps:\n  a: {stage: count}\n",
            "story.yaml:2  sede: unknown key      try: seed",
        ),
        (
            ONE + "    parms: {n: 1}\n",
            "story.yaml:5  parms: unknown key      try: params",
        ),
        (
            "practicum: 1\nsteps:\n  a:\n    stage: cuont\n",
            "story.yaml:4  stage: unknown 'cuont'      try: count",
        ),
        (
            "practicum: 1\nsteps:\n  b: {stage: count}\n  a:\n    why: no stage\n",
            "story.yaml:4  a: needs a stage      try: count, join, pile",
        ),
        (
            ONE + "    params:\n      n: 2\n      wrod: hi\n",
            "story.yaml:7  wrod: unknown parameter      try: word",
        ),
        (
            ONE + "    params:\n      word: hi\n      n: three\n",
            "story.yaml:7  n: input should be a valid integer, unable to parse string as an integer",
        ),
        (
            ONE + "    params:\n      n: 0\n",
            "story.yaml:6  n: input should be greater than 0",
        ),
        (
            ONE + "    params:\n      tags:\n        - 1\n        - two\n",
            "story.yaml:8  tags.1: input should be a valid integer, "
            "unable to parse string as an integer",
        ),
        (
            ONE + "    params: [1, 2]\n",
            "story.yaml:5  params: input should be a valid dictionary or instance of CountParams",
        ),
        (
            "practicum: 1\nsteps:\n  a: {stage: count}\n  b:\n    stage: join\n    inputs: [a]\n",
            "story.yaml:6  b: input 'second' is missing: join needs text",
        ),
        (
            "practicum: 1\nsteps:\n  b: {stage: join}\n",
            "story.yaml:3  b: input 'first' is missing: join needs text",
        ),
        (
            "practicum: 1\nsteps:\n  a: {stage: count, params: {kind: chat}}\n  b:\n"
            "    stage: count\n    inputs: [a]\n",
            "story.yaml:6  b: input 'texts' is chat, expected text",
        ),
        (
            "practicum: 1\nsteps:\n  a: {stage: count}\n  b:\n    stage: count\n    inputs:\n"
            "      txets: a\n",
            "story.yaml:7  txets: count has no such input      try: texts",
        ),
        (
            ONE + "    inputs:\n      texts: 3\n",
            "story.yaml:6  texts: must be a name or a list of names",
        ),
        (
            ONE + "    inputs:\n      texts: {a: b}\n",
            "story.yaml:6  texts: must be a name or a list of names",
        ),
        (
            "practicum: 1\nsteps:\n  a: {stage: count}\n  b:\n    stage: join\n    inputs:\n"
            "      first: [a, a]\n",
            "story.yaml:7  first: takes one name, 2 are given",
        ),
        (
            ONE + "    inputs: a\n",
            "story.yaml:5  inputs: must be names, in order or by slot",
        ),
        (
            ONE + "    seed: soon\n",
            "story.yaml:5  seed: must be a whole number",
        ),
        (
            ONE + "    expect_s: soon\n",
            "story.yaml:5  expect_s: must be a number of seconds",
        ),
        (
            "practicum: 1\nseed: 1.5\nsteps:\n  a: {stage: count}\n",
            "story.yaml:2  seed: must be a whole number",
        ),
        (
            "practicum: 2\nsteps:\n  a: {stage: count}\n",
            "story.yaml:1  practicum: must be 1, the recipe format",
        ),
        (
            "practicum: 1\nsteps:\n  Big:\n    stage: count\n",
            "story.yaml:3  'Big' cannot name an artifact      try: big",
        ),
        (
            "practicum: 1\nsteps:\n  a: count\n",
            "story.yaml:3  a: a step is a mapping with 'stage'",
        ),
        (
            "practicum: 1\nsteps:\n  a: {stage: count}\n  b: {stage: count}\n  a: {stage: join}\n",
            "story.yaml:5  a: given twice",
        ),
        (
            ONE + "    params:\n      n: 1\n      word: x\n      n: 2\n",
            "story.yaml:8  n: given twice",
        ),
        (
            "practicum: 1\nsteps:\n  a: {stage: count\n",
            "story.yaml:4  not YAML: expected ',' or '}', but got '<stream end>'",
        ),
        (
            "practicum: 1\nsteps:\n\ta: 1\n",
            "story.yaml:3  not YAML: found character '\\t' that cannot start any token",
        ),
        (
            "practicum: 1\nsteps:\n  a: !!python/object/apply:os.getcwd []\n",
            "story.yaml:3  not YAML: could not determine a constructor for the tag "
            "'tag:yaml.org,2002:python/object/apply:os.getcwd'",
        ),
        ("practicum: 1\ntitle: empty\n", "story.yaml:1  a recipe is a mapping with 'steps'"),
        ("- a\n- b\n", "story.yaml:1  a recipe is a mapping with 'steps'"),
        ("", "story.yaml:1  a recipe is a mapping with 'steps'"),
        (
            "practicum: 1\nsteps:\n  a: &again\n    stage: count\n    params: *again\n",
            "story.yaml:5  not YAML: an alias inside what it stands for",
        ),
    ],
    ids=[
        "unknown top key", "unknown step key", "unknown stage", "no stage", "unknown parameter",
        "wrong type", "out of range",
        "wrong type in a list", "params no mapping", "missing input", "missing inputs",
        "wrong kind of input", "unknown slot", "input a number", "input a mapping",
        "two inputs for one slot", "inputs one word", "seed of a step", "time of a step",
        "seed of the recipe", "format", "bad name", "step no mapping", "duplicate step",
        "duplicate parameter", "YAML not closed", "YAML tab", "YAML tag", "no steps", "list",
        "empty", "alias of itself",
    ],
)  # fmt: skip
def test_a_mistake_is_reported_with_its_file_and_line(toys: Any, text: str, expected: str) -> None:
    assert expected in complaints(text)


def test_one_mistake_is_one_complaint(toys: Any) -> None:
    assert complaints(ONE + "    params: {n: 0}\n") == [
        "story.yaml:5  n: input should be greater than 0"
    ]


def test_steps_that_wait_for_each_other_are_refused_with_the_loop(toys: Any) -> None:
    text = """\
practicum: 1
steps:
  z: {stage: count}
  a: {stage: count, inputs: [c]}
  b: {stage: count, inputs: [a]}
  c: {stage: count, inputs: [b]}
"""
    (only,) = complaints(text)
    where, loop = only.split("  steps wait for each other: ")
    names = loop.split(" → ")
    assert where in {"story.yaml:4", "story.yaml:5", "story.yaml:6"}
    assert names[0] == names[-1]
    assert set(names) == {"a", "b", "c"}


def test_a_step_that_takes_itself_is_a_loop(toys: Any) -> None:
    assert complaints("practicum: 1\nsteps:\n  a: {stage: count, inputs: [a]}\n") == [
        "story.yaml:3  steps wait for each other: a → a"
    ]


def test_every_complaint_comes_in_one_raise_sorted_by_line(toys: Any) -> None:
    text = """\
practicum: 1
steps:
  Late: {stage: count}
  both:
    stage: join
    inputs: [one]
  one:
    stage: count
    params:
      n: 0
      wrod: hi
  two: {stage: cuont}
titel: four kinds of mistakes
"""
    found = complaints(text)
    lines = [int(c.split("  ")[0].split(":")[1]) for c in found]
    assert lines == [3, 6, 10, 11, 12, 13]


def test_aliases_that_would_unfold_to_a_billion_nodes_are_read_in_no_time(toys: Any) -> None:
    levels = ["  l0: &l0 [x, x, x, x, x, x, x, x, x]"]
    levels += [f"  l{i}: &l{i} [{', '.join([f'*l{i - 1}'] * 9)}]" for i in range(1, 10)]
    text = "practicum: 1\nsteps:\n" + "\n".join(levels) + "\n"
    assert len(complaints(text)) == 10  # none of the ten is a step


def test_a_recipe_file_that_is_not_there_says_what_to_try(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"no such file.*practicum life, without a file"):
        read_recipe(tmp_path / "none.yaml")


def test_complaints_about_a_file_use_its_short_name(tmp_path: Path, toys: Any) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("practicum: 1\nsteps:\n  a: {stage: cuont}\n")
    with pytest.raises(RecipeError, match=r"^mine\.yaml:3  stage: unknown"):
        read_recipe(path)


# -- carrying out ----------------------------------------------------------------------------


def finder(store: Store) -> Callable[[str], Artifact]:
    return store.resolve


def test_a_recipe_makes_every_step_and_names_point_at_the_outputs(store: Store, toys: Any) -> None:
    made = carry_out(store, parse_recipe(GOOD), finder(store), listen=toys.hear)
    assert list(made) == ["ones", "twos", "both"]
    assert store.names() == {name: m.artifact.digest for name, m in made.items()}
    assert made["both"].artifact.path("all.txt").read_text() == "tick 0 7\ntick 0 9\ntick 1 9\n"
    assert made["both"].run.inputs == (
        made["ones"].artifact.digest,
        made["twos"].artifact.digest,
    )
    assert made["both"].run.why == "to join"
    assert [e.step for e in toys.events if isinstance(e, Finished)] == ["ones", "twos", "both"]


def test_a_recipe_carried_out_twice_makes_nothing_the_second_time(store: Store, toys: Any) -> None:
    first = carry_out(store, parse_recipe(GOOD), finder(store))
    second = carry_out(store, parse_recipe(GOOD), finder(store))
    assert all(m.cached for m in second.values())
    assert toys.count.made + toys.join.made == ["ones", "twos", "both"]
    assert {n: m.artifact.digest for n, m in second.items()} == {
        n: m.artifact.digest for n, m in first.items()
    }
    assert all(len(store.history(name)) == 1 for name in store.names())


def test_a_changed_step_is_made_again_with_what_depends_on_it_and_nothing_else(
    store: Store, toys: Any
) -> None:
    carry_out(store, parse_recipe(GOOD), finder(store))
    changed = carry_out(store, parse_recipe(GOOD.replace("n: 2", "n: 3")), finder(store))
    assert {n: m.cached for n, m in changed.items()} == {
        "ones": True, "twos": False, "both": False,
    }  # fmt: skip


OUTSIDE = """\
practicum: 1
steps:
  a: {stage: count, inputs: [books]}
  b:
    stage: count
    inputs: [papers]
  c: {stage: count, inputs: [a]}
"""


def test_references_from_outside_are_resolved_once_each(store: Store, toys: Any) -> None:
    store.point("books", perform(store, toys.job(n=1, word="b")).artifact.digest)
    store.point("papers", perform(store, toys.job(n=1, word="p")).artifact.digest)
    asked: list[str] = []

    def resolve(reference: str) -> Artifact:
        asked.append(reference)
        return store.resolve(reference)

    assert set(check_references(parse_recipe(OUTSIDE), resolve)) == {"books", "papers"}
    assert asked == ["books", "papers"]


def test_every_reference_that_names_nothing_is_said_before_anything_is_made(
    store: Store, toys: Any
) -> None:
    with pytest.raises(RecipeError) as caught:
        carry_out(store, parse_recipe(OUTSIDE, "story.yaml"), finder(store))
    assert [c.where for c in caught.value.complaints] == ["story.yaml:3", "story.yaml:6"]
    assert "a: 'books' is neither a name" in str(caught.value)
    assert "b: 'papers' is neither a name" in str(caught.value)
    assert toys.count.made == []
    assert not store.home.exists()


def test_a_misspelled_step_is_suggested_when_a_reference_names_nothing(
    store: Store, toys: Any
) -> None:
    recipe = parse_recipe(
        "practicum: 1\nsteps:\n  lessons: {stage: count}\n  b: {stage: count, inputs: [lesons]}\n"
    )
    with pytest.raises(RecipeError) as caught:
        check_references(recipe, finder(store))
    assert caught.value.complaints[0].hint == "lessons"


def test_a_plan_that_cannot_be_is_said_with_its_line_before_the_first_step(
    store: Store, toys: Any
) -> None:
    text = """\
practicum: 1
steps:
  small: {stage: count}
  huge:
    stage: count
    params: {claims_bytes: 1000000000000000000}
"""
    with pytest.raises(RecipeError) as caught:
        carry_out(store, parse_recipe(text, "story.yaml"), finder(store))
    assert str(caught.value).startswith("story.yaml:4  huge: 3 files needs 1,000,000,000,000 MB")
    assert toys.count.made == []


def test_an_input_of_the_wrong_kind_from_outside_is_said_with_its_line(
    store: Store, toys: Any
) -> None:
    for name in ("books", "papers"):
        store.point(name, perform(store, toys.job(n=1, kind="chat", word=name)).artifact.digest)
    toys.count.made.clear()
    with pytest.raises(RecipeError) as caught:
        carry_out(store, parse_recipe(OUTSIDE, "story.yaml"), finder(store))
    assert [str(c) for c in caught.value.complaints] == [
        "story.yaml:3  a: input 'texts' is chat, expected text",
        "story.yaml:4  b: input 'texts' is chat, expected text",
    ]
    assert toys.count.made == []


def test_an_error_of_the_resolver_keeps_its_own_hint_when_no_step_is_near(toys: Any) -> None:
    def resolve(reference: str) -> Artifact:
        raise UnknownReference("nothing there", hint="look elsewhere")

    recipe = parse_recipe("practicum: 1\nsteps:\n  a: {stage: count, inputs: [zzzzzz]}\n")
    with pytest.raises(RecipeError, match="look elsewhere"):
        check_references(recipe, resolve)


@pytest.mark.parametrize("content", [b"title: \xff\xfe\n", None], ids=["not UTF-8", "a folder"])
def test_a_recipe_that_cannot_be_read_is_the_users_to_fix(
    tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "story.yaml"
    path.mkdir() if content is None else path.write_bytes(content)
    with pytest.raises(RecipeError, match="cannot be read"):
        read_recipe(path)
