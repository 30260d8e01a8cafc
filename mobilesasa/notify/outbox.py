"""The outbox: receipts and messages from phones to the receivers of each team, each at least once (I5, decision 115).

How to think about it: the spool in the store holds all that is owed until a bind has acknowledged it; memory holds the
first few of the teams that have a receiver. Of a notice in memory the team's desk knows: it waits, or is out on a link;
what was refused is put off (`notify.refusals`) and takes no room from the others. A desk is either *level* (memory has
all that the spool has and that is not put off; new notices join it as they come) or *behind* (the spool has more; it is
read in chunks as memory drains, from its beginning, or from the first notice that memory had no room for).

             owe, memory full; a receiver bound; once a minute
    level ──────────────────────────────────────────────────────▶ behind
      ◀──────────────────────────────────────────────────────────
             a read came to the end of the spool

When the last receiver of a team goes, its desk is forgotten: the spool has everything.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, Final

from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from mobilesasa.core.errors import StoreAway
from mobilesasa.core.inbound import Delivery, Owed
from mobilesasa.core.model import MessageId
from mobilesasa.notify.desk import Desk
from mobilesasa.notify.inbound import message_of, needs_cutting
from mobilesasa.notify.order import Order
from mobilesasa.notify.receipts import receipt_of
from mobilesasa.notify.refusals import Refusals
from mobilesasa.notify.spool import SpoolStore
from mobilesasa.smpp.errors import Unencodable, WrongState
from mobilesasa.smpp.pdus import DeliverSm, Pdu
from mobilesasa.smsc.binds import Receiver

_READ_RETRY_S: Final = 5.0
_SWEEP_S: Final = 60.0
_SWEEPS_WHEN_FULL: Final = 5  # what is refused and not remembered is tried again every five minutes, as the rest is
_HOUR_MS: Final = 3_600_000


class Outbox(Service):
    """Delivers receipts. Tell `smsc.binds.Binds.tell` of it.

    Args:
        spool: keeps the notices.
        clock: for retries.
        now_ms: milliseconds since the epoch, for the age of what is refused again and again.
        limit: notices of one team that wait, at most; as many that were refused may be kept beside them.
        keep_h: a notice older than this is not tried again, for the spool has forgotten it.
        unanswered: messages whose submit is stored and not answered yet; see `submits_answered`.
    """

    log = Logger()

    def __init__(
        self,
        spool: SpoolStore,
        clock: IReactorTime,
        now_ms: Callable[[], int],
        limit: int = 1000,
        keep_h: int = 72,
        unanswered: Collection[MessageId] = (),
    ) -> None:
        """Start with nobody bound."""
        self._spool = spool
        self._clock = clock
        self._now_ms = now_ms
        self._limit = limit
        self._keep_ms = keep_h * _HOUR_MS
        self._unanswered = unanswered
        self._desks: dict[int, Desk] = {}
        self._sweeping: IDelayedCall | None = None
        self._sweeps = 0
        self._stopped = False
        self.delivered = self.inbound_delivered = 0
        self.refused = 0
        self.unanswered_count = 0

    def __len__(self) -> int:
        """How many notices are in memory."""
        return sum(len(desk.held) + desk.refusals.kept for desk in self._desks.values())

    @property
    def put_off(self) -> int:
        """How many refused notices are remembered, in memory or by their number alone."""
        return sum(desk.refusals.remembered for desk in self._desks.values())

    def startService(self) -> None:
        """Begin to look into the spool every minute, for what came by another way than `owe`."""
        super().startService()
        self._stopped = False
        self._sweeping = self._clock.callLater(_SWEEP_S, self._sweep)

    def stopService(self) -> None:
        """Deliver nothing more; answers that still come are acknowledged."""
        super().stopService()
        self._stopped = True
        self._desks.clear()
        if self._sweeping is not None:
            self._sweeping.cancel()
            self._sweeping = None

    # What the store and the operator bring

    def owe(self, notices: Iterable[Owed]) -> None:
        """Take notices that are in the spool now; those of teams that nobody receives for are left there."""
        touched: dict[int, Desk] = {}
        for notice in notices:
            desk = self._desks.get(notice.team_id)
            if desk is None or notice.spool_id in desk.held:
                continue
            if desk.takes(notice):
                self._join(desk, (notice,))
                touched[desk.team_id] = desk
        for desk in touched.values():
            self._deliver(desk)

    def look(self, team_id: int) -> None:
        """Look into the spool for what a team is owed, if somebody receives for it."""
        desk = self._desks.get(team_id)
        if desk is None:
            return
        desk.look()
        self._read_on(desk)

    # What the sessions tell (smsc.binds.ReceiverListener)

    def receiver_bound(self, receiver: Receiver) -> None:
        if self._stopped:
            return
        desk = self._desks.get(receiver.team_id)
        if desk is None:
            refusals, order = Refusals(self._limit), Order(self._unanswered)
            desk = self._desks[receiver.team_id] = Desk(receiver.team_id, self._limit, refusals, order)
        desk.receivers.append(receiver)
        self._deliver(desk)
        self._read_on(desk)

    def receiver_gone(self, receiver: Receiver) -> None:
        desk = self._desks.get(receiver.team_id)
        if desk is None or receiver not in desk.receivers:
            return
        desk.receivers.remove(receiver)
        if not desk.receivers:
            del self._desks[receiver.team_id]

    def answered(self, receiver: Receiver, answers: Sequence[tuple[Any, Pdu]]) -> None:
        taken: list[Owed] = []
        refused: list[Owed] = []
        for notice, response in answers:
            (refused if response.status else taken).append(notice)
        desk = self._desks.get(receiver.team_id)
        if taken:
            from_phones = sum([type(notice) is Delivery for notice in taken])
            self.inbound_delivered += from_phones
            self.delivered += len(taken) - from_phones
            self._finish(desk, taken)
        if desk is not None:
            if refused:
                self.refused += len(refused)
                self._put_off(desk, [notice for notice in refused if notice.spool_id in desk.out])
            self._deliver(desk)
            self._read_on(desk)

    def unanswered(self, receiver: Receiver, contexts: Sequence[Any]) -> None:
        self.unanswered_count += len(contexts)
        desk = self._desks.get(receiver.team_id)
        if desk is not None:
            # What a link of a desk that was forgotten still had is read from the spool again.
            back = [notice for notice in contexts if notice.spool_id in desk.out]
            if desk.order:
                back = self._without_overtaken(desk, back)
            desk.out.difference_update([notice.spool_id for notice in back])
            desk.waiting.extendleft(reversed(back))
            self._deliver(desk)

    def submits_answered(self, team_id: int, message_ids: Collection[MessageId]) -> None:
        desk = self._desks.get(team_id)
        early = [] if desk is None else desk.order.answered(message_ids)
        if desk is not None and early:
            desk.held.difference_update([notice.spool_id for notice in early])
            self._join(desk, early)
            self._deliver(desk)

    # To the receivers

    def _deliver(self, desk: Desk) -> None:
        """Send what waits, as far as there is room, an even share to each receiver that has some."""
        waiting = desk.waiting
        if not waiting:
            return
        desk.turn += 1
        first = desk.turn % len(desk.receivers) if desk.receivers else 0
        rooms = [(receiver.room(), receiver) for receiver in desk.receivers[first:] + desk.receivers[:first]]
        able = sorted([each for each in rooms if each[0] > 0], key=_room_of)  # what others leave, the last can take
        for n, (room, receiver) in enumerate(able):
            batch_size = min(len(waiting) // (len(able) - n), room)
            if batch_size:
                self._send(desk, receiver, [waiting.popleft() for _ in range(batch_size)])

    def _send(self, desk: Desk, receiver: Receiver, batch: list[Owed]) -> None:
        if not receiver.takes_tlvs:
            batch = self._without_long_ones(desk, batch)
        if not batch:
            return
        desk.out.update([notice.spool_id for notice in batch])
        try:
            receiver.deliver([_pdu_of(notice, receiver) for notice in batch], batch)
        except (Unencodable, WrongState):
            self.log.failure(
                "receipts of team {team_id} could not be sent to {session_id}",
                team_id=desk.team_id,
                session_id=receiver.session_id,
            )
            self._put_off(desk, batch)

    def _without_long_ones(self, desk: Desk, batch: list[Owed]) -> list[Owed]:
        """Have messages that the peer can take only in parts cut in the spool, and return the others."""
        long = [notice for notice in batch if isinstance(notice, Delivery) and needs_cutting(notice)]
        for notice in long:
            cut = Deferred.fromCoroutine(self._spool.cut(desk.team_id, notice.spool_id))
            cut.addCallbacks(
                lambda _, spool_id: self._look_for_parts(desk, spool_id),
                self._not_cut,
                callbackArgs=(notice.spool_id,),
                errbackArgs=(desk, notice.spool_id),
            )
        return [notice for notice in batch if notice not in long] if long else batch

    def _look_for_parts(self, desk: Desk, spool_id: int) -> None:
        self._forget(desk, [spool_id])
        self.look(desk.team_id)

    def _not_cut(self, failure: Failure, desk: Desk, spool_id: int) -> None:
        self.log.failure("a long message for team {team_id} could not be cut", failure, team_id=desk.team_id)
        self._clock.callLater(_READ_RETRY_S, self._look_for_parts, desk, spool_id)

    def _finish(self, desk: Desk | None, notices: Sequence[Owed]) -> None:
        """Acknowledge what is done with, and let what was behind it join."""
        self._spool.acknowledge([(notice.team_id, notice.spool_id) for notice in notices])
        if desk is None:
            return
        self._forget(desk, [notice.spool_id for notice in notices])
        if desk.order:
            following = [after for after in map(desk.order.passed, notices) if after is not None]
            desk.held.difference_update([notice.spool_id for notice in following])
            self._join(desk, following)

    def _without_overtaken(self, desk: Desk, notices: list[Owed]) -> list[Owed]:
        """Finish with those that another notice of their message is behind, which says more; return the others."""
        overtaken: list[Owed] = []
        others: list[Owed] = []
        for notice in notices:
            (overtaken if desk.order.has_next(notice) else others).append(notice)
        if overtaken:
            self._finish(desk, overtaken)
        return others

    def _forget(self, desk: Desk, spool_ids: Collection[int]) -> None:
        desk.held.difference_update(spool_ids)
        desk.out.difference_update(spool_ids)
        desk.refusals.forget(spool_ids)
        if desk.reading:
            desk.taken.update(spool_ids)

    def _put_off(self, desk: Desk, notices: list[Owed]) -> None:
        """Try again later what was refused; the order does not matter."""
        if desk.order:
            notices = self._without_overtaken(desk, notices)
        oldest_ms = self._now_ms() - self._keep_ms
        spool_ids = [notice.spool_id for notice in notices]
        desk.held.difference_update(spool_ids)
        desk.out.difference_update(spool_ids)
        self._forget(desk, [notice.spool_id for notice in notices if notice.done_at_ms < oldest_ms])
        again = [notice for notice in notices if notice.done_at_ms >= oldest_ms]
        for delay_s, kept in desk.refusals.put_off(again, self._clock.seconds()).items():
            self._clock.callLater(delay_s, self._try_again, desk, kept)
        if desk.order:  # what memory keeps no more is under way no more
            for notice in notices:
                if notice.spool_id not in desk.refusals.in_memory:
                    desk.order.passed(notice)

    def _try_again(self, desk: Desk, notices: list[Owed]) -> None:
        if self._desks.get(desk.team_id) is desk:
            again = desk.refusals.due(notices)
            desk.held.update([notice.spool_id for notice in again])
            desk.waiting.extend(again)
            self._deliver(desk)
            self._read_on(desk)

    # From the spool

    def _read_on(self, desk: Desk) -> None:
        """Read the next chunk when the desk is behind and memory has room for one."""
        if not desk.should_read:
            return
        desk.reading = True
        reading = Deferred.fromCoroutine(self._spool.owed(desk.team_id, desk.after, desk.chunk))
        reading.addCallbacks(self._take_chunk, self._not_read, callbackArgs=(desk,), errbackArgs=(desk,))
        reading.addErrback(
            lambda failure: self.log.failure("receipts of team {team_id}", failure, team_id=desk.team_id)
        )

    def _take_chunk(self, notices: list[Owed], desk: Desk) -> None:
        if self._desks.get(desk.team_id) is not desk:
            return
        fresh = desk.end_read(notices)
        self._join(desk, notices)
        self._join(desk, fresh)
        desk.taken.clear()
        self._deliver(desk)
        self._read_on(desk)

    def _join(self, desk: Desk, notices: Iterable[Owed]) -> None:
        now_s = self._clock.seconds()
        for notice in notices:
            spool_id = notice.spool_id
            if spool_id in desk.held or spool_id in desk.taken or desk.refusals.hold_back(spool_id, now_s):
                continue
            desk.held.add(spool_id)
            if (notice.options is None and not self._unanswered) or self._in_order(desk, notice):
                desk.waiting.append(notice)

    def _in_order(self, desk: Desk, notice: Owed) -> bool:
        """Return whether a notice may be sent now; finish with the one whose place it takes, if there is one."""
        admitted, replaced = desk.order.admits(notice, desk.refusals.in_memory)
        if replaced is not None:
            self._finish(desk, [replaced])
        return admitted

    def _not_read(self, failure: Failure, desk: Desk) -> None:
        if failure.check(StoreAway):
            self.log.warn("the spool of team {team_id} waits: {error}", team_id=desk.team_id, error=failure.value)
        else:
            self.log.failure("the spool of team {team_id} could not be read", failure, team_id=desk.team_id)
        desk.end_failed_read()
        self._clock.callLater(_READ_RETRY_S, self._read_again, desk)

    def _read_again(self, desk: Desk) -> None:
        desk.read_later = False
        if self._desks.get(desk.team_id) is desk:
            self._read_on(desk)

    def _sweep(self) -> None:
        self._sweeping = self._clock.callLater(_SWEEP_S, self._sweep)
        self._sweeps += 1
        for team_id, desk in list(self._desks.items()):
            desk.refusals.forget_stale(self._clock.seconds())
            if self._sweeps % _SWEEPS_WHEN_FULL == 0 or not desk.refusals.is_full:
                self.look(team_id)


def _room_of(each: tuple[int, Receiver]) -> int:
    return each[0]


def _pdu_of(notice: Owed, receiver: Receiver) -> DeliverSm:
    """Return what a receiver is sent: a receipt, or a message from a phone."""
    terms = receiver.terms
    if isinstance(notice, Delivery):
        return message_of(notice, terms.latin1)
    return receipt_of(notice, receiver.takes_tlvs, terms.receipt_offset_min)
