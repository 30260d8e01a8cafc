"""What must happen without anybody asking: messages that come due, that expired, that nobody or the dead hold."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from twisted.internet.defer import Deferred, DeferredList
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall
from twisted.logger import Logger

from mobilesasa.core.errors import StoreAway
from mobilesasa.core.lanes import Queue
from mobilesasa.core.model import Notice, Place
from mobilesasa.core.ports import Notifier
from mobilesasa.dispatch.hints import publish

BATCH = 2000
LEASE_INTERVAL_S = 3.0  # so that what a dead process held waits no longer than it must
ERASURES_INTERVAL_S = 5.0  # whoever asked to be forgotten need not wait
EXPIRY_INTERVAL_S = 30.0
LOST_INTERVAL_S = 60.0
TIDY_INTERVAL_S = 300.0
COUNT_INTERVAL_S = 10.0

#: Its name, what is done, and how often, in seconds.
Round = tuple[str, Callable[[], Awaitable[None]], float]


class Chores(Protocol):
    """The store, as the sweeper needs it."""

    async def due(self, limit: int) -> Sequence[Place]:
        """Return messages whose time has come; they count as queued from now on."""

    async def expired(self, limit: int) -> tuple[int, Sequence[Notice]]:
        """End messages that no carrier took in time; return how many, and the notices for their teams."""

    async def keep_lease(self, lease_s: float) -> tuple[Sequence[Place], bool]:
        """Say that this process lives; return what dead processes held, which is free again, and whether one has died."""

    async def tidy(self, receipt_h: int, limit: int) -> None:
        """Close what waits for receipts in vain, forget what nobody fetched, make next month's partition."""

    async def let_go_of_texts(self, default_days: int, limit: int) -> bool:
        """Remove texts that were kept long enough, of at most `limit` messages; return whether there may be more."""

    async def forget_people(self, receipt_h: int, limit: int) -> bool:
        """Forget at most `limit` messages to and from a person who is to be; return whether there may be more to do now."""


