"""The queue over RabbitMQ: implements `core.lanes.Queue` on whatever connections there are, and goes on without any.

How to think about it: PostgreSQL's rows are the truth, and a body at RabbitMQ is a hint. So nothing here can be lost for
good, and everything may come twice. Two halves meet only at RabbitMQ, each on a connection of its own, for RabbitMQ stops
to read from one that publishes while its memory alarm is on, and acknowledgements must go on then:

    publish ─▶ Outgoing ─(once a turn, 500 bodies unconfirmed at most)─▶ RabbitMQ ─▶ Hold ─▶ the consumer
                  ▲ not confirmed, returned, lost                                      ▲ Missed: from the store

`queue.link` connects both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from twisted.internet.interfaces import IReactorTime

from mobilesasa.core.lanes import Delivery, Subscription
from mobilesasa.core.model import Lane, MessageId
from mobilesasa.queue.aside import Aside
from mobilesasa.queue.consumer import LaneConsumer
from mobilesasa.queue.missed import Refill
from mobilesasa.queue.publisher import LanePublisher
from mobilesasa.queue.sizes import Sizes

BOUND: Final = 200_000


class RabbitQueue:
    """Implements `core.lanes.Queue` over RabbitMQ.

    Args:
        clock: time, and turns.
        now_ms: milliseconds since the epoch, as in the ids.
        refill: reads up to so many ids that wait in a lane of the store behind an id (None: from the start), oldest
            first: `(carrier_id, lane, after, limit)`.
        bound: ids kept on this side over all lanes, at most (I7); what does not fit comes from the store.

    Attributes:
        publisher: the half that publishes.
        consumer: the half that consumes.
        aside: the carriers that RabbitMQ does not serve.
        ready: bodies of each lane that wait at RabbitMQ, as last looked at; `queue.link` keeps it.
    """

    def __init__(self, clock: IReactorTime, now_ms: Callable[[], int], refill: Refill, bound: int = BOUND) -> None:
        self.aside = Aside(clock)
        self._sizes = Sizes()
        self.publisher = LanePublisher(clock, bound, self.aside, self._sizes)
        self.consumer = LaneConsumer(clock, now_ms, refill, self.aside, self._sizes)
        self.aside.changed = self.publisher.changed = self._changed
        self.ready: dict[tuple[int, Lane], int] = {}

    def publish(self, carrier_id: int, lane: Lane, ids: Sequence[MessageId]) -> None:
        """See `Queue.publish`."""
        self.publisher.publish(carrier_id, lane, ids)

    def consume(self, carrier_id: int, deliver: Callable[[Delivery], None], prefetch: int) -> Subscription:
        """See `Queue.consume`; what waits in the store is read too, and goes to the consumer beside its `prefetch`."""
        return self.consumer.consume(carrier_id, deliver, prefetch)

    def look_again(self, at_once: bool = False) -> None:
        """See `Queue.look_again`: in the lanes that are consumed here, what has waited for a minute, or however long."""
        self.consumer.look_again(at_once)

    def depth(self, carrier_id: int, lane: Lane) -> int:
        """Return how many messages wait here and, as last looked at, at RabbitMQ.

        RabbitMQ counts bodies; each is taken for the mean of those that this node lately published to the lane or had of it.
        """
        kept = self.publisher.outgoing.of_lane(carrier_id, lane)
        return kept + round(self._sizes.mean(carrier_id, lane) * self.ready.get((carrier_id, lane), 0))

    @property
    def full(self) -> bool:
        """Whether so much waits here for RabbitMQ that nothing new should be taken in."""
        return self.publisher.full

    async def drain(self) -> None:
        """Return when everything is confirmed and nothing is consumed for who has gone; at once where RabbitMQ is away."""
        await self.publisher.drain()
        await self.consumer.drain()

    def _changed(self, carrier_id: int) -> None:
        """RabbitMQ began to serve a carrier, or ceased to: read the store in its place, or go on as ever."""
        is_aside = carrier_id in self.aside
        self.publisher.outgoing.lay_aside(carrier_id, is_aside, self.aside.is_unserved(carrier_id))
        self.consumer.fill_in_for(carrier_id, is_aside or carrier_id in self.publisher.outgoing.refused)
        if not is_aside:
            self.publisher.go_on(carrier_id)
