"""Publishes the ids of the lanes to RabbitMQ: all of a turn at once, confirmed, and again what was not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

import attrs
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from mobilesasa.core.model import Lane, MessageId
from mobilesasa.queue.amqp.channel import Channel, Outcome
from mobilesasa.queue.aside import Aside
from mobilesasa.queue.envelope import write_body
from mobilesasa.queue.outgoing import Body, Outgoing
from mobilesasa.queue.sizes import Sizes
from mobilesasa.queue.tender import Rest, Tender
from mobilesasa.queue.topology import LANES, declare_lanes, lane_name

FULL: Final = 0.8  # of the bound
SILENT_S: Final = 10.0  # RabbitMQ confirms within milliseconds
WINDOW: Final = 500
RETRY_S: Final = 1.0


@attrs.define
class Counts:
    """Bodies, since the process began."""

    published: int = 0
    confirmed: int = 0
    refused: int = 0  # by RabbitMQ
    returned: int = 0  # their queue was gone
    lost: int = 0  # the connection broke before their confirm


class LanePublisher:
    """The way of hints to RabbitMQ; without a channel they wait, as many as are allowed.

    Args:
        clock: time, and turns.
        bound: ids kept over all lanes, at most (I7).
        aside: the carriers for which RabbitMQ is asked nothing.
        sizes: told how many messages the bodies name.

    Attributes:
        changed: called with a carrier when RabbitMQ begins to refuse it, or no longer does (`outgoing.refused`).
        counts: what became of bodies.
        unconfirmed: bodies published and not confirmed.
        outgoing: what is kept.
    """

    log = Logger()

    def __init__(self, clock: IReactorTime, bound: int, aside: Aside, sizes: Sizes) -> None:
        self.changed: Callable[[int], None] = lambda carrier_id: None
        self.counts = Counts()
        self.unconfirmed = 0
        self.outgoing = Outgoing(bound)
        self._clock = clock
        self._sizes = sizes
        self._lanes: Tender[int] = Tender(clock, self._declare, aside, aside.put)
        self._declared: set[int] = set()
        self._paused: set[int] = set()  # a lane of theirs refused a body a moment ago
        self._is_blocked: Callable[[], bool] = bool
        self._flush_call: IDelayedCall | None = None
        self._overflowing = False
        self._is_declaring = False
        self._drained = Rest(lambda: self._lanes.channel is None or not self.outgoing.waiting)

    @property
    def full(self) -> bool:
        """Whether so much waits here that nothing new should be taken in."""
        return self.outgoing.waiting > FULL * self.outgoing.bound

    @property
    def declared(self) -> list[int]:
        """The carriers whose lanes are declared on the channel that there is."""
        return sorted(self._declared)

    def publish(self, carrier_id: int, lane: Lane, ids: Sequence[MessageId]) -> None:
        """See `core.lanes.Queue`."""
        self.outgoing.add(carrier_id, lane, ids)
        self._tell_overflow()
        self.go_on(carrier_id)

    async def drain(self) -> None:
        """Return when everything is confirmed, or there is no channel."""
        await self._drained.come()

    # For the link.

    async def came_up(self, channel: Channel, carrier_ids: Iterable[int], is_blocked: Callable[[], bool]) -> None:
        """Go on with a fresh channel, whose `settled` is ours to be told: declare the lanes of these carriers, publish.

        Raises:
            ChannelLost: it cannot be had.
        """
        self._is_blocked = is_blocked
        self._declared.clear()
        self._is_declaring = True  # nothing is published until it is over: a body can hold the declarations up
        try:
            await self._lanes.came_up(channel, {*carrier_ids, *self.outgoing.carriers()})
        finally:
            self._is_declaring = False
        self._flush_soon()

    def went_down(self) -> None:
        """Forget the channel; a second time does nothing."""
        self._lanes.went_down()
        self._declared.clear()
        self._drained.see()

    def unblocked(self) -> None:
        """RabbitMQ takes messages again."""
        self._flush_soon()

    def go_on(self, carrier_id: int) -> None:
        """Publish what waits for a carrier, as soon as its lanes are declared."""
        if carrier_id not in self._declared and carrier_id not in self._paused:
            self._lanes.soon(carrier_id)
        self._flush_soon()

    def silent(self) -> int | None:
        """Return the carrier for which RabbitMQ confirms nothing, and behind which all other bodies wait, if there is one.

        The first body of a channel for a queue that answers nobody holds the channel up for 65 s (RabbitMQ 3.10.8).
        """
        if self._lanes.channel is None or self._is_blocked():
            return None
        return self.outgoing.silent(self._clock.seconds() - SILENT_S)

    def settled(self, bodies: Sequence[Body], outcome: Outcome) -> None:
        """Hear what became of bodies that were published."""
        self.unconfirmed -= len(bodies)
        if outcome is Outcome.CONFIRMED:
            self.counts.confirmed += len(bodies)
            for carrier_id in sorted(self.outgoing.confirmed(bodies, self._clock.seconds())):
                self.log.info("RabbitMQ takes what is for carrier {id} again", id=carrier_id)
                self.changed(carrier_id)
            self._tell_overflow()
            self._drained.see()
            self._flush_soon()
            return
        self.outgoing.put_back(bodies)
        if outcome is Outcome.LOST:  # the next channel publishes them
            self.counts.lost += len(bodies)
            return
        if outcome is Outcome.RETURNED:
            self.counts.returned += len(bodies)
        else:
            self.counts.refused += len(bodies)
        self._refused(bodies, outcome)

    # Publishing.

    def _flush_soon(self) -> None:
        ready = self._lanes.channel is not None and not self._is_declaring
        if self._flush_call is None and ready and self.outgoing:
            self._flush_call = self._clock.callLater(0, self._flush)

    def _flush(self) -> None:
        self._flush_call = None
        channel = self._lanes.channel
        if channel is None or self._is_blocked():
            return
        bodies = self.outgoing.take(WINDOW - self.unconfirmed, self._declared, self._clock.seconds())
        self.unconfirmed += len(bodies)
        self.counts.published += len(bodies)
        for body in bodies:
            self._sizes.note(body.carrier_id, body.lane, len(body.ids))
            channel.publish(LANES, lane_name(body.carrier_id, body.lane), write_body(body.ids), body)

    async def _declare(self, channel: Channel, carrier_id: int) -> None:
        if carrier_id not in self._declared:
            await declare_lanes(channel, carrier_id)
            self._declared.add(carrier_id)
            self._flush_soon()

    def _refused(self, bodies: Sequence[Body], outcome: Outcome) -> None:
        """Publish nothing to these carriers until their lanes are declared once more, after a while."""
        why = "has no queue for it" if outcome is Outcome.RETURNED else "refuses to keep it"
        for carrier_id in sorted(self.outgoing.refuse(bodies)):
            self.log.warn("a body for carrier {id} goes out again: RabbitMQ {why}", id=carrier_id, why=why)
        self._tell_overflow()
        for carrier_id in sorted({body.carrier_id for body in bodies} & self._declared):
            self._declared.remove(carrier_id)
            self._paused.add(carrier_id)
            self._clock.callLater(RETRY_S, self._resume, carrier_id)
            self.changed(carrier_id)

    def _resume(self, carrier_id: int) -> None:
        self._paused.discard(carrier_id)
        self._lanes.soon(carrier_id)

    def _tell_overflow(self) -> None:
        waiting, bound = self.outgoing.waiting, self.outgoing.bound
        if waiting >= bound and not self._overflowing:
            self._overflowing = True
            self.log.error("{count} messages wait for RabbitMQ; what is beyond comes from the store", count=waiting)
        elif self._overflowing and waiting < FULL * bound:
            self._overflowing = False
            self.log.info("{count} messages wait for RabbitMQ, and none has to be left out any more", count=waiting)
