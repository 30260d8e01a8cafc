"""How a command answers: one JSON object for programs, tables for people; and what commands have in common."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeAlias

import attrs
import click
import orjson
from rich import box
from rich.console import Console, RenderableType
from rich.table import Table

Function: TypeAlias = Callable[..., Any]

PIPE_COLUMNS = 200  # how wide a table may be where nobody's terminal sets the width


@attrs.frozen
class Answer:
    """What a command found or did."""

    fields: Mapping[str, object]  # the JSON object
    shown: RenderableType  # the same for people
    status: int = 0  # of the process


def answering(function: Function) -> Function:
    """Make a command of a function of the `Node` and its options that returns an `Answer`; it gets ``--json``."""

    @click.option("--json", "as_json", is_flag=True, help="Answer with one JSON object, and nothing else.")
    @click.pass_context
    @functools.wraps(function)
    def command(ctx: click.Context, /, as_json: bool, **options: Any) -> None:
        answer: Answer = function(ctx.obj, **options)
        if as_json:
            click.echo(orjson.dumps(answer.fields).decode())
        else:
            console().print(answer.shown)
        ctx.exit(answer.status)

    return command


def named(name: str, metavar: str) -> Callable[[Function], Function]:
    """Let a command take what it is about by its place or by an option: ``show ACME`` and ``show --code ACME``."""
    place = f"{name}_by_place"

    def decorate(function: Function) -> Function:
        @click.argument(place, metavar=metavar, required=False)
        @click.option(f"--{name}", name, metavar=metavar, help=f"The same as {metavar} by its place.")
        @functools.wraps(function)
        def command(*args: Any, **options: Any) -> Any:
            given = [value for value in (options.pop(place), options.pop(name)) if value is not None]
            if len(given) != 1:
                raise click.UsageError(f"say {metavar} once, by its place or as --{name}")
            return function(*args, **{name: given[0]}, **options)

        return command

    return decorate


def console() -> Console:
    """The standard output for people; what it is given is text, never markup."""
    width = None if sys.stdout.isatty() else PIPE_COLUMNS
    return Console(file=sys.stdout, width=width, markup=False, highlight=False, emoji=False)


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """Rows under their columns."""
    made = Table(*columns, box=box.SIMPLE)
    for row in rows:
        made.add_row(*(_text(value) for value in row))
    return made


def card(lines: Mapping[str, object]) -> Table:
    """One thing, a line for each of its values."""
    made = Table.grid(padding=(0, 2))
    for name, value in lines.items():
        made.add_row(name, _text(value))
    return made


def iso(at_ms: int | None) -> str | None:
    """Write a time as the API does: UTC, whole seconds (decision 6)."""
    return None if at_ms is None else f"{datetime.fromtimestamp(at_ms / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"


def moment(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    """Read an option as a time of ISO 8601 with its zone, in milliseconds since the epoch (decision 6)."""
    if value is None:
        return None
    try:
        read = datetime.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(f"{value!r} is no time of ISO 8601, such as 2027-01-31T12:00:00Z") from None
    if read.tzinfo is None:
        raise click.BadParameter(f"{value!r} has no zone; write it like 2027-01-31T12:00:00Z or …+03:00")
    return round(read.timestamp() * 1000)


def assignments(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> dict[str, str]:
    """Read an option that is given again and again as `name=value`; of one name the last counts."""
    pairs = [each.partition("=") for each in value]
    if wrong := [name for name, equals, _ in pairs if not equals]:
        raise click.BadParameter(f"{', '.join(map(repr, wrong))} is not name=value")
    return {name.strip(): text.strip() for name, _, text in pairs}


def _text(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        value = [f"{name}={_text(each)}" for name, each in value.items()]
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return str(value)
