"""`mobilesasa carrier …`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from mobilesasa.carriers.configuring import callback_addresses, changed, usable
from mobilesasa.carriers.masking import shown
from mobilesasa.cli.access import Node, operator
from mobilesasa.cli.answers import Answer, answering, card, named, table
from mobilesasa.cli.carrier_options import gathered, read_file
from mobilesasa.cli.costs import cost
from mobilesasa.core.errors import BadValue
from mobilesasa.core.teams import CarrierRecord
from mobilesasa.store import carriers
from mobilesasa.store.database import Txn


@click.group()
def carrier() -> None:
    """Carriers: who takes the messages from here."""


carrier.add_command(cost)


@carrier.command()
@named("name", "NAME")
@click.option(
    "--kind",
    required=True,
    metavar="sandbox|smpp|http",
    help="sandbox answers by itself, smpp speaks to an SMSC, http to an aggregator's API.",
)
@click.option("--preset", metavar="NAME", help="Of http: whose API, such as africastalking or generic.")
@click.option("--host", help="Address of the SMSC.")
@click.option("--port", type=int, metavar="P", help="Its port.")
@click.option("--system-id", help="What it knows us by.")
@click.option("--password", help="And our password.")
@click.option("--bind", type=click.Choice(["trx", "txrx"]), help="Transceivers, or a pair of transmitter and receiver.")
@click.option("--binds", type=int, metavar="N", help="How many of them.")
@click.option("--window", type=int, metavar="N", help="Submits of one bind without an answer.")
@click.option("--tps", type=int, metavar="N", help="Submits a second over all binds; 0: no limit.")
@click.option("--option", "more", multiple=True, metavar="NAME=VALUE", help="Any other option of the kind.")
@click.option(
    "--options-file", type=click.Path(path_type=Path), metavar="FILE", help="Options and tables, in TOML or JSON."
)
@answering
def add(node: Node, name: str, kind: str, more: tuple[str, ...], options_file: Path | None, **options: Any) -> Answer:
    """Add a carrier; a running node connects to it at once."""
    given = usable(kind, gathered(options, more, read_file(options_file)))
    return _answer(node.run(carriers.add_carrier, operator(), name, kind, given))


@carrier.command(name="set")
@named("name", "NAME")
@click.option(
    "--option", "more", multiple=True, metavar="NAME=VALUE", help="An option of its kind; an empty value takes it away."
)
@click.option(
    "--options-file", type=click.Path(path_type=Path), metavar="FILE", help="Options and tables, in TOML or JSON."
)
@answering
def set_(node: Node, name: str, more: tuple[str, ...], options_file: Path | None) -> Answer:
    """Change options of a carrier; what is not said stays, and a running node connects to it anew.

    What it has in hand is finished before. To go over to another SMSC add another carrier, for receipts of this one come
    under its name.
    """
    given = {
        option: value if value != "" else None for option, value in gathered({}, more, read_file(options_file)).items()
    }

    def change(txn: Txn) -> CarrierRecord:
        found = carriers.find_carrier(txn, name)
        return carriers.set_options(txn, operator(), name, changed(found, given))

    return _answer(node.run(change))


@carrier.command()
@named("name", "NAME")
@answering
def show(node: Node, name: str) -> Answer:
    """Show a carrier, how it stands at the node that runs, and the addresses that it is to call.

    The addresses are secret: who knows them can report for the carrier.
    """
    found = node.run(carriers.find_carrier, name)
    try:
        addresses = callback_addresses(found)
    except ValueError as wrong:
        raise BadValue(f"the options of {found.name} cannot be used: {wrong}") from wrong
    answers = node.ask_any("carriers.standing", name=found.name).answers
    standings = {where: answer[found.name] for where, answer in answers.items() if found.name in answer}
    fields = {**_fields(found), "standing": standings, **({"callbacks": addresses} if addresses else {})}
    lines = {**_fields(found), "options": _written(fields["options"])}
    for where, standing in standings.items():
        lines |= {f"{where}: {about}": said for about, said in _flat(standing).items()}
    return Answer(fields, card({**lines, **{f"calls about {about}": where for about, where in addresses.items()}}))


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
    return _answer(node.run(carriers.set_enabled, operator(), name, True))


@carrier.command()
@named("name", "NAME")
@answering
def disable(node: Node, name: str) -> Answer:
    """Let a carrier take no more messages; what waits for it goes on to others, or waits where there is no other."""
    return _answer(node.run(carriers.set_enabled, operator(), name, False))


def _fields(found: CarrierRecord) -> dict[str, Any]:
    return {"name": found.name, "kind": found.kind, "enabled": found.enabled, "options": shown(found)}


def _answer(found: CarrierRecord) -> Answer:
    fields = _fields(found)
    return Answer(fields, card({**fields, "options": _written(fields["options"])}))


def _flat(standing: Mapping[str, Any]) -> dict[str, Any]:
    """Return how a carrier stands as lines for people: what it tells of itself among what the node counts."""
    told = {name.replace("_", " "): said for name, said in {**standing, **standing["carrier"]}.items()}
    del told["carrier"]
    return {name: said for name, said in told.items() if said not in ("", 0)}


def _written(options: Mapping[str, object]) -> str:
    return ", ".join(f"{name}={value}" for name, value in options.items())
