"""Options that verbs share, and options made from a stage's parameter schema."""

from __future__ import annotations

import json
import types
import typing
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import click

if TYPE_CHECKING:  # imported where a schema is read: `practicum map` has none and should be quick
    from practicum.core.stage import Params

Command = TypeVar("Command", bound=Callable[..., Any])


def common(function: Command) -> Command:
    """--home --json --quiet --debug, as every verb has them."""
    for option in (
        click.option("--debug", is_flag=True, help="Show tracebacks."),
        click.option("--quiet", "-q", is_flag=True, help="No progress on standard error."),
        click.option("--json", "as_json", is_flag=True, help="The result as JSON."),
        click.option("--home", type=click.Path(), default=None, help="The store. Default: "
                     "$PRACTICUM_HOME, else ~/.practicum."),
    ):  # fmt: skip
        function = option(function)
    return function


def working(function: Command) -> Command:
    """--name --seed --threads --plan, for verbs that make something."""
    for option in (
        click.option("--plan", "plan_only", is_flag=True, help="Say what would be done, and stop."),
        click.option("--threads", type=click.IntRange(min=1), default=None,
                     help="Processor threads. Default: those this process may use."),
        click.option("--seed", type=int, default=0, show_default=True, help="For all randomness."),
        click.option("--name", default=None, help="A name for what is made."),
    ):  # fmt: skip
        function = option(function)
    return function


def from_schema(model: type[Params]) -> Callable[[Command], Command]:
    """An option for every parameter, with its description and default."""

    def add(function: Command) -> Command:
        for name, field in reversed(model.model_fields.items()):
            required = field.is_required()
            default = field.get_default(call_default_factory=True)
            text = field.description or ""
            if not required and default is not None:
                text += f"  [default: {_shown(default)}]"
            # `--chat` alone is `--chat true`
            alone: dict[str, Any] = (
                {"is_flag": False, "flag_value": "true"} if field.annotation is bool else {}
            )
            option = click.option(
                f"--{name.replace('_', '-')}", name, default=None, help=text,
                type=_click_type(field.annotation), metavar=_metavar(field.annotation), **alone,
            )  # fmt: skip
            function = option(function)
        return function

    return add


def given(values: dict[str, Any]) -> dict[str, Any]:
    """The parameters that were typed, read as YAML values: 3, 1e-3, true, [1, 2], {a: 1}."""
    from practicum.core.recipe import value_of

    return {k: value_of(v) for k, v in values.items() if v is not None}


def _shown(default: Any) -> str:
    if hasattr(default, "model_dump"):
        return json.dumps(default.model_dump())
    if isinstance(default, (dict, list, tuple)):
        return json.dumps(default)
    return str(default)


def _literals(annotation: Any) -> tuple[str, ...]:
    if typing.get_origin(annotation) is Literal:
        return tuple(str(a) for a in typing.get_args(annotation))
    return ()


def _click_type(annotation: Any) -> Any:
    choices = _literals(annotation)
    return click.Choice(choices) if choices else click.STRING


def _metavar(annotation: Any) -> str | None:
    if _literals(annotation):
        return None
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        annotation = next(a for a in typing.get_args(annotation) if a is not type(None))
    if typing.get_origin(annotation) is not None or not isinstance(annotation, type):
        return "YAML"
    return "YAML" if hasattr(annotation, "model_fields") else annotation.__name__.upper()
