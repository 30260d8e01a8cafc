"""`mobilesasa sender …`."""

from __future__ import annotations

import click

from mobilesasa.cli.access import Node
from mobilesasa.cli.answers import Answer, Function, answering, assignments, card, named, table
from mobilesasa.core.teams import Sender
from mobilesasa.store import senders, teams
from mobilesasa.store.database import Txn
from mobilesasa.store.senders import Status

_of_team = click.option("--team", "code", required=True, metavar="C", help="The team's code.")


@click.group()
def sender() -> None:
    """Sender names, which a team may use once they are approved."""


@sender.command()
@_of_team
@named("name", "NAME")
@click.option("--approved", is_flag=True, help="Approve it at once.")
@answering
def add(node: Node, code: str, name: str, approved: bool) -> Answer:
    """Give a team a sender: up to 11 letters, digits, blanks and - _ . &, or up to 15 digits."""
    status: Status = "approved" if approved else "pending"
    return _answer(node.run(lambda txn: senders.add(txn, teams.find_team_id(txn, code), name, status)))


@sender.command(name="list")
@_of_team
@answering
def list_(node: Node, code: str) -> Answer:
    """List the senders of a team."""
    found = node.run(lambda txn: senders.list_senders(txn, teams.find_team_id(txn, code)))
    rows = [[each.name, each.status, each.uuid] for each in found]
    return Answer({"senders": [_fields(each) for each in found]}, table(("name", "status", "uuid"), rows))


def _deciding(status: Status) -> Function:
    """What `approve`, `reject` and `suspend` do."""

    def decide(node: Node, code: str, name: str) -> Answer:
        def change(txn: Txn) -> Sender:
            return senders.set_status(txn, teams.find_team_id(txn, code), name, status)

        return _answer(node.run(change))

    return _of_team(named("name", "NAME")(answering(decide)))


sender.command(name="approve", help="Let a team use a sender.")(_deciding("approved"))
sender.command(name="reject", help="Turn a sender down.")(_deciding("rejected"))
sender.command(name="suspend", help="Let a team use a sender no more.")(_deciding("suspended"))


@sender.command(name="set")
@_of_team
@named("name", "NAME")
@click.option(
    "--tlv",
    "tlvs",
    multiple=True,
    required=True,
    callback=assignments,
    metavar="TAG=VALUE",
    help="Vendor TLVs of its messages, for carriers that want them; an empty value takes one away.",
)
@answering
def set_(node: Node, code: str, name: str, tlvs: dict[str, str]) -> Answer:
    """Change a sender."""
    return _answer(node.run(lambda txn: senders.set_tlvs(txn, teams.find_team_id(txn, code), name, tlvs)))


def _fields(found: Sender) -> dict[str, object]:
    return {"uuid": found.uuid, "name": found.name, "status": found.status, "tlvs": dict(found.tlvs)}


def _answer(found: Sender) -> Answer:
    return Answer(_fields(found), card(_fields(found)))
