"""`mobilesasa price …`: what teams pay, in units a part."""

from __future__ import annotations

import click

from mobilesasa.cli.access import Node, operator
from mobilesasa.cli.answers import Answer, answering, card, table
from mobilesasa.store import prices

_prefix = click.option(
    "--prefix",
    required=True,
    metavar="P",
    help="Digits that the numbers begin with, country code first; '' for all others.",
)


@click.group()
def price() -> None:
    """Prices: the units that a part costs a team; one where nothing is said."""


@price.command(name="set")
@_prefix
@click.option("--units", type=int, required=True, metavar="N", help="Of one part.")
@answering
def set_(node: Node, prefix: str, units: int) -> Answer:
    """Say what a part costs; of a number's prefixes the longest counts."""
    digits = prefix.removeprefix("+")
    node.run(prices.set_price, operator(), digits, units)
    return _answer(digits, units)


@price.command(name="list")
@answering
def list_(node: Node) -> Answer:
    """List the prices."""
    found = node.run(prices.list_prices)
    rows = [[prefix or "all others", units] for prefix, units in found.items()]
    fields = [{"prefix": prefix, "units": units} for prefix, units in found.items()]
    return Answer({"prices": fields}, table(("prefix", "units"), rows))


@price.command()
@_prefix
@answering
def remove(node: Node, prefix: str) -> Answer:
    """Take a price away; the next shorter prefix counts then."""
    digits = prefix.removeprefix("+")
    return _answer(digits, node.run(prices.remove_price, operator(), digits))


def _answer(prefix: str, units: int) -> Answer:
    return Answer({"prefix": prefix, "units": units}, card({"prefix": prefix or "all others", "units": units}))
