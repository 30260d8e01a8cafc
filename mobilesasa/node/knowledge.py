"""Keeps the picture of the configuration fresh: a change in the store is in every node's memory within a second."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from mobilesasa.core.errors import StoreAway
from mobilesasa.core.teams import CurrentDirectory, Directory
from mobilesasa.store import directory, networks
from mobilesasa.store.database import Database

RETRY_S = 1.0


class Knowledge:
    """Reads the directory again when the store says that something changed, and tells whoever acts on it.

    Changes that come while it is being read are taken together in one more reading.
    """

    log = Logger()

    def __init__(
        self,
        database: Database,
        current: CurrentDirectory,
        clock: IReactorTime,
        told: Sequence[Callable[[Directory], None]],
    ) -> None:
        self._database = database
        self._current = current
        self._clock = clock
        self._told = tuple(told)
        self._reading = False
        self._stale = False
        self._stopped = False
        self.readings = 0

    def changed(self) -> None:
        """Learn that something changed, or may have."""
        self._stale = True
        if not self._reading and not self._stopped:
            self._reading = True
            Deferred.fromCoroutine(self._read()).addErrback(
                lambda failure: self.log.failure("reading the directory", failure)
            )

    def stop(self) -> None:
        """Read no more."""
        self._stopped = True

    async def _read(self) -> None:
        try:
            while self._stale and not self._stopped:
                self._stale = False
                known = await self._database.run("directory.load", directory.load)
                self._current.now = known
                await self._remember_networks(known)
                self.readings += 1
                for tell in self._told:
                    tell(known)
        except StoreAway as error:
            self.log.warn("the configuration may be old, for the store is away: {error}", error=error)
            self._clock.callLater(RETRY_S, self.changed)
        finally:
            self._reading = False

    async def _remember_networks(self, known: Directory) -> None:
        """Read what was learned of numbers, once, when a rule asks for it."""
        learned = self._current.live.learned
        if known.router.asks_networks and not learned.loaded:
            learned.fill(await self._database.run("networks.learned", networks.learned))
