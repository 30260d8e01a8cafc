"""`mobilesasa queue …`: what waits at RabbitMQ, and its dead letters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import attrs
import click
from rich.console import Group

from mobilesasa.cli.access import Node, operator
from mobilesasa.cli.answers import Answer, answering, iso, table
from mobilesasa.cli.broker import at_rabbitmq, url_of
from mobilesasa.core.model import Lane
from mobilesasa.queue import dead as letters
from mobilesasa.queue import topology
from mobilesasa.queue.amqp.connection import Connection
from mobilesasa.queue.dead import DeadLetter, Requeued
from mobilesasa.queue.depths import Depth, Depths
from mobilesasa.store import carriers, trail

SHOWN: Final = 100
IDS_SHOWN: Final = 3


@click.group()
def queue() -> None:
    """What waits at RabbitMQ. It holds hints: the messages themselves are in the database."""


@queue.command()
@answering
def depth(node: Node) -> Answer:
    """Show every lane: bodies that wait in no hand (up to 100 messages each), and who consumes; and the dead letters."""
    names = {record.id: record.name for record in node.run(carriers.list_carriers)}

    async def look(connection: Connection) -> tuple[dict[tuple[int, Lane], Depth], Depth | None]:
        depths = Depths(connection.aside)
        return await depths.of_lanes(names), await depths.of_dead()

    found, dead = at_rabbitmq(node, look)
    lanes = [_lane(name, lane, found.get((carrier_id, lane))) for carrier_id, name in names.items() for lane in Lane]
    rows = [[each["carrier"], each["lane"], each["bodies"], each["consumers"]] for each in lanes]
    count = 0 if dead is None else dead.ready
    shown = Group(
        table(("carrier", "lane", "bodies", "consumers"), rows),
        f"{_bodies(count)} among the dead letters" + ("; see mobilesasa queue dead" if count else ""),
    )
    return Answer({"lanes": lanes, "dead": count}, shown)


@queue.command()
@click.option("--limit", type=click.IntRange(1, 10_000), default=SHOWN, show_default=True, metavar="N", help="At most.")
@answering
def dead(node: Node, limit: int) -> Answer:
    """Show the dead letters, oldest first, without taking them: which lane, why, and the messages that they name.

    No message waits for them: what is in the database and was not sent goes out by itself within two minutes.
    """

    async def look(connection: Connection) -> list[DeadLetter]:
        channel = await connection.aside()
        await topology.declare(channel)
        return await letters.look(channel, limit)

    found = at_rabbitmq(node, look)
    rows = [[_at(each), each.queue, each.reason, each.unreadable or _named(each.ids)] for each in found]
    shown = table(("since", "lane", "why", "messages"), rows) if found else "there are no dead letters"
    return Answer({"dead": [_fields(each) for each in found]}, shown)


@queue.command()
@click.argument("count", metavar="N", type=click.IntRange(1), required=False)
@click.option("--all", "every", is_flag=True, help="All of them.")
@answering
def requeue(node: Node, count: int | None, every: bool) -> Answer:
    """Send the oldest N dead letters, or all, back to their lanes.

    Each is gone from the dead letters only when its lane has it. What cannot be read, or whose lane is no more, is left.
    """
    if (count is None) is not every:
        raise click.UsageError("say how many, or --all")
    limit = topology.DEAD_LETTERS if count is None else count

    async def send_back(connection: Connection) -> Requeued:
        channel = await connection.aside()
        await topology.declare(channel)
        return await letters.requeue(channel, limit)

    url_of(node)  # where there is none, nothing is done that the trail could tell
    node.run(trail.note, operator(), "queue.requeue", team_id=None, after={"count": limit})
    done = at_rabbitmq(node, send_back)
    shown = f"{_bodies(done.bodies)} ({done.messages} messages) back in the lanes"
    if done.left:
        shown += f"; {_bodies(done.left)} left, for it cannot be read or its lane is no more: see mobilesasa queue dead"
    return Answer(attrs.asdict(done), shown)


def _lane(carrier: str, lane: Lane, found: Depth | None) -> dict[str, Any]:
    return {
        "carrier": carrier,
        "lane": lane.name.lower(),
        "bodies": None if found is None else found.ready,
        "consumers": None if found is None else found.consumers,
    }


def _fields(letter: DeadLetter) -> dict[str, Any]:
    return {
        "lane": letter.queue,
        "reason": letter.reason,
        "at": _at(letter),
        "ids": list(letter.ids),
        "unreadable": letter.unreadable or None,
    }


def _at(letter: DeadLetter) -> str | None:
    return iso(None if letter.at is None else round(1000 * letter.at.timestamp()))


def _named(ids: Sequence[str]) -> str:
    more = len(ids) - IDS_SHOWN
    return ", ".join(ids[:IDS_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _bodies(count: int) -> str:
    return "1 body" if count == 1 else f"{count} bodies"
