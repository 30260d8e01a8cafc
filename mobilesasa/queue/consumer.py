"""Consumes the lanes of carriers from RabbitMQ, and from the store what no hint named.

While hints do not get through, for RabbitMQ is away or takes nothing, the store is read again and again in its place: it is
the truth, and messages must not wait for what only tells of them. So it is for a single carrier whose lanes RabbitMQ does
not serve.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

import attrs
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.internet.task import deferLater
from twisted.logger import Logger

from mobilesasa.core.lanes import Delivery
from mobilesasa.core.model import Lane
from mobilesasa.queue.amqp.channel import Channel
from mobilesasa.queue.aside import Aside
from mobilesasa.queue.hold import Hold
from mobilesasa.queue.missed import Missed, Refill
from mobilesasa.queue.sizes import Sizes
from mobilesasa.queue.tender import Tender
from mobilesasa.queue.topology import declare_lanes, lane_name

RETRY_S: Final = 1.0
FILL_IN_S: Final = 0.5  # between two readings of the store in RabbitMQ's place


class LaneConsumer:
    """All subscriptions of this node.

    Args:
        clock: time, and turns.
        now_ms: milliseconds since the epoch, as in the ids.
        refill: see `queue.missed.Missed`.
        aside: the carriers for which RabbitMQ is asked nothing.
        sizes: told how many messages the bodies name.
    """

    log = Logger()

    def __init__(
        self, clock: IReactorTime, now_ms: Callable[[], int], refill: Refill, aside: Aside, sizes: Sizes
    ) -> None:
        self._clock = clock
        self._now_ms = now_ms
        self._refill = refill
        self._sizes = sizes
        self._holds: dict[int, list[Hold]] = {}
        self._leaving: dict[int, list[Hold]] = {}
        self._carriers: Tender[int] = Tender(clock, self._tend, aside, aside.put)
        self._is_filling_in = False  # for all carriers
        self._in_place: set[int] = set()  # and for these
        self._filling_in: IDelayedCall | None = None

    def consume(self, carrier_id: int, deliver: Callable[[Delivery], None], prefetch: int) -> RabbitSubscription:
        """See `core.lanes.Queue`; what waits in the store is read too, and goes to the consumer beside its `prefetch`."""
        holds = []
        for lane in Lane:
            missed = Missed(self._clock, self._now_ms, self._refill, carrier_id, lane, deliver)
            changed = partial(self._carriers.soon, carrier_id)
            holds.append(Hold(carrier_id, lane, deliver, prefetch, missed, self._sizes, self._clock, changed))
            missed.read_all()
        self._holds[carrier_id] = holds
        self._carriers.soon(carrier_id)
        return RabbitSubscription(partial(self._end, carrier_id, holds))

    def look_again(self, at_once: bool = False) -> None:
        """Bring what has waited for a minute in the lanes that are consumed here; `at_once`: however long."""
        for hold in self._every_hold():
            hold.look(at_once)

    def rest_stale(self) -> None:
        """Let go of lanes whose bodies have been in hand for long; see `queue.hold`."""
        for hold in self._every_hold():
            hold.rest_if_stale()

    async def drain(self) -> None:
        """Return when RabbitMQ consumes for nobody who has gone, or there is no channel."""
        await self._carriers.idle()

    # For the link.

    def fill_in(self, wanted: bool) -> None:
        """Read the store in RabbitMQ's place from now on, or no more; saying the same again does nothing."""
        self._is_filling_in = wanted
        self._go_on_filling_in()

    def fill_in_for(self, carrier_id: int, wanted: bool) -> None:
        """Do so for one carrier; when it ends, its lanes are read once more, and consumed if they are not."""
        if wanted:
            self._in_place.add(carrier_id)
        elif carrier_id in self._in_place:
            self._in_place.remove(carrier_id)
            for hold in self._holds.get(carrier_id, []):
                hold.missed.read_all()
            self._carriers.soon(carrier_id)
        self._go_on_filling_in()

    def stop(self) -> None:
        """Read the store in RabbitMQ's place no more."""
        self._in_place.clear()
        self.fill_in(False)

    async def came_up(self, channel: Channel) -> None:
        """Go on with a fresh channel.

        Raises:
            ChannelLost: it cannot be had.
        """
        await self._carriers.came_up(channel, self._holds)

    def went_down(self) -> None:
        """Forget the channel; a second time does nothing."""
        self._carriers.went_down()
        self._leaving.clear()
        for hold in self._every_hold():
            hold.lost()

    def _go_on_filling_in(self) -> None:
        wanted = self._is_filling_in or bool(self._in_place)
        if wanted and self._filling_in is None:
            self._filling_in = self._clock.callLater(FILL_IN_S, self._fill_in)
        elif not wanted and self._filling_in is not None:
            self._filling_in.cancel()
            self._filling_in = None

    def _fill_in(self) -> None:
        self._filling_in = self._clock.callLater(FILL_IN_S, self._fill_in)
        for hold in self._every_hold():
            if self._is_filling_in or hold.carrier_id in self._in_place:
                hold.missed.read_all()

    def _every_hold(self) -> list[Hold]:
        return [hold for holds in self._holds.values() for hold in holds]

    def _end(self, carrier_id: int, holds: list[Hold]) -> None:
        """A subscription was cancelled."""
        if self._holds.get(carrier_id) is holds:
            del self._holds[carrier_id]
        if self._carriers.channel is not None:
            self._leaving.setdefault(carrier_id, []).extend(holds)
        for hold in holds:
            hold.close()

    async def _tend(self, channel: Channel, carrier_id: int) -> None:
        for hold in self._leaving.pop(carrier_id, []):
            await self._follow(channel, hold)
        holds = self._holds.get(carrier_id, [])
        if any(hold.wanted and not hold.tag for hold in holds):
            await declare_lanes(channel, carrier_id)
        for hold in holds:
            await self._follow(channel, hold)

    async def _follow(self, channel: Channel, hold: Hold) -> None:
        """Consume for a hold, or stop to, as it wants by now."""
        while hold.wanted is not bool(hold.tag) and channel is self._carriers.channel:
            if hold.wanted:
                hold.begin(channel)
                hold.tag = await channel.consume(
                    lane_name(hold.carrier_id, hold.lane),
                    partial(hold.received, channel),
                    prefetch=hold.prefetch,
                    cancelled=partial(self._cancelled, channel, hold),
                )
            else:
                tag, hold.tag = hold.tag, ""
                await channel.cancel(tag)
                hold.let_go(channel)
                await deferLater(self._clock, 0)  # what was handed back leaves before anything else is asked

    def _cancelled(self, channel: Channel, hold: Hold, why: str) -> None:
        """RabbitMQ ended a consumer of ours: its queue was deleted. What was in it is in the store."""
        if channel is not self._carriers.channel:
            return
        if hold.closed:
            hold.cancelled(channel)
            return
        self.log.warn("RabbitMQ delivers no more for carrier {id}: {why}", id=hold.carrier_id, why=why)
        hold.tag = ""
        hold.cancelled(channel)
        hold.missed.read_all()
        self._carriers.later(hold.carrier_id, RETRY_S)


@attrs.frozen(eq=False)
class RabbitSubscription:
    """See `core.lanes.Subscription`."""

    _end: Callable[[], None]

    def cancel(self) -> None:
        """See `Subscription.cancel`."""
        self._end()
