"""What other nodes tell us through PostgreSQL: LISTEN as a reader of the reactor, without a thread.

The connection is psycopg2's asynchronous one, so that connecting too blocks nothing (but for the look-up of a name in the
DNS); `poll` says what to wait for. There are three states: connecting → subscribing → listening, and from each of them,
when the connection breaks, closed and, after a while, connecting. What was told while the connection was down is lost:
`on_reconnect` is where caches are loaded again.
"""

from collections.abc import Callable, Sequence
from enum import Enum, auto
from typing import Any, cast

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import POLL_OK, POLL_READ, POLL_WRITE
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - a class that psycopg2 names like a function
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorFDSet, IReactorTime, IReadWriteDescriptor
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from mobilesasa.store.database import KEEPALIVES

BACKOFF_S = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)  # the last one repeats


class _State(Enum):
    CLOSED = auto()
    CONNECTING = auto()
    SUBSCRIBING = auto()
    LISTENING = auto()


@implementer(IReadWriteDescriptor)
class Listener:
    """Listens on channels of a database and says what was told, for as long as it runs.

    Args:
        reactor: used for time, and (as IReactorFDSet) given the connection as a reader.
        dsn: of libpq.
        channels: the names to listen on.
        on_notify: called with channel and payload of each notification, in order.
        on_reconnect: called whenever listening has begun again after a break: notifications may have been missed.
        backoff_s: how long to wait before the first, second, … attempt to connect again; the last one repeats.
    """

    log = Logger()

    def __init__(
        self,
        reactor: IReactorTime,
        dsn: str,
        channels: Sequence[str],
        on_notify: Callable[[str, str], None],
        on_reconnect: Callable[[], None],
        backoff_s: Sequence[float] = BACKOFF_S,
    ) -> None:
        self._reactor = reactor
        self._sockets = cast(IReactorFDSet, reactor)
        self._dsn = dsn
        self._subscription = sql.SQL("; ").join(sql.SQL("LISTEN {}").format(sql.Identifier(name)) for name in channels)
        self._on_notify = on_notify
        self._on_reconnect = on_reconnect
        self._backoff_s = backoff_s
        self._state = _State.CLOSED
        self._connection: Connection | None = None
        self._cursor: Cursor | None = None
        self._failures = 0
        self._retry: IDelayedCall | None = None
        self._started: Deferred[None] | None = None

    def start(self) -> Deferred[None]:
        """Begin; the Deferred fires when it listens for the first time, however long the database is away."""
        self._started = Deferred(lambda _: None)
        started = self._started
        self._connect()
        return started

    def stop(self) -> None:
        """Close the connection; nothing is called after this. A start that has not come to its end is cancelled."""
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
        self._close()
        if self._started is not None:
            started, self._started = self._started, None
            started.cancel()

    def fileno(self) -> int:
        """Return the socket's number for the reactor, -1 when there is none."""
        return -1 if self._connection is None or self._connection.closed else self._connection.fileno()

    def logPrefix(self) -> str:
        """Name this reader in Twisted's logs."""
        return "mobilesasa.listen"

    def doRead(self) -> None:
        """Go on: the socket has something to read."""
        self._advance()

    def doWrite(self) -> None:
        """Go on: the socket can be written to."""
        self._advance()

    def connectionLost(self, reason: Failure) -> None:
        """The reactor found the socket broken."""
        self._broken(reason.value)

    def _connect(self) -> None:
        self._retry = None
        try:
            self._connection = psycopg2.connect(
                self._dsn, async_=1, application_name="mobilesasa listen", client_encoding="UTF8", **KEEPALIVES
            )
        except psycopg2.OperationalError as error:
            self._broken(error)
            return
        self._state = _State.CONNECTING
        self._advance()

    def _advance(self) -> None:
        connection = self._connection
        if connection is None:
            return
        self._unwatch()  # while connecting, libpq may go on to another address, with another socket
        try:
            wanted = connection.poll()
            while wanted == POLL_OK and self._state is not _State.LISTENING:
                self._next_state(connection)
                wanted = connection.poll()
        except psycopg2.Error as error:
            self._broken(error)
            return
        if wanted == POLL_WRITE:
            self._sockets.addWriter(self)
        elif wanted in (POLL_OK, POLL_READ):
            self._sockets.addReader(self)
        self._deliver(connection)

    def _next_state(self, connection: Connection) -> None:
        if self._state is _State.CONNECTING:
            self._state = _State.SUBSCRIBING
            self._cursor = connection.cursor()  # kept: libpq's answer goes to it
            self._cursor.execute(self._subscription)
            return
        self._state = _State.LISTENING
        self._failures = 0
        if self._started is not None:
            started, self._started = self._started, None
            self._reactor.callLater(0, _fire, started)
        else:
            self.log.info("listening to the database again")
            self._reactor.callLater(0, self._guarded, self._on_reconnect)

    def _deliver(self, connection: Connection) -> None:
        told, connection.notifies[:] = list(connection.notifies), []
        for notification in told:
            self._guarded(self._on_notify, notification.channel, notification.payload)

    def _guarded(self, function: Callable[..., None], *arguments: Any) -> None:
        if self._state is not _State.LISTENING:
            return
        try:
            function(*arguments)
        except Exception:  # noqa: BLE001 - an edge: one defect in a reader of notifications must not stop the others
            self.log.failure("what a notification caused failed")

    def _broken(self, error: BaseException | None) -> None:
        wait_s = self._backoff_s[min(self._failures, len(self._backoff_s) - 1)]
        self._failures += 1
        self._close()
        self.log.warn(
            "not listening to the database: {error}; again in {wait_s} s", error=str(error).strip(), wait_s=wait_s
        )
        self._retry = self._reactor.callLater(wait_s, self._connect)

    def _unwatch(self) -> None:
        self._sockets.removeReader(self)
        self._sockets.removeWriter(self)

    def _close(self) -> None:
        self._unwatch()
        self._state = _State.CLOSED
        if self._connection is not None:
            self._connection.close()
            self._connection = self._cursor = None


def _fire(started: Deferred[None]) -> None:
    if not started.called:
        started.callback(None)
