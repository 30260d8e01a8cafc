"""`mobilesasa token …`."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

import click

from mobilesasa.cli.access import Node, operator
from mobilesasa.cli.answers import Answer, answering, assignments, card, iso, moment, named, table
from mobilesasa.core.scopes import OPERATORS_SCOPES
from mobilesasa.core.terms import OF_TOKEN, TERMS
from mobilesasa.store import teams, tokens
from mobilesasa.store.database import Txn
from mobilesasa.store.tokens import TokenRecord

_smpp = click.option(
    "--smpp",
    multiple=True,
    callback=assignments,
    metavar="NAME=VALUE",
    help=f"Terms of its SMPP sessions: {', '.join(name for name in TERMS if name in OF_TOKEN)}; `default`: the team's.",
)


@click.group()
def token() -> None:
    """API tokens, which are the passwords of SMPP too."""


@token.command()
@click.option("--team", "code", required=True, metavar="C", help="The team's code.")
@click.option("--name", required=True, metavar="N", help="What it is for.")
@click.option("--scopes", required=True, metavar="A,B", help=f"What it opens, of {', '.join(OPERATORS_SCOPES)}.")
@click.option(
    "--expires", "expires_at_ms", callback=moment, metavar="ISO", help="When it ends, with its zone; else never."
)
@_smpp
@answering
def create(node: Node, code: str, name: str, scopes: str, expires_at_ms: int | None, smpp: Mapping[str, str]) -> Answer:
    """Make a token; its text is shown this once.

    With the scope platform it opens by REST what is an operator's: all carriers, and the receipts that fit no message. No
    team can make such a token by itself.
    """
    raw_token = tokens.make_raw_token(secrets.randbelow)
    asked = [scope.strip() for scope in scopes.split(",") if scope.strip()]

    def make(txn: Txn) -> TokenRecord:
        team_id = teams.find_team_id(txn, code)
        return tokens.create(txn, operator(), team_id, name, asked, expires_at_ms, raw_token, smpp)

    made = node.run(make)
    lines = {**_fields(made), "token, shown this once": raw_token}
    return Answer({"uuid": made.uuid, "raw_token": raw_token}, card(lines))


@token.command(name="set")
@named("uuid", "UUID")
@_smpp
@answering
def set_(node: Node, uuid: str, smpp: Mapping[str, str]) -> Answer:
    """Change the terms of a token's SMPP sessions."""
    fields = _fields(node.run(tokens.set_terms, operator(), uuid, smpp))
    return Answer(fields, card(fields))


@token.command()
@named("uuid", "UUID")
@answering
def revoke(node: Node, uuid: str) -> Answer:
    """Revoke a token; a second time changes nothing."""
    revoked = node.run(tokens.revoke, operator(), uuid)
    fields = {"uuid": revoked.uuid, "revoked_at": iso(revoked.revoked_at_ms)}
    return Answer(fields, card(fields))


@token.command(name="list")
@click.option("--team", "code", metavar="C", help="Of this team alone.")
@answering
def list_(node: Node, code: str | None) -> Answer:
    """List tokens, with those that are revoked or over."""

    def find(txn: Txn) -> list[TokenRecord]:
        return tokens.list_tokens(txn, None if code is None else teams.find_team_id(txn, code))

    found = [_fields(each) for each in node.run(find)]
    columns = ("team", "name", "prefix", "status", "scopes", "expires_at", "uuid")
    return Answer({"tokens": found}, table(columns, [[each[column] for column in columns] for each in found]))


def _fields(found: TokenRecord) -> dict[str, object]:
    return {
        "uuid": found.uuid,
        "team": found.team_code,
        "name": found.name,
        "prefix": found.prefix,
        "scopes": found.scopes,
        "smpp": dict(found.smpp),
        "expires_at": iso(found.expires_at_ms),
        "created_at": iso(found.created_at_ms),
        "revoked_at": iso(found.revoked_at_ms),
        "status": found.status,
    }
