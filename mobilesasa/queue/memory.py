"""The queue in the process: deques that can be lost at any time, for the rows are the truth.

How to think about it: a lane is either *whole* (every unclaimed row of it is named in memory or in a consumer's hand)
or *cut* (the store has more). A lane begins cut, and is cut again when it holds `bound` ids: what is published then is
not kept, until a refill is being read. A cut lane that runs dry reads the next rows from the store, piece by piece from
the oldest on; it begins again from the oldest if something was not kept meanwhile, and is whole when nothing was. So the
refill at start, after a crash, and after an overflow are one thing. A row may be named twice; whoever claims it second
finds nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Sequence

import attrs
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from mobilesasa.core.lanes import IDS_A_BODY, Delivery
from mobilesasa.core.model import Lane, MessageId

Refill = Callable[[int, Lane, MessageId | None, int], Awaitable[Sequence[MessageId]]]
RETRY_S = 1.0


@attrs.define(eq=False)
class _Lane:
    carrier_id: int
    lane: Lane
    waiting: deque[MessageId] = attrs.field(factory=deque)
    cut: bool = True
    dropped: bool = False  # something that was published was not kept since the reading began from the oldest
    after: MessageId | None = None  # how far it was read; None: from the oldest on
    refilling: bool = False
    deliver: Callable[[Delivery], None] | None = None
    prefetch: int = 0
    in_hand: list[Delivery] = attrs.field(factory=list)
    pump_due: bool = False


class MemoryQueue:
    """Implements `core.lanes.Queue` in memory.

    Args:
        clock: deliveries happen on a later turn of it.
        refill: reads up to so many ids that wait in a lane of the store behind an id (None: from the start), oldest
            first: `(carrier_id, lane, after, limit)`.
        bound: ids kept in memory a lane, at most (I7).
    """

    log = Logger()

    def __init__(self, clock: IReactorTime, refill: Refill, bound: int = 50_000) -> None:
        self._clock = clock
        self._refill = refill
        self._bound = bound
        self._lanes: dict[tuple[int, Lane], _Lane] = {}

    def publish(self, carrier_id: int, lane: Lane, ids: Sequence[MessageId]) -> None:
        """See `Queue.publish`."""
        kept = self._lane(carrier_id, lane)
        if (kept.cut and not kept.refilling) or len(kept.waiting) + len(ids) > self._bound:
            kept.cut = kept.dropped = True
        else:
            kept.waiting.extend(ids)
        self._pump_soon(kept)

    def consume(self, carrier_id: int, deliver: Callable[[Delivery], None], prefetch: int) -> MemorySubscription:
        """See `Queue.consume`."""
        lanes = [self._lane(carrier_id, lane) for lane in Lane]
        for lane in lanes:
            lane.deliver = deliver
            lane.prefetch = prefetch
            self._pump_soon(lane)
        return MemorySubscription(lanes)

    def look_again(self, at_once: bool = False) -> None:
        """Suppose that hints were lost: every lane reads the store once more when it runs dry, `at_once` or not."""
        for lane in self._lanes.values():
            lane.cut = True
            self._pump_soon(lane)

    def depth(self, carrier_id: int, lane: Lane) -> int:
        """See `Queue.depth`."""
        return len(self._lane(carrier_id, lane).waiting)

    def _lane(self, carrier_id: int, lane: Lane) -> _Lane:
        found = self._lanes.get((carrier_id, lane))
        if found is None:
            found = self._lanes[carrier_id, lane] = _Lane(carrier_id, lane)
        return found

    def _pump_soon(self, lane: _Lane) -> None:
        if lane.deliver is not None and not lane.pump_due:
            lane.pump_due = True
            self._clock.callLater(0, self._pump, lane)

    def _pump(self, lane: _Lane) -> None:
        lane.pump_due = False
        while lane.deliver is not None and lane.waiting and len(lane.in_hand) < lane.prefetch:
            ids = [lane.waiting.popleft() for _ in range(min(IDS_A_BODY, len(lane.waiting)))]
            delivery = Delivery(lane.carrier_id, lane.lane, ids, self._done)
            lane.in_hand.append(delivery)
            lane.deliver(delivery)
        if lane.deliver is not None and lane.cut and not lane.waiting and not lane.refilling:
            lane.refilling = True
            Deferred.fromCoroutine(self._read(lane)).addErrback(
                lambda failure: self.log.failure("refilling a lane of carrier {id}", failure, id=lane.carrier_id)
            )

    async def _read(self, lane: _Lane) -> None:
        """Fill a dry lane from the store; it is whole again when the store had no more, and nothing was dropped."""
        limit = max(self._bound // 2, 1)
        if lane.after is None:
            lane.dropped = False
        try:
            ids = await self._refill(lane.carrier_id, lane.lane, lane.after, limit)
        except Exception as error:  # noqa: BLE001 - an edge: whatever the store's trouble is, the lane asks again
            self.log.warn("reading what waits for carrier {id}: {error}", id=lane.carrier_id, error=error)
            self._clock.callLater(RETRY_S, self._retry, lane)
            return
        lane.refilling = False
        read = set(ids)
        lane.waiting = deque((*ids, *(published for published in lane.waiting if published not in read)))
        lane.after = ids[-1] if len(ids) == limit else None
        lane.cut = lane.dropped or lane.after is not None
        if lane.waiting or lane.cut:
            self._pump_soon(lane)

    def _retry(self, lane: _Lane) -> None:
        lane.refilling = False
        self._pump_soon(lane)

    def _done(self, delivery: Delivery, acknowledged: bool) -> None:
        lane = self._lane(delivery.carrier_id, delivery.lane)
        if delivery not in lane.in_hand:
            return  # it went back when its consumer was cancelled
        lane.in_hand.remove(delivery)
        if not acknowledged:
            lane.waiting.extendleft(reversed(delivery.ids))
        self._pump_soon(lane)


@attrs.frozen(eq=False)
class MemorySubscription:
    """See `core.lanes.Subscription`."""

    _lanes: list[_Lane]

    def cancel(self) -> None:
        """See `Subscription.cancel`."""
        for lane in self._lanes:
            lane.deliver = None
            for delivery in reversed(lane.in_hand):
                lane.waiting.extendleft(reversed(delivery.ids))
            lane.in_hand.clear()
