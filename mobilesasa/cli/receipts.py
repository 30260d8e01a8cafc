"""`mobilesasa receipts replay|unmatched|match`."""

from __future__ import annotations

import sys
import time

import click
from rich.console import Group

from mobilesasa.cli.access import Node, operator
from mobilesasa.cli.answers import Answer, answering, card, iso, moment, named, table
from mobilesasa.core.ids import canonical, from_smpp_id
from mobilesasa.smpp.ids import id_forms
from mobilesasa.store import carriers, parked, replays, teams
from mobilesasa.store.database import in_transaction
from mobilesasa.store.parked import Parked, Retry, Wanted
from mobilesasa.store.replays import Replay

_DIGITS = 19  # a number of the list has less


@click.group()
def receipts() -> None:
    """Receipts: to the teams that submit by SMPP, and from carriers for messages that nobody knows."""


@receipts.command()
@click.option("--team", "code", required=True, metavar="C", help="The team's code.")
@click.option(
    "--from", "from_ms", required=True, callback=moment, metavar="ISO", help="The first moment, with its zone."
)
@click.option("--to", "to_ms", required=True, callback=moment, metavar="ISO", help="The first moment behind the span.")
@answering
def replay(node: Node, code: str, from_ms: int, to_ms: int) -> Answer:
    """Send the final receipts of messages that ended in a span once more.

    Only of messages that were submitted by SMPP, and only the receipts that each of them asked for. One that still waits
    for its team is not sent twice. A running node begins at once; without a bind of the team they wait, as new ones do.
    """
    if from_ms >= to_ms:
        raise click.BadParameter("must be before --to", param_hint="'--from'")
    with node.connection() as opened:
        team_id = in_transaction(opened, teams.find_team_id, code)
        state = Replay(team_id, from_ms, to_ms, node.settings.smpp.receipt_spool_h)
        while not state.done:
            state = in_transaction(opened, replays.go_on, state)
            show_progress(state)
    fields = {"team": code.upper(), "from": iso(from_ms), "to": iso(to_ms), "replayed": state.replayed}
    return Answer(fields, card(fields))


@receipts.command()
@click.option("--carrier", "name", metavar="NAME", help="Only those of this carrier.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, metavar="N", help="How many.")
@click.option("--retry", is_flag=True, help="Look all of them up once more before, in every spelling of their ids.")
@answering
def unmatched(node: Node, name: str | None, limit: int, retry: bool) -> Answer:
    """List the receipts from carriers whose message nobody knows, the newest first.

    One that comes before the answer to its submit leaves the list by itself. The others are forgotten with the receipts
    that teams do not fetch, after 72 hours if nothing else is set.
    """
    with node.connection() as opened:
        carrier_id = None if name is None else in_transaction(opened, carriers.find_carrier, name).id
        state = Retry(carrier_id)
        if retry:
            in_transaction(opened, parked.begin_again, operator(), state)
        while retry and not state.done:
            state = in_transaction(opened, parked.go_on, state, id_forms)
        count, found = in_transaction(opened, parked.show, carrier_id, limit)
    matched = {"looked_at": state.looked_at, "matched": state.matched} if retry else {}
    listed = [_parked_fields(each) for each in found]
    columns = ("number", "carrier", "id", "state", "failure", "error", "age_s")
    shown = table(columns, [[each[column] for column in columns] for each in listed])
    return Answer(
        {**matched, "unmatched": count, "receipts": listed}, Group(card({**matched, "unmatched": count}), shown)
    )


@receipts.command()
@named("number", "NUMBER")
@click.option("--message", "written", metavar="UUID", help="The message: its uuid, or its message_id of SMPP.")
@click.option("--part", type=click.IntRange(1, 255), metavar="N", help="Which part, where several wait for a receipt.")
@click.option("--carrier-id", "ref", metavar="ID", help="Instead of a message: the id that the carrier's answer had.")
@answering
def match(node: Node, number: str, written: str | None, part: int | None, ref: str | None) -> Answer:
    """Say whose a receipt of the list is; it is settled as if it had come with the right id.

    NUMBER is the one that `receipts unmatched` shows. The message must have gone by the carrier of the receipt, and wait for
    one. Its team is told as of any other.
    """
    if (written is None) is (ref is None):
        raise click.UsageError("say --message or --carrier-id")
    if ref is not None and part is not None:
        raise click.UsageError("--part goes with --message: the carrier's id names one part")
    message_id = None if written is None else canonical(written) or from_smpp_id(written)
    if written is not None and message_id is None:
        raise click.BadParameter(f"{written!r} is no uuid of a message", param_hint="'--message'")
    if not (number.isascii() and number.isdigit() and len(number) < _DIGITS):
        raise click.BadParameter(f"{number!r} is no number of the list", param_hint="'NUMBER'")
    found = node.run(parked.match_now, operator(), int(number), Wanted(message_id, part, ref))
    fields = {
        "number": found.id,
        "message": found.message_id,
        "part": found.part,
        "id": found.report.ref,
        "state": found.report.state.name.lower(),
    }
    return Answer(fields, card(fields))


def _parked_fields(found: Parked) -> dict[str, object]:
    heard = found.report
    return {
        "number": found.id,
        "carrier": found.carrier,
        "id": heard.ref,
        "state": heard.state.name.lower(),
        "failure": heard.failure,
        "error": heard.error,
        "came_at": iso(found.at_ms),
        "age_s": max(0, round(time.time() - found.at_ms / 1000)),
    }


def show_progress(state: Replay) -> None:
    """Keep a line of it on a terminal; elsewhere nothing is said until the end."""
    if sys.stderr.isatty():
        line = f"\r{state.looked_at:,} messages looked at, {state.replayed:,} receipts to send again"
        click.echo(line, err=True, nl=state.done)
