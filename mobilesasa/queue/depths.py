"""Looks now and then how much waits at RabbitMQ, on a channel of its own: a queue that is missing closes the channel that asks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Final

import attrs

from mobilesasa.core.model import Lane
from mobilesasa.queue.amqp.channel import Channel
from mobilesasa.queue.amqp.errors import ChannelError
from mobilesasa.queue.topology import DEAD, lane_name

EVERY_S: Final = 10.0
_NOT_FOUND: Final = 404


@attrs.frozen
class Depth:
    """What RabbitMQ says of a queue."""

    ready: int  # bodies in no hand
    consumers: int


class Depths:
    """Asks by passive declare.

    Args:
        aside: opens a channel whose failure hurts no other.
    """

    def __init__(self, aside: Callable[[], Awaitable[Channel]]) -> None:
        self._aside = aside
        self._channel: Channel | None = None

    async def of_lanes(self, carrier_ids: Iterable[int]) -> dict[tuple[int, Lane], Depth]:
        """Return what waits in the lanes of these carriers; those that RabbitMQ does not have are left out.

        Raises:
            ChannelLost: it cannot be asked.
        """
        places = [(carrier_id, lane) for carrier_id in carrier_ids for lane in Lane]
        found = {place: await self._of(lane_name(*place)) for place in places}
        return {place: depth for place, depth in found.items() if depth is not None}

    async def of_dead(self) -> Depth | None:
        """Return how many dead letters there are.

        Raises:
            ChannelLost: it cannot be asked.
        """
        return await self._of(DEAD)

    async def _of(self, name: str) -> Depth | None:
        if self._channel is None or self._channel.is_dead:
            self._channel = await self._aside()
        try:
            told = await self._channel.declare_queue(name, passive=True)
        except ChannelError as error:
            self._channel = None
            if error.code != _NOT_FOUND:
                raise
            return None
        return Depth(told.messages, told.consumers)
