"""Reads from the store what no hint named: for a lane that is consumed here, beside what RabbitMQ delivers.

How to think about it: hints are lost with the node that held them, with RabbitMQ, and where too many waited. Who begins to
consume a lane therefore reads *all* that waits in the store, a page at a time, and each page is done before the next is
read. After that a look now and then brings those that are old enough that a hint should have been there long ago: a page
of them while RabbitMQ has more than the consumer may hold, for those may be in it, and all of them when it has no more. When
a node has died, which was to give hints of what it had accepted, that look brings what is fresh as well.
What is named twice is harmless: whoever claims it second finds nothing.

Ids have the time of the node that made them. One that is of a moment still to come was made by a clock that is ahead, or that was
(ids do not go back with a clock), and nobody can say how long it has waited: it is read with what is overdue.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import attrs
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from mobilesasa.core.ids import first_id_at
from mobilesasa.core.lanes import IDS_A_BODY, Delivery
from mobilesasa.core.model import Lane, MessageId

Refill = Callable[[int, Lane, MessageId | None, int], Awaitable[Sequence[MessageId]]]
PAGE: Final = 2000
OVERDUE_S: Final = 60.0
AHEAD_S: Final = 5.0  # by more than this no clock of a node is ahead of another that is right
RETRY_S: Final = 1.0


@attrs.frozen
class _Reading:
    """What is read: ids before one and from another on, page by page or a page alone."""

    until: MessageId
    ahead: MessageId
    to_the_end: bool

    def has(self, message_id: MessageId) -> bool:
        return message_id < self.until or message_id >= self.ahead

    def goes_on_after(self, ids: Sequence[MessageId]) -> MessageId | None:
        """Return behind which id the next page is, after one as it was read; None: there is none."""
        if not self.to_the_end or len(ids) < PAGE:
            return None
        return ids[-1] if ids[-1] < self.until else max(ids[-1], self.ahead)


class Missed:
    """What the store has of one lane and no hint named.

    Args:
        clock: for asking again, and for deliveries on a turn of their own.
        now_ms: milliseconds since the epoch, as in the ids.
        refill: reads up to so many ids that wait in a lane of the store behind an id (None: from the start), oldest
            first: `(carrier_id, lane, after, limit)`.
        deliver: the consumer.
    """

    log = Logger()

    def __init__(
        self,
        clock: IReactorTime,
        now_ms: Callable[[], int],
        refill: Refill,
        carrier_id: int,
        lane: Lane,
        deliver: Callable[[Delivery], None],
    ) -> None:
        self._clock = clock
        self._now_ms = now_ms
        self._refill = refill
        self._carrier_id = carrier_id
        self._lane = lane
        self._deliver = deliver
        self._in_hand: set[Delivery] = set()
        self._reading: _Reading | None = None  # is to go on
        self._after: MessageId | None = None
        self._again = False  # everything is to be read once more
        self._busy = False  # a page is being read, or is in hand
        self._closed = False

    def read_all(self) -> None:
        """Read all that waits, from the oldest on."""
        self._again = True
        self._go_on()

    def look(self, to_the_end: bool = False, at_once: bool = False) -> None:
        """Read a page of what has waited for a minute, unless something is being read.

        Args:
            to_the_end: read all of that, page by page.
            at_once: take what has waited however long; while something is being read, all of it is read behind that.
        """
        if not self._busy:
            self._after = None
            self._begin(self._to_read(1 if at_once else round(-1000 * OVERDUE_S), to_the_end))
        elif at_once:
            self._again = True

    def close(self) -> None:
        """Deliver nothing more."""
        self._closed = True
        self._in_hand.clear()

    def _go_on(self) -> None:
        if self._busy or self._closed:
            return
        if self._again:
            self._again = False
            self._after = None
            self._begin(self._to_read(1, to_the_end=True))
        elif self._reading is not None:
            self._begin(self._reading)

    def _to_read(self, until_ms: int, to_the_end: bool) -> _Reading:
        """Return what is to be read; `until_ms` counts from now."""
        now_ms = self._now_ms()
        return _Reading(first_id_at(now_ms + until_ms), first_id_at(now_ms + round(1000 * AHEAD_S)), to_the_end)

    def _begin(self, reading: _Reading) -> None:
        self._busy = True
        Deferred.fromCoroutine(self._read(reading)).addErrback(
            lambda failure: self.log.failure("reading what waits for carrier {id}", failure, id=self._carrier_id)
        )

    async def _read(self, reading: _Reading) -> None:
        """Read a page, and remember whether there is more, or that it is to be read again."""
        try:
            ids = await self._refill(self._carrier_id, self._lane, self._after, PAGE)
        except Exception as error:  # noqa: BLE001 - an edge: whatever the store's trouble is, it is asked again
            if not self._closed:
                self.log.warn("reading what waits for carrier {id}: {error}", id=self._carrier_id, error=error)
            self._reading = reading if reading.to_the_end else None
            self._clock.callLater(RETRY_S, self._end_page)
            return
        self._after = reading.goes_on_after(ids)
        self._reading = None if self._after is None else reading
        self._clock.callLater(0, self._hand_over, [each for each in ids if reading.has(each)])

    def _hand_over(self, page: Sequence[MessageId]) -> None:
        bodies = [
            Delivery(self._carrier_id, self._lane, page[at : at + IDS_A_BODY], self._done)
            for at in range(0, len(page), IDS_A_BODY)
        ]
        if bodies and not self._closed:
            self._in_hand.update(bodies)
            for body in bodies:
                self._deliver_kept(body)
        else:
            self._end_page()

    def _done(self, delivery: Delivery, acknowledged: bool) -> None:
        if delivery not in self._in_hand:
            return  # the consumer has gone
        self._in_hand.remove(delivery)
        if not acknowledged:
            self._in_hand.add(again := Delivery(delivery.carrier_id, delivery.lane, delivery.ids, self._done))
            self._clock.callLater(0, self._deliver_kept, again)
        elif not self._in_hand:
            self._clock.callLater(0, self._end_page)

    def _deliver_kept(self, delivery: Delivery) -> None:
        if delivery in self._in_hand:
            self._deliver(delivery)

    def _end_page(self) -> None:
        self._busy = False
        self._go_on()
