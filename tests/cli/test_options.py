"""Options come from the stages' own schemas, and what is typed is read as YAML."""

from __future__ import annotations

import types
import typing
from typing import Any, Literal

import click
import pytest
import yaml
from hypothesis import given as for_any
from hypothesis import strategies as st
from pydantic import Field

from practicum.cli.main import VERBS, cli
from practicum.cli.options import common, from_schema, given, working
from practicum.core.stage import Params, find_stage, stages

# `talk` has no verb of its own: the recipe's last step, and `practicum chat` for people.
STAGES_WITH_A_VERB = sorted(set(stages()) & set(VERBS))


class ToyParams(Params):
    """One parameter of each sort."""

    rate: float = Field(1e-3, description="How fast.")
    size: int | None = Field(None, description="How large. None: as large as it gets.")
    way: Literal["left", "right"] = Field("left", description="Where to.")
    weights: tuple[float, ...] = Field((0.5, 0.5), description="How much of each.")
    source: str = Field(description="From where.")
    lr_peak: float = Field(2.0, description="A name of two words.")


@pytest.fixture
def command() -> click.Command:
    def nothing(**_: Any) -> None: ...

    return click.command()(from_schema(ToyParams)(nothing))


def shown(command: click.Command) -> dict[str, click.Option]:
    return {str(p.name): p for p in command.params if isinstance(p, click.Option)}


# -- options from schemas --------------------------------------------------------------------


def test_every_stage_but_talk_has_a_verb() -> None:
    assert set(stages()) - set(VERBS) == {"talk", "benchmark"}  # the latter's verb is `eval`


@pytest.mark.parametrize("stage", STAGES_WITH_A_VERB)
def test_every_parameter_of_a_stage_can_be_given_to_its_verb(stage: str) -> None:
    command = cli.get_command(click.Context(cli), stage)
    assert command is not None
    here = {str(p.name): p for p in command.params}
    for name, field in find_stage(stage).Params.model_fields.items():
        assert name in here, f"{stage} lacks --{name}"
        option = here[name]
        if isinstance(option, click.Option) and stage != "import":  # its verb speaks for itself
            assert f"--{name.replace('_', '-')}" in option.opts
            assert (option.help or "").startswith(field.description or "?")


@pytest.mark.parametrize("stage", sorted(stages()))
def test_every_parameter_of_every_stage_has_a_description(stage: str) -> None:
    for name, field in find_stage(stage).Params.model_fields.items():
        assert field.description, f"{stage}: {name}"
        assert field.description.endswith("."), f"{stage}: {name} is not a sentence"


@pytest.mark.parametrize("stage", STAGES_WITH_A_VERB)
def test_every_choice_of_a_stage_survives_the_value_parser(stage: str) -> None:
    for name, field in find_stage(stage).Params.model_fields.items():
        annotations = [field.annotation, *typing.get_args(field.annotation)]
        for annotation in annotations:
            if typing.get_origin(annotation) is Literal:
                for choice in typing.get_args(annotation):
                    assert given({name: str(choice)}) == {name: choice}


def test_options_carry_description_default_choices_and_type(command: click.Command) -> None:
    options = shown(command)
    assert list(options) == ["rate", "size", "way", "weights", "source", "lr_peak"]
    assert options["rate"].help == "How fast.  [default: 0.001]"
    assert options["size"].help == "How large. None: as large as it gets."
    assert options["weights"].help == "How much of each.  [default: [0.5, 0.5]]"
    assert options["source"].help == "From where."
    assert options["lr_peak"].opts == ["--lr-peak"]
    assert isinstance(options["way"].type, click.Choice)
    assert list(options["way"].type.choices) == ["left", "right"]
    metavars = {n: o.metavar for n, o in options.items()}
    assert metavars == {
        "rate": "FLOAT", "size": "INT", "way": None, "weights": "YAML", "source": "STR",
        "lr_peak": "FLOAT",
    }  # fmt: skip


def test_what_is_not_typed_is_left_to_the_schema(command: click.Command) -> None:
    assert {o.default for o in shown(command).values()} <= {None, *_unset()}
    assert given({"rate": None, "size": None}) == {}


def _unset() -> set[Any]:
    """What click puts where no default was given; its spelling differs between versions."""
    return {click.Option(["--x"]).default}


def test_working_verbs_share_their_options_and_all_verbs_share_the_common_ones() -> None:
    @click.command()
    @working
    @common
    def verb(**_: Any) -> None: ...

    assert list(shown(verb)) == [
        "name", "seed", "threads", "plan_only", "home", "as_json", "quiet", "debug",
    ]  # fmt: skip


@pytest.mark.parametrize("name", [v for v in VERBS if v != "dev"])
def test_every_verb_takes_home_json_quiet_and_debug(name: str) -> None:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    assert {"home", "as_json", "quiet", "debug"} <= {p.name for p in command.params}


# -- values ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("3", 3),
        ("-3", -3),
        ("0.5", 0.5),
        ("1e-3", 0.001),
        ("2E5", 2e5),
        ("-1.5e-3", -0.0015),
        ("true", True),
        ("false", False),
        ("null", None),
        ("slerp", "slerp"),
        ("Q4_1", "Q4_1"),
        ("[1, 2.5, x]", [1, 2.5, "x"]),
        ("{a: 1, b: {c: [2]}}", {"a": 1, "b": {"c": [2]}}),
        ('{"a": 1}', {"a": 1}),
        ("{chain_sum: {train: 100, test: 50}}", {"chain_sum": {"train": 100, "test": 50}}),
        ("hf:org/repo@main", "hf:org/repo@main"),
        ("[1, 2", "[1, 2"),  # not YAML: the schema will say what it thinks of the text
        ("", None),
    ],
)
def test_a_typed_value_is_what_yaml_says_and_1e_3_is_a_number(typed: str, value: Any) -> None:
    found = given({"x": typed})["x"]
    assert found == value
    assert type(found) is type(value)


def test_a_value_that_is_no_text_is_left_alone() -> None:
    assert given({"x": 3, "y": True, "z": ("a", "b")}) == {"x": 3, "y": True, "z": ("a", "b")}


@for_any(st.floats(allow_nan=False, allow_infinity=False))
def test_any_number_as_python_prints_it_is_read_back_exactly(number: float) -> None:
    assert given({"x": repr(number)})["x"] == number


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@for_any(plain.filter(lambda value: not isinstance(value, (str, types.NoneType))))
def test_any_plain_value_dumped_as_yaml_is_read_back(value: Any) -> None:
    assert given({"x": yaml.safe_dump(value)}) == {"x": value}


def test_tags_that_would_run_code_are_read_as_text() -> None:
    text = "!!python/object/apply:os.getcwd []"
    assert given({"x": text}) == {"x": text}
