"""The spool as the outbox needs it, and the acknowledgements that wait to be written to it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Protocol

from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from mobilesasa.core.errors import StoreAway
from mobilesasa.core.inbound import Owed

Taken = tuple[int, int]  # team_id, spool_id
_RETRY_S: Final = 1.0


class SpoolStore(Protocol):
    """Where notices are kept until they are taken."""

    async def owed(self, team_id: int, after: int, limit: int) -> list[Owed]:
        """Return what a team is owed, by rising spool id, from behind `after`: `limit` of them, or all that there are.

        What was acknowledged before the call is not among them, even if that is not written down yet.
        """

    async def cut(self, team_id: int, spool_id: int) -> None:
        """Put the parts of a long message from a phone in the place of the whole."""

    def acknowledge(self, taken: Sequence[Taken]) -> None:
        """Forget notices; what cannot be written down now is kept and tried again."""


class Spool:
    """A `SpoolStore` over two functions of the store.

    One write is under way at a time, and takes all that has gathered meanwhile.

    Args:
        clock: for trying again.
        read: `(team_id, after, limit)`; returns notices by rising spool id.
        write: forgets the notices named by `(team_id, spool_id)`; may be called twice with the same.
        cut: `(team_id, spool_id)`; puts parts in the place of a long message.
    """

    log = Logger()

    def __init__(
        self,
        clock: IReactorTime,
        read: Callable[[int, int, int], Awaitable[list[Owed]]],
        write: Callable[[Sequence[Taken]], Awaitable[object]],
        cut: Callable[[int, int], Awaitable[None]],
    ) -> None:
        """Start with nothing to write."""
        self._clock = clock
        self._read = read
        self._write = write
        self._cut = cut
        self._gathered: list[Taken] = []
        self._batch: list[Taken] = []  # being written
        self._unwritten: set[Taken] = set()
        self._writing: Deferred[None] | None = None
        self._retry: IDelayedCall | None = None
        self._failing = False
        self._stopping = False

    def __len__(self) -> int:
        return len(self._unwritten)

    async def owed(self, team_id: int, after: int, limit: int) -> list[Owed]:
        """See `SpoolStore`. So many may be read as are left out, and one more read goes on behind them."""
        doomed = {spool_id for team, spool_id in self._unwritten if team == team_id and spool_id > after}
        found: list[Owed] = []
        while len(found) < limit:
            notices = await self._read(team_id, after, limit)
            found += [notice for notice in notices if notice.spool_id not in doomed]
            if len(notices) < limit:
                break
            after = notices[-1].spool_id
        return found[:limit]

    async def cut(self, team_id: int, spool_id: int) -> None:
        await self._cut(team_id, spool_id)

    def acknowledge(self, taken: Sequence[Taken]) -> None:
        self._gathered.extend(taken)
        self._unwritten.update(taken)
        if self._writing is None and self._retry is None:
            self._begin()

    def stop(self) -> Deferred[None]:
        """Write what has gathered, once more if that failed; fires when it is written or has failed again."""
        self._stopping = True
        if self._retry is not None:
            self._retry.cancel()
            self._begin()
        if self._writing is None:
            return succeed(None)
        stopped: Deferred[None] = Deferred()
        self._writing.addCallback(stopped.callback)
        return stopped

    def _begin(self) -> None:
        self._retry = None
        writing = self._writing = Deferred.fromCoroutine(self._write_all())
        writing.addErrback(self._put_back)
        writing.addBoth(self._ended)

    async def _write_all(self) -> None:
        while self._gathered:
            self._batch, self._gathered = self._gathered, []
            await self._write(self._batch)
            self._unwritten.difference_update(self._batch)
            self._batch = []
            self._failing = False

    def _put_back(self, failure: Failure) -> None:
        self._batch, self._gathered = [], self._batch + self._gathered
        if not self._failing:  # once, and not every second while a database is away
            self._say(failure, len(self._gathered))
        self._failing = True
        if not self._stopping:
            self._retry = self._clock.callLater(_RETRY_S, self._begin)

    def _say(self, failure: Failure, count: int) -> None:
        if failure.check(StoreAway):
            self.log.warn("{n} receipts were taken, and are written down later: {error}", n=count, error=failure.value)
        else:
            self.log.failure("{n} receipts were taken and that could not be written", failure, n=count)

    def _ended(self, result: None) -> None:
        self._writing = None
