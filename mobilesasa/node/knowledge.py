"""Keeps the pictures of the configuration and of people fresh: a change in the store is in every node's memory within a second."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from mobilesasa.core.errors import StoreAway
from mobilesasa.core.people import CurrentPeople
from mobilesasa.core.teams import CurrentDirectory, Directory
from mobilesasa.store import directory, networks, people
from mobilesasa.store.database import Database

RETRY_S = 1.0


class Picture:
    """Reads something again when the store says that it changed.

    Changes that come while it is being read are taken together in one more reading.
    """

    log = Logger()
    what = ""  # in words

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
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
                lambda failure: self.log.failure("reading {what}", failure, what=self.what)
            )

    def stop(self) -> None:
        """Read no more."""
        self._stopped = True

    async def _read(self) -> None:
        try:
            while self._stale and not self._stopped:
                self._stale = False
                await self._look()
        except StoreAway as error:
            self.log.warn("{what} may be old, for the store is away: {error}", what=self.what, error=error)
            self._clock.callLater(RETRY_S, self.changed)
        finally:
            self._reading = False

    async def _look(self) -> None:
        """Read it once."""
        raise NotImplementedError


class Knowledge(Picture):
    """Reads the directory, and tells whoever acts on it."""

    what = "the configuration"

    def __init__(
        self,
        database: Database,
        current: CurrentDirectory,
        clock: IReactorTime,
        told: Sequence[Callable[[Directory], None]],
    ) -> None:
        super().__init__(clock)
        self._database = database
        self._current = current
        self._told = tuple(told)

    async def _look(self) -> None:
        known = await self._database.run("directory.load", directory.load)
        self._current.replace(known)
        await self._remember_networks(known)
        self.readings += 1
        for tell in self._told:
            tell(known)

    async def _remember_networks(self, known: Directory) -> None:
        """Read what was learned of numbers, once, when a rule asks for it."""
        learned = self._current.live.learned
        if known.asks_networks and not learned.loaded:
            learned.fill(await self._database.run("networks.learned", networks.learned))


class KnownPeople(Picture):
    """Reads who can log in, and which logins have ended."""

    what = "who can log in"

    def __init__(self, database: Database, current: CurrentPeople, clock: IReactorTime) -> None:
        super().__init__(clock)
        self._database = database
        self._current = current

    async def _look(self) -> None:
        self._current.now = await self._database.run("people.load", people.load)
        self.readings += 1
