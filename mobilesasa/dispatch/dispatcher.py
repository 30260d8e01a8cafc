"""Brings the messages of one carrier from its queue to the carrier, and writes the outcomes down.

How to think about it: a message passes four places, each bounded.

    heard ──claim──▶ ready ──room──▶ out ──outcome──▶ settling ──commit──▶ acknowledged
    (ids from the     (rows, marked   (on the wire)    (being written)
     queue)            as ours)

What is out or settling counts against the carrier's window, so that when the process dies no more than one window of
messages can be in doubt (I3). A queue body is acknowledged when the last of its messages is written down. Claims run
ahead of the window, so the wire never waits for the database. Everything moves in lists; a Deferred belongs to a batch.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence, Set
from functools import partial
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from mobilesasa.core.alterations import Concerned
from mobilesasa.core.lanes import Delivery, Queue, Subscription
from mobilesasa.core.model import (
    Failure,
    Lane,
    MessageId,
    Never,
    Outbound,
    Outcome,
    Settled,
    Settlement,
)
from mobilesasa.core.ports import Carrier, Journal, Notifier
from mobilesasa.dispatch.answers import settlements
from mobilesasa.dispatch.counts import Counts
from mobilesasa.dispatch.hand import Body, LaneInHand, Quota, Withdrawal
from mobilesasa.dispatch.hints import publish
from mobilesasa.dispatch.inbound import FromPhones
from mobilesasa.dispatch.insist import insist
from mobilesasa.dispatch.latency import ANSWER_BOUNDS_S, Latency
from mobilesasa.dispatch.picking import Picker
from mobilesasa.dispatch.receipts import Receipts

PREFETCH_BODIES = 200
PACE_TICK_S = 0.02  # the shortest wait for what bulk may have
EXPIRED = Never(Failure.EXPIRED_UNSENT, "the validity period ended before a carrier took the message")


class Dispatcher:
    """One carrier's way out.

    Args:
        carrier_id: the carrier's id in the store.
        carrier: the wire; this object is its listener.
        queue: where ids come from.
        journal: the store.
        receipts: takes what carriers report.
        from_phones: takes the messages that carriers bring.
        notifier: tells teams of messages that failed here.
        clock: for waiting while the store is away.
        now_ms: milliseconds since the epoch.
        claim_ahead: messages claimed a lane before there is room for them, at most.
        second_way_s: so long after the carrier took it a failed receipt lets a message go on to another; 0: never.

    Attributes:
        avoided: where what the carrier left unanswered is not to go; None while that stays with the carrier.
    """

    log = Logger()
    avoided: tuple[int, ...] | None = None

    def __init__(
        self,
        carrier_id: int,
        carrier: Carrier,
        queue: Queue,
        journal: Journal,
        receipts: Receipts,
        from_phones: FromPhones,
        notifier: Notifier,
        clock: IReactorTime,
        now_ms: Callable[[], int],
        claim_ahead: int = 500,
        second_way_s: float = 0.0,
    ) -> None:
        self.carrier = carrier
        self.reported = receipts.take  # receipts go their own way
        self.received_from_phones = from_phones.take  # and so does what is no answer at all
        self._carrier_id = carrier_id
        self._queue = queue
        self._journal = journal
        self._notifier = notifier
        self._clock, self._now_ms = clock, now_ms
        self._claim_ahead = claim_ahead
        self._second_way_s = second_way_s
        self._lanes = {lane: LaneInHand() for lane in Lane}
        self._in_hand: dict[MessageId, Body] = {}
        self._picker = Picker(self._lanes[Lane.TRANSACTIONAL].ready, self._lanes[Lane.BULK].ready)
        self._pace_call: IDelayedCall | None = None
        self._subscription: Subscription | None = None
        self._stopping = False  # nothing more is taken, and what no carrier has goes back
        self._going_back: set[MessageId] = set()
        self._idle: Deferred[None] | None = None
        self._withdrawals: list[Withdrawal] = []
        self._quota: Quota | None = None  # beside the other bounds
        self._handed_at_s: dict[MessageId, float] = {}  # what the carrier has not answered
        self.counts = Counts()
        self.latency = Latency(ANSWER_BOUNDS_S)  # from the hand-over to the answer, whichever it is

    # From the queue.

    def start(self) -> None:
        """Begin to take what the queue names."""
        self._subscription = self._queue.consume(self._carrier_id, self._delivered, PREFETCH_BODIES)

    def _delivered(self, delivery: Delivery) -> None:
        body = Body(delivery, 0)
        heard = self._lanes[delivery.lane].heard
        for message_id in delivery.ids:
            if message_id not in self._in_hand:  # the queue may name a message twice
                self._in_hand[message_id] = body
                body.left += 1
                heard.append(message_id)
        if body.left == 0:
            delivery.ack()
            return
        self._claim()

    def _claim(self) -> None:
        """Claim what was heard, a batch a lane at a time, so far ahead as allowed."""
        kept_out: set[MessageId] = set()
        for withdrawal in self._withdrawals:
            if withdrawal.wanted.ways:  # who is on them is known when it is claimed
                return
            kept_out |= withdrawal.wanted.ids
        for which, lane in self._lanes.items():
            room = min(self._claim_ahead - len(lane.ready), self._may_take())
            if self._stopping or lane.claiming or not lane.heard or room <= 0:
                continue
            ids = lane.claiming = lane.next(room, kept_out)
            if ids:
                self._keep("claiming", self._claimed(which, lane, ids))

    async def _claimed(self, which: Lane, lane: LaneInHand, ids: Sequence[MessageId]) -> None:
        rows = await insist(self._clock, self.log, self._journal.claim, ids)
        lane.claiming = []
        self._acknowledge([message_id for message_id, row in zip(ids, rows, strict=True) if row is None])
        taken = [row for row in rows if row is not None]
        if self._stopping:
            self._hand_back(which, taken)
            self._rest()
            return
        gone_on = [row for row in taken if row.carrier_id != self._carrier_id]
        if gone_on:  # since the queue named them here
            self._hand_back(which, gone_on, "passing on")
            taken = [row for row in taken if row.carrier_id == self._carrier_id]
        lane.ready.extend(taken)
        if self._quota is not None and self._quota.messages == 0:
            self._put_back(_all)
        for withdrawal in self._withdrawals:
            self._put_back(withdrawal.wanted)
        self._feed()
        self._claim()
        self._rest()

    def allow(self, messages: int | None) -> None:
        """Let so many more messages go out and then none; None lifts it. With 0 what is claimed waits in the store again.

        What is on the wire stays there. What was put back is claimed again when more is allowed. The same word again
        changes nothing.
        """
        before = None if self._quota is None else self._quota.messages
        if messages == before or self._stopping:
            return
        self._quota = None if messages is None else Quota(messages, self.counts.handed)
        if messages == 0:
            self._put_back(_all)
        self._claim()

    def _may_take(self) -> int:
        if self._quota is None:
            return self._claim_ahead
        claimed = sum(len(lane.claiming) + len(lane.ready) for lane in self._lanes.values())
        return self._quota.left(self.counts.handed) - claimed

    def _put_back(self, wanted: Callable[[Outbound], bool], why: str = "putting back") -> None:
        for which, lane in self._lanes.items():
            self._hand_back(which, lane.take_out(wanted), why)

    def put_back(self, ids: Set[MessageId]) -> None:
        """Put these back, as far as the carrier does not have them; the store does not let them be claimed now."""
        self._put_back(lambda message: message.id in ids)

    def withdraw(self, wanted: Concerned) -> Withdrawal:
        """Put back what is wanted and the carrier does not have, and claim none of it until the withdrawal ends.

        Where that is said by senders and numbers nothing is claimed meanwhile. Several may be under way at once.
        """
        withdrawal = Withdrawal(wanted, self._clock, self._withdrawal_ended)
        self._withdrawals.append(withdrawal)
        self._put_back(wanted)
        self._rest()
        return withdrawal

    def _withdrawal_ended(self, withdrawal: Withdrawal) -> None:
        self._withdrawals.remove(withdrawal)
        self._claim()

    # To the carrier.

    def room_changed(self) -> None:
        """See `CarrierListener`."""
        self._feed()

    def throttled(self) -> None:
        """See `CarrierListener`: bulk retreats."""
        retreat, was_free = self._picker.retreat, self._picker.retreat.rate_per_s is None
        if retreat.throttled(self._clock.seconds()) and was_free:
            self.log.info(
                "carrier {name} throttles: its bulk lane begins again at {rate:.0f} parts a second",
                name=self.carrier.name,
                rate=retreat.rate_per_s,
            )

    @property
    def in_trouble(self) -> bool:
        """See `CarrierListener`."""
        return self.avoided is not None

    def end_expired(self) -> None:
        """End what has expired while it waited here for room, which a carrier that is away never has."""
        now_ms = self._now_ms()
        for lane in self._lanes.values():
            expired = lane.take_out(lambda message: message.expires_at_ms <= now_ms)
            if expired:
                self._picker.take_out(expired)
                self._end(expired)

    def _feed(self) -> None:
        """Give the carrier what it has room for, expired messages left out."""
        if self._stopping:
            return
        ready, picker, window = [lane.ready for lane in self._lanes.values()], self._picker, self.carrier.window
        expired: list[Outbound] = []
        while any(ready):
            room = min(self.carrier.room(), window - picker.out_parts)
            if room <= 0:
                break
            batch = picker.pick(room, window, self._clock.seconds(), self._now_ms(), expired)
            if not batch:
                self._feed_later()
                break
            self.counts.handed += len(batch)
            self.counts.on_wire += sum([message.parts for message in batch])
            self._handed_at_s.update(dict.fromkeys([message.id for message in batch], self._clock.seconds()))
            self.carrier.submit(batch)
        if expired:
            self._end(expired)
        self._claim()

    def _feed_later(self) -> None:
        """Come back when bulk, which a carrier that throttles holds up, may have more of it."""
        wait_s = self._picker.wait_s(self._clock.seconds())
        if wait_s > 0 and self._pace_call is None:
            self._pace_call = self._clock.callLater(max(PACE_TICK_S, wait_s), self._paced)

    def _paced(self) -> None:
        self._pace_call = None
        self._feed()

    # From the carrier.

    def settled(self, outcomes: Sequence[tuple[Outbound, Outcome]]) -> None:
        """See `CarrierListener`: write the outcomes down; only then their room is free."""
        on_wire, at_s = self.counts.on_wire, self._clock.seconds()
        self.counts.answered(outcomes)
        self._picker.retreat.answered(on_wire - self.counts.on_wire, at_s)
        handed_at_s = [self._handed_at_s.pop(message.id, None) for message, _ in outcomes]
        self.latency.add([at_s - since_s for since_s in handed_at_s if since_s is not None])
        self._write(outcomes)

    def _end(self, expired: Sequence[Outbound]) -> None:
        self.counts.expired += len(expired)
        self._write([(message, EXPIRED) for message in expired])

    def _write(self, outcomes: Sequence[tuple[Outbound, Outcome]]) -> None:
        batch = settlements(self._carrier_id, outcomes, self._now_ms(), self._second_way_s, self.avoided)
        self._keep("settling", self._written(batch, [message for message, _ in outcomes]))

    async def _written(self, batch: Sequence[Settlement], messages: Sequence[Outbound]) -> None:
        patient = 2 * self.out_parts < self.carrier.window  # else the carrier may wait for the room that this makes
        settle = partial(self._journal.settle, patient=patient)
        follows = await insist(self._clock, self.log, settle, batch)
        self._hint(follows)
        self._picker.written(messages)
        self._acknowledge([item.message_id for item in batch])
        notices = [notice for settled in follows for notice in settled.notices]
        if notices:
            self._notifier.owe(notices)
        self._feed()
        self._rest()

    def _hint(self, follows: Sequence[Settled]) -> None:
        """Tell the queues of other carriers what goes on to them."""
        moved = [settled.moved for settled in follows if settled.moved is not None]
        self.counts.rerouted += len(moved)
        publish(self._queue, moved)

    def _acknowledge(self, ids: Sequence[MessageId]) -> None:
        for message_id in ids:
            body = self._in_hand.pop(message_id, None)
            if body is not None:
                body.left -= 1
                if body.left == 0:
                    body.delivery.ack()

    # The end.

    async def stop(self, within_s: float) -> None:
        """Take nothing more, hand back what no carrier has, and wait for that and for what is out, for a while at most."""
        self._stopping = True
        if self._subscription is not None:
            self._subscription.cancel()
        if self._pace_call is not None:
            self._pace_call.cancel()
        self._put_back(_all, "handing back")
        if not self._at_rest():
            self._idle = Deferred()
            self._idle.addTimeout(within_s, self._clock, onTimeoutCancel=lambda *_: None)
            await self._idle
            self._idle = None

    def _hand_back(self, which: Lane, messages: Sequence[Outbound], why: str = "handing back") -> None:
        if messages:
            self._going_back.update([message.id for message in messages])
            self._keep(why, self._handed_back(which, messages))

    async def _handed_back(self, which: Lane, messages: Sequence[Outbound]) -> None:
        await insist(self._clock, self.log, self._journal.release, [message.id for message in messages])
        self._going_back.difference_update([message.id for message in messages])
        others = [message for message in messages if message.carrier_id != self._carrier_id]
        ours = [message.id for message in messages if message.carrier_id == self._carrier_id]
        publish(self._queue, [(message.id, message.carrier_id, which) for message in others])
        self._acknowledge([message.id for message in others])
        if self._stopping:  # who consumes next may have been told, and found it claimed
            publish(self._queue, [(message_id, self._carrier_id, which) for message_id in ours])
        else:
            self._lanes[which].heard.extendleft(reversed(ours))
            self._claim()
        self._rest()

    def _at_rest(self) -> bool:
        return not (self._picker.out_parts or self._going_back or any(lane.claiming for lane in self._lanes.values()))

    def _rest(self) -> None:
        if self._withdrawals:
            moving = self._going_back.union(*(lane.claiming for lane in self._lanes.values()))
            for withdrawal in tuple(self._withdrawals):
                withdrawal.moved(moving)
        if self._idle is not None and not self._idle.called and self._at_rest():
            self._idle.callback(None)

    @property
    def backlog(self) -> int:
        """Messages that wait although the carrier has room: it is we who are slow. 0 where the carrier is.

        Bulk is left out: it waits for the others, and a campaign that is long is no reason to take anything later.
        """
        if self._quota is not None or 4 * self.carrier.room() < self.carrier.window:
            return 0
        heard = self._lanes[Lane.TRANSACTIONAL].heard
        return len(heard) + self._queue.depth(self._carrier_id, Lane.TRANSACTIONAL)

    @property
    def out_parts(self) -> int:
        """Parts on the wire or being written down."""
        return self._picker.out_parts

    # Work that goes on by itself.

    def _keep(self, what: str, work: Coroutine[Deferred[Any], Any, None]) -> None:
        Deferred.fromCoroutine(work).addErrback(
            lambda failure: self.log.failure("{what} for carrier {name}", failure, what=what, name=self.carrier.name)
        )


def _all(_: Outbound) -> bool:
    return True