class Sweeper:
    """Does the rounds: each node its own, and one of them (`do_chores`) what is done once for all.

    Args:
        chores: the store.
        queue: told of messages that wait again.
        notifier: told of messages that expired.
        clock: keeps the rounds.
        interval_s: between looks at what has come due.
        lease_s: silence after which a process counts as dead that holds nothing.
        receipt_h: how long a receipt is waited for, and a notice kept for its team.
        text_days: how long texts are kept for a team that says nothing itself; 0 for ever.
        end_expired: has the dispatchers end what expired in their hands.
        sweep_inbound: joins messages from phones whose parts do not come, and forgets what is old of them.
        look_at_lingering: settles receipts that missed their answer by a moment; returns how many.
        count_up: adds what has happened to messages to the sums that reports are made of.
        own: more rounds that each node does for itself; they are done once more at the end.
        for_all: more rounds that one node does for all.
    """

    log = Logger()

    def __init__(
        self,
        chores: Chores,
        queue: Queue,
        notifier: Notifier,
        clock: IReactorTime,
        interval_s: float,
        lease_s: float,
        receipt_h: int,
        text_days: int,
        end_expired: Callable[[], None],
        sweep_inbound: Callable[[int], Awaitable[None]],
        look_at_lingering: Callable[[], Awaitable[int]],
        count_up: Callable[[], Awaitable[None]],
        own: Sequence[Round] = (),
        for_all: Sequence[Round] = (),
    ) -> None:
        self._chores = chores
        self._queue = queue
        self._notifier = notifier
        self._lease_s = lease_s
        self._receipt_h = receipt_h
        self._text_days = text_days
        self._end_expired = end_expired
        self._look_at_lingering = look_at_lingering
        self._clock = clock
        self._own: list[Round] = [*self._rounds_of_its_own(), *own]
        self._for_all: list[Round] = [
            *self._rounds_for_all(interval_s),
            ("inbound", lambda: sweep_inbound(BATCH), TIDY_INTERVAL_S),
            ("reports", count_up, COUNT_INTERVAL_S),
            *for_all,
        ]
        self._at_end = own
        self._calls: list[LoopingCall] = []
        self._calls_for_all: list[LoopingCall] = []
        self._ended: list[Deferred[LoopingCall]] = []  # of those that have begun
        self._ours = self._started = self._stopping = False

    def _rounds_of_its_own(self) -> list[Round]:
        return [
            ("lease", self._lease, min(LEASE_INTERVAL_S, self._lease_s / 4)),
            ("expired in hand", self._expired_in_hand, EXPIRY_INTERVAL_S),
            ("lost", self._lost, LOST_INTERVAL_S),
        ]

    def _rounds_for_all(self, interval_s: float) -> list[Round]:
        return [
            ("due", self._due, interval_s),
            ("expired", self._expired, EXPIRY_INTERVAL_S),
            ("tidy", self._tidy, TIDY_INTERVAL_S),
            ("texts", self._texts, TIDY_INTERVAL_S),
            ("erasures", self._erasures, ERASURES_INTERVAL_S),
            ("lingering receipts", self._lingering, EXPIRY_INTERVAL_S),
        ]

    def start(self) -> None:
        """Begin the rounds, each at once."""
        self._started = True
        self._calls = self._begin(self._own)
        self.do_chores(self._ours)

    def do_chores(self, ours: bool) -> None:
        """Do what one node does for all from now on, each at once, or leave it to another."""
        self._ours = ours
        _end(self._calls_for_all)
        self._calls_for_all = self._begin(self._for_all) if ours and self._started and not self._stopping else []

    async def stop(self) -> None:
        """End the rounds; returns when none is under way."""
        self._stopping = True
        _end([*self._calls, *self._calls_for_all])
        await DeferredList(self._ended)
        for name, work, _ in self._at_end:
            await self._guarded(name, work)

    def _begin(self, rounds: Sequence[Round]) -> list[LoopingCall]:
        calls = []
        for name, work, every_s in rounds:
            call = LoopingCall(self._once, name, work)
            call.clock = self._clock
            self._ended.append(call.start(every_s))
            calls.append(call)
        return calls

    def _once(self, name: str, work: Callable[[], Awaitable[None]]) -> Deferred[None]:
        return Deferred.fromCoroutine(self._guarded(name, work))

    async def _guarded(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except StoreAway as error:
            self.log.warn("the round {name} is left out: {error}", name=name, error=error)
        except Exception:  # noqa: BLE001 - an edge: one bad round must not end the rounds
            self.log.failure("the round {name} failed", name=name)

    async def _due(self) -> None:
        while self._publish(await self._chores.due(BATCH)) == BATCH:
            pass

    async def _lease(self) -> None:
        places, has_one_died = await self._chores.keep_lease(self._lease_s)
        freed = self._publish(places)
        if freed:
            self.log.warn("{count} messages that a dead process held go out again", count=freed)
        if has_one_died:
            self._queue.look_again(at_once=True)  # what it had accepted and not named yet, nobody else names

    async def _lost(self) -> None:
        self._queue.look_again()

    async def _expired_in_hand(self) -> None:
        self._end_expired()

    async def _expired(self) -> None:
        ended = BATCH
        while ended == BATCH:
            ended, notices = await self._chores.expired(BATCH)
            self._notifier.owe(notices)

    async def _lingering(self) -> None:
        settled = await self._look_at_lingering()
        if settled:
            self.log.info("{count} receipts that waited for their message fit it now", count=settled)

    async def _tidy(self) -> None:
        await self._chores.tidy(self._receipt_h, BATCH)

    async def _texts(self) -> None:
        """Go on until there is no more, which on a store of years can take long: a node that stops is not held up."""
        while not self._stopping and await self._chores.let_go_of_texts(self._text_days, BATCH):
            pass

    async def _erasures(self) -> None:
        while not self._stopping and await self._chores.forget_people(self._receipt_h, BATCH):
            pass

    def _publish(self, places: Sequence[Place]) -> int:
        publish(self._queue, places)
        return len(places)


def _end(calls: Sequence[LoopingCall]) -> None:
    for call in calls:
        if call.running:
            call.stop()
