"""`mobilesasa team …` and `mobilesasa units …`."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

import click

from mobilesasa.cli.access import Node, operator
from mobilesasa.cli.answers import Answer, answering, assignments, card, iso, named, table
from mobilesasa.core.administration import KEEP, Limit, NewTeam, TeamChange, TeamRecord
from mobilesasa.core.terms import TERMS
from mobilesasa.store import senders, teams, tokens
from mobilesasa.store.database import Txn
from mobilesasa.store.senders import SenderRecord


def _limit(ctx: click.Context, param: click.Parameter, value: str | None) -> Limit:
    """Read an option as a whole number, or `default` for the node's setting."""
    if value is None:
        return KEEP
    if value == "default":
        return None
    if not (value.isascii() and value.isdigit()):
        raise click.BadParameter(f"{value!r} is neither a whole number nor `default`")
    return int(value)


@click.group()
def team() -> None:
    """Teams: the customers who send."""


@team.command()
@click.option("--code", required=True, metavar="C", help="1 to 15 of A-Z and 0-9; the system_id of its SMPP binds.")
@click.option("--name", metavar="N", help="What people call it; the code unless told.")
@click.option("--units", "units_", type=int, default=0, metavar="N", help="Units that it begins with.")
@click.option("--sender", "names", multiple=True, metavar="NAME", help="A sender, approved; the first is its default.")
@click.option("--country", default="KE", show_default=True, help="Two letters; how its national numbers are read.")
@answering
def create(node: Node, code: str, name: str | None, units_: int, names: tuple[str, ...], country: str) -> Answer:
    """Make a team with its senders, its units and its first token, which is shown this once."""
    raw_token = tokens.make_raw_token(secrets.randbelow)
    new = NewTeam(code, name, units_, names, country)
    made = node.run(teams.create_team, operator(), new, raw_token)
    fields = {
        "team_uuid": made.team.uuid,
        "code": made.team.code,
        "senders": [{"uuid": sender.uuid, "name": sender.name} for sender in made.senders],
        "token": raw_token,
    }
    lines = {**_lines(made.team, made.senders), "token, shown this once": raw_token}
    return Answer(fields, card(lines))


@team.command()
@named("code", "CODE")
@answering
def show(node: Node, code: str) -> Answer:
    """Show a team with its balance and its senders."""
    return _answer(*node.run(_with_senders, code))


@team.command(name="list")
@answering
def list_(node: Node) -> Answer:
    """List the teams."""
    found = [_fields(each) for each in node.run(teams.list_teams)]
    columns = ("code", "name", "country", "balance", "default_sender", "suspended")
    rows = [[each[column] for column in columns] for each in found]
    return Answer({"teams": found}, table(columns, rows))


@team.command(name="set")
@named("code", "CODE")
@click.option("--name", metavar="N", help="What people call it.")
@click.option("--country", help="Two letters; how its national numbers are read.")
@click.option("--default-sender", metavar="NAME", help="The sender of messages that name none.")
@click.option("--max-sessions", callback=_limit, metavar="N", help="SMPP sessions at once; `default`: the node's.")
@click.option(
    "--session-tps",
    callback=_limit,
    metavar="N",
    help="Submits a second of one SMPP session, 0: no limit; `default`: the node's.",
)
@click.option(
    "--text-days",
    callback=_limit,
    metavar="N",
    help="Days that the texts of its messages are kept, 0: for ever; `default`: the node's.",
)
@click.option(
    "--low-balance",
    "low_balance_units",
    callback=_limit,
    metavar="N",
    help="Units below which the team is told, once; `default`: it is not told.",
)
@click.option(
    "--suspended",
    type=bool,
    is_flag=False,
    flag_value=True,
    default=None,
    metavar="[yes|no]",
    help="Stop all that the team does; `no` lets it go on.",
)
@click.option(
    "--smpp",
    multiple=True,
    callback=assignments,
    metavar="NAME=VALUE",
    help=f"Terms of its SMPP sessions: {', '.join(TERMS)}; `default`: the node's.",
)
@click.option(
    "--smpp-any-address",
    type=bool,
    is_flag=False,
    flag_value=True,
    default=None,
    metavar="[yes|no]",
    help="Let the team make SMPP passwords without a list of addresses; those there are stay as they are.",
)
@click.option(
    "--tlv",
    "tlvs",
    multiple=True,
    callback=assignments,
    metavar="TAG=VALUE",
    help="Vendor TLVs of its messages, for carriers that want them; an empty value takes one away.",
)
@answering
def set_(node: Node, code: str, **changes: Any) -> Answer:
    """Change a team."""

    def change(txn: Txn) -> tuple[TeamRecord, list[SenderRecord]]:
        teams.change_team(txn, operator(), code, TeamChange(**changes))
        return _with_senders(txn, code)

    return _answer(*node.run(change))


@click.group()
def units() -> None:
    """Units: what teams pay with."""


@units.command(context_settings={"ignore_unknown_options": True})  # so that -5 is a number
@click.option("--team", "code", required=True, metavar="C", help="The team's code.")
@click.argument("number", type=int, metavar="N")
@click.option("--note", metavar="T", help="Why; it stands in the ledger.")
@answering
def add(node: Node, code: str, number: int, note: str | None) -> Answer:
    """Give a team N units; a negative N takes some back, but never more than there are."""
    balance = node.run(teams.add_units, operator(), code, number, note)
    fields = {"code": code.upper(), "units": number, "balance": balance}
    return Answer(fields, card(fields))


def _with_senders(txn: Txn, code: str) -> tuple[TeamRecord, list[SenderRecord]]:
    found = teams.show_team(txn, code)
    return found, senders.list_senders(txn, found.id)


def _answer(found: TeamRecord, of_team: list[SenderRecord]) -> Answer:
    shown = [{"uuid": sender.uuid, "name": sender.name, "status": sender.status} for sender in of_team]
    return Answer({**_fields(found), "senders": shown}, card(_lines(found, of_team)))


def _fields(found: TeamRecord) -> dict[str, object]:
    return {
        "team_uuid": found.uuid,
        "code": found.code,
        "name": found.name,
        "country": found.country,
        "balance": found.balance_units,
        "default_sender": found.default_sender,
        "max_sessions": found.max_sessions,
        "session_tps": found.session_tps,
        "text_days": found.text_days,
        "low_balance_units": found.low_balance_units,
        "smpp": dict(found.smpp),
        "smpp_any_address": found.smpp_any_address,
        "tlvs": dict(found.tlvs),
        "suspended": found.suspended,
        "created_at": iso(found.created_at_ms),
    }


def _lines(found: TeamRecord, of_team: Sequence[SenderRecord]) -> dict[str, object]:
    return {**_fields(found), "senders": [f"{sender.name} ({sender.status})" for sender in of_team]}
