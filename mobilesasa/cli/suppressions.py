"""`mobilesasa suppression …`: who gets no messages of a team."""

from __future__ import annotations

from typing import Any

import click

from mobilesasa.cli.access import Node, operator
from mobilesasa.cli.answers import Answer, answering, card, iso, named, table
from mobilesasa.core.errors import BadRecipient
from mobilesasa.core.optouts import ALL_SENDERS
from mobilesasa.sms.numbers import BadNumber, normalise, shown
from mobilesasa.store import senders, suppressions, teams
from mobilesasa.store.database import Txn
from mobilesasa.store.suppressions import Suppression, Wanted

_of_team = click.option("--team", "code", required=True, metavar="C", help="The team's code.")


@click.group()
def suppression() -> None:
    """Suppressions: who gets no messages of a team, of one sender or of all."""


@suppression.command(name="list")
@_of_team
@click.option("--phone", metavar="P", help="Only those of this number.")
@click.option("--sender", metavar="NAME", help="Only those for this sender; '' for those of all senders.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True, help="How many at most.")
@answering
def list_(node: Node, code: str, phone: str | None, sender: str | None, limit: int) -> Answer:
    """List who gets no messages of a team, newest first."""

    def look(txn: Txn) -> tuple[list[Suppression], int, bool]:
        team = teams.show_team(txn, code)
        number = None if phone is None else _number(phone, team.country)
        wanted = Wanted(teams.find_team_id(txn, code), number, sender)
        return suppressions.page(txn, wanted, limit, 0), *suppressions.count(txn, wanted)

    found, total, estimated = node.run(look)
    fields = {"suppressions": [_fields(each) for each in found], "total": total, "total_is_estimate": estimated}
    columns = ("phone", "sender", "reason", "since", "uuid")
    rows = [[shown(each.recipient), each.sender or "all", each.reason, iso(each.at_ms), each.uuid] for each in found]
    return Answer(fields, table(columns, rows))


@suppression.command()
@_of_team
@named("phone", "PHONE")
@click.option("--sender", metavar="NAME", help="Only for this sender of the team; else for all of them.")
@answering
def add(node: Node, code: str, phone: str, sender: str | None) -> Answer:
    """Suppress a number; what the operator suppressed neither the team nor a START from the phone takes away."""

    def suppress(txn: Txn) -> Suppression:
        team = teams.show_team(txn, code)
        team_id = teams.find_team_id(txn, code)
        name = ALL_SENDERS if sender is None else senders.find(txn, team_id, sender).name
        return suppressions.add(txn, operator(), team_id, _number(phone, team.country), name, "operator")

    return _answer(node.run(suppress))


@suppression.command()
@_of_team
@named("uuid", "UUID")
@answering
def remove(node: Node, code: str, uuid: str) -> Answer:
    """Take a suppression away, whoever made it."""

    def take_away(txn: Txn) -> Suppression:
        return suppressions.take_away(txn, operator(), teams.find_team_id(txn, code), uuid, by_operator=True)

    return _answer(node.run(take_away))


def _number(phone: str, country: str) -> str:
    try:
        return normalise(phone, country)
    except BadNumber as bad:
        raise BadRecipient(str(bad)) from bad


def _fields(found: Suppression) -> dict[str, Any]:
    return {
        "uuid": found.uuid,
        "phone": shown(found.recipient),
        "sender": found.sender,
        "reason": found.reason,
        "source": found.source_id,
        "since": iso(found.at_ms),
    }


def _answer(found: Suppression) -> Answer:
    fields = _fields(found)
    return Answer(fields, card({**fields, "sender": found.sender or "all"}))
