"""`mobilesasa sender …`."""

from __future__ import annotations

from pathlib import Path

import click

from mobilesasa.cli.access import Node, operator
from mobilesasa.cli.answers import Answer, answering, assignments, card, iso, named, table
from mobilesasa.core.errors import NotFound
from mobilesasa.core.senders import SenderClass, SenderStatus
from mobilesasa.store import files, senders, teams
from mobilesasa.store.database import Txn
from mobilesasa.store.files import File
from mobilesasa.store.senders import SenderRecord

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
    status = SenderStatus.APPROVED if approved else SenderStatus.PENDING
    return _answer(node.run(lambda txn: senders.add(txn, operator(), teams.find_team_id(txn, code), name, status)))


@sender.command(name="list")
@click.option("--team", "code", metavar="C", help="Of this team alone.")
@click.option("--status", type=click.Choice([each.value for each in SenderStatus]), help="Only those that stand there.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=1000, show_default=True, help="How many at most.")
@answering
def list_(node: Node, code: str | None, status: str | None, limit: int) -> Answer:
    """List senders, newest first; with `--status pending` those that wait for a decision."""

    def find(txn: Txn) -> list[SenderRecord]:
        team_id = None if code is None else teams.find_team_id(txn, code)
        return senders.page(txn, team_id, None if status is None else SenderStatus(status), limit, 0)

    found = [_fields(each) for each in node.run(find)]
    columns = ("team", "name", "status", "class", "networks", "asked_networks", "note", "uuid")
    return Answer({"senders": found}, table(columns, [[each[column] for column in columns] for each in found]))


@sender.command()
@_of_team
@named("name", "NAME")
@click.option(
    "--network", "networks", multiple=True, metavar="N", help="Only to numbers of this network; again for more."
)
@click.option(
    "--class",
    "sender_class",
    type=click.Choice([each.value for each in SenderClass]),
    help="What it is for; else what was asked.",
)
@answering
def approve(node: Node, code: str, name: str, networks: tuple[str, ...], sender_class: str | None) -> Answer:
    """Let a team use a sender, for the networks that it asked for if none is named."""

    def decide(txn: Txn) -> SenderRecord:
        chosen = None if sender_class is None else SenderClass(sender_class)
        uuid = _uuid(txn, code, name)
        return senders.decide(txn, operator(), uuid, SenderStatus.APPROVED, "", networks or None, chosen)

    return _answer(node.run(decide))


@sender.command()
@_of_team
@named("name", "NAME")
@click.option("--reason", required=True, metavar="T", help="Why; the team is shown it.")
@answering
def reject(node: Node, code: str, name: str, reason: str) -> Answer:
    """Turn a sender down."""
    return _decided(node, code, name, SenderStatus.REJECTED, reason)


@sender.command()
@_of_team
@named("name", "NAME")
@click.option("--reason", default="", metavar="T", help="Why; the team is shown it.")
@answering
def suspend(node: Node, code: str, name: str, reason: str) -> Answer:
    """Let a team use a sender no more."""
    return _decided(node, code, name, SenderStatus.SUSPENDED, reason)


@sender.command()
@_of_team
@named("name", "NAME")
@click.option(
    "--to", "path", required=True, type=click.Path(dir_okay=False, path_type=Path), help="Where it is written."
)
@answering
def document(node: Node, code: str, name: str, path: Path) -> Answer:
    """Write down the document that a team has sent with its request for a sender."""

    def read(txn: Txn) -> tuple[File, bytes]:
        found = senders.find(txn, teams.find_team_id(txn, code), name)
        file = None if found.document_uuid is None else files.find(txn, found.team_id, found.document_uuid)
        if file is None:
            raise NotFound(f"no document came with sender {name!r}")
        return file, files.read(txn, file)

    file, octets = node.run(read)
    path.write_bytes(octets)
    fields = {"file": str(path), "name": file.name, "content_type": file.content_type, "octets": len(octets)}
    return Answer(fields, card(fields))


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
    return _answer(node.run(lambda txn: senders.set_tlvs(txn, operator(), teams.find_team_id(txn, code), name, tlvs)))


def _decided(node: Node, code: str, name: str, status: SenderStatus, reason: str) -> Answer:
    return _answer(node.run(lambda txn: senders.decide(txn, operator(), _uuid(txn, code, name), status, reason)))


def _uuid(txn: Txn, code: str, name: str) -> str:
    return senders.find(txn, teams.find_team_id(txn, code), name).uuid


def _fields(found: SenderRecord) -> dict[str, object]:
    return {
        "uuid": found.uuid,
        "team": found.team_code,
        "name": found.name,
        "status": found.status,
        "class": found.sender_class,
        "countries": list(found.countries),
        "asked_networks": list(found.asked_networks),
        "networks": list(found.networks),
        "note": found.note,
        "document": found.document_uuid,
        "reason": found.reason,
        "default": found.is_default,
        "tlvs": dict(found.tlvs),
        "created_at": iso(found.created_at_ms),
        "decided_at": iso(found.decided_at_ms),
    }


def _answer(found: SenderRecord) -> Answer:
    return Answer(_fields(found), card(_fields(found)))
