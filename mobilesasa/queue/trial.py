"""Tries on a connection of its own whether RabbitMQ serves the lanes of a carrier that is aside; see `queue.aside`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from twisted.internet.defer import Deferred

from mobilesasa.core.model import Lane
from mobilesasa.queue.amqp.channel import Channel
from mobilesasa.queue.amqp.connection import Connection
from mobilesasa.queue.amqp.errors import ChannelLost
from mobilesasa.queue.amqp.message import Message
from mobilesasa.queue.aside import Aside
from mobilesasa.queue.topology import declare_lane, lane_name

Connecting = Callable[[Callable[[Channel], Awaitable[None]], Callable[[str], None]], Connection]


class Trial:
    """One carrier after the other, on a connection that is there for as long as that takes.

    Args:
        aside: the carriers.
        connect: makes the connection, of what it calls when it is up and when it is down.
    """

    def __init__(self, aside: Aside, connect: Connecting) -> None:
        self._aside = aside
        self._connection = connect(self._up, self._down)
        self._is_on = False
        self._at: tuple[int, str] | None = None  # the carrier and the queue that are tried
        self._error: ChannelLost | None = None

    def begin(self) -> None:
        """Try those that may be tried by now, unless it is being done."""
        if not self._is_on and self._aside.due() is not None:
            self._is_on = True
            self._connection.startService()

    def stop(self) -> Deferred[None]:
        """Give up; fires when the connection is gone."""
        self._at = None
        self._is_on = False
        return self._connection.stopService()

    async def _up(self, channel: Channel) -> None:
        while self._is_on and (carrier_id := self._aside.due()) is not None:
            try:
                await self._try(channel, carrier_id)
            except ChannelLost as error:
                self._error = error
                raise
            self._at = None
            self._aside.served(carrier_id)
        self._leave()

    async def _try(self, channel: Channel, carrier_id: int) -> None:
        """Do what the node does with the lanes; what is delivered meanwhile goes back."""

        def hand_back(messages: Sequence[Message]) -> None:
            for message in messages:
                channel.nack(message.delivery_tag)

        for lane in Lane:
            name = lane_name(carrier_id, lane)
            self._at = carrier_id, name
            await declare_lane(channel, name)
            await channel.cancel(await channel.consume(name, hand_back, prefetch=1, cancelled=lambda why: None))

    def _down(self, why: str) -> None:
        at, self._at, error, self._error = self._at, None, self._error, None
        if at is not None:
            self._aside.failed(*at, why if error is None else str(error), error)
        self._leave()

    def _leave(self) -> None:
        if self._is_on:
            self._is_on = False
            self._connection.stopService()
