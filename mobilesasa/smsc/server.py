"""The service that listens for teams."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress, IDelayedCall, IListeningPort, IStreamServerEndpoint
from twisted.internet.protocol import Factory
from twisted.logger import Logger
from twisted.python.failure import Failure

from mobilesasa.smpp.transitions import Side
from mobilesasa.smppnet.protocol import Link
from mobilesasa.smppnet.timers import Timers
from mobilesasa.smsc.door import Door
from mobilesasa.smsc.figures import Counts
from mobilesasa.smsc.session import Smsc, TeamSession

_CHECK_S = 1.0  # a revoked or expired token is noticed within this


class _Links(Factory):
    """Makes a link for each connection."""

    noisy = False

    def __init__(self, server: SmppServer) -> None:
        self._server = server

    def buildProtocol(self, addr: IAddress | None) -> Link | None:
        return self._server.link_for(addr)


class SmppServer(Service):
    """Listens on all endpoints given, and gives each connection a session.

    Args:
        endpoints: where to listen; all of them share limits and registry.
        smsc: what the sessions share.
        timers: enquire_link, idle and bind timeouts of the links.
        names: what the names of its sessions begin with; unlike that of any other server, earlier ones included.
    """

    log = Logger()

    def __init__(
        self, endpoints: Sequence[IStreamServerEndpoint], smsc: Smsc, timers: Timers, names: str = "s"
    ) -> None:
        """Listen nowhere yet."""
        self._names = names
        self._endpoints = tuple(endpoints)
        self._smsc = smsc
        self._timers = timers
        self._ports: list[IListeningPort] = []
        self._sessions: dict[TeamSession, str] = {}  # each with what the door counts it by
        self._door = Door(smsc.limits, smsc.clock)
        self._numbers = count(1)
        self._checking: IDelayedCall | None = None
        self._empty: Deferred[None] | None = None

    @property
    def turned_away(self) -> int:
        """How many connections were closed at once beyond a limit, or to make room."""
        return self._door.turned_away

    @property
    def connections(self) -> int:
        """How many connections there are, bound or not."""
        return len(self._sessions)

    @property
    def sessions(self) -> list[TeamSession]:
        """Those that are connected, bound or not."""
        return list(self._sessions)

    @property
    def counts(self) -> Counts:
        """What the sessions have seen, those that are gone too; to be read alone."""
        total = Counts()
        for counts in (self._smsc.counts, *(session.figures.counts for session in self._sessions)):
            total.add(counts)
        return total

    @property
    def smsc(self) -> Smsc:
        """What the sessions share."""
        return self._smsc

    @property
    def ports(self) -> list[int]:
        """The ports it listens on, in the order of the endpoints; empty before it listens."""
        return [getattr(port.getHost(), "port", 0) for port in self._ports]

    def startService(self) -> None:
        """Listen; a port that is taken raises here."""
        super().startService()
        self._smsc.open = True
        factory = _Links(self)
        for endpoint in self._endpoints:
            failed: list[Failure] = []
            listening: Deferred[IListeningPort] = endpoint.listen(factory)
            listening.addCallbacks(self._ports.append, failed.append)
            if failed:
                failed[0].raiseException()
        self._check()

    def stopService(self) -> Deferred[None]:
        """Listen no more, answer what is under way, unbind everybody; what is left after the drain is cut."""
        super().stopService()
        self._smsc.open = False
        if self._checking is not None:
            self._checking.cancel()
            self._checking = None
        ports, self._ports = self._ports, []
        empty = self._empty = Deferred()
        cutting = self._smsc.clock.callLater(self._smsc.limits.drain_s, self._cut_all)
        for session in list(self._sessions):
            session.leave("the node stops")
        self._note_empty()
        return Deferred.fromCoroutine(_stopped(ports, empty, cutting))

    def link_for(self, addr: IAddress | None) -> Link | None:
        """Return the link of a new connection, or None (which closes it) when it is not let in."""
        counted_by = self._door.enter(getattr(addr, "host", None), self._make_room) if self._smsc.open else None
        if counted_by is None:
            return None
        session = TeamSession(self._smsc, f"{self._names}{next(self._numbers)}", self._gone)
        self._sessions[session] = counted_by
        return Link(Side.SMSC, session, self._smsc.clock, self._timers, self._smsc.limits.limit_octets)

    def _make_room(self) -> bool:
        """Cut who is there longest of those that have not bound; False when there is none."""
        stranger = next((session for session in self._sessions if session.is_stranger), None)
        if stranger is None:
            return False
        self._count_out(stranger)
        stranger.cut("it did not bind, and its place was needed")
        return True

    def _gone(self, session: TeamSession) -> None:
        if session in self._sessions:
            self._count_out(session)
        self._note_empty()

    def _count_out(self, session: TeamSession) -> None:
        self._door.leave(self._sessions.pop(session), bound=session.login is not None)

    def _note_empty(self) -> None:
        if self._empty is not None and not self._sessions:
            empty, self._empty = self._empty, None
            empty.callback(None)

    def _cut_all(self) -> None:
        for session in list(self._sessions):
            session.cut("the node stops")

    def _check(self) -> None:
        self._checking = self._smsc.clock.callLater(_CHECK_S, self._check)
        self._smsc.binds.check(self._smsc.directory.now)


async def _stopped(ports: Sequence[IListeningPort], empty: Deferred[None], cutting: IDelayedCall) -> None:
    for port in ports:
        closing = port.stopListening()
        if closing is not None:
            await closing
    await empty
    if cutting.active():
        cutting.cancel()
