"""`mobilesasa trail`: who changed what."""

from __future__ import annotations

from typing import Any

import click
import orjson

from mobilesasa.cli.access import Node
from mobilesasa.cli.answers import Answer, answering, iso, moment, table
from mobilesasa.core.actors import ActorKind
from mobilesasa.core.filters import TrailFilter
from mobilesasa.core.ids import canonical
from mobilesasa.store import teams
from mobilesasa.store import trail as changes
from mobilesasa.store.database import Txn
from mobilesasa.store.trail import Entry


def _uuid(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    if value is None:
        return None
    found = canonical(value)
    if found is None:
        raise click.BadParameter(f"{value!r} is no uuid")
    return found


@click.command()
@click.option("--team", "code", metavar="C", help="Only what was changed in this team.")
@click.option(
    "--by", "kind", type=click.Choice([each.value for each in ActorKind]), help="Only what such a one changed."
)
@click.option("--actor", "actor_uuid", callback=_uuid, metavar="UUID", help="Only what this token or user changed.")
@click.option("--action", metavar="A", help="Only of this kind, the thing and the verb: token.create.")
@click.option("--subject", metavar="S", help="Only of this thing, by its uuid or name.")
@click.option("--from", "from_ms", callback=moment, metavar="ISO", help="Not before, with its zone.")
@click.option("--to", "to_ms", callback=moment, metavar="ISO", help="Before, with its zone.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True, help="How many at most.")
@answering
def trail(node: Node, code: str | None, kind: str | None, limit: int, **asked: Any) -> Answer:
    """List who changed what, newest first: by the API, by this command, and the node itself.

    Nothing is ever taken from the trail. Secrets, texts and whole phone numbers are never in it.
    """

    def look(txn: Txn) -> tuple[list[Entry], int, bool]:
        team_id = None if code is None else teams.find_team_id(txn, code)
        wanted = TrailFilter(team_id=team_id, actor=None if kind is None else ActorKind(kind), **asked)
        return changes.page(txn, wanted, limit, 0), *changes.count(txn, wanted)

    found, total, estimated = node.run(look)
    columns = ("at", "team", "by", "ip", "action", "subject", "before", "after")
    rows = [
        [
            iso(each.at_ms),
            each.team_code,
            f"{each.who.kind} {each.who.name or each.who.uuid or ''}",
            each.address or None,
            each.action,
            each.subject,
            _written(each.before),
            _written(each.after),
        ]
        for each in found
    ]
    fields = {"changes": [_fields(each) for each in found], "total": total, "total_is_estimate": estimated}
    return Answer(fields, table(columns, rows))


def _fields(found: Entry) -> dict[str, object]:
    return {
        "id": found.id,
        "at": iso(found.at_ms),
        "team": found.team_code,
        "by": {"kind": found.who.kind.value, "uuid": found.who.uuid, "name": found.who.name or None},
        "ip": found.address or None,
        "request_id": found.request_id or None,
        "action": found.action,
        "subject": found.subject,
        "before": found.before,
        "after": found.after,
    }


def _written(values: object) -> str | None:
    return None if values is None else orjson.dumps(values).decode()
