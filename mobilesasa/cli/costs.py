"""`mobilesasa carrier cost …`: what the operator pays, for rules that ask for the least cost."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

import click

from mobilesasa.cli.access import Node, operator
from mobilesasa.cli.answers import Answer, answering, card, named, table
from mobilesasa.core.administration import Cost
from mobilesasa.core.explaining import money
from mobilesasa.store import costs

_prefix = click.option(
    "--prefix",
    required=True,
    metavar="P",
    help="Digits that the numbers begin with, country code first; '' for all others.",
)


def _micro(ctx: click.Context, param: click.Parameter, value: str) -> int:
    """Read an amount of money, in millionths."""
    try:
        micro = Decimal(value) * 1_000_000
        whole = int(micro)
    except (InvalidOperation, ValueError, OverflowError):
        raise click.BadParameter(f"{value!r} is no amount, such as 0.35") from None
    if whole != micro:
        raise click.BadParameter(f"{value!r} has more than six decimals")
    return whole


@click.group()
def cost() -> None:
    """Costs: what a part costs at a carrier, in the operator's own money."""


@cost.command(name="set")
@named("name", "NAME")
@_prefix
@click.option("--cost", "cost_micro", required=True, callback=_micro, metavar="X", help="Of one part, such as 0.35.")
@answering
def set_(node: Node, name: str, prefix: str, cost_micro: int) -> Answer:
    """Say what a part costs; of a number's prefixes the longest counts."""
    return _answer(node.run(costs.set_cost, operator(), name, prefix.removeprefix("+"), cost_micro))


@cost.command(name="list")
@click.option("--carrier", "name", metavar="NAME", help="Only those of this carrier.")
@answering
def list_(node: Node, name: str | None) -> Answer:
    """List what parts cost."""
    found = [_fields(each) for each in node.run(costs.list_costs, name)]
    rows = [[each["carrier"], each["prefix"] or "all others", each["cost"]] for each in found]
    return Answer({"costs": found}, table(("carrier", "prefix", "cost"), rows))


@cost.command()
@named("name", "NAME")
@_prefix
@answering
def remove(node: Node, name: str, prefix: str) -> Answer:
    """Forget what a part costs."""
    return _answer(node.run(costs.remove_cost, operator(), name, prefix.removeprefix("+")))


def _fields(found: Cost) -> dict[str, str]:
    return {"carrier": found.carrier, "prefix": found.prefix, "cost": money(found.cost_micro)}


def _answer(found: Cost) -> Answer:
    fields = _fields(found)
    return Answer(fields, card({**fields, "prefix": found.prefix or "all others"}))
