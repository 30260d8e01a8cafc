"""Keeps the pictures of the configuration and of people fresh: a change in the store is in every node's memory within a second.

A node that has made a change itself knows of it before it answers (`CatchingUp`). It need not know which of the pictures
that was, or whether any: PostgreSQL tells a listener of commits in their order, so once it hears something that it has said
after the change, it has heard of the change, and waits for what is being read since.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count

import attrs
from twisted.internet.defer import Deferred, TimeoutError  # noqa: A004 - Twisted's own
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from mobilesasa.core.errors import StoreAway
from mobilesasa.core.people import CurrentPeople
from mobilesasa.core.teams import CurrentDirectory, Directory
from mobilesasa.store import directory, echo, networks, people
from mobilesasa.store.database import Database

RETRY_S = 1.0
CATCH_UP_S = 1.0
LOOK_S = 60.0


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
        self._awaited: list[Deferred[None]] = []  # by those who wait for the reading under way
        self._awaited_next: list[Deferred[None]] = []
        self.readings = 0

    def changed(self) -> None:
        """Learn that something changed, or may have."""
        self._stale = True
        if not self._reading and not self._stopped:
            self._reading = True
            Deferred.fromCoroutine(self._read()).addErrback(
                lambda failure: self.log.failure("reading {what}", failure, what=self.what)
            )

    def fresh(self) -> Deferred[None]:
        """Return what fires when all changes are read of which this node has learnt by now."""
        waiting: Deferred[None] = Deferred()
        if self._stale:
            self._awaited_next.append(waiting)
        elif self._reading:
            self._awaited.append(waiting)
        else:
            waiting.callback(None)
        return waiting

    def stop(self) -> None:
        """Read no more."""
        self._stopped = True

    async def _read(self) -> None:
        try:
            while self._stale and not self._stopped:
                self._stale = False
                self._awaited, self._awaited_next = self._awaited_next, []
                await self._look()
                read, self._awaited = self._awaited, []
                for waiting in read:
                    waiting.callback(None)
        except StoreAway as error:
            self._stale = True
            self._awaited_next += self._awaited
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


class NetworksSeen:
    """Takes over where other nodes saw numbers of late; what this node hears itself it knows at once."""

    def __init__(self, database: Database, current: CurrentDirectory) -> None:
        self._database = database
        self._current = current

    async def look(self) -> None:
        """Do so, if a rule asks for networks; what was seen before the last two looks is known."""
        learned = self._current.live.learned
        if learned.loaded:
            seen = await self._database.run("networks.learned_of_late", networks.learned_of_late, 2 * LOOK_S)
            for number, code in seen:
                learned.put(number, code)


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


class CatchingUp:
    """Waits until this node's pictures have what was committed before, by this node at least.

    Args:
        database: by which it says something to itself.
        pictures: of what.
        clock: bounds the waiting.
        name: of this run of the node, which no other has.
    """

    log = Logger()

    def __init__(self, database: Database, pictures: Sequence[Picture], clock: IReactorTime, name: str) -> None:
        self._database = database
        self._pictures = pictures
        self._clock = clock
        self._name = name
        self._numbers = count(1)
        self._said: dict[str, Deferred[None]] = {}

    def heard(self, said: str) -> None:
        """Hear what this node, or another, has said."""
        waiting = self._said.pop(said, None)
        if waiting is not None:
            waiting.callback(None)

    async def caught_up(self) -> None:
        """Wait for that, for `CATCH_UP_S` at most: what was committed is answered, whatever becomes of the store."""
        words = f"{self._name} {next(self._numbers)}"
        try:
            await Deferred.fromCoroutine(self._wait(words)).addTimeout(CATCH_UP_S, self._clock)
        except (StoreAway, TimeoutError) as error:
            self.log.warn("this node may not know yet what it has changed: {error}", error=error)
        finally:
            self._said.pop(words, None)

    async def _wait(self, words: str) -> None:
        heard = self._said[words] = Deferred()
        await self._database.run("echo.say", echo.say, words)
        await heard
        for picture in self._pictures:
            await picture.fresh()


@attrs.frozen(eq=False)
class Pictures:
    """What a node keeps in memory of the store."""

    configuration: Knowledge
    people: KnownPeople
    ussd: Picture  # what is dialled
    catching_up: CatchingUp

    def changed(self) -> None:
        """Learn that anything may have changed."""
        self.configuration.changed()
        self.people.changed()
        self.ussd.changed()

    def stop(self) -> None:
        """Read no more."""
        self.configuration.stop()
        self.people.stop()
        self.ussd.stop()
