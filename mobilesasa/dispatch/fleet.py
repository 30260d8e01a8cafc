"""The carriers that run: one dispatcher each, started and stopped as the operator adds, changes and disables them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence, Set
from typing import TypeVar

import attrs
from twisted.internet.defer import Deferred, DeferredList, DeferredLock
from twisted.logger import Logger

from mobilesasa.carriers.port import RunningCarrier
from mobilesasa.core.alterations import Concerned
from mobilesasa.core.model import MessageId
from mobilesasa.core.teams import CarrierRecord, Directory
from mobilesasa.dispatch.dispatcher import Dispatcher
from mobilesasa.dispatch.hand import Withdrawal

DRAIN_S = 10.0
T = TypeVar("T")


@attrs.frozen(eq=False)
class Running:
    """A carrier that runs, with what brings it its messages."""

    record: CarrierRecord
    carrier: RunningCarrier
    dispatcher: Dispatcher


class Fleet:
    """All carriers of this node.

    Args:
        make_carrier: builds the wire of a record; raises ValueError with what is wrong with its options.
        make_dispatcher: builds the dispatcher of a carrier.
        awaited: returns the ids whose receipts a carrier still owes, for those that must be reminded.
    """

    log = Logger()

    def __init__(
        self,
        make_carrier: Callable[[CarrierRecord], RunningCarrier],
        make_dispatcher: Callable[[int, RunningCarrier], Dispatcher],
        awaited: Callable[[int], Awaitable[Sequence[str]]],
    ) -> None:
        self._make_carrier = make_carrier
        self._make_dispatcher = make_dispatcher
        self._awaited = awaited
        self.running: dict[int, Running] = {}
        self._ending: dict[int, Deferred[None]] = {}
        self._wanted: dict[int, CarrierRecord] = {}
        self._known = Directory()
        self._held: frozenset[int] | None = None  # None: all
        self._stopped = False
        self._withdrawing = DeferredLock()

    def apply(self, directory: Directory) -> None:
        """Start what is enabled and new, stop what is disabled or gone, and start afresh what has changed."""
        self._known = directory
        if self._stopped:
            return
        held = self._held
        enabled = [record for record in directory.carriers.values() if record.enabled]
        self._wanted = {record.id: record for record in enabled if held is None or record.id in held}
        for carrier_id, running in list(self.running.items()):
            if self._wanted.get(carrier_id) != running.record:
                self._end(carrier_id)
        for carrier_id in self._wanted:
            if carrier_id not in self.running and carrier_id not in self._ending:
                self._begin(carrier_id)

    def hold(self, carrier_ids: frozenset[int]) -> None:
        """Run these carriers alone from now on, for other nodes run the others."""
        self._held = carrier_ids
        self.apply(self._known)

    def backlog(self) -> int:
        """Messages that wait although their carriers have room, those of the bulk lane left out."""
        return sum(running.dispatcher.backlog for running in self.running.values())

    def end_expired(self) -> None:
        """End what has expired in the hands of the dispatchers."""
        for running in self.running.values():
            running.dispatcher.end_expired()

    def keep_back(self, ids: Set[MessageId]) -> None:
        """Put messages back that must not go out now, as far as no carrier has them."""
        for running in self.running.values():
            running.dispatcher.put_back(ids)

    async def withdraw(self, wanted: Concerned, meanwhile: Callable[[], Awaitable[T]]) -> T:
        """See `core.alterations.Withdrawing`.

        Those that keep the dispatchers from claiming come one after the other, and messages are claimed in between.
        """
        if not wanted.ways:
            return await self._withdraw(wanted, meanwhile)
        await self._withdrawing.acquire()
        try:
            return await self._withdraw(wanted, meanwhile)
        finally:
            self._withdrawing.release()

    async def _withdraw(self, wanted: Concerned, meanwhile: Callable[[], Awaitable[T]]) -> T:
        withdrawals = self.put_back(wanted)
        try:
            await DeferredList([each.out for each in withdrawals])
            return await meanwhile()
        finally:
            for each in withdrawals:
                each.end()

    def put_back(self, wanted: Concerned) -> list[Withdrawal]:
        """Begin to withdraw what is wanted from every dispatcher; see `Dispatcher.withdraw`."""
        return [running.dispatcher.withdraw(wanted) for running in self.running.values()]

    def _begin(self, carrier_id: int) -> None:
        record = self._wanted[carrier_id]
        try:
            carrier = self._make_carrier(record)
        except ValueError as bad:
            self.log.error("carrier {name} cannot run: {bad}", name=record.name, bad=bad)
            return
        dispatcher = self._make_dispatcher(carrier_id, carrier)
        self.running[carrier_id] = Running(record, carrier, dispatcher)
        carrier.start(dispatcher)
        if carrier.resumes:
            Deferred.fromCoroutine(self._resume(carrier_id, carrier)).addErrback(
                lambda failure: self.log.failure("resuming carrier {name}", failure, name=record.name)
            )
        dispatcher.start()
        self.log.info("carrier {name} ({kind}) runs", name=record.name, kind=record.kind)

    async def _resume(self, carrier_id: int, carrier: RunningCarrier) -> None:
        carrier.resume(await self._awaited(carrier_id))

    def _end(self, carrier_id: int) -> None:
        running = self.running.pop(carrier_id)
        ended = Deferred.fromCoroutine(self._drain(running))
        ended.addErrback(lambda failure: self.log.failure("stopping carrier {name}", failure, name=running.record.name))
        self._ending[carrier_id] = ended
        ended.addCallback(self._ended, carrier_id)

    def _ended(self, _: None, carrier_id: int) -> None:
        del self._ending[carrier_id]
        if carrier_id in self._wanted and not self._stopped:
            self._begin(carrier_id)

    async def _drain(self, running: Running) -> None:
        try:
            await running.dispatcher.stop(DRAIN_S)
        finally:
            await running.carrier.stop()
        self.log.info("carrier {name} has stopped", name=running.record.name)

    async def stop(self) -> None:
        """Stop them all: what is on the wire is waited for, what is not is handed back."""
        self._stopped = True
        for carrier_id in list(self.running):
            self._end(carrier_id)
        if self._ending:
            await DeferredList(list(self._ending.values()))
