"""`mobilesasa carrier …` and `mobilesasa route …`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from mobilesasa.cli.access import Node
from mobilesasa.cli.answers import Answer, answering, card, named, table
from mobilesasa.core.errors import BadValue
from mobilesasa.core.teams import CarrierRecord, RouteRecord
from mobilesasa.store import carriers

MASK = "***"
SECRETS = {"password"}


@click.group()
def carrier() -> None:
    """Carriers: who takes the messages from here."""


@carrier.command()
@named("name", "NAME")
@click.option(
    "--kind", required=True, metavar="sandbox|smpp", help="sandbox answers by itself, smpp speaks to an SMSC."
)
@click.option("--host", help="Address of the SMSC.")
@click.option("--port", type=int, metavar="P", help="Its port.")
@click.option("--system-id", help="What it knows us by.")
@click.option("--password", help="And our password.")
@click.option("--bind", type=click.Choice(["trx", "txrx"]), help="Transceivers, or a pair of transmitter and receiver.")
@click.option("--binds", type=int, metavar="N", help="How many of them.")
@click.option("--window", type=int, metavar="N", help="Submits of one bind without an answer.")
@click.option("--tps", type=int, metavar="N", help="Submits a second over all binds; 0: no limit.")
@click.option("--option", "more", multiple=True, metavar="NAME=VALUE", help="Any other option of the kind.")
@answering
def add(node: Node, name: str, kind: str, more: tuple[str, ...], **options: Any) -> Answer:
    """Add a carrier; a running node binds to it at once."""
    from mobilesasa.carriers.registry import parse_options  # it brings Twisted, which no other command needs

    given = {option: value for option, value in options.items() if value is not None}
    for each in more:
        option, sign, value = each.partition("=")
        if not sign or option in given:
            raise click.UsageError(f"--option {option}: say it once, as NAME=VALUE")
        given[option] = value
    try:
        parse_options(kind, given)
    except ValueError as wrong:
        raise BadValue(str(wrong)) from wrong
    return _answer(node.run(carriers.add_carrier, name, kind, given))


@carrier.command(name="list")
@answering
def list_(node: Node) -> Answer:
    """List the carriers."""
    found = [_fields(each) for each in node.run(carriers.list_carriers)]
    rows = [[each["name"], each["kind"], each["enabled"], _written(each["options"])] for each in found]
    return Answer({"carriers": found}, table(("name", "kind", "enabled", "options"), rows))


@carrier.command()
@named("name", "NAME")
@answering
def enable(node: Node, name: str) -> Answer:
    """Let a carrier take messages."""
    return _answer(node.run(carriers.set_enabled, name, True))


@carrier.command()
@named("name", "NAME")
@answering
def disable(node: Node, name: str) -> Answer:
    """Let a carrier take no more messages; what waits for it goes on waiting until it is enabled or expires."""
    return _answer(node.run(carriers.set_enabled, name, False))


@click.group()
def route() -> None:
    """Routes: which numbers go to which carrier."""


_prefix = click.option(
    "--prefix",
    required=True,
    metavar="P",
    help="Digits that the numbers begin with, country code first; '' for all others.",
)


@route.command(name="add")
@_prefix
@click.option("--carrier", "name", required=True, metavar="NAME", help="Who takes them.")
@click.option("--priority", type=int, default=100, show_default=True, metavar="N", help="The lowest goes first.")
@answering
def add_route(node: Node, prefix: str, name: str, priority: int) -> Answer:
    """Send numbers to a carrier; the longest prefix that fits decides."""
    made = node.run(carriers.add_route, prefix.removeprefix("+"), name, priority)
    return _route_answer(made, name)


@route.command(name="list")
@answering
def list_routes(node: Node) -> Answer:
    """List the routes."""
    found = [_route_fields(each, name) for each, name in node.run(carriers.list_routes)]
    rows = [[each["prefix"] or "all others", each["carrier"], each["priority"]] for each in found]
    return Answer({"routes": found}, table(("prefix", "carrier", "priority"), rows))


@route.command(name="remove")
@_prefix
@click.option("--carrier", "name", metavar="NAME", help="Of several at this prefix, the one to this carrier.")
@answering
def remove_route(node: Node, prefix: str, name: str | None) -> Answer:
    """Take a route away; what has been accepted still goes where it was to go."""
    removed, carrier_name = node.run(carriers.remove_route, prefix.removeprefix("+"), name)
    return _route_answer(removed, carrier_name)


def _fields(found: CarrierRecord) -> dict[str, Any]:
    options = {name: MASK if name in SECRETS else value for name, value in found.options.items()}
    return {"name": found.name, "kind": found.kind, "enabled": found.enabled, "options": options}


def _answer(found: CarrierRecord) -> Answer:
    fields = _fields(found)
    return Answer(fields, card({**fields, "options": _written(fields["options"])}))


def _written(options: Mapping[str, object]) -> str:
    return ", ".join(f"{name}={value}" for name, value in options.items())


def _route_fields(found: RouteRecord, carrier_name: str) -> dict[str, object]:
    return {"prefix": found.prefix, "carrier": carrier_name, "priority": found.priority}


def _route_answer(found: RouteRecord, carrier_name: str) -> Answer:
    fields = _route_fields(found, carrier_name.lower())
    return Answer(fields, card({**fields, "prefix": found.prefix or "all others"}))
