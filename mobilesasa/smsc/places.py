"""The places of a team's sessions: so many at once, over all types of binds, both ports and all nodes (decision 96, I10).

How to think about it: a session asks for its place before its bind is answered, has it for as long as it lives, and gives it
back once. On a node alone the registry of sessions says who has one, and nothing is written. Where there are others the
places are rows of the store (`Book`), taken in one transaction whichever node asks; what cannot be given back, for the
store is away, is given back by `reconcile`, which makes the rows agree with the sessions there are.

Whoever finds all places taken has the sessions that have them asked for a sign of life first: at once those of this node,
and by a call to the other nodes those that are bound there. A peer that died without a word must not lock out its own
reconnect, wherever it comes in.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final, Protocol

from twisted.internet.defer import Deferred, DeferredLock, succeed
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall, deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure

from mobilesasa.core.errors import StoreAway
from mobilesasa.core.sessions import LiveSession
from mobilesasa.smsc.binds import Binds

RECONCILE_S: Final = 10.0
ELSEWHERE_S: Final = 2.5  # in which another node hears a call, probes, and gives back what the silent had


class Places(Protocol):
    """Who may be bound."""

    async def take(self, session: LiveSession, most: int) -> bool:
        """Take a place if the team has fewer than `most` sessions.

        Whoever got one must be counted in, or give it back, before anything else runs.

        Raises:
            StoreAway: it cannot be told; there is no place.
        """

    def leave(self, session_id: str) -> None:
        """Give a place back; nothing happens when there is none."""

    def probe(self, team_id: int) -> Deferred[None]:
        """Ask a team's sessions for a sign of life and cut those that give none; fires when their places are free.

        It fails with `StoreAway` when the other nodes cannot be reached.
        """


class LocalPlaces:
    """The places where this node is the only one: those that the registry counts."""

    def __init__(self, binds: Binds) -> None:
        """Count the sessions of this registry."""
        self._binds = binds

    async def take(self, session: LiveSession, most: int) -> bool:
        """See `Places`."""
        return self._binds.count(session.team_id) < most

    def leave(self, session_id: str) -> None:
        """See `Places`; the registry counts it out."""

    def probe(self, team_id: int) -> Deferred[None]:
        """See `Places`."""
        return self._binds.probe(team_id)


class Book(Protocol):
    """The places of all nodes, as the store keeps them. All of it raises `StoreAway`."""

    async def take(self, session: LiveSession, most: int) -> bool:
        """Take a place if the team has fewer than `most` sessions on all nodes that live."""

    async def leave(self, session_ids: Collection[str]) -> None:
        """Give places back."""

    async def call(self, team_id: int) -> bool:
        """Have the other nodes probe a team's sessions; return whether any has some."""

    async def reconcile(self, asking: Collection[str], held: Sequence[LiveSession]) -> None:
        """Make the rows of this node agree with the sessions that have places, but for those that ask for one."""


class SharedPlaces:
    """The places where there are other nodes.

    Args:
        book: the store's.
        binds: the sessions of this node.
        clock: for the rounds, and to wait for other nodes.
        run: this process, which does not hear its own calls.
    """

    log = Logger()

    def __init__(self, book: Book, binds: Binds, clock: IReactorTime, run: int) -> None:
        """Start with no places taken."""
        self._book = book
        self._binds = binds
        self._clock = clock
        self._run = run
        self._asking: set[str] = set()
        self._held: dict[str, LiveSession] = {}
        self._left: list[str] = []
        self._leaving: Deferred[None] = succeed(None)
        self._probes: dict[int, list[Deferred[None]]] = {}
        self._one_at_a_time = DeferredLock()  # of looks at the rows
        self._rounds = LoopingCall(self._reconcile)
        self._rounds.clock = clock
        self._ended: Deferred[LoopingCall] | None = None

    def __len__(self) -> int:
        """Return how many places this node has."""
        return len(self._held)

    def start(self) -> None:
        """Begin to reconcile, at once."""
        self._ended = self._rounds.start(RECONCILE_S)

    async def stop(self) -> None:
        """Look at the rows no more, and return when all that was given back is written down."""
        if self._ended is not None and self._rounds.running:
            self._rounds.stop()
            await self._ended
        await self._one_at_a_time.acquire()
        await self._written()

    def reconnected(self) -> None:
        """Learn that the store is there again: reconcile now."""
        if self._rounds.running:
            self._reconcile()

    async def take(self, session: LiveSession, most: int) -> bool:
        """See `Places`."""
        self._asking.add(session.session_id)
        try:
            taken = await self._book.take(session, most)
        except StoreAway:
            self._give_back(session.session_id)  # it may be written all the same
            raise
        finally:
            self._asking.discard(session.session_id)
        if taken:
            self._held[session.session_id] = session
        return taken

    def leave(self, session_id: str) -> None:
        """See `Places`."""
        if self._held.pop(session_id, None) is not None:
            self._give_back(session_id)

    def probe(self, team_id: int) -> Deferred[None]:
        """See `Places`; a team is probed once at a time, however many binds wait for it."""
        waiting = self._probes.setdefault(team_id, [])
        done: Deferred[None] = Deferred()
        waiting.append(done)
        if len(waiting) == 1:
            work = Deferred.fromCoroutine(self._probe(team_id))
            work.addBoth(self._probed, team_id)
        return done

    def called(self, payload: str) -> None:
        """Learn that a node wants a team's sessions probed: `payload` is the team's id and the run of that node."""
        team_id, run = map(int, payload.split())
        if run != self._run:
            self._binds.probe(team_id)  # nobody waits for its end here: the silent give their places back

    async def _probe(self, team_id: int) -> None:
        elsewhere = await self._book.call(team_id)
        until_s = self._clock.seconds() + ELSEWHERE_S
        await self._binds.probe(team_id)
        if elsewhere:
            await deferLater(self._clock, max(0.0, until_s - self._clock.seconds()))
        await self._written()

    def _probed(self, result: Failure | None, team_id: int) -> None:
        for done in self._probes.pop(team_id):
            done.callback(result)

    def _give_back(self, session_id: str) -> None:
        """Write down that a place is free; what is given back meanwhile goes with the next statement."""
        self._left.append(session_id)
        if self._leaving.called:
            self._leaving = Deferred.fromCoroutine(self._write_left())

    async def _write_left(self) -> None:
        while self._left:
            gone, self._left = self._left, []
            try:
                await self._book.leave(gone)
            except StoreAway as error:
                self.log.warn("{n} places of sessions are given back later: {error}", n=len(gone), error=error)
            except Exception:  # noqa: BLE001 - an edge: nobody waits for it, and `reconcile` makes it good
                self.log.failure("giving back places of sessions")

    async def _written(self) -> None:
        """Return when what is being given back has been."""
        done: Deferred[None] = Deferred()
        self._leaving.addBoth(_tell, done)
        await done

    def _reconcile(self) -> Deferred[None]:
        return Deferred.fromCoroutine(self._reconciled())

    async def _reconciled(self) -> None:
        await self._one_at_a_time.acquire()
        try:
            await self._book.reconcile(list(self._asking), list(self._held.values()))
        except StoreAway as error:
            self.log.warn("the places of sessions are not looked at: {error}", error=error)
        except Exception:  # noqa: BLE001 - an edge: one bad round must not end the rounds
            self.log.failure("looking at the places of sessions")
        finally:
            self._one_at_a_time.release()


def _tell(result: None, done: Deferred[None]) -> None:
    done.callback(None)
