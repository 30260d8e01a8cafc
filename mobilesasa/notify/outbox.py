"""The outbox: receipts to the receivers of each team, every one at least once (I5, decision 115).

How to think about it: the spool in the store holds every receipt until a bind has acknowledged it; memory holds the
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

from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, Final

import attrs
from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from mobilesasa.core.model import Notice
from mobilesasa.notify.receipts import receipt_of
from mobilesasa.notify.refusals import Refusals
from mobilesasa.notify.spool import SpoolStore
from mobilesasa.smpp.errors import Unencodable, WrongState
from mobilesasa.smpp.pdus import Pdu
from mobilesasa.smsc.binds import Receiver

_READ_RETRY_S: Final = 5.0
_SWEEP_S: Final = 60.0
_SWEEPS_WHEN_FULL: Final = 5  # what is refused and not remembered is tried again every five minutes, as the rest is
_HOUR_MS: Final = 3_600_000


@attrs.define(eq=False)
class _Desk:
    """What is in memory for one team."""

    team_id: int
    refusals: Refusals
    receivers: list[Receiver] = attrs.field(factory=list)
    waiting: deque[Notice] = attrs.field(factory=deque)
    held: set[int] = attrs.field(factory=set)  # spool ids of what waits or is out
    out: set[int] = attrs.field(factory=set)  # of those, what is on a link
    turn: int = 0
    behind: bool = True
    after: int = 0  # how far the spool has been read
    reading: bool = False
    read_later: bool = False  # the last read failed
    fresh: list[Notice] = attrs.field(factory=list)  # came while a read was under way
    missed: int | None = None  # the lowest spool id of those there was no room for
    once_more: bool = False  # somebody asked to look while it was behind
    taken: set[int] = attrs.field(factory=set)  # acknowledged while a read was under way


class Outbox(Service):
    """Delivers receipts. Tell `smsc.binds.Binds.tell` of it.

    Args:
        spool: keeps the notices.
        clock: for retries.
        now_ms: milliseconds since the epoch, for the age of what is refused again and again.
        limit: notices of one team that wait or are out, at most; as many that were refused may be kept beside them.
        keep_h: a notice older than this is not tried again, for the spool has forgotten it.
    """

    log = Logger()

    def __init__(
        self,
        spool: SpoolStore,
        clock: IReactorTime,
        now_ms: Callable[[], int],
        limit: int = 1000,
        keep_h: int = 72,
    ) -> None:
        """Start with nobody bound."""
        self._spool = spool
        self._clock = clock
        self._now_ms = now_ms
        self._limit = limit
        self._chunk = max(1, limit // 2)
        self._keep_ms = keep_h * _HOUR_MS
        self._desks: dict[int, _Desk] = {}
        self._sweeping: IDelayedCall | None = None
        self._sweeps = 0
        self._stopped = False
        self.delivered = 0
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

    def owe(self, notices: Iterable[Notice]) -> None:
        """Take notices that are in the spool now; those of teams that nobody receives for are left there."""
        touched: dict[int, _Desk] = {}
        for notice in notices:
            desk = self._desks.get(notice.team_id)
            if desk is None or notice.spool_id in desk.held:
                continue
            if desk.reading:
                self._put_by(desk, notice)
            elif desk.behind or len(desk.held) >= self._limit:
                self._read_from(desk, notice.spool_id)
            else:
                self._join(desk, (notice,))
                touched[desk.team_id] = desk
        for desk in touched.values():
            self._deliver(desk)

    def look(self, team_id: int) -> None:
        """Look into the spool for what a team is owed, if somebody receives for it."""
        desk = self._desks.get(team_id)
        if desk is None:
            return
        if desk.behind:
            desk.once_more = True
        else:
            desk.behind, desk.after = True, 0
        self._read_on(desk)

    # What the sessions tell (smsc.binds.ReceiverListener)

    def receiver_bound(self, receiver: Receiver) -> None:
        if self._stopped:
            return
        desk = self._desks.get(receiver.team_id)
        if desk is None:
            desk = self._desks[receiver.team_id] = _Desk(receiver.team_id, Refusals(self._limit))
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
        taken: list[tuple[int, int]] = []
        refused: list[Notice] = []
        for notice, response in answers:
            if response.status:
                refused.append(notice)
            else:
                taken.append((notice.team_id, notice.spool_id))
        desk = self._desks.get(receiver.team_id)
        if taken:
            self.delivered += len(taken)
            self._spool.acknowledge(taken)
            if desk is not None:
                self._forget(desk, [spool_id for _, spool_id in taken])
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
            desk.out.difference_update([notice.spool_id for notice in back])
            desk.waiting.extendleft(reversed(back))
            self._deliver(desk)

    # To the receivers

    def _deliver(self, desk: _Desk) -> None:
        """Send what waits, as far as there is room, an even share to each receiver."""
        receivers = desk.receivers
        count = len(receivers)
        desk.turn += 1
        for n in range(count):
            if not desk.waiting:
                return
            receiver = receivers[(desk.turn + n) % count]
            share = -(-len(desk.waiting) // (count - n))
            batch_size = min(share, receiver.room())
            if batch_size > 0:
                self._send(desk, receiver, [desk.waiting.popleft() for _ in range(batch_size)])

    def _send(self, desk: _Desk, receiver: Receiver, batch: list[Notice]) -> None:
        takes_tlvs = receiver.takes_tlvs
        desk.out.update([notice.spool_id for notice in batch])
        try:
            receiver.deliver([receipt_of(notice, takes_tlvs) for notice in batch], batch)
        except (Unencodable, WrongState):
            self.log.failure(
                "receipts of team {team_id} could not be sent to {session_id}",
                team_id=desk.team_id,
                session_id=receiver.session_id,
            )
            self._put_off(desk, batch)

    def _forget(self, desk: _Desk, spool_ids: Collection[int]) -> None:
        desk.held.difference_update(spool_ids)
        desk.out.difference_update(spool_ids)
        desk.refusals.forget(spool_ids)
        if desk.reading:
            desk.taken.update(spool_ids)

    def _put_off(self, desk: _Desk, notices: list[Notice]) -> None:
        """Try again later what was refused; the order does not matter."""
        oldest_ms = self._now_ms() - self._keep_ms
        spool_ids = [notice.spool_id for notice in notices]
        desk.held.difference_update(spool_ids)
        desk.out.difference_update(spool_ids)
        self._forget(desk, [notice.spool_id for notice in notices if notice.done_at_ms < oldest_ms])
        again = [notice for notice in notices if notice.done_at_ms >= oldest_ms]
        for delay_s, kept in desk.refusals.put_off(again, self._clock.seconds()).items():
            self._clock.callLater(delay_s, self._try_again, desk, kept)

    def _try_again(self, desk: _Desk, notices: list[Notice]) -> None:
        if self._desks.get(desk.team_id) is desk:
            again = desk.refusals.due(notices)
            desk.held.update([notice.spool_id for notice in again])
            desk.waiting.extend(again)
            self._deliver(desk)
            self._read_on(desk)

    # From the spool

    def _read_from(self, desk: _Desk, spool_id: int) -> None:
        """Leave to the spool what memory has no room for; what is before that need not be read again for it."""
        desk.after = min(desk.after, spool_id - 1) if desk.behind else spool_id - 1
        desk.behind = True

    def _put_by(self, desk: _Desk, notice: Notice) -> None:
        """Keep a notice that comes while a read is under way, which may or may not have seen it."""
        if len(desk.fresh) < self._chunk:
            desk.fresh.append(notice)
        else:
            desk.missed = _lowest([notice], desk.missed)

    def _read_on(self, desk: _Desk) -> None:
        """Read the next chunk when the desk is behind and memory has room for one."""
        if not desk.behind or desk.reading or desk.read_later or len(desk.held) > self._limit - self._chunk:
            return
        desk.reading = True
        reading = Deferred.fromCoroutine(self._spool.owed(desk.team_id, desk.after, self._chunk))
        reading.addCallbacks(self._take_chunk, self._not_read, callbackArgs=(desk,), errbackArgs=(desk,))
        reading.addErrback(
            lambda failure: self.log.failure("receipts of team {team_id}", failure, team_id=desk.team_id)
        )

    def _take_chunk(self, notices: list[Notice], desk: _Desk) -> None:
        if self._desks.get(desk.team_id) is not desk:
            return
        fresh, missed = self._end_read(desk)
        self._join(desk, notices)
        if notices:
            desk.after = max(desk.after, notices[-1].spool_id)
        at_the_end = len(notices) < self._chunk
        if at_the_end and len(desk.held) + len(fresh) <= self._limit:
            self._join(desk, fresh)
        else:
            missed = _lowest(fresh, missed)
        self._place(desk, at_the_end, missed)
        desk.taken.clear()
        self._deliver(desk)
        self._read_on(desk)

    def _place(self, desk: _Desk, at_the_end: bool, missed: int | None) -> None:
        """Say where the next read begins after one that is done, or that the desk is level."""
        if at_the_end and desk.once_more:
            desk.once_more, desk.after = False, 0
        elif missed is not None:
            self._read_from(desk, missed)
        elif at_the_end:
            desk.behind = False

    def _end_read(self, desk: _Desk) -> tuple[list[Notice], int | None]:
        fresh, missed = desk.fresh, desk.missed
        desk.fresh, desk.missed, desk.reading = [], None, False
        return fresh, missed

    def _join(self, desk: _Desk, notices: Iterable[Notice]) -> None:
        now_s = self._clock.seconds()
        for notice in notices:
            spool_id = notice.spool_id
            if spool_id in desk.held or spool_id in desk.taken or desk.refusals.hold_back(spool_id, now_s):
                continue
            desk.held.add(spool_id)
            desk.waiting.append(notice)

    def _not_read(self, failure: Failure, desk: _Desk) -> None:
        self.log.failure("the spool of team {team_id} could not be read", failure, team_id=desk.team_id)
        self._end_read(desk)
        desk.taken.clear()
        desk.after = 0
        desk.read_later = True
        self._clock.callLater(_READ_RETRY_S, self._read_again, desk)

    def _read_again(self, desk: _Desk) -> None:
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


def _lowest(notices: Sequence[Notice], other: int | None) -> int | None:
    """Return the lowest spool id of all, if there is any."""
    spool_ids = [notice.spool_id for notice in notices]
    return min(spool_ids if other is None else [*spool_ids, other], default=None)
