"""A consumer's hold on one lane at RabbitMQ, over however many channels it takes.

How to think about it: what the consumer has in hand is ours to count, and a delivery tag is only RabbitMQ's word for it.
A tag is good on its own channel; when the channel is lost RabbitMQ delivers the same bodies again, and a body that comes
again while it is still in hand lends its new tag to the one in hand and is not delivered twice. So a consumer never holds
more than its prefetch, however often connections break.

RabbitMQ closes a channel that keeps a delivery for half an hour (consumer_timeout), and a slow carrier does. So a hold
*rests* before that: its consumer is cancelled, and the bodies in hand are acknowledged, which loses nothing: the rows
are the truth, and whoever consumes the lane next reads them from the store. It is taken up again when half of them are done.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

import attrs
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from mobilesasa.core.lanes import Delivery
from mobilesasa.core.model import Lane, MessageId
from mobilesasa.queue.amqp.channel import Channel
from mobilesasa.queue.amqp.message import Message
from mobilesasa.queue.envelope import BadBody, read_body
from mobilesasa.queue.missed import Missed
from mobilesasa.queue.sizes import Sizes

REST_S: Final = 900.0  # RabbitMQ's consumer_timeout is 1,800 s, looked at once a minute

_Ids = tuple[MessageId, ...]


@attrs.define(eq=False)
class _Taken:
    """A body that we have, and RabbitMQ's tag for it; None when it has no share in it any more."""

    ids: _Ids
    tag: int | None
    since_s: float


@attrs.define(eq=False)
class Hold:
    """One lane of a subscription.

    Attributes:
        tag: of our consumer at RabbitMQ; empty while there is none.
        closed: the consumer has gone.
        resting: RabbitMQ is to deliver nothing for a while.
    """

    log = Logger()

    carrier_id: int
    lane: Lane
    deliver: Callable[[Delivery], None]
    prefetch: int
    missed: Missed
    _sizes: Sizes
    _clock: IReactorTime
    _changed: Callable[[], None]  # called when `wanted` may have changed
    tag: str = ""
    closed: bool = False
    resting: bool = False
    _channel: Channel | None = None
    _in_hand: dict[Delivery, _Taken] = attrs.field(factory=dict)
    _by_ids: dict[_Ids, Delivery] = attrs.field(factory=dict)
    _waiting: deque[_Taken] = attrs.field(factory=deque)  # come, and not delivered

    @property
    def wanted(self) -> bool:
        """Whether RabbitMQ is to deliver."""
        return not self.closed and not self.resting

    @property
    def in_hand(self) -> int:
        """How many bodies the consumer has."""
        return len(self._in_hand)

    def look(self, at_once: bool = False) -> None:
        """Bring what has waited for a minute: all of it when RabbitMQ has nothing more for this consumer, else a page.

        Args:
            at_once: bring what has waited however long.
        """
        self.missed.look(not self.resting and len(self._in_hand) < self.prefetch, at_once)

    # From RabbitMQ.

    def begin(self, channel: Channel) -> None:
        """Take what comes on this channel from now on."""
        self._channel = channel

    def received(self, channel: Channel, messages: Sequence[Message]) -> None:
        """Take bodies; those that are none go to the dead letters."""
        if channel is not self._channel:
            return
        for message in messages:
            try:
                ids = tuple(read_body(message.body))
            except BadBody as bad:
                self.log.error(
                    "a body for carrier {id} goes to the dead letters (mobilesasa queue dead): {bad}",
                    id=self.carrier_id,
                    bad=bad,
                )
                channel.nack(message.delivery_tag, requeue=False)
                continue
            self._sizes.note(self.carrier_id, self.lane, len(ids))
            self._take(channel, ids, message.delivery_tag)

    def _take(self, channel: Channel, ids: _Ids, tag: int) -> None:
        taken = _Taken(ids, tag, self._clock.seconds())
        same = self._by_ids.get(ids)
        if not self.wanted or (same is None and len(self._in_hand) >= self.prefetch):
            self._waiting.append(taken)  # `let_go` hands it back, or `_pump` delivers it
        elif same is None:
            self._give(taken)
        elif (held := self._in_hand[same]).tag is None:
            held.tag, held.since_s = tag, taken.since_s
        else:
            channel.ack(tag)  # published twice: the one in hand stands for both

    def let_go(self, channel: Channel) -> None:
        """RabbitMQ delivers no more to us: hand back what goes to the next consumer, and acknowledge what rests with ours."""
        for taken in self._in_hand.values():
            if taken.tag is not None and self.closed:
                channel.nack(taken.tag)
            elif taken.tag is not None:
                channel.ack(taken.tag)
            taken.tag = None
        for taken in self._waiting:
            if taken.tag is not None:
                channel.nack(taken.tag)
        self._forget_waiting()
        if self.closed:
            self._in_hand.clear()
            self._by_ids.clear()

    def cancelled(self, channel: Channel) -> None:
        """The queue is gone, and its bodies with it: the channel need not remember that we had some of them."""
        for taken in (*self._in_hand.values(), *self._waiting):
            if taken.tag is not None:
                channel.ack(taken.tag)
                taken.tag = None
        self._waiting.clear()  # what nobody has in hand is read from the store

    def lost(self) -> None:
        """The channel is gone: RabbitMQ delivers everything again on another."""
        self._channel, self.tag = None, ""
        for taken in self._in_hand.values():
            taken.tag = None
        self._forget_waiting()

    def _forget_waiting(self) -> None:
        self._waiting = deque(taken for taken in self._waiting if taken.tag is None)

    def rest_if_stale(self) -> None:
        """Rest when RabbitMQ has waited long for a word about a body."""
        before_s = self._clock.seconds() - REST_S
        kept = (*self._in_hand.values(), *self._waiting)
        if self.wanted and self.tag and any(each.tag is not None and each.since_s <= before_s for each in kept):
            self.resting = True
            self._changed()

    # To and from the consumer.

    def close(self) -> None:
        """The consumer wants no more."""
        self.closed = True
        self.missed.close()
        self._changed()

    def _give(self, taken: _Taken) -> None:
        delivery = Delivery(self.carrier_id, self.lane, taken.ids, self._done)
        self._in_hand[delivery] = taken
        self._by_ids[taken.ids] = delivery
        self.deliver(delivery)

    def _done(self, delivery: Delivery, acknowledged: bool) -> None:
        if self.closed or delivery not in self._in_hand:
            return  # it went back when its consumer was cancelled
        taken = self._in_hand.pop(delivery)
        del self._by_ids[taken.ids]
        channel = self._channel
        if channel is None or taken.tag is None:
            if not acknowledged:
                self._waiting.appendleft(taken)
        elif acknowledged:
            channel.ack(taken.tag)
        else:
            channel.nack(taken.tag)
        if self._waiting:
            self._clock.callLater(0, self._pump)
        if self.resting and 2 * len(self._in_hand) <= self.prefetch:
            self.resting = False
            self._changed()

    def _pump(self) -> None:
        channel = self._channel
        while self._waiting and not self.closed and len(self._in_hand) < self.prefetch:
            taken = self._waiting.popleft()
            if taken.ids not in self._by_ids:
                self._give(taken)
            elif channel is not None and taken.tag is not None:
                channel.ack(taken.tag)
