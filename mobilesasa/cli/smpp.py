"""`mobilesasa smpp …`."""

from __future__ import annotations

import secrets
from typing import Any

import click

from mobilesasa.cli.access import Node, operator
from mobilesasa.cli.answers import Answer, answering, card, iso, named, table
from mobilesasa.cli.sessions import kick, sessions, trace
from mobilesasa.store import smpp_passwords, teams
from mobilesasa.store.database import Txn
from mobilesasa.store.smpp_passwords import NewSmppPassword, SmppPasswordRecord


@click.group()
def smpp() -> None:
    """SMPP: passwords of 8 characters, live sessions, and what they say."""


for _command in (sessions, trace, kick):
    smpp.add_command(_command)


@smpp.command()
@click.option("--team", "code", required=True, metavar="C", help="The team's code.")
@click.option("--token", "token_uuid", metavar="UUID", help="Beside which token; else the team's oldest that can bind.")
@click.option(
    "--allow", "allowed", multiple=True, metavar="CIDR", help="An address or network from which it may be used."
)
@click.option("--any-address", is_flag=True, help="It may be used from anywhere.")
@answering
def password(node: Node, code: str, token_uuid: str | None, allowed: tuple[str, ...], any_address: bool) -> Answer:
    """Make a password of 8 characters beside a token, for a client that cannot send a whole token.

    It is shown this once. It opens what the token opens for as long as that does, from the addresses named with --allow
    alone, and is locked after 10 wrong ones in a row.
    """
    if allowed and any_address:
        raise click.UsageError("say either --allow or --any-address")
    text = smpp_passwords.make_password(secrets.randbelow)

    def make(txn: Txn) -> SmppPasswordRecord:
        new = NewSmppPassword(teams.find_team_id(txn, code), token_uuid, allowed, any_address)
        return smpp_passwords.create(txn, operator(), new, text)

    made = node.run(make)
    fields = {"password": text, "uuid": made.uuid, "token_uuid": made.token_uuid, "allowed": made.allowed}
    return Answer(fields, card({**_fields(made), "password, shown this once": text}))


@smpp.command()
@click.option("--team", "code", required=True, metavar="C", help="The team's code.")
@answering
def passwords(node: Node, code: str) -> Answer:
    """List a team's SMPP passwords, with those that open nothing any more."""

    def find(txn: Txn) -> list[SmppPasswordRecord]:
        return smpp_passwords.list_passwords(txn, teams.find_team_id(txn, code))

    return _listed(node.run(find))


@smpp.command()
@named("uuid", "UUID")
@answering
def revoke(node: Node, uuid: str) -> Answer:
    """Revoke an SMPP password and end its sessions; a second time changes nothing."""
    revoked = node.run(smpp_passwords.revoke, operator(), uuid)
    fields = {"uuid": revoked.uuid, "revoked_at": iso(revoked.revoked_at_ms)}
    return Answer(fields, card(fields))


@smpp.command()
@click.argument("uuid", metavar="[UUID]", required=False)
@click.option("--team", "code", metavar="C", help="All of this team.")
@answering
def unlock(node: Node, uuid: str | None, code: str | None) -> Answer:
    """Unlock an SMPP password, or all of a team, and forget the wrong ones; lists those that this changed."""
    if (uuid is None) == (code is None):
        raise click.UsageError("say either UUID or --team")

    def free(txn: Txn) -> list[SmppPasswordRecord]:
        return smpp_passwords.unlock(txn, operator(), uuid, None if code is None else teams.find_team_id(txn, code))

    return _listed(node.run(free))


def _listed(found: list[SmppPasswordRecord]) -> Answer:
    shown = [_fields(each) for each in found]
    columns = ("team", "status", "allowed", "any_address", "failed", "last_used_at", "token_uuid", "uuid")
    return Answer({"passwords": shown}, table(columns, [[each[column] for column in columns] for each in shown]))


def _fields(found: SmppPasswordRecord) -> dict[str, Any]:
    return {
        "uuid": found.uuid,
        "team": found.team_code,
        "token_uuid": found.token_uuid,
        "allowed": found.allowed,
        "any_address": found.any_address,
        "status": found.status,
        "failed": found.failed,
        "created_at": iso(found.created_at_ms),
        "last_used_at": iso(found.last_used_at_ms),
        "locked_at": iso(found.locked_at_ms),
        "revoked_at": iso(found.revoked_at_ms),
    }
