"""`mobilesasa network …`: which network the numbers of a prefix are in, and what carriers call it."""

from __future__ import annotations

import click

from mobilesasa.cli.access import Node, operator
from mobilesasa.cli.answers import Answer, answering, card, table
from mobilesasa.core.networks import NetworkSource
from mobilesasa.sms.networks import networks_below
from mobilesasa.store import networks
from mobilesasa.store.database import Txn

_prefix = click.option("--prefix", metavar="P", help="Digits that the numbers begin with, country code first.")
_code = click.option("--code", metavar="C", help="MCC and MNC, by which receipts name the network: 63902.")


@click.group()
def network() -> None:
    """Networks: those of prefixes and of codes, for rules that ask for a network."""


@network.command(name="list")
@click.option("--prefix", default="", metavar="P", help="Also what the numbering plans say below this prefix.")
@answering
def list_(node: Node, prefix: str) -> Answer:
    """List what the operator says of prefixes and codes; with a prefix also what the numbering plans say there."""

    def find(txn: Txn) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
        return networks.list_prefixes(txn), networks.list_codes(txn)

    digits = prefix.removeprefix("+")
    said, codes = node.run(find)
    ours = {each: (name, NetworkSource.OPERATOR.value) for each, name in said if each.startswith(digits)}
    planned = networks_below(digits) if digits else {}
    plans = {each: (name, NetworkSource.PHONENUMBERS.value) for each, name in planned.items()}
    rows = [{"prefix": each, "network": name, "source": by} for each, (name, by) in sorted((plans | ours).items())]
    coded = [{"code": code, "network": name} for code, name in codes]
    lines = [[f"prefix {each['prefix']}", each["network"], each["source"]] for each in rows]
    lines += [[f"code {each['code']}", each["network"], NetworkSource.OPERATOR.value] for each in coded]
    return Answer({"networks": rows, "codes": coded}, table(("of", "network", "source"), lines))


@network.command(name="set")
@_prefix
@_code
@click.option("--network", "name", required=True, metavar="N", help="What the network is called.")
@answering
def set_(node: Node, prefix: str | None, code: str | None, name: str) -> Answer:
    """Say which network the numbers of a prefix are in, or which one a code means."""
    key, of_prefix = _one_of(prefix, code)
    node.run(networks.set_prefix if of_prefix else networks.set_code, operator(), key, name)
    return _answer(key, of_prefix, name.strip())


@network.command()
@_prefix
@_code
@answering
def remove(node: Node, prefix: str | None, code: str | None) -> Answer:
    """Take back what was said of a prefix or a code; of a prefix the numbering plans hold again."""
    key, of_prefix = _one_of(prefix, code)
    remove_it = networks.remove_prefix if of_prefix else networks.remove_code
    return _answer(key, of_prefix, node.run(remove_it, operator(), key))


def _one_of(prefix: str | None, code: str | None) -> tuple[str, bool]:
    """Return the one that was said, and whether it is the prefix."""
    if (prefix is None) == (code is None):
        raise click.UsageError("say either --prefix or --code")
    return (code or "", False) if prefix is None else (prefix.removeprefix("+"), True)


def _answer(key: str, of_prefix: bool, name: str) -> Answer:
    fields = {"prefix" if of_prefix else "code": key, "network": name}
    return Answer(fields, card(fields))
