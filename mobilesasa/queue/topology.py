"""The exchanges and queues at RabbitMQ: their names, their arguments, and how they are declared at every connect.

    publishers ──▶ lanes (direct) ──▶ mobilesasa.v1.CARRIER.LANE (quorum) ──▶ the node that holds the carrier's binds
                                               │ refused, or delivered in vain too often
                                               └──▶ dead (fanout) ──▶ mobilesasa.v1.dead (quorum, bounded)
    whoever spools ──▶ teams (direct, the team's id) ──▶ a queue of each node's own, bound to the teams that it serves

The names have a version: a release that needs other arguments declares other names beside these, for RabbitMQ does not
change a queue that exists.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from mobilesasa.core.model import Lane
from mobilesasa.queue.amqp.channel import Channel
from mobilesasa.queue.amqp.errors import ChannelError, ChannelLost

PREFIX: Final = "mobilesasa.v1"
LANES: Final = f"{PREFIX}.lanes"
TEAMS: Final = f"{PREFIX}.teams"
DEAD: Final = f"{PREFIX}.dead"  # the exchange and the queue
DELIVERY_LIMIT: Final = 20
DEAD_LETTERS: Final = 100_000  # kept at most; the oldest go first

LANE_ARGUMENTS: Final[Mapping[str, object]] = MappingProxyType(
    {
        "x-queue-type": "quorum",
        "x-single-active-consumer": True,  # the second bolt: the first is the carrier's lock in the database
        "x-delivery-limit": DELIVERY_LIMIT,
        "x-dead-letter-exchange": DEAD,
    }
)
DEAD_ARGUMENTS: Final[Mapping[str, object]] = MappingProxyType(
    {
        "x-queue-type": "quorum",
        "x-max-length": DEAD_LETTERS,
        "x-delivery-limit": 1_000_000,  # each look at it counts as a delivery, and RabbitMQ 4 drops after 20 by itself
    }
)

_PRECONDITION_FAILED: Final = 406
_NAME: Final = re.compile(
    rf"{re.escape(PREFIX)}\.([1-9][0-9]{{0,18}})\.({'|'.join(each.name.lower() for each in Lane)})\Z"
)


class TopologyError(ChannelLost):
    """RabbitMQ has something else under a name of ours; the text says what, and what to do. The channel is closed."""


def lane_name(carrier_id: int, lane: Lane) -> str:
    """Return the name of a lane's queue, which is its routing key too."""
    return f"{PREFIX}.{carrier_id}.{lane.name.lower()}"


def lane_of(name: str) -> tuple[int, Lane] | None:
    """Return the carrier and the lane that a queue is for; None for any other name."""
    found = _NAME.match(name)
    return (int(found[1]), Lane[found[2].upper()]) if found else None


async def declare(channel: Channel) -> None:
    """Declare all of it but the lanes; a second time changes nothing.

    Raises:
        TopologyError: something of a name of ours is there with other arguments.
    """
    for exchange, kind in ((LANES, "direct"), (TEAMS, "direct"), (DEAD, "fanout")):
        try:
            await channel.declare_exchange(exchange, kind)
        except ChannelError as error:
            raise _in_words("exchange", exchange, error) from error
    await _declare_queue(channel, DEAD, DEAD_ARGUMENTS)
    await channel.bind(DEAD, DEAD, "")


async def declare_lanes(channel: Channel, carrier_id: int) -> None:
    """Declare the two lanes of a carrier.

    Raises:
        TopologyError: one of them is there with other arguments.
    """
    for lane in Lane:
        await declare_lane(channel, lane_name(carrier_id, lane))


async def declare_lane(channel: Channel, name: str) -> None:
    """Declare one lane's queue.

    Raises:
        TopologyError: it is there with other arguments.
    """
    await _declare_queue(channel, name, LANE_ARGUMENTS)
    await channel.bind(name, LANES, name)


async def _declare_queue(channel: Channel, name: str, arguments: Mapping[str, object]) -> None:
    try:
        await channel.declare_queue(name, arguments=dict(arguments))
    except ChannelError as error:
        raise _in_words("queue", name, error) from error


def _in_words(what: str, name: str, error: ChannelError) -> Exception:
    if error.code != _PRECONDITION_FAILED:
        return error
    command = f"rabbitmqctl delete_queue {name}" if what == "queue" else f"delete the exchange {name}"
    return TopologyError(
        f"RabbitMQ has the {what} {name} with other arguments than ours ({error.text}); delete it, and it is declared anew: "
        f"{command}. No message is lost by that, for the rows are in the database"
    )
