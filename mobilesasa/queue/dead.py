"""Looks at the dead letters and sends them back to their lanes; for an operator, never by itself.

RabbitMQ puts a body there that a consumer refused because it cannot be read, or that was delivered in vain too often. Its
header `x-death` says where it was and why. No message depends on it, for the rows are in the database.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import attrs
from twisted.internet.defer import Deferred

from mobilesasa.core.model import MessageId
from mobilesasa.queue.amqp.channel import Channel, Outcome
from mobilesasa.queue.amqp.message import Message
from mobilesasa.queue.envelope import BadBody, read_body
from mobilesasa.queue.topology import DEAD, LANES, lane_of

BATCH: Final = 100

_REASONS: Final[Mapping[str, str]] = {
    "rejected": "refused, for it cannot be read",
    "delivery_limit": "delivered in vain too often",
    "maxlen": "the lane was full",
    "expired": "it waited too long",
}


@attrs.frozen
class DeadLetter:
    """A body among the dead letters."""

    queue: str  # where it was; empty if RabbitMQ does not say
    reason: str  # in words
    at: datetime | None
    ids: Sequence[MessageId]  # none when it cannot be read
    unreadable: str  # why it cannot be read; empty when it can

    @property
    def goes_back(self) -> bool:
        """Whether it can go back to its lane."""
        return not self.unreadable and lane_of(self.queue) is not None


@attrs.frozen
class Requeued:
    """What became of dead letters."""

    bodies: int  # back in their lanes
    messages: int
    left: int  # of those looked at, still dead: they cannot be read, or their lane is no more


def describe(message: Message) -> DeadLetter:
    """Say what a dead letter is."""
    deaths = message.headers.get("x-death")
    death: Mapping[str, Any] = deaths[0] if isinstance(deaths, list) and deaths else {}
    at = death.get("time")
    reason = str(death.get("reason", "unknown"))
    try:
        ids, unreadable = read_body(message.body), ""
    except BadBody as bad:
        ids, unreadable = [], str(bad)
    return DeadLetter(
        queue=str(death.get("queue", "")),
        reason=_REASONS.get(reason, reason),
        at=at if isinstance(at, datetime) else None,
        ids=ids,
        unreadable=unreadable,
    )


async def look(channel: Channel, limit: int) -> list[DeadLetter]:
    """Return the oldest dead letters, which stay where they are."""
    taken = await _take(channel, limit)
    for message in taken:
        channel.nack(message.delivery_tag)
    return [describe(message) for message in taken]


async def requeue(channel: Channel, limit: int) -> Requeued:
    """Send up to so many dead letters back to their lanes, each gone from here only when it is confirmed there.

    Args:
        channel: one of its own; its `settled` is set.
        limit: bodies looked at.
    """
    left: list[Message] = []
    bodies = messages = 0
    while limit > 0 and (taken := await _take(channel, min(limit, BATCH))):
        limit -= len(taken)
        letters = {message.delivery_tag: describe(message) for message in taken}
        going = [message for message in taken if letters[message.delivery_tag].goes_back]
        arrived = await _send(channel, going, letters)
        for message in taken:
            if message.delivery_tag in arrived:
                channel.ack(message.delivery_tag)
                bodies += 1
                messages += len(letters[message.delivery_tag].ids)
            else:
                left.append(message)
    for message in left:
        channel.nack(message.delivery_tag)
    await channel.declare_queue(DEAD, passive=True)  # what was acknowledged leaves before this is answered
    return Requeued(bodies, messages, len(left))


async def _take(channel: Channel, limit: int) -> list[Message]:
    taken: list[Message] = []
    while len(taken) < limit and (message := await channel.get(DEAD)) is not None:
        taken.append(message)
    return taken


async def _send(channel: Channel, going: Sequence[Message], letters: Mapping[int, DeadLetter]) -> set[int]:
    """Publish bodies to their lanes; return the delivery tags of those that arrived."""
    waiting = {message.delivery_tag for message in going}
    arrived: set[int] = set()
    settled: Deferred[None] = Deferred()

    def settle(tags: list[Any], outcome: Outcome) -> None:
        waiting.difference_update(tags)
        if outcome is Outcome.CONFIRMED:
            arrived.update(tags)
        if not waiting:
            settled.callback(None)

    channel.settled = settle
    for message in going:
        channel.publish(LANES, letters[message.delivery_tag].queue, message.body, message.delivery_tag)
    if going:
        await settled
    return arrived
